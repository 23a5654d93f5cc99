//! Joined films of clips that ffmpeg made, of the kinds that cameras and editors make: ffmpeg decodes the pictures of the
//! inputs one after the other, and as many samples of sound as the film says; what does not fit together is named.

use std::path::PathBuf;

use onetake_core::export::{ClipSpec, Entries, ExportError, Form, Layout, Missing, Poster, Recipe, Warning};
use onetake_core::media::{Size, TrackKind};
use onetake_core::time::{Micros, Ticks};
use onetake_tests::clips::{Bench, FRAGMENTED, SOURCE, X264, stated_sound};
use onetake_tests::ffmpeg::{self, frame_hashes};
use onetake_tests::film;
use onetake_tests::recording::scan;

/// Judges the film of whole clips: every picture, every sample of sound, picture and sound never far apart.
fn judge(bench: &Bench, clips: &[&PathBuf]) -> (Layout, PathBuf) {
    let (layout, path) = bench.film(clips, |_| {}).expect("a film");
    let wanted: Vec<String> = clips.iter().flat_map(|clip| frame_hashes(clip, "v:0")).collect();
    assert!(frame_hashes(&path, "v:0") == wanted, "the pictures of {clips:?}");
    // The last packet of FLAC is as short as it says.
    if !clips.iter().any(|clip| clip.to_string_lossy().ends_with("flac.mp4")) {
        assert_eq!(ffmpeg::sound_samples(&path), stated_sound(&path), "{clips:?}");
    }
    let bytes = std::fs::read(&path).expect("a film");
    assert_eq!(film::order(&bytes), ["ftyp", "moov", "mdat"]);
    (layout, path)
}

#[test]
fn clips_of_every_kind_follow_each_other_without_a_lost_frame() {
    let bench = Bench::new();
    let one = bench.clip("one.mp4", 0.0, 2.0, "-bf 2 -c:a aac");
    let two = bench.clip("two.mp4", 2.5, 1.7, "-bf 2 -c:a aac");
    let fragments = bench.clip("fragments.mp4", 1.0, 2.2, &format!("-bf 2 -c:a aac {FRAGMENTED}"));
    let vfr = bench.clip("vfr.mp4", 1.0, 2.2, "-bf 2 -c:a aac -vf select='lt(mod(n\\,7)\\,3)' -vsync vfr");
    let fine = bench.clip("fine.mp4", 3.0, 1.5, "-bf 2 -c:a aac -video_track_timescale 90000");
    let edited = bench.make("edited.mp4", &format!("-ss 0.5 -i {} -c copy", one.display()));
    for clips in [
        &[&one][..],
        &[&one, &two, &one],
        &[&fragments, &two, &fragments],
        &[&vfr, &one, &vfr],
        &[&one, &fine, &two],
        &[&edited, &edited, &one],
        &[&one, &edited, &vfr, &fragments, &fine],
    ] {
        let (layout, path) = judge(&bench, clips);
        // Half a packet; the sound of a clip of few pictures may end later than its last one.
        let most = if clips.contains(&&vfr) { 3_200 } else { 512 };
        assert!(layout.report.skew <= Ticks(most), "{clips:?}: {:?}", layout.report);
        let tracks = film::tracks(&std::fs::read(path).expect("a film"));
        // One edit of the pictures, but for what hides the frames before a cut, and a first clip whose sound is earlier.
        let shown = tracks[0].edits.iter().filter(|(_, start)| *start >= 0).count();
        let cuts = clips.iter().filter(|clip| **clip == &edited).count();
        assert!(shown <= 1 + cuts, "{clips:?}: {:?}", tracks[0].edits);
        assert_eq!(layout.report.warnings.contains(&Warning::EditList), clips.len() > 1, "{clips:?}");
        // Media that lies in one run is one span, the order of the clips.
        let spans: Vec<u32> = layout.spans().map(|span| span.source).collect();
        assert_eq!(spans, (0..clips.len() as u32).collect::<Vec<_>>());
    }
}

