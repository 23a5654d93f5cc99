//! A page, a line and a server around an uploader, on virtual time: carries what it asks for, does it harm by script, and
//! watches that it never does what it must not.

use std::collections::{BTreeMap, HashMap, HashSet};

use onetake_core::upload::wire::us64;
use onetake_core::upload::{
    Body, Broken, Done, Event, HostRecord, Ledger, LedgerPart, Link, Now, Options, Output, PieceId, Progress, Read,
    ReadFailure, Reply, Request, RequestId, Source, SourceRange, Stat, State, UploadError, Uploader, Warning,
};
use serde_json::json;

use super::bytes::Content;
use super::server::{Answer, Kodo};

/// 2026 in milliseconds.
const EPOCH: u64 = 1_767_225_600_000;
/// Virtual time after which an upload hangs.
const FOREVER: u64 = 12 * 3_600_000;
/// Events after which it does nothing but turn.
const TURNS: u32 = 60_000;

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Fine,
    /// No connection: none of its bytes leaves.
    Refused,
    /// It never arrives, or its answer does not; at once, or only silence. What only silence swallows moves no byte.
    Lost {
        arrives: bool,
        silent: bool,
    },
    /// It is answered so instead; with `arrives`, after it was done.
    Status {
        status: u16,
        arrives: bool,
    },
    /// A portal's page; with `arrives`, after it was done.
    Portal {
        arrives: bool,
    },
    /// A byte of its body is changed.
    Damage,
    /// The sums in its answer are changed.
    Tamper,
}

/// What happens besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Offline,
    Online,
    Pause,
    Resume,
    Abort {
        discard: bool,
    },
    Reload,
    /// The server loses all uploads and blocks.
    Forget,
    /// No token is good any more.
    Expire,
    /// All requests in flight break.
    Kill,
    Visible,
}

enum Happening {
    Arrive(Box<Request>, Content, Fault),
    Reply(RequestId, Answer, Option<u32>),
    Break(RequestId),
    Moved(RequestId, u64),
    Read(Box<Read>, Content),
    Persisted(u64, Option<Box<Ledger>>),
    Token,
    Stat(Option<String>),
    Act(Act),
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(Done),
    Failed(UploadError),
    /// Neither, and nothing is due: it waits for the user.
    Idle,
}

pub(crate) type Faults = Box<dyn FnMut(&Request, u32) -> Fault>;

pub(crate) struct World {
    pub(crate) kodo: Kodo,
    pub(crate) options: Options,
    pub(crate) up: Uploader,
    pub(crate) clock: u64,
    /// Milliseconds a request takes each way; bytes a millisecond.
    pub(crate) latency: u64,
    pub(crate) bandwidth: u64,
    /// When each connection of the browser is free; requests with media wait for one. None: there are enough.
    pub(crate) connections: Vec<u64>,
    /// What a request or an answer takes besides: more than one behind it, and they overtake each other.
    pub(crate) sway: Box<dyn FnMut() -> u64>,
    /// The device's clock is wrong by so much.
    pub(crate) skew: i64,
    pub(crate) token_life: u64,
    pub(crate) policy: serde_json::Value,
    pub(crate) faults: Faults,
    /// How reads end.
    pub(crate) reads: Box<dyn FnMut(u32) -> Option<ReadFailure>>,
    /// Whether ledgers can be stored.
    pub(crate) stores: bool,
    /// The source is another file than it was; if `hollow`, with the same first and last bytes.
    pub(crate) shift: u32,
    pub(crate) hollow: bool,
    pub(crate) discovery: Answer,
    pub(crate) stat: Option<Stat>,
    /// What a page had in flight when it went never arrives.
    pub(crate) cut: bool,
    /// This host is of another region than the bucket.
    pub(crate) wrong_region: Option<&'static str>,
    /// Looks into all that comes out.
    pub(crate) nosy: bool,
    queue: BTreeMap<(u64, u64), (u32, Happening)>,
    count: u64,
    page: u32,
    pieces: HashMap<PieceId, Content>,
    flights: HashMap<RequestId, bool>,
    /// When the last byte of each request leaves, and those that were cut off before: nobody gets half a body.
    leaves: HashMap<RequestId, u64>,
    halves: HashSet<(u32, RequestId)>,
    issued: Vec<String>,
    pub(crate) stored: Option<Vec<u8>>,
    noted: HashMap<(String, u32), String>,
    noted_bytes: u64,
    aborted: Option<bool>,
    outcome: Option<Outcome>,
    pub(crate) log: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) progress: Vec<Progress>,
    pub(crate) remembered: Option<HostRecord>,
    pub(crate) waits: Vec<(&'static str, Option<u64>)>,
    requests: u32,
    read_count: u32,
    pub(crate) media_sent: u64,
    /// Bytes in flight when a page ended or a request broke.
    pub(crate) broken_bytes: u64,
    pub(crate) most_in_flight: usize,
}

