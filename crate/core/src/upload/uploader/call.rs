//! Calls: requests with their attempts. Which of them may go out now, where to, and in what words.

use super::super::digest::BLOCK;
use super::super::hosts;
use super::super::json::push_text;
use super::super::request::{Body, Form, Method, Output, PieceId, Request, RequestId};
use super::super::text::join;
use super::super::wire::{self, Mkfile};
use super::answer::Seen;
use super::part::{Part, Stage};
use super::{FORM, Now, Phase, Uploader, Way};

/// A request without media is answered within this time.
const ANSWER: u64 = 30_000;
/// Making the object may wait for the user's own server.
const MAKING: u64 = 60_000;
/// A request that moves no byte.
const STALL: u64 = 20_000;
/// How much longer a request whose bytes were all handed over may take for what the line still holds of them.
const DRAIN: u64 = 120_000;
/// Bytes a second below which no line is taken to be.
const SLOWEST: u64 = 32 << 10;
/// How much later than due a timer may come before it shows that the device slept.
const SLEPT: u64 = 10_000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Discover,
    Initiate,
    List,
    /// This v2 part, or the next chunk of this v1 block (counted from 1 as well).
    Part(u32),
    Form,
    /// Anything from the address that [`Self::Complete`] goes to, for nothing but the leave that a browser then has already.
    Greet,
    /// The object.
    Complete,
    /// The server drops this upload id of this key.
    Abort {
        upload_id: String,
        key: Option<String>,
    },
}

impl What {
    /// For a log.
    pub(super) fn name(&self, way: Way) -> &'static str {
        match self {
            What::Discover => "discover",
            What::Initiate => "initiate",
            What::List => "list",
            What::Part(_) if way == Way::V1 => "block",
            What::Part(_) => "part",
            What::Form => "form",
            What::Greet => "greet",
            What::Complete => "complete",
            What::Abort { .. } => "abort",
        }
    }
}

/// A request on its way to success.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) what: What,
    /// Answers that were none of success and count.
    pub(super) failures: u32,
    /// Attempts without an answer.
    pub(super) breaks: u32,
    /// Answers that refused the token.
    pub(super) refusals: u32,
    /// Where the last attempt went, and how many failed there in a row.
    pub(super) host: String,
    pub(super) host_failures: u32,
    /// The next attempt goes elsewhere.
    pub(super) leave: bool,
    /// An address was wrong before.
    pub(super) moved: bool,
    pub(super) not_before: u64,
    pub(super) flight: Option<Flight>,
}

/// An attempt that was not answered yet.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) id: RequestId,
    /// Of the token it carries.
    pub(super) generation: u32,
    /// Bytes handed to the line, of how many.
    pub(super) sent: u64,
    pub(super) size: u64,
    /// When the last byte moved.
    pub(super) moved: u64,
    /// How long that may be ago.
    limit: u64,
    /// Nobody hears of bytes that were handed over.
    is_quiet: bool,
}

impl Flight {
    /// The line has its whole body, or may have: it may be done, whatever is heard of it.
    pub(super) fn has_left(&self) -> bool {
        self.is_quiet || self.sent >= self.size
    }
}

impl Call {
    /// The line changed under it: it has this much time from now to move a byte.
    pub(super) fn prove(&mut self, clock: u64, limit: u64) {
        if let Some(flight) = &mut self.flight {
            flight.moved = clock;
            flight.limit = flight.limit.min(limit);
        }
    }
}

impl Uploader {
    /// There is such a call.
    pub(super) fn ensure(&mut self, what: What) {
        if !self.calls.iter().any(|call| call.what == what) {
            self.calls.push(Call {
                what,
                failures: 0,
                breaks: 0,
                refusals: 0,
                host: String::new(),
                host_failures: 0,
                leave: false,
                moved: false,
                not_before: 0,
                flight: None,
            });
        }
    }

    /// Cuts a call's attempt off, if one is in flight.
    pub(super) fn cut(&mut self, place: usize) {
        if let Some(flight) = self.calls[place].flight.take() {
            self.doubt(place, &flight);
            let queued = |output: &Output| matches!(output, Output::Send(request) if request.id == flight.id);
            match self.out.iter().position(queued) {
                // The driver has not even heard of it.
                Some(place) => drop(self.out.remove(place)),
                None => self.out.push_back(Output::Cancel(flight.id)),
            }
        }
    }

