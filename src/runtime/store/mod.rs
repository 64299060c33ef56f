// SPDX-License-Identifier: Apache-2.0
//! Documents on disk: reading one, listing a folder, changing several at once.
//!
//! JSON files are the source of truth. Reading needs no lock; every change goes through a
//! [`Transaction`].

pub(super) mod cache;
mod fill;
mod journal;
mod lock;
mod log;
mod question;
mod tables;
mod transaction;

pub use super::row::Row;
pub(super) use fill::Fill;
pub use log::{ChainFault, ChainReport, Draft, verify_chain};
pub(super) use tables::{Stamp, file_stamp, remembers};
pub use transaction::Transaction;

use crate::runtime::database::Database;
use crate::runtime::error::is_absent;
use crate::runtime::{Policy, RuntimeError, layout};
use crate::support::pyjson::{self, Value};
use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// From how many files on a folder is read by several threads.
const PARALLEL: usize = 64;

/// A file that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Relative to the root.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A document found in a folder.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Relative to the root.
    pub path: String,
    /// The document, an object.
    pub body: Value,
}

/// The documents below one root.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    policy: Policy,
    skipped: RefCell<Vec<Skipped>>,
    /// Their paths.
    named: RefCell<HashSet<String>>,
    /// The index, opened once for a command.
    database: RefCell<Option<Database>>,
}

impl Store {
    /// The store at an absolute root, which need not exist.
    pub fn new(root: PathBuf, policy: Policy) -> Self {
        Self {
            root,
            policy,
            skipped: RefCell::default(),
            named: RefCell::default(),
            database: RefCell::default(),
        }
    }

