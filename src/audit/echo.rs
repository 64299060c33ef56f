// SPDX-License-Identifier: Apache-2.0
//! Secrets of one text wherever they stand in it: a rule finds a value beside its name, and the same
//! value stands again in a comment, in a second flag, in a path.

use crate::model::ByteSpan;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// Shorter values stand in words that are none.
const SHORTEST: usize = 6;
/// Longer ones (keys over many lines) are known by this much of them.
const LONGEST: usize = 256;
/// Distinct values that are looked for.
const MOST: usize = 4096;

/// What no snippet of a text may show.
#[derive(Debug)]
pub(super) struct Secrets {
    /// In order.
    spans: Vec<ByteSpan>,
    /// Up to each of them the furthest end.
    ends: Vec<usize>,
    /// Finds the values again; made when the first snippet is.
    values: OnceCell<Option<AhoCorasick>>,
}

impl Secrets {
    /// What rules found.
    pub(super) fn new(mut spans: Vec<ByteSpan>) -> Self {
        spans.sort_unstable();
        let mut furthest = 0;
        let ends = spans.iter().map(|span| {
            furthest = span.end.max(furthest);
            furthest
        });
        Self {
            ends: ends.collect(),
            spans,
            values: OnceCell::new(),
        }
    }

    /// What was found in a line, and at most a little around it.
    pub(super) fn on(&self, line: ByteSpan) -> &[ByteSpan] {
        let from = self.ends.partition_point(|end| *end <= line.start);
        let to = self.spans.partition_point(|span| span.start < line.end);
        &self.spans[from.min(to)..to]
    }

    /// What is secret in a part of `text`: what was found there, and what was found elsewhere and
    /// stands there too.
    pub(super) fn within(&self, text: &[u8], part: Range<usize>) -> Vec<ByteSpan> {
        let mut all = self.on(ByteSpan::new(part.start, part.end)).to_vec();
        if let Some(values) = self.values.get_or_init(|| automaton(text, &self.spans)) {
            // A value may begin before the part, or end behind it.
            let wide = part.start.saturating_sub(LONGEST)..text.len().min(part.end + LONGEST);
            let found = values.find_iter(&text[wide.clone()]);
            let found = found.map(|m| ByteSpan::new(wide.start + m.start(), wide.start + m.end()));
            all.extend(found.filter(|span| span.start < part.end && span.end > part.start));
        }
        all
    }
}

fn automaton(text: &[u8], spans: &[ByteSpan]) -> Option<AhoCorasick> {
    let values = spans.iter().filter_map(|span| text.get(span.range()));
    let values: BTreeSet<&[u8]> = values
        .map(|value| &value[..value.len().min(LONGEST)])
        .filter(|value| value.len() >= SHORTEST)
        .take(MOST)
        .collect();
    if values.is_empty() {
        return None;
    }
    // A snippet is short: a quicker automaton would take longer to make than it saves.
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .prefilter(false)
        .match_kind(MatchKind::LeftmostLongest)
        .build(values)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_secret_wherever_it_stands() {
        let text = b"a=hunter-22 hunter-22\nb=hunter-22 c=xy xy\n";
        let secrets = Secrets::new(vec![ByteSpan::new(2, 11), ByteSpan::new(36, 38)]);
        let within = |part: Range<usize>| {
            let mut spans = secrets.within(text, part);
            spans.sort_unstable();
            spans.dedup();
            spans
        };
        let first = [ByteSpan::new(2, 11), ByteSpan::new(12, 21)];
        assert_eq!(within(0..21), first);
        // Two letters are no secret elsewhere.
        let second = [ByteSpan::new(24, 33), ByteSpan::new(36, 38)];
        assert_eq!(within(22..41), second);
        assert_eq!(Secrets::new(Vec::new()).within(text, 0..21), []);
    }
}
