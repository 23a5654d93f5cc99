//! The tracks of a damaged `moov`: where each `trak` lies, so that those that cannot be read can be told as `free`.

use super::retold::{Fix, tell};
use crate::isobmff::read::{fourcc_at, u32_at};
use crate::isobmff::{FourCc, path};

/// Tracks that are tried one by one; the reader takes no more either.
const MAX_TRACKS: usize = 64;

/// One `trak`.
#[derive(Clone, Debug)]
pub(super) struct Trak {
    /// Tells it as `free`.
    pub(super) hide: Fix,
    /// Tells it as a track of another kind than is read, so that fragments still find it.
    pub(super) mute: Option<Fix>,
    /// What it holds: `video`, `audio`, another handler type, or its number.
    pub(super) name: String,
}

/// What a `moov` holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Traks {
    /// Those that are whole boxes.
    pub(super) list: Vec<Trak>,
    /// The names of those that are not.
    pub(super) gone: Vec<String>,
    /// What makes the chain of its boxes whole.
    pub(super) fixes: Vec<Fix>,
}

/// The tracks of a `moov` that begins at `offset` of the file, which is told with these fixes.
pub(super) fn find(offset: u64, moov: &[u8], fixes: &[Fix]) -> Traks {
    let told = tell(offset, moov, fixes);
    let moov = &told[..];
    let Traks { list: mut traks, mut gone, fixes: mut mended } = Traks::default();
    // A 64-bit size moves the first child.
    let mut at = if u32_at(moov, 0) == Some(1) { 16 } else { 8 };
    while at + 8 <= moov.len() {
        let size = size(moov, at);
        match size {
            Some(size) if traks.len() < MAX_TRACKS => {
                if fourcc_at(moov, at + 4) == Some(*b"trak") {
                    let name = name(&moov[at..at + size], traks.len() + 1);
                    let place = offset + at as u64;
                    let spot = handler_at(&moov[at..at + size]);
                    // The handler type stands 12 bytes behind that of the box.
                    let mute = spot.map(|spot| Fix::kind(place + spot as u64 + 8, *b"none"));
                    traks.push(Trak { hide: Fix::kind(place, *b"free"), mute, name });
                }
                at += size;
            }
            _ if moov[at..].iter().all(|byte| *byte == 0) => break,
            _ => {
                // Whatever this was, the next child that can be told apart goes on.
                let next = (at + 8..moov.len().saturating_sub(8)).find(|next| known(moov, *next));
                let next = if traks.len() < MAX_TRACKS { next } else { None }.unwrap_or(moov.len());
                let lost = &moov[at..next];
                if fourcc_at(lost, 4) == Some(*b"trak") || matches!(handler(lost), Some([b'v' | b's', ..])) {
                    gone.push(name(lost, traks.len() + 1));
                }
                mended.push(Fix::header(offset + at as u64, *b"free", (next - at) as u64));
                at = next;
                if mended.len() == MAX_TRACKS {
                    break;
                }
            }
        }
    }
    Traks { list: traks, gone, fixes: mended }
}

/// The size of the box at `at`, if it is inside and its type could be one.
fn size(moov: &[u8], at: usize) -> Option<usize> {
    let (size, kind) = (u32_at(moov, at)? as usize, fourcc_at(moov, at + 4)?);
    let text = kind.iter().all(|byte| matches!(byte, 0x20..=0x7e | 0xa9));
    (text && size >= 8 && size <= moov.len() - at).then_some(size)
}

/// Whether a child of `moov` begins here.
fn known(moov: &[u8], at: usize) -> bool {
    let kind = fourcc_at(moov, at + 4).unwrap_or_default();
    matches!(&kind, b"trak" | b"mvex" | b"mvhd" | b"udta" | b"meta") && size(moov, at).is_some_and(|size| size >= 16)
}

/// Where the type of the first `hdlr` stands in these bytes (s.8.4.3).
fn handler_at(bytes: &[u8]) -> Option<usize> {
    bytes.windows(16).position(|window| window[..4] == *b"hdlr")
}

fn handler(bytes: &[u8]) -> Option<FourCc> {
    fourcc_at(bytes, handler_at(bytes)? + 12)
}

fn name(trak: &[u8], number: usize) -> String {
    match handler(trak) {
        Some([b'v', b'i', b'd', b'e']) => "video".to_owned(),
        Some([b's', b'o', b'u', b'n']) => "audio".to_owned(),
        Some(kind) => path::text(kind),
        None => format!("track {number}"),
    }
}
