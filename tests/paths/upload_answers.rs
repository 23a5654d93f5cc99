//! What each of Kodo's answers does to an upload: the table of codes, hosts, tokens, keys, blocks and hashes.

use onetake_core::error::Retry;
use onetake_core::upload::wire::us64;
use onetake_core::upload::{
    Api, Event, HostRecord, Now, Options, Output, Problem, Reply, Request, Source, State, UploadError, Uploader,
    Warning,
};
use serde_json::json;

use super::upload::world::{Act, Fault, Outcome, World};
use super::upload_resume::{MIB, assert_stored, done, failed, file, whole};

/// Which request a fault is for.
fn kind(request: &Request) -> &'static str {
    let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
    match (request.method.name(), path) {
        (_, "") => "form",
        (_, path) if path.contains("query") => "discover",
        ("POST", path) if path.starts_with("mkblk") => "mkblk",
        ("POST", path) if path.starts_with("bput") => "bput",
        ("POST", path) if path.starts_with("mkfile") => "complete",
        ("POST", path) if path.ends_with("/uploads") => "initiate",
        ("POST", _) => "complete",
        ("PUT", _) => "part",
        ("GET", _) => "list",
        _ => "abort",
    }
}

/// Faults for the first `times` requests of a kind.
pub(crate) fn harm(world: &mut World, what: &'static str, times: u32, fault: Fault) {
    let mut left = times;
    world.faults = Box::new(move |request, _| {
        if kind(request) == what && left > 0 {
            left -= 1;
            return fault;
        }
        Fault::Fine
    });
}

pub(crate) fn status(status: u16) -> Fault {
    Fault::Status { status, arrives: false }
}

#[test]
fn each_code_is_tried_again_or_ends_the_upload_as_the_table_says() {
    let terminal = [
        (298, Problem::Refused, Retry::Never),
        (403, Problem::Forbidden, Retry::Never),
        (413, Problem::TooLarge, Retry::Never),
        (419, Problem::Account, Retry::AfterAction),
        (478, Problem::Refused, Retry::Never),
        (501, Problem::Limit, Retry::AfterAction),
        (509, Problem::Limit, Retry::AfterAction),
        (579, Problem::Callback, Retry::Never),
        (608, Problem::Changed, Retry::AfterAction),
        (614, Problem::Exists, Retry::AfterAction),
        (616, Problem::Refused, Retry::Never),
        (618, Problem::Refused, Retry::Never),
        (630, Problem::Bucket, Retry::AfterAction),
        (631, Problem::Bucket, Retry::AfterAction),
        (632, Problem::Refused, Retry::Never),
        (640, Problem::Bucket, Retry::AfterAction),
    ];
    for (code, problem, retry) in terminal {
        for what in ["part", "complete"] {
            let mut world = World::new(file(9 * MIB));
            harm(&mut world, what, u32::MAX, status(code));
            let error = failed(&mut world);
            assert_eq!((error.problem, error.status), (problem, code), "{what}");
            assert_eq!(error.problem.retry(), retry, "{code}");
            assert_eq!(error.request_id.as_deref(), Some("req-1"));
            let failure = onetake_core::error::Failure::from(&error);
            assert!(failure.code.starts_with("upload_") && failure.detail.contains("injected"), "{failure}");
            assert!(world.waits.is_empty(), "{code} is not tried again");
        }
    }
    // Again until it works; too often, and the service is busy.
    for code in [408, 429, 500, 502, 503, 504, 573, 571, 599] {
        for what in ["initiate", "part", "complete"] {
            let mut world = World::new(file(9 * MIB));
            harm(&mut world, what, 9, status(code));
            done(&mut world);
            assert_stored(&world, "dir/film.mp4", &whole(0, 9 * MIB));
            let mut world = World::new(file(9 * MIB));
            harm(&mut world, what, u32::MAX, status(code));
            assert_eq!(failed(&mut world).problem, Problem::Busy, "{code} {what}");
            let least = if matches!(code, 429 | 573) { 1000 } else { 0 };
            assert!(world.waits.iter().all(|(_, wait)| wait.is_some_and(|wait| (least..=31_000).contains(&wait))));
        }
    }
    // Another address once, another attempt at 406 twice, a portal's page some times.
    for (code, good, problem) in [(404, 1, Problem::Address), (405, 1, Problem::Address), (406, 2, Problem::Corrupt)] {
        let mut options = file(3 * MIB);
        (options.api, options.concurrency) = (Api::V2, Some(1));
        let mut world = World::new(options.clone());
        harm(&mut world, "part", good, status(code));
        done(&mut world);
        assert!(world.log.iter().any(|line| line.contains("/uploads/up1/1")));
        let mut world = World::new(options);
        harm(&mut world, "part", good + 1, status(code));
        assert_eq!(failed(&mut world).problem, problem);
    }
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "complete", u32::MAX, Fault::Portal { arrives: false });
    assert_eq!(failed(&mut world).problem, Problem::Answer);
    // The object is there, whoever heard of it: never sent again, nothing to resume.
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "complete", 1, Fault::Status { status: 579, arrives: true });
    assert_eq!(failed(&mut world).problem, Problem::Callback);
    assert_eq!((world.stored.is_none(), world.media_sent), (true, 9 * MIB));
}

