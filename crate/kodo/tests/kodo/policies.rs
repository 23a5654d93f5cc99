//! What a put policy asks for beside the upload: who names the object, who speaks for the store, how fast bytes may come,
//! what is done afterwards (qiniu.md 1.3).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, Uri};
use onetake_core::upload::wire::us64;
use onetake_kodo::Limits;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::store::{Running, data};
use crate::support::folder;

/// The server of a business, and what it heard: path and body.
struct Business {
    address: String,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

impl Business {
    /// Answers `/500` with that status, and every other path with `says`.
    async fn start(says: Value) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let hears = heard.clone();
        let pages = Router::new().fallback(move |uri: Uri, body: Bytes| {
            hears.lock().unwrap().push((uri.path().to_owned(), String::from_utf8_lossy(&body).into_owned()));
            let status = if uri.path() == "/500" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
            let said = says.to_string();
            async move { (status, said) }
        });
        tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().clone()
    }
}

/// An address where nobody listens.
async fn nobody() -> String {
    format!("http://{}/", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap())
}

/// Sends `bytes` under `key` by a form and by a part, and gives both answers.
async fn both(running: &Running, token: &str, key: &str, bytes: &[u8]) -> [Value; 2] {
    let form = running.form(&[("token", token), ("key", key)], bytes).await;
    let upload = running.initiate(token, key).await;
    let etag = running.part(token, &upload, 1, bytes).await;
    [form.json(), running.complete(token, &upload, &[(1, &etag)]).await.json()]
}

#[tokio::test]
async fn a_forced_template_names_the_object_whatever_the_client_says() {
    let running = Running::start("forced").await;
    let forced = running
        .token(json!({ "scope": "onetake", "saveKey": "$(endUser)/$(fsize)", "forceSaveKey": true, "endUser": "me" }));
    for answer in both(&running, &forced, "mine", b"abc").await {
        assert_eq!(answer["key"], json!("me/3"), "{answer}");
    }
    assert_eq!((running.get("/o/onetake/me/3").await.status, running.get("/o/onetake/mine").await.status), (200, 404));
    // Without a template there is nothing to force.
    let empty = running.token(json!({ "scope": "onetake", "forceSaveKey": true }));
    assert_eq!(running.form(&[("token", &empty), ("key", "mine")], b"abc").await.json()["key"], json!("mine"));
    // The scope holds for what the template gives.
    let outside = running.token(
        json!({ "scope": "onetake:films/", "isPrefixalScope": 1, "saveKey": "other/$(etag)", "forceSaveKey": true }),
    );
    assert_eq!(running.form(&[("token", &outside), ("key", "films/a")], b"abc").await.status, 403);
}

#[tokio::test]
async fn the_business_server_names_the_object_and_its_payload_is_the_answer() {
    let running = Running::start("fetch_key").await;
    let business = Business::start(json!({ "key": "named/by them", "payload": { "id": 7 } })).await;
    let policy = |callback: &str| {
        let body = "hash=$(etag)&size=$(fsize)";
        running
            .token(json!({ "scope": "onetake", "callbackUrl": callback, "callbackBody": body, "callbackFetchKey": 1 }))
    };
    for answer in both(&running, &policy(&business.address), "mine", b"abc").await {
        assert_eq!(answer, json!({ "id": 7 }));
    }
    assert_eq!(running.get("/o/onetake/named/by%20them").await.body, b"abc");
    assert_eq!(running.get("/o/onetake/mine").await.status, 404);
    assert_eq!(business.heard().len(), 2);
    assert!(business.heard()[0].1.ends_with("&size=3"), "{:?}", business.heard());
    // Who gives no name, or no answer, keeps the object from being stored.
    let silent = Business::start(json!({ "key": "named" })).await;
    let blobs = running.blobs();
    for callback in [silent.address.clone(), format!("{}/500", silent.address), nobody().await] {
        let refused = running.form(&[("token", &policy(&callback)), ("key", "mine")], b"other").await;
        assert_eq!(refused.status, 579, "{}", refused.text());
    }
    assert_eq!((running.blobs(), running.get("/o/onetake/named").await.status), (blobs, 404));
}

#[tokio::test]
async fn the_first_callback_that_answers_speaks_for_the_store() {
    let running = Running::start("fail_over").await;
    let business = Business::start(json!({ "from": "business" })).await;
    let address = &business.address;
    let addresses = [nobody().await, format!("{address}/500"), "https://127.0.0.1/".into(), format!("{address}/good")];
    let policy =
        |urls: String| running.token(json!({ "scope": "onetake", "callbackUrl": urls, "callbackBody": "key=$(key)" }));
    let answer = running.form(&[("token", &policy(addresses.join(";"))), ("key", "k")], b"abc").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "from": "business" })));
    let heard = [("/500".to_owned(), "key=k".to_owned()), ("/good".to_owned(), "key=k".to_owned())];
    assert_eq!(business.heard(), heard, "each once, in order, and none after the one that answered");
    let answer = running.form(&[("token", &policy(addresses[..2].join("; "))), ("key", "l")], b"abc").await;
    assert_eq!(answer.status, 579);
    let told = serde_json::from_str::<Value>(answer.json()["error"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&told["callback_url"], &told["err_code"]),
        (&json!(addresses[1]), &json!(500)),
        "the last one's failure"
    );
    assert_eq!(running.get("/o/onetake/l").await.status, 200, "it is stored all the same");
}

