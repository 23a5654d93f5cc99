//! Uploading while recording: parts are sent as media is stored, deleted segments vanish, and the object is the head and the
//! media that is left.

use std::collections::BTreeMap;

use onetake_core::upload::{LiveOutput, LivePlan, Options, Problem, Source, SourceRange};

use super::upload::bytes::Content;
use super::upload::world::{Fault, World};
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
    plan: LivePlan,
    told: BTreeMap<u32, Vec<SourceRange>>,
    /// The film so far: segments in order, with their bytes.
    film: Vec<(u64, u64)>,
}

impl Live {
    fn new(part_size: u64) -> Live {
        let plan = LivePlan::new(part_size);
        Live { world: World::new(recording()), plan, told: BTreeMap::new(), film: Vec::new() }
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
        let now = self.world.now();
        while let Some(output) = self.plan.poll_output() {
            match output {
                LiveOutput::Part { number, ranges } => {
                    self.told.insert(number, ranges.clone());
                    self.world.up.handle_part(number, ranges, now);
                }
                LiveOutput::Withdraw(number) => {
                    self.told.remove(&number);
                    self.world.up.handle_withdraw(number, now);
                }
                LiveOutput::Finish => self.world.up.handle_finish(now),
            }
        }
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
    fn begin_again(&mut self, part_size: u64) {
        self.world.reload();
        (self.plan, self.told) = (LivePlan::new(part_size), BTreeMap::new());
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

#[test]
fn recordings_of_any_course_end_as_what_is_left_of_them() {
    for seed in 1..100 {
        let mut random = Random(seed * 0x9e37_79b9 + 1);
        let part_size = random.pick(&[MIB, 2 * MIB, 4 * MIB]);
        let mut live = Live::new(part_size);
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
                _ if random.chance(30) => live.begin_again(part_size),
                _ => {}
            }
            live.pass(random.below(3000));
        }
        let content = live.finish(1 + random.below(MIB * 3 / 2));
        match live.world.run() {
            super::upload::world::Outcome::Done(_) => assert_stored(&live.world, "live.mp4", &content),
            super::upload::world::Outcome::Failed(error) => match error.problem {
                // Thrice in a row a damaged body.
                Problem::Corrupt if rate > 0 => {}
                // The answer to the last request was lost twice, and nobody can be asked: the object is there all the same.
                Problem::Expired if rate > 0 => assert_stored(&live.world, "live.mp4", &content),
                _ => panic!("seed {seed}: {error}"),
            },
            other => panic!("seed {seed}: {other:?} {:#?}", live.world.log),
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
        live.begin_again(MIB);
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
