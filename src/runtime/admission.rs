// SPDX-License-Identifier: Apache-2.0
//! A document that a user hands in comes into the store, whatever its family.

use super::roles::Actor;
use super::store::Draft;
use super::{Answer, Reply, Runtime, residual};
use crate::object;
use crate::support::pyjson::Value;
use std::path::Path;

/// What distinguishes one family of documents from another.
pub(super) struct Family {
    /// `packet`, `task`
    pub(super) kind: &'static str,
    /// The folder of its status folders.
    pub(super) folder: &'static str,
    /// The key of its id.
    pub(super) id_key: &'static str,
    /// Its status folders.
    pub(super) statuses: &'static [&'static str],
}

/// Stores a valid document in the folder of its status.
///
/// # Errors
/// The id is taken: in that folder, or (default mode) in any.
pub(super) fn admit(
    runtime: &Runtime,
    family: &Family,
    (id, status): (&str, &str),
    body: &Value,
    file: &Path,
    actor: Actor<'_>,
) -> Answer {
    let kind = family.kind;
    let mut change = runtime.store.begin()?;
    if runtime.policy().strict()
        && let Some((_, known)) =
            (runtime.store).locate(family.folder, family.statuses, family.id_key, id)?
    {
        return Err(residual::duplicate(runtime, kind, id, &known.path));
    }
    let folder = format!("{}/{status}", family.folder);
    let path = runtime.store.place(&folder, family.id_key, id)?;
    change.create(&path, body)?;
    change.event(Draft {
        actor: actor.name(),
        action: format!("{kind}.submit"),
        object_type: kind.to_owned(),
        object_id: id.to_owned(),
        after: Some(status.to_owned()),
        refs: vec![file.display().to_string()],
        ..Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "ok" => true,
        family.id_key => id,
        "path" => runtime.store.path(&path).display().to_string(),
    }))
}
