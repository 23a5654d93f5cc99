//! What must hold for any bytes whatever: the bodies of the fuzz targets and of the mutation test, and their seeds.

use std::ops::Range;
use std::sync::LazyLock;

use onetake_core::codec::annexb::{self, Coding};
use onetake_core::codec::{SampleEntry, avc};
use onetake_core::demux::{FileIndex, Scan, describe::describe as media_info, presentation};
use onetake_core::draft::{CameraInfo, SegmentId};
use onetake_core::export::{self, ClipSpec, Entries, Form, Missing, Recipe, film};
use onetake_core::isobmff::edits::Edit;
use onetake_core::isobmff::tables::{Runs, Tables};
use onetake_core::isobmff::write::full;
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::TrackConfig;
use onetake_core::mux::flat::{self, Film, FilmTrack};
use onetake_core::mux::fragmented::{Indexes, Part, fragmented};
use onetake_core::orientation::Orientation;
use onetake_core::record::{ImportPlan, Importer, RecordEvent, RecordOutput, RecordState};
use onetake_core::repair::{Repair, Repaired};
use onetake_core::time::{Micros, Ticks, Timescale};
use onetake_core::transcode::sound::SoundSource;
use onetake_core::transcode::{self, passages};

use crate::recording::{Packet, Track, record};

