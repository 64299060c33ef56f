// SPDX-License-Identifier: Apache-2.0
//! Providers: programs and services outside that judge packets (CCR specification, section 7).
//!
//! A plan says what would be done; only `--execute` does it. Every execution leaves a run report
//! and an event; in the default mode a failed one leaves a residual in the ledger too.

mod capabilities;
mod exchange;
mod forward;
pub(in crate::runtime) mod hint;
mod http;
mod http_config;
mod network;
pub(in crate::runtime) mod normalize;
pub(in crate::runtime) mod normalize_http;
pub(in crate::runtime) mod normalize_pic;
pub mod pic;
mod pic_identity;
pub(in crate::runtime) mod recognise;

use super::residual;
use super::store::{Draft, Row, Stored};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError, layout, packet};
use crate::object;
use crate::support::pyjson::{Value, display, stable_id};
use std::path::{Path, PathBuf};

/// What is asked of a provider.
#[derive(Debug, Clone)]
pub struct Request {
    /// `pic` or `http`.
    pub provider: String,
    /// What to do.
    pub action: String,
    /// The payload, a JSON object.
    pub file: Option<PathBuf>,
    /// The packet it is about.
    pub packet: Option<String>,
    /// PIC profile.
    pub profile: String,
}

impl Request {
    fn payload(&self) -> Result<Value, RuntimeError> {
        let mut payload = match &self.file {
            Some(file) => super::read_input(file)?,
            None => object! {},
        };
        // An empty option is none: what the file says stays.
        if let Some(packet) = self.packet.as_ref().filter(|packet| !packet.is_empty()) {
            payload.set("packet_id", packet.as_str());
        }
        if !self.profile.is_empty() {
            payload.set("profile", self.profile.as_str());
        }
        Ok(payload)
    }
}

/// Refuses a provider that there is not.
///
/// # Errors
/// Any other than `pic` and `http`.
pub(super) fn known(provider: &str) -> Result<(), RuntimeError> {
    if capabilities::PROVIDERS.contains(&provider) {
        return Ok(());
    }
    Err(RuntimeError::refusal(
        object! { "error" => "unknown provider", "ok" => false, "provider" => provider },
        Outcome::Missing,
    ))
}

/// `ccr provider list`
///
/// # Errors
/// None.
pub fn list(runtime: &Runtime) -> Answer {
    let providers: Vec<Value> = capabilities::PROVIDERS
        .iter()
        .map(|provider| {
            object! {
                "capabilities" => capabilities::capabilities(provider),
                "health" => capabilities::health(runtime.policy(), provider),
                "provider" => *provider,
            }
        })
        .collect();
    Ok(Reply::done(
        object! { "ok" => true, "providers" => providers },
    ))
}

/// `ccr provider health`
///
/// # Errors
/// An unknown provider.
pub fn health(runtime: &Runtime, provider: &str) -> Answer {
    known(provider)?;
    Ok(Reply::done(object! {
        "health" => capabilities::health(runtime.policy(), provider),
        "ok" => true,
        "provider" => provider,
    }))
}

/// The profile that a payload names.
fn profile_of(payload: &Value) -> String {
    let named = payload.get("profile").map(display);
    named.unwrap_or_else(|| "development".to_owned())
}

/// The packet that a payload names.
fn subject(runtime: &Runtime, payload: &Value) -> Result<Stored, RuntimeError> {
    let Some(id) = payload.get("packet_id") else {
        return Err(RuntimeError::Value(
            "action verify_packet needs a packet: --packet ID or `packet_id` in the payload"
                .to_owned(),
        ));
    };
    find_packet(runtime, &display(id))
}

/// A packet by its id.
///
/// # Errors
/// There is none.
pub(super) fn find_packet(runtime: &Runtime, id: &str) -> Result<Stored, RuntimeError> {
    match packet::locate(&runtime.store, id)? {
        Some((_, found)) => Ok(found),
        None => Err(RuntimeError::Missing(id.to_owned())),
    }
}

