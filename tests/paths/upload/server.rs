//! A Kodo in memory: form, v1 and v2 as qiniu.md sections 1 to 5 have them, without callbacks and templates.

use std::collections::{BTreeMap, HashMap};

use onetake_core::upload::digest::PartSums;
use onetake_core::upload::wire::{us64, us64_decode};
use onetake_core::upload::{Qetag, Request};
use serde_json::{Value, json};

use super::bytes::Content;

/// Seven days and one day in seconds.
const UPLOAD: u64 = 604_800;
const BLOCK: u64 = 86_400;

/// A stored object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) content: Content,
    pub(crate) hash: String,
    /// Type, variables and the like, as they came.
    pub(crate) extra: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) key: Option<String>,
    pub(crate) parts: BTreeMap<u32, (Content, String)>,
    expires: u64,
}

/// The server; one bucket, `b`, of access key `ak`.
#[derive(Debug, Default)]
pub(crate) struct Kodo {
    pub(crate) objects: HashMap<String, Object>,
    pub(crate) uploads: HashMap<String, Upload>,
    pub(crate) blocks: HashMap<String, (Content, u64, u64)>,
    /// Tokens and their deadlines.
    pub(crate) tokens: HashMap<String, u64>,
    /// The scope names a key: objects are replaced.
    pub(crate) overwrite: bool,
    /// What a form may have at most.
    pub(crate) form_limit: u64,
    /// What a complete answers besides: another hash than the object's, or none.
    pub(crate) lie: Option<Option<String>>,
    /// How often an object was made, under whatever name.
    pub(crate) made: u32,
    /// Where blocks go on; its own host where nothing is said.
    pub(crate) named: Option<&'static str>,
    /// Bytes of media that arrived.
    pub(crate) received: u64,
    pub(crate) ids: u64,
}

pub(crate) type Answer = (u16, String);

fn error(status: u16, words: &str) -> Answer {
    (status, json!({ "error": words }).to_string())
}

impl Kodo {
    pub(crate) fn handle(&mut self, request: &Request, form: Option<&str>, content: Content, unix: u64) -> Answer {
        let url = request.url.splitn(4, '/').nth(3).unwrap_or_default();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = path.split('/').collect::<Vec<_>>();
        if path.ends_with(&["query"]) {
            return (200, String::new());
        }
        self.received += content.size();
        let header = request.authorization.as_ref().map(|secret| secret.expose().to_owned());
        let token = header.as_deref().and_then(|value| value.strip_prefix("UpToken ")).or(form);
        match token.map(|token| self.tokens.get(token)) {
            None => return error(401, "token not specified"),
            // As quoting servers do.
            Some(None) => return error(401, &format!("bad token {}", token.unwrap_or_default())),
            Some(Some(deadline)) if *deadline < unix => return error(401, "expired token"),
            _ => {}
        }
        let method = request.method.name();
        match (method, path.as_slice()) {
            ("POST", [""]) => self.form(request, content),
            ("POST", ["mkblk", size]) => self.chunk(None, size.parse().unwrap_or(0), &content, unix),
            ("POST", ["bput", ctx, offset]) => self.bput(ctx, offset.parse().unwrap_or(0), &content, unix),
            ("POST", ["mkfile", size, rest @ ..]) => self.mkfile(request, size, rest, unix),
            (_, ["buckets", "b", "objects", key, "uploads", rest @ ..]) => {
                let Some(key) = key_of(key) else { return error(400, "bad key") };
                self.multipart(request, key, rest, query, content, unix)
            }
            _ => error(404, "no such path"),
        }
    }

    fn form(&mut self, request: &Request, content: Content) -> Answer {
        let onetake_core::upload::Body::Form(form) = &request.body else { return error(400, "no form") };
        if content.size() > self.form_limit {
            return error(413, "too large");
        }
        let field = |name: &str| form.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let sums = content.digests(0);
        if field("crc32").is_some_and(|crc32| crc32 != sums.crc32.to_string()) {
            return error(406, "crc32 does not match");
        }
        assert!(!form.file_name.is_empty(), "a file part has a name");
        let extra = json!({ "fields": form.fields, "mimeType": form.mime_type });
        self.store(field("key"), content, sums.qetag(), false, extra)
    }

