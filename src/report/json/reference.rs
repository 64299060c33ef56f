// SPDX-License-Identifier: Apache-2.0
//! The reference's `ccr.audit_report.v1` and nothing more, for compatibility mode.

use crate::model::Report;
use crate::support::json;
use serde_json::Value;

const REPORT: [&str; 10] = [
    "accepted",
    "blocking_finding_count",
    "created_at",
    "dist",
    "finding_count",
    "findings",
    "ok",
    "report_id",
    "schema_version",
    "settled",
];
const FINDING: [&str; 7] = [
    "blocking",
    "description",
    "finding_id",
    "kind",
    "location",
    "residual_ready",
    "severity",
];

/// The report as the reference prints it.
pub fn text(report: &Report) -> String {
    let mut value = super::v1::value(report);
    let facts: Vec<&str> = report.facts.keys().map(String::as_str).collect();
    retain(&mut value, &[&REPORT[..], &facts].concat());
    if let Some(findings) = value.get_mut("findings").and_then(Value::as_array_mut) {
        for finding in findings {
            retain(finding, &FINDING);
        }
    }
    json::pretty(&value)
}

fn retain(value: &mut Value, keys: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| keys.contains(&key.as_str()));
    }
}
