//! The machine: which request goes out when, and what each answer changes.
//!
//! Three kinds of work feed each other. **Parts** are read, held, sent and noted, as many at a time as `flow` allows.
//! **Calls** are requests with their attempts; each waits, is in flight, or is done. The **phase** says what else is due:
//! a token, hosts, the source's edges, the server's list, the object itself. It holds no bytes and knows no time but `now`.

mod access;
mod answer;
mod call;
mod end;
mod good;
mod part;
mod resume;

use std::collections::VecDeque;

use self::access::Access;
use self::call::{Call, Flight, What};
use self::part::{Part, Spare, Stage};
use self::resume::Listed;
use super::backoff::Dice;
use super::digest::{BLOCK, Digests};
use super::error::{Problem, UploadError};
use super::flow::Flow;
use super::hosts::{self, Hosts, Region};
use super::ledger::Ledger;
use super::live::{LiveOutput, LivePlan};
use super::meter::Meter;
use super::options::{Api, Now, Options, Source, SourceRange};
use super::progress::{Event, Progress, State};
use super::request::{Broken, Link, Output, PieceId, ReadFailure, Reply, RequestId, Stat};

/// Largest file that `Api::Auto` sends as a form.
pub const FORM: u64 = 4 << 20;
/// Smallest part but the last, and the largest.
const PART: std::ops::RangeInclusive<u64> = (1 << 20)..=(1 << 30);
/// Most parts of an object.
const PARTS: u64 = 10_000;
/// Requests with media at a time unless the options say otherwise: as many as a browser has connections to a host, and on
/// a quick line two more, which ask for leave (a round trip) while the others are answered.
const MOST: u32 = 6;
const QUICK: u32 = 8;
/// Longest key in bytes.
const KEY: usize = 750;
/// Shortest time between two events of progress.
const PROGRESS: u64 = 100;

/// Which interface an upload speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Form,
    V1,
    V2,
}

/// What is due besides parts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The first token.
    Token,
    /// Hosts.
    Discover,
    /// The source's first and last bytes, by which a ledger knows it again.
    Edges(PieceId),
    /// What the server has, from this part number on.
    List { marker: u32, parts: Vec<Listed> },
    /// An upload id.
    Initiate,
    /// Parts.
    Transfer,
    /// The object, once this ticket is stored.
    Finish { ticket: u64 },
    /// Whether the object is there.
    Stat,
    /// The server is told to drop what it has.
    Discard,
    /// Nothing.
    Over,
}

/// One upload, from its options to [`Event::Done`] or [`Event::Failed`].
///
/// After each `handle_*` take [`Self::poll_output`] until it is empty, then wait for [`Self::poll_timeout`].
#[derive(Debug)]
pub struct Uploader {
    options: Options,
    way: Way,
    phase: Phase,
    state: State,
    access: Access,
    hosts: Hosts,
    /// Which of the region queries is asked.
    query: usize,
    /// The wrong-region answer's own proposal; set once.
    moved: Option<Option<Region>>,
    calls: Vec<Call>,
    parts: Vec<Part>,
    /// At most one of each number.
    spare: Vec<Spare>,
    ledger: Option<Ledger>,
    /// What an earlier run left, until it is judged.
    earlier: Option<Ledger>,
    /// Tickets given, and stored.
    tickets: u64,
    stored: u64,
    /// The driver was told to store a ledger.
    noted: bool,
    warned: bool,
    /// The object may be there although nobody said so: a request for it had left whole, or a page went in the middle of it.
    unsure: bool,
    restarts: u32,
    /// The list was asked again because of a bad complete; blocks were sent again because of a bad `mkfile`.
    rechecked: bool,
    /// How long the first request of this upload took, and whether the object's address was asked for something since.
    took: u64,
    greeted: bool,
    finished: bool,
    online: bool,
    paused: bool,
    /// Since when nothing answered, and how many attempts in a row.
    silent: Option<(u64, u32)>,
    flow: Flow,
    meter: Meter,
    dice: Dice,
    retries: u32,
    resumed: u64,
    ids: u64,
    out: VecDeque<Output>,
    /// When progress was told last, and what.
    told: Option<(u64, Progress)>,
    /// When everything that was due was done last.
    clock: u64,
}

