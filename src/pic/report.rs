// SPDX-License-Identifier: Apache-2.0
//! PIC's reports as files: strict reading, recognition by key set, import in memory.

use super::matrix::{Matrix, ReportRow};
use super::model::is_family;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};
use std::fmt;

/// Deeper values are refused.
const DEEPEST: usize = 127;

/// Reads JSON that says one thing only: no duplicate key, nothing that is not finite, no byte
/// order mark, no endless nesting.
///
/// # Errors
/// Why, with line and column.
pub fn strict(bytes: &[u8]) -> Result<Value, String> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err("a byte order mark stands at 1:1".to_owned());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let shallow = depth(bytes);
    if shallow > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    let place = |error: serde_json::Error| {
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or(&text).to_owned();
        format!("{why} at {}:{}", error.line(), error.column())
    };
    let value = Strict.deserialize(&mut reader).map_err(place)?;
    reader.end().map_err(place)?;
    Ok(value)
}

/// Deepest bracket outside strings, without recursion.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut most, mut string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'[' | b'{' if !string => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if object.contains_key(&key) {
                let text = format!("the key `{key}` stands twice");
                return Err(serde::de::Error::custom(text));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// The row that a value is, when exactly that is recognised: the first one that fits.
pub fn recognise<'m>(matrix: &'m Matrix, value: &Value) -> Option<&'m ReportRow> {
    let object = value.as_object()?;
    matrix.reports.iter().find(|row| {
        let r = &row.recognise;
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        r.all_of.iter().all(|key| object.contains_key(key))
            && r.none_of.iter().all(|key| !object.contains_key(key))
            && r.equals.iter().all(|(key, want)| text(key) == Some(want))
            && r.starts
                .iter()
                .all(|(key, want)| text(key).is_some_and(|text| text.starts_with(want.as_str())))
            && (!r.family || text("schema_version").is_some_and(is_family))
    })
}

/// Whether a value asks to be taken for a report of PIC.
pub fn claims(value: &Value) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    let family = object.get("schema_version").and_then(Value::as_str);
    // `pic.phase_plan.compact.example.v1`: it says itself that no program wrote it.
    if family.is_some_and(|name| name.contains(".example.")) {
        return false;
    }
    let judges = object.contains_key("settled")
        && (object.contains_key("accepted") || object.contains_key("ok"));
    judges || object.contains_key("report_type") || family.is_some_and(is_family)
}

/// Whether a value is of a type that the matrix names.
pub fn is_type(value: &Value, kind: &str) -> bool {
    match kind {
        "boolean" => value.is_boolean(),
        "text" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "list" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// A report after import: each list under the importer's own key, without repetitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// `accepted`, strictly a boolean.
    pub accepted: bool,
    /// Claimed by the report; never taken over.
    pub claims_settled: bool,
    /// Status that the packet it names would get, when it may move one.
    pub status: Option<&'static str>,
    /// Key of the importer to its items.
    pub lists: Map<String, Value>,
}

/// Imports in memory, in default mode (specification, section 4.7): aliases from the matrix,
/// settlement never taken over.
///
/// # Errors
/// A flag that is no boolean.
pub fn import(matrix: &Matrix, value: &Value) -> Result<Imported, String> {
    let flag = |key: &str| match value.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(format!("`{key}` is no boolean")),
    };
    let accepted = flag("accepted")?;
    let claims_settled = flag("settled")?;
    let mut lists = Map::new();
    for read in &matrix.ccr_reads {
        if !matches!(
            read.purpose.as_str(),
            "blocker" | "obligation" | "residual" | "hint" | "diagnostic"
        ) {
            continue;
        }
        let mut items: Vec<Value> = Vec::new();
        for key in std::iter::once(&read.key).chain(&read.aliases) {
            for item in value.get(key).map(items_of).unwrap_or_default() {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        lists.insert(read.key.clone(), Value::Array(items));
    }
    let open = ["blocker", "obligation", "residual"].iter().any(|purpose| {
        matrix.ccr_reads.iter().any(|read| {
            read.purpose == *purpose
                && lists
                    .get(&read.key)
                    .is_some_and(|l| l.as_array().is_some_and(|l| !l.is_empty()))
        })
    });
    let moves = recognise(matrix, value).is_some_and(|row| row.packet_verdict)
        && value.get("packet_id").is_some_and(Value::is_string);
    let status = moves.then_some(match (accepted, open || claims_settled) {
        (false, _) => "rejected",
        (true, true) => "provisional",
        (true, false) => "checked",
    });
    Ok(Imported {
        accepted,
        claims_settled,
        status,
        lists,
    })
}

impl Imported {
    /// As it would be stored, and read again.
    pub fn stored(&self) -> Value {
        let mut object = self.lists.clone();
        object.insert("accepted".to_owned(), json!(self.accepted));
        object.insert("settled".to_owned(), json!(self.claims_settled));
        Value::Object(object)
    }
}

/// What a value holds to be kept: items of a list, coordinates of a summary that are not zero,
/// a text, a flag that is set.
pub fn items_of(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Array(items) => items.clone(),
        Value::Object(object) => object
            .iter()
            .filter(|(_, value)| match value {
                Value::Null | Value::Bool(false) => false,
                Value::Number(number) => number.as_f64() != Some(0.0),
                Value::Object(inner) => !inner.is_empty(),
                Value::Array(inner) => !inner.is_empty(),
                _ => true,
            })
            .map(|(key, value)| json!({ key: value }))
            .collect(),
        other => vec![other.clone()],
    }
}

/// How a hint may be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// A command of PIC without an effect beyond files.
    Command,
    /// A sentence.
    Prose,
    /// Never to become a task.
    Refused,
}