#[test]
fn what_the_server_forgot_is_sent_again_once() {
    for (first, second) in [(1500, None), (1500, Some(4000))] {
        let mut world = World::new(file(100 * MIB));
        world.plan(first, Act::Forget);
        second.into_iter().for_each(|second| world.plan(second, Act::Forget));
        match (world.run(), second) {
            (Outcome::Done(_), None) => assert_stored(&world, "dir/film.mp4", &whole(0, 100 * MIB)),
            (Outcome::Failed(error), Some(_)) => {
                assert_eq!((error.problem, error.status), (Problem::Expired, 612));
                assert!(world.stored.is_none(), "nothing is left to resume");
            }
            (other, _) => panic!("{other:?} {:#?}", world.log),
        }
    }
    // A list of parts that the server does not take is compared with its own first.
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "complete", 1, status(400));
    world.run_until(|world| world.log.iter().any(|line| line.contains("complete 400")));
    let id = world.kodo.uploads.keys().next().cloned().expect("there is an upload");
    world.kodo.uploads.get_mut(&id).expect("it is there").parts.remove(&2);
    done(&mut world);
    assert_eq!(world.media_sent, 13 * MIB, "the part that was missing went out again, and no other");
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "complete", 1, status(400));
    done(&mut world);
    assert_eq!(world.media_sent, 18 * MIB, "all are there: from zero, once");
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "complete", u32::MAX, status(400));
    assert_eq!(failed(&mut world).problem, Problem::Rejected);
}

#[test]
fn a_refused_token_is_renewed_with_all_parts_kept_and_an_old_one_before_it_is_refused() {
    let mut world = World::new(file(100 * MIB));
    world.plan(3000, Act::Expire);
    done(&mut world);
    assert!(world.media_sent <= 100 * MIB + 6 * 4 * MIB);
    let mut world = World::new(file(9 * MIB));
    harm(&mut world, "part", u32::MAX, status(401));
    let error = failed(&mut world);
    assert_eq!((error.problem, error.problem.retry()), (Problem::Token, Retry::AfterAction));
    // Ten minutes of life each; the device's clock may be wrong by two hours either way.
    for skew in [0, 7_200_000, -7_200_000] {
        let mut world = World::new(file(400 * MIB));
        (world.bandwidth, world.token_life, world.skew) = (50, 600, skew);
        done(&mut world);
        let refused = world.log.iter().filter(|line| line.contains(" 401 ")).count();
        if skew == 0 {
            assert_eq!(refused, 0, "{:#?}", world.log);
        }
        assert_stored(&world, "dir/film.mp4", &whole(0, 400 * MIB));
    }
    // A token of another bucket is no fresh one.
    let mut world = World::new(file(33 * MIB));
    world.run_until(|world| world.clock > 1000);
    world.policy = json!({ "scope": "other" });
    world.plan(0, Act::Expire);
    assert_eq!(failed(&mut world).problem, Problem::Token);
    // What is too large for the policy is not begun.
    let mut world = World::new(file(9 * MIB));
    world.policy = json!({ "scope": "b", "fsizeLimit": 1000 });
    assert_eq!(failed(&mut world).problem, Problem::TooLarge);
    assert_eq!(world.media_sent, 0);
}

