//! Kodo's status codes: what each of them asks for (qiniu.md section 5, as one table).
//!
//! It decides the kind of answer; how often, and what that does to the upload, the machine decides.

use super::backoff::Pause;
use super::error::Problem;

/// What is to be done about an answer that is no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask again.
    Again {
        /// How long to wait.
        pause: Pause,
        /// It counts against the host.
        strike: bool,
        /// The next attempt goes to another host.
        elsewhere: bool,
        /// Fewer at a time.
        pressed: bool,
    },
    /// A fresh token first.
    Token,
    /// The bytes were changed on the way: read and send them again.
    Corrupt,
    /// What was sent before is not there any more.
    Gone,
    /// Another host, once.
    Address,
    /// It may be the region; it may be the list of parts.
    Malformed,
    /// Too large for a form, perhaps; else for the policy.
    TooLarge,
    /// Over.
    Fail(Problem),
}

/// Whether what was asked for may be done all the same: a gateway gave up waiting, or a server failed in the middle. 503 and 573
/// refuse before they begin.
pub(super) fn leaves_in_doubt(status: u16) -> bool {
    status >= 500 && !matches!(status, 503 | 573)
}

/// What a status other than 200 asks for.
pub(super) fn verdict(status: u16, retry_after: Option<u32>) -> Verdict {
    let again = |strike: bool| Verdict::Again { pause: Pause::Short, strike, elsewhere: true, pressed: false };
    let slow = |pause| Verdict::Again { pause, strike: false, elsewhere: false, pressed: true };
    match status {
        400 => Verdict::Malformed,
        401 => Verdict::Token,
        403 => Verdict::Fail(Problem::Forbidden),
        404 | 405 => Verdict::Address,
        406 => Verdict::Corrupt,
        413 => Verdict::TooLarge,
        419 => Verdict::Fail(Problem::Account),
        429 => slow(retry_after.map_or(Pause::Long, Pause::Asked)),
        573 => slow(Pause::Long),
        501 | 509 => Verdict::Fail(Problem::Limit),
        502 | 503 | 504 | 599 => match retry_after {
            Some(seconds) => {
                Verdict::Again { pause: Pause::Asked(seconds), strike: true, elsewhere: true, pressed: false }
            }
            None => again(true),
        },
        579 => Verdict::Fail(Problem::Callback),
        608 => Verdict::Fail(Problem::Changed),
        612 | 701 => Verdict::Gone,
        614 => Verdict::Fail(Problem::Exists),
        630 | 631 | 640 => Verdict::Fail(Problem::Bucket),
        616 | 618 | 632 => Verdict::Fail(Problem::Refused),
        // Other 5xx as servers fail; 408 and 425 are a gateway's way to say so.
        500..=599 | 408 | 425 => again(false),
        _ => Verdict::Fail(Problem::Refused),
    }
}
