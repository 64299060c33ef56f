// SPDX-License-Identifier: Apache-2.0
//! The authored source of an artifact: the YAML of its `## Machine` block, read as the compiler
//! reads it. That compiler's reader follows YAML 1.1, where `on` is true and `010` is eight, while
//! the parser used here follows 1.2; so only its events are taken and scalars are resolved here.
//!
//! Not resolved: dates (YAML 1.1 makes them values of a kind that JSON lacks; they stay texts) and
//! floats in base sixty. Merge keys and tags other than `!!str` are refused, not guessed.

use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::{Object, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle};
use std::collections::HashMap;

/// Nodes of one source, those that aliases repeat counted each time.
const MOST_NODES: usize = 200_000;

/// The text between the fences of the `## Machine` block.
pub fn machine_block(content: &str) -> Option<&str> {
    let mut at = 0;
    let mut heading = false;
    let mut start = None;
    for line in content.split_inclusive('\n') {
        let next = at + line.len();
        let text = line.trim_end();
        match start {
            None if text.trim_start_matches('#').trim() == "Machine" && text.starts_with("##") => {
                heading = true;
            }
            None if heading && matches!(text, "```yaml" | "```yml") => start = Some(next),
            Some(from) if text == "```" => return content.get(from..at),
            _ => {}
        }
        at = next;
    }
    None
}

/// Reads one document.
///
/// # Errors
/// What the parser or this reader does not take, in words.
pub fn parse(text: &str, depth: usize) -> Result<Value, String> {
    let mut reader = Reader {
        stack: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        document: None,
        depth,
    };
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| first_line(&error.to_string()))?;
        reader.event(event)?;
    }
    Ok(reader.document.unwrap_or_default())
}

/// A collection that is not closed yet.
enum Open {
    List(usize, Vec<Value>),
    Map(usize, Object, Option<String>),
}

struct Reader {
    stack: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    nodes: usize,
    document: Option<Value>,
    depth: usize,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let as_text = match &tag {
                    None => false,
                    Some(tag) if tag.is_yaml_core_schema_tag("str") => true,
                    Some(tag) => return Err(format!("the tag {} is not read", tag.original())),
                };
                let value = if style == ScalarStyle::Plain && !as_text {
                    plain(&text)
                } else {
                    Value::String(text.into_owned())
                };
                self.anchored(anchor, &value);
                self.node(value, style == ScalarStyle::Plain)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Open::List(anchor, Vec::new())),
            Event::MappingStart(_, anchor, _) => self.open(Open::Map(anchor, Object::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let (anchor, value) = match self.stack.pop() {
                    Some(Open::List(anchor, items)) => (anchor, Value::Array(items)),
                    Some(Open::Map(anchor, members, _)) => (anchor, Value::Object(members)),
                    None => return Err("a collection ends that never began".to_owned()),
                };
                self.anchored(anchor, &value);
                self.node(value, false)
            }
            Event::Alias(id) => {
                let Some((value, size)) = self.anchors.get(&id).cloned() else {
                    return Err("an alias stands inside what it names".to_owned());
                };
                self.count(size)?;
                self.node(value, false)
            }
            Event::DocumentStart(..) if self.document.is_some() => {
                Err("more than one document".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, collection: Open) -> Result<(), String> {
        if self.stack.len() >= self.depth {
            return Err(format!("nested deeper than {} levels", self.depth));
        }
        self.stack.push(collection);
        Ok(())
    }

    fn anchored(&mut self, anchor: usize, value: &Value) {
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size(value)));
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            return Err(format!("more than {MOST_NODES} nodes"));
        }
        Ok(())
    }

    fn node(&mut self, value: Value, is_plain: bool) -> Result<(), String> {
        self.count(1)?;
        match self.stack.last_mut() {
            None => self.document = Some(value),
            Some(Open::List(_, items)) => items.push(value),
            Some(Open::Map(_, members, key)) => match key.take() {
                Some(name) => {
                    members.insert(name, value);
                }
                None if is_plain && value.as_str() == Some("<<") => {
                    return Err("a merge key (`<<`) is not read".to_owned());
                }
                None => *key = Some(name_of(&value)?),
            },
        }
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// A key as JSON writes it: `true`, `8`, `null` become texts.
fn name_of(key: &Value) -> Result<String, String> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => Err("a key that is no scalar".to_owned()),
        scalar => Ok(scalar.canonical()),
    }
}

/// A scalar without quotes, resolved as YAML 1.1 does.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        b'0'..=b'9' | b'.' => (false, text),
        _ => return None,
    };
    integer(negative, digits).or_else(|| float(negative, digits, text))
}

