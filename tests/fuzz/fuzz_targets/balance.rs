// SPDX-License-Identifier: Apache-2.0
//! What every walk must keep, whatever the bytes.

use ccr::artifact::{ANOMALY_RULES, Anomaly, Format, Limits, OwnedEntry, Visitor, walk};
use ccr::model::EntryPath;
use std::io::Cursor;

#[derive(Default)]
struct Balance {
    open: Vec<EntryPath>,
    held: u64,
}

impl Visitor for Balance {
    fn enter(&mut self, path: &EntryPath, _: Format) {
        self.open.push(path.clone());
    }

    fn entry(&mut self, entry: OwnedEntry) {
        assert_eq!(entry.path.container().as_ref(), self.open.last());
        self.held += entry.bytes.len() as u64;
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        assert!(ANOMALY_RULES.contains(&anomaly.rule));
    }

    fn leave(&mut self, path: &EntryPath) {
        assert_eq!(self.open.pop().as_ref(), Some(path));
    }
}

/// Walks `data` under a small budget.
pub fn check(name: &str, data: &[u8]) {
    let limits = Limits {
        entries: 1_000,
        entry_bytes: 1 << 20,
        total_bytes: 4 << 20,
        ..Limits::default()
    };
    let mut balance = Balance::default();
    walk(
        &EntryPath::root(name),
        name,
        &mut Cursor::new(data),
        &limits,
        &mut balance,
    );
    assert!(balance.open.is_empty());
    assert!(balance.held <= limits.total_bytes);
}
