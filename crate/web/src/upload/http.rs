//! One attempt at one request, by XMLHttpRequest: fetch cannot tell how much of a body was sent.
//!
//! It decides nothing about answers. Cookies go along to this origin alone, for this interface cannot leave them out there.
//! A redirect counts as no answer: the bytes would have gone elsewhere. Headers are looked for among those that the
//! server shows; asking for one that it does not is a line in the console.

use gloo::events::EventListener;
use js_sys::{Array, Date, Uint8Array};
use onetake_core::upload::{Body, Broken, Form, PieceId, Reply, Request, RequestId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, EventTarget, FormData, ProgressEvent, Url, XmlHttpRequest, XmlHttpRequestResponseType,
};

use super::job::News;
use super::read::Piece;
use super::{bytes, number, post_news};

/// No answer of Kodo is longer; the rest of a longer one is not waited for.
const LONGEST_ANSWER: f64 = 1_048_576.0;

/// A request under way. Dropping it cuts it off.
pub(super) struct Flight {
    id: RequestId,
    url: String,
    request: XmlHttpRequest,
    /// Where the browser reads the body while it sends.
    place: Option<Blob>,
    _listeners: Vec<EventListener>,
}

/// What came back.
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    request_id: Option<String>,
    retry_after: Option<u32>,
    /// What the server's clock said, milliseconds since 1970, where it shows that (Kodo's own hosts do not).
    pub(super) date: Option<u64>,
}

impl Answer {
    pub(super) fn reply(&self) -> Reply<'_> {
        Reply {
            status: self.status,
            body: &self.body,
            request_id: self.request_id.as_deref(),
            retry_after: self.retry_after,
        }
    }
}

impl Flight {
    /// Sends it for `job`.
    ///
    /// # Errors
    /// Where the browser refuses it: the piece is not there, or the address or a header is none.
    pub(super) fn start(job: u32, request: &Request, pieces: &Pieces) -> Result<Flight, Broken> {
        let place = match &request.body {
            Body::Piece { piece, .. } | Body::Form(Form { piece, .. }) => match pieces.get(*piece) {
                Some(Piece::Place(blob)) => Some(blob.clone()),
                Some(Piece::Bytes(_)) => None,
                None => return Err(Broken::Source),
            },
            Body::Empty | Body::Bytes(_) => None,
        };
        let flight = prepare(request).and_then(|xhr| {
            let listeners = listen(job, request, &xhr)?;
            send(&xhr, &request.body, pieces)?;
            Ok(Flight { id: request.id, url: request.url.clone(), request: xhr, place, _listeners: listeners })
        });
        flight.map_err(|_| Broken::Network)
    }

    pub(super) fn id(&self) -> RequestId {
        self.id
    }

    /// What broke it: a browser does not tell a line that is gone from a file that is, and only reading the file does.
    pub(super) fn find_cause(&self, job: u32) {
        let (id, place) = (self.id, self.place.clone());
        crate::js::spawn(async move {
            let there = match place.map(|blob| blob.slice_with_f64_and_f64(0.0, 1.0)) {
                None => true,
                Some(Ok(first)) => JsFuture::from(first.array_buffer()).await.is_ok(),
                Some(Err(_)) => false,
            };
            let broken = if there { Broken::Network } else { Broken::Source };
            post_news(job, News::Lost { id, broken });
        });
    }

    /// The answer; `None` where there is none that can be trusted.
    pub(super) fn answer(&self) -> Option<Answer> {
        let status = self.request.status().ok().filter(|status| *status != 0)?;
        let asked = Url::new(&self.url).ok()?;
        if self.request.response_url() != asked.href() {
            return None;
        }
        let response = self.request.response().ok()?;
        let body = if response.is_null() { Vec::new() } else { Uint8Array::new(&response).to_vec() };
        let headers = self.request.get_all_response_headers().unwrap_or_default();
        let retry_after = header(&headers, "retry-after").and_then(|value| value.parse().ok());
        let date = header(&headers, "date").map(|date| bytes(Date::parse(&date))).filter(|date| *date > 0);
        Some(Answer { status, body, request_id: header(&headers, "x-reqid"), retry_after, date })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Where it is over already, nothing happens.
        let _ = self.request.abort();
    }
}

