//! Answers that are no success: what they mean for the call, for its host, and for the upload.

use super::super::backoff::{self, Pause};
use super::super::codes::{self, Verdict, verdict};
use super::super::digest::Qetag;
use super::super::error::{Problem, UploadError};
use super::super::hosts::Region;
use super::super::json::Json;
use super::super::progress::{Attempt, Event};
use super::super::request::{Broken, Output, Reply, RequestId};
use super::super::text::cut;
use super::call::{Flight, What};
use super::part::Stage;
use super::{Now, Phase, Uploader, Way};

/// Attempts of a call whose failures count.
const ATTEMPTS: u32 = 10;
/// Attempts in a row without any answer before patience counts.
const BREAKS: u32 = 5;
/// Attempts in a row without any answer that show that it is the line, and not one request.
const DEAD: u32 = 3;
/// How long nothing at all may answer.
pub(super) const PATIENCE: u64 = 600_000;
/// How often bytes of a part may be changed on the way.
const CORRUPT: u32 = 2;
/// How often one call may be refused for its token.
const REFUSALS: u32 = 2;
/// Attempts to tell the server to drop what it has.
const DROPS: u32 = 3;
/// Longest answer that words are looked for in.
const LONG: usize = 64 << 10;
/// Letters of a server's words that are kept.
const WORDS: usize = 200;

/// An answer, as far as it goes into errors and logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) words: String,
    pub(super) request_id: Option<String>,
}

impl Seen {
    pub(super) fn error(self, problem: Problem) -> UploadError {
        UploadError { problem, status: self.status, detail: self.words, request_id: self.request_id }
    }
}

