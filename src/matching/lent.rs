// SPDX-License-Identifier: Apache-2.0
//! The search for secrets and paths of machines, lent to families that bring inputs of their own:
//! what an audit compiled once reads their texts too, and nobody compiles those rules again.

use super::engine::Matcher;
use super::hit::Hit;
use super::scope::RuleBits;
use super::scratch::Scratch;
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::model::EntryPath;
use crate::rules::{Body, Rule};
use std::sync::Arc;

/// Families whose patterns are lent.
const LENT: [&str; 2] = ["secret", "path"];

/// Active rules, and a matcher that may speak by those of them that are lent.
#[derive(Debug, Clone)]
pub struct Lent {
    rules: Vec<Arc<Rule>>,
    matcher: Arc<Matcher>,
    /// By the matcher's numbers of rules.
    only: Arc<RuleBits>,
}

fn is_lent(rule: &Rule) -> bool {
    LENT.contains(&rule.meta.id.family()) && matches!(rule.body, Body::Pattern(_))
}

impl Lent {
    /// With a matcher of their own, for a command without an audit around it. All rules are active.
    ///
    /// # Errors
    /// As [`Matcher::new`].
    pub fn of(rules: &[Arc<Rule>]) -> Result<Self, String> {
        let lent = rules.iter().filter(|rule| is_lent(rule));
        let lent: Vec<Arc<Rule>> = lent.cloned().collect();
        Ok(Self {
            rules: rules.to_vec(),
            matcher: Arc::new(Matcher::new(&lent)?),
            only: Arc::new(RuleBits::where_so(lent.iter().map(|_| true))),
        })
    }

    /// Lends a matcher over `rules`, those marked in `active` (same order) alone.
    pub fn from(matcher: &Arc<Matcher>, rules: &[Arc<Rule>], active: &[bool]) -> Self {
        let pairs = || rules.iter().zip(active);
        let may_speak = pairs().map(|(rule, active)| *active && is_lent(rule));
        Self {
            only: Arc::new(RuleBits::where_so(may_speak)),
            rules: pairs()
                .filter(|(_, active)| **active)
                .map(|(rule, _)| Arc::clone(rule))
                .collect(),
            matcher: Arc::clone(matcher),
        }
    }

    /// The active rules, of all families.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// Buffers for [`Lent::scan`], to be used again and again.
    pub fn scratch(&self) -> Scratch {
        Scratch::of(&self.only)
    }

    /// What stands in a text, in order of place, with the rule that knows it.
    pub fn scan(&self, path: &EntryPath, text: &[u8], scratch: &mut Scratch) -> Vec<(&Rule, Hit)> {
        let entry = Classified::new(path, Origin::Tree, &EntryKind::File, text);
        let mut hits = Vec::new();
        self.matcher.scan(&entry, scratch, &mut hits);
        hits.into_iter()
            .map(|hit| (self.matcher.rule(hit.rule), hit))
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::rules::load;

    fn found(lent: &Lent, text: &str) -> Vec<(String, usize)> {
        let path = EntryPath::root("notes.txt");
        let hits = lent.scan(&path, text.as_bytes(), &mut lent.scratch());
        let told = |(rule, hit): (&Rule, Hit)| (rule.meta.id.to_string(), hit.hit.start);
        hits.into_iter().map(told).collect()
    }

    #[test]
    fn a_lent_matcher_finds_what_an_own_one_finds_and_other_rules_stay_silent() {
        let rules = load("default", &[]).unwrap().rules;
        let shared = Arc::new(Matcher::new(&rules).unwrap());
        let text = [
            "see /ho",
            "me/kowalczyk/x\nThis library is guaranteed to be 100% secure.\n",
        ]
        .concat();
        let own = found(&Lent::of(&rules).unwrap(), &text);
        assert!(!own.is_empty());
        let all = vec![true; rules.len()];
        assert_eq!(found(&Lent::from(&shared, &rules, &all), &text), own);
        let silent: Vec<bool> = rules
            .iter()
            .map(|rule| rule.meta.id.family() != "path")
            .collect();
        let lent = Lent::from(&shared, &rules, &silent);
        assert_eq!(found(&lent, &text), []);
        assert!(lent.rules().len() < rules.len());
    }
}
