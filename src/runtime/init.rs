// SPDX-License-Identifier: Apache-2.0
//! `ccr init`: folders, log, configuration, index (CCR specification, sections 1.3 and 2.3).

use super::error::is_absent;
use super::store::Draft;
use super::{Answer, Reply, Runtime, RuntimeError, database, index, layout};
use crate::object;
use crate::support::pyjson::{self, Value};
use std::collections::BTreeSet;

/// Makes what is missing and rebuilds the index; with `force` the configuration is written anew.
///
/// # Errors
/// The disk or the index failed.
pub fn run(runtime: &Runtime, force: bool) -> Answer {
    let root = runtime.root();
    let mut change = runtime.store.begin()?;
    let mut created = BTreeSet::new();
    let mut existing = BTreeSet::new();
    for name in layout::DIRECTORIES {
        let path = root.join(name);
        if path.exists() {
            existing.insert(name);
        } else {
            std::fs::create_dir_all(&path).map_err(|e| RuntimeError::io(&path, &e))?;
            created.insert(name);
        }
    }
    if runtime.store.exists(layout::EVENTS) {
        existing.insert(layout::EVENTS);
    } else {
        created.insert(layout::EVENTS);
    }
    let had_config = runtime.store.exists(layout::CONFIG);
    let config_written = force || !had_config;
    if config_written {
        created.insert(layout::CONFIG);
        change.put(layout::CONFIG, &config(change.now()));
    } else {
        existing.insert(layout::CONFIG);
    }
    let now = change.now().to_owned();
    let migrated = !runtime.store.exists(layout::DATABASE);
    let index = index::refresh(runtime, &now, false)?;
    change.event(Draft {
        action: "runtime.init".to_owned(),
        object_type: "runtime".to_owned(),
        object_id: root.display().to_string(),
        after: Some("initialized".to_owned()),
        note: "idempotent runtime initialization".to_owned(),
        ..Draft::default()
    });
    change.commit()?;
    let database = root.join(layout::DATABASE).display().to_string();
    Ok(Reply::done(object! {
        "config_written" => config_written,
        "created" => created.into_iter().collect::<Vec<_>>(),
        "database" => object! {
            "database" => database,
            "migrated" => migrated,
            "schema_version" => database::SCHEMA_VERSION,
        },
        "existing" => existing.into_iter().collect::<Vec<_>>(),
        "index" => index,
        "ok" => true,
        "root" => root.display().to_string(),
    }))
}

fn config(now: &str) -> Value {
    object! {
        "created_at" => now,
        "default_mode" => "dry_run",
        "external_side_effects_default" => "none",
        "non_claims" => &layout::NON_CLAIMS[..],
        "runtime_directories" => &layout::DIRECTORIES[..],
        "schema_version" => "ccr.config.v0.1",
    }
}

/// The events of the log; a line that is no object is named and passed over.
///
/// # Errors
/// The log cannot be read.
pub fn events(runtime: &Runtime) -> Result<Vec<Value>, RuntimeError> {
    let path = runtime.store.path(layout::EVENTS);
    let text = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(RuntimeError::io(&path, &error)),
    };
    let mut events = Vec::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match pyjson::parse_bytes(line) {
            Ok(event @ Value::Object(_)) => events.push(event),
            Ok(_) => runtime.store.skip(
                &format!("{}:{}", layout::EVENTS, at + 1),
                "the line is not a JSON object",
            ),
            Err(error) => runtime
                .store
                .skip(&format!("{}:{}", layout::EVENTS, at + 1), error.to_string()),
        }
    }
    Ok(events)
}
