//! Parts: stretches of the source on their way from nothing to noted. A v1 block and a form's file are parts as well.

use super::super::backoff::{self, Pause};
use super::super::digest::{Digests, PartSums};
use super::super::error::{Problem, UploadError};
use super::super::ledger::LedgerPart;
use super::super::options::{Source, SourceRange};
use super::super::progress::{Event, Warning};
use super::super::request::{Output, PieceId, Read, ReadFailure};
use super::call::What;
use super::{Now, Phase, Uploader, Way};

/// Parts that are read while as many as may be are under way: whoever has room finds them ready, also while others wait
/// for their next attempt.
const AHEAD: u32 = 2;
/// An answer that takes so many milliseconds is worth one request that is asked ahead.
const LONG: u64 = 50;
/// How often a busy disk is asked for the same bytes.
const READS: u32 = 6;

/// Where a part stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// To be sent.
    Missing,
    /// Its bytes are being read.
    Reading(PieceId),
    /// Its bytes are held and on their way.
    Held(PieceId),
    /// Confirmed by the server; the ledger that says so is being stored under this ticket.
    Noting(u64),
    /// Confirmed and noted.
    Done,
    /// Confirmed to an earlier run; whether the bytes are the same is not known yet.
    Claimed,
    /// Confirmed to an earlier run; the bytes are being read.
    Proving(PieceId),
}

/// What the server has of a part that a growing source has no more, or has otherwise: it may come back.
#[derive(Debug)]
pub(super) struct Spare {
    part: Part,
    noted: LedgerPart,
}

/// A part of the source.
#[derive(Debug)]
pub(super) struct Part {
    /// From 1.
    pub(super) number: u32,
    pub(super) ranges: Vec<SourceRange>,
    pub(super) size: u64,
    pub(super) stage: Stage,
    /// Of the bytes as they were read.
    pub(super) digests: Option<Digests>,
    /// What the ledger says of them: sums and, for v2, MD5.
    pub(super) claim: Option<(PartSums, Option<[u8; 16]>)>,
    /// v2: the server's name for it.
    pub(super) etag: String,
    /// v1: the server's name for the first `offset` bytes, until when, and where it goes on.
    pub(super) ctx: String,
    pub(super) offset: u64,
    pub(super) expired_at: u64,
    pub(super) host: String,
    /// v1: the ticket of the last chunk; the next one waits for it, for a context serves but once.
    pub(super) ticket: u64,
    /// Bytes changed on the way; a block was lost; reads failed.
    pub(super) corrupt: u32,
    pub(super) lost: u32,
    pub(super) reads: u32,
    /// Not read before.
    pub(super) not_before: u64,
}

impl Spare {
    fn is(&self, number: u32, ranges: &[SourceRange]) -> bool {
        self.part.number == number && self.part.ranges == ranges
    }
}

impl Part {
    pub(super) fn new(number: u32, ranges: Vec<SourceRange>) -> Part {
        let size = ranges.iter().map(|range| range.length).fold(0, u64::saturating_add);
        Part {
            number,
            ranges,
            size,
            stage: Stage::Missing,
            digests: None,
            claim: None,
            etag: String::new(),
            ctx: String::new(),
            offset: 0,
            expired_at: 0,
            host: String::new(),
            ticket: 0,
            corrupt: 0,
            lost: 0,
            reads: 0,
            not_before: 0,
        }
    }

    /// The bytes that are held for it.
    pub(super) fn piece(&self) -> Option<PieceId> {
        match self.stage {
            Stage::Held(piece) => Some(piece),
            _ => None,
        }
    }

    /// Nothing of it is at the server.
    pub(super) fn clear(&mut self) {
        (self.offset, self.expired_at) = (0, 0);
        self.ctx.clear();
        self.etag.clear();
        self.host.clear();
        self.claim = None;
    }
}

impl Uploader {
    /// The parts of a source whose length is known.
    pub(super) fn cut_source(&mut self) {
        let Source::Whole { size, .. } = self.options.source else { return };
        let length = self.part_size();
        let count = if self.way == Way::Form { 1 } else { size.div_ceil(length.max(1)) };
        let part = |place: u64| {
            let offset = place * length;
            let range = SourceRange { source: 0, offset, length: length.min(size - offset) };
            Part::new(place as u32 + 1, vec![range])
        };
        self.parts = (0..count).map(part).collect();
    }

