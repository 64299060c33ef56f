// SPDX-License-Identifier: Apache-2.0
//! `ccr index rebuild`: the index made anew from the files (CCR specification, section 9).

use super::database::{index_id, index_status};
use super::row::Indexed;
use super::scan::{FAMILIES, Read, below, scan};
use super::store::Fill;
use super::{Answer, Reply, Runtime, RuntimeError};
use crate::object;
use crate::support::pyjson::Value;
use std::collections::HashMap;

/// Indexes every document and event; returns the figures that `init` prints. In the default mode
/// what is remembered is brought up to date with the same reading.
///
/// # Errors
/// The index failed.
pub fn refresh(runtime: &Runtime, now: &str, anew: bool) -> Result<Value, RuntimeError> {
    let root = runtime.root();
    let store = &runtime.store;
    let strict = runtime.policy().strict();
    let fill = strict && (anew || store.remembers_nothing()?);
    let mut database = store.database()?;
    let figures = database.rebuild(root, now, anew, |index| {
        let fill = if fill {
            Some(index.done(Fill::begin(index.connection()))?)
        } else {
            None
        };
        let (mut objects, mut events) = (0_usize, 0_usize);
        for (folder, object_type) in FAMILIES {
            let indexed = |path: &str, read: &Read| Indexed {
                object_type,
                path: path.to_owned(),
                id: index_id(object_type, path, &read.body),
                status: index_status(&read.body),
                hash: read.hash(),
            };
            scan(
                root,
                &below(runtime, folder),
                |path, read| (indexed(path, &read), read),
                |path, document| match document {
                    Ok((row, read)) => {
                        objects += 1;
                        index.object(row)?;
                        match &fill {
                            Some(fill) => index.done(fill.take(path, read.stamp, &read.body)),
                            None => Ok(()),
                        }
                    }
                    Err(reason) => {
                        store.skip(path, reason);
                        Ok(())
                    }
                },
            )?;
        }
        store.each_event(|_, event| {
            events += 1;
            index.event(&event)
        })?;
        if let Some(fill) = fill {
            index.done(fill.end())?;
        }
        Ok((objects, events))
    });
    let path = database.path().display().to_string();
    let large = figures
        .as_ref()
        .is_ok_and(|(objects, events)| strict && objects + events > LARGE);
    let checkpoint = if large { database.checkpoint() } else { Ok(()) };
    store.keep_database(database);
    let (objects, events) = figures?;
    checkpoint?;
    if strict {
        store.remember_all()?;
    }
    Ok(object! {
        "database" => path,
        "events_indexed" => events,
        "objects_indexed" => objects,
    })
}

/// From how many rows on the write-ahead log is not left to the next command.
const LARGE: usize = 256;

/// The index made anew, rows of vanished files gone.
///
/// # Errors
/// The index failed.
pub fn rebuild(runtime: &Runtime) -> Result<Value, RuntimeError> {
    let change = runtime.store.begin()?;
    refresh(runtime, change.now(), true)
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
/// indexes until the next rebuild are not stale, only absent. `known` holds the digests of documents
/// that were read already, by relative path; the others are read here.
///
/// # Errors
/// The index failed.
pub fn stale_rows(
    runtime: &Runtime,
    mut known: HashMap<String, String>,
) -> Result<Vec<(String, String)>, RuntimeError> {
    let root = runtime.root();
    for (folder, _) in FAMILIES {
        let mut paths = below(runtime, folder);
        paths.retain(|path| !known.contains_key(path));
        scan(
            root,
            &paths,
            |_, read| read.hash(),
            |path, hash| {
                match hash {
                    Ok(hash) => {
                        known.insert(path.to_owned(), hash);
                    }
                    Err(reason) => runtime.store.skip(path, reason),
                }
                Ok(())
            },
        )?;
    }
    let mut stale = Vec::new();
    let database = runtime.store.database()?;
    let read = database.each_object(|row| {
        let relative = std::path::Path::new(&row.path).strip_prefix(root).ok();
        let hash = relative.and_then(|path| known.get(path.to_str()?));
        let description = match hash {
            None => "the file is gone",
            Some(hash) if *hash != row.hash => "the file has changed",
            Some(_) => return,
        };
        stale.push((
            row.path,
            format!("{} `{}`: {description}", row.object_type, row.object_id),
        ));
    });
    runtime.store.keep_database(database);
    read?;
    Ok(stale)
}
