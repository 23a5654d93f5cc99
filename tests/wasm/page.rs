//! What onetake takes for granted of the page around it: messages arrive as they were meant, and pictures turn the way
//! CSS and the browser's own frames turn them.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod upload;

use js_sys::{Array, JSON, Promise, Uint8Array, eval};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, Facing, Size, VideoCodec};
use onetake_core::orientation::{ALL, Orientation};
use onetake_core::protocol::{Answer, Command, DraftView, EditRequest, Event, Request, SegmentView, StatsView};
use onetake_core::record::DropReason;
use onetake_web::wire::{self, Mismatch};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    DomRect, Element, HtmlElement, MessageChannel, MessageEvent, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
    ReadableStream, VideoFrame, VideoFrameBufferInit, VideoPixelFormat, window,
};

wasm_bindgen_test_configure!(run_in_browser);

/// A message as it arrives after a real `postMessage`.
async fn posted(message: &JsValue, transfer: &Array) -> JsValue {
    let channel = MessageChannel::new().unwrap();
    let (near, far) = (channel.port1(), channel.port2());
    let arrived = Promise::new(&mut |resolve, _| {
        let listener = Closure::once_into_js(move |event: MessageEvent| {
            resolve.call1(&JsValue::UNDEFINED, &event.data()).unwrap();
        });
        far.set_onmessage(Some(listener.unchecked_ref()));
    });
    near.post_message_with_transferable(message, transfer).unwrap();
    let message = JsFuture::from(arrived).await.unwrap();
    near.close();
    message
}

/// The request that a literal of JavaScript becomes on the other side.
async fn request(literal: &str) -> Result<Request, Mismatch> {
    let message = eval(&format!("({literal})")).unwrap();
    wire::read(posted(&message, &Array::new()).await)
}

async fn command(literal: &str) -> Command {
    let parsed = request(&format!("{{ id: 7, command: {literal} }}")).await;
    let Request { id, command } = parsed.unwrap_or_else(|error| panic!("{literal}: {error}"));
    assert_eq!(id, 7);
    command
}

/// The word for a command on the wire; a new command must be named here and tried below.
fn word(command: &Command) -> &'static str {
    match command {
        Command::Open { .. } => "open",
        Command::Camera { .. } => "camera",
        Command::Recorder { .. } => "recorder",
        Command::Microphone { .. } => "microphone",
        Command::Record { .. } => "record",
        Command::Pause { .. } => "pause",
        Command::Flip { .. } => "flip",
        Command::Turn { .. } => "turn",
        Command::Mirror { .. } => "mirror",
        Command::Look { .. } => "look",
        Command::Try { .. } => "try",
        Command::Photo { .. } => "photo",
        Command::Define { .. } => "define",
        Command::Edit { edit } => match edit {
            EditRequest::RemoveLast {} => "removeLast",
            EditRequest::Remove { .. } => "remove",
            EditRequest::Move { .. } => "move",
            EditRequest::Undo {} => "undo",
            EditRequest::Redo {} => "redo",
            EditRequest::Discard {} => "discard",
        },
        Command::Export { .. } => "export",
        Command::File { .. } => "file",
        Command::Inspect {} => "inspect",
        Command::Compose { .. } => "compose",
        Command::Repair { .. } => "repair",
        Command::Compress { .. } => "compress",
        Command::Peek { .. } => "peek",
        Command::Cancel { .. } => "cancel",
        Command::Close {} => "close",
    }
}

