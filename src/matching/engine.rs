// SPDX-License-Identifier: Apache-2.0
//! Keywords to windows to regexes.

use super::path_judge;
use crate::classify::{Classified, Kind};
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
        self.run(
            entry.text.bytes(),
            entry.path.name(),
            entry.kind,
            Subject::Content,
            out,
        );
    }

    /// Finds every hit of path rules in a name inside a container.
    pub fn scan_path(&self, name: &str, _scratch: &mut Scratch, out: &mut Vec<Hit>) {
        let kind = Kind::of(name, b"", false);
        self.run(name.as_bytes(), name, kind, Subject::Path, out);
    }

    fn run(&self, text: &[u8], path: &str, kind: Kind, subject: Subject, out: &mut Vec<Hit>) {
        for found in self.automaton.find_overlapping_iter(text) {
            let index = self.owner[found.pattern().as_usize()];
            let Body::Pattern(pattern) = &self.rules[index].body else {
                continue;
            };
            if pattern.subject != subject {
                continue;
            }
            let scope = &self.rules[index].scope;
            let is = |words: &[String]| words.iter().any(|word| kind.is(word));
            let under = |globs: &[String]| {
                globs.iter().any(|glob| {
                    globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(path))
                })
            };
            let wanted = match scope.kinds.is_empty() {
                true => kind.is("text"),
                false => is(&scope.kinds),
            };
            let placed = scope.paths.is_empty() || under(&scope.paths);
            if !wanted || is(&scope.not_kinds) || !placed || under(&scope.not_paths) {
                continue;
            }
            let Some(regex) = self.regexes[index].get_or_init(|| compile(pattern)) else {
                continue;
            };
            let floor = found.start().saturating_sub(512);
            let ceiling = (found.end() + (2 << 10)).min(text.len());
            let start = memchr::memrchr(b'\n', &text[floor..found.start()])
                .map_or(floor, |at| floor + at + 1);
            let end = memchr::memchr(b'\n', &text[found.end()..ceiling])
                .map_or(ceiling, |at| found.end() + at);
            for captures in regex.captures_iter(Input::new(text).range(start..end)) {
                let Some(whole) = captures.get_match() else {
                    continue;
                };
                let hit = captures.get_group_by_name("hit").unwrap_or(whole.span());
                let (whole, hit) = (
                    ByteSpan::new(whole.start(), whole.end()),
                    ByteSpan::new(hit.start, hit.end),
                );
                let allowed = pattern
                    .judge
                    .allow
                    .iter()
                    .filter_map(|allow| build(allow))
                    .any(|allow| allow.is_match(&text[hit.range()]))
                    || pattern
                        .judge
                        .allow_line
                        .iter()
                        .filter_map(|allow| build(allow))
                        .any(|allow| allow.is_match(&text[start..end]));
                if allowed {
                    continue;
                }
                let mut weight = Some(path_judge::Weight::default());
                for validator in &pattern.judge.validators {
                    weight = path_judge::weigh(validator, text, whole, hit, path, kind);
                }
                let Some(weight) = weight else { continue };
                out.push(Hit {
                    rule: index,
                    span: whole,
                    hit,
                    severity: weight.severity,
                    confidence: weight.confidence,
                });
            }
        }
        out.sort_by_key(|hit| (hit.span, hit.rule));
        out.dedup();
    }
}

fn compile(rule: &PatternRule) -> Option<Regex> {
    build(&rule.pattern)
}

fn build(pattern: &str) -> Option<Regex> {
    Regex::builder()
        .syntax(
            regex_automata::util::syntax::Config::new()
                .unicode(false)
                .utf8(false),
        )
        .build(pattern)
        .ok()
}