impl Uploader {
    /// Begins; the first outputs are there at once.
    ///
    /// # Errors
    /// `bad_argument` where an option is outside its range.
    pub fn new(mut options: Options, now: Now) -> Result<Uploader, UploadError> {
        check(&mut options)?;
        let earlier = options.ledger.take();
        let most = options.concurrency.unwrap_or(if options.is_quick { QUICK } else { MOST });
        let mut uploader = Uploader {
            way: Way::V2,
            phase: Phase::Token,
            state: State::Queued,
            access: Access::default(),
            hosts: Hosts::default(),
            query: 0,
            moved: None,
            calls: Vec::new(),
            parts: Vec::new(),
            spare: Vec::new(),
            ledger: None,
            earlier,
            tickets: 0,
            stored: 0,
            noted: false,
            warned: false,
            unsure: false,
            restarts: 0,
            rechecked: false,
            took: 0,
            greeted: false,
            finished: false,
            online: true,
            paused: false,
            silent: None,
            flow: Flow::new(most, options.is_quick),
            meter: Meter::default(),
            dice: Dice::new(options.entropy),
            retries: 0,
            resumed: 0,
            ids: 0,
            out: VecDeque::new(),
            told: None,
            clock: now.clock,
            options,
        };
        uploader.way = uploader.choose_way();
        uploader.advance(now);
        Ok(uploader)
    }

    /// Answers [`Output::NeedToken`]: a token, or why there is none; it is asked for again a few times.
    pub fn handle_token(&mut self, token: Result<&str, &str>, now: Now) {
        self.take_token(token, now);
        self.advance(now);
    }

    /// What the `Date` of the user's own server said at `now` (milliseconds since 1970): the device's clock may be wrong.
    pub fn handle_date(&mut self, unix: u64, now: Now) {
        self.access.set_date(unix, now);
    }

    /// Answers [`Output::Send`].
    pub fn handle_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Now) {
        self.take_reply(id, reply, now);
        self.advance(now);
    }

    /// Answers [`Output::Send`] where no answer came.
    pub fn handle_failure(&mut self, id: RequestId, broken: Broken, now: Now) {
        self.take_failure(id, broken, now);
        self.advance(now);
    }

    /// So many bytes of the request's body were handed to the line.
    pub fn handle_progress(&mut self, id: RequestId, sent: u64, now: Now) {
        if let Some(flight) = self.calls.iter_mut().filter_map(|call| call.flight.as_mut()).find(|one| one.id == id)
            && sent > flight.sent
        {
            (flight.sent, flight.moved) = (sent.min(flight.size), now.clock);
            self.report(now, false);
        }
    }

    /// Answers [`Output::Read`].
    pub fn handle_read(&mut self, piece: PieceId, read: Result<Digests, ReadFailure>, now: Now) {
        self.take_read(piece, read, now);
        self.advance(now);
    }

    /// Answers [`Output::Persist`]: whether this ticket, and all before it, are stored. Where it is not, the upload goes on
    /// with a warning.
    pub fn handle_persisted(&mut self, ticket: u64, stored: bool, now: Now) {
        self.take_persisted(ticket, stored);
        self.advance(now);
    }

    /// Answers [`Output::Stat`].
    pub fn handle_stat(&mut self, stat: Stat, now: Now) {
        self.take_stat(stat, now);
        self.advance(now);
    }

    /// What the device says of its line and of the page.
    pub fn handle_link(&mut self, link: Link, now: Now) {
        match link {
            Link::Offline => self.online = false,
            Link::Hidden => {}
            Link::Online => {
                self.online = true;
                self.silent = None;
                self.hosts.thaw();
                self.access.hurry(now.clock);
                for call in &mut self.calls {
                    let soon = now.clock + self.dice.up_to(250);
                    call.not_before = call.not_before.min(soon);
                    call.prove(now.clock, 10_000);
                }
            }
            Link::Visible => {
                for call in &mut self.calls {
                    call.prove(now.clock, 20_000);
                }
            }
        }
        self.advance(now);
    }

    /// The user wants it to stop for now: requests that carry media are cut off, no new one is made. A form that has left
    /// whole is answered: cut off it would leave in doubt whether there is an object.
    pub fn handle_pause(&mut self, now: Now) {
        self.paused = true;
        for place in 0..self.calls.len() {
            let call = &self.calls[place];
            let form = call.what == What::Form && !call.flight.as_ref().is_some_and(Flight::has_left);
            if form || matches!(call.what, What::Part(_)) {
                self.cut(place);
            }
        }
        self.advance(now);
    }

    /// The user wants it to go on.
    pub fn handle_resume(&mut self, now: Now) {
        self.paused = false;
        self.advance(now);
    }

    /// The user gives it up: everything is cut off, `Event::Failed` follows at once. With `discard` the server is told (at
    /// most three `DELETE`s, the only requests after it) and the ledger is forgotten; without it a later run can go on.
    pub fn handle_abort(&mut self, discard: bool, now: Now) {
        self.give_up(discard, now);
        self.advance(now);
    }

    /// A growing source has this part, of at least 1 MiB (but for the object's last), or has other bytes for it than before:
    /// then what was sent is sent again. Part 1 begins the object; it may come last. Ignored once it is finished.
    pub fn handle_part(&mut self, number: u32, ranges: Vec<SourceRange>, now: Now) {
        if self.may_change() && (1..=PARTS as u32).contains(&number) {
            self.take_part(number, ranges);
            self.advance(now);
        }
    }

    /// A growing source no longer has this part. Ignored once it is finished.
    pub fn handle_withdraw(&mut self, number: u32, now: Now) {
        if self.may_change() {
            self.withdraw(number);
            self.advance(now);
        }
    }

    /// A growing source is complete: once all its parts are confirmed the object is made of them in order of their numbers.
    pub fn handle_finish(&mut self, now: Now) {
        self.finished = true;
        self.advance(now);
    }

    /// All that the plan of a growing source says, as by the three above but at once: nothing is sent in between that the next
    /// word takes back.
    pub fn handle_plan(&mut self, plan: &mut LivePlan, now: Now) {
        let mut changed = false;
        while let Some(output) = plan.poll_output() {
            changed = true;
            match output {
                LiveOutput::Finish => self.finished = true,
                _ if !self.may_change() => {}
                LiveOutput::Part { number, ranges } => self.take_part(number, ranges),
                LiveOutput::Withdraw(number) => self.withdraw(number),
            }
        }
        if changed {
            self.advance(now);
        }
    }

    /// Time has come to [`Self::poll_timeout`].
    pub fn handle_timeout(&mut self, now: Now) {
        self.watch(now);
        self.advance(now);
    }

    /// When to call [`Self::handle_timeout`], on [`Now::clock`]; `None`: not before something happens.
    pub fn poll_timeout(&self) -> Option<u64> {
        if self.phase == Phase::Over {
            return None;
        }
        let flights = self.calls.iter().filter_map(|call| call.flight.as_ref().map(|flight| self.deadline(flight)));
        let waits = self.calls.iter().filter(|call| call.flight.is_none()).map(|call| call.not_before);
        let reads = self.parts.iter().map(|part| part.not_before);
        let future = |time: &u64| *time > self.clock;
        let waits = waits.chain(reads).chain(self.access.timeout()).filter(|_| self.online).filter(future);
        let held = waits.filter(|_| !self.paused || self.phase == Phase::Discard);
        // A deadline that has passed is due at once.
        flights.map(|time| time.max(self.clock)).chain(held).min()
    }

    /// What to do next.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Whether nothing will be asked any more: the driver may drop it.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.out.is_empty()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let total = self.total();
        Progress {
            state: self.state,
            done: self.meter.shown(),
            confirmed: self.confirmed(),
            total,
            rate: self.meter.rate(),
            eta: self.meter.eta(total),
            retries: self.retries,
        }
    }
}

