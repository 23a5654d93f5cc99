//! An unfinished clip: its segments, their order, the decisions made about them, and how all of it survives a crash.
//!
//! [`model`] holds the draft and what may be done to it, [`journal`] the bytes of the decision log, [`recover()`] the
//! one way from files on disk back to a draft. Nothing here reads or writes a file. Runs in the studio worker and natively.

pub mod journal;
pub mod model;
pub mod recover;

pub use journal::{Entry, JournalError};
pub use model::{
    CameraInfo, Draft, DraftError, Edit, OpenedSegment, PictureSettings, SegmentId, SegmentRecord, SoundFormat,
};
pub use recover::{FileInfo, Recovery, recover};

/// The properties' seed is ours, so that a run can be repeated; PROPTEST_RNG_SEED names another.
#[cfg(test)]
fn seeded() -> proptest::prelude::ProptestConfig {
    use proptest::{prelude::ProptestConfig, test_runner::RngSeed};
    let named = ProptestConfig::default();
    let rng_seed = if named.rng_seed == RngSeed::Random { RngSeed::Fixed(7) } else { named.rng_seed };
    ProptestConfig { rng_seed, failure_persistence: None, ..named }
}
