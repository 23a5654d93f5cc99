//! Damaged files: clips made by ffmpeg, cut and overwritten on purpose, then repaired. What is saved must decode without a
//! word, what is lost must be counted, and what cannot be saved must be refused by name.

use onetake_core::demux::FileIndex;
use onetake_core::error::Failure;
use onetake_core::export::{Recipe, film};
use onetake_core::isobmff::tables::Tables;
use onetake_core::media::TrackKind;
use onetake_core::repair::{How, Lost, Repair, RepairError, Repaired};
use onetake_core::time::Ticks;
use onetake_tests::ffmpeg::{self, Scratch};
use onetake_tests::film as plain;
use onetake_tests::hostile::stream;
use onetake_tests::recording::Disk;

/// Repairs a file in memory. No read takes more than a mebibyte of media.
fn repair(file: &[u8]) -> Result<Repaired, RepairError> {
    let mut repair = Repair::new(file.len() as u64);
    while let Some(range) = repair.poll_read() {
        repair.handle_read(range.start, &file[range.start as usize..range.end as usize])?;
    }
    repair.finish()
}

/// The film that is exported of what was saved.
fn compose(file: &[u8], index: &FileIndex) -> Vec<u8> {
    let layout = film(std::slice::from_ref(index), &Recipe::join([0])).expect("a film");
    let disk = Disk::new([file.to_vec()]);
    disk.compose(&layout)
}

/// What ffmpeg decodes of the repaired file, silently: hashes of the pictures, samples of sound.
fn decode(scratch: &Scratch, file: &[u8], repaired: &Repaired) -> (Vec<String>, u64) {
    let path = scratch.write("repaired.mp4", &compose(file, &repaired.index));
    let has = |kind| repaired.index.track(kind).is_some_and(|track| track.tables.samples() > 0);
    let pictures = if has(TrackKind::Video) { ffmpeg::frame_hashes(&path, "v") } else { Vec::new() };
    let sound = if has(TrackKind::Audio) { ffmpeg::sound_samples(&path) } else { 0 };
    (pictures, sound)
}

/// Hashes of the pictures of a file as it is.
fn pictures(scratch: &Scratch, file: &[u8]) -> Vec<String> {
    ffmpeg::frame_hashes(&scratch.write("whole.mp4", file), "v")
}

/// Where the first box of this type lies.
fn place(file: &[u8], kind: &str) -> std::ops::Range<usize> {
    plain::boxes(file, 0..file.len()).into_iter().find(|one| one.kind == kind).expect("the box").range
}

/// Options for parameter sets within the media.
const IN_BAND: &str = "-c:a aac -b:a 64k -bsf:v dump_extra=freq=keyframe";

/// A file whose `moov` at the end is gone, with these options for ffmpeg.
fn headless(scratch: &Scratch, options: &str) -> (Vec<u8>, Vec<u8>) {
    let whole = ffmpeg::clip(scratch, "clip.mp4", 2, options);
    let moov = place(&whole, "moov");
    (whole[..moov.start].to_vec(), whole)
}

#[test]
fn pictures_without_a_moov_are_found_between_unknown_sound() {
    let scratch = Scratch::new();
    for options in [
        IN_BAND.to_owned(),
        format!("{IN_BAND} -bf 2"),
        format!("{IN_BAND} -bf 3 -x264-params slices=3:aud=1:b-pyramid=normal"),
        format!("{IN_BAND} -c:a pcm_s16le -f mov"),
        format!("{IN_BAND} -c:a libopus"),
        // More than is read at once.
        format!("{IN_BAND} -qp 4 -bf 1 -tag:v avc3"),
        format!("{IN_BAND} -x264-params tff=1:bff=0 -flags +ilme+ildct"),
    ] {
        let (file, whole) = headless(&scratch, &options);
        let hashes = pictures(&scratch, &whole);
        assert_eq!(hashes.len(), 60);
        let repaired = repair(&file).unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!(repaired.how, How::Rebuilt { rate_assumed: false }, "{options}");
        let (found, _) = decode(&scratch, &file, &repaired);
        assert!(found == hashes, "{options}: {} of {} pictures", found.len(), hashes.len());
        let video = repaired.index.track(TrackKind::Video).expect("video");
        assert_eq!(video.duration(), Ticks(96_000), "{options}");
        let used: u64 = video.tables.chunks.iter().map(|chunk| chunk.bytes).sum();
        let payload = place(&file, "mdat").len() as u64 - 8;
        assert_eq!(repaired.lost, Lost { bytes: payload - used, ..Lost::default() });
    }
}

