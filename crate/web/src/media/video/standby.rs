//! Which configuration goes on when an encoder has failed within a take.
//!
//! Decides only among configurations whose pictures join those before by copying: a draft that cannot be joined is worse
//! than a take that ends. Another profile is another sample entry, so it is for drafts without any picture yet.

use onetake_core::codec::{Likeness, SampleEntry, compare};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::VideoCodec;

use super::{VideoSetup, candidates};
use crate::js;

/// How long a trial may take, in milliseconds: an encoder that has failed may also never answer. A healthy one needs some 50.
const PATIENCE_MS: u32 = 2000;

/// What the pictures of the next segment must join.
pub(crate) enum Joining {
    /// There is none yet.
    Nothing,
    /// Pictures with this entry.
    Entry(SampleEntry),
    /// Pictures of the same codec string, by an encoder that has not described itself to this worker.
    Codec,
}

/// Whether pictures of `setup` under this record of a decoder join those under `entry` by copying.
pub(super) fn joins(entry: &SampleEntry, setup: &VideoSetup, record: &[u8]) -> bool {
    let made = SampleEntry::of_pictures(setup.coding(), record, setup.size);
    made.is_ok_and(|made| !matches!(compare(entry, &made), Likeness::Different(_)))
}

impl Joining {
    /// Whether pictures of `setup` under this record of a decoder join, where those before were made with `codec`.
    fn takes(&self, setup: &VideoSetup, record: &[u8], codec: &str) -> bool {
        match self {
            Joining::Nothing => true,
            Joining::Codec => setup.codec == codec,
            Joining::Entry(entry) => joins(entry, setup, record),
        }
    }
}

impl VideoSetup {
    /// Whether another one, or an encoder of its own, has failed before.
    pub(crate) fn has_fallen(&self) -> bool {
        self.again || self.fallen
    }

    /// The same once again in a fresh encoder, then the same in software, then what comes after it in the list. Each must
    /// encode pictures first, and what it makes must join.
    ///
    /// # Errors
    /// `encoder_failed` where none is left.
    pub(crate) async fn next(self, joining: Joining) -> Result<VideoSetup, Failure> {
        let again = VideoSetup { again: true, ..self.clone() };
        let software = VideoSetup { software: true, fallen: true, ..self.clone() };
        let same = match self {
            VideoSetup { software: true, .. } => Vec::new(),
            VideoSetup { again: true, .. } => vec![software],
            _ => vec![again, software],
        };
        let all = candidates(self.wanted, self.size, self.frame_rate);
        let later = all.into_iter().skip_while(|codec| *codec != self.codec).filter(|codec| *codec != self.codec);
        let others =
            later.map(|codec| VideoSetup { codec, again: false, software: false, fallen: true, ..self.clone() });
        for setup in same.into_iter().chain(others) {
            let trial = setup.joined(&joining, &self.codec);
            if let Some(Some(setup)) = js::within(PATIENCE_MS, &mut Box::pin(trial)).await {
                return Ok(setup);
            }
        }
        Err(Failure::new("encoder_failed", Retry::Later, "no other encoder goes on with this take"))
    }

    /// Itself, where it encodes pictures that join those made with `codec`.
    async fn joined(self, joining: &Joining, codec: &str) -> Option<VideoSetup> {
        // Of the same encoder it is known in which order it gives its pictures; frames are lost meanwhile.
        let record = if self.again { self.warm_up().await.ok()? } else { self.try_out().await? };
        if !joining.takes(&self, &record, codec) {
            return None;
        }
        // An encoder of another coding may do other things with what it is given.
        let same = VideoCodec::named(codec) == Some(self.coding());
        Some(if same { self } else { self.measured().await })
    }

    /// Between takes, the way back: the first configuration before this one that works in time and whose pictures join, else
    /// this one. An encoder that once failed counts as fresh; one that does not answer costs the others nothing. Where all
    /// that come before work but would not join, this one is the draft's own and has not fallen.
    pub(crate) async fn back(self, joining: Joining) -> VideoSetup {
        let now = VideoSetup { again: false, ..self };
        if !now.fallen {
            return now;
        }
        now.clone().before(joining).await.unwrap_or(now)
    }

    async fn before(mut self, joining: Joining) -> Option<VideoSetup> {
        let mut hope = false;
        for codec in candidates(self.wanted, self.size, self.frame_rate) {
            for software in [false, true] {
                let setup = VideoSetup { codec: codec.clone(), software, fallen: false, ..self.clone() };
                if setup.codec == self.codec && setup.software == self.software {
                    self.fallen = hope;
                    return Some(self);
                }
                let trial = async {
                    let record = setup.try_out().await?;
                    let joins = joining.takes(&setup, &record, &self.codec);
                    Some(if joins { Some(setup.clone().measured().await) } else { None })
                };
                match js::within(PATIENCE_MS, &mut Box::pin(trial)).await.flatten() {
                    Some(None) => {}
                    Some(found) => return found,
                    None => hope = true,
                }
            }
        }
        None
    }
}
