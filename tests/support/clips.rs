//! Clips made by ffmpeg, films made of them by our export, and what ffmpeg finds in both.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use onetake_core::export::{ExportError, Layout, Recipe, film};

use crate::ffmpeg::{self, Scratch};
use crate::film;
use crate::recording::Disk;

/// Pictures of 320 x 240 at 30 a second and a rising tone at 48 kHz, ten seconds of both.
pub const SOURCE: &str = "-f lavfi -i testsrc2=size=320x240:rate=30:duration=10 \
     -f lavfi -i aevalsrc=0.3*sin(400*t*(1+t)):sample_rate=48000:duration=10";
/// H.264 with a key frame each second.
pub const X264: &str = "-c:v libx264 -preset veryfast -g 30 -sc_threshold 0 -pix_fmt yuv420p -threads 1";
/// What makes ffmpeg write fragments.
pub const FRAGMENTED: &str = "-movflags frag_keyframe+empty_moov+default_base_moof";

/// Clips by what they were made of: most tests begin with the same few, and coding them costs more than testing.
static MADE: LazyLock<Mutex<HashMap<String, Arc<Made>>>> = LazyLock::new(Mutex::default);
type Made = OnceLock<Vec<u8>>;

/// A folder where clips and films are made.
#[derive(Debug)]
pub struct Bench {
    scratch: Scratch,
}

impl Bench {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Bench {
        Bench { scratch: Scratch::new() }
    }

    /// The file that ffmpeg makes of these words.
    pub fn make(&self, name: &str, words: &str) -> PathBuf {
        let path = self.scratch.path(name);
        ffmpeg::run("ffmpeg", &format!("-v error -nostdin -y {words} FILE"), &path);
        path
    }

    /// So many seconds of the source from there on, coded so.
    pub fn clip(&self, name: &str, start: f64, seconds: f64, options: &str) -> PathBuf {
        let words = format!("{SOURCE} -ss {start} -t {seconds} {X264} {options}");
        let kind = Path::new(name).extension().unwrap_or_default().display();
        let made = Arc::clone(MADE.lock().expect("a map").entry(format!("{kind} {words}")).or_default());
        let bytes = made.get_or_init(|| std::fs::read(self.make(name, &words)).expect("a clip"));
        self.scratch.write(name, bytes)
    }

    /// The film of these clips: whole ones, unless `change` says otherwise.
    pub fn film(&self, clips: &[&PathBuf], change: impl FnOnce(&mut Recipe)) -> Result<(Layout, PathBuf), ExportError> {
        let mut disk = Disk::new(clips.iter().map(|path| std::fs::read(path).expect("a clip")));
        let indexes = disk.indexes()?;
        let mut recipe = Recipe::join(0..clips.len() as u32);
        change(&mut recipe);
        assert_eq!(disk.media_bytes_read(), 0);
        disk.open(&indexes, &mut recipe)?;
        let layout = film(&indexes, &recipe)?;
        let bytes = disk.compose(&layout);
        assert_eq!(bytes.len() as u64, layout.report.bytes);
        Ok((layout, self.scratch.write("film.mp4", &bytes)))
    }

    /// Where a file of this name lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    /// A file of these bytes.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> PathBuf {
        self.scratch.write(name, bytes)
    }

    /// The samples of a file's first sound as ffmpeg decodes them, its channels added up.
    pub fn sound(&self, file: &Path) -> Vec<i16> {
        let raw = self.make("sound.raw", &format!("-i {} -map 0:a:0 -ac 1 -f s16le", file.display()));
        let bytes = std::fs::read(raw).expect("samples");
        bytes.as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
    }
}

/// How many samples of sound a decoder gives that knows only whole packets: those of every packet that the edits of the
/// film's first sound show a part of, but for what the first of them skips. Packets that claim to last longer or
/// shorter than the others are taken for one of them.
pub fn stated_sound(file: &Path) -> u64 {
    let bytes = std::fs::read(file).expect("a film");
    let tracks = film::tracks(&bytes);
    let sound = tracks.iter().find(|track| track.handler == "soun").expect("sound");
    let scale = u64::from(film::movie_timescale(&bytes));
    let usual = u64::from(sound.samples[sound.samples.len() / 2].duration);
    let heard = |&(duration, start): &(u64, i64)| {
        assert_eq!(duration * u64::from(sound.timescale) % scale, 0, "whole samples");
        let range = start as u64..start as u64 + duration * u64::from(sound.timescale) / scale;
        let end = |sample: &film::Sample| sample.time + u64::from(sample.duration);
        let seen: Vec<_> =
            sound.samples.iter().filter(|sample| sample.time < range.end && end(sample) > range.start).collect();
        seen.len() as u64 * usual - seen.first().map_or(0, |first| range.start - first.time)
    };
    sound.edits.iter().filter(|(_, start)| *start >= 0).map(heard).sum()
}
