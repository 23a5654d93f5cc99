//! The form upload: `POST /` (qiniu.md 3). The file may come before the token, so it is spooled first and judged after;
//! where the token came first, the file is refused as early as possible.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use onetake_core::upload::Digests;
use onetake_core::upload::wire::us64;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Call;
use super::answer::{Granted, Refusal, answer};
use super::blobs::Blob;
use super::catalog::Source;
use super::finish::{Delivery, finish};
use super::incoming::{Incoming, Line};
use super::mime::is_type;
use super::multipart::{Event, Field, Parser};
use super::policy::{Api, Policy};

/// The most bytes of all fields but the file, together.
const TEXT: usize = 256 << 10;

/// Fields that become headers of the object's downloads.
const HEADERS: [(&str, &str); 5] = [
    ("cacheControl", "cache-control"),
    ("contentLanguage", "content-language"),
    ("contentEncoding", "content-encoding"),
    ("contentDisposition", "content-disposition"),
    ("expires", "expires"),
];

#[derive(Default)]
struct Form {
    fields: BTreeMap<String, String>,
    file: Option<(Blob, Digests, Field)>,
    policy: Option<Policy>,
}

/// Answers the form, by a redirect where the policy has a `returnUrl`.
pub(crate) async fn handle(call: &Call, incoming: &mut Incoming) -> Response<Body> {
    let mut form = Form::default();
    let outcome = match receive(call, incoming, &mut form).await {
        Ok(()) => store(call, &mut form).await,
        Err(refusal) => Err(refusal),
    };
    let return_url = form.policy.as_ref().and_then(|policy| policy.return_url.as_deref());
    if let Some(url) = return_url {
        return redirect(url, &outcome);
    }
    let mut response = match &outcome {
        Ok(body) => answer(200, body),
        Err(refusal) => return refusal.answer(),
    };
    let accept = form.fields.get("accept").filter(|accept| is_type(accept));
    if let Some(accept) = accept.and_then(|accept| HeaderValue::from_str(accept).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, accept);
    }
    response
}

async fn receive(call: &Call, incoming: &mut Incoming, form: &mut Form) -> Granted<()> {
    let mut parser = Parser::new(call.header(header::CONTENT_TYPE))?;
    call.check_length(incoming.limits().form.saturating_add(2 * TEXT as u64))?;
    let mut text = 0;
    loop {
        match step(&mut parser, incoming).await? {
            Event::End => break,
            Event::Field(field) if field.name == "file" => {
                if form.file.is_some() {
                    return Err(Refusal::new(400, "two files in one form"));
                }
                form.file = Some(file(call, incoming, &mut parser, field, form).await?);
            }
            Event::Field(field) => {
                let mut value = Vec::new();
                text += field.name.len() + 64;
                while let Event::Content(bytes) = step(&mut parser, incoming).await? {
                    text += bytes.len();
                    if text > TEXT {
                        break;
                    }
                    value.extend_from_slice(&bytes);
                }
                // Fields without content are counted too: a form could have any number of them.
                if text > TEXT {
                    return Err(Refusal::new(400, "the fields of the form are too long"));
                }
                let value = String::from_utf8(value).map_err(|_| Refusal::new(400, "a field is not UTF-8"))?;
                if field.name == "token" {
                    let policy = call.store.authorize(Some(&value))?;
                    if let Some(rate) = policy.bytes_per_second() {
                        incoming.narrow(Line::new(rate));
                    }
                    form.policy = Some(policy);
                } else {
                    form.fields.insert(field.name, value);
                }
            }
            Event::Content(_) | Event::FieldEnd => {}
        }
    }
    Ok(())
}

/// The next event, with as much of the body as it takes.
async fn step(parser: &mut Parser, incoming: &mut Incoming) -> Granted<Event> {
    loop {
        if let Some(event) = parser.next()? {
            return Ok(event);
        }
        match incoming.next().await? {
            Some(bytes) => parser.push(&bytes),
            None => return Err(Refusal::new(400, "malformed form: it ends before its last boundary")),
        }
    }
}

