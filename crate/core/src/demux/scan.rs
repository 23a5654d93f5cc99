//! The walk over the top-level boxes of a fragmented file. It reads `moov` and every `moof`, and of everything else only
//! the header, and stops at the first thing that is not whole: what a crash left there never was recorded.

use std::ops::Range;

use super::DemuxError;
use super::index::{SegmentIndex, TrackIndex};
use super::moof::{self, Piece};
use super::moov::{self, Track};
use crate::isobmff::read::{Child, Header, Parsed};
use crate::isobmff::tables::Tables;
use crate::isobmff::{BoxError, Path};

/// The largest `moov` and `moof` that is read. One second of recording makes a `moof` of about one kilobyte.
const BUDGET: u64 = 16 << 20;

/// Walks the headers of a fragmented file.
///
/// Call [`Self::poll_read`], read these bytes of the file, hand them to [`Self::handle_read`]; repeat until there is
/// nothing to read, then [`Self::finish`]. Each fragment costs two reads. An error leaves the scan where it was.
#[derive(Clone, Debug)]
pub struct Scan {
    length: u64,
    /// Where the box being read begins.
    at: u64,
    want: Want,
    tracks: Option<Vec<Track>>,
    /// A fragment whose data was not seen yet.
    pending: Option<Vec<Piece>>,
    whole_length: u64,
    fragments: u64,
    read_bytes: u64,
    torn: Option<String>,
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
            tracks: None,
            pending: None,
            whole_length: 0,
            fragments: 0,
            read_bytes: 0,
            torn: None,
        };
        scan.go_to(0);
        scan
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
    /// after the first whole fragments ends the scan without an error, see [`SegmentIndex::torn`].
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
                if self.torn.is_none() {
                    self.go_to(self.at + size);
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
    /// [`DemuxError::Unfinished`] before the scan is done; [`BoxError::Missing`] for a file without a whole `moov`.
    pub fn finish(self) -> Result<SegmentIndex, DemuxError> {
        if let Some(wanted) = self.poll_read() {
            return Err(DemuxError::Unfinished { wanted });
        }
        let tracks = self.tracks.ok_or(BoxError::Missing { path: Path::ROOT, kind: *b"moov" })?;
        Ok(SegmentIndex {
            tracks: tracks.into_iter().filter_map(|track| track.index).collect(),
            length: self.length,
            whole_length: self.whole_length,
            fragments: self.fragments,
            read_bytes: self.read_bytes,
            torn: self.torn,
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
        if self.tracks.is_none() {
            return Err(error);
        }
        self.tear(error.to_string());
        Ok(())
    }

    fn read_header(&mut self, bytes: &[u8]) -> Result<(), DemuxError> {
        let header = match Header::parse(bytes, Path::ROOT) {
            Ok(Parsed::Whole(header)) => header,
            Ok(Parsed::Needs(needed)) if needed <= self.length - self.at => {
                self.want = Want::Header(needed);
                return Ok(());
            }
            Ok(Parsed::Needs(needed)) => {
                let (path, present) = (Path::ROOT, self.length - self.at);
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
            return self.tear_or(BoxError::Torn { path, needed: size, present }.into());
        }
        match &header.kind {
            b"moov" | b"moof" if size > BUDGET => self.tear_or(DemuxError::Budget { path, size, limit: BUDGET }),
            b"moov" | b"moof" => {
                self.want = Want::Box(header, size);
                Ok(())
            }
            b"mdat" => self.pass_mdat(path, self.at + header.length..self.at + size),
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
        match (&header.kind, &self.tracks) {
            (b"moov", None) => {
                self.tracks = Some(moov::parse(&whole)?);
                self.whole_length = self.at + bytes.len() as u64;
            }
            (b"moof", Some(tracks)) => match moof::parse(&whole, self.at, tracks) {
                _ if self.pending.is_some() => self.tear("moof: the moof before it has no mdat".to_owned()),
                Ok(pieces) => self.pending = Some(pieces),
                Err(error) => self.tear(error.to_string()),
            },
            // A second moov changes nothing; a moof before any moov cannot be read.
            (b"moov", Some(_)) => {}
            _ => return Err(whole.wrong("a fragment before any moov").into()),
        }
        Ok(())
    }

    /// The `mdat` with this payload is whole: so is the fragment before it, if its data lies inside.
    fn pass_mdat(&mut self, path: Path, payload: Range<u64>) -> Result<(), DemuxError> {
        let Some(pieces) = self.pending.take() else {
            self.go_to(payload.end);
            return Ok(());
        };
        let inside = |piece: &Piece| {
            piece.tables.chunks.iter().all(|chunk| payload.start <= chunk.offset && chunk.end() <= payload.end)
        };
        let committed = if pieces.iter().all(inside) {
            commit(self.tracks.as_deref_mut().unwrap_or_default(), &pieces)
        } else {
            Err("samples outside their mdat".to_owned())
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
            Joint::Last(duration) => index.tables.set_last_duration(duration),
        }
        index.tables.append(&piece.tables, |offset| offset);
    }
    Ok(())
}

/// How a fragment meets the samples before it.
enum Joint {
    /// It has the first samples of its track, at this decode time.
    First(u64),
    /// It begins where they end.
    Seamless,
    /// It begins earlier or later: the last sample before it gets this duration, so that decode times hold.
    Last(u32),
}

fn joint(index: &TrackIndex, piece: &Piece) -> Result<Joint, String> {
    let Tables { durations, duration, .. } = &index.tables;
    let Some(last) = durations.last() else { return Ok(Joint::First(piece.time.unwrap_or(0))) };
    let end = index.start.checked_add(*duration).filter(|end| end.checked_add(piece.tables.duration).is_some());
    let end = end.ok_or("decode times past 2^64")?;
    match piece.time {
        None => Ok(Joint::Seamless),
        Some(time) if time == end => Ok(Joint::Seamless),
        Some(_) if piece.tables.samples() == 0 => Ok(Joint::Seamless),
        Some(time) => {
            let length = time.checked_sub(end - u64::from(last)).and_then(|length| u32::try_from(length).ok());
            let length = length.ok_or_else(|| format!("decode time {time} where {end} was due"))?;
            Ok(Joint::Last(length))
        }
    }
}
