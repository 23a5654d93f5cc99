//! What recorders write that is not as it should be: files without fragments, fragments that end in the middle or hold nothing,
//! and some that state far more than is there. What is whole is kept, and nothing costs much more than its bytes.

use onetake_core::codec::SampleEntry;
use onetake_core::isobmff::tables::{Chunk, Tables};
use onetake_core::media::TrackKind;
use onetake_core::mux::flat::{self, Film, FilmTrack, UNDETERMINED};
use onetake_core::record::ImportError;
use onetake_core::time::{Ticks, Timescale};
use onetake_tests::film;

use super::encoders::{SIZE, description};
use super::imports::{Rig, Shot, boxed};
use super::memory::peak;

/// A film of so many pictures of so many bytes, whose index comes last.
fn flat(pictures: u32, size: u32) -> Vec<u8> {
    let mut tables = Tables::default();
    tables.durations.push(pictures, 1_600);
    tables.sizes.push(pictures, size);
    tables.offsets.push(pictures, 0);
    tables.syncs.push(1, true);
    tables.syncs.push(pictures - 1, false);
    let bytes = u64::from(pictures) * u64::from(size);
    tables.duration = u64::from(pictures) * 1_600;
    tables.chunks.push(Chunk { offset: 0, samples: pictures, bytes, entry: 0 });
    let entries = [SampleEntry::avc1(&description(), SIZE).expect("a record")];
    let track = FilmTrack {
        kind: TrackKind::Video,
        entries: &entries,
        size: None,
        matrix: [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000],
        timescale: Timescale::RECORDING,
        language: UNDETERMINED,
        edits: &[],
        tables: &tables,
    };
    let head = flat::head(&Film::new(&[track], Timescale::RECORDING, bytes)).expect("a head");
    let moov = film::boxes(&head, 0..head.len())[1].range.clone();
    let mut index = head[moov.clone()].to_vec();
    let offset = film::find(&index, 8..index.len(), "trak/mdia/minf/stbl/stco").expect("offsets").start + 8;
    let place = u32::from_be_bytes(index[offset..offset + 4].try_into().expect("four")) - index.len() as u32;
    index[offset..offset + 4].copy_from_slice(&place.to_be_bytes());
    let mut file = [&head[..moov.start], &head[moov.end..]].concat();
    file.resize(file.len() + bytes as usize, 7);
    file.extend(index);
    file
}

#[test]
fn a_recorder_without_fragments_is_stopped_at_the_bound_and_loses_nothing() {
    let mut rig = Rig::default();
    let flat = flat(40, 2 << 20);
    rig.open();
    let mut told = 0;
    for piece in flat.chunks(8 << 20) {
        if let Err(error) = rig.importer.handle_bytes(piece) {
            assert!(matches!(error, ImportError::Overflow { .. }), "{error}");
            told += 1;
        }
        rig.drain();
    }
    assert_eq!(told, 1, "it is stopped once, and writes its end then");
    rig.importer.handle_end().expect("a whole file");
    rig.drain();
    let [segment] = rig.segments().try_into().expect("one segment");
    assert_eq!((segment.frames, segment.duration), (40, Ticks(40 * 1_600)));
}

#[test]
fn a_recorder_without_fragments_costs_little_more_than_its_file_and_the_segment() {
    let flat = flat(24, 1 << 20);
    let pieces: Vec<&[u8]> = flat.chunks(3 << 20).collect();
    let mut rig = Rig::default();
    rig.open();
    let held = peak(|| {
        for piece in pieces {
            rig.importer.handle_bytes(piece).expect("less than the bound");
        }
        rig.importer.handle_end().expect("a whole file");
        while rig.importer.poll_output().is_some() {}
    });
    assert!(held < flat.len() * 5 / 2, "{held} bytes at once for {}", flat.len());
    assert_eq!(rig.importer.stats().encoded, 24);
}

