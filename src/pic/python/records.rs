// SPDX-License-Identifier: Apache-2.0
//! Record classes with their fields, functions with the dictionary they return, and literals
//! that other rules ask for.

use super::statement::{self, Statement};
use super::token::{Kind, Token};
use crate::model::ByteSpan;
use std::collections::BTreeMap;

/// A class of records.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Its bases, as text.
    pub bases: Vec<String>,
    /// Its own fields.
    pub fields: BTreeMap<String, Field>,
    /// Where its name stands.
    pub span: ByteSpan,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Annotation, white space left out.
    pub kind: String,
    /// Default, white space left out.
    pub default: Option<String>,
    /// Where it stands.
    pub span: ByteSpan,
}

/// A function that returns a dictionary.
#[derive(Debug, Clone)]
pub struct Builder {
    /// Parameter name to its annotation.
    pub parameters: BTreeMap<String, String>,
    /// Key to the source text of its value.
    pub keys: BTreeMap<String, String>,
    /// Where its name stands.
    pub span: ByteSpan,
}

/// A key or keyword with a literal value: `"settled": True`, `settled=True`.
#[derive(Debug, Clone)]
pub struct Literal {
    /// Key.
    pub key: String,
    /// `True`, `False`, `None`, or a number.
    pub value: String,
    /// Where.
    pub span: ByteSpan,
}

/// Classes whose body is a list of annotated names.
pub fn records(lines: &[Statement<'_, '_>]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, Option<usize>, Record)> = Vec::new();
    for line in lines {
        while open
            .last()
            .is_some_and(|(indent, ..)| line.indent <= *indent)
        {
            found.extend(open.pop().map(|(.., record)| record));
        }
        let t = line.tokens;
        if t[0].is_name("class") && t.len() > 2 {
            let bases = statement::position(t, b'(')
                .and_then(|at| statement::inside(t, at))
                .map(|list| statement::split(list, b','))
                .unwrap_or_default();
            let record = Record {
                name: t[1].text.to_owned(),
                bases: bases.iter().map(|base| statement::text(base)).collect(),
                fields: BTreeMap::new(),
                span: t[1].span,
            };
            open.push((line.indent, None, record));
            continue;
        }
        if let Some((_, body, record)) = open.last_mut() {
            let body = *body.get_or_insert(line.indent);
            if line.indent == body && t.len() > 2 && t[0].kind == Kind::Name && t[1].is(b':') {
                let rest = &t[2..];
                let equals = statement::position(rest, b'=');
                let kind = statement::text(&rest[..equals.unwrap_or(rest.len())]);
                let default = equals.map(|at| statement::text(&rest[at + 1..]));
                let span = ByteSpan::new(t[0].span.start, t[t.len() - 1].span.end);
                record.fields.insert(
                    t[0].text.to_owned(),
                    Field {
                        kind,
                        default,
                        span,
                    },
                );
            }
        }
    }
    found.extend(open.into_iter().rev().map(|(.., record)| record));
    found
}

/// Functions whose name fits, with the last dictionary that they return.
pub fn builders(
    lines: &[Statement<'_, '_>],
    wanted: impl Fn(&str) -> bool,
) -> BTreeMap<String, Builder> {
    let mut found: BTreeMap<String, Builder> = BTreeMap::new();
    let mut current: Option<(usize, String)> = None;
    for line in lines {
        let t = line.tokens;
        if current
            .as_ref()
            .is_some_and(|(indent, _)| line.indent <= *indent)
        {
            current = None;
        }
        if t[0].is_name("def") && t.len() > 3 && wanted(t[1].text) {
            let mut parameters = BTreeMap::new();
            let list = statement::inside(t, 2).unwrap_or_default();
            for part in statement::split(list, b',') {
                if part.len() > 2 && part[1].is(b':') {
                    let end = statement::position(&part[2..], b'=').unwrap_or(part.len() - 2);
                    let kind = statement::text(&part[2..2 + end]);
                    parameters.insert(part[0].text.to_owned(), kind);
                }
            }
            found.insert(
                t[1].text.to_owned(),
                Builder {
                    parameters,
                    keys: BTreeMap::new(),
                    span: t[1].span,
                },
            );
            current = Some((line.indent, t[1].text.to_owned()));
            continue;
        }
        if let Some((_, name)) = &current
            && t[0].is_name("return")
            && t.get(1).is_some_and(|t| t.is(b'{'))
            && let Some(builder) = found.get_mut(name)
        {
            let items = statement::inside(t, 1).unwrap_or_default();
            builder.keys = statement::split(items, b',')
                .into_iter()
                .filter(|item| item.len() > 2 && item[1].is(b':'))
                .filter_map(|item| {
                    Some((item[0].string()?.to_owned(), statement::text(&item[2..])))
                })
                .collect();
        }
    }
    found
}

