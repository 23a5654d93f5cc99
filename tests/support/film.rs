//! A plain reader of progressive films, written from the specification and sharing no code with the core, so that a
//! mistake there does not excuse itself here. It expands every sample and trusts the file.

use std::ops::Range;

/// A box: its type, where it lies in the file, and where its body begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Box {
    /// Its type.
    pub kind: String,
    /// The whole box.
    pub range: Range<usize>,
    /// Its body.
    pub body: Range<usize>,
}

/// A sample of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it is decoded, in ticks of its track.
    pub time: u64,
    /// How long it lasts.
    pub duration: u32,
    /// Whether it is a sync sample.
    pub sync: bool,
    /// Where its bytes lie.
    pub range: Range<usize>,
}

/// A track of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// `vide` or `soun`.
    pub handler: String,
    /// Its sample entry, whole.
    pub entry: Vec<u8>,
    /// Durations of `tkhd`, `mdhd` and of all edits.
    pub durations: [u64; 3],
    /// Its edits: how long in ticks of the film, from where in the media, -1 for nothing.
    pub edits: Vec<(u64, i64)>,
    /// Ticks a second.
    pub timescale: u32,
    /// Its samples.
    pub samples: Vec<Sample>,
}

fn word(file: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"))
}

fn long(file: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(file[at..at + 8].try_into().expect("eight bytes"))
}

/// The boxes in this range of the file.
pub fn boxes(file: &[u8], range: Range<usize>) -> Vec<Box> {
    let mut list = Vec::new();
    let mut at = range.start;
    while at + 8 <= range.end {
        let (size, header) = match word(file, at) {
            0 => (range.end - at, 8),
            1 => (long(file, at + 8) as usize, 16),
            size => (size as usize, 8),
        };
        let kind = String::from_utf8_lossy(&file[at + 4..at + 8]).into_owned();
        list.push(Box { kind, range: at..at + size, body: at + header..at + size });
        at += size;
    }
    list
}

/// The types of the top-level boxes.
pub fn order(file: &[u8]) -> Vec<String> {
    boxes(file, 0..file.len()).into_iter().map(|one| one.kind).collect()
}

/// The payload of each `mdat`, as far as the file goes.
pub fn payloads(file: &[u8]) -> Vec<Range<u64>> {
    let all = boxes(file, 0..file.len()).into_iter().filter(|one| one.kind == "mdat");
    all.map(|one| one.body.start as u64..one.body.end.min(file.len()) as u64).collect()
}

/// The body of the box at this path, such as `mdia/minf/stbl/stco`, inside `range`.
pub fn find(file: &[u8], range: Range<usize>, path: &str) -> Option<Range<usize>> {
    path.split('/')
        .try_fold(range, |range, kind| boxes(file, range).into_iter().find(|one| one.kind == kind).map(|one| one.body))
}

/// A table: `columns` words a row, counted by the word at `count` of the body; rows follow it.
fn rows(file: &[u8], body: &Range<usize>, count: usize, columns: usize) -> Vec<Vec<u32>> {
    let first = body.start + count + 4;
    let row = |row: usize| (0..columns).map(|column| word(file, first + 4 * (row * columns + column))).collect();
    (0..word(file, body.start + count) as usize).map(row).collect()
}

/// The duration in `mvhd`, version 0 or 1.
pub fn movie_duration(file: &[u8]) -> u64 {
    let mvhd = find(file, 0..file.len(), "moov/mvhd").expect("moov/mvhd");
    if file[mvhd.start] == 1 { long(file, mvhd.start + 24) } else { u64::from(word(file, mvhd.start + 16)) }
}

/// Ticks a second of the movie, in `mvhd`.
pub fn movie_timescale(file: &[u8]) -> u32 {
    let mvhd = find(file, 0..file.len(), "moov/mvhd").expect("moov/mvhd");
    word(file, mvhd.start + if file[mvhd.start] == 1 { 20 } else { 12 })
}

