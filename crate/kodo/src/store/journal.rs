//! The log of requests that tests read: what was asked, how many bytes came, what was answered. Kept only by a store
//! that was started with test faults. It never holds a header, a query or a body.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Older lines go when there are more.
const MOST: usize = 200_000;

/// One request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) route: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) port: u16,
    /// 0: the connection ended without an answer.
    pub(crate) status: u16,
    /// Bytes of the body that arrived.
    pub(crate) bytes: u64,
    pub(crate) part: Option<u32>,
    pub(crate) upload_id: Option<String>,
    /// Whether a fault acted on it.
    pub(crate) hit: bool,
}

/// A request's route, and how many bytes came of its body.
type Open = (&'static str, Arc<AtomicU64>);

#[derive(Clone)]
pub(crate) struct Journal {
    lines: Arc<Mutex<VecDeque<Line>>>,
    /// Those whose line is not written yet.
    open: Arc<Mutex<Vec<Open>>>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { lines: Arc::default(), open: Arc::default() }
    }

    /// Begins a line that is written when the value goes: also when the client has gone away.
    pub(crate) fn begin(&self, line: Line) -> Pending {
        let received = Arc::<AtomicU64>::default();
        self.open().push((line.route, received.clone()));
        Pending { journal: self.clone(), line: Some(line), received }
    }

    /// Bytes of bodies that are on their way to this route.
    pub(crate) fn on_their_way(&self, route: &str) -> u64 {
        let of_route = |(other, received): &Open| (*other == route).then(|| received.load(Ordering::Relaxed));
        self.open().iter().filter_map(of_route).sum()
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line that is being lived.
pub(crate) struct Pending {
    journal: Journal,
    line: Option<Line>,
    received: Arc<AtomicU64>,
}

impl Pending {
    /// The counter of body bytes.
    pub(crate) fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    pub(crate) fn hit(&mut self) {
        if let Some(line) = &mut self.line {
            line.hit = true;
        }
    }

    /// The answer that leaves; without it the line says 0.
    pub(crate) fn answered(mut self, status: u16) {
        if let Some(line) = &mut self.line {
            line.status = status;
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.journal.open().retain(|(_, received)| !Arc::ptr_eq(received, &self.received));
        if let Some(mut line) = self.line.take() {
            line.bytes = self.received.load(Ordering::Relaxed);
            let mut lines = self.journal.lock();
            if lines.len() >= MOST {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }
}
