//! One upload: carries what its machine asks for, and brings it what happened.
//!
//! A token is asked for first, because the record to go on with is that of the same bucket; then the record is taken, and
//! the machine begins. A job ends when the machine has nothing more to ask and the record is written: only then does
//! the page hear of the end, and another may have the record.

use gloo::timers::callback::Timeout;
use js_sys::Math;
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::upload::{MediaSpan, UploadApi, UploadCommand, UploadEvent, UploadSettings};
use onetake_core::upload::policy::Token;
use onetake_core::upload::{
    Api, Broken, Digests, Event, Link, Options, Output, PieceId, Qetag, Read, ReadFailure, Request, RequestId, Source,
    Stat, Uploader,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::http::{Flight, Pieces};
use super::live::Live;
use super::read::{Ahead, Piece, read};
use super::record::{self, Keeper, Opened};
use super::tell::{self, Teller};
use super::{bytes, now, post_news};
use crate::js;

/// Megabits a second that a line is called quick for: the largest form takes seven seconds.
const QUICK: f64 = 5.0;

/// What can happen to one upload.
pub(super) enum News {
    /// Its record is there.
    Opened(Result<Box<Opened>, Failure>),
    /// A piece was read.
    Read { piece: PieceId, result: Result<(Digests, Option<Piece>), ReadFailure> },
    /// So many bytes of a body were handed to the line.
    Sent { id: RequestId, loaded: u64 },
    /// An answer came.
    Answered { id: RequestId },
    /// None will come.
    Broken { id: RequestId },
    /// None will come, for this reason.
    Lost { id: RequestId, broken: Broken },
    /// The record up to this ticket is written, or cannot be.
    Saved { ticket: u64, stored: bool },
    /// The record is removed.
    Removed,
    /// What is known of the object.
    Stat { stat: Stat },
    /// The machine's timeout.
    Alarm,
    /// Progress may be told again.
    Pace,
}

impl News {
    /// For an upload that is gone.
    pub(super) fn let_go(self) {
        if let News::Opened(Ok(opened)) = self {
            record::let_go(&opened.record);
        }
    }
}

enum Stage {
    /// It waits for its first token.
    Asking,
    /// Its record is looked for; the token waits with it.
    Opening { token: Option<String> },
    /// The machine works; a token that it has not asked for yet.
    Running { machine: Box<Uploader>, token: Option<String> },
    /// Nothing more comes of it.
    Gone,
}

pub(super) struct Job {
    number: u32,
    settings: UploadSettings,
    /// None where the record is only discarded, and of a source that grows.
    file: Option<Blob>,
    live: Option<Live>,
    /// Until somebody asks for it.
    ahead: Option<Ahead>,
    /// How a later page finds the file again.
    source: JsValue,
    stage: Stage,
    links: [Link; 2],
    paused: bool,
    /// The page does not want it any more.
    stopping: bool,
    /// Pieces that are being read.
    reading: Vec<PieceId>,
    pieces: Pieces,
    flights: Vec<Flight>,
    keeper: Option<Keeper>,
    alarm: Option<(u64, Timeout)>,
    teller: Teller,
    /// The last word, said once nothing is left to do.
    end: Option<UploadEvent>,
}

impl Job {
    pub(super) fn begin(number: u32, settings: UploadSettings, message: &JsValue, links: [Link; 2]) -> Job {
        let mut job = Job::new(number, settings, Stage::Asking);
        (job.file, job.source, job.links) =
            (js::get(message, "file").dyn_into().ok(), js::get(message, "source"), links);
        job.live = job.settings.growing.then(|| Live::new(number, job.settings.part_size, job.settings.pad_head));
        tell::say(&UploadEvent::Token { job: number });
        job
    }

    pub(super) fn discard(number: u32, mut settings: UploadSettings, token: Option<String>) -> Job {
        settings.known = true;
        let mut job = Job::new(number, settings, Stage::Asking);
        job.stopping = true;
        job.open(token);
        job
    }

    fn new(number: u32, settings: UploadSettings, stage: Stage) -> Job {
        Job {
            number,
            settings,
            file: None,
            live: None,
            ahead: None,
            source: JsValue::UNDEFINED,
            stage,
            links: [Link::Online, Link::Visible],
            paused: false,
            stopping: false,
            reading: Vec::new(),
            pieces: Pieces::default(),
            flights: Vec::new(),
            keeper: None,
            alarm: None,
            teller: Teller::default(),
            end: None,
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.stage, Stage::Gone)
    }

    pub(super) fn handle_command(&mut self, command: UploadCommand) {
        match command {
            UploadCommand::Token { token } if matches!(self.stage, Stage::Asking) => self.open(Some(token)),
            UploadCommand::Token { token } => self.with(|machine| machine.handle_token(Ok(&token), now())),
            UploadCommand::NoToken { detail } if matches!(self.stage, Stage::Asking) => {
                let failure = Failure::new("upload_token", Retry::AfterAction, detail);
                self.finish(&UploadEvent::Failed { job: self.number, failure });
            }
            UploadCommand::NoToken { detail } => self.with(|machine| machine.handle_token(Err(&detail), now())),
            UploadCommand::Pause {} => {
                (self.paused, self.ahead) = (true, None);
                self.with(|machine| machine.handle_pause(now()));
            }
            UploadCommand::Resume {} => {
                self.paused = false;
                self.with(|machine| machine.handle_resume(now()));
            }
            UploadCommand::Stop {} if matches!(self.stage, Stage::Running { .. }) => {
                self.stopping = true;
                self.with(|machine| machine.handle_abort(false, now()));
            }
            UploadCommand::Stop {} => self.finish(&UploadEvent::Stopped { job: self.number }),
            UploadCommand::Begin { .. }
            | UploadCommand::Media { .. }
            | UploadCommand::Discard { .. }
            | UploadCommand::Link { .. } => {}
        }
        self.settle();
    }

    pub(super) fn handle_media(&mut self, spans: &[MediaSpan], last: bool, message: &JsValue) {
        if let Some(live) = &mut self.live {
            live.handle_media(spans, js::get(message, "file").dyn_into().ok().filter(|_| last));
        }
        self.settle();
    }

    pub(super) fn handle_link(&mut self, link: Link) {
        let place = usize::from(matches!(link, Link::Visible | Link::Hidden));
        self.links[place] = link;
        self.with(|machine| machine.handle_link(link, now()));
        self.settle();
    }

    pub(super) fn handle(&mut self, news: News) {
        match news {
            News::Opened(opened) => self.handle_opened(opened),
            // What nobody wants any more is not held.
            News::Read { piece, .. } if !self.reading.contains(&piece) => {}
            News::Read { piece, result } => {
                self.reading.retain(|one| *one != piece);
                let digests = result.map(|(digests, held)| {
                    if let Some(held) = held {
                        self.pieces.insert(piece, held);
                    }
                    digests
                });
                self.with(|machine| machine.handle_read(piece, digests, now()));
            }
            News::Sent { id, loaded } => self.with(|machine| machine.handle_progress(id, loaded, now())),
            News::Answered { id } => self.handle_answered(id),
            News::Broken { id } => self.flights.iter().filter(|flight| flight.id() == id).for_each(|flight| {
                flight.find_cause(self.number);
            }),
            News::Lost { id, broken } => {
                self.flights.retain(|flight| flight.id() != id);
                self.with(|machine| machine.handle_failure(id, broken, now()));
            }
            News::Saved { ticket, stored } => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.handle_saved(stored);
                }
                self.with(|machine| machine.handle_persisted(ticket, stored, now()));
            }
            News::Removed => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.handle_removed();
                }
            }
            News::Stat { stat } => self.with(|machine| machine.handle_stat(stat, now())),
            News::Alarm => {
                self.alarm = None;
                self.with(|machine| machine.handle_timeout(now()));
            }
            News::Pace => self.teller.handle_pace(self.number, now().clock),
        }
        self.settle();
    }

    fn with(&mut self, handle: impl FnOnce(&mut Uploader)) {
        if let Stage::Running { machine, .. } = &mut self.stage {
            handle(machine);
        }
    }

    // ---------------------------------------------------------------- the beginning

    fn open(&mut self, token: Option<String>) {
        let bucket = token.as_deref().and_then(|token| Token::parse(token).ok());
        let bucket = bucket.map(|token| (token.access_key, token.policy.bucket));
        self.stage = Stage::Opening { token };
        let (number, settings, size) = (self.number, self.settings.clone(), self.size());
        // A paused one waits for as long as it likes.
        self.ahead = self.file.as_ref().filter(|_| !self.paused && settings.api != UploadApi::V2).and_then(Ahead::of);
        js::spawn(async move {
            post_news(number, News::Opened(record::open(&settings, size, bucket).await));
        });
    }

    fn size(&self) -> Option<u64> {
        self.live.is_none().then(|| self.file.as_ref().map_or(0, |file| bytes(file.size())))
    }

    fn handle_opened(&mut self, opened: Result<Box<Opened>, Failure>) {
        let Stage::Opening { token } = &mut self.stage else { return };
        let token = token.take();
        let opened = match opened {
            Ok(opened) => opened,
            Err(failure) => return self.finish(&UploadEvent::Failed { job: self.number, failure }),
        };
        let record = opened.record.clone();
        let mut keeper = Keeper::new(self.number, record.clone(), self.source.clone());
        let nothing_there = self.stopping && opened.ledger.is_none();
        if self.stopping {
            // Whatever becomes of it on the server.
            self.end = Some(UploadEvent::Stopped { job: self.number });
            keeper.forget();
        }
        self.keeper = Some(keeper);
        if nothing_there {
            return;
        }
        match Uploader::new(self.options(opened), now()) {
            Ok(machine) => self.stage = Stage::Running { machine: Box::new(machine), token },
            Err(error) => return self.end = Some(tell::failed(self.number, &error)),
        }
        if self.stopping {
            return self.with(|machine| machine.handle_abort(true, now()));
        }
        tell::say(&UploadEvent::Opened { job: self.number, record });
        let [line, sight] = self.links;
        let paused = self.paused;
        self.with(|machine| {
            machine.handle_link(line, now());
            machine.handle_link(sight, now());
            if paused {
                machine.handle_pause(now());
            }
        });
    }

    fn options(&self, opened: Box<Opened>) -> Options {
        let settings = self.settings.clone();
        let source = match (&self.file, &opened.ledger) {
            _ if self.live.is_some() => Source::Growing { name: settings.name },
            (None, Some(ledger)) => Source::Whole {
                size: ledger.identity.size.unwrap_or_default(),
                name: ledger.identity.name.clone(),
                last_modified: ledger.identity.last_modified,
            },
            _ => Source::Whole {
                size: self.size().unwrap_or_default(),
                name: settings.name,
                last_modified: bytes(settings.last_modified),
            },
        };
        Options {
            key: settings.key,
            file_name: settings.file_name,
            mime_type: settings.mime_type,
            vars: settings.vars,
            metadata: settings.metadata,
            endpoints: settings.endpoints,
            discovery: settings.discovery.unwrap_or_default(),
            hosts: opened.hosts,
            api: match settings.api {
                UploadApi::Auto => Api::Auto,
                UploadApi::Form => Api::Form,
                UploadApi::V1 => Api::V1,
                UploadApi::V2 => Api::V2,
            },
            part_size: settings.part_size.map(bytes),
            concurrency: settings.concurrency,
            is_quick: is_quick(),
            ledger: opened.ledger,
            can_stat: settings.address.is_some(),
            entropy: bytes(Math::random() * 9e15),
            ..Options::new(source)
        }
    }

    // ---------------------------------------------------------------- what the machine asks

    /// Carries out what there is to do, waits for the rest, and ends where nothing is left.
    fn settle(&mut self) {
        if let (Stage::Running { machine, .. }, Some(live)) = (&mut self.stage, &mut self.live) {
            live.tell(machine);
        }
        while let Stage::Running { machine, .. } = &mut self.stage
            && let Some(output) = machine.poll_output()
        {
            self.carry_out(output);
        }
        let (over, due) = match &self.stage {
            Stage::Running { machine, .. } => (machine.is_over(), machine.poll_timeout()),
            _ => (self.keeper.is_some(), None),
        };
        self.set_alarm(due);
        if over && let Some(keeper) = self.keeper.take_if(|keeper| keeper.is_idle()) {
            keeper.let_go();
            let end = self.end.take().unwrap_or(UploadEvent::Stopped { job: self.number });
            self.finish(&end);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Read(wanted) => self.read(wanted),
            Output::Release(piece) => {
                self.reading.retain(|one| *one != piece);
                self.pieces.release(piece);
            }
            Output::Send(request) => self.send(&request),
            Output::Cancel(id) => self.flights.retain(|flight| flight.id() != id),
            Output::Persist { ticket, ledger } => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.save(ticket, *ledger);
                }
            }
            Output::Forget => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.forget();
                }
            }
            Output::Remember(hosts) => record::keep_hosts(&hosts),
            Output::NeedToken => self.need_token(),
            Output::Stat { key, hash } => self.ask_hash(key.is_some(), hash),
            Output::Event(event) => self.tell(event),
        }
    }

    fn read(&mut self, wanted: Read) {
        let (number, piece) = (self.number, wanted.piece);
        self.reading.push(piece);
        if let Some(live) = &self.live {
            let read = live.read(wanted);
            return js::spawn(async move {
                let result = read.await;
                post_news(number, News::Read { piece, result });
            });
        }
        let Some(file) = self.file.clone() else {
            return post_news(number, News::Read { piece, result: Err(ReadFailure::Changed) });
        };
        let ahead = self.ahead.take();
        js::spawn(async move {
            let result = read(file, wanted, ahead).await;
            post_news(number, News::Read { piece, result });
        });
    }

    /// What is stored under the key that was asked for. Nobody knows where a name of the server's own making is read.
    fn ask_hash(&mut self, is_ours: bool, wanted: Qetag) {
        let number = self.number;
        let asked = self.settings.address.as_deref().filter(|_| is_ours);
        let asked = asked.map(|address| record::hash_at(address, wanted));
        js::spawn(async move {
            let stat = match asked {
                Some(asked) => asked.await,
                None => Stat::Unknown,
            };
            post_news(number, News::Stat { stat });
        });
    }

    fn send(&mut self, request: &Request) {
        match Flight::start(self.number, request, &self.pieces) {
            Ok(flight) => self.flights.push(flight),
            Err(broken) => self.with(|machine| machine.handle_failure(request.id, broken, now())),
        }
    }

    fn handle_answered(&mut self, id: RequestId) {
        let Some(place) = self.flights.iter().position(|flight| flight.id() == id) else { return };
        let answer = self.flights.swap_remove(place).answer();
        self.with(|machine| match &answer {
            Some(answer) => {
                if let Some(date) = answer.date {
                    machine.handle_date(date, now());
                }
                machine.handle_reply(id, answer.reply(), now());
            }
            None => machine.handle_failure(id, Broken::Network, now()),
        });
    }

    fn need_token(&mut self) {
        let Stage::Running { machine, token } = &mut self.stage else { return };
        match token.take() {
            Some(token) => machine.handle_token(Ok(&token), now()),
            None if self.stopping => machine.handle_token(Err("the page has none"), now()),
            None => tell::say(&UploadEvent::Token { job: self.number }),
        }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Progress(progress) => self.teller.progress(self.number, progress, now().clock),
            Event::Attempt(attempt) => tell::attempt(self.number, attempt),
            Event::Warning(warning) => tell::warning(self.number, &warning),
            Event::Done(done) => self.end = Some(tell::done(self.number, done)),
            Event::Failed(_) if self.stopping => self.end = Some(UploadEvent::Stopped { job: self.number }),
            Event::Failed(error) => self.end = Some(tell::failed(self.number, &error)),
        }
    }

    /// One timer for the machine's next timeout.
    fn set_alarm(&mut self, due: Option<u64>) {
        if self.alarm.as_ref().map(|(at, _)| *at) == due {
            return;
        }
        let number = self.number;
        self.alarm = due.map(|at| {
            let wait = at.saturating_sub(now().clock).min(u64::from(i32::MAX.unsigned_abs()));
            (at, Timeout::new(u32::try_from(wait).unwrap_or_default(), move || post_news(number, News::Alarm)))
        });
    }

    fn finish(&mut self, end: &UploadEvent) {
        self.stage = Stage::Gone;
        tell::say(end);
    }
}

/// Whether the browser believes the line to be quick; most say nothing of it.
fn is_quick() -> bool {
    let connection = js::get(&js::get(&js_sys::global(), "navigator"), "connection");
    js::get(&connection, "downlink").as_f64().is_some_and(|megabits| megabits >= QUICK)
}