/// Every `"key": literal` and `key=literal` for the keys asked for.
pub fn literals(tokens: &[Token<'_>], keys: &[&str]) -> Vec<Literal> {
    let mut found = Vec::new();
    for window in tokens.windows(3) {
        let [key, between, value] = window else {
            continue;
        };
        let name = match key.kind {
            Kind::String if between.is(b':') => key.string(),
            Kind::Name if between.is(b'=') => Some(key.text),
            _ => None,
        };
        let literal = matches!(value.kind, Kind::Number)
            || (value.kind == Kind::Name && matches!(value.text, "True" | "False" | "None"));
        if let Some(name) = name.filter(|name| keys.contains(name) && literal) {
            found.push(Literal {
                key: name.to_owned(),
                value: value.text.to_owned(),
                span: ByteSpan::new(key.span.start, value.span.end),
            });
        }
    }
    found
}

/// The strings of each list that stands as the value of `key`.
pub fn lists(tokens: &[Token<'_>], key: &str) -> Vec<(Vec<String>, ByteSpan)> {
    let mut found = Vec::new();
    for i in 0..tokens.len().saturating_sub(2) {
        let named = tokens[i].string() == Some(key) && tokens[i + 1].is(b':')
            || tokens[i].is_name(key) && tokens[i + 1].is(b'=');
        if named
            && tokens[i + 2].is(b'[')
            && let Some(items) = statement::inside(tokens, i + 2)
        {
            let texts = items
                .iter()
                .filter_map(Token::string)
                .map(str::to_owned)
                .collect();
            found.push((texts, tokens[i].span));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{statements, tokens};
    use super::*;

    const SOURCE: &str = r#"
class Outer(BaseModel):
    """Words: not a field."""

    name: str
    settled: bool = False
    deep: dict[str, list[int]] = Field(
        default_factory=dict,
    )

    @property
    def size(self) -> int:
        inner: int = 3
        return inner


class Last(Outer, extra=1):
    reasons: list[str] = []

def check_compact_payload(report: Outer, n: int = 1) -> dict[str, object]:
    return {
        "name": report.name,
        "settled": True,
        "items": [i for i in range(3)],
    }
"#;

    #[test]
    fn fields_stand_at_the_first_indentation_of_the_class() {
        let all = tokens(SOURCE).unwrap();
        let found = records(&statements(&all));
        let names: Vec<_> = found.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["Outer", "Last"]);
        let fields: Vec<_> = found[0].fields.keys().map(String::as_str).collect();
        assert_eq!(fields, ["deep", "name", "settled"]);
        assert_eq!(found[0].fields["deep"].kind, "dict[str,list[int]]");
        assert_eq!(found[0].fields["settled"].default.as_deref(), Some("False"));
        assert_eq!(found[1].bases, ["Outer", "extra=1"]);
    }

    #[test]
    fn a_returned_dictionary_is_read() {
        let all = tokens(SOURCE).unwrap();
        let found = builders(&statements(&all), |name| name.ends_with("payload"));
        let builder = &found["check_compact_payload"];
        assert_eq!(builder.parameters["report"], "Outer");
        assert_eq!(builder.keys["name"], "report.name");
        assert_eq!(builder.keys.len(), 3);
        let truths = literals(&all, &["settled"]);
        assert_eq!(truths.len(), 1);
        assert_eq!(truths[0].value, "True");
    }
}
