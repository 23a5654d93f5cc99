//! The message loop without locks: a post from inside a turn queues and is taken by the turn that runs.

use std::cell::RefCell;
use std::collections::VecDeque;

/// Mail for one state, handled one piece at a time in the order of posting.
pub struct Mailbox<M, S> {
    queue: RefCell<VecDeque<M>>,
    state: RefCell<S>,
    turn: fn(&mut S, M),
}

impl<M, S> Mailbox<M, S> {
    /// An empty box in front of a state; `turn` handles one piece.
    pub const fn new(state: S, turn: fn(&mut S, M)) -> Self {
        Mailbox { queue: RefCell::new(VecDeque::new()), state: RefCell::new(state), turn }
    }

    /// Runs the turn now, or leaves the mail to the turn that is running.
    pub fn post(&self, mail: M) {
        self.queue.borrow_mut().push_back(mail);
        let Ok(mut state) = self.state.try_borrow_mut() else { return };
        loop {
            let next = self.queue.borrow_mut().pop_front();
            let Some(mail) = next else { break };
            (self.turn)(&mut state, mail);
        }
    }
}
