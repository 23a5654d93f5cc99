//! Any tables at all, written flat and in fragments, are read back by the scan as they were: reordered pictures, several
//! sample entries, edit lists, turned pictures, every timescale, offsets past 4 GiB. No media byte exists.

use std::ops::Range;

use onetake_core::codec::SampleEntry;
use onetake_core::demux::{FileIndex, Scan};
use onetake_core::isobmff::edits::Edit;
use onetake_core::isobmff::tables::{Chunk, Tables};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::MuxError;
use onetake_core::mux::flat::{self, Film, FilmTrack};
use onetake_core::mux::fragmented::{Fragmented, Indexes, Part, fragmented};
use onetake_core::orientation::ALL;
use onetake_core::time::Timescale;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const STORED: Size = Size { width: 640, height: 360 };

/// A track that owns what a [`FilmTrack`] borrows.
#[derive(Clone, Debug)]
struct Track {
    kind: TrackKind,
    entries: Vec<SampleEntry>,
    matrix: [i32; 9],
    timescale: Timescale,
    language: u16,
    edits: Vec<Edit>,
    tables: Tables,
}

impl Track {
    fn of(&self) -> FilmTrack<'_> {
        FilmTrack {
            kind: self.kind,
            entries: &self.entries,
            size: (self.kind == TrackKind::Video).then_some(STORED),
            matrix: self.matrix,
            timescale: self.timescale,
            language: self.language,
            edits: &self.edits,
            tables: &self.tables,
        }
    }
}

/// A file of which only these stretches exist.
struct Sparse {
    own: Vec<(u64, Vec<u8>)>,
    length: u64,
}

impl Sparse {
    fn flat(head: Vec<u8>, payload: u64) -> Sparse {
        let length = head.len() as u64 + payload;
        Sparse { own: vec![(0, head)], length }
    }

    /// With where each stretch of the payload begins in the file.
    fn fragmented(film: &Fragmented) -> (Sparse, Vec<(Range<u64>, u64)>) {
        let (mut own, mut media, mut at) = (Vec::new(), Vec::new(), 0);
        for part in &film.parts {
            match part {
                Part::Own(range) => {
                    own.push((at, film.bytes[range.clone()].to_vec()));
                    at += range.len() as u64;
                }
                Part::Media(range) => {
                    media.push((range.clone(), at));
                    at += range.end - range.start;
                }
            }
        }
        assert_eq!(at, film.length);
        (Sparse { own, length: at }, media)
    }

    fn read(&self, range: &Range<u64>) -> &[u8] {
        let inside = |(at, bytes): &&(u64, Vec<u8>)| *at <= range.start && range.end <= at + bytes.len() as u64;
        let (at, bytes) = self.own.iter().find(inside).unwrap_or_else(|| panic!("{range:?} has media"));
        &bytes[(range.start - at) as usize..(range.end - at) as usize]
    }

    fn scan(&self) -> FileIndex {
        let mut scan = Scan::new(self.length);
        while let Some(range) = scan.poll_read() {
            scan.handle_read(range.start, self.read(&range)).expect("our own film");
        }
        scan.finish().expect("our own film")
    }
}

/// Duration, size, offset, sync, entry and place of a sample; samples of no bytes have no place.
type Row = (u32, u32, i32, bool, u32, u64);

fn expand(tables: &Tables) -> Vec<Row> {
    let mut places = tables
        .chunks
        .iter()
        .flat_map(|chunk| (0..chunk.samples).map(move |number| (chunk.entry, (number == 0).then_some(chunk.offset))));
    let mut at = 0;
    let columns = tables.durations.iter().zip(tables.sizes.iter()).zip(tables.offsets.iter()).zip(tables.syncs.iter());
    let rows = columns.map(|(((duration, size), offset), sync)| {
        let (entry, begin) = places.next().expect("a chunk for every sample");
        let here = begin.unwrap_or(at);
        at = here + u64::from(size);
        (duration, size, offset, sync, entry, if size == 0 { 0 } else { here })
    });
    let rows = rows.collect();
    assert_eq!(places.next(), None);
    rows
}

