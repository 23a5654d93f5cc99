//! What onetake draws: a known picture through every turn, mirror and fit, read back as only a test may.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use js_sys::Uint8Array;
use onetake_core::filter::{Asked, Chain, Library, Recode, recode};
use onetake_core::media::{Coding, Size};
use onetake_core::orientation::{ALL, Orientation};
use onetake_core::picture::Fit;
use onetake_web::gl::{Stage, View};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{OffscreenCanvas, VideoFrame, VideoFrameBufferInit, VideoPixelFormat};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const STORED: Size = Size { width: 64, height: 32 };
/// Levels of the quadrants of the stored picture, row by row, all of one grey.
const QUADRANTS: [u8; 4] = [60, 110, 160, 220];

/// A picture that is closed in the end.
struct Picture(VideoFrame);

impl Picture {
    /// `color` says each pixel's red, green and blue.
    fn new(size: Size, color: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
        let places = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
        let pixels: Vec<u8> = places.flat_map(|(x, y)| color(x, y).into_iter().chain([255])).collect();
        let init = VideoFrameBufferInit::new_with_f64(size.height, size.width, VideoPixelFormat::Rgbx, 0.0);
        let pixels = Uint8Array::from(pixels.as_slice());
        Picture(VideoFrame::new_with_u8_array_and_video_frame_buffer_init(&pixels, &init).unwrap())
    }

