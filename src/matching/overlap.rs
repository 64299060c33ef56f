// SPDX-License-Identifier: Apache-2.0
//! One secret, one finding: a generic rule's hit gives way to a specific one's.

use super::Hit;

/// Drops every hit of a rule that `yields` when another rule's hit shares a byte with it.
/// Hits are in order of place.
pub(super) fn give_way(hits: &mut Vec<Hit>, yields: impl Fn(usize) -> bool) {
    if !hits.iter().any(|hit| yields(hit.rule)) {
        return;
    }
    let firm: Vec<_> = hits
        .iter()
        .filter(|hit| !yields(hit.rule))
        .map(|hit| hit.hit)
        .collect();
    let mut last = None;
    hits.retain(|hit| {
        if !yields(hit.rule) {
            return true;
        }
        // Among those that yield, the first on the same bytes stays.
        let again = last
            .replace(hit.hit)
            .is_some_and(|before| hit.hit.overlaps(before));
        !again && !firm.iter().any(|other| other.overlaps(hit.hit))
    });
}