    /// Bytes after those of `ctx`.
    fn chunk(&mut self, ctx: Option<Content>, size: u64, content: &Content, unix: u64) -> Answer {
        let mut block = ctx.unwrap_or_default();
        block.append(content);
        if block.size() > size || size > 4 << 20 {
            return error(400, "too many bytes for the block");
        }
        self.ids += 1;
        let ctx = format!("ctx{}", self.ids);
        let sums = block.digests(0);
        let answer = json!({
            "ctx": ctx, "checksum": us64(&sums.sums.blocks.first().copied().unwrap_or_default()), "crc32": sums.crc32,
            "offset": block.size(), "host": self.named.unwrap_or("http://up-a.test"), "expired_at": unix + BLOCK,
        });
        self.blocks.insert(ctx, (block, size, unix + BLOCK));
        (200, answer.to_string())
    }

    fn bput(&mut self, ctx: &str, offset: u64, content: &Content, unix: u64) -> Answer {
        let known = self.blocks.get(ctx).filter(|(block, _, until)| block.size() == offset && *until > unix);
        let Some((block, size, _)) = known.cloned() else { return error(701, "invalid ctx") };
        self.blocks.remove(ctx);
        self.chunk(Some(block), size, content, unix)
    }

    fn mkfile(&mut self, request: &Request, size: &str, pairs: &[&str], unix: u64) -> Answer {
        let onetake_core::upload::Body::Bytes(body) = &request.body else { return error(400, "no list") };
        let body = String::from_utf8(body.clone()).expect("contexts are letters");
        let mut content = Content::default();
        let list = body.split(',').filter(|ctx| !ctx.is_empty()).collect::<Vec<_>>();
        for (place, ctx) in list.iter().enumerate() {
            let Some((block, whole, until)) = self.blocks.get(*ctx) else { return error(701, "invalid ctx") };
            if *until <= unix {
                return error(701, "expired ctx");
            }
            if block.size() != *whole || (place + 1 < list.len() && *whole != 4 << 20) {
                return error(400, "a block is not whole");
            }
            content.append(block);
        }
        if size.parse() != Ok(content.size()) {
            return error(400, "sizes differ");
        }
        let mut key = None;
        for pair in pairs.chunks(2) {
            let value = us64_decode(pair.get(1).unwrap_or(&"")).and_then(|value| String::from_utf8(value).ok());
            let Some(value) = value else { return error(400, "bad pair") };
            if pair[0] == "key" {
                key = Some(value);
            }
        }
        let hash = content.digests(0).qetag();
        self.store(key, content, hash, true, json!({ "path": pairs }))
    }

