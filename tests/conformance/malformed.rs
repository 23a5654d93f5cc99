//! Bytes that are wrong: mutated recordings by the thousand, and the attacks that kill other readers. Nothing may panic,
//! read outside the file, hang, or cost memory beyond the bytes present.

/// Lies told in one box at a time.
mod attacks;
/// Counts what a thread allocates.
mod memory;

use onetake_core::codec::{Likeness, SampleEntry, compare};
use onetake_core::demux::DemuxError;
use onetake_core::isobmff::BoxError;
use onetake_core::isobmff::write::{boxed, full};
use onetake_core::media::Size;
use onetake_core::mux::init_segment;
use onetake_core::repair::Repair;
use onetake_tests::ffmpeg::{self, Scratch};
use onetake_tests::film;
use onetake_tests::hostile::{
    Films, access_units, configs, convert_anything, fragment_anything, import_anything, index_anything, nest,
    read_anything, recording, remux_anything, repair_anything, seeds, stream,
};
use onetake_tests::looks;
use onetake_tests::recording::scan;
use onetake_tests::uploads;

/// Mutated files; every run makes the same ones.
const CASES: u64 = 30_000;

/// xorshift64*, so that every run has the same cases.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Places of the headers and fields of metadata: everything but media.
fn metadata(file: &[u8]) -> Vec<usize> {
    let boxes = film::boxes(file, 0..file.len());
    let heads = boxes
        .iter()
        .flat_map(|one| if one.kind == "mdat" { one.range.start..one.body.start } else { one.range.clone() });
    heads.collect()
}

/// One damage more.
fn mutate(file: &mut Vec<u8>, places: &[usize], random: &mut Random) {
    let at = random.pick(places).min(file.len().saturating_sub(1));
    let word = |file: &mut Vec<u8>, at: usize, value: u32| {
        if let Some(field) = file.get_mut(at..at + 4) {
            field.copy_from_slice(&value.to_be_bytes());
        }
    };
    match random.below(8) {
        0 => file.truncate(at),
        1 => file[at] ^= 1 << random.below(8),
        2 => file[at] = random.pick(&[0, 1, 0x7f, 0x80, 0xff]),
        3 => word(file, at, random.pick(&[0, 1, 7, 8, 16, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX])),
        4 => {
            // A box size, where there is one: moved by a little.
            let near = u32::from_be_bytes(
                file.get(at..at + 4).map_or([0; 4], |field| [field[0], field[1], field[2], field[3]]),
            );
            let by = random.below(64) as u32;
            word(file, at, near.wrapping_add(by).wrapping_sub(32));
        }
        5 => {
            let end = (at + 1 + random.below(40)).min(file.len());
            file.drain(at..end);
        }
        6 => {
            let end = (at + 1 + random.below(200)).min(file.len());
            let copy = file[at..end].to_vec();
            let to = random.pick(places).min(file.len());
            file.splice(to..to, copy);
        }
        _ => {
            let kind = random
                .pick(&[b"moov", b"trak", b"moof", b"traf", b"trun", b"tfhd", b"mdat", b"stsd", b"edts", b"sgpd"]);
            if let Some(field) = file.get_mut(at..at + 4) {
                field.copy_from_slice(kind);
            }
        }
    }
}

/// Reads and repairs these bytes; what it came to. It may cost four times the file's size and 8 MiB.
fn try_reading(file: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    let costs = [
        ("index", memory::peak(|| outcome.read = index_anything(file))),
        ("repair", memory::peak(|| outcome.repaired = repair_anything(file).is_some())),
    ];
    within(costs, file, outcome);
    outcome
}

/// Fails where one of the costs is too high. Silence that fills hours of an edit list counts as the file's.
fn within<const N: usize>(costs: [(&str, usize); N], file: &[u8], outcome: Outcome) {
    let limit = 4 * (file.len() + outcome.films.own) + (8 << 20);
    for (name, peak) in costs {
        assert!(peak <= limit, "{name}: {peak} bytes of memory for a file of {}, {outcome:?}", file.len());
    }
}

/// Everything that is done with foreign files, on these bytes, at the same cost.
fn try_everything(file: &[u8]) -> Outcome {
    let mut outcome = try_reading(file);
    let costs = [
        ("remux", memory::peak(|| outcome.films = remux_anything(file))),
        ("fragment", memory::peak(|| outcome.fragmented = fragment_anything(file))),
    ];
    within(costs, file, outcome);
    let mut imported = 0;
    let peak = memory::peak(|| imported = import_anything(file));
    // Every sample is a row, its bytes are here twice while they are appended.
    assert!(peak <= 64 * (file.len() + imported) + (8 << 20), "import: {peak} bytes for {} and {imported}", file.len());
    outcome.imported = imported > 0;
    outcome
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    read: bool,
    films: Films,
    fragmented: bool,
    repaired: bool,
    imported: bool,
}

