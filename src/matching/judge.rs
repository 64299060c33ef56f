// SPDX-License-Identifier: Apache-2.0
//! Decides whether a match counts and how much: what a pattern alone cannot say.
//!
//! A rule's `judge` table names allow-lists, an entropy floor, patterns that must stand nearby,
//! and validators. Each validator gives one [`Opinion`]; [`CompiledJudge::weigh`] puts them
//! together. Where the file stands (a test, documentation) lowers the severity last, unless a
//! checksum proved the secret real.

mod acquit;
mod bidi;
mod checksum;
mod code;
mod crc;
mod decode;
mod digits;
mod encoded;
mod entropy;
mod generic;
mod joined;
mod jwt;
mod key;
mod list;
mod mnemonic;
mod name;
mod nested;
mod no_value;
mod note;
mod place;
mod placeholder;
mod rival;
mod sealed;
mod shown;
mod source_map;
mod spread;
mod strength;
mod table;
mod unwrap;
mod url;
mod uuid;

pub(crate) use nested::{forget, share};

use super::weight::Weight;
use crate::classify::Kind;
use crate::model::{ByteSpan, Confidence, Severity};
use crate::rules::Judge;
use acquit::Acquit;
use digits::Alone;
use regex_automata::Input;
use regex_automata::meta::Regex;
use std::cell::OnceCell;

/// What is judged and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The entry's whole text.
    pub(crate) text: &'a [u8],
    /// The match.
    pub(crate) whole: ByteSpan,
    /// The secret (or path) itself.
    pub(crate) hit: ByteSpan,
    /// The entry's name inside its innermost container.
    pub(crate) path: &'a str,
    /// What the entry is.
    pub(crate) kind: Kind,
    /// What was read of the whole text so far.
    pub(crate) known: &'a Known,
}

/// What is asked of a whole text for many of its hits, and so is read once.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Where the test module of a Rust file begins.
    tests: OnceCell<Option<usize>>,
    /// The strings of three quotes of a Python file.
    docstrings: OnceCell<Vec<(usize, usize)>>,
}

impl<'a> Context<'a> {
    /// The bytes of the hit.
    fn secret(&self) -> &'a [u8] {
        &self.text[self.hit.range()]
    }

    /// The match up to the hit: name and operator of an assignment.
    fn before(&self) -> &'a [u8] {
        &self.text[self.whole.start..self.hit.start.max(self.whole.start)]
    }

    /// The line of the hit, cut to 2 KiB on each side.
    fn line(&self) -> &'a [u8] {
        &self.text[self.around(0).range()]
    }

    /// The hit with `lines` lines before and after it, cut to 2 KiB on each side.
    fn around(&self, lines: usize) -> ByteSpan {
        const REACH: usize = 2 << 10;
        let floor = self.hit.start.saturating_sub(REACH);
        let ceiling = (self.hit.end + REACH).min(self.text.len());
        let start = memchr::memrchr_iter(b'\n', &self.text[floor..self.hit.start])
            .nth(lines)
            .map_or(floor, |at| floor + at + 1);
        let end = memchr::memchr_iter(b'\n', &self.text[self.hit.end..ceiling])
            .nth(lines)
            .map_or(ceiling, |at| self.hit.end + at);
        ByteSpan::new(start, end)
    }
}

/// What one validator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opinion {
    /// It is not what the rule looks for.
    Acquitted,
    /// Nothing speaks against it.
    Plain,
    /// Its structure holds: certain, wherever it stands.
    Sure,
    /// A checksum over its content holds: real, even in a test.
    Verified,
    /// Possible, but something speaks against it.
    Doubtful,
    /// It counts with this severity.
    Counts(Severity, Confidence),
    /// It counts with whatever of this is given.
    Weighs(Weight),
}