    /// Reads what may be read now, and makes the object once all is there.
    pub(super) fn transfer(&mut self, now: Now) {
        if self.paused {
            return;
        }
        let ready = now.clock;
        if !self.parts.iter().any(|part| matches!(part.stage, Stage::Proving(_)))
            && let Some(place) =
                self.parts.iter().position(|part| part.stage == Stage::Claimed && part.not_before <= ready)
        {
            let piece = self.read(place, false);
            self.parts[place].stage = Stage::Proving(piece);
        }
        if self.read_ahead(now) == 0 {
            self.flow.handle_idle();
        }
        self.greet();
        let done = self.parts.iter().all(|part| part.stage == Stage::Done);
        let whole = if self.grows() { self.finished && !self.parts.is_empty() } else { self.way != Way::Form };
        if done && whole {
            self.begin_finish();
        }
    }

    /// Once all parts are read, and where answers are long in coming: the object's own address is asked for anything at all, beside
    /// the last parts. A browser asks for leave at each address of another origin, and would do so between the last part and
    /// the object.
    fn greet(&mut self) {
        let read = |part: &Part| matches!(part.stage, Stage::Held(_) | Stage::Noting(_) | Stage::Done);
        let last = (!self.grows() || self.finished) && self.parts.iter().all(read);
        if last && self.way == Way::V2 && self.took >= LONG && !std::mem::replace(&mut self.greeted, true) {
            self.ensure(What::Greet);
        }
    }

    /// Reads what is sent next; how many parts are under way then.
    pub(super) fn read_ahead(&mut self, now: Now) -> u32 {
        let busy = |part: &&Part| matches!(part.stage, Stage::Reading(_) | Stage::Held(_) | Stage::Noting(_));
        let mut under_way = self.parts.iter().filter(busy).count() as u32;
        if self.paused || !self.online {
            return under_way;
        }
        // A block that was begun goes on before another begins.
        let ahead = if self.way == Way::V1 { 0 } else { AHEAD };
        for place in 0..self.parts.len() {
            if under_way >= self.flow.limit() + ahead {
                break;
            }
            if self.parts[place].stage == Stage::Missing && self.parts[place].not_before <= now.clock {
                let piece = self.read(place, true);
                self.parts[place].stage = Stage::Reading(piece);
                under_way += 1;
            }
        }
        under_way
    }

    /// Parts whose bytes may be at the server and are not noted: what a page that dies now sends again, at most.
    pub(super) fn exposed(&self) -> u32 {
        let noting = self.parts.iter().filter(|part| matches!(part.stage, Stage::Noting(_))).count();
        let sent = |call: &&super::Call| matches!(call.what, What::Part(_)) && call.flight.is_some();
        (noting + self.calls.iter().filter(sent).count()) as u32
    }

    fn read(&mut self, place: usize, keep: bool) -> PieceId {
        let piece = PieceId(self.next_id());
        let step = if self.way == Way::V1 { self.options.chunk_size.unwrap_or(0) } else { 0 };
        let ranges = self.parts[place].ranges.clone();
        let md5 = self.way == Way::V2;
        self.out.push_back(Output::Read(Read { piece, ranges, step, md5, crc32: !md5, keep }));
        piece
    }

    pub(super) fn take_read(&mut self, piece: PieceId, read: Result<Digests, ReadFailure>, now: Now) {
        if matches!(self.phase, Phase::Over | Phase::Discard) {
            return;
        }
        if self.phase == Phase::Edges(piece) {
            return self.take_edges(read, now);
        }
        let mine = |part: &Part| part.stage == Stage::Reading(piece) || part.stage == Stage::Proving(piece);
        let Some(place) = self.parts.iter().position(mine) else { return };
        let proving = self.parts[place].stage == Stage::Proving(piece);
        match read {
            Err(ReadFailure::Busy) => self.read_again(place, proving, now),
            Err(ReadFailure::Changed) => self.source_changed(now),
            Ok(digests) if digests.sums.size != self.parts[place].size => self.source_changed(now),
            Ok(digests) => {
                let part = &mut self.parts[place];
                let differs = part
                    .claim
                    .as_ref()
                    .is_some_and(|(sums, md5)| *sums != digests.sums || md5.is_some_and(|md5| md5 != digests.md5));
                part.digests = Some(digests);
                part.reads = 0;
                if differs {
                    return self.disprove(place);
                }
                part.claim = None;
                if proving {
                    part.stage = Stage::Done;
                    return;
                }
                part.stage = Stage::Held(piece);
                let number = part.number;
                self.ensure(if self.way == Way::Form { What::Form } else { What::Part(number) });
            }
        }
    }

