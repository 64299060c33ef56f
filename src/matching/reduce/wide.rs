// SPDX-License-Identifier: Apache-2.0
//! A wider pattern.

use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

/// A counted repetition whose bounds lie this far apart is left open: its count is what an
/// automaton grows with.
const FAR: u32 = 8;

/// A pattern that matches wherever `pattern` does, with fewer states.
pub(crate) fn widened(pattern: &Hir) -> Hir {
    match pattern.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
            pattern.clone()
        }
        HirKind::Repetition(repetition) => {
            let near = |max: &u32| max - repetition.min < FAR;
            Hir::repetition(Repetition {
                min: repetition.min,
                max: repetition.max.filter(near),
                greedy: repetition.greedy,
                sub: Box::new(widened(&repetition.sub)),
            })
        }
        HirKind::Capture(Capture { sub, .. }) => widened(sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(widened).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(widened).collect()),
    }
}
