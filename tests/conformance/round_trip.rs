//! What is written is what is read: random samples through the fragment writer, the scan, the layout, and a plain reader.

use onetake_core::codec::SampleEntry;
use onetake_core::demux::{FileIndex, describe};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::{Run, RunSample, TrackConfig, fragment};
use onetake_core::orientation::{ALL, Orientation};
use onetake_core::time::Ticks;
use onetake_tests::film;
use onetake_tests::recording::{Disk, Packet, Track, record, scan};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

pub(crate) fn video_config(orientation: Orientation) -> TrackConfig {
    let size = Size { width: 640, height: 360 };
    let entry = SampleEntry::av01(&[0x81, 8, 0x0c, 0], size).expect("an entry");
    TrackConfig { kind: TrackKind::Video, entry, size: Some(size), orientation }
}

pub(crate) fn audio_config(aac: bool) -> TrackConfig {
    let entry = if aac { SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000) } else { SampleEntry::opus(&[], 2) };
    TrackConfig {
        kind: TrackKind::Audio,
        entry: entry.expect("an entry"),
        size: None,
        orientation: Orientation::UPRIGHT,
    }
}

/// Packets of these (duration, length, sync) from time 0, their bytes counting from `seed`.
pub(crate) fn packets(rows: &[(u32, usize, bool)], seed: u8) -> Vec<Packet> {
    let mut time = 0;
    let mut byte = seed;
    rows.iter()
        .enumerate()
        .map(|(index, &(duration, length, sync))| {
            let data = (0..length).map(|_| {
                byte = byte.wrapping_mul(5).wrapping_add(17);
                byte
            });
            let packet = Packet { time, duration, sync: sync || index == 0, data: data.collect() };
            time += u64::from(duration);
            packet
        })
        .collect()
}

fn video_rows() -> impl Strategy<Value = Vec<(u32, usize, bool)>> {
    prop::collection::vec((1..5000_u32, 0..200_usize, prop::bool::weighted(0.2)), 1..40)
}

fn segment() -> impl Strategy<Value = (Vec<Track>, u64)> {
    (video_rows(), prop::collection::vec(0..60_usize, 1..60), any::<u8>(), 900..20_000_u64).prop_map(
        |(video, audio, seed, every)| {
            let audio: Vec<_> = audio.into_iter().map(|length| (960, length, true)).collect();
            let tracks = vec![
                Track { config: video_config(Orientation::UPRIGHT), packets: packets(&video, seed) },
                Track { config: audio_config(false), packets: packets(&audio, seed ^ 0x55) },
            ];
            (tracks, every)
        },
    )
}

/// What an index says of a track, expanded.
fn expand(file: &[u8], index: &FileIndex, kind: TrackKind) -> Vec<Packet> {
    let tables = &index.track(kind).expect("the track").tables;
    let mut offsets = tables.chunks.iter().flat_map(|chunk| {
        let mut next = chunk.offset as usize;
        std::iter::repeat_with(move || std::mem::replace(&mut next, 0)).take(chunk.samples as usize)
    });
    let (mut time, mut at) = (0, 0);
    let rows = tables.durations.iter().zip(tables.sizes.iter()).zip(tables.syncs.iter());
    rows.map(|((duration, size), sync)| {
        // The first sample of a chunk says where it lies, the others follow.
        at = match offsets.next().expect("a chunk for every sample") {
            0 => at,
            offset => offset,
        };
        let data = file[at..at + size as usize].to_vec();
        let packet = Packet { time, duration, sync, data };
        at += size as usize;
        time += u64::from(duration);
        packet
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default()
    })]

    #[test]
    fn a_scan_finds_every_sample_that_was_written((tracks, every) in segment()) {
        let file = record(&tracks, every);
        let (index, reads) = scan(&file).expect("our own file");
        prop_assert_eq!(index.torn(), None);
        prop_assert_eq!(index.whole_length(), file.len() as u64);
        for track in &tracks {
            let found = index.track(track.config.kind).expect("the track");
            prop_assert_eq!(found.entry(), &track.config.entry);
            prop_assert_eq!(&expand(&file, &index, track.config.kind), &track.packets);
        }
        for payload in film::payloads(&file) {
            prop_assert!(reads.iter().all(|read| read.end <= payload.start || payload.end <= read.start));
        }
    }

    #[test]
    fn a_film_has_every_sample_of_its_segments(
        segments in prop::collection::vec(segment(), 1..4), order in prop::collection::vec(0..3_usize, 1..5),
    ) {
        let order: Vec<u32> = order.into_iter().map(|pick| (pick % segments.len()) as u32).collect();
        let mut disk = Disk::new(segments.iter().map(|(tracks, every)| record(tracks, *every)));
        let layout = disk.export(&order).expect("segments of one configuration");
        let bytes = disk.compose(&layout);
        prop_assert_eq!(disk.media_bytes_read(), 0);
        prop_assert_eq!(layout.report.bytes, bytes.len() as u64);
        prop_assert_eq!(layout.report.skew, Ticks(0));
        prop_assert_eq!(film::order(&bytes), ["ftyp", "moov", "mdat"]);
        let read = film::tracks(&bytes);
        for (place, track) in read.iter().enumerate() {
            let mut expected = Vec::new();
            for source in &order {
                let tracks = &segments[*source as usize].0;
                expected.extend(if place == 0 { ended(&tracks[0], &tracks[1]) } else { tracks[1].packets.clone() });
            }
            let data = |sample: &film::Sample| (sample.duration, sample.sync, bytes[sample.range.clone()].to_vec());
            let wanted = |packet: &Packet| (packet.duration, packet.sync, packet.data.clone());
            prop_assert_eq!(
                track.samples.iter().map(data).collect::<Vec<_>>(),
                expected.iter().map(wanted).collect::<Vec<_>>()
            );
            prop_assert_eq!(track.durations, [film::movie_duration(&bytes); 3]);
        }
    }
}

