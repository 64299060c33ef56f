// SPDX-License-Identifier: Apache-2.0
//! A PIC report in the runtime's terms (PIC interoperability, section 4).

use super::normalize::{blocks, list, lists, lower, source, truth};
use super::pic::PROFILES;
use super::recognise::{self, Form};
use crate::object;
use crate::support::pyjson::{Value, display, stable_id};

const NOTES: &str = "PIC accepted output imported as checked/provisional, not settled. Final CCR \
                     settlement requires CCR gates.";

/// Words that turn a refusal into a quarantine.
const UNSAFE: [&str; 4] = ["unsafe", "hazard", "authority", "malformed"];

/// The reference's reading: any object is a report, every value has a truth.
pub(in crate::runtime) fn lenient(report: &Value) -> Value {
    let source = source(report, "stdout_json");
    let lists = Lists {
        candidate_only: lists(source, &["candidate_only_reasons", "candidate_only"]),
        settled_blockers: lists(source, &["settled_blockers", "blockers"]),
        missing: list(source, "missing_obligations"),
        cannot_promote: list(source, "cannot_promote_because"),
        residuals: lists(source, &["residuals", "residual_ledger"]),
        bottlenecks: list(source, "bottlenecks"),
        hints: lists(source, &["safe_commands", "next_safe_actions"]),
    };
    let workflow_usable = truth(source, "workflow_usable");
    let accepted = source
        .get("accepted")
        .map_or(workflow_usable, Value::truthy);
    let mut words = list(source, "reasons");
    words.extend(lists.settled_blockers.iter().cloned());
    let words = lower(&words);
    let status = if !accepted {
        let is_unsafe = UNSAFE.iter().any(|word| words.contains(word));
        if is_unsafe { "quarantined" } else { "rejected" }
    } else if lists.blocking() {
        "provisional"
    } else {
        "checked"
    };
    let kind = ["report_type", "type"]
        .iter()
        .find_map(|key| source.get(key))
        .map_or_else(|| "PICReport".to_owned(), display);
    let mut body = lists.body(report, source, accepted, status);
    body.set("pic_report_type", kind);
    body.set("schema_version", "ccr.pic_import.v0.1");
    body
}

/// A report read strictly.
#[derive(Debug)]
pub(in crate::runtime) struct Judged {
    /// The normalized report.
    pub(in crate::runtime) body: Value,
    /// The verdict's status when it is bound to the packet; the body holds the one when it is not.
    pub(in crate::runtime) bound_status: &'static str,
    /// Whether it says anything about a packet.
    pub(in crate::runtime) moves: bool,
    /// What the reader should know.
    pub(in crate::runtime) warnings: Vec<String>,
}

