// SPDX-License-Identifier: Apache-2.0
//! The open residuals that a phase is held against.

use super::shown;
use crate::support::pyjson::Value;
use std::collections::HashMap;

/// An open residual, as far as a phase needs it.
#[derive(Debug)]
pub(super) struct Open {
    /// Its id; `None`, as Python shows it, when it has none.
    pub(super) id: String,
    /// The same where packets name it: empty when it has none.
    link_id: String,
    /// Its kind.
    pub(super) kind: String,
    /// Whether it blocks.
    pub(super) blocking: bool,
    /// What to do.
    pub(super) hint: String,
}

/// The open residuals, with an index over what they are about.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In order of file name.
    pub(super) open: Vec<Open>,
    /// Blocking ones by object id and by reference.
    links: HashMap<String, Vec<usize>>,
}

impl Ledger {
    pub(super) fn add(&mut self, entry: Entry) {
        let at = self.open.len();
        for id in entry.links {
            let known = self.links.entry(id).or_default();
            // Named as object and as reference: once.
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
        self.open.push(entry.open);
    }

    /// Ids of the blocking residuals about an object, in order of file name.
    pub(super) fn blockers<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let about = self.links.get(id).map(Vec::as_slice).unwrap_or_default();
        about.iter().map(|at| self.open[*at].link_id.as_str())
    }

    /// Those that block.
    pub(super) fn blocking(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().filter(|residual| residual.blocking)
    }
}

/// A residual and what it is about.
pub(super) struct Entry {
    open: Open,
    links: Vec<String>,
}

impl Entry {
    pub(super) fn new(residual: &Value) -> Self {
        let blocking = residual.get("blocking").is_some_and(Value::truthy);
        let mut links = Vec::new();
        if blocking {
            links.extend(residual.text("object_id").map(str::to_owned));
            let refs = residual.items("refs").iter().filter_map(Value::as_str);
            links.extend(refs.map(str::to_owned));
        }
        Self {
            open: Open {
                id: shown(residual, "residual_id", "None"),
                link_id: shown(residual, "residual_id", ""),
                kind: shown(residual, "kind", ""),
                blocking,
                hint: shown(residual, "repair_hint", "Resolve residual."),
            },
            links,
        }
    }
}
