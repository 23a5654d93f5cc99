//! Uploading while recording: parts are sent as media is stored, deleted segments vanish, and the object is the head and the
//! media that is left.

use std::collections::BTreeMap;
use std::ops::Range;

use onetake_core::export::{Form, Layout, Part, Recipe, Warning, film};
use onetake_core::mux::flat::Padding;
use onetake_core::upload::{LiveOutput, LivePlan, Options, Problem, Source, SourceRange};
use onetake_tests::film::{order, tracks};
use onetake_tests::hostile::configs;
use onetake_tests::recording::{Disk, Packet, Track, record};

use super::upload::bytes::Content;
use super::upload::world::{Fault, Outcome, World};
use super::upload_resume::{MIB, Random, assert_stored, done};

/// Where the head comes from.
const HEAD: u32 = LivePlan::OWN;

fn recording() -> Options {
    let mut options = Options::new(Source::Growing { name: "draft 1".to_owned() });
    options.endpoints = vec!["https://up-a.test".to_owned()];
    options.key = Some("live.mp4".to_owned());
    options
}

/// A recording, its plan and its upload.
struct Live {
    world: World,
    fresh: LivePlan,
    plan: LivePlan,
    told: BTreeMap<u32, Vec<SourceRange>>,
    /// The film so far: segments in order, with their bytes.
    film: Vec<(u64, u64)>,
}

impl Live {
    fn new(part_size: u64) -> Live {
        Live::of(LivePlan::new(part_size))
    }

    fn of(fresh: LivePlan) -> Live {
        let plan = fresh.clone();
        Live { world: World::new(recording()), fresh, plan, told: BTreeMap::new(), film: Vec::new() }
    }

    /// The segment's next bytes are stored.
    fn store(&mut self, segment: u64, length: u64) {
        match self.film.iter_mut().find(|(known, _)| *known == segment) {
            Some((_, stored)) => *stored += length,
            None => self.film.push((segment, length)),
        }
        self.change();
    }

    fn delete(&mut self, segment: u64) {
        self.film.retain(|(known, _)| *known != segment);
        self.change();
    }

    /// The segment at one place goes to another.
    fn shift(&mut self, from: usize, to: usize) {
        let one = self.film.remove(from);
        self.film.insert(to, one);
        self.change();
    }

    fn media(&self) -> Vec<SourceRange> {
        let range =
            |(segment, length): &(u64, u64)| SourceRange { source: *segment as u32, offset: 0, length: *length };
        self.film.iter().map(range).collect()
    }

    fn change(&mut self) {
        self.plan.handle_media(&self.media(), false);
        self.tell();
    }

    fn finish(&mut self, head: u64) -> Content {
        let mut whole = self.media();
        whole.insert(0, SourceRange { source: HEAD, offset: 0, length: head });
        self.plan.handle_media(&whole, true);
        self.tell();
        Content::of(&whole)
    }

    fn tell(&mut self) {
        let mut said = self.plan.clone();
        while let Some(output) = said.poll_output() {
            match output {
                LiveOutput::Part { number, ranges } => drop(self.told.insert(number, ranges)),
                LiveOutput::Withdraw(number) => drop(self.told.remove(&number)),
                LiveOutput::Finish => {}
            }
        }
        let now = self.world.now();
        self.world.up.handle_plan(&mut self.plan, now);
    }

    /// Numbers of parts that were put in these lines of the log.
    fn put(&self, lines: Range<usize>) -> Vec<u32> {
        let number = |line: &String| line.split_once("/up1/")?.1.split_once(' ')?.0.parse().ok();
        self.world.log[lines].iter().filter(|line| line.contains("PUT")).filter_map(number).collect()
    }

    fn pass(&mut self, time: u64) {
        let end = self.world.clock + time;
        // Something must happen then for the clock to come there.
        self.world.plan(time, super::upload::world::Act::Visible);
        self.world.run_until(|world| world.clock >= end);
    }

    fn reload(&mut self) {
        self.world.reload();
        let now = self.world.now();
        for (number, ranges) in &self.told {
            self.world.up.handle_part(*number, ranges.clone(), now);
        }
    }

    /// Neither the plan nor the uploader knows anything but what was noted.
    fn begin_again(&mut self) {
        self.world.reload();
        (self.plan, self.told) = (self.fresh.clone(), BTreeMap::new());
    }
}

