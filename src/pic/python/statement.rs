// SPDX-License-Identifier: Apache-2.0
//! Logical lines, and the pieces inside brackets.

use super::token::{Kind, Token};

/// One logical line without its end.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'t, 'a> {
    /// Its tokens; at least one.
    pub tokens: &'t [Token<'a>],
    /// White space in front.
    pub indent: usize,
}

/// Cuts tokens into logical lines.
pub fn statements<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<Statement<'t, 'a>> {
    tokens
        .split(|token| token.kind == Kind::End)
        .filter(|line| !line.is_empty())
        .map(|line| Statement {
            tokens: line,
            indent: line[0].indent,
        })
        .collect()
}

/// Cuts tokens at `separator` where no bracket is open.
pub fn split<'t, 'a>(tokens: &'t [Token<'a>], separator: u8) -> Vec<&'t [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_i64, 0);
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => depth -= 1,
            Kind::Op(op) if op == separator && depth == 0 => {
                parts.push(&tokens[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Position of the first `wanted` where no bracket is open.
pub fn position(tokens: &[Token<'_>], wanted: u8) -> Option<usize> {
    let mut depth = 0_i64;
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op(op) if op == wanted && depth == 0 => return Some(i),
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The tokens between the bracket at `open` and the one that closes it.
pub fn inside<'t, 'a>(tokens: &'t [Token<'a>], open: usize) -> Option<&'t [Token<'a>]> {
    let mut depth = 0_i64;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => {
                depth -= 1;
                if depth == 0 {
                    return tokens.get(open + 1..i);
                }
            }
            _ => {}
        }
    }
    None
}

/// The arguments of each call of `name` (dotted) in the tokens.
pub fn calls<'t, 'a>(tokens: &'t [Token<'a>], name: &[&str]) -> Vec<&'t [Token<'a>]> {
    let mut found = Vec::new();
    let width = name.len() * 2 - 1;
    for i in 0..tokens.len().saturating_sub(width) {
        let matches = name.iter().enumerate().all(|(n, part)| {
            tokens[i + 2 * n].is_name(part) && (n == 0 || tokens[i + 2 * n - 1].is(b'.'))
        });
        if matches
            && tokens[i + width].is(b'(')
            && let Some(arguments) = inside(tokens, i + width)
        {
            found.push(arguments);
        }
    }
    found
}

/// The tokens as one line of text.
pub fn text(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.text).collect()
}
