//! Files that others made, real ones and those ffmpeg makes here: every sample lies where ffprobe says, of the size, at the
//! times and with the key flag it says, edit lists ignored; what it opens opens.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use onetake_core::demux::{Container, DemuxError, FileIndex, Scan, TrackIndex, describe};
use onetake_core::media::{Size, TrackKind};
use onetake_core::time::Ticks;
use onetake_tests::ffmpeg::{Listed, Probed, Scratch, probe, run};
use onetake_tests::film;

/// Indexes a file on disk; every range that was read comes along.
pub(super) fn index(path: &Path) -> Result<(FileIndex, Vec<Range<u64>>), DemuxError> {
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let length = file.metadata().expect("a length").len();
    let (mut scan, mut reads) = (Scan::new(length), Vec::new());
    while let Some(range) = scan.poll_read() {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.seek(SeekFrom::Start(range.start)).and_then(|_| file.read_exact(&mut bytes)).expect("bytes of the file");
        scan.handle_read(range.start, &bytes)?;
        reads.push(range);
    }
    Ok((scan.finish()?, reads))
}

/// A sample as the index has it.
#[derive(Clone, Copy, Debug)]
struct Sample {
    offset: u64,
    size: u64,
    dts: i64,
    pts: i64,
    duration: i64,
    key: bool,
}

fn samples(track: &TrackIndex) -> Vec<Sample> {
    let tables = &track.tables;
    let mut rows = tables.durations.iter().zip(tables.sizes.iter()).zip(tables.offsets.iter()).zip(tables.syncs.iter());
    let (mut list, mut dts) = (Vec::new(), track.start as i64);
    for chunk in &tables.chunks {
        let mut offset = chunk.offset;
        for (((duration, size), shift), key) in rows.by_ref().take(chunk.samples as usize) {
            let (size, duration) = (u64::from(size), i64::from(duration));
            list.push(Sample { offset, size, dts, pts: dts + i64::from(shift), duration, key });
            offset += size;
            dts += duration;
        }
        assert_eq!(offset, chunk.end(), "a chunk is as long as its samples");
    }
    assert_eq!((rows.count(), list.len() as u64), (0, tables.samples()));
    list
}

/// How a track differs from ffprobe's packets; empty where it does not.
fn differences(fragmented: bool, track: &TrackIndex, packets: &[&Listed]) -> Vec<String> {
    let mut found = Vec::new();
    let own = samples(track);
    if track.entry().fourcc() == *b"ipcm" && track.tables.sizes.only() == Some(3) {
        // ffprobe 5.1 takes 24 bits for the 16 that the entry states beside them.
        return Vec::new();
    }
    if packed(track, &own, packets) {
        return chunks(track, &own, packets);
    }
    if own.len() != packets.len() {
        found.push(format!("{} samples, not {}", own.len(), packets.len()));
    }
    // ffprobe moves decode times back so that none is after its presentation; in fragments it moves presentation on.
    let shift = own.iter().map(|sample| sample.dts - sample.pts).max().unwrap_or(0).max(0);
    let (back, on) = if fragmented { (0, shift) } else { (shift, 0) };
    for (number, (sample, packet)) in own.iter().zip(packets).enumerate() {
        let mut wrong = |what: &str, own: i64, other: i64| {
            if own != other && found.len() < 5 {
                found.push(format!("sample {number}: {what} {own}, not {other}"));
            }
        };
        wrong("size", sample.size as i64, packet.size as i64);
        wrong("offset", sample.offset as i64, packet.pos.map_or(-1, |pos| pos as i64));
        wrong("key", i64::from(sample.key), i64::from(packet.key));
        wrong("dts", sample.dts - back, packet.dts.unwrap_or(i64::MIN));
        wrong("pts", sample.pts + on, packet.pts.unwrap_or(i64::MIN));
    }
    found
}

/// Whether ffprobe puts several samples of PCM into one packet.
fn packed(track: &TrackIndex, own: &[Sample], packets: &[&Listed]) -> bool {
    track.tables.sizes.only().is_some() && track.tables.durations.only().is_some() && packets.len() < own.len()
}

