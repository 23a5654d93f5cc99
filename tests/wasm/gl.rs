//! What onetake draws: a known picture through every turn, mirror and fit, read back as only a test may; and what it asks of
//! the GPU for that.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use js_sys::{Array, Function, Reflect, Uint8Array};
use onetake_core::filter::{Asked, Chain, Given, Library, Recode, recode};
use onetake_core::media::{Coding, Size};
use onetake_core::orientation::{ALL, Orientation};
use onetake_core::picture::Fit;
use onetake_web::gl::{Pixels, Stage, View, live_textures};
use wasm_bindgen::{JsCast, JsValue};
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
    for residual in ALL {
        let lying = residual.inverse();
        let size = lying.upright(STORED);
        let mut stage = stage();
        let directly = drawn(&mut stage, &source, STORED, View { turn: lying, ..plain(size) }).await;
        let laid = View { turn: lying, residual, ..plain(size) };
        assert_eq!(drawn(&mut stage, &source, STORED, laid).await, directly, "{residual:?}");
        // Two draws: what is between them lies upright.
        put_on(&mut stage, &chain(&[("invert", &[])]), None);
        let inverse = drawn(&mut stage, &source, STORED, laid).await;
        put_on(&mut stage, &chain(&[("sharpen", &[])]), None);
        assert_eq!(stage.passes(), 2);
        let sharp = drawn(&mut stage, &source, STORED, laid).await;
        for (at, plain) in directly.iter().enumerate() {
            assert!((i32::from(plain[0]) + i32::from(inverse[at][0]) - 255).abs() <= 1, "{residual:?} {at}");
        }
        let middle = (size.height / 4 * size.width + size.width / 4) as usize;
        assert!(sharp[middle][0].abs_diff(directly[middle][0]) <= 2, "{residual:?}");
    }
}

/// A chain of filters, each with its numbers.
fn chain(filters: &[(&str, &[(&str, f64)])]) -> Chain {
    let asked = filters.iter().map(|(name, params)| Asked {
        name: (*name).to_owned(),
        params: params.iter().map(|(name, value)| ((*name).to_owned(), Given::Number(*value))).collect(),
    });
    Chain::check(&asked.collect::<Vec<_>>(), &mut Library::default()).unwrap()
}

fn put_on(stage: &mut Stage, chain: &Chain, pixels: Option<&Pixels>) {
    stage.set_chain(&mut Library::default(), chain, &|_| pixels.cloned()).unwrap();
    assert!(stage.settle(true).unwrap());
}

/// What a script gives for `value`.
fn script(body: &str, value: &JsValue) -> JsValue {
    Function::new_with_args("value", body).call1(&JsValue::NULL, value).unwrap()
}

/// A stage, and its context as scripts have it.
fn watched() -> (Stage, JsValue) {
    let canvas = OffscreenCanvas::new(2, 2).unwrap();
    let stage = Stage::new(canvas.clone(), |_| {}).unwrap();
    (stage, canvas.get_context("webgl2").unwrap().unwrap().into())
}

#[wasm_bindgen_test]
fn a_canvas_is_opaque_and_keeps_nothing_that_a_picture_does_not_need() {
    let (_stage, context) = watched();
    let attributes = script("return value.getContextAttributes()", &context);
    for name in ["alpha", "antialias", "depth", "stencil", "preserveDrawingBuffer"] {
        assert_eq!(Reflect::get(&attributes, &name.into()).unwrap(), JsValue::FALSE, "{name}");
    }
}

#[wasm_bindgen_test]
async fn a_picture_needs_no_vertex_array_and_whatever_is_bound_to_one_is_no_matter() {
    let (mut stage, context) = watched();
    let source = quadrants();
    let wanted = drawn(&mut stage, &source, STORED, plain(STORED)).await;
    assert!(wanted[0][0].abs_diff(QUADRANTS[0]) <= 3, "not black");
    let enabled = "const most = value.getParameter(value.MAX_VERTEX_ATTRIBS);
        return Array.from({ length: most }, (_, at) => value.getVertexAttrib(at, value.VERTEX_ATTRIB_ARRAY_ENABLED)).some(Boolean)
            || value.getParameter(value.ARRAY_BUFFER_BINDING) !== null || value.getParameter(value.VERTEX_ARRAY_BINDING) !== null";
    assert_eq!(script(enabled, &context), JsValue::FALSE);
    // What another user of the context might have left there.
    script(
        "value.bindBuffer(value.ARRAY_BUFFER, value.createBuffer());
        value.bufferData(value.ARRAY_BUFFER, new Float32Array(2), value.STATIC_DRAW);
        value.vertexAttribPointer(0, 2, value.FLOAT, false, 0, 0);",
        &context,
    );
    assert_eq!(drawn(&mut stage, &source, STORED, plain(STORED)).await, wanted);
}

