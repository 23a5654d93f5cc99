//! The walk upload_resume on virtual time: an uploader, a page that is reloaded, a line that breaks and a Kodo in memory.

use onetake_core::upload::{Api, Options, Problem, ReadFailure, Source, SourceRange, Warning};
use serde_json::json;

use super::upload::bytes::Content;
use super::upload::world::{Act, Fault, Outcome, World};

pub(crate) const MIB: u64 = 1 << 20;

/// xorshift64*, so that every run has the same scripts.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit.max(1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub(crate) fn chance(&mut self, in_a_hundred: u64) -> bool {
        self.below(100) < in_a_hundred
    }
}

pub(crate) fn file(size: u64) -> Options {
    let mut options = Options::new(Source::Whole { size, name: "film.mp4".to_owned(), last_modified: 7 });
    options.endpoints = ["https://up-a.test".to_owned(), "https://up-b.test".to_owned()].to_vec();
    options.key = Some("dir/film.mp4".to_owned());
    options
}

pub(crate) fn whole(source: u32, size: u64) -> Content {
    Content::of(&[SourceRange { source, offset: 0, length: size }])
}

/// The object is there, and is the file bit by bit.
pub(crate) fn assert_stored(world: &World, key: &str, content: &Content) {
    let object = world.kodo.objects.get(key).unwrap_or_else(|| panic!("no object {key}: {:?}", world.log));
    assert_eq!(&object.content, content, "{:?}", world.log);
}

pub(crate) fn done(world: &mut World) -> onetake_core::upload::Done {
    match world.run() {
        Outcome::Done(done) => done,
        other => panic!("{other:?} {:#?}", world.log),
    }
}

pub(crate) fn failed(world: &mut World) -> onetake_core::upload::UploadError {
    match world.run() {
        Outcome::Failed(error) => error,
        other => panic!("{other:?} {:#?}", world.log),
    }
}

/// What a script may do to a request.
const STATUSES: [u16; 30] = [
    298, 400, 401, 403, 404, 405, 406, 408, 413, 419, 429, 478, 500, 501, 502, 503, 504, 509, 573, 579, 599, 608, 612,
    614, 616, 618, 630, 631, 640, 701,
];
/// Those that pass.
const PASSING: [u16; 8] = [401, 429, 500, 502, 503, 504, 573, 599];

fn any_fault(random: &mut Random, mild: bool) -> Fault {
    let arrives = random.chance(40);
    match random.below(10) {
        0..=3 => Fault::Lost { arrives, silent: random.chance(20) },
        4..=6 if mild => Fault::Status { status: random.pick(&PASSING), arrives },
        4..=6 => Fault::Status { status: random.pick(&STATUSES), arrives },
        7 => Fault::Portal { arrives },
        8 => Fault::Damage,
        _ => Fault::Tamper,
    }
}

fn any_act(random: &mut Random) -> Act {
    match random.below(16) {
        0..=4 => Act::Reload,
        5 | 6 => Act::Kill,
        7 => Act::Offline,
        8 => Act::Pause,
        9 | 10 => Act::Forget,
        11 | 12 => Act::Expire,
        13 => Act::Visible,
        14 => Act::Online,
        _ => Act::Abort { discard: random.chance(50) },
    }
}

/// A file's size: where parts, blocks and forms end and a byte beside, or any below 34 MiB, small ones more often. Of both there
/// are as many as can be summed in little time: sums of bytes that were seen before cost nothing (`Content`).
fn any_size(random: &mut Random, part: u64) -> u64 {
    let beside = |random: &mut Random| random.below(3) as i64 - 1;
    match random.below(10) {
        0 => random.pick(&[0, 1, 1000, 64 << 10, (128 << 10) + 1]),
        1..=4 => (random.pick(&[1, 4, 5, 9, 13]) * MIB).saturating_add_signed(beside(random)),
        5 => (part * random.below(4)).saturating_add_signed(beside(random)),
        _ => {
            let any = &mut Random(1 + random.below(40));
            let most = any.below(34 * MIB);
            any.below(most)
        }
    }
}

