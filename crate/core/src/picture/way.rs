//! The way of a camera's picture into the draft: by the encoder alone, which crops and scales, or by one drawing, which
//! also turns, mirrors, adds bars and changes what the samples mean. Drawing is for what nothing else can do.

use super::Fit;
use crate::media::{Coding, Size};
use crate::orientation::Orientation;

/// What a camera gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Of the part of its picture that is meant to be seen.
    pub visible: Size,
    /// What must be done to see it upright.
    pub orientation: Orientation,
    /// How its colours are coded.
    pub coding: Coding,
}

/// What a draft's pictures are, as far as that is decided, and what is wished of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Upright.
    pub size: Size,
    /// What players do to them; its first segment decides.
    pub residual: Option<Orientation>,
    /// Whether a picture that lies otherwise than players turn the draft is drawn upright: what is stored turned is encoded anew
    /// for the film. Else it is drawn into what players do.
    pub straightens: bool,
    /// How their colours are coded; its first segment decides.
    pub coding: Option<Coding>,
    /// How another shape is brought into this one.
    pub fit: Fit,
    /// Whether they are mirrored, as seen upright.
    pub mirror: bool,
    /// Whether filters are to be seen in them.
    pub look: bool,
}

/// Why a picture must be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is wished: without drawing it cannot be had.
    Wish,
    /// The draft's other segments are like that: without drawing it does not join them.
    Draft,
}

/// How a camera's pictures are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Of the stored picture.
    pub size: Size,
    /// What a player must do to it: the track's matrix.
    pub residual: Orientation,
    /// What is done to the camera's picture before: nothing where it is not drawn.
    pub turn: Orientation,
    /// Whether and why it is drawn.
    pub drawn: Option<Need>,
}

/// The mirror of an upright picture.
const MIRROR: Orientation = Orientation::new(0, true);

/// Chooses the way. `crops`: the encoder takes the part of a picture that it is told, and scales it.
///
/// A draft's first segment leaves a turn to players unless it is drawn anyway; later ones are turned into what that one
/// left, so that all have one matrix, or upright where the draft straightens. The first upright one decides anew how colours
/// are coded.
pub fn way(given: &Given, wanted: &Wanted, crops: bool) -> Way {
    let Given { visible, orientation, coding } = *given;
    let total = if wanted.mirror { orientation.then(MIRROR) } else { orientation };
    let bars = wanted.fit == Fit::Contain && leaves_bars(orientation.upright(visible), wanted.size);
    let drawn_anyway = bars || wanted.look || (wanted.mirror && total != Orientation::UPRIGHT);
    let left = wanted.residual.unwrap_or(if drawn_anyway { Orientation::UPRIGHT } else { total });
    let residual = if wanted.straightens && total != left { Orientation::UPRIGHT } else { left };
    let turn = total.then(residual.inverse());
    let size = residual.inverse().upright(wanted.size);
    let recoded = residual == left && wanted.coding.is_some_and(|draft| draft.differs(coding));
    let drawn = if bars || wanted.look || (wanted.mirror && turn != Orientation::UPRIGHT) {
        Some(Need::Wish)
    } else if turn != Orientation::UPRIGHT || recoded || (!crops && size != visible) {
        Some(Need::Draft)
    } else {
        None
    };
    Way { size, residual, turn, drawn }
}

/// The way of a picture that should be drawn for the draft's sake and cannot be: it will not join, but it is kept.
pub fn undrawn_way(given: &Given, wanted: &Wanted, crops: bool) -> Way {
    let residual = given.orientation;
    let size = if crops { residual.inverse().upright(wanted.size) } else { given.visible };
    Way { size, residual, turn: Orientation::UPRIGHT, drawn: None }
}

