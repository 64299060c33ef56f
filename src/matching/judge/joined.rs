// SPDX-License-Identifier: Apache-2.0
//! Strings that code puts together: a value in pieces is judged as what it becomes.

use super::Context;

/// Pieces and bytes that are put together at most.
const PIECES: usize = 12;
const LONGEST: usize = 1024;

/// The hit with the literals that follow it, when there are any: `"ab" + "cd"`, literals
/// with nothing but space, a line break or a sign of concatenation between them, and those of a
/// list that is joined with nothing between: `["ab", "cd"].join("")`.
pub(super) fn whole(context: &Context<'_>) -> Option<Vec<u8>> {
    let rest = context.text.get(context.hit.end..)?;
    let before = context.before();
    let joins = |call: &[u8]| memchr::memmem::find(before, call).is_some();
    if joins(b".join(") || joins(b"implode(") {
        return pieces(context.secret(), rest, true).map(|(value, _)| value);
    }
    if let Some((value, after)) = pieces(context.secret(), rest, true)
        && is_joined(after)
    {
        return Some(value);
    }
    pieces(context.secret(), rest, false).map(|(value, _)| value)
}

/// Whether a list's literals end in a call that puts them together: `"].join("")`.
fn is_joined(after: &[u8]) -> bool {
    let end = after.len().min(80);
    let plain: Vec<u8> = after[..end]
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .map(|b| if is_quote(b) { b'"' } else { b })
        .collect();
    let plain = plain.strip_prefix(b"\"").unwrap_or(&plain);
    let plain = plain.strip_prefix(b",").unwrap_or(plain);
    [
        &b"].join(\"\")"[..],
        b"].join()",
        b"].join;",
        b"].concat()",
        b"},\"\")",
        b"]*\"\"",
    ]
    .iter()
    .any(|end| plain.starts_with(end))
}

/// The first piece and those that follow, and what stands behind the last one's text.
fn pieces<'a>(first: &[u8], text: &'a [u8], listed: bool) -> Option<(Vec<u8>, &'a [u8])> {
    let mut out: Option<Vec<u8>> = None;
    let mut rest = text;
    for _ in 1..PIECES {
        let (mark, after) = rest.split_first().filter(|(b, _)| is_quote(**b))?;
        let Some(body) = next_literal(after, *mark, listed) else {
            break;
        };
        let Some(end) = memchr::memchr2(*mark, b'\n', body).filter(|end| body[*end] == *mark)
        else {
            break;
        };
        // The name of the next pair: `"a"="..."` on a line of its own.
        let behind = body[end + 1..].trim_ascii_start();
        if matches!(behind.first(), Some(b'=' | b':')) {
            break;
        }
        let joined = out.get_or_insert_with(|| first.to_vec());
        if joined.len() + end > LONGEST {
            break;
        }
        joined.extend_from_slice(&body[..end]);
        rest = &body[end..];
    }
    out.map(|value| (value, rest))
}

/// What follows the opening quote of a literal that is joined to the one before.
fn next_literal(text: &[u8], mark: u8, listed: bool) -> Option<&[u8]> {
    const GAP: usize = 80;
    let window = &text[..text.len().min(GAP)];
    let mut signs = 0;
    for (at, byte) in window.iter().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
            b',' if listed => signs += 2,
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
    use super::super::{Context, Known};
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
            known: &Known::default(),
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
            "x = [\"abc\", \"def\"].join(\"\")",
            "x = [\n 'abc',\n 'def',\n].join('')",
            "x = %w[]; y = [\"abc\", \"def\"].join;",
            "x := strings.Join([]string{\"abc\", \"def\"}, \"\")",
            "x = [\"abc\", \"def\"].concat();",
        ] {
            assert_eq!(joined(text).as_deref(), Some("abcdef"), "{text}");
        }
        assert_eq!(joined("\"abc\" + \"d\" + \"e\"").as_deref(), Some("abcde"));
    }

    #[test]
    fn neighbours_in_a_list_are_not() {
        for text in [
            "[\"abc\", \"def\"]",
            "[\"abc\", \"def\"].join(\", \")",
            "x = \"abc\"",
            "\"abc\" + name",
            "\"abc\"\"def\"",
            "\"token\"=\"abc\"\n\"def\"=\"x\"",
            "\"token\": \"abc\"\n\"def\": 1",
        ] {
            assert_eq!(joined(text), None, "{text}");
        }
    }
}
