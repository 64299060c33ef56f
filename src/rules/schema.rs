// SPDX-License-Identifier: Apache-2.0
//! The form of one `[[rule]]` table (described for authors in `docs/formats.md`).

use super::context::ContextRule;
use super::later::Later;
use crate::model::{RuleMeta, Severity};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::sync::Arc;

/// A rule: what is known about it, where it applies, how it matches, its own evidence.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Metadata; shared with the report.
    pub meta: Arc<RuleMeta>,
    /// Pack it came from.
    pub pack: Arc<str>,
    /// Where it applies.
    pub scope: Scope,
    /// How it matches.
    pub body: Body,
    /// Its evidence.
    pub examples: Examples,
}

impl Rule {
    /// Texts that must match.
    pub fn matches(&self) -> &[Example] {
        &self.examples().matches
    }

    /// Texts that must not match.
    pub fn no_matches(&self) -> &[Example] {
        &self.examples().no_matches
    }

    fn examples(&self) -> &ExampleLists {
        match &self.examples {
            Examples::Given(lists) => lists,
            Examples::Apart(find) => find(&self.pack, self.meta.id.as_str()),
        }
    }
}

/// Where a rule's examples are.
#[derive(Debug, Clone)]
pub enum Examples {
    /// Here.
    Given(ExampleLists),
    /// Found by pack and id by who asks for them: a scan does not.
    Apart(fn(&str, &str) -> &'static ExampleLists),
}

/// A rule's own evidence, under the keys of its table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleLists {
    /// Must match.
    #[serde(rename = "match")]
    pub matches: Vec<Example>,
    /// Must not match.
    #[serde(rename = "no_match")]
    pub no_matches: Vec<Example>,
}

/// Limits on where a rule looks. An empty list limits nothing, except that a content rule without
/// `kinds` reads text only: one that also wants binaries says `kinds = ["text", "binary"]`.
/// Globs tell upper from lower case, and `*` stops at `/` where `**` does not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Ids or tags of [`crate::classify::Kind`]; text when empty. A rule about names
    /// ([`Subject::Path`]) has no kind.
    pub kinds: Vec<String>,
    /// Ids or tags that are left out.
    pub not_kinds: Vec<String>,
    /// Globs over the name inside the innermost container; one must match.
    pub paths: Vec<String>,
    /// Globs of which none may match.
    pub not_paths: Vec<String>,
    /// `tree` or `archive`; both when absent.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// `scope.where`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Files of the tree.
    Tree,
    /// Members of containers.
    Archive,
}

/// How a rule matches: exactly one of these.
#[derive(Debug, Clone, Serialize)]
pub enum Body {
    /// A regular expression behind keywords.
    Pattern(Box<PatternRule>),
    /// A structural check written in Rust, with its data.
    Check {
        /// Name in `checks::ALL`.
        name: String,
        /// The rule's `params` table, for the check to read.
        params: Later<serde_json::Value>,
    },
    /// One of these files must exist.
    RequireFile(FileSet),
    /// None of these files or folders may exist.
    ForbidFile(FileSet),
    /// These files must contain these texts.
    RequireText(TextRule),
    /// These files must not contain these texts.
    ForbidText(TextRule),
    /// Texts that must stand in this order.
    Order(OrderRule),
    /// A claim judged per sentence.
    Statement(StatementRule),
}

/// What a pattern is held against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The entry's text.
    #[default]
    Content,
    /// The entry's name inside its container. The finding is about the path up to the end of
    /// `hit`, and entries that share it are one finding.
    Path,
}

/// How far around a keyword the pattern may look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// The keyword's line (cut to 512 bytes before and 2 KiB after it where lines are long).
    #[default]
    Line,
    /// From the start of the keyword's line to the end of the fourth line after it (at most 2 KiB):
    /// a value on another line than its name.
    Lines,
    /// From 512 bytes before to 8 KiB after the keyword, across lines.
    Block,
    /// The whole text: the keyword only says that the pattern is worth running.
    File,
}

/// A regular expression and what decides whether it runs and whether its match counts.
#[derive(Debug, Clone, Serialize)]
pub struct PatternRule {
    /// `regex-automata` syntax, bytes, `(?-u)` by default; the group `hit` is the finding's span.
    pub pattern: Pattern,
    /// Case-insensitive literals; none in the text, no regex.
    pub keywords: Later<Vec<String>>,
    /// Content or path.
    pub subject: Subject,
    /// Line or block.
    pub window: Window,
    /// Judgement on the match.
    pub judge: Later<Judge>,
    /// Hits of this rule in one binary, or on one line of a text, are one finding: a count and the
    /// distinct texts.
    pub group: bool,
}

/// A regular expression, or what it is made of.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// As it was written.
    Written(Later<String>),
    /// Made when it is asked for: few rules of a run ever are.
    Of(Later<ContextRule>),
}

