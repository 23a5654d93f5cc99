//! Media encoded anew: what a driver hands to the writer is a segment like any that was filmed, whenever it stops; what it
//! feeds to a decoder is what ffprobe says the file shows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use onetake_core::demux::{Container, FileIndex, Stretch, presentation};
use onetake_core::draft::{CameraInfo, Entry, OpenedSegment, SegmentId, SegmentRecord, SoundFormat, journal};
use onetake_core::export::{Recipe, film};
use onetake_core::media::{AudioCodec, TrackKind};
use onetake_core::orientation::Orientation;
use onetake_core::time::Ticks;
use onetake_core::transcode::{Place, Writer, length, passages};
use onetake_tests::clips::{Bench, FRAGMENTED};
use onetake_tests::recording::{Disk, scan};
use onetake_tests::{ffmpeg, film as plain};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::crash_recovery::reopen;
use super::encoders::{SIZE, audio_entry, video_entry};

/// Media time in a fragment, ticks.
const SECOND: i64 = 48_000;

/// What encoders give.
#[derive(Clone, Debug)]
struct Media {
    /// When each picture stands, whether it is a key frame, its bytes.
    pictures: Vec<(i64, bool, Vec<u8>)>,
    sound: Option<AudioCodec>,
    /// Where the pictures end, and the sound; whole packets.
    end: i64,
}

impl Media {
    /// Pictures so long after each other, the first one so long after the beginning, and `last` ticks behind the last one at
    /// least.
    fn new(drawn: &[(i64, bool, usize)], sound: Option<AudioCodec>, last: i64) -> Media {
        let mut at = 0;
        let picture = |(number, &(gap, sync, size)): (usize, &(i64, bool, usize))| {
            at += gap;
            (at, sync || number == 0, bytes(number, size))
        };
        let pictures: Vec<_> = drawn.iter().enumerate().map(picture).collect();
        let packet = sound.map_or(1, |codec| i64::from(codec.packet()));
        Media { pictures, sound, end: (at + last + packet - 1) / packet * packet }
    }

    /// Packet `number` of the sound.
    fn packet(number: i64) -> Vec<u8> {
        bytes(number as usize + 7, 3 + (number % 5) as usize)
    }

    fn packets(&self) -> i64 {
        self.sound.map_or(0, |codec| self.end / i64::from(codec.packet()))
    }

    /// Hands all in as the driver of the browser does: the sound up to each picture first. What is to be appended, and what it
    /// is a record of.
    fn write(&self, file: &str) -> (Vec<Vec<u8>>, SegmentRecord) {
        let mut writer = Writer::new(opened(file, self.sound));
        let packet = self.sound.map_or(1, |codec| i64::from(codec.packet()));
        let (mut given, mut appends) = (0, Vec::new());
        let mut advance = |writer: &mut Writer, until: i64| {
            let begun = ((until + packet - 1) / packet).min(self.packets());
            (given..begun).for_each(|number| writer.handle_packet(&Media::packet(number)));
            given = given.max(begun);
        };
        for (number, (pts, sync, data)) in self.pictures.iter().enumerate() {
            if number == 0 {
                assert!(!writer.begun());
                writer.begin(video_entry(), self.sound.map(|codec| (audio_entry(codec, 2), codec.packet())));
            }
            advance(&mut writer, *pts);
            writer.handle_picture(Ticks(*pts), *sync, data);
            appends.extend(std::iter::from_fn(|| writer.poll_append()));
        }
        advance(&mut writer, self.end);
        let record = writer.finish(Ticks(self.end)).expect("pictures");
        appends.extend(std::iter::from_fn(|| writer.poll_append()));
        (appends, record)
    }

    /// The samples of a track as they were handed in, up to the end.
    fn samples(&self, kind: TrackKind) -> Vec<Sample> {
        if kind == TrackKind::Audio {
            let packet = self.sound.map_or(1, |codec| i64::from(codec.packet()));
            return (0..self.packets()).map(|number| (number * packet, packet, true, Media::packet(number))).collect();
        }
        let ends = self.pictures.iter().skip(1).map(|(pts, ..)| *pts).chain([self.end]);
        let mut begin = 0;
        let sample = |((_, sync, data), end): (&(i64, bool, Vec<u8>), i64)| {
            let at = std::mem::replace(&mut begin, end);
            (at, end - at, *sync, data.clone())
        };
        self.pictures.iter().zip(ends).map(sample).collect()
    }
}

/// Time, duration, whether it is a sync sample, bytes.
type Sample = (i64, i64, bool, Vec<u8>);