#[wasm_bindgen_test]
async fn pictures_of_odd_sizes_are_drawn_to_their_last_column_and_row() {
    let size = Size { width: 427, height: 239 };
    // Blue enough to be no skin.
    let color = |x: u32, y: u32| [(x / 4) as u8, (y / 2) as u8, 128 + (x / 8 + y / 4) as u8];
    let source = Picture::new(size, color);
    let places = || (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    for (filters, off) in [
        (chain(&[]), 1),
        (chain(&[("invert", &[])]), 1),
        // Two draws, the first one half as large: 214 by 120.
        (chain(&[("beauty", &[("smoothing", 1.0)])]), 3),
        (chain(&[("gaussian", &[("radius", 1.0)])]), 3),
    ] {
        let mut stage = stage();
        put_on(&mut stage, &filters, None);
        let pixels = drawn(&mut stage, &source, size, plain(size)).await;
        let inverse = filters.steps.iter().any(|step| step.filter.name == "invert");
        for ((x, y), pixel) in places().zip(pixels) {
            let wanted = color(x, y).map(|level| if inverse { 255 - level } else { level });
            let apart = (0..3).map(|part| pixel[part].abs_diff(wanted[part])).max().unwrap();
            assert!(
                apart <= off,
                "{:?} {x} {y}: {pixel:?} for {wanted:?}",
                filters.steps.first().map(|one| &one.filter.name)
            );
        }
    }
}

#[wasm_bindgen_test]
async fn pictures_after_the_first_make_nothing_new_on_the_gpu_and_wait_for_nothing() {
    const MAKE: &str = "createTexture createFramebuffer createProgram createShader createBuffer createVertexArray texStorage2D \
        finish readPixels getBufferSubData clientWaitSync getError checkFramebufferStatus getProgramParameter";
    let (mut stage, context) = watched();
    let source = quadrants();
    let looks = [
        |amount: f64| {
            chain(&[("saturation", &[("amount", amount)]), ("gaussian", &[]), ("contrast", &[("amount", 0.1)])])
        },
        |amount: f64| chain(&[("beauty", &[("smoothing", amount)]), ("vignette", &[])]),
    ];
    for look in &looks {
        put_on(&mut stage, &look(0.5), None);
        stage.draw(&source.0, STORED, &plain(STORED)).unwrap();
    }
    let count = "const calls = value[1].split(/ +/).map((name) => {
            const call = value[0][name];
            value[0][name] = function (...given) { value[2].push(name); return call.apply(this, given); };
        })";
    let calls = Array::new();
    script(count, &Array::of3(&context, &MAKE.into(), &calls));
    let before = live_textures();
    for (round, look) in looks.iter().chain(&looks).enumerate() {
        put_on(&mut stage, &look(0.2), None);
        // The first picture of a chain makes its targets.
        stage.draw(&source.0, STORED, &plain(STORED)).unwrap();
        calls.set_length(0);
        let held = live_textures();
        for step in 1..8 {
            put_on(&mut stage, &look(f64::from(step) / 10.0), None);
            stage.draw(&source.0, STORED, &plain(STORED)).unwrap();
            drop(Picture(stage.picture(f64::from(step)).unwrap()));
            assert!(stage.queue() < u32::MAX);
        }
        assert_eq!(calls.join(" "), "", "round {round}");
        assert_eq!(live_textures(), held, "round {round}");
    }
    assert_eq!(live_textures(), before, "a look that comes again holds what it held");
}

/// Of the picture that is laid over: above on the left and on the right, below on the left and on the right.
const OVER: [u8; 4] = [255, 170, 0, 85];

fn bitmap() -> Pixels {
    let made = script(
        "const canvas = new OffscreenCanvas(8, 8);
        const context = canvas.getContext('2d');
        value.forEach((level, at) => {
            context.fillStyle = `rgb(${level} ${level} ${level})`;
            context.fillRect(at % 2 * 4, at > 1 ? 4 : 0, 4, 4);
        });
        return canvas.transferToImageBitmap();",
        &OVER.map(JsValue::from).into_iter().collect::<Array>(),
    );
    Pixels::Bitmap(made.unchecked_into())
}

