//! Films beyond 4 GiB, whose media no test holds: the scan and the layout see headers only. One lies on the disk as a
//! hole with a `moov` behind it, for ffprobe to read too.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;

use onetake_core::codec::SampleEntry;
use onetake_core::demux::Container;
use onetake_core::export::{ExportJob, Layout, Recipe, film as film_of};
use onetake_core::isobmff::write::{boxed, full, mdat_header};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::{TrackConfig, init_segment};
use onetake_core::orientation::Orientation;
use onetake_core::time::Ticks;
use onetake_tests::ffmpeg::Scratch;
use onetake_tests::film;

use super::foreign;

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
    let mut job = ExportJob::new(files.iter().map(|file| file.length).collect());
    while let Some((source, range)) = job.poll_read() {
        job.handle_read(source, range.start, files[source as usize].read(&range)).expect("a recording");
    }
    let indexes = job.finish().expect("recordings");
    film_of(&indexes, &Recipe::join(0..files.len() as u32)).expect("a film")
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
    let base = small.bytes.len() as u64;
    assert_eq!(offsets(&small.bytes), ("stco", vec![base, base + 2000], 8));
    let huge = export(&[Sparse::new(u32::MAX), Sparse::new(7), Sparse::new(u32::MAX)]);
    let (base, first) = (huge.bytes.len() as u64, 2 * u64::from(u32::MAX));
    assert_eq!(offsets(&huge.bytes), ("co64", vec![base, base + first, base + first + 14], 16));
    assert_eq!(huge.report.copied_bytes, 2 * first + 14);
    assert_eq!((huge.report.bytes, huge.report.duration), (base + 2 * first + 14, Ticks(9600)));
    assert_eq!(huge.bytes[huge.bytes.len() - 8..], (2 * first + 14 + 16).to_be_bytes());
}

#[test]
fn the_last_offset_that_fits_stays_narrow() {
    let head = export(&[Sparse::new(2000), Sparse::new(1000)]).bytes.len() as u64;
    // The second clip's chunk begins at `head + 2 * half`; the payload needs a 64-bit `mdat`, which is eight bytes more.
    let half = (u64::from(u32::MAX) - head - 8) / 2;
    let fits = export(&[Sparse::new(half as u32), Sparse::new(1000)]);
    let (kind, list, header) = offsets(&fits.bytes);
    assert_eq!((kind, header), ("stco", 16));
    assert!(u64::from(u32::MAX) - list[1] < 2, "{list:?}");
    let over = export(&[Sparse::new(half as u32 + 1), Sparse::new(1000)]);
    let (kind, list, header) = offsets(&over.bytes);
    assert_eq!((kind, header), ("co64", 16));
    assert_eq!(list, [over.bytes.len() as u64, over.bytes.len() as u64 + 2 * (half + 1)]);
}

/// `moov` of a film of one picture track with a sample of 100 bytes at each of these places.
fn moov(places: &[u64]) -> Vec<u8> {
    let words = |out: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| out.extend(word.to_be_bytes()));
    let count = places.len() as u32;
    let entry = SampleEntry::av01(&[0x81, 8, 0x0c, 0], Size { width: 64, height: 64 }).expect("an entry");
    let matrix: Vec<u32> = Orientation::UPRIGHT.matrix(Size { width: 64, height: 64 }).map(|value| value as u32).into();
    let mut out = Vec::new();
    boxed(&mut out, *b"moov", |out| {
        full(out, *b"mvhd", 0, 0, |out| words(out, &[&[0, 0, 1000, 1000 * count][..], &[0; 20]].concat()));
        boxed(out, *b"trak", |out| {
            let rest = [&[0; 4][..], &matrix, &[64 << 16, 64 << 16]].concat();
            full(out, *b"tkhd", 0, 3, |out| words(out, &[&[0, 0, 1, 0, 1000 * count][..], &rest].concat()));
            boxed(out, *b"mdia", |out| {
                full(out, *b"mdhd", 0, 0, |out| words(out, &[0, 0, 1000, 1000 * count, 0]));
                full(out, *b"hdlr", 0, 0, |out| words(out, &[0, u32::from_be_bytes(*b"vide"), 0, 0, 0, 0]));
                boxed(out, *b"minf", |out| {
                    boxed(out, *b"stbl", |out| {
                        full(out, *b"stsd", 0, 0, |out| {
                            words(out, &[1]);
                            out.extend(entry.bytes());
                        });
                        full(out, *b"stts", 0, 0, |out| words(out, &[1, count, 1000]));
                        full(out, *b"stsc", 0, 0, |out| words(out, &[1, 1, 1, 1]));
                        full(out, *b"stsz", 0, 0, |out| words(out, &[100, count]));
                        full(out, *b"co64", 0, 0, |out| {
                            words(out, &[count]);
                            places.iter().for_each(|place| out.extend(place.to_be_bytes()));
                        });
                    });
                });
            });
        });
    });
    out
}

#[test]
fn a_film_of_more_than_four_gibibytes_is_read_from_its_end() {
    let scratch = Scratch::new();
    let path = scratch.path("large.mp4");
    let payload = 5 << 30;
    let places = [40, (1 << 32) - 50, (1 << 32) + 50, payload];
    let mut file = File::create(&path).expect("a file");
    let mut head = Vec::new();
    boxed(&mut head, *b"ftyp", |out| out.extend(b"isom\0\0\0\0isom"));
    mdat_header(&mut head, payload);
    file.write_all(&head).expect("a head");
    let end = head.len() as u64 + payload;
    // The hole costs the disk nothing.
    file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).expect("a sparse file");
    file.write_all(&moov(&places)).expect("a moov");
    let (index, reads) = foreign::index(&path).expect("a film");
    let chunks: Vec<u64> = index.tracks()[0].tables.chunks.iter().map(|chunk| chunk.offset).collect();
    assert_eq!((chunks, index.torn(), index.head().container), (places.to_vec(), None, Container::Mp4));
    assert_eq!((index.head().fast_start, index.whole_length()), (false, index.length()));
    assert!(reads.len() <= 5 && index.read_bytes() < 1000, "{reads:?}");
    assert_eq!(foreign::compare(&path), Vec::<String>::new());
}