/// The video of a segment that ends with its audio: the rule of recovery, spelled out once more.
fn ended(video: &Track, audio: &Track) -> Vec<Packet> {
    let end = audio.packets.last().map_or(0, |last| last.time + u64::from(last.duration));
    let whole = |packet: &&Packet| packet.time + u64::from(packet.duration) <= end + 1 || packet.time == 0;
    let mut kept: Vec<Packet> = video.packets.iter().filter(whole).cloned().collect();
    if let Some(last) = kept.last_mut() {
        last.duration = (end - last.time) as u32;
    }
    kept
}

#[test]
fn a_torn_tail_ends_with_the_last_whole_fragment() {
    let rows = [(1600, 90, false); 20];
    let tracks = [
        Track { config: video_config(Orientation::UPRIGHT), packets: packets(&rows, 1) },
        Track { config: audio_config(false), packets: packets(&[(960, 30, true); 33], 2) },
    ];
    let file = record(&tracks, 9600);
    let boxes = film::boxes(&file, 0..file.len());
    let ends: Vec<usize> = boxes.iter().filter(|one| one.kind == "mdat").map(|one| one.range.end).collect();
    let init = boxes.iter().find(|one| one.kind == "moov").map(|one| one.range.end).expect("a moov");
    assert!(ends.len() >= 3, "{ends:?}");
    for length in 0..=file.len() {
        let cut = scan(&file[..length]);
        if length < init {
            assert!(cut.is_err(), "{length} bytes have no moov");
            continue;
        }
        let (index, _) = cut.expect("a whole moov");
        let whole = ends.iter().filter(|end| **end <= length).count();
        assert_eq!(index.fragments(), whole as u64, "{length} bytes");
        let wanted = if whole == 0 { init } else { ends[whole - 1] };
        assert_eq!(index.whole_length(), wanted as u64, "{length} bytes");
        assert_eq!(index.torn().is_some(), length != wanted, "{length} bytes: {:?}", index.torn());
    }
    // What a file system may leave after a crash: zeros.
    let mut zeros = file[..ends[1]].to_vec();
    zeros.resize(file.len(), 0);
    let (index, _) = scan(&zeros).expect("a whole moov");
    assert_eq!((index.fragments(), index.whole_length()), (2, ends[1] as u64));
}

