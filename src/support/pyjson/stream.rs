// SPDX-License-Identifier: Apache-2.0
//! A large document read piece by piece: its small members, and the digest of all of it. Never more
//! than one item of its lists is held.

use super::print::canonical;
use super::value::{Object, Value};
use crate::support::hashing;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead};

/// Bytes of one piece: an item of a list, or any other member.
const PIECE: usize = 16 << 20;
/// Bytes of a list whose items are kept.
const KEPT: usize = 64 << 10;
/// Levels of one piece; deeper documents are read whole, which knows its own limit.
const DEPTH: usize = 256;

/// A document without its large lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Its members; a large list is an empty one.
    pub body: Value,
    /// SHA-256 over its canonical form, as [`super::content_hash`] has it of the whole.
    pub hash: String,
}

/// Reads a document whose top names stand in order, as those of every document that is written here
/// do; nothing when it is another, or has a fault: read whole, it says which.
///
/// # Errors
/// It cannot be read.
pub fn outline(input: impl BufRead) -> io::Result<Option<Outline>> {
    let mut reader = Reader {
        input,
        piece: Vec::new(),
    };
    reader.document()
}

struct Reader<R> {
    input: R,
    piece: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    fn document(&mut self) -> io::Result<Option<Outline>> {
        let mut digest = Sha256::new();
        let mut body = Object::new();
        if self.next()? != Some(b'{') {
            return Ok(None);
        }
        digest.update(b"{");
        loop {
            if self.peek()? == Some(b'}') && body.is_empty() {
                self.input.consume(1);
                break;
            }
            let Some(Value::String(name)) = self.piece()? else {
                return Ok(None);
            };
            let in_order = body.last_key_value().is_none_or(|(last, _)| *last < name);
            if !in_order || self.next()? != Some(b':') {
                return Ok(None);
            }
            if !body.is_empty() {
                digest.update(b",");
            }
            let key = Value::String(name);
            digest.update(canonical(&key).as_bytes());
            digest.update(b":");
            let value = if self.peek()? == Some(b'[') {
                self.list(&mut digest)?
            } else {
                let value = self.piece()?;
                if let Some(value) = &value {
                    digest.update(canonical(value).as_bytes());
                }
                value
            };
            let (Value::String(name), Some(value)) = (key, value) else {
                return Ok(None);
            };
            body.insert(name, value);
            match self.next()? {
                Some(b',') => {}
                Some(b'}') => break,
                _ => return Ok(None),
            }
        }
        digest.update(b"}");
        let outline = Outline {
            body: Value::Object(body),
            hash: hashing::hex(&digest.finalize()),
        };
        Ok(self.peek()?.is_none().then_some(outline))
    }

    fn list(&mut self, digest: &mut Sha256) -> io::Result<Option<Value>> {
        self.input.consume(1);
        digest.update(b"[");
        let mut kept = Vec::new();
        let mut bytes = 0;
        if self.peek()? == Some(b']') {
            self.input.consume(1);
            digest.update(b"]");
            return Ok(Some(Value::Array(kept)));
        }
        for number in 0_u64.. {
            let Some(item) = self.piece()? else {
                return Ok(None);
            };
            if number > 0 {
                digest.update(b",");
            }
            digest.update(canonical(&item).as_bytes());
            bytes += self.piece.len();
            if bytes <= KEPT {
                kept.push(item);
            } else {
                kept = Vec::new();
            }
            match self.next()? {
                Some(b',') => {}
                Some(b']') => break,
                _ => return Ok(None),
            }
        }
        digest.update(b"]");
        Ok(Some(Value::Array(kept)))
    }

    /// The next byte that is no white space, left where it is.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            let blank = bytes.iter().take_while(is_space).count();
            let found = bytes.get(blank).copied();
            self.input.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The same, taken.
    fn next(&mut self) -> io::Result<Option<u8>> {
        let found = self.peek()?;
        if found.is_some() {
            self.input.consume(1);
        }
        Ok(found)
    }

    /// A whole value; nothing when it is none, too large or too deep.
    fn piece(&mut self) -> io::Result<Option<Value>> {
        self.piece.clear();
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut scan = Scan::default();
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            let taken = bytes.iter().take_while(|byte| scan.takes(**byte)).count();
            self.piece.extend_from_slice(&bytes[..taken]);
            let ended = scan.ended || taken < bytes.len();
            self.input.consume(taken);
            if scan.depth > DEPTH || self.piece.len() > PIECE {
                return Ok(None);
            }
            if ended {
                break;
            }
        }
        Ok(super::parse_bytes(&self.piece).ok())
    }
}

/// Where a value ends; whether it is one is for the parser to say.
#[derive(Default)]
struct Scan {
    begun: bool,
    ended: bool,
    text: bool,
    escaped: bool,
    depth: usize,
}

impl Scan {
    /// Whether a byte belongs to the value.
    fn takes(&mut self, byte: u8) -> bool {
        if self.ended {
            return false;
        }
        if self.text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.text = false;
                    self.ended = self.depth == 0;
                }
                _ => {}
            }
            return true;
        }
        match byte {
            b'"' if self.begun && self.depth == 0 => return false,
            b'"' => self.text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                if self.depth == 0 {
                    return false;
                }
                self.depth -= 1;
                self.ended = self.depth == 0;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => return false,
            _ => {}
        }
        self.begun = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{content_hash, parse_bytes, pretty};
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Option<Outline> {
        // A buffer of few bytes cuts every piece.
        outline(io::BufReader::with_capacity(3, text.as_bytes())).unwrap()
    }

    #[test]
    fn the_digest_is_that_of_the_whole() {
        for text in [
            "{}",
            " { \"a\" : [ ] , \"b\" : [1, 2.50, \"x\\\"],\", {\"d\": 1, \"c\": [[]]}], \"c\": null }\n",
            "{\"a\":\"\u{e9}\\u00e9\",\"b\":-1e5,\"c\":{\"z\":1,\"a\":1.0}}",
        ] {
            let whole = parse_bytes(text.as_bytes()).unwrap();
            let read = of(text).unwrap();
            assert_eq!(read.hash, content_hash(&whole), "{text}");
            assert_eq!(read.body, whole, "{text}");
        }
    }

    #[test]
    fn a_large_list_is_left_out_and_counted_in() {
        let items: Vec<Value> = (0..20_000_i64).map(Value::from).collect();
        let whole = crate::object! { "a" => "x", "list" => Value::Array(items), "z" => 1 };
        let read = of(&pretty(&whole)).unwrap();
        assert_eq!(read.hash, content_hash(&whole));
        assert_eq!(read.body.get("list"), Some(&Value::Array(Vec::new())));
        assert_eq!(read.body.text("a"), Some("x"));
    }

    #[test]
    fn what_is_no_document_in_order_is_left_to_the_parser() {
        for text in [
            "",
            "[]",
            "{",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"b\":1,\"a\":2}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":tru}",
            "{\"a\":1} x",
            "{1:2}",
            "\u{feff}{}",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(outline(&b"{\"a\":\"\xff\"}"[..]).unwrap(), None);
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_parser_whenever_it_answers(
            text in "[{}\\[\\],:\"\\\\ab1 ]{0,12}",
            name in "[a-c]{1,2}",
        ) {
            for text in [text.clone(), format!("{{\"{name}\":[{text}],\"d\":{text}}}")] {
                if let Some(read) = of(&text) {
                    let whole = parse_bytes(text.as_bytes());
                    prop_assert!(whole.is_ok(), "{text}");
                    prop_assert_eq!(read.hash, content_hash(&whole.unwrap()));
                }
            }
        }
    }
}
