// SPDX-License-Identifier: Apache-2.0
//! One pattern of a claim, compiled when a sentence holds the words that it cannot do without.
//! Such patterns are large, and most runs meet a keyword and none of the other words. What is
//! compiled serves the whole process: matchers come and go with every tree that is judged.

use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

/// What one worker's lazy automaton of one pattern may hold. It sees single sentences, few of them.
const CACHE: usize = 512 << 10;

/// What a pattern may grow to.
const SIZE_LIMIT: usize = 10 << 20;

/// Shorter parts of words stand everywhere.
const SHORTEST: usize = 3;
/// Texts that a part of a pattern may match beyond which they are not listed.
const MOST: usize = 128;

/// A pattern; equal ones are one.
#[derive(Debug, Clone)]
pub(super) struct ClaimPattern(Arc<Known>);

static ALL: LazyLock<RwLock<HashMap<String, ClaimPattern>>> = LazyLock::new(RwLock::default);

/// What is known of a pattern so far.
#[derive(Debug)]
struct Known {
    source: String,
    /// Of each list, one word stands in every match; lower case.
    needs: OnceLock<Vec<Vec<String>>>,
    regex: OnceLock<Result<Regex, String>>,
}

impl ClaimPattern {
    pub(super) fn new(source: &str) -> Self {
        let known = ALL.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(source) {
            return known.clone();
        }
        drop(known);
        let made = || {
            Self(Arc::new(Known {
                source: source.to_owned(),
                needs: OnceLock::new(),
                regex: OnceLock::new(),
            }))
        };
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(source.to_owned()).or_insert_with(made).clone()
    }

    /// Whether the pattern may match a text, given in lower case. Beyond ASCII, letters fold in
    /// ways that this does not follow.
    pub(super) fn may_match(&self, lower: &str) -> bool {
        let has_one = |words: &Vec<String>| words.iter().any(|word| lower.contains(word.as_str()));
        !lower.is_ascii() || self.needs().iter().all(has_one)
    }

    /// Lists of words, of each of which one stands in every match; lower case. None when nothing
    /// is known, or the pattern does not compile.
    pub(super) fn needs(&self) -> &[Vec<String>] {
        self.0.needs.get_or_init(|| {
            let parsed = regex_syntax::parse(&self.0.source);
            parsed.map(|pattern| needs(&pattern)).unwrap_or_default()
        })
    }

    /// `None` when it does not compile, which [`ClaimPattern::fault`] then tells.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compiled = || {
            compile(&self.0.source).map_err(|error| format!("pattern does not compile: {error}"))
        };
        self.0.regex.get_or_init(compiled).as_ref().ok()
    }

    /// Why it did not compile, when that was tried.
    pub(super) fn fault(&self) -> Option<&str> {
        self.0.regex.get()?.as_ref().err().map(String::as_str)
    }
}

/// Compiles a pattern as statement rules mean it. What makes a pattern fast on large texts is left
/// out: to build it costs more than all sentences that the pattern will see.
///
/// # Errors
/// Why it does not compile.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let config = Config::new()
        .nfa_size_limit(Some(SIZE_LIMIT))
        .hybrid_cache_capacity(CACHE)
        .auto_prefilter(false)
        .dfa(false);
    Regex::builder()
        .syntax(syntax::Config::new().case_insensitive(true))
        .configure(config)
        .build(pattern)
        .map_err(|error| cause(&error))
}