    fn multipart(
        &mut self,
        request: &Request,
        key: Option<String>,
        rest: &[&str],
        query: &str,
        content: Content,
        unix: u64,
    ) -> Answer {
        let Some(id) = rest.first() else {
            self.ids += 1;
            let id = format!("up{}", self.ids);
            self.uploads.insert(id.clone(), Upload { key, parts: BTreeMap::new(), expires: unix + UPLOAD });
            return (200, json!({ "uploadId": id, "expireAt": unix + UPLOAD }).to_string());
        };
        let Some(upload) = self.uploads.get_mut(*id).filter(|upload| upload.key == key && upload.expires > unix) else {
            return error(612, "no such uploadId");
        };
        match (request.method.name(), rest.get(1)) {
            ("PUT", Some(number)) => {
                let number: u32 = number.parse().unwrap_or(0);
                if !(1..=10_000).contains(&number) {
                    return error(400, "bad part number");
                }
                let digests = content.digests(0);
                let wanted = request.headers.iter().find(|(name, _)| *name == "Content-MD5").map(|(_, value)| value);
                if wanted.is_some_and(|wanted| *wanted != digests.md5_hex()) {
                    return error(406, "content md5 does not match");
                }
                let etag = digests.qetag().to_string();
                upload.parts.insert(number, (content, etag.clone()));
                (200, json!({ "etag": etag, "md5": digests.md5_hex() }).to_string())
            }
            ("GET", None) => {
                let value =
                    |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
                let marker: u32 = value("part-number-marker").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
                let part = |(number, (content, etag)): (&u32, &(Content, String))| json!({ "size": content.size(), "etag": etag, "partNumber": number, "putTime": unix });
                // Small pages, so that they are turned.
                let page = upload.parts.range(marker + 1..).take(3).map(part).collect::<Vec<_>>();
                let last = upload.parts.range(marker + 1..).nth(2).map(|(number, _)| *number);
                let next = last.filter(|last| upload.parts.range(last + 1..).next().is_some()).unwrap_or(0);
                let parts = if page.is_empty() { Value::Null } else { Value::from(page) };
                let answer =
                    json!({ "uploadId": id, "expireAt": upload.expires, "partNumberMarker": next, "parts": parts });
                (200, answer.to_string())
            }
            ("DELETE", None) => {
                self.uploads.remove(*id);
                (200, "{}".to_owned())
            }
            ("POST", None) => self.complete(request, id),
            _ => error(405, "no such method"),
        }
    }

    fn complete(&mut self, request: &Request, id: &str) -> Answer {
        let onetake_core::upload::Body::Bytes(body) = &request.body else { return error(400, "no list") };
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return error(400, "no JSON") };
        let upload = &self.uploads[id];
        let list = body["parts"].as_array().cloned().unwrap_or_default();
        let (mut content, mut sums, mut last) = (Content::default(), Vec::<PartSums>::new(), 0);
        for (place, entry) in list.iter().enumerate() {
            let number = entry["partNumber"].as_u64().unwrap_or(0) as u32;
            let part = upload.parts.get(&number).filter(|(_, etag)| entry["etag"] == **etag);
            let Some((part, _)) = part.filter(|_| number > last) else { return error(400, "invalid part") };
            if place + 1 < list.len() && part.size() < 1 << 20 {
                return error(400, "a part is too small");
            }
            last = number;
            content.append(part);
            sums.push(part.digests(0).sums);
        }
        if sums.is_empty() {
            return error(400, "no parts");
        }
        let key = upload.key.clone();
        let answer = self.store(key, content, Qetag::of_parts(&sums), false, body);
        if answer.0 == 200 {
            self.uploads.remove(id);
        }
        answer
    }

    fn store(&mut self, key: Option<String>, content: Content, hash: Qetag, replace: bool, extra: Value) -> Answer {
        let hash = hash.to_string();
        let key = key.unwrap_or_else(|| hash.clone());
        if let Some(there) = self.objects.get(&key)
            && there.hash != hash
            && !replace
            && !self.overwrite
        {
            return error(614, "file exists");
        }
        self.made += 1;
        self.objects.insert(key.clone(), Object { content, hash: hash.clone(), extra });
        let answer = match &self.lie {
            None => json!({ "hash": hash, "key": key }),
            Some(Some(lie)) => json!({ "hash": lie, "key": key }),
            Some(None) => json!({ "name": key }),
        };
        (200, answer.to_string())
    }
}

/// The key of a segment; `Some(None)` for none.
fn key_of(segment: &str) -> Option<Option<String>> {
    if segment == "~" {
        return Some(None);
    }
    us64_decode(segment).and_then(|key| String::from_utf8(key).ok()).map(Some)
}

impl Kodo {
    /// Uploads and blocks are gone.
    pub(crate) fn forget(&mut self) {
        self.uploads.clear();
        self.blocks.clear();
    }
}
