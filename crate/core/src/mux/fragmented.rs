//! A film in fragmented form whose media lies elsewhere: what a player can begin with after its first kilobytes, and what
//! a stream is cut from. It decides where fragments begin and in what order their media stands; the media itself is
//! named by ranges of the film's payload, as in the flat form, and never touched.

use std::ops::Range;

use super::MuxError;
use super::boxes::{self, time, version};
use super::flat::{Film, FilmTrack};
use super::fragment::{no_samples, trex};
use super::moof::{self, Defaults, NON_SYNC, Piece, SYNC, Traf};
use super::movie;
use super::seek::{self, Access, Reference};
use super::walk::{Step, Walk};
use crate::isobmff::write::{boxed, full};
use crate::media::TrackKind;
use crate::time::Ticks;

/// Samples of one track in a fragment, and bytes of all of them in it: a fragment ends there whatever it holds.
const MAX_SAMPLES: usize = 1 << 16;
const MAX_BYTES: u64 = 1 << 30;
/// References that a `sidx` can count.
const MAX_REFERENCES: usize = 0xffff;

/// Which indexes of its fragments a film has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexes {
    /// `sidx` before the first fragment (s.8.16.3). It is left out where its numbers cannot hold the film: a fragment
    /// of 2 GiB, or pictures that go back in time from one fragment to the next.
    pub sidx: bool,
    /// `mfra` at the end (s.8.8.9).
    pub mfra: bool,
}

/// A stretch of a fragmented film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes of [`Fragmented::bytes`].
    Own(Range<usize>),
    /// Bytes of the film's payload.
    Media(Range<u64>),
}

/// A film in fragmented form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragmented {
    /// Init segment, fragment headers and indexes.
    pub bytes: Vec<u8>,
    /// The film, in order. Payload that no sample needs is in no part.
    pub parts: Vec<Part>,
    /// How many fragments it has.
    pub fragments: u32,
    /// Bytes of the whole film.
    pub length: u64,
}

/// Lays out a film in fragments. They begin at sync samples of the first video track, half a second or more apart; where
/// there is no video, or none any more, a second apart.
///
/// # Errors
/// As [`super::flat::head`], and [`MuxError::TooLarge`] for a fragment that cannot be cut to less than 2 GiB.
pub fn fragmented(film: &Film<'_>, indexes: Indexes) -> Result<Fragmented, MuxError> {
    let mut bytes = init_segment(film)?;
    let mut cutter = Cutter::new(film);
    while cutter.cut()? {}
    let Cutter { headers, units, accesses, .. } = cutter;
    if indexes.sidx
        && let Some(place) = reference(film)
        && let Some((earliest, references)) = references(&units, &film.tracks[place], film)
    {
        seek::sidx(&mut bytes, movie::track_id(place), film.tracks[place].timescale.get(), earliest, &references);
    }
    let first = bytes.len();
    bytes.extend_from_slice(&headers);
    let (mut parts, mut length) = (Vec::new(), first as u64);
    let mut starts = Vec::with_capacity(units.len());
    let mut own = 0;
    for unit in &units {
        starts.push(length);
        length += unit.size;
        parts.push(Part::Own(own..first + unit.header_end));
        own = first + unit.header_end;
        parts.extend(unit.media.iter().cloned().map(Part::Media));
    }
    if indexes.mfra {
        let place = |&(unit, time): &(usize, u64)| (time, starts[unit]);
        let tables = accesses.iter().map(|list| list.iter().map(place).collect::<Vec<Access>>());
        let tables: Vec<_> = (0..).map(movie::track_id).zip(tables).collect();
        seek::mfra(&mut bytes, &tables);
    }
    if own < bytes.len() {
        // The init segment counts already, also where no fragment follows it.
        length += (bytes.len() - own.max(first)) as u64;
        parts.push(Part::Own(own..bytes.len()));
    }
    Ok(Fragmented { bytes, parts, fragments: units.len() as u32, length })
}

