// SPDX-License-Identifier: Apache-2.0
//! Room for contents of members, used again: a large buffer that is fetched from the system for
//! each member costs as much as hashing its content.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

/// Rooms that wait for the next member.
const KEPT: usize = 4;
/// Contents whose room a lone worker uses again: one room serves all members, one after the other.
const ALONE: RangeInclusive<usize> = 0..=8 << 20;
/// The same among several workers, where many members wait at a time: small ones would each sit in
/// the room of a large one.
const TOGETHER: RangeInclusive<usize> = 128 << 10..=2 << 20;

/// Rooms that are free.
pub(super) struct Rooms {
    free: Mutex<Vec<Vec<u8>>>,
    sizes: RangeInclusive<usize>,
}

impl Rooms {
    pub(super) fn new(alone: bool) -> Self {
        Self {
            free: Mutex::default(),
            sizes: if alone { ALONE } else { TOGETHER },
        }
    }

    /// Room for a content of about `size` bytes, empty.
    pub(super) fn take(&self, size: u64) -> Vec<u8> {
        let fits = usize::try_from(size).is_ok_and(|size| self.sizes.contains(&size));
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        fits.then(|| free.pop()).flatten().unwrap_or_default()
    }

    /// Takes back the room of a content that nobody needs any more.
    pub(super) fn give(&self, mut room: Vec<u8>) {
        if room.capacity() == 0 || !self.sizes.contains(&room.len()) {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            room.clear();
            free.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_used_again_unless_its_content_was_large() {
        let rooms = Rooms::new(true);
        let mut room = rooms.take(100);
        room.extend_from_slice(&[1; 100]);
        let place = room.as_ptr();
        rooms.give(room);
        let room = rooms.take(50);
        assert!(room.is_empty());
        assert_eq!(room.as_ptr(), place);
        rooms.give(vec![0; (8 << 20) + 1]);
        assert_eq!(rooms.take(1).capacity(), 0);
    }

    #[test]
    fn small_members_of_many_workers_have_room_of_their_own() {
        let rooms = Rooms::new(false);
        rooms.give(vec![0; 1 << 20]);
        assert_eq!(rooms.take(1000).capacity(), 0);
        assert_eq!(rooms.take(200 << 10).capacity(), 1 << 20);
    }
}
