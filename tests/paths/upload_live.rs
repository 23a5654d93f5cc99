//! Uploading while recording: parts are sent as media is stored, deleted segments vanish, and the object is the head and the
//! media that is left.

use std::collections::BTreeMap;

use onetake_core::upload::{LiveOutput, LivePlan, Options, Source, SourceRange};

use super::upload::bytes::Content;
use super::upload::world::{Fault, World};
use super::upload_resume::{MIB, Random, assert_stored, done};

/// Where the head comes from.
const HEAD: u32 = 1000;

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
    stored: BTreeMap<u64, u64>,
}

impl Live {
    fn new(part_size: u64) -> Live {
        let plan = LivePlan::new(part_size, MIB);
        Live { world: World::new(recording()), plan, told: BTreeMap::new(), stored: BTreeMap::new() }
    }

    /// The segment's next bytes are stored.
    fn store(&mut self, segment: u64, length: u64) {
        let offset = self.stored.entry(segment).or_default();
        let range = SourceRange { source: segment as u32, offset: *offset, length };
        *offset += length;
        self.plan.handle_span(segment, range);
        self.tell();
    }

    fn delete(&mut self, segment: u64) {
        self.stored.remove(&segment);
        self.plan.handle_delete(segment);
        self.tell();
    }

    fn finish(&mut self, head: u64) -> Content {
        let head = SourceRange { source: HEAD, offset: 0, length: head };
        self.plan.handle_finish(vec![head]);
        self.tell();
        let whole = self.stored.iter().map(|(segment, length)| SourceRange {
            source: *segment as u32,
            offset: 0,
            length: *length,
        });
        Content::of(&std::iter::once(head).chain(whole).collect::<Vec<_>>())
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
fn recordings_of_any_course_end_as_what_is_left_of_them() {
    for seed in 1..100 {
        let mut random = Random(seed * 0x9e37_79b9 + 1);
        let mut live = Live::new(random.pick(&[MIB, 2 * MIB, 4 * MIB]));
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
                _ => {}
            }
            live.pass(random.below(3000));
        }
        let content = live.finish(1 + random.below(MIB * 3 / 2));
        match live.world.run() {
            super::upload::world::Outcome::Done(_) => assert_stored(&live.world, "live.mp4", &content),
            // Thrice in a row a damaged body.
            super::upload::world::Outcome::Failed(error) => assert!(rate > 0, "seed {seed}: {error}"),
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