#[test]
fn pictures_are_told_from_noise() {
    let scratch = Scratch::new();
    let path = scratch.path("noise.mov");
    // Every byte between the pictures is random; a guess that is right once in a million bytes would lose some.
    let words = "-v error -nostdin -y -f lavfi -i testsrc2=size=160x120:rate=30:duration=20 \
                 -f lavfi -i anoisesrc=r=48000:d=20:a=1:seed=1 -c:v libx264 -preset ultrafast -g 60 -bf 2 -threads 1 \
                 -bsf:v dump_extra=freq=keyframe -c:a pcm_s16le -ac 2 FILE";
    ffmpeg::run("ffmpeg", words, &path);
    let file = std::fs::read(&path).expect("a clip");
    let whole = repair(&file).expect("a whole film").index;
    let found = repair(&file[..place(&file, "moov").start]).expect("pictures").index;
    let [whole, found] = [&whole, &found].map(|index| &index.track(TrackKind::Video).expect("video").tables);
    assert_eq!((whole.samples(), found.samples()), (600, 600));
    assert_eq!((&whole.sizes, &whole.syncs), (&found.sizes, &found.syncs));
    let places = |tables: &Tables| tables.chunks.iter().map(|chunk| chunk.offset).collect::<Vec<_>>();
    assert_eq!(places(whole), places(found));
}

#[test]
fn a_long_stream_is_read_in_windows() {
    let pictures = 60_000;
    let file = stream(pictures);
    assert!(file.len() > 2 << 20);
    let repaired = repair(&file).expect("pictures");
    assert_eq!(repaired.how, How::Rebuilt { rate_assumed: true });
    let tables = &repaired.index.tracks()[0].tables;
    assert_eq!((tables.samples(), tables.syncs.runs().len()), (pictures.into(), 2 * pictures as usize / 6));
    assert_eq!(repaired.lost.bytes, u64::from(pictures) / 2 * 24);
}

#[test]
fn pictures_after_a_hole_go_on_at_the_next_key_frame() {
    let scratch = Scratch::new();
    let (file, whole) = headless(&scratch, IN_BAND);
    let hashes = pictures(&scratch, &whole);
    let all = repair(&file).expect("pictures").index;
    let tables = &all.track(TrackKind::Video).expect("video").tables;
    let spots: Vec<(u64, u32)> = {
        let mut at = 0;
        let mut sizes = tables.sizes.iter();
        let chunks = tables.chunks.iter().flat_map(|chunk| {
            at = chunk.offset;
            let here: Vec<_> = sizes.by_ref().take(chunk.samples as usize).collect();
            here.into_iter()
                .map(move |size| {
                    let spot = (at, size);
                    at += u64::from(size);
                    spot
                })
                .collect::<Vec<_>>()
        });
        chunks.collect()
    };
    assert_eq!(spots.len(), 60);
    for hole in [1, 7, 29, 31, 59] {
        let mut damaged = file.clone();
        let (at, size) = spots[hole];
        damaged[at as usize..at as usize + size as usize].fill(0xa5);
        let repaired = repair(&damaged).unwrap_or_else(|error| panic!("hole {hole}: {error}"));
        let (found, _) = decode(&scratch, &damaged, &repaired);
        // Key frames are 0 and 30: what refers to the lost picture goes with it.
        let expected: Vec<_> =
            if hole < 30 { [&hashes[..hole], &hashes[30..]].concat() } else { hashes[..hole].to_vec() };
        assert!(found == expected, "hole {hole}: {} pictures, wanted {}", found.len(), expected.len());
        assert!(repaired.lost.bytes > u64::from(size));
    }
    // Cut anywhere: every picture that is whole is there.
    for cut in [9, 30, 44, 60] {
        let (at, size) = spots[cut - 1];
        let end = at as usize + size as usize;
        for (length, whole) in [(end, cut), (end - 1, cut - 1), (end - size as usize / 2, cut - 1)] {
            let repaired = repair(&file[..length]).unwrap_or_else(|error| panic!("{length} bytes: {error}"));
            let (found, _) = decode(&scratch, &file[..length], &repaired);
            assert!(found == hashes[..whole], "{length} bytes: {} pictures, wanted {whole}", found.len());
        }
    }
}

