// SPDX-License-Identifier: Apache-2.0
//! What a tar is read from: plain or unpacked bytes that can tell why they ended.

use super::input::Input;
use std::io::{self, BufRead};

/// Why a stream ended before its end, or what stands after it.
pub(super) struct Fault {
    pub(super) rule: &'static str,
    /// Offset in the packed bytes.
    pub(super) offset: u64,
    pub(super) detail: String,
}

/// Bytes of a tar, wherever they come from.
pub(super) trait Stream: BufRead {
    /// Passes over `count` bytes; less where the stream ends.
    fn skip(&mut self, count: u64) -> io::Result<u64>;
    /// What went wrong below the tar, once.
    fn take_fault(&mut self) -> Option<Fault>;
    /// Whether passing over bytes costs as much as reading them.
    fn skips_by_reading(&self) -> bool;
}

impl Stream for Input<'_> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let from = self.offset();
        let to = from.saturating_add(count).min(self.length());
        self.jump(to)?;
        Ok(to.saturating_sub(from))
    }

    fn take_fault(&mut self) -> Option<Fault> {
        None
    }

    fn skips_by_reading(&self) -> bool {
        false
    }
}