/// Names the case that a panic leaves.
struct Named<'a>(u64, &'a [u8]);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = std::env::temp_dir().join("onetake-malformed.mp4");
            let _ = std::fs::write(&path, self.1);
            eprintln!("case {}, kept as {}", self.0, path.display());
        }
    }
}

/// Files by others, small enough to be damaged by the thousand: half a second of 64 x 64 pictures and a tone.
fn foreign(scratch: &Scratch) -> Vec<Vec<u8>> {
    let small = "-s 64x64 -c:a aac -b:a 16k -ac 1 -ar 8000 -t 0.5";
    let clip = |name: &str, options: &str| ffmpeg::clip(scratch, name, 1, &format!("{small} {options}"));
    let mut files = vec![
        clip("end.mp4", "-bf 2"),
        clip("start.mp4", "-movflags +faststart"),
        clip("sound.mov", "-c:a pcm_s16le"),
        clip("fragments.mp4", "-g 5 -movflags frag_keyframe+empty_moov"),
        clip("mixed.mp4", "-g 5 -movflags frag_keyframe"),
        clip("in-band.mp4", "-bsf:v dump_extra=freq=keyframe"),
    ];
    let headless = files[5].windows(4).position(|window| window == b"moov").expect("a moov") - 4;
    files.push(files[5][..headless].to_vec());
    files
}

/// Damages these files in one way and tries what is made of them; how many were read, made films, laid out in fragments,
/// and repaired though they could not be read.
fn damage(files: &[(Vec<u8>, Vec<usize>)], case: u64) -> [u64; 4] {
    // Any odd factor spreads the cases; zero would stay zero.
    let mut random = Random(0x6f6e_6574_616b_6521 ^ (case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (whole, places) = &files[random.below(files.len())];
    let mut file = whole.clone();
    for _ in 0..=random.below(3) {
        if !file.is_empty() {
            mutate(&mut file, places, &mut random);
        }
    }
    let _named = Named(case, &file);
    let outcome = if case.is_multiple_of(3) { try_everything(&file) } else { try_reading(&file) };
    let saved = outcome.repaired && !outcome.read;
    [outcome.read.into(), outcome.films.count.into(), outcome.fragmented.into(), saved.into()]
}

#[test]
fn thousands_of_damaged_files_are_read_repaired_or_refused() {
    let scratch = Scratch::new();
    let files = foreign(&scratch).into_iter().chain(seeds().into_iter().map(|(_, bytes)| bytes));
    let files: Vec<_> = files.map(|file| (file.clone(), metadata(&file))).collect();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let sums = std::thread::scope(|scope| {
        let files = &files;
        let run = |first| move || (first..CASES).step_by(threads as usize).map(|case| damage(files, case));
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                let cases = run(first);
                scope.spawn(move || cases().fold([0; 4], |sum, one| std::array::from_fn(|way| sum[way] + one[way])))
            })
            .collect();
        let sums = workers.into_iter().map(|worker| worker.join().expect("the case is named above"));
        sums.fold([0; 4], |sum, one| std::array::from_fn(|way| sum[way] + one[way]))
    });
    // Every way must have been taken, or the mutations miss what they aim at.
    let [read, films, fragmented, saved] = sums;
    let enough = [read, CASES - read, films, 4 * fragmented, 10 * saved].iter().all(|way| *way > CASES / 10);
    assert!(enough, "{sums:?} of {CASES}");
}

#[test]
fn repair_holds_a_window_of_the_media_at_most() {
    let file = stream(150_000);
    let mut repair = Repair::new(file.len() as u64);
    let peak = memory::peak(|| {
        while let Some(range) = repair.poll_read() {
            assert!(range.end - range.start <= 1 << 20, "{range:?}");
            repair.handle_read(range.start, &file[range.start as usize..range.end as usize]).expect("what is wanted");
        }
    });
    // Two windows, and tables of every picture.
    assert!(peak < (3 << 20) + file.len() / 2, "{peak} bytes for {}", file.len());
    assert_eq!(repair.finish().expect("pictures").index.frames(), 150_000);
}

