//! Rows of the fidelity plan (qiniu.md 8) that direct calls show best: lists of parts, contexts, expiry.

use onetake_core::upload::digest::crc32;
use onetake_core::upload::wire::us64;
use serde_json::{Value, json};

use crate::store::{MIB, Running, data};

#[tokio::test]
async fn row_18_an_upload_that_is_unknown_over_or_of_another_key_is_612() {
    let running = Running::start("row18").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let id = upload.rsplit('/').next().unwrap();
    let other = format!("/buckets/onetake/objects/{}/uploads/{id}", us64(b"other"));
    running.part(&token, &upload, 1, b"a").await;
    let elsewhere = running.token(json!({ "scope": "other" }));
    let moved = upload.replace("/onetake/", "/other/");
    for (path, token) in [(&other, &token), (&format!("{upload}x"), &token), (&moved, &elsewhere)] {
        for (method, place) in [("PUT", "/1"), ("POST", ""), ("GET", ""), ("DELETE", "")] {
            let answer = running.call(method, &format!("{path}{place}"), token, b"{\"parts\":[]}").await;
            assert_eq!((answer.status, &answer.json()["error"]), (612, &json!("no such uploadId")), "{method} {path}");
        }
    }
    running.knob("clock", &json!({ "offset": 7 * 86_400 + 1 })).await;
    assert_eq!(running.call("GET", &upload, &token, &[]).await.status, 612);
    assert_eq!(running.blobs(), 1);
    running.initiate(&token, "k").await;
    assert_eq!(running.blobs(), 0, "the next upload swept what had expired");
}

#[tokio::test]
async fn row_19_short_parts_and_wrong_lists_are_400_and_gaps_are_allowed() {
    let running = Running::start("row19").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let short = running.part(&token, &upload, 1, &data(MIB - 1)).await;
    let whole = running.part(&token, &upload, 3, &data(MIB)).await;
    let last = running.part(&token, &upload, 10_000, b"end").await;
    for (parts, why) in [
        (vec![(1, &*short), (3, &whole)], "a short part that is not the last"),
        (vec![(10_000, &last), (3, &whole)], "not ascending"),
        (vec![(3, &whole), (3, &whole)], "twice"),
        (vec![(3, &last)], "another etag"),
        (vec![(2, &whole)], "not uploaded"),
        (vec![], "empty"),
    ] {
        let answer = running.complete(&token, &upload, &parts).await;
        assert_eq!(answer.status, 400, "{why}: {}", answer.text());
    }
    for body in ["", "{}", "[]", "{\"parts\":null}", "{\"parts\":[{\"partNumber\":-1,\"etag\":\"\"}]}"] {
        assert_eq!(running.call("POST", &upload, &token, body.as_bytes()).await.status, 400, "{body}");
    }
    let done = running.complete(&token, &upload, &[(3, &whole), (10_000, &last)]).await;
    assert_eq!((done.status, done.json()["key"].as_str()), (200, Some("k")), "{}", done.text());
    assert_eq!(running.get("/o/onetake/k").await.body, [data(MIB), b"end".to_vec()].concat());
    assert_eq!(running.blobs(), 2, "the part that was not listed is gone");
}

#[tokio::test]
async fn row_20_a_part_sent_again_replaces_the_old_one() {
    let running = Running::start("row20").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let old = running.part(&token, &upload, 1, b"first").await;
    let new = running.part(&token, &upload, 1, b"second").await;
    assert_eq!(running.blobs(), 1);
    assert_eq!(running.complete(&token, &upload, &[(1, &old)]).await.status, 400);
    assert_eq!(running.complete(&token, &upload, &[(1, &new)]).await.status, 200);
    assert_eq!(running.get("/o/onetake/k").await.body, b"second");
}

