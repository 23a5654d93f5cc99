//! The multipart upload, v2: initiate, part, complete, abort, list (qiniu.md 4.2).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, Response};
use onetake_core::upload::Qetag;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Call;
use super::answer::{Granted, Refusal, answer};
use super::catalog::{Part, Source, Upload};
use super::finish::{Delivery, finish};
use super::incoming::{Incoming, Line};
use super::keys::random_id;
use super::policy::{Api, Policy};
use super::route::UploadPath;

/// An upload that was begun lives so many seconds.
const LIFE: i64 = 7 * 24 * 60 * 60;
/// Every part but the last has at least so many bytes.
const LEAST: u64 = 1 << 20;
const MOST_LISTED: usize = 1000;
/// The most bytes of a complete request: 10 000 parts of about 70 bytes, and room for variables.
const COMPLETE: usize = 2 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complete {
    parts: Vec<Listed>,
    fname: Option<String>,
    mime_type: Option<String>,
    custom_vars: Option<BTreeMap<String, String>>,
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    etag: String,
    part_number: u32,
}

pub(crate) async fn initiate(call: &Call, bucket: &str, key: Option<String>) -> Granted<Response<Body>> {
    let policy = authorize(call, bucket)?;
    policy.check_client_key(key.as_deref())?;
    call.store.sweep().await?;
    let id = random_id();
    let expire_at = call.store.now() + LIFE;
    let body = json!({ "uploadId": id, "expireAt": expire_at });
    let upload = Upload { bucket: bucket.to_owned(), key, expire_at };
    call.store.consult(move |catalog| catalog.begin_upload(&id, &upload)).await?;
    Ok(answer(200, &body))
}

pub(crate) async fn put(
    call: &Call,
    incoming: &mut Incoming,
    path: &UploadPath,
    number: u32,
) -> Granted<Response<Body>> {
    let policy = authorize(call, &path.bucket)?;
    let told = call.header(HeaderName::from_static("content-md5")).map(str::to_ascii_lowercase);
    if told.as_ref().is_some_and(|told| told.len() != 32 || !told.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(Refusal::new(400, "Content-MD5 is 32 hexadecimal digits"));
    }
    find(call, path).await?;
    call.check_length(incoming.limits().part)?;
    if let Some(rate) = policy.bytes_per_second() {
        incoming.narrow(Line::new(rate));
    }
    let most = incoming.limits().part;
    let mut spool = call.store.blobs.spool(Vec::new()).await?;
    while let Some(bytes) = incoming.next().await? {
        if spool.size() + bytes.len() as u64 > most {
            return Err(Refusal::new(413, format!("a part has at most {most} bytes")));
        }
        spool.push(bytes).await?;
    }
    let (blob, digests) = spool.finish().await?;
    let md5 = digests.md5_hex();
    if told.is_some_and(|told| told != md5) {
        return Err(Refusal::new(406, "the md5 of the part is another"));
    }
    policy.check_deadline(call.store.now())?;
    let part = Part { piece: blob.piece(), sums: digests.sums, put_time: call.store.now() };
    let body = json!({ "etag": part.etag(), "md5": md5 });
    let id = path.id.clone();
    let stored = call.store.transact(move |catalog| {
        let unused = catalog.put_part(&id, number, &part)?;
        blob.keep();
        Ok(unused)
    });
    stored.await?;
    Ok(answer(200, &body))
}

