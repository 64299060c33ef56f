// SPDX-License-Identifier: Apache-2.0
//! Keywords to windows to regexes.

use crate::classify::Classified;
use crate::model::{ByteSpan, Confidence, Severity};
use crate::rules::{Body, PatternRule, Rule, Subject};
use aho_corasick::AhoCorasick;
use regex_automata::Input;
use regex_automata::meta::Regex;
use std::sync::{Arc, OnceLock};

/// A match that the rule's own judgement let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index into the rules given to [`Matcher::new`].
    pub rule: usize,
    /// Whole match, in the entry's text.
    pub span: ByteSpan,
    /// The group `hit` (else the whole match).
    pub hit: ByteSpan,
    /// What judgement made of the rule's severity.
    pub severity: Option<Severity>,
    /// What judgement made of the rule's confidence.
    pub confidence: Option<Confidence>,
}

/// Buffers that one worker uses again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    _private: (),
}

/// All rules, ready to run; shared between threads.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<Arc<Rule>>,
    automaton: AhoCorasick,
    owner: Vec<usize>,
    regexes: Vec<OnceLock<Option<Regex>>>,
}

impl Matcher {
    /// Builds the prefilter; patterns are compiled when first needed.
    ///
    /// # Errors
    /// The keywords do not fit an automaton.
    pub fn new(rules: &[Arc<Rule>]) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut owner = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if let Body::Pattern(pattern) = &rule.body {
                for word in &pattern.keywords {
                    words.push(word.as_bytes().to_vec());
                    owner.push(index);
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words)
            .map_err(|e| e.to_string())?;
        Ok(Self {
            rules: rules.to_vec(),
            automaton,
            owner,
            regexes: rules.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// Finds every hit of content rules in the entry's text, in order of place.
    pub fn scan(&self, entry: &Classified<'_>, _scratch: &mut Scratch, out: &mut Vec<Hit>) {
        self.run(entry.text.bytes(), Subject::Content, out);
    }

    /// Finds every hit of path rules in a name inside a container.
    pub fn scan_path(&self, name: &str, _scratch: &mut Scratch, out: &mut Vec<Hit>) {
        self.run(name.as_bytes(), Subject::Path, out);
    }

    fn run(&self, text: &[u8], subject: Subject, out: &mut Vec<Hit>) {
        for found in self.automaton.find_overlapping_iter(text) {
            let index = self.owner[found.pattern().as_usize()];
            let Body::Pattern(pattern) = &self.rules[index].body else {
                continue;
            };
            if pattern.subject != subject {
                continue;
            }
            let Some(regex) = self.regexes[index].get_or_init(|| compile(pattern)) else {
                continue;
            };
            let start = memchr::memrchr(b'\n', &text[..found.start()]).map_or(0, |at| at + 1);
            let end = memchr::memchr(b'\n', &text[found.end()..])
                .map_or(text.len(), |at| found.end() + at);
            for captures in regex.captures_iter(Input::new(text).range(start..end)) {
                let Some(whole) = captures.get_match() else {
                    continue;
                };
                let hit = captures.get_group_by_name("hit").unwrap_or(whole.span());
                out.push(Hit {
                    rule: index,
                    span: ByteSpan::new(whole.start(), whole.end()),
                    hit: ByteSpan::new(hit.start, hit.end),
                    severity: None,
                    confidence: None,
                });
            }
        }
        out.sort_by_key(|hit| (hit.span, hit.rule));
        out.dedup();
    }
}

fn compile(rule: &PatternRule) -> Option<Regex> {
    Regex::builder()
        .syntax(
            regex_automata::util::syntax::Config::new()
                .unicode(false)
                .utf8(false),
        )
        .build(&rule.pattern)
        .ok()
}
