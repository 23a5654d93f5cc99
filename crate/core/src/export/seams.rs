//! Seams: where the sound of one clip follows that of another, the packets next to the join are encoded anew, so that no
//! packet has to be hidden there by an edit list, which common players ignore. Everything else of the film stays as it
//! is with edit lists, to the sample. This decides which packets are to be decoded and how many take their place; it
//! neither decodes nor encodes. Runs natively and in the studio worker.

use std::ops::Range;

use super::course::{self, Content, Course};
use super::layout;
use super::plan::{self, Clip, Slot};
use super::sounds::{Sounds, hidden, packet};
use super::timing::Scale;
use super::{ExportError, Recipe};
use crate::codec::{Likeness, SampleEntry, compare, opus};
use crate::demux::{FileIndex, TrackIndex, walk};
use crate::time::Timescale;

/// Packets on each side of a join that are encoded anew.
pub(super) const BESIDE: u64 = 2;
/// Packets behind those that are decoded, too: an encoder wants to hear on before it gives its last packet.
const AHEAD: u64 = 4;
/// Packets that the sound before a join must have beside those that are encoded anew; five may be hidden at its start.
const LEAST: u64 = 5;

/// One side of a seam.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Which file.
    pub source: u32,
    /// Where the packets to be decoded lie in it, in order.
    pub packets: Vec<Range<u64>>,
    /// How many of them only prepare the decoder: what they decode to is not used.
    pub lead: usize,
}

/// A place in the sound that is to be encoded anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seam {
    /// How the packets decode, and those of the patch must; nothing is skipped at its beginning.
    pub entry: SampleEntry,
    /// The same as an identification header for Opus (RFC 7845 s.5.1) and an AudioSpecificConfig for AAC.
    pub description: Option<Vec<u8>>,
    /// Samples a second.
    pub rate: u32,
    /// Samples in each packet, those to be decoded and those of the patch.
    pub packet: u32,
    /// Bits a second of the sound behind the join.
    pub bitrate: u64,
    /// Packets that an encoder must drop before its first kept one.
    pub dropped: u32,
    /// What comes before the join; `None` for silence. It ends at the join.
    pub before: Option<Side>,
    /// What comes after it; its first sample after `lead` packets follows the join. Goes on behind the patch, unless the
    /// sound ends.
    pub after: Side,
    /// How many packets of the patch lie before the join; 0 after silence.
    pub packets_before: usize,
    /// How many lie after it.
    pub packets_after: usize,
}

/// What takes the place of a seam's packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Packets, as many as lie before and after the join together, as long and coded as the seam says.
    pub packets: Vec<Vec<u8>>,
}

/// The seams of a recipe's film, in the order its patches are wanted. Where a clip is too short for one, or the sound
/// has several sample entries, packets stay hidden by edit lists, and [`super::Warning::EditList`] tells.
///
/// # Errors
/// As [`super::film`].
pub fn seams(indexes: &[FileIndex], recipe: &Recipe) -> Result<Vec<Seam>, ExportError> {
    let clips = plan::clips(indexes, recipe)?;
    Ok(layout::draft(&clips, recipe, true)?.seams())
}

/// Whether these are the patches of these seams.
pub(super) fn check(seams: &[Seam], patches: &[Patch]) -> Result<(), ExportError> {
    let fits = |(seam, patch): (&Seam, &Patch)| patch.packets.len() == seam.packets_before + seam.packets_after;
    let right = seams.len() == patches.len() && seams.iter().zip(patches).all(fits);
    if right { Ok(()) } else { Err(ExportError::WrongPatches) }
}

impl Seam {
    /// Whether packets under `entry` may stand in the film.
    pub fn takes(&self, entry: &SampleEntry) -> bool {
        compare(&self.entry, entry) == Likeness::Same
    }
}

/// A seam as it is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Join {
    /// Its place among the seams of the film.
    pub(super) number: usize,
    /// The clip before it, and behind which of its packets it lies.
    before: Option<(usize, u64)>,
    /// The clip behind it, and its first packet.
    after: (usize, u64),
    /// Ticks of the film's track that a packet lasts.
    ticks: i64,
}

