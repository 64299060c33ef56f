// SPDX-License-Identifier: Apache-2.0
//! `ccr baseline add`, `ccr baseline list`: what later observations are compared with.

use super::roles::{self, Act, Actor};
use super::store::{self, Stored};
use super::{Answer, Reply, Runtime, document, read_input, residual};
use crate::object;
use std::path::Path;

const FOLDER: &str = "baselines";
const ID: &str = "baseline_id";

/// `ccr baseline add`
///
/// # Errors
/// Not valid, there already, or a role that may not do it.
pub fn add(runtime: &Runtime, file: &Path, actor: Actor<'_>) -> Answer {
    let body = read_input(file)?;
    document::require(runtime, "baseline", &body, file)?;
    let id = body.text(ID).unwrap_or_default().to_owned();
    roles::require(runtime, actor, Act::Baseline, "phase", &id)?;
    let mut change = runtime.store.begin()?;
    if let Some(known) = runtime.store.find(FOLDER, ID, &id)? {
        return Err(residual::duplicate(runtime, "phase", &id, &known.path));
    }
    let path = runtime.store.place(FOLDER, ID, &id)?;
    change.create(&path, &body)?;
    change.event(store::Draft {
        actor: actor.name(),
        action: "baseline.add".to_owned(),
        object_type: "phase".to_owned(),
        object_id: id.clone(),
        after: Some("declared".to_owned()),
        refs: vec![file.display().to_string(), path.clone()],
        ..store::Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "baseline_id" => id,
        "ok" => true,
        "path" => runtime.store.path(&path).display().to_string(),
    }))
}

/// `ccr baseline list`
///
/// # Errors
/// The folder cannot be listed.
pub fn list(runtime: &Runtime) -> Answer {
    let rows: Vec<_> = runtime
        .store
        .list(FOLDER)?
        .into_iter()
        .map(|Stored { path, body }| {
            let key = |key: &str| body.get(key).cloned();
            object! {
                "baseline_id" => key(ID),
                "comparison_class" => key("comparison_class"),
                "metrics" => key("metrics"),
                "path" => path,
                "validity_domain" => key("validity_domain"),
            }
        })
        .collect();
    Ok(Reply::done(object! {
        "baselines" => rows.clone(),
        "count" => rows.len(),
        "ok" => true,
    }))
}
