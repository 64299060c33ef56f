// SPDX-License-Identifier: Apache-2.0
//! The tokenized generation of a snapshot (section 1.9), read a domain at a time; judging it is
//! [`super::tokens`] and [`super::equivalence`].

use crate::pgs::files::Files;
use crate::support::pyjson::ordered::{Value, parse_strict};
use std::collections::BTreeMap;

/// Where the tables stand.
const TABLES: &str = "tokenized_snapshot/";
/// Where the vocabularies stand.
const VOCABULARY: &str = "vocabulary_snapshot/";
/// Where the attestations stand.
pub(super) const TRUST: &str = "trust_snapshot/";

/// One domain of a tokenized snapshot.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// `dispatch.json`, `handlers.json`, `topology.json`, `metadata.json`; null where absent.
    tables: BTreeMap<&'static str, Value>,
    /// `forward.json`, `reverse.json`, `metadata.json` of the vocabulary.
    pub(super) vocabulary: BTreeMap<&'static str, Value>,
    /// The attestation and its file.
    pub attestation: Option<(String, Value)>,
}

impl Domain {
    /// Every domain of a snapshot.
    pub(super) fn all(
        files: &Files,
        depth: usize,
        unreadable: &mut Vec<(String, String)>,
    ) -> Vec<Self> {
        let mut names: Vec<&str> = files
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(TABLES)?.split_once('/'))
            .map(|(name, _)| name)
            .collect();
        names.dedup();
        let mut read = |path: &str| -> Option<Value> {
            let file = files.get(path)?;
            parse_strict(&file.bytes, depth)
                .map_err(|error| unreadable.push((path.to_owned(), error.to_string())))
                .ok()
        };
        let mut all = Vec::new();
        for name in names {
            let mut table = |top: &str, list: &[&'static str]| {
                let mut tables = BTreeMap::new();
                for file in list {
                    let value = read(&format!("{top}{name}/{file}")).unwrap_or_default();
                    tables.insert(*file, value);
                }
                tables
            };
            let tables = table(
                TABLES,
                &[
                    "dispatch.json",
                    "handlers.json",
                    "metadata.json",
                    "topology.json",
                ],
            );
            let vocabulary = table(
                VOCABULARY,
                &["forward.json", "metadata.json", "reverse.json"],
            );
            let path = format!("{TRUST}{name}/structure_attestation.json");
            let attestation = read(&path).map(|value| (path, value));
            all.push(Self {
                name: name.to_owned(),
                tables,
                vocabulary,
                attestation,
            });
        }
        all
    }

    /// A table of the projection.
    pub(super) fn table(&self, file: &str) -> &Value {
        self.tables.get(file).unwrap_or(&Value::Null)
    }

    /// Where a table of the projection stands.
    pub fn path(&self, file: &str) -> String {
        format!("{TABLES}{}/{file}", self.name)
    }

    /// Where a file of the vocabulary stands.
    pub(super) fn vocabulary_path(&self, file: &str) -> String {
        format!("{VOCABULARY}{}/{file}", self.name)
    }

    /// What an address stands for.
    pub(super) fn name_of(&self, address: i64) -> Option<&str> {
        let forward = self.vocabulary.get("forward.json")?;
        forward.text(&format!("0x{address:04X}"))
    }
}