/// One upload of any file under any script; whether it came through.
fn play(seed: u64, nosy: bool) -> bool {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let random = &mut random;
    let part_size = random.pick(&[None, None, Some(MIB), Some(2 * MIB), Some(3 * MIB), Some(8 * MIB)]);
    let size = any_size(random, part_size.unwrap_or(4 * MIB));
    let mut options = file(size);
    options.api = random.pick(&[Api::Auto, Api::Auto, Api::V2, Api::V2, Api::V1, Api::Form]);
    options.part_size = part_size;
    options.chunk_size = random.pick(&[None, Some(MIB), Some(3 * MIB)]);
    options.concurrency = random.pick(&[None, Some(1), Some(2), Some(4)]);
    options.key = random.pick(&[Some("dir/film.mp4"), Some(""), None]).map(str::to_owned);
    options.can_stat = random.chance(50);
    // Each attempt at an object would get a name of its own: then none is made twice, whatever happens.
    let anew = seed % 8 == 5;
    let is_form = size == 0 || options.api == Api::Form || (options.api == Api::Auto && size <= 4 * MIB);
    if anew {
        options.key = None;
    }
    options.entropy = seed;
    options.is_quick = seed.is_multiple_of(3);
    let shift = random.pick(&[0, 0, 0, 1]);
    let mut world = World::new(options);
    world.nosy = nosy;
    world.latency = random.pick(&[1, 20, 150]);
    world.bandwidth = random.pick(&[60, 600, 6000]);
    let sway = random.pick(&[0, 0, 30, 700]);
    let mut ways = Random(seed ^ 0x5aa5_0ff0_1337);
    world.sway = Box::new(move || if sway == 0 { 0 } else { ways.below(sway) });
    world.skew = random.pick(&[0, 0, 7_200_000, -7_200_000]);
    world.token_life = random.pick(&[3600, 3600, 90, 20]);
    world.stores = random.chance(90) || anew;
    if anew {
        world.policy = json!({ "scope": "b", "saveKey": "$(uuid)" });
    }
    world.kodo.overwrite = random.chance(50);
    let (rate, mild) = (random.pick(&[0, 5, 15, 30, 60]), random.chance(60));
    let mut faults = Random(seed ^ 0x1234_5678_9abc);
    world.faults = Box::new(move |_, _| match faults.chance(rate).then(|| any_fault(&mut faults, mild)) {
        // Other answers say that nothing was done, and are not lied with here.
        Some(Fault::Status { status, .. }) if anew && !matches!(status, 500 | 502 | 504 | 599) => {
            Fault::Status { status, arrives: false }
        }
        fault => fault.unwrap_or(Fault::Fine),
    });
    if random.chance(20) {
        let every = 1 + random.below(12) as u32;
        world.reads = Box::new(move |count| count.is_multiple_of(every).then_some(ReadFailure::Busy));
    }
    for _ in 0..random.below(6) {
        let (at, act) = (random.below(4000), any_act(random));
        // Nothing is kept of a form: the next page's is another upload.
        let act = if anew && is_form && act == Act::Reload { Act::Kill } else { act };
        world.plan(at, act);
        match act {
            Act::Offline => world.plan(at + 1 + random.below(60_000), Act::Online),
            Act::Pause => world.plan(at + 1 + random.below(60_000), Act::Resume),
            _ => {}
        }
    }
    world.run_until(|world| world.clock > 900);
    // The user may have put another file in its place.
    if world.stored.is_some() && shift > 0 {
        world.shift = shift;
        world.hollow = random.chance(50);
        world.reload();
    }
    let outcome = world.run();
    assert!(!anew || shift > 0 || world.kodo.made <= 1, "seed {seed}: {} objects {:#?}", world.kodo.made, world.log);
    match outcome {
        Outcome::Done(done) => {
            let content = world.actual(&whole(0, size).ranges);
            let key = done.key.as_deref().unwrap_or("dir/film.mp4");
            assert_stored(&world, key, &content);
            assert_eq!(world.kodo.objects[key].hash, done.hash, "seed {seed}");
            assert_eq!(world.stored, None, "seed {seed}: the ledger stays");
            true
        }
        Outcome::Failed(error) => {
            assert!(!error.problem.code().is_empty());
            false
        }
        Outcome::Idle => panic!("seed {seed} hangs: {:#?}", world.log),
    }
}

