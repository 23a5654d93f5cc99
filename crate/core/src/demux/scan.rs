//! The walk over the top-level boxes of a file. It reads `ftyp`, `moov` and every `moof`, and of everything else only the
//! header. Without fragments it ends with `moov`; with them it goes on to the first thing that is not whole: what a
//! crash left there never was recorded. Each `moof` must be read to know its samples, so `sidx` and `mfra`, which say
//! less, would save no read and are walked past.

use std::ops::Range;

use super::DemuxError;
use super::index::{Container, FileIndex, TrackIndex};
use super::moof::{self, Piece};
use super::moov::{self, Moov, Track};
use super::stranger::{self, Look};
use crate::isobmff::read::{Child, Header, Parsed};
use crate::isobmff::tables::Tables;
use crate::isobmff::{BoxError, FourCc, Path};

/// The largest `moov` and `moof` that is read. One second of recording makes a `moof` of about one kilobyte, ten hours of
/// a film a `moov` of about 10 MiB.
const BUDGET: u64 = 64 << 20;
/// The largest `ftyp` that is read; of a larger one the brand stays unknown.
const BRANDS: u64 = 4 << 10;

/// Walks the headers of an MP4 or QuickTime file.
///
/// Call [`Self::poll_read`], read these bytes of the file, hand them to [`Self::handle_read`]; repeat until there is
/// nothing to read, then [`Self::finish`]. A film costs three to five reads,
/// each fragment two. An error leaves the scan where it was.
#[derive(Clone, Debug)]
pub struct Scan {
    length: u64,
    /// Where the box being read begins.
    at: u64,
    want: Want,
    /// The major brand; `None` before `ftyp`.
    brand: Option<FourCc>,
    moov: Option<Moov>,
    /// Whether an `mdat` came before `moov`.
    media_first: bool,
    /// Whether any `moof` was read.
    fragmented: bool,
    /// A fragment whose data was not all seen yet, and where the payload of the first `mdat` after it begins.
    pending: Option<(Vec<Piece>, Option<u64>)>,
    whole_length: u64,
    fragments: u64,
    read_bytes: u64,
    torn: Option<String>,
    /// Whether it ended where the file does, in the middle of something.
    cut: bool,
    /// Where tracks stand already, by their identifiers.
    ends: Vec<(u32, u64)>,
}

/// What the scan needs at `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// This many bytes of a box header.
    Header(u64),
    /// The whole box of this size, and the header after it if there is room for one.
    Box(Header, u64),
    /// Nothing more.
    Nothing,
}

impl Scan {
    /// A scan of a file of `length` bytes.
    pub fn new(length: u64) -> Scan {
        let mut scan = Scan {
            length,
            at: 0,
            want: Want::Nothing,
            brand: None,
            moov: None,
            media_first: false,
            fragmented: false,
            pending: None,
            whole_length: 0,
            fragments: 0,
            read_bytes: 0,
            torn: None,
            cut: false,
            ends: Vec::new(),
        };
        scan.go_to(0);
        scan
    }

    /// The scan of a file whose first fragments were read before and are left out: where the tracks of these identifiers
    /// ended then, in their ticks. Fragments meet that as they meet what lies before them in the same scan.
    pub(crate) fn go_on_from(mut self, ends: &[(u32, u64)]) -> Scan {
        self.ends.extend_from_slice(ends);
        self
    }

    /// The bytes of the file that are needed next; `None` where the scan is done.
    pub fn poll_read(&self) -> Option<Range<u64>> {
        match self.want {
            Want::Header(bytes) => Some(self.at..self.at + bytes),
            Want::Box(_, size) => Some(self.at..self.at + size + self.peek(self.at + size)),
            Want::Nothing => None,
        }
    }

    /// How far it has come, in bytes of the file.
    pub fn position(&self) -> u64 {
        if self.want == Want::Nothing { self.length } else { self.at }
    }

    /// Takes exactly the bytes that [`Self::poll_read`] asked for.
    ///
    /// # Errors
    /// [`DemuxError::WrongRead`] for other bytes; any other error where the file cannot be read at all. What is wrong
    /// after the first whole fragments ends the scan without an error, see [`FileIndex::torn`].
    pub fn handle_read(&mut self, offset: u64, bytes: &[u8]) -> Result<(), DemuxError> {
        let got = offset..offset.saturating_add(bytes.len() as u64);
        match self.poll_read() {
            Some(wanted) if wanted == got => {}
            wanted => return Err(DemuxError::WrongRead { wanted: wanted.unwrap_or(self.at..self.at), got }),
        }
        match self.want {
            Want::Box(header, size) => {
                // `size` bytes are in memory, so it fits.
                let (whole, next) = bytes.split_at(size as usize);
                self.read_box(&header, whole)?;
                if self.torn.is_none() && self.moov.as_ref().is_none_or(|moov| moov.extends) {
                    self.go_to(self.at + size);
                } else {
                    self.want = Want::Nothing;
                }
                if next.is_empty() || self.want == Want::Nothing { Ok(()) } else { self.read_header(next) }
            }
            _ => self.read_header(bytes),
        }?;
        self.read_bytes += bytes.len() as u64;
        Ok(())
    }

