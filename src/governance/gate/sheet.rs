// SPDX-License-Identifier: Apache-2.0
//! One form for what stands in a JSON file or in a document: keys, values, places.

use crate::governance::json;
use crate::governance::plan::facts::normal_key;
use crate::governance::plan::{Document, Fact, FactValue, Record};
use crate::model::{ByteSpan, EntryPath};
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeMap;

/// Keys and values of one file.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Path below the governance root, or as it was named.
    pub path: String,
    /// The text.
    pub text: String,
    /// Whether it is a document, whose values are written by people.
    pub document: bool,
    /// Values by key.
    pub values: BTreeMap<String, Value>,
    places: BTreeMap<String, ByteSpan>,
    leads: BTreeMap<String, String>,
}

impl Sheet {
    /// A JSON object; nothing for another value.
    pub fn of_json(path: &str, text: &str, value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let values = members.iter();
        Some(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            document: false,
            values: values
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            places: BTreeMap::new(),
            leads: BTreeMap::new(),
        })
    }

    /// The object that a JSON text holds; nothing when it holds none.
    pub fn of_text(path: &str, text: &str) -> Option<Self> {
        let value = json::parse(text.as_bytes()).ok()?;
        Self::of_json(path, text, &value)
    }

    /// One that holds nothing.
    pub fn empty(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: String::new(),
            document: false,
            values: BTreeMap::new(),
            places: BTreeMap::new(),
            leads: BTreeMap::new(),
        }
    }

    /// A governed JSON file; nothing when it is no object.
    pub fn of_record(record: &Record) -> Option<Self> {
        Self::of_json(&record.path, &record.text, record.value.as_ref().ok()?)
    }

    /// A document: its facts, lists under a label, and what stands under a heading by its name.
    /// Of facts with one key, one in a section that states the current state counts, else the
    /// first.
    pub fn of_document(document: &Document) -> Self {
        let mut sheet = Self {
            path: document.path.clone(),
            text: document.text.to_string(),
            document: true,
            values: BTreeMap::new(),
            places: BTreeMap::new(),
            leads: BTreeMap::new(),
        };
        let states = |fact: &&Fact| {
            let mut around = document.around(fact.section);
            around.any(|section| section.folded().ends_with("state"))
        };
        let facts = document.facts();
        let in_state = facts.iter().filter(states);
        for fact in in_state.chain(&facts) {
            sheet.keep(&fact.key, of_fact(fact), fact.span);
        }
        sheet.lists(document);
        sheet.sections(document);
        sheet
    }

    fn keep(&mut self, key: &str, value: Value, span: ByteSpan) {
        if !key.is_empty() && !self.values.contains_key(key) {
            self.values.insert(key.to_owned(), value);
            self.places.insert(key.to_owned(), span);
        }
    }

    /// `Label:` and the bullets below it.
    fn lists(&mut self, document: &Document) {
        let mut open: Option<(String, ByteSpan, Vec<String>)> = None;
        for line in &document.lines() {
            let text = document.line(line).trim();
            if line.fenced || text.is_empty() {
                continue;
            }
            match (bullet(text), &mut open) {
                (Some(item), Some((_, _, items))) => {
                    items.push(plain(item));
                    continue;
                }
                (Some(item), None) if !item.ends_with(':') => continue,
                _ => {}
            }
            if let Some((key, span, items)) = open.take()
                && !items.is_empty()
            {
                self.keep(&key, Value::from(items), span);
            }
            let label = bullet(text).unwrap_or(text).strip_suffix(':');
            open = label.map(|label| {
                let span = ByteSpan::new(line.start, line.end);
                (normal_key(label), span, Vec::new())
            });
        }
        if let Some((key, span, items)) = open
            && !items.is_empty()
        {
            self.keep(&key, Value::from(items), span);
        }
    }

    /// What stands under a heading: its bullets, else its text.
    fn sections(&mut self, document: &Document) {
        for section in &document.sections {
            if section.level < 2 {
                continue;
            }
            let body = document.slice(section.own());
            let items = own_items(body);
            let text = body.trim();
            let lead = text.lines().next().filter(|line| bullet(line).is_none());
            if let Some(lead) = lead {
                let key = normal_key(&section.title);
                self.leads.entry(key).or_insert_with(|| plain(lead));
            }
            let value = if items.is_empty() {
                Value::from(text)
            } else {
                Value::from(items)
            };
            if !text.is_empty() {
                self.keep(&normal_key(&section.title), value, section.span());
            }
        }
    }

    /// How findings name it.
    pub fn entry(&self) -> EntryPath {
        EntryPath::root(&self.path)
    }

    /// File name.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The line with which a section of a document begins, when it is no bullet.
    pub fn lead(&self, key: &str) -> Option<&str> {
        self.leads.get(key).map(String::as_str)
    }

    /// A value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        let text = self.get(key)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// True or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// A whole number; documents write it as text.
    pub fn count(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        let written = value.as_str().filter(|_| self.document);
        value.as_i64().or_else(|| written?.trim().parse().ok())
    }

    /// Names; a document may state a single one, or several with commas.
    pub fn names(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(text)) if self.document => {
                let parts = text.split(',').map(|part| plain(part.trim()));
                parts.filter(|part| !part.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a key holds nothing: absent, null, an empty text, list or object.
    pub fn is_empty(&self, key: &str) -> bool {
        self.get(key).is_none_or(is_empty)
    }

    /// Where a key and its value stand.
    pub fn place(&self, key: &str) -> Option<ByteSpan> {
        if let Some(span) = self.places.get(key) {
            return Some(*span);
        }
        let quoted = format!("\"{key}\"");
        let at = self
            .text
            .match_indices(&quoted)
            .map(|(at, _)| at)
            .find(|at| self.text[at + quoted.len()..].trim_start().starts_with(':'))?;
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |length| at + length);
        Some(ByteSpan::new(at, end))
    }
}

