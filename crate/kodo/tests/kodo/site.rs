//! What the server answers over HTTP: types, ranges, refusals, headers.

use crate::support::{ask, serve, site};

#[tokio::test]
async fn files_carry_their_type() {
    let address = serve(&site("types")).await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/style.css", "text/css"),
        ("/app.webmanifest", "application/manifest+json"),
        ("/film.mp4", "video/mp4"),
        ("/pkg/index.js", "text/javascript"),
        ("/pkg/wasm/studio_bg.wasm", "application/wasm"),
    ] {
        let answer = ask(address, "GET", path, "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
    }
}

#[tokio::test]
async fn answers_are_revalidated_and_never_sniffed() {
    let address = serve(&site("headers")).await;
    let page = ask(address, "GET", "/", "").await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("permissions-policy"), Some("camera=(self), microphone=(self)"));
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(page.header("cross-origin-embedder-policy"), Some("credentialless"));
    assert_eq!(page.text(), "<!doctype html><title>onetake</title>");

    let kept = format!("If-Modified-Since: {}\r\n", page.header("last-modified").unwrap());
    assert_eq!(ask(address, "GET", "/", &kept).await.status, 304);
}

#[tokio::test]
async fn a_range_is_answered_with_its_bytes() {
    let address = serve(&site("ranges")).await;
    for (range, status, place, bytes) in [
        ("bytes=0-", 206, "bytes 0-255/256", 0..=255),
        ("bytes=16-31", 206, "bytes 16-31/256", 16..=31),
        ("bytes=-6", 206, "bytes 250-255/256", 250..=255),
        ("bytes=250-999", 206, "bytes 250-255/256", 250..=255),
    ] {
        let answer = ask(address, "GET", "/film.mp4", &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.header("content-range")), (status, Some(place)), "{range}");
        assert_eq!(answer.body, bytes.collect::<Vec<u8>>(), "{range}");
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    }
}

#[tokio::test]
async fn a_range_outside_the_file_is_refused_with_its_size() {
    let address = serve(&site("ranges_outside")).await;
    let answer = ask(address, "GET", "/film.mp4", "Range: bytes=256-\r\n").await;
    assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */256")));
}

#[tokio::test]
async fn no_spelling_of_a_path_leaves_the_folder() {
    let address = serve(&site("traversal")).await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/pkg/../../secret.txt",
        "/pkg/%2e%2e/%2e%2e/secret.txt",
        "/pkg/..%2f..%2fsecret.txt",
        "/pkg/%2e%2e/www/index.html",
        "//secret.txt",
        "/film.mp4%00.txt",
        "/./../secret.txt",
    ] {
        let answer = ask(address, "GET", path, "").await;
        assert!((400..500).contains(&answer.status), "{path} gave {}", answer.status);
        assert!(!answer.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_folders_are_not_listed() {
    let address = serve(&site("missing")).await;
    for path in ["/none.html", "/pkg/none.js", "/pkg/", "/pkg/wasm/", "/pkg/wasm"] {
        assert_eq!(ask(address, "GET", path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn only_reading_methods_are_answered() {
    let address = serve(&site("methods")).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in ["/", "/pkg/index.js"] {
            assert_eq!(ask(address, method, path, "Content-Length: 0\r\n").await.status, 405, "{method} {path}");
        }
    }
    let head = ask(address, "HEAD", "/film.mp4", "").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("256"), 0));
}
