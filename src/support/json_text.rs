// SPDX-License-Identifier: Apache-2.0
//! Walking the text of a JSON document, for those who must say where something stands: parsers
//! keep no places. Iterative, bounded by the text; a text that no parser accepts may lead nowhere.

use std::ops::Range;

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At this byte of a text.
    pub fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at }
    }

    /// Where it stands.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The byte here.
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Past white space.
    pub fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Past a string whose opening quote is here; its raw content.
    fn string(&mut self) -> Option<&'a [u8]> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    /// Past one value; its bytes, from where the cursor stood.
    pub fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => {
                    self.at += 1;
                    continue;
                }
                byte if is_space(byte) => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let inside = |byte| !is_space(byte) && !matches!(byte, b',' | b'}' | b']');
                    while self.peek().is_some_and(inside) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(start..self.at);
            }
        }
    }

    /// From an object to the value of `key`; where its key begins. Of duplicate keys the last one
    /// counts, as for the parsers that allow them.
    pub fn enter_object(&mut self, key: &str) -> Option<usize> {
        if self.peek()? != b'{' {
            return None;
        }
        self.at += 1;
        let mut found = None;
        while self.next_within(b'}')? {
            let start = self.at;
            let name = self.string()?;
            self.space();
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.space();
            if same_string(name, key) {
                found = Some((start, self.at));
            }
            self.value()?;
        }
        let (start, value) = found?;
        self.at = value;
        Some(start)
    }

    /// From a list to the item `index`; where it begins.
    pub fn enter_array(&mut self, index: usize) -> Option<usize> {
        if self.peek()? != b'[' {
            return None;
        }
        self.at += 1;
        let mut count = 0;
        while self.next_within(b']')? {
            if count == index {
                return Some(self.at);
            }
            self.value()?;
            count += 1;
        }
        None
    }

    /// To the next member or item; whether there is one before `close`.
    fn next_within(&mut self, close: u8) -> Option<bool> {
        loop {
            self.space();
            match self.peek()? {
                b',' => self.at += 1,
                byte => return Some(byte != close),
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether the raw content of a JSON string is `text`.
fn same_string(raw: &[u8], text: &str) -> bool {
    if !raw.contains(&b'\\') {
        return raw == text.as_bytes();
    }
    let mut quoted = Vec::with_capacity(raw.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(raw);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted).is_ok_and(|plain| plain == text)
}