const FRAGMENTED: &str = "-c:a aac -movflags frag_keyframe+empty_moov+default_base_moof";

#[test]
fn a_torn_recording_is_cut_at_its_last_whole_fragment() {
    let scratch = Scratch::new();
    let file = ffmpeg::clip(&scratch, "clip.mp4", 4, FRAGMENTED);
    let hashes = pictures(&scratch, &file);
    let moofs: Vec<_> = plain::boxes(&file, 0..file.len()).into_iter().filter(|one| one.kind == "moof").collect();
    let mdats: Vec<_> = plain::boxes(&file, 0..file.len()).into_iter().filter(|one| one.kind == "mdat").collect();
    assert_eq!(moofs.len(), 4);
    let (third, media) = (&moofs[2].range, &mdats[2].range);
    for length in [third.start + 3, third.start + 60, third.end, media.start + 9, media.end - 1] {
        let torn = &file[..length];
        let repaired = repair(torn).unwrap_or_else(|error| panic!("{length} bytes: {error}"));
        assert_eq!(repaired.how, How::Cut, "{length} bytes");
        assert_eq!(repaired.lost.bytes, (length - third.start) as u64, "{length} bytes");
        // Where the tables of the cut fragment are whole, they tell how long it was.
        let known = if length > media.start + 8 { 45_000..50_000 } else { 0..1 };
        assert!(known.contains(&repaired.lost.duration.0), "{length} bytes: {:?}", repaired.lost.duration);
        assert!(decode(&scratch, torn, &repaired).0 == hashes[..60], "{length} bytes");
    }
    let whole = repair(&file).expect("a whole file");
    assert_eq!((whole.how, &whole.lost), (How::Intact, &Lost::default()));
    // Where not even the first one is whole, its samples are.
    let end = mdats[0].range.end;
    let first = repair(&file[..end]).expect("a fragment").index;
    for length in [end - 1, (mdats[0].range.start + end) / 2] {
        let repaired = repair(&file[..length]).expect("samples");
        let expected = left(&first, length as u64);
        let (found, _) = decode(&scratch, &file[..length], &repaired);
        assert_eq!((repaired.how, found.len() as u64), (How::Cut, expected[0].0), "{length} bytes");
        assert!(found == hashes[..found.len()] && !found.is_empty());
        let all: u64 = first.tracks().iter().flat_map(|track| &track.tables.chunks).map(|chunk| chunk.bytes).sum();
        assert_eq!(repaired.lost.bytes, all - expected.iter().map(|left| left.1).sum::<u64>());
    }
    // The index survives a wrong size of the media behind it, too short, too long or none.
    for (fragment, size) in [(1, 8_u32), (1, 0), (1, 3), (2, 100), (1, u32::MAX), (3, 0)] {
        let mut damaged = file.clone();
        let at = mdats[fragment].range.start;
        damaged[at..at + 4].copy_from_slice(&size.to_be_bytes());
        let repaired = repair(&damaged).unwrap_or_else(|error| panic!("fragment {fragment}, size {size}: {error}"));
        assert_eq!(repaired.index.frames(), 120, "fragment {fragment}, size {size}: {repaired:?}");
        assert_eq!(repaired.lost, Lost::default(), "fragment {fragment}, size {size}");
        assert!(decode(&scratch, &damaged, &repaired).0 == hashes, "fragment {fragment}, size {size}");
    }
    // Behind a fragment that is lost the next goes on.
    for fragment in [1, 2] {
        let mut damaged = file.clone();
        damaged[moofs[fragment].range.start + 20..moofs[fragment].range.start + 80].fill(0xff);
        let repaired = repair(&damaged).unwrap_or_else(|error| panic!("fragment {fragment}: {error}"));
        let lost = mdats[fragment].range.end - moofs[fragment].range.start;
        assert_eq!((repaired.how, repaired.lost.bytes), (How::Mended, lost as u64), "fragment {fragment}");
        let (found, _) = decode(&scratch, &damaged, &repaired);
        let kept = [&hashes[..30 * fragment], &hashes[30 * fragment + 30..]].concat();
        assert!(found == kept, "fragment {fragment}: {} pictures", found.len());
        // The last picture before it stands still meanwhile.
        assert!((189_000..195_000).contains(&repaired.index.duration().0), "{:?}", repaired.index.duration());
    }
    // So it does without any header there.
    for mdat in &mdats[1..] {
        let mut damaged = file.clone();
        damaged[mdat.range.start..mdat.range.start + 8].fill(0);
        let repaired = repair(&damaged).expect("the fragments");
        assert_eq!((repaired.index.frames(), repaired.lost), (120, Lost::default()));
    }
}

