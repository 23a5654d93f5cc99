//! What a film is to be made of and like.

use serde::Deserialize;

/// A stretch of a file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ClipRequest {
    /// Which of the files beside the command, counted from 0.
    pub source: u32,
    /// Where it begins, seconds of what the file shows.
    pub start: f64,
    /// Where it ends; absent: with the file.
    pub end: Option<f64>,
}

/// What a film shall be like.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FilmOptions {
    /// Whether clips begin and end where they say, by an edit list; else at the key frames around.
    pub exact: bool,
    /// Whether it is written in fragments; else with `moov` first.
    pub fragmented: bool,
    /// Whether a `free` box stands behind `moov`, so that the media begins where blocks of an upload want it.
    pub padded: bool,
    /// Of a draft: whether media lies in the order in which it was filmed; else as it is shown.
    pub filmed: bool,
    /// Whether a track that a clip lacks is filled with coded silence; else it pauses there.
    pub silence: bool,
    /// Whether a track may have several sample entries, which few players follow.
    pub several_entries: bool,
    /// Whether sound around joins is encoded anew, instead of packets hidden there by an edit list.
    pub recode_joins: bool,
    /// When it was made, seconds since 1904-01-01; 0 for unknown.
    pub created: f64,
    /// Its title.
    pub title: Option<String>,
}