    /// Drops a call.
    pub(super) fn drop_call(&mut self, what: &What) {
        if let Some(place) = self.calls.iter().position(|call| call.what == *what) {
            self.cut(place);
            self.calls.remove(place);
        }
    }

    /// When an attempt is given up for not moving.
    pub(super) fn deadline(&self, flight: &Flight) -> u64 {
        let mut limit = flight.limit;
        let mut moved = flight.moved;
        let others = self.calls.iter().filter_map(|call| call.flight.as_ref());
        if flight.size > 0 && flight.has_left() {
            // What was handed over may still lie in the system's buffers, beside that of the other attempts.
            let held = others.map(|one| one.size).sum::<u64>();
            limit += (held.saturating_mul(1000) / self.meter.rate().max(SLOWEST)).min(DRAIN);
        } else if flight.size > 0 && flight.sent == 0 {
            // It may wait for one of the browser's connections, which have media before it.
            moved = others.filter(|one| one.size > 0).map(|one| one.moved).fold(moved, u64::max);
        }
        moved.saturating_add(limit)
    }

    /// Gives up attempts that do not move.
    pub(super) fn watch(&mut self, now: Now) {
        let mut place = 0;
        while let Some(call) = self.calls.get(place) {
            let due = call.flight.as_ref().map(|flight| self.deadline(flight)).filter(|due| *due <= now.clock);
            match due {
                // The device slept: the connection may live, but must show it.
                Some(due) if now.clock > due.saturating_add(SLEPT) => {
                    if let Some(flight) = &mut self.calls[place].flight {
                        flight.moved = now.clock;
                    }
                }
                Some(_) => {
                    self.cut(place);
                    // What carries no media says nothing of how much the line takes.
                    if !matches!(self.calls[place].what, What::Greet | What::Abort { .. }) {
                        self.flow.handle_pressure(now.clock);
                    }
                    self.break_off(place, "no byte moved", now);
                    if matches!(self.phase, Phase::Over) {
                        return;
                    }
                }
                None => {}
            }
            place += 1;
        }
        if self.access.is_late(now.clock) {
            self.miss_token("no answer within a minute", false, now);
        }
    }

    /// Sends what may go out now.
    pub(super) fn send_due(&mut self, now: Now) {
        if !self.online || self.phase == Phase::Over {
            return;
        }
        let mut exposed = self.exposed();
        for place in 0..self.calls.len() {
            let call = &self.calls[place];
            let paused = self.paused && self.phase != Phase::Discard;
            let part = matches!(call.what, What::Part(_));
            if part && (self.phase != Phase::Transfer || exposed >= self.flow.limit()) {
                continue;
            }
            let number = if let What::Part(number) = call.what { number } else { 1 };
            let held = !matches!(call.what, What::Part(_) | What::Form)
                || self
                    .parts
                    .iter()
                    .any(|part| part.number == number && part.piece().is_some() && part.ticket <= self.stored);
            let may = call.flight.is_none() && call.not_before <= now.clock && held && !paused;
            if may && (call.what == What::Discover || self.access.is_usable(now)) {
                if self.would_double(place) {
                    let words = "it was interrupted".to_owned();
                    return self.unconfirmed(Seen { words, ..Seen::default() }, now);
                }
                if part {
                    self.drop_spare(number);
                }
                self.send(place, now);
                exposed += u32::from(part);
            }
        }
    }

