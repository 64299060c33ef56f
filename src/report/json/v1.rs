// SPDX-License-Identifier: Apache-2.0
//! JSON v1: a superset of the reference's `ccr.audit_report.v1` (`schemas/audit-report.schema.json`).

use crate::model::{BroughtIn, Finding, Place, Report, Residual, Skipped, Suppression, Verdict};
use crate::support::json;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

/// One finding as published.
#[derive(Serialize)]
struct FindingV1<'a> {
    finding_id: &'a str,
    kind: &'a str,
    rule_id: &'a str,
    family: &'a str,
    severity: &'a str,
    confidence: &'a str,
    blocking: bool,
    location: &'a str,
    place: Option<&'a Place>,
    description: &'a str,
    repair_hint: &'a str,
    snippet: Option<&'a str>,
    fingerprint: &'a str,
    references: &'a [String],
    suppressed: Option<&'a Suppression>,
    residual_ready: &'a Residual,
    #[serde(skip_serializing_if = "Option::is_none")]
    brought_in: Option<&'a BroughtIn>,
}

impl<'a> From<&'a Finding> for FindingV1<'a> {
    fn from(f: &'a Finding) -> Self {
        Self {
            finding_id: &f.finding_id,
            kind: &f.kind,
            rule_id: f.rule_id.as_str(),
            family: f.rule_id.family(),
            severity: f.severity.as_str(),
            confidence: f.confidence.as_str(),
            blocking: f.blocking,
            location: &f.location,
            place: f.place.as_ref(),
            description: &f.description,
            repair_hint: &f.repair_hint,
            snippet: f.snippet.as_deref(),
            fingerprint: f.fingerprint.as_str(),
            references: &f.references,
            suppressed: f.suppressed.as_ref(),
            residual_ready: &f.residual_ready,
            brought_in: f.brought_in.as_deref(),
        }
    }
}

/// The report as a JSON value, keys sorted.
pub fn value(report: &Report) -> Value {
    let accepted = report.verdict == Verdict::Accepted;
    let findings: Vec<FindingV1<'_>> = report.findings.iter().map(FindingV1::from).collect();
    let skipped: &[Skipped] = &report.skipped;
    let mut value = json!({
        "ok": accepted,
        "accepted": accepted,
        "settled": false,
        "schema_version": "ccr.audit_report.v1",
        "report_id": report.report_id,
        "created_at": report.created_at,
        "finding_count": report.findings.len(),
        "blocking_finding_count": report.blocking_count(),
        "findings": findings,
        "tool": report.tool,
        "root": report.root,
        "profile": report.profile,
        "rules_digest": report.rules_digest,
        "scanned": report.scanned,
        "skipped": skipped,
        "totals": report.totals,
        "suppressed_count": report.suppressed_count(),
        "as_of": report.as_of,
    });
    if let (Some(dist), Some(object)) = (&report.dist, value.as_object_mut()) {
        object.insert("dist".to_owned(), json!(dist));
    }
    if let Some(object) = value.as_object_mut() {
        for (key, fact) in &report.facts {
            // A fact never replaces a key that every report has.
            object.entry(key).or_insert_with(|| fact.clone());
        }
    }
    value
}

/// Writes JSON v1.
///
/// # Errors
/// What the sink reports.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(json::pretty(&value(report)).as_bytes())
}