/// `moov` of our recording with `extra` boxes behind those of this path.
fn with(path: &[&str], extra: &[u8]) -> Vec<u8> {
    fn rebuild(out: &mut Vec<u8>, file: &[u8], range: std::ops::Range<usize>, path: &[&str], extra: &[u8]) {
        for one in film::boxes(file, range) {
            if path.first() == Some(&one.kind.as_str()) {
                let kind = file[one.range.start + 4..one.range.start + 8].try_into().expect("four bytes");
                boxed(out, kind, |out| rebuild(out, file, one.body.clone(), &path[1..], extra));
            } else {
                out.extend_from_slice(&file[one.range]);
            }
        }
        if path.is_empty() {
            out.extend_from_slice(extra);
        }
    }
    let file = init_segment(&configs(false));
    let mut out = Vec::new();
    rebuild(&mut out, &file, 0..file.len(), path, extra);
    out
}

#[test]
fn twenty_thousand_nested_boxes_are_harmless() {
    for kind in [b"moov", b"trak", b"edts"] {
        let nest = nest(*kind, 20_000);
        assert!(scan(&nest).is_err());
        let _ = scan(&with(&["moov"], &nest));
        let _ = scan(&with(&["moov", "trak"], &nest));
        let mut file = recording(4, false);
        file.extend_from_slice(&nest);
        assert_eq!(scan(&file).expect("a recording").0.frames(), 60);
    }
}

#[test]
fn a_sample_group_of_four_billion_empty_entries_is_not_read() {
    let mut sgpd = Vec::new();
    full(&mut sgpd, *b"sgpd", 0, 0, |out| out.extend_from_slice(b"dvvC\xff\xff\xff\xff"));
    let plain = scan(&with(&["moov"], &[])).expect("an init segment").0;
    for path in [&["moov", "trak", "mdia", "minf", "stbl"][..], &["moov", "trak"], &["moov"]] {
        let index = scan(&with(path, &sgpd)).expect("an init segment").0;
        assert_eq!(index.tracks(), plain.tracks(), "{path:?}");
    }
}

#[test]
fn parameter_sets_cost_no_more_than_a_few_times_what_they_weigh() {
    // Of x265, up to its VUI, which says nothing of colours, and behind them; then bits without an end.
    let mut endless = b"\x42\x01\x01\x01\x60\0\0\x03\0\x90\0\0\x03\0\0\x03\0\x3f\xa0\x05\x02\x01\x69\x65\x92\xa4\x93\x2b\xc0\x5a\x02\0\0\x03\0\x02\0\0\x03\0\x3c\x10".to_vec();
    endless.resize(usize::from(u16::MAX), 0x55);
    let entry = |kind: u8, set: &[u8], count: u16, last: u8| {
        let mut record = [&[1][..], &[0x11; 21], &[1, kind], &count.to_be_bytes()].concat();
        for _ in 0..count {
            record.extend_from_slice(&(set.len() as u16).to_be_bytes());
            record.extend_from_slice(set);
        }
        // Behind the sets: two entries that are not the same in every byte.
        record.push(last);
        SampleEntry::hvc1(&record, Size { width: 640, height: 360 }).expect("a record")
    };
    for (kind, set, count) in [(33, &endless[..], 8), (33, &endless[..42], 4096), (34, &[], u16::MAX)] {
        let (one, other) = (entry(kind, set, count, 0), entry(kind, set, count, 1));
        let peak = memory::peak(|| assert_eq!(compare(&one, &other), Likeness::Same));
        let bytes = one.bytes().len() + other.bytes().len();
        assert!(peak <= 4 * bytes + (1 << 19), "{peak} bytes of memory for {bytes} in {count} sets of {}", set.len());
    }
}

/// A recording of one fragment whose `traf` of track 1 has these boxes, with 64 bytes of media.
fn fragment(boxes: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = init_segment(&configs(false));
    boxed(&mut file, *b"moof", |out| {
        full(out, *b"mfhd", 0, 0, |out| out.extend_from_slice(&1_u32.to_be_bytes()));
        boxed(out, *b"traf", &boxes);
    });
    boxed(&mut file, *b"mdat", |out| out.extend_from_slice(&[7; 64]));
    file
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
}