    fn send(&mut self, place: usize, now: Now) {
        let host = self.choose_host(&self.calls[place], now.clock);
        let id = RequestId(self.next_id());
        let Some(request) = self.request(id, &self.calls[place].what, &host) else { return };
        let is_quiet = match &request.body {
            Body::Form(form) => form.is_quiet,
            // So short that it is gone before a browser tells that it goes.
            _ => self.calls[place].what == What::Complete && self.way == Way::V1,
        };
        let (size, media) = match &request.body {
            Body::Piece { length, .. } => (*length, true),
            Body::Form(_) => (self.total().max(1), true),
            Body::Bytes(bytes) => (bytes.len() as u64, false),
            Body::Empty => (0, false),
        };
        let limit = match self.calls[place].what {
            What::Part(_) | What::Form => self.options.stall.unwrap_or(STALL),
            What::Complete => MAKING,
            _ => ANSWER,
        };
        let call = &mut self.calls[place];
        if call.host != host {
            (call.host_failures, call.host) = (0, host);
        }
        call.leave = false;
        let (generation, moved) = (self.access.generation, now.clock);
        call.flight = Some(Flight { id, generation, sent: 0, size, moved, limit, is_quiet });
        if media {
            self.flow.handle_start(now.clock);
        }
        self.out.push_back(Output::Send(request));
    }

    /// The same host once more after its first failure, then the next one; v1 goes on where the server said.
    fn choose_host(&self, call: &Call, clock: u64) -> String {
        if call.what == What::Discover {
            return String::new();
        }
        let last = call.host.as_str();
        let fine = |host: &str| !host.is_empty() && self.hosts.is_warm(host, clock);
        if self.hosts.is_empty() {
            return self.ledger.as_ref().map(|ledger| ledger.host.clone()).unwrap_or_default();
        }
        if call.leave || call.host_failures > 1 {
            return self.hosts.choose(Some(last), clock);
        }
        if fine(last) {
            return last.to_owned();
        }
        let named = match (&call.what, self.way) {
            (What::Part(number), Way::V1) => self.parts.iter().find(|part| part.number == *number),
            (What::Complete, Way::V1) => self.parts.last(),
            _ => None,
        };
        match named.map(|part| part.host.as_str()) {
            Some(host) if call.host.is_empty() && fine(host) => host.to_owned(),
            _ => self.hosts.choose(None, clock),
        }
    }

    /// The attempt in words; `None` where there is nothing to ask.
    fn request(&self, id: RequestId, what: &What, host: &str) -> Option<Request> {
        let token = self.access.token.as_ref()?;
        let bucket = &token.policy.bucket;
        let make = |method: Method, path: &str, body: Body, kind: &str| {
            let kinds = Some(("Content-Type", kind.to_owned())).filter(|_| !kind.is_empty());
            Request {
                id,
                method,
                url: join(&[host, path]),
                authorization: Some(token.authorization()),
                headers: kinds.into_iter().collect(),
                body,
            }
        };
        let uploads = |key: Option<&str>, id: &str| join(&[&wire::uploads_path(bucket, key), "/", id]);
        let own = |id: &str| uploads(self.options.key.as_deref(), id);
        let upload_id = self.ledger.as_ref().map_or("", |ledger| &ledger.upload_id);
        Some(match what {
            What::Discover => {
                let urls = hosts::queries(&self.options.discovery, &token.access_key, bucket);
                let mut request = make(Method::Get, urls.get(self.query)?, Body::Empty, "");
                request.authorization = None;
                request
            }
            What::Initiate => {
                make(Method::Post, &wire::uploads_path(bucket, self.options.key.as_deref()), Body::Empty, "")
            }
            What::List => {
                let mut path = own(upload_id) + "?max-parts=1000";
                if let Phase::List { marker: marker @ 1.., .. } = &self.phase {
                    path.push_str("&part-number-marker=");
                    path.push_str(&marker.to_string());
                }
                make(Method::Get, &path, Body::Empty, "")
            }
            What::Part(number) => {
                let part = self.parts.iter().find(|part| part.number == *number)?;
                let piece = part.piece()?;
                match self.way {
                    Way::V1 => {
                        let (path, body) = self.chunk(part, piece);
                        make(Method::Post, &path, body, "application/octet-stream")
                    }
                    _ => {
                        let path = join(&[&own(upload_id), "/", &number.to_string()]);
                        let body = Body::Piece { piece, offset: 0, length: part.size };
                        let mut request = make(Method::Put, &path, body, "application/octet-stream");
                        request.headers.push(("Content-MD5", part.digests.as_ref()?.md5_hex()));
                        request
                    }
                }
            }
            What::Form => {
                let mut request = make(Method::Post, "/", Body::Form(self.form(token.secret())?), "");
                request.authorization = None;
                request
            }
            What::Greet => make(Method::Get, &own(upload_id), Body::Empty, ""),
            What::Complete if self.way == Way::V1 => {
                let (path, body) = self.mkfile();
                make(Method::Post, &path, Body::Bytes(body.into_bytes()), "text/plain")
            }
            What::Complete => {
                let body = Body::Bytes(self.list_of_parts().into_bytes());
                make(Method::Post, &own(upload_id), body, "application/json")
            }
            What::Abort { upload_id, key } => {
                make(Method::Delete, &uploads(key.as_deref(), upload_id), Body::Empty, "")
            }
        })
    }

