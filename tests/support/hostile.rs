//! What must hold for any bytes whatever: the bodies of the fuzz targets and of the mutation test, and their seeds.

use std::sync::LazyLock;

use onetake_core::codec::SampleEntry;
use onetake_core::demux::SegmentIndex;
use onetake_core::export::Span;
use onetake_core::isobmff::write::full;
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::TrackConfig;
use onetake_core::orientation::Orientation;

use crate::film;
use crate::recording::{Disk, Packet, Track, record, scan};

/// Scans any bytes; whether they were taken for a recording.
pub fn scan_anything(file: &[u8]) -> bool {
    match scan(file) {
        Ok((mut index, reads)) => {
            assert!(reads.len() <= 2 + file.len() / 4, "{} reads of {} bytes", reads.len(), file.len());
            check(file, &index);
            index.end_at_last_packet();
            check(file, &index);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Exports any bytes, between whole recordings of the same kind and twice by themselves; how many films that made.
pub fn export_anything(file: &[u8]) -> u32 {
    static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| recording(1, false));
    let mut disk = Disk::new([WHOLE.clone(), file.to_vec()]);
    let orders: [&[u32]; 2] = [&[0, 1, 0], &[1, 1]];
    let films = orders.into_iter().filter_map(|order| disk.export(order).ok());
    let films: Vec<_> = films.collect();
    for layout in &films {
        let within =
            |span: &Span| span.range.end <= disk.files[&span.source].len() as u64 && span.range.start < span.range.end;
        assert!(layout.spans.iter().all(within), "{:?}", layout.spans);
        let bytes = disk.compose(layout);
        assert_eq!(bytes.len() as u64, layout.report.bytes);
        for track in film::tracks(&bytes) {
            assert!(track.samples.iter().all(|sample| sample.range.end <= bytes.len()));
        }
    }
    films.len() as u32
}

/// What must hold of any index, however damaged the file was.
fn check(file: &[u8], index: &SegmentIndex) {
    let length = file.len() as u64;
    assert!(index.whole_length() <= length);
    for track in index.tracks() {
        let tables = &track.tables;
        let samples: u64 = tables.chunks.iter().map(|chunk| u64::from(chunk.samples)).sum();
        assert_eq!(samples, tables.samples());
        assert_eq!(tables.durations.total(), samples);
        assert_eq!(tables.syncs.total(), samples);
        assert_eq!(tables.offsets.total(), samples);
        assert!(tables.chunks.iter().all(|chunk| chunk.end() <= index.whole_length()));
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
    let [video, audio] = configs(aac);
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
        ("torn.mp4", torn),
        ("nested.mp4", nested),
        ("groups.mp4", groups),
    ]
}
