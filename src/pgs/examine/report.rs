// SPDX-License-Identifier: Apache-2.0
//! An examination as text and as JSON.

use super::{Examination, Reached};
use crate::pgs::trace::fault::shown;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// For people.
pub fn text(found: &Examination, name: &str) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write_text(found, name, &mut out);
    out
}

fn write_text(found: &Examination, name: &str, out: &mut String) -> std::fmt::Result {
    let run = &found.run;
    writeln!(out, "{name}: {}", found.class.name())?;
    let form = found.trace.generation.map_or("unknown", |form| form.name());
    writeln!(out, "  form      {form}")?;
    writeln!(out, "  run       {}", shown(&run.id))?;
    let workflow = run.fqdn.as_ref().unwrap_or(&run.workflow);
    writeln!(out, "  workflow  {}", shown(workflow))?;
    if let Some(status) = &run.status {
        let end = run.complete.map(|at| &found.trace.records[at]);
        let reason = end.map_or("", |end| end.text("exit_reason_code"));
        match reason {
            "" => writeln!(out, "  end       {}", shown(status))?,
            reason => writeln!(out, "  end       {}, {}", shown(status), shown(reason))?,
        }
    }
    if let Some(cause) = &found.cause {
        let at = &found.trace.records[cause.record];
        write!(
            out,
            "  because   {}: {}",
            cause.failure.name(),
            shown(&cause.code)
        )?;
        if let Some(node) = &cause.node {
            write!(out, " at {}", shown(node))?;
        }
        writeln!(out, " (line {})", at.line)?;
    }
    writeln!(out)?;
    for visit in &run.visits {
        let outcome = visit
            .outcome
            .as_deref()
            .map_or("(no end)".to_owned(), shown);
        writeln!(out, "  {} → {outcome}", shown(&visit.node))?;
        for step in &visit.steps {
            let end = step.end.map(|end| &found.trace.records[end]);
            let outcome = end.map_or("(no end)".to_owned(), |end| shown(end.text("outcome")));
            write!(out, "      {} → {outcome}", shown(&step.id))?;
            if let Some(end) = end.filter(|end| !matches!(end.text("effect"), "none" | "")) {
                write!(out, ", {} {}", end.text("effect"), shown(end.text("store")))?;
            }
            writeln!(out)?;
        }
    }
    writeln!(out)?;
    for (level, reached) in &found.levels {
        let said = match reached {
            Reached::Holds(what) => format!("holds: {what}"),
            Reached::Broken => "BROKEN".to_owned(),
            Reached::Open(why) => format!("not looked at: {why}"),
        };
        writeln!(out, "  {:<9} {said}", level.name())?;
    }
    if !found.breaks.is_empty() {
        writeln!(out)?;
    }
    for one in &found.breaks {
        writeln!(out, "  line {}: {} [{}]", one.line, one.message, one.rule)?;
    }
    Ok(())
}

/// For programs.
pub fn json(found: &Examination, name: &str) -> Value {
    let mut value = facts(found);
    let breaks: Vec<Value> = found
        .breaks
        .iter()
        .map(|one| {
            json!({
                "rule_id": one.rule,
                "line": one.line,
                "byte_start": one.span.start,
                "byte_end": one.span.end,
                "description": one.message,
            })
        })
        .collect();
    value.insert("schema_version".to_owned(), json!("ccr.pgs_examination.v1"));
    value.insert("trace".to_owned(), json!(name));
    value.insert("ok".to_owned(), json!(found.class.is_good()));
    value.insert("findings".to_owned(), json!(breaks));
    Value::Object(value)
}

/// What is known of the run, without findings.
pub fn facts(found: &Examination) -> Map<String, Value> {
    let run = &found.run;
    let end = run.complete.map(|at| &found.trace.records[at]);
    let member = |name: &str| {
        end.map(|end| end.text(name))
            .filter(|text| !text.is_empty())
    };
    let path: Vec<Value> = run
        .visits
        .iter()
        .map(|visit| {
            let steps: Vec<Value> = visit
                .steps
                .iter()
                .map(|step| {
                    let end = step.end.map(|end| &found.trace.records[end]);
                    let said = |name: &str| end.map(|end| end.text(name));
                    json!({
                        "step": step.id,
                        "outcome": said("outcome"),
                        "effect": said("effect"),
                        "store": said("store").filter(|store| !store.is_empty()),
                    })
                })
                .collect();
            json!({
                "node": visit.node,
                "outcome": visit.outcome,
                "line": found.trace.records[visit.start].line,
                "steps": steps,
            })
        })
        .collect();
    let levels: Map<String, Value> = found
        .levels
        .iter()
        .map(|(level, reached)| {
            let (state, note) = match reached {
                Reached::Holds(what) => ("holds", Some(what)),
                Reached::Broken => ("broken", None),
                Reached::Open(why) => ("open", Some(why)),
            };
            (
                level.name().to_owned(),
                json!({ "state": state, "note": note }),
            )
        })
        .collect();
    let cause = found.cause.as_ref().map(|cause| {
        json!({
            "failure_class": cause.failure.name(),
            "node": cause.node,
            "code": cause.code,
            "line": found.trace.records[cause.record].line,
        })
    });
    let protection = found.trace.protection;
    let value = json!({
        "class": found.class.name(),
        "form": found.trace.generation.map(|form| form.name()),
        "execution_id": run.id,
        "workflow": run.fqdn.as_ref().unwrap_or(&run.workflow),
        "profile": run.profile,
        "status": run.status,
        "exit_condition": member("exit_condition"),
        "exit_reason_code": member("exit_reason_code"),
        "cause": cause,
        "path": path,
        "levels": levels,
        "events": found.trace.records.len(),
        "protection": {
            "chained": protection.chained,
            "sealed": protection.sealed,
            "signed": protection.signed,
            "trusted": protection.trusted,
        },
    });
    match value {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}
