//! Files that are no MP4, told by their first bytes and never by their name, so that a refusal says what was given. It knows
//! what people choose by mistake; anything else that does not begin with a box is only "no MP4".

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A box may begin here.
    Box,
    /// As many bytes are needed to tell.
    Needs(u64),
    /// Something else.
    Stranger(&'static str),
}

/// Bytes of a packet of an MPEG transport stream (ISO/IEC 13818-1 s.2.4.3.2); each begins with `SYNC`.
const PACKET: usize = 188;
const SYNC: u8 = 0x47;

/// What a file begins with, and what that is.
const MAGIC: [(&[u8], &str); 12] = [
    (b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (b"FLV\x01", "an FLV file"),
    (b"OggS", "an Ogg file"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"\0\0\x01\xba", "an MPEG program stream"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
];

/// Looks at the first bytes, at least eight, of a file of `length` bytes.
pub(super) fn look(bytes: &[u8], length: u64) -> Look {
    // Whatever the size before it spells, this is a box.
    if matches!(
        bytes.get(4..8),
        Some(
            b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"styp" | b"moof" | b"sidx" | b"uuid" | b"pnot"
        )
    ) {
        return Look::Box;
    }
    if bytes.starts_with(b"RIFF") {
        return match bytes.get(8..12) {
            None if length >= 12 => Look::Needs(12),
            Some(b"AVI ") => Look::Stranger("an AVI file"),
            Some(b"WAVE") => Look::Stranger("a WAV file"),
            Some(b"WEBP") => Look::Stranger("a WebP picture"),
            _ => Look::Stranger("a RIFF file"),
        };
    }
    if bytes.first() == Some(&SYNC) && length > PACKET as u64 {
        match bytes.get(PACKET) {
            None => return Look::Needs(PACKET as u64 + 1),
            Some(&SYNC) => return Look::Stranger("an MPEG transport stream"),
            Some(_) => {}
        }
    }
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    match known {
        Some((_, name)) => Look::Stranger(name),
        // Text, and noise.
        None if bytes.first_chunk().is_some_and(|size| u64::from(u32::from_be_bytes(*size)) > length) => {
            Look::Stranger("a file that does not begin as MP4 does")
        }
        None => Look::Box,
    }
}