/// `ccr provider plan`; the plan is recorded in the index in compatibility mode and when asked.
///
/// # Errors
/// An unknown provider, action, profile or packet.
pub fn plan(runtime: &Runtime, request: &Request, write: bool) -> Answer {
    known(&request.provider)?;
    let payload = request.payload()?;
    let profile = &profile_of(&payload);
    let plan = match (request.provider.as_str(), request.action.as_str()) {
        ("http", action) => http::plan(action, &payload),
        (_, "verify_packet") => {
            let found = subject(runtime, &payload)?;
            pic::known_profile(profile)?;
            pic::Subject::new(&runtime.store, &found, profile).plan(runtime.policy())
        }
        (_, "phase_plan") => object! {
            "dry_run" => true,
            "provider" => "pic",
            "recommended_argv" => pic::phase_plan_argv(profile),
            "safe_command_policy" => "task_hints_only",
        },
        (_, action) => {
            return Err(RuntimeError::Value(format!(
                "unsupported PIC provider action: {action}"
            )));
        }
    };
    let parts = [
        request.provider.as_str().into(),
        request.action.as_str().into(),
        payload,
        plan.clone(),
    ];
    let run_id = stable_id("provider-plan", &parts);
    if write || runtime.policy().compat() {
        let mut change = runtime.store.begin()?;
        change.row(Row::ProviderRun {
            run_id: run_id.clone(),
            provider: request.provider.clone(),
            action: request.action.clone(),
            status: "planned".to_owned(),
            dry_run: true,
            report_path: None,
        });
        change.commit()?;
    }
    Ok(Reply::done(object! {
        "dry_run" => true,
        "network_call_performed" => false,
        "ok" => true,
        "plan" => plan,
        "provider" => request.provider.as_str(),
        "run_id" => run_id,
        "schema_version" => "ccr.provider_plan.v1",
    }))
}

fn without_authority(provider: &str, config: &Path) -> RuntimeError {
    let residual = residual::Draft {
        kind: "authority_gap".to_owned(),
        description: "Provider execution requires explicit --execute.".to_owned(),
        blocking: true,
        object_type: "runtime".to_owned(),
        object_id: provider.to_owned(),
        refs: vec![config.display().to_string()],
        source: "ccr.provider".to_owned(),
        repair_hint: "Rerun with --execute only when external authority is explicit.".to_owned(),
        ..residual::Draft::default()
    };
    RuntimeError::refusal(
        object! {
            "error" => "provider execute requires explicit --execute",
            "ok" => false,
            "provider" => provider,
            "residual_ready" => residual.build(&super::now()),
        },
        Outcome::Refused,
    )
}

/// `ccr provider execute`
///
/// # Errors
/// An unknown provider, packet or profile, a file that cannot be read, or no `--execute`.
pub fn execute(runtime: &Runtime, request: &Request, config: &Path, execute: bool) -> Answer {
    known(&request.provider)?;
    let settings = super::read_input(config)?;
    let payload = request.payload()?;
    if !execute {
        return Err(without_authority(&request.provider, config));
    }
    // What is outside may take its time: nothing is locked meanwhile.
    let report = if request.provider == "pic" {
        execute_pic(runtime, &request.action, &payload, &settings)?
    } else {
        let now = super::now();
        http::execute(runtime.policy(), &request.action, &payload, &settings, &now)?
    };
    record(runtime, request, &payload, &settings, report)
}

fn execute_pic(
    runtime: &Runtime,
    action: &str,
    payload: &Value,
    config: &Value,
) -> Result<Value, RuntimeError> {
    let gate = |error: &str| object! { "error" => error, "ok" => false, "provider" => "pic" };
    let strict = runtime.policy().strict();
    if strict && config.get("allow_execute") != Some(&Value::Bool(true)) {
        let error = "PIC provider execution requires allow_execute=true in config.";
        return Ok(gate(error));
    }
    if action != "verify_packet" {
        let error = "PIC provider execution is implemented only for verify_packet.";
        return Ok(gate(error));
    }
    let seconds = match config.get("timeout_seconds") {
        None => 60,
        Some(value) if !strict => http_config::python_int(value)?,
        Some(value) => match value.as_i64() {
            Some(seconds) if seconds > 0 => seconds,
            _ => {
                let error = "PIC provider timeout_seconds must be a whole number above zero.";
                return Ok(gate(error));
            }
        },
    };
    let found = subject(runtime, payload)?;
    let profile = &profile_of(payload);
    pic::known_profile(profile)?;
    let subject = pic::Subject::new(&runtime.store, &found, profile);
    subject.execute(runtime.policy(), seconds, &super::now())
}

