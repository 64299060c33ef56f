// SPDX-License-Identifier: Apache-2.0
//! Blocks and member data off a stream, counted against the budget.

use super::header::BLOCK;
use crate::artifact::input::read_full;
use crate::artifact::stream::{Fault, Stream};
use crate::artifact::walker::{Ending, Walker, read_capped};
use std::io;

/// Why a tar was not read further.
pub(super) enum Stop {
    /// Its end was reached.
    End,
    /// It ends inside a member.
    Truncated,
    /// The budget of members is spent, and that was said.
    Budget,
    /// The budget of bytes is spent.
    TotalBytes,
    /// The source failed.
    Failed(io::Error),
}

/// A tar stream with its position.
pub(super) struct Reader<S> {
    stream: S,
    offset: u64,
    pushed_back: Option<Box<[u8; BLOCK]>>,
    partial: Vec<u8>,
}

impl<S: Stream> Reader<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            offset: 0,
            pushed_back: None,
            partial: Vec::new(),
        }
    }

    /// Offset of the next byte in the (unpacked) tar.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What went wrong below the tar.
    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.stream.take_fault()
    }

    /// The next block; `None` at the end of the stream. A last block that is not whole counts
    /// as truncation unless it is zeros.
    pub(super) fn block(&mut self, walker: &mut Walker<'_>) -> Result<Option<[u8; BLOCK]>, Stop> {
        if let Some(block) = self.pushed_back.take() {
            self.offset += BLOCK as u64;
            return Ok(Some(*block));
        }
        if walker.room() < BLOCK as u64 {
            return Err(Stop::TotalBytes);
        }
        let mut block = [0; BLOCK];
        let read = read_full(&mut self.stream, &mut block).map_err(Stop::Failed)?;
        self.offset += read as u64;
        walker.spend(read as u64);
        match read {
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            _ if block.iter().all(|&b| b == 0) => Ok(None),
            _ => Err(Stop::Truncated),
        }
    }

    /// Puts back the block just read.
    pub(super) fn unread(&mut self, block: [u8; BLOCK]) {
        self.offset -= BLOCK as u64;
        self.pushed_back = Some(Box::new(block));
    }

    /// A member's data and its padding. On failure [`Reader::take_partial`] has what came.
    pub(super) fn data(&mut self, walker: &mut Walker<'_>, size: u64) -> Result<Vec<u8>, Stop> {
        let mut bytes = walker.buffer(size);
        if let Some(block) = self.pushed_back.take() {
            let n = size.min(BLOCK as u64);
            bytes.extend_from_slice(&block[..usize::try_from(n).unwrap_or(BLOCK)]);
            self.offset += BLOCK as u64;
            if size <= BLOCK as u64 {
                return Ok(bytes);
            }
        }
        if size > walker.room() {
            return Err(Stop::TotalBytes);
        }
        let before = bytes.len() as u64;
        let ending = read_capped(&mut self.stream, Some(size), size, &mut bytes);
        let read = bytes.len() as u64 - before;
        self.offset += read;
        walker.spend(read);
        let stop = match ending {
            Ending::Failed(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Stop::Failed(error)
            }
            Ending::Whole if bytes.len() as u64 == size => match self.skip(walker, padding(size)) {
                Ok(()) => return Ok(bytes),
                Err(stop) => stop,
            },
            _ => Stop::Truncated,
        };
        self.partial = bytes;
        Err(stop)
    }

    /// What [`Reader::data`] had read when it failed.
    pub(super) fn take_partial(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    /// Passes over a member's data and its padding.
    pub(super) fn skip_data(&mut self, walker: &mut Walker<'_>, size: u64) -> Result<(), Stop> {
        let mut size = size.saturating_add(padding(size));
        if self.pushed_back.take().is_some() {
            self.offset += BLOCK as u64;
            size = size.saturating_sub(BLOCK as u64);
        }
        self.skip(walker, size)
    }

    fn skip(&mut self, walker: &mut Walker<'_>, count: u64) -> Result<(), Stop> {
        let metered = self.stream.skips_by_reading();
        let most = if metered {
            count.min(walker.room())
        } else {
            count
        };
        let skipped = self.stream.skip(most).map_err(Stop::Failed)?;
        self.offset += skipped;
        if metered {
            walker.spend(skipped);
        }
        if skipped < most {
            Err(Stop::Truncated)
        } else if most < count {
            Err(Stop::TotalBytes)
        } else {
            Ok(())
        }
    }
}

/// Bytes that fill the last block.
fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}
