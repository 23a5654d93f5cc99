//! The eight ways a picture can lie: a mirror, then quarter turns clockwise. They compose as the dihedral group.

use serde::{Deserialize, Serialize};

use crate::media::{Facing, Size};

/// What must be done to stored pixels to see them upright: mirror left-right first (if set), then turn clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Orientation {
    /// Quarter turns clockwise, 0..=3.
    turns: u8,
    /// Mirror left-right before turning.
    mirrored: bool,
}

impl Orientation {
    /// Stored pixels are upright already.
    pub const UPRIGHT: Orientation = Orientation { turns: 0, mirrored: false };

    /// `turns` counts quarter turns clockwise; whole turns fall away.
    pub const fn new(turns: u8, mirrored: bool) -> Orientation {
        Orientation { turns: turns % 4, mirrored }
    }

    /// From degrees clockwise as `VideoFrame.rotation` gives them; anything but a multiple of 90 is `None`.
    pub const fn from_degrees(degrees: i32, mirrored: bool) -> Option<Orientation> {
        if degrees % 90 != 0 {
            return None;
        }
        Some(Orientation { turns: (degrees.rem_euclid(360) / 90) as u8, mirrored })
    }

    /// For browsers that do not say how their frames lie: upright, unless the frame is wide where the track is shown tall, or
    /// the other way round. Then it lies as the sensor does, which in phones is turned by a quarter: clockwise behind,
    /// counter-clockwise in front. `screen` is how far the screen is turned from its natural side, in degrees as
    /// `screen.orientation.angle` has them. (Half turns cannot be told from none, and are not guessed.)
    pub const fn guessed(frame: Size, shown: Size, screen: u32, facing: Option<Facing>) -> Orientation {
        let crossed = (frame.width > frame.height && shown.width < shown.height)
            || (frame.width < frame.height && shown.width > shown.height);
        if !crossed {
            return Orientation::UPRIGHT;
        }
        let screen = screen % 360 / 90;
        let turns = match facing {
            Some(Facing::User) => 3 + screen,
            _ => 5 - screen,
        };
        // A tablet's natural side is the wide one: an even number would not make it stand.
        Orientation::new((turns | 1) as u8, false)
    }

    /// Degrees clockwise after the mirror: 0, 90, 180 or 270.
    pub const fn degrees(self) -> u16 {
        self.turns as u16 * 90
    }

    /// Whether the picture is mirrored left-right before it is turned.
    pub const fn mirrored(self) -> bool {
        self.mirrored
    }

    /// This orientation, then `next`, as one.
    #[must_use]
    pub const fn then(self, next: Orientation) -> Orientation {
        // A mirror reverses the sense of every turn made before it.
        let turned = if next.mirrored { 4 - self.turns } else { self.turns };
        Orientation { turns: (turned + next.turns) % 4, mirrored: self.mirrored != next.mirrored }
    }

    /// What undoes this one.
    #[must_use]
    pub const fn inverse(self) -> Orientation {
        if self.mirrored { self } else { Orientation { turns: (4 - self.turns) % 4, mirrored: false } }
    }

    /// The size of a picture of `stored` size once it is upright.
    #[must_use]
    pub const fn upright(self, stored: Size) -> Size {
        if self.turns.is_multiple_of(2) { stored } else { Size { width: stored.height, height: stored.width } }
    }

    /// The track header matrix for a picture of `stored` size, row by row `a b u c d v x y w` with a, b, c, d, x, y in
    /// 16.16 and u, v, w in 2.30 fixed point (ISO/IEC 14496-12 s.8.3.2). It moves the turned picture back to (0, 0).
    pub const fn matrix(self, stored: Size) -> [i32; 9] {
        const ONE: i32 = 1 << 16;
        let (width, height) = (stored.width as i32, stored.height as i32);
        // A point (p, q) becomes (a p + c q + x, b p + d q + y).
        let (a, b, c, d, x, y) = match self.turns {
            0 => (1, 0, 0, 1, 0, 0),
            1 => (0, 1, -1, 0, height, 0),
            2 => (-1, 0, 0, -1, width, height),
            _ => (0, -1, 1, 0, 0, width),
        };
        // The mirror p -> width - p comes first.
        let (a, b, x, y) = if self.mirrored { (-a, -b, x + a * width, y + b * width) } else { (a, b, x, y) };
        [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, x * ONE, y * ONE, 1 << 30]
    }

    /// Where in the stored picture a point of the upright one lies: `(u, v)`, both 0..=1 from the upper left corner, comes
    /// from `(a u + c v + x, b u + d v + y)`, in the order `a b c d x y`.
    pub fn uv(self) -> [f32; 6] {
        let [a, b, _, c, d, _, x, y, _] = self.inverse().matrix(Size { width: 1, height: 1 });
        [a, b, c, d, x, y].map(|fixed| (fixed >> 16) as f32)
    }