    /// The index of what is whole.
    ///
    /// # Errors
    /// [`DemuxError::Unfinished`] before the scan is done; [`BoxError::Missing`] for a file without a whole `moov`;
    /// [`DemuxError::Unsupported`] for one without a byte of it.
    pub fn finish(self) -> Result<FileIndex, DemuxError> {
        if let Some(wanted) = self.poll_read() {
            return Err(DemuxError::Unfinished { wanted });
        }
        let Some(Moov { mut head, tracks, extends }) = self.moov else {
            if self.read_bytes == 0 {
                return Err(unsupported(if self.length == 0 { "an empty file" } else { "a file too short for a box" }));
            }
            return Err(BoxError::Missing { path: Path::ROOT, kind: *b"moov" }.into());
        };
        head.fast_start = !self.media_first;
        head.container = match self.brand {
            _ if self.fragmented || (extends && !moov::samples(&tracks)) => Container::Fragmented,
            Some(brand) if brand != *b"qt  " => Container::Mp4,
            _ => Container::Mov,
        };
        Ok(FileIndex {
            tracks: tracks.into_iter().filter_map(|track| track.index).collect(),
            head,
            length: self.length,
            whole_length: self.whole_length,
            fragments: self.fragments,
            read_bytes: self.read_bytes,
            torn: self.torn,
            cut: self.cut,
        })
    }

    /// Bytes of a header that can be read at `at` for free.
    fn peek(&self, at: u64) -> u64 {
        if self.length.saturating_sub(at) < 8 { 0 } else { 8 }
    }

    /// Goes on with the box at `at`.
    fn go_to(&mut self, at: u64) {
        self.at = at;
        self.want = match self.peek(at) {
            0 => {
                if at < self.length {
                    self.tear(format!("{} bytes where a box should begin", self.length - at));
                } else if self.pending.is_some() {
                    self.tear("a moof without its mdat".to_owned());
                }
                self.cut = self.torn.is_some();
                Want::Nothing
            }
            bytes => Want::Header(bytes),
        };
    }

    /// Ends the scan at the last whole fragment.
    fn tear(&mut self, why: String) {
        self.torn = Some(why);
        self.pending = None;
        self.want = Want::Nothing;
    }

    /// Ends the scan if a `moov` was read, else fails: without one nothing of the file can be used.
    fn tear_or(&mut self, error: DemuxError) -> Result<(), DemuxError> {
        if self.moov.is_none() {
            return Err(error);
        }
        self.tear(error.to_string());
        Ok(())
    }

    fn read_header(&mut self, bytes: &[u8]) -> Result<(), DemuxError> {
        if self.at == 0 {
            match stranger::look(bytes, self.length) {
                Look::Box => {}
                Look::Needs(needed) => {
                    self.want = Want::Header(needed);
                    return Ok(());
                }
                Look::Stranger(what) => return Err(unsupported(what)),
            }
        }
        let header = match Header::parse(bytes, Path::ROOT) {
            Ok(Parsed::Whole(header)) => header,
            Ok(Parsed::Needs(needed)) if needed <= self.length - self.at => {
                self.want = Want::Header(needed);
                return Ok(());
            }
            Ok(Parsed::Needs(needed)) => {
                let (path, present) = (Path::ROOT, self.length - self.at);
                self.cut = true;
                return self.tear_or(BoxError::Torn { path, needed, present }.into());
            }
            Err(error) => return self.tear_or(error.into()),
        };
        let path = Path::top(header.kind);
        let present = self.length - self.at;
        if header.kind == [0; 4] {
            return self.tear_or(BoxError::Field { path, what: "zeros where a box should begin".to_owned() }.into());
        }
        let size = header.size.unwrap_or(present);
        if size > present {
            self.cut = true;
            return self.tear_or(BoxError::Torn { path, needed: size, present }.into());
        }
        match &header.kind {
            b"moov" | b"moof" if size > BUDGET => self.tear_or(DemuxError::Budget { path, size, limit: BUDGET }),
            b"moov" | b"moof" => {
                self.want = Want::Box(header, size);
                Ok(())
            }
            b"ftyp" if self.brand.is_none() && size <= BRANDS => {
                self.want = Want::Box(header, size);
                Ok(())
            }
            b"mdat" => {
                self.media_first |= self.moov.is_none();
                self.pass_mdat(path, self.at + header.length..self.at + size)
            }
            _ => {
                self.go_to(self.at + size);
                Ok(())
            }
        }
    }

    fn read_box(&mut self, header: &Header, bytes: &[u8]) -> Result<(), DemuxError> {
        let path = Path::top(header.kind);
        let body = &bytes[header.length as usize..];
        let whole = Child { kind: header.kind, path, bytes, body };
        match (&header.kind, &self.moov) {
            (b"ftyp", _) => self.brand = Some(whole.body.first_chunk().copied().unwrap_or_default()),
            (b"moov", None) => self.take_moov(moov::parse(&whole)?, bytes.len() as u64),
            (b"moof", Some(moov)) => match moof::parse(&whole, self.at, &moov.tracks) {
                _ if self.pending.is_some() => self.tear("moof: the moof before it has no mdat".to_owned()),
                Ok(pieces) => {
                    self.fragmented = true;
                    // One without samples has no data to wait for.
                    let samples = pieces.iter().any(|piece| piece.tables.samples() > 0);
                    self.pending = samples.then_some((pieces, None));
                }
                Err(error) => self.tear(error.to_string()),
            },
            // A second moov changes nothing; a moof before any moov cannot be read.
            (b"moov", Some(_)) => {}
            _ => return Err(whole.wrong("a fragment before any moov").into()),
        }
        Ok(())
    }

