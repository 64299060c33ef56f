// SPDX-License-Identifier: Apache-2.0
//! `ccr init`: folders, log, configuration, index (CCR specification, sections 1.3 and 2.3).

use super::store::Draft;
use super::{Answer, Reply, Runtime, RuntimeError, database, layout};
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
    let index = rebuild_index(runtime, &now)?;
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

/// Indexes every document and event below the root; returns the figures that `init` prints.
///
/// # Errors
/// The index failed. A file that is no JSON object is named and passed over.
pub fn rebuild_index(runtime: &Runtime, now: &str) -> Result<Value, RuntimeError> {
    let root = runtime.root();
    let mut documents = Vec::new();
    for (folder, object_type) in [
        ("packets", "packet"),
        ("tasks", "task"),
        ("residuals", "residual"),
        ("reports", "report"),
        ("phase", "phase"),
    ] {
        for relative in below(runtime, folder) {
            match runtime.store.read(&relative) {
                Ok(Some(body)) => documents.push((object_type.to_owned(), relative, body)),
                Ok(None) => {}
                Err(error) => runtime.store.skip(&relative, error.to_string()),
            }
        }
    }
    let events = events(runtime)?;
    let mut database = database::Database::open(root)?;
    database.rebuild(root, &documents, &events, now)?;
    Ok(object! {
        "database" => database.path().display().to_string(),
        "events_indexed" => events.len(),
        "objects_indexed" => documents.len(),
    })
}

/// Relative paths of the JSON files below a folder, in order of path.
fn below(runtime: &Runtime, folder: &str) -> Vec<String> {
    let root = runtime.root();
    let mut paths: Vec<_> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let relative = entry.path().strip_prefix(root).ok()?.to_str()?.to_owned();
            relative.ends_with(".json").then_some(relative)
        })
        .collect();
    paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
    paths
}

/// The events of the log; a line that is no object is named and passed over.
///
/// # Errors
/// The log cannot be read.
pub fn events(runtime: &Runtime) -> Result<Vec<Value>, RuntimeError> {
    let path = runtime.store.path(layout::EVENTS);
    let text = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
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