/// Reads any bytes as a file; its index, if it has one.
pub fn read_anything(file: &[u8]) -> Option<FileIndex> {
    let length = file.len() as u64;
    let mut scan = Scan::new(length);
    let mut cost = Cost::default();
    while let Some(range) = scan.poll_read() {
        if let Err(error) = scan.handle_read(range.start, cost.read(file, range)) {
            assert!(!error.to_string().is_empty());
            return None;
        }
    }
    // A box header takes eight bytes of the file, and no byte is read more than twice.
    cost.at_most(4 + length / 4, 32 + 2 * length);
    match scan.finish() {
        Ok(index) => {
            check(file, &index);
            Some(index)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

/// Reads any bytes and asks everything that an index can tell.
pub fn index_anything(file: &[u8]) -> bool {
    let Some(mut index) = read_anything(file) else { return false };
    describe(&index);
    plan_to_transcode(file, &index);
    index.end_at_last_packet();
    check(file, &index);
    plan_to_transcode(file, &index);
    true
}

/// Samples that are asked for of each track, where tables claim more.
const MOST_ASKED: usize = 10_000;

/// What would be read and decoded to make a segment of it: bytes of the file, from a place in it on where decoding begins.
fn plan_to_transcode(file: &[u8], index: &FileIndex) {
    let whole = transcode::length(index);
    assert!(whole.is_err() || whole >= Ok(Ticks(0)), "{whole:?}");
    assert!((1_000..=120_000).contains(&transcode::frame_rate(index)));
    let inside = |range: &Range<u64>| range.start <= range.end && range.end <= file.len() as u64;
    for track in index.tracks() {
        let fed = passages(index.head(), track).unwrap_or_default();
        let fed = fed.iter().flat_map(|passage| {
            assert!(passage.at <= passage.end, "{passage:?}");
            passage.fed(track).map(|one| (passage.place(one.stamp), one))
        });
        for (_, one) in fed.take(MOST_ASKED) {
            assert!(inside(&one.range) && one.entry < track.entries.len(), "{one:?} of {}", file.len());
        }
        let Ok(mut source) = SoundSource::new(index, track) else { continue };
        let (plain, codings) = (source.is_plain(), source.entries().len());
        assert!(!plain || codings == 1);
        for packet in std::iter::from_fn(|| source.poll_packet()).take(MOST_ASKED) {
            assert!(inside(&packet.range) && !packet.range.is_empty(), "{packet:?} of {}", file.len());
            assert!(packet.heard.start < packet.heard.end && (packet.entry as usize) < codings, "{packet:?}");
            assert!(!plain || packet.at >= Ticks(0));
        }
    }
}

/// Everything that is computed from an index alone.
fn describe(index: &FileIndex) {
    let info = media_info(index);
    assert_eq!(info.tracks.len(), index.tracks().len());
    for (told, track) in info.tracks.iter().zip(index.tracks()) {
        assert_eq!(told.samples, track.tables.samples());
        assert!(told.sync_samples <= told.samples && !told.codec.is_empty());
    }
    assert!(index.duration() >= Ticks(0));
    let _ = (index.frames(), index.skew(), index.media());
    for track in index.tracks() {
        for entry in &track.entries {
            assert!(!entry.codec_string().is_empty());
            let _ = (entry.description(), entry.size(), entry.rate(), entry.channels(), entry.audio_codec());
        }
        let _ = (track.edited(), track.duration());
        if let Ok(stretches) = presentation(index.head(), track) {
            assert!(stretches.len() <= track.edits.len() + 1);
            assert!(stretches.iter().all(|stretch| stretch.media.start < stretch.media.end));
        }
    }
}

/// What became of a file's films.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Films {
    /// How many there are.
    pub count: u32,
    /// Bytes of the largest that lie in no source: its head, silence where a track has nothing to say, and the list of
    /// its parts.
    pub own: usize,
}

/// Makes films of any bytes: by themselves with their own tables, between whole recordings, twice, and cut.
pub fn remux_anything(file: &[u8]) -> Films {
    let Some(index) = read_anything(file) else { return Films::default() };
    let plain = u32::from(flat_film(file, &index));
    let Films { count, own } = export(file, index);
    Films { count: plain + count, own }
}

/// Writes the film of an index over the file it was read from; whether that can be.
fn flat_film(file: &[u8], index: &FileIndex) -> bool {
    let tracks = film_tracks(index);
    let film = Film { udta: &index.head().udta, ..Film::new(&tracks, index.head().timescale, file.len() as u64) };
    let Ok(mut bytes) = flat::head(&film) else { return false };
    bytes.extend_from_slice(file);
    let again = read_anything(&bytes).expect("what we write can be read");
    assert_eq!(again.tracks().len(), tracks.len());
    for (before, after) in tracks.iter().zip(again.tracks()) {
        assert_eq!(before.tables.samples(), after.tables.samples());
        // A step of 2^31 ticks and more is read as one backwards, as everybody does.
        let forward = before.tables.durations.runs().iter().all(|&(_, each)| i32::try_from(each).is_ok());
        assert!(!forward || before.tables.duration == after.tables.duration);
    }
    true
}

/// The tracks of an index as they stand, over its whole file.
pub fn film_tracks(index: &FileIndex) -> Vec<FilmTrack<'_>> {
    index.tracks().iter().map(FilmTrack::of).collect()
}

/// Joins any bytes between whole recordings of the same kind, twice with themselves, and cuts them. Each recipe has
/// another turn of the options.
fn export(file: &[u8], index: FileIndex) -> Films {
    static WHOLE: LazyLock<(Vec<u8>, FileIndex)> = LazyLock::new(|| {
        let whole = recording(1, false);
        let index = read_anything(&whole).expect("a recording");
        (whole, index)
    });
    let indexes = [WHOLE.1.clone(), index];
    let files = [&WHOLE.0[..], file];
    let part = |source, from, to| ClipSpec { source, range: Some(Micros(from)..Micros(to)) };
    let recipes = [
        Recipe { entries: Entries::Several, missing: Missing::Silence, ..Recipe::join([0, 1, 0]) },
        Recipe { form: Form::Fragmented, ..Recipe::join([1, 1]) },
        Recipe { clips: vec![part(1, 110_000, 370_000), part(1, 0, 50_000)], exact: true, ..Recipe::join([]) },
        Recipe { clips: vec![part(1, 370_000, i64::MAX), part(0, 1, 2)], exact: false, ..Recipe::join([]) },
    ];
    let mut films = Films::default();
    for recipe in &recipes {
        let layout = match film(&indexes, recipe) {
            Ok(layout) => layout,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let mut bytes = Vec::new();
        for part in &layout.parts {
            bytes.extend_from_slice(match part {
                export::Part::Own(range) => &layout.bytes[range.clone()],
                export::Part::Source(span) => {
                    assert!(span.range.start < span.range.end, "an empty span");
                    &files[span.source as usize][span.range.start as usize..span.range.end as usize]
                }
            });
        }
        assert_eq!(bytes.len() as u64, layout.report.bytes);
        let again = read_anything(&bytes).expect("what we write can be read");
        assert!(again.torn().is_none(), "{:?}", again.torn());
        let own = layout.bytes.len() + size_of::<export::Part>() * layout.parts.len();
        films = Films { count: films.count + 1, own: films.own.max(own) };
    }
    films
}

/// Lays any bytes out in fragments and reads those again; whether that can be.
pub fn fragment_anything(file: &[u8]) -> bool {
    let Some(index) = read_anything(file) else { return false };
    let tracks = film_tracks(&index);
    let film = Film::new(&tracks, index.head().timescale, file.len() as u64);
    let Ok(laid) = fragmented(&film, Indexes { sidx: true, mfra: true }) else { return false };
    let mut bytes = Vec::new();
    for part in &laid.parts {
        bytes.extend_from_slice(match part {
            Part::Own(range) => &laid.bytes[range.clone()],
            Part::Media(range) => &file[range.start as usize..range.end as usize],
        });
    }
    assert_eq!(bytes.len() as u64, laid.length);
    assert!(read_anything(&bytes).is_some(), "what we write can be read");
    true
}

/// Repairs any bytes; what was saved can be made a film.
pub fn repair_anything(file: &[u8]) -> Option<Repaired> {
    let length = file.len() as u64;
    let mut repair = Repair::new(length);
    let mut cost = Cost::default();
    while let Some(range) = repair.poll_read() {
        repair.handle_read(range.start, cost.read(file, range)).expect("what was asked for");
    }
    // Some twenty walks at most, and each track alone.
    cost.at_most(64 + 8 * length, (1 << 20) + 80 * length);
    match repair.finish() {
        Ok(repaired) => {
            check(file, &repaired.index);
            assert!(repaired.index.tracks().iter().any(|track| track.tables.samples() > 0));
            flat_film(file, &repaired.index);
            Some(repaired)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

/// Takes any bytes as what a browser's recorder wrote, in three pieces; bytes of the segment that they became. Its silence is
/// no longer than its media, its media than half a day.
pub fn import_anything(file: &[u8]) -> usize {
    let mut importer = Importer::default();
    let plan = ImportPlan {
        id: SegmentId(1),
        take: 1,
        file: "1.mp4".to_owned(),
        camera: CameraInfo::default(),
        frame_rate: 30_000,
        like: None,
        limit: None,
    };
    importer.open_segment(plan).expect("idle");
    let (mut bytes, mut sealed) = (Vec::new(), None);
    let mut drain = |importer: &mut Importer| {
        while let Some(output) = importer.poll_output() {
            match output {
                RecordOutput::Append { bytes: more, ticket, .. } => {
                    bytes.extend(more);
                    importer.handle_stored(ticket);
                }
                RecordOutput::Event(RecordEvent::Sealed(record)) => sealed = Some(record),
                _ => {}
            }
        }
    };
    for piece in file.chunks(file.len() / 3 + 1) {
        if let Err(error) = importer.handle_bytes(piece) {
            assert!(!error.to_string().is_empty());
        }
        drain(&mut importer);
    }
    let _told = importer.handle_end();
    drain(&mut importer);
    assert_eq!(importer.state(), RecordState::Idle);
    let Some(record) = sealed else {
        assert!(bytes.is_empty(), "a file without a segment");
        return 0;
    };
    assert_eq!(record.bytes, bytes.len() as u64);
    let index = read_anything(&bytes).expect("what we write can be read");
    let pictures = index.track(TrackKind::Video).map_or(0, |track| track.tables.samples());
    assert_eq!((pictures, index.torn()), (record.frames, None));
    assert!(importer.stats().silence <= record.duration && record.duration < Ticks(13 * 3_600 * 48_000));
    bytes.len()
}

/// What reading costs, counted in reads and bytes, since tests do not measure time.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    reads: u64,
    bytes: u64,
}

impl Cost {
    fn read<'a>(&mut self, file: &'a [u8], range: Range<u64>) -> &'a [u8] {
        assert!(range.start < range.end && range.end <= file.len() as u64, "{range:?} of {} bytes", file.len());
        self.reads += 1;
        self.bytes += range.end - range.start;
        &file[range.start as usize..range.end as usize]
    }

    fn at_most(self, reads: u64, bytes: u64) {
        assert!(self.reads <= reads && self.bytes <= bytes, "{self:?}, at most {reads} reads and {bytes} bytes");
    }
}

/// What must hold of any index, however damaged the file was.
fn check(file: &[u8], index: &FileIndex) {
    let length = file.len() as u64;
    assert!(index.whole_length() <= length);
    for track in index.tracks() {
        let tables = &track.tables;
        let samples: u64 = tables.chunks.iter().map(|chunk| u64::from(chunk.samples)).sum();
        assert_eq!(samples, tables.samples());
        assert_eq!(tables.durations.total(), samples);
        assert_eq!(tables.syncs.total(), samples);
        assert_eq!(tables.offsets.total(), samples);
        let bytes: u64 = tables.chunks.iter().map(|chunk| chunk.bytes).sum();
        let sizes: u64 = tables.sizes.runs().iter().map(|&(count, size)| u64::from(count) * u64::from(size)).sum();
        assert_eq!(bytes, sizes);
        let durations = tables.durations.runs().iter().map(|&(count, each)| u64::from(count) * u64::from(each));
        assert_eq!(durations.sum::<u64>(), tables.duration);
        assert!(tables.chunks.iter().all(|chunk| chunk.samples > 0 && chunk.end() <= index.whole_length()));
        assert!(tables.chunks.iter().all(|chunk| (chunk.entry as usize) < track.entries.len()));
        let rows = tables.durations.runs().len() + tables.sizes.runs().len() + tables.syncs.runs().len();
        assert!(rows <= file.len(), "{rows} runs from {length} bytes");
    }
}

/// The tracks of [`recording`].
pub fn configs(aac: bool) -> [TrackConfig; 2] {
    let size = Size { width: 640, height: 360 };
    let video = SampleEntry::av01(&[0x81, 8, 0x0c, 0], size).expect("an AV1 record");
    let audio = if aac { SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000) } else { SampleEntry::opus(&[], 2) };
    let config = |kind, entry, size| TrackConfig { kind, entry, size, orientation: Orientation::UPRIGHT };
    [config(TrackKind::Video, video, Some(size)), config(TrackKind::Audio, audio.expect("a sound configuration"), None)]
}

/// A recording of so many half seconds, a fragment each; with AAC, or with Opus.
pub fn recording(halves: usize, aac: bool) -> Vec<u8> {
    recording_of(configs(aac), halves, aac)
}

/// The same of H.264, as browsers' recorders make it.
fn recorded(halves: usize) -> Vec<u8> {
    let [mut video, audio] = configs(true);
    let (sps, pps): (&[u8], &[u8]) = (&[0x67, 66, 0xc0, 10, 0xda, 0x10, 0x99], &[0x68, 0xce, 0x3c, 0x80]);
    let record = [&[1, 66, 0xc0, 10, 0xff, 0xe1, 0, 7], sps, &[1, 0, 4], pps].concat();
    video.entry = SampleEntry::avc1(&record, Size { width: 64, height: 64 }).expect("a record");
    recording_of([video, audio], halves, true)
}

fn recording_of([video, audio]: [TrackConfig; 2], halves: usize, aac: bool) -> Vec<u8> {
    let packets = |count: usize, duration: u32, length: usize| {
        let packet = |index: usize| Packet {
            time: index as u64 * u64::from(duration),
            duration,
            sync: index.is_multiple_of(10),
            data: vec![index as u8; length + index % 7],
        };
        (0..count).map(packet).collect()
    };
    let sound = if aac { packets(23 * halves, 1024, 20) } else { packets(25 * halves, 960, 0) };
    let tracks =
        [Track { config: video, packets: packets(15 * halves, 1600, 40) }, Track { config: audio, packets: sound }];
    record(&tracks, 24_000)
}

/// So many boxes of this type inside each other.
pub fn nest(kind: [u8; 4], levels: u32) -> Vec<u8> {
    (1..=levels).rev().flat_map(|level| [(8 * level).to_be_bytes(), kind]).flatten().collect()
}

/// The same with its tables in `moov`, in front of the whole recording; with pictures out of order, edits, two sample
/// entries and a movie timescale of its own.
pub fn progressive(halves: usize, quicktime: bool) -> Vec<u8> {
    let file = recording(halves, true);
    let index = read_anything(&file).expect("a recording");
    let tables: Vec<Tables> = index.tracks().iter().map(|track| disordered(&track.tables, track.kind)).collect();
    let entries: Vec<_> = index.tracks().iter().map(|track| [track.entry().clone(), track.entry().clone()]).collect();
    let edits = [Edit::empty(40), Edit::media(1000 * halves as u64 / 2, 1600), Edit::media(100, 0)];
    let mut tracks = film_tracks(&index);
    for ((track, tables), entries) in tracks.iter_mut().zip(&tables).zip(&entries) {
        (track.tables, track.edits, track.entries) = (tables, &edits, entries);
    }
    let scale = Timescale::new(1000).expect("not zero");
    let mut bytes = flat::head(&Film::new(&tracks, scale, file.len() as u64)).expect("a head");
    if quicktime {
        bytes[8..12].copy_from_slice(b"qt  ");
    }
    bytes.extend_from_slice(&file);
    bytes
}

/// The same samples, every other picture shown later, and the second half of the chunks of another entry.
fn disordered(tables: &Tables, kind: TrackKind) -> Tables {
    let mut tables = tables.clone();
    if kind == TrackKind::Video {
        tables.offsets = Runs::default();
        (0..tables.samples()).for_each(|number| tables.offsets.push(1, if number % 2 == 0 { 3200 } else { -1600 }));
    }
    let half = tables.chunks.len() / 2;
    tables.chunks[half..].iter_mut().for_each(|chunk| chunk.entry = 1);
    tables
}

/// Files to start fuzzing from, by name.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let whole = recording(2, false);
    let mut torn = whole.clone();
    torn.truncate(whole.len() - 100);
    let mut nested = whole.clone();
    nested.extend(nest(*b"edts", 40));
    let mut groups = whole.clone();
    full(&mut groups, *b"sgpd", 0, 0, |out| out.extend_from_slice(b"dvvC\xff\xff\xff\xff"));
    vec![
        ("opus.mp4", whole),
        ("aac.mp4", recording(2, true)),
        ("recorder.mp4", recorded(2)),
        ("torn.mp4", torn),
        ("nested.mp4", nested),
        ("groups.mp4", groups),
        ("progressive.mp4", progressive(2, false)),
        ("quicktime.mov", progressive(2, true)),
        ("stream.mp4", stream(12)),
    ]
}

