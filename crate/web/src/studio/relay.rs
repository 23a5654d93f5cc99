//! A video encoder that fails within a take hands over to the next one.
//!
//! Decides whether the take goes on: the segment is sealed with what the encoder gave, frames still in it are counted as
//! its, and the next segment of the same take opens with the next configuration that joins. Frames in between
//! are lost and counted. Where no configuration is left the take ends safely. Between takes, what failed may be tried again:
//! [`Probation`](onetake_core::record::Probation) says when.

use onetake_core::protocol::{Event, InterruptedReason};

use super::Studio;
use super::picture::Model;
use super::take::{Ending, Take};
use crate::mail::{Mail, post};
use crate::media::video::{Joining, VideoSetup};
use crate::{clock, page};

impl Studio {
    /// Encoder run `run` of the open segment has failed. `false` where there is no take to go on with.
    pub(super) fn hand_over_video(&mut self, run: u32) -> bool {
        if self.video.failed == Some(run) {
            // Each frame that was on its way to it says so again.
            return true;
        }
        let Some(filming) = self.take.as_mut().and_then(|take| take.lose_encoder(clock::now())) else {
            return false;
        };
        self.video.failed = Some(run);
        if filming {
            page::say(&Event::Interrupted { reason: InterruptedReason::Encoder, goes_on: true });
        }
        // Where there is none, one for pictures of another size is being chosen already.
        if let Some(setup) = self.video.setup.take() {
            self.video.preparing = true;
            let joining = self.joining();
            crate::js::spawn(async move { post(Mail::VideoReady(setup.next(joining).await)) });
        }
        self.seal(clock::now());
        true
    }

    /// A take is over; `lost`: an encoder of pictures failed in it; `kept`: it has segments. The next one may be filmed with what
    /// failed earlier, if that works and joins. It waits for the trial, as a first take does.
    pub(super) fn reconsider_video(&mut self, lost: bool, kept: bool) {
        let fallen = self.video.setup.as_ref().is_some_and(VideoSetup::has_fallen);
        if !(lost || kept) || !self.video.probation.handle_take(lost, fallen) {
            return;
        }
        let Some(setup) = self.video.setup.take() else { return };
        self.video.spare = None;
        self.video.preparing = true;
        let joining = self.joining();
        crate::js::spawn(async move { post(Mail::VideoReady(Ok(setup.back(joining).await))) });
    }

    /// What pictures that are encoded from now on must join: of those that are stored upright, where a draft began turned, such.
    pub(super) fn joining(&self) -> Joining {
        let begun = self.draft_settings();
        if begun.is_none() && !self.take_is_open() {
            return Joining::Nothing;
        }
        // The draft's first pictures, for the last ones may be such that do not join.
        let last = || self.recorder.as_ref().filter(|_| begun.is_some())?.picture_entry();
        let model = self.model();
        match (model.and_then(|model| model.entry.as_ref()).or_else(last), begun) {
            (Some(entry), _) => Joining::Entry(entry.clone()),
            (None, Some(begun)) => Joining::Codec(begun.video.clone(), model.map_or(begun.size, Model::stored_size)),
            (None, None) => Joining::Nothing,
        }
    }

    /// What pictures must join that are encoded anew to lie upright.
    pub(super) fn joining_upright(&self) -> Joining {
        match (self.upright_model().and_then(|model| model.entry.as_ref()), self.draft_settings()) {
            (Some(entry), _) => Joining::Entry(entry.clone()),
            (None, Some(begun)) => Joining::Codec(begun.video.clone(), begun.size),
            (None, None) => Joining::Nothing,
        }
    }

    /// Whether the open take has begun and is between two segments, but for a flip.
    pub(super) fn take_pauses(&self) -> bool {
        self.take.as_ref().is_some_and(|take| take.resuming || take.reopening)
    }

    /// No configuration is left, after a failure or for pictures that measure otherwise now: a take that has begun ends with
    /// what it has.
    pub(super) fn end_unrelayed(&mut self) {
        if self.take.as_ref().is_some_and(Take::goes_on) {
            self.end_take(Ending::Interrupted(InterruptedReason::Encoder), clock::now());
        }
    }
}
