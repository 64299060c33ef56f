// SPDX-License-Identifier: Apache-2.0
//! What `ccr pgs run` says of a run, and the picture it leaves.

use super::run::Asked;
use super::run_args::PictureKind;
use crate::cli::sink;
use crate::pgs::execute::{End, LoadFault, Plan};
use crate::pgs::picture::{Graph, layout, png, svg};
use crate::pgs::trace::Written;
use crate::pgs::trace::dot::{self, Visited};
use crate::record;
use crate::support::atomic;
use crate::support::pyjson::ordered::Value;
use std::fmt::Write as _;
use std::path::Path;

impl Asked<'_> {
    /// Draws the path taken; what cannot be drawn is a note, never the end of a run.
    pub(super) fn draw(&self, plan: &Plan, end: &End, written: &Written) -> Vec<String> {
        let kind = self.args.picture.unwrap_or(PictureKind::Png);
        let file = |ending: &str| written.folder.join(format!("{}.{ending}", written.id));
        let put = |path: &Path, bytes: &[u8]| {
            atomic::publish_as(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        let drawing = || {
            let status = if end.ending.success {
                "SUCCESS"
            } else {
                "FAILED"
            };
            let heading = vec![
                plan.workflow.fqdn.to_string(),
                format!("{status} · {} · {}", end.ending.reason, written.id),
            ];
            let graph = Graph::of(&plan.workflow, &end.path, heading, end.ending.success);
            svg::draw(&graph, &layout::place(&graph))
        };
        let done = match kind {
            PictureKind::None => Ok(()),
            PictureKind::Dot => {
                let path = end.path.iter().map(|(n, o)| (n.as_str(), o.as_str()));
                let text = dot::text(&plan.workflow, &Visited::along(path));
                put(&file("dot"), text.as_bytes())
            }
            PictureKind::Svg => put(&file("svg"), drawing().as_bytes()),
            PictureKind::Png => png::render(&drawing())
                .map_err(|error| error.to_string())
                .and_then(|bytes| put(&file("png"), &bytes)),
        };
        done.err()
            .map(|why| format!("no picture: {why}"))
            .into_iter()
            .collect()
    }

    pub(super) fn say(
        &self,
        end: &End,
        written: &Written,
        faults: &[LoadFault],
        notes: &[String],
    ) -> anyhow::Result<()> {
        for note in notes {
            sink::note(&format!("warning: {note}"));
        }
        let status = if end.ending.success {
            "SUCCESS"
        } else {
            "FAILED"
        };
        if self.json {
            return sink::print(&(self.answer(end, written, faults, status).indented() + "\n"));
        }
        if self.options.compat {
            return sink::print(&self.banner(end, written, status));
        }
        let mut text = String::new();
        for (node, outcome) in &end.path {
            let _ = writeln!(text, "{node} -> {outcome}");
        }
        for fault in faults {
            let _ = writeln!(text, "{} {}: {}", fault.code, fault.subject, fault.message);
        }
        if end.resumed > 0 {
            let steps = end.resumed;
            let _ = writeln!(
                text,
                "went on with a run that was stopped: {steps} steps were done"
            );
        }
        if end.warnings > 0 {
            let _ = writeln!(text, "{} warnings, see the trace", end.warnings);
        }
        let _ = writeln!(text, "{status} {}: {}", end.ending.reason, self.workflow);
        if let (Some(message), true) = (&end.message, faults.is_empty()) {
            let _ = writeln!(text, "{message}");
        }
        let dry = if self.args.dry_run {
            ", none of them kept (dry run)"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{} effects{dry}, trace {}",
            end.effects_committed,
            written.jsonl.display()
        );
        sink::print(&text)
    }

    fn answer(&self, end: &End, written: &Written, faults: &[LoadFault], status: &str) -> Value {
        let path = end.path.iter();
        let path: Vec<Value> = path
            .map(|(node, outcome)| Value::from(vec![node.as_str(), outcome.as_str()]))
            .collect();
        let faults: Vec<Value> = faults
            .iter()
            .map(|fault| {
                record! { "code" => fault.code, "subject" => &fault.subject, "message" => &fault.message }
            })
            .collect();
        record! {
            "ok" => end.ending.success,
            "workflow" => self.workflow.as_str(),
            "status" => status,
            "exit_condition" => end.ending.condition(),
            "exit_reason_code" => &end.ending.reason,
            "message" => end.message.clone(),
            "path" => path,
            "effects_committed" => end.effects_committed,
            "resumed_steps" => end.resumed,
            "warnings" => end.warnings,
            "duration_ms" => end.duration_ms,
            "dry_run" => self.args.dry_run,
            "trace_id" => &written.id,
            "trace" => written.jsonl.display().to_string(),
            "faults" => faults,
        }
    }

    /// What the original prints, as far as its words are known.
    fn banner(&self, end: &End, written: &Written, status: &str) -> String {
        let line = "=".repeat(60);
        let mut text = format!("[cli] Executing workflow: {}\n\n{line}\n", self.workflow);
        for (name, value) in [
            ("Workflow", self.workflow.to_string()),
            ("Status", status.to_owned()),
            ("Exit Reason", end.ending.reason.clone()),
            ("Duration", format!("{} ms", end.duration_ms)),
            ("Trace ID", written.id.clone()),
        ] {
            let _ = writeln!(text, "{name}: {value}");
        }
        if let Some(message) = &end.message {
            let _ = writeln!(text, "Message: {message}");
        }
        text + &line + "\n"
    }
}
