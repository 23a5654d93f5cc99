//! Small bridges to JavaScript values.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use gloo::timers::callback::Timeout;
use js_sys::{Object, Reflect};
use onetake_core::error::{Failure, Retry};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::DomException;

/// A property, `undefined` where there is none.
pub(crate) fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of a plain object of ours, which cannot refuse.
pub(crate) fn set(target: &Object, name: &str, value: impl Into<JsValue>) {
    let done = Reflect::set(target, &JsValue::from_str(name), &value.into());
    debug_assert_eq!(done, Ok(true), "a plain object takes any property");
}

/// Runs a task of this worker. One kind of future for all: each kind brings its own copy of the machinery.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    run(Box::pin(task));
}

#[inline(never)]
fn run(task: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(task);
}

/// What a task gives, or `None` where it has not ended after so many milliseconds.
pub(crate) async fn within<T>(milliseconds: u32, task: &mut (dyn Future<Output = T> + Unpin)) -> Option<T> {
    let late = Rc::new(Cell::new(false));
    let waker: Rc<Cell<Option<Waker>>> = Rc::default();
    let _timer = Timeout::new(milliseconds, {
        let (late, waker) = (Rc::clone(&late), Rc::clone(&waker));
        move || {
            late.set(true);
            if let Some(waker) = waker.take() {
                waker.wake();
            }
        }
    });
    poll_fn(|context| match Pin::new(&mut *task).poll(context) {
        Poll::Ready(given) => Poll::Ready(Some(given)),
        Poll::Pending if late.get() => Poll::Ready(None),
        Poll::Pending => {
            waker.set(Some(context.waker().clone()));
            Poll::Pending
        }
    })
    .await
}

/// What a thrown value says, for a log.
pub(crate) fn describe(reason: &JsValue) -> String {
    if let Some(exception) = reason.dyn_ref::<DomException>() {
        return format!("{} {}", exception.name(), exception.message());
    }
    if let Some(error) = reason.dyn_ref::<js_sys::Error>() {
        return format!("{} {}", String::from(error.name()), String::from(error.message()));
    }
    format!("{reason:?}")
}

/// A thrown value as a failure of this code that may pass.
pub(crate) fn failure(code: &str, reason: &JsValue) -> Failure {
    Failure::new(code, Retry::Later, describe(reason))
}
