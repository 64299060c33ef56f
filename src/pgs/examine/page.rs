// SPDX-License-Identifier: Apache-2.0
//! An examination as a Markdown page. Texts of the trace stand in it as names in backticks or not
//! at all, so that none of them can become markup.

use super::{Examination, Reached};
use crate::pgs::trace::fault::shown;
use std::fmt::Write as _;

/// The page.
pub fn markdown(found: &Examination, name: &str) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write(found, name, &mut out);
    out
}

fn write(found: &Examination, name: &str, out: &mut String) -> std::fmt::Result {
    let run = &found.run;
    writeln!(out, "# Examination: {}\n", found.class.name())?;
    let form = found.trace.generation.map_or("unknown", |form| form.name());
    let workflow = run.fqdn.as_ref().unwrap_or(&run.workflow);
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| Trace | {} |", shown(name))?;
    writeln!(out, "| Form | `{form}` |")?;
    writeln!(out, "| Run | {} |", shown(&run.id))?;
    writeln!(out, "| Workflow | {} |", shown(workflow))?;
    if let Some(status) = &run.status {
        let end = run.complete.map(|at| &found.trace.records[at]);
        let reason = end.map_or("", |end| end.text("exit_reason_code"));
        writeln!(out, "| End | {}, {} |", shown(status), shown(reason))?;
    }
    if let Some(cause) = &found.cause {
        let line = found.trace.records[cause.record].line;
        let what = cause.failure.name();
        writeln!(
            out,
            "| Because | {what}, {}, line {line} |",
            shown(&cause.code)
        )?;
    }
    writeln!(out, "\n## Way\n")?;
    for (at, visit) in run.visits.iter().enumerate() {
        let outcome = visit.outcome.as_deref();
        let outcome = outcome.map_or("no end".to_owned(), shown);
        writeln!(out, "{}. {} → {outcome}", at + 1, shown(&visit.node))?;
        for step in &visit.steps {
            let end = step.end.map(|end| &found.trace.records[end]);
            let outcome = end.map_or("no end".to_owned(), |end| shown(end.text("outcome")));
            write!(out, "   - {} → {outcome}", shown(&step.id))?;
            if let Some(end) = end.filter(|end| !matches!(end.text("effect"), "none" | "")) {
                write!(
                    out,
                    ", {} {}",
                    shown(end.text("effect")),
                    shown(end.text("store"))
                )?;
            }
            writeln!(out)?;
        }
    }
    writeln!(out, "\n## Levels\n\n| Level | |\n|---|---|")?;
    for (level, reached) in &found.levels {
        let said = match reached {
            Reached::Holds(what) => format!("holds: {}", cell(what)),
            Reached::Broken => "**broken**".to_owned(),
            Reached::Open(why) => format!("not looked at: {}", cell(why)),
        };
        writeln!(out, "| {} | {said} |", level.name())?;
    }
    if !found.breaks.is_empty() {
        writeln!(out, "\n## Findings\n\n| Line | Rule | |\n|---|---|---|")?;
    }
    for one in &found.breaks {
        let text = cell(&one.message);
        writeln!(out, "| {} | `{}` | {text} |", one.line, one.rule)?;
    }
    Ok(())
}

/// A sentence of ours in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