fn integer(negative: bool, digits: &str) -> Option<Number> {
    let all = |text: &str, fits: fn(u8) -> bool| {
        !text.is_empty() && text.bytes().all(|byte| byte == b'_' || fits(byte))
    };
    let clean = |text: &str| text.replace('_', "");
    let radix = |text: &str, radix: u32| {
        let value = i64::from_str_radix(&clean(text), radix).ok()?;
        Some(Number::Int(if negative { -value } else { value }))
    };
    if let Some(rest) = digits.strip_prefix("0b") {
        return all(rest, |b| matches!(b, b'0' | b'1')).then(|| radix(rest, 2))?;
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return all(rest, |b| b.is_ascii_hexdigit()).then(|| radix(rest, 16))?;
    }
    if digits.len() > 1 && digits.starts_with('0') {
        let rest = &digits[1..];
        return all(rest, |b| (b'0'..=b'7').contains(&b)).then(|| radix(rest, 8))?;
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((first, rest)) = digits.split_once(':') {
        if !all(first, |b| b.is_ascii_digit()) || first.starts_with('0') {
            return None;
        }
        // Base sixty: `1:30` is ninety.
        let start = clean(first).parse::<i64>().ok()?;
        let value = rest.split(':').try_fold(start, |sum, part| {
            let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
            let part = part.parse::<i64>().ok().filter(|n| fits && *n < 60)?;
            sum.checked_mul(60)?.checked_add(part)
        })?;
        return Some(Number::Int(if negative { -value } else { value }));
    }
    if !all(digits, |b| b.is_ascii_digit()) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    let written = format!("{sign}{}", clean(digits));
    Some(match written.parse::<i64>() {
        Ok(value) => Number::Int(value),
        Err(_) => Number::Big(written),
    })
}

fn float(negative: bool, digits: &str, text: &str) -> Option<Number> {
    match digits {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if negative { -1.0 } else { 1.0 };
            return Some(Number::Float(sign * f64::INFINITY));
        }
        ".nan" | ".NaN" | ".NAN" if digits == text => return Some(Number::Float(f64::NAN)),
        _ => {}
    }
    // A dot is needed, and an exponent needs its sign: `1e3` and `1.0e3` are texts.
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, part) = mantissa.split_once('.')?;
    let figures = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let unsigned_only = whole.is_empty() && (digits != text || !starts(part));
    if !figures(whole) || !figures(part) || unsigned_only || (!whole.is_empty() && !starts(whole)) {
        return None;
    }
    if let Some(exponent) = exponent {
        let power = exponent.strip_prefix(['+', '-'])?;
        if power.is_empty() || !power.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let value = text.replace('_', "").parse::<f64>().ok()?;
    Some(Number::Float(value))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        parse(text, 128).unwrap().canonical()
    }

    #[test]
    fn scalars_are_those_of_the_older_yaml() {
        assert_eq!(
            read("[yes, Off, on, 'on', n]"),
            r#"[true,false,true,"on","n"]"#
        );
        assert_eq!(
            read("[010, 0o10, 08, 0x1F, 0b11]"),
            r#"[8,"0o10","08",31,3]"#
        );
        assert_eq!(read("[1:30, 1_000, -5, +5]"), "[90,1000,-5,5]");
        assert_eq!(
            read("[1.5, 1e3, 1.0e+3, .5, 1.]"),
            r#"[1.5,"1e3",1000.0,0.5,1.0]"#
        );
        assert_eq!(read("[~, null, 2020-01-02]"), r#"[null,null,"2020-01-02"]"#);
        assert!(parse("[~, , 1]", 128).is_err());
        assert_eq!(read("on: 1\n8: 2\nnull: 3"), r#"{"8":2,"null":3,"true":1}"#);
    }

    #[test]
    fn aliases_are_followed_within_bounds() {
        assert_eq!(read("a: &x [1]\nb: *x"), r#"{"a":[1],"b":[1]}"#);
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..8 {
            let inside = vec![format!("*a{}", level - 1); 10].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{inside}]\n"));
        }
        assert!(parse(&bomb, 128).unwrap_err().contains("nodes"));
        assert!(parse("<<: {a: 1}", 128).is_err());
        assert!(parse("a: !!python/object x", 128).is_err());
        assert!(parse("a: 1\n---\nb: 2", 128).is_err());
    }

    #[test]
    fn the_block_is_the_one_under_its_heading() {
        let text = "```yaml\nno: 1\n```\n## Machine\n\ntext\n```yaml\na: 1\n```\nmore\n";
        assert_eq!(machine_block(text), Some("a: 1\n"));
        assert_eq!(machine_block("## Machine\n```yaml\nopen"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9a-fxobeEyesnoNtru.:_~&*<>\\[\\]{}, \n'\"|#!]{0,60}") {
            let _ = parse(&text, 16);
            let _ = machine_block(&text);
        }
    }
}
