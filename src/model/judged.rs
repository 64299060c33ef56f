// SPDX-License-Identifier: Apache-2.0
//! What a family that reads inputs of its own hands over.

use super::{Draft, EntryPath, Scanned};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a family found.
#[derive(Debug, Default)]
pub struct Judged {
    /// Judgements.
    pub drafts: Vec<Draft>,
    /// Contents that drafts with a span speak of.
    pub texts: BTreeMap<EntryPath, Vec<u8>>,
    /// Rules that could not run although the input gives them something to judge, and why.
    pub not_evaluated: Vec<(String, String)>,
    /// How much was read.
    pub scanned: Scanned,
    /// Further keys of the JSON report.
    pub facts: Map<String, Value>,
}