/// PCM by chunks: bytes, place and times of what ffprobe lists in each.
fn chunks(track: &TrackIndex, own: &[Sample], packets: &[&Listed]) -> Vec<String> {
    let (mut own, mut packets) = (own.iter(), packets.iter().peekable());
    let mut found = Vec::new();
    for (number, chunk) in track.tables.chunks.iter().enumerate() {
        let (mut bytes, mut duration) = (0, 0);
        let begin = packets.peek().map(|packet| (packet.pos, packet.dts));
        while let Some(packet) = packets.next_if(|_| bytes < chunk.bytes) {
            bytes += packet.size;
            duration += packet.duration.unwrap_or(0);
        }
        let mine: Vec<&Sample> = own.by_ref().take(chunk.samples as usize).collect();
        let length = mine.iter().map(|sample| sample.duration).sum::<i64>();
        let place = mine.first().map(|sample| (Some(sample.offset), Some(sample.dts)));
        if (place, chunk.bytes, length) != (begin, bytes, duration) {
            found.push(format!("chunk {number}: {place:?} {} {length}, not {begin:?} {bytes} {duration}", chunk.bytes));
        }
    }
    found.extend(packets.next().map(|packet| format!("more packets: {packet:?}")));
    found.truncate(5);
    found
}

/// What is wrong with our index of a file, by ffprobe.
pub(super) fn compare(path: &Path) -> Vec<String> {
    let (own, other) = (index(path), probe(path));
    let (own, Probed { tracks, packets, .. }) = match (own, other) {
        (Ok((own, _)), Some(other)) => (own, other),
        (Err(error), Some(_)) => return vec![format!("refused: {error}")],
        (Ok(_), None) => return vec!["opened, though ffprobe refuses it".to_owned()],
        (Err(error), None) => {
            assert!(!error.to_string().is_empty());
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let ids: Vec<(u32, u32)> = own.tracks().iter().map(|track| (track.id, track.timescale.get())).collect();
    if ids != tracks {
        found.push(format!("tracks {ids:?}, not {tracks:?}"));
    }
    let fragmented = own.head().container == Container::Fragmented;
    for track in own.tracks() {
        let packets: Vec<&Listed> = packets.iter().filter(|packet| packet.track == track.id).collect();
        let wrong = differences(fragmented, track, &packets);
        found.extend(wrong.into_iter().map(|wrong| format!("track {}: {wrong}", track.id)));
    }
    found.extend(own.torn().map(|torn| format!("torn: {torn}")));
    found
}

/// The corpus of real files, if it is there.
pub(crate) fn corpus() -> Vec<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media");
    let folder = std::env::var_os("ONETAKE_MEDIA").map_or(default, PathBuf::from);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("no corpus of foreign files at {} (ONETAKE_MEDIA); it is not compared", folder.display());
        return Vec::new();
    };
    let media =
        |path: &PathBuf| path.extension().is_some_and(|end| ["mp4", "m4a", "mov"].iter().any(|one| end == *one));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(media).collect();
    files.sort();
    files
}

/// Compares these files, as many at a time as there are cores to run ffprobe on.
fn compare_all(files: &[PathBuf]) {
    let next = AtomicUsize::new(0);
    let compare_some = || {
        let mut wrong = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            wrong.extend(compare(file).into_iter().map(|what| format!("{name}: {what}")));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(compare_some)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "of {} files:\n{}", files.len(), wrong.join("\n"));
}

#[test]
fn real_files_are_read_as_ffprobe_reads_them() {
    compare_all(&corpus());
}

