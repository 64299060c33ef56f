// SPDX-License-Identifier: Apache-2.0
//! Tables of the profiles that ship with this program, as `build.rs` has made them.

use super::tables::{Aligned, Tables};
use crate::rules::RuleSet;

/// By profile.
static ALL: &[(&str, &Aligned<[u8]>)] = include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// Tables of rules that are a profile's, unchanged, with this word to watch for.
pub(super) fn tables(set: &RuleSet, watched: &str) -> Option<Tables> {
    let (_, packed) = ALL.iter().find(|(profile, _)| *profile == set.profile.id)?;
    let tables = set.is_ours().then(|| Tables::read(&packed.0))??;
    tables.are_of(set.rules.len(), watched).then_some(tables)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::engine::asks;
    use super::*;
    use crate::rules::load;

    #[test]
    fn tables_made_when_built_are_those_made_when_run() {
        assert!(ALL.iter().any(|(profile, _)| *profile == "default"));
        for (profile, packed) in ALL {
            let set = load(profile, &[]).unwrap();
            let built = Tables::read(&packed.0).unwrap();
            let watched = built.content.keywords.get(built.watched());
            let watched = std::str::from_utf8(watched).unwrap();
            let made = Tables::of(set.rules.iter().map(|rule| asks(rule)), watched).unwrap();
            // Not by `assert_eq`, which would show both.
            assert!(made.packed() == packed.0, "{profile}");
            assert!(tables(&set, watched).is_some(), "{profile}");
            assert!(tables(&set, "another word").is_none(), "{profile}");
        }
    }

    #[test]
    fn other_rules_have_no_tables() {
        let mut set = load("default", &[]).unwrap();
        let built = Tables::read(&ALL[0].1.0).unwrap();
        let watched = built.content.keywords.get(built.watched()).to_vec();
        let watched = std::str::from_utf8(&watched).unwrap();
        set.rules.pop();
        assert!(tables(&set, watched).is_none());
        set = load("default", &[]).unwrap();
        set.digest.push('0');
        assert!(tables(&set, watched).is_none());
    }
}