#[test]
fn a_rotated_clip_and_every_coding_join_with_their_like() {
    let bench = Bench::new();
    let plain = bench.clip("plain.mp4", 0.0, 1.0, "-bf 2 -c:a aac");
    let turned = bench.make("turned.mp4", &format!("-i {} -c copy -metadata:s:v rotate=90", plain.display()));
    let (layout, path) = judge(&bench, &[&turned, &turned]);
    assert_eq!(layout.report.size, Size { width: 240, height: 320 });
    let matrix = |path: &PathBuf| scan(&std::fs::read(path).expect("a file")).expect("a film").0.tracks()[0].matrix;
    assert_eq!(matrix(&path), matrix(&turned));
    let hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=none -g 30 -tag:v hvc1";
    let vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 30";
    for (name, coding, most) in [
        ("opus.mp4", format!("{X264} -bf 2 -c:a libopus"), 480),
        ("mp3.mp4", format!("{X264} -bf 2 -c:a libmp3lame"), 576),
        ("pcm.mov", format!("{X264} -bf 2 -c:a pcm_s16le"), 0),
        ("hevc.mp4", format!("{hevc} -c:a aac"), 512),
        ("vp9.mp4", format!("{vp9} -c:a libopus -b:a 64k"), 480),
        ("flac.mp4", format!("{X264} -c:a flac -strict -2"), 2304),
    ] {
        let one = bench.make(&format!("one-{name}"), &format!("{SOURCE} -t 1 {coding}"));
        let two = bench.make(&format!("two-{name}"), &format!("{SOURCE} -ss 4 -t 1.2 {coding}"));
        let (layout, _) = judge(&bench, &[&one, &two, &one]);
        assert!(layout.report.skew <= Ticks(most), "{name}: {:?}", layout.report);
    }
}

#[test]
fn sound_after_a_join_is_that_of_its_clip_to_the_sample() {
    let bench = Bench::new();
    for audio in ["aac", "libopus", "pcm_s16le"] {
        let name = |name: &str| format!("{name}.{}", if audio.starts_with("pcm") { "mov" } else { "mp4" });
        let one = bench.clip(&name("one"), 0.0, 1.9, &format!("-bf 2 -c:a {audio}"));
        let two = bench.clip(&name("two"), 4.0, 2.0, &format!("-bf 2 -c:a {audio}"));
        let (_, path) = judge(&bench, &[&one, &two]);
        let (film, two) = (bench.sound(&path), bench.sound(&two));
        // Where it begins in the film is known to half a packet. Opus decodes alike after 80 ms at the latest.
        let middle = &two[24_000..48_000];
        let near = 1.9 * 48_000.0 + 24_000.0;
        let worst = |at: usize| {
            film[at..at + middle.len()].iter().zip(middle).map(|(a, b)| a.abs_diff(*b)).max().expect("samples")
        };
        let best = (near as usize - 600..near as usize + 600).map(worst).min().expect("places");
        assert!(best <= 2, "{audio}: {best}");
    }
}

/// How many samples later than in `whole`, from its sample `at` on, a stretch of sound is heard in `film` from its sample
/// `to` on; `None` where nothing like it is.
fn lag(film: &[i16], to: usize, whole: &[i16], at: usize) -> Option<i64> {
    let wanted = &whole[at..at + 2_400];
    let alike = |from: usize| {
        let worst =
            film.get(from..from + wanted.len())?.iter().zip(wanted).map(|(one, other)| one.abs_diff(*other)).max();
        worst.filter(|worst| *worst < 400).map(|worst| (worst, from as i64 - to as i64))
    };
    (to.saturating_sub(6_000)..to + 6_000).filter_map(alike).min().map(|(_, lag)| lag)
}

#[test]
fn packets_that_claim_to_last_longer_leave_a_gap_that_no_player_skips() {
    let bench = Bench::new();
    let whole = bench.clip("whole.mp4", 0.0, 2.0, "-bf 2 -c:a aac");
    let heard = bench.sound(&whole);
    for options in [FRAGMENTED, "-use_editlist 0"] {
        let clip = bench.make("long.mp4", &format!("-i {} -c copy {options}", whole.display()));
        let (index, _) = scan(&std::fs::read(&clip).expect("a clip")).expect("a clip");
        let durations = index.track(TrackKind::Audio).map(|track| track.tables.durations.first());
        assert_eq!(durations, Some(Some(3200)), "the delay of the pictures");
        let (layout, path) = judge(&bench, &[&clip; 4]);
        let joined = bench.sound(&path);
        let length = layout.report.duration.0 as usize / 4;
        let edits = &film::tracks(&std::fs::read(&path).expect("a film"))[1].edits;
        let movie = u64::from(film::movie_timescale(&std::fs::read(&path).expect("a film")));
        let late = edits.first().filter(|(_, start)| *start < 0).map_or(0, |(late, _)| late * 48_000 / movie);
        for place in 0..4 {
            // The clip begins with the delay of the pictures.
            let to = place * length + 3_200 + 36_000;
            let lag = lag(&joined, to - late as usize, &heard, 36_000);
            assert!(lag.is_some_and(|lag| lag.abs() <= 600), "{options} {place}: {lag:?}, {edits:?}");
        }
    }
}

