//! The way to the page: events as plain objects, handles beside them.

use js_sys::Array;
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::{Answer, Event};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DedicatedWorkerGlobalScope};

use crate::{js, wire};

/// Says `event` to the page.
pub(crate) fn say(event: &Event) {
    post(event, "", &JsValue::UNDEFINED);
}

/// Answers a request with success.
pub(crate) fn answer(request: u32, answer: Answer) {
    say(&Event::Done { request, answer });
}

/// Answers a request with success and a file.
pub(crate) fn answer_with_file(request: u32, answer: Answer, file: &Blob) {
    post(&Event::Done { request, answer }, "file", file);
}

/// Answers a request with success and several files.
pub(crate) fn answer_with_files(request: u32, answer: Answer, files: &Array) {
    post(&Event::Done { request, answer }, "files", files);
}

/// Answers a request with success and pictures, which go with it.
pub(crate) fn answer_with_pictures(request: u32, answer: Answer, pictures: &Array) {
    let message = wire::write(&Event::Done { request, answer });
    js::set(message.unchecked_ref(), "pictures", pictures);
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.post_message_with_transfer(&message, pictures).expect("plain data and bitmaps of ours can be handed over");
}

/// Answers a request with failure.
pub(crate) fn fail(request: u32, failure: Failure) {
    say(&Event::Failed { request, failure });
}

/// `handle` stands beside the event under `name`, unless that is empty.
fn post(event: &Event, name: &str, handle: &JsValue) {
    let message = wire::write(event);
    if !name.is_empty() {
        js::set(message.unchecked_ref(), name, handle);
    }
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.post_message(&message).expect("plain data and Blobs can be cloned");
}

/// Makes a panic known to the page before this worker is lost.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        say(&Event::Crashed { failure: Failure::new("worker_failed", Retry::Later, info.to_string()) });
    }));
}

/// `undefined` means the caller sent no handle.
pub(crate) fn handle<T: JsCast>(message: &JsValue, name: &str) -> Option<T> {
    js::get(message, name).dyn_into().ok()
}