/// Why a pattern does not compile: the outer error only says that it does not.
fn cause(error: &BuildError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

/// Lists of words of each of which one must stand in a match, whatever the case.
fn needs(pattern: &Hir) -> Vec<Vec<String>> {
    if let Some(texts) = finite(pattern) {
        return lists(&texts);
    }
    match pattern.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => needs(&repetition.sub),
        HirKind::Capture(capture) => needs(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all = Vec::new();
            // The parser splits words where alternatives share a beginning, so neighbours are
            // joined again.
            let mut run = vec![String::new()];
            for part in parts {
                let texts = finite(part);
                if let Some(joined) = texts.as_ref().and_then(|texts| joined(&run, texts)) {
                    run = joined;
                    continue;
                }
                all.extend(lists(&run));
                if texts.is_none() {
                    all.extend(needs(part));
                }
                run = texts.unwrap_or_else(|| vec![String::new()]);
            }
            all.extend(lists(&run));
            all
        }
        HirKind::Alternation(parts) => {
            // Of each branch the list whose shortest word is longest.
            let shortest = |words: &Vec<String>| words.iter().map(String::len).min();
            let best = |part: &Hir| needs(part).into_iter().max_by_key(shortest);
            let all: Option<Vec<_>> = parts.iter().map(best).collect();
            all.map(|lists| vec![lists.concat()]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// All texts that a pattern matches, in lower case, when they are few.
fn finite(pattern: &Hir) -> Option<Vec<String>> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![text.to_ascii_lowercase()])
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            let count: u32 = ranges
                .iter()
                .map(|r| r.end() as u32 - r.start() as u32 + 1)
                .sum();
            let of = |c: char| c.to_ascii_lowercase().to_string();
            (count <= 8).then(|| {
                ranges
                    .iter()
                    .flat_map(|r| r.start()..=r.end())
                    .map(of)
                    .collect()
            })
        }
        HirKind::Capture(capture) => finite(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |run, part| {
            finite(part).and_then(|texts| joined(&run, &texts))
        }),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(finite).collect();
            all.map(|texts| texts.concat())
                .filter(|texts| texts.len() <= MOST)
        }
        _ => None,
    }
}

/// Each text of one list followed by each of another, when these are few.
fn joined(first: &[String], second: &[String]) -> Option<Vec<String>> {
    let pairs = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| format!("{a}{b}")));
    (first.len() * second.len() <= MOST).then(|| pairs.collect())
}

/// Lists of words that hold for each of these texts: word by word when all have as many, else the
/// longest of each.
fn lists(texts: &[String]) -> Vec<Vec<String>> {
    let words = |text: &'_ String| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut all: Vec<Vec<String>> = texts.iter().map(words).collect();
    let count = all.first().map_or(0, Vec::len);
    if all.iter().any(|words| words.len() != count) {
        for words in &mut all {
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words.truncate(1);
        }
        if all.iter().any(Vec::is_empty) {
            return Vec::new();
        }
    }
    let count = all.first().map_or(0, Vec::len);
    let column = |at: usize| -> Vec<String> {
        let mut list: Vec<String> = all.iter().map(|words| words[at].clone()).collect();
        list.sort();
        list.dedup();
        list
    };
    let columns = (0..count).map(column);
    columns
        .filter(|list| list.iter().all(|word| word.len() >= SHORTEST))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::rules::{Body, load};

    #[test]
    fn words_that_every_match_holds() {
        let pattern =
            ClaimPattern::new(r"\b(?:is|are) (?:proven|proved) (?:to be )?(?:secure|Safe)");
        assert!(pattern.may_match("it is proven to be safe"));
        assert!(!pattern.may_match("it is proven"));
        assert!(!pattern.may_match("improve the secure one"));
        assert!(pattern.may_match("é"));
        let pattern = ClaimPattern::new(r"proved (?:secure|safe|sound)ly");
        let needs = [vec!["proved"], vec!["safely", "securely", "soundly"]];
        assert_eq!(pattern.needs(), needs);
        assert!(ClaimPattern::new(r"x|secure").may_match("anything"));
        assert!(ClaimPattern::new(r"(?:secure)?").may_match("anything"));
    }

    #[test]
    fn examples_of_our_rules_pass_the_words() {
        let mut seen = 0;
        for rule in load("default", &[]).unwrap().rules {
            let Body::Statement(statement) = &rule.body else {
                continue;
            };
            for source in &statement.any_of {
                let pattern = ClaimPattern::new(source);
                for example in rule.matches() {
                    let text = example.text().to_ascii_lowercase();
                    if pattern.regex().unwrap().is_match(text.as_str()) {
                        assert!(pattern.may_match(&text), "{source}: {text}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 10);
    }
}
