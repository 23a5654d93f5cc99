//! Records of uploads, kept by `www/onetake/src/ledgers.ts`, which the worker script hangs up where these imports find it, and
//! what is known of stored objects (`stored.ts`).
//! One worker has a record at a time, here or in another tab; a record never holds a token.

use js_sys::{Array, Object, Promise, Uint8Array};
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::upload::{UploadApi, UploadSettings};
use onetake_core::upload::{HostRecord, Ledger, Qetag, Resumable, Stat};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::job::News;
use super::{bytes, number, post_news};
use crate::js;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ledgers, js_name = load)]
    fn js_load(id: Option<&str>) -> Promise;
    #[wasm_bindgen(js_namespace = ledgers, js_name = save)]
    fn js_save(id: &str, ledger: &Uint8Array, summary: &Object, source: &JsValue) -> Promise;
    #[wasm_bindgen(js_namespace = ledgers, js_name = remove)]
    fn js_remove(id: &str) -> Promise;
    #[wasm_bindgen(js_namespace = ledgers, js_name = claim)]
    fn js_claim(id: &str, patient: bool) -> Promise;
    #[wasm_bindgen(js_namespace = ledgers, js_name = letGo)]
    fn js_let_go(id: &str);
    #[wasm_bindgen(js_namespace = ledgers, js_name = hosts)]
    fn js_hosts(bucket: &str) -> Promise;
    #[wasm_bindgen(js_name = hashAt)]
    fn js_hash_at(address: &str, hash: &str) -> Promise;
    #[wasm_bindgen(js_namespace = ledgers, js_name = keepHosts)]
    fn js_keep_hosts(bucket: &str, hosts: &Uint8Array) -> Promise;
}

/// What an upload begins with.
pub(super) struct Opened {
    /// Its record, which nobody else has.
    pub(super) record: String,
    /// What an earlier run left.
    pub(super) ledger: Option<Ledger>,
    /// What was learnt of the bucket's hosts.
    pub(super) hosts: Option<HostRecord>,
}

/// Finds the record to go on with, or takes the new one. `bucket`: the token's access key and bucket, where it can be read;
/// `size`: none while the source grows.
///
/// # Errors
/// `upload_elsewhere` where another tab works on the record that is meant.
pub(super) async fn open(
    settings: &UploadSettings,
    size: Option<u64>,
    bucket: Option<(String, String)>,
) -> Result<Box<Opened>, Failure> {
    // Asked for while the others are looked through.
    let own = JsFuture::from(js_claim(&settings.record, settings.known));
    // Whoever names hosts does not wait for those that were learnt.
    let hosts = match &bucket {
        Some(bucket) if settings.endpoints.is_empty() => read_hosts(bucket).await,
        _ => None,
    };
    if !settings.known && settings.resume {
        let same = |ledger: &Ledger| bucket.as_ref().is_some_and(|bucket| is_of(ledger, settings, size, bucket));
        for (id, ledger) in load(None).await {
            if !same(&ledger) || !claim(&id, false).await {
                continue;
            }
            // Whoever had it until now may have gone on, or come to its end.
            match load(Some(&id)).await.pop() {
                Some((_, ledger)) if same(&ledger) => {
                    if granted(own.await) {
                        let_go(&settings.record);
                    }
                    return Ok(Box::new(Opened { record: id, ledger: Some(ledger), hosts }));
                }
                _ => let_go(&id),
            }
        }
    }
    if !granted(own.await) {
        return Err(Failure::new("upload_elsewhere", Retry::AfterAction, "another tab works on this upload"));
    }
    let ledger = if settings.known { load(Some(&settings.record)).await.pop() } else { None };
    let ledger = ledger.map(|(_, ledger)| ledger);
    Ok(Box::new(Opened { record: settings.record.clone(), ledger, hosts }))
}

/// Whether an earlier run was for the same object from what may be the same file; the machine looks closer.
fn is_of(
    ledger: &Ledger,
    settings: &UploadSettings,
    size: Option<u64>,
    (access_key, bucket): &(String, String),
) -> bool {
    let identity = &ledger.identity;
    let api = match settings.api {
        UploadApi::Form => return false,
        UploadApi::V1 => Resumable::V1,
        UploadApi::Auto | UploadApi::V2 => Resumable::V2,
    };
    identity.access_key == *access_key
        && identity.bucket == *bucket
        && identity.key == settings.key
        && identity.api == api
        && identity.size == size
        && identity.name == settings.name
        && identity.last_modified == bytes(settings.last_modified)
}

async fn load(id: Option<&str>) -> Vec<(String, Ledger)> {
    let Ok(found) = JsFuture::from(js_load(id)).await else { return Vec::new() };
    let entry = |entry: JsValue| {
        let bytes = js::get(&entry, "ledger").dyn_into::<Uint8Array>().ok()?.to_vec();
        Some((js::get(&entry, "id").as_string()?, Ledger::from_bytes(&bytes)?))
    };
    found.unchecked_into::<Array>().iter().filter_map(entry).collect()
}