fn check(index: &FileIndex, film: &Film<'_>, moved: impl Fn(u64) -> u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(index.torn(), None);
    prop_assert_eq!(index.head().timescale, film.timescale);
    prop_assert_eq!(index.head().created, film.created);
    prop_assert_eq!(index.tracks().len(), film.tracks.len());
    for (found, track) in index.tracks().iter().zip(film.tracks) {
        prop_assert_eq!(found.kind, track.kind);
        prop_assert_eq!(&*found.entries, track.entries);
        prop_assert_eq!(found.timescale, track.timescale);
        prop_assert_eq!((found.size, found.matrix), (track.size, track.matrix));
        prop_assert_eq!(found.language, track.language);
        prop_assert_eq!(&*found.edits, track.edits);
        prop_assert_eq!((found.start, found.enabled), (0, true));
        prop_assert_eq!(found.tables.duration, track.tables.duration);
        let place = |row: Row| (row.0, row.1, row.2, row.3, row.4, if row.1 == 0 { 0 } else { moved(row.5) });
        let expected: Vec<Row> = expand(track.tables).into_iter().map(place).collect();
        prop_assert_eq!(expand(&found.tables), expected);
    }
    Ok(())
}

fn entries(kind: TrackKind, count: usize) -> Vec<SampleEntry> {
    let entry = |number: usize| match kind {
        TrackKind::Video => SampleEntry::av01(&[0x81, 8, 0x0c, number as u8], STORED),
        TrackKind::Audio if number == 2 => SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000),
        TrackKind::Audio => SampleEntry::opus(&[], number as u8 + 1),
    };
    (0..count).map(|number| entry(number).expect("an entry")).collect()
}

fn edit() -> impl Strategy<Value = Edit> {
    let duration = prop_oneof![4 => 1..100_000_u64, 1 => 1..1_u64 << 40];
    let start = prop_oneof![4 => 0..100_000_i64, 1 => 0..1_i64 << 40];
    (duration, proptest::option::weighted(0.7, start)).prop_map(|(duration, start)| match start {
        Some(start) => Edit::media(duration, start),
        None => Edit::empty(duration),
    })
}

/// A sample: duration, size, offset, sync; and of a new chunk its entry.
type Drawn = (u32, u32, i32, bool, Option<usize>);

fn samples() -> impl Strategy<Value = Vec<Drawn>> {
    let duration = prop_oneof![4 => Just(1024_u32), 1 => 0..5000_u32];
    let size = prop_oneof![3 => Just(100_u32), 3 => 0..3000_u32, 1 => 0..1_u32 << 24];
    // Larger ones count as damage: ffmpeg and the scan leave such a table aside.
    let offset = prop_oneof![3 => Just(0_i32), 1 => -5000..5000_i32, 1 => -(1 << 27)..(1_i32 << 27)];
    let row = (duration, size, offset, prop::bool::weighted(0.7), proptest::option::weighted(0.2, 0..3_usize));
    prop::collection::vec(row, 0..80)
}

/// Tables of chunks that do not know yet where they lie.
fn tables(samples: &[Drawn], kind: TrackKind, entries: usize, reordered: bool) -> Tables {
    let mut tables = Tables::default();
    for &(duration, size, offset, sync, new) in samples {
        tables.durations.push(1, duration);
        tables.sizes.push(1, size);
        tables.offsets.push(1, if reordered { offset } else { 0 });
        // Pictures without any key frame are read as if the first were one.
        tables.syncs.push(1, sync || kind == TrackKind::Audio || tables.chunks.is_empty());
        tables.duration += u64::from(duration);
        if new.is_some() || tables.chunks.is_empty() {
            let entry = (new.unwrap_or(0) % entries) as u32;
            tables.chunks.push(Chunk { offset: 0, samples: 0, bytes: 0, entry });
        }
        let chunk = tables.chunks.last_mut().expect("pushed");
        chunk.samples += 1;
        chunk.bytes += u64::from(size);
    }
    tables
}

