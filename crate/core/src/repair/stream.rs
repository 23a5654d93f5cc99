//! H.264 in an `mdat` that no table describes: NAL units with a length before each (ISO/IEC 14496-15 s.4.3), parameter sets
//! among them, found again behind whatever else lies between. It decides what is a picture and where it lies; it keeps no
//! media.

use std::ops::Range;

use super::pictures::Pictures;
use super::{RepairError, WINDOW};
use crate::codec::slice::{MAX_SET, SLICE_HEAD, Sets, Slice, Unit};
use crate::demux::TrackIndex;
use crate::isobmff::read::u32_at;

/// Bytes of a length.
const PREFIX: u64 = 4;
/// Bytes that tell what a NAL unit is, its length included.
const PEEK: u64 = PREFIX + SLICE_HEAD as u64;
/// The longest unit that is looked through. Where nothing plausible follows a unit, it is believed for what it holds.
const MAX_LONE: u64 = 1 << 20;
/// The longest slice that is believed out of nowhere, unless much longer ones were seen: noise seldom states so short a
/// length.
const MAX_STRANGER: u64 = 64 << 10;
/// How far parameter sets are looked for; they stand before the first picture.
const MAX_LEAD: u64 = 32 << 20;

/// The walk. Drive it like [`crate::demux::Scan`].
#[derive(Clone, Debug)]
pub(super) struct Stream {
    region: Range<u64>,
    /// Bytes at hand, and where they begin.
    window: (u64, Vec<u8>),
    /// The same for what lies behind a candidate.
    probe: (u64, Vec<u8>),
    want: Option<Range<u64>>,
    for_probe: bool,
    state: State,
    sets: Sets,
    /// Whether start codes (annex B) were seen where no lengths were.
    start_codes: bool,
    /// `frame_num` of the newest reference picture.
    reference: Option<u32>,
    /// `frame_num` of a picture that does not follow the one before.
    stray: Option<u32>,
    /// Bytes that may still be looked through to believe units that stand alone. Real files need each byte once.
    effort: u64,
    /// The longest slice so far.
    longest: u64,
    picture: Option<Picture>,
    pictures: Pictures,
}

/// The access unit being gathered.
#[derive(Clone, Copy, Debug)]
struct Picture {
    range: (u64, u64),
    /// Its first slice.
    slice: Option<Slice>,
    /// Both of its fields are there.
    paired: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// A NAL unit should begin here.
    Unit(u64),
    /// One may begin here or later.
    Seek(u64),
    /// One seems to lie here; it must look like one, or what follows it. Whether it was found by a search.
    Check(Range<u64>, bool),
    /// One lies here.
    Take(Range<u64>),
    Done,
}

impl Stream {
    /// Of the media in `region` of a file.
    pub(super) fn new(region: Range<u64>) -> Stream {
        let mut stream = Stream {
            state: State::Seek(region.start),
            window: (region.start, Vec::new()),
            probe: (region.start, Vec::new()),
            effort: region.end.saturating_sub(region.start).saturating_mul(4),
            region,
            want: None,
            for_probe: false,
            sets: Sets::default(),
            start_codes: false,
            reference: None,
            stray: None,
            longest: 0,
            picture: None,
            pictures: Pictures::default(),
        };
        stream.run();
        stream
    }

    pub(super) fn poll_read(&self) -> Option<Range<u64>> {
        self.want.clone()
    }

    pub(super) fn handle_read(&mut self, offset: u64, bytes: &[u8]) {
        let kept = if self.for_probe { &mut self.probe } else { &mut self.window };
        kept.0 = offset;
        kept.1.clear();
        kept.1.extend_from_slice(bytes);
        self.want = None;
        self.run();
    }

    /// The track of the pictures found, its rate assumed or not, and the bytes of the region that are in none.
    ///
    /// # Errors
    /// [`RepairError::Impossible`] where there are none.
    pub(super) fn finish(self) -> Result<(TrackIndex, bool, u64), RepairError> {
        let length = self.region.end.saturating_sub(self.region.start);
        let why = match () {
            () if self.start_codes => "H.264 with start codes, which cannot be kept in place",
            () if !self.sets.complete() => "no H.264 parameter sets in the media",
            () => "H.264 parameter sets, but no picture that decoding can start at",
        };
        let track = self.pictures.finish(&self.sets).ok_or(RepairError::Impossible { why })?;
        let used: u64 = track.0.tables.chunks.iter().map(|chunk| chunk.bytes).sum();
        Ok((track.0, track.1, length - used))
    }

