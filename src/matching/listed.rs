// SPDX-License-Identifier: Apache-2.0
//! What can be read in a part of a text that holds lists: a paragraph or an item by itself, or behind a
//! text above it that leads into its list.

use super::gist::said;
use super::paragraph::{Layout, body};
use super::sentence::{is_quoted, item_length};
use super::stops::{sentence, sentences_with};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// More texts that may lead into an item are not told apart.
const LEADS: usize = 64;

/// A paragraph or an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
    /// How far its item is indented, if it is one.
    indent: Option<usize>,
    /// It is no part of a list, nor of a quotation.
    at_margin: bool,
}

/// What may be read in a paragraph or an item that holds keywords.
pub(super) struct Reading<'k> {
    /// The texts that may lead into it, made plain.
    pub(super) leads: Vec<Vec<u8>>,
    /// Its sentences that hold keywords.
    pub(super) sentences: Vec<Sentence<'k>>,
}

/// One of them.
pub(super) struct Sentence<'k> {
    pub(super) keywords: &'k [Range<usize>],
    /// Made plain, in each way that it may be read.
    pub(super) own: Vec<Vec<u8>>,
}

impl Sentence<'_> {
    /// The sentence behind each of these, and by itself.
    pub(super) fn said<'a>(&'a self, leads: &'a [Vec<u8>]) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let own = || self.own.iter();
        let behind = leads
            .iter()
            .flat_map(move |lead| own().map(move |own| Cow::Owned(joined(lead, own))));
        behind.chain(own().map(|own| Cow::Borrowed(&own[..])))
    }
}

/// All that may be read around `keywords` in a part of a text. `None` where lists stand in lists, or where
/// that cannot be told.
pub(super) fn readings<'k>(
    text: &[u8],
    part: &Range<usize>,
    layout: Layout,
    keywords: &'k [Range<usize>],
) -> Option<Vec<Reading<'k>>> {
    let pieces = pieces(text, part, layout)?;
    let mut all = Vec::new();
    let mut rest = keywords;
    for (at, own) in pieces.iter().enumerate() {
        // A keyword may begin with the line end, the mark or the quote before the text.
        let inside = rest.iter().take_while(|keyword| keyword.start < own.end);
        let (inside, behind) = rest.split_at(inside.count());
        rest = behind;
        if inside.is_empty() {
            continue;
        }
        // Behind text at the margin nothing further above leads into anything.
        let margin = pieces[..at].iter().rposition(|piece| piece.at_margin);
        let above = &pieces[margin.unwrap_or(0)..at];
        let indents = above.iter().filter_map(|piece| piece.indent);
        let outer: BTreeSet<_> = indents
            .filter(|indent| Some(*indent) < own.indent)
            .collect();
        if outer.len() > 1 {
            return None;
        }
        let mut leads: Vec<Vec<u8>> = Vec::new();
        for lead in above {
            let Some(lead) = lead_of(text, lead) else {
                continue;
            };
            let first = leads.len();
            for lead in said(&text[lead])? {
                // An item leads on what led into its own list.
                let longer = leads[..first].iter().filter(|_| !outer.is_empty());
                let longer: Vec<_> = longer.map(|first| joined(first, &lead)).collect();
                leads.push(lead);
                leads.extend(longer);
            }
            if leads.len() > LEADS {
                return None;
            }
        }
        let sentences = sentences_with(text, own.start..own.end, inside);
        let sentences = sentences.map(|(sentence, keywords)| {
            let own = said(&text[sentence])?;
            Some(Sentence { keywords, own })
        });
        let sentences = sentences.collect::<Option<_>>()?;
        all.push(Reading { leads, sentences });
    }
    Some(all)
}

/// The last sentence of a paragraph or an item, where it may lead into what stands below, as far as its
/// end tells.
fn lead_of(text: &[u8], piece: &Piece) -> Option<Range<usize>> {
    let own = text[piece.start..piece.end].trim_ascii_end();
    let end = piece.start + own.len();
    let last = own.last()?;
    let part = piece.start..end;
    let sentence = sentence(text, &part, &(end - 1..end));
    let open = !b".!?;".contains(last);
    let leads = open || memchr::memmem::find(&text[sentence.clone()], b"following").is_some();
    leads.then_some(sentence)
}

/// Two plain texts, one behind the other.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    [first.trim_ascii_end(), b" ", second.trim_ascii_start()].concat()
}

