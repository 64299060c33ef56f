// SPDX-License-Identifier: Apache-2.0
//! `ccr init`: folders, log, configuration, index (CCR specification, sections 1.3 and 2.3).

use super::store::Draft;
use super::{Answer, Reply, Runtime, RuntimeError, database, index, layout};
use crate::object;
use crate::support::pyjson::Value;
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
