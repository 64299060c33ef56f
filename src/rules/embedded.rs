// SPDX-License-Identifier: Apache-2.0
//! The packs and profiles of `rules/`, as `build.rs` has laid them down in this program.
//!
//! Each start reads what its profile names and no more: no other pack, no prose and no examples.

use super::error::RuleError;
use super::pack::{PackManifest, Profile};
use super::packed::{parse, unreadable};
use super::raw::RawRule;
use super::schema::ExampleLists;
use crate::model::RuleProse;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const PROFILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/profiles.msgpack"));

/// All packs, by id.
pub(super) const PACKS: &[Pack] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// A pack as it lies in this program; its parts are MessagePack.
pub(super) struct Pack {
    pub(super) id: &'static str,
    /// SHA-256 (hex) of what in it can change a verdict.
    pub(super) digest: &'static str,
    manifest: &'static [u8],
    /// How many rules it has.
    count: usize,
    /// The rules, one after the other, their prose left empty.
    rules: &'static [u8],
    /// Their prose, in the same order.
    prose: &'static [u8],
    /// Lists of examples by rule id.
    examples: &'static [u8],
}

#[derive(Deserialize)]
struct Profiles {
    profile: Vec<Profile>,
}

impl Pack {
    /// What stands in place of a file's name in errors.
    pub(super) fn file(&self) -> String {
        format!("embedded rules: {}", self.id)
    }

    pub(super) fn manifest(&self) -> Result<PackManifest, RuleError> {
        parse(self.id, self.manifest)
    }

    /// Its rules, each read when it is its turn: as typed they are large, and all of them at once
    /// would leave the processor's caches.
    pub(super) fn rules(&self) -> impl Iterator<Item = Result<RawRule, RuleError>> {
        let mut reader = rmp_serde::Deserializer::from_read_ref(self.rules);
        (0..self.count).map(move |_| {
            RawRule::deserialize(&mut reader).map_err(|error| unreadable(self.id, &error))
        })
    }
}

/// Every profile.
pub(super) fn profiles() -> Result<Vec<Profile>, RuleError> {
    parse::<Profiles>("profiles", PROFILES).map(|known| known.profile)
}

/// The prose of one of our rules, by the numbers of its pack and of the rule in it.
pub(super) fn prose(pack: usize, rule: usize) -> &'static RuleProse {
    type OfPack = OnceLock<Vec<RuleProse>>;
    static ALL: [OfPack; PACKS.len()] = [const { OfPack::new() }; PACKS.len()];
    static NONE: RuleProse = RuleProse {
        title: String::new(),
        since: String::new(),
        aliases: Vec::new(),
        why: String::new(),
        repair: String::new(),
        repair_packed: String::new(),
        references: Vec::new(),
    };
    let known = ALL.get(pack).zip(PACKS.get(pack)).and_then(|(all, pack)| {
        let read = || parse(pack.id, pack.prose).unwrap_or_default();
        all.get_or_init(read).get(rule)
    });
    known.unwrap_or(&NONE)
}

/// The examples of one of our rules.
pub(super) fn examples(pack: &str, rule: &str) -> &'static ExampleLists {
    type ByRule = HashMap<String, ExampleLists>;
    static ALL: OnceLock<BTreeMap<&str, ByRule>> = OnceLock::new();
    static NONE: ExampleLists = ExampleLists {
        matches: Vec::new(),
        no_matches: Vec::new(),
    };
    let all = ALL.get_or_init(|| {
        // A pack that cannot be read has no rules that ask.
        let read = |pack: &Pack| Some((pack.id, parse(pack.id, pack.examples).ok()?));
        PACKS.iter().filter_map(read).collect()
    });
    let known = all.get(pack).and_then(|pack| pack.get(rule));
    known.unwrap_or(&NONE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_pack_and_its_examples_are_read() {
        for pack in PACKS {
            assert!(pack.rules().count() > 0, "{}", pack.id);
            let unread = pack.rules().find_map(Result::err);
            assert!(unread.is_none(), "{}: {unread:?}", pack.id);
            for rule in pack.rules() {
                rule.unwrap().read_parts();
            }
            assert!(pack.manifest().is_ok(), "{}", pack.id);
            let prose: Vec<RuleProse> = parse(pack.id, pack.prose).unwrap();
            assert_eq!(prose.len(), pack.rules().count(), "{}", pack.id);
            assert!(prose.iter().all(|one| !one.why.is_empty()), "{}", pack.id);
            let examples: HashMap<String, ExampleLists> = parse(pack.id, pack.examples).unwrap();
            assert!(!examples.is_empty(), "{}", pack.id);
        }
        assert!(!profiles().unwrap().is_empty());
        assert!(examples("no such pack", "no-such-rule").matches.is_empty());
        assert!(prose(PACKS.len(), 0).title.is_empty());
    }
}