/// What ffmpeg is told after two inputs, a picture and a tone; the first word is the file's name.
const CLIPS: &str = "\
faststart.mp4 AVC -c:a aac -movflags +faststart
last.mp4 AVC -c:a aac
negative.mp4 AVC -c:a aac -movflags +negative_cts_offsets
open.mp4 AVC -an -x264-params open-gop=1:keyint=10:bframes=3
still.mp4 AVC -an -vf select=not(mod(n\\,3)) -fps_mode vfr
coarse.mp4 AVC -c:a aac -video_track_timescale 1000 -movie_timescale 600
two.mp4 AVC -map 0 -map 1 -map 1 -c:a aac
tagged.mp4 AVC -c:a aac -metadata title=hello -metadata foo=bar -movflags use_metadata_tags+rtphint
hevc.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=none:pools=1 -c:a libmp3lame
hevc.mov -c:v libx265 -preset ultrafast -x265-params log-level=none:pools=1 -tag:v hvc1 -c:a aac
vp9.mp4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus
av1.mp4 -c:v libaom-av1 -cpu-used 8 -usage realtime -c:a flac -strict -2
mpeg4.mp4 -c:v mpeg4 -c:a ac3
prores.mov -c:v prores -c:a alac
mjpeg.mov -c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16be
sowt.mov AVC -c:a pcm_s16le -timecode 01:00:00:00
in24.mov AVC -c:a pcm_s24be -ac 2
lpcm.mov AVC -c:a pcm_s24le -ac 6 -ar 96000
fl32.mov AVC -c:a pcm_f32le
raw.mov AVC -c:a pcm_u8
ulaw.mov AVC -c:a pcm_mulaw -ar 8000
ima4.mov AVC -c:a adpcm_ima_qt -ac 2
aac.mov AVC -c:a aac
mp3.m4a -vn -c:a libmp3lame -f mp4
fragments.mp4 AVC -c:a aac -movflags frag_keyframe
absolute.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov
based.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof
implied.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov+omit_tfhd_offset
apart.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov+separate_moof
woven.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof -frag_interleave 3
shifted.mp4 AVC -c:a aac -movflags frag_keyframe+empty_moov+negative_cts_offsets
delayed.mp4 AVC -c:a aac -movflags frag_keyframe+delay_moov
cmaf.mp4 AVC -c:a aac -movflags cmaf+global_sidx -frag_duration 500000
dash.mp4 AVC -c:a aac -movflags dash+frag_keyframe
smooth.mp4 AVC -c:a aac -f ismv
vp9-fragments.mp4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus -movflags frag_keyframe+empty_moov
pcm-fragments.mov AVC -c:a pcm_s16le -movflags frag_keyframe+empty_moov";

/// What ffmpeg makes of clips by copying.
const COPIES: &str = "\
turned.mp4 -i DIR/faststart.mp4 -c copy -metadata:s:v rotate=90
trimmed.mp4 -ss 0.7 -i DIR/faststart.mp4 -c copy
part.mov -ss 0.3 -t 0.6 -i DIR/negative.mp4 -c copy
late.mp4 -itsoffset 0.5 -i DIR/faststart.mp4 -i DIR/last.mp4 -map 0:v -map 1:a -c copy
pcm-trimmed.mov -ss 0.7 -i DIR/sowt.mov -c copy";

/// Makes those of the clips that are wanted and that this ffmpeg has the encoders for. What it says while it encodes
/// does not count.
fn clips(scratch: &Scratch, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let wanted = |line: &&str| line.split(' ').next().is_some_and(&wanted);
    let encoders = run("ffmpeg", "-v error -encoders", Path::new(""));
    let known = |line: &&str| {
        let names = line.split_whitespace().skip_while(|word| *word != "-c:v").skip(1).take(1);
        let missing: Vec<&str> = names.filter(|name| !encoders.contains(&format!(" {name} "))).collect();
        if !missing.is_empty() {
            println!("this ffmpeg has no {missing:?}: not compared");
        }
        missing.is_empty()
    };
    let mut files = Vec::new();
    let mut make = |line: &str, inputs: &str| {
        let (name, words) = line.split_once(' ').expect("a name and words");
        let avc = "-c:v libx264 -preset ultrafast -bf 2 -g 12 -sc_threshold 0 -pix_fmt yuv420p -threads 1";
        let path = scratch.path(name);
        let words = words.replace("AVC", avc).replace("DIR", &scratch.path("").to_string_lossy());
        run("ffmpeg", &format!("-v fatal -nostdin -y {inputs} {words} FILE"), &path);
        files.push(path);
    };
    let inputs = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=1.6 \
                  -f lavfi -i sine=frequency=440:sample_rate=48000:duration=1.6";
    CLIPS.lines().filter(wanted).filter(known).for_each(|line| make(line, inputs));
    COPIES.lines().filter(wanted).for_each(|line| make(line, ""));
    files
}