    fn read_again(&mut self, place: usize, proving: bool, now: Now) {
        let part = &mut self.parts[place];
        part.reads += 1;
        part.stage = if proving { Stage::Claimed } else { Stage::Missing };
        // A disk that is busy or gone does not come back within the moment that one bad request is given.
        part.not_before = now.clock + 1 + backoff::wait(Pause::Short, part.reads + 1, &mut self.dice);
        if part.reads >= READS {
            self.fail(UploadError::new(Problem::Source, "the source could not be read"), now);
        }
    }

    pub(super) fn source_changed(&mut self, now: Now) {
        self.fail(UploadError::new(Problem::Changed, "the source is not what it was when the upload began"), now);
    }

    /// The bytes of a part are not needed any more.
    pub(super) fn release(&mut self, place: usize) {
        let stage = std::mem::replace(&mut self.parts[place].stage, Stage::Missing);
        if let Stage::Held(piece) | Stage::Reading(piece) = stage {
            self.out.push_back(Output::Release(piece));
        }
    }

    pub(super) fn take_persisted(&mut self, ticket: u64, stored: bool) {
        self.stored = self.stored.max(ticket.min(self.tickets));
        for part in &mut self.parts {
            if matches!(part.stage, Stage::Noting(noting) if noting <= self.stored) {
                part.stage = Stage::Done;
            }
        }
        if !stored && !self.warned && self.phase != Phase::Over {
            self.warned = true;
            self.out.push_back(Output::Event(Event::Warning(Warning::NotStored)));
        }
    }

    /// A growing source has a part, or has it otherwise.
    pub(super) fn take_part(&mut self, number: u32, ranges: Vec<SourceRange>) {
        if self.parts.iter().any(|part| part.number == number && part.ranges == ranges) {
            return;
        }
        let changed = self.forget_part(number);
        let place = self.parts.iter().position(|part| part.number > number).unwrap_or(self.parts.len());
        if let Some(spare) = self.spare.iter().position(|spare| spare.is(number, &ranges)) {
            return self.take_back(spare, place);
        }
        self.parts.insert(place, Part::new(number, ranges));
        if !changed {
            self.claim(place);
        }
    }

    /// What the server had of this number is about to be replaced.
    pub(super) fn drop_spare(&mut self, number: u32) {
        self.spare.retain(|spare| spare.part.number != number);
    }

    /// The server has it still.
    fn take_back(&mut self, spare: usize, place: usize) {
        let Spare { part, noted } = self.spare.swap_remove(spare);
        if let Some(ledger) = &mut self.ledger {
            ledger.note(noted);
        }
        self.parts.insert(place, part);
        let ticket = self.persist();
        self.parts[place].stage = Stage::Noting(ticket);
    }

    /// A growing source lost a part.
    pub(super) fn withdraw(&mut self, number: u32) {
        if self.forget_part(number) {
            self.persist();
        }
    }

    /// Removes a part and all that is known of it; whether there was one.
    fn forget_part(&mut self, number: u32) -> bool {
        let Some(place) = self.parts.iter().position(|part| part.number == number) else { return false };
        self.drop_call(&What::Part(number));
        let is_stored = matches!(self.parts[place].stage, Stage::Noting(_) | Stage::Done);
        self.release(place);
        let part = self.parts.remove(place);
        if let Some(ledger) = &mut self.ledger
            && let Some(at) = ledger.parts.iter().position(|part| part.number == number)
        {
            let noted = ledger.parts.remove(at);
            if is_stored {
                self.spare.push(Spare { part, noted });
            }
        }
        self.meter.handle_change();
        true
    }

    /// Bytes that the server has and the ledger knows.
    pub(super) fn confirmed(&self) -> u64 {
        let known = |part: &&Part| matches!(part.stage, Stage::Done | Stage::Claimed | Stage::Proving(_));
        self.parts.iter().filter(known).map(|part| part.size).fold(0, u64::saturating_add)
    }

    /// Bytes that are handed to the line, or confirmed and not noted yet.
    pub(super) fn speculative(&self) -> u64 {
        let of = |part: &Part| match part.stage {
            Stage::Noting(_) => part.size,
            Stage::Missing | Stage::Reading(_) | Stage::Held(_) => {
                let mine = |call: &&super::Call| matches!(call.what, What::Part(number) if number == part.number);
                let call = self.calls.iter().find(|call| mine(call) || call.what == What::Form);
                let sent = call.and_then(|call| call.flight.as_ref()).map_or(0, |flight| flight.sent);
                part.offset.saturating_add(sent).min(part.size)
            }
            _ => 0,
        };
        self.parts.iter().map(of).fold(0, u64::saturating_add)
    }
}
