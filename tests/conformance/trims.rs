//! Parts of clips that ffmpeg made: exact to the frame and to the sample through edit lists, or widened to key frames
//! without any; halves and cuts that lose nothing between them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use onetake_core::demux::presentation;
use onetake_core::export::{ClipSpec, ExportError, Form, Layout, Recipe, Warning, film as make};
use onetake_core::time::Micros;
use onetake_tests::clips::{Bench, FRAGMENTED, X264, stated_sound};
use onetake_tests::ffmpeg::{self, frame_hashes};
use onetake_tests::film;
use onetake_tests::recording::{Disk, scan};

/// A clip, and what ffmpeg knows of it.
struct Clip<'a> {
    bench: &'a Bench,
    path: PathBuf,
    hashes: Vec<String>,
    /// When each frame is shown, in microseconds from the first instant of the file.
    times: Vec<i64>,
}

impl Clip<'_> {
    fn new(bench: &Bench, path: PathBuf) -> Clip<'_> {
        let times = times(&path);
        let hashes = frame_hashes(&path, "v:0");
        assert_eq!(hashes.len(), times.len());
        Clip { bench, path, hashes, times }
    }

    /// The range that shows these frames, a little off to either side as numbers from JavaScript are.
    fn range(&self, frames: &Range<usize>) -> Range<Micros> {
        let at = |frame: usize| self.times.get(frame).map_or(i64::MAX, |time| time + [-300, 0, 300][frame % 3]);
        Micros(at(frames.start).max(0))..Micros(at(frames.end))
    }

    /// Half a packet of sound; the sound of the one with few pictures goes on after the last of them.
    fn most(&self) -> i64 {
        if self.path.ends_with("vfr.mp4") { 1600 } else { 512 }
    }

    fn film(&self, parts: &[Range<usize>], exact: bool) -> (Layout, PathBuf) {
        let clip = |part| ClipSpec { source: 0, range: Some(self.range(part)) };
        let film = self.bench.film(&[&self.path], |recipe| {
            recipe.exact = exact;
            recipe.clips = parts.iter().map(clip).collect();
        });
        film.expect("a film")
    }
}

/// When each frame that is shown begins, in microseconds from the first instant of the file.
fn times(path: &Path) -> Vec<i64> {
    let seconds = |text: &str| text.trim().parse::<f64>().expect("a time");
    let start = seconds(&ffmpeg::entry(path, "", "format=start_time"));
    let words = "-v error -select_streams v:0 -show_entries packet=pts_time,flags -of csv=p=0 FILE";
    let packets = ffmpeg::run("ffprobe", words, path);
    let shown = packets.lines().filter(|line| !line.contains('D')).filter_map(|line| line.split(',').next());
    let mut times: Vec<i64> = shown.map(|time| ((seconds(time) - start) * 1e6).round() as i64).collect();
    times.sort_unstable();
    times
}

/// Clips of four seconds, a key frame each second.
fn clips(bench: &Bench) -> Vec<Clip<'_>> {
    let plain = bench.clip("plain.mp4", 0.0, 4.0, "-bf 2 -c:a aac");
    let edited = bench.make("edited.mp4", &format!("-ss 0.5 -i {} -c copy", plain.display()));
    let paths = [
        edited,
        plain,
        bench.clip("fragments.mp4", 0.0, 4.0, &format!("-bf 2 -c:a aac {FRAGMENTED}")),
        bench.clip("straight.mp4", 0.0, 4.0, "-bf 0 -c:a libopus"),
        bench.clip("pcm.mov", 0.0, 4.0, "-bf 2 -c:a pcm_s16le"),
        bench.clip("vfr.mp4", 0.0, 6.0, "-bf 2 -c:a aac -vf select='lt(mod(n\\,7)\\,4)' -vsync vfr"),
    ];
    paths.into_iter().map(|path| Clip::new(bench, path)).collect()
}