pub(crate) async fn complete(call: &Call, incoming: &mut Incoming, path: UploadPath) -> Granted<Response<Body>> {
    let policy = authorize(call, &path.bucket)?;
    find(call, &path).await?;
    let body = incoming.text(COMPLETE).await?;
    let asked = serde_json::from_slice::<Complete>(&body)
        .map_err(|_| Refusal::new(400, "the body is not the JSON of a complete request"))?;
    let id = path.id.clone();
    let stored = call.store.consult(move |catalog| catalog.parts(&id, 0, usize::MAX)).await?;
    let parts = chosen(&asked.parts, &stored.into_iter().collect())?;
    let sums = parts.iter().map(|part| part.sums.clone()).collect::<Vec<_>>();
    let metadata = asked.metadata.unwrap_or_default();
    let delivery = Delivery {
        api: Api::V2,
        bucket: path.bucket,
        key: path.key,
        size: sums.iter().map(|sums| sums.size).sum(),
        hash: Qetag::of_parts(&sums).to_string(),
        pieces: parts.into_iter().map(|part| part.piece).collect(),
        fname: asked.fname,
        mime: asked.mime_type,
        vars: asked.custom_vars.unwrap_or_default(),
        headers: metadata.into_iter().filter(|(name, _)| name.starts_with("x-qn-meta-")).collect(),
        source: Source::Upload(path.id),
        blob: None,
    };
    Ok(answer(200, &finish(call, policy, delivery).await?))
}

/// The parts that the client lists, if the list is right.
fn chosen(listed: &[Listed], stored: &BTreeMap<u32, Part>) -> Granted<Vec<Part>> {
    let refused = |number: u32, why: &str| Refusal::new(400, format!("invalid part {number}: {why}"));
    let Some(last) = listed.last() else { return Err(Refusal::new(400, "no parts are listed")) };
    let mut before = 0;
    let mut parts = Vec::new();
    for Listed { etag, part_number } in listed {
        let number = *part_number;
        if number <= before {
            return Err(refused(number, "the numbers must ascend"));
        }
        before = number;
        let part = stored.get(&number).ok_or_else(|| refused(number, "it was not uploaded"))?;
        if part.etag() != *etag {
            return Err(refused(number, "its etag is another"));
        }
        if part.piece.size < LEAST && number != last.part_number {
            return Err(refused(number, "every part but the last has at least 1 MiB"));
        }
        parts.push(part.clone());
    }
    Ok(parts)
}

pub(crate) async fn abort(call: &Call, path: &UploadPath) -> Granted<Response<Body>> {
    authorize(call, &path.bucket)?;
    find(call, path).await?;
    let id = path.id.clone();
    call.store.transact(move |catalog| catalog.abort(&id)).await?;
    Ok(answer(200, &json!({})))
}

pub(crate) async fn list(call: &Call, path: &UploadPath) -> Granted<Response<Body>> {
    authorize(call, &path.bucket)?;
    let upload = find(call, path).await?;
    let number = |name: &str, default: u64, allowed: std::ops::RangeInclusive<u64>| match call.parameter(name) {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) if allowed.contains(&number) => Ok(number),
            _ => Err(Refusal::new(400, format!("{name} is {} to {}", allowed.start(), allowed.end()))),
        },
    };
    let most = number("max-parts", MOST_LISTED as u64, 1..=MOST_LISTED as u64)? as usize;
    let after = number("part-number-marker", 0, 0..=10_000)? as u32;
    let id = path.id.clone();
    // One more than asked for tells whether there is another page.
    let mut parts = call.store.consult(move |catalog| catalog.parts(&id, after, most + 1)).await?;
    let is_more = parts.len() > most;
    parts.truncate(most);
    let marker = if is_more { parts.last().map_or(0, |(number, _)| *number) } else { 0 };
    let listed = parts.iter().map(|(number, part)| {
        json!({ "size": part.piece.size, "etag": part.etag(), "partNumber": number, "putTime": part.put_time })
    });
    let listed = if parts.is_empty() { Value::Null } else { Value::Array(listed.collect()) };
    let body = json!({
        "uploadId": path.id, "expireAt": upload.expire_at, "partNumberMarker": marker, "parts": listed,
    });
    Ok(answer(200, &body))
}

fn authorize(call: &Call, bucket: &str) -> Granted<Policy> {
    let policy = call.authorize()?;
    call.store.check_bucket(bucket)?;
    policy.check_bucket(bucket)?;
    Ok(policy)
}

/// 612 for an upload that never was, is over, or has another key.
async fn find(call: &Call, path: &UploadPath) -> Granted<Upload> {
    let (path, now) = (path.clone(), call.store.now());
    call.store.consult(move |catalog| catalog.upload(&path.id, &path.bucket, path.key.as_deref(), now)).await
}