    /// Reads a track header matrix back; `None` where it is not one of the eight (shears, scales, odd turns).
    pub fn from_matrix(matrix: [i32; 9]) -> Option<Orientation> {
        let [a, b, _, c, d, ..] = matrix;
        let sign = |value: i32| if value.unsigned_abs() == 1 << 16 { Some(value.signum()) } else { None };
        let zero = |value: i32| (value == 0).then_some(0);
        let axes = match sign(a) {
            Some(a) => (a, zero(b)?, zero(c)?, sign(d)?),
            None => (zero(a)?, sign(b)?, sign(c)?, zero(d)?),
        };
        ALL.into_iter().find(|one| {
            let [a, b, _, c, d, ..] = one.matrix(Size { width: 0, height: 0 });
            (a.signum(), b.signum(), c.signum(), d.signum()) == axes
        })
    }
}

/// All eight, upright first.
pub const ALL: [Orientation; 8] = [
    Orientation::new(0, false),
    Orientation::new(1, false),
    Orientation::new(2, false),
    Orientation::new(3, false),
    Orientation::new(0, true),
    Orientation::new(1, true),
    Orientation::new(2, true),
    Orientation::new(3, true),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the matrix puts the pixel (column, row) of a 3 x 2 picture.
    fn place(orientation: Orientation, stored: Size, column: i32, row: i32) -> (i32, i32) {
        let [a, b, _, c, d, _, x, y, _] = orientation.matrix(stored).map(|value| value >> 15);
        // Twice the pixel's centre keeps halves whole.
        let (p, q) = (2 * column + 1, 2 * row + 1);
        ((a * p + c * q + 2 * x) / 4, (b * p + d * q + 2 * y) / 4)
    }

    #[test]
    fn a_point_of_the_upright_picture_comes_from_where_the_matrix_puts_it() {
        let stored = Size { width: 3, height: 2 };
        for orientation in ALL {
            let upright = orientation.upright(stored);
            let [a, b, c, d, x, y] = orientation.uv();
            for (column, row) in [(0, 0), (2, 0), (0, 1), (1, 1)] {
                let (to, down) = place(orientation, stored, column, row);
                let (u, v) = ((to as f32 + 0.5) / upright.width as f32, (down as f32 + 0.5) / upright.height as f32);
                let (p, q) = ((a * u + c * v + x) * 3.0 - 0.5, (b * u + d * v + y) * 2.0 - 0.5);
                assert!((p - column as f32).abs() < 1e-4 && (q - row as f32).abs() < 1e-4, "{orientation:?} {p} {q}");
            }
        }
    }

    #[test]
    fn a_frame_that_does_not_say_how_it_lies_is_turned_until_it_stands_as_it_is_shown() {
        let (wide, tall) = (Size { width: 640, height: 480 }, Size { width: 480, height: 640 });
        let guess = |frame, shown, screen, facing| Orientation::guessed(frame, shown, screen, facing).degrees();
        assert_eq!(guess(wide, wide, 90, None), 0);
        assert_eq!(guess(tall, tall, 0, Some(Facing::User)), 0);
        assert_eq!(guess(wide, tall, 0, Some(Facing::Environment)), 90);
        assert_eq!(guess(wide, tall, 180, Some(Facing::Environment)), 270);
        assert_eq!(guess(wide, tall, 0, Some(Facing::User)), 270);
        assert_eq!(guess(wide, tall, 180, Some(Facing::User)), 90);
        for screen in [0, 90, 180, 270, 359, u32::MAX] {
            for facing in [None, Some(Facing::User), Some(Facing::Environment)] {
                let orientation = Orientation::guessed(wide, tall, screen, facing);
                assert_eq!(orientation.upright(wide), tall, "{screen} {facing:?}");
            }
        }
    }

    #[test]
    fn eight_orientations_compose_as_the_dihedral_group() {
        let stored = Size { width: 3, height: 2 };
        for first in ALL {
            assert_eq!(first.then(first.inverse()), Orientation::UPRIGHT);
            assert_eq!(Orientation::from_matrix(first.matrix(stored)), Some(first));
            for second in ALL {
                let both = first.then(second);
                for (column, row) in [(0, 0), (2, 0), (0, 1), (1, 1)] {
                    let (c, r) = place(first, stored, column, row);
                    let stepwise = place(second, first.upright(stored), c, r);
                    assert_eq!(place(both, stored, column, row), stepwise, "{first:?} then {second:?}");
                }
            }
        }
    }
}
