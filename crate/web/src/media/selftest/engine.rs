//! One use of a browser codec, from its configuration to its close: hand things in, finish, take what came out.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise, Undefined};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioDecoder, AudioDecoderConfig, AudioDecoderInit, AudioEncoder, AudioEncoderConfig, AudioEncoderInit,
    VideoDecoder, VideoDecoderConfig, VideoDecoderInit, VideoEncoder, VideoEncoderConfig, VideoEncoderInit,
};

use crate::media::sound::new_encoder;

/// The calls that the four WebCodecs interfaces share.
pub(crate) trait Codec: Sized + AsRef<JsValue> {
    type Config;
    fn create(config: &Self::Config, error: &Function, output: &Function) -> Result<Self, JsValue>;
    fn configure(&self, config: &Self::Config) -> Result<(), JsValue>;
    fn flush(&self) -> Promise<Undefined>;
    fn close(&self) -> Result<(), JsValue>;
}

macro_rules! codec {
    ($codec:ident, $config:ident, $init:ident, $create:expr) => {
        impl Codec for $codec {
            type Config = $config;

            fn create(config: &$config, error: &Function, output: &Function) -> Result<Self, JsValue> {
                $create(config, &$init::new(error, output))
            }

            fn configure(&self, config: &$config) -> Result<(), JsValue> {
                $codec::configure(self, config)
            }

            fn flush(&self) -> Promise<Undefined> {
                $codec::flush(self)
            }

            fn close(&self) -> Result<(), JsValue> {
                $codec::close(self)
            }
        }
    };
}

codec!(AudioEncoder, AudioEncoderConfig, AudioEncoderInit, new_encoder);
codec!(AudioDecoder, AudioDecoderConfig, AudioDecoderInit, |_, init| AudioDecoder::new(init));
codec!(VideoEncoder, VideoEncoderConfig, VideoEncoderInit, |_, init| VideoEncoder::new(init));
codec!(VideoDecoder, VideoDecoderConfig, VideoDecoderInit, |_, init| VideoDecoder::new(init));

/// A configured codec. It closes when this is dropped, wherever the work stopped; its callbacks live until then.
pub(super) struct Engine<C: Codec, T> {
    codec: C,
    results: Rc<RefCell<Vec<T>>>,
    failed: Rc<Cell<Option<JsValue>>>,
    _output: Closure<dyn FnMut(JsValue, JsValue)>,
    _error: Closure<dyn FnMut(JsValue)>,
}

impl<C: Codec, T: 'static> Engine<C, T> {
    /// `read` turns one output and its metadata (`undefined` for a decoder) into what is kept of it.
    pub(super) fn new(config: &C::Config, read: impl Fn(JsValue, JsValue) -> T + 'static) -> Result<Self, JsValue> {
        let results: Rc<RefCell<Vec<T>>> = Rc::default();
        let failed: Rc<Cell<Option<JsValue>>> = Rc::default();
        let output = Closure::new({
            let results = Rc::clone(&results);
            move |value, metadata| {
                let result = read(value, metadata);
                results.borrow_mut().push(result);
            }
        });
        let error = Closure::new({
            let failed = Rc::clone(&failed);
            move |reason| failed.set(Some(reason))
        });
        let output: Closure<dyn FnMut(JsValue, JsValue)> = output;
        let error: Closure<dyn FnMut(JsValue)> = error;
        let codec = C::create(config, error.as_ref().unchecked_ref(), output.as_ref().unchecked_ref())?;
        let engine = Engine { codec, results, failed, _output: output, _error: error };
        engine.codec.configure(config)?;
        Ok(engine)
    }

    /// The codec itself, to hand things in.
    pub(super) fn codec(&self) -> &C {
        &self.codec
    }

    /// Waits for everything handed in and closes the codec.
    pub(super) async fn finish(self) -> Result<Vec<T>, JsValue> {
        let flushed = JsFuture::from(self.codec.flush()).await;
        // The callback has the cause; the promise of a codec that failed only says that it was aborted.
        if let Some(reason) = self.failed.take() {
            return Err(reason);
        }
        flushed?;
        Ok(self.results.take())
    }
}

impl<C: Codec, T> Drop for Engine<C, T> {
    fn drop(&mut self) {
        // One that failed has closed itself and says so by throwing.
        let _ = self.codec.close();
    }
}
