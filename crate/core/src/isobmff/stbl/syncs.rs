//! Which samples of a track decoding can start at, of the boxes of `stbl` that say so. Runs natively and in the studio
//! worker.

use super::{Boxes, Rows};
use crate::isobmff::BoxError;
use crate::isobmff::tables::Runs;

/// `stss`, s.8.6.2, with what else marks a sample as one to start from: QuickTime's `stps`, and the sample group `rap `
/// (s.10.4).
pub(super) fn read(boxes: &Boxes<'_>, samples: u64, sound: bool) -> Result<Runs<bool>, BoxError> {
    let Some(stss) = &boxes.stss else {
        let mut all = Runs::default();
        all.fill(samples, true);
        return Ok(all);
    };
    let rows = Rows::read(stss, 4)?;
    let mut syncs = if rows.count > 0 {
        marks(&rows, samples)
    } else {
        // A list of none: of sound every sample, of pictures the first.
        let mut runs = Runs::default();
        let more = boxes.stps.is_none() && boxes.rap.is_none();
        let start = if !more {
            0
        } else if sound {
            samples
        } else {
            samples.min(1)
        };
        runs.fill(start, true);
        runs.fill(samples - start, false);
        runs
    };
    if let Some(stps) = &boxes.stps {
        syncs = either(&syncs, &marks(&Rows::read(stps, 4)?, samples));
    }
    if let Some(rap) = &boxes.rap {
        let at = if rap.body[0] == 1 { 12 } else { 8 };
        let rows = Rows::at(rap, at, 8)?;
        let mut group = Runs::default();
        for row in 0..rows.count {
            let some = u64::from(rows.word(row, 0)).min(samples - group.total());
            group.fill(some, rows.word(row, 1) > 0);
        }
        let rest = samples - group.total();
        group.fill(rest, false);
        syncs = either(&syncs, &group);
    }
    Ok(syncs)
}

/// A list of sample numbers as marks. They count from 1, unless the first is 0, and rise; from the first that does not
/// on they are not heeded.
fn marks(rows: &Rows<'_>, samples: u64) -> Runs<bool> {
    let mut runs = Runs::default();
    let gaps = (1..rows.count).filter(|&row| rows.word(row, 0).wrapping_sub(rows.word(row - 1, 0)) != 1).count();
    runs.reserve(2 * gaps + 3);
    let base = u64::from(rows.count > 0 && rows.word(0, 0) > 0);
    for row in 0..rows.count {
        let number = u64::from(rows.word(row, 0));
        let Some(index) = number.checked_sub(base).filter(|index| (runs.total()..samples).contains(index)) else {
            break;
        };
        let gap = index - runs.total();
        runs.fill(gap, false);
        runs.push(1, true);
    }
    let rest = samples - runs.total();
    runs.fill(rest, false);
    runs
}

/// Marks where either has one; both are as long.
fn either(a: &Runs<bool>, b: &Runs<bool>) -> Runs<bool> {
    let mut out = Runs::default();
    let (mut left, mut right) = (a.runs().iter().copied(), b.runs().iter().copied());
    let (mut one, mut other) = (left.next(), right.next());
    while let (Some((m, x)), Some((n, y))) = (one, other) {
        let some = m.min(n);
        out.push(some, x || y);
        one = if m == some { left.next() } else { Some((m - some, x)) };
        other = if n == some { right.next() } else { Some((n - some, y)) };
    }
    out
}