/// The tracks of a film.
pub fn tracks(file: &[u8]) -> Vec<Track> {
    let moov = find(file, 0..file.len(), "moov").expect("moov");
    boxes(file, moov).into_iter().filter(|one| one.kind == "trak").map(|trak| track(file, &trak.body)).collect()
}

fn track(file: &[u8], trak: &Range<usize>) -> Track {
    let get = |path: &str| find(file, trak.clone(), path).unwrap_or_else(|| panic!("trak/{path}"));
    let (tkhd, mdhd, elst) = (get("tkhd").start, get("mdia/mdhd").start, get("edts/elst").start);
    let tkhd = if file[tkhd] == 1 { long(file, tkhd + 28) } else { u64::from(word(file, tkhd + 20)) };
    let (timescale, media) = match file[mdhd] {
        1 => (word(file, mdhd + 20), long(file, mdhd + 24)),
        _ => (word(file, mdhd + 12), u64::from(word(file, mdhd + 16))),
    };
    let edits: Vec<(u64, i64)> = (0..word(file, elst + 4) as usize)
        .map(|row| match file[elst] {
            1 => (long(file, elst + 8 + 20 * row), long(file, elst + 16 + 20 * row) as i64),
            _ => (u64::from(word(file, elst + 8 + 12 * row)), i64::from(word(file, elst + 12 + 12 * row) as i32)),
        })
        .collect();
    let stsd = get("mdia/minf/stbl/stsd").start;
    let hdlr = get("mdia/hdlr").start;
    Track {
        handler: String::from_utf8_lossy(&file[hdlr + 8..hdlr + 12]).into_owned(),
        entry: file[stsd + 8..stsd + 8 + word(file, stsd + 8) as usize].to_vec(),
        durations: [tkhd, media, edits.iter().map(|(duration, _)| duration).sum()],
        edits,
        timescale,
        samples: samples(file, &get("mdia/minf/stbl")),
    }
}

fn samples(file: &[u8], stbl: &Range<usize>) -> Vec<Sample> {
    let get = |kind: &str| find(file, stbl.clone(), kind);
    let need = |kind: &str| get(kind).unwrap_or_else(|| panic!("stbl/{kind}"));
    let durations: Vec<u32> =
        rows(file, &need("stts"), 4, 2).iter().flat_map(|row| vec![row[1]; row[0] as usize]).collect();
    let stsz = need("stsz");
    let sizes: Vec<u32> = match word(file, stsz.start + 4) {
        0 => rows(file, &stsz, 8, 1).concat(),
        size => vec![size; word(file, stsz.start + 8) as usize],
    };
    let syncs = get("stss").map(|stss| rows(file, &stss, 4, 1).concat());
    let offsets: Vec<usize> = match (get("stco"), get("co64")) {
        (Some(stco), None) => rows(file, &stco, 4, 1).concat().into_iter().map(|offset| offset as usize).collect(),
        (None, Some(co64)) => {
            rows(file, &co64, 4, 2).iter().map(|row| ((u64::from(row[0]) << 32) | u64::from(row[1])) as usize).collect()
        }
        both => panic!("stco or co64, not {both:?}"),
    };
    let chunks = rows(file, &need("stsc"), 4, 3);
    assert_eq!(durations.len(), sizes.len(), "stts and stsz count the same samples");
    let (mut list, mut time) = (Vec::new(), 0);
    for (number, offset) in (1..).zip(offsets) {
        let here = chunks.iter().rev().find(|row| row[0] <= number).expect("stsc begins with chunk 1");
        let mut at = offset;
        for _ in 0..here[1] {
            let (index, size) = (list.len(), sizes[list.len()] as usize);
            let sync = syncs.as_ref().is_none_or(|list| list.contains(&(index as u32 + 1)));
            list.push(Sample { time, duration: durations[index], sync, range: at..at + size });
            time += u64::from(durations[index]);
            at += size;
        }
    }
    assert_eq!(list.len(), sizes.len(), "the chunks hold every sample");
    list
}
