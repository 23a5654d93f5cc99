//! What a client asks before it uploads: which hosts take uploads (qiniu.md 2.1), and, for pages of this server, a
//! token.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::Call;
use super::answer::{Granted, Refusal, answer};

/// Seconds that a client may keep the list of hosts.
const TTL: u32 = 86_400;
/// Seconds that a token for this server's pages lives. Pages ask for the next one in time.
const TOKEN_LIFE: i64 = 3600;
/// The largest object of those tokens: 10 000 parts of 4 MiB.
const LARGEST: u64 = 10_000 * (4 << 20);

/// `GET /v2/query` and `GET /v4/query`: the main port first, spares behind it.
pub(crate) fn query(call: &Call, version: u8) -> Granted<Response<Body>> {
    if call.parameter("ak").as_deref() != Some(call.store.keys.access()) {
        return Err(Refusal::new(612, "app/accesskey is not found"));
    }
    call.store.check_bucket(&call.parameter("bucket").unwrap_or_default())?;
    let hosts = call.hosts();
    let (main, backup) = hosts.split_at(hosts.len().min(1));
    let body = if version == 2 { second(main, backup) } else { fourth(&hosts, main) };
    Ok(answer(200, &body))
}

fn second(main: &[String], backup: &[String]) -> Value {
    let up = json!({ "main": main, "backup": backup });
    let old = json!({ "main": main, "info": "compatible to non-SNI device" });
    json!({
        "region": "z0",
        "ttl": TTL,
        "io": { "src": { "main": main } },
        "up": { "acc": up, "src": up, "old_acc": old, "old_src": old },
        "uc": { "acc": { "main": main } },
        "rs": { "acc": { "main": main } },
        "rsf": { "acc": { "main": main } },
        "api": { "acc": { "main": main } },
        "s3": { "region_alias": "onetake", "src": { "main": main } },
    })
}

fn fourth(hosts: &[String], main: &[String]) -> Value {
    let domains = json!({ "domains": main });
    json!({
        "hosts": [{
            "region": "z0",
            "ttl": TTL,
            "up": { "domains": hosts, "old": main },
            "io": domains,
            "io_src": domains,
            "rs": domains,
            "rsf": domains,
            "api": domains,
            "uc": domains,
            "s3": { "region_alias": "onetake", "domains": main },
        }],
    })
}

/// `GET /api/upload-token`, for pages of this server alone.
///
/// The token may create films, sounds and pictures in the first bucket, under any key or, without one, under their
/// hash and suffix; it never overwrites, so that whoever holds one can break nothing. All tokens have one scope: a
/// fresh one continues what an older one began.
pub(crate) fn token(call: &Call) -> Granted<Response<Body>> {
    call.check_own_origin()?;
    let store = &call.store;
    let bucket = &store.buckets[0];
    let deadline = store.now() + TOKEN_LIFE;
    let policy = json!({
        "scope": bucket,
        "deadline": deadline,
        "insertOnly": 1,
        "saveKey": "$(etag)$(ext)",
        "fsizeLimit": LARGEST,
        "mimeLimit": "video/*;audio/*;image/*",
    });
    let hosts = call.hosts().into_iter().map(|host| format!("{}://{host}", call.scheme())).collect::<Vec<_>>();
    let domain = hosts.first().map(|host| format!("{host}/o/{bucket}"));
    let token = store.keys.upload_token(&policy.to_string());
    Ok(answer(
        200,
        &json!({ "token": token, "bucket": bucket, "deadline": deadline, "hosts": hosts, "domain": domain }),
    ))
}
