//! A store of a test's own behind a real socket, and the calls that tests make of it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use onetake_core::upload::wire::us64;
use onetake_kodo::{Limits, Reach, Server, Store, StoreOptions, router};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::support::{Answer, answer, folder, site};

pub(crate) const MIB: usize = 1 << 20;

/// The bytes of the vectors: `(i * 31) mod 251`.
pub(crate) fn data(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 % 251) as u8).collect()
}

/// A running store; it ends with the value.
pub(crate) struct Running {
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
    serving: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Running {
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_in(folder(name), Limits::default()).await
    }

    pub(crate) async fn start_in(folder: PathBuf, limits: Limits) -> Self {
        let server = Server::bind(0, Reach::Loopback).await.unwrap();
        let address = server.listens_on();
        let store = Store::open(StoreOptions {
            folder: folder.clone(),
            buckets: vec!["onetake".into(), "other".into()],
            ports: vec![address.port()],
            https: false,
            limits,
            test_faults: true,
        })
        .unwrap();
        let pages = store.router(router(&site(&format!("{}_site", folder.file_name().unwrap().display()))));
        let serving = tokio::spawn(async move { server.serve(pages).await.unwrap() });
        Self { store, address, folder, serving }
    }

    /// Ends the server and gives the folder back; the next [`Running::start_in`] finds what was stored.
    pub(crate) async fn stop(mut self) -> PathBuf {
        self.serving.abort();
        let _ = (&mut self.serving).await;
        self.folder.clone()
    }

    /// A token for this policy, valid for an hour unless it says otherwise.
    pub(crate) fn token(&self, mut policy: Value) -> String {
        policy.as_object_mut().unwrap().entry("deadline").or_insert(json!(4_000_000_000_u32));
        self.store.upload_token(&policy.to_string())
    }

    /// A token that may create anything in the first bucket.
    pub(crate) fn any(&self) -> String {
        self.token(json!({ "scope": "onetake" }))
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // A refusal may close the connection before everything was sent.
        let _ = stream.write_all(body).await;
        answer(stream).await
    }

    /// A call with an upload token.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: &[u8]) -> Answer {
        self.send(method, path, &[("Authorization", &format!("UpToken {token}"))], body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).await
    }

    /// A form with these fields and this file last, or first.
    pub(crate) async fn form(&self, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        self.typed_form(fields, "", file).await
    }

    /// The same with a type of the file; empty for none.
    pub(crate) async fn typed_form(&self, fields: &[(&str, &str)], kind: &str, file: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n");
        if !kind.is_empty() {
            body.extend(format!("Content-Type: {kind}\r\n").bytes());
        }
        body.extend(b"\r\n");
        body.extend(file);
        body.extend(b"\r\n--b--\r\n");
        self.send("POST", "/", &[("Content-Type", "multipart/form-data; boundary=b")], &body).await
    }

    /// Begins a multipart upload of `key` and gives its path.
    pub(crate) async fn initiate(&self, token: &str, key: &str) -> String {
        let base = format!("/buckets/onetake/objects/{}/uploads", us64(key.as_bytes()));
        let begun = self.call("POST", &base, token, &[]).await;
        assert_eq!(begun.status, 200, "{}", begun.text());
        format!("{base}/{}", begun.json()["uploadId"].as_str().unwrap())
    }

    /// Sends a part and gives its etag.
    pub(crate) async fn part(&self, token: &str, upload: &str, number: u32, bytes: &[u8]) -> String {
        let sent = self.call("PUT", &format!("{upload}/{number}"), token, bytes).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        sent.json()["etag"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn complete(&self, token: &str, upload: &str, parts: &[(u32, &str)]) -> Answer {
        let parts = parts.iter().map(|(number, etag)| json!({ "partNumber": number, "etag": etag }));
        let body = json!({ "parts": parts.collect::<Vec<_>>() }).to_string();
        self.call("POST", upload, token, body.as_bytes()).await
    }

    pub(crate) async fn knob(&self, name: &str, value: &Value) {
        let turned = self.send("POST", &format!("/_test/{name}"), &[], value.to_string().as_bytes()).await;
        assert_eq!(turned.status, 200, "{}", turned.text());
    }

    pub(crate) async fn log(&self) -> Vec<Value> {
        self.get("/_test/log").await.json()["requests"].as_array().unwrap().clone()
    }

    /// How many blobs lie on the disk.
    pub(crate) fn blobs(&self) -> usize {
        fs::read_dir(self.folder.join("blobs")).unwrap().count()
    }
}