#[test]
fn what_a_clip_lacks_is_silence_or_a_standing_picture_and_nothing_moves() {
    let bench = Bench::new();
    for audio in ["aac", "libopus"] {
        let whole = bench.clip("whole.mp4", 0.0, 2.0, &format!("-bf 2 -c:a {audio}"));
        let mute = bench.clip("mute.mp4", 2.0, 1.5, "-bf 2 -an");
        let (layout, path) = judge(&bench, &[&whole, &mute, &whole]);
        assert!(layout.report.skew <= Ticks(512), "{:?}", layout.report);
        let sound = bench.sound(&path);
        let loud = |from: usize, to: usize| sound[from..to].iter().map(|one| one.unsigned_abs()).max();
        assert!(loud(90_000, 94_000) > Some(1000) && loud(172_000, 176_000) > Some(1000), "{audio}");
        assert!(loud(100_000, 160_000) <= Some(1), "{audio}: {:?}", loud(100_000, 160_000));
        // At the ends the sound is only there where it is asked for.
        for (missing, first, last) in [(Missing::Empty, true, 96_000 + 72_000), (Missing::Silence, false, 240_000)] {
            let (_, path) = bench.film(&[&mute, &whole, &mute], |recipe| recipe.missing = missing).expect("a film");
            let tracks = film::tracks(&std::fs::read(&path).expect("a film"));
            assert_eq!(tracks[1].edits[0].1 == -1, first, "{missing:?}");
            let end = tracks[1].durations[2] * 48_000
                / u64::from(film::movie_timescale(&std::fs::read(&path).expect("a film")));
            assert!(end.abs_diff(last) <= 512, "{missing:?}: {end}");
            ffmpeg::decodes(&path);
        }
    }
    let whole = bench.clip("whole.mp4", 0.0, 2.0, "-bf 2 -c:a aac");
    let sound = bench.make("sound.m4a", &format!("-i {} -map 0:a -c copy", whole.display()));
    let (layout, path) = bench.film(&[&whole, &sound, &whole], |_| {}).expect("a film");
    assert_eq!((layout.report.frames, layout.report.duration.0 / 4800), (120, 60));
    ffmpeg::decodes(&path);
    let tracks = film::tracks(&std::fs::read(&path).expect("a film"));
    assert_eq!(tracks[0].edits.len(), 1, "the last picture stands: {:?}", tracks[0].edits);
}

#[test]
fn clips_that_do_not_fit_are_named_or_keep_entries_of_their_own() {
    let bench = Bench::new();
    let base = bench.clip("base.mp4", 0.0, 1.0, "-bf 2 -c:a aac");
    let of = |name: &str, size: &str, rate: u32, coding: &str| {
        let source = format!("-f lavfi -i testsrc2=size={size}:rate=25:duration=1");
        let tone = format!("-f lavfi -i sine=sample_rate={rate}:duration=1");
        bench.make(name, &format!("{source} {tone} {coding}"))
    };
    let small = of("small.mp4", "160x120", 44_100, &format!("{X264} -bf 2 -c:a aac"));
    let hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1 -c:a libopus";
    let other = of("other.mp4", "320x240", 48_000, hevc);
    let turned = bench.make("turned.mp4", &format!("-i {} -c copy -metadata:s:v rotate=90", base.display()));
    let refused = |clip: &PathBuf, entries| match bench.film(&[&base, clip, &base], |recipe| recipe.entries = entries) {
        Err(ExportError::JoinNeedsEncoding { clips, fields }) if clips == [1] => fields,
        other => panic!("{:?}", other.map(|(layout, _)| layout.report)),
    };
    assert_eq!(refused(&small, Entries::One), ["size", "level", "sps", "rate"]);
    assert_eq!(refused(&other, Entries::One), ["codec"]);
    assert_eq!(refused(&turned, Entries::One), ["orientation"]);
    assert_eq!(refused(&turned, Entries::Several), ["orientation"]);
    for (clip, tracks) in [(&small, 2), (&other, 4)] {
        let clips = [&base, clip, &base];
        let (layout, path) = bench.film(&clips, |recipe| recipe.entries = Entries::Several).expect("a film");
        assert!(layout.report.warnings.contains(&Warning::SeveralEntries));
        let read = film::tracks(&std::fs::read(&path).expect("a film"));
        assert_eq!(read.len(), tracks);
        let frames = |path: &PathBuf, place: usize| {
            let words =
                format!("-v error -nostdin -i FILE -map 0:v:{place} -autoscale 0 -fps_mode passthrough -f framemd5 -");
            let text = ffmpeg::run("ffmpeg", &words, path);
            let hash = |line: &str| line.rsplit(',').next().unwrap_or_default().trim().to_owned();
            text.lines().filter(|line| !line.starts_with('#')).map(hash).collect::<Vec<_>>()
        };
        // Another coding has a track of its own.
        let [base, middle] = [&base, clip].map(|clip| frames(clip, 0));
        if tracks == 2 {
            assert!(frames(&path, 0) == [base.clone(), middle, base].concat());
        } else {
            assert!(frames(&path, 0) == [base.clone(), base].concat() && frames(&path, 1) == middle);
        }
    }
}

