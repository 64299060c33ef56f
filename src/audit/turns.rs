// SPDX-License-Identifier: Apache-2.0
//! Turns for large members: each is held whole while it is examined, and several at once would
//! decide how much memory a scan needs.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Members from this size on take turns.
const LARGE: u64 = 8 << 20;
/// How long one waits. Less memory is a wish; that the scan goes on is none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose turn it is, shared by all workers.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: Mutex<bool>,
    given_back: Condvar,
}

/// The turn of one member; over when dropped.
#[derive(Debug)]
pub(super) struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits for a turn, if a member of so many bytes needs one; not for ever.
    pub(super) fn wait(&self, size: u64) -> Option<Turn<'_>> {
        if size < LARGE {
            return None;
        }
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .given_back
            .wait_timeout_while(taken, PATIENCE, |taken| *taken);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *taken {
            return None;
        }
        *taken = true;
        Some(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = false;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn one_large_member_at_a_time() {
        let turns = Turns::default();
        assert!(turns.wait(LARGE - 1).is_none());
        let first = turns.wait(LARGE).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| turns.wait(LARGE).is_some());
            drop(first);
            assert!(second.join().unwrap());
        });
        assert!(turns.wait(LARGE).is_some());
    }

    #[test]
    fn nobody_waits_for_ever() {
        let turns = Turns::default();
        let _first = turns.wait(LARGE).unwrap();
        assert!(turns.wait(LARGE).is_none());
    }
}
