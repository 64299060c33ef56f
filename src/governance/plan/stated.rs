// SPDX-License-Identifier: Apache-2.0
//! What a document states, as folded text that patterns of required statements are held against
//! ("Matching notes" of section 5): sentences where they count, and those of phrase lists and
//! fenced blocks, which do not.

use super::document::Document;
use super::facts::cells;
use super::outline::{Line, heading};
use crate::governance::profile::Planning;

/// Folded text of a document. Every block of it ends with a full stop and a line break, so that a
/// pattern which stays inside a sentence stays inside its block.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    /// What counts.
    pub counted: String,
    /// What stands in phrase lists and fenced blocks.
    pub stuffed: String,
}

impl Stated {
    /// Folds a document's body: lines of a paragraph joined, marks of code and emphasis gone, white
    /// space one blank. An item of a list also stands behind the line that leads into it; under a
    /// heading of what is denied it also stands behind `not:`.
    pub fn of(document: &Document, planning: &Planning) -> Self {
        let mut reader = Reader::default();
        let mut section = usize::MAX;
        let (mut listed, mut denied) = (false, false);
        for line in &document.lines() {
            if line.section != section {
                reader.flush();
                reader.lead.clear();
                section = line.section;
                listed = document.under(section, &planning.phrase_sections);
                denied = document.under(section, &planning.denying());
            }
            let counts = !listed && !line.fenced;
            if counts != reader.counts {
                reader.flush();
            }
            reader.counts = counts;
            reader.denied = denied;
            reader.line(document, line);
        }
        reader.flush();
        reader.stated
    }
}

#[derive(Default)]
struct Reader {
    stated: Stated,
    block: String,
    bullet: bool,
    lead: String,
    counts: bool,
    denied: bool,
}

impl Reader {
    fn line(&mut self, document: &Document, line: &Line) {
        let text = document.line(line);
        let trimmed = text.trim();
        if trimmed.is_empty() || heading(text).is_some() {
            self.flush();
            return;
        }
        if let Some(cells) = cells(text) {
            self.flush();
            self.block = cells.join(": ");
            self.flush();
            return;
        }
        let item = ["- ", "* ", "+ "]
            .iter()
            .find_map(|mark| trimmed.strip_prefix(mark));
        let item = item.or_else(|| numbered(trimmed));
        let body = match item {
            Some(body) => {
                self.flush();
                self.bullet = true;
                body
            }
            None => trimmed.trim_start_matches(['>', ' ']),
        };
        if !self.block.is_empty() {
            self.block.push(' ');
        }
        self.block.push_str(body);
    }

    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        let bullet = std::mem::take(&mut self.bullet);
        let block = block.replace(['`', '*'], "");
        let block = block.split_whitespace().collect::<Vec<_>>().join(" ");
        if block.is_empty() {
            return;
        }
        let out = if self.counts {
            &mut self.stated.counted
        } else {
            &mut self.stated.stuffed
        };
        let mut put = |parts: &[&str]| {
            parts.iter().for_each(|part| out.push_str(part));
            out.push_str(".\n");
        };
        put(&[&block]);
        if bullet && !self.lead.is_empty() {
            put(&[&self.lead, " ", &block]);
        }
        if bullet && self.denied {
            put(&["not: ", &block]);
        }
        if !bullet {
            self.lead = block.strip_suffix(':').unwrap_or("").to_owned();
        }
    }
}

/// What follows `1. ` or `1) `.
fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let body = rest
        .strip_prefix(". ")
        .or_else(|| rest.strip_prefix(") "))?;
    (rest.len() < text.len()).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn sentences_are_folded_and_phrase_lists_set_apart() {
        let text = "# T\nRuntime `default`\nactivation remains false.\n\nThis does not authorize:\n\n- another run\n1. a merge\n\n## Non-Goals\n- Activating Case\n## Required Phrases\n- stuffed\n## Table\n| A | `b` |\n```\ncode\n```\n";
        let profile = Profile::embedded().planning;
        let stated = Stated::of(&Document::parse("CTO-X-PRD.md", text, &profile), &profile);
        for sentence in [
            "Runtime default activation remains false.",
            "This does not authorize another run.",
            "This does not authorize a merge.",
            "not: Activating Case.",
            "A: b.",
        ] {
            assert!(stated.counted.contains(sentence), "{sentence}: {stated:?}");
        }
        assert!(stated.stuffed.contains("stuffed.") && stated.stuffed.contains("code."));
        assert!(!stated.counted.contains("stuffed"));
    }
}
