// SPDX-License-Identifier: Apache-2.0
//! The two modes, as answers to questions: one code path asks, the mode answers.

/// Which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    compat: bool,
}

impl Policy {
    /// The reference's answers, its lenient gates included.
    pub const COMPAT: Self = Self { compat: true };
    /// The weaknesses of the specification's section 11 are closed.
    pub const STRICT: Self = Self { compat: false };

    /// Whether the reference's answers are asked for.
    pub fn compat(self) -> bool {
        self.compat
    }

    /// Whether more must hold than in the reference.
    pub fn strict(self) -> bool {
        !self.compat
    }
}
