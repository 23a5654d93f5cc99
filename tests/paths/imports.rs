//! The browser's own recorder: what it writes, cut anywhere, becomes ordinary segments, on disk as it comes. The files here
//! are like Chromium's: a fragment for each key frame, pictures in 1/30 000 s, Opus packets of 60 ms whose last one in each
//! fragment states 21 ms.

use std::collections::BTreeMap;

use onetake_core::codec::SampleEntry;
use onetake_core::demux::FileIndex;
use onetake_core::draft::{CameraInfo, Draft, Entry, FileInfo, PictureSettings, SegmentRecord, journal, recover};
use onetake_core::media::{AudioCodec, Size, TrackKind};
use onetake_core::mux::{Run, RunSample, TrackConfig, fragment, init_segment};
use onetake_core::orientation::Orientation;
use onetake_core::record::{
    DropReason, ImportError, ImportPlan, Importer, Like, RecordEvent, RecordOutput, RecordState,
};
use onetake_core::time::Ticks;
use onetake_tests::film;
use onetake_tests::recording::{Disk, scan};

use super::encoders::{SIZE, audio_entry, number, video_entry};

/// A picture in its file: ticks of 1/30 000 s.
const PICTURE: i64 = 1_000;
/// A packet of 60 ms.
const PACKET: i64 = 2_880;

/// What the recorder saw.
#[derive(Clone)]
pub(super) struct Shot {
    pictures: i64,
    packets: i64,
    /// Pictures and packets that never came.
    lost: Vec<i64>,
    unheard: Vec<i64>,
    size: Size,
    sound: bool,
    /// What the sound is said to be.
    coding: SampleEntry,
}

impl Shot {
    pub(super) fn of(pictures: i64, packets: i64) -> Shot {
        Shot {
            pictures,
            packets,
            lost: Vec::new(),
            unheard: Vec::new(),
            size: SIZE,
            sound: true,
            coding: audio_entry(AudioCodec::Opus, 1),
        }
    }

    /// The file, in its fragments; the head comes first.
    pub(super) fn file(&self) -> Vec<Vec<u8>> {
        let entry = |kind| match kind {
            TrackKind::Video => SampleEntry::avc1(&super::encoders::description(), self.size).expect("a record"),
            TrackKind::Audio => self.coding.clone(),
        };
        let kinds = [TrackKind::Video, TrackKind::Audio];
        let config = |kind| TrackConfig {
            kind,
            entry: entry(kind),
            size: (kind == TrackKind::Video).then_some(self.size),
            orientation: Orientation::UPRIGHT,
        };
        let tracks: Vec<TrackConfig> = kinds.into_iter().take(if self.sound { 2 } else { 1 }).map(config).collect();
        let mut head = init_segment(&tracks);
        let scale = film::find(&head, 0..head.len(), "moov/trak/mdia/mdhd").expect("of the first track");
        // Version 0: creation, modification, timescale.
        head[scale.start + 12..scale.start + 16].copy_from_slice(&30_000_u32.to_be_bytes());
        let seconds = (self.pictures + 29) / 30;
        let mut file = vec![head];
        for second in 0..seconds {
            let last = second + 1 == seconds;
            let pictures: Vec<i64> =
                (second * 30..((second + 1) * 30).min(self.pictures)).filter(|one| !self.lost.contains(one)).collect();
            let ends = pictures.iter().skip(1).copied().chain([self.pictures.min((second + 1) * 30)]);
            let video: Vec<RunSample> = pictures
                .iter()
                .zip(ends)
                .map(|(at, end)| RunSample {
                    duration: u32::try_from((end - at) * PICTURE).expect("short"),
                    size: 8,
                    sync: at % 30 == 0,
                })
                .collect();
            let heard = |one: &i64| !self.unheard.contains(one) && (one * PACKET / 48_000 == second || last);
            let from = (0..self.packets).find(|one| one * PACKET / 48_000 == second).unwrap_or(self.packets);
            let packets: Vec<i64> = (from..self.packets).filter(heard).collect();
            let audio: Vec<RunSample> = (packets.iter().enumerate())
                .map(|(place, one)| RunSample {
                    duration: match packets.get(place + 1) {
                        Some(next) => u32::try_from((next - one) * PACKET).expect("short"),
                        None => 1_008,
                    },
                    size: 6,
                    sync: true,
                })
                .collect();
            let picture = |one: &i64| [u32::try_from(*one).expect("small").to_le_bytes(), [0; 4]].concat();
            let packet = |one: &i64| [&[0x7b, 3][..], &u32::try_from(*one).expect("small").to_le_bytes()].concat();
            let (seen, said): (Vec<u8>, Vec<u8>) =
                (pictures.iter().flat_map(picture).collect(), packets.iter().flat_map(packet).collect());
            let mut runs = vec![Run {
                track: TrackKind::Video,
                decode_time: Ticks(pictures[0] * PICTURE),
                samples: &video,
                data: &seen,
            }];
            if let Some(first) = packets.first().filter(|_| self.sound) {
                runs.push(Run {
                    track: TrackKind::Audio,
                    decode_time: Ticks(first * PACKET),
                    samples: &audio,
                    data: &said,
                });
            }
            file.push(fragment(u32::try_from(second).expect("small") + 1, &tracks, &runs).expect("a fragment"));
        }
        file
    }
}