/// Whether a value holds nothing.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn of_fact(fact: &Fact) -> Value {
    match &fact.value {
        FactValue::Bool(value) => Value::from(*value),
        FactValue::List(names) => Value::from(names.clone()),
        FactValue::Text(text) => Value::from(text.as_str()),
    }
}

/// Bullets of a section, those under a label further down left out: they are the label's.
fn own_items(body: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut first = true;
    for line in &mut lines {
        match bullet(line) {
            Some(item) => items.push(plain(item)),
            None if line.ends_with(':') && !first => break,
            None => {}
        }
        first = false;
    }
    items
}

/// The text of a bullet.
pub fn bullet(text: &str) -> Option<&str> {
    let item = text
        .strip_prefix("- ")
        .or_else(|| text.strip_prefix("* "))?;
    Some(item.trim())
}

/// Without backticks and the final stop.
pub fn plain(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_suffix('.').unwrap_or(text);
    text.replace('`', "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn a_document_is_read_as_a_record_is() {
        let text = "---\na: b\n---\n# T\n## Decision History\n- Decision status: `old`.\n## Decision State\n- Decision status: `new`.\n- Count: 2\n## Allowed Paths\n\n- `a.py`\n- `b/`.\n\nBlocked modes:\n\n- `none`\n- `sandbox-repo`\n\n## License Note\n\nUnresolved.\n";
        let profile = Profile::embedded();
        let document = Document::parse("X-DECISION-RECORD.md", text, &profile.planning);
        let sheet = Sheet::of_document(&document);
        assert_eq!(sheet.text("decision_status"), Some("new"));
        assert_eq!(sheet.count("count"), Some(2));
        assert_eq!(sheet.names("allowed_paths"), ["a.py", "b/"]);
        assert_eq!(sheet.names("blocked_modes"), ["none", "sandbox-repo"]);
        assert_eq!(sheet.text("license_note"), Some("Unresolved."));
        assert!(sheet.is_empty("nothing"));
    }

    #[test]
    fn keys_of_json_have_a_place() {
        let text = "{\n  \"x\": \"status\",\n  \"status\": \"a\"\n}";
        let sheet = Sheet::of_text("a.json", text).unwrap();
        let span = sheet.place("status").unwrap();
        assert_eq!(&text[span.range()], "\"status\": \"a\"");
        assert!(Sheet::of_text("a.json", "[]").is_none());
    }
}
