// SPDX-License-Identifier: Apache-2.0
//! The packs and profiles of `rules/`, as `build.rs` has laid them down in this program.
//!
//! Each start reads what its profile names and no more: no other pack, and no examples.

use super::error::RuleError;
use super::pack::{PackManifest, Profile, RuleFile};
use super::schema::ExampleLists;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const PROFILES: &str = include_str!(concat!(env!("OUT_DIR"), "/profiles.json"));

/// All packs, by id.
pub(super) const PACKS: &[Pack] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// A pack as it lies in this program.
pub(super) struct Pack {
    pub(super) id: &'static str,
    /// SHA-256 (hex) of what in it can change a verdict.
    pub(super) digest: &'static str,
    /// JSON of [`PackContent`].
    rules: &'static str,
    /// JSON: lists of examples by rule id.
    examples: &'static str,
}

/// A pack's manifest and rule files.
#[derive(Deserialize)]
pub(super) struct PackContent {
    pub(super) manifest: PackManifest,
    pub(super) files: Vec<PackFile>,
}

/// A rule file of a pack.
#[derive(Deserialize)]
pub(super) struct PackFile {
    /// Its name below the repository's root.
    pub(super) file: String,
    pub(super) content: RuleFile,
}

#[derive(Deserialize)]
struct Profiles {
    profile: Vec<Profile>,
}

impl Pack {
    pub(super) fn read(&self) -> Result<PackContent, RuleError> {
        parse(self.id, self.rules)
    }
}

/// Every profile.
pub(super) fn profiles() -> Result<Vec<Profile>, RuleError> {
    parse::<Profiles>("profiles", PROFILES).map(|known| known.profile)
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

fn parse<T: for<'de> Deserialize<'de>>(what: &str, text: &'static str) -> Result<T, RuleError> {
    serde_json::from_str(text).map_err(|error| RuleError::Syntax {
        file: format!("embedded rules: {what}"),
        cause: error.to_string(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_pack_and_its_examples_are_read() {
        for pack in PACKS {
            let content = pack.read().unwrap();
            assert!(!content.files.is_empty(), "{}", pack.id);
            let examples: HashMap<String, ExampleLists> = parse(pack.id, pack.examples).unwrap();
            assert!(!examples.is_empty(), "{}", pack.id);
        }
        assert!(!profiles().unwrap().is_empty());
        assert!(examples("no such pack", "no-such-rule").matches.is_empty());
    }
}