#[tokio::test]
async fn row_21_parts_are_listed_in_order_and_by_pages() {
    let running = Running::start("row21").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let list = async |query: &str| running.call("GET", &format!("{upload}{query}"), &token, &[]).await;
    let none = list("").await.json();
    assert_eq!((&none["parts"], &none["partNumberMarker"]), (&Value::Null, &json!(0)));
    for number in [300, 2, 7] {
        running.part(&token, &upload, number, format!("part {number}").as_bytes()).await;
    }
    let numbers = |page: &Value| {
        page["parts"].as_array().unwrap().iter().map(|part| part["partNumber"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let all = list("").await.json();
    assert_eq!((numbers(&all), &all["partNumberMarker"]), (vec![2, 7, 300], &json!(0)));
    assert_eq!((&all["parts"][0]["size"], all["expireAt"].is_i64()), (&json!(6), true));
    let page = list("?max-parts=2").await.json();
    assert_eq!((numbers(&page), &page["partNumberMarker"]), (vec![2, 7], &json!(7)));
    let page = list("?max-parts=2&part-number-marker=7").await.json();
    assert_eq!((numbers(&page), &page["partNumberMarker"]), (vec![300], &json!(0)));
    assert_eq!(list("?part-number-marker=300").await.json()["parts"], Value::Null);
    for query in ["?max-parts=0", "?max-parts=1001", "?max-parts=x", "?part-number-marker=-1"] {
        assert_eq!(list(query).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn row_24_blocks_chunks_and_their_contexts() {
    let running = Running::start("row24").await;
    let token = running.any();
    let file = data(4 * MIB + 1000);
    let (block, tail) = file.split_at(4 * MIB);

    // One block in two chunks, the other in one.
    let first = running.call("POST", "/mkblk/4194304", &token, &block[..MIB]).await.json();
    assert_eq!((&first["offset"], &first["crc32"]), (&json!(MIB), &json!(crc32(&block[..MIB]))));
    let ctx = |answer: &Value| answer["ctx"].as_str().unwrap().to_owned();
    let wrong = running.call("POST", &format!("/bput/{}/5", ctx(&first)), &token, b"x").await;
    assert_eq!(wrong.status, 701, "another offset");
    let next = format!("/bput/{}/{MIB}", ctx(&first));
    let whole = running.call("POST", &next, &token, &block[MIB..]).await.json();
    assert_eq!((&whole["offset"], &whole["crc32"]), (&json!(4 * MIB), &json!(2_603_020_192_u32)));
    assert_eq!(whole["checksum"], json!("tqJQANg8diqpWVOiY5uUr3rILPY="));
    assert!(whole["host"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(running.call("POST", &next, &token, &block[MIB..]).await.status, 701, "a context is good once");
    let last = running.call("POST", "/mkblk/1000", &token, tail).await.json();

    let list = format!("{},{}", ctx(&whole), ctx(&last));
    let key = us64("目录/文件".as_bytes());
    let named = format!("/mkfile/{}/fname/{}/key/{key}", file.len(), us64(b"a.bin"));
    let swapped = format!("{},{}", ctx(&last), ctx(&whole));
    for (path, body, status) in [
        (named.replace("/mkfile/4195304", "/mkfile/4195305"), &list, 400),
        (named.clone(), &swapped, 400),
        (named.clone(), &format!("{list},"), 701),
        (named.clone(), &ctx(&first), 701),
        (named.clone(), &String::new(), 400),
    ] {
        assert_eq!(running.call("POST", &path, &token, body.as_bytes()).await.status, status, "{path} {body}");
    }
    let made = running.call("POST", &named, &token, list.as_bytes()).await.json();
    assert_eq!(made["key"], json!("目录/文件"));
    assert_eq!(running.get("/o/onetake/%E7%9B%AE%E5%BD%95/%E6%96%87%E4%BB%B6").await.body, file);
    let again = running.call("POST", &named, &token, list.as_bytes()).await;
    assert_eq!((again.status, again.json()), (200, made), "mkfile can be repeated");

    // mkfile overwrites, unless the policy only inserts.
    let other = running.call("POST", "/mkblk/3", &token, b"new").await.json();
    let only = running.token(json!({ "scope": "onetake", "insertOnly": 1 }));
    let small = format!("/mkfile/3/key/{key}");
    assert_eq!(running.call("POST", &small, &only, ctx(&other).as_bytes()).await.status, 614);
    assert_eq!(running.call("POST", &small, &token, ctx(&other).as_bytes()).await.status, 200);
    assert_eq!(running.get("/o/onetake/%E7%9B%AE%E5%BD%95/%E6%96%87%E4%BB%B6").await.body, b"new");
    let empty = running.call("POST", "/mkfile/0", &token, &[]).await.json();
    assert_eq!(empty["hash"], json!("Fto5o-5ea0sNMlW_75VgGJCv2AcJ"));

    running.knob("clock", &json!({ "offset": 86_401 })).await;
    assert_eq!(running.call("POST", &small, &token, ctx(&other).as_bytes()).await.status, 701, "a day has passed");
}

#[tokio::test]
async fn the_vectors_hold() {
    let running = Running::start("vectors").await;
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/qiniu.json")).unwrap();
    let all = data(9 * MIB);
    for vector in vectors["qetag"].as_array().unwrap() {
        let size = vector["bytes"].as_u64().unwrap() as usize;
        let crc = vector["crc32"].to_string();
        let stored = running.form(&[("token", &running.any()), ("crc32", &crc)], &all[..size]).await;
        assert_eq!(stored.json()["hash"], vector["qetag"], "{size}");
    }
    for vector in vectors["qetag_v2"].as_array().unwrap() {
        let token = running.any();
        let upload = running.initiate(&token, &vector.to_string()).await;
        let (mut at, mut parts) = (0, Vec::new());
        for (number, size) in (1..).zip(vector["parts"].as_array().unwrap()) {
            let size = size.as_u64().unwrap() as usize;
            parts.push((number, running.part(&token, &upload, number, &all[at..at + size]).await));
            at += size;
        }
        let parts = parts.iter().map(|(number, etag)| (*number, etag.as_str())).collect::<Vec<_>>();
        assert_eq!(running.complete(&token, &upload, &parts).await.json()["hash"], vector["v"], "{vector}");
    }
    for vector in vectors["base64_keys"].as_array().unwrap() {
        let (Some(key), Some(segment)) = (vector["key"].as_str(), vector["v2_path_segment_js_sdk"].as_str()) else {
            continue;
        };
        let token = running.token(json!({ "scope": format!("onetake:{key}") }));
        let base = format!("/buckets/onetake/objects/{segment}/uploads");
        let begun = running.call("POST", &base, &token, &[]).await;
        let upload = format!("{base}/{}", begun.json()["uploadId"].as_str().unwrap());
        let etag = running.part(&token, &upload, 1, key.as_bytes()).await;
        assert_eq!(running.complete(&token, &upload, &[(1, &etag)]).await.json()["key"], vector["key"]);
    }
}
