//! Which configuration goes on when an encoder has failed within a take.
//!
//! Decides only among configurations whose pictures join those before by copying: a draft that cannot be joined is worse
//! than a take that ends. Another profile is another sample entry, so it is for drafts without any picture yet.

use onetake_core::codec::{Likeness, SampleEntry, compare};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{Size, VideoCodec};

use super::{VideoSetup, rgb};
use crate::js;
use crate::media::selftest;

/// How long a trial may take, in milliseconds: an encoder that has failed may also never answer. A healthy one needs some 50.
const PATIENCE_MS: u32 = 2000;

/// What the pictures of the next segment must join.
#[derive(Clone)]
pub(crate) enum Joining {
    /// There is none yet.
    Nothing,
    /// Pictures with this entry.
    Entry(SampleEntry),
    /// Pictures of this codec string and stored size, by an encoder that has not described itself to this worker.
    Codec(String, Size),
}

impl Joining {
    /// The only coding that joins.
    pub(super) fn coding(&self) -> Option<VideoCodec> {
        match self {
            Joining::Nothing => None,
            Joining::Entry(entry) => entry.video_codec(),
            Joining::Codec(codec, _) => VideoCodec::named(codec),
        }
    }

    /// What to try, best first: the wanted coding, then H.264. What can never join is not tried.
    pub(super) fn candidates(&self, wanted: VideoCodec, size: Size, frame_rate: f64) -> Vec<String> {
        let other = (wanted != VideoCodec::Avc).then_some(VideoCodec::Avc);
        let codings = [Some(wanted), other].into_iter().flatten();
        let codings = codings.filter(|coding| self.coding().is_none_or(|only| only == *coding));
        codings.flat_map(|coding| coding.strings(size, frame_rate)).collect()
    }

    /// Whether pictures of `setup` under this record of a decoder join. Those of another size never do, whatever encodes them:
    /// they lie otherwise than the draft's and cannot be drawn, and are kept all the same.
    pub(super) fn takes(&self, setup: &VideoSetup, record: &[u8]) -> bool {
        let stored = match self {
            Joining::Nothing => None,
            Joining::Entry(entry) => entry.size(),
            Joining::Codec(_, size) => Some(*size),
        };
        if stored.is_some_and(|size| size != setup.size) {
            return true;
        }
        match self {
            Joining::Nothing => true,
            Joining::Codec(codec, _) => setup.codec == *codec,
            Joining::Entry(entry) => {
                let made = SampleEntry::of_pictures(setup.coding(), record, setup.size);
                made.is_ok_and(|made| !matches!(compare(entry, &made), Likeness::Different(_)))
            }
        }
    }
}

impl VideoSetup {
    /// Whether another one, or an encoder of its own, has failed before.
    pub(crate) fn has_fallen(&self) -> bool {
        self.again || self.fallen
    }

    /// The same once again in a fresh encoder, then the same in software, then what comes after it in the list. Each must
    /// encode pictures first, and what it makes must join.
    ///
    /// # Errors
    /// `encoder_failed` where none is left.
    pub(crate) async fn next(self, joining: Joining) -> Result<VideoSetup, Failure> {
        let again = VideoSetup { again: true, ..self.clone() };
        let software = VideoSetup { software: true, fallen: true, ..self.clone() };
        let same = match self {
            VideoSetup { software: true, .. } => Vec::new(),
            VideoSetup { again: true, .. } => vec![software],
            _ => vec![again, software],
        };
        let all = joining.candidates(self.wanted, self.size, self.frame_rate);
        let later = all.into_iter().skip_while(|codec| *codec != self.codec).filter(|codec| *codec != self.codec);
        let others =
            later.map(|codec| VideoSetup { codec, again: false, software: false, fallen: true, ..self.clone() });
        for setup in same.into_iter().chain(others) {
            if setup.joined(&joining).await == Some(true) {
                return Ok(setup.known_from(&self).await);
            }
        }
        Err(Failure::new("encoder_failed", Retry::Later, "no other encoder goes on with this take"))
    }

    /// Whether it encodes pictures that join; `None` where it encodes none in time.
    async fn joined(&self, joining: &Joining) -> Option<bool> {
        let mut trial = Box::pin(async {
            // Of the same encoder it is known in which order it gives its pictures; frames are lost meanwhile.
            let record = if self.again { self.warm_up().await.ok()? } else { self.try_out().await.ok()? };
            Some(joining.takes(self, &record))
        });
        js::within(PATIENCE_MS, &mut trial).await.flatten()
    }

    /// With what must be known of its encoder, where `other` was measured: one of another coding may do other things with what
    /// it is given. Whether it crops decides what is filmed; how it codes RGB is not waited for.
    async fn known_from(self, other: &VideoSetup) -> VideoSetup {
        if self.coding() == other.coding() {
            return self;
        }
        let crops = js::within(PATIENCE_MS, &mut Box::pin(selftest::honours_crop(&self.codec))).await;
        rgb::ask(self.coding(), &self.codec, 0).await;
        VideoSetup { crops: crops == Some(true), ..self }
    }

    /// Between takes, the way back: the first configuration before this one that works in time and whose pictures join, else
    /// this one. An encoder that once failed counts as fresh; one that does not answer costs the others nothing. Where all
    /// that come before work but would not join, or are of a coding that cannot, this one is the draft's own and has not fallen.
    pub(crate) async fn back(self, joining: Joining) -> VideoSetup {
        let mut now = VideoSetup { again: false, ..self };
        if !now.fallen {
            return now;
        }
        let mut hope = false;
        for codec in joining.candidates(now.wanted, now.size, now.frame_rate) {
            for software in [false, true] {
                let setup = VideoSetup { codec: codec.clone(), software, fallen: false, ..now.clone() };
                if setup.codec == now.codec && setup.software == now.software {
                    now.fallen = hope;
                    return now;
                }
                match setup.joined(&joining).await {
                    Some(true) => return setup.known_from(&now).await,
                    Some(false) => {}
                    None => hope = true,
                }
            }
        }
        now
    }
}
