//! Camera and microphone as mail, whichever way they reach this worker: as a processor's stream that the page transferred,
//! as a track read here, or picture by picture through a port of the page (a microphone: of its audio graph). Decides only
//! what a message means; what is recorded of it is decided in the recorder. Runs in the studio worker.

use std::cell::RefCell;

use gloo::events::EventListener;
use js_sys::{Float32Array, Object};
use onetake_core::time::{Micros, Slip};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioData, MessageEvent, MessagePort, ReadableStream, ReadableStreamDefaultReader, VideoFrame};

use super::frame::{OwnedFrame, OwnedSound, micros};
use crate::mail::{Mail, post};
use crate::{clock, js, page};

/// Frames that may wait while this worker is busy; capture pools hold no more.
const FRAMES_WAITING: u32 = 3;
/// Stamps of an audio graph are moved by this, microseconds: its clock begins about when this worker's does, and must not
/// be taken for it.
const ELSEWHERE: Micros = Micros(3_600_000_000);

/// How a camera's pictures come.
pub(crate) enum CameraFeed {
    /// Of a processor on the page.
    Stream(ReadableStream),
    /// To be read here: browsers whose processor lives in workers.
    Track(Track),
    /// One message for each picture: browsers without a processor.
    Port(MessagePort),
}

/// How a microphone's sound comes.
pub(crate) enum SoundFeed {
    /// Of a processor on the page.
    Stream(ReadableStream),
    /// From an audio graph.
    Port(MessagePort),
}

/// A block of an audio graph.
pub(crate) struct Samples {
    pub(crate) stamp: Micros,
    pub(crate) arrival: Micros,
    pub(crate) rate: u32,
    pub(crate) channels: u32,
    /// Planar, end to end.
    pub(crate) planes: Vec<f32>,
}

#[wasm_bindgen]
extern "C" {
    /// A `MediaStreamTrack` in a worker.
    pub(crate) type Track;
    #[wasm_bindgen(method)]
    fn stop(this: &Track);

    /// Media Capture Transform s.3, in the worker as the specification has it.
    type MediaStreamTrackProcessor;
    #[wasm_bindgen(constructor, catch)]
    fn new(init: &Object) -> Result<MediaStreamTrackProcessor, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &MediaStreamTrackProcessor) -> ReadableStream;
}

/// A track of this worker's own; it is stopped when it is dropped, for a stop of the page's does not reach it.
pub(crate) struct WatchedTrack(Track);

impl Drop for WatchedTrack {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl CameraFeed {
    /// What stands beside the message.
    pub(crate) fn of(message: &JsValue) -> Option<CameraFeed> {
        let track = js::get(message, "track");
        if track.is_object() {
            return Some(CameraFeed::Track(track.unchecked_into()));
        }
        let port = page::handle(message, "port").map(CameraFeed::Port);
        port.or_else(|| page::handle(message, "readable").map(CameraFeed::Stream))
    }

    /// Posts each picture of the camera, then its end. `camera` tells this track from those before it.
    ///
    /// # Errors
    /// What the browser throws where it cannot read the track.
    pub(crate) fn watch(self, camera: u32) -> Result<Option<WatchedTrack>, JsValue> {
        match self {
            CameraFeed::Stream(stream) => watch_camera(stream, camera),
            CameraFeed::Port(port) => watch_pictures(port, camera),
            CameraFeed::Track(track) => {
                let init = Object::new();
                js::set(&init, "track", &track);
                js::set(&init, "maxBufferSize", FRAMES_WAITING);
                let track = WatchedTrack(track);
                watch_camera(MediaStreamTrackProcessor::new(&init)?.readable(), camera);
                return Ok(Some(track));
            }
        }
        Ok(None)
    }
}

impl SoundFeed {
    /// What stands beside the message.
    pub(crate) fn of(message: &JsValue) -> Option<SoundFeed> {
        let port = page::handle(message, "port").map(SoundFeed::Port);
        port.or_else(|| page::handle(message, "readable").map(SoundFeed::Stream))
    }

