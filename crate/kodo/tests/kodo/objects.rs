//! What was stored, as it is read: whole, by range, by its hash, after a restart.

use onetake_core::upload::wire::us64;
use onetake_kodo::Limits;
use serde_json::json;

use crate::store::{MIB, Running, data};

#[tokio::test]
async fn an_object_of_parts_is_read_by_ranges_as_one() {
    let running = Running::start("object_ranges").await;
    let token = running.any();
    let film = [b"\0\0\0\x20ftypisom\0\0\x02\0isomiso6avc1mp41".to_vec(), data(3 * MIB)].concat();
    let upload = running.initiate(&token, "films/一.mp4").await;
    let (first, second) = film.split_at(MIB + 7);
    let first = running.part(&token, &upload, 1, first).await;
    let second = running.part(&token, &upload, 2, second).await;
    let done = running.complete(&token, &upload, &[(1, &first), (2, &second)]).await.json();

    let path = "/o/onetake/films/%E4%B8%80.mp4";
    let whole = running.get(path).await;
    assert!(whole.body == film);
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    let etag = format!("\"{}\"", done["hash"].as_str().unwrap());
    assert_eq!(whole.header("etag"), Some(etag.as_str()));
    assert_eq!(whole.header("access-control-allow-origin"), Some("*"));
    assert_eq!(whole.header("content-security-policy"), None, "a film is shown in place");
    let head = running.send("HEAD", path, &[], &[]).await;
    assert_eq!((head.status, head.header("content-length")), (200, whole.header("content-length")));
    assert!(head.body.is_empty());

    let size = film.len();
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        (&*format!("bytes={}-{}", MIB, MIB + 99), MIB, MIB + 100),
        ("bytes=-5", size - 5, size),
        ("bytes=1000-", 1000, size),
    ] {
        let part = running.send("GET", path, &[("Range", range), ("If-Range", &etag)], &[]).await;
        let place = format!("bytes {from}-{}/{size}", to - 1);
        assert_eq!((part.status, part.header("content-range")), (206, Some(place.as_str())), "{range}");
        assert!(part.body == film[from..to], "{range}");
    }
    let outside = running.send("GET", path, &[("Range", &format!("bytes={size}-"))], &[]).await;
    assert_eq!((outside.status, outside.header("content-range")), (416, Some(&*format!("bytes */{size}"))));
    let stale = running.send("GET", path, &[("Range", "bytes=0-0"), ("If-Range", "\"old\"")], &[]).await;
    assert_eq!((stale.status, stale.body.len()), (200, size));
    assert_eq!(running.send("GET", path, &[("If-None-Match", &etag)], &[]).await.status, 304);
    let named = running.get(&format!("{path}?attname=a%22%E4%B8%80.mp4")).await;
    assert_eq!(named.header("content-disposition"), Some("attachment; filename*=UTF-8''a%22%E4%B8%80%2Emp4"));
    assert_eq!(running.get("/o/onetake/none").await.status, 404);
}

#[tokio::test]
async fn stat_tells_the_business_server_what_is_stored() {
    let running = Running::start("stat").await;
    let token = running.token(json!({ "scope": "onetake:k", "endUser": "u", "fileType": 1 }));
    running.form(&[("token", &token), ("key", "k")], b"text").await;
    let path = format!("/stat/{}", us64(b"onetake:k"));
    let stat = async |path: &str, signed: &str| {
        running.send("GET", path, &[("Authorization", &running.store.qbox(signed))], &[]).await
    };
    let found = stat(&path, &path).await.json();
    assert_eq!((&found["fsize"], &found["type"], &found["endUser"]), (&json!(4), &json!(1), &json!("u")));
    assert_eq!(found["hash"], running.get("/o/onetake/k").await.header("etag").unwrap().trim_matches('"'));
    let none = format!("/stat/{}", us64(b"onetake:none"));
    assert_eq!(stat(&none, &none).await.status, 612);
    assert_eq!(stat(&path, &none).await.status, 401, "signed for another path");
    assert_eq!(running.get(&path).await.status, 401);
}