#[test]
fn every_orientation_reaches_the_film() {
    for orientation in ALL {
        let tracks = [Track { config: video_config(orientation), packets: packets(&[(1600, 9, true); 3], 3) }];
        let mut disk = Disk::new([record(&tracks, 48_000)]);
        let layout = disk.export(&[0]).expect("a film");
        let film = disk.compose(&layout);
        let tkhd = film::find(&film, 0..film.len(), "moov/trak/tkhd").expect("tkhd");
        let word = |index: usize| {
            // After the times of version 0.
            let at = tkhd.start + 40 + 4 * index;
            i32::from_be_bytes(film[at..at + 4].try_into().expect("four bytes"))
        };
        let stored = Size { width: 640, height: 360 };
        assert_eq!(std::array::from_fn(word), orientation.matrix(stored), "{orientation:?}");
        assert_eq!(layout.report.size, orientation.upright(stored));
        assert_eq!((word(9), word(10)), (640 << 16, 360 << 16));
        // Whoever opens the recording or the film is told the same, a mirror and its sense included.
        for file in [&disk.files[&0], &film] {
            let (index, _) = scan(file).expect("a file of ours");
            let told = describe(&index);
            assert_eq!(index.tracks()[0].orientation, orientation);
            assert_eq!((told.rotation, told.mirrored), (orientation.degrees(), orientation.mirrored()));
            assert_eq!(told.size, Some(orientation.upright(stored)));
        }
    }
}

#[test]
fn aac_films_say_that_every_packet_needs_the_one_before() {
    let tracks = |aac| {
        [
            Track { config: video_config(Orientation::UPRIGHT), packets: packets(&[(1024, 9, true); 3], 3) },
            Track { config: audio_config(aac), packets: packets(&[(1024, 5, true); 3], 4) },
        ]
    };
    let table = |aac, kind: &str| {
        let mut disk = Disk::new([record(&tracks(aac), 48_000)]);
        let layout = disk.export(&[0, 0]).expect("a film");
        let film = disk.compose(&layout);
        let moov = film::find(&film, 0..film.len(), "moov").expect("moov");
        let sound = film::boxes(&film, moov).into_iter().filter(|one| one.kind == "trak").nth(1).expect("sound");
        film::find(&film, sound.body, &format!("mdia/minf/stbl/{kind}")).map(|body| film[body].to_vec())
    };
    // Version 1, type roll, entries of two bytes, one entry: -1. All six samples belong to it.
    assert_eq!(table(true, "sgpd"), Some(b"\x01\0\0\0roll\0\0\0\x02\0\0\0\x01\xff\xff".to_vec()));
    assert_eq!(table(true, "sbgp"), Some(b"\0\0\0\0roll\0\0\0\x01\0\0\0\x06\0\0\0\x01".to_vec()));
    assert_eq!((table(false, "sgpd"), table(false, "sbgp")), (None, None));
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let tracks = [Track { config: video_config(Orientation::UPRIGHT), packets: packets(&[(1600, 80, false); 30], 9) }];
    let film = || {
        let mut disk = Disk::new([record(&tracks, 48_000)]);
        let layout = disk.export(&[0, 0]).expect("a film");
        disk.compose(&layout)
    };
    assert_eq!(film(), film());
}

#[test]
fn a_run_that_contradicts_itself_is_refused() {
    use onetake_core::mux::MuxError;
    let configs = [video_config(Orientation::UPRIGHT)];
    let samples = [RunSample { duration: 1, size: 4, sync: true }];
    let run =
        |track, time, data| fragment(1, &configs, &[Run { track, decode_time: Ticks(time), samples: &samples, data }]);
    assert!(run(TrackKind::Video, 0, &[1, 2, 3, 4]).is_ok());
    let size = MuxError::Size { track: TrackKind::Video, stated: 4, present: 3 };
    assert_eq!(run(TrackKind::Video, 0, &[1, 2, 3]), Err(size));
    let time = MuxError::Time { track: TrackKind::Video, time: Ticks(-1) };
    assert_eq!(run(TrackKind::Video, -1, &[1, 2, 3, 4]), Err(time));
    assert_eq!(run(TrackKind::Audio, 0, &[1, 2, 3, 4]), Err(MuxError::Track { track: TrackKind::Audio }));
}

