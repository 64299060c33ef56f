// SPDX-License-Identifier: Apache-2.0
//! `ccr index rebuild`: the index made anew from the files (CCR specification, section 9).

use super::database::{Database, index_id, index_status};
use super::row::Indexed;
use super::store::cache::{Cache, Trust};
use super::store::remembers;
use super::{Answer, Reply, Runtime, RuntimeError, layout};
use crate::object;
use crate::support::pyjson::{self, Value, content_hash};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Top folders and the type of the objects below them.
pub const FAMILIES: [(&str, &str); 5] = [
    ("packets", "packet"),
    ("tasks", "task"),
    ("residuals", "residual"),
    ("reports", "report"),
    ("phase", "phase"),
];

/// Every document below the root, in order of family and path; files are read side by side, and
/// what is no JSON object is named and passed over.
pub fn documents(runtime: &Runtime) -> Vec<Indexed> {
    let mut found = Vec::new();
    for (folder, object_type) in FAMILIES {
        let paths = below(runtime, folder);
        let root = runtime.root();
        let read: Vec<_> = paths
            .into_par_iter()
            .map(|path| {
                let parsed = std::fs::read(root.join(&path))
                    .map_err(|e| e.to_string())
                    .and_then(|bytes| pyjson::parse_bytes(&bytes).map_err(|e| e.to_string()));
                let parsed = match parsed {
                    Ok(body @ Value::Object(_)) => {
                        let id = index_id(object_type, &path, &body);
                        Ok((content_hash(&body), id, index_status(&body)))
                    }
                    Ok(_) => Err("not a JSON object".to_owned()),
                    Err(error) => Err(error),
                };
                (path, parsed)
            })
            .collect();
        for (path, parsed) in read {
            match parsed {
                Ok((hash, id, status)) => found.push(Indexed {
                    object_type,
                    path,
                    id,
                    status,
                    hash,
                }),
                Err(reason) => runtime.store.skip(&path, reason),
            }
        }
    }
    found
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

/// Indexes every document and event; returns the figures that `init` prints.
///
/// # Errors
/// The index failed.
pub fn refresh(runtime: &Runtime, now: &str, anew: bool) -> Result<Value, RuntimeError> {
    let root = runtime.root();
    let documents = documents(runtime);
    let events = runtime.store.events()?;
    let mut database = Database::open(root)?;
    database.rebuild(root, &documents, &events, now, anew)?;
    Ok(object! {
        "database" => database.path().display().to_string(),
        "events_indexed" => events.len(),
        "objects_indexed" => documents.len(),
    })
}

/// The index made anew, rows of vanished files gone.
///
/// # Errors
/// The index failed.
pub fn rebuild(runtime: &Runtime) -> Result<Value, RuntimeError> {
    let change = runtime.store.begin()?;
    let figures = refresh(runtime, change.now(), true)?;
    if runtime.policy().strict() {
        let mut cache = Cache::create(&runtime.store)?;
        cache.clear()?;
        for folder in layout::DIRECTORIES {
            if remembers(&format!("{folder}/")) {
                cache.sync(folder, Trust::File)?;
            }
        }
    }
    Ok(figures)
}

/// `ccr index rebuild`
///
/// # Errors
/// As [`rebuild`].
pub fn run(runtime: &Runtime) -> Answer {
    let figures = rebuild(runtime)?;
    Ok(Reply::done(object! { "index" => figures, "ok" => true }))
}

/// Rows whose file is gone or says something else: path and description. Documents that no command
/// indexes until the next rebuild are not stale, only absent.
///
/// # Errors
/// The index failed.
pub fn stale_rows(runtime: &Runtime) -> Result<Vec<(String, String)>, RuntimeError> {
    let root = runtime.root();
    let known: BTreeMap<String, String> = documents(runtime)
        .into_iter()
        .map(|document| {
            (
                root.join(&document.path).display().to_string(),
                document.hash,
            )
        })
        .collect();
    let mut stale = Vec::new();
    for row in Database::open(root)?.objects()? {
        let description = match known.get(&row.path) {
            None => "the file is gone",
            Some(hash) if *hash != row.hash => "the file has changed",
            Some(_) => continue,
        };
        stale.push((
            row.path,
            format!("{} `{}`: {description}", row.object_type, row.object_id),
        ));
    }
    Ok(stale)
}
