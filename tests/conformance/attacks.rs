//! Small films in which one box lies: counts of four billion, sizes of nothing and of everything, tables that contradict
//! each other. Each kills or hangs some reader of others.

use onetake_core::export::{ExportError, Recipe, film};
use onetake_core::isobmff::write::{boxed, full};
use onetake_core::mux::init_segment;
use onetake_tests::film as plain;
use onetake_tests::hostile::{configs, nest, read_anything};

use super::{Outcome, try_everything};

const MOST: u32 = u32::MAX;
/// Where the media of the honest film begins.
const MEDIA: u32 = 32;

/// What to put in the place of the box at this path, given whole; nothing to leave it.
type Change<'a> = &'a dyn Fn(&str, &[u8]) -> Option<Vec<u8>>;

/// The boxes of a container, each given to `change` with its path, which may put others in its place.
fn rebuild(file: &[u8], path: &str, change: Change<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for one in plain::boxes(file, 0..file.len()) {
        let (path, whole) = (format!("{path}/{}", one.kind), &file[one.range.clone()]);
        let kind = whole[4..8].try_into().expect("four bytes");
        match change(&path, whole) {
            Some(other) => out.extend(other),
            None if matches!(one.kind.as_str(), "moov" | "trak" | "mdia" | "minf" | "stbl") => {
                boxed(&mut out, kind, |out| out.extend(rebuild(&file[one.body], &path, change)));
            }
            None => out.extend_from_slice(whole),
        }
    }
    out
}

fn table(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    full(&mut out, *kind, 0, 0, |out| words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes())));
    out
}

/// `ftyp`, four samples of 16 bytes, and a `moov` of one track, in which the box at this path is replaced. Boxes that
/// the honest film does not have are put behind `stco`.
fn film_with(path: &str, other: &[u8]) -> Vec<u8> {
    let honest = |kind: &str| match kind {
        "stts" => Some(table(b"stts", &[1, 4, 1600])),
        "stsc" => Some(table(b"stsc", &[1, 1, 4, 1])),
        "stsz" => Some(table(b"stsz", &[16, 4])),
        "stco" => Some(table(b"stco", &[1, MEDIA])),
        "mvex" => Some(Vec::new()),
        _ => None,
    };
    let init = init_segment(&configs(true)[..1]);
    let moov = plain::find(&init, 0..init.len(), "moov").expect("moov");
    let moov = &init[moov.start - 8..moov.end];
    let there = std::cell::Cell::new(false);
    let change = |here: &str, _: &[u8]| {
        if here == format!("/{path}") {
            there.set(true);
            return Some(other.to_vec());
        }
        honest(here.rsplit('/').next().expect("a name"))
    };
    let mut rebuilt = rebuild(moov, "", &change);
    if !there.get() {
        let behind = |here: &str, whole: &[u8]| here.ends_with("/stco").then(|| [whole, other].concat());
        rebuilt = rebuild(&rebuilt, "", &behind);
    }
    let mut file = Vec::new();
    boxed(&mut file, *b"ftyp", |out| out.extend_from_slice(b"isom\0\0\0\0isom"));
    // Eight bytes more, so that the media begins at a round place.
    file.truncate(16);
    file[3] = 16;
    boxed(&mut file, *b"free", |_| {});
    boxed(&mut file, *b"mdat", |out| out.extend_from_slice(&[7; 64]));
    file.extend(rebuilt);
    file
}

/// The same with a table of `stbl` replaced by one of these words.
fn with_table(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
    let name = std::str::from_utf8(kind).expect("letters");
    film_with(&format!("moov/trak/mdia/minf/stbl/{name}"), &table(kind, words))
}