#[wasm_bindgen_test]
async fn every_command_arrives_as_it_was_posted() {
    // Whole and broken numbers, null, undefined and absent: all that the page may write.
    let posted = [
        ("{ microphone: { live: true } }", "Microphone { live: true }"),
        (
            "{ record: { pressUs: 1770000000000000, maxDuration: null, speed: 1000, mute: false } }",
            "Record { press_us: 1770000000000000.0, max_duration: None, speed: 1000, mute: false }",
        ),
        (
            "{ record: { pressUs: 1770000000000000.5, maxDuration: 15, speed: 2000, mute: true } }",
            "Record { press_us: 1770000000000000.5, max_duration: Some(15.0), speed: 2000, mute: true }",
        ),
        (
            "{ record: { pressUs: 0, maxDuration: undefined, speed: 250, mute: false } }",
            "Record { press_us: 0.0, max_duration: None, speed: 250, mute: false }",
        ),
        (
            "{ record: { pressUs: 0.25, speed: 4000, mute: false } }",
            "Record { press_us: 0.25, max_duration: None, speed: 4000, mute: false }",
        ),
        ("{ pause: { atUs: 1770000000000001 } }", "Pause { at_us: 1770000000000001.0 }"),
        ("{ flip: { atUs: 1.75 } }", "Flip { at_us: 1.75 }"),
        (
            "{ turn: { shown: { width: 480, height: 640 }, screen: 90 } }",
            "Turn { shown: Some(Size { width: 480, height: 640 }), screen: 90 }",
        ),
        ("{ mirror: { recording: true } }", "Mirror { recording: true }"),
        (
            "{ look: { look: { chain: [{ name: 'lut', params: [['table', { picture: 1 }], ['amount', { number: 0.5 }]] },
                { name: 'tone_curve', params: [['curve', { text: '0,0 1,1' }]] }], sources: ['//'], pictures: [1] } } }",
            "Look { look: LookRequest { chain: [Asked { name: \"lut\", params: [(\"table\", Picture(1)), \
                (\"amount\", Number(0.5))] }, Asked { name: \"tone_curve\", params: [(\"curve\", \
                Text(\"0,0 1,1\"))] }], sources: [\"//\"], pictures: [1] } }",
        ),
        (
            "{ try: { looks: [{ chain: [], sources: [], pictures: [] }], width: 96, mirrored: true } }",
            "Try { looks: [LookRequest { chain: [], sources: [], pictures: [] }], width: 96, mirrored: true }",
        ),
        ("{ photo: { mirrored: false } }", "Photo { mirrored: false }"),
        ("{ define: { source: '// kind' } }", "Define { source: \"// kind\" }"),
        ("{ edit: { edit: { removeLast: {} } } }", "Edit { edit: RemoveLast }"),
        ("{ edit: { edit: { remove: { segment: '3' } } } }", "Edit { edit: Remove { segment: \"3\" } }"),
        (
            "{ edit: { edit: { move: { segment: '3', index: 4294967295 } } } }",
            "Edit { edit: Move { segment: \"3\", index: 4294967295 } }",
        ),
        ("{ edit: { edit: { undo: {} } } }", "Edit { edit: Undo }"),
        ("{ edit: { edit: { redo: {} } } }", "Edit { edit: Redo }"),
        ("{ edit: { edit: { discard: {} } } }", "Edit { edit: Discard }"),
        ("{ file: { segment: '12' } }", "File { segment: \"12\" }"),
        ("{ inspect: {} }", "Inspect"),
        ("{ peek: { busy: true } }", "Peek { busy: true }"),
        ("{ cancel: { request: 6 } }", "Cancel { request: 6 }"),
        ("{ close: {} }", "Close"),
    ];
    for (literal, expected) in posted {
        let command = command(literal).await;
        assert_eq!(format!("{command:?}"), expected);
        assert!(literal.contains(&format!("{{ {}: {{", word(&command))), "{literal}");
    }
}

