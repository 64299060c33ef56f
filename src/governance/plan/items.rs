// SPDX-License-Identifier: Apache-2.0
//! Work items as documents define them (section 1.6).

use super::outline::{self, Outline};
use crate::model::ByteSpan;

/// A work item.
#[derive(Debug, Clone)]
pub struct Item {
    /// Id as written: `CTO-WORK-902`.
    pub id: String,
    /// What follows it in the heading.
    pub title: String,
    /// The heading.
    pub span: ByteSpan,
    /// Everything under it.
    pub body: ByteSpan,
    /// Index of its section.
    pub section: usize,
    /// `Key: value` lines and lists, in order.
    pub fields: Vec<Field>,
    /// Check boxes under `Acceptance criteria`.
    pub boxes: Vec<Checkbox>,
    /// Plain bullets under `Acceptance criteria`.
    pub criteria: Vec<String>,
}

/// A field of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Normalised key: `blocked_by`.
    pub key: &'static str,
    /// Text without backticks and final stop; list items joined by commas.
    pub value: String,
    /// Where.
    pub span: ByteSpan,
}

/// A check box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkbox {
    /// Whether it is checked.
    pub checked: bool,
    /// What it says.
    pub text: String,
    /// Where.
    pub span: ByteSpan,
}

impl Item {
    /// The first field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Its value, when there is one.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.field(key)
            .map(|field| field.value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The status that the document states, lower case.
    pub fn status(&self) -> Option<String> {
        let value = self.value("status")?;
        value
            .split([' ', ',', ';', '.'])
            .next()
            .map(str::to_lowercase)
    }

    /// Ids of this prefix that block it, as written.
    pub fn blockers(&self, prefix: &str) -> Vec<String> {
        self.value("blocked_by")
            .map_or_else(Vec::new, |value| ids_in(value, prefix))
    }
}

/// Ids in a text, in order: the prefix and what follows of letters, digits and hyphens.
pub fn ids_in(text: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if length > 0 {
            found.push(text[at..at + prefix.len() + length].to_owned());
        }
    }
    found
}

/// Id and title of an item's heading: `ID - T`, `ID: T`, `Issue: ID - T`.
fn headed<'a>(title: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    let rest = title.strip_prefix("Issue:").map_or(title, str::trim_start);
    if !rest.starts_with(prefix) {
        return None;
    }
    let length = rest
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'-')
        .count();
    let (id, after) = rest.split_at(length);
    let after = after.trim_start();
    let title = after
        .strip_prefix('-')
        .or_else(|| after.strip_prefix(':'))
        .or_else(|| after.strip_prefix('—'));
    match title {
        Some(title) => Some((id, title.trim())),
        None => after.is_empty().then_some((id.trim_end_matches('-'), "")),
    }
}

/// The heading of a work item.
#[derive(Debug, Clone, Copy)]
pub struct Head<'d> {
    /// Id as written.
    pub id: &'d str,
    /// What follows it.
    pub title: &'d str,
    /// The heading.
    pub span: ByteSpan,
    /// Everything under it.
    pub body: ByteSpan,
    /// Index of its section.
    pub section: usize,
}

impl<'d> Head<'d> {
    /// The heading of a section, when it is that of a work item.
    pub(super) fn at(document: &'d Outline, section: usize, prefix: &str) -> Option<Self> {
        let outline = document.sections.get(section)?;
        let (id, title) = headed(&outline.title, prefix)?;
        matches!(outline.level, 2 | 3).then_some(Self {
            id,
            title,
            span: outline.span(),
            body: outline.whole(),
            section,
        })
    }

    /// The number of its section.
    pub(super) fn number(&self) -> u32 {
        u32::try_from(self.section).unwrap_or(u32::MAX)
    }

    /// The item under it.
    pub(super) fn item(&self, document: &Outline) -> Item {
        let mut item = Item {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            span: self.span,
            body: self.body,
            section: self.section,
            fields: Vec::new(),
            boxes: Vec::new(),
            criteria: Vec::new(),
        };
        fill(document, &mut item);
        item
    }
}

/// Headings of the items that a document defines, in order.
pub(super) fn heads<'d>(document: &'d Outline, prefix: &str) -> impl Iterator<Item = Head<'d>> {
    let sections = 0..document.sections.len();
    sections.filter_map(move |section| Head::at(document, section, prefix))
}

