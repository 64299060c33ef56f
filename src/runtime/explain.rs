// SPDX-License-Identifier: Apache-2.0
//! `ccr agent explain`: the contract an agent reads first (CCR specification, section 1.3).

use super::error::is_absent;
use super::{Answer, Reply, Runtime, RuntimeError, layout};
use crate::object;
use crate::support::pyjson::{self, Value};

/// What the reference answers; its values are part of the contract.
const REFERENCE: &str = include_str!("manifest/ccr-1.0.json");

/// Where a root's own manifest stands.
const MANIFEST: &str = "agent-manifest.json";

/// What the default mode adds to it: the commands and the role that the reference lacks.
const ADDITIONS: &str = include_str!("manifest/additions.json");

/// Commands that change nothing outside the root.
pub const SAFE_NEXT_COMMANDS: [&str; 6] = [
    "ccr agent explain --json",
    "ccr init",
    "ccr schema validate --kind packet --file examples/minimal/packet.json",
    "ccr schema validate --kind task --file examples/minimal/task.json",
    "ccr task next --role generator --json",
    "ccr phase report --json",
];

/// The manifest: the root's own, else ours.
///
/// # Errors
/// The root's own is no JSON object.
pub fn manifest(runtime: &Runtime) -> Result<Value, RuntimeError> {
    let path = runtime.store.path(MANIFEST);
    match std::fs::read(&path) {
        Ok(bytes) => match pyjson::parse_bytes(&bytes) {
            Ok(local @ Value::Object(_)) => Ok(local),
            Ok(_) => Err(RuntimeError::Value(format!(
                "{} must contain a JSON object",
                path.display()
            ))),
            Err(error) => Err(RuntimeError::Value(format!("{MANIFEST}: {error}"))),
        },
        Err(error) if !is_absent(&error) => Err(RuntimeError::io(&path, &error)),
        Err(_) if runtime.policy().compat() => embedded(REFERENCE),
        Err(_) => {
            let mut manifest = embedded(REFERENCE)?;
            merge(&mut manifest, &embedded(ADDITIONS)?);
            Ok(manifest)
        }
    }
}

fn embedded(text: &str) -> Result<Value, RuntimeError> {
    pyjson::parse(text).map_err(|error| RuntimeError::Fault {
        message: format!("the embedded agent manifest: {error}"),
        class: "ValueError",
    })
}

/// Objects gain members, lists gain items.
fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                match into.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(more)) => into.extend(more.iter().cloned()),
        (into, more) => *into = more.clone(),
    }
}

/// `ccr agent explain`
///
/// # Errors
/// As [`manifest`].
pub fn run(runtime: &Runtime) -> Answer {
    let root = runtime.root();
    let path = |name: &str| root.join(name).display().to_string();
    Ok(Reply::done(object! {
        "agent_manifest" => manifest(runtime)?,
        "default_mode" => "dry_run",
        "non_claims" => &layout::NON_CLAIMS[..],
        "ok" => true,
        "runtime_paths" => object! {
            "blackboard" => path(layout::EVENTS),
            "packets" => path("packets"),
            "reports" => path("reports"),
            "residuals" => path("residuals"),
            "root" => root.display().to_string(),
            "tasks" => path("tasks"),
        },
        "safe_next_commands" => &SAFE_NEXT_COMMANDS[..],
    }))
}
