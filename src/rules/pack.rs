// SPDX-License-Identifier: Apache-2.0
//! Files of rules and what gathers them: packs, and profiles that name packs.

use super::raw::RawRule;
use super::words::Table;
use crate::model::Severity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A named choice of packs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name on the command line.
    pub id: String,
    /// One line.
    pub title: String,
    /// Pack ids.
    pub packs: Vec<String>,
    /// Rule id to severity, over the packs' own.
    #[serde(default)]
    pub severity: BTreeMap<String, Severity>,
}

/// `pack.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackManifest {
    pub(super) id: String,
    #[expect(
        dead_code,
        reason = "read for its presence; shown by `rules list` of packs later"
    )]
    pub(super) title: String,
    #[expect(dead_code, reason = "read for its presence")]
    pub(super) version: String,
    #[serde(default)]
    pub(super) severity: BTreeMap<String, Severity>,
    /// Groups of words that every file may name; those of our packs were spelled out by `build.rs`.
    #[serde(default)]
    pub(super) words: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    /// Groups of words of this file.
    #[serde(default)]
    pub(super) words: Table,
    #[serde(default)]
    pub(super) rule: Vec<RawRule>,
}