#[tokio::test]
async fn a_restart_keeps_objects_parts_and_the_access_key_and_ends_tokens() {
    let running = Running::start("restart").await;
    let (token, before) = (running.any(), running.get("/api/upload-token").await.json());
    running.form(&[("token", &token), ("key", "k")], b"kept").await;
    let upload = running.initiate(&token, "film").await;
    let etag = running.part(&token, &upload, 1, &data(MIB)).await;
    let folder = running.stop().await;
    std::fs::write(folder.join("blobs/left-by-a-crash"), b"orphan").unwrap();

    let running = Running::start_in(folder, Limits::default()).await;
    assert_eq!(running.blobs(), 2, "what nothing refers to is swept");
    assert_eq!(running.get("/o/onetake/k").await.body, b"kept");
    let old = running.call("GET", &upload, &token, &[]).await;
    assert_eq!((old.status, &old.json()["error"]), (401, &json!("bad token")));
    let after = running.get("/api/upload-token").await.json();
    let access = |token: &serde_json::Value| token["token"].as_str().unwrap().split(':').next().unwrap().to_owned();
    assert_eq!(access(&before), access(&after));
    let token = running.any();
    let listed = running.call("GET", &upload, &token, &[]).await.json();
    assert_eq!(listed["parts"][0]["etag"], json!(etag));
    assert_eq!(running.complete(&token, &upload, &[(1, &etag)]).await.status, 200);
    assert!(running.get("/o/onetake/film").await.body == data(MIB));
}

#[tokio::test]
async fn the_page_gets_a_token_that_creates_media_and_overwrites_nothing() {
    let running = Running::start("page_token").await;
    let answer = running.get("/api/upload-token").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert!(answer.header("date").is_some());
    let answer = answer.json();
    assert_eq!(answer["hosts"], json!([format!("http://{}", running.address)]));
    assert_eq!(answer["domain"], json!(format!("http://{}/o/onetake", running.address)));
    let token = answer["token"].as_str().unwrap();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let stored = running.form(&[("token", token), ("fname", "cover.png")], png).await.json();
    let key = format!("{}.png", stored["hash"].as_str().unwrap());
    assert_eq!(stored["key"], json!(key), "the name is the hash and the suffix");
    let shared = running.get(&format!("/o/onetake/{key}")).await;
    assert_eq!((shared.header("content-type"), shared.body.as_slice()), (Some("image/png"), &png[..]));
    assert_eq!(running.form(&[("token", token), ("key", "t")], b"text").await.status, 403);
    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site")] {
        assert_eq!(running.send("GET", "/api/upload-token", &[(name, value)], &[]).await.status, 403);
    }
    let rebound = crate::support::ask(running.address, "GET", "/api/upload-token", "").await;
    assert_eq!(rebound.status, 403, "a foreign name that leads here");
}

#[tokio::test]
async fn a_completion_whose_answer_is_lost_can_be_found_out() {
    let running = Running::start("lost_answer").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let etag = running.part(&token, &upload, 1, b"film").await;
    running.knob("faults", &json!({ "route": "complete", "count": 1, "drop": "after" })).await;
    let body = json!({ "parts": [{ "partNumber": 1, "etag": etag }] }).to_string();
    let lost = crate::hostile::raw(&running, "POST", &upload, &token, body.as_bytes()).await;
    assert!(lost.is_empty(), "the answer was lost: {}", String::from_utf8_lossy(&lost));
    assert_eq!(running.complete(&token, &upload, &[(1, &etag)]).await.status, 612);
    let found = running.send("HEAD", "/o/onetake/k", &[], &[]).await;
    assert_eq!(found.header("etag"), Some(&*format!("\"{etag}\"")));

    // Sent again from the beginning it is the same object; two at once make it once.
    let (one, two) = (running.initiate(&token, "k").await, running.initiate(&token, "k").await);
    running.part(&token, &one, 1, b"film").await;
    running.part(&token, &two, 1, b"film").await;
    let list = [(1, etag.as_str())];
    let parts = &list[..];
    let (a, b, c) = tokio::join!(
        running.complete(&token, &one, parts),
        running.complete(&token, &one, parts),
        running.complete(&token, &two, parts)
    );
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 612]);
    assert_eq!(running.blobs(), 1);
}
