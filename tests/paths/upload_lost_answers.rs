//! The object was made, and nobody heard of it: it is asked for again where it gets the same name, and nowhere else.

use onetake_core::upload::{Api, Problem};
use serde_json::json;

use super::upload::world::{Act, Fault, World};
use super::upload_answers::{harm, status};
use super::upload_resume::{MIB, done, failed, file, whole};

#[test]
fn a_lost_complete_is_asked_again_where_the_object_gets_the_same_name_and_nowhere_else() {
    let lost = |silent: bool| Fault::Lost { arrives: true, silent };
    let cases = [
        // What the page's own server gives.
        (None, json!({ "scope": "b", "insertOnly": 1, "saveKey": "$(etag)$(ext)" }), true),
        (None, json!({ "scope": "b", "saveKey": "films/$(fname)" }), true),
        (None, json!({ "scope": "b", "saveKey": "" }), true),
        (None, json!({ "scope": "b", "saveKey": "$(etag)-$(uuid)" }), false),
        (None, json!({ "scope": "b", "saveKey": "$(x:take)$(etag)" }), false),
        (None, json!({ "scope": "b", "saveKey": "$(etag" }), false),
        (Some("k"), json!({ "scope": "b", "saveKey": "$(uuid)" }), true),
        (Some("k"), json!({ "scope": "b", "saveKey": "$(etag)$(ext)", "forceSaveKey": true }), true),
        (Some("k"), json!({ "scope": "b", "saveKey": "$(uuid)", "forceSaveKey": true }), false),
        (Some("k"), json!({ "scope": "b", "callbackFetchKey": 1 }), false),
    ];
    for (key, policy, safe) in cases {
        for reload in [false, true] {
            let mut options = file(9 * MIB);
            options.key = key.map(str::to_owned);
            let mut world = World::new(options);
            world.policy = policy.clone();
            harm(&mut world, "complete", 1, lost(reload));
            if reload {
                world.run_until(|world| !world.kodo.objects.is_empty());
                world.reload();
            }
            if safe {
                assert_eq!(done(&mut world).hash, whole(0, 9 * MIB).digests(0).qetag().to_string(), "{policy}");
                assert_eq!(world.media_sent, 18 * MIB);
            } else {
                let error = failed(&mut world);
                assert_eq!((error.problem, error.status), (Problem::Unconfirmed, 612), "{policy}");
                assert!(error.detail.contains("the answer was lost"), "{error}");
                assert_eq!(world.media_sent, 9 * MIB);
            }
            assert_eq!(world.kodo.objects.len(), 1);
            assert!(world.stored.is_none(), "the server has nothing to go on with");
        }
    }
    // A server may make up a name for each token: what it fixes is the same for one of them only.
    let mut options = file(33 * MIB);
    options.key = None;
    let mut world = World::new(options);
    world.policy = json!({ "scope": "b", "saveKey": "1/$(etag)" });
    harm(&mut world, "complete", 1, lost(false));
    world.run_until(|world| world.clock > 1000);
    world.policy = json!({ "scope": "b", "saveKey": "2/$(etag)" });
    world.plan(0, Act::Expire);
    assert_eq!(failed(&mut world).problem, Problem::Unconfirmed);
}

#[test]
fn what_was_never_taken_is_made_by_a_later_run() {
    let mut options = file(9 * MIB);
    (options.api, options.key) = (Api::V1, None);
    let mut world = World::new(options);
    world.policy = json!({ "scope": "b", "saveKey": "$(uuid)" });
    harm(&mut world, "complete", u32::MAX, status(503));
    assert_eq!(failed(&mut world).problem, Problem::Busy);
    world.faults = Box::new(|_, _| Fault::Fine);
    world.reload();
    assert_eq!((done(&mut world).resumed_bytes, world.kodo.made), (9 * MIB, 1));
}

#[test]
fn an_object_that_one_request_makes_is_never_made_twice_under_two_names() {
    let lost = |silent| Fault::Lost { arrives: true, silent };
    let (late, portal) = (Fault::Status { status: 504, arrives: true }, Fault::Portal { arrives: true });
    for (api, call, size) in [(Api::Form, "form", MIB), (Api::V1, "complete", 9 * MIB)] {
        let play = |template: &str, fault: Fault, act: Option<Act>| {
            let mut options = file(size);
            (options.api, options.key) = (api, None);
            let mut world = World::new(options);
            world.policy = json!({ "scope": "b", "saveKey": template });
            harm(&mut world, call, 1, fault);
            if let Some(act) = act {
                world.run_until(|world| world.kodo.made > 0);
                world.plan(5, act);
                world.plan(5000, if act == Act::Pause { Act::Resume } else { Act::Visible });
            }
            world
        };
        let acts = [Some(Act::Pause), Some(Act::Online), Some(Act::Kill), Some(Act::Reload), None];
        for fault in [lost(false), lost(true), late, portal] {
            // Nothing is kept of a form: the next page begins with another upload.
            for act in acts.into_iter().filter(|act| api == Api::V1 || *act != Some(Act::Reload)) {
                let mut world = play("$(uuid)", fault, act);
                let error = failed(&mut world);
                assert_eq!((error.problem, world.kodo.made), (Problem::Unconfirmed, 1), "{call} {fault:?} {act:?}");
                assert!(error.detail.contains("the answer was lost") && world.stored.is_none(), "{error}");
                let mut world = play("$(etag)", fault, act);
                done(&mut world);
                assert_eq!(world.kodo.objects.len(), 1, "{call} {fault:?} {act:?}");
            }
        }
        // An answer that comes while the user pauses is one, and what was not taken is sent until it is.
        let mut world = play("$(uuid)", Fault::Fine, Some(Act::Pause));
        done(&mut world);
        assert_eq!(world.kodo.made, 1);
        for fault in
            [Fault::Refused, Fault::Lost { arrives: false, silent: true }, status(429), status(503), status(573)]
        {
            let mut world = play("$(uuid)", fault, None);
            // Whether a body of a few bytes has left, no browser tells.
            if api == Api::V1 && matches!(fault, Fault::Refused | Fault::Lost { .. }) {
                assert_eq!((failed(&mut world).problem, world.kodo.made), (Problem::Unconfirmed, 0));
                continue;
            }
            done(&mut world);
            assert_eq!(world.kodo.made, 1, "{call} {fault:?}");
        }
    }
}
