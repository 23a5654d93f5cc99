//! How encoders code the colours of what is drawn: those of a coding are asked once in this worker, and what they say is kept.
//!
//! Decides how long an answer is waited for and what is believed until it comes. No take waits: an answer that comes late is
//! mail, one that never comes is given up, and its encoder closed.

use std::cell::RefCell;
use std::pin::Pin;

use onetake_core::media::{Coding, VideoCodec};

use crate::js;
use crate::mail::{Mail, post};
use crate::media::selftest;

/// When an answer is given up, in milliseconds: some phones have one encoder only. The next choice asks again.
const GIVEN_UP_MS: u32 = 30_000;

type Answer = Pin<Box<dyn Future<Output = Coding>>>;

thread_local! {
    /// Who was asked, and the answer; `None` while it is waited for.
    static ASKED: RefCell<Vec<(VideoCodec, Option<Coding>)>> = const { RefCell::new(Vec::new()) };
}

/// What encoders of `video` have said.
pub(super) fn heard(video: VideoCodec) -> Option<Coding> {
    ASKED.with_borrow(|asked| asked.iter().find(|(one, _)| *one == video)?.1)
}

/// Asks the encoder of `codec` (RFC 6381), unless one of its coding was asked before. Waits so many milliseconds for the
/// answer, which is also mail.
pub(super) async fn ask(video: VideoCodec, codec: &str, patience_ms: u32) {
    if ASKED.with_borrow(|asked| asked.iter().any(|(one, _)| *one == video)) {
        return;
    }
    ASKED.with_borrow_mut(|asked| asked.push((video, None)));
    let codec = codec.to_owned();
    let mut answer: Answer = Box::pin(async move { selftest::coding_of_rgb(&codec).await });
    if let Some(coding) = js::within(patience_ms, &mut answer).await {
        return keep(video, Some(coding));
    }
    js::spawn(async move { keep(video, js::within(GIVEN_UP_MS, &mut answer).await) });
}

fn keep(video: VideoCodec, said: Option<Coding>) {
    ASKED.with_borrow_mut(|asked| {
        asked.retain(|(one, _)| *one != video);
        asked.extend(said.map(|coding| (video, Some(coding))));
    });
    if let Some(coding) = said {
        post(Mail::RgbMeasured { video, coding });
    }
}
