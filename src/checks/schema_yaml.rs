// SPDX-License-Identifier: Apache-2.0
//! Schemas and API descriptions written in YAML: which texts are read as such, their content as a
//! JSON value, and where a JSON Pointer leads in them.

use super::schema_place::is_schema_name;
use crate::classify::{Text, yaml};
use crate::model::ByteSpan;
use crate::schema;
use memchr::memmem;
use serde_json::Value;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// Longer documents are data, and are not read.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// A longer file is no part that another refers to; of those many are kept in vain.
const MAX_PART: usize = 256 << 10;

/// Keys at the top of a document by which it says that it describes an API.
pub(super) const APIS: &[&str] = &["openapi", "asyncapi", "swagger"];

/// Whether a document is an API description: OpenAPI, its predecessor, AsyncAPI.
pub(super) fn is_api(value: &Value) -> bool {
    APIS.iter().any(|key| {
        let version = value.get(key);
        // An unquoted `2.0` is a number.
        version.is_some_and(|version| version.is_string() || version.is_number())
    })
}

/// The schemas that the parts of an API description share: pointer and content.
pub(super) fn components(api: &Value) -> impl Iterator<Item = (String, &Value)> {
    let places = ["/components/schemas", "/definitions"].into_iter();
    let tables = places.filter_map(|place| Some((place, api.pointer(place)?.as_object()?)));
    tables.flat_map(|(place, schemas)| {
        let all = schemas.iter();
        all.map(move |(key, one)| (schema::join(place, key), one))
    })
}

/// Whether a text is a schema or an API description, so that it is read for itself.
pub(super) fn is_read(name: &str, bytes: &[u8]) -> bool {
    is_schema_name(name)
        || at_top(bytes, "$schema").is_some_and(of_json_schema)
        || APIS.iter().any(|key| at_top(bytes, key).is_some())
}

/// Whether a text is read for itself, or may be what another refers to.
pub(super) fn keeps_content(name: &str, bytes: &[u8]) -> bool {
    bytes.len() <= MAX_BYTES && (is_read(name, bytes) || bytes.len() <= MAX_PART && refers(bytes))
}

/// Whether the rest of a line names a meta-schema of json-schema.org.
fn of_json_schema(rest: &[u8]) -> bool {
    memmem::find(rest, b"//json-schema.org/").is_some()
}

/// Whether a text holds a reference and is no schema of another language.
fn refers(bytes: &[u8]) -> bool {
    let referring = |at: usize| {
        let rest = &bytes[at + "$ref".len()..];
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'"));
        rest.unwrap_or(&bytes[at + "$ref".len()..])
            .starts_with(b":")
    };
    memmem::find_iter(bytes, b"$ref").any(referring) && at_top(bytes, "$schema").is_none()
}

/// What follows on the line a key that stands at the margin.
fn at_top<'t>(bytes: &'t [u8], key: &str) -> Option<&'t [u8]> {
    memmem::find_iter(bytes, key).find_map(|at| {
        let before = &bytes[..at];
        let rest = &bytes[at + key.len()..];
        let (before, rest) = match before.last() {
            Some(quote @ (b'"' | b'\'')) if rest.first() == Some(quote) => {
                (&before[..before.len() - 1], &rest[1..])
            }
            _ => (before, rest),
        };
        let margin = matches!(before, [] | [.., b'\n'] | [0xef, 0xbb, 0xbf]);
        let rest = rest.strip_prefix(b":").filter(|_| margin)?;
        rest.split(|&byte| byte == b'\n').next()
    })
}

/// The first document of a text.
///
/// # Errors
/// The reader's message.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = Text::decode(bytes);
    let text = text.bytes();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    yaml::read_long(std::str::from_utf8(text).map_err(|error| error.to_string())?)
}

thread_local! {
    /// The document that was looked into last: findings of one come one after the other.
    static LAST: RefCell<Option<(u64, Rc<yaml::Node>)>> = const { RefCell::new(None) };
}

/// Lets go of the document that was looked into last.
pub(super) fn forget() {
    LAST.set(None);
}

