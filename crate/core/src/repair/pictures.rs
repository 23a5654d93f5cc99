//! A video track made of pictures that were found one by one: their places and sizes, their times from the parameter set,
//! their order from their counts.

use std::ops::Range;

use super::order::Reorder;
use crate::codec::SampleEntry;
use crate::codec::avc::Sps;
use crate::codec::slice::{Sets, Slice};
use crate::demux::TrackIndex;
use crate::isobmff::edits::Edit;
use crate::isobmff::tables::{Chunk, Tables};
use crate::media::TrackKind;
use crate::mux::flat::UNDETERMINED;
use crate::orientation::Orientation;
use crate::time::Timescale;

/// Ticks a second, and ticks a frame, where the stream does not say: 30 frames a second.
const USUAL: (u32, u32) = (30_000, 1000);

/// The pictures, in decoding order.
#[derive(Clone, Debug, Default)]
pub(super) struct Pictures {
    tables: Tables,
    order: Reorder,
}

impl Pictures {
    /// One more; those before the first that decoding can start at are left out.
    pub(super) fn push(&mut self, range: Range<u64>, slice: &Slice) {
        let Ok(size) = u32::try_from(range.end - range.start) else { return };
        if self.tables.samples() == 0 && !slice.idr {
            return;
        }
        self.order.push(slice);
        self.tables.sizes.push(1, size);
        self.tables.syncs.push(1, slice.idr);
        match self.tables.chunks.last_mut() {
            Some(chunk) if chunk.end() == range.start && chunk.samples < u32::MAX => {
                chunk.samples += 1;
                chunk.bytes += u64::from(size);
            }
            _ => self.tables.chunks.push(Chunk { offset: range.start, samples: 1, bytes: u64::from(size), entry: 0 }),
        }
    }

    /// Their track, and whether its rate is assumed; `None` without pictures, or where the sets make no entry.
    pub(super) fn finish(self, sets: &Sets) -> Option<(TrackIndex, bool)> {
        let Pictures { mut tables, order } = self;
        let sps = sets.first().filter(|_| tables.samples() > 0)?;
        let ((scale, each), assumed) = rate(sps).map_or((USUAL, true), |rate| (rate, false));
        let samples = tables.samples();
        tables.durations.push(u32::try_from(samples).ok()?, each);
        tables.duration = samples * u64::from(each);
        let (shifts, delay) = order.finish();
        let ticks = each as i32;
        for &(count, shift) in shifts.runs() {
            tables.offsets.push(count, shift * ticks);
        }
        let edits = if delay == 0 { Vec::new() } else { vec![Edit::media(tables.duration, i64::from(delay * ticks))] };
        let track = TrackIndex {
            id: 1,
            kind: TrackKind::Video,
            entries: vec![entry(sps, sets)?],
            timescale: Timescale::new(scale)?,
            size: Some(sps.size),
            matrix: Orientation::UPRIGHT.matrix(sps.size),
            orientation: Orientation::UPRIGHT,
            language: UNDETERMINED,
            enabled: true,
            start: 0,
            edits,
            udta: Vec::new(),
            tables,
        };
        Some((track, assumed))
    }
}

/// Ticks a second and ticks a frame as the set states them, between 1 and 240 frames a second.
fn rate(sps: &Sps) -> Option<(u32, u32)> {
    let (units, scale) = sps.timing?;
    // Two fields a frame (annex E.2.1). The bound keeps offsets of many frames within 31 bits.
    let each = units.checked_mul(2).filter(|each| *each <= 1 << 20)?;
    let sane = each <= scale && u64::from(scale) <= 240 * u64::from(each);
    sane.then_some((scale, each))
}

/// `avc1`, or `avc3` where a set changes within the stream (ISO/IEC 14496-15 s.5.4.2).
fn entry(sps: &Sps, sets: &Sets) -> Option<SampleEntry> {
    let entry = SampleEntry::avc1(&sets.record()?, sps.size).ok()?;
    if !sets.changed {
        return Some(entry);
    }
    let mut bytes = Vec::from(entry);
    bytes[4..8].copy_from_slice(b"avc3");
    SampleEntry::parse(&bytes).ok()
}
