//! The body of a request as a bounded, timed and counted stream of bytes.
//!
//! It decides how long a silent or trickling client is waited for (408), how many bytes are taken (413), and how fast
//! they are taken where a line is narrow. It holds one chunk at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt as _;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::answer::{Granted, Refusal};

/// How much and how slowly a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A client that sends nothing for so long is let go with 408.
    pub silence: Duration,
    /// So is one that, once it was waited for this long in all, was slower than [`Self::slowest`] on average.
    pub patience: Duration,
    /// Bytes a second.
    pub slowest: u64,
    /// The largest file of a form, in bytes.
    pub form: u64,
    /// The largest part of a multipart upload, in bytes.
    pub part: u64,
    /// Bytes of all forms at a time whose file comes before their token.
    pub unsigned: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            patience: Duration::from_secs(30),
            slowest: 1024,
            form: 1 << 30,
            part: 1 << 30,
            unsigned: 2 << 30,
        }
    }
}

/// Bytes of a body are handed on in stretches of at most this, so that a narrow line flows instead of gushing.
const STRETCH: usize = 64 << 10;
/// What is read and thrown away before a refusal is sent: browsers that are cut off while they send may show a network
/// error in place of the refusal.
const DRAINED: u64 = 64 << 20;
const DRAINED_FOR: Duration = Duration::from_secs(20);

/// A line of limited width, shared by all who hold it.
pub(crate) struct Line {
    bytes_per_second: u64,
    free_at: Mutex<Option<Instant>>,
}

impl Line {
    pub(crate) fn new(bytes_per_second: u64) -> Arc<Self> {
        Arc::new(Self { bytes_per_second: bytes_per_second.max(1), free_at: Mutex::new(None) })
    }

    /// Returns when `bytes` have passed.
    pub(crate) async fn pass(&self, bytes: usize) {
        let until = {
            let mut free_at = self.free_at.lock().await;
            let now = Instant::now();
            let start = free_at.map_or(now, |free_at| free_at.max(now));
            let micros = (bytes as u64).saturating_mul(1_000_000) / self.bytes_per_second;
            let until = start + Duration::from_micros(micros);
            *free_at = Some(until);
            until
        };
        sleep_until(until).await;
    }
}

/// See the module's head.
pub(crate) struct Incoming {
    body: BodyDataStream,
    rest: Bytes,
    limits: Limits,
    received: Arc<AtomicU64>,
    waited: Duration,
    lines: Vec<Arc<Line>>,
    cut: watch::Receiver<u64>,
    is_over: bool,
    is_cut: bool,
    is_expected: bool,
}

impl Incoming {
    /// `received` counts along. A change of `cut` breaks the body off. `is_expected`: the client waits for `100
    /// Continue` before it sends.
    pub(crate) fn new(
        body: Body,
        limits: Limits,
        received: Arc<AtomicU64>,
        cut: watch::Receiver<u64>,
        is_expected: bool,
    ) -> Self {
        Self {
            body: body.into_data_stream(),
            rest: Bytes::new(),
            limits,
            received,
            waited: Duration::ZERO,
            lines: Vec::new(),
            cut,
            is_over: false,
            is_cut: false,
            is_expected,
        }
    }

    /// From here on the bytes come through `line` too.
    pub(crate) fn narrow(&mut self, line: Arc<Line>) {
        self.lines.push(line);
    }

    /// Whether a test broke the line off.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The next bytes, `None` at the end. 408 for a client that is too slow, 400 for a body that breaks off.
    pub(crate) async fn next(&mut self) -> Granted<Option<Bytes>> {
        while self.rest.is_empty() {
            if self.is_over {
                return Ok(None);
            }
            match self.receive().await? {
                Some(bytes) => self.rest = bytes,
                None => self.is_over = true,
            }
        }
        let stretch = self.rest.split_to(self.rest.len().min(STRETCH));
        for line in &self.lines {
            line.pass(stretch.len()).await;
        }
        // Counted when it came through, so that a narrow line shows in the log too.
        self.received.fetch_add(stretch.len() as u64, Ordering::Relaxed);
        Ok(Some(stretch))
    }

    async fn receive(&mut self) -> Granted<Option<Bytes>> {
        let asked = Instant::now();
        let next = tokio::select! {
            next = timeout(self.limits.silence, self.body.next()) => next,
            _ = self.cut.changed() => {
                self.is_over = true;
                self.is_cut = true;
                return Err(broken());
            }
        };
        self.waited += asked.elapsed();
        let Ok(next) = next else {
            self.is_over = true;
            return Err(Refusal::new(408, "the body did not arrive in time"));
        };
        match next {
            None => Ok(None),
            Some(Err(_)) => {
                self.is_over = true;
                Err(broken())
            }
            Some(Ok(bytes)) => {
                let waited = u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX);
                let least = waited.saturating_mul(self.limits.slowest) / 1000;
                let received = self.received.load(Ordering::Relaxed) + bytes.len() as u64;
                if self.waited > self.limits.patience && received < least {
                    self.is_over = true;
                    return Err(Refusal::new(408, "the body arrives too slowly"));
                }
                Ok(Some(bytes))
            }
        }
    }

    /// The whole body, 413 above `most` bytes. For small things alone.
    pub(crate) async fn text(&mut self, most: usize) -> Granted<Vec<u8>> {
        let mut text = Vec::new();
        while let Some(bytes) = self.next().await? {
            if text.len() + bytes.len() > most {
                return Err(Refusal::new(413, format!("the body is longer than {most} bytes")));
            }
            text.extend_from_slice(&bytes);
        }
        Ok(text)
    }

    /// Reads on to the end of the body, or to `most` bytes where given, and throws it away; gives up after a while.
    pub(crate) async fn drain(&mut self, most: Option<u64>) {
        if self.is_expected && self.received.load(Ordering::Relaxed) == 0 {
            return;
        }
        let most = most.unwrap_or(DRAINED);
        let mut drained = 0;
        let draining = async {
            while drained < most {
                match self.next().await {
                    Ok(Some(bytes)) => drained += bytes.len() as u64,
                    _ => break,
                }
            }
        };
        let _ = timeout(DRAINED_FOR, draining).await;
    }
}

fn broken() -> Refusal {
    Refusal::new(400, "the body broke off")
}
