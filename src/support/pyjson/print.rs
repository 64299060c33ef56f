// SPDX-License-Identifier: Apache-2.0
//! Writing: the pretty form of files and standard output, the canonical form of events and hashes,
//! the escaped form of request bodies (CCR specification, section 2.1).

use super::number::Number;
use super::value::Value;
use std::fmt::Write as _;

/// Keys sorted, compact, non-ASCII raw, no final newline.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &Style::COMPACT, 0, &mut out);
    out
}

/// Keys sorted, two spaces of indent, one final newline.
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, &Style::PRETTY, 0, &mut out);
    out.push('\n');
    out
}

/// The pretty form of a value that stands inside a document, `level` deep: no indent before it and
/// no newline behind it. A document too large for one value is written piece by piece with it.
pub fn pretty_into(value: &Value, level: usize, out: &mut String) {
    write(value, &Style::PRETTY, level, out);
}

/// Keys sorted, one space behind separators, everything beyond ASCII escaped.
pub fn ascii(value: &Value) -> String {
    let mut out = String::new();
    write(value, &Style::ASCII, 0, &mut out);
    out
}

/// How a value is laid out.
pub(super) struct Style {
    comma: &'static str,
    colon: &'static str,
    indent: bool,
    ascii: bool,
    /// Names in order, for values that keep another.
    pub(super) sorted: bool,
}

impl Style {
    pub(super) const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        indent: false,
        ascii: false,
        sorted: true,
    };
    pub(super) const PRETTY: Self = Self {
        comma: ",",
        colon: ": ",
        indent: true,
        ascii: false,
        sorted: true,
    };
    pub(super) const ASCII: Self = Self {
        comma: ", ",
        colon: ": ",
        indent: false,
        ascii: true,
        sorted: true,
    };
    /// The digest form of Protocol-Governed Systems: compact, sorted, escaped.
    pub(super) const DIGEST: Self = Self {
        comma: ",",
        colon: ":",
        indent: false,
        ascii: true,
        sorted: true,
    };
    /// `json.dumps(value)`: names as they came, one space behind separators, escaped.
    pub(super) const LINE: Self = Self {
        comma: ", ",
        colon: ": ",
        indent: false,
        ascii: true,
        sorted: false,
    };
    /// `json.dumps(value, ensure_ascii=False)`.
    pub(super) const RAW_LINE: Self = Self {
        comma: ", ",
        colon: ": ",
        indent: false,
        ascii: false,
        sorted: false,
    };
    /// `json.dumps(value, indent=2)`.
    pub(super) const INDENTED: Self = Self {
        comma: ",",
        colon: ": ",
        indent: true,
        ascii: true,
        sorted: false,
    };

    fn line(&self, level: usize, out: &mut String) {
        if self.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", level));
        }
    }
}

/// One level of a value, for the writer.
pub(super) enum Shape<'a, V> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A text.
    String(&'a str),
    /// A list.
    Array(&'a [V]),
    /// An object of that many members.
    Object(usize),
}

/// A kind of value that can be written.
pub(super) trait Shaped: Sized {
    /// Its outermost level.
    fn shape(&self) -> Shape<'_, Self>;
    /// Calls with each member of an object, in the order of writing.
    fn members(&self, style: &Style, each: &mut dyn FnMut(&str, &Self));
}

impl Shaped for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Number(number) => Shape::Number(number),
            Self::String(text) => Shape::String(text),
            Self::Array(items) => Shape::Array(items),
            Self::Object(object) => Shape::Object(object.len()),
        }
    }

    fn members(&self, _: &Style, each: &mut dyn FnMut(&str, &Self)) {
        for (name, value) in self.as_object().into_iter().flatten() {
            each(name, value);
        }
    }
}

pub(super) fn write<V: Shaped>(value: &V, style: &Style, level: usize, out: &mut String) {
    match value.shape() {
        Shape::Null => out.push_str("null"),
        Shape::Bool(true) => out.push_str("true"),
        Shape::Bool(false) => out.push_str("false"),
        Shape::Number(Number::Int(value)) => {
            let _ = write!(out, "{value}");
        }
        Shape::Number(Number::Big(digits)) => out.push_str(digits),
        Shape::Number(Number::Float(value)) => out.push_str(&float(*value)),
        Shape::String(text) => string(text, style.ascii, out),
        Shape::Array([]) => out.push_str("[]"),
        Shape::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(style.comma);
                }
                style.line(level + 1, out);
                write(item, style, level + 1, out);
            }
            style.line(level, out);
            out.push(']');
        }
        Shape::Object(0) => out.push_str("{}"),
        Shape::Object(_) => {
            out.push('{');
            let mut first = true;
            value.members(style, &mut |name, item| {
                if !std::mem::take(&mut first) {
                    out.push_str(style.comma);
                }
                style.line(level + 1, out);
                string(name, style.ascii, out);
                out.push_str(style.colon);
                write(item, style, level + 1, out);
            });
            style.line(level, out);
            out.push('}');
        }
    }
}

fn string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    let escaped = |byte: u8| matches!(byte, b'"' | b'\\' | 0..b' ') || ascii && !byte.is_ascii();
    let mut rest = text;
    while let Some(at) = rest.bytes().position(escaped) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut special = special.chars();
        let Some(c) = special.next() else { break };
        rest = special.as_str();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push_str(rest);
    out.push('"');
}

/// Python's `repr` of a float: the shortest digits that read back, an exponent below 1e-4 and from
/// 1e16 on.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = value.to_string();
    if plain.contains('.') {
        plain
    } else {
        plain + ".0"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::support::pyjson::parse;

    #[test]
    fn floats_print_as_in_python() {
        for (value, text) in [
            (1.0, "1.0"),
            (1.0 / 3.0, "0.3333333333333333"),
            (1e-5, "1e-05"),
            (1e-4, "0.0001"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1.5e300, "1.5e+300"),
            (-2.5e-7, "-2.5e-07"),
            (0.0, "0.0"),
            (123_456.789, "123456.789"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn forms_differ_in_space_and_escapes_only() {
        let value = parse(r#"{"b":[],"a":{"é":"x\u0001\n"},"c":[1,{}]}"#).unwrap();
        assert_eq!(
            canonical(&value),
            "{\"a\":{\"é\":\"x\\u0001\\n\"},\"b\":[],\"c\":[1,{}]}"
        );
        assert_eq!(
            ascii(&value),
            "{\"a\": {\"\\u00e9\": \"x\\u0001\\n\"}, \"b\": [], \"c\": [1, {}]}"
        );
        assert_eq!(
            pretty(&value),
            "{\n  \"a\": {\n    \"é\": \"x\\u0001\\n\"\n  },\n  \"b\": [],\n  \"c\": [\n    1,\n    {}\n  ]\n}\n"
        );
    }
}
