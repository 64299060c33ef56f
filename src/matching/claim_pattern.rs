// SPDX-License-Identifier: Apache-2.0
//! One pattern of a claim, compiled when a sentence holds the words that it cannot do without.
//! Such patterns are large, and most runs meet a keyword and none of the other words. What is
//! compiled serves the whole process: matchers come and go with every tree that is judged.
//!
//! Most sentences are ASCII, for which each pattern has a form of its own, over texts in lower case.

use super::caches::Caches;
use super::prepared;
use super::reach::Reach;
use super::reduce::{Need, Part};
use regex_automata::Input;
use regex_automata::meta::{BuildError, Cache, Config, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::util::iter::Searcher;
use regex_automata::util::syntax;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

/// What one worker's lazy automaton of one pattern may hold. It sees single sentences, few of them.
const CACHE: usize = 512 << 10;
/// What all automata of one worker may hold together.
const BUDGET: usize = 1 << 20;

/// What a pattern may grow to.
const SIZE_LIMIT: usize = 10 << 20;

/// A pattern; equal ones are one.
#[derive(Debug, Clone)]
pub(super) struct ClaimPattern(Arc<Known>);

static ALL: LazyLock<RwLock<HashMap<String, ClaimPattern>>> = LazyLock::new(RwLock::default);

/// See [`super::reduce::steps`].
type Steps = Cow<'static, [u8]>;

/// What is known of a pattern so far.
#[derive(Debug)]
struct Known {
    source: String,
    /// Where its automata are among all.
    number: usize,
    needs: OnceLock<Vec<Need>>,
    /// Its parts as steps; `None` for one that it does not have.
    steps: [OnceLock<Option<Steps>>; Part::ALL.len()],
    /// Finds in ASCII texts in lower case what the pattern finds; `None` where it tells cases apart.
    lower: OnceLock<Option<Regex>>,
    regex: OnceLock<Result<Regex, String>>,
}

thread_local! {
    static CACHES: RefCell<Caches<Cache>> = const { RefCell::new(Caches::new(BUDGET)) };
}

/// Gives up this worker's automata.
pub(super) fn forget() {
    CACHES.set(Caches::new(BUDGET));
}

impl ClaimPattern {
    pub(super) fn new(source: &str) -> Self {
        let known = ALL.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(source) {
            return known.clone();
        }
        drop(known);
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        let number = all.len();
        let made = || {
            Self(Arc::new(Known {
                source: source.to_owned(),
                number,
                needs: OnceLock::new(),
                steps: Default::default(),
                lower: OnceLock::new(),
                regex: OnceLock::new(),
            }))
        };
        all.entry(source.to_owned()).or_insert_with(made).clone()
    }

    /// Whether the pattern may match a text, given in lower case.
    pub(super) fn may_match(&self, lower: &str) -> bool {
        let has_one = |need: &Need| need.words.iter().any(|word| lower.contains(word.as_str()));
        let has_all = self.needs().iter().all(has_one);
        // The two letters beyond ASCII that patterns take for ASCII ones.
        has_all || !lower.is_ascii() && lower.contains(['\u{17f}', '\u{212a}'])
    }

    /// Whether a part of the pattern matches somewhere in a text; true where it has none, and where there
    /// is no telling.
    pub(super) fn reaches(&self, part: Part, text: Option<&Reach>) -> bool {
        let steps = || prepared::steps(&self.0.source, part);
        let steps = self.0.steps[part as usize].get_or_init(steps);
        // What `build.rs` did not see may not compile, which is told rather than passed over.
        if matches!(steps, Some(Cow::Owned(_))) {
            self.compile();
        }
        let asked = steps.as_ref().zip(text);
        asked.is_none_or(|(steps, text)| text.matches(steps))
    }

    /// What every match holds, in this order. None when nothing is known, or the pattern does not
    /// compile.
    pub(super) fn needs(&self) -> &[Need] {
        let needs = || prepared::needs(&self.0.source);
        self.0.needs.get_or_init(needs)
    }

    /// What it finds in a text, given also in lower case, hit by hit: the group `hit`, else the whole
    /// match. Nothing when it does not compile, which [`ClaimPattern::fault`] then tells.
    pub(super) fn hits<'t>(
        &self,
        text: &'t str,
        lower: &'t str,
    ) -> impl Iterator<Item = Range<usize>> {
        let found = self.form(text, lower);
        found.into_iter().flat_map(|(number, regex, text)| Hits {
            number,
            regex,
            searcher: Searcher::new(Input::new(text)),
            captures: regex.create_captures(),
        })
    }

    /// Whether it finds anything in a text, given also in lower case.
    pub(super) fn is_match(&self, text: &str, lower: &str) -> bool {
        self.form(text, lower).is_some_and(|(number, regex, text)| {
            let input = Input::new(text).earliest(true);
            with_cache(number, regex, |cache| regex.search_half_with(cache, &input)).is_some()
        })
    }

    /// The form that reads a text, the number of its automata, and the text that it reads.
    fn form<'t>(&self, text: &'t str, lower: &'t str) -> Option<(usize, &Regex, &'t str)> {
        let known = &*self.0;
        if text.is_ascii() {
            let compiled = || {
                let pattern = prepared::lower(&known.source)?;
                let mut builder = Regex::builder();
                builder.configure(config()).build_from_hir(&pattern).ok()
            };
            if let Some(regex) = known.lower.get_or_init(compiled) {
                return Some((2 * known.number, regex, lower));
            }
        }
        let regex = known.regex.get_or_init(|| compile(&known.source));
        Some((2 * known.number + 1, regex.as_ref().ok()?, text))
    }

    /// Compiles it in full, for [`ClaimPattern::fault`].
    pub(super) fn compile(&self) {
        self.0.regex.get_or_init(|| compile(&self.0.source));
    }

    /// Why it did not compile, when that was tried.
    pub(super) fn fault(&self) -> Option<String> {
        let fault = self.0.regex.get()?.as_ref().err()?;
        Some(format!("pattern does not compile: {fault}"))
    }
}