/// A growing source has no part yet, and whoever is asked for a token answers `say(question)`, or nothing: how the upload
/// failed before `end`, and when.
fn ask_for_tokens<'a>(end: u64, say: impl Fn(u32) -> Option<Result<(), &'a str>>) -> Option<(UploadError, u64)> {
    let mut options = file(0);
    options.source = Source::Growing { name: "film.mp4".to_owned() };
    let mut now = Now { clock: 0, unix: 1_767_225_600_000 };
    let mut up = Uploader::new(options, now).expect("the options are good");
    let mut questions = 0;
    while now.clock < end {
        while let Some(output) = up.poll_output() {
            match output {
                Output::NeedToken => {
                    questions += 1;
                    let policy = json!({ "scope": "b", "deadline": now.unix / 1000 + 600 }).to_string();
                    let token = format!("ak:SIGNATURE{questions}:{}", us64(policy.as_bytes()));
                    if let Some(said) = say(questions) {
                        up.handle_token(said.map(|()| token.as_str()), now);
                    }
                }
                Output::Send(request) => {
                    let body = br#"{ "uploadId": "u1" }"#;
                    up.handle_reply(request.id, Reply { status: 200, body, request_id: None, retry_after: None }, now);
                }
                Output::Persist { ticket, .. } => up.handle_persisted(ticket, true, now),
                Output::Event(Event::Failed(error)) => return Some((error, now.clock)),
                _ => {}
            }
        }
        (now.clock, now.unix) = (now.clock + 1000, now.unix + 1000);
        up.handle_timeout(now);
    }
    None
}

#[test]
fn a_token_that_does_not_come_costs_nothing_while_the_one_at_hand_serves_and_silence_only_patience() {
    let first = |question| question == 1;
    // The token lives ten minutes and is to be renewed after eight.
    let (error, at) =
        ask_for_tokens(7_200_000, |question| Some(if first(question) { Ok(()) } else { Err("none here") }))
            .expect("in the end there is none");
    assert_eq!((error.problem, error.detail.as_str()), (Problem::Token, "none here"));
    assert!((595_000..700_000).contains(&at), "{at}");
    let (error, at) =
        ask_for_tokens(7_200_000, |question| first(question).then_some(Ok(()))).expect("in the end there is none");
    assert_eq!(error.problem, Problem::Token);
    assert!((1_195_000..1_320_000).contains(&at), "{at}");
    // Whoever answers again in time is heard: the second time the tokens are late, the first are forgotten.
    let late = |question: u32| question.is_multiple_of(6).then_some(Ok(()));
    assert_eq!(ask_for_tokens(7_200_000, |question| if first(question) { Some(Ok(())) } else { late(question) }), None);
    // Without any there is nothing to wait for but one.
    let (error, at) = ask_for_tokens(7_200_000, |_| Some(Err("none here"))).expect("there is none");
    assert_eq!(error.problem, Problem::Token);
    assert!(at < 10_000, "{at}");
}

/// The words of an upload whose first request with a token is refused by this body.
fn refused_with(body: &str) -> String {
    let now = Now { clock: 0, unix: 1_767_225_600_000 };
    let mut up = Uploader::new(file(9), now).expect("the options are good");
    while let Some(output) = up.poll_output() {
        match output {
            Output::NeedToken => {
                let policy = us64(json!({ "scope": "b" }).to_string().as_bytes());
                up.handle_token(Ok(&format!("ak:SIGNATURE1:{policy}")), now);
            }
            Output::Read(read) => up.handle_read(read.piece, Ok(whole(0, 9).digests(0)), now),
            Output::Send(request) => {
                let reply = Reply { status: 403, body: body.as_bytes(), request_id: None, retry_after: None };
                up.handle_reply(request.id, reply, now);
            }
            Output::Event(Event::Failed(error)) => return error.detail,
            _ => {}
        }
    }
    panic!("it was refused");
}

#[test]
fn a_token_that_comes_back_in_pieces_or_where_words_are_cut_off_is_not_told() {
    let told = |words: &str| {
        let failed = ask_for_tokens(7_200_000, |question| Some(if question == 1 { Ok(()) } else { Err(words) }));
        failed.expect("there is no second one").0.detail
    };
    assert_eq!(told("no second SIGNA\r\nTURE1"), "no second (token)");
    assert_eq!(told(&format!("{:.<195}SIGNATURE1", "")), format!("{:.<195}(toke", ""));
    // Nor where a long answer is not looked at to its end, be that of what cannot be seen.
    for length in [65_532, 65_536 - 10, (1 << 20) - 20] {
        for said in [false, true] {
            let words = format!("{}SIGNATURE1", "\n".repeat(length));
            let body = if said { json!({ "error": words }).to_string() } else { words };
            let detail = refused_with(&body);
            assert!(!detail.contains("SIG"), "{length} {said} {detail}");
        }
    }
    assert_eq!(refused_with("\n\nno SIGNATURE1"), "no (token)");
}