#[test]
fn ten_thousand_fault_scripts_end_in_the_right_object_or_a_typed_error() {
    let half = |first: u64| (first..10_000).step_by(2).filter(|seed| play(*seed, false)).count();
    let good = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        half(0) + other.join().expect("no script fails")
    });
    // Nothing is learnt where everything fails.
    assert!(good > 5000, "{good}");
}

#[test]
fn no_token_is_seen_in_any_output_ledger_address_event_or_error() {
    // The server quotes the tokens that it refuses, also those of before.
    (20_000..20_300).for_each(|seed| {
        play(seed, true);
    });
}

#[test]
fn two_hundred_megabytes_survive_five_reloads_two_dead_servers_a_third_of_failures_and_an_expired_token() {
    let size = 200 * MIB + 12_345;
    let mut world = World::new(file(size));
    world.bandwidth = 1000;
    let mut faults = Random(42);
    world.faults = Box::new(move |_, _| {
        let statuses = [500, 502, 503, 504, 599];
        match faults.below(10) {
            0 => Fault::Lost { arrives: false, silent: false },
            1 | 2 => Fault::Status { status: faults.pick(&statuses), arrives: false },
            _ => Fault::Fine,
        }
    });
    for (at, act) in [(9, Act::Reload), (25, Act::Reload), (40, Act::Kill), (55, Act::Reload), (70, Act::Expire)] {
        world.plan(at * 1000, act);
    }
    for (at, act) in [(90, Act::Reload), (110, Act::Kill), (130, Act::Reload)] {
        world.plan(at * 1000, act);
    }
    let done = done(&mut world);
    assert_stored(&world, "dir/film.mp4", &whole(0, size));
    assert_eq!(world.log.iter().filter(|line| line.ends_with("Reload")).count(), 5);
    assert!(done.resumed_bytes > 100 * MIB);
    // What is sent beside the file: bodies of failures, and what was in flight when something ended it.
    let interrupted = 8 * 6 * 4 * MIB;
    assert!(world.media_sent <= size + world.broken_bytes + interrupted, "{} {}", world.media_sent, world.broken_bytes);
    assert!(world.warnings.is_empty(), "{:?}", world.warnings);
}

/// Stops an upload of `options` when two parts are noted.
fn interrupted(options: Options) -> World {
    let mut world = World::new(options);
    world.run_until(|world| world.progress.last().is_some_and(|progress| progress.confirmed >= 2 * 4 * MIB));
    world
}

#[test]
fn another_file_of_the_same_name_size_and_time_never_mixes_with_the_first() {
    // The official client completes here with parts of both files and reports success.
    for hollow in [false, true] {
        let mut world = interrupted(file(33 * MIB));
        (world.shift, world.hollow) = (1, hollow);
        world.reload();
        let done = done(&mut world);
        let content = world.actual(&whole(0, 33 * MIB).ranges);
        assert_stored(&world, "dir/film.mp4", &content);
        assert_eq!(done.resumed_bytes, 0);
        assert_eq!(world.warnings, [Warning::LedgerDropped("content")], "hollow {hollow}");
        assert!(world.kodo.uploads.is_empty(), "the server was told to drop the first file's parts");
    }
}

