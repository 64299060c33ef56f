// SPDX-License-Identifier: Apache-2.0
//! One secret, one finding: a generic rule's hit gives way to a specific one's.

use super::Hit;

/// Drops every hit of a rule that `yields` when another rule's hit shares a byte with it.
/// Only hits from index `first` on are looked at; they are in order of place.
pub(super) fn give_way(hits: &mut Vec<Hit>, first: usize, yields: impl Fn(usize) -> bool) {
    if !hits[first..].iter().any(|hit| yields(hit.rule)) {
        return;
    }
    let firm: Vec<_> = hits[first..]
        .iter()
        .filter(|hit| !yields(hit.rule))
        .map(|hit| hit.hit)
        .collect();
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
        !again && !firm.iter().any(|other| other.overlaps(hit.hit))
    });
}
