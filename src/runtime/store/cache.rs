// SPDX-License-Identifier: Apache-2.0
//! What the folders hold, remembered: tables of our own in the index, so that a question about
//! 100,000 documents does not read 100,000 files.
//!
//! The files stay the truth. For the queue, a folder whose modification time is the one remembered
//! is trusted; for gates and lists every file is looked at, and those that are new or changed are
//! read. A document that is acted upon is always read anew. The reference has no such tables, so
//! compatibility mode does without.

use super::tables::{self, Stamp, file_stamp, folder_stamp};
use super::{Store, read_document};
use crate::runtime::database::Database;
use crate::runtime::{RuntimeError, layout};
use crate::support::pyjson::Value;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::collections::BTreeMap;

/// From how many documents on a change of the tables is large.
const LARGE: usize = 256;

/// How many documents are held at a time while they are read: what a large folder takes does not
/// grow with it.
const BATCH: usize = 4096;

/// For how long, in nanoseconds, the queue need not look again at every file before it says that
/// there is nothing: agents ask while they wait, and what is created, renamed or removed meanwhile
/// shows in the time of the folder, and the role's own tasks are looked at each time. Only a task of
/// another role that is changed in place to be one of this role's can be seen this much later.
const LOOK: i64 = 30_000_000_000;

/// From how many documents on that is so; fewer are looked at in some milliseconds.
pub(in crate::runtime) const MANY: usize = 5_000;

/// How much of what is remembered is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Trust {
    /// Everything below a folder whose time is the one remembered.
    Folder,
    /// Every file whose time and size are those remembered.
    File,
}

/// The remembered folders.
#[derive(Debug)]
pub(in crate::runtime) struct Cache<'a> {
    pub(super) store: &'a Store,
    /// There until the cache is dropped.
    database: Option<Database>,
}

impl Drop for Cache<'_> {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            self.store.keep_database(database);
        }
    }
}

impl<'a> Cache<'a> {
    /// Opens the tables; nothing in compatibility mode, where no index stands that could hold them
    /// (a question must not create files), or where it cannot be used: then folders are read.
    pub(in crate::runtime) fn open(store: &'a Store) -> Option<Self> {
        if store.policy().compat() || !store.exists(layout::DATABASE) {
            return None;
        }
        match Self::create(store) {
            Ok(cache) => Some(cache),
            Err(error) => {
                store.skip(layout::DATABASE, error.to_string());
                None
            }
        }
    }

    /// Opens the tables, and makes them.
    ///
    /// # Errors
    /// The index cannot be used.
    pub(in crate::runtime) fn create(store: &'a Store) -> Result<Self, RuntimeError> {
        let mut database = store.database()?;
        let made = tables::make(database.connection());
        made.map_err(|e| fault(&database, &e))?;
        Ok(Self {
            store,
            database: Some(database),
        })
    }

    /// Brings a folder up to date.
    ///
    /// # Errors
    /// The folder cannot be listed, or the index failed.
    pub(in crate::runtime) fn sync(
        &mut self,
        folder: &str,
        trust: Trust,
    ) -> Result<(), RuntimeError> {
        let stamp = folder_stamp(&self.store.path(folder));
        let known: Option<i64> = self.query(|connection| {
            connection
                .prepare_cached("SELECT stamp FROM ccr_folders WHERE folder = ?1")?
                .query_row([folder], |row| row.get(0))
                .optional()
        })?;
        if known == Some(stamp) && trust == Trust::Folder {
            return Ok(());
        }
        let (changed, gone) = differences(self.stamps(folder)?, self.on_disk(folder)?);
        if known == Some(stamp) && changed.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let settled = tables::settled(stamp);
        // Each document carries its own stamp, so that a batch is true without those after it; the
        // folder is believed only after the last.
        for batch in changed.chunks(BATCH) {
            let read = self.read(folder, batch);
            self.change(|connection| {
                for (file, document) in batch.iter().zip(&read) {
                    let document = document.as_ref().map_err(String::as_str);
                    let take = if file.new {
                        tables::insert
                    } else {
                        tables::remember
                    };
                    take(connection, folder, &file.name, file.stamp, &document)?;
                }
                Ok(())
            })?;
        }
        self.change(|connection| {
            for name in &gone {
                tables::forget(connection, folder, name)?;
            }
            let sql = if settled {
                "INSERT OR REPLACE INTO ccr_folders VALUES (?1, ?2)"
            } else {
                "DELETE FROM ccr_folders WHERE folder = ?1 AND ?2 IS NOT NULL"
            };
            connection
                .prepare_cached(sql)?
                .execute(params![folder, stamp])?;
            Ok(())
        })?;
        match &self.database {
            Some(database) if changed.len() + gone.len() > LARGE => database.checkpoint(),
            _ => Ok(()),
        }
    }