#[test]
fn nearly_all_is_sent_when_the_recording_ends_and_the_first_part_comes_last() {
    let mut live = Live::new(4 * MIB);
    for _ in 0..60 {
        live.store(0, 650_000);
        live.pass(1000);
    }
    let before = live.world.media_sent;
    let content = live.finish(40_000);
    done(&mut live.world);
    assert_stored(&live.world, "live.mp4", &content);
    assert!(before >= 60 * 650_000 * 9 / 10, "{before}");
    assert_eq!(live.world.media_sent, content.size(), "each byte once");
    let last = live.world.log.iter().rev().find(|line| line.contains("PUT")).expect("parts were sent");
    assert!(last.contains("/up1/1 "), "{last}");
}

#[test]
fn a_deleted_segment_is_in_no_part_and_its_neighbours_stay_large_enough() {
    // Segments of 3 MiB: parts of 4 MiB share bytes with two of them.
    for deleted in [vec![0], vec![1], vec![2], vec![4], vec![1, 2], vec![0, 1, 2, 3, 4], vec![4, 3]] {
        let mut live = Live::new(4 * MIB);
        for segment in 0..5 {
            live.store(segment, 3 * MIB);
            live.pass(1200);
        }
        deleted.iter().for_each(|segment| live.delete(*segment));
        live.pass(300);
        live.store(7, 100_000);
        let content = live.finish(5000);
        done(&mut live.world);
        assert_stored(&live.world, "live.mp4", &content);
        let gone = |range: &SourceRange| deleted.contains(&u64::from(range.source));
        assert!(!live.world.kodo.objects["live.mp4"].content.ranges.iter().any(gone), "{deleted:?}");
    }
}

#[test]
fn a_moved_segment_and_one_that_comes_back_end_where_the_film_has_them() {
    let mut live = Live::new(MIB);
    for segment in 0..6 {
        live.store(segment, 5 * MIB + 7000);
        live.pass(2500);
    }
    live.shift(5, 0);
    live.shift(2, 4);
    live.delete(3);
    live.pass(500);
    live.film.insert(1, (3, 5 * MIB + 7000));
    live.change();
    live.pass(5000);
    let before = live.world.media_sent;
    let content = live.finish(40_000);
    done(&mut live.world);
    assert_stored(&live.world, "live.mp4", &content);
    // The first MiB, the head, and what was not yet a whole part.
    assert!(live.world.media_sent - before <= 2 * MIB + 40_000, "{}", live.world.media_sent - before);
}

#[test]
fn an_hour_has_numbers_enough_and_its_parts_grow() {
    let mut plan = LivePlan::new(MIB);
    let mut last = 0;
    for minute in 1..=120_u64 {
        plan.handle_media(&[SourceRange { source: 0, offset: 900, length: minute * 150_000_000 }], false);
        while let Some(output) = plan.poll_output() {
            let LiveOutput::Part { number, ranges } = output else { panic!("{output:?}") };
            assert_eq!(ranges.len(), 1);
            last = last.max(number);
        }
    }
    assert!((2000..6000).contains(&last), "{last}");
}

/// Films, deletes, moves and reloads over a bad line; ends with a head of so many bytes. Whether there is an object, which
/// is what is left; without one it failed for a reason that such a line is.
fn any_course(seed: u64, mut random: Random, live: &mut Live, head: u64) -> bool {
    live.world.bandwidth = random.pick(&[300, 3000]);
    let rate = random.pick(&[0, 10, 30]);
    let mut faults = Random(seed);
    live.world.faults = Box::new(move |_, _| match faults.below(100) {
        chance if chance >= rate => Fault::Fine,
        chance if chance % 3 == 0 => Fault::Lost { arrives: faults.chance(50), silent: false },
        chance if chance % 3 == 1 => Fault::Damage,
        _ => Fault::Status { status: 503, arrives: faults.chance(50) },
    });
    let mut segment = 0;
    for _ in 0..random.below(40) {
        match random.below(10) {
            0..=6 => live.store(segment, 1 + random.below(MIB)),
            7 if live.film.len() > 1 && random.chance(40) => {
                let most = live.film.len() as u64;
                live.shift(random.below(most) as usize, random.below(most) as usize);
                segment += 1;
            }
            7 => segment += 1,
            8 if random.chance(50) => {
                live.delete(segment);
                segment += 1;
            }
            8 => {
                let any = random.below(segment + 1);
                live.delete(any);
                segment += u64::from(any == segment);
            }
            _ if random.chance(30) => live.reload(),
            _ if random.chance(30) => live.begin_again(),
            _ => {}
        }
        live.pass(random.below(3000));
    }
    let content = live.finish(head);
    match live.world.run() {
        Outcome::Done(_) => assert_stored(&live.world, "live.mp4", &content),
        Outcome::Failed(error) => match error.problem {
            // Thrice in a row a damaged body.
            Problem::Corrupt if rate > 0 => return false,
            // The answer to the last request was lost twice, and nobody can be asked: the object is there all the same.
            Problem::Expired if rate > 0 => assert_stored(&live.world, "live.mp4", &content),
            _ => panic!("seed {seed}: {error}"),
        },
        other => panic!("seed {seed}: {other:?} {:#?}", live.world.log),
    }
    true
}

