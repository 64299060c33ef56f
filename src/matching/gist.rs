// SPDX-License-Identifier: Apache-2.0
//! What a claim comes down to: its words in their order, without what stands between them. Where a
//! paragraph does not hold these, as it stands in the file, no sentence of it makes the claim, and the
//! file need not be cut into sentences.
//!
//! Both sides are made plain in one way. Of a text are kept ASCII letters in lower case and digits; a
//! space stands for what parts words, and nothing for what may stand inside them or be markup. In a
//! pattern a space may be left out, and so may a character that a text would lose.

use super::reduce::LOST;
use super::sentence::entity;

/// How far what ends a tag or a target of a link is looked for, as where these are read.
const TAG: usize = 400;
const TARGET: usize = 2_000;

/// A paragraph made plain, as prose and as what stands in strings; `None` where its words may be read in
/// another order than they stand in.
pub(super) fn said(paragraph: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (whole, has_markup) = read(paragraph, false)?;
    if !has_markup {
        return Some(vec![whole]);
    }
    let (prose, _) = read(paragraph, true)?;
    let mut all = vec![prose, whole];
    all.dedup();
    Some(all)
}

/// What a byte is to a plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Letter,
    Space,
    Lost,
    /// It depends on what stands beside it.
    Open,
}

const SIGNS: [Sign; 256] = {
    let mut signs = [Sign::Space; 256];
    let mut at = 0;
    while at < signs.len() {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            signs[at] = Sign::Letter;
        } else if !byte.is_ascii() {
            signs[at] = Sign::Lost;
        }
        at += 1;
    }
    let mut at = 0;
    while at < LOST.len() {
        signs[LOST[at] as usize] = Sign::Lost;
        at += 1;
    }
    // The last two begin letters that fold to ASCII ones.
    let open = b"&\\!+[]<:\"'`\xc5\xe2";
    let mut at = 0;
    while at < open.len() {
        signs[open[at] as usize] = Sign::Open;
        at += 1;
    }
    signs
};

/// A paragraph made plain, with markup or without, and whether it has any; `None` as [`said`].
fn read(paragraph: &[u8], leave_out: bool) -> Option<(Vec<u8>, bool)> {
    let mut out = Vec::with_capacity(paragraph.len());
    let mut has_markup = false;
    let mut at = 0;
    while let Some(&byte) = paragraph.get(at) {
        match SIGNS[usize::from(byte)] {
            // Digits have the bit that tells small letters already.
            Sign::Letter => out.push(byte | 0x20),
            Sign::Space => space(&mut out),
            Sign::Lost => {}
            Sign::Open => {
                if let Some(markup) = markup(paragraph, at) {
                    has_markup = true;
                    if leave_out {
                        out.truncate(out.len() - markup.before);
                        at += markup.length;
                        if byte == b'<' {
                            space(&mut out);
                        }
                        continue;
                    }
                }
                let next = paragraph.get(at + 1).copied().unwrap_or_default();
                match byte {
                    b'&' => {
                        if let Some((length, character)) = entity(&paragraph[at..]) {
                            has_markup = true;
                            if leave_out {
                                if character.is_ascii() && !LOST.contains(&(character as u8)) {
                                    space(&mut out);
                                }
                                at += length;
                                continue;
                            }
                        }
                        space(&mut out);
                    }
                    b'\\' if b"nrt".contains(&next) => {
                        at += 1;
                        space(&mut out);
                    }
                    b'"' | b'\'' | b'`' => out.truncate(out.len() - prefix(&paragraph[..=at])),
                    _ if reads_otherwise(&paragraph[at..]) => return None,
                    _ if byte.is_ascii() && !LOST.contains(&byte) => space(&mut out),
                    _ => {}
                }
            }
        }
        at += 1;
    }
    Some((out, has_markup))
}

/// Whether a text begins with a mark of what reads otherwise than it stands: images, notes, tables of
/// several lines a cell, escapes; and letters beyond ASCII that fold to ASCII ones.
fn reads_otherwise(text: &[u8]) -> bool {
    let [first, next, rest @ ..] = text else {
        return false;
    };
    match first {
        b'!' => *next == b'[',
        b'[' => *next == b'^',
        b'+' => *next == b'-',
        b'\\' => b"ux".contains(next),
        0xc5 => *next == 0xbf,
        0xe2 => *next == 0x84 && rest.first() == Some(&0xaa),
        _ => false,
    }
}

/// What is no prose around a place.
struct Markup {
    /// Bytes before it.
    before: usize,
    /// Bytes from it on.
    length: usize,
}

