//! The token: when it is asked for, and whether the one at hand may be used.

use super::super::backoff::{self, Pause};
use super::super::error::{Problem, UploadError};
use super::super::policy::Token;
use super::super::request::Output;
use super::{Now, Phase, Uploader};

/// A token is renewed when it has less than this left.
const EARLY: i64 = 120_000;
/// It is not used any more when it has less than this left.
const LATE: i64 = 5_000;
/// How long the user's server may take.
const PATIENCE: u64 = 60_000;
/// Earlier tokens that are kept to be struck out of what servers say.
const KEPT: usize = 8;
/// How often it says that there is none, once nothing usable is left; or says nothing, before patience counts.
const TRIES: u32 = 3;

/// Questions for a token that brought none while there was none to go on with.
#[derive(Clone, Copy, Debug)]
struct Vain {
    since: u64,
    questions: u32,
    /// Those that were answered.
    answers: u32,
}

/// The token and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) token: Option<Token>,
    /// Those before: answers to their requests may still quote them.
    pub(super) before: Vec<Token>,
    /// Counts tokens.
    pub(super) generation: u32,
    /// Asked, and not answered; since when.
    asked: Option<u64>,
    not_before: u64,
    failures: u32,
    /// Since when nothing usable is left and none comes.
    vain: Option<Vain>,
    /// The server refused the one at hand, and how many in a row.
    refused: bool,
    refusals: u32,
    /// How much the present one is to have left when the next is asked for; below 0: the device's clock tells nothing.
    early: i64,
    /// The server's clock minus the device's.
    offset: i64,
}

impl Access {
    pub(super) fn set_date(&mut self, unix: u64, now: Now) {
        self.offset = (unix as i64).saturating_sub(now.unix as i64);
    }

    /// Milliseconds since 1970 as servers count.
    pub(super) fn unix(&self, now: Now) -> u64 {
        now.unix.saturating_add_signed(self.offset)
    }

    fn left(&self, now: Now) -> Option<i64> {
        let deadline = self.token.as_ref()?.policy.deadline?.min(i64::MAX as u64 / 1000) as i64;
        Some((deadline * 1000).saturating_sub_unsigned(self.unix(now)))
    }

    /// Whether requests may carry the token at hand.
    pub(super) fn is_usable(&self, now: Now) -> bool {
        self.token.is_some() && !self.refused && (self.early < 0 || self.left(now).is_none_or(|left| left > LATE))
    }

    fn is_wanted(&self, now: Now) -> bool {
        let old = self.early >= 0 && self.left(now).is_some_and(|left| left <= self.early);
        self.asked.is_none() && now.clock >= self.not_before && (self.token.is_none() || self.refused || old)
    }

    /// The server refused the token of this generation.
    pub(super) fn handle_refused(&mut self, generation: u32) {
        if generation == self.generation && !self.refused {
            self.refused = true;
            self.refusals += 1;
        }
    }

    /// The server took a token.
    pub(super) fn handle_good(&mut self) {
        self.refusals = 0;
    }

    /// Refused twice in a row: a fresh one did not help.
    pub(super) fn is_hopeless(&self) -> bool {
        self.refusals > 1
    }

    /// The line is back.
    pub(super) fn hurry(&mut self, clock: u64) {
        self.not_before = self.not_before.min(clock);
        self.vain = None;
    }

    /// One more question brought no token and none is left; whether that is enough.
    fn is_in_vain(&mut self, answered: bool, patience: u64, clock: u64) -> bool {
        let vain = self.vain.get_or_insert(Vain { since: clock, questions: 0, answers: 0 });
        vain.questions += 1;
        vain.answers += u32::from(answered);
        let silent = clock.saturating_sub(vain.since);
        vain.answers >= TRIES || (vain.questions >= TRIES && silent >= patience)
    }

    /// Nobody may be asking any more.
    pub(super) fn ask_again(&mut self) {
        self.asked = None;
        self.not_before = 0;
    }

    pub(super) fn timeout(&self) -> Option<u64> {
        match self.asked {
            Some(since) => Some(since.saturating_add(PATIENCE)),
            None => Some(self.not_before),
        }
    }

    /// The user's server did not answer at all.
    pub(super) fn is_late(&self, clock: u64) -> bool {
        self.asked.is_some_and(|since| clock >= since.saturating_add(PATIENCE))
    }
}

impl Uploader {
    pub(super) fn ask_token(&mut self, now: Now) {
        let idle = matches!(self.phase, Phase::Over | Phase::Stat) || (self.paused && self.phase != Phase::Discard);
        if !idle && self.online && self.access.is_wanted(now) {
            self.access.asked = Some(now.clock);
            self.out.push_back(Output::NeedToken);
        }
    }

    pub(super) fn take_token(&mut self, token: Result<&str, &str>, now: Now) {
        if self.phase == Phase::Over || self.access.asked.take().is_none() {
            return;
        }
        let text = match token {
            Ok(text) => text,
            Err(words) => return self.miss_token(words, true, now),
        };
        let token = match Token::parse(text) {
            Ok(token) => token,
            Err(error) => return self.fail(UploadError::new(Problem::Token, error.words()), now),
        };
        let before = self.access.token.as_ref();
        let other = before.is_some_and(|before| {
            (&before.access_key, &before.policy.bucket, &before.policy.key)
                != (&token.access_key, &token.policy.bucket, &token.policy.key)
        });
        if other {
            return self.fail(UploadError::new(Problem::Token, "the fresh upload token is of another scope"), now);
        }
        let limit = token.policy.size_limit.filter(|limit| *limit < self.total());
        if limit.is_some() {
            return self.fail(UploadError::new(Problem::TooLarge, "larger than the policy's fsizeLimit"), now);
        }
        let first = before.is_none();
        if let Some(before) = self.access.token.replace(token) {
            self.access.before.truncate(KEPT - 1);
            self.access.before.insert(0, before);
        }
        self.access.generation += 1;
        (self.access.refused, self.access.failures, self.access.vain) = (false, 0, None);
        // One that lives shorter than two minutes is renewed at half its life; one that is old already when it comes
        // shows that the device's clock is wrong, and is used until it is refused.
        self.access.early =
            self.access.left(now).map_or(-1, |left| if left > LATE { EARLY.min(left / 2).max(LATE) } else { -1 });
        if first && self.phase == Phase::Token {
            self.locate(now);
        }
    }

    /// The user's server gave no token. That costs nothing while the one at hand serves, and without an answer or a line
    /// nothing but patience.
    pub(super) fn miss_token(&mut self, words: &str, answered: bool, now: Now) {
        self.access.asked = None;
        self.access.failures += 1;
        let patience = self.options.patience.unwrap_or(super::answer::PATIENCE);
        let counts = self.online && !self.access.is_usable(now);
        // Nobody waits for the end of what was given up.
        let answered = answered || self.phase == Phase::Discard;
        if !counts {
            self.access.vain = None;
        } else if self.access.is_in_vain(answered, patience, now.clock) {
            return self.fail(UploadError::new(Problem::Token, self.clean(words)), now);
        }
        let wait = backoff::wait(Pause::Long, self.access.failures, &mut self.dice);
        self.access.not_before = now.clock + wait;
    }

    /// Whether a name that a server gives holds nothing of a token: names are stored, and stand in addresses.
    pub(super) fn is_clean(&self, name: &str) -> bool {
        self.scrub(name) == name
    }

    /// `text` without any token.
    pub(super) fn scrub(&self, text: &str) -> String {
        let tokens = self.access.token.iter().chain(&self.access.before);
        tokens.fold(text.to_owned(), |text, token| token.scrub(&text))
    }
}
