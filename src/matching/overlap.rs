// SPDX-License-Identifier: Apache-2.0
//! One secret, one finding: a generic rule's hit gives way to a specific one's.

use super::Hit;
use crate::model::ByteSpan;

/// Drops every hit of a rule that `yields` when another rule's hit shares a byte with it; of those that yield,
/// the one of highest `rank` stays on the same bytes, and of equals the first. Only hits from index `first`
/// on are looked at; they are in order of place.
pub(super) fn give_way<R: Ord>(
    hits: &mut Vec<Hit>,
    first: usize,
    yields: impl Fn(usize) -> bool,
    rank: impl Fn(&Hit) -> R,
) {
    if !hits[first..].iter().any(|hit| yields(hit.rule)) {
        return;
    }
    let firm = Cover::new(
        hits[first..]
            .iter()
            .filter(|hit| !yields(hit.rule))
            .map(|hit| hit.hit),
    );
    // Where the last one stands that yields and stays.
    let mut last: Option<usize> = None;
    for hit in hits.split_off(first) {
        if !yields(hit.rule) {
            hits.push(hit);
            continue;
        }
        if firm.overlaps(hit.hit) {
            continue;
        }
        match last.filter(|at| hits[*at].hit.overlaps(hit.hit)) {
            Some(at) if rank(&hit) > rank(&hits[at]) => hits[at] = hit,
            Some(_) => {}
            None => {
                last = Some(hits.len());
                hits.push(hit);
            }
        }
    }
    hits[first..].sort_by_key(|hit| (hit.span, hit.rule));
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
    use crate::model::Severity;
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
            proved: false,
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
        give_way(&mut hits, 1, |rule| rule == 0, |_| 0);
        let left: Vec<_> = hits.iter().map(|h| (h.rule, h.hit.start)).collect();
        assert_eq!(left, [(0, 0), (1, 0), (0, 10), (1, 30)]);
    }

    #[test]
    fn of_those_that_yield_the_one_of_most_weight_stays() {
        let hit = |rule, start, severity| Hit {
            rule,
            span: ByteSpan::new(start, start + 8),
            hit: ByteSpan::new(start, start + 8),
            severity: Some(severity),
            confidence: None,
            proved: false,
        };
        let (medium, critical) = (Severity::Medium, Severity::Critical);
        let mut hits = vec![
            hit(0, 0, medium),
            hit(1, 2, critical),
            hit(2, 4, medium),
            hit(2, 20, critical),
        ];
        give_way(&mut hits, 0, |_| true, |hit| hit.severity);
        let left: Vec<_> = hits.iter().map(|h| (h.rule, h.hit.start)).collect();
        assert_eq!(left, [(1, 2), (2, 20)]);
    }
}