impl Uploader {
    /// Does what has become due; the end of every `handle_*`.
    fn advance(&mut self, now: Now) {
        self.clock = now.clock;
        self.ask_token(now);
        match self.phase {
            Phase::Token | Phase::Edges(_) | Phase::Stat | Phase::Over => {}
            Phase::Discover => self.ensure(What::Discover),
            Phase::List { .. } => self.ensure(What::List),
            Phase::Initiate => {
                self.ensure(What::Initiate);
                self.read_ahead(now);
            }
            Phase::Transfer => self.transfer(now),
            Phase::Finish { ticket } => {
                if self.stored >= ticket {
                    self.ensure(What::Complete);
                }
            }
            Phase::Discard => self.end_discard(),
        }
        self.send_due(now);
        self.report(now, true);
    }

    /// Sets the state, and tells progress where it is due.
    fn report(&mut self, now: Now, settle: bool) {
        let state = if settle { self.present_state() } else { self.state };
        let moving = matches!(state, State::Sending | State::Finishing);
        let done = self.confirmed().saturating_add(self.speculative());
        self.meter.handle_bytes(done, self.total(), moving, now.clock);
        self.state = state;
        if matches!(self.phase, Phase::Over | Phase::Discard) {
            return;
        }
        let progress = self.progress();
        let due = match &self.told {
            None => true,
            Some((_, told)) if told.state != state => true,
            Some((at, told)) => {
                now.clock >= at + PROGRESS && (told.done, told.total) != (progress.done, progress.total)
            }
        };
        if due {
            self.told = Some((now.clock, progress));
            self.out.push_back(Output::Event(Event::Progress(progress)));
        }
    }

