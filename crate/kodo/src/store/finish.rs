//! The common end of form, v1 and v2: the policy's last checks, the object's type and name, its publication, and the
//! answer (`returnBody`, callback, or hash and key).
//!
//! Nothing is stored unless every check passed and the answer renders. Once begun it goes on to its end even when the
//! client has gone: the object and the callback belong together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{Granted, Refusal};
use super::blobs::{Blob, Piece, blocking};
use super::callback::{self, Message};
use super::catalog::{Object, Source};
use super::keys::random_id;
use super::mime::{self, Clues};
use super::persistent;
use super::policy::{Api, Naming, Policy};
use super::template::{self, Names};
use super::{Call, Inner};

/// What arrived, whole and summed up.
pub(crate) struct Delivery {
    pub(crate) api: Api,
    pub(crate) bucket: String,
    /// The client's key.
    pub(crate) key: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) size: u64,
    pub(crate) hash: String,
    pub(crate) fname: Option<String>,
    /// The client's word for the type.
    pub(crate) mime: Option<String>,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) source: Source,
    /// A form's blob, which nothing refers to yet.
    pub(crate) blob: Option<Blob>,
}

/// Stores the delivery and gives the answer's body.
pub(crate) async fn finish(call: &Call, policy: Policy, delivery: Delivery) -> Granted<Value> {
    let store = call.store.clone();
    let finishing = tokio::spawn(async move { finish_here(&store, &policy, delivery).await });
    finishing.await.unwrap_or_else(|panicked| Err(Refusal::storage(&panicked)))
}

async fn finish_here(store: &Arc<Inner>, policy: &Policy, delivery: Delivery) -> Granted<Value> {
    policy.check_deadline(store.now())?;
    policy.check_bucket(&delivery.bucket)?;
    policy.check_size(delivery.size)?;
    let mime = mime_of(store, policy, &delivery).await?;
    let mut names = Names {
        bucket: delivery.bucket.clone(),
        key: String::new(),
        etag: delivery.hash.clone(),
        fname: delivery.fname.clone(),
        fsize: delivery.size,
        mime,
        end_user: policy.end_user.clone(),
        uuid: random_id(),
        persistent_id: persistent::id(policy),
        vars: delivery.vars.clone(),
        now: store.now(),
    };
    let mut fetched = None;
    if policy.fetches_key() {
        let (key, payload) = fetch_key(store, policy, &names).await?;
        names.key = key;
        fetched = Some(payload);
    } else {
        names.key = match policy.naming(delivery.key.as_deref()) {
            Naming::Given(key) => key.to_owned(),
            Naming::Template(template) => template::as_key(template, &names),
            Naming::Hash => delivery.hash.clone(),
        };
    }
    policy.check_key(&names.key)?;
    // Rendered before anything is stored: a body that is no JSON refuses the upload.
    let rendered = match &policy.return_body {
        Some(body) => template::as_json(body, &names)?,
        None => plain(&names),
    };
    let message = match &policy.callback_url {
        Some(_) if fetched.is_none() => Some(Message::of(policy, &names)?),
        _ => None,
    };
    publish(store, policy, &names, delivery).await?;
    persistent::notify(store, policy, &names);
    match message {
        Some(message) => callback::send(store, policy, &message, &names).await,
        None => Ok(fetched.unwrap_or(rendered)),
    }
}

/// The answer where the policy has none of its own.
fn plain(names: &Names) -> Value {
    let mut body = json!({ "hash": names.etag, "key": names.key });
    if let Some(id) = &names.persistent_id {
        body["persistentId"] = json!(id);
    }
    body
}

async fn mime_of(store: &Arc<Inner>, policy: &Policy, delivery: &Delivery) -> Granted<String> {
    let (blobs, pieces) = (store.blobs.clone(), delivery.pieces.clone());
    let head = blocking(move || blobs.head(&pieces, mime::HEAD)).await?;
    let sniffed = mime::sniff(&head);
    if policy.mime_limit.as_deref().is_some_and(|limit| !mime::is_admitted(limit, &sniffed)) {
        return Err(Refusal::new(403, "limited mimeType: this file type is forbidden to upload"));
    }
    let clues = Clues {
        client: delivery.mime.as_deref(),
        fname: delivery.fname.as_deref(),
        key: delivery.key.as_deref(),
        sniffed: &sniffed,
    };
    Ok(mime::decide(policy.detect_mime, &clues))
}

/// `callbackFetchKey`: the business server names the object before it exists.
async fn fetch_key(store: &Arc<Inner>, policy: &Policy, names: &Names) -> Granted<(String, Value)> {
    let answer = callback::send(store, policy, &Message::of(policy, names)?, names).await?;
    match (answer.get("key").and_then(Value::as_str), answer.get("payload")) {
        (Some(key), Some(payload)) => Ok((key.to_owned(), payload.clone())),
        _ => Err(Refusal::new(579, "the callback gave no key and payload")),
    }
}

async fn publish(store: &Arc<Inner>, policy: &Policy, names: &Names, delivery: Delivery) -> Granted<()> {
    let object = Object {
        hash: delivery.hash,
        size: delivery.size,
        mime: names.mime.clone(),
        pieces: delivery.pieces,
        put_time: store.now_ms(),
        file_type: policy.file_type,
        end_user: policy.end_user.clone(),
        delete_after_days: policy.delete_after_days,
        headers: delivery.headers,
    };
    let overwrites = policy.overwrites(delivery.api);
    let (bucket, key, source, blob) = (delivery.bucket, names.key.clone(), delivery.source, delivery.blob);
    store
        .transact(move |catalog| {
            let unused = catalog.publish(&bucket, &key, &object, overwrites, &source)?;
            if let Some(blob) = blob {
                blob.keep();
            }
            Ok(unused)
        })
        .await
}