fn track() -> impl Strategy<Value = Track> {
    let timescale = prop_oneof![Just(600_u32), Just(48_000), Just(90_000), 1..=u32::MAX];
    let shape = (any::<bool>(), 1..4_usize, 0..ALL.len(), 0..0x8000_u16, any::<bool>());
    let edits = prop::collection::vec(edit(), 0..4);
    (shape, timescale, edits, samples()).prop_map(
        |((video, count, turn, language, reordered), scale, edits, samples)| {
            let kind = if video { TrackKind::Video } else { TrackKind::Audio };
            let matrix = if video { ALL[turn].matrix(STORED) } else { ALL[0].matrix(Size { width: 0, height: 0 }) };
            let (entries, tables) = (entries(kind, count), tables(&samples, kind, count, reordered));
            let timescale = Timescale::new(scale).expect("not zero");
            Track { kind, entries, matrix, timescale, language, edits, tables }
        },
    )
}

/// Tracks whose chunks lie somewhere in a payload of so many bytes, in any order between tracks.
fn film() -> impl Strategy<Value = (Vec<Track>, u64)> {
    let gap = prop_oneof![8 => Just(0_u64), 3 => 1..500_u64, 1 => 1..1_u64 << 36];
    let places = prop::collection::vec((0..4_usize, gap), 300);
    (prop::collection::vec(track(), 1..4), places).prop_map(|(mut tracks, places)| {
        let (mut next, mut end) = (vec![0; tracks.len()], 0);
        for (pick, gap) in places {
            let open: Vec<usize> = (0..tracks.len()).filter(|at| next[*at] < tracks[*at].tables.chunks.len()).collect();
            let Some(&at) = open.get(pick % open.len().max(1)) else { break };
            let chunk = &mut tracks[at].tables.chunks[next[at]];
            chunk.offset = end + gap;
            end = chunk.end();
            next[at] += 1;
        }
        (tracks, end)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default()
    })]

    #[test]
    fn a_flat_film_is_read_as_it_was_written(
        (tracks, payload) in film(), scale in 1..=u32::MAX, created in prop_oneof![any::<u32>().prop_map(u64::from), any::<u64>()],
    ) {
        let tracks: Vec<FilmTrack<'_>> = tracks.iter().map(Track::of).collect();
        let film = Film { created, ..Film::new(&tracks, Timescale::new(scale).expect("not zero"), payload) };
        let head = flat::head(&film).expect("a film");
        let base = head.len() as u64;
        let index = Sparse::flat(head, payload).scan();
        prop_assert!(index.head().fast_start);
        check(&index, &film, |offset| base + offset)?;
    }

    #[test]
    fn a_fragmented_film_is_read_as_it_was_written(
        (tracks, payload) in film(), scale in 1..=u32::MAX, created in any::<u32>(), sidx in any::<bool>(), mfra in any::<bool>(),
    ) {
        let tracks: Vec<FilmTrack<'_>> = tracks.iter().map(Track::of).collect();
        let film = Film { created: created.into(), ..Film::new(&tracks, Timescale::new(scale).expect("not zero"), payload) };
        let fragments = fragmented(&film, Indexes { sidx, mfra }).expect("a film");
        let (file, media) = Sparse::fragmented(&fragments);
        let index = file.scan();
        prop_assert_eq!(index.fragments(), u64::from(fragments.fragments));
        check(&index, &film, |offset| {
            let (range, at) = media.iter().find(|(range, _)| range.contains(&offset)).expect("media of a sample");
            at + (offset - range.start)
        })?;
    }
}