/// Files by name.
type Files = BTreeMap<String, Vec<u8>>;

/// What the studio worker does around it.
#[derive(Default)]
pub(super) struct Rig {
    pub(super) importer: Importer,
    draft: Draft,
    journal: Vec<u8>,
    files: Files,
    /// Journal and files after each write.
    history: Vec<(Vec<u8>, Files)>,
    events: Vec<RecordEvent>,
    closed: Vec<String>,
    entry: Option<SampleEntry>,
    limit: Option<Ticks>,
}

impl Rig {
    pub(super) fn open(&mut self) {
        let id = self.draft.next_segment_id();
        let first = self.draft.segments().next().map(|first| first.opened.orientation);
        let like = first.zip(self.draft.settings()).map(|(orientation, settings)| Like {
            settings: settings.clone(),
            orientation,
            entry: self.entry.clone(),
        });
        let plan = ImportPlan {
            id,
            take: self.draft.next_take(),
            file: format!("{}.mp4", id.0),
            camera: CameraInfo::default(),
            frame_rate: 30_000,
            like,
            limit: self.limit,
        };
        self.importer.open_segment(plan).expect("idle");
    }

    /// One take of these pieces.
    pub(super) fn take(&mut self, pieces: &[Vec<u8>]) -> Result<(), ImportError> {
        self.open();
        let mut result = Ok(());
        for piece in pieces {
            result = result.and(self.importer.handle_bytes(piece));
            self.drain();
        }
        result = result.and(self.importer.handle_end());
        self.drain();
        assert_eq!(self.importer.state(), RecordState::Idle);
        self.entry = self.importer.picture_entry().cloned().or(self.entry.take());
        result
    }

    pub(super) fn drain(&mut self) {
        while let Some(output) = self.importer.poll_output() {
            match output {
                RecordOutput::Append { file, bytes, ticket, .. } => {
                    self.files.entry(file).or_default().extend(bytes);
                    self.importer.handle_stored(ticket);
                }
                RecordOutput::Journal(entry) => {
                    self.draft.apply(&entry).expect("a decision that fits");
                    if self.journal.is_empty() {
                        self.journal.extend(journal::HEADER);
                    }
                    self.journal.extend(journal::encode(&entry));
                }
                RecordOutput::Close { file } => self.closed.push(file),
                RecordOutput::Event(event) => self.events.push(event),
                RecordOutput::EncodeSound { .. } | RecordOutput::Flush(_) => panic!("nothing is encoded here"),
            }
            self.history.push((self.journal.clone(), self.files.clone()));
        }
    }

    pub(super) fn segments(&self) -> Vec<SegmentRecord> {
        self.draft.timeline().cloned().collect()
    }

    fn index(&self, file: &str) -> FileIndex {
        scan(&self.files[file]).expect("a file of ours").0
    }
}

/// The file in pieces of so many bytes.
fn pieces(file: &[Vec<u8>], size: usize) -> Vec<Vec<u8>> {
    file.concat().chunks(size).map(<[u8]>::to_vec).collect()
}

