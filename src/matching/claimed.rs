// SPDX-License-Identifier: Apache-2.0
//! The claims of a rule in a block of text: each sentence by itself and behind what leads into it, held against
//! the rule's patterns or its wording, and judged.

use super::claim_pattern::ClaimPattern;
use super::claim_rule::ClaimRule;
use super::hit::Hit;
use super::judgement::{Statement, decoration, in_quotation, judge, turns};
use super::reach::Reach;
use super::reduce::Part;
use super::sentence::{Block, Shape, sentences};
use super::subject;
use super::wording::{self, Phrases};
use crate::model::Confidence;
use crate::rules::StatementRule;
use std::ops::Range;

/// The claims of one rule in one block, whose text is given also in lower case: in sentences that hold a
/// keyword, or in all where what leads into them does.
pub(super) fn claims(
    rule: &ClaimRule,
    block: &Block<'_>,
    lower: &str,
    led: bool,
    out: &mut Vec<Hit>,
) {
    let text = block.folded.text.as_str();
    let made = rule.made();
    let ranges = sentences(text);
    for (at, range) in ranges.iter().enumerate() {
        if !led && !made.may_hold(&lower[range.clone()]) {
            continue;
        }
        let next = ranges.get(at + 1).map(|next| &text[next.clone()]);
        let range = &(range.start + decoration(&text[range.clone()])..range.end);
        let found = with_lead(rule, block, range, next).or_else(|| alone(rule, block, range, next));
        let Some((hit, doubt)) = found else { continue };
        if subject::is_another(made, block, range) {
            continue;
        }
        out.push(Hit {
            rule: rule.index,
            span: block.folded.span(range.clone()),
            hit: block.folded.span(hit),
            severity: None,
            confidence: lowered(rule.rule.meta.confidence, doubt),
            proved: false,
        });
    }
}

/// The sentence by itself.
fn alone(
    rule: &ClaimRule,
    block: &Block<'_>,
    range: &Range<usize>,
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let sentence = &block.folded.text[range.clone()];
    let mentions: Vec<_> = shifted(&block.folded.mentions, range, 0);
    let (hit, doubt) = first_claim(rule, block, (sentence, 0, range.start), &mentions, next)?;
    Some((range.start + hit.start..range.start + hit.end, doubt))
}

/// What is read before a block's own text: the text that leads into its list or, for the cells of a row, the
/// first of them, where it names what they are about and they do not begin anew.
pub(super) fn led_by<'b>(block: &Block<'b>) -> Option<&'b str> {
    const WORDS: usize = 5;
    const ANEW: &[&str] = &[
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "we", "our", "you",
        "your", "if", "when", "no", "yes", "each", "every", "all", "any",
    ];
    let Shape::Cell { is_first } = block.shape else {
        return block.lead;
    };
    let first = block.folded.text.split(' ').next().unwrap_or_default();
    let first = first.trim_matches(|char: char| char.is_ascii_punctuation());
    let names = |cell: &&str| (1..=WORDS).contains(&cell.split(' ').count()) && !cell.is_empty();
    let subject = block.siblings.first().map(String::as_str).filter(names);
    subject.filter(|_| !is_first && !ANEW.contains(&first.to_ascii_lowercase().as_str()))
}

/// The sentence behind the text that leads into it: "CCR can" + "detect …".
fn with_lead(
    rule: &ClaimRule,
    block: &Block<'_>,
    range: &Range<usize>,
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let lead = led_by(block)?;
    let sentence = &block.folded.text[range.clone()];
    let joined = format!("{} {sentence}", lead.trim_end_matches([':', ' ']));
    let own = joined.len() - sentence.len();
    let mentions = shifted(&block.folded.mentions, range, own);
    let (hit, doubt) = first_claim(rule, block, (&joined, own, range.start), &mentions, next)?;
    let start = range.start + hit.start.max(own) - own;
    Some((start..range.start + hit.end - own, doubt))
}

/// Parts of a text that lie in a range, as they stand there, moved by so much.
pub(super) fn shifted(
    mentions: &[Range<usize>],
    range: &Range<usize>,
    by: usize,
) -> Vec<Range<usize>> {
    mentions
        .iter()
        .filter(|m| m.end > range.start && m.start < range.end)
        .map(|m| {
            m.start.max(range.start) - range.start + by..m.end.min(range.end) - range.start + by
        })
        .collect()
}