async fn file(
    call: &Call,
    incoming: &mut Incoming,
    parser: &mut Parser,
    field: Field,
    form: &Form,
) -> Granted<(Blob, Digests, Field)> {
    if let Some(policy) = &form.policy {
        policy.check_client_key(form.fields.get("key").map(String::as_str))?;
    }
    let allowed = form.policy.as_ref().and_then(|policy| policy.fsize_limit);
    let most = incoming.limits().form;
    let mut spool = call.store.blobs.spool(Vec::new()).await?;
    let mut unsigned = Unsigned { sum: &call.store.unsigned, own: 0 };
    while let Event::Content(bytes) = step(parser, incoming).await? {
        let size = spool.size() + bytes.len() as u64;
        if form.policy.is_none() {
            unsigned.check(bytes.len() as u64, incoming.limits().unsigned)?;
        }
        if size > most {
            return Err(Refusal::new(413, "the file is too large for a form"));
        }
        if allowed.is_some_and(|allowed| size > allowed) {
            return Err(Refusal::new(413, "exceed FsizeLimit"));
        }
        spool.push(bytes).await?;
    }
    let (blob, digests) = spool.finish().await?;
    Ok((blob, digests, field))
}

/// Bytes on disk that nobody has shown a token for, of this form and of all; given back when the form is over.
struct Unsigned<'a> {
    sum: &'a AtomicU64,
    own: u64,
}

impl Unsigned<'_> {
    /// Takes `by` bytes more. 413 for a form that wants more than all may have; 503 where others left too little: that is no
    /// fault of this one, and passes.
    fn check(&mut self, by: u64, most: u64) -> Granted<()> {
        self.own += by;
        let all = self.sum.fetch_add(by, Ordering::Relaxed) + by;
        if self.own > most {
            return Err(Refusal::new(413, "the file is too large to come before its token; send the token first"));
        }
        if all > most {
            return Err(Refusal::new(503, "too many files came before their tokens; send the token first"));
        }
        Ok(())
    }
}

impl Drop for Unsigned<'_> {
    fn drop(&mut self) {
        self.sum.fetch_sub(self.own, Ordering::Relaxed);
    }
}

async fn store(call: &Call, form: &mut Form) -> Granted<Value> {
    let policy = form.policy.clone().ok_or_else(|| Refusal::new(401, "token not specified"))?;
    let (blob, digests, file) =
        form.file.take().ok_or_else(|| Refusal::new(400, "file is not specified in multipart"))?;
    if let Some(told) = form.fields.get("crc32") {
        let told = told.trim().parse::<u32>().map_err(|_| Refusal::new(400, "crc32 is no number of 32 bits"))?;
        if told != digests.crc32 {
            return Err(Refusal::new(406, "the crc32 of the file is another"));
        }
    }
    let starting = |prefix: &'static str| {
        form.fields.iter().filter(move |(name, _)| name.starts_with(prefix)).map(|(n, v)| (n.clone(), v.clone()))
    };
    let mut headers = starting("x-qn-meta-").collect::<Vec<_>>();
    for (field, header) in HEADERS {
        headers.extend(form.fields.get(field).map(|value| (header.to_owned(), value.clone())));
    }
    let delivery = Delivery {
        api: Api::Form,
        bucket: policy.bucket().to_owned(),
        key: form.fields.get("key").cloned(),
        pieces: vec![blob.piece()],
        size: digests.sums.size,
        hash: digests.qetag().to_string(),
        fname: form.fields.get("fname").cloned().or(file.file_name),
        mime: file.content_type,
        vars: starting("x:").collect(),
        headers,
        source: Source::Form,
        blob: Some(blob),
    };
    finish(call, policy, delivery).await
}

/// `returnUrl` of a plain HTML form: the outcome goes into the address.
fn redirect(url: &str, outcome: &Granted<Value>) -> Response<Body> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let address = match outcome {
        Ok(body) => format!("{url}{separator}upload_ret={}", us64(body.to_string().as_bytes())),
        Err(Refusal { status, error }) => {
            format!("{url}{separator}code={status}&error={}", utf8_percent_encode(error, NON_ALPHANUMERIC))
        }
    };
    let Ok(address) = HeaderValue::from_str(&address) else {
        return Refusal::new(400, "invalid put policy: returnUrl is no address").answer();
    };
    let mut response = answer(303, &Value::Null);
    response.headers_mut().insert(header::LOCATION, address);
    response
}