    /// Goes on as far as the bytes at hand allow.
    fn run(&mut self) {
        while self.want.is_none() && self.state != State::Done {
            let next = match self.state.clone() {
                State::Unit(at) => self.unit(at),
                State::Seek(at) => self.seek(at),
                State::Check(unit, stranger) => self.check(&unit, stranger),
                State::Take(unit) => self.take(&unit),
                State::Done => None,
            };
            if let Some(next) = next {
                self.state = next;
            }
        }
    }

    /// Makes sure that `count` bytes at `at`, or all up to the end, are in the window; else asks for them.
    fn fetch(&mut self, at: u64, count: u64) -> Option<Range<usize>> {
        let end = self.region.end.min(at.saturating_add(count));
        let (start, bytes) = &self.window;
        if at < *start || end > start + bytes.len() as u64 {
            self.want = Some(at..self.region.end.min(at + WINDOW));
            self.for_probe = false;
            return None;
        }
        Some((at - start) as usize..(end - start) as usize)
    }

    /// The unit at `at`, or the end of what is known.
    fn unit(&mut self, at: u64) -> Option<State> {
        if self.region.end.saturating_sub(at) <= PREFIX {
            self.close(true);
            return Some(State::Done);
        }
        let head = self.fetch(at, PEEK)?;
        let head = &self.window.1[head];
        let length = u64::from(u32_at(head, 0).unwrap_or(0));
        let unit = self.sets.read(&head[PREFIX as usize..], length as usize);
        let end = at + PREFIX + length;
        if end > self.region.end || unit.is_none() {
            // A picture whose later slice is cut off is not whole. Noise states longer ones.
            let before = self.picture.and_then(|picture| picture.slice);
            let cut = matches!((unit, before), (Some(Unit::Slice(slice)), Some(before))
                if !slice.first && slice.frame_num == before.frame_num && length <= self.usual());
            self.close(!cut);
            return Some(State::Seek(at + 1));
        }
        // What follows a set may need it to be read.
        Some(if unit == Some(Unit::Set) { State::Take(at..end) } else { State::Check(at..end, false) })
    }

    /// Takes the unit into its picture, if it can stand there.
    fn take(&mut self, unit: &Range<u64>) -> Option<State> {
        let Range { start: at, end } = *unit;
        let head = self.fetch(at, PEEK)?;
        let head = &self.window.1[head][PREFIX as usize..];
        let unit = self.sets.read(head, (end - at - PREFIX) as usize);
        if unit == Some(Unit::Set) {
            let nal = self.fetch(at, end - at)?;
            if !self.sets.add(&self.window.1[nal][PREFIX as usize..]) {
                self.close(true);
                return Some(State::Seek(at + 1));
            }
        }
        let taken = match unit {
            Some(Unit::Set | Unit::Before) => {
                if self.picture.is_some_and(|picture| picture.slice.is_some()) {
                    self.close(true);
                }
                true
            }
            Some(Unit::After) => true,
            Some(Unit::Slice(slice)) => self.slice(&slice),
            None => false,
        };
        if !taken {
            self.close(true);
            return Some(State::Seek(at + 1));
        }
        let picture = self.picture.get_or_insert(Picture { range: (at, end), slice: None, paired: false });
        picture.range.1 = end;
        if let Some(Unit::Slice(slice)) = unit {
            picture.slice.get_or_insert(slice);
            self.longest = self.longest.max(end - at);
        }
        Some(State::Unit(end))
    }

    /// Whether the slice goes on with this picture, or begins another that may follow.
    fn slice(&mut self, slice: &Slice) -> bool {
        if let Some(picture) = &mut self.picture
            && let Some(before) = picture.slice
        {
            let same = before.frame_num == slice.frame_num && before.reference == slice.reference;
            if !slice.first {
                return before.frame_num == slice.frame_num;
            }
            // The second field of a frame lies in the same sample.
            if same && !picture.paired && matches!((before.field, slice.field), (Some(one), Some(two)) if one != two) {
                picture.paired = true;
                return true;
            }
            self.close(true);
        }
        if slice.first && self.follows(slice) {
            self.stray = None;
            return true;
        }
        // Noise may look like a picture once. Two in a row mean that one before them is lost, and what refers to it.
        let next = |before: u32| (before + 1) % (1 << slice.order.frame_num_bits);
        if slice.first && self.stray.replace(slice.frame_num).map(next) == Some(slice.frame_num) {
            self.reference = None;
        }
        false
    }

    /// Whether a picture that begins so can come next: its number is the one due (s.7.4.3).
    fn follows(&self, slice: &Slice) -> bool {
        slice.idr
            || self.reference.is_some_and(|reference| {
                slice.order.gaps || slice.frame_num == (reference + 1) % (1 << slice.order.frame_num_bits)
            })
    }