/// Lends the automata of one form of a pattern.
fn with_cache<T>(number: usize, regex: &Regex, search: impl FnOnce(&mut Cache) -> T) -> T {
    CACHES.with_borrow_mut(|caches| {
        let found = search(caches.lend(number, || regex.create_cache()));
        caches.weigh(number);
        found
    })
}

/// What a pattern finds in a text.
struct Hits<'p, 't> {
    number: usize,
    regex: &'p Regex,
    searcher: Searcher<'t>,
    captures: Captures,
}

impl Iterator for Hits<'_, '_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let Self {
            number,
            regex,
            searcher,
            captures,
        } = self;
        let whole = with_cache(*number, regex, |cache| {
            searcher.advance(|input| {
                regex.search_captures_with(cache, input, captures);
                Ok(captures.get_match())
            })
        })?;
        let named = captures.get_group_by_name("hit");
        Some(named.unwrap_or(whole.span()).range())
    }
}

/// Compiles a pattern as statement rules mean it. What makes a pattern fast on large texts is left
/// out: to build it costs more than all sentences that the pattern will see.
///
/// # Errors
/// Why it does not compile.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(any_case())
        .configure(config())
        .build(pattern)
        .map_err(|error| cause(&error))
}

fn any_case() -> syntax::Config {
    syntax::Config::new().case_insensitive(true)
}

fn config() -> Config {
    Config::new()
        .nfa_size_limit(Some(SIZE_LIMIT))
        .hybrid_cache_capacity(CACHE)
        .auto_prefilter(false)
        .dfa(false)
}

/// Why a pattern does not compile: the outer error only says that it does not.
fn cause(error: &BuildError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::samples::statements;
    use super::*;

    #[test]
    fn words_that_every_match_holds() {
        let pattern =
            ClaimPattern::new(r"\b(?:is|are) (?:proven|proved) (?:to be )?(?:secure|Safe)");
        assert!(pattern.may_match("it is proven to be safe"));
        assert!(!pattern.may_match("it is proven"));
        assert!(!pattern.may_match("improve the secure one"));
        assert!(!pattern.may_match("it is proven to be é"));
        assert!(pattern.may_match("it is proven to be \u{17f}afe"));
        let pattern = ClaimPattern::new(r"proved (?:secure|safe|sound)ly");
        let words: Vec<_> = pattern
            .needs()
            .iter()
            .map(|need| need.words.clone())
            .collect();
        assert_eq!(
            words,
            [vec!["proved"], vec!["safely", "securely", "soundly"]]
        );
        assert!(ClaimPattern::new(r"x|secure").may_match("anything"));
        assert!(ClaimPattern::new(r"(?:secure)?").may_match("anything"));
    }

    fn hits(regex: &Regex, text: &str) -> Vec<Range<usize>> {
        let all = regex.captures_iter(text).map(|captures| {
            let named = captures.get_group_by_name("hit");
            named
                .or(captures.get_match().map(|whole| whole.span()))
                .unwrap()
        });
        all.map(|hit| hit.range()).collect()
    }

    #[test]
    fn ascii_texts_are_read_as_any_other() {
        let mut found = 0;
        for (rule, statement) in statements() {
            let near: Vec<String> = rule
                .matches()
                .iter()
                .chain(rule.no_matches())
                .map(|one| one.text())
                .collect();
            for source in statement.any_of.iter().chain(statement.allow.iter()) {
                let pattern = ClaimPattern::new(source);
                let whole = compile(source).unwrap();
                for text in &near {
                    let all = hits(&whole, text);
                    let lower = text.to_ascii_lowercase();
                    let found_now: Vec<_> = pattern.hits(text, &lower).collect();
                    assert_eq!(found_now, all, "{source}: {text}");
                    let is_match = pattern.is_match(text, &lower);
                    assert_eq!(is_match, !all.is_empty(), "{source}: {text}");
                    found += all.len();
                }
            }
        }
        assert!(found > 10);
    }

    proptest::proptest! {
        #[test]
        fn both_forms_find_the_same(
            pattern in proptest::sample::select(vec![
                r"\b(?P<hit>k+)[^s]", r"(?:\w|\s)*?\bé?s", r"[\u{80}-\u{ff}]|s.", r"k*", r"(?:é)?\Bk|[^é]{2}$",
                r"(?-i:K)s",
            ]),
            text in proptest::collection::vec(proptest::sample::select(vec!['k', 'K', 's', ' ', '.', '\n']), 0..20),
        ) {
            let text: String = text.into_iter().collect();
            let found: Vec<_> = ClaimPattern::new(pattern).hits(&text, &text.to_ascii_lowercase()).collect();
            proptest::prop_assert_eq!(found, hits(&compile(pattern).unwrap(), &text));
        }
    }

    #[test]
    fn examples_of_our_rules_pass_the_words() {
        let mut seen = 0;
        for (rule, statement) in statements() {
            for source in statement.any_of.iter() {
                let pattern = ClaimPattern::new(source);
                for example in rule.matches() {
                    let text = example.text().to_ascii_lowercase();
                    if pattern.is_match(&text, &text) {
                        assert!(pattern.may_match(&text), "{source}: {text}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 10);
    }
}
