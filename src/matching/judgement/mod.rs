// SPDX-License-Identifier: Apache-2.0
//! Does a sentence assert what a pattern found in it?
//!
//! A claim is taken back by what stands around it: a denial whose scope reaches it, a quotation,
//! a question, a condition, a goal, a heading such as "Non-Claims", a lead-in such as "CCR does
//! not:". The judgement follows words and punctuation, without a parser: each governing word has
//! a force and a reach, and a turn ("but", ", it", "and is") ends the reach. Where two readings
//! are possible the sentence is acquitted, because a gate that cries at denials gets switched off.

mod scope;
mod words;

use super::sentence::Shape;
use std::ops::Range;
use words::{LABELS, tokens};

/// A phrase in a sentence, and everything that may take it back.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    /// The sentence, behind its lead-in when there is one.
    pub(super) text: &'a str,
    /// Where the sentence's own words start in `text`.
    pub(super) own: usize,
    /// The claiming phrase in `text`.
    pub(super) hit: Range<usize>,
    /// Parts of `text` that are named and not said.
    pub(super) mentions: &'a [Range<usize>],
    /// What it is to the reader.
    pub(super) shape: Shape,
    /// Headings above it.
    pub(super) headings: &'a [String],
    /// What introduces it.
    pub(super) lead: Option<&'a str>,
    /// Other cells of its row.
    pub(super) siblings: &'a [String],
    /// The sentence behind it in the same block.
    pub(super) next: Option<&'a str>,
}

/// Why a phrase is no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acquittal {
    /// Under a heading, lead-in or label that takes it back.
    Context,
    /// A question.
    Question,
    /// Quoted, or in a code span.
    Mention,
    /// Denied, hypothetical, hoped for, or reported.
    Governed,
    /// Taken back by what follows.
    After,
    /// A task that is not done.
    OpenTask,
}

/// How plainly a claim is made, 0 = outright; each step lowers the rule's confidence.
pub(super) type Doubt = u8;

/// Judges one phrase.
pub(super) fn judge(statement: &Statement<'_>, section_not: &[String]) -> Result<Doubt, Acquittal> {
    if statement.shape == (Shape::Item { open_task: true }) {
        return Err(Acquittal::OpenTask);
    }
    let lower = statement.text.to_ascii_lowercase();
    context(statement, &lower, section_not)?;
    if statement.shape == Shape::Heading && is_topic(&lower[statement.hit.clone()]) {
        return Err(Acquittal::Context);
    }
    if in_mention(statement, &lower) {
        return Err(Acquittal::Mention);
    }
    let mut doubt = Doubt::from(matches!(statement.shape, Shape::Quote | Shape::Literal));
    if lower.trim_end_matches(['"', '\'', ')', ' ']).ends_with('?') {
        // A question is a claim when we answer it ourselves.
        match statement.next.map(str::to_ascii_lowercase) {
            Some(answer) if affirms(&answer) => doubt += 1,
            _ => return Err(Acquittal::Question),
        }
    }
    let tokens = tokens(&lower);
    doubt += scope::before(&tokens, &statement.hit, statement.own)?;
    scope::after(&tokens, &statement.hit)?;
    if statement
        .next
        .is_some_and(|next| retracts(&next.to_ascii_lowercase()))
    {
        return Err(Acquittal::After);
    }
    Ok(doubt)
}

/// A noun phrase: in a heading it names a topic.
fn is_topic(hit: &str) -> bool {
    let last = hit.rsplit(' ').next().unwrap_or(hit);
    let first = hit.split(' ').next().unwrap_or(hit);
    last.ends_with("ion") || first.ends_with("ing") || first.ends_with("tion")
}