impl Pattern {
    /// The regular expression.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Written(text) => Cow::Borrowed(text.as_str()),
            Self::Of(context) => Cow::Owned(context.pattern()),
        }
    }

    /// A pattern with the same hits behind the same bytes, shorter where much may stand before a hit:
    /// whatever the whole one matches, it matches a part of.
    pub(crate) fn ending(&self) -> Cow<'_, str> {
        match self {
            Self::Written(text) => Cow::Borrowed(text.as_str()),
            Self::Of(context) => Cow::Owned(context.ending()),
        }
    }

    /// What tells it from every other pattern, made with less work than the pattern.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Written(text) => Cow::Borrowed(text.as_str()),
            Self::Of(context) => Cow::Owned(context.name()),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// Conditions on the text of `hit` that a pattern alone cannot say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Judge {
    /// Shannon entropy in bits per byte that the hit must reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_entropy: Option<f64>,
    /// Patterns on the hit, any of which acquits it.
    pub allow: Vec<String>,
    /// Patterns on the whole line, any of which acquits it.
    pub allow_line: Vec<String>,
    /// Named validators (`not-placeholder`, `crc32-base62`, ...) that must all hold.
    pub validators: Vec<String>,
    /// Patterns, one of which must stand within `near_lines` lines of the match: an id near its
    /// secret.
    pub near: Vec<String>,
    /// Lines before and after the match that `near` looks at; 5 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_lines: Option<usize>,
    /// Without anything `near` the match counts all the same, with low confidence.
    pub lone: bool,
    /// Patterns of words of others, whose values look the same: the match does not count when one of
    /// them stands nearer to it (on its line, else before it, else after it, within `near_lines`)
    /// than what `near` or `own` finds.
    pub rivals: Vec<String>,
    /// The rule's own words for `rivals`, where `near` does not name them.
    pub own: Vec<String>,
    /// Severity where the file is a test, a fixture, an example or documentation. A secret whose
    /// checksum holds keeps the rule's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_samples: Option<Severity>,
    /// Such a secret works for an hour or so: in a sample its checksum tells that it was real, not that it
    /// still is, so `in_samples` counts all the same.
    pub brief: bool,
    /// The hit gives way to any other rule's hit on the same bytes.
    pub yields: bool,
    /// A pattern on the entry's name without which the match does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Conditions taken together, any of which acquits the hit.
    pub acquit: Vec<Acquittal>,
}

/// A condition that acquits a hit: any of its parts does, or with `all` only those together that
/// are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acquittal {
    /// Patterns on the entry's name.
    pub paths: Vec<String>,
    /// Patterns on the hit.
    pub hit: Vec<String>,
    /// Patterns on the whole match.
    pub whole: Vec<String>,
    /// Patterns on the line.
    pub line: Vec<String>,
    /// Words that the hit holds, in any case.
    pub words: Vec<String>,
    /// Commits, whole or the beginning, that may have brought it in; counts only in history.
    pub commits: Vec<String>,
    /// Whether all parts that are given must hold, and not one of them.
    pub all: bool,
}

/// Files, of which one must exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSet {
    /// Globs relative to the root; any one satisfies the rule.
    pub any_of: Vec<String>,
    /// Only when a file matching one of these exists.
    #[serde(default)]
    pub when: Vec<String>,
    /// Wording of the finding; `{path}` stands for the name.
    #[serde(default)]
    pub message: Option<String>,
}

/// Texts that must, or must not, stand in files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// Globs relative to the root.
    pub paths: Vec<String>,
    /// Texts, compared with white space folded.
    pub texts: Vec<String>,
    /// Required texts: each must stand in at least one of the files, not in every one.
    #[serde(default)]
    pub anywhere: bool,
    /// Required texts: files that may hold nothing but white space instead.
    #[serde(default)]
    pub may_be_blank: Vec<String>,
    /// Wording of the finding; `{path}` and `{text}` stand for what it is about.
    #[serde(default)]
    pub message: Option<String>,
}

/// Texts that must stand in a file in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRule {
    /// Globs relative to the root.
    pub paths: Vec<String>,
    /// Texts, first to last.
    pub texts: Vec<String>,
    /// Says nothing of a file that lacks one of them.
    #[serde(default)]
    pub if_all: bool,
    /// Wording of the finding that a text stands too early; `{path}` and `{text}` as above.
    #[serde(default)]
    pub message: Option<String>,
}

/// A claim: forbidden where it is asserted, or required where readers look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementRule {
    /// Regular expressions over one sentence (case-insensitive, white space folded).
    #[serde(default)]
    pub any_of: Later<Vec<String>>,
    /// How much a sentence must be worded like the claims that the program knows: the logarithm of the odds
    /// that it is any of them, and that it is one of its likeliest kind (at most 3), added. Such a sentence claims
    /// though it fits no pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worded: Option<f64>,
    /// Literals of which a file must hold one before its sentences are cut (as `keywords`).
    #[serde(default)]
    pub keywords: Later<Vec<String>>,
    /// Keywords that count only where they are no part of a longer word.
    #[serde(default)]
    pub words: Later<Vec<String>>,
    /// Sentences that fit one of these are acquitted.
    #[serde(default)]
    pub allow: Later<Vec<String>>,
    /// What the rule is about: where one of these stands around a sentence, `elsewhere` takes nothing back.
    #[serde(default)]
    pub about: Later<Vec<String>>,
    /// What the rule is not about: a sentence with one of these claims nothing, unless one of `about` stands around it.
    #[serde(default)]
    pub elsewhere: Later<Vec<String>>,
    /// Headings (case-insensitive substring) under which list items and sentences do not claim.
    #[serde(default)]
    pub section_not: Vec<String>,
    /// When set, the rule is turned round: for each of these globs, one of the files it names must
    /// hold such a sentence.
    #[serde(default)]
    pub required_in: Vec<String>,
}

impl StatementRule {
    /// Keywords and words: what the prefilter looks for.
    pub fn marks(&self) -> impl Iterator<Item = &String> {
        self.keywords.iter().chain(self.words.iter())
    }

    /// Whether wording alone tells its claims, so that every sentence in scope is weighed as it stands.
    pub fn weighs_everything(&self) -> bool {
        self.worded.is_some() && self.any_of.is_empty() && self.marks().next().is_none()
    }
}

/// An example: one text, or parts joined at test time so that no scanner trips over the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Example {
    /// As it stands.
    Whole(String),
    /// Joined without a separator.
    Parts(Vec<String>),
}

impl Example {
    /// The text the rule is run on.
    pub fn text(&self) -> String {
        match self {
            Self::Whole(text) => text.clone(),
            Self::Parts(parts) => parts.concat(),
        }
    }
}