    /// Takes `moov`, which lies at `at` and has `size` bytes.
    fn take_moov(&mut self, mut moov: Moov, size: u64) {
        let cut = moov::keep_within(&mut moov.tracks, self.length);
        self.whole_length = moov::media_end(&moov.tracks).max(self.at + size);
        if let Some(why) = cut {
            self.tear(why);
        } else if !moov.extends {
            // Nothing else in the file counts, and nothing of it is missing.
            self.whole_length = self.length;
        }
        for index in moov.tracks.iter_mut().filter_map(|track| track.index.as_mut()) {
            index.start = self.ends.iter().find(|(id, _)| *id == index.id).map_or(index.start, |(_, end)| *end);
        }
        self.moov = Some(moov);
    }

    /// The `mdat` with this payload is whole: so is the fragment before it, if its data lies inside.
    fn pass_mdat(&mut self, path: Path, payload: Range<u64>) -> Result<(), DemuxError> {
        let Some((pieces, start)) = self.pending.take() else {
            self.go_to(payload.end);
            return Ok(());
        };
        let start = start.unwrap_or(payload.start);
        let chunks = || pieces.iter().flat_map(|piece| &piece.tables.chunks);
        let committed = if chunks().any(|chunk| chunk.offset < start) {
            Err("samples outside their mdat".to_owned())
        } else if chunks().any(|chunk| chunk.end() > payload.end) {
            // Some writers put each track of a fragment into an `mdat` of its own.
            self.pending = Some((pieces, Some(start)));
            self.go_to(payload.end);
            return Ok(());
        } else {
            commit(self.moov.as_mut().map(|moov| moov.tracks.as_mut_slice()).unwrap_or_default(), &pieces)
        };
        if let Err(what) = committed {
            return self.tear_or(BoxError::Field { path, what }.into());
        }
        self.fragments += 1;
        self.whole_length = payload.end;
        self.go_to(payload.end);
        Ok(())
    }
}

/// The file is something else.
fn unsupported(what: &str) -> DemuxError {
    DemuxError::Unsupported { path: Path::ROOT, what: what.to_owned() }
}

/// Appends a fragment to the tracks, or changes nothing.
fn commit(tracks: &mut [Track], pieces: &[Piece]) -> Result<(), String> {
    let mut joints = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let index = tracks.get(piece.place).and_then(|track| track.index.as_ref());
        joints.push(index.map_or(Ok(Joint::Seamless), |index| joint(index, piece))?);
    }
    for (piece, joint) in pieces.iter().zip(joints) {
        let Some(index) = tracks.get_mut(piece.place).and_then(|track| track.index.as_mut()) else { continue };
        match joint {
            Joint::First(start) => index.start = start,
            Joint::Seamless => {}
            Joint::Later(ticks) => index.tables.set_last_duration(ticks),
            Joint::Earlier(ticks) => index.tables.shorten(ticks),
        }
        index.tables.append(&piece.tables, |offset| offset);
    }
    Ok(())
}

/// How a fragment meets the samples before it.
enum Joint {
    /// It has the first samples of its track, at this decode time.
    First(u64),
    /// It begins where they end, or states a time too far from there to be believed.
    Seamless,
    /// It begins later: the last sample before it gets this duration, so that decode times hold.
    Later(u32),
    /// It begins so many ticks earlier: the samples before it get shorter.
    Earlier(u64),
}

fn joint(index: &TrackIndex, piece: &Piece) -> Result<Joint, String> {
    let Tables { durations, duration, .. } = &index.tables;
    let Some(last) = durations.last() else {
        // Not 0 where fragments before these were left out.
        let end = index.start;
        let again = |time: &u64| end.saturating_sub(*time) > u64::from(index.timescale.get());
        return Ok(Joint::First(piece.time.filter(|time| !again(time)).unwrap_or(end)));
    };
    let end = index.start.checked_add(*duration).filter(|end| end.checked_add(piece.tables.duration).is_some());
    let end = end.ok_or("decode times past 2^64")?;
    let Some(time) = piece.time.filter(|_| piece.tables.samples() > 0) else { return Ok(Joint::Seamless) };
    Ok(match time.checked_sub(end) {
        Some(0) => Joint::Seamless,
        Some(gap) => u32::try_from(gap.saturating_add(u64::from(last))).map_or(Joint::Seamless, Joint::Later),
        // Recordings that were put one behind the other start again from 0.
        None if end - time > u64::from(index.timescale.get()) => Joint::Seamless,
        None => Joint::Earlier(end - time),
    })
}