#[test]
fn a_last_fragment_that_is_empty_or_torn_stands_against_nothing() {
    let file = Shot::of(90, 50).file();
    let full = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let traf = boxed(*b"traf", &boxed(*b"tfhd", &full(&[0x2_0000, 1])));
    let empty = boxed(*b"moof", &[boxed(*b"mfhd", &full(&[0, 4])), traf].concat());
    for last in [empty.clone(), [empty.clone(), boxed(*b"mdat", &[])].concat(), [empty.clone(), empty].concat()] {
        let mut rig = Rig::default();
        rig.take(&[&file[..], &[last]].concat()).expect("nothing is missing");
        assert_eq!(rig.segments()[0].frames, 90);
    }
    let (whole, last) = file.split_at(3);
    let moof = film::find(&last[0], 0..last[0].len(), "moof").expect("first of all").end;
    for end in [4, 20, moof - 1, moof, moof + 4, moof + 8, last[0].len() - 1] {
        let mut rig = Rig::default();
        rig.take(&[whole, &[last[0][..end].to_vec()]].concat()).expect("a recorder that was killed");
        assert_eq!(rig.segments()[0].frames, 60, "{end} bytes of the last fragment");
    }
}

#[test]
fn a_box_that_claims_the_fragments_behind_it_is_told_when_they_come_and_costs_nothing_before_it() {
    let mut file = Shot::of(150, 80).file();
    let claimed = |size: u32, kind: &[u8; 4]| [&size.to_be_bytes()[..], kind].concat();
    let moof = film::find(&file[3], 0..file[3].len(), "moof").expect("first of all");
    let grown = |at: usize| {
        let mut fragment = file[3].clone();
        fragment[at..at + 4].copy_from_slice(&0x0fff_ffff_u32.to_be_bytes());
        fragment
    };
    let huge = [claimed(1, b"free"), (1_u64 << 40).to_be_bytes().to_vec(), file[3].clone()].concat();
    let spoilt = [
        (grown(0), "its moof"),
        (grown(moof.end), "its mdat"),
        ([claimed(0x7fff_ffff, b"free"), file[3].clone()].concat(), "one of another kind"),
        (huge, "one of 64 bits"),
        ([claimed(4, b"free"), file[3].clone()].concat(), "one that is shorter than its header"),
    ];
    for (fragment, which) in spoilt {
        file[3] = fragment;
        for size in [1, 500, file.concat().len()] {
            let mut rig = Rig::default();
            rig.open();
            let mut told = None;
            for (place, piece) in file.concat().chunks(size).enumerate() {
                if let Err(error) = rig.importer.handle_bytes(piece) {
                    told.get_or_insert((place * size, error));
                }
                rig.drain();
            }
            let (at, error) = told.unwrap_or_else(|| panic!("{which}, {size}: nobody heard of it"));
            assert!(matches!(error, ImportError::Unsupported(_)), "{which}: {error}");
            let behind = file[..5].concat().len();
            assert!(at <= behind.max(size), "{which}, {size}: told at {at}, not with the next fragment at {behind}");
            rig.importer.handle_end().expect("it was told");
            rig.drain();
            assert_eq!(rig.segments()[0].frames, 60, "{which}, {size}");
        }
    }
}

#[test]
fn samples_that_are_stated_by_their_number_alone_are_refused_and_cost_nothing() {
    const COUNT: u32 = 1 << 20;
    let full = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    // A byte each, all alike: nothing of them is written down but how many there are.
    let tfhd = boxed(*b"tfhd", &full(&[0x2_0038, 1, 1, 1, 0]));
    let moof = |offset: u32| {
        let trun = boxed(*b"trun", &full(&[1, COUNT, offset]));
        let traf = boxed(*b"traf", &[&tfhd[..], &boxed(*b"tfdt", &full(&[0, 90_000])), &trun].concat());
        boxed(*b"moof", &[boxed(*b"mfhd", &full(&[0, 4])), traf].concat())
    };
    let length = u32::try_from(moof(0).len()).expect("small");
    let last = [moof(length + 8), boxed(*b"mdat", &vec![7; COUNT as usize])].concat();
    let file = [Shot::of(90, 50).file(), vec![last]].concat();
    let mut rig = Rig::default();
    let mut taken = Ok(());
    let held = peak(|| taken = rig.take(&file));
    assert!(matches!(taken, Err(ImportError::Unsupported(_))), "{taken:?}");
    assert!(held < 3 * COUNT as usize, "{held} bytes at once");
    assert_eq!(rig.segments()[0].frames, 90);
}