#[wasm_bindgen_test]
async fn a_picture_that_a_filter_reads_stands_upright_however_the_frame_lies() {
    let asked = Asked {
        name: "overlay".to_owned(),
        params: vec![
            ("other".to_owned(), Given::Picture(1)),
            ("width".to_owned(), Given::Number(1.0)),
            ("x".to_owned(), Given::Number(0.5)),
            ("y".to_owned(), Given::Number(0.5)),
        ],
    };
    let over = Chain::check(&[asked], &mut Library::default()).unwrap();
    let source = Picture::new(STORED, |_, _| [110; 3]);
    for turn in ALL {
        // As players show it: `turn` is done in the drawing, or left to them.
        for (turn, residual) in [(turn, Orientation::UPRIGHT), (turn.inverse(), turn)] {
            let size = if residual == Orientation::UPRIGHT {
                turn.upright(STORED)
            } else {
                residual.inverse().upright(STORED)
            };
            let mut stage = stage();
            put_on(&mut stage, &over, Some(&bitmap()));
            let pixels = drawn(&mut stage, &source, STORED, View { turn, residual, ..plain(size) }).await;
            let upright = residual.upright(size);
            let [a, b, _, c, d, _, x, y, _] = residual.matrix(size).map(|value| value >> 16);
            let mut seen = [0; 4];
            for (at, pixel) in pixels.iter().enumerate() {
                let (column, row) = (at as u32 % size.width, at as u32 / size.width);
                let (p, q) = (f64::from(column) + 0.5, f64::from(row) + 0.5);
                let across = f64::from(a) * p + f64::from(c) * q + f64::from(x) - f64::from(upright.width) / 2.0;
                let down = f64::from(b) * p + f64::from(d) * q + f64::from(y) - f64::from(upright.height) / 2.0;
                // In each quarter of the picture, away from its borders.
                if (4.0..10.0).contains(&across.abs()) && (4.0..10.0).contains(&down.abs()) {
                    let quarter = usize::from(across > 0.0) + 2 * usize::from(down > 0.0);
                    assert!(pixel[0].abs_diff(OVER[quarter]) <= 2, "{turn:?} {residual:?}: {pixel:?} {across} {down}");
                    seen[quarter] += 1;
                }
            }
            assert!(seen.iter().all(|count| *count > 20), "{turn:?} {residual:?}: {seen:?}");
        }
    }
}

/// The 24 fields of a colour checker, as sRGB bytes.
const FIELDS: [[u8; 3]; 24] = [
    [115, 82, 68],
    [194, 150, 130],
    [98, 122, 157],
    [87, 108, 67],
    [133, 128, 177],
    [103, 189, 170],
    [214, 126, 44],
    [80, 91, 166],
    [193, 90, 99],
    [94, 60, 108],
    [157, 188, 64],
    [224, 163, 46],
    [56, 61, 150],
    [70, 148, 73],
    [175, 54, 60],
    [231, 199, 31],
    [187, 86, 149],
    [8, 133, 161],
    [243, 243, 242],
    [200, 200, 200],
    [160, 160, 160],
    [122, 122, 121],
    [85, 85, 85],
    [52, 52, 52],
];
/// Six fields beside each other, four above each other, of 16 by 16 pixels.
const CHART: Size = Size { width: 96, height: 64 };

fn field(x: u32, y: u32) -> [u8; 3] {
    FIELDS[(x / 16 + 6 * (y / 16)) as usize]
}

/// The chart as cameras give it (both layouts, matrices and ranges), as a canvas does, and as a still or a decoder does.
fn charts() -> Vec<(String, Picture)> {
    const MAKE: &str = "const [width, height, colors] = value;
        const places = Array.from({ length: width * height }, (_, at) => [at % width, Math.floor(at / width)]);
        const color = (x, y) => colors.slice(3 * (Math.floor(x / 16) + 6 * Math.floor(y / 16))).slice(0, 3);
        const frame = (format, matrix, fullRange) => {
            const [kr, kb] = matrix === 'bt709' ? [0.2126, 0.0722] : [0.299, 0.114];
            const [black, light, tint] = fullRange ? [0, 255, 255] : [16, 219, 224];
            const split = ([r, g, b]) => {
                const y = kr * r + (1 - kr - kb) * g + kb * b;
                return [black + y * light / 255, 128 + (b - y) / (2 - 2 * kb) * tint / 255, 128 + (r - y) / (2 - 2 * kr) * tint / 255].map(Math.round);
            };
            const coded = places.map(([x, y]) => split(color(x, y)));
            const half = coded.filter((_, at) => places[at][0] % 2 + places[at][1] % 2 === 0);
            const [blue, red] = [half.map(([, one]) => one), half.map(([, , one]) => one)];
            const tints = format === 'NV12' ? half.flatMap((_, at) => [blue[at], red[at]]) : [...blue, ...red];
            const bytes = Uint8Array.from([...coded.map(([y]) => y), ...tints]);
            const colorSpace = { matrix, primaries: matrix, transfer: matrix, fullRange };
            return [`${format} ${matrix} ${fullRange}`, new VideoFrame(bytes, { format, codedWidth: width, codedHeight: height, timestamp: 0, colorSpace })];
        };
        const pixels = new ImageData(Uint8ClampedArray.from(places.flatMap(([x, y]) => [...color(x, y), 255])), width, height);
        const canvas = new OffscreenCanvas(width, height);
        canvas.getContext('2d').putImageData(pixels, 0, 0);
        const one = { timestamp: 0 };
        const cameras = ['I420', 'NV12'].flatMap((format) => ['bt709', 'smpte170m'].flatMap((matrix) => [false, true].map((full) => frame(format, matrix, full))));
        return [...cameras, ['canvas', new VideoFrame(canvas, one)], ['still', new VideoFrame(canvas.transferToImageBitmap(), one)]];";
    let colors: Array = FIELDS.iter().flatten().map(|level| JsValue::from(*level)).collect();
    let made = script(MAKE, &Array::of3(&CHART.width.into(), &CHART.height.into(), &colors));
    let named = |pair: JsValue| {
        let pair: Array = pair.unchecked_into();
        (pair.get(0).as_string().unwrap(), Picture(pair.get(1).unchecked_into()))
    };
    made.unchecked_into::<Array>().iter().map(named).collect()
}