async fn claim(id: &str, patient: bool) -> bool {
    granted(JsFuture::from(js_claim(id, patient)).await)
}

fn granted(answer: Result<JsValue, JsValue>) -> bool {
    answer.is_ok_and(|granted| granted.is_truthy())
}

/// Lets others have the record.
pub(super) fn let_go(id: &str) {
    js_let_go(id);
}

/// Where hosts of a bucket are kept. Neither name is a secret.
fn place((access_key, bucket): &(String, String)) -> String {
    access_key.clone() + " " + bucket
}

async fn read_hosts(bucket: &(String, String)) -> Option<HostRecord> {
    let found = JsFuture::from(js_hosts(&place(bucket))).await.ok()?;
    HostRecord::from_bytes(&found.dyn_into::<Uint8Array>().ok()?.to_vec())
}

/// Keeps what was learnt of hosts; it is learnt again where it cannot be kept.
pub(super) fn keep_hosts(hosts: &HostRecord) {
    let place = place(&(hosts.access_key.clone(), hosts.bucket.clone()));
    let kept = js_keep_hosts(&place, &Uint8Array::from(hosts.to_bytes().as_slice()));
    js::spawn(async move {
        let _ = JsFuture::from(kept).await;
    });
}

/// What an address says of its object: a hash, null where there is none, nothing where that cannot be told. Whatever is not
/// `wanted` is asked for again.
pub(super) fn hash_at(address: &str, wanted: Qetag) -> impl Future<Output = Stat> + 'static {
    let asked = JsFuture::from(js_hash_at(address, &wanted.to_string()));
    async move {
        match asked.await {
            Ok(nothing) if nothing.is_null() => Stat::Missing,
            Ok(hash) => hash.as_string().as_deref().and_then(Qetag::parse).map_or(Stat::Unknown, Stat::Found),
            Err(_) => Stat::Unknown,
        }
    }
}

/// Writes one upload's record, one version at a time: of several that wait only the newest is written.
pub(super) struct Keeper {
    job: u32,
    record: String,
    /// Goes with the first version.
    source: JsValue,
    source_is_kept: bool,
    waiting: Option<(u64, Ledger)>,
    busy: bool,
    unwanted: bool,
}

impl Keeper {
    pub(super) fn new(job: u32, record: String, source: JsValue) -> Keeper {
        Keeper { job, record, source, source_is_kept: false, waiting: None, busy: false, unwanted: false }
    }

    /// Keeps this version; answered by [`News::Saved`] with this ticket or a later one.
    pub(super) fn save(&mut self, ticket: u64, ledger: Ledger) {
        self.waiting = Some((ticket, ledger));
        self.go_on();
    }

    /// Removes the record.
    pub(super) fn forget(&mut self) {
        (self.waiting, self.unwanted) = (None, true);
        self.go_on();
    }

    /// A version is kept, or cannot be.
    pub(super) fn handle_saved(&mut self, stored: bool) {
        self.busy = false;
        self.source_is_kept |= stored;
        self.go_on();
    }

    /// The record is gone; another may begin under its name.
    pub(super) fn handle_removed(&mut self) {
        (self.busy, self.source_is_kept) = (false, false);
        self.go_on();
    }

    /// Whether all is written.
    pub(super) fn is_idle(&self) -> bool {
        !self.busy && self.waiting.is_none() && !self.unwanted
    }

    /// Lets others have the record.
    pub(super) fn let_go(&self) {
        let_go(&self.record);
    }

    fn go_on(&mut self) {
        if self.busy {
            return;
        }
        let job = self.job;
        if std::mem::take(&mut self.unwanted) {
            self.busy = true;
            let removed = js_remove(&self.record);
            js::spawn(async move {
                let _ = JsFuture::from(removed).await;
                post_news(job, News::Removed);
            });
        } else if let Some((ticket, ledger)) = self.waiting.take() {
            self.busy = true;
            let bytes = Uint8Array::from(ledger.to_bytes().as_slice());
            let source = if self.source_is_kept { &JsValue::UNDEFINED } else { &self.source };
            let written = js_save(&self.record, &bytes, &summary(&ledger), source);
            js::spawn(async move {
                let stored = JsFuture::from(written).await.is_ok_and(|stored| stored.is_truthy());
                post_news(job, News::Saved { ticket, stored });
            });
        }
    }
}

/// What a list of uploads shows of it.
fn summary(ledger: &Ledger) -> Object {
    let summary = Object::new();
    js::set(&summary, "key", ledger.identity.key.as_deref().map_or(JsValue::NULL, JsValue::from_str));
    js::set(&summary, "sent", number(ledger.sent()));
    js::set(&summary, "total", number(ledger.total));
    summary
}
