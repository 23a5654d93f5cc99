//! The AAC encoder that onetake brings along for browsers that have none: loads it when it is needed and makes encoders
//! of it that are used like the browser's. What they are is told in `www/onetake/src/aac/encoder.ts`, which the worker
//! script hangs up where this module finds it. Runs in the studio worker; decides nothing about who encodes.

use std::cell::RefCell;

use js_sys::{Array, Function, Promise, Reflect};
use onetake_core::error::{Failure, Retry};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioEncoder, AudioEncoderConfig, AudioEncoderInit};

use crate::js;

/// By how many samples what it encodes comes out later, one packet: FFmpeg's encoder looks that far ahead, in every
/// version so far. Measured where the browser decodes AAC; where it does not, this is it. Checked with 1.59.0.
pub(crate) const DELAY: u32 = 1024;

/// What it encodes, as RFC 6381 calls it.
pub(crate) const CODEC: &str = "mp4a.40.2";
/// In a configuration: the package encodes it. No browser knows the name.
const PACKAGE: &str = "package";

thread_local! {
    static CLASS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Loads the encoder, once; its version.
///
/// # Errors
/// `load_failed` where its file cannot be had or does not run here; the next call tries again.
pub(crate) async fn load() -> Result<String, Failure> {
    let failed = |reason: &JsValue| {
        Failure::new("load_failed", Retry::Later, ["the AAC encoder: ", &js::describe(reason)].concat())
    };
    let load = js::get(&js_sys::global(), "loadAac");
    let Some(load) = load.dyn_ref::<Function>() else {
        return Err(failed(&JsValue::from_str("the worker script has none")));
    };
    let loading = load.call0(&JsValue::UNDEFINED).map_err(|reason| failed(&reason))?;
    let class = JsFuture::from(loading.unchecked_into::<Promise>()).await.map_err(|reason| failed(&reason))?;
    let version = js::get(&class, "version").as_string().unwrap_or_default();
    CLASS.set(Some(class.unchecked_into()));
    Ok(version)
}

/// Says in a configuration that this encoder is meant.
pub(crate) fn mark(config: &AudioEncoderConfig) {
    js::set(config.unchecked_ref(), PACKAGE, true);
}

/// Whether [`mark`] was called on it.
pub(crate) fn is_marked(config: &AudioEncoderConfig) -> bool {
    js::get(config, PACKAGE).is_truthy()
}

/// A fresh encoder, once it was loaded. It is an `AudioEncoder` by its methods, not by its class.
pub(crate) fn encoder(init: &AudioEncoderInit) -> Result<AudioEncoder, JsValue> {
    let class = CLASS.with_borrow(Clone::clone);
    let class = class.ok_or_else(|| JsValue::from(js_sys::Error::new("the AAC encoder was not loaded")))?;
    Ok(Reflect::construct(&class, &Array::of1(init))?.unchecked_into())
}
