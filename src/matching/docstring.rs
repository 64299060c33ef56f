// SPDX-License-Identifier: Apache-2.0
//! Whether a place in Python stands inside a string of three quotes, which is documentation more often
//! than data.

use memchr::{memchr, memchr3, memmem};

/// How far back a string's beginning is looked for. A text cut there may begin inside one.
const LOOK_BACK: usize = 256 << 10;

/// Whether such a string is open at the end of a text: three quotes inside a comment or another string open
/// none.
pub(super) fn is_open(text: &[u8]) -> bool {
    let text = &text[text.len().saturating_sub(LOOK_BACK)..];
    read(text, |_, _| {})
}

/// Where the strings of three quotes stand in a whole text, marks left out.
pub(super) fn all(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    read(text, |from, to| found.push((from, to)));
    found
}

/// Tells each such string of a text, and says whether the last one is open at its end.
fn read(text: &[u8], mut tell: impl FnMut(usize, usize)) -> bool {
    let mut at = 0;
    while let Some(next) = memchr3(b'"', b'\'', b'#', &text[at..]) {
        at += next;
        let mark = text[at];
        let rest = &text[at..];
        let ended = match mark {
            b'#' => memchr(b'\n', rest),
            _ if rest.starts_with(&[mark; 3]) => {
                let Some(length) = triple(&rest[3..], mark) else {
                    tell(at + 3, text.len());
                    return true;
                };
                tell(at + 3, at + length);
                Some(3 + length)
            }
            _ => Some(1 + single(&rest[1..], mark)),
        };
        let Some(length) = ended else {
            return false;
        };
        at += length;
    }
    false
}

/// One past the three marks that end a string, of what stands behind those that open it.
fn triple(inside: &[u8], mark: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memmem::find(inside.get(from..)?, &[mark; 3])?;
        let before = inside[..at].iter().rev();
        if before.take_while(|byte| **byte == b'\\').count() % 2 == 0 {
            return Some(at + 3);
        }
        // The first of these marks is escaped, and the others may end the string with one more.
        from = at + 1;
    }
}

/// One past the mark that ends a string, which ends with its line at last.
fn single(inside: &[u8], mark: u8) -> usize {
    let mut at = 0;
    while let Some(next) = memchr3(mark, b'\\', b'\n', inside.get(at..).unwrap_or_default()) {
        at += next;
        match inside[at] {
            b'\\' => at += 2,
            _ => return at + 1,
        }
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_quotes_open_a_string_only_where_code_stands() {
        for open in [
            "\"\"\"",
            "x = 1\ndef f():\n    '''It\"s",
            "a = '''b'''\n\"\"\" '''",
            "# don't\n\"\"\"text",
            "\"\"\" \\\"\"\" ",
            "f('it\\'s', \"\"\"",
        ] {
            assert!(is_open(open.as_bytes()), "{open}");
        }
        for closed in [
            "",
            "header=\"'''\"\n",
            "# a '''mark\nx",
            "MARK = '\"\"\"'\n",
            "'''one''' + \"\"\"two\"\"\"",
            "x = 'never closed\ny = 2",
            "re.compile(r\"('''|\\\"\\\"\\\")\")\n",
            "''\n\"\"\n'a' \"b\"",
            "'\\",
            "\"\"\"a\\\"\"\"\"",
        ] {
            assert!(!is_open(closed.as_bytes()), "{closed}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(text in "(\"|'|#|\\\\|\n|a|\"\"\"|''')*") {
            let marks = ["\"\"\"", "'''"].map(|mark| text.contains(mark));
            proptest::prop_assert!(!is_open(text.as_bytes()) || marks.contains(&true));
        }
    }
}
