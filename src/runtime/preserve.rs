// SPDX-License-Identifier: Apache-2.0
//! Findings become protocol state: an audit's report is kept, each open finding is a residual, each
//! blocking one has a repair task; a residual whose finding is gone is proposed for resolution.
//!
//! Doing it twice is doing it once: ids hang on the finding, not on the moment.

use super::store::{Draft, Transaction};
use super::{Runtime, RuntimeError, layout, made_task, task};
use crate::object;
use crate::support::pyjson::{Value, stable_id};
use std::collections::BTreeSet;

/// What was done, for the operator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preserved {
    /// Where the report is kept, relative to the root.
    pub report: String,
    /// Residuals that are new.
    pub added: Vec<String>,
    /// Residuals that were there already.
    pub known: usize,
    /// Repair tasks that are new.
    pub tasks: Vec<String>,
    /// Open residuals of an earlier audit whose finding is gone.
    pub proposed: Vec<String>,
}

/// Preserves a report in the form of JSON v1; `audit` names what was audited (`release`, `repo`).
///
/// # Errors
/// The report is of another form, or the store failed.
pub fn run(runtime: &Runtime, audit: &str, report: &Value) -> Result<Preserved, RuntimeError> {
    let report_id = report
        .text("report_id")
        .ok_or_else(|| RuntimeError::Value("the report has no report_id".to_owned()))?;
    let mut change = runtime.store.begin()?;
    let mut done = Preserved {
        report: format!("reports/audit/{}", layout::file_name(report_id)),
        ..Preserved::default()
    };
    change.put(&done.report, report);
    let scope = format!("audit.{audit}");
    let mut present = BTreeSet::new();
    for finding in report.items("findings") {
        if !finding.get("suppressed").is_none_or(Value::is_null) {
            continue;
        }
        let Some(residual) = finding.get("residual_ready") else {
            continue;
        };
        let Some(id) = residual.text("residual_id") else {
            continue;
        };
        present.insert(id.to_owned());
        residual_of(runtime, &mut change, &scope, residual, id, &mut done)?;
        if finding.get("blocking").and_then(Value::as_bool) == Some(true) {
            repair(runtime, &mut change, finding, id, &mut done)?;
        }
    }
    propose(runtime, &mut change, &scope, &present, &mut done)?;
    change.event(Draft {
        action: format!("audit.{audit}.preserve"),
        object_type: "report".to_owned(),
        object_id: report_id.to_owned(),
        after: Some(
            match report.get("accepted").and_then(Value::as_bool) {
                Some(true) => "accepted",
                _ => "refused",
            }
            .to_owned(),
        ),
        refs: vec![done.report.clone()],
        residuals: done.added.clone(),
        note: "Findings are preserved as residuals; nothing was repaired.".to_owned(),
        ..Draft::default()
    });
    change.commit()?;
    Ok(done)
}

/// The residual of a finding, unless it is there; one that somebody has resolved and that is found
/// again is open again.
fn residual_of(
    runtime: &Runtime,
    change: &mut Transaction<'_>,
    scope: &str,
    residual: &Value,
    id: &str,
    done: &mut Preserved,
) -> Result<(), RuntimeError> {
    let mut body = residual.clone();
    if let Some(extensions) = body.as_object_mut().and_then(|o| o.get_mut("extensions")) {
        extensions.set("audit_scope", scope);
    }
    for status in layout::RESIDUAL_STATUSES {
        let folder = format!("residuals/{status}");
        let Some(known) = runtime.store.find(&folder, "residual_id", id)? else {
            continue;
        };
        match status {
            "resolved" => change.remove(&known.path),
            _ => {
                if known.body.at(&["resolution", "proposed_at"]).is_some() {
                    // The finding is back: the proposal falls.
                    let mut back = known.body.clone();
                    if let Some(object) = back.as_object_mut() {
                        object.remove("resolution");
                    }
                    change.put(&known.path, &back);
                }
                done.known += 1;
                return Ok(());
            }
        }
    }
    let path = runtime.store.place("residuals/open", "residual_id", id)?;
    if change.exists(&path) {
        // Two findings that say the same of the same place.
        return Ok(());
    }
    change.put(&path, &body);
    done.added.push(id.to_owned());
    Ok(())
}

