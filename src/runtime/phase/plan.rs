// SPDX-License-Identifier: Apache-2.0
//! What one would ask of PIC about this phase. Nothing is run and nothing is written.

use crate::object;
use crate::runtime::provider::pic;
use crate::runtime::{Answer, Outcome, Reply, Runtime, RuntimeError, report};
use crate::support::pyjson::Value;

/// `ccr phase plan`
///
/// # Errors
/// Another provider; the state cannot be counted.
pub fn plan(runtime: &Runtime, provider: &str, profile: &str) -> Answer {
    if provider != "pic" {
        return Err(RuntimeError::refusal(
            object! {
                "error" => "unknown phase provider", "ok" => false, "provider" => provider,
            },
            Outcome::Missing,
        ));
    }
    super::require_profile(runtime, profile)?;
    let availability = pic::availability();
    let available = availability.get("available").and_then(Value::as_bool) == Some(true);
    let state = report::json(runtime)?.body.get("report").cloned();
    let argv = ["pic", "phase", "plan", "--compact", "--profile", profile];
    let body = object! {
        "availability" => availability,
        "ok" => available,
        "plan" => object! {
            "dry_run" => true,
            "expected_import_command" => "ccr integrate --report reports/pic/<report>.json --json",
            "phase_report" => state,
            "provider" => "pic",
            "recommended_argv" => &argv[..],
            "safe_command_policy" => "task_hints_only",
        },
    };
    let outcome = if available {
        Outcome::Done
    } else {
        Outcome::Missing
    };
    Ok(Reply::ending(body, outcome))
}
