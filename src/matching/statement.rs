// SPDX-License-Identifier: Apache-2.0
//! Claims: patterns over sentences, and a judgement on each match.

use super::claim_pattern::ClaimPattern;
use super::claim_rule::{ClaimRule, Made};
use super::claimed::{claims, led_by};
use super::hit::Hit;
use super::paragraph::Layout;
use super::scratch::Mark;
use super::sentence::{Block, Sink, is_catalogue, is_read, read_blocks};
use crate::classify::Classified;
use crate::model::{Confidence, RuleId};
use crate::rules::Rule;
use std::sync::Arc;

/// All statement rules, ready to run; shared between threads.
#[derive(Debug)]
pub struct StatementMatcher {
    rules: Vec<ClaimRule>,
}

impl StatementMatcher {
    /// Takes the statement rules out of `rules`; patterns are compiled when first needed.
    pub fn new(rules: &[Arc<Rule>]) -> Self {
        let of = |(index, rule)| ClaimRule::new(index, rule);
        Self {
            rules: rules.iter().enumerate().filter_map(of).collect(),
        }
    }

    /// As [`super::Matcher::compile_all`].
    ///
    /// # Errors
    /// Every rule with a pattern that does not compile, and why.
    pub fn compile_all(&self) -> Result<(), Vec<(RuleId, String)>> {
        self.rules
            .iter()
            .flat_map(|rule| rule.made().patterns())
            .for_each(ClaimPattern::compile);
        let faults = self.faults();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// As [`super::Matcher::faults`].
    pub fn faults(&self) -> Vec<(RuleId, String)> {
        let of = |rule: &ClaimRule| -> Vec<(RuleId, String)> {
            let made = rule.made_so_far().into_iter();
            made.flat_map(Made::patterns)
                .filter_map(ClaimPattern::fault)
                .map(|fault| (rule.rule.meta.id.clone(), fault))
                .collect()
        };
        self.rules.iter().flat_map(of).collect()
    }

    /// Finds every claim of the flagged rules: those whose keyword occurs in the entry, at one of
    /// `marks` (sorted), as [`super::Scratch`] names both after a scan. A keyword counts only
    /// where what else a pattern cannot do without stands near it. False where none counts, which no
    /// name of the entry would change.
    pub fn scan(
        &self,
        entry: &Classified<'_>,
        flagged: &[usize],
        marks: &[Mark],
        out: &mut Vec<Hit>,
    ) -> bool {
        if flagged.is_empty() || !is_read(entry) {
            return false;
        }
        let text = entry.text.bytes();
        let layout = Layout::of(entry.kind);
        let mut active = vec![false; self.rules.len()];
        let mut places = Vec::new();
        for (rule, active) in self.rules.iter().zip(&mut active) {
            if !flagged.contains(&rule.index) || !rule.statement().required_in.is_empty() {
                continue;
            }
            let before = places.len();
            let from = marks.partition_point(|mark| mark.rule < rule.index);
            let to = marks.partition_point(|mark| mark.rule <= rule.index);
            let made = rule.made();
            let nearby = made.nearby(rule.statement());
            nearby.admit(text, layout, &marks[from..to], &mut places);
            *active = made.is_everywhere() || places.len() > before;
        }
        places.sort_unstable();
        places.dedup();
        self.run(entry, &active, Some(&places), out);
        active.contains(&true)
    }

    /// Finds every claim of every rule, reading every paragraph.
    pub fn scan_all(&self, entry: &Classified<'_>, out: &mut Vec<Hit>) {
        let active: Vec<bool> = self
            .rules
            .iter()
            .map(|rule| rule.statement().required_in.is_empty())
            .collect();
        if is_read(entry) {
            self.run(entry, &active, None, out);
        }
    }

    /// For a file that is read.
    fn run(
        &self,
        entry: &Classified<'_>,
        active: &[bool],
        marks: Option<&[usize]>,
        out: &mut Vec<Hit>,
    ) {
        if !active.contains(&true) {
            return;
        }
        let active_rules = || {
            self.rules
                .iter()
                .zip(active)
                .filter(|(_, on)| **on)
                .map(|(rule, _)| rule)
        };
        let everywhere = active_rules().any(|rule| rule.made().is_everywhere());
        let first = out.len();
        let mut emit = |block: &Block<'_>| {
            let lower = block.folded.text.to_ascii_lowercase();
            let lead = led_by(block).map(str::to_ascii_lowercase);
            for rule in active_rules() {
                let led = lead.as_ref().is_some_and(|lead| rule.made().may_hold(lead));
                if led || rule.made().may_hold(&lower) {
                    claims(rule, block, &lower, led, out);
                }
            }
        };
        let mut sink = Sink {
            marks: marks.filter(|_| !everywhere),
            emit: &mut emit,
        };
        read_blocks(entry, &mut sink);
        let found = &mut out[first..];
        found.sort_by_key(|hit| (hit.span, hit.rule));
        if is_catalogue(entry) {
            // A label of a program's window says what a switch does, which a person turns.
            for hit in found {
                hit.confidence = Some(Confidence::Low);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::EntryKind;
    use crate::classify::Origin;
    use crate::model::EntryPath;
    use crate::rules::{Body, load};

    fn matcher() -> (StatementMatcher, Vec<Arc<Rule>>) {
        let rules = load("default", &[]).unwrap().rules;
        (StatementMatcher::new(&rules), rules)
    }

    fn scan(matcher: &StatementMatcher, bytes: &[u8]) -> Vec<Hit> {
        let path = EntryPath::root("a.md");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut out = Vec::new();
        matcher.scan_all(&entry, &mut out);
        out
    }

    #[test]
    fn the_span_is_the_sentence_and_the_hit_the_phrase() {
        let (matcher, rules) = matcher();
        let text = "First. The parser **is\nbug-free**. Last.";
        let hits = scan(&matcher, text.as_bytes());
        assert_eq!(hits.len(), 1);
        assert_eq!(rules[hits[0].rule].meta.id.as_str(), "claim-bug-free");
        assert_eq!(&text[hits[0].span.range()], "The parser **is\nbug-free**.");
        assert_eq!(&text[hits[0].hit.range()], "is\nbug-free");
        assert_eq!(hits[0].confidence, None);
    }

    #[test]
    fn a_quoted_block_lowers_the_confidence() {
        let (matcher, _) = matcher();
        let hits = scan(&matcher, b"> The parser is bug-free.\n");
        assert_eq!(hits[0].confidence, Some(Confidence::Low));
    }

    #[test]
    fn a_label_of_a_catalogue_never_blocks() {
        let (matcher, _) = matcher();
        let of = |name: &str, text: &str| {
            let path = EntryPath::root(name);
            let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
            let mut out = Vec::new();
            matcher.scan_all(&entry, &mut out);
            out[0].confidence
        };
        let label = "{\"filter\": \"CCR disables the content filter of the model.\"}";
        assert_eq!(of("i18n/en.json", label), Some(Confidence::Low));
        let label = "msgid \"a\"\nmsgstr \"CCR disables the content filter of the model.\"\n";
        assert_eq!(of("de.po", label), Some(Confidence::Low));
        let text = "CCR disables the content filter of the model.\n";
        assert_eq!(of("a.md", text), None);
    }

    #[test]
    fn utf16_and_unflagged_rules() {
        let (matcher, rules) = matcher();
        let wide: Vec<u8> = "\u{feff}The parser is bug-free."
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(scan(&matcher, &wide).len(), 1);
        let path = EntryPath::root("a.md");
        let entry = Classified::new(
            &path,
            Origin::Tree,
            &EntryKind::File,
            b"The parser is bug-free.",
        );
        let other = rules
            .iter()
            .position(|r| r.meta.id.as_str() == "claim-military-grade")
            .unwrap();
        let mut out = Vec::new();
        let mark = Mark {
            rule: other,
            start: 0,
            end: 14,
        };
        matcher.scan(&entry, &[other], &[mark], &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        let (_, rules) = matcher();
        let rule = rules
            .iter()
            .find(|r| matches!(r.body, Body::Statement(_)))
            .unwrap();
        let mut broken = rule.as_ref().clone();
        if let Body::Statement(statement) = &mut broken.body {
            statement.any_of.push("(".to_owned());
        }
        assert!(
            StatementMatcher::new(&[Arc::new(broken)])
                .compile_all()
                .is_err()
        );
    }
}