impl Sounds<'_, '_> {
    /// The seam between what was added last and these packets of a clip, if there can be one.
    pub(super) fn seam(&self, course: &Course, clip: usize, track: &TrackIndex, range: Range<u64>) -> Option<Join> {
        if !matches!(&track.entry().fourcc(), b"mp4a" | b".mp3" | b"Opus") || range.end - range.start <= BESIDE {
            return None;
        }
        let scale = Scale::new(track.timescale, self.timescale);
        let ticks = packet(track) * i64::from(scale.factor()?);
        Scale::new(self.timescale, self.film).factor()?;
        let lasts = |from: u64, to: u64| walk::decode_time(track, to) - walk::decode_time(track, from);
        if lasts(range.start, range.start + BESIDE) != BESIDE as i64 * packet(track) || !course.ends_shown() {
            return None;
        }
        let last = course.last()?;
        let before = match &last.what {
            Content::Samples { range, .. } => {
                let track = self.slot.tracks.get(last.clip).copied().flatten()?;
                if range.end - range.start < BESIDE + LEAST {
                    return None;
                }
                let stays = walk::decode_time(track, range.end - BESIDE) - walk::decode_time(track, range.start);
                let stays = stays * i64::from(Scale::new(track.timescale, self.timescale).factor()?);
                if course.last_length() - stays != BESIDE as i64 * ticks {
                    return None;
                }
                Some((last.clip, range.end))
            }
            Content::Silence { .. } => None,
            Content::Coded { .. } => return None,
        };
        Some(Join { number: 0, before, after: (clip, range.start), ticks })
    }

    /// Puts a seam in place of the last packets before the join and the first after it; when it ends, in ticks of the
    /// film.
    pub(super) fn put(&self, course: &mut Course, join: Join) -> i64 {
        let film = Scale::new(self.timescale, self.film);
        let side = BESIDE as i64 * join.ticks;
        let both = if join.before.is_some() { 2 * side } else { side };
        if join.before.is_some() {
            course.shorten(BESIDE, film.of(side), side);
        }
        let at = course.end().unwrap_or(0);
        let (clip, ticks) = (join.after.0, join.ticks as u32);
        course.add(clip, Content::Coded { join, ticks }, both, 0..both, at..at + film.of(both));
        at + film.of(both)
    }
}

impl Join {
    /// What is to be decoded and encoded.
    pub(super) fn seam(&self, slot: &Slot<'_>, clips: &[Clip<'_>], timescale: Timescale) -> Option<Seam> {
        let (clip, first) = self.after;
        let track = slot.tracks.get(clip).copied().flatten()?;
        let entry = slot.entries.first()?.clone().without_pre_skip();
        let (_, rate) = entry.sound();
        let packet = Scale::new(timescale, Timescale::new(rate)?).of(self.ticks) as u32;
        let is_opus = entry.fourcc() == *b"Opus";
        let dropped = if is_opus { 4 } else { 3 };
        let side = |clip: usize, track: &TrackIndex, first: u64, end: u64| {
            let lead = hidden(track, first);
            let range = first - lead..end.min(track.tables.samples());
            let source = clips.get(clip).map_or(0, |clip| clip.spec.source);
            Side { source, packets: places(track, &range), lead: lead as usize }
        };
        let before = match self.before {
            None => None,
            Some((clip, end)) => {
                let track = slot.tracks.get(clip).copied().flatten()?;
                Some(side(clip, track, end.saturating_sub(BESIDE + u64::from(dropped)), end))
            }
        };
        Some(Seam {
            description: if is_opus { opus::identification(&entry) } else { entry.description() },
            entry,
            rate,
            packet,
            bitrate: bitrate(track),
            dropped,
            packets_before: if before.is_some() { BESIDE as usize } else { 0 },
            before,
            after: side(clip, track, first, first + BESIDE + AHEAD),
            packets_after: BESIDE as usize,
        })
    }
}

/// Where each of these samples lies in its file.
fn places(track: &TrackIndex, range: &Range<u64>) -> Vec<Range<u64>> {
    let mut places = Vec::new();
    for sample in range.clone() {
        course::chunks(track, &(sample..sample + 1), |chunk| places.push(chunk.offset..chunk.end()));
    }
    places
}

/// Bits a second of a whole track.
fn bitrate(track: &TrackIndex) -> u64 {
    let runs = track.tables.sizes.runs().iter();
    let bytes: u64 = runs.map(|&(count, size)| u64::from(count) * u64::from(size)).sum();
    bytes.saturating_mul(8).saturating_mul(track.timescale.get().into()) / track.tables.duration.max(1)
}
