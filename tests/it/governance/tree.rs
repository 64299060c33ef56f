// SPDX-License-Identifier: Apache-2.0
//! The planning tree that cases are made of: accepted without a finding, with and without its runs.

use super::samples::told;
use crate::harness::governance_case::{Case, audit_tree, bases};

#[test]
fn the_base_tree_is_accepted_with_and_without_its_runs() {
    let tree = bases().join("tree");
    for runs in [None, Some(bases().join("runs"))] {
        let report = audit_tree(&tree, runs, &Case::default());
        assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
        assert!(report.scanned.files > 20);
    }
}

#[test]
fn findings_come_in_the_same_order_every_time() {
    let tree = bases().join("contradictions");
    let runs = || Some(bases().join("runs"));
    let first = told(&audit_tree(&tree, runs(), &Case::default()));
    let second = told(&audit_tree(&tree, runs(), &Case::default()));
    assert!(!first.is_empty());
    assert_eq!(first, second);
}
