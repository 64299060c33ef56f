// SPDX-License-Identifier: Apache-2.0
//! Reading, with the messages and places of Python's decoder.

use super::build::Build;
use super::number::Number;
use super::value::Value;

/// Nesting that is still read; Python's own limit lies just above.
const DEPTH_LIMIT: usize = 990;

/// Digits of an integer that are still read, as in Python since 3.11.
const DIGIT_LIMIT: usize = 4300;

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not UTF-8, or it starts with a mark.
    #[error("{0}")]
    Encoding(String),
    /// Wrong at a place; columns and characters count code points.
    #[error("{message}: line {line} column {column} (char {char})")]
    Syntax {
        /// What was expected.
        message: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// From 0.
        char: usize,
    },
    /// Deeper than is read.
    #[error("JSON nested deeper than {0} levels")]
    Depth(usize),
    /// A name twice in one object, where that is refused.
    #[error("the name {name:?} twice in one object: line {line} column {column}")]
    Duplicate {
        /// The name.
        name: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// An integer of more digits than are read.
    #[error("an integer of more than {DIGIT_LIMIT} digits")]
    Digits,
    /// Half of a surrogate pair: no UTF-8 can carry it.
    #[error("'utf-8' codec can't encode character '\\u{0:04x}': surrogates not allowed")]
    Surrogate(u32),
}

/// Reads UTF-8 bytes.
///
/// # Errors
/// See [`ParseError`].
pub fn parse_bytes(bytes: &[u8]) -> Result<Value, ParseError> {
    parse(utf8(bytes)?)
}

/// The text of UTF-8 bytes, refused in Python's words.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        ParseError::Encoding(format!(
            "'utf-8' codec can't decode byte 0x{:02x} in position {at}: invalid start byte",
            bytes.get(at).copied().unwrap_or_default()
        ))
    })
}

/// Reads a text.
///
/// # Errors
/// See [`ParseError`].
pub fn parse(text: &str) -> Result<Value, ParseError> {
    // Of equal names the last counts.
    build(text, DEPTH_LIMIT, false)
}

