//! Films beyond 4 GiB, whose media no test holds: the scan and the layout see headers only.

use std::ops::Range;

use onetake_core::codec::SampleEntry;
use onetake_core::export::{ExportJob, Layout};
use onetake_core::isobmff::write::{boxed, full, mdat_header};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::{TrackConfig, init_segment};
use onetake_core::orientation::Orientation;
use onetake_core::time::Ticks;
use onetake_tests::film;

/// A file of which only the first bytes exist; then comes media to its end.
struct Sparse {
    head: Vec<u8>,
    length: u64,
}

impl Sparse {
    /// A recording of one fragment with two frames of `size` bytes each.
    fn new(size: u32) -> Sparse {
        let picture = Size { width: 640, height: 360 };
        let entry = SampleEntry::av01(&[0x81, 8, 0x0c, 0], picture).expect("an entry");
        let config =
            TrackConfig { kind: TrackKind::Video, entry, size: Some(picture), orientation: Orientation::UPRIGHT };
        let payload = 2 * u64::from(size);
        let mut mdat = Vec::new();
        mdat_header(&mut mdat, payload);
        let words = |out: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| out.extend(word.to_be_bytes()));
        let mut head = init_segment(&[config]);
        boxed(&mut head, *b"moof", |out| {
            boxed(out, *b"traf", |out| {
                // Default-base-is-moof, default duration, size and flags.
                full(out, *b"tfhd", 0, 0x2_0038, |out| words(out, &[1, 1600, size, 0]));
                // moof 8, traf 8, tfhd 28, trun 20.
                full(out, *b"trun", 0, 1, |out| words(out, &[2, 64 + mdat.len() as u32]));
            });
        });
        head.extend(&mdat);
        let length = head.len() as u64 + payload;
        Sparse { head, length }
    }

    fn read(&self, range: &Range<u64>) -> &[u8] {
        self.head.get(range.start as usize..range.end as usize).expect("the scan reads headers only")
    }
}

fn export(files: &[Sparse]) -> Layout {
    let mut job = ExportJob::new((0..).zip(files).map(|(source, file)| (source, file.length)).collect());
    while let Some((source, range)) = job.poll_read() {
        job.handle_read(source, range.start, files[source as usize].read(&range)).expect("a recording");
    }
    job.finish().expect("a film")
}

/// Offsets of the chunks as the head states them, and the bytes of the head that an `mdat` header takes.
fn offsets(head: &[u8]) -> (&'static str, Vec<u64>, usize) {
    let stbl = film::find(head, 0..head.len(), "moov/trak/mdia/minf/stbl").expect("stbl");
    let moov = film::find(head, 0..head.len(), "moov").expect("moov");
    for (kind, width) in [("stco", 4), ("co64", 8)] {
        if let Some(body) = film::find(head, stbl.clone(), kind) {
            let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            let list = head[body][8..].chunks(width).map(number).collect();
            return (kind, list, head.len() - moov.end);
        }
    }
    panic!("neither stco nor co64");
}

#[test]
fn wide_offsets_and_sizes_only_where_they_are_needed() {
    let small = export(&[Sparse::new(1000), Sparse::new(1000)]);
    let base = small.head.len() as u64;
    assert_eq!(offsets(&small.head), ("stco", vec![base, base + 2000], 8));
    let huge = export(&[Sparse::new(u32::MAX), Sparse::new(7), Sparse::new(u32::MAX)]);
    let (base, first) = (huge.head.len() as u64, 2 * u64::from(u32::MAX));
    assert_eq!(offsets(&huge.head), ("co64", vec![base, base + first, base + first + 14], 16));
    assert_eq!(huge.report.copied_bytes, 2 * first + 14);
    assert_eq!((huge.report.bytes, huge.report.duration), (base + 2 * first + 14, Ticks(9600)));
    assert_eq!(huge.head[huge.head.len() - 8..], (2 * first + 14 + 16).to_be_bytes());
}

#[test]
fn the_last_offset_that_fits_stays_narrow() {
    let head = export(&[Sparse::new(2000), Sparse::new(1000)]).head.len() as u64;
    // The second clip's chunk begins at `head + 2 * half`; the payload needs a 64-bit `mdat`, which is eight bytes more.
    let half = (u64::from(u32::MAX) - head - 8) / 2;
    let fits = export(&[Sparse::new(half as u32), Sparse::new(1000)]);
    let (kind, list, header) = offsets(&fits.head);
    assert_eq!((kind, header), ("stco", 16));
    assert!(u64::from(u32::MAX) - list[1] < 2, "{list:?}");
    let over = export(&[Sparse::new(half as u32 + 1), Sparse::new(1000)]);
    let (kind, list, header) = offsets(&over.head);
    assert_eq!((kind, header), ("co64", 16));
    assert_eq!(list, [over.head.len() as u64, over.head.len() as u64 + 2 * (half + 1)]);
}
