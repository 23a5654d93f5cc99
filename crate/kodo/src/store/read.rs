//! Reading what was stored: objects by address, whole or by range, so that a player can seek; and `stat`.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use std::time::{Duration, SystemTime};

use super::Call;
use super::answer::{Granted, Refusal, answer};
use super::blobs::{Blobs, Piece, blocking};
use super::catalog::Object;
use super::mime::is_shown;

/// So much is read from disk at once.
const CHUNK: u64 = 256 << 10;

/// `GET` and `HEAD` of `/o/<bucket>/<key>`. The entity tag is the object's hash.
pub(crate) async fn object(call: &Call, method: &Method, bucket: &str, key: &str) -> Granted<Response<Body>> {
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let found = call.store.consult(move |catalog| catalog.object(&bucket, &key)).await?;
    let object = found.ok_or_else(|| Refusal::new(404, "Document not found"))?;
    // A script that strangers stored must not become this origin's service worker.
    if call.headers.contains_key(HeaderName::from_static("service-worker")) {
        return Err(Refusal::new(403, "no service workers from here"));
    }
    let etag = format!("\"{}\"", object.hash);
    let mut response = Response::new(Body::empty());
    describe(call, &mut response, &object, &etag);
    if call.header(header::IF_NONE_MATCH).is_some_and(|tags| tags == "*" || tags.contains(&etag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let is_current = call.header(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let asked = call.header(header::RANGE).filter(|_| is_current);
    let (from, length) = match asked.map_or(Range::Whole, |range| parse(range, object.size)) {
        Range::Whole => (0, object.size),
        Range::Part(from, length) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let place = format!("bytes {from}-{}/{}", from + length - 1, object.size);
            put(&mut response, header::CONTENT_RANGE, &place);
            (from, length)
        }
        Range::Outside => {
            let mut refused = Refusal::new(416, "the range lies outside the object").answer();
            put(&mut refused, header::CONTENT_RANGE, &format!("bytes */{}", object.size));
            return Ok(refused);
        }
    };
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    if method == Method::GET {
        *response.body_mut() = content(call.store.blobs.clone(), object.pieces, from, length);
    }
    Ok(response)
}

/// The headers that all answers about an object have.
fn describe(call: &Call, response: &mut Response<Body>, object: &Object, etag: &str) {
    for (name, value) in &object.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    put(response, header::CONTENT_TYPE, &object.mime);
    put(response, header::ETAG, etag);
    put(response, header::ACCEPT_RANGES, "bytes");
    let stored = SystemTime::UNIX_EPOCH + Duration::from_millis(object.put_time.unsigned_abs());
    put(response, header::LAST_MODIFIED, &httpdate::fmt_http_date(stored));
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        // Names can be given to other content.
        put(response, header::CACHE_CONTROL, "no-cache");
    }
    if let Some(name) = call.parameter("attname") {
        let name = utf8_percent_encode(&name, NON_ALPHANUMERIC).to_string();
        put(response, header::CONTENT_DISPOSITION, &format!("attachment; filename*=UTF-8''{name}"));
    } else if !is_shown(&object.mime) && !response.headers().contains_key(header::CONTENT_DISPOSITION) {
        put(response, header::CONTENT_DISPOSITION, "attachment");
    }
}

fn put(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// Start and length.
    Part(u64, u64),
    Outside,
}

/// One byte range (RFC 9110 section 14.1.2); what is none, or several, is answered with the whole.
fn parse(range: &str, size: u64) -> Range {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::Whole;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Err(_), Ok(0)) if first.is_empty() => Range::Outside,
        (Err(_), Ok(_)) if first.is_empty() && size == 0 => Range::Outside,
        (Err(_), Ok(tail)) if first.is_empty() => Range::Part(size - tail.min(size), tail.min(size)),
        (Ok(first), Err(_)) if last.is_empty() && first < size => Range::Part(first, size - first),
        (Ok(first), Ok(last)) if first <= last && first < size => Range::Part(first, last.min(size - 1) - first + 1),
        (Ok(first), Ok(last)) if first > last => Range::Whole,
        (Ok(first), _) if first >= size && (last.is_empty() || last.trim().parse::<u64>().is_ok()) => Range::Outside,
        _ => Range::Whole,
    }
}

/// The bytes of a stretch, piece after piece.
fn content(blobs: Blobs, pieces: Vec<Piece>, from: u64, length: u64) -> Body {
    let start = (pieces.into_iter(), None::<Piece>, from, length);
    Body::from_stream(stream::try_unfold(start, move |(mut rest, mut piece, mut at, left)| {
        let blobs = blobs.clone();
        async move {
            if left == 0 {
                return Ok(None);
            }
            while piece.as_ref().is_none_or(|piece| at >= piece.size) {
                at -= piece.map_or(0, |piece| piece.size);
                piece = Some(rest.next().ok_or_else(|| std::io::Error::other("an object is shorter than it says"))?);
            }
            let Some(here) = piece.clone() else { return Ok(None) };
            let take = CHUNK.min(left).min(here.size - at);
            let bytes = blocking(move || blobs.read(&here.blob, at, take as usize)).await;
            let bytes = bytes.map_err(|refusal| std::io::Error::other(refusal.error))?;
            if bytes.len() as u64 != take {
                return Err(std::io::Error::other("a blob is shorter than it says"));
            }
            Ok(Some((Bytes::from(bytes), (rest, piece, at + take, left - take))))
        }
    }))
}

/// `GET /stat/<us64 of bucket:key>` with QBox: 612 when there is none.
pub(crate) async fn stat(call: &Call, bucket: &str, key: &str) -> Granted<Response<Body>> {
    let signed = match &call.query {
        Some(query) => format!("{}?{query}", call.path),
        None => call.path.clone(),
    };
    let authorization = call.header(header::AUTHORIZATION).ok_or_else(|| Refusal::new(401, "token not specified"))?;
    if !call.store.keys.is_qbox(authorization, &signed) {
        return Err(Refusal::new(401, "bad token"));
    }
    call.store.check_bucket(bucket)?;
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let found = call.store.consult(move |catalog| catalog.object(&bucket, &key)).await?;
    let object = found.ok_or_else(|| Refusal::new(612, "no such file or directory"))?;
    let mut body = json!({
        "fsize": object.size,
        "hash": object.hash,
        "mimeType": object.mime,
        "type": object.file_type,
        // In steps of 100 ns, as Kodo counts.
        "putTime": object.put_time.saturating_mul(10_000),
    });
    if let Some(user) = object.end_user {
        body["endUser"] = json!(user);
    }
    if let Some(days) = object.delete_after_days {
        body["deleteAfterDays"] = json!(days);
    }
    Ok(answer(200, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-", Range::Part(0, 10)),
            ("bytes=3-5", Range::Part(3, 3)),
            ("bytes=9-99", Range::Part(9, 1)),
            ("bytes=-4", Range::Part(6, 4)),
            ("bytes=-40", Range::Part(0, 10)),
            ("bytes=10-", Range::Outside),
            ("bytes=10-12", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=5-3", Range::Whole),
            ("bytes=0-1,4-5", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("items=0-1", Range::Whole),
            ("bytes=99999999999999999999-", Range::Whole),
        ] {
            assert_eq!(parse(range, 10), expected, "{range}");
        }
        assert_eq!(parse("bytes=0-", 0), Range::Outside);
        assert_eq!(parse("bytes=-5", 0), Range::Outside);
    }
}