/// Reads a text into any kind of value, `depth` levels at most.
pub(super) fn build<B: Build>(text: &str, depth: usize, unique: bool) -> Result<B, ParseError> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth,
        unique,
    };
    if text.starts_with('\u{feff}') {
        return Err(parser.fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    if parser.at < parser.bytes.len() {
        return Err(parser.fault("Extra data", parser.at));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    unique: bool,
}

impl Parser<'_> {
    fn fault(&self, message: &str, at: usize) -> ParseError {
        let (line, column, char) = self.place(at);
        ParseError::Syntax {
            message: message.to_owned(),
            line,
            column,
            char,
        }
    }

    fn place(&self, at: usize) -> (usize, usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
            before.chars().count(),
        )
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    fn value<B: Build>(&mut self, depth: usize) -> Result<B, ParseError> {
        if depth > self.depth {
            return Err(ParseError::Depth(self.depth));
        }
        match self.peek() {
            Some(b'"') => Ok(B::string(self.string()?)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'n') if self.word("null") => Ok(B::null()),
            Some(b't') if self.word("true") => Ok(B::bool(true)),
            Some(b'f') if self.word("false") => Ok(B::bool(false)),
            Some(b'N') if self.word("NaN") => Ok(B::number(Number::Float(f64::NAN))),
            Some(b'I') if self.word("Infinity") => Ok(B::number(Number::Float(f64::INFINITY))),
            Some(b'-') if self.word("-Infinity") => Ok(B::number(Number::Float(f64::NEG_INFINITY))),
            Some(b'-' | b'0'..=b'9') => Ok(B::number(self.number()?)),
            _ => Err(self.fault("Expecting value", self.at)),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.fault("Expecting value", start));
        }
        let end_of_int = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                self.at = end_of_int;
            }
        }
        let end_of_fraction = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                self.at = end_of_fraction;
            }
        }
        let text = &self.text[start..self.at];
        if self.at > end_of_int {
            return Ok(Number::Float(text.parse().unwrap_or(f64::NAN)));
        }
        if let Ok(value) = text.parse::<i64>() {
            return Ok(Number::Int(value));
        }
        if text.trim_start_matches('-').len() > DIGIT_LIMIT {
            return Err(ParseError::Digits);
        }
        Ok(Number::Big(text.to_owned()))
    }

    fn array<B: Build>(&mut self, depth: usize) -> Result<B, ParseError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(B::array(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(B::array(items));
                }
                _ => return Err(self.fault("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn object<B: Build>(&mut self, depth: usize) -> Result<B, ParseError> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        let mut members = B::Members::default();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(B::object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fault(NAME, self.at));
            }
            let start = self.at;
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fault("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            let name = if self.unique {
                key.clone()
            } else {
                String::new()
            };
            if B::insert(&mut members, key, value) && self.unique {
                let (line, column, _) = self.place(start);
                return Err(ParseError::Duplicate { name, line, column });
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(B::object(members));
                }
                _ => return Err(self.fault("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let run = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(&self.text[run..self.at]);
            match self.peek() {
                None => return Err(self.fault("Unterminated string starting at", start)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(start, &mut out)?,
                Some(_) => return Err(self.fault("Invalid control character at", self.at)),
            }
        }
    }

    fn escape(&mut self, start: usize, out: &mut String) -> Result<(), ParseError> {
        let Some(kind) = self.bytes.get(self.at + 1).copied() else {
            return Err(self.fault("Unterminated string starting at", start));
        };
        let plain = match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(out),
            _ => {
                return Err(self.fault("Invalid \\escape", self.at));
            }
        };
        self.at += 2;
        out.push(plain);
        Ok(())
    }

    fn unicode(&mut self, out: &mut String) -> Result<(), ParseError> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let back = self.at;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                out.extend(char::from_u32(joined));
                return Ok(());
            }
            self.at = back;
        }
        match char::from_u32(first) {
            Some(c) => out.push(c),
            None => return Err(ParseError::Surrogate(first)),
        }
        Ok(())
    }

    /// Four digits behind `\u` at the current place.
    fn hex(&mut self) -> Result<u32, ParseError> {
        let digits = self.bytes.get(self.at + 2..self.at + 6).unwrap_or_default();
        if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.fault("Invalid \\uXXXX escape", self.at + 1));
        }
        let value = digits.iter().fold(0, |sum, digit| {
            sum * 16 + char::from(*digit).to_digit(16).unwrap_or_default()
        });
        self.at += 6;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::support::pyjson::canonical;
    use proptest::prelude::*;

    #[test]
    fn numbers_keep_their_kind() {
        for (text, printed) in [
            ("1", "1"),
            ("1.0", "1.0"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1e400", "Infinity"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("1E2", "100.0"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(canonical(&parse(text).unwrap()), printed);
        }
    }

    #[test]
    fn faults_read_as_in_python() {
        for (text, message) in [
            (
                "{",
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
            (
                "{\"a\" 1}",
                "Expecting ':' delimiter: line 1 column 6 (char 5)",
            ),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            (
                "\n\"é",
                "Unterminated string starting at: line 2 column 1 (char 1)",
            ),
            ("1 2", "Extra data: line 1 column 3 (char 2)"),
            ("", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err(), ParseError::Depth(DEPTH_LIMIT));
    }

    #[test]
    fn surrogates_join_or_are_refused() {
        assert_eq!(parse("\"\\ud83d\\ude00\"").unwrap().as_str(), Some("😀"));
        assert_eq!(
            parse("\"\\ud83d\"").unwrap_err(),
            ParseError::Surrogate(0xd83d)
        );
    }

    /// Every zero alike: Python reads `-0` as an integer, which has no sign, serde as a float.
    fn one_zero(value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::Number(number) if number.as_f64() == Some(0.0) => 0.into(),
            Value::Array(items) => items.into_iter().map(one_zero).collect(),
            Value::Object(all) => {
                let members = all.into_iter().map(|(key, value)| (key, one_zero(value)));
                Value::Object(members.collect())
            }
            other => other,
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn agrees_with_serde_on_what_both_read(text in "[\\[\\]{}\",:0-9.eE a\\\\-]{0,24}") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                prop_assert_eq!(one_zero(parse(&text).unwrap().to_serde()), one_zero(value));
            }
        }
    }
}