/// The numbers of the samples of a track, in order.
fn numbers(index: &FileIndex, kind: TrackKind, bytes: &[u8]) -> Vec<u32> {
    let track = index.track(kind).expect("it has one");
    let skip = if kind == TrackKind::Audio { 2 } else { 0 };
    let mut found = Vec::new();
    let mut sizes = track.tables.sizes.iter();
    for chunk in &track.tables.chunks {
        let mut at = chunk.offset as usize;
        for size in sizes.by_ref().take(chunk.samples as usize) {
            // Three frames of silence of 20 ms each.
            let silent = bytes[at..].starts_with(&[0xfb, 3, 0xff, 0xfe]);
            found.push(if silent { u32::MAX } else { number(&bytes[at + skip..]) });
            at += size as usize;
        }
    }
    found
}

#[test]
fn a_recorders_file_becomes_a_segment_wherever_its_pieces_are_cut() {
    // Sound ends 20 ms before the last picture would.
    let shot = Shot::of(99, 55);
    let file = shot.file();
    let length = file.concat().len();
    for size in [1, 7, 1_000, 1_201, length - 3, length] {
        let mut rig = Rig::default();
        rig.take(&pieces(&file, size)).expect("a file like Chromium's");
        let [segment] = rig.segments().try_into().expect("one segment");
        assert_eq!((segment.duration, segment.skew, segment.recovered), (Ticks(55 * PACKET), Ticks(0), false));
        assert_eq!((segment.frames, segment.opened.size), (99, SIZE));
        assert_eq!(segment.audio, Some(AudioCodec::Opus));
        let bytes = &rig.files["1.mp4"];
        let index = rig.index("1.mp4");
        assert_eq!(segment.bytes, bytes.len() as u64);
        let tracks = index.tracks();
        assert!(tracks.iter().all(|track| track.timescale.get() == 48_000 && track.start == 0 && !track.edited()));
        assert_eq!(tracks[1].tables.durations.only(), Some(PACKET as u32), "as long as they decode to");
        assert!(tracks[0].tables.syncs.first().expect("a picture"));
        assert_eq!(numbers(&index, TrackKind::Video, bytes), (0..99).collect::<Vec<u32>>());
        assert_eq!(numbers(&index, TrackKind::Audio, bytes), (0..55).collect::<Vec<u32>>());
        let stats = rig.importer.stats();
        assert_eq!((stats.captured, stats.encoded, stats.dropped.source, stats.bytes), (99, 99, 0, segment.bytes));
        assert_eq!(rig.closed, ["1.mp4"]);
    }
}

#[test]
fn takes_join_without_a_seam_and_pictures_that_sound_does_not_reach_are_left_out() {
    let mut rig = Rig::default();
    // Sound ends 20 ms, 47 ms and 1.4 s before the pictures do.
    for shot in [Shot::of(60, 33), Shot::of(50, 27), Shot::of(60, 10)] {
        rig.take(&pieces(&shot.file(), 999)).expect("a file like Chromium's");
    }
    let segments = rig.segments();
    let lengths: Vec<i64> = segments.iter().map(|one| one.duration.0).collect();
    assert_eq!(lengths[..2], [33 * PACKET, 27 * PACKET]);
    assert_eq!(lengths[2], 34 * PACKET, "no picture is lost, and silence comes in packets like the others");
    assert_eq!(segments.iter().map(|one| one.frames).collect::<Vec<_>>(), [59, 48, 60]);
    assert!(segments.iter().all(|one| one.skew == Ticks(0)));
    assert_eq!(rig.importer.stats().silence.0, lengths[2] - 10 * PACKET);
    assert_eq!(rig.importer.stats().surplus, 3);
    let mut disk = Disk::new(rig.files.values().cloned());
    let layout = disk.export(&[2, 0, 1]).expect("they are alike");
    let bytes = disk.compose(&layout);
    let whole: i64 = lengths.iter().sum();
    for track in film::tracks(&bytes) {
        assert_eq!((track.timescale, track.durations[1]), (48_000, whole as u64));
    }
    assert_eq!((layout.report.skew, layout.report.warnings.len()), (Ticks(0), 0));
}