/// The init segment of a film: `ftyp` and `moov` without its samples. With tracks of no samples yet it is that of a
/// recording of any timescale, sample entries and edits, whose fragments are written with [`moof::write`]; the defaults of
/// its tracks then are [`Defaults::of`] their kind.
///
/// # Errors
/// As [`super::flat::head`].
pub fn init_segment(film: &Film<'_>) -> Result<Vec<u8>, MuxError> {
    film.check()?;
    let metadata = film.metadata()?;
    super::flat::limit("bytes of metadata", metadata.bytes(), super::flat::MAX_HEAD)?;
    let mut out = Vec::new();
    let entries = film.tracks.iter().flat_map(|track| track.entries);
    movie::ftyp(&mut out, b"iso5", &[b"isom", b"iso6", b"mp41"], &entries);
    boxed(&mut out, *b"moov", |out| {
        boxes::mvhd(out, film.timescale.get(), 0, film.created, movie::track_id(film.tracks.len()));
        for (place, track) in film.tracks.iter().enumerate() {
            // The samples of `moov` are none, so they last 0; how long the film is stands in `mehd`.
            let described = movie::Track { shown: 0, duration: 0, ..track.described(place, film) };
            described.write(out, no_samples);
        }
        boxed(out, *b"mvex", |out| {
            let duration = film.duration();
            if duration > 0 {
                let version = version(&[duration]);
                full(out, *b"mehd", version, 0, |out| time(out, version, duration));
            }
            for (place, track) in film.tracks.iter().enumerate() {
                trex(out, movie::track_id(place), defaults(track));
            }
        });
        metadata.write(out);
    });
    Ok(out)
}

/// What most samples of a track have.
fn defaults(track: &FilmTrack<'_>) -> Defaults {
    Defaults {
        duration: track.tables.durations.first().unwrap_or(0),
        size: track.tables.sizes.only().unwrap_or(0),
        flags: if track.tables.syncs.only() == Some(true) || track.kind == TrackKind::Audio { SYNC } else { NON_SYNC },
    }
}

/// The track that `sidx` speaks of.
fn reference(film: &Film<'_>) -> Option<usize> {
    let video = film.tracks.iter().position(|track| track.kind == TrackKind::Video && track.tables.samples() > 0);
    video.or_else(|| film.tracks.iter().position(|track| track.tables.samples() > 0))
}

/// One fragment that was cut.
struct Unit {
    /// Where its header ends in those of all fragments.
    header_end: usize,
    media: Vec<Range<u64>>,
    /// Bytes of header and media.
    size: u64,
    /// What it has of the reference track.
    shown: Option<Shown>,
}

/// Samples of the reference track in a fragment, in its ticks.
struct Shown {
    /// The earliest composition time, and the latest end of one.
    range: Range<u64>,
    /// How decoding can start at its first sample.
    access: Option<u8>,
}

/// Cuts a film into fragments, one after another.
struct Cutter<'a> {
    film: &'a Film<'a>,
    walks: Vec<Walk<'a>>,
    defaults: Vec<Defaults>,
    reference: Option<usize>,
    headers: Vec<u8>,
    units: Vec<Unit>,
    /// For each track the fragments that begin with a sync sample, and its composition time.
    accesses: Vec<Vec<(usize, u64)>>,
}

/// Samples of a track that lie in a row in the payload.
struct Loose {
    traf: usize,
    range: Range<u64>,
    samples: u32,
}