/// An `mdat` of H.264 pictures with parameter sets among them, without a `moov`; sound lies between.
pub fn stream(pictures: u32) -> Vec<u8> {
    // Baseline, 64 x 64, one reference frame, frame_num in 4 bits, shown as decoded; Exp-Golomb codes by hand:
    // ue(0) ue(0) ue(2) ue(1) 0 ue(3) ue(3) 1 1 0 0 and the stop bit.
    let sps = [0x67, 66, 0xc0, 10, 0b1101_1010, 0b0001_0000, 0b1001_1001];
    let pps = [0x68, 0xce, 0x3c, 0x80];
    let mut media = Vec::new();
    let mut unit = |bytes: &[u8]| {
        media.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        media.extend_from_slice(bytes);
    };
    for number in 0..pictures {
        let place = number % 6;
        if place == 0 {
            unit(&sps);
            unit(&pps);
            // first_mb 0, slice_type 7, set 0, frame_num 0, idr_pic_id 0.
            unit(&[&[0x65, 0b1000_1000, 0b1000_0111][..], &[0x77; 40]].concat());
        } else {
            // first_mb 0, slice_type 5, set 0, frame_num.
            let bits = [0b1001_1010 | (place >> 3) as u8, (place << 5) as u8 | 0x1f];
            unit(&[&[0x41, bits[0], bits[1]][..], &[number as u8 | 1; 30]].concat());
        }
        if number % 2 == 1 {
            unit(&[0xff; 20]);
        }
    }
    let mut file = Vec::new();
    onetake_core::isobmff::write::boxed(&mut file, *b"ftyp", |out| out.extend_from_slice(b"isom\0\0\0\0isom"));
    onetake_core::isobmff::write::boxed(&mut file, *b"mdat", |out| out.extend_from_slice(&media));
    file
}