fn host(line: &str) -> bool {
    line.contains("up-b")
}

#[test]
fn a_dead_host_is_left_and_found_again() {
    let mut world = World::new(file(200 * MIB));
    world.bandwidth = 1500;
    let calls = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = calls.clone();
    world.faults = Box::new(move |request, count| {
        seen.borrow_mut().push(request.url.clone());
        let dead = !host(&request.url) && (4..20).contains(&count);
        if dead { status(503) } else { Fault::Fine }
    });
    done(&mut world);
    let calls = calls.borrow();
    let moved = calls.iter().position(|url| host(url)).expect("the other host is asked");
    assert!(moved < 12, "{moved}");
    assert!(calls.iter().skip(moved).any(|url| !host(url)), "and the first again later");
}

#[test]
fn hosts_come_from_discovery_its_record_or_the_table_and_a_wrong_region_is_asked_once_more() {
    let discovered = |options: &mut Options| options.endpoints.clear();
    let v4 = |host: &str| json!({ "hosts": [{ "region": "r1", "ttl": 60, "up": { "domains": [host] } }] }).to_string();
    let mut options = file(9 * MIB);
    discovered(&mut options);
    let mut world = World::new(options.clone());
    world.discovery = (200, v4("up-r1.test"));
    done(&mut world);
    let record = world.remembered.clone().expect("it is remembered");
    assert_eq!((record.hosts.as_slice(), record.region.as_str()), (&["https://up-r1.test".to_owned()][..], "r1"));
    // Fresh: not asked again. Stale: used, and asked beside.
    for (ttl, asked) in [(60, 0), (0, 1)] {
        let mut options = options.clone();
        options.hosts = Some(HostRecord { ttl, asked_at: record.asked_at - 1000, ..record.clone() });
        let mut world = World::new(options);
        let count = std::rc::Rc::new(std::cell::Cell::new(0));
        let seen = count.clone();
        world.discovery = (200, v4("up-r1.test"));
        world.faults = Box::new(move |request, _| {
            seen.set(seen.get() + u32::from(kind(request) == "discover"));
            Fault::Fine
        });
        done(&mut world);
        assert_eq!(count.get(), asked);
    }
    // Nobody answers: the table, after each address was asked.
    let urls = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = urls.clone();
    let mut world = World::new(options.clone());
    world.faults = Box::new(move |request, _| {
        seen.borrow_mut().push(request.url.clone());
        Fault::Fine
    });
    done(&mut world);
    let all = urls.borrow();
    assert!(all[..5].iter().all(|url| url.contains("/query?ak=ak&bucket=b")), "{all:?}");
    assert!(all[5].starts_with("https://upload.qiniup.com/"), "{all:?}");
    // A base given by hand is the only one, and an unknown bucket is said to be one.
    let mut by_hand = options.clone();
    by_hand.discovery = "http://127.0.0.1:1".to_owned();
    let mut world = World::new(by_hand.clone());
    world.discovery = (631, String::new());
    assert_eq!(failed(&mut world).problem, Problem::Bucket);
    let mut world = World::new(by_hand);
    (world.discovery, world.nosy) = ((200, v4("127.0.0.1:2")), true);
    done(&mut world);
    assert_eq!(world.remembered.map(|record| record.hosts), Some(vec!["http://127.0.0.1:2".to_owned()]));
    // A host that quotes a token is none, whoever names it.
    let mut world = World::new(options.clone());
    let hosts = json!([{ "region": "r1", "up": { "domains": ["SIGNATURE00000000.test", "up-r1.test"] } }]);
    world.discovery = (200, json!({ "hosts": hosts }).to_string());
    done(&mut world);
    assert_eq!(
        world.remembered.map(|record| (record.hosts, record.region)),
        Some((record.hosts.clone(), "r1".to_owned()))
    );
    let mut v1 = file(9 * MIB);
    (v1.api, v1.chunk_size) = (Api::V1, Some(MIB));
    let mut world = World::new(v1);
    world.kodo.named = Some("http://SIGNATURE00000000.test");
    done(&mut world);
    // The wrong region names the right one.
    for first in ["part", "initiate"] {
        let mut options = options.clone();
        options.hosts = Some(HostRecord { asked_at: record.asked_at - 1000, ..record.clone() });
        let mut world = World::new(options);
        (world.wrong_region, world.discovery) = (Some("https://up-r1.test"), (200, v4("up-r1.test")));
        if first == "part" {
            // It takes the upload id's request, and no part.
            let wrong = world.wrong_region.take();
            world.run_until(|world| world.stored.is_some());
            world.wrong_region = wrong;
        }
        done(&mut world);
        assert_stored(&world, "dir/film.mp4", &whole(0, 9 * MIB));
        let asked = world.log.iter().position(|line| line.contains("query")).expect("the region is asked");
        let (before, after) = world.log.split_at(asked);
        assert_eq!(before.iter().any(|line| line.contains("send PUT")), first == "part", "{:#?}", world.log);
        let begun = |log: &[String]| log.iter().filter(|line| line.contains("/uploads Fine")).count();
        assert_eq!((begun(before), begun(after)), (1, 1), "{first}: it begins anew there {:#?}", world.log);
    }
}