#[test]
fn what_the_recorder_lost_is_counted_and_missing_sound_becomes_silence_of_its_length() {
    let mut rig = Rig::default();
    let shot = Shot { lost: vec![40, 41, 42, 70], unheard: vec![20, 21], ..Shot::of(90, 50) };
    rig.take(&pieces(&shot.file(), 4_000)).expect("a file like Chromium's");
    let [segment] = rig.segments().try_into().expect("one segment");
    assert_eq!((segment.duration, segment.frames, segment.skew), (Ticks(50 * PACKET), 86, Ticks(0)));
    let stats = rig.importer.stats();
    assert_eq!((stats.encoded, stats.dropped.source, stats.silence), (86, 4, Ticks(2 * PACKET)));
    let told: u32 = (rig.events.iter())
        .map(|event| match event {
            RecordEvent::Dropped { reason: DropReason::Source, count } => *count,
            _ => 0,
        })
        .sum();
    assert_eq!(told, 4);
    let index = rig.index("1.mp4");
    let sound = numbers(&index, TrackKind::Audio, &rig.files["1.mp4"]);
    let silent = sound.iter().filter(|one| **one == u32::MAX).count();
    assert_eq!((silent, sound.len()), (2, 50));
    assert_eq!(sound[20 + 2], 22, "what comes after it stands where it was heard");
}

#[test]
fn a_microphone_that_ends_keeps_no_picture_from_the_disk() {
    let mut rig = Rig::default();
    let file = Shot::of(300, 20).file();
    rig.open();
    for piece in &file {
        rig.importer.handle_bytes(piece).expect("a file like Chromium's");
        rig.drain();
    }
    let stored = rig.importer.stored();
    assert!(stored >= Ticks(300 * 1_600 - 2 * 48_000 - 2 * PACKET), "{stored:?} of ten seconds");
    rig.importer.handle_end().expect("the end");
    rig.drain();
    let [segment] = rig.segments().try_into().expect("one segment");
    assert_eq!((segment.frames, segment.skew, segment.duration.0 % PACKET), (300, Ticks(0), 0));
    assert_eq!(rig.importer.stats().silence, segment.duration - Ticks(20 * PACKET));
}

#[test]
fn a_limit_is_kept_and_nothing_but_a_head_leaves_nothing() {
    let mut rig = Rig { limit: Some(Ticks(72_000)), ..Rig::default() };
    rig.take(&pieces(&Shot::of(99, 55).file(), 512)).expect("a file like Chromium's");
    let [segment] = rig.segments().try_into().expect("one segment");
    assert_eq!((segment.duration, segment.frames, segment.skew), (Ticks(25 * PACKET), 45, Ticks(0)));
    for nothing in [vec![], vec![Vec::new()], vec![Shot::of(99, 55).file()[0].clone()]] {
        rig.take(&nothing).expect("a recorder that was stopped at once");
        assert_eq!(rig.events.last(), Some(&RecordEvent::Empty));
    }
    assert_eq!((rig.segments().len(), rig.files.len()), (1, 1));
}