#[test]
fn what_the_format_cannot_hold_is_refused_before_it_costs_memory() {
    let film = |samples: &[(u32, u32)], payload: u64, chunks: Vec<Chunk>| {
        // Fragments are made sample by sample: not of a quarter of a billion.
        let few = samples.iter().all(|run| run.0 < 1 << 20);
        let mut tables = Tables { chunks, ..Tables::default() };
        for &(count, size) in samples {
            tables.durations.push(count, 1);
            tables.sizes.push(count, size);
            tables.offsets.push(count, 0);
            tables.syncs.push(count, true);
        }
        let track = Track {
            kind: TrackKind::Video,
            entries: entries(TrackKind::Video, 1),
            matrix: ALL[0].matrix(STORED),
            timescale: Timescale::RECORDING,
            language: 0,
            edits: Vec::new(),
            tables,
        };
        let tracks = [track.of()];
        let film = Film::new(&tracks, Timescale::RECORDING, payload);
        let flat = flat::head(&film).map(|_| ());
        (flat, if few { fragmented(&film, Indexes::default()).map(|film| film.fragments) } else { Ok(0) })
    };
    let chunk = |samples, bytes| Chunk { offset: 0, samples, bytes, entry: 0 };
    let too_large = |what, amount| MuxError::TooLarge { what, amount };
    let both = |error: MuxError| (Err(error.clone()), Err(error));
    let chunks = vec![chunk(u32::MAX, 0)];
    assert_eq!(film(&[(u32::MAX, 1)], 0, chunks).0, Err(too_large("samples", u32::MAX.into())));
    assert_eq!(film(&[], 1 << 63, vec![]), both(too_large("bytes of media", 1 << 63)));
    assert_eq!(film(&[(1, 9)], 8, vec![chunk(1, 9)]), both(too_large("bytes of media", 9)));
    let tables = MuxError::Tables { track: TrackKind::Video };
    assert_eq!(film(&[(2, 9)], 18, vec![chunk(1, 18)]), both(tables.clone()));
    assert_eq!(film(&[(1, 9)], 9, vec![Chunk { entry: 1, ..chunk(1, 9) }]), both(tables));
    // A gigabyte of sizes.
    let many = 1 << 28;
    let chunks = vec![chunk(many, u64::from(many) + 1)];
    let (flat, _) = film(&[(many - 1, 1), (1, 2)], 1 << 40, chunks);
    assert!(matches!(flat, Err(MuxError::TooLarge { what: "bytes of metadata", .. })), "{flat:?}");
    // Two samples of 4 GiB: the second begins in a fragment of its own.
    let bytes = 2 * u64::from(u32::MAX);
    assert_eq!(film(&[(2, u32::MAX)], bytes, vec![chunk(2, bytes)]), (Ok(()), Ok(2)));
}

#[test]
fn a_recording_of_any_kind_is_written_fragment_by_fragment() {
    use onetake_core::mux::fragmented::init_segment;
    use onetake_core::mux::moof::{self, Defaults, Piece, Sample, Traf};
    let none = Tables::default();
    let entries = entries(TrackKind::Video, 2);
    let timescale = Timescale::new(90_000).expect("not zero");
    let track = FilmTrack {
        kind: TrackKind::Video,
        entries: &entries,
        size: Some(STORED),
        matrix: ALL[1].matrix(STORED),
        timescale,
        language: flat::UNDETERMINED,
        edits: &[Edit::media(0, 3000)],
        tables: &none,
    };
    let tracks = [track];
    let mut bytes = init_segment(&Film::new(&tracks, timescale, 0)).expect("a head");
    let mut own = Vec::new();
    let mut at = 0;
    for (sequence, entry) in [(1, 0), (2, 1)] {
        let samples = [(3000, true), (6000, false), (-3000, false)];
        let samples = samples.map(|(offset, sync)| Sample { duration: 3000, size: 50, offset, sync });
        let time = u64::from(sequence - 1) * 9000;
        let pieces = vec![Piece { samples: 1, offset: 100 }, Piece { samples: 2, offset: 0 }];
        let defaults = Defaults::of(TrackKind::Video);
        let traf = Traf { id: 1, entry, time, defaults, samples: samples.to_vec(), pieces };
        moof::write(&mut bytes, sequence, &[traf], 150).expect("a fragment");
        let length = bytes.len() as u64;
        own.push((at, std::mem::take(&mut bytes)));
        at += length + 150;
    }
    let starts: Vec<u64> = own.iter().map(|(at, bytes)| at + bytes.len() as u64).collect();
    let index = Sparse { own, length: at }.scan();
    let [found] = index.tracks() else { panic!("one track") };
    assert_eq!((found.timescale, &*found.entries, &*found.edits), (timescale, &*entries, track.edits));
    let place = |start: u64, entry: u32| {
        [(3000, true, 100), (6000, false, 0), (-3000, false, 50)]
            .map(|(offset, sync, at)| (3000, 50, offset, sync, entry, start + at))
    };
    assert_eq!(expand(&found.tables), [place(starts[0], 0), place(starts[1], 1)].concat());
}