#[test]
fn a_part_shows_its_frames_and_no_other() {
    let bench = Bench::new();
    for clip in clips(&bench) {
        for frames in [0..45, 7..50, 30..60, 3..4, 29..31, 44..clip.hashes.len()] {
            let name = format!("{} {frames:?}", clip.path.display());
            let (layout, path) = clip.film(std::slice::from_ref(&frames), true);
            assert!(frame_hashes(&path, "v:0") == clip.hashes[frames.clone()], "{name}");
            assert_eq!(ffmpeg::sound_samples(&path), stated_sound(&path), "{name}");
            assert!(layout.report.skew.0 <= clip.most(), "{name}: {:?}", layout.report);
            let tracks = film::tracks(&std::fs::read(&path).expect("a film"));
            assert!(tracks[0].samples[0].sync, "{name}");
            // Nothing is left before the key frame, and nothing after the last picture but what it leans on.
            let most = frames.len() + 30 + 3;
            assert!(tracks[0].samples.len() <= most, "{name}: {} samples", tracks[0].samples.len());
        }
    }
}

#[test]
fn a_part_widened_to_key_frames_hides_nothing() {
    let bench = Bench::new();
    // The first has an edit list of its own.
    for clip in clips(&bench).into_iter().skip(1).take(4) {
        for (frames, wanted) in [(0..45, 0..60), (10..20, 0..30), (31..33, 30..60), (29..31, 0..60), (44..100, 30..120)]
        {
            let name = format!("{} {frames:?}", clip.path.display());
            let (layout, path) = clip.film(std::slice::from_ref(&frames), false);
            assert!(frame_hashes(&path, "v:0") == clip.hashes[wanted.clone()], "{name}");
            assert!(!layout.report.warnings.contains(&Warning::EditList), "{name}: {:?}", layout.report);
            assert_eq!(layout.report.frames, wanted.len() as u64, "{name}");
            assert_eq!(ffmpeg::sound_samples(&path), stated_sound(&path), "{name}");
        }
    }
}

#[test]
fn sound_begins_to_the_sample() {
    let bench = Bench::new();
    // Opus decodes alike to the last bit only after a while.
    for (clip, most) in clips(&bench).iter().zip([None, Some(2), None, Some(600), Some(0), Some(2)]) {
        // The first is heard later than it begins; the first packet in the fragments claims to last three times as long.
        let Some(most) = most else { continue };
        let whole = bench.sound(&clip.path);
        let begin = clip.times[40];
        let (_, path) = clip.film(std::slice::from_ref(&(40..90)), true);
        let part = bench.sound(&path);
        let first = (begin as usize * 48).div_ceil(1000);
        // The first sound of these files is heard at their first instant.
        let worst = |at: usize| part[..4800].iter().zip(&whole[at..]).map(|(a, b)| a.abs_diff(*b)).max();
        let best = (first - 1..=first + 1).map(worst).min().flatten();
        assert!(best <= Some(most), "{}: {best:?}", clip.path.display());
    }
}

#[test]
fn halves_and_what_a_cut_leaves_lose_nothing() {
    let bench = Bench::new();
    for clip in clips(&bench) {
        let last = clip.hashes.len();
        let (_, first) = clip.film(std::slice::from_ref(&(0..47)), true);
        let halves = frame_hashes(&first, "v:0");
        let (_, second) = clip.film(std::slice::from_ref(&(47..last)), true);
        assert!([halves, frame_hashes(&second, "v:0")].concat() == clip.hashes, "{}", clip.path.display());
        // What stays of a cut, and the same cut at no place at all.
        for parts in [vec![0..20, 40..62, 90..last], vec![0..47, 47..last]] {
            let parts: Vec<_> = parts.into_iter().filter(|part| part.start < part.end).collect();
            let (layout, path) = clip.film(&parts, true);
            let wanted: Vec<String> = parts.iter().flat_map(|part| clip.hashes[part.clone()].to_vec()).collect();
            assert!(frame_hashes(&path, "v:0") == wanted, "{} {parts:?}", clip.path.display());
            assert_eq!(ffmpeg::sound_samples(&path), stated_sound(&path), "{} {parts:?}", clip.path.display());
            assert!(layout.report.skew.0 <= clip.most(), "{}: {:?}", clip.path.display(), layout.report);
            // Every frame where it belongs, by the demuxer that browsers have too.
            let mut begin = 0;
            let moved = parts.iter().flat_map(|part| {
                let at = |frame: usize| clip.times.get(frame).copied().unwrap_or_default();
                let from = begin - at(part.start);
                begin += at(part.end) - at(part.start);
                part.clone().map(move |frame| at(frame) + from)
            });
            let (moved, found): (Vec<i64>, Vec<i64>) = (moved.collect(), times(&path));
            let off = |(one, other): (&i64, &i64)| (one - other - (moved[0] - found[0])).abs();
            assert!(moved.iter().zip(&found).map(off).max() <= Some(2), "{}: {moved:?} {found:?}", clip.path.display());
        }
    }
}

