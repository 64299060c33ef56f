// SPDX-License-Identifier: Apache-2.0
//! The default mode's look at a report before it is believed: its bytes, its types, its form.

use crate::runtime::RuntimeError;
use crate::support::pyjson::{self, Value};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_ITEMS: usize = 10_000;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Form {
    /// It judges a packet.
    Verdict,
    /// It describes something else: a plan, a gap, a graph, a store, an abstention.
    Diagnostic,
    /// Nobody knows.
    Unknown,
}

/// Keys by which a report is known that judges no packet, and what it is.
const DIAGNOSTICS: [(&[&str], &str); 17] = [
    (
        &["certificate_status", "threshold_status"],
        "PhaseLabCertificate",
    ),
    (&["plan_id", "top_bottlenecks"], "PhaseAccelerationPlan"),
    (&["plan_id", "bottlenecks"], "PhaseAccelerationPlan"),
    (&["vector_id", "components"], "PhaseGapVector"),
    (&["lineage_id"], "PacketLineage"),
    (&["merged_packet_count"], "PacketMerge"),
    (&["observation_id", "window"], "PhaseLabObservation"),
    (&["dashboard_id"], "PhaseDashboard"),
    (&["entrypoint", "runbook_steps"], "AgentRunbook"),
    (&["approval_gate_present"], "AutonomyAudit"),
    (&["what_it_does_not_do"], "AgentExplanation"),
    (&["graph_id", "nodes"], "PhaseLabGraph"),
    (&["store_id", "window_count"], "PhaseLabStore"),
    (&["ingested_events"], "PhaseLabIngest"),
    (
        &["status_id", "component_status"],
        "PhaseLabThresholdStatus",
    ),
    (&["inversion_candidates"], "InversionDiagnosis"),
    (&["attention_budget_ledger"], "QueueDiagnosis"),
];

/// Types that reports written by hand declare; those of PIC itself declare none.
const DECLARED: [(&str, Form); 5] = [
    ("AgentCheckReport", Form::Verdict),
    ("PacketInspectionReport", Form::Verdict),
    ("CollectivePhaseCertificateCandidate", Form::Verdict),
    ("PhaseAccelerationPlan", Form::Diagnostic),
    ("ProviderMissingReport", Form::Diagnostic),
];

/// What a PIC report is about, and its type: its keys decide, then what it says of itself.
pub(super) fn form(source: &Value) -> (Form, String) {
    let has = |key: &str| source.get(key).is_some();
    let named = |form: Form, name: &str| (form, name.to_owned());
    let compact_check =
        source.text("report_mode") == Some("compact") && has("unresolved_obligations");
    if compact_check || has("practical_entrypoint") {
        return named(Form::Verdict, "AgentCheckReport");
    }
    let inspection = source.text("report_id");
    if inspection.is_some_and(|id| id.starts_with("packet-inspection:")) {
        return named(Form::Verdict, "PacketInspectionReport");
    }
    if has("certificate_id") && has("population_id") {
        return named(Form::Verdict, "CollectivePhaseCertificateCandidate");
    }
    if let Some(family) = source.text("schema_version")
        && family.starts_with("pic.")
    {
        return named(Form::Diagnostic, family);
    }
    let known = DIAGNOSTICS
        .iter()
        .find(|(keys, _)| keys.iter().all(|key| has(key)));
    if let Some((_, name)) = known {
        return named(Form::Diagnostic, name);
    }
    match source.text("report_type").or_else(|| source.text("type")) {
        Some(declared) => DECLARED
            .iter()
            .find(|(name, _)| *name == declared)
            .map_or_else(
                || named(Form::Unknown, "unknown"),
                |(name, form)| named(*form, name),
            ),
        None if has("accepted") && has("packet_id") => named(Form::Verdict, "PICReport"),
        None => named(Form::Unknown, "unknown"),
    }
}

const FLAGS: [&str; 4] = [
    "accepted",
    "workflow_usable",
    "settled",
    "operationally_usable",
];
const LISTS: [&str; 16] = [
    "candidate_only_reasons",
    "settled_blockers",
    "blockers",
    "execution_blockers",
    "missing_obligations",
    "unresolved_obligations",
    "residual_external_obligations",
    "cannot_promote_because",
    "residuals",
    "defects",
    "safe_commands",
    "next_safe_actions",
    "bottlenecks",
    "top_bottlenecks",
    "sdk_calls",
    "reasons",
];

