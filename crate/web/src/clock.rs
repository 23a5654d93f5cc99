//! The wall clock that page and workers share: `timeOrigin + now()`, in whole microseconds.

use onetake_core::time::Micros;
use wasm_bindgen::JsCast;
use web_sys::{Performance, WorkerGlobalScope};

/// Now.
pub(crate) fn now() -> Micros {
    with_performance(|performance| micros(performance.time_origin() + performance.now()))
}

/// When this worker began: what audio stamps count from (clocks.md, "The two clocks").
pub(crate) fn origin() -> Micros {
    with_performance(|performance| micros(performance.time_origin()))
}

#[expect(clippy::cast_possible_truncation, reason = "microseconds since 1970 fit 53 bits until the year 2255")]
fn micros(milliseconds: f64) -> Micros {
    Micros((milliseconds * 1000.0).round() as i64)
}

fn with_performance(read: impl FnOnce(&Performance) -> Micros) -> Micros {
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or(Micros(0), |performance| read(&performance))
}