fn bytes(number: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| (number * 31 + at * 7) as u8).collect()
}

fn opened(file: &str, sound: Option<AudioCodec>) -> OpenedSegment {
    OpenedSegment {
        id: SegmentId(1),
        take: 1,
        file: file.to_owned(),
        camera: CameraInfo::default(),
        sound: sound.map(|codec| SoundFormat { codec, channels: 2 }),
        size: SIZE,
        orientation: Orientation::UPRIGHT,
        mirrored: false,
    }
}

/// The samples of a track as an index has them, with their bytes.
fn samples(index: &FileIndex, kind: TrackKind, file: &[u8]) -> Vec<Sample> {
    let Some(track) = index.track(kind) else { return Vec::new() };
    let tables = &track.tables;
    let mut rows = tables.durations.iter().zip(tables.sizes.iter()).zip(tables.syncs.iter());
    let (mut list, mut time) = (Vec::new(), track.start as i64);
    for chunk in &tables.chunks {
        let mut at = chunk.offset as usize;
        for ((duration, size), sync) in rows.by_ref().take(chunk.samples as usize) {
            let end = at + size as usize;
            list.push((time, i64::from(duration), sync, file[at..end].to_vec()));
            (at, time) = (end, time + i64::from(duration));
        }
    }
    assert_eq!((rows.next(), tables.offsets.only().unwrap_or(0)), (None, 0), "as decoded, so shown");
    list
}

/// When each fragment begins, by track; and where each ends in the file.
fn fragments(file: &[u8]) -> Vec<(BTreeMap<u32, i64>, usize)> {
    let boxes = plain::boxes(file, 0..file.len());
    let moofs = boxes.windows(2).filter(|pair| pair[0].kind == "moof");
    let word = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let begin = |traf: plain::Box| {
        let field = |kind| plain::find(file, traf.body.clone(), kind).expect("a field").start;
        let (id, tfdt) = (field("tfhd") + 4, field("tfdt"));
        assert_eq!(file[tfdt], 1, "64 bits of time");
        (word(id), i64::from(word(tfdt + 4)) << 32 | i64::from(word(tfdt + 8)))
    };
    let fragment = |pair: &[plain::Box]| {
        let trafs = plain::boxes(file, pair[0].body.clone()).into_iter().filter(|one| one.kind == "traf");
        (trafs.map(begin).collect(), pair[1].range.end)
    };
    moofs.map(fragment).collect()
}

/// That fragments hold a second each, as near as pictures and packets let them.
fn expect_seconds(media: &Media, file: &[u8]) -> Result<(), TestCaseError> {
    let gaps = media.samples(TrackKind::Video).into_iter().map(|(_, duration, ..)| duration);
    let first = media.pictures[0].0;
    let near = gaps.max().unwrap_or(0).max(first) + media.sound.map_or(1, |codec| i64::from(codec.packet()));
    let all = fragments(file);
    for track in 1..=1 + u32::from(media.sound.is_some()) {
        let begins: Vec<i64> = all.iter().filter_map(|(begins, _)| begins.get(&track).copied()).collect();
        let (end, last) = (media.end, begins.last().copied().unwrap_or(0));
        prop_assert!(end - last <= SECOND + 2 * near, "the last one lasts {}", end - last);
        for pair in begins.windows(2) {
            let lasts = pair[1] - pair[0];
            prop_assert!((SECOND - near..=SECOND + near).contains(&lasts), "{} of {:?}, {}", lasts, begins, near);
        }
    }
    Ok(())
}

/// That a film has these samples from its beginning to its end, and shows them as they are.
fn expect_samples(index: &FileIndex, file: &[u8], media: &Media) -> Result<(), TestCaseError> {
    prop_assert_eq!(index.torn(), None);
    for kind in [TrackKind::Video, TrackKind::Audio] {
        prop_assert_eq!(samples(index, kind, file), media.samples(kind));
        let Some(track) = index.track(kind) else { continue };
        let all = Stretch { at: 0, media: 0..media.end };
        prop_assert_eq!(track.timescale.get(), 48_000);
        prop_assert_eq!(presentation(index.head(), track), Ok(vec![all]));
    }
    prop_assert_eq!(length(index), Ok(Ticks(media.end)));
    Ok(())
}