impl World {
    pub(crate) fn new(options: Options) -> World {
        let up = Uploader::new(options.clone(), Now { clock: 0, unix: EPOCH }).expect("the options are good");
        World {
            kodo: Kodo { form_limit: u64::MAX, ..Kodo::default() },
            options,
            up,
            clock: 0,
            latency: 20,
            bandwidth: 4000,
            sway: Box::new(|| 0),
            skew: 0,
            token_life: 3600,
            policy: json!({ "scope": "b" }),
            faults: Box::new(|_, _| Fault::Fine),
            reads: Box::new(|_| None),
            stores: true,
            shift: 0,
            hollow: false,
            discovery: (599, String::new()),
            stat: None,
            cut: false,
            wrong_region: None,
            nosy: true,
            queue: BTreeMap::new(),
            count: 0,
            page: 0,
            pieces: HashMap::new(),
            flights: HashMap::new(),
            leaves: HashMap::new(),
            connections: Vec::new(),
            halves: HashSet::new(),
            issued: Vec::new(),
            stored: None,
            noted: HashMap::new(),
            noted_bytes: 0,
            aborted: None,
            outcome: None,
            log: Vec::new(),
            warnings: Vec::new(),
            progress: Vec::new(),
            remembered: None,
            waits: Vec::new(),
            requests: 0,
            read_count: 0,
            media_sent: 0,
            broken_bytes: 0,
            most_in_flight: 0,
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { clock: self.clock, unix: (EPOCH + self.clock).saturating_add_signed(self.skew) }
    }

    pub(crate) fn unix(&self) -> u64 {
        (EPOCH + self.clock) / 1000
    }

    /// `act` after `delay` from now.
    pub(crate) fn plan(&mut self, delay: u64, act: Act) {
        self.push(delay, Happening::Act(act));
    }

    fn push(&mut self, delay: u64, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.clock + delay, self.count), (self.page, happening));
    }

    /// Runs to the end of the upload, and of everything that is still under way.
    pub(crate) fn run(&mut self) -> Outcome {
        self.run_until(|_| false);
        self.outcome.take().unwrap_or(Outcome::Idle)
    }

    /// Runs until `stop` holds, or to the end.
    pub(crate) fn run_until(&mut self, stop: impl Fn(&World) -> bool) {
        self.drain();
        for turn in 0.. {
            assert!(turn < TURNS, "it turns without an end: {:?}", self.log.last_chunk::<20>());
            if stop(self) {
                return;
            }
            let timeout = self.up.poll_timeout();
            let next = self.queue.first_key_value().map(|((time, _), _)| *time);
            match (next, timeout) {
                (None, None) => return,
                (Some(next), timeout) if timeout.is_none_or(|timeout| next <= timeout) => {
                    self.clock = self.clock.max(next);
                    let Some((_, (page, happening))) = self.queue.pop_first() else { return };
                    self.happen(page, happening);
                }
                (_, Some(timeout)) => {
                    self.clock = self.clock.max(timeout);
                    self.up.handle_timeout(self.now());
                }
                _ => return,
            }
            assert!(self.clock < FOREVER, "it hangs: {:?}", self.log.last_chunk::<20>());
            self.drain();
        }
    }

    fn happen(&mut self, page: u32, happening: Happening) {
        let mine = page == self.page;
        let now = self.now();
        match happening {
            Happening::Arrive(request, content, fault) => self.arrive(page, &request, content, fault),
            Happening::Act(act) => self.act(act),
            _ if !mine => {}
            Happening::Reply(id, (status, body), retry_after) => {
                self.flights.remove(&id);
                let reply = Reply { status, body: body.as_bytes(), request_id: Some("req-1"), retry_after };
                self.up.handle_reply(id, reply, now);
            }
            Happening::Break(id) => {
                self.flights.remove(&id);
                self.up.handle_failure(id, Broken::Network, now);
            }
            Happening::Moved(id, sent) => self.up.handle_progress(id, sent, now),
            Happening::Read(wanted, content) => {
                self.read_count += 1;
                let piece = wanted.piece;
                let read = match (self.reads)(self.read_count) {
                    Some(failure) => Err(failure),
                    None => Ok(content.sums(&wanted)),
                };
                if read.is_ok() {
                    self.pieces.insert(piece, content);
                }
                self.up.handle_read(piece, read, now);
            }
            Happening::Persisted(ticket, ledger) => {
                let stored = ledger.is_some();
                if let Some(ledger) = ledger {
                    let name = |part: &LedgerPart| (ledger.upload_id.clone(), part.number);
                    let noted = ledger.parts.iter().map(|part| (name(part), part.etag.clone()));
                    self.noted = noted.collect();
                    self.noted_bytes = ledger.sent();
                    self.stored = Some(ledger.to_bytes());
                }
                self.up.handle_persisted(ticket, stored, now);
            }
            Happening::Token => {
                let token = self.issue();
                self.up.handle_token(Ok(&token), now);
            }
            Happening::Stat(key) => {
                let known = key.as_ref().and_then(|key| self.kodo.objects.get(key)).map(|object| object.hash.clone());
                let hash = known.and_then(|hash| onetake_core::upload::Qetag::parse(&hash));
                // Nobody knows where a name of the server's own making is read.
                let nothing = if key.is_some() { Stat::Missing } else { Stat::Unknown };
                let stat = self.stat.unwrap_or(hash.map_or(nothing, Stat::Found));
                self.up.handle_stat(stat, now);
            }
        }
    }

    fn issue(&mut self) -> String {
        let deadline = self.unix() + self.token_life;
        let mut policy = self.policy.clone();
        policy["deadline"] = json!(deadline);
        let token = format!("ak:SIGNATURE{:08}:{}", self.issued.len(), us64(policy.to_string().as_bytes()));
        self.kodo.tokens.insert(token.clone(), deadline);
        self.issued.push(token.clone());
        token
    }

    fn act(&mut self, act: Act) {
        let now = self.now();
        self.log.push(format!("{} {act:?}", self.clock));
        match act {
            Act::Offline => {
                self.up.handle_link(Link::Offline, now);
                self.kill();
            }
            Act::Online => self.up.handle_link(Link::Online, now),
            Act::Visible => self.up.handle_link(Link::Visible, now),
            Act::Pause => self.up.handle_pause(now),
            Act::Resume => self.up.handle_resume(now),
            Act::Abort { discard } => {
                if self.outcome.is_none() && self.aborted.is_none() {
                    self.aborted = Some(discard);
                }
                self.up.handle_abort(discard, now);
            }
            Act::Forget => self.kodo.forget(),
            Act::Expire => self.kodo.tokens.clear(),
            Act::Kill => self.kill(),
            Act::Reload => self.reload(),
        }
    }

    /// What has not left whole will never arrive.
    fn cut_off(&mut self, id: RequestId) {
        if self.leaves.get(&id).is_some_and(|time| *time >= self.clock) {
            self.halves.insert((self.page, id));
        }
    }

    /// All that is in flight breaks.
    fn kill(&mut self) {
        let mut flights = self.flights.drain().collect::<Vec<_>>();
        flights.sort_unstable();
        for (id, _) in flights {
            self.cut_off(id);
            self.push(1, Happening::Break(id));
        }
    }

    /// The page goes, and comes back with what was stored.
    pub(crate) fn reload(&mut self) {
        if self.outcome.is_some() || self.aborted.is_some() {
            return;
        }
        self.page += 1;
        self.pieces.clear();
        self.flights.clear();
        let mut options = self.options.clone();
        options.entropy = options.entropy.wrapping_add(u64::from(self.page));
        options.ledger = self.stored.as_deref().and_then(Ledger::from_bytes);
        options.hosts.clone_from(&self.remembered);
        self.up = Uploader::new(options, self.now()).expect("the options are good");
        self.progress.clear();
    }

    fn drain(&mut self) {
        while let Some(output) = self.up.poll_output() {
            if self.nosy {
                self.search(&format!("{output:?}"));
            }
            self.output(output);
        }
    }

    /// What lies in these ranges of the source as it is now.
    pub(crate) fn actual(&self, ranges: &[SourceRange]) -> Content {
        let Source::Whole { size, .. } = self.options.source else { return Content::of(ranges) };
        let (edge, end) = if self.hollow { (64 << 10, size.saturating_sub(64 << 10)) } else { (0, size) };
        let mut content = Content::default();
        for range in ranges {
            let stop = range.offset + range.length;
            for (from, to, source) in [(0, edge, 0), (edge, end, self.shift), (edge.max(end), size, 0)] {
                let (from, to) = (from.max(range.offset), to.min(stop));
                if from < to {
                    content.append(&Content::of(&[SourceRange { source, offset: from, length: to - from }]));
                }
            }
        }
        content
    }

    /// Nothing of a token may be seen.
    fn search(&self, text: &str) {
        for token in &self.issued {
            assert!(!token.split(':').skip(1).any(|part| text.contains(part)), "a token is seen: {text}");
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Send(request) => self.send(request),
            Output::Cancel(id) => {
                self.flights.remove(&id);
                self.cut_off(id);
            }
            Output::Read(read) => {
                assert!(self.aborted.is_none() && self.outcome.is_none(), "it reads after its end");
                let content = self.actual(&read.ranges);
                self.push(1 + content.size() / 200_000, Happening::Read(Box::new(read), content));
            }
            Output::Release(piece) => {
                self.pieces.remove(&piece);
            }
            Output::Persist { ticket, ledger } => {
                let bytes = ledger.to_bytes();
                assert_eq!(Ledger::from_bytes(&bytes).as_ref(), Some(&*ledger));
                if self.nosy {
                    self.search(&String::from_utf8_lossy(&bytes));
                }
                let ledger = self.stores.then_some(ledger);
                self.push(3, Happening::Persisted(ticket, ledger));
            }
            Output::Forget => self.stored = None,
            Output::Remember(record) => self.remembered = Some(record),
            Output::NeedToken => self.push(30, Happening::Token),
            Output::Stat { key, .. } => self.push(30, Happening::Stat(key)),
            Output::Event(event) => self.event(event),
        }
    }

    fn event(&mut self, event: Event) {
        assert!(self.outcome.is_none(), "an event after the last one: {event:?}");
        match event {
            Event::Progress(progress) => {
                if let Some(last) = self.progress.last()
                    && matches!(self.options.source, Source::Whole { .. })
                {
                    assert!(progress.done >= last.done, "progress goes back: {last:?} {progress:?}");
                }
                assert!(progress.done <= progress.total && progress.confirmed <= progress.total, "{progress:?}");
                if self.stores && self.stored.is_some() && progress.state == State::Sending {
                    assert!(progress.confirmed <= self.noted_bytes, "shown before it is noted: {progress:?}");
                }
                self.progress.push(progress);
            }
            Event::Attempt(attempt) => {
                self.log.push(format!("{} {} {} wait {:?}", self.clock, attempt.what, attempt.status, attempt.wait));
                self.waits.push((attempt.what, attempt.wait));
            }
            Event::Warning(warning) => self.warnings.push(warning),
            Event::Done(done) => self.outcome = Some(Outcome::Done(done)),
            Event::Failed(error) => {
                self.search(&format!("{error} {error:?}"));
                self.outcome = Some(Outcome::Failed(error));
            }
        }
    }

    fn send(&mut self, request: Request) {
        let method = request.method.name();
        if let Body::Bytes(bytes) = &request.body {
            self.search(&String::from_utf8_lossy(bytes));
        }
        self.search(&request.url);
        match self.aborted {
            Some(discard) => assert!(discard && method == "DELETE", "a request after abort: {request:?}"),
            None => assert!(self.outcome.is_none(), "a request after the end: {request:?}"),
        }
        self.requests += 1;
        let (content, form) = match &request.body {
            Body::Piece { piece, offset, length } => {
                (self.pieces.get(piece).expect("the piece is held").slice(*offset, *length), None)
            }
            Body::Form(form) => (self.pieces[&form.piece].clone(), Some(form.token.expose().to_owned())),
            _ => (Content::default(), None),
        };
        let media = !matches!(request.body, Body::Empty | Body::Bytes(_));
        self.check_resent(&request, &content);
        self.flights.insert(request.id, media);
        let in_flight = self.flights.values().filter(|media| **media).count();
        self.most_in_flight = self.most_in_flight.max(in_flight);
        let most = self.options.concurrency.unwrap_or(if self.options.is_quick { 8 } else { 6 });
        assert!(in_flight <= most as usize, "too many at a time");
        self.media_sent += content.size();
        let what = [method, " ", request.url.splitn(4, '/').nth(3).unwrap_or_default()].concat();
        let fault = (self.faults)(&request, self.requests);
        self.log.push(format!("{} send {what} {fault:?}", self.clock));
        let length = match &request.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            // Its fields at least.
            Body::Form(_) => content.size().max(1),
            _ => content.size(),
        };
        let time = length / self.bandwidth.max(1);
        let clock = self.clock;
        let wait = self.connections.iter_mut().filter(|_| media).min().map_or(0, |free| {
            let begin = clock.max(*free);
            *free = begin + time;
            begin - clock
        });
        let id = request.id;
        let is_quiet = matches!(&request.body, Body::Form(form) if form.is_quiet);
        if !is_quiet && !matches!(fault, Fault::Refused | Fault::Lost { silent: true, arrives: false }) {
            let steps = (time / 5000).clamp(3, 60);
            for step in 1..=steps {
                self.push(wait + time * step / steps, Happening::Moved(id, length * step / steps));
            }
        }
        let _ = form;
        self.leaves.insert(id, self.clock + wait + time);
        let way = self.way();
        self.push(way + wait + time, Happening::Arrive(Box::new(request), content, fault));
    }

    /// Milliseconds from one end of the line to the other, this time.
    fn way(&mut self) -> u64 {
        self.latency + (self.sway)()
    }

    /// No byte of a part that is confirmed and noted goes out again.
    fn check_resent(&self, request: &Request, content: &Content) {
        let path = request.url.split('/').collect::<Vec<_>>();
        if let [.., "uploads", id, number] = path.as_slice()
            && request.method.name() == "PUT"
        {
            let number: u32 = number.parse().expect("a number");
            let there = self.kodo.uploads.get(*id).and_then(|upload| upload.parts.get(&number));
            let noted = self.noted.get(&((*id).to_owned(), number));
            let same = |(there, etag): &(Content, String)| there == content && noted == Some(etag);
            assert!(!there.is_some_and(same), "part {number} is sent again: {:#?}", self.log);
        }
    }

    fn arrive(&mut self, page: u32, request: &Request, mut content: Content, fault: Fault) {
        if self.halves.remove(&(page, request.id)) || (self.cut && page != self.page) {
            return;
        }
        let (unix, way) = (self.unix(), self.way());
        let form = match &request.body {
            Body::Form(form) => Some(form.token.expose().to_owned()),
            _ => None,
        };
        let discovery = request.url.contains("/query?");
        content.damaged |= fault == Fault::Damage && content.size() > 0;
        let arrives = match fault {
            Fault::Lost { arrives, .. } | Fault::Status { arrives, .. } | Fault::Portal { arrives } => arrives,
            Fault::Refused => false,
            _ => true,
        };
        let mut answer = match (discovery, arrives) {
            (true, _) => self.discovery.clone(),
            (false, true) => self.kodo.handle(request, form.as_deref(), content.clone(), unix),
            (false, false) => (200, String::new()),
        };
        if page != self.page || !self.flights.contains_key(&request.id) {
            return;
        }
        if !discovery && self.wrong_region.is_some_and(|base| request.url.starts_with(base)) {
            let words = "incorrect region, please use up-z2.qiniup.com";
            return self.push(way, Happening::Reply(request.id, (400, json!({ "error": words }).to_string()), None));
        }
        let mut retry_after = None;
        match fault {
            Fault::Fine | Fault::Damage => {}
            Fault::Lost { silent: true, .. } => return,
            Fault::Lost { .. } | Fault::Refused => {
                self.broken_bytes += content.size();
                return self.push(way, Happening::Break(request.id));
            }
            Fault::Status { status, .. } => {
                self.broken_bytes += content.size();
                retry_after = (status == 429).then_some(2);
                answer = (status, json!({ "error": format!("injected {status}"), "code": status }).to_string());
            }
            Fault::Portal { .. } => answer = (200, "<html>please sign in</html>".to_owned()),
            Fault::Tamper => {
                answer.1 = answer.1.replace("\"md5\":\"", "\"md5\":\"0").replace("\"crc32\":", "\"crc32\":9");
            }
        }
        self.push(way, Happening::Reply(request.id, answer, retry_after));
    }
}