#[test]
fn a_film_in_fragments_and_one_with_a_name_show_the_same() {
    let bench = Bench::new();
    let one = bench.clip("one.mp4", 0.0, 2.0, "-bf 2 -c:a aac");
    let mute = bench.clip("mute.mp4", 2.5, 1.7, "-bf 2 -an");
    let clips = [&one, &mute, &one];
    let wanted: Vec<String> = clips.iter().flat_map(|clip| frame_hashes(clip, "v:0")).collect();
    let (flat, _) = bench.film(&clips, |_| {}).expect("a film");
    let (layout, path) = bench.film(&clips, |recipe| recipe.form = Form::Fragmented).expect("a film");
    assert!(frame_hashes(&path, "v:0") == wanted);
    ffmpeg::decodes(&path);
    assert_eq!((layout.report.duration, layout.report.frames), (flat.report.duration, flat.report.frames));
    let (index, _) = scan(&std::fs::read(&path).expect("a film")).expect("a film");
    assert_eq!(index.track(TrackKind::Video).map(|track| track.tables.samples()), Some(wanted.len() as u64));
    let png = bench.make("poster.png", "-f lavfi -i color=red:size=16x16 -frames:v 1");
    let (_, path) = bench
        .film(&clips, |recipe| {
            recipe.title = Some("One".to_owned());
            recipe.poster = Some(Poster { bytes: std::fs::read(&png).expect("a poster") });
            recipe.created = 3_800_000_000;
        })
        .expect("a film");
    assert_eq!(ffmpeg::entry(&path, "", "format_tags=title"), "One");
    assert_eq!(ffmpeg::entry(&path, "", "format_tags=creation_time"), "2024-05-31T11:33:20.000000Z");
}

#[test]
fn a_film_in_fragments_needs_no_edit_but_the_first() {
    let bench = Bench::new();
    let one = bench.clip("one.mp4", 0.0, 1.3, "-bf 2 -c:a aac");
    let two = bench.clip("two.mp4", 2.0, 1.5, "-bf 2 -c:a aac");
    let [heard, other] = [&one, &two].map(|clip| bench.sound(clip));
    let clips = [&one, &two, &one, &two, &one, &two];
    let (_, path) = bench.film(&clips, |recipe| recipe.form = Form::Fragmented).expect("a film");
    let joined = bench.sound(&path);
    // Of a film in fragments ffmpeg also gives the packet before the first that is heard.
    for (place, begin) in [0, 13, 28, 41, 56, 69].into_iter().enumerate() {
        let lag = lag(&joined, begin * 4_800 + 41_024, if place % 2 == 0 { &heard } else { &other }, 40_000);
        assert!(lag.is_some_and(|lag| lag.abs() <= 600), "{place}: {lag:?}");
    }
    let edits = |path: &PathBuf| {
        let (index, _) = scan(&std::fs::read(path).expect("a film")).expect("a film");
        index.tracks().iter().map(|track| track.edits.len()).collect::<Vec<_>>()
    };
    assert_eq!(edits(&path), [1, 1]);
    // Parts are widened to key frames.
    let range = |from: i64, to: i64| Some(Micros(from * 100_000)..Micros(to * 100_000));
    let parts = [ClipSpec { source: 0, range: range(2, 9) }, ClipSpec { source: 1, range: range(11, 13) }];
    let change = |recipe: &mut Recipe| (recipe.form, recipe.clips) = (Form::Fragmented, parts.to_vec());
    let (_, path) = bench.film(&[&one, &two], change).expect("a film");
    let wanted = [frame_hashes(&one, "v:0")[..30].to_vec(), frame_hashes(&two, "v:0")[30..].to_vec()].concat();
    assert!(frame_hashes(&path, "v:0") == wanted);
    assert_eq!(edits(&path), [1, 1]);
}