type Validator = fn(&Context<'_>) -> Opinion;

/// Name in rule files and what it runs.
const VALIDATORS: &[(&str, Validator)] = &[
    ("argument", generic::argument),
    ("base58check", checksum::base58check),
    ("base64-32-bytes", encoded::is_32_bytes),
    ("basic-credentials", encoded::is_basic_credentials),
    ("bech32", checksum::bech32),
    ("bidi-override", bidi::overrides),
    ("chosen-words", generic::chosen_words),
    ("crc16-base32", crc::crc16_base32),
    ("crc32-base36", crc::crc32_base36),
    ("crc32-base62", checksum::crc32_base62),
    ("crc32-base62-whole", crc::crc32_base62_whole),
    ("crc32-hex", crc::crc32_hex),
    ("credential", generic::credential),
    ("encoded-value", generic::encoded),
    ("generated", generic::generated),
    ("generic-value", generic::value),
    ("holds-secret", nested::holds_secret),
    ("in-use", place::in_use),
    ("inline-source-map", source_map::names_sources),
    ("jwt", jwt::decodes),
    ("letters-and-digits", entropy::letters_and_digits),
    ("letters-at-random", entropy::letters_at_random),
    ("marked-password", generic::marked),
    ("mnemonic", mnemonic::phrase),
    ("mnemonic-checked", mnemonic::checked),
    ("not-hash", placeholder::not_hash),
    ("not-placeholder", placeholder::not_placeholder),
    ("note-value", note::value),
    ("path-account", |context| path("path-account", context)),
    ("path-fixture", |context| path("path-fixture", context)),
    ("path-machine", |context| path("path-machine", context)),
    ("path-mangled", |context| path("path-mangled", context)),
    ("path-state", |context| path("path-state", context)),
    ("path-test-input", |context| {
        path("path-test-input", context)
    }),
    ("path-user", |context| path("path-user", context)),
    ("pkcs12", key::pkcs12),
    ("private-key", key::private_key),
    ("pypi-macaroon", checksum::pypi_macaroon),
    ("random", entropy::random),
    ("table-cell", table::cell),
    ("url-password", url::password),
];

/// The path family's validators stand in a file of their own.
fn path(validator: &str, context: &Context<'_>) -> Opinion {
    let Context {
        text,
        whole,
        hit,
        path,
        kind,
        ..
    } = *context;
    match super::path_judge::weigh(validator, text, whole, hit, path, kind) {
        Some(weight) => Opinion::Weighs(weight),
        None => Opinion::Acquitted,
    }
}

/// Every validator's name, sorted: what rule lint accepts.
pub fn validators() -> &'static [&'static str] {
    static NAMES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    NAMES.get_or_init(|| VALIDATORS.iter().map(|(name, _)| *name).collect())
}

/// A rule's judgement, ready to run.
#[derive(Debug)]
pub(crate) struct CompiledJudge {
    min_entropy: Option<f64>,
    allow: Vec<Regex>,
    allow_line: Vec<Regex>,
    validators: Vec<Validator>,
    near: Vec<Regex>,
    near_lines: usize,
    lone: bool,
    rivals: Vec<Regex>,
    /// The rule's own words, which `rivals` are held against.
    own: Vec<Regex>,
    in_samples: Option<Severity>,
    brief: bool,
    path: Option<Regex>,
    acquit: Vec<Acquit>,
    /// The provider's values are hexadecimal digits: beside its word alone they may be others.
    pub(crate) digits_alone: bool,
}

impl CompiledJudge {
    /// Compiles patterns and looks the validators up.
    ///
    /// # Errors
    /// A pattern does not compile, or a validator is unknown.
    pub(crate) fn new(judge: &Judge) -> Result<Self, String> {
        let mut chosen = Vec::new();
        for name in &judge.validators {
            let found = VALIDATORS.iter().find(|(known, _)| known == name);
            let (_, run) = found.ok_or_else(|| {
                format!(
                    "there is no validator `{name}`; known: {}",
                    validators().join(", ")
                )
            })?;
            chosen.push(*run);
        }
        Ok(Self {
            min_entropy: judge.min_entropy,
            allow: compile(&judge.allow)?,
            allow_line: compile(&judge.allow_line)?,
            validators: chosen,
            near: compile(&judge.near)?,
            near_lines: judge.near_lines.unwrap_or(5),
            lone: judge.lone,
            rivals: compile(&judge.rivals)?,
            own: compile(if judge.own.is_empty() {
                &judge.near
            } else {
                &judge.own
            })?,
            in_samples: judge.in_samples,
            brief: judge.brief,
            path: compile(judge.path.as_slice())?.pop(),
            acquit: judge
                .acquit
                .iter()
                .map(Acquit::new)
                .collect::<Result<_, _>>()?,
            digits_alone: false,
        })
    }

