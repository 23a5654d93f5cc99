//! A browser codec that is fed and emptied at the same time, for media too long to be held at once. It closes when it is
//! dropped, wherever the work stopped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Float32Array, Object, Uint8Array};
use onetake_core::time::Micros;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioData, AudioDataInit, AudioDecoder, AudioDecoderConfig, AudioEncoder, AudioSampleFormat, EncodedAudioChunk,
    EncodedAudioChunkInit, EncodedAudioChunkType,
};

use super::frame::{OwnedSound, number};
use super::selftest::engine::Codec;
use super::sound::{RATE, SoundSetup, hand_in};
use crate::js;

/// Codecs tell of everything that happens; one that does not is looked at after so many milliseconds all the same.
const PATIENCE_MS: u32 = 250;

/// Rings whenever something happens in one of the codecs that have it.
#[derive(Clone, Default)]
pub(crate) struct Bell(Rc<Ring>);

#[derive(Default)]
struct Ring {
    rung: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Bell {
    fn ring(&self) {
        self.0.rung.set(true);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// Waits until it rings, unless it has since the last time; whether it did within a quarter of a second.
    pub(crate) async fn wait(&self) -> bool {
        let mut rung = poll_fn(|context| {
            if self.0.rung.take() {
                return Poll::Ready(());
            }
            self.0.waker.set(Some(context.waker().clone()));
            Poll::Pending
        });
        js::within(PATIENCE_MS, &mut rung).await.is_some()
    }
}

/// A configured codec and what came out of it.
pub(crate) struct Stream<C: Codec, T> {
    codec: C,
    bell: Bell,
    results: Rc<RefCell<VecDeque<T>>>,
    failed: Rc<Cell<Option<JsValue>>>,
    flushed: Rc<Cell<bool>>,
    _output: Closure<dyn FnMut(JsValue, JsValue)>,
    _error: Closure<dyn FnMut(JsValue)>,
    _dequeue: Closure<dyn FnMut()>,
}

impl<C: Codec, T: 'static> Stream<C, T> {
    /// `read` turns one output and its metadata (`undefined` for a decoder) into what is kept of it.
    ///
    /// # Errors
    /// What the browser throws.
    pub(crate) fn new(
        config: &C::Config,
        bell: &Bell,
        read: impl Fn(JsValue, JsValue) -> T + 'static,
    ) -> Result<Self, JsValue> {
        let results: Rc<RefCell<VecDeque<T>>> = Rc::default();
        let failed: Rc<Cell<Option<JsValue>>> = Rc::default();
        let output: Closure<dyn FnMut(JsValue, JsValue)> = Closure::new({
            let (results, bell) = (Rc::clone(&results), bell.clone());
            move |value, metadata| {
                let result = read(value, metadata);
                results.borrow_mut().push_back(result);
                bell.ring();
            }
        });
        let error: Closure<dyn FnMut(JsValue)> = Closure::new({
            let (failed, bell) = (Rc::clone(&failed), bell.clone());
            move |reason| {
                failed.set(Some(reason));
                bell.ring();
            }
        });
        let dequeue: Closure<dyn FnMut()> = Closure::new({
            let bell = bell.clone();
            move || bell.ring()
        });
        let codec = C::create(config, error.as_ref().unchecked_ref(), output.as_ref().unchecked_ref())?;
        js::set(codec.as_ref().unchecked_ref::<Object>(), "ondequeue", dequeue.as_ref());
        let flushed = Rc::default();
        let bell = bell.clone();
        let stream =
            Stream { codec, bell, results, failed, flushed, _output: output, _error: error, _dequeue: dequeue };
        stream.codec.configure(config)?;
        Ok(stream)
    }

    /// The codec itself, to hand things in.
    pub(crate) fn codec(&self) -> &C {
        &self.codec
    }

    /// The next thing that came out, if there is one.
    ///
    /// # Errors
    /// Why the codec failed, behind everything that came out before.
    pub(crate) fn poll(&self) -> Result<Option<T>, JsValue> {
        match self.results.borrow_mut().pop_front() {
            None => self.failed.take().map_or(Ok(None), Err),
            result => Ok(result),
        }
    }

    /// How much came out and was not taken yet.
    pub(crate) fn waiting(&self) -> usize {
        self.results.borrow().len()
    }

    /// Waits until everything handed in has come out.
    ///
    /// # Errors
    /// Why the codec failed.
    pub(crate) async fn flush(&self) -> Result<(), JsValue> {
        let flushed = JsFuture::from(self.codec.flush()).await;
        // The callback has the cause; the promise of a codec that failed only says that it was aborted.
        match self.failed.take() {
            Some(reason) => Err(reason),
            None => flushed.map(drop),
        }
    }

    /// Asks for everything inside, which is taken meanwhile.
    pub(crate) fn begin_flush(&self) {
        let flush = self.codec.flush();
        let (flushed, bell) = (Rc::clone(&self.flushed), self.bell.clone());
        flushed.set(false);
        js::spawn(async move {
            // A failure was told through the error callback already.
            let _ = JsFuture::from(flush).await;
            flushed.set(true);
            bell.ring();
        });
    }

    /// Whether all that was inside when [`Self::begin_flush`] was called has come out.
    pub(crate) fn is_flushed(&self) -> bool {
        self.flushed.get()
    }
}

impl<C: Codec, T> Drop for Stream<C, T> {
    fn drop(&mut self) {
        // An event may be on its way to a closure that is about to go.
        js::set(self.codec.as_ref().unchecked_ref::<Object>(), "ondequeue", JsValue::NULL);
        // One that failed has closed itself and says so by throwing.
        let _ = self.codec.close();
    }
}

/// Decodes packets of sound.
pub(crate) type SoundDecoder = Stream<AudioDecoder, OwnedSound>;

impl SoundDecoder {
    /// A fresh decoder.
    pub(crate) fn of_sound(config: &AudioDecoderConfig, bell: &Bell) -> Result<SoundDecoder, JsValue> {
        Stream::new(config, bell, |sound, _| OwnedSound::new(sound.unchecked_into::<AudioData>()))
    }