/// Headings under which nothing claims (as part of a heading, lower case, hyphens as spaces).
const DENYING_SECTIONS: &[&str] = &[
    "non claim",
    "nonclaim",
    "not claim",
    "no claim",
    "never claim",
    "is not",
    "isn't",
    "are not",
    "does not",
    "doesn't",
    "do not",
    "don't",
    "not do",
    "won't",
    "will not",
    "not guarantee",
    "what not",
    "forbidden",
    "prohibited",
    "must not",
    "never",
    "banned",
    "disallowed",
    "reject",
    "overclaim",
    "false claim",
    "misconception",
    "myth",
    "anti pattern",
    "antipattern",
    "non goal",
    "nongoal",
    "out of scope",
    "not in scope",
    "not supported",
    "unsupported",
    "blocked phrase",
    "denylist",
    "blocklist",
    "bad example",
    "negative example",
    "counterexample",
    "should not",
    "cannot",
    "no guarantee",
    "not included",
    "not promise",
    "banned phrase",
    "red flag",
];

/// Headings under which a list item or a fragment does not claim, though a full sentence may.
const SOFT_SECTIONS: &[&str] = &[
    "limitation",
    "caveat",
    "disclaimer",
    "known issue",
    "goal",
    "roadmap",
    "future",
    "planned",
    "todo",
    "to do",
    "wishlist",
    "wish list",
    "ideas",
    "question",
    "risk",
    "threat",
    "attack",
    "abuse",
    "concerns",
    "requirements",
    "vision",
    "non objectives",
    "objective",
    "hypothes",
];

fn context(
    statement: &Statement<'_>,
    lower: &str,
    section_not: &[String],
) -> Result<(), Acquittal> {
    let fragment = matches!(statement.shape, Shape::Item { .. } | Shape::Cell);
    for heading in statement.headings {
        let heading = heading.to_ascii_lowercase();
        let spaced = heading.replace(['-', '_', '\u{2011}'], " ");
        let named = |list: &[&str]| list.iter().any(|word| spaced.contains(word));
        let own = section_not
            .iter()
            .any(|word| heading.contains(&word.to_ascii_lowercase()));
        if own || named(DENYING_SECTIONS) || (fragment && named(SOFT_SECTIONS)) {
            return Err(Acquittal::Context);
        }
    }
    if let Some(lead) = statement.lead
        && takes_back(&lead.to_ascii_lowercase(), statement.shape == Shape::Cell)
    {
        return Err(Acquittal::Context);
    }
    if statement.siblings.iter().any(|cell| denies(cell)) {
        return Err(Acquittal::Context);
    }
    let own = &lower[statement.own..];
    let before = &own[..statement
        .hit
        .start
        .saturating_sub(statement.own)
        .min(own.len())];
    if before
        .trim_start()
        .starts_with(['❌', '✗', '✘', '🚫', '⛔', '✖'])
    {
        return Err(Acquittal::Context);
    }
    if let Some((label, _)) = before.split_once(':') {
        let label = label.trim_matches(|c: char| !c.is_alphanumeric());
        let first = label.split(' ').next().unwrap_or(label);
        let last = label.rsplit(' ').next().unwrap_or(label);
        let short = label.split(' ').count() <= 3 && !matches!(first, "no" | "never" | "not");
        if LABELS.contains(&label) || short && (LABELS.contains(&first) || LABELS.contains(&last)) {
            return Err(Acquittal::Context);
        }
    }
    Ok(())
}

/// Whether a lead-in or a column's head makes wordings of what stands below it.
fn takes_back(lead: &str, cell: bool) -> bool {
    let spaced = lead.replace(['-', '_'], " ");
    let label = spaced.trim_matches(|c: char| !c.is_alphanumeric());
    let short = label.split(' ').count() <= 6;
    if short
        && (LABELS.contains(&label)
            || DENYING_SECTIONS
                .iter()
                .chain(SOFT_SECTIONS)
                .any(|w| label.contains(w)))
    {
        return true;
    }
    if cell {
        return false;
    }
    let listed = [
        "false",
        "wrong",
        "forbidden",
        "prohibited",
        "examples of",
        "example of",
        "misleading",
        "rejected",
        "never",
        "avoid",
        "overclaim",
        "untrue",
        "incorrect",
        "banned",
        "disallowed",
        "such as",
        "ask whether",
        "questions",
        "not acceptable",
        "unacceptable",
        "phrases",
        "wording",
        "would be",
    ];
    listed.iter().any(|word| lead.contains(word)) || scope::denies_next(&tokens(lead))
}