    /// The weight of a match; `None` when it is acquitted.
    pub(crate) fn weigh(&self, context: &Context<'_>) -> Option<Weight> {
        let secret = context.secret();
        if self
            .path
            .as_ref()
            .is_some_and(|regex| !regex.is_match(context.path))
            || self.acquit.iter().any(|one| one.acquits(context))
            || placeholder::is_specimen(secret)
            || placeholder::is_called_digest(context)
            || sealed::is_sealed(context)
        {
            return None;
        }
        if self
            .min_entropy
            .is_some_and(|floor| entropy::shannon(secret) < floor)
            || self.allow.iter().any(|regex| regex.is_match(secret))
        {
            return None;
        }
        if !self.allow_line.is_empty() {
            let line = context.line();
            if self.allow_line.iter().any(|regex| regex.is_match(line)) {
                return None;
            }
        }
        let around = || context.around(self.near_lines);
        let mut alone = false;
        if !self.near.is_empty() {
            let input = || Input::new(context.text).range(around().range());
            alone = !self.near.iter().any(|regex| regex.is_match(input()));
            if alone && !self.lone {
                return None;
            }
        }
        if !self.rivals.is_empty() && rival::is_nearer(context, around(), &self.rivals, &self.own) {
            return None;
        }
        let mut most = None;
        if self.digits_alone {
            match digits::alone(context) {
                Alone::No => {}
                Alone::Other => return None,
                Alone::Key(confidence) => most = Some(confidence),
            }
        }
        let mut weight = Weight::default();
        for validator in &self.validators {
            match validator(context) {
                Opinion::Acquitted => return None,
                Opinion::Plain => {}
                Opinion::Sure => weight.confidence = weight.confidence.or(Some(Confidence::High)),
                Opinion::Verified => {
                    weight.confidence = Some(Confidence::High);
                    weight.proved = !self.brief;
                }
                Opinion::Doubtful => weight.confidence = Some(Confidence::Low),
                Opinion::Weighs(own) => {
                    weight.severity = own.severity.or(weight.severity);
                    weight.confidence = own.confidence.or(weight.confidence);
                }
                Opinion::Counts(severity, confidence) => {
                    weight.severity = Some(severity);
                    weight.confidence = Some(confidence);
                }
            }
        }
        if alone && !weight.proved {
            weight.confidence = Some(Confidence::Low);
        }
        if let Some(most) = most {
            weight.confidence = Some(weight.confidence.map_or(most, |own| own.min(most)));
        }
        if let Some(lower) = self.in_samples
            && !weight.proved
            && (place::is_sample(context) || shown::is_announced(context))
        {
            weight.severity = Some(weight.severity.map_or(lower, |own| own.min(lower)));
        }
        Some(weight)
    }
}

