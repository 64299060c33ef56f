// SPDX-License-Identifier: Apache-2.0
//! Which rules a keyword calls.

/// Keywords as they are found in rules.
#[derive(Debug, Default)]
pub(super) struct Calls {
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

/// By the number of a keyword its length and the rules that it calls.
#[derive(Debug, Default)]
pub(super) struct Called {
    keywords: Vec<Keyword>,
    rules: Vec<u32>,
}

#[derive(Debug)]
struct Keyword {
    length: usize,
    /// Where its rules end; they begin where those of the keyword before it end.
    end: usize,
}

impl Calls {
    /// Adds a keyword that calls a rule, or that is only looked for.
    pub(super) fn add(&mut self, keyword: &str, rule: Option<usize>) {
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
            rule: rule.map(|rule| rule as u32),
        });
    }

    /// The keywords in order, each once, and whom they call; a keyword's number is its place.
    pub(super) fn sort(&mut self) -> (Vec<&[u8]>, Called) {
        let Self { text, all } = self;
        let text: &[u8] = text;
        let word = |call: &Call| &text[call.start..call.end];
        all.sort_unstable_by(|a, b| {
            let words = a.head.cmp(&b.head).then_with(|| word(a).cmp(word(b)));
            words.then(a.rule.cmp(&b.rule))
        });
        let (mut words, mut called) = (Vec::with_capacity(all.len()), Called::default());
        called.rules.reserve_exact(all.len());
        for same in all.chunk_by(|a, b| a.head == b.head && word(a) == word(b)) {
            let first = called.rules.len();
            for rule in same.iter().filter_map(|call| call.rule) {
                if called.rules[first..].last() != Some(&rule) {
                    called.rules.push(rule);
                }
            }
            let word = word(&same[0]);
            words.push(word);
            called.keywords.push(Keyword {
                length: word.len(),
                end: called.rules.len(),
            });
        }
        (words, called)
    }
}

impl Called {
    /// A keyword's length.
    pub(super) fn length(&self, keyword: u32) -> usize {
        self.keywords[keyword as usize].length
    }

    /// The rules that a keyword calls, each once, in order.
    pub(super) fn rules(&self, keyword: u32) -> impl Iterator<Item = usize> + '_ {
        let keyword = keyword as usize;
        let start = keyword.checked_sub(1).map_or(0, |at| self.keywords[at].end);
        let rules = &self.rules[start..self.keywords[keyword].end];
        rules.iter().map(|&rule| rule as usize)
    }
}

#[cfg(test)]
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
        let (words, called) = calls.sort();
        let known: Vec<(&[u8], usize, Vec<usize>)> = (0..)
            .zip(&words)
            .map(|(at, word)| (*word, called.length(at), called.rules(at).collect()))
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
    }
}
