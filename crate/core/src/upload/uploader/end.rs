//! The end: the object and its hash, a failure, or the user's change of mind.

use super::super::digest::{PartSums, Qetag};
use super::super::error::{Problem, UploadError};
use super::super::json::Json;
use super::super::ledger::Resumable;
use super::super::progress::{Done, Event, State, Warning};
use super::super::request::Output;
use super::super::text::join;
use super::answer::Seen;
use super::call::What;
use super::{Now, Phase, Uploader, Way};

impl Uploader {
    /// All parts are there: it is noted that the object may be made from here on, then it is made.
    pub(super) fn begin_finish(&mut self) {
        let parts = &self.parts;
        if let Some(ledger) = &mut self.ledger {
            ledger.finishing = true;
            ledger.parts.retain(|known| parts.iter().any(|part| part.number == known.number));
        }
        let ticket = self.persist();
        self.drop_call(&What::Greet);
        self.phase = Phase::Finish { ticket };
    }

    /// What the object's hash must be by our own sums, and what it would be of the content as such.
    pub(super) fn own_hash(&self) -> Option<(Qetag, Option<Qetag>)> {
        let sums: Vec<PartSums> = match (self.way, &self.ledger) {
            (Way::Form, _) => vec![self.parts.first()?.digests.as_ref()?.sums.clone()],
            (Way::V1, Some(ledger)) => ledger.blocks.iter().map(|block| block.sums.clone()).collect(),
            (Way::V2, Some(ledger)) => ledger.parts.iter().map(|part| part.sums.clone()).collect(),
            (_, None) => return None,
        };
        Some((Qetag::of_parts(&sums), Qetag::plain(&sums)))
    }

    /// The server says that the object is there. It is ours only if its hash is.
    pub(super) fn complete(&mut self, json: &Json, body: &[u8], seen: Seen, now: Now) {
        let Some((ours, plain)) = self.own_hash() else { return };
        let theirs = Uploader::hash_of(json);
        let warning = match theirs {
            None => Some(Warning::NoHash),
            Some(theirs) if theirs == ours || Some(theirs) == plain => None,
            // No real bucket has confirmed the rule for parts yet. A hash of the content that differs is another content.
            Some(theirs) if ours.is_of_parts() && (theirs.is_of_parts() || plain.is_none()) => {
                Some(Warning::HashOfParts { ours: ours.to_string(), theirs: theirs.to_string() })
            }
            Some(theirs) => {
                let detail = join(&["the stored object's hash is ", &theirs.to_string(), ", ours ", &ours.to_string()]);
                self.forget();
                return self.fail(Seen { words: detail, ..seen }.error(Problem::Corrupt), now);
            }
        };
        if let Some(warning) = warning {
            self.out.push_back(Output::Event(Event::Warning(warning)));
        }
        let key = json.get("key").and_then(Json::text).map(str::to_owned);
        let hash = theirs.unwrap_or(ours).to_string();
        self.succeed(key, hash, std::str::from_utf8(body).unwrap_or_default().to_owned(), seen.request_id, now);
    }

    pub(super) fn succeed(
        &mut self,
        key: Option<String>,
        hash: String,
        body: String,
        request_id: Option<String>,
        now: Now,
    ) {
        self.end(State::Done);
        self.forget();
        let total = self.total();
        self.meter.handle_bytes(total, total, false, now.clock);
        let mut progress = self.progress();
        progress.confirmed = total;
        self.out.push_back(Output::Event(Event::Progress(progress)));
        let done = Done { key, hash, body, request_id, resumed_bytes: self.resumed };
        self.out.push_back(Output::Event(Event::Done(done)));
    }

    pub(super) fn fail(&mut self, error: UploadError, _now: Now) {
        match self.phase {
            Phase::Over => return,
            // The failure was told already.
            Phase::Discard => {
                self.end(State::Failed);
                return self.forget();
            }
            _ => {}
        }
        self.end(State::Failed);
        self.settle_doubt();
        if matches!(error.problem, Problem::Changed | Problem::Expired | Problem::Unconfirmed) {
            self.forget();
        }
        self.out.push_back(Output::Event(Event::Failed(error)));
    }

    /// No request for the object may have been taken: a later run need not fear so. (v2 finds out.)
    fn settle_doubt(&mut self) {
        if let Some(ledger) = self.ledger.as_mut().filter(|ledger| ledger.finishing)
            && self.way == Way::V1
            && !self.unsure
        {
            ledger.finishing = false;
            self.persist();
        }
    }

    /// Nothing goes out any more.
    fn end(&mut self, state: State) {
        for place in 0..self.calls.len() {
            self.cut(place);
        }
        self.calls.clear();
        self.out.retain(|output| {
            !matches!(output, Output::Send(_) | Output::Read(_) | Output::NeedToken | Output::Stat { .. })
        });
        (self.state, self.phase) = (state, Phase::Over);
    }

    /// The stored ledger is of no use any more.
    pub(super) fn forget(&mut self) {
        if std::mem::take(&mut self.noted) {
            self.out.retain(|output| !matches!(output, Output::Persist { .. }));
            self.out.push_back(Output::Forget);
        }
    }

    pub(super) fn give_up(&mut self, discard: bool, now: Now) {
        if matches!(self.phase, Phase::Over | Phase::Discard) {
            return;
        }
        if !discard {
            return self.fail(UploadError::new(Problem::Aborted, "given up"), now);
        }
        self.noted |= self.earlier.is_some();
        self.ledger = self.ledger.take().or(self.earlier.take());
        self.end(State::Failed);
        self.out.push_back(Output::Event(Event::Failed(UploadError::new(Problem::Aborted, "given up"))));
        let target = self.ledger.as_ref().filter(|ledger| ledger.identity.api == Resumable::V2);
        let target = target.filter(|ledger| !ledger.upload_id.is_empty() && self.online);
        let target = target.map(|ledger| (ledger.upload_id.clone(), ledger.identity.key.clone()));
        match target {
            Some((upload_id, key)) => {
                self.phase = Phase::Discard;
                self.access.ask_again();
                self.ensure(What::Abort { upload_id, key });
            }
            None => self.forget(),
        }
    }

    /// Whether the server was told.
    pub(super) fn end_discard(&mut self) {
        if self.calls.is_empty() || !self.online {
            self.end(State::Failed);
            self.forget();
        }
    }
}