#[wasm_bindgen_test]
async fn what_the_application_asked_for_arrives_with_open_and_camera() {
    let literal = "{ open: { draft: 'a-1', settings: { size: { width: 720, height: 1280 }, frameRate: 29.97,
        videoCodec: 'hevc', videoBitrate: null, keyFrameInterval: 1, audioCodec: 'opus', audioBitrate: 128000, sound: true,
        maxDuration: undefined, contain: false, mirror: true, engine: 'Chromium 156', originUs: 1770000000000000.5 } } }";
    let Command::Open { draft, settings } = command(literal).await else { panic!("{literal}") };
    assert_eq!((draft.as_str(), settings.engine.as_str()), ("a-1", "Chromium 156"));
    assert_eq!(settings.size, Some(Size { width: 720, height: 1280 }));
    assert_eq!((settings.frame_rate, settings.key_frame_interval), (29.97, 1.0));
    assert_eq!((settings.video_bitrate, settings.audio_bitrate), (None, 128_000));
    assert_eq!(settings.video_codec, Some(VideoCodec::Hevc));
    assert_eq!((settings.audio_codec, settings.max_duration), (Some(AudioCodec::Opus), None));
    assert_eq!((settings.sound, settings.contain, settings.mirror), (true, false, true));

    let literal = "{ camera: { camera: { facing: 'user', device: 'front', frameRate: 30, shown: { width: 480, height: 640 }, screen: 0 } } }";
    let Command::Camera { camera } = command(literal).await else { panic!("{literal}") };
    assert_eq!((camera.facing, camera.frame_rate), (Some(Facing::User), Some(30.0)));
    assert_eq!((camera.shown, camera.screen), (Some(Size { width: 480, height: 640 }), 0));
    let literal = "{ camera: { camera: { facing: null, device: '', frameRate: null, shown: null, screen: 270 } } }";
    let Command::Camera { camera } = command(literal).await else { panic!("{literal}") };
    assert_eq!((camera.facing, camera.frame_rate, camera.shown, camera.screen), (None, None, None, 270));
    let literal = literal.replace("{ camera: { camera", "{ recorder: { camera");
    let Command::Recorder { camera } = command(&literal).await else { panic!("{literal}") };
    assert_eq!((camera.facing, camera.screen), (None, 270));
}

#[wasm_bindgen_test]
async fn clips_and_wishes_arrive_with_compose_repair_compress_and_export() {
    let options = |title: &str| {
        format!(
            "{{ exact: true, fragmented: false, padded: true, filmed: true, copied: true, silence: true, severalEntries: false, recodeJoins: true, created: 3900000000, title: {title} }}"
        )
    };
    let literal = format!(
        "{{ compose: {{ films: [[{{ source: 0, start: 0, end: null }}, {{ source: 1, start: 0.5, end: 2 }}], []], options: {} }} }}",
        options("'Ferien'")
    );
    let Command::Compose { films, options: wishes } = command(&literal).await else { panic!("{literal}") };
    let clips: Vec<Vec<_>> =
        films.iter().map(|clips| clips.iter().map(|clip| (clip.source, clip.start, clip.end)).collect()).collect();
    assert_eq!(clips, [vec![(0, 0.0, None), (1, 0.5, Some(2.0))], vec![]]);
    assert_eq!(
        (
            wishes.exact,
            wishes.fragmented,
            wishes.padded,
            wishes.filmed,
            wishes.copied,
            wishes.silence,
            wishes.several_entries
        ),
        (true, false, true, true, true, true, false)
    );
    assert_eq!((wishes.created, wishes.title.as_deref()), (3_900_000_000.0, Some("Ferien")));

    let literal = format!("{{ repair: {{ options: {} }} }}", options("null"));
    let Command::Repair { options: wishes } = command(&literal).await else { panic!("{literal}") };
    assert_eq!(wishes.title, None);

    let target = "{ size: { width: 320, height: 180 }, frameRate: 14.985, videoBitrate: 300000, audioBitrate: null,
        maxBytes: 5000000000, codec: 'vp9', look: { chain: [{ name: 'invert', params: [] }], sources: [], pictures: [3] } }";
    let literal = format!("{{ compress: {{ target: {target}, options: {} }} }}", options("'Ferien'"));
    let Command::Compress { target, options: wishes } = command(&literal).await else { panic!("{literal}") };
    assert_eq!((target.size, target.frame_rate), (Some(Size { width: 320, height: 180 }), Some(14.985)));
    assert_eq!((target.video_bitrate, target.audio_bitrate, target.max_bytes), (Some(300_000), None, Some(5e9)));
    assert_eq!((target.codec, wishes.title.as_deref()), (Some(VideoCodec::Vp9), Some("Ferien")));
    assert_eq!(target.look.map(|look| (look.chain.len(), look.pictures)), Some((1, vec![3])));
    let literal = format!("{{ compress: {{ target: {{ look: null }}, options: {} }} }}", options("null"));
    let Command::Compress { target, .. } = command(&literal).await else { panic!("{literal}") };
    assert!(target.size.is_none() && target.codec.is_none() && target.max_bytes.is_none() && target.look.is_none());

    let literal = format!("{{ export: {{ options: {} }} }}", options("'Ferien'"));
    let Command::Export { options: wishes } = command(&literal).await else { panic!("{literal}") };
    assert_eq!(wishes.title.as_deref(), Some("Ferien"));
}

