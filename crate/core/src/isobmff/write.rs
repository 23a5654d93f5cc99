//! Writing boxes: a box is opened, filled, and its size patched when its contents are known.

use super::FourCc;

/// Appends a box of type `kind` whose contents `fill` appends.
///
/// The whole box must stay below 4 GiB, which every box of metadata does: its callers refuse tables that would not.
pub fn boxed(out: &mut Vec<u8>, kind: FourCc, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = open(out, kind);
    fill(out);
    close(out, start);
}

/// Appends a full box (ISO/IEC 14496-12 s.4.2): `version`, 24 bits of `flags`, then what `fill` appends.
pub fn full(out: &mut Vec<u8>, kind: FourCc, version: u8, flags: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = open(out, kind);
    word(out, u32::from(version) << 24 | flags & 0x00ff_ffff);
    fill(out);
    close(out, start);
}

// Apart and once, since `boxed` is compiled for each of its sixty callers.

#[inline(never)]
fn word(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline(never)]
fn open(out: &mut Vec<u8>, kind: FourCc) -> usize {
    let start = out.len();
    word(out, 0);
    out.extend_from_slice(&kind);
    start
}

#[inline(never)]
fn close(out: &mut [u8], start: usize) {
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// Appends the header of an `mdat` with this many bytes of payload, with a 64-bit size only where it needs one.
pub fn mdat_header(out: &mut Vec<u8>, payload: u64) {
    match u32::try_from(payload.saturating_add(8)) {
        Ok(size) => {
            out.extend_from_slice(&size.to_be_bytes());
            out.extend_from_slice(b"mdat");
        }
        Err(_) => {
            out.extend_from_slice(&1_u32.to_be_bytes());
            out.extend_from_slice(b"mdat");
            out.extend_from_slice(&payload.saturating_add(16).to_be_bytes());
        }
    }
}
