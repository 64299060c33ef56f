// SPDX-License-Identifier: Apache-2.0
//! Tokens of Python source, in one pass and without recursion.

use crate::model::ByteSpan;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Identifier or keyword.
    Name,
    /// Number.
    Number,
    /// String literal, prefix and quotes included.
    String,
    /// One operator character.
    Op(u8),
    /// End of a logical line.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// Where.
    pub span: ByteSpan,
    /// White space before the first token of a logical line; 0 for the others.
    pub indent: usize,
    /// First of its logical line.
    pub first: bool,
}

impl<'a> Token<'a> {
    /// Whether it is this operator.
    pub fn is(&self, op: u8) -> bool {
        self.kind == Kind::Op(op)
    }

    /// Whether it is this name.
    pub fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }

    /// The content of a plain string literal: no f-string, no bytes; escapes are left as typed.
    pub fn string(&self) -> Option<&'a str> {
        if self.kind != Kind::String {
            return None;
        }
        let quote = self.text.find(['"', '\''])?;
        let (prefix, body) = self.text.split_at(quote);
        if prefix.chars().any(|c| !matches!(c, 'r' | 'R' | 'u' | 'U')) {
            return None;
        }
        let mark = &body[..1];
        let triple = mark.repeat(3);
        if body.len() >= 6 && body.starts_with(&triple) {
            return body.get(3..body.len() - 3);
        }
        body.get(1..body.len() - 1)
    }
}

/// Cuts a source text.
///
/// # Errors
/// Where it cannot be Python: an open string or bracket at the end, a bracket that closes nothing.
pub fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() / 5);
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut depth = 0_usize;
    let mut line_start = at;
    let mut fresh = true;
    let mut indent = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let start = at;
        let kind = match byte {
            b'\n' | b'\r' => {
                at += 1;
                if depth == 0 {
                    if !fresh {
                        out.push(token(text, Kind::End, start, start, 0, false));
                    }
                    fresh = true;
                }
                line_start = at;
                continue;
            }
            b' ' | b'\t' | 0x0c => {
                at += 1;
                continue;
            }
            b'#' => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                continue;
            }
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => {
                at += 2;
                if bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
                    at += 1;
                }
                continue;
            }
            b'"' | b'\'' => {
                at = string_end(bytes, at).ok_or_else(|| open_string(text, start))?;
                Kind::String
            }
            b'0'..=b'9' => {
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'.' | b'_'))
                {
                    at += 1;
                }
                Kind::Number
            }
            _ if byte == b'_' || byte.is_ascii_alphabetic() || byte >= 0x80 => {
                while at < bytes.len()
                    && (bytes[at] == b'_' || bytes[at].is_ascii_alphanumeric() || bytes[at] >= 0x80)
                {
                    at += 1;
                }
                let prefix = &text[start..at];
                let is_prefix = prefix.len() <= 2
                    && prefix.bytes().all(|b| b"rRbBfFuU".contains(&b))
                    && matches!(bytes.get(at), Some(b'"' | b'\''));
                if is_prefix {
                    at = string_end(bytes, at).ok_or_else(|| open_string(text, start))?;
                    Kind::String
                } else {
                    Kind::Name
                }
            }
            _ => {
                at += 1;
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => {
                        depth = depth.checked_sub(1).ok_or_else(|| {
                            format!("a bracket on line {} closes nothing", line(text, start))
                        })?;
                    }
                    _ => {}
                }
                Kind::Op(byte)
            }
        };
        let first = fresh;
        if fresh {
            indent = start - line_start;
            fresh = false;
        }
        out.push(token(text, kind, start, at, indent, first));
    }
    if depth > 0 {
        return Err("a bracket is still open at its end".to_owned());
    }
    if !fresh {
        out.push(token(text, Kind::End, at, at, 0, false));
    }
    Ok(out)
}

fn token(
    text: &str,
    kind: Kind,
    start: usize,
    end: usize,
    indent: usize,
    first: bool,
) -> Token<'_> {
    Token {
        kind,
        // Boundaries are ASCII bytes or ends of runs of others, so they are on characters.
        text: text.get(start..end).unwrap_or_default(),
        span: ByteSpan::new(start, end),
        indent: if first { indent } else { 0 },
        first,
    }
}

/// Position behind the literal whose quote stands at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    let mut i = if triple { at + 3 } else { at + 1 };
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'\n' if !triple => return None,
            byte if byte == quote => {
                if !triple {
                    return Some(i + 1);
                }
                if bytes.get(i + 1) == Some(&quote) && bytes.get(i + 2) == Some(&quote) {
                    return Some(i + 3);
                }
                i += 1;
            }
            _ => i += 1,
        }
    }
    None
}

fn open_string(text: &str, at: usize) -> String {
    format!("the string on line {} does not end", line(text, at))
}

fn line(text: &str, at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_comments_and_continued_lines() {
        let text = "a = f('x#y', r\"z\")  # not this\nb = \"\"\"two\nlines\"\"\" + \\\n  c\n";
        let all = tokens(text).unwrap();
        let strings: Vec<_> = all.iter().filter_map(Token::string).collect();
        assert_eq!(strings, ["x#y", "z", "two\nlines"]);
        assert_eq!(all.iter().filter(|t| t.kind == Kind::End).count(), 2);
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        assert!(tokens("a = 'x\n").unwrap_err().contains("line 1"));
        assert!(tokens("f(").is_err());
        assert!(tokens("\n)").unwrap_err().contains("line 2"));
        assert!(tokens("\"\"\"x").is_err());
    }

    #[test]
    fn long_and_deep_input_is_read_in_one_pass() {
        let deep = format!("{}{}", "(".repeat(200_000), ")".repeat(200_000));
        assert_eq!(tokens(&deep).unwrap().len(), 400_001);
        let long = format!("x = '{}'", "y".repeat(10 << 20));
        assert_eq!(tokens(&long).unwrap().len(), 4);
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_are_in_range(text in "\\PC{0,80}|[a-z\"'\\\\\\n(){}#= é]{0,60}") {
            if let Ok(all) = tokens(&text) {
                for token in all {
                    prop_assert_eq!(text.get(token.span.range()), Some(token.text));
                }
            }
        }
    }
}