/// Whether `shown`, scaled to lie within `size`, leaves bars; a line or two fall to rounding.
fn leaves_bars(shown: Size, size: Size) -> bool {
    let (sw, sh) = (u64::from(shown.width.max(1)), u64::from(shown.height.max(1)));
    let (width, height) = (u64::from(size.width), u64::from(size.height));
    let across = (height * sw / sh).min(width);
    let down = (width * sh / sw).min(height);
    width - across > 2 || height - down > 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orientation::ALL;

    const LAND: Size = Size { width: 640, height: 480 };
    const TALL: Size = Size { width: 270, height: 480 };
    const SD: Coding = Coding { matrix: 6, full_range: false };

    fn given(orientation: Orientation) -> Given {
        Given { visible: LAND, orientation, coding: SD }
    }

    fn wanted() -> Wanted {
        Wanted {
            size: TALL,
            residual: None,
            straightens: false,
            coding: None,
            fit: Fit::Cover,
            mirror: false,
            look: false,
        }
    }

    #[test]
    fn a_new_draft_leaves_every_turn_to_players_and_draws_nothing() {
        for orientation in ALL {
            let way = way(&given(orientation), &wanted(), true);
            assert_eq!((way.residual, way.turn, way.drawn), (orientation, Orientation::UPRIGHT, None));
            assert_eq!(orientation.upright(way.size), TALL);
        }
    }

    #[test]
    fn later_segments_are_turned_into_what_the_first_one_left() {
        for residual in ALL {
            for orientation in ALL {
                for mirror in [false, true] {
                    let wanted = Wanted { residual: Some(residual), mirror, ..wanted() };
                    let way = way(&given(orientation), &wanted, true);
                    let seen = if mirror { orientation.then(MIRROR) } else { orientation };
                    assert_eq!(way.turn.then(way.residual), seen, "the player shows it right");
                    assert_eq!((way.residual, way.residual.upright(way.size)), (residual, TALL));
                    assert_eq!(way.drawn.is_some(), seen != residual, "{orientation:?} in a draft of {residual:?}");
                }
            }
        }
    }

    #[test]
    fn a_draft_that_straightens_stores_upright_what_lies_otherwise() {
        for residual in ALL {
            for orientation in ALL {
                for mirror in [false, true] {
                    let coding = Some(Coding { matrix: 1, ..SD });
                    let wanted = Wanted { residual: Some(residual), straightens: true, coding, mirror, ..wanted() };
                    let way = way(&given(orientation), &wanted, true);
                    let seen = if mirror { orientation.then(MIRROR) } else { orientation };
                    assert_eq!(way.turn.then(way.residual), seen, "the player shows it right");
                    assert_eq!(way.residual.upright(way.size), TALL);
                    let kept = seen == residual;
                    assert_eq!(way.residual, if kept { residual } else { Orientation::UPRIGHT });
                    // Other colours bind only what joins the draft as it is stored.
                    let joins = kept || residual == Orientation::UPRIGHT;
                    assert_eq!(way.drawn.is_some(), joins || seen != Orientation::UPRIGHT);
                }
            }
        }
        let turned = Orientation::new(1, false);
        let wanted = Wanted { residual: Some(turned), straightens: true, look: true, ..wanted() };
        assert_eq!(way(&given(turned), &wanted, true).residual, turned, "a look alone straightens nothing");
        assert_eq!(way(&given(Orientation::UPRIGHT), &wanted, true).residual, Orientation::UPRIGHT);
    }

    #[test]
    fn a_picture_that_is_drawn_anyway_is_drawn_upright() {
        for orientation in ALL {
            let mirrored = way(&given(orientation), &Wanted { mirror: true, ..wanted() }, true);
            let drawn = (orientation != MIRROR).then_some(Need::Wish);
            assert_eq!((mirrored.residual, mirrored.drawn), (Orientation::UPRIGHT, drawn), "{orientation:?}");
            let barred = way(&given(orientation), &Wanted { fit: Fit::Contain, ..wanted() }, true);
            assert_eq!(
                (barred.residual, barred.turn, barred.drawn),
                (Orientation::UPRIGHT, orientation, Some(Need::Wish))
            );
        }
        for orientation in ALL {
            let looked = way(&given(orientation), &Wanted { look: true, ..wanted() }, true);
            assert_eq!(
                (looked.residual, looked.turn, looked.drawn),
                (Orientation::UPRIGHT, orientation, Some(Need::Wish))
            );
            let later = Wanted { look: true, residual: Some(orientation), ..wanted() };
            let later = way(&given(orientation), &later, true);
            assert_eq!(
                (later.residual, later.turn, later.drawn),
                (orientation, Orientation::UPRIGHT, Some(Need::Wish))
            );
        }
        let same = Wanted { fit: Fit::Contain, size: Size { width: 320, height: 240 }, ..wanted() };
        assert_eq!(way(&given(Orientation::UPRIGHT), &same, true).drawn, None, "the same shape needs no bars");
    }

    #[test]
    fn other_colours_and_an_encoder_that_cannot_crop_need_drawing() {
        let draft = |coding| Wanted { coding: Some(coding), ..wanted() };
        let drawn = |wanted: &Wanted, crops| way(&given(Orientation::UPRIGHT), wanted, crops).drawn;
        assert_eq!(drawn(&draft(SD), true), None);
        assert_eq!(drawn(&draft(Coding { matrix: 5, ..SD }), true), None, "5 and 6 are one");
        assert_eq!(drawn(&draft(Coding { matrix: 2, ..SD }), true), None, "nobody says");
        assert_eq!(drawn(&draft(Coding { matrix: 1, ..SD }), true), Some(Need::Draft));
        assert_eq!(drawn(&draft(Coding { full_range: true, ..SD }), true), Some(Need::Draft));
        assert_eq!(drawn(&wanted(), false), Some(Need::Draft));
        let whole = undrawn_way(&given(Orientation::new(1, false)), &wanted(), false);
        assert_eq!((whole.size, whole.residual, whole.drawn), (LAND, Orientation::new(1, false), None));
    }
}