    /// The index, opened or taken from who had it before; [`Store::keep_database`] gives it back.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn database(&self) -> Result<Database, RuntimeError> {
        if let Some(database) = self.database.borrow_mut().take() {
            return Ok(database);
        }
        let database = Database::open(&self.root)?;
        if self.policy.strict() {
            database.defer_checkpoint()?;
        }
        Ok(database)
    }

    /// Keeps the open index for the next one who asks.
    pub(super) fn keep_database(&self, database: Database) {
        self.database.replace(Some(database));
    }

    /// The root, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The mode.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The absolute path of a relative one.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Files that were passed over so far, each once, in order of discovery.
    pub fn skipped(&self) -> Vec<Skipped> {
        self.skipped.borrow().clone()
    }

    /// Notes a file that cannot be used; the command goes on without it.
    pub fn skip(&self, path: &str, reason: impl Into<String>) {
        let mut skipped = self.skipped.borrow_mut();
        if self.named.borrow_mut().insert(path.to_owned()) {
            skipped.push(Skipped {
                path: path.to_owned(),
                reason: reason.into(),
            });
        }
    }

    /// Whether something stands at a relative path.
    pub fn exists(&self, relative: &str) -> bool {
        self.path(relative).exists()
    }

    /// The document at a relative path; nothing when there is no file.
    ///
    /// # Errors
    /// The file cannot be read or is no JSON object.
    pub fn read(&self, relative: &str) -> Result<Option<Value>, RuntimeError> {
        read_document(&self.root, relative)
    }

    /// Names of the `*.json` files of a folder, sorted.
    ///
    /// # Errors
    /// The folder cannot be listed; a missing one is empty.
    pub fn names(&self, folder: &str) -> Result<Vec<String>, RuntimeError> {
        let mut names: Vec<_> = self
            .entries(folder)?
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The `*.json` files of a folder, in no order.
    fn entries(&self, folder: &str) -> Result<Vec<(String, std::fs::DirEntry)>, RuntimeError> {
        let path = self.path(folder);
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(RuntimeError::io(&path, &error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| RuntimeError::io(&path, &e))?;
            match entry.file_name().into_string() {
                Ok(name) if name.ends_with(".json") => found.push((name, entry)),
                Ok(_) => {}
                Err(name) => self.skip(
                    &format!("{folder}/{}", name.to_string_lossy()),
                    "the file name is not UTF-8",
                ),
            }
        }
        Ok(found)
    }

    /// The documents of a folder in order of file name. A file that is no JSON object is named in
    /// [`Store::skipped`] and passed over.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn list(&self, folder: &str) -> Result<Vec<Stored>, RuntimeError> {
        self.map(folder, |path, body| Stored {
            path: path.to_owned(),
            body,
        })
    }

    /// As [`Store::list`], with only what `cut` keeps of each document: folders are larger than
    /// memory should be.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn map<T: Send>(
        &self,
        folder: &str,
        cut: impl Fn(&str, Value) -> T + Sync,
    ) -> Result<Vec<T>, RuntimeError> {
        use rayon::prelude::*;
        let names = self.names(folder)?;
        let root = self.root.as_path();
        let read = |name: &String| {
            let path = format!("{folder}/{name}");
            match read_document(root, &path) {
                // Gone between the listing and the reading.
                Ok(body) => Ok(body.map(|body| cut(&path, body))),
                Err(error) => Err((path, error.to_string())),
            }
        };
        let read: Vec<_> = if names.len() < PARALLEL {
            names.iter().map(read).collect()
        } else {
            names.par_iter().map(read).collect()
        };
        let mut found = Vec::with_capacity(read.len());
        for document in read {
            match document {
                Ok(document) => found.extend(document),
                Err((path, reason)) => self.skip(&path, reason),
            }
        }
        Ok(found)
    }

    /// The document with an id in one folder: the file that the id names, or, in strict mode, the
    /// one with a digest in its name when another id has taken that name.
    ///
    /// # Errors
    /// The file cannot be read or is no JSON object.
    pub fn find(
        &self,
        folder: &str,
        id_key: &str,
        id: &str,
    ) -> Result<Option<Stored>, RuntimeError> {
        let path = format!("{folder}/{}", layout::file_name(id));
        if let Some(body) = self.read(&path)?
            && (self.policy.compat() || body.text(id_key) == Some(id))
        {
            return Ok(Some(Stored { path, body }));
        }
        if self.policy.compat() {
            return Ok(None);
        }
        let path = format!("{folder}/{}", layout::suffixed_file_name(id));
        match self.read(&path)? {
            Some(body) if body.text(id_key) == Some(id) => Ok(Some(Stored { path, body })),
            _ => Ok(None),
        }
    }

    /// The document with an id in the folders `kind/status`, the first in the order given, with
    /// the status whose folder it stands in. A file of that name which cannot be used is named in
    /// [`Store::skipped`] when a later folder has the document.
    ///
    /// # Errors
    /// The only file of that name cannot be read or is no JSON object.
    pub fn locate<'s>(
        &self,
        kind: &str,
        statuses: &[&'s str],
        id_key: &str,
        id: &str,
    ) -> Result<Option<(&'s str, Stored)>, RuntimeError> {
        let mut broken: Option<(String, RuntimeError)> = None;
        for status in statuses {
            let folder = format!("{kind}/{status}");
            match self.find(&folder, id_key, id) {
                Ok(Some(stored)) => {
                    if let Some((path, error)) = broken {
                        self.skip(&path, error.to_string());
                    }
                    return Ok(Some((*status, stored)));
                }
                Ok(None) => {}
                Err(error) => {
                    let path = format!("{folder}/{}", layout::file_name(id));
                    let _ = broken.get_or_insert((path, error));
                }
            }
        }
        match broken {
            Some((_, error)) => Err(error),
            None => Ok(None),
        }
    }

    /// The path a new document gets: the plain name, or the one with a digest when another id has
    /// the plain one (strict mode alone).
    ///
    /// # Errors
    /// The file that has the name cannot be read.
    pub fn place(&self, folder: &str, id_key: &str, id: &str) -> Result<String, RuntimeError> {
        let plain = format!("{folder}/{}", layout::file_name(id));
        if self.policy.compat() {
            return Ok(plain);
        }
        match self.read(&plain) {
            Ok(Some(body)) if body.text(id_key) != Some(id) => {
                Ok(format!("{folder}/{}", layout::suffixed_file_name(id)))
            }
            _ => Ok(plain),
        }
    }
}

/// The document at a path below a root; nothing when there is no file. For threads that read many:
/// the store itself stays with one.
///
/// # Errors
/// The file cannot be read or is no JSON object.
pub fn read_document(root: &Path, relative: &str) -> Result<Option<Value>, RuntimeError> {
    let path = root.join(relative);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(RuntimeError::io(&path, &error)),
    };
    match pyjson::parse_bytes(&bytes) {
        Ok(value @ Value::Object(_)) => Ok(Some(value)),
        Ok(_) => Err(RuntimeError::Value(format!(
            "{relative}: not a JSON object"
        ))),
        Err(error) => Err(RuntimeError::Value(format!("{relative}: {error}"))),
    }
}