/// Refuses a report whose flags are no booleans, whose lists are no lists, or whose packet id
/// is none.
///
/// # Errors
/// The first fault, with its key.
pub(in crate::runtime) fn check(report: &Value, inner: &str) -> Result<(), RuntimeError> {
    let source = super::normalize::source(report, inner);
    let fault = |key: &str, wanted: &str, found: &Value| {
        Err(RuntimeError::Value(format!(
            "the report's {key} must be {wanted}, not {}",
            kind(found)
        )))
    };
    for key in FLAGS {
        match source.get(key) {
            None | Some(Value::Bool(_)) => {}
            Some(other) => return fault(key, "a JSON boolean", other),
        }
    }
    for key in LISTS {
        match source.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    if !matches!(item, Value::String(_) | Value::Object(_)) {
                        return fault(&format!("{key}[{at}]"), "text or an object", item);
                    }
                }
            }
            Some(other) => return fault(key, "a list", other),
        }
    }
    for value in [source.get("packet_id"), report.get("packet_id")] {
        match value {
            None | Some(Value::Null) => {}
            Some(Value::String(id)) if is_id(id) => {}
            Some(other) => return fault("packet_id", "the id of a packet", other),
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    let first = id.starts_with(|c: char| c.is_ascii_alphanumeric());
    first
        && (3..=128).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.:/@+-".contains(&b))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads a report that somebody hands in: bounded, no key twice, no number that JSON lacks.
///
/// # Errors
/// The file cannot be read, or the first fault with its place.
pub(in crate::runtime) fn read(path: &Path) -> Result<Value, RuntimeError> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| RuntimeError::io(path, &e))?;
    let fault = |text: String| RuntimeError::Value(format!("{shown}: {text}"));
    if bytes.len() > MAX_BYTES {
        return Err(fault(format!(
            "the report is larger than {MAX_BYTES} bytes"
        )));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value = pyjson::parse_bytes(bytes).map_err(|error| fault(error.to_string()))?;
    if value.as_object().is_none() {
        return Err(RuntimeError::refusal(
            crate::object! {
                "error" => "file is not a JSON object",
                "file" => shown.to_string(),
                "ok" => false,
            },
            crate::runtime::Outcome::Missing,
        ));
    }
    if let Some(place) = not_finite(&value, "$") {
        return Err(fault(format!("{place} is not a finite number")));
    }
    if let Err(error) = serde_json::from_slice::<Plain>(bytes) {
        let text = error.to_string();
        let text = text.replace("recursion limit exceeded", "nested deeper than 127 levels");
        return Err(fault(text));
    }
    Ok(value)
}

/// Where the first number stands that is no JSON.
fn not_finite(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .find_map(|(key, value)| not_finite(value, &format!("{place}.{key}"))),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, value)| not_finite(value, &format!("{place}[{at}]"))),
        value => value.has_non_finite().then(|| place.to_owned()),
    }
}

/// Any JSON value, looked through and dropped.
struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut count = 0;
        while items.next_element::<Plain>()?.is_some() {
            count += 1;
            if count > MAX_ITEMS {
                return Err(A::Error::custom(format!(
                    "a list of more than {MAX_ITEMS} items"
                )));
            }
        }
        Ok(Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Plain, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            members.next_value::<Plain>()?;
        }
        Ok(Plain)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn fault(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        std::fs::write(&path, text).unwrap();
        let read = read(&path).and_then(|report| check(&report, "stdout_json"));
        read.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn faults_are_named_with_their_place() {
        for (text, named) in [
            (
                r#"{"accepted": "false"}"#,
                "accepted must be a JSON boolean, not text",
            ),
            (
                r#"{"settled_blockers": "x"}"#,
                "settled_blockers must be a list",
            ),
            (
                r#"{"reasons": [1]}"#,
                "reasons[0] must be text or an object",
            ),
            (
                r#"{"packet_id": "../../etc/passwd"}"#,
                "packet_id must be the id of a packet",
            ),
            (
                r#"{"packet_id": 12}"#,
                "packet_id must be the id of a packet, not a number",
            ),
            (r#"{"a": 1, "a": 2}"#, "the key `a` stands twice at line 1"),
            (r#"{"a": {"b": NaN}}"#, "$.a.b is not a finite number"),
            (r#"{"a": [1e400]}"#, "$.a[0] is not a finite number"),
            ("[]", "not a JSON object"),
        ] {
            let said = fault(text);
            assert!(said.contains(named), "{text}: {said}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(fault(&deep).contains("nest"));
        assert_eq!(
            fault("\u{feff}{\"accepted\": true, \"packet_id\": \"packet.a\"}"),
            ""
        );
    }
}
