// SPDX-License-Identifier: Apache-2.0
//! Strings that code puts together: a value in pieces is judged as what it becomes.

use super::Context;

/// Pieces and bytes that are put together at most.
const PIECES: usize = 12;
const LONGEST: usize = 1024;

/// The hit with the literals that follow it, when there are any: `"ab" + "cd"`, and literals
/// with nothing but space, a line break or a sign of concatenation between them.
pub(super) fn whole(context: &Context<'_>) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let mut rest = context.text.get(context.hit.end..)?;
    for _ in 1..PIECES {
        let (mark, after) = rest.split_first().filter(|(b, _)| is_quote(**b))?;
        let Some(body) = next_literal(after, *mark) else {
            break;
        };
        let Some(end) = memchr::memchr2(*mark, b'\n', body).filter(|end| body[*end] == *mark)
        else {
            break;
        };
        let joined = out.get_or_insert_with(|| context.secret().to_vec());
        if joined.len() + end > LONGEST {
            break;
        }
        joined.extend_from_slice(&body[..end]);
        rest = &body[end..];
    }
    out
}

/// What follows the opening quote of a literal that is joined to the one before.
fn next_literal(text: &[u8], mark: u8) -> Option<&[u8]> {
    const GAP: usize = 80;
    let window = &text[..text.len().min(GAP)];
    let mut signs = 0;
    for (at, byte) in window.iter().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
            // `+`, `.`, `..`, `<>`, `++`, `&`.
            b'+' | b'.' | b'<' | b'>' | b'&' => signs += 1,
            _ if *byte == mark && at > 0 && signs <= 2 => return Some(&text[at + 1..]),
            _ => return None,
        }
    }
    None
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

#[cfg(test)]
mod tests {
    use super::super::Context;
    use super::whole;
    use crate::classify::Kind;
    use crate::model::ByteSpan;

    fn joined(text: &str) -> Option<String> {
        let at = text.find("abc").unwrap_or(0);
        let span = ByteSpan::new(at, at + 3);
        let context = Context {
            text: text.as_bytes(),
            whole: span,
            hit: span,
            path: "a.py",
            kind: Kind::of("a.py", b"", false),
        };
        whole(&context).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    #[test]
    fn pieces_are_put_together() {
        for text in [
            "x = \"abc\" + \"def\";",
            "x = (\"abc\"\n     \"def\")",
            "x = 'abc' . 'def'",
            "x = \"abc\" \\\n  \"def\"",
        ] {
            assert_eq!(joined(text).as_deref(), Some("abcdef"), "{text}");
        }
        assert_eq!(joined("\"abc\" + \"d\" + \"e\"").as_deref(), Some("abcde"));
    }

    #[test]
    fn neighbours_in_a_list_are_not() {
        for text in [
            "[\"abc\", \"def\"]",
            "x = \"abc\"",
            "\"abc\" + name",
            "\"abc\"\"def\"",
        ] {
            assert_eq!(joined(text), None, "{text}");
        }
    }
}
