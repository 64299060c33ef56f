// SPDX-License-Identifier: Apache-2.0
//! How far two names lie apart.

/// How many edits make one text of another: a byte added, lost or changed, or two neighbours that changed places
/// (optimal string alignment).
pub fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.iter().enumerate() {
        let mut next = vec![at + 1; other.len() + 1];
        for (column, wanted) in other.iter().enumerate() {
            let change = row[column] + usize::from(byte != wanted);
            let mut least = change.min(row[column + 1] + 1).min(next[column] + 1);
            let swapped =
                at > 0 && column > 0 && *byte == other[column - 1] && one[at - 1] == *wanted;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            next[column + 1] = least;
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_adds_loses_changes_or_swaps() {
        for (one, other, edits) in [
            ("", "abc", 3),
            ("profil", "profile", 1),
            ("required", "requried", 1),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(
                distance(one.as_bytes(), other.as_bytes()),
                edits,
                "{one} {other}"
            );
            assert_eq!(
                distance(other.as_bytes(), one.as_bytes()),
                edits,
                "{other} {one}"
            );
        }
    }
}