    /// Whether every file of these folders was looked at within the last moments.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn looked_lately(
        &mut self,
        folders: &[&str],
    ) -> Result<bool, RuntimeError> {
        let lately = tables::now() - LOOK;
        self.query(|connection| {
            let mut known =
                connection.prepare_cached("SELECT at FROM ccr_looks WHERE folder = ?1")?;
            for folder in folders {
                let at: Option<i64> = known.query_row([folder], |row| row.get(0)).optional()?;
                // A clock that was set back says nothing.
                if !at.is_some_and(|at| at > lately && at <= tables::now()) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Notes that every file of these folders was looked at, where looking takes long: in small
    /// folders it is done each time.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn looked(&mut self, folders: &[&str]) -> Result<(), RuntimeError> {
        let many = self.query(|connection| {
            let mut count = connection
                .prepare_cached("SELECT COUNT(*) FROM ccr_documents WHERE folder = ?1")?;
            let mut all = 0;
            for folder in folders {
                all += count.query_row([folder], |row| row.get::<_, i64>(0))?;
            }
            Ok(usize::try_from(all).is_ok_and(|all| all > MANY))
        })?;
        if !many {
            return Ok(());
        }
        self.change(|connection| {
            let mut note =
                connection.prepare_cached("INSERT OR REPLACE INTO ccr_looks VALUES (?1, ?2)")?;
            for folder in folders {
                note.execute(params![folder, tables::now()])?;
            }
            Ok(())
        })
    }

    /// The files of a folder with their times, in order of name.
    fn on_disk(&self, folder: &str) -> Result<Vec<(String, Stamp)>, RuntimeError> {
        use rayon::prelude::*;
        let mut found: Vec<_> = self
            .store
            .entries(folder)?
            .into_par_iter()
            .filter_map(|(name, entry)| Some((name, tables::entry_stamp(&entry)?)))
            .collect();
        found.par_sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// Notes what a command has just written or removed, while it still holds the lock; a folder
    /// that was up to date before stays so. `before` holds the stamps from before the change.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn note(
        &mut self,
        before: &BTreeMap<String, i64>,
        changes: &[(String, Option<Value>)],
    ) -> Result<(), RuntimeError> {
        let store = self.store;
        self.change(|connection| {
            for (path, body) in changes {
                let Some((folder, name)) = path.rsplit_once('/') else {
                    continue;
                };
                match (body, file_stamp(&store.path(path))) {
                    (Some(body), Some(stamp)) => {
                        tables::remember(connection, folder, name, stamp, &Ok(body))?;
                    }
                    _ => tables::forget(connection, folder, name)?,
                }
            }
            for (folder, stamp) in before {
                let mut known =
                    connection.prepare_cached("SELECT stamp FROM ccr_folders WHERE folder = ?1")?;
                let known: Option<i64> = known.query_row([folder], |row| row.get(0)).optional()?;
                if known == Some(*stamp) {
                    connection
                        .prepare_cached("INSERT OR REPLACE INTO ccr_folders VALUES (?1, ?2)")?
                        .execute(params![folder, folder_stamp(&store.path(folder))])?;
                }
            }
            Ok(())
        })
    }

    /// Reads files side by side; the order stays.
    fn read(&self, folder: &str, changed: &[Changed]) -> Vec<Result<Value, String>> {
        use rayon::prelude::*;
        let root = self.store.root();
        changed
            .par_iter()
            .map(
                |file| match read_document(root, &format!("{folder}/{}", file.name)) {
                    Ok(Some(body)) => Ok(body),
                    Ok(None) => Err("the file went while it was read".to_owned()),
                    Err(error) => Err(error.to_string()),
                },
            )
            .collect()
    }

    /// What is remembered of the files of a folder, in order of name.
    fn stamps(&mut self, folder: &str) -> Result<Vec<(String, Stamp)>, RuntimeError> {
        self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT name, stamp, size FROM ccr_documents WHERE folder = ?1 ORDER BY name",
                )?
                .query_map([folder], |row| {
                    let (time, size) = (row.get(1)?, row.get(2)?);
                    Ok((row.get(0)?, Stamp { time, size }))
                })?
                .collect()
        })
    }

    pub(super) fn query<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        let database = self.database.as_mut().expect("it goes with the cache");
        let done = work(database.connection());
        done.map_err(|e| fault(database, &e))
    }

    fn change(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), RuntimeError> {
        let database = self.database.as_mut().expect("it goes with the cache");
        let begun = database
            .connection()
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let done = begun.and_then(|transaction| {
            work(&transaction)?;
            transaction.commit()
        });
        done.map_err(|e| fault(database, &e))
    }
}

/// A file that is to be read.
struct Changed {
    name: String,
    stamp: Stamp,
    /// Nothing is remembered of it.
    new: bool,
}

/// The files that are new or changed, and the names of those that went; both sides are in order.
fn differences(
    remembered: Vec<(String, Stamp)>,
    found: Vec<(String, Stamp)>,
) -> (Vec<Changed>, Vec<String>) {
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    let mut remembered = remembered.into_iter().peekable();
    for (name, stamp) in found {
        while let Some((before, _)) = remembered.next_if(|(before, _)| *before < name) {
            gone.push(before);
        }
        let known = remembered.next_if(|(before, _)| *before == name);
        if known.as_ref().map(|(_, stamp)| *stamp) != Some(stamp) {
            let new = known.is_none();
            changed.push(Changed { name, stamp, new });
        }
    }
    gone.extend(remembered.map(|(name, _)| name));
    (changed, gone)
}

fn fault(database: &Database, error: &rusqlite::Error) -> RuntimeError {
    RuntimeError::Fault {
        message: format!(
            "{}: {error}; run `ccr index rebuild`",
            database.path().display()
        ),
        class: "DatabaseError",
    }
}
