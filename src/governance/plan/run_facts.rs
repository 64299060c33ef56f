// SPDX-License-Identifier: Apache-2.0
//! What documents say of the runs that they cite: facts by the run that they are about.

use super::document::Document;
use super::facts::{Citation, Fact, FactForm, FactValue, cells, normal_key, value_of};
use crate::governance::files::is_run_id;
use crate::governance::profile::Planning;
use crate::model::ByteSpan;

/// A run, and what one section says of it.
#[derive(Debug, Clone)]
pub struct RunStatement<'p> {
    /// The document.
    pub document: &'p Document,
    /// Index of the section.
    pub section: usize,
    /// Id of the run.
    pub run: &'p str,
    /// Where it is cited.
    pub cited: ByteSpan,
    /// Facts, in order.
    pub facts: Vec<Fact>,
    /// The one commit that the section cites beside the run.
    pub commit: Option<(&'p str, ByteSpan)>,
}

impl RunStatement<'_> {
    /// How the run ended, as stated: `pass`, `fail` or `blocked`.
    pub fn status<'s>(&'s self, profile: &'s Planning) -> Option<(&'s str, &'s Fact)> {
        let keys = &profile.run_facts.status;
        self.facts.iter().find_map(|fact| {
            if !keys.contains(&fact.key) {
                return None;
            }
            let word = first_word(&fact.raw);
            let word = ["pass", "fail", "blocked"]
                .into_iter()
                .find(|known| word.eq_ignore_ascii_case(known))?;
            // A bare `Status: blocked` may be that of a stage or an item.
            let own = fact.key != "status" || word != "blocked" || fact.form == FactForm::Table;
            own.then_some((word, fact))
        })
    }

    /// The changed files, as stated; nothing when they are not named one by one.
    pub fn changed_files(&self) -> Option<(Vec<&str>, &Fact)> {
        let fact = self.fact("changed_files")?;
        Some((names(fact)?, fact))
    }

    /// The digest that is stated of an artifact.
    pub fn digest<'s>(&'s self, profile: &Planning, artifact: &str) -> Option<(String, &'s Fact)> {
        let keys = &profile.run_facts.digest;
        self.facts.iter().find_map(|fact| {
            let of = keys.get(&fact.key)?;
            (of == artifact).then_some((digest(&fact.raw)?, fact))
        })
    }

    /// The first fact under a key.
    pub fn fact(&self, key: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.key == key)
    }
}

/// The first word of a value.
pub fn first_word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .find(|word| !word.is_empty())
        .unwrap_or("")
}

/// The 64 hex digits of a SHA-256, lower case, with or without `sha256:` before them.
pub fn digest(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("sha256:");
    let hex: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
    (hex.len() == 64).then(|| hex.to_lowercase())
}

/// Names of a list that is written out, sorted; nothing for prose.
pub fn names(fact: &Fact) -> Option<Vec<&str>> {
    let mut names: Vec<&str> = match &fact.value {
        FactValue::Text(text) => text.split(',').map(str::trim).collect(),
        _ => fact.names(),
    };
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    let plain = names
        .iter()
        .all(|name| !name.contains(char::is_whitespace) && !name.is_empty());
    plain.then_some(names)
}

/// What a document says of the runs that it cites, in order of place.
pub fn read<'p>(document: &'p Document, profile: &Planning) -> Vec<RunStatement<'p>> {
    if document.citations.is_empty() {
        return Vec::new();
    }
    let mut found = rows(document);
    let mut cited: Vec<(usize, &'p str, ByteSpan)> = Vec::new();
    for citation in &document.citations {
        let Citation::Run { id, span, section } = citation else {
            continue;
        };
        let line = document.line_at(span.start);
        let in_row = line.is_some_and(|line| line.trim_start().starts_with('|'));
        let key = line.map(key_of);
        let words = key.as_deref().unwrap_or("").split('_');
        let aside = words.into_iter().any(|word| {
            let word = word.to_owned();
            profile.run_facts.aside.contains(&word)
        });
        let known = cited
            .last()
            .is_some_and(|(at, run, _)| at == section && run == id);
        if !in_row && !aside && !known {
            cited.push((*section, id, *span));
        }
    }
    let facts = document.facts();
    // A run that is named twice in a section is one subject.
    let mut at = 0;
    while at < cited.len() {
        let section = cited[at].0;
        let end = at
            + cited[at..]
                .iter()
                .take_while(|one| one.0 == section)
                .count();
        found.extend(section_of(document, &facts, section, &cited[at..end]));
        at = end;
    }
    found.sort_by_key(|statement| statement.cited.start);
    found
}