#[test]
fn what_cannot_be_saved_is_refused_by_name() {
    let scratch = Scratch::new();
    let refusal = |file: &[u8]| match repair(file) {
        Err(error @ RepairError::Impossible { why }) => {
            assert_eq!(Failure::from(error).code, "repair_impossible");
            why
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(&[]), "no moov, no moof and no mdat with samples in it");
    assert_eq!(refusal(b"not at all a film, whatever its name may say"), "no H.264 parameter sets in the media");
    let fragments = ffmpeg::clip(&scratch, "clip.mp4", 1, FRAGMENTED);
    let moov = place(&fragments, "moov");
    let headless = [&fragments[..moov.start], &fragments[moov.end..]].concat();
    assert_eq!(refusal(&headless), "fragments (moof) without the moov that describes their tracks");
    let start = ffmpeg::clip(&scratch, "clip.mp4", 1, "-c:a aac -movflags +faststart");
    assert_eq!(refusal(&start[..place(&start, "mdat").start + 99]), "no sample is whole");
    let plain = ffmpeg::clip(&scratch, "clip.mp4", 1, "-c:a aac");
    assert_eq!(refusal(&plain[..place(&plain, "moov").start]), "no H.264 parameter sets in the media");
}

/// What lies in a film that was cut to `length` bytes, by its tables when it was whole: samples, bytes and ticks before
/// the first that is missing, of each track.
fn left(whole: &FileIndex, length: u64) -> Vec<(u64, u64, u64)> {
    let tracks = whole.tracks().iter().map(|track| {
        let tables = &track.tables;
        let (mut sizes, mut durations) = (tables.sizes.iter(), tables.durations.iter());
        let mut sum = (0, 0, 0);
        for chunk in &tables.chunks {
            let mut at = chunk.offset;
            for (size, duration) in sizes.by_ref().zip(durations.by_ref()).take(chunk.samples as usize) {
                at += u64::from(size);
                if at > length {
                    return sum;
                }
                sum = (sum.0 + 1, sum.1 + u64::from(size), sum.2 + u64::from(duration));
            }
        }
        sum
    });
    tracks.collect()
}

#[test]
fn a_film_cut_short_keeps_what_lies_before_the_cut() {
    let scratch = Scratch::new();
    for options in [
        "-c:a aac -movflags +faststart",
        "-c:a aac -movflags +faststart -bf 2",
        "-c:a pcm_s16le -movflags +faststart -f mov",
    ] {
        let file = ffmpeg::clip(&scratch, "clip.mp4", 2, options);
        let hashes = pictures(&scratch, &file);
        let whole = repair(&file).expect("a whole film");
        assert_eq!((whole.how, &whole.lost), (How::Intact, &Lost::default()));
        let media = place(&file, "mdat");
        for part in [9, 50, 93] {
            let length = media.start + media.len() * part / 100;
            let cut = &file[..length];
            let repaired = repair(cut).unwrap_or_else(|error| panic!("{part} %: {error}"));
            assert_eq!(repaired.how, How::Cut);
            let (mut bytes, mut ticks) = (0, 0);
            let expected = left(&whole.index, length as u64);
            for ((track, before), left) in repaired.index.tracks().iter().zip(whole.index.tracks()).zip(&expected) {
                assert_eq!((track.tables.samples(), track.tables.duration), (left.0, left.2), "{options}, {part} %");
                let all: u64 = before.tables.chunks.iter().map(|chunk| chunk.bytes).sum();
                bytes += all - left.1;
                ticks = ticks.max((before.tables.duration - left.2) * 48_000 / u64::from(before.timescale.get()));
            }
            assert_eq!((repaired.lost.bytes, repaired.lost.duration.0 as u64), (bytes, ticks), "{options}, {part} %");
            let (found, _) = decode(&scratch, cut, &repaired);
            assert_eq!(found.len() as u64, expected[0].0, "{options}, {part} %");
            if !options.contains("-bf") {
                assert!(found == hashes[..found.len()], "{options}, {part} %");
            }
        }
    }
}

#[test]
fn a_moov_behind_media_of_a_wrong_size_is_found() {
    let scratch = Scratch::new();
    for options in ["-c:a aac -bf 2", "-c:a pcm_s16le -f mov"] {
        let file = ffmpeg::clip(&scratch, "clip.mp4", 1, options);
        let hashes = pictures(&scratch, &file);
        let media = place(&file, "mdat");
        let honest = media.len() as u32;
        let swallowing = (file.len() - media.start) as u32;
        for size in
            [0, 2, 8, 1000, honest / 2, honest - 3, honest + 5, honest + 200, swallowing, swallowing + 1, u32::MAX]
        {
            let mut damaged = file.clone();
            damaged[media.start..media.start + 4].copy_from_slice(&size.to_be_bytes());
            let repaired = repair(&damaged).unwrap_or_else(|error| panic!("{options}, size {size}: {error}"));
            assert_eq!((repaired.how, &repaired.lost), (How::Mended, &Lost::default()), "{options}, size {size}");
            let (found, sound) = decode(&scratch, &damaged, &repaired);
            assert!(found == hashes && sound > 47_000, "{options}, size {size}");
        }
    }
}

#[test]
fn a_track_that_cannot_be_read_is_left_out_by_name() {
    let scratch = Scratch::new();
    for options in ["-c:a aac", "-c:a aac -movflags +faststart", FRAGMENTED] {
        let file = ffmpeg::clip(&scratch, "clip.mp4", 1, options);
        let hashes = pictures(&scratch, &file);
        let moov = place(&file, "moov");
        let traks: Vec<_> =
            plain::boxes(&file, moov.start + 8..moov.end).into_iter().filter(|one| one.kind == "trak").collect();
        let inside = |trak: usize, kind: &[u8; 4]| {
            let range = &traks[trak].range;
            range.start + file[range.clone()].windows(4).position(|window| window == kind).expect("the box")
        };
        // The type of a box that must be there, a size past the parent, sizes of the track itself.
        let damages = [
            (1, inside(1, b"stbl"), b"\0\0\0\0"),
            (1, inside(1, b"minf") - 4, b"\x7f\xff\xff\xff"),
            (0, inside(0, b"stsd"), b"\xff\xff\xff\xff"),
            (1, inside(1, b"stsz"), b"\0\0\0\0"),
            (1, traks[1].range.start, b"\0\0\0\x04"),
            (0, traks[0].range.start, b"\0\xff\xff\xff"),
        ];
        // Fragments of a track without a trace of it cannot be read.
        let tried = if options == FRAGMENTED { 3 } else { damages.len() };
        for (number, (trak, at, bytes)) in damages.into_iter().enumerate().take(tried) {
            let mut damaged = file.clone();
            damaged[at..at + 4].copy_from_slice(bytes);
            let repaired = repair(&damaged).unwrap_or_else(|error| panic!("{options}, damage {number}: {error}"));
            let (found, sound) = decode(&scratch, &damaged, &repaired);
            let name = ["video", "audio"][trak];
            assert_eq!(
                (repaired.how, &repaired.lost.tracks[..]),
                (How::Tracks, &[name.to_owned()][..]),
                "{options}, damage {number}"
            );
            assert_eq!((found.len(), sound > 47_000), if trak == 0 { (0, true) } else { (hashes.len(), false) });
        }
        // A moov that ends in its second track.
        if options == "-c:a aac" {
            let cut = &file[..traks[1].range.start + 200];
            let repaired = repair(cut).expect("the first track");
            assert_eq!(repaired.lost.tracks, ["audio"]);
            assert!(decode(&scratch, cut, &repaired).0 == hashes);
        }
    }
}
