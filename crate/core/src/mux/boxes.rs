//! The small boxes of a movie, written field by field: headers and edit lists. Each takes the version its numbers need,
//! so that films of ordinary length read everywhere.

use crate::isobmff::FourCc;
use crate::isobmff::edits::Edit;
use crate::isobmff::write::full;

/// Shows the picture as it is stored, row by row.
const IDENTITY: [i32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

pub(super) fn word(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}

pub(super) fn long(out: &mut Vec<u8>, long: u64) {
    out.extend_from_slice(&long.to_be_bytes());
}

/// The version that holds these times: 1 from 2^32 - 1 on, which in version 0 means "unknown".
pub(super) fn version(times: &[u64]) -> u8 {
    u8::from(times.iter().any(|time| *time >= u64::from(u32::MAX)))
}

/// A time as wide as the version has it.
pub(super) fn time(out: &mut Vec<u8>, version: u8, time: u64) {
    if version == 0 { word(out, time as u32) } else { long(out, time) }
}

/// What `mvhd` and `mdhd` begin with: made, changed, ticks a second, length.
fn clock(out: &mut Vec<u8>, version: u8, timescale: u32, duration: u64, created: u64) {
    time(out, version, created);
    time(out, version, created);
    word(out, timescale);
    time(out, version, duration);
}

/// `mvhd`, s.8.2.2.
pub(super) fn mvhd(out: &mut Vec<u8>, timescale: u32, duration: u64, created: u64, next_track_id: u32) {
    let version = version(&[duration, created]);
    full(out, *b"mvhd", version, 0, |out| {
        clock(out, version, timescale, duration, created);
        // Rate 1, volume 1, reserved.
        word(out, 0x1_0000);
        out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        IDENTITY.iter().for_each(|value| word(out, value.cast_unsigned()));
        out.extend_from_slice(&[0; 24]);
        word(out, next_track_id);
    });
}

/// What `tkhd` says (s.8.3.2).
pub(super) struct TrackHeader {
    pub(super) id: u32,
    pub(super) duration: u64,
    pub(super) created: u64,
    pub(super) matrix: [i32; 9],
    /// Zero for sound.
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) sound: bool,
}

/// `tkhd`, s.8.3.2: enabled and in the movie.
pub(super) fn tkhd(out: &mut Vec<u8>, header: &TrackHeader) {
    let version = version(&[header.duration, header.created]);
    full(out, *b"tkhd", version, 3, |out| {
        time(out, version, header.created);
        time(out, version, header.created);
        word(out, header.id);
        word(out, 0);
        time(out, version, header.duration);
        // Reserved, layer 0, no alternate group, volume 1 for sound, reserved.
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&[u8::from(header.sound), 0, 0, 0]);
        header.matrix.iter().for_each(|value| word(out, value.cast_unsigned()));
        word(out, u32::from(header.width) << 16);
        word(out, u32::from(header.height) << 16);
    });
}

/// `elst` of these edits, s.8.6.6.
pub(super) fn elst(out: &mut Vec<u8>, edits: &[Edit]) {
    let narrow = |edit: &Edit| {
        u32::try_from(edit.duration).is_ok() && edit.start.is_none_or(|start| i32::try_from(start).is_ok())
    };
    let version = u8::from(!edits.iter().all(narrow));
    full(out, *b"elst", version, 0, |out| {
        word(out, edits.len() as u32);
        for edit in edits {
            let start = edit.start.unwrap_or(-1);
            time(out, version, edit.duration);
            time(out, version, start.cast_unsigned());
            word(out, edit.rate.cast_unsigned());
        }
    });
}

/// `mdhd`, s.8.4.2.
pub(super) fn mdhd(out: &mut Vec<u8>, timescale: u32, duration: u64, created: u64, language: u16) {
    let version = version(&[duration, created]);
    full(out, *b"mdhd", version, 0, |out| {
        clock(out, version, timescale, duration, created);
        word(out, u32::from(language) << 16);
    });
}

/// `hdlr`, s.8.4.3.
pub(super) fn hdlr(out: &mut Vec<u8>, handler: FourCc, name: &str) {
    full(out, *b"hdlr", 0, 0, |out| {
        word(out, 0);
        out.extend_from_slice(&handler);
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(name.as_bytes());
        out.push(0);
    });
}
