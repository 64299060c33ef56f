// SPDX-License-Identifier: Apache-2.0
//! The tables of what is remembered, filled from nothing in one go: rows first, the ways to find
//! them after the last.

use super::cache::{Cache, Trust};
use super::tables::{self, Stamp};
use super::{Store, remembers};
use crate::runtime::{RuntimeError, layout};
use crate::support::pyjson::Value;
use rusqlite::Connection;

/// Emptied tables that take documents in, inside the transaction of who makes the index anew.
pub(in crate::runtime) struct Fill<'c> {
    connection: &'c Connection,
}

impl<'c> Fill<'c> {
    /// Empties the tables.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn begin(connection: &'c Connection) -> rusqlite::Result<Self> {
        tables::empty(connection)?;
        Ok(Self { connection })
    }

    /// Takes a document in, where documents of its folder are remembered. A file without a stamp is
    /// left to whoever looks at the folder next.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn take(
        &self,
        path: &str,
        stamp: Option<Stamp>,
        body: &Value,
    ) -> rusqlite::Result<()> {
        match (path.rsplit_once('/'), stamp) {
            (Some((folder, name)), Some(stamp)) if layout::DIRECTORIES.contains(&folder) => {
                if remembers(path) {
                    tables::insert(self.connection, folder, name, stamp, &Ok(body))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Makes what finds the rows.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn end(self) -> rusqlite::Result<()> {
        tables::finish(self.connection)
    }
}

impl Store {
    /// Whether nothing was remembered here yet, so that everything may as well be read at once.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn remembers_nothing(&self) -> Result<bool, RuntimeError> {
        Cache::create(self)?.query(|connection| {
            connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM ccr_folders)", [], |row| {
                row.get(0)
            })
        })
    }

    /// Looks at every file of every folder whose documents are remembered.
    ///
    /// # Errors
    /// A folder cannot be listed, or the index failed.
    pub(in crate::runtime) fn remember_all(&self) -> Result<(), RuntimeError> {
        let mut cache = Cache::create(self)?;
        for folder in layout::DIRECTORIES {
            if remembers(&format!("{folder}/")) {
                cache.sync(folder, Trust::File)?;
            }
        }
        let queue = |folder: &&str| folder.starts_with("tasks/");
        cache.looked(&Vec::from_iter(
            layout::DIRECTORIES.into_iter().filter(queue),
        ))
    }
}
