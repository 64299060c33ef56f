// SPDX-License-Identifier: Apache-2.0
//! One test binary: one link, one shared harness.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests fail by panicking")]

mod architecture;
mod claims;
mod cli;
mod generated;
mod harness;
mod report;
mod rules;
mod schema_family;
mod secrets;
mod archive;
mod harness;
mod schemas;
mod harness;
mod spdx;

#[test]
fn embedded_rules_load() {
    let set = ccr::rules::load("default", &[]).unwrap();
    assert!(!set.rules.is_empty());
}