/// The residual of a run that failed.
fn failure(
    runtime: &Runtime,
    provider: &str,
    action: &str,
    payload: &Value,
    report: &Value,
) -> residual::Draft {
    let error = report.text("error").unwrap_or("provider action failed");
    let unavailable = error.to_lowercase().contains("unavailable");
    // The same failure of the same request is the same residual.
    let about = if runtime.policy().strict() {
        object! { "error" => error, "payload" => payload }
    } else {
        report.clone()
    };
    residual::Draft {
        kind: if unavailable {
            "provider_missing"
        } else {
            "settlement_blocker"
        }
        .to_owned(),
        description: format!("Provider {provider} action {action} failed: {error}"),
        blocking: !unavailable,
        object_type: "report".to_owned(),
        object_id: stable_id("provider-failure", &[provider.into(), action.into(), about]),
        source: format!("ccr.provider.{provider}"),
        repair_hint: "Inspect the provider report, fix configuration or route a repair task."
            .to_owned(),
        extensions: object! { "provider_report" => report },
        ..residual::Draft::default()
    }
}

fn record(
    runtime: &Runtime,
    request: &Request,
    payload: &Value,
    config: &Value,
    report: Value,
) -> Answer {
    let provider = request.provider.as_str();
    let action = request.action.as_str();
    let ok = report.get("ok").is_some_and(Value::truthy);
    let parts = [
        provider.into(),
        action.into(),
        payload.clone(),
        report.clone(),
    ];
    let run_id = stable_id("provider-run", &parts);
    let relative = format!(
        "reports/providers/{provider}/{}",
        layout::file_name(&run_id)
    );
    let path = runtime.store.path(&relative).display().to_string();
    let status = if ok { "ok" } else { "failed" };
    let mut change = runtime.store.begin()?;
    let mut run = object! {
        "action" => action,
        "config_digest" => stable_id("provider-config", std::slice::from_ref(config)),
        "dry_run" => false,
        "ok" => ok,
        "provider" => provider,
        "report" => &report,
        "run_id" => run_id.as_str(),
        "schema_version" => "ccr.provider_run.v1",
    };
    let mut residuals = Vec::new();
    if !ok {
        let draft = failure(runtime, provider, action, payload, &report);
        run.set("residual_ready", draft.build(change.now()));
        if runtime.policy().strict() {
            let id = residual::preserve(&mut change, &draft)?;
            change.event(Draft {
                action: "residual.add".to_owned(),
                object_type: "residual".to_owned(),
                object_id: id.clone(),
                after: Some("open".to_owned()),
                refs: vec![run_id.clone()],
                residuals: vec![id.clone()],
                ..Draft::default()
            });
            residuals.push(id);
        }
    }
    change.put(&relative, &run);
    change.event(Draft {
        action: format!("provider.{provider}.execute"),
        object_type: "report".to_owned(),
        object_id: run_id.clone(),
        after: Some(status.to_owned()),
        refs: vec![path.clone()],
        residuals: residuals.clone(),
        note: "Provider execution used explicit config and --execute.".to_owned(),
        ..Draft::default()
    });
    change.row(Row::ProviderRun {
        run_id,
        provider: provider.to_owned(),
        action: action.to_owned(),
        status: status.to_owned(),
        dry_run: false,
        report_path: Some(relative),
    });
    change.commit()?;
    run.set("path", path);
    if !residuals.is_empty() {
        run.set("residuals", residuals);
    }
    let outcome = if ok { Outcome::Done } else { Outcome::Refused };
    Ok(Reply::ending(run, outcome))
}
