//! Reads pieces of a file once: the bytes that are summed here are those that a request carries.
//!
//! A piece that is short stays in memory until the machine releases it; of a long one only its place is kept, and the
//! browser reads it again for the request. The sums are made in this worker, in portions, so no long piece enters wasm whole.

use js_sys::{Array, Uint8Array};
use onetake_core::upload::{Digests, PieceHasher, Read, ReadFailure};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::number;

/// What is read at once; a piece up to this long is held in memory. The default part, four times over.
const LONGEST: u64 = 16 << 20;
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

/// Sums the bytes that are wanted of `file`, and what is to be held of them.
pub(super) async fn read(file: Blob, wanted: Read) -> Result<(Digests, Option<Piece>), ReadFailure> {
    let blob = place(&file, &wanted).map_err(|_| UNREADABLE)?;
    let length = wanted.ranges.iter().map(|range| range.length).sum::<u64>();
    let mut hasher = wanted.hasher();
    let mut portion = Vec::new();
    let mut held = None;
    let mut at = 0;
    while at < length {
        let end = length.min(at + LONGEST);
        let slice = blob.slice_with_f64_and_f64(number(at), number(end)).map_err(|_| UNREADABLE)?;
        let buffer = JsFuture::from(slice.array_buffer()).await.map_err(|_| UNREADABLE)?;
        let bytes = Uint8Array::new(&buffer);
        if u64::from(bytes.length()) != end - at {
            return Err(ReadFailure::Changed);
        }
        sum(&mut hasher, &bytes, &mut portion);
        held = (length <= LONGEST).then_some(bytes);
        at = end;
    }
    let piece = match held {
        Some(bytes) => Piece::Bytes(bytes),
        None => Piece::Place(blob),
    };
    Ok((hasher.finish(), wanted.keep.then_some(piece)))
}

fn sum(hasher: &mut PieceHasher, bytes: &Uint8Array, portion: &mut Vec<u8>) {
    let mut at = 0;
    while at < bytes.length() {
        let end = bytes.length().min(at + PORTION);
        portion.resize((end - at) as usize, 0);
        bytes.subarray(at, end).copy_to(portion);
        hasher.update(portion);
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
