//! The values of the first pass, which brings any camera's picture into the draft's: its place and its colours.

use crate::media::{Coding, Size};
use crate::orientation::Orientation;
use crate::picture::Fit;

/// Where in the source a point of the target lies, as the columns of a `mat3x2`: points are 0..=1 from the upper left
/// corner, and what lies outside of 0..=1 is a bar. `turn` is done to the source, whose pixels are square.
pub fn place(source: Size, turn: Orientation, target: Size, fit: Fit) -> [f32; 6] {
    let shown = turn.upright(source);
    let across = target.width as f32 / shown.width.max(1) as f32;
    let down = target.height as f32 / shown.height.max(1) as f32;
    let scale = match fit {
        Fit::Cover => across.max(down),
        Fit::Contain => across.min(down),
    };
    // How much of the shown picture the target holds each way, around the middle of both.
    let (kx, ky) = (across / scale, down / scale);
    let (ox, oy) = (0.5 - 0.5 * kx, 0.5 - 0.5 * ky);
    let [a, b, c, d, x, y] = turn.uv();
    [a * kx, b * kx, c * ky, d * ky, a * ox + c * oy + x, b * ox + d * oy + y]
}

/// Whether a [`place`] brings every pixel of the target to the middle of one of the source, pixel by pixel: reading it then mixes
/// nothing, and need not ask for what lies around.
pub fn is_exact(place: &[f32; 6], source: Size, target: Size) -> bool {
    let [a, b, c, d, x, y] = *place;
    let [(width, height), (across, down)] = [source, target].map(|size| (size.width as f32, size.height as f32));
    // Pixels of the source from one of the target to the next.
    let steps = [a * width / across, b * height / across, c * width / down, d * height / down];
    let first = [(0.5 * (a / across + c / down) + x) * width, (0.5 * (b / across + d / down) + y) * height];
    let is_whole = |number: f32, within: f32| (number - number.round()).abs() < within;
    steps.iter().all(|step| step.abs() < 1.5 && is_whole(*step, 0.05 / across.max(down)))
        && first.iter().all(|middle| is_whole(middle - 0.5, 0.05))
}

/// How an upright picture is laid on a canvas, so that a player who does `residual` to it shows it upright: whether rows and
/// columns are exchanged, then whether it is mirrored across, and down. For the `u_turn` of [`super::VERTEX`].
pub fn laid(residual: Orientation) -> [bool; 3] {
    // Where a point of the upright picture is stored, around the middle, y downwards: [a c; b d].
    let [a, b, c, d, ..] = residual.uv();
    if a == 0.0 { [true, c > 0.0, b > 0.0] } else { [false, a < 0.0, d < 0.0] }
}

/// Another colour for each: `matrix` times it, plus `black`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recode {
    /// The columns of a `mat3`.
    pub matrix: [f32; 9],
    /// A `vec3`.
    pub black: [f32; 3],
}

impl Recode {
    /// Leaves every colour as it is.
    pub const NONE: Recode = Recode { matrix: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], black: [0.0; 3] };
}

/// The colours to hand to an encoder that makes samples as `encoder` says, so that they are the samples `draft` would
/// have: those of all segments then mean the same. Colours that the encoder's samples cannot hold are cut off: a few very
/// saturated ones, and in a draft of full range what is darker than 16 or brighter than 235.
pub fn recode(encoder: Coding, draft: Coding) -> Recode {
    let (Some(from), Some(to)) = (weights(encoder.matrix), weights(draft.matrix)) else { return Recode::NONE };
    if !encoder.differs(draft) {
        return Recode::NONE;
    }
    let (black, light, tint) = levels(encoder.full_range);
    let (wanted_black, wanted_light, wanted_tint) = levels(draft.full_range);
    let mut matrix = [0.0; 9];
    for (column, into) in matrix.chunks_exact_mut(3).enumerate() {
        let mut color = [0.0; 3];
        color[column] = 1.0;
        let [y, cb, cr] = split(color, to);
        into.copy_from_slice(&merge(
            [y * wanted_light / light, cb * wanted_tint / tint, cr * wanted_tint / tint],
            from,
        ));
    }
    Recode { matrix, black: [(wanted_black - black) / light; 3] }
}

