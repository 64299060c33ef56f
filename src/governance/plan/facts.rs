// SPDX-License-Identifier: Apache-2.0
//! Facts and citations: what a document says in a form that a machine can hold against something
//! (section 1.6).

use super::outline::{self, Line, Outline};
use crate::governance::files::is_run_id;
use crate::model::ByteSpan;
use regex::Regex;
use std::sync::LazyLock;

/// A key and what the document says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Lower case, everything else an underscore: `report_status`.
    pub key: String,
    /// The value as written, without backticks and the final stop.
    pub raw: String,
    /// The value.
    pub value: FactValue,
    /// Where key and value stand.
    pub span: ByteSpan,
    /// Index of the section.
    pub section: usize,
    /// How it is written.
    pub form: FactForm,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// `true` or `false`
    Bool(bool),
    /// `none`, or names in backticks with commas between them
    List(Vec<String>),
    /// Anything else
    Text(String),
}

/// How a fact is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactForm {
    /// `- Key: value.`
    Bullet,
    /// `Key: value.`
    Prose,
    /// `Key:` and a fenced block
    Block,
    /// A row of a table with two columns
    Table,
}

impl Fact {
    /// As truth.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            FactValue::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// As names: a text is one name, `none` is no name.
    pub fn names(&self) -> Vec<&str> {
        match &self.value {
            FactValue::Bool(value) => vec![if *value { "true" } else { "false" }],
            FactValue::List(names) => names.iter().map(String::as_str).collect(),
            FactValue::Text(text) => vec![text],
        }
    }
}

/// What is cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation {
    /// A run, by its id.
    Run {
        /// The id.
        id: String,
        /// Where.
        span: ByteSpan,
        /// Index of the section.
        section: usize,
    },
    /// A commit.
    Commit {
        /// 7 to 40 hex digits.
        id: String,
        /// What follows on the line.
        subject: String,
        /// Where.
        span: ByteSpan,
        /// Index of the section.
        section: usize,
    },
}

/// `Report status` -> `report_status`.
pub fn normal_key(text: &str) -> String {
    let mut key = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c.to_ascii_lowercase());
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    while key.ends_with('_') {
        key.pop();
    }
    key
}

/// A value as [`FactValue`], and the text without backticks and final stop.
pub fn value_of(written: &str) -> (FactValue, String) {
    let text = written.trim();
    let text = text.strip_suffix('.').unwrap_or(text).trim();
    let mut ticked = text.split(',').map(str::trim);
    let is_name = |part: &str| part.len() > 2 && part.starts_with('`') && part.ends_with('`');
    if text.starts_with('`') && text.contains(',') && ticked.all(is_name) {
        let names = text
            .split(',')
            .map(|part| part.trim().trim_matches('`').to_owned())
            .collect();
        return (FactValue::List(names), text.replace('`', ""));
    }
    let plain = text.replace('`', "");
    let plain = plain.trim();
    let value = match plain {
        "true" => FactValue::Bool(true),
        "false" => FactValue::Bool(false),
        "none" | "[]" => FactValue::List(Vec::new()),
        text => FactValue::Text(text.to_owned()),
    };
    (value, plain.to_owned())
}

/// Facts of a document, in order.
pub(super) fn read(document: &Outline) -> Vec<Fact> {
    let mut facts = Vec::new();
    let lines = document.lines();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        index += 1;
        if line.fenced {
            continue;
        }
        let text = document.line(line);
        let trimmed = text.trim_start();
        let indent = text.len() - trimmed.len();
        if outline::heading(text).is_some() || trimmed.is_empty() {
            continue;
        }
        if let Some(fact) = table(document, &lines[index - 1..]) {
            facts.push(fact);
            continue;
        }
        let (body, form) = match trimmed
            .strip_prefix("- ")
            .or_else(|| trimmed.strip_prefix("* "))
        {
            Some(body) => (body, FactForm::Bullet),
            None => (trimmed, FactForm::Prose),
        };
        let start = line.start + indent + (trimmed.len() - body.len());
        let Some((key, written)) = key_value(body) else {
            continue;
        };
        if written.trim().is_empty() {
            if let Some((block, span)) = fenced_after(document, &lines[index..]) {
                facts.push(Fact {
                    key: normal_key(key),
                    value: FactValue::Text(block.to_owned()),
                    raw: block.to_owned(),
                    span,
                    section: line.section,
                    form: FactForm::Block,
                });
            }
            continue;
        }
        let (value, raw) = value_of(written);
        facts.push(Fact {
            key: normal_key(key),
            raw,
            value,
            span: ByteSpan::new(start, line.end),
            section: line.section,
            form,
        });
    }
    facts
}

/// `Key: value` with a key that is a few words.
fn key_value(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    if !(value.is_empty() || value.starts_with([' ', '\t'])) {
        return None;
    }
    let name = key.trim().trim_matches('`');
    let words = name.split_whitespace().count();
    let first = name.chars().next().is_some_and(char::is_alphabetic);
    let fits = first
        && (1..=8).contains(&words)
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || " _-/().'".contains(c))
        && !name.ends_with('.');
    fits.then_some((name, value))
}

