//! Which part of a camera's picture is recorded, and at what size: pure arithmetic on rectangles with even edges
//! (4:2:0 pictures have none other). It runs in the studio worker and natively.

mod way;

pub use way::{Given, Need, Wanted, Way, undrawn_way, way};

use crate::media::Size;

/// How a picture is brought into another shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// It fills the shape; what lies outside is cut off.
    #[default]
    Cover,
    /// All of it is seen, with black bars beside or above and below it.
    Contain,
}

/// Part of a picture in whole pixels; every edge is even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Columns left of it.
    pub x: u32,
    /// Rows above it.
    pub y: u32,
    /// Its size.
    pub size: Size,
}

/// The largest recorded picture when the application names none: 720 x 1280.
const LARGEST: Size = Size { width: 720, height: 1280 };

/// The largest upright 9:16 picture that `camera` gives, at most 720 x 1280, never enlarged; even, at least 2 x 2.
pub fn default_size(camera: Size) -> Size {
    let by_height = camera.height.min(LARGEST.height);
    let by_width = u64::from(camera.width.min(LARGEST.width)) * 16 / 9;
    let height = even(u64::from(by_height).min(by_width));
    Size { width: even(u64::from(height) * 9 / 16), height }
}

/// The upright 9:16 picture that holds all of what `camera` gives, at most 720 wide, never enlarged.
pub fn default_containing_size(camera: Size) -> Size {
    let width = u64::from(camera.width).max(u64::from(camera.height) * 9 / 16).min(u64::from(LARGEST.width));
    Size { width: even(width), height: even(width * 16 / 9) }
}

/// The largest centred part of `source` with the shape of `target` (CSS `object-fit: cover`), edges even.
///
/// `source` is offset by (`x`, `y`) in its coded picture; offsets and sizes of the result are in that picture.
pub fn cover(x: u32, y: u32, source: Size, target: Size) -> Crop {
    let (sw, sh) = (u64::from(source.width), u64::from(source.height));
    let (tw, th) = (u64::from(target.width.max(1)), u64::from(target.height.max(1)));
    let (width, height) = if sw * th > sh * tw { (sh * tw / th, sh) } else { (sw, sw * th / tw) };
    let size = Size { width: even(width).min(source.width & !1), height: even(height).min(source.height & !1) };
    Crop {
        x: (x + (source.width - size.width.min(source.width)) / 2)
            .next_multiple_of(2)
            .min(x + source.width - size.width)
            & !1,
        y: (y + (source.height - size.height.min(source.height)) / 2)
            .next_multiple_of(2)
            .min(y + source.height - size.height)
            & !1,
        size,
    }
}

/// The nearest even number, at least 2.
fn even(value: u64) -> u32 {
    u32::try_from(value.div_ceil(2) * 2).unwrap_or(u32::MAX - 1).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_picture_is_upright_even_and_never_enlarged() {
        let size = |width, height| Size { width, height };
        assert_eq!(default_size(size(720, 1280)), size(720, 1280));
        assert_eq!(default_size(size(1080, 1920)), size(720, 1280));
        assert_eq!(default_size(size(1280, 720)), size(406, 720));
        assert_eq!(default_size(size(640, 480)), size(270, 480));
        assert_eq!(default_size(size(480, 640)), size(360, 640));
        assert_eq!(default_containing_size(size(1280, 720)), size(720, 1280));
        assert_eq!(default_containing_size(size(640, 480)), size(640, 1138));
        assert_eq!(default_containing_size(size(360, 640)), size(360, 640));
    }

    #[test]
    fn the_crop_is_centred_even_and_inside_for_every_pair_of_sizes() {
        for sw in (2..200).step_by(7) {
            for sh in (2..200).step_by(9) {
                for (tw, th) in [(720, 1280), (1280, 720), (2, 2), (404, 720)] {
                    let source = Size { width: sw, height: sh };
                    let crop = cover(6, 4, source, Size { width: tw, height: th });
                    let edges = [crop.x, crop.y, crop.size.width, crop.size.height];
                    assert!(edges.iter().all(|edge| edge.is_multiple_of(2)), "{source:?} {crop:?}");
                    assert!(crop.x >= 6 && crop.y >= 4 && crop.x + crop.size.width <= 6 + sw, "{source:?} {crop:?}");
                    assert!(crop.y + crop.size.height <= 4 + sh, "{source:?} {crop:?}");
                    let left = crop.x - 6;
                    let right = sw - crop.size.width - left;
                    assert!(left.abs_diff(right) <= 3, "{source:?} {crop:?}");
                }
            }
        }
    }
}
