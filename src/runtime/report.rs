// SPDX-License-Identifier: Apache-2.0
//! `ccr report` and `ccr phase report`: counts and what remains open
//! (CCR specification, sections 1.3 and 4.4).

use super::store::Stored;
use super::{Answer, Reply, Runtime, RuntimeError, layout};
use crate::object;
use crate::support::pyjson::{Value, display};
use std::fmt::Write as _;

/// What the runtime holds.
struct Census {
    generated_at: String,
    packets: Vec<(&'static str, usize)>,
    tasks: Vec<(&'static str, usize)>,
    residuals: Vec<(&'static str, usize)>,
    pic_reports: usize,
    candidate_only: usize,
    /// Residuals that are open by folder and by body, in order of file name.
    open: Vec<Stored>,
}

impl Census {
    fn take(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let count = |kind: &str, statuses: &[&'static str]| {
            let each = statuses.iter().map(|status| {
                let names = runtime.store.names(&format!("{kind}/{status}"))?;
                Ok((*status, names.len()))
            });
            each.collect::<Result<Vec<_>, RuntimeError>>()
        };
        let mut open = Vec::new();
        let mut candidate_only = 0;
        for folder in layout::RESIDUAL_STATUSES {
            for stored in runtime.store.list(&format!("residuals/{folder}"))? {
                candidate_only += usize::from(is_candidate_only(&stored.body));
                if folder == "open" && stored.body.text("status") == Some("open") {
                    open.push(stored);
                }
            }
        }
        let created = runtime.settings()?.get("created_at").map(display);
        Ok(Self {
            generated_at: created.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
            packets: count("packets", &layout::PACKET_STATUSES)?,
            tasks: count("tasks", &layout::TASK_STATUSES)?,
            residuals: count("residuals", &layout::RESIDUAL_STATUSES)?,
            pic_reports: runtime.store.names("reports/pic")?.len(),
            candidate_only,
            open,
        })
    }

    fn blocking(&self) -> usize {
        self.open.iter().filter(|r| is_blocking(&r.body)).count()
    }
}

fn is_candidate_only(residual: &Value) -> bool {
    residual.text("kind") == Some("candidate_only_reason")
        || residual
            .at(&["extensions", "source_pic_field"])
            .and_then(Value::as_str)
            == Some("candidate_only_reasons")
}

fn is_blocking(residual: &Value) -> bool {
    residual.get("blocking").is_some_and(Value::truthy)
}

fn counts(pairs: &[(&'static str, usize)]) -> Value {
    let mut counts = object! {};
    for (status, count) in pairs {
        counts.set(status, *count);
    }
    counts
}

/// `ccr report --format json`, `ccr phase report`
///
/// # Errors
/// A folder cannot be listed.
pub fn json(runtime: &Runtime) -> Answer {
    let census = Census::take(runtime)?;
    Ok(Reply::done(object! {
        "ok" => true,
        "report" => object! {
            "blocking_residual_count" => census.blocking(),
            "candidate_only_reasons_count" => census.candidate_only,
            "generated_at" => census.generated_at.as_str(),
            "non_claims" => &layout::NON_CLAIMS[..],
            "open_residual_count" => census.open.len(),
            "packet_counts" => counts(&census.packets),
            "pic_report_count" => census.pic_reports,
            "residual_counts" => counts(&census.residuals),
            "schema_version" => "ccr.phase_report.v0.1",
            "task_counts" => counts(&census.tasks),
        },
    }))
}

/// `ccr report`, as Markdown.
///
/// # Errors
/// A folder cannot be listed.
pub fn markdown(runtime: &Runtime) -> Result<String, RuntimeError> {
    let census = Census::take(runtime)?;
    let mut out = String::from("# Collective Capability Runtime Report\n\n");
    let mut line = |text: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{text}");
    };
    line(format!("- Generated: `{}`", census.generated_at));
    line(format!("- PIC reports: `{}`", census.pic_reports));
    line(format!("- Open residuals: `{}`", census.open.len()));
    line(format!("- Blocking residuals: `{}`", census.blocking()));
    for (title, pairs) in [
        ("Packet Counts", &census.packets),
        ("Task Counts", &census.tasks),
    ] {
        line(format!("\n## {title}\n"));
        for (status, count) in pairs {
            line(format!("- `{status}`: {count}"));
        }
    }
    line("\n## Residuals\n".to_owned());
    if census.open.is_empty() {
        line("- No open residuals.".to_owned());
    }
    for Stored { body, .. } in &census.open {
        let blocking = if is_blocking(body) {
            "blocking"
        } else {
            "non-blocking"
        };
        let text = |key: &str| body.get(key).map_or_else(|| "None".to_owned(), display);
        line(format!(
            "- `{}` [{blocking}] {}: {}",
            text("residual_id"),
            text("kind"),
            text("description"),
        ));
    }
    line("\n## Non-Claims\n".to_owned());
    for claim in layout::NON_CLAIMS {
        line(format!("- {claim}"));
    }
    Ok(out)
}
