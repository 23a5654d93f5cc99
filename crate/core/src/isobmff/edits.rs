//! Edit lists (ISO/IEC 14496-12 s.8.6.6): which stretch of a track's media is shown when. Pure data; what a film makes of
//! them is decided where films are made.

/// One entry of an edit list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// How long it lasts, in ticks of the movie. In a fragmented file 0 means to the end of the media.
    pub duration: u64,
    /// Where in the media it starts, composition time in ticks of the track; `None` shows nothing (an empty edit).
    pub start: Option<i64>,
    /// How fast the media plays, 16.16; 0 dwells on one picture.
    pub rate: i32,
}

impl Edit {
    /// The rate of media played as it is.
    pub const NORMAL: i32 = 0x1_0000;

    /// A stretch of the media played as it is.
    pub const fn media(duration: u64, start: i64) -> Edit {
        Edit { duration, start: Some(start), rate: Edit::NORMAL }
    }

    /// A stretch of nothing.
    pub const fn empty(duration: u64) -> Edit {
        Edit { duration, start: None, rate: Edit::NORMAL }
    }
}

/// Whether these edits show something else than the whole media from its time 0. How long an only edit lasts does not
/// count: it says so in the ticks of the movie, which may be coarser.
pub fn changes(edits: &[Edit]) -> bool {
    match edits {
        [] => false,
        [only] => only.start != Some(0) || only.rate != Edit::NORMAL,
        _ => true,
    }
}
