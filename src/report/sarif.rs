// SPDX-License-Identifier: Apache-2.0
//! SARIF 2.1.0 (OASIS standard, 27 March 2020): only the parts we emit, each named by its section.

use crate::model::{Finding, Report, RuleMeta, Severity, SuppressionKind, Verdict};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes one SARIF log with one run.
///
/// # Errors
/// What the sink reports.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    out.write_all(b"\n")
}

/// The log as a value (section 3.13).
pub fn log(report: &Report) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            // 3.18, 3.19
            "tool": { "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "version": report.tool.version,
                "rules": report.rules.iter().map(|meta| descriptor(meta)).collect::<Vec<_>>(),
            }},
            // 3.14.17: our columns count code points.
            "columnKind": "unicodeCodePoints",
            // 3.20
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": report.created_at,
                "properties": { "accepted": report.verdict == Verdict::Accepted },
            }],
            "automationDetails": { "id": format!("{}/", report.source) },
            "results": report.findings.iter().map(|f| result(f, report)).collect::<Vec<_>>(),
            "properties": {
                "report_id": report.report_id,
                "profile": report.profile,
                "rules_digest": report.rules_digest,
                "scanned": report.scanned,
                "skipped": report.skipped,
            },
        }],
    })
}

/// `reportingDescriptor` (3.49).
fn descriptor(meta: &RuleMeta) -> Value {
    let mut help = format!("{}\n\nRepair: {}", meta.prose().why, meta.prose().repair);
    for reference in &meta.prose().references {
        help.push_str(&format!("\n\n<{reference}>"));
    }
    let mut value = json!({
        "id": meta.id.as_str(),
        "shortDescription": { "text": meta.prose().title },
        "fullDescription": { "text": meta.prose().why },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": level(meta.severity) },
        "properties": {
            "tags": [meta.id.family()],
            "precision": meta.confidence.as_str(),
            // GitHub code scanning sorts security results by this number.
            "security-severity": score(meta.severity),
        },
    });
    if let (Some(uri), Some(object)) = (meta.prose().references.first(), value.as_object_mut()) {
        object.insert("helpUri".to_owned(), json!(uri));
    }
    value
}

/// `result` (3.27).
fn result(finding: &Finding, report: &Report) -> Value {
    let index = report
        .rules
        .iter()
        .position(|rule| rule.id == finding.rule_id);
    let mut suppressions = Vec::new();
    if let Some(suppression) = &finding.suppressed {
        // 3.35: a comment is `inSource`; a file of policy is `external`.
        let kind = match suppression.by {
            SuppressionKind::Waiver => "inSource",
            SuppressionKind::Baseline => "external",
        };
        suppressions.push(json!({ "kind": kind, "justification": suppression.reason }));
    }
    let mut value = json!({
        "ruleId": finding.rule_id.as_str(),
        "level": level(finding.severity),
        "message": { "text": finding.description },
        "locations": [location(finding)],
        "partialFingerprints": { "ccrFingerprint/v1": finding.fingerprint.as_str() },
        "suppressions": suppressions,
        "properties": {
            "family": finding.rule_id.family(),
            "severity": finding.severity.as_str(),
            "confidence": finding.confidence.as_str(),
            "blocking": finding.blocking,
            "repair_hint": finding.repair_hint,
            "location": finding.location,
            "residual_ready": finding.residual_ready,
        },
    });
    if let (Some(index), Some(object)) = (index, value.as_object_mut()) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    if let Some(origin) = &finding.brought_in {
        value["properties"]["brought_in"] = json!(origin);
    }
    value
}

/// `location` (3.28): the file on disk is the physical one; members are named logically, because a
/// SARIF viewer cannot open `a.whl!/x.py`.
fn location(finding: &Finding) -> Value {
    let mut segments = finding.path.segments();
    if finding.brought_in.is_some() && segments.len() > 1 {
        // A commit is no folder on disk: the path in it is what a viewer may still find.
        segments = &segments[1..];
    }
    let mut physical = Map::new();
    physical.insert(
        "artifactLocation".to_owned(),
        json!({ "uri": uri(&segments[0]) }),
    );
    if let Some(place) = finding.place.as_ref().filter(|_| segments.len() == 1) {
        let mut region = Map::new();
        let mut set = |key: &str, value: Option<u64>| {
            if let Some(value) = value {
                region.insert(key.to_owned(), json!(value));
            }
        };
        set("startLine", place.line);
        set("startColumn", place.column);
        set("endLine", place.end_line);
        set("endColumn", place.end_column);
        if place.line.is_none() {
            set("byteOffset", place.byte_start);
            set(
                "byteLength",
                place
                    .byte_start
                    .zip(place.byte_end)
                    .map(|(start, end)| end.saturating_sub(start)),
            );
        }
        if let Some(snippet) = &finding.snippet {
            region.insert("snippet".to_owned(), json!({ "text": snippet }));
        }
        if region.contains_key("startLine") || region.contains_key("byteOffset") {
            physical.insert("region".to_owned(), Value::Object(region));
        }
    }
    let mut value = json!({ "physicalLocation": physical });
    if segments.len() > 1
        && let Some(object) = value.as_object_mut()
    {
        let logical = json!([{ "fullyQualifiedName": finding.location, "kind": "member" }]);
        object.insert("logicalLocations".to_owned(), logical);
    }
    value
}

/// A relative URI reference (RFC 3986): everything but unreserved characters and `/` is encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// `level` (3.27.10).
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}
