// SPDX-License-Identifier: Apache-2.0
//! Imports of reports: `ccr integrate` and `ccr provider import` (CCR specification, section 5.5;
//! PIC interoperability, section 4).
//!
//! One import is one change: artifacts, residuals, task hints, the packet, the index, events.

mod effects;
mod intake;

use super::provider::{self, hint};
use super::store::{Draft, Row};
use super::{Answer, Reply, Runtime, RuntimeError, document, layout};
use crate::object;
use crate::support::pyjson::{Value, display};
use effects::Effects;
use intake::Intake;
use std::path::Path;

/// `ccr integrate`: a PIC report, kept beside what is made of it.
///
/// # Errors
/// The report cannot be read or, in the default mode, believed.
pub fn integrate(runtime: &Runtime, report: &Path) -> Answer {
    run(runtime, "pic", report, true)
}

/// `ccr provider import`
///
/// # Errors
/// An unknown provider; the report cannot be read or, in the default mode, believed.
pub fn provider_import(runtime: &Runtime, provider: &str, report: &Path) -> Answer {
    provider::known(provider)?;
    run(runtime, provider, report, false)
}

fn run(runtime: &Runtime, provider: &str, file: &Path, integrate: bool) -> Answer {
    let strict = runtime.policy().strict();
    let intake = Intake::new(runtime, provider, file)?;
    let mut change = runtime.store.begin()?;
    let (mut normalized, verdict) = intake.judge(runtime)?;
    let import_id = normalized.text("import_id").unwrap_or_default().to_owned();
    if strict {
        classify_hints(&mut normalized);
        let found = document::validate(runtime, "provider", &normalized)?;
        if !found.ok() {
            return Err(RuntimeError::Value(format!(
                "the normalized report does not fit the provider schema: {}",
                display(&found.errors())
            )));
        }
    }
    let folder = if integrate {
        "reports/pic".to_owned()
    } else {
        format!("reports/providers/{provider}")
    };
    let relative = format!("{folder}/{}", layout::file_name(&import_id));
    let path = runtime.store.path(&relative).display().to_string();
    let mut original = None;
    if integrate {
        let name = layout::file_name(&format!("{import_id}-original"));
        let beside = format!("{folder}/{name}");
        change.put(&beside, &intake.original);
        original = Some(runtime.store.path(&beside).display().to_string());
    }
    change.put(&relative, &normalized);
    let mut effects = Effects::new(runtime, provider, &normalized, &path);
    effects.residuals(&mut change)?;
    effects.hints(&mut change)?;
    effects.packet(&mut change, &verdict)?;
    let status = display(normalized.get("ccr_status").unwrap_or(&Value::Null));
    if !integrate {
        change.row(Row::Object {
            object_type: "report".to_owned(),
            object_id: import_id.clone(),
            status: Some(status.clone()),
            path: relative,
            body: normalized.clone(),
        });
    }
    let mut refs = vec![file.display().to_string(), path.clone()];
    refs.extend(original.clone());
    let (action, note) = if integrate {
        (
            "integrate.pic".to_owned(),
            "PIC report imported without executing safe commands.",
        )
    } else {
        (
            format!("provider.{provider}.import"),
            "Provider report imported; safe commands remain task hints only.",
        )
    };
    change.event(Draft {
        action,
        object_type: "report".to_owned(),
        object_id: import_id.clone(),
        after: Some(status),
        refs,
        residuals: effects.residual_ids.clone(),
        note: note.to_owned(),
        ..Draft::default()
    });
    change.commit()?;
    let mut body = object! {
        "import_id" => import_id,
        "normalized" => &normalized,
        "normalized_path" => path.as_str(),
        "ok" => true,
        "packet_update" => effects.packet_update,
        "residuals" => effects.residual_ids,
        "task_hints" => effects.hint_ids,
    };
    if integrate {
        body.set("original_report_path", original);
    } else {
        body.set("provider", provider);
    }
    if !verdict.warnings.is_empty() {
        body.set("warnings", verdict.warnings);
    }
    Ok(Reply::done(body))
}

/// Notes beside the report what each of its hints is, where one is no plain command.
fn classify_hints(normalized: &mut Value) {
    let hints = normalized.items("safe_commands");
    let classed: Vec<Value> = hints
        .iter()
        .map(|item| {
            object! {
                "class" => hint::class(item).name(),
                "text" => provider::normalize::visible(&display(item)),
            }
        })
        .collect();
    if !classed.is_empty() {
        normalized.set("hints", classed);
    }
}
