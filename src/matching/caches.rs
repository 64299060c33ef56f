// SPDX-License-Identifier: Apache-2.0
//! The lazily built automata of one worker, within a budget.
//!
//! An automaton grows with the texts it has seen, up to a limit of its own, and hundreds of rules
//! have one. Most runs need a few of them again and again; those stay.

use super::program::Program;
use regex_automata::meta::Cache;

/// What the automata of one worker may hold together.
const BUDGET: usize = 16 << 20;
/// What is left of it once they held more: enough that this is seldom.
const LEFT: usize = BUDGET / 4 * 3;

/// One automaton for each rule that was needed so far.
#[derive(Debug, Default)]
pub(super) struct Caches {
    held: Vec<Option<Box<Held>>>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Held {
    cache: Cache,
    /// Its size when it was looked at last.
    bytes: usize,
    used: u64,
}

impl Caches {
    /// Room for the automata of so many rules.
    pub(super) fn new(rules: usize) -> Self {
        Self {
            held: (0..rules).map(|_| None).collect(),
            ..Self::default()
        }
    }

    /// The automaton of a rule.
    pub(super) fn lend(&mut self, rule: usize, program: &Program) -> &mut Cache {
        self.uses += 1;
        let held = self.held[rule].get_or_insert_with(|| {
            Box::new(Held {
                cache: program.regex.create_cache(),
                bytes: 0,
                used: 0,
            })
        });
        held.used = self.uses;
        &mut held.cache
    }

    /// Looks how much a rule's automaton has grown; those that were not used for longest go when
    /// all together hold too much.
    pub(super) fn weigh(&mut self, rule: usize) {
        let Some(held) = &mut self.held[rule] else {
            return;
        };
        let before = std::mem::replace(&mut held.bytes, held.cache.memory_usage());
        self.bytes = self.bytes - before + held.bytes;
        if self.bytes > BUDGET {
            self.shrink();
        }
    }

    #[cold]
    fn shrink(&mut self) {
        let held = self.held.iter().enumerate();
        let mut oldest: Vec<(u64, usize)> = held
            .filter_map(|(rule, held)| Some((held.as_ref()?.used, rule)))
            .collect();
        oldest.sort_unstable();
        for (_, rule) in oldest {
            if self.bytes <= LEFT {
                break;
            }
            if let Some(held) = self.held[rule].take() {
                self.bytes -= held.bytes;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::rules::{Body, load};

    fn programs() -> Vec<Program> {
        let rules = load("default", &[]).unwrap().rules;
        let patterns = rules.iter().filter_map(|rule| match &rule.body {
            Body::Pattern(pattern) => Some(Program::new(pattern).unwrap()),
            _ => None,
        });
        patterns.take(40).collect()
    }

    fn sum(caches: &Caches) -> usize {
        caches.held.iter().flatten().map(|held| held.bytes).sum()
    }

    #[test]
    fn what_is_held_is_counted() {
        let programs = programs();
        let mut caches = Caches::new(programs.len());
        for (rule, program) in programs.iter().enumerate() {
            caches.lend(rule, program);
            caches.weigh(rule);
            caches.weigh(rule);
        }
        assert!(caches.bytes > 0);
        assert_eq!(caches.bytes, sum(&caches));
    }

    #[test]
    fn beyond_the_budget_those_unused_for_longest_go() {
        let programs = programs();
        let last = programs.len() - 1;
        let mut caches = Caches::new(programs.len());
        for (rule, program) in programs.iter().enumerate() {
            caches.lend(rule, program);
            caches.weigh(rule);
        }
        // The first is used again, so the second is the oldest; sizes as if texts had been seen.
        caches.lend(0, &programs[0]);
        for held in caches.held.iter_mut().flatten() {
            held.bytes = BUDGET / programs.len() + 1;
        }
        caches.bytes = sum(&caches);
        assert!(caches.bytes > BUDGET);
        caches.shrink();
        assert!(caches.bytes <= LEFT);
        assert_eq!(caches.bytes, sum(&caches));
        assert!(caches.held[1].is_none());
        assert!(caches.held[0].is_some() && caches.held[last].is_some());
        // What went is made anew.
        caches.lend(1, &programs[1]);
        assert!(caches.held[1].is_some());
    }
}