/// How much red and blue count for brightness (ITU-T H.273 table 4).
fn weights(matrix: u8) -> Option<(f32, f32)> {
    match matrix {
        1 => Some((0.2126, 0.0722)),
        5 | 6 => Some((0.299, 0.114)),
        9 => Some((0.2627, 0.0593)),
        _ => None,
    }
}

/// The level of black, and the levels from there to white and from one end of a colour difference to the other.
fn levels(full_range: bool) -> (f32, f32, f32) {
    if full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) }
}

/// Brightness 0..=1 and the two colour differences, -0.5..=0.5.
fn split([r, g, b]: [f32; 3], (kr, kb): (f32, f32)) -> [f32; 3] {
    let y = kr * r + (1.0 - kr - kb) * g + kb * b;
    [y, (b - y) / (2.0 - 2.0 * kb), (r - y) / (2.0 - 2.0 * kr)]
}

fn merge([y, cb, cr]: [f32; 3], (kr, kb): (f32, f32)) -> [f32; 3] {
    let (r, b) = (y + (2.0 - 2.0 * kr) * cr, y + (2.0 - 2.0 * kb) * cb);
    [r, (y - kr * r - kb * b) / (1.0 - kr - kb), b]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orientation::ALL;

    const fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    fn at(place: [f32; 6], u: f32, v: f32) -> (f32, f32) {
        let [a, b, c, d, x, y] = place;
        (a * u + c * v + x, b * u + d * v + y)
    }

    fn near((a, b): (f32, f32), (c, d): (f32, f32)) -> bool {
        (a - c).abs() < 1e-5 && (b - d).abs() < 1e-5
    }

    #[test]
    fn a_picture_is_laid_where_a_player_finds_it() {
        for residual in ALL {
            let [exchanged, across, down] = laid(residual);
            for (x, y) in [(0.0, 0.0), (1.0, 0.0), (0.25, 0.875)] {
                // As the vertex shader does it, on a canvas whose y points up.
                let place = (x * 2.0 - 1.0, 1.0 - y * 2.0);
                let place = if exchanged { (place.1, place.0) } else { place };
                let place = (if across { -place.0 } else { place.0 }, if down { -place.1 } else { place.1 });
                let [a, b, c, d, tx, ty] = residual.uv();
                let stored = (a * x + c * y + tx, b * x + d * y + ty);
                assert_eq!(((place.0 + 1.0) / 2.0, (1.0 - place.1) / 2.0), stored, "{residual:?}");
            }
        }
    }

    #[test]
    fn the_middle_stays_the_middle_and_the_longer_side_is_cut_or_barred() {
        for turn in ALL {
            for (source, target) in
                [(size(64, 48), size(36, 64)), (size(36, 64), size(64, 48)), (size(50, 50), size(50, 50))]
            {
                let shown = turn.upright(source);
                for fit in [Fit::Cover, Fit::Contain] {
                    let place = place(source, turn, target, fit);
                    assert!(near(at(place, 0.5, 0.5), (0.5, 0.5)), "{turn:?} {fit:?}");
                    // A square of target pixels comes from a square of source pixels.
                    let (left, right) = (at(place, 0.0, 0.5), at(place, 1.0, 0.5));
                    let (top, bottom) = (at(place, 0.5, 0.0), at(place, 0.5, 1.0));
                    let length = |(a, b): (f32, f32), (c, d): (f32, f32)| {
                        ((a - c) * source.width as f32).hypot((b - d) * source.height as f32)
                    };
                    let (across, down) = (length(left, right), length(top, bottom));
                    let shape = across / down * target.height as f32 / target.width as f32;
                    assert!((shape - 1.0).abs() < 1e-4, "{turn:?} {fit:?} {shape}");
                    let filled = (across / shown.width as f32, down / shown.height as f32);
                    let whole = if fit == Fit::Cover { filled.0.max(filled.1) } else { filled.0.min(filled.1) };
                    assert!((whole - 1.0).abs() < 1e-4, "{turn:?} {fit:?} {filled:?}");
                }
            }
        }
    }

    #[test]
    fn only_whole_pixels_are_read_without_their_neighbours() {
        let exact = |source, turn, target| is_exact(&place(source, turn, target, Fit::Cover), source, target);
        for turn in ALL {
            let shown = turn.upright(size(1920, 1080));
            assert!(exact(size(1920, 1080), turn, shown), "{turn:?}");
            // Between bars, of whole pixels and of halves.
            for (bars, is_whole) in [(20, true), (21, false)] {
                let barred = size(shown.width + bars, shown.height);
                let place = place(size(1920, 1080), turn, barred, Fit::Contain);
                assert_eq!(is_exact(&place, size(1920, 1080), barred), is_whole, "{turn:?}");
            }
            // Cut by whole pixels, and by halves.
            assert!(exact(size(1920, 1080), turn, size(shown.width - 480, shown.height)), "{turn:?}");
            assert!(!exact(size(1920, 1080), turn, size(shown.width - 481, shown.height)), "{turn:?}");
            // Halved, and as one of three: in the middle of a pixel, but its neighbours count.
            assert!(!exact(size(1920, 1080), turn, size(shown.width / 2, shown.height / 2)), "{turn:?}");
            assert!(!exact(size(1920, 1080), turn, size(shown.width / 3, shown.height / 3)), "{turn:?}");
            assert!(!exact(size(1920, 1080), turn, size(shown.width + 2, shown.height)), "{turn:?}");
        }
        assert!(exact(size(1, 1), ALL[0], size(1, 1)));
        assert!(!exact(size(0, 0), ALL[0], size(0, 0)));
    }

    #[test]
    fn each_turn_brings_the_corners_where_its_matrix_does() {
        let square = size(10, 10);
        for turn in ALL {
            let [a, b, _, c, d, _, x, y, _] = turn.matrix(square).map(|value| (value >> 16) as f32);
            for (p, q) in [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (2.0, 3.0)] {
                let (to, down) = (a * p + c * q + x, b * p + d * q + y);
                let from = at(place(square, turn, square, Fit::Cover), to / 10.0, down / 10.0);
                assert!(near(from, (p / 10.0, q / 10.0)), "{turn:?}");
            }
        }
    }

    /// The samples that an encoder makes of a colour.
    fn samples(color: [f32; 3], coding: Coding) -> [f32; 3] {
        let (black, light, tint) = levels(coding.full_range);
        let [y, cb, cr] = split(color, weights(coding.matrix).expect("known"));
        [black + light * y, 128.0 + tint * cb, 128.0 + tint * cr]
    }

    #[test]
    fn recoded_colours_become_the_samples_of_the_draft() {
        let codings =
            [(1, false), (6, false), (9, false), (6, true)].map(|(matrix, full_range)| Coding { matrix, full_range });
        for encoder in codings {
            for draft in codings {
                let Recode { matrix, black } = recode(encoder, draft);
                for color in [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.8, 0.2, 0.1], [0.1, 0.6, 0.9]] {
                    let mut other = black;
                    for (column, value) in color.into_iter().enumerate() {
                        other.iter_mut().enumerate().for_each(|(row, sum)| *sum += matrix[column * 3 + row] * value);
                    }
                    let (got, wanted) = (samples(other, encoder), samples(color, draft));
                    assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01), "{got:?} {wanted:?}");
                }
            }
        }
        let unknown = Coding { matrix: 2, full_range: false };
        assert_eq!(recode(codings[0], unknown), Recode::NONE);
        assert_eq!(recode(codings[1], Coding { matrix: 5, full_range: false }), Recode::NONE);
    }
}