fn media() -> impl Strategy<Value = Media> {
    let gap = prop_oneof![8 => 1_500..1_700_i64, 3 => 1..6_000_i64, 1 => 1..150_000_i64];
    let picture = (gap.clone(), prop::bool::weighted(0.1), 1..300_usize);
    let sound = prop::sample::select(vec![None, Some(AudioCodec::Aac), Some(AudioCodec::Opus)]);
    (prop::collection::vec(picture, 1..160), sound, gap, any::<bool>()).prop_map(|(mut drawn, sound, last, late)| {
        // Most begin at once.
        drawn[0].0 *= i64::from(late);
        Media::new(&drawn, sound, last)
    })
}

/// A seed of ours, so that a run can be repeated; PROPTEST_RNG_SEED names another.
fn seeded(cases: u32) -> ProptestConfig {
    let named = ProptestConfig::default();
    let rng_seed = if named.rng_seed == RngSeed::Random { RngSeed::Fixed(5) } else { named.rng_seed };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..named }
}

proptest! {
    #![proptest_config(seeded(128))]

    #[test]
    fn what_encoders_give_is_what_the_segment_and_its_film_hold(media in media()) {
        let (appends, record) = media.write("1.mp4");
        let file = appends.concat();
        let (index, _) = scan(&file).expect("a file of ours");
        expect_samples(&index, &file, &media)?;
        expect_seconds(&media, &file)?;
        prop_assert_eq!(appends.len() as u64, 1 + index.fragments(), "the head, and each fragment at once");
        prop_assert_eq!((record.bytes, index.whole_length()), (file.len() as u64, file.len() as u64));
        prop_assert_eq!((record.frames, index.frames()), (media.pictures.len() as u64, media.pictures.len() as u64));
        prop_assert_eq!((record.duration, index.duration()), (Ticks(media.end), Ticks(media.end)));
        prop_assert_eq!((record.skew, index.skew()), (Ticks(0), Ticks(0)));
        prop_assert_eq!((record.audio, record.video.is_some(), record.recovered), (media.sound, true, false));

        let mut disk = Disk::new([file]);
        let indexes = disk.indexes().expect("a file of ours");
        let layout = film(&indexes, &Recipe::join([0])).expect("a segment");
        let bytes = disk.compose(&layout);
        let (index, _) = scan(&bytes).expect("a film of ours");
        expect_samples(&index, &bytes, &media)?;
    }
}

#[test]
fn a_file_torn_anywhere_keeps_its_whole_fragments_and_belongs_to_nobody() {
    let drawn: Vec<(i64, bool, usize)> = (0..75).map(|number| (1_600, number % 30 == 0, 20)).collect();
    for sound in [Some(AudioCodec::Opus), None] {
        let media = Media::new(&drawn, sound, 1_600);
        let (before, record) = media.write("1.mp4");
        let entries = [Entry::Opened(record.opened.clone()), Entry::Sealed(record.clone())];
        let log: Vec<u8> = journal::HEADER.iter().copied().chain(entries.iter().flat_map(journal::encode)).collect();
        // Encoded anew beside it; the journal does not know.
        let (appends, _) = media.write(&record.id().upright_file());
        let file = appends.concat();
        let ends: Vec<usize> = fragments(&file).into_iter().map(|(_, end)| end).collect();
        assert_eq!((ends.len(), *ends.last().expect("fragments")), (3, file.len()));
        let mut files = BTreeMap::from([(record.opened.file.clone(), before.concat())]);
        for cut in 0..=file.len() {
            files.insert(record.id().upright_file(), file[..cut].to_vec());
            if cut % 16 == 0 || ends.contains(&cut) {
                let recovery = reopen(&log, &files);
                assert_eq!(recovery.orphans, [record.id().upright_file()]);
                assert_eq!(recovery.draft.timeline().collect::<Vec<_>>(), [&record]);
                assert_eq!((recovery.entries.len(), recovery.torn), (0, 0), "as if nothing had been");
                assert!(recovery.lost.is_empty() && recovery.recovered.is_empty());
            }
            if cut < ends[0] {
                continue;
            }
            let (mut index, _) = scan(&file[..cut]).unwrap_or_else(|error| panic!("torn at {cut}: {error}"));
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!((index.fragments(), index.whole_length()), (whole as u64, ends[whole - 1] as u64));
            assert_eq!(index.torn().is_some(), !ends.contains(&cut), "{cut}");
            for kind in [TrackKind::Video, TrackKind::Audio] {
                let (found, all) = (samples(&index, kind, &file[..cut]), media.samples(kind));
                assert!(found.len() * 3 >= all.len() * whole / 2 && all.starts_with(&found), "{cut}");
            }
            index.end_at_last_packet();
            assert_eq!(index.skew(), Ticks(0));
        }
    }
}

