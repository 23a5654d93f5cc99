//! Tracks as mail: reads a processor's stream to its end, one frame or block at a time.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioData, ReadableStream, ReadableStreamDefaultReader, VideoFrame};

use super::frame::{OwnedFrame, OwnedSound};
use crate::mail::{Mail, post};
use crate::{clock, js};

/// Posts each picture of a camera, then its end. `camera` tells this track from those before it.
pub(crate) fn watch_camera(stream: ReadableStream, camera: u32) {
    js::spawn(async move {
        drain(stream, |value| {
            let frame = OwnedFrame::new(value.unchecked_into::<VideoFrame>());
            post(Mail::Frame { camera, frame, arrival: clock::now() });
        })
        .await;
        post(Mail::CameraEnded { camera });
    });
}

/// Posts each block of a microphone, then its end.
pub(crate) fn watch_microphone(stream: ReadableStream, microphone: u32) {
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