/// The first claim in a text, of which the sentence of the block that begins at `start` stands from `own` on.
fn first_claim(
    rule: &ClaimRule,
    block: &Block<'_>,
    (text, own, start): (&str, usize, usize),
    mentions: &[Range<usize>],
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let lower = text.to_ascii_lowercase();
    let mut acquitted = None;
    let made = rule.made();
    let reach = text
        .is_ascii()
        .then(|| Reach::new(lower.as_bytes()))
        .flatten();
    let may_match =
        |one: &&ClaimPattern| one.may_match(&lower) && one.reaches(Part::Lower, reach.as_ref());
    let mut is_allowed = || {
        *acquitted.get_or_insert_with(|| {
            let mut allow = made.allow.iter();
            allow.any(|one| may_match(&one) && one.is_match(text, &lower))
        })
    };
    let claimed = |hit: &Range<usize>, is_sure: bool| {
        let end = start + hit.end.saturating_sub(own);
        if in_quotation(&block.folded.text, start, end) {
            return None;
        }
        let statement = Statement {
            text,
            own,
            hit: hit.clone(),
            mentions,
            shape: block.shape,
            headings: block.headings,
            lead: block.lead,
            siblings: block.siblings,
            next,
            is_sure,
        };
        judge(&statement, &rule.statement().section_not).ok()
    };
    let patterns = made.any_of.iter().filter(may_match);
    for hit in patterns.flat_map(|pattern| pattern.hits(text, &lower)) {
        if hit.end <= own || hit.is_empty() {
            continue;
        }
        if is_allowed() {
            return None;
        }
        if let Some(doubt) = claimed(&hit, false) {
            return Some((hit, doubt));
        }
    }
    let Phrases { rows, is_sure } =
        worded(rule.statement(), block.shape, text, &lower, own, mentions);
    if rows.is_empty() || is_allowed() {
        return None;
    }
    rows.into_iter().find_map(|hit| {
        let doubt = claimed(&hit, is_sure)?;
        let clause = wording::clause(&lower, own, &hit);
        if is_sure || !wording::denies(&lower[clause.clone()]) {
            return Some((hit, doubt));
        }
        // Which of the words claim is not known, so the last of them must not be taken back either.
        let last = lower[..clause.end].trim_end_matches(|char: char| !char.is_ascii_alphanumeric());
        let start = last.rfind(' ').map_or(0, |space| space + 1).max(own);
        let last = start.min(last.len())..last.len();
        Some((hit, doubt.max(claimed(&last, false)?)))
    })
}

/// What makes a sentence worded like a claim, for a rule that asks for that, the heaviest part first: without what
/// leads into it, since the wording is the sentence's own.
fn worded(
    rule: &StatementRule,
    shape: Shape,
    text: &str,
    lower: &str,
    own: usize,
    mentions: &[Range<usize>],
) -> Phrases {
    let Some(least) = rule.worded else {
        return Phrases::default();
    };
    let doubt = match shape {
        Shape::Cell { .. } | Shape::Heading | Shape::Literal => wording::OF_TITLES,
        _ if text[own..].starts_with("Your ") => wording::OF_READERS,
        _ => 0.0,
    };
    let said = wording::without(text, mentions);
    let Some(said) = said.get(own..) else {
        return Phrases::default();
    };
    let supposes = || wording::supposes(&lower[own..]);
    let cuts = || turns(&lower[own..]);
    let Phrases { rows, is_sure } = wording::phrases(said, cuts, least + doubt, supposes);
    let says = |hit: &Range<usize>| is_sure || !wording::goes_on_denied(&lower[own..], hit);
    // A hyphen joins what stands before it to the word.
    let moved = |hit: Range<usize>| {
        let before = &text[own..own + hit.start];
        let is_joined =
            |char: char| before.ends_with('-') && (char.is_alphanumeric() || char == '-');
        own + before.trim_end_matches(is_joined).len()..own + hit.end
    };
    Phrases {
        rows: rows.into_iter().filter(says).map(moved).collect(),
        is_sure,
    }
}

/// The rule's confidence, lower by a step for each doubt; `None` where nothing changed.
fn lowered(confidence: Confidence, doubt: u8) -> Option<Confidence> {
    if doubt == 0 {
        return None;
    }
    let at = Confidence::ALL.iter().position(|c| *c == confidence)?;
    Confidence::ALL
        .get(at.saturating_sub(usize::from(doubt)))
        .copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::led_by;
    use crate::artifact::EntryKind;
    use crate::classify::{Classified, Origin};
    use crate::matching::sentence::{Block, Sink, read_blocks};
    use crate::model::EntryPath;

    #[test]
    fn a_cell_is_read_behind_the_first_of_its_row_unless_it_begins_anew() {
        let text = "| Part | State |\n| --- | --- |\n| Sandbox | escape-proof |\n| Relay | The key is kept |\n\
            | A part of whose name nobody can say what it is | safe |\n";
        let path = EntryPath::root("a.md");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut led = Vec::new();
        let mut emit = |block: &Block<'_>| {
            led.push((block.folded.text.clone(), led_by(block).map(str::to_owned)));
        };
        let mut sink = Sink {
            marks: None,
            emit: &mut emit,
        };
        read_blocks(&entry, &mut sink);
        let of = |cell: &str| led.iter().find(|(text, _)| text == cell).unwrap().1.clone();
        assert_eq!(of("escape-proof").as_deref(), Some("Sandbox"));
        assert_eq!(of("Sandbox"), None);
        assert_eq!(of("The key is kept"), None);
        assert_eq!(of("safe"), None);
    }
}