#[test]
fn what_does_not_fit_the_draft_is_refused_by_name_and_writes_nothing() {
    let mut rig = Rig::default();
    rig.take(&pieces(&Shot::of(30, 16).file(), 700)).expect("a file like Chromium's");
    let wide = Shot { size: Size { width: 1280, height: 720 }, ..Shot::of(30, 16) };
    let refused = rig.take(&pieces(&wide.file(), 700)).expect_err("another size");
    assert!(matches!(&refused, ImportError::Unlike(fields) if fields.contains(&"size")), "{refused}");
    let webm = [&[0x1a, 0x45, 0xdf, 0xa3][..], &[0; 60]].concat();
    let refused = rig.take(&[webm]).expect_err("no MP4");
    assert!(matches!(refused, ImportError::File(_)), "{refused}");
    assert_eq!((rig.segments().len(), rig.files.len()), (1, 1));
    // A take without a microphone is heard as silence; a silent draft stays silent.
    rig.take(&pieces(&Shot { sound: false, ..Shot::of(95, 0) }.file(), 700)).expect("no sound is no mismatch");
    let [first, second] = rig.segments().try_into().expect("two segments");
    assert_eq!((second.audio, second.frames, second.skew), (Some(AudioCodec::Opus), 95, Ticks(0)));
    assert!(rig.events.contains(&RecordEvent::SoundLost));
    assert_eq!(rig.importer.stats().silence, second.duration);
    let mut disk = Disk::new(rig.files.values().cloned());
    let film = disk.export(&[0, 1]).expect("silence joins").report;
    assert_eq!((film.duration, film.skew), (first.duration + second.duration, Ticks(0)));
    let mut silent = Rig::default();
    silent.take(&pieces(&Shot { sound: false, ..Shot::of(30, 16) }.file(), 700)).expect("a silent draft");
    silent.take(&pieces(&Shot::of(30, 16).file(), 700)).expect("sound is left out");
    assert_eq!(silent.segments().iter().map(|one| one.audio).collect::<Vec<_>>(), [None, None]);
    assert_eq!(silent.segments()[0].duration, Ticks(48_000));
    let Some(PictureSettings { sound, video, size, .. }) = silent.draft.settings() else { panic!("they are noted") };
    assert_eq!((sound, &**video, *size), (&None, &*video_entry().codec_string(), SIZE));
}

#[test]
fn a_page_killed_at_any_write_keeps_what_the_recorder_had_given() {
    let mut rig = Rig::default();
    let file = Shot::of(120, 66).file();
    rig.open();
    for piece in &file {
        rig.importer.handle_bytes(piece).expect("a file like Chromium's");
        rig.drain();
    }
    let opened =
        |log: &[u8]| journal::read(log).expect("ours").entries.iter().any(|one| matches!(one, Entry::Opened(_)));
    let mut most = 0;
    for (log, files) in &rig.history {
        let listing: Vec<FileInfo> =
            (files.iter()).map(|(name, bytes)| FileInfo { name: name.clone(), length: bytes.len() as u64 }).collect();
        let indexes = files.iter().filter_map(|(name, bytes)| Some((name.clone(), scan(bytes).ok()?.0)));
        let recovery = recover(log, &listing, indexes).expect("our version");
        let Some(segment) = recovery.draft.segments().next() else {
            assert!(most == 0, "what was there before is there");
            continue;
        };
        assert!(opened(log) && segment.recovered && segment.duration.0 % PACKET == 0);
        assert!(segment.frames >= most, "{} after {most}", segment.frames);
        most = segment.frames;
    }
    assert!(most >= 118, "{most} of 120 pictures");
}

/// The body of a box with its header again.
pub(super) fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).expect("small").to_be_bytes()[..], &kind, body].concat()
}

/// The file as other recorders write it: data counted from the start of the file, or fragments that say no time.
fn dialect(file: &[Vec<u8>], absolute: bool, timed: bool) -> Vec<Vec<u8>> {
    let children = |bytes: &[u8]| -> Vec<([u8; 4], Vec<u8>)> {
        let own = |one: film::Box| (one.kind.as_bytes().try_into().expect("four"), bytes[one.body].to_vec());
        film::boxes(bytes, 0..bytes.len()).into_iter().map(own).collect()
    };
    let rebuild = |fragment: &[u8], at: u64, grown: i32| {
        let mut out = Vec::new();
        for (kind, body) in children(fragment) {
            let mut body = body;
            if &kind == b"moof" {
                body = children(&body)
                    .into_iter()
                    .flat_map(|(kind, body)| {
                        if &kind != b"traf" {
                            return boxed(kind, &body);
                        }
                        let fields = children(&body).into_iter().filter(|(kind, _)| timed || kind != b"tfdt");
                        let fields = fields.flat_map(|(kind, mut body)| {
                            if &kind == b"tfhd" && absolute {
                                body[1] &= !2;
                                body[3] |= 1;
                                body.splice(8..8, at.to_be_bytes());
                            }
                            if &kind == b"trun" {
                                let offset = i32::from_be_bytes(body[8..12].try_into().expect("four"));
                                body[8..12].copy_from_slice(&(offset + grown).to_be_bytes());
                            }
                            boxed(kind, &body)
                        });
                        boxed(kind, &fields.collect::<Vec<u8>>())
                    })
                    .collect();
            }
            out.extend(boxed(kind, &body));
        }
        out
    };
    let mut at = 0;
    let mut written = Vec::new();
    for (place, piece) in file.iter().enumerate() {
        let piece = if place == 0 {
            piece.clone()
        } else {
            let grown = rebuild(piece, at, 0).len() as i32 - piece.len() as i32;
            rebuild(piece, at, grown)
        };
        at += piece.len() as u64;
        written.push(piece);
    }
    written
}

