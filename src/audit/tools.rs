// SPDX-License-Identifier: Apache-2.0
//! What each worker keeps from one file to the next: room to read into and to search with.

use crate::artifact;
use crate::discover::Opener;
use crate::matching::{self, Hit, Scratch};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};

/// Of buffers above this the rest is given back after use.
const LARGE: usize = 8 << 20;
/// The first room that a worker makes.
const SMALLEST: usize = 512 << 10;

/// What a worker uses again for each file.
#[derive(Default)]
pub(super) struct Tools {
    pub(super) buffer: Buffer,
    pub(super) opener: Opener,
    pub(super) scratch: Scratch,
    pub(super) hits: Vec<Hit>,
}

/// Bytes of a file, in room that is made once.
#[derive(Default)]
pub(super) struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    /// Forgets the bytes, keeps the room.
    pub(super) fn clear(&mut self) {
        self.filled = 0;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Makes room for so many bytes. Files come in any order of size, so it grows in large steps.
    fn grow(&mut self, room: usize) {
        let room = if room > LARGE {
            room
        } else {
            room.next_power_of_two().max(SMALLEST)
        };
        if self.filled == 0 && room == SMALLEST {
            // Nothing to keep, and fresh memory is zero already.
            self.room = vec![0; room];
            return;
        }
        artifact::reserve(&mut self.room, room as u64);
        self.room.resize(room, 0);
    }

    /// Gives back what a large file needed.
    fn shrink(&mut self) {
        if self.room.len() > LARGE {
            self.room.truncate(LARGE);
            self.room.shrink_to(LARGE);
        }
        self.filled = self.filled.min(self.room.len());
    }

    /// Adds what stands in `file` behind what is here, up to `most` bytes in all. A file that ends
    /// where its size says is not asked again whether it has ended: most are read in one call.
    pub(super) fn fill(&mut self, file: &mut File, size: u64, most: u64) -> io::Result<()> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut room = size.saturating_add(1).min(most);
        while self.filled < most {
            if self.filled >= room {
                room = room
                    .saturating_mul(2)
                    .max(self.filled + (64 << 10))
                    .min(most);
            }
            if self.room.len() < room {
                self.grow(room);
            }
            match file.read(&mut self.room[self.filled..room]) {
                Ok(0) => break,
                Ok(read) => {
                    self.filled += read;
                    if self.filled == size && size < room {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

thread_local! {
    static TOOLS: Cell<Option<Box<Tools>>> = const { Cell::new(None) };
}

/// Gives up this worker's tools: what was grown while reading is of no use to what comes after.
pub(super) fn forget() {
    TOOLS.set(None);
    matching::forget();
}

/// Lends this worker's tools.
pub(super) fn with_tools<T>(work: impl FnOnce(&mut Tools) -> T) -> T {
    let mut tools = TOOLS.take().unwrap_or_default();
    let result = work(&mut tools);
    // One large file must not make every worker large for the rest of the run.
    tools.buffer.shrink();
    TOOLS.set(Some(tools));
    result
}