fn fenced_after<'d>(document: &'d Outline, after: &[Line]) -> Option<(&'d str, ByteSpan)> {
    let is_blank = |line: &&Line| document.line(line).trim().is_empty();
    let blank = after.iter().take_while(is_blank).count();
    let (first, rest) = after[blank..].split_first()?;
    if !first.fenced {
        return None;
    }
    let is_end = |line: &&Line| {
        let text = document.line(line).trim();
        line.fenced && text.len() >= 3 && text.chars().all(|c| matches!(c, '`' | '~'))
    };
    let last = rest.iter().find(is_end)?;
    let span = ByteSpan::new((first.end + 1).min(last.start), last.start);
    Some((document.slice(span).trim_end(), span))
}

/// A row of a table with two columns, its head and rule apart; the first of these lines.
fn table(document: &Outline, lines: &[Line]) -> Option<Fact> {
    let line = lines.first()?;
    let cells = cells(document.line(line))?;
    let [key, written] = cells.as_slice() else {
        return None;
    };
    let ruled = |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, '-' | ':' | ' '));
    let next = lines
        .get(1)
        .and_then(|next| self::cells(document.line(next)));
    let is_head = next.is_some_and(|next| next.iter().all(|cell| ruled(cell)));
    if ruled(key) || is_head || normal_key(key).is_empty() {
        return None;
    }
    let (value, raw) = value_of(written);
    Some(Fact {
        key: normal_key(key),
        raw,
        value,
        span: ByteSpan::new(line.start, line.end),
        section: line.section,
        form: FactForm::Table,
    })
}

/// Cells of a table row; nothing for another line.
pub fn cells(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let inner = line.strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut escaped = false;
    let cells = inner.split(|c| {
        let ends = c == '|' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    Some(cells.map(|cell| cell.trim().to_owned()).collect())
}

static COMMIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bcommit: +`?([0-9a-f]{7,40})`?\b[ \t]*([^\n]*)").expect("a constant pattern")
});

static STAMPED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{8}T\d{6}Z-[A-Za-z0-9._-]*").expect("a constant pattern"));

/// Runs and commits that a document cites, in order of place.
pub(super) fn citations(document: &Outline) -> Vec<Citation> {
    let mut found = Vec::new();
    let body = document.text.get(document.body..).unwrap_or("");
    for hit in STAMPED.find_iter(body) {
        let id = hit.as_str().trim_end_matches(['.', '-', '_']);
        if is_run_id(id) {
            let start = document.body + hit.start();
            found.push(Citation::Run {
                id: id.to_owned(),
                span: ByteSpan::new(start, start + id.len()),
                section: document.section_at(start),
            });
        }
    }
    for hit in COMMIT.captures_iter(body) {
        let (Some(whole), Some(id)) = (hit.get(0), hit.get(1)) else {
            continue;
        };
        let start = document.body + whole.start();
        found.push(Citation::Commit {
            id: id.as_str().to_owned(),
            subject: hit.get(2).map_or("", |m| m.as_str()).trim().to_owned(),
            span: ByteSpan::new(start, document.body + whole.end()),
            section: document.section_at(start),
        });
    }
    found.sort_by_key(|citation| match citation {
        Citation::Run { span, .. } | Citation::Commit { span, .. } => span.start,
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::plan::Document;
    use crate::governance::profile::Profile;

    fn facts(body: &str) -> Vec<Fact> {
        let text = format!("---\na: b\n---\n# T\n{body}");
        Document::parse("CTO-X-EVIDENCE.md", &text, &Profile::embedded().planning).facts()
    }

    #[test]
    fn every_form_of_a_fact_is_read() {
        let body = "- Report status: `pass`\n- `tests_passed`: true\nStatus: validated.\nExact sentence:\n\n```text\nI approve\n```\n\n| Field | Value |\n| --- | --- |\n| Pinned commit | `abc` |\n- no forbidden actions: true\n- Changed files: `a.py`, `b.py`\n- Blockers: none\n";
        let facts = facts(body);
        let seen: Vec<_> = facts
            .iter()
            .map(|f| (f.key.as_str(), f.raw.as_str(), f.form))
            .collect();
        assert_eq!(
            seen,
            [
                ("report_status", "pass", FactForm::Bullet),
                ("tests_passed", "true", FactForm::Bullet),
                ("status", "validated", FactForm::Prose),
                ("exact_sentence", "I approve", FactForm::Block),
                ("pinned_commit", "abc", FactForm::Table),
                ("no_forbidden_actions", "true", FactForm::Bullet),
                ("changed_files", "a.py, b.py", FactForm::Bullet),
                ("blockers", "none", FactForm::Bullet),
            ]
        );
        assert_eq!(facts[1].as_bool(), Some(true));
        assert_eq!(facts[6].names(), ["a.py", "b.py"]);
        assert!(facts[7].names().is_empty());
    }

    #[test]
    fn prose_with_a_colon_is_no_fact() {
        for text in [
            "See https://example.org/x",
            "He said, and meant it fully: no",
            "10:30",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
    }
}
