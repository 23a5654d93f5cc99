//! `/_test/`: what tests may turn. It exists only where the server was started with test faults, and answers pages of
//! this server and programs, no foreign page.

use axum::body::Body;
use axum::http::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

use super::Call;
use super::answer::{Granted, Refusal, answer};
use super::incoming::Incoming;

const LONGEST: usize = 1 << 20;

#[derive(Deserialize)]
struct Clock {
    /// Seconds that the store's clock goes before the machine's.
    offset: f64,
}

pub(crate) async fn handle(
    call: &Call,
    method: &Method,
    knob: &str,
    incoming: &mut Incoming,
) -> Granted<Response<Body>> {
    let none = || Refusal::new(404, "no such path");
    let test = call.store.test.as_ref().ok_or_else(none)?;
    call.check_own_origin()?;
    let body = incoming.text(LONGEST).await?;
    let wrong = |error: serde_json::Error| Refusal::new(400, error.to_string());
    match (method.as_str(), knob) {
        ("POST", "faults") => test.faults.arm(&body).map_err(wrong)?,
        ("DELETE", "faults") => test.faults.clear(),
        ("POST", "cut") => call.store.cut.send_modify(|cuts| *cuts += 1),
        ("POST", "clock") => {
            let clock = serde_json::from_slice::<Clock>(&body).map_err(wrong)?;
            call.store.clock_offset.store((clock.offset * 1000.0) as i64, Ordering::Relaxed);
        }
        ("POST", "token") => {
            let mut policy = serde_json::from_slice::<Value>(&body).map_err(wrong)?;
            let fields = policy.as_object_mut().ok_or_else(|| Refusal::new(400, "a policy is an object"))?;
            fields.entry("deadline").or_insert(json!(call.store.now() + 3600));
            return Ok(answer(200, &json!({ "token": call.store.keys.upload_token(&policy.to_string()) })));
        }
        ("GET", "log") => {
            let parts = test.journal.on_their_way("part");
            return Ok(answer(200, &json!({ "requests": test.journal.lines(), "partsOnTheirWay": parts })));
        }
        ("DELETE", "log") => test.journal.clear(),
        _ => return Err(none()),
    }
    Ok(answer(200, &json!({})))
}