    /// Packets that it has not begun with.
    pub(crate) fn queued(&self) -> u32 {
        self.codec.decode_queue_size()
    }

    /// Hands in a packet.
    pub(crate) fn decode(&self, bytes: &[u8], stamp: Micros) -> Result<(), JsValue> {
        let bytes = Uint8Array::from(bytes);
        let init = EncodedAudioChunkInit::new_with_u8_array(&bytes, 0, EncodedAudioChunkType::Key);
        init.set_timestamp_f64(number(stamp.0));
        self.codec.decode(&EncodedAudioChunk::new(&init)?)
    }
}

/// Encodes sound to packets.
pub(crate) type SoundEncoder = Stream<AudioEncoder, Result<Vec<u8>, JsValue>>;

impl SoundEncoder {
    /// A fresh encoder.
    pub(crate) fn to_sound(setup: &SoundSetup, bell: &Bell) -> Result<SoundEncoder, JsValue> {
        Stream::new(&setup.config(), bell, |chunk, _| {
            let chunk: EncodedAudioChunk = chunk.unchecked_into();
            let bytes = Uint8Array::new_with_length(chunk.byte_length());
            chunk.copy_to_with_u8_array(&bytes).map(|()| bytes.to_vec())
        })
    }

    /// Hands in samples, channel after channel.
    pub(crate) fn encode(&self, stamp: Micros, planes: &[f32], channels: u8) -> Result<(), JsValue> {
        let samples = Float32Array::from(planes);
        let (format, frames) = (AudioSampleFormat::F32Planar, planes.len() / usize::from(channels.max(1)));
        let init = AudioDataInit::new(samples.unchecked_ref(), format, channels.into(), frames as u32, RATE as f32, 0);
        init.set_timestamp_f64(number(stamp.0));
        hand_in(&self.codec, &init)
    }
}
