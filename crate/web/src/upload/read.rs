//! Reads pieces of a file and sums them: a request carries the bytes that were summed.
//!
//! A part is read once: it stays in memory until the machine releases it. Of a long one only its place is kept, and the
//! browser reads it again for the request, whose MD5 is refused where it has changed. So it does for forms and blocks of v1: they go as Blobs, which the browser would
//! have to be handed again, and the CRC-32 that stands beside them vouches that they are the bytes that were summed. The
//! sums are made in this worker, in portions, so no long piece enters wasm whole; SHA-1 by the browser, where it will.

use js_sys::{Array, Promise, Uint8Array};
use onetake_core::upload::{BLOCK, Digests, FORM, QetagHasher, Read, ReadFailure};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::{bytes, number};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn js_digest(name: &str, bytes: &Uint8Array) -> Result<Promise, JsValue>;
}

/// What is read at once; a piece up to this long is held in memory. The default part, four times over.
const LONGEST: u64 = 16 << 20;
const _: () = assert!(LONGEST.is_multiple_of(BLOCK), "what is read at once ends where a block ends");
/// What enters wasm at once.
const PORTION: u32 = 256 << 10;
/// A browser says `NotReadableError` or `NotFoundError` of a file that was changed or removed, and of a disk that was
/// unplugged: no reason to forget what was sent. Whether the file is the same, its sums show once it is read.
pub(super) const UNREADABLE: ReadFailure = ReadFailure::Busy;

/// Bytes that a request will carry.
pub(super) enum Piece {
    /// Themselves, outside wasm.
    Bytes(Uint8Array),
    /// Where they lie.
    Place(Blob),
}

/// A file that goes in a form, read while its upload still looks for its record: that takes about as long.
pub(super) struct Ahead {
    length: u64,
    buffer: JsFuture,
}

impl Ahead {
    pub(super) fn of(file: &Blob) -> Option<Ahead> {
        let length = bytes(file.size());
        (length <= FORM).then(|| Ahead { length, buffer: JsFuture::from(file.array_buffer()) })
    }

    /// Whether these are the bytes that are wanted.
    fn is(&self, wanted: &Read) -> bool {
        matches!(wanted.ranges.as_slice(), [range] if range.offset == 0 && range.length == self.length)
    }
}

/// Sums the bytes that are wanted of `file`, and what is to be held of them.
pub(super) async fn read(
    file: Blob,
    wanted: Read,
    ahead: Option<Ahead>,
) -> Result<(Digests, Option<Piece>), ReadFailure> {
    let mut ahead = ahead.filter(|ahead| ahead.is(&wanted));
    let blob = place(&file, &wanted).map_err(|_| UNREADABLE)?;
    let length = wanted.ranges.iter().map(|range| range.length).sum::<u64>();
    let mut hasher = wanted.hasher();
    let (mut portion, mut blocks) = (Vec::new(), Vec::new());
    let mut held = None;
    let mut at = 0;
    while at < length {
        let end = length.min(at + LONGEST);
        let buffer = match ahead.take() {
            Some(ahead) => ahead.buffer,
            None => {
                let slice = blob.slice_with_f64_and_f64(number(at), number(end)).map_err(|_| UNREADABLE)?;
                JsFuture::from(slice.array_buffer())
            }
        };
        let buffer = buffer.await.map_err(|_| UNREADABLE)?;
        let bytes = Uint8Array::new(&buffer);
        if u64::from(bytes.length()) != end - at {
            return Err(ReadFailure::Changed);
        }
        // Another thread makes these meanwhile.
        let sums = blocks_of(&bytes).map(|block| (sha1(&block), block)).collect::<Vec<_>>();
        in_portions(&bytes, &mut portion, |portion| hasher.update(portion));
        for (sum, block) in sums {
            blocks.push(match sum {
                Some(sum) => sum.await.unwrap_or_else(|| own_sha1(&block, &mut portion)),
                None => own_sha1(&block, &mut portion),
            });
        }
        held = (length <= LONGEST && !wanted.crc32).then_some(bytes);
        at = end;
    }
    let piece = match held {
        Some(bytes) => Piece::Bytes(bytes),
        None => Piece::Place(blob),
    };
    Ok((hasher.finish(blocks), wanted.keep.then_some(piece)))
}

fn blocks_of(bytes: &Uint8Array) -> impl Iterator<Item = Uint8Array> {
    let starts = (0..bytes.length()).step_by(BLOCK as usize);
    starts.map(|start| bytes.subarray(start, bytes.length().min(start + BLOCK as u32)))
}

/// The browser's SHA-1, which uses the processor's own instructions; `None` where the page is not secure and has none.
fn sha1(block: &Uint8Array) -> Option<impl Future<Output = Option<[u8; 20]>> + use<>> {
    let sum = JsFuture::from(js_digest("SHA-1", block).ok()?);
    Some(async move { Uint8Array::new(&sum.await.ok()?).to_vec().try_into().ok() })
}

fn own_sha1(block: &Uint8Array, portion: &mut Vec<u8>) -> [u8; 20] {
    let mut hasher = QetagHasher::new();
    in_portions(block, portion, |portion| hasher.update(portion));
    hasher.value().sha1
}

fn in_portions(bytes: &Uint8Array, portion: &mut Vec<u8>, mut take: impl FnMut(&[u8])) {
    let mut at = 0;
    while at < bytes.length() {
        let end = bytes.length().min(at + PORTION);
        portion.resize((end - at) as usize, 0);
        bytes.subarray(at, end).copy_to(portion);
        take(portion);
        at = end;
    }
}

/// The piece as a Blob of slices: nothing is read yet.
fn place(file: &Blob, wanted: &Read) -> Result<Blob, JsValue> {
    let slice = |offset: u64, length: u64| file.slice_with_f64_and_f64(number(offset), number(offset + length));
    if let [range] = wanted.ranges.as_slice() {
        return slice(range.offset, range.length);
    }
    let slices = Array::new();
    for range in &wanted.ranges {
        slices.push(slice(range.offset, range.length)?.as_ref());
    }
    Blob::new_with_blob_sequence(&slices)
}
