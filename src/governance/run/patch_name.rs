// SPDX-License-Identifier: Apache-2.0
//! Names of files in a unified diff, as git writes them: with a prefix, and in quotes where they
//! hold bytes that are not printed.

use crate::model::EntryPath;

/// The two names of `a/x b/x`: equal halves, or quoted.
pub(super) fn header(rest: &[u8]) -> Option<(String, String)> {
    if rest.first() == Some(&b'"') {
        let end = closing(rest)?;
        let old = unquoted(&rest[..=end]);
        let new = unquoted(rest.get(end + 2..)?);
        return Some((strip(&old, "a/"), strip(&new, "b/")));
    }
    let halves = (rest.len() % 2 == 1).then(|| rest.split_at(rest.len() / 2));
    if let Some((old, new)) = halves
        && let (Some(a), Some(b)) = (old.strip_prefix(b"a/"), new.strip_prefix(b" b/"))
        && a == b
    {
        return Some((shown(a), shown(b)));
    }
    // A rename: its own lines give the names again.
    let text = String::from_utf8_lossy(rest);
    let at = text.find(" b/").or_else(|| text.find(" \"b/"))?;
    let (old, new) = (&text[..at], &text[at + 1..]);
    let names = (unquoted(old.as_bytes()), unquoted(new.as_bytes()));
    Some((strip(&names.0, "a/"), strip(&names.1, "b/")))
}

/// The name of a `---` or `+++` line; nothing for `/dev/null`.
pub(super) fn side(rest: &[u8], prefix: &[u8]) -> Option<String> {
    // A date may follow a tab.
    let rest = rest.split(|byte| *byte == b'\t').next().unwrap_or(rest);
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    if rest == b"/dev/null" {
        return None;
    }
    let prefix = std::str::from_utf8(prefix).unwrap_or_default();
    Some(strip(&unquoted(rest), prefix))
}

fn strip(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

fn shown(raw: &[u8]) -> String {
    EntryPath::escape(raw)
}

/// Where the quote that opens a text closes.
fn closing(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// A name, its quotes and escapes removed when it has them (as C writes them).
pub(super) fn unquoted(text: &[u8]) -> String {
    let inner = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\""));
    let Some(inner) = inner else {
        return shown(text);
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&kind) = inner.get(at) else { break };
        at += 1;
        out.push(match kind {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            b'0'..=b'3' => {
                let digits = inner.get(at - 1..at + 2);
                let octal =
                    digits.filter(|digits| digits.iter().all(|d| (b'0'..=b'7').contains(d)));
                if let Some(octal) = octal {
                    at += 2;
                    octal
                        .iter()
                        .fold(0, |value, digit| (value << 3) | (digit - b'0'))
                } else {
                    kind
                }
            }
            other => other,
        });
    }
    shown(&out)
}