#[test]
fn tables_that_lie_are_clamped_or_refused() {
    let honest = try_everything(&film_with("none", &[]));
    assert!(matches!(honest, Outcome { read: true, fragmented: true, repaired: true, .. }), "{honest:?}");
    let lies: &[(&[u8; 4], &[u32])] = &[
        (b"stts", &[MOST]),
        (b"stts", &[0]),
        (b"stts", &[1, MOST, MOST]),
        (b"stts", &[1, 4, 0]),
        (b"stts", &[2, 1, MOST, MOST, 0x8000_0000]),
        (b"stts", &[1, 0, 1600]),
        (b"stts", &[1, 4, 1]),
        (b"stsz", &[0, MOST]),
        (b"stsz", &[1, MOST]),
        (b"stsz", &[MOST, MOST]),
        (b"stsz", &[0, 4, MOST, MOST, MOST, MOST]),
        (b"stsz", &[0, 4, 0, 0, 0, 0]),
        (b"stsz", &[16]),
        (b"stsc", &[0]),
        (b"stsc", &[MOST, 1, 4, 1]),
        (b"stsc", &[1, 0, 4, 1]),
        (b"stsc", &[1, 1, 0, 1]),
        (b"stsc", &[1, 1, MOST, 1]),
        (b"stsc", &[1, 1, 4, 0]),
        (b"stsc", &[1, 1, 4, MOST]),
        (b"stsc", &[1, 2, 4, 1]),
        (b"stsc", &[3, 3, 1, 1, 2, 1, 1, 1, 1, 1]),
        (b"stsc", &[2, 1, 4, 1, MOST, MOST, 1]),
        (b"stco", &[0]),
        (b"stco", &[MOST, MEDIA]),
        (b"stco", &[1, 0]),
        (b"stco", &[1, MOST]),
        (b"stco", &[2, MEDIA, MOST]),
        (b"co64", &[1, MOST, MOST]),
        (b"stss", &[MOST]),
        (b"stss", &[3, 4, 2, 1]),
        (b"stss", &[2, 0, MOST]),
        (b"ctts", &[MOST, MOST, 0x8000_0000]),
        (b"ctts", &[1, 4, 0x8000_0000]),
        (b"ctts", &[1, 4, 0x7fff_ffff]),
        (b"stps", &[MOST, MOST]),
        (b"sbgp", &[u32::from_be_bytes(*b"rap "), MOST, MOST, 1]),
        (b"sgpd", &[u32::from_be_bytes(*b"dvvC"), MOST]),
        (b"sdtp", &[MOST]),
        (b"cslg", &[MOST; 5]),
    ];
    for (kind, words) in lies {
        try_everything(&with_table(kind, words));
    }
    for bits in [0, 3, 4, 8, 16, 32] {
        let sizes = table(b"stz2", &[bits, MOST, MOST]);
        try_everything(&film_with("moov/trak/mdia/minf/stbl/stsz", &sizes));
    }
}

#[test]
fn chunks_over_the_same_bytes_cost_no_more_than_their_rows() {
    // A thousand chunks of 64 samples of a byte, all in the same place; and one chunk so often that rows of any kind
    // for each sample would be thousands of times the file.
    for (chunks, each) in [(1, 1), (1000, 64)] {
        let stbl = "moov/trak/mdia/minf/stbl";
        let mut file = with_table(b"stco", &[&[chunks][..], &vec![MEDIA; chunks as usize]].concat());
        for (kind, words) in [(b"stsz", &[1, chunks * each][..]), (b"stsc", &[1, 1, each, 1]), (b"stts", &[1, MOST, 1])]
        {
            let name = std::str::from_utf8(kind).expect("letters");
            let here = format!("/{stbl}/{name}");
            file = rebuild(&file, "", &|path, _| (path == here).then(|| table(kind, words)));
        }
        assert!(try_everything(&file).read);
    }
}

/// A film of so many chunks of so many samples of a byte, over the same bytes, with so many edits of a sample each.
fn crowded(chunks: u32, each: u32, edits: u32) -> Vec<u8> {
    let lists: Vec<u32> = (0..edits).flat_map(|edit| [1600, 1600 * (edit % (chunks * each)), 0x1_0000]).collect();
    let edits = self::edits(&[&[edits][..], &lists].concat());
    let behind = |here: &str, whole: &[u8]| (here == "/moov/trak/tkhd").then(|| [whole, &edits].concat());
    let mut file = rebuild(&film_with("none", &[]), "", &behind);
    let stco = [&[chunks][..], &vec![MEDIA; chunks as usize]].concat();
    let tables: [(&[u8; 4], &[u32]); 4] = [
        (b"stts", &[1, chunks * each, 1600]),
        (b"stsz", &[1, chunks * each]),
        (b"stsc", &[1, 1, each, 1]),
        (b"stco", &stco),
    ];
    for (kind, words) in tables {
        let here = format!("/moov/trak/mdia/minf/stbl/{}", std::str::from_utf8(kind).expect("letters"));
        file = rebuild(&file, "", &|path, _| (path == here).then(|| table(kind, words)));
    }
    file
}

#[test]
fn a_film_of_more_edits_than_can_be_cheap_is_refused_and_one_of_a_few_never() {
    let film = |file: &[u8], clips: usize| {
        let index = read_anything(file).expect("a film");
        film(&[index], &Recipe::join(vec![0; clips])).map(|layout| layout.report.frames)
    };
    // Each edit looks through all chunks; every clip through those of its edits.
    let many = |result| matches!(result, Err(ExportError::Unsupported { what: "too many edits", .. }));
    assert!(many(film(&crowded(30_000, 1, 3_000), 1)));
    assert!(many(film(&crowded(20_000, 1, 500), 10)));
    assert_eq!(film(&crowded(20_000, 1, 500), 1), Ok(500));
    // A day and more, as most films are edited.
    assert_eq!(film(&crowded(1_000_000, 1, 4), 3), Ok(12));
    // Samples that stand for more bytes than there are would cost rows that no byte pays for.
    let shared = ExportError::Unsupported { source: 0, what: "samples that share bytes" };
    assert_eq!(film(&crowded(1000, 64, 1), 1), Err(shared));
}