#[test]
fn recordings_of_any_course_end_as_what_is_left_of_them() {
    for seed in 1..100 {
        let mut random = Random(seed * 0x9e37_79b9 + 1);
        let mut live = Live::new(random.pick(&[MIB, 2 * MIB, 4 * MIB]));
        let head = 1 + random.below(MIB * 3 / 2);
        any_course(seed, random, &mut live, head);
    }
}

#[test]
fn padded_recordings_of_any_course_have_the_hash_of_their_content() {
    for seed in 1..30 {
        let mut random = Random(seed * 0x9e37_79b9 + 7);
        let mut live = Live::of(LivePlan::padded());
        // A film that is not padded is sent in such parts, too.
        let head = match random.below(6) {
            0 => 1 + random.below(9 * MIB),
            1 => LivePlan::PLACE + LivePlan::BLOCK * random.below(7),
            _ => LivePlan::PLACE,
        };
        if any_course(seed, random, &mut live, head) {
            let object = &live.world.kodo.objects["live.mp4"];
            assert_eq!(object.hash, object.content.digests(0).qetag().to_string(), "seed {seed}");
            let sizes: Vec<u64> =
                live.told.values().map(|ranges| ranges.iter().map(|range| range.length).sum()).collect();
            let whole = sizes.split_last().is_none_or(|(_, before)| before.iter().all(|size| *size == LivePlan::BLOCK));
            assert!(whole && sizes.iter().sum::<u64>() == object.content.size(), "seed {seed}: {sizes:?}");
        }
    }
}

#[test]
fn what_was_sent_before_the_end_of_a_padded_recording_is_not_sent_again_for_its_head() {
    for head in [LivePlan::PLACE, LivePlan::PLACE + 3 * LivePlan::BLOCK] {
        let mut live = Live::of(LivePlan::padded());
        for step in 0..40 {
            live.store(step / 20, 900_000);
            live.pass(700);
        }
        live.pass(5000);
        let before = live.world.media_sent;
        let content = live.finish(head);
        done(&mut live.world);
        assert_stored(&live.world, "live.mp4", &content);
        assert_eq!(live.world.media_sent, content.size(), "each byte once");
        // The head, the media of its last block, and what was not yet a whole part.
        assert!(live.world.media_sent - before < head - LivePlan::PLACE + 2 * LivePlan::BLOCK);
    }
}

#[test]
fn a_padded_film_is_the_plain_one_with_a_free_box_and_its_upload_is_that_film() {
    let mut disk = Disk::new([3, 9, 1].map(large_recording));
    let indexes = disk.indexes().expect("recordings");
    let recipe = Recipe::join([2, 0, 1]);
    let plain = film(&indexes, &recipe).expect("a film");
    let (block, place) = (LivePlan::BLOCK, LivePlan::PLACE);
    let padded = |place| {
        let recipe = Recipe { form: Form::Padded(Padding { block, place }), ..recipe.clone() };
        film(&indexes, &recipe).expect("a film")
    };
    let (plain_bytes, head) = (disk.compose(&plain), own(&plain));
    // Whatever there is room for, also none, and less than a box has.
    for place in [place, head, head + 1, head + 7, head + 8, 0] {
        let layout = padded(place);
        let bytes = disk.compose(&layout);
        let free = own(&layout) - head;
        assert_eq!(own(&layout) % block, place % block);
        assert!(free == 0 || (8..block + 8).contains(&free), "{free}");
        let boxes: &[&str] = if free == 0 { &["ftyp", "moov", "mdat"] } else { &["ftyp", "moov", "free", "mdat"] };
        assert_eq!(order(&bytes), boxes);
        assert_eq!(bytes[own(&layout) as usize..], plain_bytes[head as usize..], "the same spans");
        let moved: Vec<_> = tracks(&plain_bytes)
            .into_iter()
            .map(|mut track| {
                for sample in &mut track.samples {
                    sample.range = sample.range.start + free as usize..sample.range.end + free as usize;
                }
                track
            })
            .collect();
        assert_eq!(tracks(&bytes), moved);
    }
    let layout = padded(place);
    assert_eq!(uploaded(&disk, &layout), disk.compose(&layout));
}

