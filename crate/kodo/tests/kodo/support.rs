//! A small site on disk, and raw requests: no client that would tidy a path up before it is sent.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use onetake_kodo::{Reach, Server, Site, router};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An empty folder of this test's own, new on each run.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A page, a package and, beside both, a file that nobody may read.
pub(crate) fn site(name: &str) -> Site {
    let folder = folder(name);
    let put = |path: &str, bytes: &[u8]| {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    put("secret.txt", b"secret");
    put("www/index.html", b"<!doctype html><title>onetake</title>");
    put("www/app.webmanifest", b"{}");
    put("www/style.css", b"body{}");
    put("www/film.mp4", &(0..=255).collect::<Vec<u8>>());
    put("pkg/index.js", b"export {};");
    put("pkg/wasm/studio_bg.wasm", b"\0asm\x01\0\0\0");
    Site { root: folder.join("www"), pkg: Some(folder.join("pkg")) }
}

/// Serves `site` on a free loopback port for as long as the test's runtime lives.
pub(crate) async fn serve(site: &Site) -> SocketAddr {
    let server = Server::bind(0, Reach::Loopback).await.unwrap();
    let address = server.listens_on();
    tokio::spawn(server.serve(router(site)));
    address
}

/// Sends one request exactly as written and reads the whole answer.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    exchange(TcpStream::connect(address).await.unwrap(), method, path, headers).await
}

pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    method: &str,
    path: &str,
    headers: &str,
) -> Answer {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: onetake\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(stream).await
}

/// Reads the whole answer, to the end of the connection.
pub(crate) async fn answer(mut stream: impl AsyncRead + Unpin) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}