#[test]
fn keys_names_and_variables_arrive_as_they_were_given_by_every_interface() {
    for key in [None, Some(""), Some("~"), Some("录制/2024 演示?.webm"), Some("a/b>😀")] {
        for api in [Api::Form, Api::V1, Api::V2] {
            let mut options = file(5 * MIB);
            (options.api, options.key) = (api, key.map(str::to_owned));
            options.file_name = Some("a \"b\".mp4".to_owned());
            options.mime_type = Some("video/mp4".to_owned());
            options.vars = vec![("x:v".to_owned(), "1 2".to_owned())];
            options.metadata = vec![("m".to_owned(), "中".to_owned())];
            let mut world = World::new(options);
            let done = done(&mut world);
            let stored = key.map_or_else(|| done.hash.clone(), str::to_owned);
            assert_eq!(done.key.as_deref(), Some(stored.as_str()));
            assert_stored(&world, &stored, &whole(0, 5 * MIB));
            let extra = world.kodo.objects[&stored].extra.to_string();
            let wanted = match api {
                Api::V1 => ["x:v", "MSAy", "x-qn-meta-m", "dmlkZW8vbXA0"],
                _ => ["x:v", "1 2", "x-qn-meta-m", "video/mp4"],
            };
            assert!(wanted.iter().all(|word| extra.contains(word)), "{api:?} {extra}");
        }
    }
}

#[test]
fn small_files_go_as_a_form_and_one_that_is_too_large_for_it_goes_in_parts() {
    for (size, form) in [(0, true), (1, true), (4 * MIB, true), (4 * MIB + 1, false)] {
        let mut world = World::new(file(size));
        let done = done(&mut world);
        assert_eq!(world.log.iter().any(|line| line.contains("send POST  ")), form, "{size} {:?}", world.log);
        assert_stored(&world, "dir/film.mp4", &whole(0, size));
        assert_eq!(done.hash, whole(0, size).digests(0).qetag().to_string());
    }
    let mut options = file(9 * MIB);
    options.api = Api::Form;
    let mut world = World::new(options);
    world.kodo.form_limit = 8 * MIB;
    done(&mut world);
    assert_stored(&world, "dir/film.mp4", &whole(0, 9 * MIB));
    let mut world = World::new(file(0));
    harm(&mut world, "form", u32::MAX, status(413));
    assert_eq!(failed(&mut world).problem, Problem::TooLarge);
}

#[test]
fn blocks_of_v1_go_on_at_the_chunk_where_they_were_and_expired_ones_are_sent_again() {
    let mut options = file(9 * MIB + 5);
    (options.api, options.chunk_size, options.concurrency) = (Api::V1, Some(MIB), Some(2));
    let mut world = World::new(options.clone());
    world.cut = true;
    world.run_until(|world| world.media_sent >= 6 * MIB && world.stored.is_some());
    world.reload();
    let resumed = done(&mut world).resumed_bytes;
    assert_eq!((resumed, world.media_sent), (4 * MIB, 9 * MIB + 5 + 2 * MIB), "two chunks were in flight");
    assert_stored(&world, "dir/film.mp4", &whole(0, 9 * MIB + 5));
    // A lost chunk costs its block; blocks lost before the end cost themselves; twice is the end.
    let mut world = World::new(options.clone());
    harm(&mut world, "bput", 1, status(701));
    done(&mut world);
    assert!(world.media_sent <= 13 * MIB + 5);
    let mut world = World::new(options.clone());
    harm(&mut world, "complete", 1, status(701));
    done(&mut world);
    assert_eq!(world.media_sent, 2 * (9 * MIB + 5));
    let mut world = World::new(options.clone());
    harm(&mut world, "complete", 2, status(701));
    assert_eq!(failed(&mut world).problem, Problem::Expired);
    // Bytes changed on the way are found by the block's own sums.
    for fault in [Fault::Damage, Fault::Tamper] {
        let mut world = World::new(options.clone());
        harm(&mut world, "bput", 2, fault);
        done(&mut world);
        assert_stored(&world, "dir/film.mp4", &whole(0, 9 * MIB + 5));
        let mut world = World::new(options.clone());
        harm(&mut world, "bput", u32::MAX, fault);
        assert_eq!(failed(&mut world).problem, Problem::Corrupt);
    }
}

