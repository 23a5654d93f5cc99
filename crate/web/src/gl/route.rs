//! The ways of a picture into a texture, and which one is taken. Browsers have two, and on some machines the one into a texture
//! that is there already is several times as fast; but not every browser turns every coding of colours into the same levels
//! on it. So the first picture of a kind is sent both ways, where nobody waits for it, and the quicker way is taken from
//! then on, if what arrives is the same: the picture, and a chart of the same kind whose colours are known to differ.

use std::cell::RefCell;

use js_sys::Uint8Array;
use onetake_core::media::Coding;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{VideoFrame, VideoFrameBufferInit, VideoPixelFormat};

use super::binding::Context;
use super::texture::Texture;
use crate::clock;
use crate::js;
use crate::media::frame::{OwnedFrame, stated_coding};

/// How a picture goes into a texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The texture is made anew for each: right everywhere.
    Anew,
    /// Into one that is there.
    Into,
}

/// Pictures that go the same way.
#[derive(Clone, Copy, PartialEq)]
struct Kind {
    format: VideoPixelFormat,
    coding: Coding,
}

thread_local! {
    static KNOWN: RefCell<Vec<(Kind, Route)>> = const { RefCell::new(Vec::new()) };
}

/// Side of the chart, of one of its patches, and of the part of a picture that is compared.
const SIDE: u32 = 64;
const PATCH: u32 = 16;
/// Levels by which the two may differ: in a patch's middle, and on average in a picture, whose edges are the browser's to round.
const LEVELS: u8 = 1;
const ON_AVERAGE: u64 = 1;

impl Kind {
    /// `None` of pictures that never go into a texture that is there: of other formats, or shown at another size than theirs.
    fn of(frame: &VideoFrame) -> Option<Kind> {
        let format = frame.format().filter(|one| matches!(one, VideoPixelFormat::I420 | VideoPixelFormat::Nv12))?;
        let rect = frame.visible_rect()?;
        let shown = (f64::from(frame.display_width()), f64::from(frame.display_height()));
        let whole = (rect.width(), rect.height()) == shown
            && rect.width() >= f64::from(SIDE)
            && rect.height() >= f64::from(SIDE);
        whole.then(|| Kind { format, coding: stated_coding(frame) })
    }
}

/// The way of this picture, as far as it is known.
pub(super) fn of(frame: &VideoFrame) -> Route {
    let known = |kind| KNOWN.with_borrow(|known| known.iter().find(|(one, _)| *one == kind).map(|(_, route)| *route));
    Kind::of(frame).and_then(known).unwrap_or(Route::Anew)
}

/// Finds the way of pictures like this one, once in this worker. It waits for the GPU.
pub(super) fn learn(context: &Context, frame: &VideoFrame) {
    let Some(kind) = Kind::of(frame) else { return };
    if KNOWN.with_borrow(|known| known.iter().any(|(one, _)| *one == kind)) {
        return;
    }
    let route = match measure(context, frame, kind) {
        Ok(true) if !context.is_context_lost() => Route::Into,
        _ => Route::Anew,
    };
    KNOWN.with_borrow_mut(|known| known.push((kind, route)));
}

/// Whether the way into a texture that is there is quicker, and as right as the other.
fn measure(context: &Context, frame: &VideoFrame, kind: Kind) -> Result<bool, JsValue> {
    let ways = [(Texture::new(context), Route::Anew), (Texture::new(context), Route::Into)];
    let mut took = [0; 2];
    let mut seen = [Vec::new(), Vec::new()];
    for (place, (texture, route)) in ways.iter().enumerate() {
        // The first one makes what later ones have.
        for _ in 0..2 {
            let began = clock::now();
            texture.set(frame, *route)?;
            seen[place] = texture.read(SIDE);
            took[place] = (clock::now() - began).0;
        }
    }
    let [anew, into] = took;
    // By a half at least: it is not known to be right everywhere.
    if into * 3 > anew * 2 || apart(&seen) > ON_AVERAGE {
        return Ok(false);
    }
    let chart = chart(frame, kind)?;
    for (place, (texture, route)) in ways.iter().enumerate() {
        texture.set(chart.frame(), *route)?;
        seen[place] = texture.read(SIDE);
    }
    let middles = (0..SIDE * SIDE).filter(|at| at % PATCH == PATCH / 2 && at / SIDE % PATCH == PATCH / 2);
    let [anew, into] = &seen;
    let alike = |at: u32| {
        let texel = at as usize * 4..at as usize * 4 + 4;
        anew[texel.clone()].iter().zip(&into[texel]).all(|(one, other)| one.abs_diff(*other) <= LEVELS)
    };
    Ok(middles.into_iter().all(alike))
}

/// By how many levels two pictures differ on average.
fn apart([one, other]: &[Vec<u8>; 2]) -> u64 {
    let sum: u64 = one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum / (one.len() as u64).max(1)
}

/// Sixteen colours, of the same kind as this picture.
fn chart(like: &VideoFrame, kind: Kind) -> Result<OwnedFrame, JsValue> {
    let half = SIDE / 2;
    let patch = |x: u32, y: u32| x / PATCH + y / PATCH * (SIDE / PATCH);
    let luma = |x, y| 60 + 8 * patch(x, y) as u8;
    let (blue, red) = (|x, y| 96 + (patch(x, y) % 4 * 20) as u8, |x, y| 96 + (patch(x, y) / 4 * 20) as u8);
    let mut bytes: Vec<u8> = (0..SIDE * SIDE).map(|at| luma(at % SIDE, at / SIDE)).collect();
    let places = || (0..half * half).map(|at| (at % half * 2, at / half * 2));
    if kind.format == VideoPixelFormat::Nv12 {
        bytes.extend(places().flat_map(|(x, y)| [blue(x, y), red(x, y)]));
    } else {
        bytes.extend(places().map(|(x, y)| blue(x, y)));
        bytes.extend(places().map(|(x, y)| red(x, y)));
    }
    let init = VideoFrameBufferInit::new_with_f64(SIDE, SIDE, kind.format, 0.0);
    js::set(init.unchecked_ref(), "colorSpace", js::get(like, "colorSpace"));
    let bytes = Uint8Array::from(bytes.as_slice());
    VideoFrame::new_with_u8_array_and_video_frame_buffer_init(&bytes, &init).map(OwnedFrame::new)
}