    /// Red, green and blue, pixel by pixel.
    async fn read(&self) -> Vec<[u8; 3]> {
        let bytes = Uint8Array::new_with_length(self.0.allocation_size().unwrap());
        JsFuture::from(self.0.copy_to_with_u8_array(&bytes)).await.unwrap();
        let blue_first = matches!(self.0.format(), Some(VideoPixelFormat::Bgra | VideoPixelFormat::Bgrx));
        let order =
            |pixel: &[u8]| if blue_first { [pixel[2], pixel[1], pixel[0]] } else { [pixel[0], pixel[1], pixel[2]] };
        bytes.to_vec().chunks_exact(4).map(order).collect()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn stage() -> Stage {
    Stage::new(OffscreenCanvas::new(2, 2).unwrap(), |_| {}).unwrap()
}

fn plain(size: Size) -> View {
    let (turn, residual) = (Orientation::UPRIGHT, Orientation::UPRIGHT);
    View { size, turn, residual, fit: Fit::Cover, recode: Recode::NONE, seconds: 0.0 }
}

async fn drawn(stage: &mut Stage, source: &Picture, size: Size, view: View) -> Vec<[u8; 3]> {
    stage.draw(&source.0, size, &view).unwrap();
    let picture = Picture(stage.picture(40_000_000_000.0).unwrap());
    assert_eq!((picture.0.timestamp(), picture.0.display_width()), (40_000_000_000.0, view.size.width));
    picture.read().await
}

fn quadrants() -> Picture {
    Picture::new(STORED, |x, y| {
        [QUADRANTS[usize::from(x >= STORED.width / 2) + 2 * usize::from(y >= STORED.height / 2)]; 3]
    })
}

#[wasm_bindgen_test]
async fn every_turn_brings_the_quadrants_where_its_matrix_does() {
    let (mut stage, source) = (stage(), quadrants());
    for turn in ALL {
        let upright = turn.upright(STORED);
        let [a, b, _, c, d, _, x, y, _] = turn.matrix(STORED).map(|value| value >> 16);
        for (fit, size) in [
            (Fit::Cover, upright),
            (Fit::Contain, upright),
            (Fit::Cover, Size { width: 40, height: 40 }),
            (Fit::Contain, Size { width: 48, height: 48 }),
            (Fit::Contain, Size { width: upright.height, height: upright.width }),
        ] {
            let view = View { turn, fit, ..plain(size) };
            let pixels = drawn(&mut stage, &source, STORED, view).await;
            assert_eq!(pixels.len() as u32, size.width * size.height);
            let (across, down) =
                (f64::from(size.width) / f64::from(upright.width), f64::from(size.height) / f64::from(upright.height));
            let scale = if fit == Fit::Cover { across.max(down) } else { across.min(down) };
            let at = |p: f64, q: f64| {
                let column = (p - f64::from(upright.width) / 2.0) * scale + f64::from(size.width) / 2.0;
                let row = (q - f64::from(upright.height) / 2.0) * scale + f64::from(size.height) / 2.0;
                pixels[row as usize * size.width as usize + column as usize]
            };
            // Near the middle, so that no fit cuts them off.
            for (quadrant, (p, q)) in [(28, 12), (36, 12), (28, 20), (36, 20)].into_iter().enumerate() {
                let place = (f64::from(a * p + c * q + x), f64::from(b * p + d * q + y));
                let level = i32::from(at(place.0, place.1)[0]);
                assert!((level - i32::from(QUADRANTS[quadrant])).abs() <= 3, "{turn:?} {fit:?} {size:?}: {level}");
            }
            let bars = fit == Fit::Contain && (across - down).abs() > 0.01;
            let corner = pixels[0][0];
            assert_eq!(corner < 3, bars, "{turn:?} {fit:?} {size:?}: {corner}");
        }
    }
}

/// Filters see a picture upright, however it is stored.
#[wasm_bindgen_test]
async fn a_picture_that_players_turn_is_drawn_upright_and_laid_down() {
    let source = quadrants();
    let mut library = Library::default();
    let chain = |name: &str| {
        let asked = [Asked { name: name.to_owned(), params: Vec::new() }];
        Chain::check(&asked, &mut Library::default()).unwrap()
    };
    for residual in ALL {
        let lying = residual.inverse();
        let size = lying.upright(STORED);
        let mut stage = stage();
        let directly = drawn(&mut stage, &source, STORED, View { turn: lying, ..plain(size) }).await;
        let laid = View { turn: lying, residual, ..plain(size) };
        assert_eq!(drawn(&mut stage, &source, STORED, laid).await, directly, "{residual:?}");
        // Two draws: what is between them lies upright.
        stage.set_chain(&mut library, &chain("invert"), &|_| None).unwrap();
        assert!(stage.settle(true).unwrap());
        let inverse = drawn(&mut stage, &source, STORED, laid).await;
        stage.set_chain(&mut library, &chain("sharpen"), &|_| None).unwrap();
        assert!(stage.settle(true).unwrap());
        assert_eq!(stage.passes(), 2);
        let sharp = drawn(&mut stage, &source, STORED, laid).await;
        for (at, plain) in directly.iter().enumerate() {
            assert!((i32::from(plain[0]) + i32::from(inverse[at][0]) - 255).abs() <= 1, "{residual:?} {at}");
        }
        let middle = (size.height / 4 * size.width + size.width / 4) as usize;
        assert!(sharp[middle][0].abs_diff(directly[middle][0]) <= 2, "{residual:?}");
    }
}

#[wasm_bindgen_test]
async fn colours_are_recoded_for_the_encoder() {
    let (hd, sd) = (Coding { matrix: 1, full_range: false }, Coding { matrix: 6, full_range: false });
    let color = [200, 70, 90];
    let size = Size { width: 16, height: 16 };
    let source = Picture::new(size, |_, _| color);
    let mut stage = stage();
    for recode in [Recode::NONE, recode(hd, sd), recode(sd, hd)] {
        let view = View { recode, ..plain(size) };
        let pixels = drawn(&mut stage, &source, size, view).await;
        for row in 0..3 {
            let sum: f32 = (0..3).map(|column| recode.matrix[column * 3 + row] * f32::from(color[column])).sum();
            let wanted = sum + 255.0 * recode.black[row];
            assert!((f32::from(pixels[100][row]) - wanted).abs() <= 1.5, "{:?} {wanted}", pixels[100]);
        }
    }
}

#[wasm_bindgen_test]
async fn a_size_that_changes_from_picture_to_picture_is_no_matter() {
    let (mut stage, source) = (stage(), quadrants());
    for width in [64, 32, 128, 64] {
        let size = Size { width, height: width / 2 };
        let view = plain(size);
        let pixels = drawn(&mut stage, &source, STORED, view).await;
        assert_eq!(pixels.len() as u32, size.width * size.height);
        assert!(pixels[0][0].abs_diff(QUADRANTS[0]) <= 3, "{:?}", pixels[0]);
    }
}