#[test]
fn parts_of_another_size_are_not_taken_for_parts_of_this_one() {
    // The official client takes two parts of 4 MiB for two of 2 MiB: 13 MiB of a 9 MiB file, reported as success.
    for (first, second) in [(4, 2), (2, 4), (8, 4)] {
        let mut options = file(33 * MIB);
        options.part_size = Some(first * MIB);
        let mut world = interrupted(options);
        world.options.part_size = Some(second * MIB);
        world.reload();
        done(&mut world);
        assert_stored(&world, "dir/film.mp4", &whole(0, 33 * MIB));
        assert_eq!(world.warnings, [Warning::LedgerDropped("part size")]);
    }
}

#[test]
fn a_complete_whose_answer_is_lost_is_no_failure() {
    // The official client asks again, hears 612 and reports failure although the object is there.
    let lost =
        |request: &onetake_core::upload::Request| request.method.name() == "POST" && request.url.contains("/uploads/");
    for (can_stat, reload) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut options = file(33 * MIB);
        options.can_stat = can_stat;
        let mut world = World::new(options);
        let mut times = 0;
        world.faults = Box::new(move |request, _| {
            times += u32::from(lost(request));
            let first = lost(request) && times == 1;
            if first { Fault::Lost { arrives: true, silent: reload } } else { Fault::Fine }
        });
        if reload {
            world.run_until(|world| !world.kodo.objects.is_empty());
            world.reload();
        }
        let done = done(&mut world);
        assert_eq!(done.hash, world.kodo.objects["dir/film.mp4"].hash);
        assert_stored(&world, "dir/film.mp4", &whole(0, 33 * MIB));
        let sent = if can_stat { 33 * MIB } else { 66 * MIB };
        assert_eq!(world.media_sent, sent, "whoever can be asked saves the second time");
        assert_eq!(done.body.is_empty(), can_stat);
        assert_eq!(world.kodo.objects.len(), 1);
    }
    // The file was replaced since: what is there is the first one's object, and no success of the second's.
    let mut options = file(33 * MIB);
    options.can_stat = true;
    let mut world = World::new(options);
    world.kodo.overwrite = true;
    world.run_until(|world| !world.kodo.objects.is_empty());
    (world.shift, world.hollow) = (1, true);
    world.reload();
    done(&mut world);
    assert_stored(&world, "dir/film.mp4", &world.actual(&whole(0, 33 * MIB).ranges));
    // Made again, the object might get another name: then nobody guesses.
    let mut options = file(33 * MIB);
    options.key = None;
    let mut world = World::new(options);
    world.policy = json!({ "scope": "b", "saveKey": "$(uuid)" });
    let mut times = 0;
    world.faults = Box::new(move |request, _| {
        times += u32::from(lost(request));
        if lost(request) && times == 1 { Fault::Lost { arrives: true, silent: false } } else { Fault::Fine }
    });
    assert_eq!(failed(&mut world).problem, Problem::Unconfirmed);
}

#[test]
fn a_lost_line_costs_no_attempts_and_the_upload_goes_on_when_it_is_back() {
    let mut world = World::new(file(33 * MIB));
    world.plan(5000, Act::Offline);
    world.plan(5000 + 7_200_000, Act::Online);
    done(&mut world);
    let during = |line: &&String| {
        let at: u64 = line.split(' ').next().and_then(|at| at.parse().ok()).expect("a line begins with its time");
        line.contains("send") && (5001..7_205_000).contains(&at)
    };
    assert_eq!(world.log.iter().filter(during).count(), 0, "nothing is tried without a line");
    assert!(world.media_sent <= 33 * MIB + 3 * 4 * MIB);
    // The browser may not notice: then it is tried, each time later, for ten minutes.
    let mut world = World::new(file(33 * MIB));
    world.faults =
        Box::new(|_, count| if count > 3 { Fault::Lost { arrives: false, silent: false } } else { Fault::Fine });
    let error = failed(&mut world);
    assert_eq!((error.problem, error.problem.code()), (Problem::Network, "upload_network"));
    assert!((600_000..700_000).contains(&world.clock), "{}", world.clock);
    assert!(world.waits.iter().all(|(_, wait)| wait.is_some_and(|wait| wait <= 30_000)));
    assert!(world.stored.is_some(), "a later run can go on");
}