fn compile(patterns: &[String]) -> Result<Vec<Regex>, String> {
    let compile_one = |pattern: &String| {
        Regex::builder()
            .syntax(
                regex_automata::util::syntax::Config::new()
                    .unicode(false)
                    .utf8(false),
            )
            .build(pattern)
            .map_err(|error| format!("`{pattern}`: {error}"))
    };
    patterns.iter().map(compile_one).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// Weighs `secret` as it stands inside `text` at `path`.
    pub(super) fn weigh(judge: &Judge, text: &str, secret: &str, path: &str) -> Option<Weight> {
        let at = text.find(secret).unwrap();
        let context = Context {
            text: text.as_bytes(),
            whole: ByteSpan::new(0, text.len()),
            hit: ByteSpan::new(at, at + secret.len()),
            path,
            kind: Kind::of(path, text.as_bytes(), false),
            known: &Known::default(),
        };
        CompiledJudge::new(judge).unwrap().weigh(&context)
    }

    /// How sure a validator is of a value in a test file.
    pub(super) fn confidence(validator: &str, secret: &str) -> Option<Confidence> {
        let judge = Judge {
            validators: vec![validator.to_owned()],
            ..Judge::default()
        };
        weigh(&judge, secret, secret, "tests/a.py").and_then(|weight| weight.confidence)
    }

    #[test]
    fn what_manuals_print_is_acquitted_by_every_rule() {
        let printed = ["110201543:AAHdqTcvCH1v", "GWJxfSeofSAs0K5PALDsaw"].concat();
        let other = printed.replace("AAHd", "AAHe");
        assert!(weigh(&Judge::default(), &printed, &printed, "bot.py").is_none());
        assert!(weigh(&Judge::default(), &other, &other, "bot.py").is_some());
    }

    #[test]
    fn names_are_sorted_and_unknown_ones_refused() {
        assert!(validators().is_sorted());
        let judge = Judge {
            validators: vec!["no-such".to_owned()],
            ..Judge::default()
        };
        assert!(CompiledJudge::new(&judge).unwrap_err().contains("no-such"));
    }

    #[test]
    fn an_id_must_stand_near_its_secret() {
        let judge = Judge {
            near: vec!["ident".to_owned()],
            near_lines: Some(1),
            ..Judge::default()
        };
        let near = "ident = 1\nvalue = abcdef\n";
        let far = "ident = 1\n\n\nvalue = abcdef\n";
        assert!(weigh(&judge, near, "abcdef", "a.txt").is_some());
        assert!(weigh(&judge, far, "abcdef", "a.txt").is_none());
    }

    #[test]
    fn a_lone_match_counts_a_little() {
        let judge = Judge {
            near: vec!["ident".to_owned()],
            lone: true,
            ..Judge::default()
        };
        let of = |text| weigh(&judge, text, "abcdef", "a.txt").unwrap().confidence;
        assert_eq!(of("ident = 1\nvalue = abcdef\n"), None);
        assert_eq!(of("value = abcdef\n"), Some(Confidence::Low));
    }

    #[test]
    fn a_sample_place_lowers_the_severity_but_never_raises_it() {
        let judge = Judge {
            in_samples: Some(Severity::Medium),
            ..Judge::default()
        };
        let weight = weigh(&judge, "abcdef", "abcdef", "pkg/tests/a.py").unwrap();
        assert_eq!(weight.severity, Some(Severity::Medium));
        let weight = weigh(&judge, "abcdef", "abcdef", "pkg/a.py").unwrap();
        assert_eq!(weight.severity, None);
    }

    #[test]
    fn a_checksum_keeps_the_severity_of_what_still_works() {
        let token = ["ghs_", "T4kQ7vZx2LpW9sYt4Rb8NcHj3mDf5g"].concat();
        let sum = crc32fast::hash(token.split_once('_').unwrap().1.as_bytes());
        let token = format!("{token}{}", checksum::tests::digits(sum));
        for (brief, severity) in [(false, None), (true, Some(Severity::Medium))] {
            let judge = Judge {
                validators: vec!["crc32-base62".to_owned()],
                in_samples: Some(Severity::Medium),
                brief,
                ..Judge::default()
            };
            let weight = weigh(&judge, &token, &token, "tests/a.py").unwrap();
            assert_eq!(weight.severity, severity, "{brief}");
        }
    }

    #[test]
    fn allow_lists_acquit() {
        let judge = Judge {
            allow: vec!["^abc".to_owned()],
            allow_line: vec!["integrity".to_owned()],
            min_entropy: Some(1.0),
            ..Judge::default()
        };
        assert!(weigh(&judge, "x = abcdef", "abcdef", "a").is_none());
        assert!(weigh(&judge, "integrity = xbcdef", "xbcdef", "a").is_none());
        assert!(weigh(&judge, "x = aaaaaa", "aaaaaa", "a").is_none());
        assert!(weigh(&judge, "x = xbcdef", "xbcdef", "a").is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_validator_panics_on_any_bytes(
            text in proptest::collection::vec(proptest::num::u8::ANY, 0..600),
            cuts in proptest::array::uniform4(0usize..600),
        ) {
            let mut cuts = cuts.map(|cut| cut.min(text.len()));
            cuts.sort_unstable();
            let context = Context {
                text: &text,
                whole: ByteSpan::new(cuts[0], cuts[3]),
                hit: ByteSpan::new(cuts[1], cuts[2]),
                path: "a/b.rs",
                kind: Kind::of("a/b.rs", &text, false),
                known: &Known::default(),
            };
            for (_, validator) in VALIDATORS {
                validator(&context);
            }
        }
    }
}
