// SPDX-License-Identifier: Apache-2.0
//! What one worker uses again and again while it scans: buffers, automata, and what it knows of the entry
//! at hand.

use super::caches::Caches;
use super::scope::RuleBits;
use super::window::Pending;
use crate::classify::{Kind, Origin};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{hybrid, meta};
use std::sync::Arc;

/// What the automata of one worker may hold together: those of outlines, which most windows see, and
/// those of whole patterns.
const OUTLINES: usize = 3 << 20;
const PROGRAMS: usize = 2 << 20;

/// One worker's automata.
#[derive(Debug)]
pub(super) struct Automata {
    pub(super) outlines: Caches<hybrid::dfa::Cache>,
    pub(super) programs: Caches<meta::Cache>,
}

impl Default for Automata {
    fn default() -> Self {
        Self {
            outlines: Caches::new(OUTLINES),
            programs: Caches::new(PROGRAMS),
        }
    }
}

/// Buffers that one worker uses again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The matcher that the buffers belong to.
    pub(super) owner: u64,
    /// Rules that alone may speak, when not all of them may.
    pub(super) only: Option<Arc<RuleBits>>,
    /// Rules by kind and origin of entries seen so far.
    pub(super) admitted: Vec<(Kind, Origin, Arc<RuleBits>)>,
    pub(super) caches: Automata,
    /// The entry at hand; a rule's state from another one is void.
    pub(super) entry: u32,
    pub(super) states: Vec<State>,
    pub(super) windows: Vec<Pending>,
    pub(super) statements: Vec<usize>,
    /// Where keywords of statement rules stand, in the entry's text.
    pub(super) marks: Vec<Mark>,
    /// Whether the word that is watched for stands in the entry's text.
    pub(super) watched: bool,
    /// Whether a pattern matched, or a rule with a keyword in the text was kept out by the entry's name.
    pub(super) spoke: bool,
    /// Places of a match's groups.
    pub(super) slots: Vec<Option<NonMaxUsize>>,
}

/// A keyword of a statement rule in the entry's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Index into the rules given to [`super::Matcher::new`].
    pub rule: usize,
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// What is known of a rule in the entry at hand.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct State {
    pub(super) entry: u32,
    pub(super) admitted: bool,
    /// Its last window, to be widened by a keyword nearby.
    pub(super) last: Option<usize>,
}

impl Scratch {
    /// Buffers for scans of content in which no other rule speaks than these.
    pub(super) fn of(only: &Arc<RuleBits>) -> Self {
        Self {
            only: Some(Arc::clone(only)),
            ..Self::default()
        }
    }

    /// After [`super::Matcher::scan`]: the statement rules, by index, whose scope admits the entry and
    /// of which a keyword stands in it (or that have no keyword); sorted.
    pub fn flagged_statements(&self) -> &[usize] {
        &self.statements
    }

    /// Whether the word given to [`super::Matcher::watching`] stands in the entry's text, in any case.
    pub fn saw_watched(&self) -> bool {
        self.watched
    }

    /// Whether the same text would give nothing under any name that [`super::Matcher::asks_for`] denies,
    /// but for statements.
    pub fn is_quiet(&self) -> bool {
        !self.spoke && !self.watched
    }

    /// Forgets the last text.
    pub fn clear(&mut self) {
        self.windows.clear();
        self.statements.clear();
        self.marks.clear();
        self.watched = false;
        self.spoke = false;
    }

    /// Where their keywords stand, by rule and place: which paragraphs are worth reading.
    pub fn statement_marks(&self) -> &[Mark] {
        &self.marks
    }
}
