//! What the page hears of an upload: the machine's words in the protocol's, progress not more than ten times a second.

use gloo::timers::callback::Timeout;
use onetake_core::error::Failure;
use onetake_core::protocol::upload::{AttemptView, UploadEvent, UploadPhase};
use onetake_core::upload::{Attempt, Done, Progress, State, UploadError, Warning};
use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

use super::job::News;
use super::{number, post_news};
use crate::wire;

/// Between two words of progress of one state, milliseconds.
const PACE: u64 = 100;

/// Says `event` to the page.
pub(super) fn say(event: &UploadEvent) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.post_message(&wire::write(event)).expect("plain data can be cloned");
}

/// Progress on its way to the page.
#[derive(Default)]
pub(super) struct Teller {
    told_at: u64,
    told: Option<UploadPhase>,
    waiting: Option<Progress>,
    timer: Option<Timeout>,
}

impl Teller {
    /// Tells at once what is new or due, the rest a moment later.
    pub(super) fn progress(&mut self, job: u32, progress: Progress, clock: u64) {
        let due = self.told_at.saturating_add(PACE);
        if phase(progress.state).is_some_and(|phase| self.told != Some(phase)) || clock >= due {
            return self.tell(job, progress, clock);
        }
        self.waiting = Some(progress);
        if self.timer.is_none() {
            let wait = u32::try_from(due - clock).unwrap_or_default();
            self.timer = Some(Timeout::new(wait, move || post_news(job, News::Pace)));
        }
    }

    /// The moment has come.
    pub(super) fn handle_pace(&mut self, job: u32, clock: u64) {
        self.timer = None;
        if let Some(progress) = self.waiting.take() {
            self.tell(job, progress, clock);
        }
    }

    fn tell(&mut self, job: u32, progress: Progress, clock: u64) {
        let Progress { state, done, total, rate, eta, retries, .. } = progress;
        // The end is told with its outcome.
        let Some(state) = phase(state) else { return };
        (self.told, self.told_at, self.waiting, self.timer) = (Some(state), clock, None, None);
        say(&UploadEvent::Progress {
            job,
            state,
            done: number(done),
            total: number(total),
            rate: number(rate),
            eta: eta.map(|eta| number(eta) / 1000.0),
            retries,
        });
    }
}

fn phase(state: State) -> Option<UploadPhase> {
    Some(match state {
        State::Queued => UploadPhase::Queued,
        State::Hashing => UploadPhase::Hashing,
        State::Sending => UploadPhase::Sending,
        State::Offline => UploadPhase::Offline,
        State::Paused => UploadPhase::Paused,
        State::Finishing => UploadPhase::Finishing,
        State::Done | State::Failed => return None,
    })
}

pub(super) fn attempt(job: u32, attempt: Attempt) {
    let Attempt { what, host, status, detail, request_id, wait } = attempt;
    let wait = wait.map(|wait| number(wait) / 1000.0);
    let attempt = AttemptView { what: what.to_owned(), host, status, detail, request_id, wait };
    say(&UploadEvent::Attempt { job, attempt });
}

pub(super) fn warning(job: u32, warning: &Warning) {
    let (code, detail) = match warning {
        Warning::NotStored => ("not_stored", String::new()),
        Warning::HashOfParts { ours, theirs } => ("hash_of_parts", ["ours ", ours, ", theirs ", theirs].concat()),
        Warning::NoHash => ("no_hash", String::new()),
        Warning::LedgerDropped(what) => ("began_anew", (*what).to_owned()),
    };
    say(&UploadEvent::Warning { job, code: code.to_owned(), detail });
}

pub(super) fn done(job: u32, done: Done) -> UploadEvent {
    let Done { key, hash, body, request_id, resumed_bytes } = done;
    UploadEvent::Done { job, key, hash, body, request_id, resumed_bytes: number(resumed_bytes) }
}

pub(super) fn failed(job: u32, error: &UploadError) -> UploadEvent {
    UploadEvent::Failed { job, failure: Failure::from(error) }
}