/// A document with the places of its nodes.
fn placed(text: &[u8]) -> Option<Rc<yaml::Node>> {
    let key = hash(text);
    let known = LAST.with_borrow(|last| match last {
        Some((of, node)) if *of == key => Some(Rc::clone(node)),
        _ => None,
    });
    known.or_else(|| {
        let node = yaml::Node::parse(std::str::from_utf8(text).ok()?).ok()?;
        let node = Rc::new(node);
        LAST.set(Some((key, Rc::clone(&node))));
        Some(node)
    })
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The first line of the value at `pointer`.
pub(super) fn locate(text: &[u8], pointer: &str) -> Option<ByteSpan> {
    let root = placed(text)?;
    let mut node = &*root;
    for token in schema::tokens(pointer) {
        node = match &node.value {
            yaml::Value::Map(_) => node.get(&token)?,
            yaml::Value::List(items) => items.get(token.parse::<usize>().ok()?)?,
            yaml::Value::Text(_) => return None,
        };
    }
    let start = node.span.start.min(text.len());
    let line = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
    // An empty span would show nothing.
    let end = node.span.end.clamp(start, line);
    Some(ByteSpan::new(start, if end == start { line } else { end }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_read_says_so_at_the_margin() {
        let schema = b"# x\n$schema: https://json-schema.org/draft/2020-12/schema\n";
        assert!(is_read("a.yaml", schema));
        assert!(is_read("a.yaml", b"\"openapi\": 3.0.0\n"));
        assert!(is_read("a.schema.yml", b""));
        assert!(!is_read("a.yaml", b"$schema: http://devicetree.org/x#\n"));
        assert!(!is_read("a.yaml", b"spec:\n  openapi: x\n"));
        assert!(!is_read("a.yaml", b"text: openapi: x\nopenapi\n"));
        assert!(keeps_content("a.yaml", b"x:\n  $ref: '#/y'\n"));
        assert!(keeps_content("a.yaml", b"x: {\"$ref\": \"y.yaml\"}\n"));
        assert!(!keeps_content("a.yaml", b"on: push\njobs: {}\n"));
    }

    #[test]
    fn scalars_are_those_of_json() {
        let text =
            "type: [string, 'null']\nminimum: 1\n200: {x: 1.5}\nopen: false\nnone:\nyes: 'true'\n";
        assert_eq!(
            parse(text.as_bytes()).unwrap(),
            json!({"type": ["string", "null"], "minimum": 1, "200": {"x": 1.5}, "open": false,
                   "none": null, "yes": "true"})
        );
    }

    #[test]
    fn pointers_lead_to_the_value_on_its_line() {
        let text = "a:\n  b/c:\n    - x: 1\n    - $ref: '#/none'\n";
        let span = locate(text.as_bytes(), "/a/b~1c/1/$ref").unwrap();
        assert!(
            text[span.range()].contains("#/none"),
            "{}",
            &text[span.range()]
        );
        assert!(locate(text.as_bytes(), "/a/none").is_none());
        assert!(locate(text.as_bytes(), "").is_some());
    }

    #[test]
    fn nested_aliases_are_refused_or_read_without_a_deep_stack() {
        let mut text = "a0: &a0 [x]\n".to_owned();
        for level in 1..20_000 {
            text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        let _ = parse(text.as_bytes());
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let inside = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{inside}]\n"));
        }
        assert!(parse(text.as_bytes()).is_err() && locate(text.as_bytes(), "/a0").is_none());
        assert!(parse(format!("a: {}", "[".repeat(5000)).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_and_no_pointer_panics(
            text in "[-a-c$:{}\\[\\]&*'\" \n\u{e9}]{0,60}", pointer in "(/[a-c0-1]{0,2}){0,3}",
        ) {
            let _ = (parse(text.as_bytes()), is_read("a.yaml", text.as_bytes()));
            if let Some(span) = locate(text.as_bytes(), &pointer) {
                prop_assert!(text.get(span.range()).is_some());
            }
        }
    }
}