/// Classes a hint (specification, section 4.7): `<name>` is a placeholder, not a redirection.
pub fn hint(matrix: &Matrix, text: &str) -> Hint {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let close = rest[open..].find('>').filter(|close| {
            rest[open + 1..open + close]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_./ ".contains(&b))
                && *close > 1
        });
        let Some(close) = close else { break };
        bare.push_str(&rest[..open]);
        bare.push('X');
        rest = &rest[open + close + 1..];
    }
    bare.push_str(rest);
    if bare.contains([';', '|', '&', '`', '<', '>', '\n', '\r']) || bare.contains("$(") {
        return Hint::Refused;
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    let words = match words.as_slice() {
        ["uv", "run", "pic", rest @ ..] | ["pic", rest @ ..] => rest,
        _ => return Hint::Prose,
    };
    match matrix.command_of(words) {
        Some(path) if matrix.effects.iter().any(|effect| effect.path == path) => Hint::Refused,
        _ => Hint::Command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strict_reading_names_the_place() {
        let of = |text: &str| strict(text.as_bytes()).unwrap_err();
        assert!(of("{\"a\": 1,\n \"a\": 2}").contains("`a` stands twice at 2:"));
        assert!(of("{\"a\": NaN}").contains("1:"));
        assert!(of("{\"a\": 1e999}").contains("1:"));
        assert!(of("\u{feff}{}").contains("byte order mark"));
        assert!(of(&"[".repeat(100_000)).contains("deeper"));
        assert!(strict(b"{} {}").is_err());
        assert!(strict(b"{\"a\": [1, 2.5, null, true, \"x\"]}").is_ok());
    }

    #[test]
    fn hints_are_classed() {
        let matrix = Matrix::embedded();
        let of = |text: &str| hint(&matrix, text);
        assert_eq!(of("pic phase plan --compact"), Hint::Command);
        assert_eq!(
            of("pic evidence verify --envelope <evidence.json>"),
            Hint::Command
        );
        assert_eq!(of("pic phase gap > out"), Hint::Refused);
        assert_eq!(of("uv run pic operation dispatch --plan p"), Hint::Refused);
        assert_eq!(of("Read the obligations first."), Hint::Prose);
    }

    #[test]
    fn an_import_keeps_every_item_and_settles_nothing() {
        let matrix = Matrix::embedded();
        let report = json!({
            "accepted": true, "settled": true, "report_mode": "compact", "packet_id": "p",
            "unresolved_obligations": ["a", "b", "a"], "residual_summary": {"x": 0.0, "y": 2.0},
        });
        let imported = import(&matrix, &report).unwrap();
        assert_eq!(imported.lists["missing_obligations"], json!(["a", "b"]));
        assert_eq!(imported.lists["residuals"], json!([{"y": 2.0}]));
        assert_eq!(imported.status, Some("provisional"));
        assert_eq!(
            import(&matrix, &imported.stored()).unwrap().lists,
            imported.lists
        );
        assert!(import(&matrix, &json!({"accepted": "false"})).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = strict(&bytes);
        }
    }
}