    /// The next chunk of a block.
    fn chunk(&self, part: &Part, piece: PieceId) -> (String, Body) {
        let length = self.options.chunk_size.unwrap_or(BLOCK).min(part.size - part.offset);
        let body = Body::Piece { piece, offset: part.offset, length };
        let path = if part.offset == 0 {
            join(&["/mkblk/", &part.size.to_string()])
        } else {
            join(&["/bput/", &part.ctx, "/", &part.offset.to_string()])
        };
        (path, body)
    }

    fn mkfile(&self) -> (String, String) {
        let path = wire::mkfile_path(&Mkfile {
            size: self.total(),
            key: self.options.key.as_deref(),
            mime_type: self.options.mime_type.as_deref(),
            file_name: self.options.file_name.as_deref(),
            vars: &self.options.vars,
            metadata: &self.options.metadata,
        });
        let mut body = String::new();
        for part in &self.parts {
            if !body.is_empty() {
                body.push(',');
            }
            body.push_str(&part.ctx);
        }
        (path, body)
    }

    fn form(&self, token: super::super::request::Secret) -> Option<Form> {
        let part = self.parts.first()?;
        let digests = part.digests.as_ref()?;
        let mut fields = Vec::new();
        let mut field = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        if let Some(key) = &self.options.key {
            field("key", key);
        }
        if let Some(name) = &self.options.file_name {
            field("fname", name);
        }
        for (name, value) in self.options.vars.iter().chain(&self.options.metadata) {
            field(name, value);
        }
        field("crc32", &digests.crc32.to_string());
        let named = self.options.file_name.clone().filter(|name| !name.is_empty());
        let was_broken = self.calls.iter().any(|call| call.what == What::Form && call.breaks > 0);
        Some(Form {
            token,
            fields,
            piece: part.piece()?,
            file_name: named.unwrap_or_else(|| "file".to_owned()),
            mime_type: self.options.mime_type.clone(),
            // Whether it arrived is then known by its answer alone: sent again, it must make the same object. Once broken, it
            // may be slow, which only the bytes that move can tell.
            is_quiet: self.options.is_quick && self.total() <= FORM && self.is_named_again() && !was_broken,
        })
    }

    /// The body that makes an object of v2 parts.
    fn list_of_parts(&self) -> String {
        let mut body = String::from("{\"parts\":[");
        for (place, part) in self.parts.iter().filter(|part| part.stage == Stage::Done).enumerate() {
            body.push_str(if place == 0 { "{\"etag\":" } else { ",{\"etag\":" });
            push_text(&mut body, &part.etag);
            body.push_str(",\"partNumber\":");
            body.push_str(&part.number.to_string());
            body.push('}');
        }
        body.push(']');
        let mut pair = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                body.push(',');
                push_text(&mut body, name);
                body.push(':');
                push_text(&mut body, value);
            }
        };
        pair("fname", &self.options.file_name);
        pair("mimeType", &self.options.mime_type);
        for (name, pairs) in [("customVars", &self.options.vars), ("metadata", &self.options.metadata)] {
            if pairs.is_empty() {
                continue;
            }
            body.push(',');
            push_text(&mut body, name);
            body.push_str(":{");
            for (place, (name, value)) in pairs.iter().enumerate() {
                body.push_str(if place == 0 { "" } else { "," });
                push_text(&mut body, name);
                body.push(':');
                push_text(&mut body, value);
            }
            body.push('}');
        }
        body.push('}');
        body
    }
}
