// SPDX-License-Identifier: Apache-2.0
//! The lazily built automata of one worker, within a budget.
//!
//! An automaton grows with the texts it has seen, up to a limit of its own, and hundreds of rules
//! have one. Most runs need a few of them again and again; those stay.

use regex_automata::{hybrid, meta};

/// What grows with the texts it has seen.
pub(super) trait Grown {
    /// Bytes that it holds, about.
    fn bytes(&self) -> usize;
}

impl Grown for meta::Cache {
    fn bytes(&self) -> usize {
        self.memory_usage()
    }
}

impl Grown for hybrid::dfa::Cache {
    fn bytes(&self) -> usize {
        self.memory_usage()
    }
}

/// One automaton for each pattern that was needed so far.
#[derive(Debug)]
pub(super) struct Caches<A> {
    held: Vec<Option<Box<Held<A>>>>,
    bytes: usize,
    /// What all may hold together.
    budget: usize,
    uses: u64,
}

#[derive(Debug)]
struct Held<A> {
    cache: A,
    /// Its size when it was looked at last.
    bytes: usize,
    used: u64,
}

impl<A: Grown> Caches<A> {
    /// None yet.
    pub(super) const fn new(budget: usize) -> Self {
        Self {
            held: Vec::new(),
            bytes: 0,
            budget,
            uses: 0,
        }
    }

    /// The automaton of a pattern, by its number.
    pub(super) fn lend(&mut self, pattern: usize, make: impl FnOnce() -> A) -> &mut A {
        self.uses += 1;
        if self.held.len() <= pattern {
            self.held.resize_with(pattern + 1, || None);
        }
        let held = self.held[pattern].get_or_insert_with(|| {
            Box::new(Held {
                cache: make(),
                bytes: 0,
                used: 0,
            })
        });
        held.used = self.uses;
        &mut held.cache
    }

    /// Looks how much a pattern's automaton has grown; those that were not used for longest go when
    /// all together hold too much.
    pub(super) fn weigh(&mut self, pattern: usize) {
        let Some(Some(held)) = self.held.get_mut(pattern) else {
            return;
        };
        let before = std::mem::replace(&mut held.bytes, held.cache.bytes());
        self.bytes = self.bytes - before + held.bytes;
        if self.bytes > self.budget {
            self.shrink();
        }
    }

    /// Leaves so much of the budget free that this is seldom.
    #[cold]
    fn shrink(&mut self) {
        let held = self.held.iter().enumerate();
        let mut oldest: Vec<(u64, usize)> = held
            .filter_map(|(pattern, held)| Some((held.as_ref()?.used, pattern)))
            .collect();
        oldest.sort_unstable();
        for (_, pattern) in oldest {
            if self.bytes <= self.budget / 4 * 3 {
                break;
            }
            if let Some(held) = self.held[pattern].take() {
                self.bytes -= held.bytes;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::compile::regex;
    use super::*;
    use regex_automata::meta::{Cache, Regex};

    const BUDGET: usize = 16 << 20;

    fn patterns() -> Vec<Regex> {
        let pattern = |number| regex(&format!("key{number}=[a-z]{{8,20}}")).unwrap();
        (0..40).map(pattern).collect()
    }

    fn sum(caches: &Caches<Cache>) -> usize {
        caches.held.iter().flatten().map(|held| held.bytes).sum()
    }

    #[test]
    fn what_is_held_is_counted() {
        let mut caches = Caches::new(BUDGET);
        for (number, pattern) in patterns().iter().enumerate() {
            caches.lend(number, || pattern.create_cache());
            caches.weigh(number);
            caches.weigh(number);
        }
        assert!(caches.bytes > 0);
        assert_eq!(caches.bytes, sum(&caches));
    }

    #[test]
    fn beyond_the_budget_those_unused_for_longest_go() {
        let patterns = patterns();
        let last = patterns.len() - 1;
        let mut caches = Caches::new(BUDGET);
        for (number, pattern) in patterns.iter().enumerate() {
            caches.lend(number, || pattern.create_cache());
            caches.weigh(number);
        }
        // The first is used again, so the second is the oldest; sizes as if texts had been seen.
        caches.lend(0, || patterns[0].create_cache());
        for held in caches.held.iter_mut().flatten() {
            held.bytes = BUDGET / patterns.len() + 1;
        }
        caches.bytes = sum(&caches);
        assert!(caches.bytes > BUDGET);
        caches.shrink();
        assert!(caches.bytes <= BUDGET / 4 * 3);
        assert_eq!(caches.bytes, sum(&caches));
        assert!(caches.held[1].is_none());
        assert!(caches.held[0].is_some() && caches.held[last].is_some());
        // What went is made anew.
        caches.lend(1, || patterns[1].create_cache());
        assert!(caches.held[1].is_some());
    }
}
