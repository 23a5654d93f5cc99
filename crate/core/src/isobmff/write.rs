//! Writing boxes: a box is opened, filled, and its size patched when its contents are known.

use super::FourCc;

/// Appends a box of type `kind` whose contents `fill` appends.
///
/// The whole box must stay below 4 GiB, which every box of metadata does: its callers refuse tables that would not.
pub fn boxed(out: &mut Vec<u8>, kind: FourCc, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&kind);
    fill(out);
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// Appends a full box (ISO/IEC 14496-12 s.4.2): `version`, 24 bits of `flags`, then what `fill` appends.
pub fn full(out: &mut Vec<u8>, kind: FourCc, version: u8, flags: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        out.extend_from_slice(&(u32::from(version) << 24 | flags & 0x00ff_ffff).to_be_bytes());
        fill(out);
    });
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