/// The repair task of a blocking finding, unless it stands in any folder of tasks.
fn repair(
    runtime: &Runtime,
    change: &mut Transaction<'_>,
    finding: &Value,
    residual: &str,
    done: &mut Preserved,
) -> Result<(), RuntimeError> {
    let text = |key: &str| finding.text(key).unwrap_or_default();
    let id = stable_id("task:audit-repair", &[text("fingerprint").into()]);
    if task::locate(&runtime.store, &id)?.is_some() {
        return Ok(());
    }
    let path = runtime.store.place("tasks/open", "task_id", &id)?;
    if change.exists(&path) {
        return Ok(());
    }
    let body = object! {
        "blackboard_refs" => Vec::<Value>::new(),
        "constraints" => object! {
            "authority_policy" => "repo_write_requires_review",
            "forbidden_actions" => vec!["automatic_execution", "external_side_effect"],
            "max_runtime_minutes" => 60,
            "network_policy" => "none",
            "side_effect_policy" => "dry_run_only",
        },
        "created_at" => change.now(),
        "dependencies" => Vec::<Value>::new(),
        "expected_outputs" => vec![object! {
            "acceptance_criteria" => vec!["The audit no longer reports this finding."],
            "destination" => "tasks/open",
            "kind" => "patch",
            "schema_ref" => "schemas/packet.schema.json",
        }],
        "extensions" => object! {
            "x_audit_fingerprint" => text("fingerprint"),
            "x_audit_rule" => text("rule_id"),
        },
        "inputs" => vec![object! {
            "kind" => "residual",
            "notes" => text("location"),
            "ref" => residual,
            "required" => true,
        }],
        "lease" => made_task::lease(60),
        "objective" => format!("{} {}", text("description"), text("repair_hint")),
        "pic_interop" => object! {
            "candidate_only_until_checked" => true,
            "enabled" => false,
            "pic_profile" => "development",
            "recommended_pic_commands" => Vec::<Value>::new(),
        },
        "priority" => match text("severity") {
            "critical" => 95,
            "high" => 85,
            _ => 70,
        },
        "residual_policy" => object! {
            "blocking_residuals_prevent_settlement" => true,
            "preserve_residuals" => true,
            "residual_destination" => "residuals/open",
        },
        "role" => "implementer",
        "schema_version" => "ccr.task.v0.1",
        "status" => "open",
        "task_id" => id.as_str(),
        "title" => format!("Repair {} in {}", text("rule_id"), text("location")),
        "verifier_plan" => object! {
            "failure_route" => "residual",
            "promotion_gate" => "none",
            "required_verifiers" => Vec::<Value>::new(),
        },
    };
    change.put(&path, &body);
    change.event(Draft {
        action: "task.audit_repair.create".to_owned(),
        object_type: "task".to_owned(),
        object_id: id.clone(),
        after: Some("open".to_owned()),
        residuals: vec![residual.to_owned()],
        ..Draft::default()
    });
    done.tasks.push(id);
    Ok(())
}

/// Open residuals of the same audit whose finding is gone get a proposal; whoever resolves decides.
fn propose(
    runtime: &Runtime,
    change: &mut Transaction<'_>,
    scope: &str,
    present: &BTreeSet<String>,
    done: &mut Preserved,
) -> Result<(), RuntimeError> {
    for stored in runtime.store.list("residuals/open")? {
        let own = stored
            .body
            .at(&["extensions", "audit_scope"])
            .and_then(Value::as_str);
        let Some(id) = stored.body.text("residual_id") else {
            continue;
        };
        if own != Some(scope) || present.contains(id) {
            continue;
        }
        done.proposed.push(id.to_owned());
        if stored.body.at(&["resolution", "proposed_at"]).is_some() {
            continue;
        }
        let mut body = stored.body.clone();
        let now = change.now().to_owned();
        body.set(
            "resolution",
            object! { "proposed_at" => now.as_str(), "reason" => "the audit no longer reports the finding" },
        );
        body.set("updated_at", now);
        change.put(&stored.path, &body);
        change.event(Draft {
            action: "residual.resolution.propose".to_owned(),
            object_type: "residual".to_owned(),
            object_id: id.to_owned(),
            before: Some("open".to_owned()),
            after: Some("open".to_owned()),
            residuals: vec![id.to_owned()],
            note: "the audit no longer reports the finding".to_owned(),
            ..Draft::default()
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::runtime::{Policy, document, residual};

    fn finding(name: &str) -> Value {
        let draft = residual::Draft {
            description: format!("{name} is wrong"),
            blocking: true,
            object_type: "runtime".to_owned(),
            object_id: name.to_owned(),
            source: "ccr.audit.release".to_owned(),
            ..residual::Draft::default()
        };
        object! {
            "blocking" => true, "description" => "It is wrong.", "fingerprint" => name,
            "location" => name, "repair_hint" => "Mend it.", "rule_id" => "path-home-linux",
            "severity" => "high", "residual_ready" => draft.build("2026-01-01T00:00:00Z"),
            "suppressed" => Value::Null,
        }
    }

    fn report(id: &str, findings: Vec<Value>) -> Value {
        object! { "accepted" => findings.is_empty(), "report_id" => id, "findings" => findings }
    }

    #[test]
    fn the_same_finding_is_the_same_residual_and_one_that_is_gone_is_proposed() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new(folder.path().to_owned(), Policy::STRICT);
        let first = report("audit:1", vec![finding("a"), finding("b")]);
        let done = run(&runtime, "release", &first).unwrap();
        assert_eq!((done.added.len(), done.tasks.len()), (2, 2));
        let again = run(&runtime, "release", &first).unwrap();
        assert_eq!(
            (again.added.len(), again.known, again.tasks.len()),
            (0, 2, 0)
        );
        let less = report("audit:2", vec![finding("a")]);
        let gone = run(&runtime, "release", &less).unwrap();
        assert_eq!(gone.proposed.len(), 1);
        // Another audit has nothing to say about these.
        let other = run(&runtime, "repo", &report("audit:3", Vec::new())).unwrap();
        assert!(other.proposed.is_empty());
        let back = run(&runtime, "release", &first).unwrap();
        assert!(back.proposed.is_empty() && back.added.is_empty());
        for stored in runtime.store.list("residuals/open").unwrap() {
            assert!(stored.body.get("resolution").is_none());
            let found = document::validate(&runtime, "residual", &stored.body).unwrap();
            assert!(found.ok(), "{:?}", found.faults);
        }
        for stored in runtime.store.list("tasks/open").unwrap() {
            let found = document::validate(&runtime, "task", &stored.body).unwrap();
            assert!(found.ok(), "{:?}", found.faults);
        }
    }
}