impl<'a> Cutter<'a> {
    fn new(film: &'a Film<'a>) -> Cutter<'a> {
        Cutter {
            film,
            walks: film.tracks.iter().map(|track| Walk::new(track.tables)).collect(),
            defaults: film.tracks.iter().map(defaults).collect(),
            reference: reference(film),
            headers: Vec::new(),
            units: Vec::new(),
            accesses: vec![Vec::new(); film.tracks.len()],
        }
    }

    /// Cuts the next fragment; false where nothing is left.
    fn cut(&mut self) -> Result<bool, MuxError> {
        let open = |place: &usize| !self.walks[*place].done();
        let video = |place: &usize| self.film.tracks[*place].kind == TrackKind::Video;
        let places = || 0..self.walks.len();
        let Some(lead) = places().filter(video).find(open).or_else(|| places().find(open)) else { return Ok(false) };
        let (mut trafs, mut loose, mut shown) = (Vec::new(), Vec::with_capacity(self.walks.len()), None);
        let (mut lead_steps, until) = self.lead(lead);
        for place in 0..self.walks.len() {
            let steps = if place == lead { std::mem::take(&mut lead_steps) } else { self.follow(place, lead, until) };
            if let Some(first) = steps.first().filter(|first| first.sample.sync) {
                self.accesses[place].push((self.units.len(), first.composed()));
            }
            if Some(place) == self.reference {
                shown = show(&steps);
            }
            loose.push(self.group(place, &steps, &mut trafs));
        }
        let (media, payload) = order(&loose, &mut trafs);
        let start = self.headers.len();
        moof::write(&mut self.headers, self.units.len() as u32 + 1, &trafs, payload)?;
        let header_end = self.headers.len();
        super::flat::limit("bytes of metadata", header_end as u64, super::flat::MAX_HEAD)?;
        self.units.push(Unit { header_end, media, size: (header_end - start) as u64 + payload, shown });
        Ok(true)
    }

    /// The samples of the track that leads, and up to which of its decode times the others follow.
    fn lead(&mut self, lead: usize) -> (Vec<Step>, u64) {
        let track = &self.film.tracks[lead];
        let second = u64::from(track.timescale.get());
        let least = if track.kind == TrackKind::Video { second / 2 } else { second };
        // Of one tick a second half is nothing, and a fragment of nothing would be followed by the same again.
        let least = least.max(1);
        let start = self.walks[lead].time();
        let steps = self.take(lead, |step| step.sample.sync && step.time - start >= least);
        let end = self.walks[lead].time();
        // The last one takes the little that others have after it.
        (steps, if self.walks[lead].done() { end.saturating_add(second / 2) } else { end })
    }

    /// The samples of a track before this decode time of the track that leads.
    fn follow(&mut self, place: usize, lead: usize, until: u64) -> Vec<Step> {
        let scale = |place: usize| u128::from(self.film.tracks[place].timescale.get());
        let (own, other) = (scale(place), scale(lead));
        self.take(place, |step| u128::from(step.time) * other >= u128::from(until) * own)
    }

    /// The next samples of a track, before one that is `beyond`. A track that leads gives one at least.
    fn take(&mut self, place: usize, beyond: impl Fn(&Step) -> bool) -> Vec<Step> {
        let most = MAX_BYTES / self.walks.len() as u64;
        let (mut steps, mut bytes) = (Vec::new(), 0);
        let walk = &mut self.walks[place];
        let mut ahead = *walk;
        while let Some(step) = ahead.next() {
            if beyond(&step) || steps.len() == MAX_SAMPLES || bytes > most {
                break;
            }
            bytes += u64::from(step.sample.size);
            steps.push(step);
            *walk = ahead;
        }
        steps
    }

    /// Adds a `traf` for each stretch of one sample entry; where their samples lie.
    fn group(&self, place: usize, steps: &[Step], trafs: &mut Vec<Traf>) -> Vec<Loose> {
        let mut loose: Vec<Loose> = Vec::new();
        let mut entry = None;
        for step in steps {
            if entry != Some(step.entry) {
                entry = Some(step.entry);
                trafs.push(Traf {
                    id: movie::track_id(place),
                    entry: step.entry,
                    time: step.time,
                    defaults: self.defaults[place],
                    samples: Vec::new(),
                    pieces: Vec::new(),
                });
            }
            let traf = trafs.len() - 1;
            trafs[traf].samples.push(step.sample);
            let end = step.at.saturating_add(u64::from(step.sample.size));
            match loose.last_mut() {
                Some(last) if last.traf == traf && last.range.end == step.at => {
                    last.range.end = end;
                    last.samples += 1;
                }
                _ => loose.push(Loose { traf, range: step.at..end, samples: 1 }),
            }
        }
        loose
    }
}