impl Uploader {
    pub(super) fn take_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Now) {
        let in_flight = |call: &super::Call| call.flight.as_ref().is_some_and(|flight| flight.id == id);
        let Some(place) = self.calls.iter().position(in_flight) else { return };
        let flight = self.calls[place].flight.take();
        let generation = flight.as_ref().map_or(0, |flight| flight.generation);
        if matches!(self.calls[place].what, What::Initiate | What::List) {
            self.took = flight.map_or(0, |flight| now.clock.saturating_sub(flight.moved));
        }
        if self.silent.take().is_some_and(|(_, breaks)| breaks >= DEAD) {
            self.line_is_back(now);
        }
        let seen = Seen {
            status: reply.status,
            words: self.words(reply.body),
            request_id: reply.request_id.map(|id| self.clean(id)),
        };
        if matches!(self.calls[place].what, What::Abort { .. } | What::Greet) {
            return self.dropped(place, &seen, now);
        }
        if reply.status == 200 {
            let host = self.calls[place].host.clone();
            self.hosts.handle_good(&host);
            if self.calls[place].what != What::Discover {
                self.access.handle_good();
            }
            return self.take_good(place, reply.body, seen, now);
        }
        if self.calls[place].what == What::Discover {
            return self.next_query(seen, now);
        }
        match verdict(reply.status, reply.retry_after) {
            Verdict::Again { pause, strike, elsewhere, pressed } => {
                self.struck(place, strike, elsewhere, now);
                if pressed {
                    self.flow.handle_pressure(now.clock);
                }
                self.unsure |= self.makes(place) && codes::leaves_in_doubt(reply.status);
                self.again(place, pause, Problem::Busy, seen, now);
            }
            Verdict::Token => {
                self.access.handle_refused(generation);
                self.calls[place].refusals += 1;
                // A token that lives shorter than the request takes is refused each time, and a fresh one as well.
                if self.access.is_hopeless() || self.calls[place].refusals > REFUSALS {
                    return self.fail(seen.error(Problem::Token), now);
                }
                self.log(place, &seen, Some(0));
            }
            Verdict::Corrupt => self.corrupted(place, seen, now),
            Verdict::Gone => self.gone(place, seen, now),
            Verdict::Address if !self.calls[place].moved => {
                (self.calls[place].moved, self.calls[place].leave) = (true, true);
                self.again(place, Pause::Short, Problem::Address, seen, now);
            }
            Verdict::Address => self.fail(seen.error(Problem::Address), now),
            Verdict::Malformed => self.malformed(place, seen, now),
            Verdict::TooLarge if self.calls[place].what == What::Form && self.total() > 0 => self.outgrow(now),
            Verdict::TooLarge => self.fail(seen.error(Problem::TooLarge), now),
            Verdict::Fail(Problem::Callback) => self.callback_failed(seen, now),
            Verdict::Fail(problem) => self.fail(seen.error(problem), now),
        }
    }

    pub(super) fn take_failure(&mut self, id: RequestId, broken: Broken, now: Now) {
        let in_flight = |call: &super::Call| call.flight.as_ref().is_some_and(|flight| flight.id == id);
        let Some(place) = self.calls.iter().position(in_flight) else { return };
        if let Some(flight) = self.calls[place].flight.take() {
            self.doubt(place, &flight);
        }
        match broken {
            Broken::Network => self.break_off(place, "no answer", now),
            Broken::Source => {
                self.calls[place].failures += 1;
                if self.calls[place].failures >= ATTEMPTS {
                    return self.fail(UploadError::new(Problem::Source, "the source could not be read"), now);
                }
                self.reread(place);
            }
        }
    }

    /// An attempt ended without an answer. It costs nothing but patience: the line is gone, not the upload.
    pub(super) fn break_off(&mut self, place: usize, words: &str, now: Now) {
        let seen = Seen { words: words.to_owned(), ..Seen::default() };
        if let What::Abort { .. } | What::Greet = self.calls[place].what {
            return self.dropped(place, &seen, now);
        }
        if self.calls[place].what == What::Discover {
            return self.next_query(seen, now);
        }
        if self.would_double(place) {
            return self.unconfirmed(seen, now);
        }
        self.struck(place, true, false, now);
        if self.is_silent_too_long(now) {
            return self.fail(seen.error(Problem::Network), now);
        }
        let call = &mut self.calls[place];
        call.breaks += 1;
        let wait = backoff::wait(Pause::Short, call.breaks, &mut self.dice);
        self.wait(place, wait, &seen, now);
    }

    /// Something answered again: nobody else waits out what was meant for a dead line.
    fn line_is_back(&mut self, now: Now) {
        for call in self.calls.iter_mut().filter(|call| call.breaks > 0 && call.failures == 0) {
            call.not_before = call.not_before.min(now.clock + self.dice.up_to(250));
        }
    }

    /// One more attempt without an answer; whether that is enough.
    pub(super) fn is_silent_too_long(&mut self, now: Now) -> bool {
        if !self.online {
            self.silent = None;
            return false;
        }
        let (since, failures) = self.silent.unwrap_or((now.clock, 0));
        self.silent = Some((since, failures + 1));
        failures + 1 >= BREAKS && now.clock.saturating_sub(since) >= self.options.patience.unwrap_or(PATIENCE)
    }

    /// An answer that counts: again, or it was the last time.
    pub(super) fn again(&mut self, place: usize, pause: Pause, last: Problem, seen: Seen, now: Now) {
        if self.would_double(place) {
            return self.unconfirmed(seen, now);
        }
        let call = &mut self.calls[place];
        call.failures += 1;
        if call.failures >= ATTEMPTS {
            return self.fail(seen.error(last), now);
        }
        let wait = backoff::wait(pause, call.failures, &mut self.dice);
        self.wait(place, wait, &seen, now);
    }

    fn wait(&mut self, place: usize, wait: u64, seen: &Seen, now: Now) {
        self.retries += 1;
        self.calls[place].not_before = now.clock + wait;
        self.log(place, seen, Some(wait));
    }

    fn struck(&mut self, place: usize, strike: bool, elsewhere: bool, now: Now) {
        let call = &mut self.calls[place];
        if strike || elsewhere {
            call.host_failures += 1;
        }
        if strike && self.online {
            self.hosts.handle_bad(&call.host, now.clock);
        }
    }

    pub(super) fn log(&mut self, place: usize, seen: &Seen, wait: Option<u64>) {
        // After the end nothing is told.
        if self.phase == Phase::Discard {
            return;
        }
        let call = &self.calls[place];
        let attempt = Attempt {
            what: call.what.name(self.way),
            host: call.host.clone(),
            status: seen.status,
            detail: seen.words.clone(),
            request_id: seen.request_id.clone(),
            wait,
        };
        self.out.push_back(Output::Event(Event::Attempt(attempt)));
    }

    /// Whether this call makes the object.
    fn makes(&self, place: usize) -> bool {
        matches!(self.calls[place].what, What::Complete | What::Form)
    }

    /// An attempt ended without an answer.
    pub(super) fn doubt(&mut self, place: usize, flight: &Flight) {
        self.unsure |= self.makes(place) && flight.has_left();
    }

    /// Whether one more attempt could make a second object under another name. (v2 finds out: its id is gone.)
    pub(super) fn would_double(&self, place: usize) -> bool {
        self.unsure && self.way != Way::V2 && self.makes(place) && !self.is_named_again()
    }

    /// Bytes were changed on the way, or the server holds others than were sent.
    pub(super) fn corrupted(&mut self, place: usize, seen: Seen, now: Now) {
        let number = match self.calls[place].what {
            What::Part(number) => number,
            What::Form => 1,
            _ => return self.fail(seen.error(Problem::Corrupt), now),
        };
        let Some(part) = self.parts.iter_mut().find(|part| part.number == number) else { return };
        part.corrupt += 1;
        if part.corrupt > CORRUPT {
            return self.fail(seen.error(Problem::Corrupt), now);
        }
        // The second time by another host.
        self.calls[place].leave = part.corrupt == CORRUPT;
        let wait = backoff::wait(Pause::Short, part.corrupt, &mut self.dice);
        if self.way == Way::V1 {
            part.clear();
        }
        self.wait(place, wait, &seen, now);
        self.reread(place);
    }

    /// The piece of this call is read anew.
    fn reread(&mut self, place: usize) {
        let number = if let What::Part(number) = self.calls[place].what { number } else { 1 };
        if let Some(part) = self.parts.iter().position(|part| part.number == number) {
            self.release(part);
        }
    }

    /// What was sent before is not there any more.
    fn gone(&mut self, place: usize, seen: Seen, now: Now) {
        let call = &self.calls[place];
        match (&call.what, self.way) {
            (What::Complete, Way::V1) => self.blocks_gone(seen, now),
            (What::Part(number), Way::V1) => {
                let number = *number;
                let Some(part) = self.parts.iter_mut().find(|part| part.number == number) else { return };
                part.lost += 1;
                if part.lost > 1 {
                    return self.fail(seen.error(Problem::Expired), now);
                }
                part.clear();
                if let Some(ledger) = &mut self.ledger {
                    ledger.blocks.retain(|block| block.index + 1 != number);
                }
                self.log(place, &seen, Some(0));
            }
            // Browsers ask once more by themselves where a connection ends without a word: nobody knows which answer this is.
            (What::Complete, Way::V2) => self.lost_answer(seen, now),
            (What::List, Way::V2) if self.unsure => self.believe_ledger(now),
            (What::Part(_) | What::List, Way::V2) => self.restart(Problem::Expired, seen, now),
            _ => self.fail(seen.error(Problem::Expired), now),
        }
    }

    /// 400: the region may be wrong, or the list of parts, or everything.
    fn malformed(&mut self, place: usize, seen: Seen, now: Now) {
        if cut(&seen.words, "incorrect region").is_some() {
            return self.wrong_region(seen, now);
        }
        match (&self.calls[place].what, self.way) {
            (What::Complete, Way::V2) if !self.rechecked => {
                self.rechecked = true;
                self.unsure = false;
                self.log(place, &seen, Some(0));
                self.drop_call(&What::Complete);
                self.phase = Phase::List { marker: 0, parts: Vec::new() };
            }
            (What::Complete, Way::V1) if !self.rechecked => self.blocks_gone(seen, now),
            (What::Complete | What::List | What::Part(_), Way::V2) => self.restart(Problem::Rejected, seen, now),
            _ => self.fail(seen.error(Problem::Rejected), now),
        }
    }

    /// The bucket lives elsewhere: asked anew once, and everything begins from zero there.
    fn wrong_region(&mut self, seen: Seen, now: Now) {
        let named = Region::named_in(&seen.words);
        let by_hand = !self.options.endpoints.is_empty();
        if self.moved.is_some() || (by_hand && named.is_none()) {
            return self.fail(seen.error(Problem::Rejected), now);
        }
        self.start_over(false);
        self.query = 0;
        self.phase = Phase::Discover;
        self.moved = Some(named.clone());
        if by_hand && let Some(region) = named {
            self.settle(&region, now);
        }
    }

    /// A v1 object could not be made of its blocks: those that have expired are sent again, or all; once.
    fn blocks_gone(&mut self, seen: Seen, now: Now) {
        if self.rechecked {
            return self.fail(seen.error(Problem::Expired), now);
        }
        self.rechecked = true;
        self.drop_call(&What::Complete);
        let seconds = self.access.unix(now) / 1000;
        let all = self.parts.iter().all(|part| part.expired_at > seconds);
        for part in self.parts.iter_mut().filter(|part| all || part.expired_at <= seconds) {
            part.clear();
            part.stage = Stage::Missing;
        }
        self.phase = Phase::Transfer;
        self.note_blocks();
    }

    /// A form is too small for this file.
    fn outgrow(&mut self, now: Now) {
        self.start_over(false);
        self.way = Way::V2;
        self.begin(now);
    }

    /// 579: the object is there, the user's server does not know.
    fn callback_failed(&mut self, seen: Seen, now: Now) {
        self.forget();
        self.fail(seen.error(Problem::Callback), now);
    }

    /// An answer to a request that nothing depends on: the one that drops an upload id, or a greeting.
    fn dropped(&mut self, place: usize, seen: &Seen, now: Now) {
        let again = self.phase == Phase::Discard && (seen.status == 0 || seen.status == 401 || seen.status >= 500);
        let call = &mut self.calls[place];
        call.failures += 1;
        if again && seen.status != 612 && call.failures < DROPS {
            if seen.status == 401 {
                self.access.handle_refused(self.access.generation);
            }
            let failures = self.calls[place].failures;
            let wait = backoff::wait(Pause::Short, failures, &mut self.dice);
            return self.wait(place, wait, seen, now);
        }
        self.calls.remove(place);
    }

    /// What a server says of a failure: its `error`, else its text; short, and without secrets.
    fn words(&self, body: &[u8]) -> String {
        // What is cut off may end in half a token, behind any number of letters that are not seen.
        if body.len() > LONG {
            return "an answer of more than 64 KiB".to_owned();
        }
        let json = Json::parse(body);
        let text = match json.as_ref().and_then(|json| json.get("error")).and_then(Json::text) {
            Some(text) => text.to_owned(),
            None => legible(body).to_owned(),
        };
        self.clean(&text)
    }

    /// A short line of these words, without secrets: those are sought in the words as they will be told, before any is cut off.
    pub(super) fn clean(&self, words: &str) -> String {
        let line = words.chars().filter(|letter| !letter.is_control()).collect::<String>();
        self.scrub(&line).chars().take(WORDS).collect()
    }

    /// The hash that a good answer names.
    pub(super) fn hash_of(json: &Json) -> Option<Qetag> {
        let hash = json.get("hash").or_else(|| json.get("etag"));
        hash.and_then(Json::text).and_then(Qetag::parse)
    }
}

/// The beginning of it that is a text.
fn legible(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}