#[test]
fn pause_stops_the_line_resume_goes_on_and_abort_is_the_end() {
    let mut world = World::new(file(33 * MIB));
    world.plan(1500, Act::Pause);
    world.plan(100_000, Act::Resume);
    done(&mut world);
    assert!(world.progress.iter().any(|progress| progress.state.name() == "paused" && progress.rate == 0));
    assert!(world.media_sent <= 33 * MIB + 6 * 4 * MIB);

    let mut world = World::new(file(33 * MIB));
    world.plan(1500, Act::Abort { discard: false });
    assert_eq!(failed(&mut world).problem, Problem::Aborted);
    let kept = world.stored.clone().expect("a later run can go on");
    assert_eq!(world.kodo.uploads.len(), 1);

    // What an earlier page left is discarded by an uploader of its own.
    let mut options = file(33 * MIB);
    options.ledger = onetake_core::upload::Ledger::from_bytes(&kept);
    let mut second = World::new(options);
    (second.kodo, second.stored) = (world.kodo, Some(kept));
    second.plan(0, Act::Abort { discard: true });
    assert_eq!(failed(&mut second).problem, Problem::Aborted);
    assert!(second.kodo.uploads.is_empty() && second.stored.is_none() && second.up.is_over());
}

#[test]
fn progress_only_grows_is_noted_before_it_is_shown_and_knows_its_rate() {
    let mut world = World::new(file(100 * MIB));
    world.bandwidth = 500;
    let mut faults = Random(3);
    world.faults =
        Box::new(
            move |_, _| {
                if faults.chance(20) { Fault::Status { status: 503, arrives: false } } else { Fault::Fine }
            },
        );
    done(&mut world);
    let last = world.progress.last().expect("there is progress");
    assert_eq!((last.done, last.confirmed, last.total), (100 * MIB, 100 * MIB, 100 * MIB));
    assert!(world.progress.windows(2).all(|pair| pair[0].confirmed <= pair[1].confirmed));
    assert!(world.progress.len() < 4000, "no flood: {}", world.progress.len());
    // Three requests at a time carry 500 bytes a millisecond each.
    let middle = &world.progress[world.progress.len() / 2];
    assert!((600_000..3_500_000).contains(&middle.rate), "{middle:?}");
    assert!(middle.eta.is_some_and(|eta| eta > 10_000), "{middle:?}");
    let states = world.progress.iter().map(|progress| progress.state.name()).collect::<Vec<_>>();
    let first = |name| states.iter().position(|state| *state == name);
    assert!(first("queued") < first("hashing") && first("hashing") < first("sending"), "{states:?}");
    assert!(first("sending") < first("finishing"), "{states:?}");
}

#[test]
fn more_pieces_go_side_by_side_while_that_carries_more_and_fewer_when_the_service_is_pressed() {
    // Each request has its own share of a wide line: the more, the faster.
    let mut world = World::new(file(400 * MIB));
    (world.latency, world.bandwidth) = (400, 4000);
    done(&mut world);
    assert_eq!(world.most_in_flight, 6);
    let mut world = World::new(file(100 * MIB));
    let mut count = 0;
    world.faults = Box::new(move |_, _| {
        count += 1;
        if count > 4 && count < 9 { Fault::Status { status: 573, arrives: false } } else { Fault::Fine }
    });
    done(&mut world);
    let waits = world.waits.iter().filter_map(|(_, wait)| *wait).collect::<Vec<_>>();
    assert!(!waits.is_empty() && waits.iter().all(|wait| *wait >= 1000), "{waits:?}");
}

