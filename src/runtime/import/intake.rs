// SPDX-License-Identifier: Apache-2.0
//! A report on its way in: read, taken out of its envelopes, judged.

use crate::object;
use crate::runtime::provider::{normalize, normalize_http, normalize_pic, recognise};
use crate::runtime::{Outcome, Runtime, RuntimeError, packet, read_input, residual};
use crate::support::pyjson::{Value, content_hash, display};
use std::path::Path;

/// A report that was read.
#[derive(Debug)]
pub(super) struct Intake {
    provider: String,
    /// As it was handed in.
    pub(super) original: Value,
    /// Without the envelope of a run (default mode).
    report: Value,
}

/// What an import may do to the packet.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Whether the packet is touched at all.
    pub(super) moves: bool,
    /// Why it is not, when a reader might expect it.
    pub(super) kept: Option<String>,
    /// What the reader should know.
    pub(super) warnings: Vec<String>,
}

impl Intake {
    /// Reads a report.
    ///
    /// # Errors
    /// It cannot be read; in the default mode also when it is no report or one of a failed run.
    pub(super) fn new(
        runtime: &Runtime,
        provider: &str,
        file: &Path,
    ) -> Result<Self, RuntimeError> {
        if runtime.policy().compat() {
            let original = read_input(file)?;
            return Ok(Self {
                provider: provider.to_owned(),
                report: original.clone(),
                original,
            });
        }
        let load = || -> Result<(Value, Value), RuntimeError> {
            let original = recognise::read(file)?;
            let report = unwrap(provider, &original)?;
            recognise::check(&report, inner_key(provider))?;
            Ok((original, report))
        };
        let (original, report) = load().map_err(|error| with_residual(error, provider, file))?;
        Ok(Self {
            provider: provider.to_owned(),
            original,
            report,
        })
    }

    /// The normalized report, and what it may do.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn judge(&self, runtime: &Runtime) -> Result<(Value, Verdict), RuntimeError> {
        let policy = runtime.policy();
        let plain = Verdict {
            moves: true,
            ..Verdict::default()
        };
        if self.provider == "http" {
            let body = normalize_http::normalize(policy, &self.report);
            let mut verdict = plain;
            if policy.strict() && !normalize_http::has_verdict(&self.report) {
                verdict.moves = false;
                let text = "the report has no boolean `accepted`: the packet keeps its status";
                verdict.kept = Some(text.to_owned());
                verdict.warnings.push(text.to_owned());
            }
            return Ok((body, verdict));
        }
        if policy.compat() {
            return Ok((normalize_pic::lenient(&self.report), plain));
        }
        let judged = normalize_pic::strict(&self.report);
        let mut body = judged.body;
        let bound = self.is_bound(runtime, &body)?;
        body.set("bound", bound);
        if bound {
            body.set("ccr_status", judged.bound_status);
        }
        let settled = body.get("settled") == Some(&Value::Bool(true));
        let kept = if !judged.moves {
            Some("the report judges no packet".to_owned())
        } else if settled && !bound {
            Some("the report claims settlement and no run of this root stands behind it".to_owned())
        } else {
            None
        };
        let verdict = Verdict {
            moves: kept.is_none(),
            kept,
            warnings: judged.warnings,
        };
        Ok((body, verdict))
    }

    /// Whether the report belongs to the packet it names: it is the output of a run of this root
    /// for that packet, or carries the packet's digest.
    fn is_bound(&self, runtime: &Runtime, body: &Value) -> Result<bool, RuntimeError> {
        let Some(id) = body.text("packet_id") else {
            return Ok(false);
        };
        let source = normalize::source(&self.report, "stdout_json");
        if let Some(digest) = source.text("content_digest")
            && let Some((_, found)) = packet::locate(&runtime.store, id)?
        {
            let hash = content_hash(&found.body);
            if digest.trim_start_matches("sha256:") == hash {
                return Ok(true);
            }
        }
        for (folder, prefix) in [
            ("reports/pic", "pic-report"),
            ("reports/providers/pic", "provider-run"),
        ] {
            for name in runtime.store.names(folder)? {
                if !name.starts_with(prefix) {
                    continue;
                }
                let path = format!("{folder}/{name}");
                let record = match runtime.store.read(&path) {
                    Ok(Some(record)) => record,
                    Ok(None) => continue,
                    Err(error) => {
                        runtime.store.skip(&path, error.to_string());
                        continue;
                    }
                };
                let run = normalize::source(&record, "report");
                let same = run.get("ok") == Some(&Value::Bool(true))
                    && run.text("packet_id") == Some(id)
                    && run.get("stdout_json") == Some(source);
                if same {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn inner_key(provider: &str) -> &'static str {
    if provider == "http" {
        "response_json"
    } else {
        "stdout_json"
    }
}

/// Takes a report out of the envelope of a saved run. A run that failed left no report.
fn unwrap(provider: &str, original: &Value) -> Result<Value, RuntimeError> {
    let enveloped = original.text("schema_version") == Some("ccr.provider_run.v1");
    if enveloped && original.text("provider") != Some(provider) {
        return Err(RuntimeError::Value(format!(
            "the run is of provider {}, not {provider}",
            original.get("provider").map_or_else(String::new, display)
        )));
    }
    let report = match original.get("report") {
        Some(inner @ Value::Object(_)) if enveloped => inner,
        _ => original,
    };
    let ran = if provider == "http" {
        report.get("http_status").is_some() || enveloped
    } else {
        report.get("returncode").is_some() || report.get("stdout_json").is_some() || enveloped
    };
    if !ran {
        return Ok(report.clone());
    }
    let failed = report.get("ok").is_some_and(|ok| ok != &Value::Bool(true));
    if failed {
        let reason = ["reason", "error"]
            .iter()
            .find_map(|key| report.text(key))
            .unwrap_or("it is not ok");
        return Err(RuntimeError::Value(format!(
            "the run left no report to import: {reason}"
        )));
    }
    if report.get("truncated") == Some(&Value::Bool(true)) {
        return Err(RuntimeError::Value(
            "the run's output was cut: nothing to import".to_owned(),
        ));
    }
    let key = inner_key(provider);
    if report
        .get(key)
        .is_none_or(|inner| inner.as_object().is_none())
    {
        return Err(RuntimeError::Value(format!(
            "the run's {key} is no JSON object: nothing to import"
        )));
    }
    Ok(report.clone())
}

/// A refused report is a residual to keep.
fn with_residual(error: RuntimeError, provider: &str, file: &Path) -> RuntimeError {
    let RuntimeError::Value(text) = error else {
        return error;
    };
    let shown = file.display().to_string();
    let draft = residual::Draft {
        kind: "validation_error".to_owned(),
        description: format!("Import of {shown} from {provider} refused: {text}"),
        blocking: false,
        object_type: "report".to_owned(),
        object_id: shown.clone(),
        refs: vec![shown],
        source: format!("ccr.provider.{provider}"),
        repair_hint: "Mend the report at its source and import it again.".to_owned(),
        ..residual::Draft::default()
    };
    RuntimeError::refusal(
        object! {
            "error" => text,
            "ok" => false,
            "provider" => provider,
            "residual_ready" => draft.build(&crate::runtime::now()),
        },
        Outcome::Refused,
    )
}