/// A cell that says no to its row.
fn denies(cell: &str) -> bool {
    let cell = cell.to_ascii_lowercase();
    let cell = cell.trim_matches(|c: char| c == '.' || c == '!' || c.is_whitespace());
    const NO: &[&str] = &[
        "no",
        "never",
        "none",
        "false",
        "not claimed",
        "forbidden",
        "prohibited",
        "rejected",
        "unsupported",
        "out of scope",
        "non-claim",
        "non-goal",
        "not",
        "n/a",
        "-",
        "—",
        "❌",
        "✗",
        "✘",
        "✖",
        "🚫",
        "planned",
        "todo",
        "wrong",
        "overclaim",
        "bad",
        "disallowed",
        "blocked",
        "denied",
    ];
    NO.contains(&cell)
        || [
            "no,",
            "no.",
            "no;",
            "no —",
            "no (",
            "not ",
            "never ",
            "never,",
            "❌ ",
            "✗ ",
            "forbidden",
            "out of scope",
        ]
        .iter()
        .any(|head| cell.starts_with(head))
}

/// Whether the phrase stands inside quotation marks or a code span.
fn in_mention(statement: &Statement<'_>, lower: &str) -> bool {
    let hit = &statement.hit;
    // "no-self-rewrite", "detects_…": a part of a name.
    if lower[..hit.start].ends_with(['-', '_']) || lower[hit.end..].starts_with('_') {
        return true;
    }
    let inside = |range: &Range<usize>| range.start <= hit.start && hit.end <= range.end;
    if statement.mentions.iter().any(inside) {
        return true;
    }
    quotes(lower).iter().any(|range| {
        if !inside(range) {
            return false;
        }
        // `It is "unhackable".` says it, only with raised eyebrows.
        let before = lower[..range.start].trim_end_matches(['"', '\'', ' ']);
        let copula = ["is", "are", "'s", "being", "be"].iter().any(|verb| {
            before.ends_with(verb) && before.len() > verb.len() && {
                let at = before.len() - verb.len();
                verb.starts_with('\'') || before.as_bytes()[at - 1] == b' '
            }
        });
        let short = lower[range.clone()].split(' ').count() <= 4;
        !(copula && short)
    })
}

/// What stands between quotation marks; an apostrophe inside a word is none.
fn quotes(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    for mark in [b'"', b'\''] {
        let mut open = None;
        for at in memchr::memchr_iter(mark, bytes) {
            let word = |at: Option<usize>| {
                at.and_then(|at| bytes.get(at))
                    .is_some_and(u8::is_ascii_alphanumeric)
            };
            let before = word(at.checked_sub(1));
            let after = word(Some(at + 1));
            match open {
                None if mark == b'"' || !before => open = Some(at + 1),
                Some(start) if mark == b'"' || !after => {
                    out.push(start..at);
                    open = None;
                }
                _ => {}
            }
        }
    }
    out
}

fn affirms(answer: &str) -> bool {
    [
        "yes",
        "absolutely",
        "of course",
        "definitely",
        "certainly",
        "sure",
        "it does",
        "it is",
    ]
    .iter()
    .any(|head| answer.starts_with(head))
        && !answer.contains(" not ")
}

/// Whether the sentence behind takes the one before back.
fn retracts(next: &str) -> bool {
    let subject = [
        "that",
        "this",
        "such a claim",
        "the above",
        "this claim",
        "that claim",
        "this sentence",
        "such wording",
    ];
    let verdict = [
        " is false",
        " is not true",
        " is wrong",
        " is untrue",
        " would be false",
        " would be wrong",
        " is a lie",
        " is forbidden",
        " is not a claim",
        " is an overclaim",
        " would be an overclaim",
        " must not ",
        " is not allowed",
        " is not what",
    ];
    subject.iter().any(|head| {
        next.strip_prefix(head)
            .is_some_and(|rest| verdict.iter().any(|v| rest.starts_with(v)))
    })
}