    /// Posts each block of the microphone, then its end.
    pub(crate) fn watch(self, microphone: u32) {
        match self {
            SoundFeed::Stream(stream) => watch_microphone(stream, microphone),
            SoundFeed::Port(port) => watch_samples(port, microphone),
        }
    }
}

fn watch_camera(stream: ReadableStream, camera: u32) {
    js::spawn(async move {
        drain(stream, |value| {
            let frame = OwnedFrame::new(value.unchecked_into::<VideoFrame>());
            post(Mail::Frame { camera, frame, arrival: clock::now() });
        })
        .await;
        post(Mail::CameraEnded { camera });
    });
}

fn watch_microphone(stream: ReadableStream, microphone: u32) {
    js::spawn(async move {
        drain(stream, |value| {
            let block = OwnedSound::new(value.unchecked_into::<AudioData>());
            post(Mail::Block { microphone, block, arrival: clock::now() });
        })
        .await;
        post(Mail::MicrophoneEnded { microphone });
    });
}

/// A stream that breaks has ended: what it gave before is kept.
async fn drain(stream: ReadableStream, mut each: impl FnMut(JsValue)) {
    let Ok(reader) = stream.get_reader().dyn_into::<ReadableStreamDefaultReader>() else { return };
    while let Ok(result) = JsFuture::from(reader.read()).await {
        if js::get(&result, "done").is_truthy() {
            return;
        }
        each(js::get(&result, "value"));
    }
}

/// Messages are those of `feeds.ts`: `{ frame, missed, captured }`, the last in wall milliseconds where the browser knows it,
/// or `{ left }` at the end. Each picture is acknowledged, so that the page sends no more than can wait.
fn watch_pictures(port: MessagePort, camera: u32) {
    listen(port, move |port, message| {
        let Ok(frame) = js::get(message, "frame").dyn_into::<VideoFrame>() else {
            let left = js::get(message, "left").is_truthy();
            post(if left { Mail::CameraLeft { camera } } else { Mail::CameraEnded { camera } });
            return false;
        };
        let frame = OwnedFrame::new(frame);
        let missed = js::get(message, "missed").as_f64().map(whole).unwrap_or_default();
        if missed > 0 {
            post(Mail::Missed { camera, frames: missed });
        }
        let captured = js::get(message, "captured").as_f64();
        let arrival = captured.map_or_else(clock::now, |at| micros(at * 1000.0));
        post(Mail::Frame { camera, frame, arrival });
        // A port that the page has closed takes it in silence.
        let _ = port.post_message(&JsValue::NULL);
        true
    });
}

/// Messages are those of `workers/microphone.ts`: `{ planes, channels, rate, stamp }`, or `{ left }` at the end. Of one that
/// the page has let go it says itself what comes after it.
fn watch_samples(port: MessagePort, microphone: u32) {
    let mut slip = Slip::new();
    listen(port, move |_, message| {
        let Ok(planes) = js::get(message, "planes").dyn_into::<Float32Array>() else {
            if js::get(message, "left").is_falsy() {
                post(Mail::MicrophoneEnded { microphone });
            }
            return false;
        };
        let number = |name| js::get(message, name).as_f64().unwrap_or_default();
        let (planes, arrival) = (planes.to_vec(), clock::now());
        let (rate, channels) = (whole(number("rate")).max(1), whole(number("channels")).max(1));
        let length = u64::from(u32::try_from(planes.len()).unwrap_or(0) / channels) * 1_000_000 / u64::from(rate);
        let stamp = micros(number("stamp")) - ELSEWHERE;
        let end = stamp + Micros(i64::try_from(length).unwrap_or(0));
        let stamp = slip.handle_block(stamp, end, arrival);
        post(Mail::Samples { microphone, samples: Samples { stamp, arrival, rate, channels, planes } });
        true
    });
}

/// Calls `each` for the port's messages until it says `false`; the port is closed then.
fn listen(port: MessagePort, mut each: impl FnMut(&MessagePort, &JsValue) -> bool + 'static) {
    thread_local! {
        /// Ports of tracks that run; their pictures must be closed even where nobody wants them any more.
        static OPEN: RefCell<Vec<(MessagePort, EventListener)>> = const { RefCell::new(Vec::new()) };
    }
    let own = port.clone();
    let listener = EventListener::new(&port, "message", move |event| {
        if each(&own, &event.unchecked_ref::<MessageEvent>().data()) {
            return;
        }
        own.close();
        let over = own.clone();
        // Not from inside the call that it would end.
        js::spawn(async move { OPEN.with(|open| open.borrow_mut().retain(|(port, _)| *port != over)) });
    });
    port.start();
    OPEN.with(|open| open.borrow_mut().push((port, listener)));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts and rates, saturated by the cast")]
fn whole(number: f64) -> u32 {
    number as u32
}
