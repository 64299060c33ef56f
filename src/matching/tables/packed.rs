// SPDX-License-Identifier: Apache-2.0
//! Tables as one run of bytes and back.

use super::{Keywords, Sampled, Table, Tables};
use std::borrow::Cow;

/// Lines of the processor's caches: where parts begin.
const LINE: usize = 64;
/// Parts of all tables.
const PARTS: usize = 20;

impl Table {
    fn parts(&self) -> [&[u8]; 8] {
        let Keywords { text, ends, rules } = &self.keywords;
        let sampled = &self.sampled;
        [
            text,
            ends.as_flattened(),
            rules.as_flattened(),
            sampled.first.as_flattened(),
            sampled.second.as_flattened(),
            sampled.starts.as_flattened(),
            sampled.grams.as_flattened(),
            sampled.tiny.as_flattened(),
        ]
    }

    fn of_parts(parts: [&'static [u8]; 8]) -> Self {
        let [text, ends, rules, first, second, starts, grams, tiny] = parts;
        Self {
            keywords: Keywords {
                text: Cow::Borrowed(text),
                ends: chunks(ends),
                rules: chunks(rules),
            },
            sampled: Sampled {
                first: chunks(first),
                second: chunks(second),
                starts: chunks(starts),
                grams: chunks(grams),
                tiny: chunks(tiny),
            },
        }
    }
}

impl Tables {
    /// All of them in one: the lengths of the parts, then the parts, each from the start of a line.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let [content, names] = [self.content.parts(), self.names.parts()];
        let lists = [&self.apart, &self.everywhere, &self.every_name, &self.head];
        let lists = lists.map(|list| list.as_flattened());
        let parts = || content.iter().chain(&names).chain(&lists);
        let mut out: Vec<u8> = parts()
            .flat_map(|part| (part.len() as u32).to_le_bytes())
            .collect();
        for part in parts() {
            out.resize(out.len().next_multiple_of(LINE), 0);
            out.extend_from_slice(part);
        }
        out
    }

    /// What [`Tables::packed`] has packed; nothing of anything else.
    pub(crate) fn read(packed: &'static [u8]) -> Option<Self> {
        let (lengths, _) = packed.as_chunks::<4>();
        let mut start = 4 * PARTS;
        let mut parts = [[].as_slice(); PARTS];
        for (part, length) in parts.iter_mut().zip(lengths) {
            start = start.next_multiple_of(LINE);
            let end = start + u32::from_le_bytes(*length) as usize;
            *part = packed.get(start..end)?;
            start = end;
        }
        let (content, rest) = parts.split_first_chunk()?;
        let (names, lists) = rest.split_first_chunk()?;
        let [apart, everywhere, every_name, head] = lists.first_chunk()?.map(chunks);
        let tables = Self {
            content: Table::of_parts(*content),
            names: Table::of_parts(*names),
            apart,
            everywhere,
            every_name,
            head,
        };
        (start == packed.len()).then_some(tables)
    }
}

fn chunks<const N: usize>(bytes: &'static [u8]) -> Cow<'static, [[u8; N]]> {
    Cow::Borrowed(bytes.as_chunks().0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::Asks;
    use super::super::words::words;
    use super::*;

    #[test]
    fn what_is_packed_is_read_back() {
        let asks = |keywords: &[&'static str], of_names, of_few| {
            let keywords = keywords.to_vec();
            Some(Asks {
                keywords,
                of_names,
                of_few,
            })
        };
        let rules = [
            asks(&["token", "ab"], false, false),
            None,
            asks(&["id_rsa"], true, false),
            asks(&["x"], false, true),
            asks(&[""], false, true),
            asks(&[], true, true),
        ];
        let made = Tables::of(rules.into_iter(), "Watched").unwrap();
        let packed: &'static [u8] = Vec::leak(made.packed());
        let read = Tables::read(packed).unwrap();
        assert_eq!(read.packed(), packed);
        assert_eq!(format!("{read:?}"), format!("{made:?}"));
        assert_eq!(read.apart, words([3]));
        assert_eq!(read.everywhere, words([4]));
        assert_eq!(read.every_name, words([5]));
        assert!(read.are_of(6, "watched") && !read.are_of(5, "watched"));
        assert!(!read.are_of(6, "token") && !read.are_of(6, ""));
        for end in [0, 50, packed.len() - 1] {
            assert!(Tables::read(&packed[..end]).is_none(), "{end}");
        }
    }
}
