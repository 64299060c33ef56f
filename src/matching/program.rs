// SPDX-License-Identifier: Apache-2.0
//! A rule's pattern and judgement, compiled.

use super::judge::CompiledJudge;
use super::required::Required;
use super::run::Run;
use crate::rules::PatternRule;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

/// What a pattern may grow to: counted repetitions multiply, and hundreds of patterns share
/// the memory of one process.
const SIZE_LIMIT: usize = 4 << 20;
/// What one worker's lazy automaton of one pattern may hold. Most patterns need a hundredth of it.
/// One that needs more is run by an engine fifty times slower, so this is generous; what helps
/// such a pattern is an open repetition (`*`) in place of a counted one.
const CACHE: usize = 4 << 20;

/// What is known of one rule's matches without running its pattern.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Bytes without which the pattern cannot match.
    required: Required,
    /// Where a hit could stand.
    run: Option<Run>,
}

impl Sieve {
    /// Reads the pattern; of one that does not compile nothing is known.
    pub(super) fn new(rule: &PatternRule) -> Self {
        let Ok(pattern) = syntax::parse_with(&rule.pattern.text(), &bytes()) else {
            return Self::default();
        };
        Self {
            required: Required::of(&pattern, &rule.keywords),
            run: Run::of(&pattern, &rule.judge.validators),
        }
    }

    /// Whether a match could stand in `text` and count: false is certain, at a small part of what
    /// a search costs.
    pub(super) fn passes(&self, text: &[u8]) -> bool {
        self.required.stands(text) && self.run.as_ref().is_none_or(|run| run.stands(text))
    }
}

/// Pattern and judgement of one rule.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) regex: Regex,
    pub(super) judge: CompiledJudge,
    /// Numbers of the group `hit` and of `hit_2`, `hit_3` and so on, of which the first that took
    /// part and is not empty counts; 0, the whole match, without one.
    pub(super) groups: Vec<usize>,
}

impl Program {
    pub(super) fn new(rule: &PatternRule) -> Result<Self, String> {
        let regex = regex(&rule.pattern.text())?;
        let number = |name: &str| {
            let known = regex.group_info();
            known.to_index(regex_automata::PatternID::ZERO, name)
        };
        let further = (2..).map_while(|count| number(&format!("hit_{count}")));
        let mut groups: Vec<usize> = number("hit").into_iter().chain(further).collect();
        if groups.is_empty() {
            groups.push(0);
        }
        let judge = CompiledJudge::new(&rule.judge)?;
        Ok(Self {
            regex,
            judge,
            groups,
        })
    }

    /// How many numbers hold the places of the groups up to the last `hit`.
    pub(super) fn slots(&self) -> usize {
        2 * (self.groups.iter().max().unwrap_or(&0) + 1)
    }
}

/// Patterns read bytes.
fn bytes() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

/// Compiles a pattern as rules mean it: over bytes, `(?-u)`, within a size limit.
///
/// # Errors
/// Why it does not compile.
pub(crate) fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(bytes())
        .configure(
            Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(SIZE_LIMIT))
                .hybrid_cache_capacity(CACHE),
        )
        .build(pattern)
        .map_err(|error| {
            // The outer error only says that it failed; its source says where.
            use std::error::Error as _;
            let cause = error.source().map(ToString::to_string);
            format!(
                "pattern does not compile: {}",
                cause.unwrap_or_else(|| error.to_string())
            )
        })
}

/// Whether a pattern would compile as a rule's.
///
/// # Errors
/// Why it does not.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    regex(pattern).map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn faults_name_their_cause() {
        assert!(check_pattern("a(b").unwrap_err().contains("unclosed"));
        let huge = check_pattern("(?:[a-z]{900}){900}").unwrap_err();
        assert!(huge.contains("exceeded limit"), "{huge}");
        check_pattern(r"\xff[^\n]{0,2000}").unwrap();
    }
}