    /// Ends the access unit, and keeps it if it is a whole picture.
    fn close(&mut self, whole: bool) {
        let Some(Picture { range, slice: Some(slice), .. }) = self.picture.take() else { return };
        if !whole {
            // Whatever refers to it cannot be decoded either.
            self.reference = None;
            return;
        }
        if slice.reference {
            self.reference = Some(slice.frame_num);
        }
        self.pictures.push(range.0..range.1, &slice);
    }

    /// Looks for a length and a unit that may begin a picture.
    fn seek(&mut self, at: u64) -> Option<State> {
        let lost = !self.sets.complete() && at - self.region.start > MAX_LEAD;
        if lost || self.region.end.saturating_sub(at) <= PREFIX {
            return Some(State::Done);
        }
        let window = self.fetch(at, PEEK)?;
        let last = self.window.0 + self.window.1.len() as u64 == self.region.end;
        let bytes = &self.window.1[window.start..];
        // What begins near the end of the window is looked at in the next one.
        let places = if last { bytes.len() - PREFIX as usize } else { bytes.len() - PEEK as usize + 1 };
        for place in 0..places {
            let rest = &bytes[place..];
            let left = self.region.end - at - place as u64 - PREFIX;
            let length = u64::from(u32_at(rest, 0).unwrap_or(0));
            if length <= left && length > 1 {
                let head = &rest[PREFIX as usize..rest.len().min(PEEK as usize)];
                let unit = self.sets.read(head, length as usize);
                let begins = match unit {
                    Some(Unit::Slice(slice)) => slice.first && (slice.idr || self.reference.is_some()),
                    Some(Unit::Set | Unit::Before) => true,
                    _ => false,
                };
                if begins {
                    let at = at + place as u64;
                    return Some(State::Check(at..at + PREFIX + length, true));
                }
            }
            self.start_codes |= rest[..4] == [0, 0, 0, 1] && rest.get(4).is_some_and(|head| head & 0x9f == 7);
        }
        Some(if last { State::Done } else { State::Seek(at + places as u64) })
    }

    /// Whether a unit is believed for what lies behind it, or for what it holds.
    fn check(&mut self, unit: &Range<u64>, stranger: bool) -> Option<State> {
        let (from, to) = (unit.end - 1, self.region.end.min(unit.end + PEEK));
        let (start, bytes) = &self.probe;
        if *start != from || bytes.len() as u64 != to - from {
            let (start, window) = &self.window;
            if from >= *start && to <= start + window.len() as u64 {
                self.probe = (from, window[(from - start) as usize..(to - start) as usize].to_vec());
            } else {
                self.want = Some(from..to);
                self.for_probe = true;
            }
            return None;
        }
        let (stop, rest) = bytes.split_first()?;
        let length = u64::from(u32_at(rest, 0).unwrap_or(0));
        let next = rest.get(PREFIX as usize..).and_then(|head| self.sets.read(head, length as usize));
        let fits = unit.end == self.region.end || unit.end + PREFIX + length <= self.region.end;
        let chained = fits && (unit.end == self.region.end || next.is_some());
        // No unit ends with a zero byte (s.7.4.1).
        let believed = *stop != 0 && (chained || self.alone(unit, stranger)?);
        if !believed {
            self.close(true);
        }
        Some(if believed { State::Take(unit.clone()) } else { State::Seek(unit.start + 1) })
    }

    /// The longest slice that is not out of the ordinary.
    fn usual(&self) -> u64 {
        MAX_STRANGER.max(8 * self.longest)
    }

    /// Whether these bytes can be a NAL unit by themselves: a slice, or filler, in which nothing looks like a start code
    /// (s.7.4.1).
    fn alone(&mut self, unit: &Range<u64>, stranger: bool) -> Option<bool> {
        let head = self.fetch(unit.start, PREFIX + 1)?;
        let kind = self.window.1[head][PREFIX as usize] & 0x1f;
        let length = unit.end - unit.start;
        let most = if stranger { self.usual() } else { u64::MAX };
        if !matches!(kind, 1 | 5 | 12) || length > most || self.effort == 0 {
            return Some(false);
        }
        if length > MAX_LONE {
            return Some(!stranger);
        }
        let nal = self.fetch(unit.start, length)?;
        self.effort = self.effort.saturating_sub(length);
        let nal = &self.window.1[nal][PREFIX as usize..];
        Some(!nal.windows(3).any(|three| three[..2] == [0, 0] && three[2] < 3))
    }
}

const _: () = assert!(MAX_SET as u64 + PREFIX <= WINDOW && MAX_LONE + PREFIX <= WINDOW + PREFIX);