/// A tag, a link's target or an address whose first mark stands at a place.
fn markup(text: &[u8], at: usize) -> Option<Markup> {
    let (above, text) = text.split_at(at);
    let closed = |by: u8, within: usize| {
        let near = &text[..text.len().min(within)];
        memchr::memchr(by, near).map(|at| at + 1)
    };
    let (before, length) = match text {
        [b'<', next, ..] if next.is_ascii_alphabetic() || b"/!".contains(next) => {
            (0, closed(b'>', TAG)?)
        }
        [b']', b'(', ..] => (0, closed(b')', TARGET)?),
        [b']', b'[', rest @ ..] => {
            let near = &rest[..rest.len().min(TARGET)];
            (0, memchr::memchr(b']', near)? + 3)
        }
        [b':', b'/', b'/', ..] => {
            let scheme = [&b"https"[..], b"http"]
                .into_iter()
                .find(|name| above.ends_with(name))?;
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b")>]\"".contains(byte);
            (
                scheme.len(),
                text.iter().position(ends).unwrap_or(text.len()),
            )
        }
        _ => return None,
    };
    Some(Markup { before, length })
}

fn space(out: &mut Vec<u8>) {
    if out.last() != Some(&b' ') {
        out.push(b' ');
    }
}

/// How many letters before the quote that the text ends with belong to it, as in `"one" f"two"`.
fn prefix(text: &[u8]) -> usize {
    let quote = |byte: &u8| b"\"'`".contains(byte);
    let Some((_, before)) = text.split_last().filter(|(last, _)| quote(last)) else {
        return 0;
    };
    let letters = before.iter().rev().take_while(|b| b.is_ascii_alphabetic());
    let count = letters.take(3).count();
    let outer = before[..before.len() - count].trim_ascii_end();
    let outer = outer.strip_suffix(b"+").unwrap_or(outer).trim_ascii_end();
    let joined = count < 3 && outer.len() + count < before.len();
    if joined && outer.last().is_some_and(quote) {
        count
    } else {
        0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::claim_pattern::ClaimPattern;
    use super::super::reach::Reach;
    use super::super::reduce::Part;
    use super::super::samples::statements;
    use super::*;

    fn may_say(pattern: &str, text: &str) -> bool {
        let pattern = ClaimPattern::new(pattern);
        let may = |said: &Vec<u8>| {
            let said = Reach::new(said);
            let parts = [Part::Gist, Part::GistOfHit];
            parts
                .iter()
                .all(|part| pattern.reaches(*part, said.as_ref()))
        };
        said(text.as_bytes()).is_none_or(|all| all.iter().any(may))
    }

    #[test]
    fn words_in_their_order() {
        let pattern = r"\bguarantees? (?:[\w'-]+ ){0,2}(?:security|Bug-?freedom)(?:[.,]|$)";
        for text in [
            "It guarantees\n// full security.",
            "GUARANTEE the user's\u{a0}**security**",
            "guarantee bug-freedom",
            "\"It guarantees \"\n  f\"security\"",
            "'it guarantees ' + \"security\"",
            "\"\\nguarantees\\nsecurity\"",
            "it guarantees well-known, user's - security",
        ] {
            assert!(may_say(pattern, text), "{text}");
        }
        for text in [
            "security is no guarantee",
            "it guarantees what we all want: security",
        ] {
            assert!(!may_say(pattern, text), "{text}");
        }
    }

    #[test]
    fn what_reads_otherwise_is_not_judged() {
        for text in [
            "a ![b](c)",
            "a[^1]",
            "+--+",
            "\\u0061",
            "\u{212a}",
            "\u{17f}",
        ] {
            assert_eq!(said(text.as_bytes()), None, "{text}");
        }
        assert_eq!(said(b"a < b && c, D-e").unwrap(), [b"a b c de"]);
    }

    #[test]
    fn markup_is_read_and_left_out() {
        let plain = |text: &str| {
            let all = said(text.as_bytes()).unwrap();
            all.into_iter()
                .map(|one| String::from_utf8(one).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(plain("a [b](c) d"), ["a b d", "a b c d"]);
        assert_eq!(plain("a [b][c] d"), ["a b d", "a bc d"]);
        assert_eq!(plain("a <i>b</i>"), ["a b ", "a i b i "]);
        assert_eq!(
            plain("see https://a.b/c) d"),
            ["see d", "see https a b c d"]
        );
        assert_eq!(plain("if a <b"), ["if a b"]);
        assert_eq!(
            plain("a&nbsp;b &amp; c&rsquo;s &x;"),
            ["a b cs x ", "a nbsp b amp c rsquo s x "]
        );
    }

    #[test]
    fn every_example_of_our_rules_has_the_gist_of_a_pattern() {
        let mut seen = 0;
        for (rule, statement) in statements() {
            for source in statement.any_of.iter() {
                let pattern = super::super::claim_pattern::compile(source).unwrap();
                for example in rule.matches().iter().chain(rule.no_matches()) {
                    let text = example.text();
                    if pattern.is_match(text.as_str()) {
                        assert!(may_say(source, &text), "{source}: {text}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
