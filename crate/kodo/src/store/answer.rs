//! What every answer of the store looks like: Qiniu's error body, the headers that let other origins read it, and the
//! request id. Decides no status; never quotes a token, a key pair or a header of the request.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::mime::is_shown;

/// A request that is not granted: the status that clients act on and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: String,
}

pub(crate) type Granted<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }

    /// Our own fault: the disk or the database. The cause goes to the operator, not to the client.
    pub(crate) fn storage(cause: &dyn std::fmt::Display) -> Self {
        eprintln!("onetake-kodo: the store failed: {cause}");
        Self::new(599, "storage failure")
    }

    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.error, "code": self.status })
    }

    pub(crate) fn answer(&self) -> Response<Body> {
        answer(self.status, &self.body())
    }
}

/// A JSON answer. Statuses above 599 (612, 614, 701...) are Qiniu's own and legal on the wire.
pub(crate) fn answer(status: u16, body: &Value) -> Response<Body> {
    text(status, "application/json", body.to_string())
}

pub(crate) fn text(status: u16, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Whether pages of other origins may read the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Everybody: the upload and download routes, as on Kodo's hosts.
    AnyOrigin,
    /// Pages of this server alone: tokens and test knobs.
    OwnOrigin,
}

/// What is known of a request when its answer leaves.
pub(crate) struct Trace {
    pub(crate) reqid: String,
    /// Milliseconds that the answer took.
    pub(crate) took: u128,
    /// Our clock, which the tests may have moved: clients learn their own clock's error from it.
    pub(crate) date: String,
}

/// Puts the headers on that go with every answer, refusals too: without them a browser shows the client "network
/// error" where the answer said "expired token".
pub(crate) fn dress(response: &mut Response<Body>, readers: Readers, method: &Method, trace: &Trace) {
    let status = response.status().as_u16();
    let log = if status == 200 { format!("UP:{}", trace.took) } else { format!("UP:{}/{status}", trace.took) };
    let headers = response.headers_mut();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_shown = kind.is_some_and(is_shown);
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.entry(name).or_insert(value);
        }
    };
    put(HeaderName::from_static("x-reqid"), &trace.reqid);
    put(HeaderName::from_static("x-log"), &log);
    put(header::DATE, &trace.date);
    put(header::CACHE_CONTROL, "no-store");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if !is_shown {
        // What strangers stored must not run as a page of this origin.
        put(header::CONTENT_SECURITY_POLICY, "sandbox");
    }
    if readers == Readers::OwnOrigin {
        return;
    }
    put(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    put(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "X-Reqid, X-Log, ETag, Date, Content-Length, Content-Range, Accept-Ranges, Content-Disposition",
    );
    if method == Method::OPTIONS {
        put(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
        put(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Content-MD5, Range, If-Match, If-None-Match, If-Range, X-File-Name, X-File-Type, X-File-Size",
        );
        put(header::ACCESS_CONTROL_MAX_AGE, "7200");
    }
}