/// Keys that introduce an item's parts.
const KEYS: [&str; 14] = [
    "type",
    "status",
    "blocked_by",
    "user_stories_covered",
    "what_to_build",
    "acceptance_criteria",
    "acceptance",
    "implementation_route",
    "allowed_files",
    "validator",
    "done_evidence",
    "validation_evidence",
    "human_gate",
    "readiness_packet",
];

fn known(key: &str) -> Option<&'static str> {
    KEYS.into_iter().find(|known| *known == key)
}

fn fill(document: &Outline, item: &mut Item) {
    // The field that a list below its label belongs to.
    let mut open: Option<usize> = None;
    let inside = document.lines_in(item.body);
    for line in inside.iter().filter(|line| !line.fenced) {
        let text = document.line(line);
        let trimmed = text.trim();
        let span = ByteSpan::new(line.start, line.end);
        if trimmed.is_empty() {
            continue;
        }
        if let Some((_, title)) = outline::heading(text) {
            // A heading may stand where a label could.
            let key = super::facts::normal_key(title);
            open = known(&key).map(|key| {
                item.fields.push(Field {
                    key,
                    value: String::new(),
                    span,
                });
                item.fields.len() - 1
            });
            continue;
        }
        let bullet = trimmed
            .strip_prefix("- ")
            .or_else(|| trimmed.strip_prefix("* "));
        let body = bullet.unwrap_or(trimmed);
        let is_list = bullet.is_some();
        if let Some((key, value)) = body.split_once(':') {
            let key = super::facts::normal_key(key);
            if let Some(key) = known(&key)
                && (value.is_empty() || value.starts_with(' '))
            {
                let (_, value) = super::facts::value_of(value);
                open = value.is_empty().then_some(item.fields.len());
                item.fields.push(Field { key, value, span });
                continue;
            }
        }
        let Some(index) = open else {
            continue;
        };
        let key = item.fields[index].key;
        let criteria = matches!(key, "acceptance_criteria" | "acceptance");
        if criteria && is_list {
            let ticked = |mark: &str| body.strip_prefix(mark).map(|text| text.trim().to_owned());
            if let Some(text) = ticked("[x]").or_else(|| ticked("[X]")) {
                item.boxes.push(Checkbox {
                    checked: true,
                    text,
                    span,
                });
            } else if let Some(text) = ticked("[ ]") {
                item.boxes.push(Checkbox {
                    checked: false,
                    text,
                    span,
                });
            } else {
                item.criteria.push(body.to_owned());
            }
        } else if is_list {
            let (_, value) = super::facts::value_of(body);
            let field = &mut item.fields[index];
            if !field.value.is_empty() {
                field.value.push_str(", ");
            }
            field.value.push_str(&value);
        } else if item.fields[index].value.is_empty() {
            let (_, value) = super::facts::value_of(body);
            item.fields[index].value = value;
        } else {
            open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::plan::Document;
    use crate::governance::profile::Profile;

    #[test]
    fn items_fields_and_boxes_are_read() {
        let text = "# T\n## Sequence\n### CTO-WORK-901 - One\nType: AFK\n\nStatus: validated.\n\nBlocked by:\n- CTO-WORK-900\n- a signed licence\n\nAcceptance criteria:\n\n- [x] A.\n- [ ] B.\n- plain\n\nValidator: `ccr x`\n## Issue: CTO-WORK-902: Two\n## CORE-WORK-1 - foreign\n";
        let document = Document::parse("CTO-X-ISSUES.md", text, &Profile::embedded().planning);
        let items: Vec<Item> = document.items().collect();
        assert_eq!(items.len(), 2);
        let one = &items[0];
        assert_eq!(
            (one.id.as_str(), one.title.as_str()),
            ("CTO-WORK-901", "One")
        );
        assert_eq!(one.status().as_deref(), Some("validated"));
        assert_eq!(one.blockers("CTO-WORK-"), ["CTO-WORK-900"]);
        assert_eq!(
            one.value("blocked_by"),
            Some("CTO-WORK-900, a signed licence")
        );
        assert_eq!(
            one.boxes.iter().map(|b| b.checked).collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(one.criteria, ["plain"]);
        assert_eq!(one.value("validator"), Some("ccr x"));
        assert_eq!(items[1].title, "Two");
    }

    #[test]
    fn ids_stop_where_words_do() {
        assert_eq!(
            ids_in(
                "CTO-WORK-901 and CTO-WORK-902, XCTO-WORK-903, CTO-WORK-",
                "CTO-WORK-"
            ),
            ["CTO-WORK-901", "CTO-WORK-902"]
        );
    }
}