#[wasm_bindgen_test]
async fn a_filter_makes_the_same_pixels_of_pictures_from_everywhere() {
    let others = charts();
    assert_eq!(others.len(), 10);
    let plainly = Picture::new(CHART, field);
    for filters in [
        chain(&[]),
        chain(&[("contrast", &[("amount", 0.1)]), ("invert", &[])]),
        chain(&[("gaussian", &[("radius", 8.0)]), ("brightness", &[("amount", 0.05)]), ("hue", &[("angle", 40.0)])]),
    ] {
        let mut stage = stage();
        put_on(&mut stage, &filters, None);
        let wanted = drawn(&mut stage, &plainly, CHART, plain(CHART)).await;
        for (name, other) in &others {
            let pixels = drawn(&mut stage, other, CHART, plain(CHART)).await;
            for (at, (one, other)) in wanted.iter().zip(&pixels).enumerate() {
                let (x, y) = (at as u32 % CHART.width, at as u32 / CHART.width);
                // Where fields meet, a camera's colours are mixed: it has one for four pixels.
                let inside = [x, y].iter().all(|place| (4..12).contains(&(place % 16)));
                let apart = one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap();
                let first = filters.steps.first().map(|one| &one.filter.name);
                assert!(!inside || apart <= 3, "{name} {first:?} {:?}: {other:?} for {one:?}", field(x, y));
                assert!(first.is_some() || one.iter().zip(field(x, y)).all(|(one, color)| one.abs_diff(color) <= 1));
            }
        }
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
async fn the_chain_before_is_drawn_until_the_next_ones_programs_are_compiled() {
    let canvas = OffscreenCanvas::new(2, 2).unwrap();
    // A browser that compiles beside, and says only when told to that it is done.
    let done = Array::of1(&JsValue::TRUE);
    let slow = "const [canvas, done] = value;
        const attributes = { alpha: false, antialias: false, depth: false, stencil: false };
        const context = canvas.getContext('webgl2', attributes);
        const [extension, parameter] = [context.getExtension, context.getProgramParameter];
        context.getExtension = function (name) { return name === 'KHR_parallel_shader_compile' ? {} : extension.call(this, name); };
        context.getProgramParameter = function (program, name) { return name === 0x91b1 ? done[0] : parameter.call(this, program, name); };";
    script(slow, &Array::of2(&canvas, &done));
    let mut stage = Stage::new(canvas, |_| {}).unwrap();
    let (source, bright) = (quadrants(), |pixels: &[[u8; 3]]| pixels[0][0] > 128);
    put_on(&mut stage, &chain(&[("saturation", &[("amount", -1.0)])]), None);
    assert!(!bright(&drawn(&mut stage, &source, STORED, plain(STORED)).await), "its first quadrant is dark");
    done.set(0, JsValue::FALSE);
    stage.set_chain(&mut Library::default(), &chain(&[("invert", &[])]), &|_| None).unwrap();
    for _ in 0..3 {
        assert!(!stage.settle(false).unwrap());
        assert!(!bright(&drawn(&mut stage, &source, STORED, plain(STORED)).await), "the chain before");
    }
    done.set(0, JsValue::TRUE);
    assert!(stage.settle(false).unwrap());
    assert!(bright(&drawn(&mut stage, &source, STORED, plain(STORED)).await), "the next one");
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
