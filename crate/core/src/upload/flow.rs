//! How many pieces are under way at a time: more while more of them carry more, fewer when the service or the line is
//! pressed.

/// Pieces at the start.
const START: u32 = 3;
/// For so many milliseconds each piece that comes through makes room for one more: where that is quick, what is waited for is
/// the round trip.
const OPENING: u64 = 2000;

/// The present bound, and what the line carried under it.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    limit: u32,
    most: u32,
    /// Since when the present bound is measured.
    since: Option<u64>,
    bytes: u64,
    pieces: u32,
    /// Bytes a second under the bound before this one.
    before: u64,
    /// Whether the bound was raised last.
    raised: bool,
    /// Measurements to sit out after a raise that brought nothing, or a cut.
    rest: u32,
    /// Until when the bound is raised at each piece.
    opening: Option<u64>,
}

impl Flow {
    /// At most so many; on a line that is known to be quick all of them at once.
    pub(super) fn new(most: u32, quick: bool) -> Flow {
        Flow {
            limit: if quick { most } else { START.min(most) },
            most,
            since: None,
            bytes: 0,
            pieces: 0,
            before: 0,
            raised: false,
            rest: 0,
            opening: None,
        }
    }

    /// Pieces that may be under way.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// Something is under way from here on.
    pub(super) fn handle_start(&mut self, clock: u64) {
        self.since.get_or_insert(clock);
        self.opening.get_or_insert(clock + OPENING);
    }

    /// A piece was confirmed. After as many as the bound the goodput is known.
    pub(super) fn handle_piece(&mut self, bytes: u64, clock: u64) {
        if self.limit < self.most && self.opening.is_some_and(|until| clock < until) {
            self.limit += 1;
            return self.measure(clock);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.pieces += 1;
        // Two rounds: the first of them began under the bound before.
        if self.pieces < self.limit * 2 {
            return;
        }
        let time = clock.saturating_sub(self.since.unwrap_or(clock)).max(1);
        let goodput = self.bytes.saturating_mul(1000) / time;
        self.measure(clock);
        if self.rest > 0 {
            self.rest -= 1;
        } else if self.raised && goodput < self.before.saturating_add(self.before / 20) {
            // More pieces did not carry more: back, and for a while.
            self.limit = (self.limit - 1).max(1);
            self.raised = false;
            self.rest = 8;
        } else {
            self.raised = self.limit < self.most;
            self.limit = (self.limit + 1).min(self.most);
        }
        self.before = goodput;
    }

    /// The service is pressed, or a request stalled.
    pub(super) fn handle_pressure(&mut self, clock: u64) {
        self.limit = (self.limit / 2).max(1);
        self.raised = false;
        self.rest = 2;
        self.opening = Some(0);
        self.measure(clock);
    }

    /// Nothing is under way: idle time is not measured.
    pub(super) fn handle_idle(&mut self) {
        self.since = None;
        self.bytes = 0;
        self.pieces = 0;
    }

    fn measure(&mut self, clock: u64) {
        self.since = Some(clock);
        self.bytes = 0;
        self.pieces = 0;
    }
}