/// Access units to start fuzzing from, by name: the first byte says how long lengths are and whose units they are, see
/// [`convert_anything`].
pub fn access_units() -> Vec<(&'static str, Vec<u8>)> {
    let lengths = |size: usize, units: &[&[u8]]| {
        let length = |unit: &[u8]| (unit.len() as u32).to_be_bytes()[4 - size..].to_vec();
        units.iter().flat_map(|unit| [length(unit), unit.to_vec()].concat()).collect::<Vec<u8>>()
    };
    let (sps, pps, idr) =
        ([0x67, 66, 0xc0, 10, 0xda, 0x10, 0x99], [0x68, 0xce, 0x3c, 0x80], [0x65, 0x88, 0x87, 0, 0, 3, 1]);
    let (vps, hevc) = ([0x40, 1, 0x0c, 1, 0xff], [0x26, 1, 0xaf, 0x13]);
    let picture: &[&[u8]] = &[&[9, 0xf0], &sps, &pps, &idr];
    let loose = [&[0, 0, 0, 0, 0, 1][..], &sps, &[0, 0, 0, 1], &pps, &[0, 0, 1], &idr, &[0, 0, 0]].concat();
    vec![
        ("lengths-4", [vec![2], lengths(4, picture)].concat()),
        ("lengths-2", [vec![1], lengths(2, picture)].concat()),
        ("lengths-1-hevc", [vec![3], lengths(1, &[&vps, &hevc])].concat()),
        ("start-codes", [vec![2], loose].concat()),
        ("not-carried", [vec![0], lengths(1, &[&[0x65, 0, 0, 1, 9], &[0x65, 0]])].concat()),
        ("beyond", [vec![2], lengths(4, &[&idr]), vec![0xff; 5]].concat()),
    ]
}