#[test]
fn fragments_that_lie_end_the_scan() {
    // tfhd: default-base-is-moof, default duration and size; trun: data offset.
    let moof_base = |size: u32, count: u32, offset: u32| {
        fragment(move |out| {
            full(out, *b"tfhd", 0, 0x2_0018, |out| words(out, &[1, 1600, size]));
            full(out, *b"trun", 0, 1, |out| words(out, &[count, offset]));
        })
    };
    // moof: 8, mfhd 16, traf 8, tfhd 24, trun 20; then the mdat header.
    let first_byte = 84;
    let (honest, _) = scan(&moof_base(16, 4, first_byte)).expect("four samples");
    assert_eq!((honest.frames(), honest.torn()), (4, None));
    let lies = [
        ("four billion samples of no bytes", moof_base(0, u32::MAX, first_byte)),
        ("four billion samples", moof_base(1, u32::MAX, first_byte)),
        ("one byte too many", moof_base(16, 4, first_byte + 1)),
        ("data before the mdat", moof_base(16, 4, first_byte - 1)),
        ("data before the file", moof_base(16, 4, 0x8000_0000)),
        (
            "a base at the end of numbers",
            fragment(|out| {
                full(out, *b"tfhd", 0, 0x11, |out| words(out, &[1, u32::MAX, u32::MAX, 16]));
                full(out, *b"trun", 0, 1, |out| words(out, &[1, 1]));
            }),
        ),
        ("an unknown track", fragment(|out| full(out, *b"tfhd", 0, 0x2_0000, |out| words(out, &[9])))),
        ("another sample entry", fragment(|out| full(out, *b"tfhd", 0, 0x2_0002, |out| words(out, &[1, 2])))),
        ("no tfhd", fragment(|out| full(out, *b"trun", 0, 0, |out| words(out, &[1])))),
        (
            "a trun that ends early",
            fragment(|out| {
                full(out, *b"tfhd", 0, 0x2_0000, |out| words(out, &[1]));
                full(out, *b"trun", 0, 0x301, |out| words(out, &[2, 80, 1600, 16, 1600]));
            }),
        ),
    ];
    for (lie, file) in lies {
        let (index, _) = scan(&file).unwrap_or_else(|error| panic!("{lie}: {error}"));
        assert_eq!((index.frames(), index.fragments()), (0, 0), "{lie}");
        assert!(index.torn().is_some(), "{lie}");
        assert_eq!(index.whole_length(), init_segment(&configs(false)).len() as u64, "{lie}");
    }
}

#[test]
fn nothing_after_a_broken_fragment_counts() {
    let file = recording(4, false);
    let moofs: Vec<usize> = film::boxes(&file, 0..file.len())
        .into_iter()
        .filter(|one| one.kind == "moof")
        .map(|one| one.range.start)
        .collect();
    assert_eq!(moofs.len(), 4);
    // In the third of four fragments: the box header, the track of the first traf, the size of the mdat behind it.
    let track = moofs[2] + 8 + 16 + 8 + 12;
    let mdat = film::boxes(&file, moofs[2]..file.len())[1].range.start;
    for (place, bytes) in [(moofs[2], [0, 0, 0, 7]), (track, [0, 0, 0, 9]), (mdat, [0, 0, 0, 20]), (mdat + 4, *b"free")]
    {
        let mut broken = file.clone();
        broken[place..place + 4].copy_from_slice(&bytes);
        let (index, _) = scan(&broken).expect("a moov");
        assert_eq!((index.fragments(), index.frames()), (2, 30), "byte {place}: {:?}", index.torn());
        assert_eq!(index.whole_length(), moofs[2] as u64);
        assert!(index.torn().is_some());
    }
}

#[test]
fn a_decode_time_at_the_end_of_numbers_is_harmless() {
    let file = fragment(|out| {
        full(out, *b"tfhd", 0, 0x2_0018, |out| words(out, &[1, 1600, 16]));
        full(out, *b"tfdt", 1, 0, |out| words(out, &[u32::MAX, u32::MAX]));
        full(out, *b"trun", 0, 1, |out| words(out, &[4, 104]));
    });
    assert!(try_everything(&file).read);
}

#[test]
fn refusals_name_the_box() {
    let init = init_segment(&configs(false));
    let find = |kind: &[u8; 4]| init.windows(4).position(|window| window == kind).expect("the box");
    let broken = |at: usize, bytes: &[u8]| {
        let mut file = init.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        scan(&file).expect_err("refused").to_string()
    };
    assert!(broken(find(b"stsd") - 4, &[0xff]).starts_with("moov/trak/mdia/minf/stbl/stsd: "));
    assert_eq!(broken(find(b"stsd"), b"free"), "moov/trak/mdia/minf/stbl: no stsd inside");
    assert_eq!(broken(find(b"mvex"), b"cmov"), "moov/cmov: a compressed moov is not supported");
    assert_eq!(scan(b"\0\0\0\x08free").expect_err("refused").to_string(), "file: no moov inside");
    let torn = scan(&init[..init.len() - 1]).expect_err("refused");
    assert!(matches!(torn, DemuxError::Box(BoxError::Torn { .. })), "{torn}");
    assert!(scan(b"this is not an MP4 file, by any means").is_err());
}

