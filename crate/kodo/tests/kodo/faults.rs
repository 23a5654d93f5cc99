//! The knobs that tests turn: what they do to requests, and that they are shut unless asked for.

use onetake_kodo::{Limits, Reach, Server, Store, StoreOptions, router};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::hostile::raw;
use crate::store::{MIB, Running, data};
use crate::support::{ask, folder, site};

#[tokio::test]
async fn faults_act_where_they_should_and_the_log_counts_the_bytes() {
    let running = Running::start("faults").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let put = format!("{upload}/1");
    running
        .knob(
            "faults",
            &json!([
                { "route": "part", "count": 1, "status": 503 },
                { "route": "part", "count": 1, "drop": "body", "bodyBytes": 65_536 },
                { "route": "part", "count": 1, "drop": "before" },
                { "route": "object", "count": 1, "truncate": 100 },
            ]),
        )
        .await;
    let refused = running.call("PUT", &put, &token, &data(MIB)).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (503, Some("*")));
    assert!(refused.header("x-reqid").is_some());
    for _ in 0..2 {
        assert!(raw(&running, "PUT", &put, &token, &data(MIB)).await.is_empty());
    }
    assert_eq!(running.blobs(), 0);
    let etag = running.part(&token, &upload, 1, &data(MIB)).await;
    running.complete(&token, &upload, &[(1, &etag)]).await;
    let cut = running.get("/o/onetake/k").await;
    assert_eq!((cut.header("content-length"), cut.body.len()), (Some("1048576"), 100));

    let log = running.log().await;
    let parts = log.iter().filter(|line| line["route"] == "part").collect::<Vec<_>>();
    let seen = |name: &str| parts.iter().map(|line| line[name].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(seen("status"), [503, 0, 0, 200]);
    assert_eq!(seen("part"), [1, 1, 1, 1]);
    let bytes = seen("bytes");
    assert_eq!((bytes[0], bytes[2], bytes[3]), (MIB as u64, 0, MIB as u64));
    assert!((65_536..MIB as u64).contains(&bytes[1]), "{}", bytes[1]);
    assert_eq!(parts[0]["uploadId"], json!(upload.rsplit('/').next().unwrap()));
    assert!(parts[0]["hit"] == json!(true) && parts[3]["hit"] == json!(false));
}

#[tokio::test]
async fn a_cut_line_ends_the_bodies_in_flight_without_an_answer() {
    let running = Running::start("cut").await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let head = format!(
        "PUT {upload}/1 HTTP/1.1\r\nHost: {}\r\nAuthorization: UpToken {token}\r\nContent-Length: 1000\r\n\r\nhalf",
        running.address
    );
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The blob appears when the body is being read.
    while running.blobs() == 0 {
        tokio::task::yield_now().await;
    }
    running.knob("cut", &json!({})).await;
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back).await;
    assert!(back.is_empty(), "{}", String::from_utf8_lossy(&back));
    assert_eq!(running.blobs(), 0);
    assert_eq!(running.log().await.last().unwrap()["status"], json!(0));
    running.part(&token, &upload, 1, b"whole").await;
}

#[tokio::test]
async fn a_moved_clock_expires_tokens_and_shows_in_the_date() {
    let running = Running::start("clock").await;
    let token = running.get("/api/upload-token").await.json();
    let token = token["token"].as_str().unwrap();
    running.knob("clock", &json!({ "offset": 3601 })).await;
    let late = running.form(&[("token", token)], b"x").await;
    assert_eq!((late.status, &late.json()["error"]), (401, &json!("expired token")));
    running.knob("clock", &json!({ "offset": -1_000_000_000 })).await;
    let date = running.get("/o/onetake/x").await.header("date").unwrap().to_owned();
    assert!(date.contains(" 199") || date.contains(" 20"), "{date}");
    assert_ne!(date.get(12..16), late.header("date").unwrap().get(12..16));
}

#[tokio::test]
async fn without_the_flag_there_are_no_knobs() {
    let server = Server::bind(0, Reach::Loopback).await.unwrap();
    let address = server.listens_on();
    let store = Store::open(StoreOptions {
        folder: folder("no_knobs"),
        buckets: vec!["onetake".into()],
        ports: vec![address.port()],
        https: false,
        limits: Limits::default(),
        test_faults: false,
    })
    .unwrap();
    tokio::spawn(server.serve(store.router(router(&site("no_knobs_site")))));
    for (method, knob) in [("GET", "log"), ("POST", "faults"), ("POST", "token"), ("POST", "clock"), ("POST", "cut")] {
        assert_eq!(
            ask(address, method, &format!("/_test/{knob}"), "Content-Length: 0\r\n").await.status,
            404,
            "{knob}"
        );
    }
    assert_eq!(ask(address, "GET", "/", "").await.text(), "<!doctype html><title>onetake</title>");
}
