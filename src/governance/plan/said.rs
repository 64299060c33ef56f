// SPDX-License-Identifier: Apache-2.0
//! What documents say of the status of other things: "`CTO-WORK-101` is validated", "depends on the
//! validated CTO-X-CONTRACT", a row of an evidence map.

use super::document::Document;
use crate::governance::profile::Planning;
use crate::model::ByteSpan;
use crate::support::patterns::{self, Pattern};

/// A thing and the status that a document gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'p> {
    /// An id, a stem, or a title.
    pub name: &'p str,
    /// The status, lower case.
    pub status: String,
    /// Where.
    pub span: ByteSpan,
    /// Index of the section.
    pub section: usize,
}

/// Finds such statements.
#[derive(Debug)]
pub struct StatusWords {
    after: Option<Pattern>,
    before: Option<Pattern>,
    hedges: Vec<String>,
}

/// Names: `CTO-WORK-101`, `CTO-X-CONTRACT`, or words that each begin with a capital.
const NAME: &str =
    r"[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?:[ \t]+[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*){0,9}";

impl StatusWords {
    /// For the vocabulary of a profile.
    pub fn new(profile: &Planning) -> Self {
        let words = profile.vocabulary.get("work_status");
        let words: Vec<String> = words
            .into_iter()
            .flatten()
            .map(|word| regex::escape(word))
            .collect();
        let words = words.join("|");
        let link = r"(?:\s+(?:is|are|was|were|remains?|stays?|has been|have been)\s+(?:now\s+|already\s+|still\s+|fully\s+)?|[ \t]*[:=(|][ \t]*|[ \t]+status(?:[ \t]+is|:)?[ \t]+)";
        let after = format!(
            r"\b(?<name>{NAME})(?:\.md)?`?(?:[ \t]+and its gates)?{link}`?(?i:(?<status>{words}))\b"
        );
        let before = format!(
            r"\b(?i:(?<status>{}))[ \t]+`?(?<name>{NAME})",
            regex::escape(&profile.work.proven)
        );
        Self {
            after: patterns::pattern(&after).ok(),
            before: patterns::pattern(&before).ok(),
            hedges: profile.work.hedges.clone(),
        }
    }

    /// What a document says, in order; conditions, wishes and denials apart.
    pub fn read<'p>(&self, document: &'p Document) -> Vec<Said<'p>> {
        let text = &*document.text;
        let mut found = Vec::new();
        let lines = document.lines();
        for pattern in self.after.iter().chain(&self.before) {
            for hit in pattern.captures_iter(text.get(document.body..).unwrap_or("")) {
                let (Some(name), Some(status)) = (hit.name("name"), hit.name("status")) else {
                    continue;
                };
                let start = document.body + name.start().min(status.start());
                let end = document.body + name.end().max(status.end());
                let line = lines.partition_point(|line| line.start <= start);
                let line = line.checked_sub(1).and_then(|at| lines.get(at));
                let Some(line) = line.filter(|line| !line.fenced) else {
                    continue;
                };
                if document.line(line).trim_start().starts_with('#') || self.is_hedged(text, start)
                {
                    continue;
                }
                found.push(Said {
                    name: name.as_str(),
                    status: status.as_str().to_lowercase(),
                    span: ByteSpan::new(start, end),
                    section: line.section,
                });
            }
        }
        found.sort_by_key(|said| (said.span.start, said.span.end));
        found
    }

    /// Whether the sentence holds a hedge before this place.
    fn is_hedged(&self, text: &str, at: usize) -> bool {
        let before = &text[..at];
        let ends = [". ", ".\n", "; ", "\n\n", "\n- ", "\n* ", "\n|", ": "];
        let from = ends
            .iter()
            .filter_map(|end| before.rfind(end).map(|at| at + end.len()))
            .max()
            .unwrap_or(0);
        has_phrase(&before[from..], &self.hedges)
    }
}

/// Whether a text holds one of these phrases between word boundaries, in any case.
pub fn has_phrase(text: &str, phrases: &[String]) -> bool {
    let text = text.to_lowercase();
    phrases.iter().any(|phrase| {
        text.match_indices(phrase.as_str()).any(|(at, _)| {
            let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            edge(text[..at].chars().next_back()) && edge(text[at + phrase.len()..].chars().next())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    fn said(body: &str) -> Vec<(String, String)> {
        let profile = Profile::embedded();
        let text = format!("---\na: b\n---\n# T\n\n{body}\n");
        let document = Document::parse("CTO-X-PRD.md", &text, &profile.planning);
        let words = StatusWords::new(&profile.planning);
        let read = words.read(&document);
        read.iter()
            .map(|said| (said.name.to_owned(), said.status.clone()))
            .collect()
    }

    #[test]
    fn statements_are_read_in_every_form() {
        for text in [
            "`CTO-WORK-101` is validated.",
            "- CTO-WORK-101: validated",
            "| `CTO-WORK-101` | `validated` | x |",
            "This rests on the validated CTO-WORK-101.",
            "Inputs: CTO-WORK-101 (validated).",
        ] {
            assert_eq!(
                said(text),
                [("CTO-WORK-101".to_owned(), "validated".to_owned())],
                "{text}"
            );
        }
        let titled = said("The CTO Shelf Label Contract is validated.");
        assert_eq!(titled[0].0, "The CTO Shelf Label Contract");
    }

    #[test]
    fn conditions_wishes_and_denials_say_nothing() {
        for text in [
            "`CTO-WORK-101` is not validated.",
            "Nothing runs until `CTO-WORK-101` is validated.",
            "Only when CTO-WORK-101 is validated.",
            "```\nCTO-WORK-101 is validated\n```",
            "## CTO-WORK-101: Validated things",
        ] {
            assert!(said(text).is_empty(), "{text}");
        }
    }
}
