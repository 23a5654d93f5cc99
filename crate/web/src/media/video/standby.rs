//! Which configuration goes on when an encoder has failed within a take.
//!
//! Decides only among configurations whose pictures join those before by copying: a draft that cannot be joined is worse
//! than a take that ends. Another profile is another sample entry, so it is for drafts without any picture yet.

use onetake_core::codec::{Likeness, SampleEntry, compare};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::Size;

use super::{VideoSetup, candidates, is_supported};

/// What the pictures of the next segment must join.
pub(crate) enum Joining {
    /// There is none yet.
    Nothing,
    /// Pictures with this entry.
    Entry(SampleEntry),
    /// Pictures of the same codec string, by an encoder that has not described itself to this worker.
    Codec,
}

/// Whether pictures under this record of a decoder join those under `entry` by copying.
pub(super) fn joins(entry: &SampleEntry, record: &[u8], size: Size) -> bool {
    SampleEntry::avc1(record, size).is_ok_and(|made| !matches!(compare(entry, &made), Likeness::Different(_)))
}

impl VideoSetup {
    /// The same once again in a fresh encoder, then the same in software, then what comes after it in the list. Each must
    /// encode two pictures first, and what it makes must join.
    ///
    /// # Errors
    /// `encoder_failed` where none is left.
    pub(crate) async fn next(self, joining: Joining) -> Result<VideoSetup, Failure> {
        let again = VideoSetup { again: true, ..self.clone() };
        let software = VideoSetup { software: true, ..self.clone() };
        let same = match self {
            VideoSetup { software: true, .. } => Vec::new(),
            VideoSetup { again: true, .. } => vec![software],
            _ => vec![again, software],
        };
        let all = candidates(self.size, self.frame_rate);
        let later = all.into_iter().skip_while(|codec| *codec != self.codec).filter(|codec| *codec != self.codec);
        let others = later.map(|codec| VideoSetup { codec, again: false, software: false, ..self.clone() });
        for setup in same.into_iter().chain(others) {
            if !is_supported(&setup.config()).await {
                continue;
            }
            let Ok(record) = setup.warm_up().await else { continue };
            let joins = match &joining {
                Joining::Nothing => true,
                Joining::Codec => setup.codec == self.codec,
                Joining::Entry(entry) => joins(entry, &record, setup.size),
            };
            if joins {
                return Ok(setup);
            }
        }
        Err(Failure::new("encoder_failed", Retry::Later, "no other encoder goes on with this take"))
    }
}
