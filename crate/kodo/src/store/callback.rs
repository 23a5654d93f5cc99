//! The callback to the business server: one POST to the first address of the policy that answers (qiniu.md 1.3).
//!
//! Addresses come from policies that we signed. Plain `http` alone: this server has no store of trusted certificates.
//! A failure is 579, which tells the client that the object exists all the same.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::uri::{Scheme, Uri};
use axum::http::{Request, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Inner;
use super::answer::{Granted, Refusal};
use super::policy::Policy;
use super::template::{self, Names};

const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of the business server's answer.
const ANSWER: usize = 1 << 20;

/// What is posted.
pub(crate) struct Message {
    kind: String,
    body: String,
}

impl Message {
    pub(crate) fn json(body: &Value) -> Self {
        Self { kind: "application/json".into(), body: body.to_string() }
    }

    /// Renders `callbackBody`; 400 when it is to be JSON and is not.
    pub(crate) fn of(policy: &Policy, names: &Names) -> Granted<Self> {
        let template = policy.callback_body.as_deref().unwrap_or_default();
        match policy.callback_body_type.as_deref().filter(|kind| !kind.is_empty()) {
            Some("application/json") => Ok(Self::json(&template::as_json(template, names)?)),
            None | Some("application/x-www-form-urlencoded") => {
                let kind = "application/x-www-form-urlencoded".into();
                Ok(Self { kind, body: template::as_form(template, names) })
            }
            Some(_) => Err(Refusal::new(400, "invalid put policy: callbackBodyType")),
        }
    }
}

/// Posts the message; the JSON that comes back is the client's answer.
pub(crate) async fn send(store: &Arc<Inner>, policy: &Policy, message: &Message, names: &Names) -> Granted<Value> {
    let addresses = policy.callback_url.as_deref().unwrap_or_default();
    let host = policy.callback_host.as_deref().filter(|host| !host.is_empty());
    let mut failure = (String::new(), 0, "no address".to_owned());
    for address in addresses.split(';').map(str::trim).filter(|address| !address.is_empty()) {
        match post(store, host, address, message).await {
            Ok(answer) => return Ok(answer),
            Err((status, why)) => failure = (address.to_owned(), status, why),
        }
    }
    let (address, status, why) = failure;
    // Kodo puts the details into the error as JSON text.
    let details = json!({
        "callback_url": address, "callback_bodyType": message.kind, "callback_body": message.body,
        "err_code": status, "error": why, "hash": names.etag, "key": names.key,
    });
    Err(Refusal::new(579, details.to_string()))
}

/// What one address answers, or the status (0: none) and why that is no answer.
pub(crate) async fn post(
    store: &Inner,
    named: Option<&str>,
    address: &str,
    message: &Message,
) -> Result<Value, (u16, String)> {
    let asked = timeout(PATIENCE, exchange(store, named, address, message)).await;
    asked.unwrap_or_else(|_| Err((0, "no answer in time".to_owned())))
}

async fn exchange(
    store: &Inner,
    named: Option<&str>,
    address: &str,
    message: &Message,
) -> Result<Value, (u16, String)> {
    let broken = |why: &dyn std::fmt::Display| (0, why.to_string());
    let uri = address.parse::<Uri>().map_err(|error| broken(&error))?;
    if uri.scheme() != Some(&Scheme::HTTP) {
        return Err(broken(&"only http callbacks are sent from here"));
    }
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(80);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|error| broken(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let carrying = tokio::spawn(connection);
    let form = (message.kind != "application/json").then_some(message.body.as_bytes());
    let request = Request::post(path)
        .header(header::HOST, named.map_or_else(|| format!("{host}:{port}"), str::to_owned))
        .header(header::CONTENT_TYPE, &message.kind)
        .header(header::AUTHORIZATION, store.keys.qbox(path, form))
        .header(header::CONNECTION, "close")
        .body(Body::from(message.body.clone()))
        .map_err(|error| broken(&error))?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER).collect().await.map_err(|error| broken(&error))?;
        if status != 200 {
            return Err((status, "the callback was not answered with 200".to_owned()));
        }
        serde_json::from_slice(&body.to_bytes()).map_err(|_| (status, "the callback's answer is no JSON".to_owned()))
    };
    let answered = answered.await;
    carrying.abort();
    answered
}