#[test]
fn halves_of_any_instant_share_all_frames_and_a_trim_of_an_instant_is_a_frame() {
    let bench = Bench::new();
    // Pictures of the second begin two frames after its sound.
    for (name, words, late) in [("plain.mp4", "-bf 2 -c:a aac", 0.0), ("fragments.mp4", FRAGMENTED, 2.0)] {
        let path = bench.clip(name, 0.0, 2.0, words);
        let mut disk = Disk::new([std::fs::read(&path).expect("a clip")]);
        let indexes = disk.indexes().expect("a film");
        // How many pictures a film shows, by its edit list.
        let shown = |ranges: &[(i64, i64)], halves: bool| {
            let clip = |&(start, end): &(i64, i64)| ClipSpec { source: 0, range: Some(Micros(start)..Micros(end)) };
            let recipe = Recipe { clips: ranges.iter().map(clip).collect(), halves, ..Recipe::join([]) };
            let film = disk.compose(&make(&indexes, &Recipe { exact: true, ..recipe }).expect("a film"));
            let (index, _) = scan(&film).expect("a film");
            let track = &index.tracks()[0];
            let stretches = presentation(index.head(), track).expect("an edit list");
            let ticks: i64 = stretches.iter().map(|stretch| stretch.media.end - stretch.media.start).sum();
            ticks as f64 * 30.0 / f64::from(track.timescale.get())
        };
        let all = shown(&[(0, i64::MAX)], false);
        let end = ((all + late) * 1e6 / 30.0) as i64;
        let odd = (1..60).map(|number| number * end / 60 + [-17_000, -1, 0, 1, 16_000][number as usize % 5]);
        for at in odd.chain([1, 2, 1000, 16_666, 16_667, 33_333, 50_000, end - 20_000, end - 1000, end - 2]) {
            let (first, second) = (shown(&[(0, at)], true), shown(&[(at, i64::MAX)], true));
            assert!((first + second - all).abs() < 0.01 && first > 0.99 && second > 0.99, "{at}: {first} {second}");
            let near = (at as f64 * 30.0 / 1e6 - late).clamp(1.0, all - 1.0);
            assert!((first - near).abs() < 0.51, "{at}: {first}");
        }
        let at = |micros: i64| micros + (late * 1e6 / 30.0) as i64;
        assert!((shown(&[(end - 10_000, end)], false) - 1.0).abs() < 0.01);
        assert!((shown(&[(at(1000), at(2000))], false) - 1.0).abs() < 0.01);
        // Beside others it is nothing: the frame is there already.
        assert!((shown(&[(0, at(1000)), (at(2000), i64::MAX)], false) - all).abs() < 0.01);
    }
}