    fn present_state(&self) -> State {
        let quiet = self.calls.iter().all(|call| call.flight.is_none());
        match self.phase {
            Phase::Over | Phase::Discard => self.state,
            _ if self.paused => State::Paused,
            _ if !self.online || (quiet && self.silent.is_some_and(|(_, failures)| failures > 1)) => State::Offline,
            Phase::Token | Phase::Discover => State::Queued,
            Phase::Edges(_) => State::Hashing,
            Phase::Finish { .. } | Phase::Stat => State::Finishing,
            _ if self.parts.iter().any(|part| matches!(part.stage, Stage::Proving(_)))
                && !self.parts.iter().any(|part| matches!(part.stage, Stage::Reading(_) | Stage::Held(_))) =>
            {
                State::Hashing
            }
            _ => State::Sending,
        }
    }

    fn grows(&self) -> bool {
        matches!(self.options.source, Source::Growing { .. })
    }

    fn may_change(&self) -> bool {
        self.grows() && !self.finished && !matches!(self.phase, Phase::Over | Phase::Discard)
    }

    /// Bytes in all, as far as known.
    fn total(&self) -> u64 {
        match self.options.source {
            Source::Whole { size, .. } => size,
            Source::Growing { .. } => self.parts.iter().map(|part| part.size).fold(0, u64::saturating_add),
        }
    }

    fn choose_way(&self) -> Way {
        match (&self.options.source, self.options.api) {
            (Source::Growing { .. }, _) => Way::V2,
            (_, Api::V1) => Way::V1,
            (_, Api::Form) => Way::Form,
            (Source::Whole { size, .. }, Api::Auto) if *size <= FORM => Way::Form,
            // An object of no parts is none.
            (Source::Whole { size: 0, .. }, _) => Way::Form,
            _ => Way::V2,
        }
    }

    /// Bytes in a part of this upload.
    fn part_size(&self) -> u64 {
        let Source::Whole { size, .. } = self.options.source else { return 0 };
        match self.way {
            Way::Form => size,
            Way::V1 => BLOCK,
            Way::V2 => {
                let mut length = self.options.part_size.unwrap_or(BLOCK);
                while size.div_ceil(length) > PARTS {
                    length = length.saturating_mul(2);
                }
                length
            }
        }
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Notes the ledger as it is.
    fn persist(&mut self) -> u64 {
        let total = self.total();
        let Some(ledger) = &mut self.ledger else { return self.stored };
        ledger.total = total;
        self.tickets += 1;
        self.noted = true;
        let ledger = Box::new(ledger.clone());
        self.out.push_back(Output::Persist { ticket: self.tickets, ledger });
        self.tickets
    }
}

/// What is wrong with the options; makes names and addresses what they are sent as.
fn check(options: &mut Options) -> Result<(), UploadError> {
    let bad = |detail: &str| Err(UploadError::new(Problem::Argument, detail));
    if options.key.as_ref().is_some_and(|key| key.len() > KEY) {
        return bad("key: at most 750 bytes");
    }
    if options.part_size.is_some_and(|size| !PART.contains(&size)) {
        return bad("partSize: 1 MiB to 1 GiB");
    }
    if options.chunk_size.is_some_and(|size| !(1..=BLOCK).contains(&size)) {
        return bad("chunkSize: 1 byte to 4 MiB");
    }
    if options.concurrency.is_some_and(|most| !(1..=32).contains(&most)) {
        return bad("concurrency: 1 to 32");
    }
    if let Source::Whole { size, .. } = options.source
        && size > PARTS * PART.end()
    {
        return bad("source: more than 10 000 parts of 1 GiB");
    }
    let named = |name: &str| name.len() <= 256 && name.bytes().all(|byte| byte.is_ascii_graphic());
    if options.vars.iter().any(|(name, _)| !name.starts_with("x:") || name.len() < 3 || !named(name)) {
        return bad("vars: names begin with x: and have no spaces");
    }
    for (name, _) in &mut options.metadata {
        if !name.starts_with("x-qn-meta-") {
            name.insert_str(0, "x-qn-meta-");
        }
        if !named(name) {
            return bad("metadata: names have no spaces");
        }
    }
    for address in &mut options.endpoints {
        let Some(base) = hosts::base_of(address) else { return bad("endpoints: a host, with or without a port") };
        *address = base;
    }
    if !options.discovery.is_empty() && !options.discovery.starts_with("http") {
        return bad("discovery: an address that begins with http");
    }
    Ok(())
}
