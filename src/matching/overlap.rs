// SPDX-License-Identifier: Apache-2.0
//! One secret, one finding: a generic rule's hit gives way to a specific one's.

use super::Hit;
use crate::model::ByteSpan;

/// Drops every hit of a rule that `yields` when another rule's hit shares a byte with it.
/// Only hits from index `first` on are looked at; they are in order of place.
pub(super) fn give_way(hits: &mut Vec<Hit>, first: usize, yields: impl Fn(usize) -> bool) {
    if !hits[first..].iter().any(|hit| yields(hit.rule)) {
        return;
    }
    let firm = Cover::new(
        hits[first..]
            .iter()
            .filter(|hit| !yields(hit.rule))
            .map(|hit| hit.hit),
    );
    let mut last = None;
    let mut index = 0;
    hits.retain(|hit| {
        index += 1;
        if index <= first || !yields(hit.rule) {
            return true;
        }
        // Among those that yield, the first on the same bytes stays.
        let again = last
            .replace(hit.hit)
            .is_some_and(|before| hit.hit.overlaps(before));
        !again && !firm.overlaps(hit.hit)
    });
}

/// Many spans, asked about one at a time: a file may hold a hundred thousand hits, so a question
/// must not walk all of them.
struct Cover {
    /// Starts in order, each with the furthest end so far.
    reach: Vec<(usize, usize)>,
}

impl Cover {
    fn new(spans: impl Iterator<Item = ByteSpan>) -> Self {
        let mut reach: Vec<_> = spans.map(|span| (span.start, span.end)).collect();
        reach.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut reach {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self { reach }
    }

    /// Whether one of the spans overlaps this one.
    fn overlaps(&self, span: ByteSpan) -> bool {
        let before = self.reach.partition_point(|&(start, _)| start < span.end);
        before > 0 && self.reach[before - 1].1 > span.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cover_answers_as_its_spans_do(
            spans in prop::collection::vec((0usize..60, 0usize..9), 0..20),
            asked in (0usize..60, 0usize..9),
        ) {
            let span = |(start, length): (usize, usize)| ByteSpan::new(start, start + length);
            let cover = Cover::new(spans.iter().copied().map(span));
            let any = spans.iter().any(|&one| span(one).overlaps(span(asked)));
            prop_assert_eq!(cover.overlaps(span(asked)), any);
        }
    }

    #[test]
    fn a_generic_hit_gives_way_to_a_specific_one_only_where_they_overlap() {
        let hit = |rule, start, end| Hit {
            rule,
            span: ByteSpan::new(start, end),
            hit: ByteSpan::new(start, end),
            severity: None,
            confidence: None,
        };
        // Rule 0 yields; the first hit belongs to an earlier call.
        let mut hits = vec![
            hit(0, 0, 9),
            hit(1, 0, 4),
            hit(0, 2, 6),
            hit(0, 10, 20),
            hit(0, 12, 22),
            hit(1, 30, 40),
        ];
        give_way(&mut hits, 1, |rule| rule == 0);
        let left: Vec<_> = hits.iter().map(|h| (h.rule, h.hit.start)).collect();
        assert_eq!(left, [(0, 0), (1, 0), (0, 10), (1, 30)]);
    }
}