fn section_of<'p>(
    document: &'p Document,
    facts: &[Fact],
    section: usize,
    cited: &[(usize, &'p str, ByteSpan)],
) -> Vec<RunStatement<'p>> {
    let in_item = document.heads().any(|head| head.section == section);
    let mut found: Vec<RunStatement<'p>> = cited
        .iter()
        .map(|(_, run, span)| RunStatement {
            document,
            section,
            run,
            cited: *span,
            facts: Vec::new(),
            commit: None,
        })
        .collect();
    // An item's fields are about the item.
    if in_item || found.is_empty() {
        return found;
    }
    let from = facts.partition_point(|fact| fact.section < section);
    let facts = facts[from..].iter();
    for fact in facts.take_while(|fact| fact.section == section) {
        // A fact belongs to the run cited before it; what stands before the first, to the first.
        let line_end = fact.span.end;
        let after = cited.partition_point(|(_, _, span)| span.start <= line_end);
        found[after.saturating_sub(1)].facts.push(fact.clone());
    }
    let commits: Vec<_> = document
        .citations
        .iter()
        .filter_map(|citation| match citation {
            Citation::Commit {
                id,
                span,
                section: at,
                ..
            } if *at == section => Some((id.as_str(), *span)),
            _ => None,
        })
        .collect();
    if let ([only], [one]) = (commits.as_slice(), found.as_mut_slice()) {
        one.commit = Some(*only);
    }
    found
}

/// The key before the colon of a line.
fn key_of(line: &str) -> String {
    let line = line.trim_start().trim_start_matches(['-', '*', ' ']);
    line.split_once(':')
        .map_or_else(String::new, |(key, _)| normal_key(key))
}

/// Rows of tables with a run in one cell: the head names what the others are.
fn rows(document: &Document) -> Vec<RunStatement<'_>> {
    let mut found = Vec::new();
    let mut head: Vec<String> = Vec::new();
    let mut before: Option<Vec<String>> = None;
    for line in &document.lines() {
        let text = document.line(line);
        let row = if line.fenced { None } else { cells(text) };
        let Some(row) = row else {
            head.clear();
            before = None;
            continue;
        };
        let ruled =
            |cell: &String| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':' | ' '));
        if row.iter().all(ruled) {
            head = before.take().unwrap_or_default();
            head.iter_mut().for_each(|cell| *cell = normal_key(cell));
            continue;
        }
        before = Some(row.clone());
        let Some((run, span)) = run_in(document, line.start, line.end) else {
            continue;
        };
        let facts = head.iter().zip(&row).filter_map(|(key, cell)| {
            if key.is_empty() || cell.is_empty() {
                return None;
            }
            let (value, raw) = value_of(cell);
            Some(Fact {
                key: key.clone(),
                raw,
                value,
                span: ByteSpan::new(line.start, line.end),
                section: line.section,
                form: FactForm::Table,
            })
        });
        // With two columns the head's first key is the run's name for the row.
        let facts = facts.filter(|fact| !is_run_id(&fact.raw)).collect();
        found.push(RunStatement {
            document,
            section: line.section,
            run,
            cited: span,
            facts,
            commit: None,
        });
    }
    found
}

fn run_in(document: &Document, from: usize, to: usize) -> Option<(&str, ByteSpan)> {
    let first = document
        .citations
        .partition_point(|citation| match citation {
            Citation::Run { span, .. } | Citation::Commit { span, .. } => span.start < from,
        });
    let runs = document.citations[first..].iter();
    let mut runs = runs.filter_map(|citation| match citation {
        Citation::Run { id, span, .. } => Some((id.as_str(), *span)),
        Citation::Commit { .. } => None,
    });
    runs.next().filter(|(_, span)| span.end <= to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn facts_belong_to_the_run_before_them_and_asides_to_none() {
        let profile = Profile::embedded();
        let text = "---\na: b\n---\n# T\n## Run - 2026-03-10\n- Report status: `pass`\n- Report: `r/20260310T091500Z-a-1/report.json`\n- Changed files: `b.py`, `a.py`\n- Fake baseline: `20260310T091400Z-a-0`\n- Operator outcome: accepted\n## Ledger\n| Run | Status |\n| --- | --- |\n| `20260309T091500Z-a-9` | blocked |\n## Two\n- First: 20260308T091500Z-a-1\n- Report status: fail\n- Second: 20260308T091600Z-a-2\n- Report status: pass\ncommit: abcdef1 x\n";
        let document = Document::parse("CTO-X-EVIDENCE.md", text, &profile.planning);
        let read = read(&document, &profile.planning);
        let seen: Vec<_> = read
            .iter()
            .map(|one| (one.run, one.status(&profile.planning).map(|(word, _)| word)))
            .collect();
        assert_eq!(
            seen,
            [
                ("20260310T091500Z-a-1", Some("pass")),
                ("20260309T091500Z-a-9", Some("blocked")),
                ("20260308T091500Z-a-1", Some("fail")),
                ("20260308T091600Z-a-2", Some("pass")),
            ]
        );
        assert_eq!(read[0].changed_files().unwrap().0, ["a.py", "b.py"]);
        assert!(read[0].fact("operator_outcome").is_some());
        assert!(read[3].commit.is_none());
    }
}
