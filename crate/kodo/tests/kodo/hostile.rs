//! Clients that mean no good: whatever they send, the answer is a clear refusal, nothing is stored, the server lives.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use onetake_core::upload::wire::us64;
use onetake_kodo::{Limits, Reach, Server, router};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::store::{Running, data};
use crate::support::{ask, folder, site};

/// One request and everything that comes back, which may be nothing.
pub(crate) async fn raw(running: &Running, method: &str, path: &str, token: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: UpToken {token}\r\nContent-Length: {}\r\n\r\n",
        running.address,
        body.len()
    );
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let mut back = Vec::new();
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let _ = stream.read_to_end(&mut back).await;
    back
}

async fn spoken(running: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back).await;
    String::from_utf8_lossy(&back).into_owned()
}

#[tokio::test]
async fn bad_tokens_and_policies_store_nothing() {
    let running = Running::start("bad_tokens").await;
    let signed = |policy: &str| running.store.upload_token(policy);
    let good = running.any();
    let late = running.token(json!({ "scope": "onetake", "deadline": 1 }));
    for (token, status, error) in [
        ("", 401, "bad token"),
        ("a:b:c", 401, "bad token"),
        (&good[..good.len() - 1], 401, "bad token"),
        (&format!("{good}="), 401, "bad token"),
        (&good.replacen(':', "::", 1), 401, "bad token"),
        (&late, 401, "expired token"),
        (&signed("{"), 400, ""),
        (&signed(&"[".repeat(100_000)), 400, ""),
        (&signed(r#"{"scope":"onetake","deadline":1e999}"#), 400, ""),
        (&signed(r#"{"scope":"nobody","deadline":4000000000}"#), 631, "no such bucket"),
        (&signed(r#"{"scope":"../onetake","deadline":4000000000}"#), 631, "no such bucket"),
    ] {
        let form = running.form(&[("token", token)], b"x").await;
        assert_eq!(form.status, status, "{}", form.text());
        assert!(form.text().contains(error) && !form.text().contains(&good[20..60]), "{}", form.text());
        let begun = running.call("POST", "/buckets/onetake/objects/~/uploads", token, &[]).await;
        // A head of more than 64 KiB is refused before any policy is read.
        assert!(begun.status == status || begun.status == 431, "{}", begun.text());
    }
    let none = running.form(&[], b"x").await;
    assert_eq!((none.status, &none.json()["error"]), (401, &json!("token not specified")));
    assert_eq!(running.blobs(), 0);
}

#[tokio::test]
async fn hostile_keys_are_names_and_never_paths() {
    let running = Running::start("hostile_keys").await;
    let token = running.any();
    let keys =
        ["../../etc/passwd", "/etc/passwd", "..", ".", "a\0b", "C:\\x", "\r\nSet-Cookie: a=b", "<script>", "%2e%2e%2f"];
    for key in keys {
        let stored = running.form(&[("token", &token), ("fname", key), ("key", &key.replace("\r\n", ""))], b"x").await;
        assert_eq!(stored.status, 200, "{key:?} {}", stored.text());
        let upload = running.initiate(&token, &format!("{key}2")).await;
        let etag = running.part(&token, &upload, 1, b"x").await;
        assert_eq!(running.complete(&token, &upload, &[(1, &etag)]).await.json()["key"], json!(format!("{key}2")));
    }
    for entry in fs::read_dir(running.folder.join("blobs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
    let reached = running.get("/o/onetake/..%2f..%2fetc%2fpasswd").await;
    assert_eq!((reached.status, reached.body.as_slice()), (200, &b"x"[..]), "it is a name like any other");
    for path in ["/o/onetake/../../catalog.redb", "/o/../onetake", "/o/onetake/catalog.redb", "/o/%2e%2e/x"] {
        assert_eq!(running.get(path).await.status, 404, "{path}");
    }
    let page = running.form(&[("token", &token), ("key", "p")], b"<!doctype html><script>alert(1)</script>").await;
    assert_eq!(page.status, 200);
    let page = running.get("/o/onetake/p").await;
    assert_eq!(page.header("content-security-policy"), Some("sandbox"));
    assert_eq!(page.header("content-disposition"), Some("attachment"));
    // The client's own word is believed for a type, so it may not be one that a browser runs, nor hide another behind it.
    let film = b"\0\0\0\x20ftypisom<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for kind in ["image/SVG+xml", "video/mp4, text/html", "text/html", "application/xhtml+xml"] {
        let key = format!("typed as {kind}");
        let stored = running.typed_form(&[("token", &token), ("key", &key), ("accept", "text/html")], kind, film).await;
        assert_eq!(stored.status, 200, "{}", stored.text());
        assert_eq!(stored.header("content-security-policy"), Some("sandbox"));
        let page = running.get(&format!("/o/onetake/{}", key.replace(' ', "%20"))).await;
        let is_film = page.header("content-type") == Some("video/mp4");
        assert!(
            is_film || page.header("content-security-policy") == Some("sandbox"),
            "{kind}: {:?}",
            page.header("content-type")
        );
        assert!(is_film || page.header("content-disposition") == Some("attachment"), "{kind}");
    }
    let long = us64("k".repeat(751).as_bytes());
    let begun = running.call("POST", &format!("/buckets/onetake/objects/{long}/uploads"), &token, &[]).await;
    assert_eq!(begun.status, 400);
    assert_eq!(running.form(&[("token", &token), ("key", &"k".repeat(751))], b"x").await.status, 400);
}

#[tokio::test]
async fn files_that_come_before_their_tokens_share_a_limited_room() {
    let limits = Limits { unsigned: 1000, ..Limits::default() };
    let running = Running::start_in(folder("unsigned"), limits).await;
    assert_eq!(running.form(&[], &data(1001)).await.status, 413, "more than there is for all");
    assert_eq!(running.form(&[], &data(900)).await.status, 401, "what the one before took was given back");
    assert_eq!(running.form(&[("token", &running.any())], &data(5000)).await.status, 200);
    assert_eq!(running.blobs(), 1);
    // One that is still on its way leaves too little for the next, which may come again.
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
        running.address
    );
    let mut waiting = TcpStream::connect(running.address).await.unwrap();
    waiting.write_all(&[head.as_bytes(), &data(700)].concat()).await.unwrap();
    // When the bytes of the one are counted, and when they are given back, is the server's affair.
    let becomes = async |status| {
        let ask = async || while running.form(&[], &data(900)).await.status != status {};
        timeout(Duration::from_secs(30), ask()).await.unwrap_or_else(|_| panic!("never {status}"));
    };
    becomes(503).await;
    drop(waiting);
    becomes(401).await;
}

#[tokio::test]
async fn bodies_that_are_too_long_or_cut_short_leave_nothing() {
    let limits = Limits { form: 5000, part: 5000, ..Limits::default() };
    let running = Running::start_in(folder("bad_bodies"), limits).await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let put = format!("{upload}/1");
    assert_eq!(running.call("PUT", &put, &token, &data(5001)).await.status, 413);
    assert_eq!(running.form(&[("token", &token)], &data(5001)).await.status, 413);
    let small = running.token(json!({ "scope": "onetake", "fsizeLimit": 10 }));
    assert_eq!(running.form(&[("token", &small)], &data(11)).await.status, 413);
    assert_eq!(running.call("POST", "/mkblk/10", &token, &data(11)).await.status, 400);
    assert_eq!(running.call("POST", "/mkblk/4194305", &token, &data(11)).await.status, 400);
    assert_eq!(running.call("POST", "/mkblk/10", &token, &[]).await.status, 400);
    assert_eq!(running.form(&[("token", &token), ("x:v", &"v".repeat(300_000))], b"x").await.status, 400);
    let names = (0..5000).map(|name| format!("x:{name}")).collect::<Vec<_>>();
    let many = names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>();
    assert_eq!(running.form(&many, b"x").await.status, 400, "fields without content count too");

    let list = vec![b' '; (2 << 20) + 1];
    assert_eq!(running.call("POST", &upload, &token, &list).await.status, 413, "what completes an upload");
    assert_eq!(running.call("POST", "/mkfile/0", &token, &list[..(1 << 20) + 1]).await.status, 413);
    assert_eq!(running.call("GET", &upload, &token, &[]).await.status, 200, "it is not over");

    let authorized = format!("Host: {}\r\nAuthorization: UpToken {token}\r\n", running.address);
    let short = format!("PUT {put} HTTP/1.1\r\n{authorized}Content-Length: 1000\r\n\r\nonly this");
    let chunked = format!("PUT {put} HTTP/1.1\r\n{authorized}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    let huge = format!("PUT {put} HTTP/1.1\r\n{authorized}Content-Length: 99999999999999\r\n\r\nhello");
    assert!(spoken(&running, huge.as_bytes()).await.starts_with("HTTP/1.1 413"), "refused by its length");
    let negative = format!("PUT {put} HTTP/1.1\r\n{authorized}Content-Length: -5\r\n\r\nhello");
    let both = format!("PUT {put} HTTP/1.1\r\n{authorized}Content-Length: x\r\nContent-Length: 5\r\n\r\nhello");
    for broken in [short, chunked, negative, both] {
        let said = spoken(&running, broken.as_bytes()).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    let form = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    let cut = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc";
    let said = spoken(&running, format!("{form}Content-Length: {}\r\n\r\n{cut}", cut.len()).as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    let fields = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n";
    let two = format!("{fields}{fields}--b--\r\n");
    let said = spoken(&running, format!("{form}Content-Length: {}\r\n\r\n{two}", two.len()).as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    assert_eq!(running.blobs(), 0);

    let whole = format!("PUT {put} HTTP/1.1\r\n{authorized}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    assert!(spoken(&running, whole.as_bytes()).await.starts_with("HTTP/1.1 200"), "a body without a length works");
}

#[tokio::test]
async fn slow_clients_are_let_go() {
    let silent = Limits { silence: Duration::from_millis(100), ..Limits::default() };
    let running = Running::start_in(folder("slow_silent"), silent).await;
    let token = running.any();
    let upload = running.initiate(&token, "k").await;
    let head = format!(
        "PUT {upload}/1 HTTP/1.1\r\nHost: {}\r\nAuthorization: UpToken {token}\r\nContent-Length: 1000\r\n\r\n",
        running.address
    );
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(format!("{head}a few bytes").as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");

    let trickling = Limits { patience: Duration::from_millis(50), slowest: 1 << 40, ..Limits::default() };
    let running = Running::start_in(running.stop().await, trickling).await;
    let head = head.replace(&token, &running.any()).replace("Content-Length: 1000", "Content-Length: 100000000");
    let (mut reading, mut writing) = TcpStream::connect(running.address).await.unwrap().into_split();
    writing.write_all(head.as_bytes()).await.unwrap();
    let trickle = tokio::spawn(async move {
        // One byte at a time until the server has had enough.
        while writing.write_all(b"x").await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let mut said = vec![0; 12];
    reading.read_exact(&mut said).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 408");
    drop(reading);
    trickle.await.unwrap();
    assert_eq!(running.blobs(), 0);

    let server = Server::bind(0, Reach::Loopback).await.unwrap().with_head_timeout(Duration::from_millis(100));
    let address = server.listens_on();
    tokio::spawn(server.serve(router(&site("slow_head"))));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: on").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(ask(address, "GET", "/", "").await.status, 200, "the server lives");
}

#[test]
fn tokens_and_the_secret_key_are_in_no_output_log_or_file() {
    let folder = folder("secrets");
    let site = site("secrets_site");
    let keys = folder.join("keys.json");
    let mut program = Command::new(env!("CARGO_BIN_EXE_onetake-kodo"))
        .args(["--port", "0", "--test-faults", "--root"])
        .arg(&site.root)
        .arg("--store")
        .arg(folder.join("store"))
        .arg("--write-keys")
        .arg(&keys)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(program.stdout.take().unwrap());
    let mut said = String::new();
    printed.read_line(&mut said).unwrap();
    let address = said.trim_end().strip_prefix("onetake is at http://").unwrap().trim_end_matches('/').to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut answers = String::new();
    let token = runtime.block_on(async {
        let address: std::net::SocketAddr = address.parse().unwrap();
        let own = format!("Host: {address}\r\n");
        let asked = async |method: &str, path: &str, headers: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("{method} {path} HTTP/1.1\r\n{own}Connection: close\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            crate::support::answer(stream).await
        };
        let token = asked("GET", "/api/upload-token", "").await.json()["token"].as_str().unwrap().to_owned();
        let authorized = format!("Authorization: UpToken {token}\r\nContent-Length: 0\r\n");
        for (method, path) in [
            ("POST", "/buckets/onetake/objects/~/uploads"),
            ("POST", "/buckets/other/objects/~/uploads"),
            ("PUT", "/buckets/onetake/objects/~/uploads/none/1"),
            ("POST", "/mkblk/x"),
            ("PUT", "/page"),
            ("GET", "/_test/log"),
        ] {
            answers += &asked(method, path, &authorized).await.text();
        }
        token
    });
    program.kill().unwrap();
    let mut error_output = String::new();
    printed.read_to_string(&mut said).unwrap();
    program.stderr.take().unwrap().read_to_string(&mut error_output).unwrap();
    program.wait().unwrap();
    let pair: Value = serde_json::from_str(&fs::read_to_string(&keys).unwrap()).unwrap();
    let secret = pair["secretKey"].as_str().unwrap();
    let catalog = String::from_utf8_lossy(&fs::read(folder.join("store/catalog.redb")).unwrap()).into_owned();
    for place in [&said, &error_output, &answers, &catalog] {
        assert!(!place.contains(secret) && !place.contains(&token), "{place}");
        assert!(!place.contains(token.split(':').nth(1).unwrap()), "no signature either");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
