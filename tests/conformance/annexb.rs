//! NAL units between lengths and start codes, as ffmpeg's bitstream filters convert them: its streams are ours byte for byte,
//! and ours come back as the samples of the clip.

use onetake_core::codec::annexb::{self, Coding};
use onetake_core::codec::avc::Config;
use onetake_core::demux::TrackIndex;
use onetake_core::media::TrackKind;
use onetake_tests::ffmpeg::{self, Scratch, run};
use onetake_tests::film;
use onetake_tests::recording::scan;

/// The samples of the picture track of a film, and its index.
fn pictures(file: &[u8]) -> (Vec<&[u8]>, TrackIndex) {
    let tracks = film::tracks(file);
    let place = tracks.iter().position(|track| track.handler == "vide").expect("a picture track");
    let samples = tracks[place].samples.iter().map(|sample| &file[sample.range.clone()]).collect();
    let (index, _) = scan(file).expect("a clip");
    let track = index.tracks().iter().find(|track| track.kind == TrackKind::Video).expect("a picture track");
    (samples, track.clone())
}

#[test]
fn h264_is_the_stream_that_ffmpeg_makes_of_it_and_comes_back_as_the_samples() {
    let scratch = Scratch::new();
    for (name, options) in [
        ("plain.mp4", "-bf 2 -an"),
        ("slices.mp4", "-slices 4 -an"),
        ("delimiters.mp4", "-x264-params aud=1:slices=2 -an"),
    ] {
        let file = ffmpeg::clip(&scratch, name, 2, options);
        let theirs = scratch.path("stream.h264");
        let words = format!(
            "-v error -nostdin -y -i FILE -map 0:v -c copy -bsf:v h264_mp4toannexb -f h264 {}",
            theirs.display()
        );
        run("ffmpeg", &words, &scratch.path(name));
        let theirs = std::fs::read(theirs).expect("a stream");

        let (samples, track) = pictures(&file);
        let record = track.entry().description().expect("avcC");
        let config = Config::parse(&record).expect("avcC");
        assert_eq!(config.length_size, 4);
        let mut ours = Vec::new();
        for sample in &samples {
            let stream = annexb::to_start_codes(Coding::Avc, sample, 4).expect("an access unit");
            assert_eq!(annexb::to_lengths(&stream, 4).as_deref(), Ok(*sample), "{name}");
            // ffmpeg puts the record's sets before the first slice of an IDR picture.
            let mut told = Vec::new();
            let mut idr = false;
            for unit in annexb::start_codes(&stream) {
                let (_, unit) = unit.expect("a unit");
                if unit[0] & 0x1f == 5 && !idr {
                    idr = true;
                    config.sps.iter().chain(&config.pps).for_each(|set| annexb::push(Coding::Avc, &mut told, set));
                }
                annexb::push(Coding::Avc, &mut told, unit);
            }
            ours.extend_from_slice(&told);
        }
        assert!(ours == theirs, "{name}: {} bytes, ffmpeg has {}", ours.len(), theirs.len());

        // And back: all of ffmpeg's units but the sets are the samples, and the sets are the record.
        let mut back = Vec::new();
        for unit in annexb::start_codes(&theirs) {
            let (_, unit) = unit.expect("a unit");
            if !Coding::Avc.is_set(unit) {
                back.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                back.extend_from_slice(unit);
            }
        }
        assert!(back == samples.concat(), "{name}");
        let (made, sps) = annexb::avc_record(&theirs).expect("parameter sets");
        assert_eq!(made, record, "{name}");
        assert_eq!(Some(sps.size), track.entry().size());
    }
}

#[test]
fn hevc_has_the_units_that_ffmpeg_finds_in_it() {
    let scratch = Scratch::new();
    let options = "-c:v libx265 -preset ultrafast -x265-params log-level=none -g 15 -tag:v hvc1 -an";
    let file = ffmpeg::clip(&scratch, "hevc.mp4", 1, options);
    let theirs = scratch.path("stream.h265");
    let words =
        format!("-v error -nostdin -y -i FILE -map 0:v -c copy -bsf:v hevc_mp4toannexb -f hevc {}", theirs.display());
    run("ffmpeg", &words, &scratch.path("hevc.mp4"));
    let theirs = std::fs::read(theirs).expect("a stream");
    let (samples, _) = pictures(&file);
    // Its start codes are of four bytes throughout, and it puts the record's sets and messages before key frames.
    let message = |unit: &[u8]| matches!(unit[0] >> 1 & 0x3f, 39 | 40);
    let pictures = |stream: &[u8]| {
        let units = annexb::start_codes(stream).map(|unit| unit.expect("a unit").1.to_vec());
        units.filter(|unit| !Coding::Hevc.is_set(unit) && !message(unit)).collect::<Vec<_>>()
    };
    let mut ours = Vec::new();
    for sample in &samples {
        let stream = annexb::to_start_codes(Coding::Hevc, sample, 4).expect("an access unit");
        assert_eq!(annexb::to_lengths(&stream, 4).as_deref(), Ok(*sample));
        ours.extend(pictures(&stream));
    }
    assert!(ours.len() >= 30);
    assert_eq!(ours, pictures(&theirs));
}
