//! A source that grows: which of its bytes are which part is `onetake_core`'s [`LivePlan`]; here they are read, through the store
//! worker while a camera films (`www/onetake/src/growing.ts`, which the worker script hangs up where these imports find it),
//! and from the film once there is one. Nothing of it is held but what a request carries.

use js_sys::{Float64Array, Promise};
use onetake_core::protocol::upload::MediaSpan;
use onetake_core::upload::{Digests, LivePlan, Read, ReadFailure, SourceRange, Uploader};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::read::{self, Piece, UNREADABLE};
use super::{bytes, now, number};

#[wasm_bindgen]
extern "C" {
    /// Triples of source, offset and length, as one Blob.
    #[wasm_bindgen(js_namespace = growing, js_name = gather)]
    fn js_gather(job: u32, ranges: &Float64Array) -> Promise;
    /// The store is not asked for this upload any more.
    #[wasm_bindgen(js_namespace = growing, js_name = leave)]
    fn js_leave(job: u32);
}

/// Bytes in a part unless the application says otherwise: the less, the less is left to send when the camera stops.
const PART: u64 = 1 << 20;

/// The growing source of one upload; its way to the store ends with it.
pub(super) struct Live {
    job: u32,
    plan: LivePlan,
    film: Option<Blob>,
}

impl Live {
    pub(super) fn new(job: u32, part_size: Option<f64>, padded: bool) -> Live {
        let plan = if padded { LivePlan::padded() } else { LivePlan::new(part_size.map_or(PART, bytes)) };
        Live { job, plan, film: None }
    }

    /// All media by now; with `film` for good.
    pub(super) fn handle_media(&mut self, spans: &[MediaSpan], film: Option<Blob>) {
        let range = |span: &MediaSpan| {
            let (offset, end) = (bytes(span.start), bytes(span.end));
            SourceRange { source: span.source.unwrap_or(LivePlan::OWN), offset, length: end.saturating_sub(offset) }
        };
        let media: Vec<SourceRange> = spans.iter().map(range).collect();
        self.plan.handle_media(&media, film.is_some());
        self.film = self.film.take().or(film);
    }

    /// Tells the machine what became of the parts.
    pub(super) fn tell(&mut self, machine: &mut Uploader) {
        machine.handle_plan(&mut self.plan, now());
    }

    /// Reads what is wanted, to be sent and summed.
    pub(super) fn read(
        &self,
        mut wanted: Read,
    ) -> impl Future<Output = Result<(Digests, Option<Piece>), ReadFailure>> + use<> {
        let (job, film) = (self.job, self.film.clone());
        let mut at = 0;
        let mut triples = Vec::new();
        for range in &mut wanted.ranges {
            triples.extend([f64::from(range.source), number(range.offset), number(range.length)]);
            // In the film they lie where the plan has them; alone, one behind the other.
            range.offset = if film.is_some() { self.plan.place(range).unwrap_or(u64::MAX >> 12) } else { at };
            at += range.length;
        }
        async move {
            let blob = match film {
                Some(film) => film,
                None => {
                    let gathered = js_gather(job, &Float64Array::from(triples.as_slice()));
                    JsFuture::from(gathered).await.map_err(|_| UNREADABLE)?.unchecked_into()
                }
            };
            read::read(blob, wanted, None).await
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        js_leave(self.job);
    }
}
