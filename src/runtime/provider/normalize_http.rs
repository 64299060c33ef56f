// SPDX-License-Identifier: Apache-2.0
//! A report that came over HTTP in the runtime's terms (CCR specification, section 7.5).

use super::normalize::{list, source, truth};
use crate::object;
use crate::runtime::Policy;
use crate::support::pyjson::{Value, stable_id};

/// The normalized report. In the default mode a status code is no verdict: without a JSON boolean
/// `accepted` the report accepts nothing.
pub(in crate::runtime) fn normalize(policy: Policy, report: &Value) -> Value {
    let source = source(report, "response_json");
    let verdict = source.get("accepted");
    let accepted = if policy.strict() {
        verdict == Some(&Value::Bool(true))
    } else {
        verdict
            .or_else(|| report.get("ok"))
            .is_some_and(Value::truthy)
    };
    let candidate_only = list(source, "candidate_only_reasons");
    let mut blockers = list(source, "settled_blockers");
    let settled = truth(source, "settled");
    if policy.strict() && settled {
        blockers.push("HTTP report claims settled".into());
    }
    let status = match (accepted, candidate_only.is_empty() && blockers.is_empty()) {
        (false, _) => "rejected",
        (true, false) if policy.strict() => "provisional",
        (true, _) => "checked",
    };
    object! {
        "accepted" => accepted,
        "candidate_only_reasons" => candidate_only,
        "ccr_status" => status,
        "import_id" => stable_id("http-import", std::slice::from_ref(report)),
        "packet_id" => source.get("packet_id").cloned(),
        "provider" => "http",
        "safe_commands" => list(source, "safe_commands"),
        "schema_version" => "ccr.provider_import.v1",
        "settled" => settled,
        "settled_blockers" => blockers,
    }
}

/// Whether a report says yes or no at all.
pub(in crate::runtime) fn has_verdict(report: &Value) -> bool {
    let source = source(report, "response_json");
    source.get("accepted").and_then(Value::as_bool).is_some()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::support::pyjson::parse;

    #[test]
    fn a_status_code_is_a_verdict_in_compatibility_mode_only() {
        let report = parse(r#"{"ok": true, "response_json": {"packet_id": "p"}}"#).unwrap();
        let status = |policy| {
            let body = normalize(policy, &report);
            body.text("ccr_status").unwrap().to_owned()
        };
        assert_eq!(status(Policy::COMPAT), "checked");
        assert_eq!(status(Policy::STRICT), "rejected");
        assert!(!has_verdict(&report));
    }

    #[test]
    fn a_text_is_no_boolean() {
        let report = parse(r#"{"accepted": "false", "settled_blockers": "x"}"#).unwrap();
        let lenient = normalize(Policy::COMPAT, &report);
        assert_eq!(lenient.text("ccr_status"), Some("checked"));
        assert_eq!(lenient.items("settled_blockers").len(), 1);
        let strict = normalize(Policy::STRICT, &report);
        assert_eq!(strict.get("accepted"), Some(&Value::Bool(false)));
    }
}