#[test]
fn takes_that_were_moved_can_stay_in_the_film_where_they_were_filmed() {
    let mut disk = Disk::new([3, 9, 1].map(large_recording));
    let indexes = disk.indexes().expect("recordings");
    let shown = Recipe::join([2, 0, 1]);
    let sources = |layout: &Layout| layout.spans().map(|span| span.source).collect::<Vec<_>>();
    let plain = film(&indexes, &shown).expect("a film");
    for form in [Form::FastStart, Form::Padded(Padding { block: LivePlan::BLOCK, place: LivePlan::PLACE })] {
        let filmed = film(&indexes, &Recipe { ranks: vec![7, 3, 5], form, ..shown.clone() }).expect("a film");
        assert_eq!((sources(&plain), sources(&filmed)), (vec![2, 0, 1], vec![0, 1, 2]));
        assert!(filmed.report.warnings.contains(&Warning::NotProgressive));
        assert!(!plain.report.warnings.contains(&Warning::NotProgressive));
        // The same samples in the same order, each from where it lies.
        let samples = |bytes: &[u8]| -> Vec<Vec<Vec<u8>>> {
            let tracks = tracks(bytes).into_iter();
            tracks.map(|track| track.samples.iter().map(|one| bytes[one.range.clone()].to_vec()).collect()).collect()
        };
        assert!(samples(&disk.compose(&filmed)) == samples(&disk.compose(&plain)));
    }
    // Ranks that change nothing, and fragments, which come as they are shown.
    let same = film(&indexes, &Recipe { ranks: vec![1, 2, 3], ..shown.clone() }).expect("a film");
    assert_eq!(same, plain);
    let fragmented =
        |ranks| film(&indexes, &Recipe { ranks, form: Form::Fragmented, ..shown.clone() }).expect("a film");
    assert_eq!(fragmented(vec![7, 3, 5]), fragmented(Vec::new()));
}

/// Bytes before the first span of a source.
fn own(layout: &Layout) -> u64 {
    layout
        .parts
        .iter()
        .map_while(|part| match part {
            Part::Own(range) => Some(range.len() as u64),
            Part::Source(_) => None,
        })
        .sum()
}

/// So many seconds of a megabyte each.
fn large_recording(seconds: u64) -> Vec<u8> {
    let [video, audio] = configs(true);
    let packets = |every: u32, size: usize| {
        let count = seconds * 48_000 / u64::from(every);
        let data = |index: u64| (0..size).map(|at| ((at as u64 * 31 + index * 7 + seconds) % 251) as u8).collect();
        let packet =
            |index: u64| Packet { time: index * u64::from(every), duration: every, sync: true, data: data(index) };
        (0..count).map(packet).collect()
    };
    record(
        &[
            Track { config: video, packets: packets(4800, 100_000) },
            Track { config: audio, packets: packets(1024, 30) },
        ],
        48_000,
    )
}

/// What is sent of a film whose media was stored bit by bit, put together by the numbers of the parts.
fn uploaded(disk: &Disk, layout: &Layout) -> Vec<u8> {
    let range = |part: &Part| match part {
        Part::Own(range) => SourceRange { source: HEAD, offset: range.start as u64, length: range.len() as u64 },
        Part::Source(span) => {
            SourceRange { source: span.source, offset: span.range.start, length: span.range.end - span.range.start }
        }
    };
    let whole: Vec<SourceRange> = layout.parts.iter().map(range).collect();
    let mut plan = LivePlan::padded();
    let mut parts = BTreeMap::new();
    let mut take = |plan: &mut LivePlan| {
        while let Some(output) = plan.poll_output() {
            match output {
                LiveOutput::Part { number, ranges } => drop(parts.insert(number, ranges)),
                LiveOutput::Withdraw(number) => drop(parts.remove(&number)),
                LiveOutput::Finish => {}
            }
        }
    };
    let media: Vec<SourceRange> = whole.iter().copied().filter(|range| range.source != HEAD).collect();
    for known in 1..=media.len() {
        plan.handle_media(&media[..known], false);
        take(&mut plan);
    }
    plan.handle_media(&whole, true);
    take(&mut plan);
    let mut object = Vec::new();
    for SourceRange { source, offset, length } in parts.into_values().flatten() {
        let bytes = if source == HEAD { &layout.bytes } else { &disk.files[&source] };
        object.extend_from_slice(&bytes[offset as usize..(offset + length) as usize]);
    }
    object
}

