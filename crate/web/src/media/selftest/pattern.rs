//! The picture that is sent through a video encoder, and how to tell it when it comes back. Pure arithmetic.

use onetake_core::media::Size;

/// The source picture is square, with this edge.
pub const EDGE: u32 = 64;
/// The part of it that is to be seen: left, top and size. Even, as chroma needs, but no multiple of 4, 8 or 16, which
/// an encoder may round to.
pub const VISIBLE: (u32, u32, Size) = (18, 10, Size { width: 32, height: 48 });
/// What the visible part is scaled to: fifteen times as large. Large enough for an encoder in hardware to be chosen
/// where recordings would get one, and not beyond level 3.0 of H.264 (ISO/IEC 14496-10 table A-1).
pub const SCALED: Size = Size { width: 480, height: 720 };

/// Luma of the quadrants of the visible part, row by row.
const QUADRANTS: [u8; 4] = [40, 90, 150, 210];
/// Most that coding and scaling may change a sample; measured 2. What should be hidden is off by 40 and more.
const TOLERANCE: u8 = 24;
/// Source samples beside an edge that scaling may blend; two would hide a crop that is off by one chroma sample.
const BLENDED: u32 = 1;

/// Luma at a place of the source: four grey quadrants where it is visible, a chequer of black and white around them.
pub fn luma(x: u32, y: u32) -> u8 {
    let (left, top, Size { width, height }) = VISIBLE;
    if !(left..left + width).contains(&x) || !(top..top + height).contains(&y) {
        return if (x / 2 + y / 2).is_multiple_of(2) { 0 } else { 255 };
    }
    let (right_half, lower_half) = (x - left >= width / 2, y - top >= height / 2);
    QUADRANTS[usize::from(right_half) + 2 * usize::from(lower_half)]
}

/// The whole source, I420, grey.
pub fn source() -> Vec<u8> {
    let luma = (0..EDGE).flat_map(|y| (0..EDGE).map(move |x| luma(x, y)));
    let chroma = std::iter::repeat_n(128, (EDGE * EDGE / 2) as usize);
    luma.chain(chroma).collect()
}

/// Whether a luma plane of [`SCALED`] size, `stride` bytes a row, shows the visible part of the source and no more.
pub fn is_cropped(plane: &[u8], stride: usize) -> bool {
    let (left, top, visible) = VISIBLE;
    let scale = SCALED.width / visible.width;
    let clear = |at: u32, whole: u32| {
        let within = at % (whole / 2);
        (BLENDED..whole / 2 - BLENDED).contains(&within)
    };
    (0..SCALED.height).all(|y| {
        (0..SCALED.width).all(|x| {
            let (u, v) = (x / scale, y / scale);
            let seen = plane.get(y as usize * stride + x as usize);
            let blended = !clear(u, visible.width) || !clear(v, visible.height);
            seen.is_some_and(|seen| blended || seen.abs_diff(luma(left + u, top + v)) <= TOLERANCE)
        })
    })
}