fn prepare(request: &Request) -> Result<XmlHttpRequest, JsValue> {
    let xhr = XmlHttpRequest::new()?;
    xhr.open_with_async(request.method.name(), &request.url, true)?;
    xhr.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
    if let Some(secret) = &request.authorization {
        xhr.set_request_header("Authorization", secret.expose())?;
    }
    for (name, value) in &request.headers {
        xhr.set_request_header(name, value)?;
    }
    Ok(xhr)
}

fn send(xhr: &XmlHttpRequest, body: &Body, pieces: &Pieces) -> Result<(), JsValue> {
    match body {
        Body::Empty => xhr.send(),
        // A view of wasm memory would be read after this call; this is a copy.
        Body::Bytes(bytes) => xhr.send_with_opt_js_u8_array(Some(&Uint8Array::from(bytes.as_slice()))),
        Body::Piece { piece, offset, length } => match pieces.get(*piece) {
            Some(Piece::Bytes(bytes)) => {
                let part = bytes.subarray(*offset as u32, (*offset + *length) as u32);
                xhr.send_with_opt_js_u8_array(Some(&part))
            }
            Some(Piece::Place(blob)) => {
                let part = blob.slice_with_f64_and_f64(number(*offset), number(*offset + *length))?;
                xhr.send_with_opt_blob(Some(&part))
            }
            None => Err(JsValue::UNDEFINED),
        },
        Body::Form(form) => xhr.send_with_opt_form_data(Some(&form_data(form, pieces)?)),
    }
}

fn listen(job: u32, request: &Request, xhr: &XmlHttpRequest) -> Result<Vec<EventListener>, JsValue> {
    let id = request.id;
    let target: &EventTarget = xhr;
    let broken = || move |_: &web_sys::Event| post_news(job, News::Broken { id });
    let long = move |event: &web_sys::Event| {
        if event.unchecked_ref::<ProgressEvent>().loaded() > LONGEST_ANSWER {
            post_news(job, News::Broken { id });
        }
    };
    let sent = move |event: &web_sys::Event| {
        let loaded = bytes(event.unchecked_ref::<ProgressEvent>().loaded());
        post_news(job, News::Sent { id, loaded });
    };
    let mut listeners = vec![
        EventListener::new(target, "load", move |_| post_news(job, News::Answered { id })),
        EventListener::new(target, "error", broken()),
        EventListener::new(target, "timeout", broken()),
        EventListener::new(target, "progress", long),
    ];
    // Whoever listens to the sending of a request to another origin makes the browser ask that origin first.
    let is_quiet = matches!(&request.body, Body::Empty) || matches!(&request.body, Body::Form(form) if form.is_quiet);
    if !is_quiet {
        let upload: EventTarget = xhr.upload()?.into();
        listeners.push(EventListener::new(&upload, "progress", sent));
        // Progress may be told too seldom to tell the end.
        listeners.push(EventListener::new(&upload, "load", sent));
    }
    Ok(listeners)
}

/// Pieces that are held, by name; a few.
#[derive(Default)]
pub(super) struct Pieces(Vec<(PieceId, Piece)>);

impl Pieces {
    pub(super) fn insert(&mut self, id: PieceId, piece: Piece) {
        self.release(id);
        self.0.push((id, piece));
    }

    pub(super) fn release(&mut self, id: PieceId) {
        self.0.retain(|(known, _)| *known != id);
    }

    fn get(&self, id: PieceId) -> Option<&Piece> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, piece)| piece)
    }
}

fn form_data(form: &Form, pieces: &Pieces) -> Result<FormData, JsValue> {
    let data = FormData::new()?;
    data.append_with_str("token", form.token.expose())?;
    for (name, value) in &form.fields {
        data.append_with_str(name, value)?;
    }
    let options = BlobPropertyBag::new();
    options.set_type(form.mime_type.as_deref().unwrap_or_default());
    let content = match pieces.get(form.piece) {
        Some(Piece::Bytes(bytes)) => Array::of1(bytes),
        Some(Piece::Place(blob)) => Array::of1(blob),
        None => return Err(JsValue::UNDEFINED),
    };
    let file = Blob::new_with_blob_sequence_and_options(&content, &options)?;
    data.append_with_blob_and_filename("file", &file, &form.file_name)?;
    Ok(data)
}

/// A header's value; the browser gives names in lower case, one a line.
fn header(all: &str, name: &str) -> Option<String> {
    let mut lines = all.split('\n');
    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim_ascii().to_owned()))
}
