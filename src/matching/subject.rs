// SPDX-License-Identifier: Apache-2.0
//! What a claim's sentence is about: words for settling, filters and weights are those of games, payments and
//! fonts, too. Where a sentence is about another subject than a rule's, and the rule's own is not spoken of around it,
//! it claims nothing.

use super::claim_pattern::ClaimPattern;
use super::claim_rule::Made;
use super::sentence::Block;
use std::ops::Range;

/// Bytes on either side of a sentence in which a subject is spoken of.
const AROUND: usize = 2 << 10;

/// What a rule says of a sentence that fits one of its patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// As it stands.
    Full,
    /// It informs and does not block.
    Informs,
}

/// How much a claim in a sentence of a block weighs; `None` where it is about something else.
pub(super) fn weight(made: &Made, block: &Block<'_>, sentence: &Range<usize>) -> Option<Weight> {
    let text = block.folded.text.as_str();
    let names = |list: &[ClaimPattern], text: &str| {
        let lower = text.to_ascii_lowercase();
        let mut list = list.iter();
        list.any(|one| one.may_match(&lower) && one.is_match(text, &lower))
    };
    let spoken_of = |list: &[ClaimPattern]| {
        let start = text.floor_char_boundary(sentence.start.saturating_sub(AROUND));
        let end = text.ceil_char_boundary(sentence.end.saturating_add(AROUND));
        let around = block.lead.into_iter().chain([&text[start..end]]);
        let above = block.headings.iter().chain(block.siblings);
        let mut texts = around.chain(above.map(String::as_str));
        texts.any(|text| names(list, text))
    };
    let led = block.lead.is_some_and(|lead| names(&made.elsewhere, lead));
    if !led && !names(&made.elsewhere, &text[sentence.clone()]) {
        return Some(Weight::Full);
    }
    if made.about.is_empty() {
        return Some(Weight::Informs);
    }
    spoken_of(&made.about).then_some(Weight::Full)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::artifact::EntryKind;
    use crate::classify::{Classified, Origin};
    use crate::matching::statement::StatementMatcher;
    use crate::model::{EntryPath, Severity};
    use crate::rules::load;

    /// What the rules that block make of a text: nothing, or whether one keeps its severity.
    fn blocks(text: &str) -> Option<bool> {
        let mut rules = load("default", &[]).unwrap().rules;
        rules.retain(|rule| rule.meta.severity >= Severity::High);
        let path = EntryPath::root("a.md");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut hits = Vec::new();
        StatementMatcher::new(&rules).scan_all(&entry, &mut hits);
        let full = hits.iter().any(|hit| hit.severity.is_none());
        (!hits.is_empty()).then_some(full)
    }

    #[test]
    fn a_claim_about_another_subject_blocks_nothing() {
        let of_model = "The tool disables all safety limits of the model.";
        assert_eq!(blocks(of_model), Some(true));
        assert_eq!(blocks("The tool disables all safety limits."), Some(true));
        let of_files = "The tool disables all safety limits for file size.";
        assert_eq!(blocks(of_files), None);
        let before = "A proxy for models. It disables all safety limits for uploads.";
        assert_eq!(blocks(before), Some(true));
        let above = "# Models\n\nThe tool disables all safety limits for uploads.";
        assert_eq!(blocks(above), Some(true));
        let paid = "The agent may pay invoices without human approval.";
        assert_eq!(blocks(paid), Some(true));
    }
}
