//! Files that are no MP4 whatever they are called: the refusal says what they are, by their bytes, with a stable code.

use onetake_core::error::{Failure, Retry};
use onetake_tests::ffmpeg::{Scratch, run};
use onetake_tests::recording::scan;

use super::foreign::index;

#[test]
fn a_file_of_another_kind_named_mp4_is_refused_by_its_kind() {
    let scratch = Scratch::new();
    let pictures = "-f lavfi -i testsrc2=size=64x64:rate=10:duration=1";
    let tone = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1";
    let h264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    let made = [
        ("an AVI file", format!("{pictures} {tone} {h264} -c:a pcm_s16le -f avi")),
        ("a WebM or Matroska file", format!("{pictures} -c:v libvpx -f webm")),
        ("a WebM or Matroska file", format!("{pictures} {tone} {h264} -c:a aac -f matroska")),
        ("an MPEG transport stream", format!("{pictures} {tone} {h264} -c:a aac -f mpegts")),
        ("an MPEG program stream", format!("{pictures} -c:v mpeg2video -f vob")),
        ("an FLV file", format!("{pictures} {tone} {h264} -c:a aac -f flv")),
        ("a Windows Media file", format!("{pictures} -c:v wmv2 -f asf")),
        ("a WAV file", format!("{tone} -f wav")),
        ("an Ogg file", format!("{tone} -c:a libopus -f ogg")),
        ("a FLAC file", format!("{tone} -f flac")),
        ("a JPEG picture", format!("{pictures} -frames:v 1 -c:v mjpeg -f image2")),
        ("a PNG picture", format!("{pictures} -frames:v 1 -c:v png -f image2")),
        ("a GIF picture", format!("{pictures} -f gif")),
    ];
    for (kind, words) in made {
        let path = scratch.path("film.mp4");
        run("ffmpeg", &format!("-v fatal -nostdin -y {words} FILE"), &path);
        let error = index(&path).expect_err(kind);
        assert_eq!(error.to_string(), format!("file: {kind} is not supported"));
        let failure = Failure::from(error);
        assert_eq!((failure.code.as_str(), failure.retry), ("file_unsupported", Retry::Never), "{kind}");
    }
}

#[test]
fn bytes_that_begin_with_no_box_are_no_mp4() {
    let other = "a file that does not begin as MP4 does";
    let cases: [(&[u8], &str); 9] = [
        (b"", "an empty file"),
        (b"hi\n", "a file too short for a box"),
        (b"This is a letter, not a film.", other),
        (b"GATTACA GATTACA", other), // begins with the byte that a transport stream's packets do
        (&[0x55; 300], other),
        (b"PK\x03\x04\x14\0\0\0\x08\0 an archive", "a ZIP archive"),
        (b"%PDF-1.7\nbody", "a PDF document"),
        (b"ID3\x04\0\0\0\0\0\0", "an MP3 file"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture"),
    ];
    for (bytes, kind) in cases {
        let error = scan(bytes).expect_err(kind);
        assert_eq!(error.to_string(), format!("file: {kind} is not supported"));
        assert_eq!(Failure::from(error).code, "file_unsupported");
    }
    // A box whose size spells the beginning of something else is a box all the same.
    let error = scan(b"RIFFftypisom").expect_err("torn");
    assert_eq!(Failure::from(error).code, "file_damaged");
}