#[test]
fn headers_that_lie_are_clamped_or_refused() {
    let track = "moov/trak/mdia/minf/stbl/stsd";
    let entry = |kind: &[u8; 4], config: &[u8]| {
        let mut stsd = Vec::new();
        full(&mut stsd, *b"stsd", 0, 0, |out| {
            out.extend_from_slice(&1_u32.to_be_bytes());
            boxed(out, *kind, |out| {
                out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
                out.extend_from_slice(&[0; 70]);
                out.extend_from_slice(config);
            });
        });
        stsd
    };
    let config = |kind: &[u8; 4], body: &[u8]| {
        let mut out = Vec::new();
        boxed(&mut out, *kind, |out| out.extend_from_slice(body));
        out
    };
    let long = |size: u64| [&[0, 0, 0, 1][..], b"free", &size.to_be_bytes()].concat();
    let files = [
        film_with("moov/mvhd", &table(b"mvhd", &[0; 24])),
        film_with("moov/mvhd", &table(b"mvhd", &[])),
        film_with("moov/trak/mdia/mdhd", &table(b"mdhd", &[0; 5])),
        film_with("moov/trak/mdia/mdhd", &table(b"mdhd", &[0, 0, MOST, MOST, MOST])),
        film_with("moov/trak/mdia/hdlr", &table(b"hdlr", &[])),
        film_with("moov/trak/tkhd", &table(b"tkhd", &[MOST; 20])),
        film_with(track, &table(b"stsd", &[0])),
        film_with(track, &table(b"stsd", &[MOST])),
        film_with(track, &table(b"stsd", &[1, 0, u32::from_be_bytes(*b"avc1")])),
        film_with(track, &table(b"stsd", &[1, MOST, u32::from_be_bytes(*b"avc1")])),
        film_with(track, &entry(b"avc1", &config(b"avcC", &[1, 66, 0, 10, 0xff, 0xff, 0xff, 0xff]))),
        film_with(track, &entry(b"hvc1", &config(b"hvcC", &[1; 23]))),
        film_with(track, &entry(b"mp4v", &config(b"esds", &[0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff]))),
        film_with(track, &entry(b"mp4v", &config(b"esds", &[0, 0, 0, 0, 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]))),
        // As the film that kills by its sample groups: an entry of another type than its configuration.
        film_with(
            track,
            &entry(b"dav1", &[config(b"av1C", &[0x81, 8, 0x0c, 0]), config(b"dvvC", &[0xff; 24])].concat()),
        ),
        film_with(track, &entry(b"vp09", &config(b"vpcC", &[1]))),
        film_with("moov/trak/edts", &edits(&[MOST])),
        film_with("moov/trak/edts", &edits(&[2, MOST, MOST - 1, 0x1_0000, MOST, 0, 0])),
        film_with("moov/trak/edts", &edits(&[1, MOST, 0x7fff_ffff, MOST])),
        film_with("moov/udta", &config(b"udta", &[0; 4])),
        film_with("moov/udta", &config(b"udta", &[0, 0, 0, 0, b'm', b'e', b't', b'a'])),
        film_with("moov/udta", &config(b"udta", &[0, 0, 0, 1, b'm', b'e', b't', b'a'])),
        film_with("moov/trak/mdia/minf/stbl/stss", &nest(*b"stbl", 5000)),
        film_with("moov/trak/mdia/minf/stbl/stss", &long(0)),
        film_with("moov/trak/mdia/minf/stbl/stss", &long(u64::MAX)),
        film_with("moov/trak/mdia/minf/stbl/stss", &long(17)),
    ];
    for (number, file) in files.iter().enumerate() {
        assert!(file.len() > 300, "file {number}");
        try_everything(file);
    }
    // Around and inside the top-level boxes.
    let honest = film_with("none", &[]);
    for size in [0_u32, 1, 2, 7, 8, 15, 16, 79, 0x7fff_ffff, MOST] {
        for place in [0, 16, 24, MEDIA as usize + 64] {
            let mut file = honest.clone();
            file[place..place + 4].copy_from_slice(&size.to_be_bytes());
            try_everything(&file);
        }
    }
    for size in [0, 8, 15, 16, u64::MAX - 1, u64::MAX] {
        try_everything(&[&long(size)[..], &honest].concat());
        try_everything(&[&honest[..], &long(size)].concat());
    }
}

/// `edts` with an `elst` of these words.
fn edits(words: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    boxed(&mut out, *b"edts", |out| out.extend(table(b"elst", words)));
    out
}