/// When each picture of these parts of clips belongs, in microseconds from the first.
fn expected(parts: &[(&Clip<'_>, Range<usize>)]) -> Vec<i64> {
    let mut begin = 0;
    let mut moved = Vec::new();
    for (clip, part) in parts {
        let at = |frame: usize| clip.times.get(frame).copied().unwrap_or(clip.hashes.len() as i64 * 1_000_000 / 30);
        moved.extend(part.clone().map(|frame| begin + at(frame) - at(part.start)));
        begin += at(part.end) - at(part.start);
    }
    moved
}

/// Whether a film shows these pictures, each when it belongs.
fn on_time(path: &Path, parts: &[(&Clip<'_>, Range<usize>)], name: &str) {
    let wanted: Vec<String> = parts.iter().flat_map(|(clip, part)| clip.hashes[part.clone()].to_vec()).collect();
    assert!(frame_hashes(path, "v:0") == wanted, "the pictures of {name}");
    let (moved, found) = (expected(parts), times(path));
    let worst = moved.iter().zip(&found).map(|(one, other)| (one - other).abs()).max();
    assert!(worst <= Some(1000), "{name}: {moved:?} {found:?}");
}

#[test]
fn however_far_decoding_goes_beyond_a_cut_every_frame_is_shown_when_it_belongs() {
    let bench = Bench::new();
    let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=0:bframes=4 -g 30";
    for (name, options) in [("two.mp4", "-bf 2"), ("four.mp4", "-bf 4 -b_strategy 0"), ("hevc.mp4", x265)] {
        let clip = Clip::new(&bench, bench.clip(name, 0.0, 4.0, &format!("{options} -an")));
        for cuts in [vec![6..39, 60..90], vec![6..8, 38..41, 60..61, 70..85], vec![7..38, 47..120]] {
            let (_, path) = clip.film(&cuts, true);
            let parts: Vec<_> = cuts.iter().map(|part| (&clip, part.clone())).collect();
            on_time(&path, &parts, &format!("{name} {cuts:?}"));
        }
        // A trimmed film, and a whole one after it.
        let (_, path) = clip.film(std::slice::from_ref(&(6..39)), true);
        let kept = bench.make(&format!("part-{name}"), &format!("-i {} -c copy", clip.path.display()));
        std::fs::copy(&path, &kept).expect("a copy");
        let part = Clip::new(&bench, kept);
        let (_, path) = bench.film(&[&part.path, &clip.path], |_| {}).expect("a film");
        on_time(&path, &[(&part, 0..33), (&clip, 0..120)], name);
    }
}

#[test]
fn where_groups_lean_on_those_before_them_every_frame_of_a_cut_is_shown_when_it_belongs() {
    let bench = Bench::new();
    let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=1:bframes=4:frame-threads=1 -g 30";
    let clip = Clip::new(&bench, bench.clip("open.mp4", 0.0, 4.0, &format!("{x265} -c:a aac")));
    for cuts in [vec![6..39, 60..90], vec![60..120, 0..20, 95..110], vec![6..8, 27..29, 38..41, 58..59, 61..62, 70..85]]
    {
        let (layout, path) = clip.film(&cuts, true);
        let parts: Vec<_> = cuts.iter().map(|part| (&clip, part.clone())).collect();
        on_time(&path, &parts, &format!("{cuts:?}"));
        // No more is copied into memory than the pictures that parts begin with.
        assert!(layout.bytes.len() < 200_000, "{}", layout.bytes.len());
    }
    // In fragments parts are widened to key frames, and nothing is hidden: the one that the last pictures need is seen, too.
    let clips = [0..31, 61..89].map(|part| ClipSpec { source: 0, range: Some(clip.range(&part)) }).to_vec();
    let (_, path) =
        bench.film(&[&clip.path], |recipe| (recipe.clips, recipe.form) = (clips, Form::Fragmented)).expect("a film");
    let wanted: Vec<String> = [&clip.hashes[0..61], &clip.hashes[60..91]].concat();
    assert!(frame_hashes(&path, "v:0") == wanted, "fragments");
    // A part that begins within a group, whole, behind another.
    let (_, path) = clip.film(std::slice::from_ref(&(33..75)), false);
    let kept = bench.make("tail.mp4", &format!("-i {} -c copy", clip.path.display()));
    std::fs::copy(&path, &kept).expect("a copy");
    let part = Clip::new(&bench, kept);
    let (_, path) = bench.film(&[&clip.path, &part.path], |_| {}).expect("a film");
    on_time(&path, &[(&clip, 0..120), (&part, 0..part.hashes.len())], "a film and a part of it");
}

#[test]
fn where_h264_leans_a_part_begins_further_ahead_or_is_refused() {
    let bench = Bench::new();
    let open = "-bf 2 -x264-params open-gop=1:keyint=30:min-keyint=30 -c:a aac";
    let clip = Clip::new(&bench, bench.clip("open.mp4", 0.0, 4.0, open));
    for cuts in [vec![6..39, 60..90], vec![0..10, 95..110]] {
        let (layout, path) = clip.film(&cuts, true);
        let parts: Vec<_> = cuts.iter().map(|part| (&clip, part.clone())).collect();
        on_time(&path, &parts, &format!("{cuts:?}"));
        assert!(layout.report.warnings.contains(&Warning::EditList));
    }
    // In fragments what lies further ahead would be seen.
    let clips = [0..31, 61..70].map(|part| ClipSpec { source: 0, range: Some(clip.range(&part)) }).to_vec();
    let refused =
        bench.film(&[&clip.path], |recipe| (recipe.clips, recipe.form) = (clips, Form::Fragmented)).map(|_| ());
    let (clips, fields) = (vec![0], vec!["key_frame"]);
    assert_eq!(refused, Err(ExportError::JoinNeedsEncoding { clips, fields }));
    let words = format!("-f lavfi -i testsrc2=size=64x48:rate=30:duration=24 {X264} {open}");
    let long = Clip::new(&bench, bench.make("long.mp4", &words));
    let part = |start: i64| ClipSpec { source: 0, range: Some(Micros(start)..Micros(start + 1_000_000)) };
    let refused = bench.film(&[&long.path], |recipe| recipe.clips = vec![part(0), part(22_000_000)]).map(|_| ());
    let (clips, fields) = (vec![0], vec!["key_frame"]);
    assert_eq!(refused, Err(ExportError::JoinNeedsEncoding { clips, fields }));
}

#[test]
fn a_film_that_marks_every_picture_as_a_place_to_start_is_asked_for_few() {
    let bench = Bench::new();
    let path = bench.clip("leans.mp4", 0.0, 8.0, "-bf 0 -g 1000 -an");
    let mut file = std::fs::read(&path).expect("a clip");
    // Without its table of sync samples, each is one.
    let stss = file.windows(4).position(|four| four == b"stss").expect("a table");
    file[stss..stss + 4].copy_from_slice(b"free");
    let mut disk = Disk::new([file]);
    let indexes = disk.indexes().expect("a film");
    let reads = disk.reads.len();
    let part = |start: i64| ClipSpec { source: 0, range: Some(Micros(start)..Micros(start + 1_000_000)) };
    let mut recipe = Recipe { clips: vec![part(0), part(6_000_000)], exact: true, ..Recipe::default() };
    let (clips, fields) = (vec![0], vec!["key_frame"]);
    let found = disk.open(&indexes, &mut recipe);
    assert_eq!(found, Err(ExportError::JoinNeedsEncoding { clips, fields }));
    assert!(disk.reads.len() - reads <= 64, "{} reads", disk.reads.len() - reads);
}

#[test]
fn a_clip_whose_pictures_begin_late_shows_nothing_that_a_cut_before_it_hides() {
    let bench = Bench::new();
    let clip = Clip::new(&bench, bench.clip("closed.mp4", 0.0, 4.0, "-bf 3 -b_strategy 0 -c:a aac"));
    let words = format!("-i {} -c copy {FRAGMENTED}", clip.path.display());
    let late = Clip::new(&bench, bench.make("late.mp4", &words));
    let part = ClipSpec { source: 0, range: Some(clip.range(&(62..63))) };
    let (_, path) = bench
        .film(&[&clip.path, &late.path], |recipe| recipe.clips = vec![part, ClipSpec { source: 1, range: None }])
        .expect("a film");
    assert!(frame_hashes(&path, "v:0") == [&clip.hashes[62..63], &late.hashes[..]].concat());
}
