// SPDX-License-Identifier: Apache-2.0
//! The words of a sentence that govern what stands behind them.

use super::words::{Force, Token, force_at, tokens, undoes};
use std::ops::Range;

/// A governing word found before the phrase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Governor {
    pub(super) force: Force,
    /// First token.
    pub(super) at: usize,
    /// First token behind it.
    pub(super) end: usize,
}

/// Governing words in order; denials that cancel each other are left out.
pub(super) fn governors(tokens: &[Token<'_>]) -> Vec<Governor> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((force, count)) = force_at(tokens, at) else {
            at += 1;
            continue;
        };
        let mut end = at + count;
        if matches!(force, Force::Not | Force::Without) {
            // "not [at all] impossible", "never fails to", "cannot [ever] be denied".
            let undone = (0..3).find_map(|skip| {
                let taken = (end + skip < tokens.len()).then(|| undoes(tokens, end + skip))?;
                (taken > 0).then_some(end + skip + taken)
            });
            if let Some(past) = undone {
                at = past;
                continue;
            }
        }
        if force != Force::Neutral {
            out.push(Governor { force, at, end });
        }
        if end == at {
            end += 1;
        }
        at = end;
    }
    out
}

/// The words of a sentence in lower case that govern what stands behind them, and the marks that part what it
/// says, in order: what claims lies between them.
pub(in super::super) fn turns(sentence: &str) -> Vec<Range<usize>> {
    let tokens = tokens(sentence);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (is_turn, count) = match force_at(&tokens, at) {
            Some((force, count)) => (force != Force::Neutral, count),
            None => (matches!(token.text, "," | ";" | ":" | "(" | ")" | "but"), 1),
        };
        at += count;
        if is_turn {
            let last = tokens[at - 1];
            out.push(token.start..last.start + last.text.len());
        }
    }
    out
}
