// SPDX-License-Identifier: Apache-2.0
//! Rules over their cases: folders below `fixtures/rules/<rule-id>/{pass,fail}/`.

use ccr::model::Report;
use ccr::schema;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The cases of one side (`pass`, `fail`) of a rule, by name.
pub(crate) fn cases(id: &str, side: &str) -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let Ok(listing) = std::fs::read_dir(fixtures.join(id).join(side)) else {
        return Vec::new();
    };
    let mut cases: Vec<_> = listing.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// How many cases a rule has.
pub(crate) fn count(id: &str) -> usize {
    cases(id, "pass").len() + cases(id, "fail").len()
}

/// Where a rule speaks on a `pass` case, is silent on a `fail` case, or has no case at all. `judge`
/// makes the report of a case; nothing where this system cannot hold it.
pub(crate) fn faults_of(id: &str, judge: impl Fn(&Path) -> Option<Report>) -> Vec<String> {
    faults_by(id, judge, |found, _| found == id)
}

/// [`faults_of`], with what counts as speaking: `speaks` gets the rule of a finding and whether the
/// case is one that must fail.
pub(crate) fn faults_by(
    id: &str,
    judge: impl Fn(&Path) -> Option<Report>,
    speaks: impl Fn(&str, bool) -> bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (side, expected) in [("pass", false), ("fail", true)] {
        let cases = cases(id, side);
        if cases.is_empty() {
            faults.push(format!("{id} has no {side} case"));
        }
        for case in cases {
            let Some(report) = judge(&case) else {
                continue;
            };
            let mut findings = report.findings.iter();
            let found = findings.any(|f| speaks(f.rule_id.as_str(), expected));
            if found != expected {
                let name = case.file_name().unwrap().to_str().unwrap();
                faults.push(format!(
                    "{id}/{side}/{name}\n  {}",
                    lines(&report).join("\n  ")
                ));
            }
        }
    }
    faults
}

/// The findings of a report, a line each.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .map(|f| format!("{} {}: {}", f.rule_id, f.location, f.description))
        .collect()
}

/// What findings are handed on as is what the protocol's schema allows.
pub(crate) fn assert_residuals_fit(report: &Report) {
    static RESIDUAL: OnceLock<schema::Schema> = OnceLock::new();
    let residual = RESIDUAL.get_or_init(|| {
        let text = schema::embedded("residual.schema.json").unwrap();
        let documents = schema::Documents::embedded();
        schema::compile(&serde_json::from_str(text).unwrap(), &documents).unwrap()
    });
    for finding in &report.findings {
        let value = serde_json::to_value(&finding.residual_ready).unwrap();
        assert!(residual.accepts(&value), "{}: {value:#}", finding.rule_id);
    }
}