/// Takes any bytes, but for the first, as an access unit with lengths and as one with start codes, and converts it to the
/// other and back; whether it is either. The first byte chooses the size of lengths and the coding.
pub fn convert_anything(input: &[u8]) -> bool {
    let Some((&choice, bytes)) = input.split_first() else { return false };
    let size = [1, 2, 4][usize::from(choice % 3)];
    let coding = if choice / 3 % 2 == 0 { Coding::Avc } else { Coding::Hevc };
    let stream = annexb::to_start_codes(coding, bytes, size);
    match &stream {
        Ok(stream) => {
            assert!(stream.len() <= 4 * bytes.len());
            assert_eq!(annexb::to_lengths(stream, size).as_deref(), Ok(bytes));
            assert_eq!(annexb::start_codes(stream).count(), annexb::lengths(bytes, size).expect("a size").count());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let sample = annexb::to_lengths(bytes, size);
    match &sample {
        Ok(sample) => {
            let canonical = annexb::to_start_codes(coding, sample, size).expect("units without start codes inside");
            assert_eq!(annexb::to_lengths(&canonical, size).as_ref(), Ok(sample));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok((record, _)) = annexb::avc_record(bytes) {
        avc::Config::parse(&record).expect("what we write can be read");
    }
    stream.is_ok() || sample.is_ok()
}