/// A picture: when it is shown, in ticks of 1/48 000 s, and its bytes.
type Shown = (i64, Range<u64>);

/// The pictures that stand in the film of a file.
fn placed(index: &FileIndex) -> Vec<Shown> {
    let track = index.track(TrackKind::Video).expect("pictures");
    let (mut list, mut end) = (Vec::new(), Ticks(0));
    for passage in passages(index.head(), track).expect("stretches") {
        assert!(end <= passage.at && passage.at < passage.end, "{passage:?}");
        end = passage.end;
        let fed: Vec<_> = passage.fed(track).collect();
        assert!(fed[0].key, "decoding begins with {:?}", fed[0]);
        for one in fed {
            assert!(one.range.end <= index.length() && one.entry < track.entries.len());
            if let Place::At(at) = passage.place(one.stamp) {
                assert!((passage.at..passage.end).contains(&at), "{at:?} of {passage:?}");
                list.push((at.0, one.range));
            }
        }
    }
    list.sort_unstable_by_key(|(at, _)| *at);
    list
}

/// The pictures that ffprobe shows.
fn probed(path: &Path) -> Vec<Shown> {
    let words = "-v error -select_streams v:0 -show_entries packet=pts_time,pos,size,flags -of compact=p=0 FILE";
    let text = ffmpeg::run("ffprobe", words, path);
    let mut list: Vec<Shown> = text
        .lines()
        .filter_map(|line| {
            let field = |name: &str| line.split('|').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
            let seconds: f64 = field("pts_time")?.parse().ok()?;
            let (pos, size): (u64, u64) = (field("pos")?.parse().ok()?, field("size")?.parse().ok()?);
            let shown = !field("flags")?.contains('D');
            shown.then_some(((seconds * 48_000.0).round() as i64, pos..pos + size))
        })
        .collect();
    list.sort_unstable_by_key(|(at, _)| *at);
    list
}

#[test]
fn what_is_decoded_of_a_foreign_file_stands_where_ffprobe_shows_it() {
    let bench = Bench::new();
    let plain = bench.clip("plain.mp4", 0.0, 3.0, "-bf 2 -c:a aac");
    let source = |words: &str| words.replace("PLAIN", &plain.display().to_string());
    let files = [
        bench.clip("fragments.mp4", 0.0, 2.0, &format!("-bf 2 -c:a aac {FRAGMENTED}")),
        bench.clip("delayed.mp4", 0.0, 2.0, "-bf 2 -c:a aac -movflags frag_keyframe+delay_moov"),
        bench.clip("plain.mov", 0.0, 2.0, "-bf 2 -c:a pcm_s16le -video_track_timescale 600"),
        bench.clip("negative.mp4", 0.0, 2.0, "-bf 2 -c:a aac -movflags negative_cts_offsets"),
        bench.clip("open.mp4", 0.0, 2.0, "-an -x264-params open-gop=1:keyint=10:bframes=3"),
        bench.make("trimmed.mp4", &source("-ss 1.55 -i PLAIN -c copy")),
        bench.make("late.mp4", &source("-itsoffset 0.7 -i PLAIN -i PLAIN -map 0:v -map 1:a -c copy")),
        plain.clone(),
    ];
    for path in files {
        let bytes = std::fs::read(&path).expect("a clip");
        let (index, _) = scan(&bytes).expect("a clip");
        let (own, mut other) = (placed(&index), probed(&path));
        if index.head().container == Container::Fragmented {
            // ffprobe lists packets of fragments that lie before the first edit.
            other.retain(|(at, _)| *at + 48 >= own[0].0);
        }
        let end = own.last().map_or(0, |(at, _)| at + 1);
        assert!(length(&index).is_ok_and(|length| end <= length.0), "{end} beyond the end of {}", path.display());
        assert!(own.len() > 30, "{} of {}", own.len(), path.display());
        assert_eq!(own.len(), other.len(), "{}", path.display());
        // A cut within a picture shows the rest of it, which the driver holds; ffprobe begins with the next one instead.
        let ahead = own[0].0 - other[0].0;
        assert!((-48..1_600).contains(&ahead), "{ahead} at the beginning of {}", path.display());
        for (own, other) in own.iter().zip(&other) {
            let apart = own.0 - other.0 - ahead;
            assert!(own.1 == other.1 && apart.abs() <= 48, "{own:?} {other:?} of {}", path.display());
        }
    }
}
