// SPDX-License-Identifier: Apache-2.0
//! The failure matrix of a planning tree.

use super::{Check, Found, recorded, told};
use crate::governance::gate::{Sheet, matrix};
use crate::governance::plan::Plan;
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const CHECKS: &[Check] = &[Check::plan(matrix::RULE, rows)];

/// The rule's data.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    /// Columns, and the words with which their heads begin.
    columns: BTreeMap<String, Vec<String>>,
}

fn rows(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Params = told::params(rule);
    for document in plan
        .documents
        .iter()
        .filter(|document| document.is(&["matrix"]))
    {
        let issues = matrix::issues(document, &params.columns, plan.profile);
        recorded::say(found, rule, &Sheet::of_document(document), "matrix", issues);
    }
}
