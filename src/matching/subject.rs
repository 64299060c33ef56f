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

/// Whether a claim in a sentence of a block is about another subject than its rule's.
pub(super) fn is_another(made: &Made, block: &Block<'_>, sentence: &Range<usize>) -> bool {
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
    let is_foreign = led || names(&made.elsewhere, &text[sentence.clone()]);
    is_foreign && !spoken_of(&made.about)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::artifact::EntryKind;
    use crate::classify::{Classified, Origin};
    use crate::matching::statement::StatementMatcher;
    use crate::model::{EntryPath, Severity};
    use crate::rules::load;

    fn blocks(text: &str) -> bool {
        let mut rules = load("default", &[]).unwrap().rules;
        rules.retain(|rule| rule.meta.severity >= Severity::High);
        let path = EntryPath::root("a.md");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut hits = Vec::new();
        StatementMatcher::new(&rules).scan_all(&entry, &mut hits);
        !hits.is_empty()
    }

    #[test]
    fn a_claim_about_another_subject_blocks_nothing() {
        let of_model = "The tool disables all safety limits of the model.";
        assert!(blocks(of_model));
        assert!(blocks("The tool disables all safety limits."));
        let of_files = "The tool disables all safety limits for file size.";
        assert!(!blocks(of_files));
        let before = "A proxy for models. It disables all safety limits for uploads.";
        assert!(blocks(before));
        let above = "# Models\n\nThe tool disables all safety limits for uploads.";
        assert!(blocks(above));
        let paid = "The agent may pay invoices without human approval.";
        assert!(blocks(paid));
    }
}