#[wasm_bindgen_test]
async fn handles_beside_a_request_do_not_disturb_it() {
    let message = eval("({ id: 3, command: { microphone: { live: true } }, readable: new ReadableStream() })");
    let message = message.unwrap();
    let readable = js_sys::Reflect::get(&message, &"readable".into()).unwrap();
    let arrived = posted(&message, &Array::of1(&readable)).await;
    let request: Request = wire::read(arrived.clone()).unwrap();
    assert_eq!((request.id, word(&request.command)), (3, "microphone"));
    assert!(js_sys::Reflect::get(&arrived, &"readable".into()).unwrap().is_instance_of::<ReadableStream>());
}

#[wasm_bindgen_test]
async fn a_message_that_is_no_request_is_refused() {
    for literal in [
        "undefined",
        "{ command: { close: {} } }",
        "{ id: 1.5, command: { close: {} } }",
        "{ id: -1, command: { close: {} } }",
        "{ id: 1, command: 'close' }",
        "{ id: 1, command: { Close: {} } }",
        "{ id: 1, command: { record: { press_us: 5 } } }",
        "{ id: 1, command: { cancel: { request: '6' } } }",
        "{ id: 1, command: { edit: { edit: { move: { segment: '1', index: -1 } } } } }",
        "{ id: 1, command: { edit: { edit: { open: {} } } } }",
        "{ id: 1, command: { compose: { films: {} } } }",
    ] {
        let parsed = request(literal).await;
        assert!(parsed.is_err(), "{literal}: {parsed:?}");
    }
}