#[test]
fn clips_of_every_form_are_read_as_ffprobe_reads_them() {
    let scratch = Scratch::new();
    compare_all(&clips(&scratch, |_| true));
    // Few reads, and none of media: ftyp's header, ftyp with the next header, moov; where media comes first also its
    // header and that of what follows.
    for (name, most, kind) in
        [("faststart.mp4", 3, Container::Mp4), ("last.mp4", 5, Container::Mp4), ("sowt.mov", 5, Container::Mov)]
    {
        let path = scratch.path(name);
        let (index, reads) = index(&path).expect("a film");
        assert!(reads.len() <= most, "{name}: {reads:?}");
        assert_eq!((index.head().container, index.head().fast_start), (kind, name == "faststart.mp4"), "{name}");
        let bytes = std::fs::read(&path).expect("the clip");
        let media = film::payloads(&bytes);
        let outside = |read: &Range<u64>| media.iter().all(|media| read.end <= media.start || media.end <= read.start);
        assert!(reads.iter().all(outside), "{name}: {reads:?}, media {media:?}");
        assert_eq!((index.torn(), index.whole_length()), (None, index.length()));
    }
}

/// What is done to a film: from the `number`th box of this type on, so many bytes behind the type, this word.
type Lie = (&'static str, &'static [u8; 4], usize, usize, u32);

/// Lies that ffprobe has an answer to. Behind the type come version and flags, and mostly a count; of two tracks the
/// picture's tables are the first.
const LIES: &[Lie] = &[
    ("a short stts", b"stts", 0, 12, 20),
    ("a row of no duration", b"stts", 0, 12, 0),
    ("a short ctts", b"ctts", 0, 8, 10),
    ("an absurd offset", b"ctts", 0, 16, 1 << 29),
    ("a negative offset", b"ctts", 0, 16, (-700_i32).cast_unsigned()),
    ("a chunk of no samples", b"stsc", 1, 16, 0),
    ("chunks out of order", b"stsc", 1, 12, 9),
    ("fewer sizes than samples", b"stsz", 0, 12, 30),
    ("fewer chunks than samples need", b"stco", 0, 8, 7),
    ("a file reference without its flag", b"url ", 0, 4, 0),
    ("a timescale of 0", b"mdhd", 0, 16, 0),
    ("a film's timescale of 0", b"mvhd", 0, 16, 0),
    ("no mvhd", b"mvhd", 0, 0, u32::from_be_bytes(*b"free")),
    ("no edit list", b"edts", 0, 0, u32::from_be_bytes(*b"free")),
    ("no vmhd", b"vmhd", 0, 0, u32::from_be_bytes(*b"free")),
    ("no dinf", b"dinf", 0, 0, u32::from_be_bytes(*b"free")),
    ("an edit list that ends early", b"elst", 0, 8, 9),
    ("user data that ends after moov", b"udta", 0, 0, 0),
    ("chunks that there are not", b"stsc", 1, 12, 4000),
];

#[test]
fn tables_that_lie_are_read_as_ffprobe_reads_them() {
    let scratch = Scratch::new();
    clips(&scratch, |name| name == "last.mp4");
    let clip = std::fs::read(scratch.path("last.mp4")).expect("a clip");
    let mut files = Vec::new();
    for (lie, kind, number, at, word) in LIES {
        let places = clip.windows(4).enumerate().filter(|(_, window)| window == kind);
        let (place, _) =
            places.map(|(place, _)| (place, ())).nth(*number).unwrap_or_else(|| panic!("no box for {lie}"));
        let mut file = clip.clone();
        // A size is before the type.
        let (at, word) = if *kind == b"udta" { (place - 4, 100_000) } else { (place + at, *word) };
        file[at..at + 4].copy_from_slice(&word.to_be_bytes());
        files.push(scratch.write(&format!("{lie}.mp4"), &file));
    }
    let mut junk = clip.clone();
    junk.extend_from_slice(b"what is this?");
    files.push(scratch.write("bytes behind the film.mp4", &junk));
    compare_all(&files);
}