/// The default mode's reading. The types are checked by [`recognise::check`] before.
pub(in crate::runtime) fn strict(report: &Value) -> Judged {
    let source = source(report, "stdout_json");
    let (form, kind) = recognise::form(source);
    let mut warnings = Vec::new();
    let mut candidate_only = list(source, "candidate_only_reasons");
    match source.get("candidate_only") {
        Some(Value::Bool(true)) => {
            candidate_only.push("the report says of itself: candidate only".into());
        }
        Some(Value::Bool(false)) | None => {}
        Some(_) => candidate_only.extend(list(source, "candidate_only")),
    }
    let mut residuals = list(source, "residuals");
    residuals.extend(coordinates(source));
    let lists = Lists {
        candidate_only,
        settled_blockers: lists(
            source,
            &["settled_blockers", "blockers", "execution_blockers"],
        ),
        missing: lists(
            source,
            &[
                "missing_obligations",
                "unresolved_obligations",
                "residual_external_obligations",
                "defects",
            ],
        ),
        cannot_promote: list(source, "cannot_promote_because"),
        residuals,
        bottlenecks: lists(source, &["bottlenecks", "top_bottlenecks"]),
        hints: lists(
            source,
            &["safe_commands", "next_safe_actions", "next_safe_action"],
        ),
    };
    let workflow_usable = truth(source, "workflow_usable");
    let accepted = source
        .get("accepted")
        .map_or(workflow_usable, |value| value == &Value::Bool(true));
    let settled = truth(source, "settled");
    let mut body_lists = lists;
    if settled {
        body_lists
            .settled_blockers
            .push("PIC report claims settled".into());
    }
    let profile = profile(report, source);
    let known_profile = profile
        .as_str()
        .is_some_and(|name| PROFILES.contains(&name));
    if !known_profile {
        warnings.push(format!("unknown PIC profile: {}", display(&profile)));
    }
    if let Some(status) = source.text("certificate_status")
        && !["accepted", "rejected", "abstain"].contains(&status)
    {
        warnings.push(format!("unknown certificate_status: {status}"));
    }
    if form == Form::Unknown {
        warnings.push("unrecognised PIC report: the packet keeps its status".to_owned());
        body_lists.residuals.push(object! {
            "blocking" => false,
            "description" => "unrecognised PIC report",
        });
    }
    let unbound = if form != Form::Verdict {
        "diagnostic"
    } else if accepted {
        "provisional"
    } else if is_unsafe(source, &body_lists.settled_blockers) {
        "quarantined"
    } else {
        "rejected"
    };
    let clean = known_profile && !settled && !body_lists.blocking();
    let bound_status = if form == Form::Verdict && accepted && clean {
        "checked"
    } else {
        unbound
    };
    let mut body = body_lists.body(report, source, accepted, unbound);
    body.set("pic_report_type", kind);
    body.set("provider", "pic");
    body.set("schema_version", "ccr.provider_import.v1");
    Judged {
        body,
        bound_status,
        moves: form == Form::Verdict,
        warnings,
    }
}

/// Whether a refusal says that something is dangerous: by a declared field, or by a whole word
/// outside the sentences with which PIC only assures.
fn is_unsafe(source: &Value, blockers: &[Value]) -> bool {
    if source.get("hazard_authority_non_rejecting") == Some(&Value::Bool(false)) {
        return true;
    }
    let mut texts = list(source, "reasons");
    texts.extend(blockers.iter().cloned());
    texts
        .iter()
        .map(|text| display(text).to_lowercase())
        .filter(|text| !text.contains("not execution authority"))
        .any(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| UNSAFE.contains(&word))
        })
}

/// One residual for each coordinate of a summary or ledger that is not zero.
fn coordinates(source: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let ledger = source.get("residual_ledger");
    let tables = [
        source.get("residual_summary"),
        ledger.and_then(|ledger| ledger.get("coordinates")),
    ];
    for (name, value) in tables
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
    {
        if value.as_f64().is_some_and(|value| value != 0.0) {
            found.push(object! {
                "blocking" => false,
                "description" => format!("residual coordinate {name} is {}", display(value)),
            });
        }
    }
    if let Some(Value::Array(items)) = ledger {
        found.extend(items.iter().cloned());
    }
    found
}

fn profile(report: &Value, source: &Value) -> Value {
    source
        .get("profile")
        .or_else(|| report.get("profile"))
        .cloned()
        .unwrap_or_else(|| "development".into())
}

/// The lists of a report, aliases taken together.
#[derive(Debug)]
struct Lists {
    candidate_only: Vec<Value>,
    settled_blockers: Vec<Value>,
    missing: Vec<Value>,
    cannot_promote: Vec<Value>,
    residuals: Vec<Value>,
    bottlenecks: Vec<Value>,
    hints: Vec<Value>,
}

impl Lists {
    fn blocking(&self) -> bool {
        let lists = [
            &self.candidate_only,
            &self.settled_blockers,
            &self.missing,
            &self.cannot_promote,
        ];
        lists.iter().any(|list| !list.is_empty()) || self.residuals.iter().any(blocks)
    }