#[test]
fn a_job_takes_only_the_bytes_it_asked_for() {
    use onetake_core::demux::DemuxError;
    use onetake_core::export::{ExportError, ExportJob, Recipe, film as film_of};
    let tracks = [Track { config: video_config(Orientation::UPRIGHT), packets: packets(&[(1600, 80, false); 3], 9) }];
    let file = record(&tracks, 48_000);
    let length = file.len() as u64;
    let mut job = ExportJob::new(vec![length, length]);
    let (source, range) = job.poll_read().expect("a read");
    assert_eq!((source, job.progress()), (0, 0.0));
    assert_eq!(job.handle_read(8, 0, &[]), Err(ExportError::WrongSource { wanted: Some(0), got: 8 }));
    let got = range.start..range.end - 1;
    let error = DemuxError::WrongRead { wanted: range.clone(), got: got.clone() };
    let short = &file[..got.end as usize];
    assert_eq!(job.handle_read(0, 0, short), Err(ExportError::File { source: 0, error }));
    assert_eq!(job.poll_read(), Some((0, range)));
    assert_eq!(job.clone().finish(), Err(ExportError::Unfinished { source: 0 }));
    // Several sources side by side, the later one first.
    for source in [1, 0] {
        while let Some(range) = job.poll_read_of(source) {
            let bytes = &file[range.start as usize..range.end as usize];
            job.handle_read(source, range.start, bytes).expect("a recording");
        }
    }
    assert_eq!((job.poll_read(), job.progress()), (None, 1.0));
    assert_eq!(job.handle_read(1, 0, &[]), Err(ExportError::WrongSource { wanted: None, got: 1 }));
    assert_eq!(job.finish().map(|indexes| indexes.len()), Ok(2));
    assert_eq!(film_of(&[], &Recipe::default()), Err(ExportError::Empty { source: None }));
    assert!(matches!(ExportJob::new(vec![5]).finish(), Err(ExportError::File { source: 0, .. })));
    let init = onetake_core::mux::init_segment(&[video_config(Orientation::UPRIGHT)]);
    assert_eq!(Disk::new([init]).export(&[0]), Err(ExportError::Empty { source: Some(0) }));
}

#[test]
fn failures_have_stable_codes() {
    use onetake_core::error::Failure;
    use onetake_core::export::ExportError;
    let code =
        |result: Result<onetake_core::export::Layout, ExportError>| Failure::from(result.expect_err("refused")).code;
    assert_eq!(code(Disk::new([b"no film at all, only text".to_vec()]).export(&[0])), "file_unsupported");
    let orientation = |turns| {
        let config = video_config(Orientation::new(turns, false));
        record(&[Track { config, packets: packets(&[(1600, 80, true); 3], 9) }], 48_000)
    };
    let mut disk = Disk::new([orientation(0), orientation(1)]);
    assert_eq!(code(disk.export(&[0, 1])), "join_needs_encoding");
    assert_eq!(code(disk.export(&[])), "film_empty");
    let packed = b"\0\0\0\x10moov\0\0\0\x08cmov".to_vec();
    assert_eq!(code(Disk::new([packed]).export(&[0])), "file_unsupported");
}

#[test]
fn a_late_recording_is_finished_with_nothing_before_it() {
    use onetake_core::export::hybrid::finish;
    use onetake_core::isobmff::edits::Edit;
    let config = video_config(Orientation::UPRIGHT);
    let mut file = onetake_core::mux::init_segment(std::slice::from_ref(&config));
    let samples = [RunSample { duration: 1600, size: 4, sync: true }];
    for (sequence, time) in [(1, 4800), (2, 6400)] {
        let run = Run { track: TrackKind::Video, decode_time: Ticks(time), samples: &samples, data: &[1, 2, 3, 4] };
        file.extend(fragment(sequence, std::slice::from_ref(&config), &[run]).expect("a fragment"));
    }
    let (recording, _) = scan(&file).expect("a recording");
    let finished = finish(&recording, 0).expect("a film");
    let film = [&finished.head, &file[finished.span.start as usize..finished.span.end as usize]].concat();
    let (index, _) = scan(&film).expect("a film");
    let [track] = index.tracks() else { panic!("one track") };
    assert_eq!(track.edits, [Edit::empty(4800), Edit::media(3200, 0)]);
    assert_eq!((track.start, track.tables.duration, track.tables.samples()), (0, 3200, 2));
    // Finished once more it stays as it is.
    let again = finish(&index, 0).expect("a film");
    let film = [&again.head, &film[again.span.start as usize..again.span.end as usize]].concat();
    assert_eq!(scan(&film).expect("a film").0.tracks(), index.tracks());
}