#[tokio::test]
async fn a_plain_form_is_led_back_to_its_page() {
    let running = Running::start("return_url").await;
    let policy = |url: &str, most: u64| {
        let body = r#"{"key":$(key)}"#;
        running.token(json!({ "scope": "onetake", "returnUrl": url, "returnBody": body, "fsizeLimit": most }))
    };
    for (url, joined) in [("http://page.example/done", "?"), ("http://page.example/done?a=1", "&")] {
        let answer = running.form(&[("token", &policy(url, 9)), ("key", "片")], b"abc").await;
        let told = us64(json!({ "key": "片" }).to_string().as_bytes());
        let wanted = format!("{url}{joined}upload_ret={told}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(wanted.as_str())));
        let answer = running.form(&[("token", &policy(url, 2))], b"abc").await;
        let wanted = format!("{url}{joined}code=413&error=exceed%20FsizeLimit");
        assert_eq!((answer.status, answer.header("location")), (303, Some(wanted.as_str())));
    }
    let split = running.form(&[("token", &policy("http://page.example/\r\nSet-Cookie: a=b", 9))], b"abc").await;
    assert_eq!((split.status, split.header("set-cookie")), (400, None));
}

#[tokio::test(start_paused = true)]
async fn a_traffic_limit_is_the_width_of_each_connection() {
    // On virtual time, which runs whenever nobody has anything to do: nobody may be taken for silent.
    let long = Duration::from_secs(1 << 20);
    let running =
        Running::start_in(folder("traffic"), Limits { silence: long, patience: long, ..Limits::default() }).await;
    let bytes = data(256 << 10);
    let limited = |bits: u64| running.token(json!({ "scope": "onetake", "trafficLimit": bits }));
    for (token, least, most) in [(limited(819_200), 2560, 2600), (limited(8_192_000), 256, 296), (running.any(), 0, 40)]
    {
        let upload = running.initiate(&token, "k").await;
        let began = Instant::now();
        running.part(&token, &upload, 1, &bytes).await;
        let took = began.elapsed().as_millis();
        assert!((least..most).contains(&took), "a part took {took} ms, not {least}");
        // Of a form, what comes together with its token has come already.
        let began = Instant::now();
        assert_eq!(running.form(&[("token", &token), ("key", "k")], &bytes).await.status, 200);
        let took = began.elapsed().as_millis();
        assert!((least * 3 / 4..most).contains(&took), "a form took {took} ms");
    }
    for bits in [819_199, 838_860_801] {
        assert_eq!(running.form(&[("token", &limited(bits))], b"x").await.status, 400);
    }
}

#[tokio::test]
async fn work_that_is_asked_for_has_a_name_and_whoever_wants_to_know_hears_that_it_failed() {
    let running = Running::start("persistent").await;
    let business = Business::start(json!({})).await;
    let policy = json!({
        "scope": "onetake", "persistentOps": "avthumb/mp4;vframe/jpg/offset/1", "persistentPipeline": "films",
        "persistentNotifyUrl": format!("{}/notify", business.address),
    });
    let mut ids = Vec::new();
    for answer in both(&running, &running.token(policy.clone()), "k", b"abc").await {
        assert_eq!(answer["key"], json!("k"), "{answer}");
        ids.push(answer["persistentId"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    while business.heard().len() < 2 {
        tokio::task::yield_now().await;
    }
    for (path, body) in business.heard() {
        let told = serde_json::from_str::<Value>(&body).unwrap();
        assert!(path == "/notify" && ids.iter().any(|id| told["id"] == json!(id)), "{path} {told}");
        assert_eq!((&told["code"], &told["pipeline"], &told["inputKey"]), (&json!(3), &json!("films"), &json!("k")));
        let items = told["items"].as_array().unwrap();
        assert!(items.len() == 2 && items.iter().all(|item| item["code"] == json!(3)), "{told}");
        assert_eq!(items[1]["cmd"], json!("vframe/jpg/offset/1"));
    }
    // A body of one's own names it.
    let mut own = policy;
    own["returnBody"] = json!(r#"{"work":$(persistentId)}"#);
    let answer = running.form(&[("token", &running.token(own)), ("key", "l")], b"abc").await;
    assert!(answer.json()["work"].as_str().unwrap().starts_with("z0."), "{}", answer.text());
    let none = running.form(&[("token", &running.any()), ("key", "m")], b"abc").await;
    assert_eq!(none.json().get("persistentId"), None);
}
