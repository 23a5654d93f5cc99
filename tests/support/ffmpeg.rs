//! ffmpeg and ffprobe, found in `PATH`: they make the clips and judge the films. A scratch folder that goes with its owner.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own in the system's temporary one; removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Scratch {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("onetake-tests-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
        Scratch(path)
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a tool; `FILE` among the words stands for the file's path. It must succeed without a word on standard error.
pub fn run(tool: &str, words: &str, file: &Path) -> String {
    let Output { status, stdout, stderr } = start(tool, words, file);
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success() && said.is_empty(), "{tool} {words} on {}: {status}\n{said}", file.display());
    String::from_utf8_lossy(&stdout).into_owned()
}

/// What a tool says; `None` where it fails. Complaints do not count.
pub fn ask(tool: &str, words: &str, file: &Path) -> Option<String> {
    let Output { status, stdout, .. } = start(tool, words, file);
    status.success().then(|| String::from_utf8_lossy(&stdout).into_owned())
}

fn start(tool: &str, words: &str, file: &Path) -> Output {
    let words = words.split_whitespace().map(|word| if word == "FILE" { file.as_os_str() } else { word.as_ref() });
    match Command::new(tool).args(words).output() {
        Ok(output) => output,
        Err(error) => {
            panic!("{tool} is needed in PATH for the conformance tests (Debian: apt install ffmpeg): {error}")
        }
    }
}

/// Makes a clip of test pictures and a tone: `seconds` at 30 fps and 48 kHz, without reordered frames, a key frame each
/// second, video in ticks of 1/48 000 s.
pub fn clip(scratch: &Scratch, name: &str, seconds: u32, options: &str) -> Vec<u8> {
    let path = scratch.path(name);
    let words = format!(
        "-v error -nostdin -y -f lavfi -i testsrc2=size=320x240:rate=30:duration={seconds} \
         -f lavfi -i sine=frequency=440:sample_rate=48000:duration={seconds} \
         -c:v libx264 -preset ultrafast -bf 0 -g 30 -sc_threshold 0 -pix_fmt yuv420p \
         -video_track_timescale 48000 -threads 1 {options} FILE"
    );
    run("ffmpeg", &words, &path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// A packet as ffprobe lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Decoding time in ticks of its stream.
    pub dts: i64,
    /// Bytes.
    pub size: u64,
    /// Where it lies in the file.
    pub pos: u64,
    /// Whether it is a key frame.
    pub key: bool,
}

/// The packets of a stream (`v` or `a`), edit lists ignored.
pub fn packets(file: &Path, stream: &str) -> Vec<Packet> {
    let words = format!(
        "-v error -ignore_editlist 1 -select_streams {stream} -show_entries packet=dts,size,pos,flags -of compact=p=0 FILE"
    );
    let text = run("ffprobe", &words, file);
    text.lines()
        .map(|line| {
            let field = |name: &str| {
                let found = line.split('|').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
                found.unwrap_or_else(|| panic!("no {name} in {line:?}"))
            };
            let number = |name: &str| field(name).parse().unwrap_or_else(|_| panic!("{name} in {line:?}"));
            Packet {
                dts: number("dts"),
                size: number("size") as u64,
                pos: number("pos") as u64,
                key: field("flags").contains('K'),
            }
        })
        .collect()
}

/// A packet of any stream as ffprobe lists it, edit lists ignored; what it does not know is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Identifier of the track.
    pub track: u32,
    /// Presentation time in ticks of the track.
    pub pts: Option<i64>,
    /// Decoding time in ticks of the track.
    pub dts: Option<i64>,
    /// How long it lasts.
    pub duration: Option<i64>,
    /// Bytes.
    pub size: u64,
    /// Where it lies in the file.
    pub pos: Option<u64>,
    /// Whether it is a key frame.
    pub key: bool,
}

/// What ffprobe finds in a file, edit lists ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Identifier and ticks a second of the picture and sound streams.
    pub tracks: Vec<(u32, u32)>,
    /// Identifiers of all streams, in ffprobe's order.
    pub streams: Vec<u32>,
    /// The packets of all streams.
    pub packets: Vec<Listed>,
}

/// Asks ffprobe for all streams and packets of a file; `None` where it refuses it. What it says on standard error does
/// not count.
pub fn probe(file: &Path) -> Option<Probed> {
    let words = "-v error -ignore_editlist 1 -of compact=p=0 -show_entries \
         packet=stream_index,pts,dts,duration,size,pos,flags:stream=index,id,codec_type,time_base FILE";
    let output = start("ffprobe", words, file);
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let streams = || text.lines().filter(|line| field(line, "index").is_some());
    let id = |line: &str| field(line, "id").and_then(|id| u32::from_str_radix(id.trim_start_matches("0x"), 16).ok());
    let ids: Vec<u32> = streams().map(|line| id(line).unwrap_or(0)).collect();
    let media = |line: &&str| matches!(field(line, "codec_type"), Some("video" | "audio"));
    let scale = |line: &str| field(line, "time_base")?.strip_prefix("1/")?.parse().ok();
    let tracks = streams().filter(media).filter_map(|line| Some((id(line)?, scale(line)?))).collect();
    let listed = |line: &str| {
        Some(Listed {
            track: *ids.get(number::<usize>(line, "stream_index")?)?,
            pts: number(line, "pts"),
            dts: number(line, "dts"),
            duration: number(line, "duration"),
            size: number(line, "size")?,
            pos: number(line, "pos"),
            key: field(line, "flags")?.contains('K'),
        })
    };
    let packets = text.lines().filter_map(listed).collect();
    Some(Probed { tracks, streams: ids, packets })
}

/// The value behind `name=` in a line of compact output.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split('|').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

fn number<T: std::str::FromStr>(line: &str, name: &str) -> Option<T> {
    field(line, name)?.parse().ok()
}

/// One entry of a stream or the format, such as `stream=duration_ts`.
pub fn entry(file: &Path, select: &str, entry: &str) -> String {
    let words = format!("-v error {select} -show_entries {entry} -of default=nw=1:nk=1 FILE");
    run("ffprobe", &words, file).trim().to_owned()
}

/// The hashes of all decoded frames of a stream, in order.
pub fn frame_hashes(file: &Path, stream: &str) -> Vec<String> {
    let words = format!("-v error -nostdin -threads 1 -i FILE -map 0:{stream} -fps_mode passthrough -f framemd5 -");
    let text = run("ffmpeg", &words, file);
    let frames = text.lines().filter(|line| !line.starts_with('#'));
    frames.filter_map(|line| Some(line.rsplit(',').next()?.trim().to_owned())).collect()
}

/// Decodes everything; a word of complaint fails the test. The null muxer counts in the guessed frame rate, so it also
/// complains of two pictures that are nearer to each other than a frame lasts.
pub fn decodes(file: &Path) {
    run("ffmpeg", "-v error -nostdin -threads 1 -i FILE -f null -", file);
}

/// How many samples of sound a film decodes to.
pub fn sound_samples(file: &Path) -> u64 {
    // One byte a sample.
    let words = "-v error -nostdin -i FILE -map 0:a -f framecrc -c:a pcm_u8 -ac 1 -";
    let text = run("ffmpeg", words, file);
    let frames = text.lines().filter(|line| !line.starts_with('#'));
    frames.filter_map(|line| line.split(',').nth(3)?.trim().parse::<u64>().ok()).sum()
}
