// SPDX-License-Identifier: Apache-2.0
//! A run for people: the original's `.md` (specification of the PGS runtime, section 6.4), and
//! behind it, in our form, what the original does not say.

use super::encode::Format;
use super::event::{Event, Profile};
use super::form;
use std::fmt::Write as _;

/// Collects what the page says, event by event; values of a run are never kept.
#[derive(Debug, Default)]
pub struct Markdown {
    workflow: String,
    profile: Option<Profile>,
    end: Option<End>,
    succeeded: usize,
    violations: Vec<Violation>,
    errors: Vec<(String, String)>,
    flow: Vec<String>,
    refused: Vec<String>,
    ignored: Vec<String>,
}

#[derive(Debug)]
struct End {
    status: &'static str,
    duration_ms: i64,
    reason: String,
}

#[derive(Debug)]
struct Violation {
    node: String,
    code: String,
    message: String,
    field: Option<String>,
    constraint: Option<String>,
}

/// Text of a trace in a page: no line of its own, no markup of its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' => out.push('\''),
            '<' => out.push_str("&lt;"),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

impl Markdown {
    /// Takes an event.
    pub fn take(&mut self, event: &Event) {
        self.take_ours(event);
        let profile = match event {
            Event::ExecutionStart { profile, .. } => *profile,
            _ => self.profile.unwrap_or(Profile::Advanced),
        };
        self.profile = Some(profile);
        let Some(said) = form::original(event, profile) else {
            return;
        };
        match event {
            Event::ExecutionStart { workflow, .. } => {
                self.workflow = workflow.code().to_owned();
                self.flow.push(format!("START → {}", plain(&self.workflow)));
            }
            Event::NodeStart { .. } => {}
            Event::NodeEnd {
                node,
                status,
                duration_ms,
            } => {
                self.succeeded += usize::from(status == "SUCCESS");
                let (node, status) = (plain(node), plain(status));
                self.flow
                    .push(format!("{node} → {status} ({duration_ms}ms)"));
            }
            Event::CapabilityDispatch { contract, .. } => {
                self.flow.push(format!("DISPATCH → {}", plain(contract)));
            }
            Event::Violation {
                node,
                code,
                message,
                field,
                constraint,
                ..
            } => {
                self.flow.push(format!("VIOLATION → {}", plain(code)));
                self.violations.push(Violation {
                    node: plain(node),
                    code: plain(code),
                    message: plain(message),
                    field: field.as_deref().map(plain),
                    constraint: constraint.as_deref().map(plain),
                });
            }
            Event::Error {
                error_type,
                component,
                ..
            } => {
                self.flow.push(format!("ERROR → {}", plain(error_type)));
                self.errors.push((plain(error_type), plain(component)));
            }
            Event::WorkflowComplete {
                success,
                duration_ms,
                reason,
                ..
            } => {
                let status = if *success { "SUCCESS" } else { "FAILED" };
                self.flow.push(format!("EXIT → {status}"));
                self.end = Some(End {
                    status,
                    duration_ms: *duration_ms,
                    reason: plain(reason),
                });
            }
            _ => self.flow.push(said.kind.to_owned()),
        }
    }

    fn take_ours(&mut self, event: &Event) {
        match event {
            Event::Violation { node, fields, .. } => {
                for fault in fields {
                    let (field, asked) = (plain(&fault.field), plain(&fault.constraint));
                    self.refused
                        .push(format!("`{}`: `{field}`: {asked}", plain(node)));
                }
            }
            Event::VerdictIgnored { node, step, output } => {
                let (node, step, output) = (plain(node), plain(step), plain(output));
                self.ignored
                    .push(format!("`{node}`, step `{step}`: `{output}`"));
            }
            _ => {}
        }
    }

    /// The page; no final newline, as in the original.
    pub fn page(&self, id: &str, format: Format) -> String {
        let mut out = format!(
            "# Execution Trace\n\n**Workflow**: `{}`\n**Execution ID**: `{}`\n\n## Summary\n\n",
            plain(&self.workflow),
            plain(id)
        );
        // Writing to a text cannot fail.
        let _ = self.summary(&mut out).and_then(|()| self.body(&mut out));
        if format == Format::V1 {
            let lists = [
                ("Refused Fields", &self.refused),
                ("Ignored Verdicts", &self.ignored),
            ];
            for (title, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
                let _ = write!(out, "\n\n## {title}\n");
                for line in *lines {
                    let _ = write!(out, "\n- {line}");
                }
            }
        }
        out
    }

    fn summary(&self, out: &mut String) -> std::fmt::Result {
        if let Some(end) = &self.end {
            writeln!(out, "- **Status**: {}", end.status)?;
            writeln!(out, "- **Duration**: {} ms", end.duration_ms)?;
        }
        match self.violations.first() {
            None => writeln!(out, "- **Execution Phase**: FULL DAG")?,
            Some(first) => writeln!(out, "- **Failure Phase**: {}", phase(first))?,
        }
        if self.succeeded > 0 {
            writeln!(out, "- **Nodes Executed**: {}", self.succeeded)?;
        }
        if let Some(end) = &self.end {
            writeln!(out, "- **Exit Reason**: {}", end.reason)?;
        }
        Ok(())
    }

    fn body(&self, out: &mut String) -> std::fmt::Result {
        if let Some(first) = self.violations.first() {
            let why = first.constraint.as_ref().unwrap_or(&first.message);
            let impact = match phase(first) {
                "ADMISSION" => "Workflow did not enter execution DAG".to_owned(),
                _ => format!("Workflow stopped at {}", first.node),
            };
            write!(
                out,
                "\n## Failure Point\n\n- **Stage**: {}\n- **Reason**: {why}\n- **Impact**: {impact}\n",
                first.node
            )?;
            write!(out, "\n## Protocol Violations\n")?;
            for violation in &self.violations {
                write!(
                    out,
                    "\n### {}\n\n- **Code**: `{}`\n- **Message**: {}\n",
                    violation.node, violation.code, violation.message
                )?;
                if let Some(field) = &violation.field {
                    writeln!(out, "- **Field**: {field}")?;
                }
                if let Some(constraint) = &violation.constraint {
                    writeln!(out, "- **Constraint**: {constraint}")?;
                }
            }
        }
        if !self.errors.is_empty() {
            write!(out, "\n## Errors\n")?;
            for (kind, origin) in &self.errors {
                write!(out, "\n- **Type**: `{kind}`\n- **Origin**: `{origin}`\n")?;
            }
        }
        write!(out, "\n## Execution Flow\n")?;
        for (at, line) in self.flow.iter().enumerate() {
            write!(out, "\n{}. {line}", at + 1)?;
        }
        Ok(())
    }
}

fn phase(violation: &Violation) -> &'static str {
    if violation.node == "ADMISSION" {
        "ADMISSION"
    } else {
        "MID-WORKFLOW"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_name_brings_no_markup_and_no_line() {
        let mut page = Markdown::default();
        page.take(&Event::NodeEnd {
            node: "X`\n# Y <b>".to_owned(),
            status: "SUCCESS".to_owned(),
            duration_ms: 1,
        });
        let text = page.page("T", Format::V0);
        assert!(
            text.ends_with("\n1. X'\\n# Y &lt;b> → SUCCESS (1ms)"),
            "{text}"
        );
    }
}