#[wasm_bindgen_test]
async fn events_arrive_as_the_plain_objects_that_the_page_expects() {
    let segment = SegmentView {
        id: "1".to_owned(),
        take: 1,
        duration: 1.5,
        frames: 45,
        facing: None,
        size: Size { width: 720, height: 1280 },
        rotation: 90,
        mirrored: false,
        file: "1.mp4".to_owned(),
        bytes: 5e9,
        recovered: false,
        audio: None,
        video: VideoCodec::Avc,
        skew: 0.0,
    };
    let in_words = r#"{"id":"1","take":1,"duration":1.5,"frames":45,"size":{"width":720,"height":1280},"rotation":90,"mirrored":false,"file":"1.mp4","bytes":5000000000,"recovered":false,"audio":null,"video":"avc","skew":0}"#;
    let draft = DraftView { segments: vec![segment], duration: 1.5, can_undo: true, can_redo: false };
    let failure = Failure::new("storage_full", Retry::AfterAction, "5 bytes");
    let unlike = Failure::new("join_needs_encoding", Retry::Never, "");
    let mismatch = onetake_core::error::Mismatch { clips: vec![1, 2], fields: vec!["size".to_owned()] };
    let events = [
        (Event::Done { request: 4, answer: Answer::Nothing {} }, r#"{"type":"done","request":4,"answer":{"type":"nothing"}}"#.to_owned()),
        (
            Event::Done { request: 5, answer: Answer::Opened { draft, recovered: 1, recovered_seconds: 0.5, lost: 2 } },
            format!(r#"{{"type":"done","request":5,"answer":{{"type":"opened","draft":{{"segments":[{in_words}],"duration":1.5,"canUndo":true,"canRedo":false}},"recovered":1,"recoveredSeconds":0.5,"lost":2}}}}"#),
        ),
        (
            Event::Failed { request: 6, failure },
            r#"{"type":"failed","request":6,"failure":{"code":"storage_full","retry":"after-action","detail":"5 bytes"}}"#.to_owned(),
        ),
        (
            Event::Failed { request: 7, failure: Failure { mismatch: Some(mismatch), ..unlike } },
            r#"{"type":"failed","request":7,"failure":{"code":"join_needs_encoding","retry":"never","detail":"","mismatch":{"clips":[1,2],"fields":["size"]}}}"#.to_owned(),
        ),
        (Event::Drop { count: 2, reason: DropReason::Storage }, r#"{"type":"drop","count":2,"reason":"storage"}"#.to_owned()),
        (Event::LimitReached {}, r#"{"type":"limit-reached"}"#.to_owned()),
    ];
    for (event, expected) in events {
        let message = wire::write(&event);
        let arrived = posted(&message, &Array::new()).await;
        assert_eq!(String::from(JSON::stringify(&arrived).unwrap()), expected);
        // The library that ours stands in for, which weighs 4 KB more, says the same.
        let judge = serde::Serialize::serialize(&event, &serde_wasm_bindgen::Serializer::json_compatible()).unwrap();
        assert_eq!(String::from(JSON::stringify(&judge).unwrap()), expected);
    }
    let stats = Event::Stats { stats: StatsView { stored_lag: 0.25, ..StatsView::default() } };
    let message = wire::write(&stats);
    let text = String::from(JSON::stringify(&posted(&message, &Array::new()).await).unwrap());
    assert!(text.contains(r#""storedLag":0.25"#) && text.contains(r#""dropped":{"source":0,"#), "{text}");
}

const STORED: Size = Size { width: 120, height: 80 };

/// A box of `STORED` size with a smaller one off its centre, transformed by CSS.
struct Turned {
    outer: Element,
    inner: Element,
}

impl Turned {
    fn new(transform: &str, origin: &str) -> Turned {
        let document = window().unwrap().document().unwrap();
        let make = |style: String| {
            let element: HtmlElement = document.create_element("div").unwrap().unchecked_into();
            element.style().set_css_text(&style);
            element
        };
        let Size { width, height } = STORED;
        let outer = make(format!(
            "position:fixed;left:0;top:0;width:{width}px;height:{height}px;transform-origin:{origin};transform:{transform}"
        ));
        let inner = make("position:absolute;left:10px;top:20px;width:30px;height:15px".to_owned());
        outer.append_child(&inner).unwrap();
        document.body().unwrap().append_child(&outer).unwrap();
        Turned { outer: outer.into(), inner: inner.into() }
    }

    /// Where the inner box lies within the turned outer one: left, top, width, height, in whole pixels.
    fn inner(&self) -> [f64; 4] {
        let (outer, inner) = (self.outer.get_bounding_client_rect(), self.inner.get_bounding_client_rect());
        [inner.x() - outer.x(), inner.y() - outer.y(), inner.width(), inner.height()].map(f64::round)
    }

    fn outer(&self) -> DomRect {
        self.outer.get_bounding_client_rect()
    }
}

impl Drop for Turned {
    fn drop(&mut self) {
        self.outer.remove();
    }
}

#[wasm_bindgen_test]
fn the_track_header_matrix_turns_a_picture_as_css_does() {
    let mut seen = Vec::new();
    for orientation in ALL {
        // CSS applies the last transform first: mirror, then turn.
        let mirror = if orientation.mirrored() { -1 } else { 1 };
        let by_words = Turned::new(&format!("rotate({}deg) scaleX({mirror})", orientation.degrees()), "center");
        let [a, b, _, c, d, _, x, y, _] = orientation.matrix(STORED).map(|value| value >> 16);
        let by_matrix = Turned::new(&format!("matrix({a},{b},{c},{d},{x},{y})"), "0 0");
        assert_eq!(by_words.inner(), by_matrix.inner(), "{orientation:?}");
        let (outer, upright) = (by_matrix.outer(), orientation.upright(STORED));
        let shown = [outer.x(), outer.y(), outer.width(), outer.height()].map(f64::round);
        assert_eq!(shown, [0.0, 0.0, upright.width.into(), upright.height.into()], "{orientation:?}");
        seen.push(by_words.inner().map(|edge| edge.to_string()).join(" "));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8, "the boxes tell all eight apart");
}

/// Levels of the quadrants of a stored picture, row by row.
const QUADRANTS: [u8; 4] = [40, 90, 150, 210];

/// Which quadrant of the stored picture is drawn in the middle of each quadrant of a canvas of `size`.
fn drawn(frame: &VideoFrame, size: Size) -> [usize; 4] {
    let canvas = OffscreenCanvas::new(size.width, size.height).unwrap();
    let context: OffscreenCanvasRenderingContext2d = canvas.get_context("2d").unwrap().unwrap().unchecked_into();
    context.draw_image_with_video_frame(frame, 0.0, 0.0).unwrap();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(column, row)| {
        let (x, y) = (size.width as i32 * column / 4, size.height as i32 * row / 4);
        let pixel = context.get_image_data(x, y, 1, 1).unwrap().data();
        assert_eq!(pixel[3], 255, "something is drawn at {x}, {y}");
        // Luma 16..=235 is drawn as 0..=255.
        let luma = f64::from(pixel[0]) * 219.0 / 255.0 + 16.0;
        QUADRANTS.iter().position(|&level| (f64::from(level) - luma).abs() < 10.0).unwrap()
    })
}

#[wasm_bindgen_test]
fn a_video_frame_turns_first_and_flips_then() {
    let stored = Size { width: 32, height: 16 };
    let luma = (0..16).flat_map(|y| (0..32).map(move |x| QUADRANTS[2 * (y / 8) + x / 16]));
    let pixels: Vec<u8> = luma.chain(std::iter::repeat_n(128, 256)).collect();
    for (degrees, flip) in [0, 90, 180, 270].into_iter().flat_map(|degrees| [(degrees, false), (degrees, true)]) {
        let init = VideoFrameBufferInit::new(stored.height, stored.width, VideoPixelFormat::I420, 0);
        init.set_rotation(degrees.into());
        init.set_flip(flip);
        let pixels = Uint8Array::from(pixels.as_slice());
        let frame = VideoFrame::new_with_u8_array_and_video_frame_buffer_init(&pixels, &init).unwrap();
        // Ours mirrors first, which reverses the turn.
        let orientation = Orientation::from_degrees(if flip { -degrees } else { degrees }, flip).unwrap();
        let upright = orientation.upright(stored);
        assert_eq!((frame.display_width(), frame.display_height()), (upright.width, upright.height));
        let mut expected = [0; 4];
        let [a, b, _, c, d, _, x, y, _] = orientation.matrix(stored).map(|value| value >> 16);
        for (quadrant, (p, q)) in [(8, 4), (24, 4), (8, 12), (24, 12)].into_iter().enumerate() {
            let (left, top) = ((a * p + c * q + x) as u32, (b * p + d * q + y) as u32);
            expected[usize::from(left > upright.width / 2) + 2 * usize::from(top > upright.height / 2)] = quadrant;
        }
        let seen = drawn(&frame, upright);
        frame.close();
        assert_eq!(seen, expected, "{degrees} degrees, flip {flip}");
    }
}
