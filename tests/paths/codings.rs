//! Pictures of other codings than H.264, as real encoders make them: filmed, joined and decoded.

use onetake_core::codec::SampleEntry;
use onetake_core::demux::FileIndex;
use onetake_core::export::{ExportError, Recipe, Warning, film};
use onetake_core::media::{Size, TrackKind, VideoCodec};
use onetake_tests::ffmpeg::{Scratch, run};
use onetake_tests::film;
use onetake_tests::recording::{Disk, scan};

use super::crash_recovery::reopen;
use super::devices::Camera;
use super::encoders::Coded;
use super::rig::{BEGIN, Rig, Write};

const SIZE: Size = Size { width: 320, height: 180 };

/// What an encoder of `coding` gives, made by ffmpeg with these words: 70 pictures, of which only the first is a key frame.
fn coded(scratch: &Scratch, coding: VideoCodec, words: &str) -> Coded {
    let path = scratch.path("coded.mp4");
    let source =
        "-v error -nostdin -y -f lavfi -i testsrc2=size=320x180:rate=30 -frames:v 70 -pix_fmt yuv420p -threads 1";
    run("ffmpeg", &format!("{source} {words} FILE"), &path);
    let bytes = std::fs::read(&path).expect("a clip");
    let (index, _) = scan(&bytes).expect("a clip");
    let record = index.track(TrackKind::Video).expect("pictures").entry().description().expect("a record");
    let track = film::tracks(&bytes).remove(0);
    assert_eq!(track.samples.iter().filter(|sample| sample.sync).count(), 1);
    let pictures = track.samples.iter().map(|sample| bytes[sample.range.clone()].to_vec()).collect();
    Coded { entry: SampleEntry::of_pictures(coding, &record, SIZE).expect("a record"), pictures }
}

fn x265(scratch: &Scratch, matrix: &str) -> Coded {
    let options = "bframes=0:keyint=90:scenecut=0:repeat-headers=0:info=0:log-level=none";
    let colours = format!("colorprim=bt709:transfer=bt709:colormatrix={matrix}");
    let words = format!("-c:v libx265 -preset ultrafast -x265-params {options}:{colours} -tag:v hvc1");
    coded(scratch, VideoCodec::Hevc, &words)
}

/// A camera that has run for a second, without a microphone.
fn filming() -> Rig {
    let mut rig = Rig::new();
    rig.sound = None;
    rig.set_camera(Camera::new(BEGIN + 3_000, 30.0));
    rig.run(1_000_000);
    rig
}

/// One take of pictures from each of these encoders, three seconds each.
fn takes(encoders: Vec<Coded>) -> Rig {
    let mut rig = filming();
    for coded in encoders {
        rig.video.coded = Some(coded);
        rig.record();
        rig.run(3_000_000);
        rig.pause();
        rig.run(500_000);
    }
    rig
}

fn files(rig: &Rig) -> (Disk, Vec<FileIndex>, Recipe) {
    let files: Vec<Vec<u8>> = rig.sealed.iter().map(|record| rig.disk.files[&record.opened.file].clone()).collect();
    let recipe = Recipe::join(0..files.len() as u32);
    let mut disk = Disk::new(files);
    let indexes = disk.indexes().expect("files of ours");
    (disk, indexes, recipe)
}

#[test]
fn takes_in_hevc_become_one_hvc1_film_whatever_their_cameras_say_of_colours() {
    let scratch = Scratch::new();
    let rig = takes(vec![x265(&scratch, "bt709"), x265(&scratch, "smpte170m")]);
    assert!(rig.sealed.iter().all(|record| record.video == Some(VideoCodec::Hevc)), "{:?}", rig.sealed);
    let (mut disk, indexes, mut recipe) = files(&rig);
    disk.open(&indexes, &mut recipe).expect("an IDR picture begins each");
    let layout = film(&indexes, &recipe).expect("one coding");
    assert_eq!(layout.report.video, Some(VideoCodec::Hevc));
    assert_eq!(layout.report.warnings, [Warning::ColourMatrix]);
    let path = scratch.write("film.mp4", &disk.compose(&layout));
    let said = run(
        "ffprobe",
        "-v error -select_streams v -show_entries stream=codec_name,codec_tag_string -of csv=p=0 FILE",
        &path,
    );
    assert_eq!(said.trim(), "hevc,hvc1");
    // Complains of nothing.
    let decoded = run("ffmpeg", "-v warning -nostdin -i FILE -map 0 -enc_time_base:v 1:30 -f framemd5 -", &path);
    let pictures = decoded.lines().filter(|line| !line.starts_with('#')).count() as u64;
    assert_eq!(pictures, rig.sealed.iter().map(|record| record.frames).sum::<u64>());
    assert!(pictures >= 178, "{pictures}");
}

#[test]
fn takes_in_two_codings_are_refused_by_what_differs() {
    let scratch = Scratch::new();
    let x264 = "-c:v libx264 -preset ultrafast -bf 0 -g 90 -sc_threshold 0";
    let rig = takes(vec![x265(&scratch, "bt709"), coded(&scratch, VideoCodec::Avc, x264)]);
    let (_, indexes, recipe) = files(&rig);
    let refused = film(&indexes, &recipe).err();
    assert_eq!(refused, Some(ExportError::JoinNeedsEncoding { clips: vec![1], fields: vec!["codec"] }));
}

#[test]
fn a_take_in_hevc_that_nobody_sealed_is_recovered_as_what_it_is() {
    let scratch = Scratch::new();
    let mut rig = filming();
    rig.video.coded = Some(x265(&scratch, "bt709"));
    rig.record();
    rig.run(2_500_000);
    let journal = |write: &Write| if let Write::Journal(bytes) = write { bytes.clone() } else { Vec::new() };
    let log: Vec<u8> = rig.disk.writes.iter().flat_map(journal).collect();
    let mut files = rig.disk.files.clone();
    files.values_mut().for_each(|file| file.truncate(file.len() - 10));
    let draft = reopen(&log, &files).draft;
    let segment = draft.segments().next().expect("a whole fragment");
    assert_eq!((segment.video, segment.recovered), (Some(VideoCodec::Hevc), true));
    assert!(segment.frames >= 25, "{segment:?}");
}