/// Is this file of seeds what is generated now? `ONETAKE_BLESS=1` writes it anew.
fn stored(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crate/fuzz/seeds").join(name);
    if std::env::var_os("ONETAKE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for seeds");
        std::fs::write(&path, bytes).expect("a seed written");
    }
    let stored = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(stored == bytes, "{} is not what is generated now", path.display());
    stored
}

#[test]
fn the_seeds_of_the_fuzz_targets_are_current_and_harmless() {
    for (name, bytes) in seeds() {
        let stored = stored(name, &bytes);
        let outcome = try_everything(&stored);
        assert!(outcome.repaired, "{name}: {outcome:?}");
        assert_eq!(outcome.read, read_anything(&stored).is_some(), "{name}");
        assert_eq!(outcome.imported, name == "recorder.mp4", "{name}: the others are not of H.264");
    }
    for (name, bytes) in access_units() {
        let wanted = !matches!(name, "not-carried" | "beyond");
        assert_eq!(convert_anything(&stored(&format!("annexb/{name}"), &bytes)), wanted, "{name}");
    }
}

#[test]
fn thousands_of_damaged_access_units_come_back_as_they_were_or_are_refused() {
    let seeds: Vec<Vec<u8>> = access_units().into_iter().map(|(_, bytes)| bytes).collect();
    let mut converted = 0;
    for case in 0..CASES {
        let mut random = Random(0x616e_6e65_7862_6f6e ^ (case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut unit = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(3) {
            if !unit.is_empty() {
                let places: Vec<usize> = (0..unit.len()).collect();
                mutate(&mut unit, &places, &mut random);
            }
        }
        let _named = Named(case, &unit);
        let peak = memory::peak(|| converted += u64::from(convert_anything(&unit)));
        assert!(peak <= 64 * unit.len() + 4096, "{peak} bytes of memory for {}", unit.len());
    }
    assert!(converted > CASES / 10 && CASES - converted > CASES / 10, "{converted} of {CASES}");
}

#[test]
fn thousands_of_damaged_filters_are_fused_or_refused_with_a_line() {
    assert!(looks::SEEDS.iter().all(|seed| looks::define_anything(seed.as_bytes())));
    const SCRAPS: [&[u8]; 12] = [
        b"(",
        b")",
        b"{",
        b"}",
        b"//",
        b"/*",
        b"*/",
        b"\n",
        b"#",
        b": ",
        b"// stage: x reads source\n",
        "点".as_bytes(),
    ];
    let mut defined = 0;
    for case in 0..CASES / 10 {
        let mut random = Random(0x6669_6c74_6572 ^ (case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut text = random.pick(&looks::SEEDS).as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let (from, longest) = (random.below(text.len()), random.below(12));
            let end = (from + longest).min(text.len());
            match random.below(3) {
                0 => drop(text.drain(from..end)),
                1 => drop(text.splice(from..from, random.pick(&SCRAPS).iter().copied())),
                _ => {
                    let copy = text[from..end].to_vec();
                    let to = random.below(text.len());
                    drop(text.splice(to..to, copy));
                }
            }
        }
        defined += u64::from(looks::define_anything(&text));
    }
    assert!((CASES / 100..CASES / 12).contains(&defined), "{defined}");
}

#[test]
fn thousands_of_damaged_answers_end_an_upload_or_are_asked_for_again() {
    let good = uploads::SEEDS.iter().filter(|seed| uploads::answer_anything(seed)).count();
    assert_eq!(good, 5, "all but the token's");
    // It looks for the token in what is told.
    uploads::answer_anything(b"1\n400 ak:notsee\0\rnatall: is no token\n");
    let mut done = 0;
    for case in 0..CASES / 10 {
        let mut random = Random(0x7570_6c6f_6164 ^ (case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut answers = random.pick(&uploads::SEEDS).to_vec();
        let places: Vec<usize> = (0..answers.len()).collect();
        for _ in 0..=random.below(3) {
            mutate(&mut answers, &places, &mut random);
        }
        let _named = Named(case, &answers);
        done += u64::from(uploads::answer_anything(&answers));
    }
    assert!((CASES / 200..CASES / 11).contains(&done), "{done}");
}