#[test]
fn fragments_that_count_from_the_start_of_the_file_or_say_no_time_lose_nothing() {
    let whole = Shot::of(99, 55);
    let mute = Shot { sound: false, ..Shot::of(99, 0) };
    for (shot, absolute, timed) in [(&whole, true, true), (&mute, false, false), (&mute, true, false)] {
        let file = dialect(&shot.file(), absolute, timed);
        for size in [1_000, file.concat().len()] {
            let mut rig = Rig::default();
            rig.take(&pieces(&file, size)).expect("another way to say the same");
            let [segment] = rig.segments().try_into().expect("one segment");
            let length = if shot.sound { 55 * PACKET } else { 99 * 1_600 };
            assert_eq!((segment.duration, segment.frames, segment.skew), (Ticks(length), 99, Ticks(0)));
            assert_eq!(rig.importer.stats().dropped.source, 0);
            let bytes = &rig.files["1.mp4"];
            assert_eq!(numbers(&rig.index("1.mp4"), TrackKind::Video, bytes), (0..99).collect::<Vec<u32>>());
        }
    }
}

#[test]
fn a_fragment_whose_bytes_lie_elsewhere_is_refused_and_what_came_before_stands() {
    let mut file = dialect(&Shot::of(90, 50).file(), true, true);
    // The last fragment takes its samples out of what was read long ago.
    let last = file.last_mut().expect("a fragment");
    let base = film::find(last, 0..last.len(), "moof/traf/tfhd").expect("of the pictures").start + 8;
    last[base..base + 8].copy_from_slice(&0_u64.to_be_bytes());
    let mut rig = Rig::default();
    let refused = rig.take(&file).expect_err("bytes of another fragment");
    assert!(matches!(refused, ImportError::Unsupported(_)), "{refused}");
    let [segment] = rig.segments().try_into().expect("one segment");
    assert_eq!((segment.frames, rig.importer.stats().dropped.source), (60, 0));
}

#[test]
fn times_that_no_camera_has_are_refused_and_cost_nothing() {
    let at = |time: u64, place: usize| {
        let mut file = Shot::of(90, 50).file();
        let last = file.last_mut().expect("a fragment");
        let moof = film::find(last, 0..last.len(), "moof").expect("first of all");
        let trafs = film::boxes(last, moof).into_iter().filter(|one| one.kind == "traf");
        let times: Vec<usize> =
            trafs.map(|one| film::find(last, one.body, "tfdt").expect("a time").start + 4).collect();
        last[times[place]..times[place] + 8].copy_from_slice(&time.to_be_bytes());
        file
    };
    for time in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 34] {
        for place in [0, 1] {
            let mut rig = Rig::default();
            let refused = rig.take(&at(time, place)).expect_err("a jump");
            assert_eq!(refused, ImportError::Unsupported("times that jump"), "{time} {place}");
            let [segment] = rig.segments().try_into().expect("what came before");
            assert_eq!((segment.frames, segment.skew), (60, Ticks(0)));
            assert!(segment.bytes < 10_000, "{}", segment.bytes);
        }
    }
}

#[test]
fn sound_that_is_not_plain_aac_of_48_khz_is_refused() {
    for (config, fine) in [([0x11, 0x88], true), ([0x09, 0x88], false), ([0x13, 0x08], false)] {
        let entry = SampleEntry::mp4a(&config, 1, 48_000).expect("a configuration");
        let file = Shot { coding: entry, ..Shot::of(30, 16) }.file();
        let taken = Rig::default().take(&file);
        assert_eq!(taken.is_ok(), fine, "{config:02x?}: {taken:?}");
    }
}
