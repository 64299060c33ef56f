// SPDX-License-Identifier: Apache-2.0
//! What stands around a sentence and takes it back: headings, lead-ins, labels, neighbouring cells.

use super::super::sentence::Shape;
use super::words::{LABELS, holds, tokens};
use super::{Acquittal, Statement, scope};

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
    "to avoid",
    "excluded",
    "exclusion",
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

/// Words in headings of questions that are answered below them.
const ANSWERED: &[&str] = &["asked", "answers", "answered", "faq", "frequently"];

/// Marks before an item that say no, or not yet.
pub(super) const DENYING_MARKS: [char; 16] = [
    '❌', '✗', '✘', '🚫', '⛔', '✖', '❎', '🛑', '👎', '☐', '⬜', '🔲', '🚧', '🔜', '⏳', '❓',
];

/// The length of what decorates the beginning of a text and says nothing: "✅ ", ":rocket: ", "→ ".
pub(in super::super) fn decoration(text: &str) -> usize {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let symbol = !first.is_ascii() && !first.is_alphanumeric();
        if (symbol && !DENYING_MARKS.contains(&first)) || first == ' ' {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        // ":white_check_mark:"
        let name = rest.strip_prefix(':').and_then(|tail| tail.split_once(':'));
        let code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
        match name {
            Some((name, tail)) if !name.is_empty() && name.chars().all(code) => {
                let denies = [
                    "x",
                    "no",
                    "cross",
                    "prohibited",
                    "-1",
                    "thumbsdown",
                    "construction",
                ];
                if name.split('_').any(|part| denies.contains(&part)) {
                    break;
                }
                rest = tail;
            }
            _ => break,
        }
    }
    match rest.is_empty() {
        true => 0,
        false => text.len() - rest.len(),
    }
}

/// Whether the place acquits the phrase: the headings above it, the lead-in, the other cells of
/// its row, a mark or a label before it.
pub(super) fn judge(
    statement: &Statement<'_>,
    lower: &str,
    section_not: &[String],
) -> Result<(), Acquittal> {
    let fragment = matches!(statement.shape, Shape::Item { .. } | Shape::Cell { .. });
    for heading in statement.headings {
        let heading = heading.to_ascii_lowercase();
        let spaced = heading.replace(['-', '_', '\u{2011}'], " ");
        let named = |list: &[&str]| names(&spaced, list);
        let own = section_not
            .iter()
            .any(|word| heading.contains(&word.to_ascii_lowercase()));
        if own || named(DENYING_SECTIONS) || (fragment && named(SOFT_SECTIONS)) {
            return Err(Acquittal::Context);
        }
    }
    if let Some(lead) = statement.lead
        && takes_back(
            &lead.to_ascii_lowercase(),
            matches!(statement.shape, Shape::Cell { .. }),
        )
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
    if before.trim_start().starts_with(DENYING_MARKS) {
        return Err(Acquittal::Context);
    }
    if before.trim_start().starts_with(':')
        && [
            ":x:",
            ":no_entry",
            ":negative",
            ":cross",
            ":prohib",
            ":-1:",
            ":thumbsdown:",
            ":construction:",
        ]
        .iter()
        .any(|code| before.trim_start().starts_with(code))
    {
        return Err(Acquittal::Context);
    }
    if let Some((label, _)) = before.split_once(':') {
        let label = label.trim_matches(|c: char| !c.is_alphanumeric());
        let first = label.split(' ').next().unwrap_or(label);
        let last = label.rsplit(' ').next().unwrap_or(label);
        let short = label.split(' ').count() <= 3 && !matches!(first, "no" | "never" | "not");
        let told = label.split(' ').count() <= 6
            && label.split(' ').any(|word| {
                matches!(
                    word,
                    "wording" | "wordings" | "slogan" | "slogans" | "phrase" | "phrases"
                )
            });
        if told || holds(LABELS, label) || short && (holds(LABELS, first) || holds(LABELS, last)) {
            return Err(Acquittal::Context);
        }
    }
    Ok(())
}

/// Whether a heading holds one of those words; those of questions that are answered do not ask.
fn names(heading: &str, list: &[&str]) -> bool {
    let answered = || heading.split(' ').any(|word| ANSWERED.contains(&word));
    list.iter()
        .any(|word| heading.contains(word) && !(*word == "question" && answered()))
}

/// Whether a lead-in or a column's head makes wordings of what stands below it.
fn takes_back(lead: &str, cell: bool) -> bool {
    let spaced = lead.replace(['-', '_'], " ");
    let label = spaced.trim_matches(|c: char| !c.is_alphanumeric());
    let short = label.split(' ').count() <= 6;
    if short
        && (holds(LABELS, label) || names(label, DENYING_SECTIONS) || names(label, SOFT_SECTIONS))
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
