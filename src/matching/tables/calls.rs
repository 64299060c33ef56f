// SPDX-License-Identifier: Apache-2.0
//! Keywords, and which rules each calls.

use super::words::{Words, number, words};
use std::borrow::Cow;

/// Keywords as they are found in rules.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// All keywords in lower case, one after the other.
    text: Vec<u8>,
    all: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    /// The keyword's first eight bytes, which tell it apart from most others.
    head: u64,
    start: usize,
    end: usize,
    rule: Option<u32>,
}

/// Keywords, each once and in order, and whom they call; a keyword's number is its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keywords {
    /// One after the other, in lower case.
    pub(super) text: Cow<'static, [u8]>,
    /// Where each ends, and where its rules do; they begin where those of the keyword before it end.
    pub(super) ends: Cow<'static, [[u8; 8]]>,
    pub(super) rules: Words,
}

/// Texts of keywords.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    text: &'a [u8],
    ends: &'a [[u8; 8]],
}

impl Calls {
    /// Adds a keyword that calls a rule, or that is only looked for.
    pub(crate) fn add(&mut self, keyword: &str, rule: Option<u32>) {
        let start = self.text.len();
        self.text.extend_from_slice(keyword.as_bytes());
        let lower = &mut self.text[start..];
        lower.make_ascii_lowercase();
        let mut head = [0; 8];
        let known = lower.len().min(head.len());
        head[..known].copy_from_slice(&lower[..known]);
        self.all.push(Call {
            head: u64::from_be_bytes(head),
            start,
            end: self.text.len(),
            rule,
        });
    }

    /// The keywords in order.
    ///
    /// # Errors
    /// They are more than tables can hold.
    pub(crate) fn sort(self) -> Result<Keywords, String> {
        let Self { text, mut all } = self;
        let word = |call: &Call| &text[call.start..call.end];
        all.sort_unstable_by(|a, b| {
            let words = a.head.cmp(&b.head).then_with(|| word(a).cmp(word(b)));
            words.then(a.rule.cmp(&b.rule))
        });
        let mut sorted = Vec::with_capacity(text.len());
        let (mut ends, mut rules) = (Vec::with_capacity(all.len()), Vec::new());
        rules.reserve_exact(all.len());
        for same in all.chunk_by(|a, b| a.head == b.head && word(a) == word(b)) {
            let first = rules.len();
            for rule in same.iter().filter_map(|call| call.rule) {
                if rules[first..].last() != Some(&rule) {
                    rules.push(rule);
                }
            }
            sorted.extend_from_slice(word(&same[0]));
            ends.push(pair(sorted.len(), rules.len())?);
        }
        Ok(Keywords {
            text: sorted.into(),
            ends: ends.into(),
            rules: words(rules),
        })
    }
}

impl Keywords {
    /// Keywords as they stand, which call nobody.
    #[cfg(test)]
    pub(crate) fn plain(words: &[Vec<u8>]) -> Self {
        let mut all = Self::default();
        for word in words {
            all.text.to_mut().extend_from_slice(word);
            let end = pair(all.text.len(), 0).expect("tests have few keywords");
            all.ends.to_mut().push(end);
        }
        all
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.ends.len() as u32
    }

    /// A keyword.
    #[inline]
    pub(crate) fn get(&self, keyword: u32) -> &[u8] {
        self.listed().get(keyword)
    }

    /// A keyword's length.
    #[inline]
    pub(crate) fn length(&self, keyword: u32) -> usize {
        self.get(keyword).len()
    }

    /// Their texts, to be asked for again and again.
    #[inline]
    pub(crate) fn listed(&self) -> Listed<'_> {
        Listed {
            text: &self.text,
            ends: &self.ends,
        }
    }

    /// The rules that a keyword calls, each once, in order.
    #[inline]
    pub(crate) fn rules(&self, keyword: u32) -> impl Iterator<Item = usize> + '_ {
        let [[_, start], [_, end]] = self.listed().around(keyword);
        let rules = &self.rules[start..end];
        rules.iter().map(|rule| number(Some(rule)) as usize)
    }

    /// The number of a keyword in order.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        let (mut from, mut to) = (0, self.count());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.get(middle).cmp(word.as_bytes()) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }
}

impl<'a> Listed<'a> {
    /// A keyword.
    #[inline(always)]
    pub(crate) fn get(self, keyword: u32) -> &'a [u8] {
        let [[start, _], [end, _]] = self.around(keyword);
        &self.text[start..end]
    }

    /// Where the keyword before this one ends, and where this one does.
    #[inline(always)]
    fn around(self, keyword: u32) -> [[usize; 2]; 2] {
        let keyword = keyword as usize;
        let before = match keyword.checked_sub(1) {
            Some(before) => split(&self.ends[before]),
            None => [0; 2],
        };
        [before, split(&self.ends[keyword])]
    }
}

#[inline(always)]
fn split(pair: &[u8; 8]) -> [usize; 2] {
    let pair = u64::from_le_bytes(*pair);
    [pair as u32 as usize, (pair >> 32) as usize]
}

fn pair(first: usize, second: usize) -> Result<[u8; 8], String> {
    let word = |number| u32::try_from(number).map_err(|_| "too many keywords".to_owned());
    let [first, second] = [word(first)?, word(second)?];
    Ok((u64::from(second) << 32 | u64::from(first)).to_le_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_in_any_case_is_one_and_calls_each_rule_once() {
        let mut calls = Calls::default();
        for (word, rule) in [
            ("token", Some(0)),
            ("passphrase-b", Some(0)),
            ("Token", Some(1)),
            ("passphrase-a", Some(1)),
            ("TOKEN", Some(1)),
            ("tok", Some(2)),
            ("watched", None),
            ("tok\0", Some(3)),
        ] {
            calls.add(word, rule);
        }
        let words = calls.sort().unwrap();
        let known: Vec<(&[u8], usize, Vec<usize>)> = (0..words.count())
            .map(|at| (words.get(at), words.length(at), words.rules(at).collect()))
            .collect();
        let expected: [(&[u8], usize, Vec<usize>); 6] = [
            (b"passphrase-a", 12, vec![1]),
            (b"passphrase-b", 12, vec![0]),
            (b"tok", 3, vec![2]),
            (b"tok\0", 4, vec![3]),
            (b"token", 5, vec![0, 1]),
            (b"watched", 7, vec![]),
        ];
        assert_eq!(known, expected);
        assert_eq!(words.find("token"), Some(4));
        assert_eq!(words.find("tokens").or(words.find("")), None);
    }
}