/// When requests for parts went out, by the log.
fn sent_at(world: &World, fine: bool) -> Vec<u64> {
    let parts = world.log.iter().filter(|line| line.contains("send PUT") && line.contains("Fine") == fine);
    parts.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

#[test]
fn where_round_trips_are_what_is_waited_for_all_parts_are_under_way_after_the_first() {
    let mut world = World::new(file(30 * MIB));
    (world.latency, world.bandwidth) = (200, 100_000);
    done(&mut world);
    let times = sent_at(&world, true);
    assert_eq!(times.len(), 8);
    // The first three were read while the upload id was asked for; the others when those were confirmed.
    assert!(times[2] == times[0] && times[7] < times[0] + 500, "{times:?}");
    // On a narrow line it would only mean more to lose.
    let mut world = World::new(file(30 * MIB));
    world.bandwidth = 200;
    done(&mut world);
    assert_eq!(world.most_in_flight, 3);
    // On one that is known to be quick nobody waits for the first.
    let mut options = file(30 * MIB);
    options.is_quick = true;
    let mut world = World::new(options);
    (world.latency, world.bandwidth) = (200, 100_000);
    done(&mut world);
    let times = sent_at(&world, true);
    assert!(world.most_in_flight == 8 && times[7] == times[0], "{times:?}");
}

/// Whether the object's address was asked for something ahead, and how often.
fn greetings(world: &World) -> usize {
    world.log.iter().filter(|line| line.contains("send GET") && !line.contains('?')).count()
}

#[test]
fn where_answers_are_long_in_coming_the_objects_address_is_asked_ahead_beside_the_last_parts() {
    let upload = |latency, seed: Option<u64>| {
        let mut world = World::new(file(30 * MIB));
        world.latency = latency;
        if let Some(seed) = seed {
            let mut faults = Random(seed);
            let greeting =
                |request: &onetake_core::upload::Request| request.method.name() == "GET" && !request.url.contains('?');
            world.faults = Box::new(move |request, _| match faults.below(4) {
                0 if greeting(request) => Fault::Refused,
                1 if greeting(request) => Fault::Status { status: 612, arrives: false },
                2 if greeting(request) => Fault::Lost { arrives: true, silent: true },
                _ => Fault::Fine,
            });
        }
        done(&mut world);
        assert_stored(&world, "dir/film.mp4", &whole(0, 30 * MIB));
        assert!(world.waits.is_empty(), "whatever becomes of it costs nothing: {:?}", world.waits);
        world
    };
    assert_eq!((greetings(&upload(10, None)), greetings(&upload(100, None))), (0, 1));
    let world = upload(100, None);
    let at = |what: &str| world.log.iter().position(|line| line.contains(what) && !line.contains('?'));
    let parts = world.log.iter().filter(|line| line.contains("send PUT"));
    assert!(at("send GET") > parts.clone().next().and_then(|line| at(line)), "{:#?}", world.log);
    let completes = world.log.iter().rposition(|line| line.contains("send POST"));
    assert!(at("send GET") < completes, "the object comes after it: {:#?}", world.log);
    (1..8).for_each(|seed| drop(upload(100, Some(seed))));
}

#[test]
fn parts_that_wait_for_one_of_the_browsers_connections_do_not_count_as_stalled() {
    let mut options = file(60 * MIB);
    options.is_quick = true;
    let mut world = World::new(options);
    // Half a minute and more a part, six at a time of the eight.
    (world.bandwidth, world.connections) = (100, vec![0; 6]);
    done(&mut world);
    assert_stored(&world, "dir/film.mp4", &whole(0, 60 * MIB));
    assert!(world.waits.is_empty(), "{:?}", world.waits);
    assert_eq!((world.most_in_flight, world.media_sent), (8, 60 * MIB));
}

#[test]
fn a_form_on_a_quick_line_tells_nothing_before_its_answer_if_sent_again_it_makes_the_same_object() {
    for (quick, policy, quiet) in [
        (true, json!({ "scope": "b" }), true),
        (false, json!({ "scope": "b" }), false),
        (true, json!({ "scope": "b", "saveKey": "$(uuid)" }), false),
    ] {
        let mut options = file(3 * MIB);
        (options.is_quick, options.key) = (quick, None);
        let mut world = World::new(options);
        world.policy = policy;
        // Its first attempt is done, and its answer lost.
        let told = std::rc::Rc::new(std::cell::Cell::new(false));
        let heard = std::rc::Rc::clone(&told);
        world.faults = Box::new(move |request, _| {
            let onetake_core::upload::Body::Form(form) = &request.body else { return Fault::Fine };
            heard.set(form.is_quiet);
            Fault::Lost { arrives: true, silent: false }
        });
        world.run_until(|world| !world.waits.is_empty() || world.kodo.made > 0);
        assert_eq!(told.get(), quiet);
        world.faults = Box::new(|_, _| Fault::Fine);
        let ended = world.run();
        // Where each attempt would get a name of its own, none is made twice.
        assert_eq!(matches!(ended, Outcome::Done(_)), world.policy["saveKey"].is_null(), "{ended:?}");
    }
}

#[test]
fn one_failure_is_followed_by_the_next_attempt_at_once_and_more_of_them_later_and_later() {
    let mut options = file(3 * MIB);
    options.api = Api::V2;
    let mut world = World::new(options);
    let mut count = 0;
    world.faults = Box::new(move |request, _| {
        count += u32::from(request.method.name() == "PUT");
        if (1..7).contains(&count) { Fault::Status { status: 503, arrives: false } } else { Fault::Fine }
    });
    done(&mut world);
    let waits = world.waits.iter().filter_map(|(_, wait)| *wait).collect::<Vec<_>>();
    let bounds = [100, 500, 1000, 2000, 4000, 8000];
    assert!(waits.len() == 6 && waits.iter().zip(bounds).all(|(wait, bound)| *wait <= bound), "{waits:?}");
}

#[test]
fn parts_that_wait_for_their_next_attempt_keep_none_from_going() {
    let mut options = file(40 * MIB);
    options.concurrency = Some(2);
    let mut world = World::new(options);
    world.faults = Box::new(|_, count| match count {
        2 | 3 => Fault::Status { status: 573, arrives: false },
        _ => Fault::Fine,
    });
    done(&mut world);
    // Both of the first wait for a second at least.
    let refused = world.log.iter().position(|line| line.contains("part 573")).expect("they were refused");
    let refused_at = world.log[refused].split(' ').next().and_then(|at| at.parse().ok());
    assert_eq!(sent_at(&world, true).first().copied(), refused_at, "{:#?}", world.log);
}

#[test]
fn when_one_request_is_answered_after_a_silence_the_others_do_not_wait_any_longer() {
    let mut world = World::new(file(40 * MIB));
    world.faults = Box::new(|request, count| match (request.method.name(), count) {
        ("PUT", 5..30) => Fault::Lost { arrives: false, silent: false },
        _ => Fault::Fine,
    });
    done(&mut world);
    let back = sent_at(&world, true).into_iter().filter(|at| *at > *sent_at(&world, false).last().unwrap_or(&0));
    let back = back.collect::<Vec<_>>();
    let answered = back[0] + 2 * world.latency + 4 * MIB / world.bandwidth;
    assert!(back[2] <= answered + 300, "{back:?}");
}

#[test]
fn a_request_that_moves_no_byte_is_cut_and_made_again() {
    let mut world = World::new(file(9 * MIB));
    world.faults = Box::new(|_, count| match count {
        2 | 3 => Fault::Lost { arrives: false, silent: true },
        _ => Fault::Fine,
    });
    done(&mut world);
    assert!((20_000..45_000).contains(&world.clock), "{}", world.clock);
    assert!(world.waits.iter().filter(|(what, _)| *what == "part").count() == 2);
}