/// Orders the media of a fragment as it lies in the payload, each track's own order kept, and tells the trafs where
/// theirs is. The ranges in that order, and the bytes of all.
fn order(tracks: &[Vec<Loose>], trafs: &mut [Traf]) -> (Vec<Range<u64>>, u64) {
    let mut rest: Vec<&[Loose]> = tracks.iter().map(Vec::as_slice).collect();
    let mut ends = vec![None; trafs.len()];
    let (mut media, mut payload): (Vec<Range<u64>>, u64) = (Vec::new(), 0);
    while let Some(next) = rest.iter_mut().filter(|rest| !rest.is_empty()).min_by_key(|rest| rest[0].range.start) {
        let [piece, after @ ..] = *next else { break };
        *next = after;
        let Range { start, end } = piece.range;
        // Samples may lie in a row here that did not in the payload.
        match trafs[piece.traf].pieces.last_mut() {
            Some(last) if ends[piece.traf] == Some(payload) => last.samples += piece.samples,
            _ => trafs[piece.traf].pieces.push(Piece { samples: piece.samples, offset: payload }),
        }
        payload = payload.saturating_add(end - start);
        ends[piece.traf] = Some(payload);
        match media.last_mut() {
            _ if start == end => {}
            Some(last) if last.end == start => last.end = end,
            _ => media.push(start..end),
        }
    }
    (media, payload)
}

fn show(steps: &[Step]) -> Option<Shown> {
    let first = steps.first()?;
    let start = steps.iter().map(Step::composed).min()?;
    let end = steps.iter().map(|step| step.composed().saturating_add(u64::from(step.sample.duration))).max()?;
    // Earlier pictures after the sync sample may or may not need others before it.
    let access = first.sample.sync.then_some(u8::from(first.composed() == start));
    Some(Shown { range: start..end, access })
}

/// The earliest presentation time of the reference track, and the subsegments; `None` where the box cannot say it.
fn references(units: &[Unit], track: &FilmTrack<'_>, film: &Film<'_>) -> Option<(u64, Vec<Reference>)> {
    let shift = shift(track, film);
    let presented = |composed: u64| u64::try_from(i128::from(composed) + shift).unwrap_or(0);
    // A subsegment begins with something of the reference track, and is as many fragments as the count of them needs.
    let each = units.len().div_ceil(MAX_REFERENCES);
    let (mut list, mut before, mut held): (Vec<Subsegment>, u64, usize) = (Vec::new(), 0, each);
    for unit in units {
        if held >= each
            && let Some(shown) = &unit.shown
        {
            // What lay before the first one belongs to it.
            let size = std::mem::take(&mut before);
            list.push(Subsegment { start: presented(shown.range.start), access: shown.access, size });
            held = 0;
        }
        *list.last_mut().map_or(&mut before, |last| &mut last.size) += unit.size;
        held += 1;
    }
    let end = presented(units.iter().filter_map(|unit| Some(unit.shown.as_ref()?.range.end)).max()?);
    let ends = list.iter().skip(1).map(|next| next.start).chain([end]);
    let reference = |(one, end): (&Subsegment, u64)| {
        let size = u32::try_from(one.size).ok().filter(|size| *size < 1 << 31)?;
        Some(Reference { size, duration: u32::try_from(end.checked_sub(one.start)?).ok()?, access: one.access })
    };
    let references = list.iter().zip(ends).map(reference).collect::<Option<Vec<_>>>()?;
    Some((list.first()?.start, references))
}

/// Fragments that `sidx` counts as one.
struct Subsegment {
    /// Presentation time, ticks of the reference track.
    start: u64,
    access: Option<u8>,
    size: u64,
}

/// What the edit list adds to a composition time, in ticks of the track, before its first cut.
fn shift(track: &FilmTrack<'_>, film: &Film<'_>) -> i128 {
    let mut empty = 0_u64;
    for edit in track.edits {
        let Some(start) = edit.start else {
            empty = empty.saturating_add(edit.duration);
            continue;
        };
        let empty = Ticks(i64::try_from(empty).unwrap_or(i64::MAX));
        let empty = film.timescale.rescale(empty, track.timescale).map_or(0, |ticks| ticks.0);
        return i128::from(empty) - i128::from(start);
    }
    0
}