fn pieces(text: &[u8], part: &Range<usize>, layout: Layout) -> Option<Vec<Piece>> {
    let leaders = layout.leaders()?;
    let mut pieces: Vec<Piece> = Vec::new();
    // Whether the line before belongs to the last piece, and whether it was quoted.
    let (mut open, mut quoted) = (false, false);
    let mut start = part.start;
    for line in text[part.clone()].split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        let text = body(line, leaders);
        let indent = line.len() - text.len();
        let was_quoted = std::mem::replace(&mut quoted, is_quoted(text));
        let inner = match quoted {
            true => body(text, b">"),
            false => text,
        };
        let length = item_length(inner);
        // In code this may add one string to another.
        if length.is_some() && inner.first() == Some(&b'+') && !leaders.is_empty() {
            return None;
        }
        if inner.trim_ascii().is_empty() {
            open = false;
        } else if open && length.is_none() && (was_quoted || !quoted) {
            if let Some(last) = pieces.last_mut() {
                last.end = end;
            }
        } else {
            pieces.push(Piece {
                start: end - inner.len() + length.unwrap_or(0),
                end,
                indent: length.map(|_| indent),
                // Where marks lead lines, they hide how far text is indented.
                at_margin: leaders.is_empty() && length.is_none() && line[0].is_ascii_alphabetic(),
            });
            open = true;
        }
        start = end;
    }
    Some(pieces)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::classify::Kind;

    fn read(kind: &str, text: &str) -> Option<Vec<String>> {
        let layout = Layout::of(Kind::named(kind).unwrap());
        let keywords = text.match_indices("KEY");
        let keywords: Vec<_> = keywords.map(|(at, found)| at..at + found.len()).collect();
        let all = readings(text.as_bytes(), &(0..text.len()), layout, &keywords)?;
        let plain = |said: Vec<u8>| String::from_utf8(said).unwrap().trim().to_owned();
        let of = |one: &Reading<'_>| {
            let said = one.sentences.iter().flat_map(|own| own.said(&one.leads));
            said.map(|said| plain(said.into_owned()))
                .collect::<Vec<_>>()
        };
        Some(all.iter().flat_map(of).collect())
    }

    #[test]
    fn an_item_is_read_behind_what_stands_above_it() {
        let text = "It can:\n\n- a\n  b\n1. KEY\n   c\n\nEnd.\n";
        let expected = ["it can key c", "a b key c", "key c"];
        assert_eq!(read("markdown", text).unwrap(), expected);
        let text = "# It can:\n#  - a\n#\n#  - KEY\n#    c\n";
        let expected = ["it can key c", "a key c", "key c"];
        assert_eq!(read("python", text).unwrap(), expected);
    }

    #[test]
    fn what_ends_in_a_full_stop_leads_into_nothing() {
        let text = "One. Two:\n\n- a.\n- KEY bee. KEY c\n";
        let expected = ["two key bee", "key bee", "two key c", "key c"];
        assert_eq!(read("markdown", text).unwrap(), expected);
        let text = "Of the following.\n\n- KEY\n";
        assert_eq!(
            read("markdown", text).unwrap(),
            ["of the following key", "key"]
        );
    }

    #[test]
    fn an_item_leads_on() {
        let text = "It can\n\n- do\n  - KEY\n";
        assert_eq!(
            read("markdown", text).unwrap(),
            ["it can key", "do key", "it can do key", "key"]
        );
    }

    #[test]
    fn a_quotation_is_one_text() {
        let text = "- a\n\nHe says\n> one\n> KEY\nthree\n> - four";
        let expected = ["he says one key three", "one key three"];
        assert_eq!(read("markdown", text).unwrap(), expected);
        let text = "> - one\n> - KEY";
        assert_eq!(read("markdown", text).unwrap(), ["one key", "key"]);
    }

    #[test]
    fn a_keyword_may_begin_before_its_text() {
        let text = "- a\n-  KEY";
        let layout = Layout::of(Kind::named("markdown").unwrap());
        for at in 4..7 {
            let keyword = at..at + 4;
            let all = readings(
                text.as_bytes(),
                &(0..text.len()),
                layout,
                std::slice::from_ref(&keyword),
            )
            .unwrap();
            let said: Vec<_> = all[0].sentences[0].said(&all[0].leads).collect();
            assert_eq!(said, [&b"a key"[..], b"key"], "{at}");
        }
    }

    #[test]
    fn what_cannot_be_told() {
        assert_eq!(read("markdown", "- It can\n  - do\n    - KEY"), None);
        assert_eq!(read("java", "a = \"x\"\n + \"KEY\""), None);
        assert_eq!(read("yaml", "- KEY"), None);
        assert_eq!(read("markdown", "- a ![b](c) KEY"), None);
    }
}
