// SPDX-License-Identifier: Apache-2.0
//! What `build.rs` made of the patterns of our claims, and of others what is made of them here.

use super::reduce::{Need, Part, Record, needs_of};
use regex_syntax::hir::Hir;

/// See [`super::reduce::table`].
const CLAIMS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claims.bin"));

/// What every match of a claim's pattern holds, in this order. None when nothing is known, or the
/// pattern does not compile.
pub(super) fn needs(source: &str) -> Vec<Need> {
    let known = Record::find(CLAIMS, source).and_then(Record::needs);
    known.unwrap_or_else(|| needs_of(source))
}

/// A part of a claim's pattern, where it has that.
pub(super) fn part(source: &str, part: Part) -> Option<Hir> {
    match Record::find(CLAIMS, source) {
        Some(record) => record.part(part),
        None => part.of(source),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::samples::statements;
    use super::*;

    #[test]
    fn what_was_prepared_is_what_would_be_made() {
        let mut seen = 0;
        for (rule, statement) in statements() {
            for source in statement.any_of.iter().chain(statement.allow.iter()) {
                let record = Record::find(CLAIMS, source).unwrap();
                let id = &rule.meta.id;
                assert_eq!(record.needs().unwrap(), needs_of(source), "{id}: {source}");
                for part in Part::ALL {
                    assert_eq!(record.part(part), part.of(source), "{id}: {source}");
                }
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn an_unknown_pattern_is_reduced_here() {
        assert!(Record::find(CLAIMS, "surely safe").is_none());
        assert_eq!(needs("surely safe").len(), 2);
        assert!(part("surely safe", Part::Lower).is_some());
        assert!(part("(", Part::Gist).is_none());
    }
}