    fn body(self, report: &Value, source: &Value, accepted: bool, status: &str) -> Value {
        let settled = truth(source, "settled");
        let packet_id = source.get("packet_id").or_else(|| report.get("packet_id"));
        object! {
            "accepted" => accepted,
            "bottlenecks" => self.bottlenecks,
            "candidate_only_reasons" => self.candidate_only,
            "cannot_promote_because" => self.cannot_promote,
            "ccr_status" => status,
            "import_id" => stable_id("pic-import", std::slice::from_ref(report)),
            "missing_obligations" => self.missing,
            "notes" => NOTES,
            "packet_id" => packet_id.cloned(),
            "phase_gap_vector" => source.get("phase_gap_vector").cloned(),
            "pic_profile" => profile(report, source),
            "residuals" => self.residuals,
            "safe_commands" => self.hints,
            "sdk_calls" => list(source, "sdk_calls"),
            "settled" => settled,
            "settled_blockers" => self.settled_blockers,
            "settled_candidate" => accepted && settled,
            "workflow_usable" => truth(source, "workflow_usable"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::support::pyjson::parse;

    fn status(text: &str) -> String {
        let body = lenient(&parse(text).unwrap());
        body.text("ccr_status").unwrap().to_owned()
    }

    #[test]
    fn the_references_table_of_statuses() {
        assert_eq!(status("{}"), "rejected");
        assert_eq!(status(r#"{"accepted":"false"}"#), "checked");
        assert_eq!(
            status(r#"{"accepted":null,"workflow_usable":true}"#),
            "rejected"
        );
        assert_eq!(
            status(r#"{"workflow_usable":true,"blockers":false}"#),
            "provisional"
        );
        assert_eq!(
            status(r#"{"accepted":false,"reasons":["no Authority"]}"#),
            "quarantined"
        );
        assert_eq!(
            status(r#"{"accepted":false,"reasons":["haz","ard"]}"#),
            "rejected"
        );
        assert_eq!(
            status(r#"{"accepted":true,"residuals":[{"blocking":1}]}"#),
            "provisional"
        );
        assert_eq!(status(r#"{"accepted":true,"settled":true}"#), "checked");
    }

    #[test]
    fn import_ids_equal_the_references_vectors() {
        for (text, id) in [
            ("{}", "pic-import:e10808d43975dc4007310533"),
            (
                r#"{"accepted": true}"#,
                "pic-import:c6b4c3fcf5c044e3b702bf58",
            ),
            (
                r#"{"accepted": true, "phase_gap_vector": {"a": 1.0, "b": 1, "d": 1e16, "e": 1e-05}}"#,
                "pic-import:db5d700a08e0575cd7bc0071",
            ),
        ] {
            assert_eq!(lenient(&parse(text).unwrap()).text("import_id"), Some(id));
        }
    }

    #[test]
    fn strictly_only_a_clean_verdict_may_check() {
        let judged = |text: &str| strict(&parse(text).unwrap());
        let clean = judged(r#"{"accepted":true,"report_type":"AgentCheckReport"}"#);
        assert_eq!((clean.bound_status, clean.moves), ("checked", true));
        let open =
            judged(r#"{"accepted":true,"report_mode":"compact","unresolved_obligations":["x"]}"#);
        assert_eq!((open.bound_status, open.moves), ("provisional", true));
        let settled = judged(r#"{"accepted":true,"settled":true,"packet_id":"p"}"#);
        assert_eq!(settled.bound_status, "provisional");
        let plan = judged(r#"{"accepted":true,"plan_id":"a","top_bottlenecks":[]}"#);
        assert!(!plan.moves);
        let assured = judged(
            r#"{"accepted":false,"report_id":"packet-inspection:a",
                "reasons":["embedded command-like strings are not execution authority"]}"#,
        );
        assert_eq!(assured.bound_status, "rejected");
        let unknown = judged(r#"{"accepted":true,"report_type":"TotallyNew","profile":"nosuch"}"#);
        assert_eq!((unknown.moves, unknown.warnings.len()), (false, 2));
    }
}