#[test]
fn a_film_cut_short_keeps_the_samples_that_are_there() {
    let scratch = Scratch::new();
    clips(&scratch, |name| name == "faststart.mp4");
    let clip = std::fs::read(scratch.path("faststart.mp4")).expect("a clip");
    let whole = index(&scratch.path("faststart.mp4")).expect("a film").0;
    let path = scratch.write("cut.mp4", &clip[..clip.len() * 2 / 3]);
    let cut = index(&path).expect("a film").0;
    assert!(cut.torn().is_some_and(|why| why.ends_with("lie beyond the file")), "{:?}", cut.torn());
    for (cut, whole) in cut.tracks().iter().zip(whole.tracks()) {
        let (cut, whole) = (samples(cut), samples(whole));
        let inside = whole.iter().take_while(|one| one.offset + one.size <= clip.len() as u64 * 2 / 3);
        assert_eq!(cut.len(), inside.count());
        assert!(cut.len() > 10 && cut.len() < whole.len());
    }
}

#[test]
fn a_file_is_described_in_the_words_of_its_codecs() {
    let scratch = Scratch::new();
    let wanted = [
        ("faststart.mp4", "avc1.4d400b mp4a.40.2"),
        ("hevc.mp4", "hev1.1.6.L30.90 mp4a.6B"),
        ("vp9.mp4", "vp09.00.10.08 opus"),
        ("av1.mp4", "av01.0.00M.08 flac"),
        ("mpeg4.mp4", "mp4v.20 ac-3"),
        ("aac.mov", "avc1.4d400b mp4a.40.2"),
        ("lpcm.mov", "avc1.4d400b lpcm"),
        ("based.mp4", "avc1.4d400b mp4a.40.2"),
        ("last.mp4", "avc1.4d400b mp4a.40.2"),
        ("turned.mp4", "avc1.4d400b mp4a.40.2"),
        ("late.mp4", "avc1.4d400b mp4a.40.2"),
    ];
    for path in clips(&scratch, |name| wanted.iter().any(|(wanted, _)| *wanted == name)) {
        let info = describe(&index(&path).expect("a film").0);
        let codecs: Vec<String> = info.tracks.into_iter().map(|track| track.codec).collect();
        let (_, wanted) = wanted.iter().find(|(name, _)| path.ends_with(name)).expect("a wanted clip");
        assert_eq!(codecs.join(" "), *wanted, "{}", path.display());
    }
    let info = |name: &str| describe(&index(&scratch.path(name)).expect("a film").0);
    let turned = info("turned.mp4");
    assert_eq!((turned.size, turned.rotation, turned.mirrored), (Some(Size { width: 120, height: 160 }), 270, false));
    assert_eq!((turned.container, turned.fast_start), (Container::Mp4, false));
    let [video, audio] = turned.tracks.as_slice() else { panic!("two tracks: {turned:?}") };
    assert_eq!(
        (video.kind, video.samples, video.sync_samples, video.frame_rate),
        (TrackKind::Video, 40, 4, Some((512_000, 20_480)))
    );
    assert_eq!((audio.sample_rate, audio.channels, audio.frame_rate), (Some(48_000), Some(1), None));
    assert_eq!((video.duration, video.start), (Ticks(20_480), Ticks(0)));
    assert_eq!(turned.duration, Ticks(76_800));
    let late = info("late.mp4");
    assert_eq!((late.tracks[0].start, late.tracks[1].start, late.duration), (Ticks(6400), Ticks(0), Ticks(100_800)));
    let lpcm = info("lpcm.mov");
    assert_eq!((lpcm.tracks[1].sample_rate, lpcm.tracks[1].channels), (Some(96_000), Some(6)));
    let fragments = info("based.mp4");
    assert_eq!((fragments.container, fragments.fast_start), (Container::Fragmented, true));
    // Written before anybody knew of an edit list: the first picture comes two frames late.
    assert_eq!((fragments.tracks[0].start, fragments.tracks[0].duration), (Ticks(1024), Ticks(20_480)));
}