#[test]
fn the_objects_hash_must_be_ours_and_the_rule_for_parts_only_warns() {
    let other = whole(1, 9 * MIB).digests(0).qetag().to_string();
    for size in [MIB, 9 * MIB] {
        let mut world = World::new(file(size));
        world.kodo.lie = Some(Some(other.clone()));
        let error = failed(&mut world);
        assert_eq!(error.problem, Problem::Corrupt);
        assert!(error.detail.contains(&other) && error.detail.contains("ours"), "{error}");
        assert!(world.stored.is_none());
    }
    let mut options = file(9 * MIB);
    options.part_size = Some(3 * MIB);
    let mut world = World::new(options.clone());
    world.kodo.lie = Some(Some(other.clone()));
    assert_eq!(done(&mut world).hash, other);
    assert!(matches!(&world.warnings[..], [Warning::HashOfParts { theirs, .. }] if *theirs == other));
    let mut world = World::new(options);
    assert!(done(&mut world).hash.starts_with('n') && world.warnings.is_empty());
    // An answer of the user's own making has none.
    let mut world = World::new(file(9 * MIB));
    world.kodo.lie = Some(None);
    assert_eq!(done(&mut world).hash, whole(0, 9 * MIB).digests(0).qetag().to_string());
    assert_eq!(world.warnings, [Warning::NoHash]);
}

#[test]
fn options_out_of_range_are_refused_and_the_source_must_stay_as_it_is() {
    let bad: [fn(&mut Options); 9] = [
        |options| options.key = Some("k".repeat(751)),
        |options| options.part_size = Some(MIB - 1),
        |options| options.part_size = Some((1 << 30) + 1),
        |options| options.chunk_size = Some(0),
        |options| options.concurrency = Some(0),
        |options| options.vars = vec![("v".to_owned(), String::new())],
        |options| options.metadata = vec![("a b".to_owned(), String::new())],
        |options| options.endpoints = vec!["http://user@host/path".to_owned()],
        |options| options.discovery = "file:///etc".to_owned(),
    ];
    let now = onetake_core::upload::Now { clock: 0, unix: 0 };
    for bad in bad {
        let mut options = file(9);
        bad(&mut options);
        let error = Uploader::new(options, now).expect_err("it is refused");
        assert_eq!(error.problem.code(), "bad_argument");
    }
    let huge = Source::Whole { size: u64::MAX, name: String::new(), last_modified: 0 };
    assert!(Uploader::new(Options::new(huge), now).is_err());
    // 39 GiB are cut into parts of 8 MiB.
    let large = Source::Whole { size: 10_001 * 4 * MIB, name: String::new(), last_modified: 0 };
    assert_eq!(Uploader::new(Options::new(large), now).unwrap().state(), State::Queued);
    let mut world = World::new(file(9 * MIB));
    world.reads = Box::new(|count| (count == 3).then_some(onetake_core::upload::ReadFailure::Changed));
    assert_eq!(failed(&mut world).problem, Problem::Changed);
    assert!(world.stored.is_none(), "what was sent of it is of no use");
    // A disk that was unplugged says nothing of the file: a later run goes on.
    let mut world = World::new(file(33 * MIB));
    world.reads = Box::new(|count| (count > 5).then_some(onetake_core::upload::ReadFailure::Busy));
    assert_eq!(failed(&mut world).problem, Problem::Source);
    world.reads = Box::new(|_| None);
    world.reload();
    assert!(done(&mut world).resumed_bytes > 0 && world.media_sent == 33 * MIB, "{:#?}", world.log);
}