#[test]
fn of_what_is_moved_or_deleted_and_comes_back_only_what_was_replaced_is_sent_again() {
    for plan in [LivePlan::new(MIB), LivePlan::padded()] {
        for ((from, to), wait) in [((5, 0), 0), ((0, 5), 30), ((2, 4), 270), ((4, 1), 2000)] {
            let mut live = Live::of(plan.clone());
            for segment in 0..6 {
                live.store(segment, 5 * MIB + 7000);
                live.pass(2500);
            }
            live.pass(60_000);
            let (before, lines) = (live.world.media_sent, live.world.log.len());
            live.shift(from, to);
            live.pass(wait);
            live.shift(to, from);
            let back = live.world.log.len();
            let deleted = live.film.remove(from);
            live.change();
            live.film.insert(from, deleted);
            live.change();
            live.pass(60_000);
            let (meanwhile, again) = (live.put(lines..back), live.put(back..live.world.log.len()));
            assert!(again.iter().all(|number| meanwhile.contains(number)), "{from} to {to}: {meanwhile:?}, {again:?}");
            assert!(wait > 0 || live.world.media_sent == before, "{from} to {to}");
            let content = live.finish(LivePlan::PLACE);
            done(&mut live.world);
            assert_stored(&live.world, "live.mp4", &content);
            assert!(wait > 0 || live.world.media_sent == content.size(), "each byte once");
        }
    }
}

#[test]
fn a_recording_that_comes_back_after_a_crash_keeps_the_parts_it_had_sent() {
    let mut live = Live::new(4 * MIB);
    live.world.cut = true;
    for _ in 0..30 {
        live.store(0, MIB);
        live.pass(700);
    }
    live.reload();
    let content = live.finish(5000);
    let done = done(&mut live.world);
    assert_stored(&live.world, "live.mp4", &content);
    assert!(done.resumed_bytes >= 20 * MIB, "{}", done.resumed_bytes);
    assert!(live.world.media_sent <= content.size() + 6 * 4 * MIB);
}

#[test]
fn one_that_begins_again_with_the_whole_film_keeps_the_parts_it_had_sent() {
    for film_was_told in [false, true] {
        let mut live = Live::new(MIB);
        live.world.cut = true;
        for _ in 0..25 {
            live.store(0, MIB + 7000);
            live.pass(700);
        }
        if film_was_told {
            live.finish(70_000);
            live.pass(200);
        }
        live.begin_again();
        let content = live.finish(70_000);
        let done = done(&mut live.world);
        assert_stored(&live.world, "live.mp4", &content);
        assert!(done.resumed_bytes >= 23 * MIB, "{}", done.resumed_bytes);
        assert!(live.world.media_sent <= content.size() + 3 * MIB, "{}", live.world.media_sent - content.size());
    }
}

#[test]
fn what_is_filmed_after_the_last_number_of_a_part_is_in_the_object() {
    // More than ten thousand parts hold, and still growing.
    let mut plan = LivePlan::new(1 << 30);
    let mut parts = BTreeMap::new();
    let mut total = 0;
    for step in 0..4_u64 {
        total = (10_001 << 30) + step * 3 * (1 << 30);
        plan.handle_media(&[SourceRange { source: 0, offset: 0, length: total }], step == 3);
        while let Some(output) = plan.poll_output() {
            match output {
                LiveOutput::Part { number, ranges } => drop(parts.insert(number, ranges)),
                LiveOutput::Withdraw(number) => drop(parts.remove(&number)),
                LiveOutput::Finish => {}
            }
        }
    }
    assert!(parts.keys().all(|number| (1..=10_000).contains(number)));
    assert_eq!(parts.values().flatten().map(|range| range.length).sum::<u64>(), total);
}
