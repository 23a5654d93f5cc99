//! `persistentOps`: work on the object that Kodo does once it is stored (qiniu.md 1.3).
//!
//! This store processes nothing, and says so the way Kodo says that work failed: the upload is answered with a
//! `persistentId`, and whoever the policy wants notified hears under that id that each operation failed.

use std::sync::Arc;

use serde_json::json;

use super::Inner;
use super::callback::{Message, post};
use super::keys::random_id;
use super::policy::Policy;
use super::template::Names;

/// Kodo's code for work that failed.
const FAILED: u8 = 3;
const WORDS: &str = "The fop is failed";

/// The name of the work that the policy asks for, if it asks for any.
pub(crate) fn id(policy: &Policy) -> Option<String> {
    policy.operations().next().map(|_| format!("z0.{}", random_id()))
}

/// Tells what became of the work; the upload does not wait for it.
pub(crate) fn notify(store: &Arc<Inner>, policy: &Policy, names: &Names) {
    let (Some(id), Some(address)) = (&names.persistent_id, &policy.persistent_notify_url) else { return };
    let why = "this store processes nothing";
    let items = policy.operations().map(|cmd| json!({ "cmd": cmd, "code": FAILED, "desc": WORDS, "error": why }));
    let message = Message::json(&json!({
        "id": id,
        "pipeline": policy.persistent_pipeline.as_deref().unwrap_or_default(),
        "code": FAILED,
        "desc": WORDS,
        "inputBucket": names.bucket,
        "inputKey": names.key,
        "items": items.collect::<Vec<_>>(),
    }));
    let (store, address) = (store.clone(), address.clone());
    tokio::spawn(async move {
        // Nobody waits for it, and the next one is not another chance.
        let _ = post(&store, None, &address, &message).await;
    });
}
