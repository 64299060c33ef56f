// SPDX-License-Identifier: Apache-2.0
//! What the folders hold, remembered: tables of our own in the index, so that a question about
//! 100,000 documents does not read 100,000 files.
//!
//! The files stay the truth. A folder whose modification time is the one remembered is trusted; any
//! other is listed again, and only files that are new or changed are read. A document that is
//! acted upon is read anew. The reference has no such tables, so compatibility mode does without.

use super::database::Database;
use super::store::Store;
use super::{RuntimeError, layout};
use crate::support::pyjson::Value;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Bump it and the tables are made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS ccr_folders (folder TEXT PRIMARY KEY, stamp INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ccr_documents (
  folder TEXT NOT NULL, name TEXT NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL,
  id TEXT NOT NULL, status TEXT NOT NULL, role TEXT NOT NULL, priority REAL NOT NULL,
  created_at TEXT NOT NULL, blocking INTEGER NOT NULL, fault TEXT,
  PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ccr_queue ON ccr_documents (folder, role, priority DESC, created_at, id);
CREATE INDEX IF NOT EXISTS ccr_ids ON ccr_documents (id);
CREATE TABLE IF NOT EXISTS ccr_links (
  folder TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (target, folder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ccr_links_of ON ccr_links (folder, name);
";

/// What is remembered of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Relative to the root.
    pub path: String,
    /// `packet_id`, `task_id` or `residual_id`.
    pub id: String,
    /// The status in the body.
    pub status: String,
    /// The role, of a task.
    pub role: String,
    /// The priority, of a task.
    pub priority: f64,
    /// As written.
    pub created_at: String,
    /// Whether a residual blocks.
    pub blocking: bool,
    /// Why the file cannot be used.
    pub fault: Option<String>,
}

/// The remembered folders.
#[derive(Debug)]
pub struct Cache<'a> {
    store: &'a Store,
    database: Database,
}

impl<'a> Cache<'a> {
    /// Opens the tables; nothing in compatibility mode, or where no index stands that could hold
    /// them: a question must not create files.
    ///
    /// # Errors
    /// The index cannot be used.
    pub fn open(store: &'a Store) -> Result<Option<Self>, RuntimeError> {
        if store.policy().compat() || !store.exists(layout::DATABASE) {
            return Ok(None);
        }
        Self::create(store).map(Some)
    }

    /// Opens the tables, and makes them.
    ///
    /// # Errors
    /// The index cannot be used.
    pub fn create(store: &'a Store) -> Result<Self, RuntimeError> {
        let mut database = Database::open(store.root())?;
        let made = make(database.connection());
        made.map_err(|e| fault(&database, &e))?;
        Ok(Self { store, database })
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// The index failed.
    pub fn clear(&mut self) -> Result<(), RuntimeError> {
        self.change(|connection| {
            connection.execute_batch(
                "DELETE FROM ccr_folders; DELETE FROM ccr_documents; DELETE FROM ccr_links;",
            )
        })
    }

    /// Brings a folder up to date.
    ///
    /// # Errors
    /// The folder cannot be listed, or the index failed.
    pub fn sync(&mut self, folder: &str) -> Result<(), RuntimeError> {
        let stamp = folder_stamp(&self.store.path(folder));
        let known: Option<i64> = self.query(|connection| {
            connection
                .prepare_cached("SELECT stamp FROM ccr_folders WHERE folder = ?1")?
                .query_row([folder], |row| row.get(0))
                .optional()
        })?;
        if known == Some(stamp) {
            return Ok(());
        }
        let remembered = self.stamps(folder)?;
        let mut found = BTreeMap::new();
        for name in self.store.names(folder)? {
            let stamp = file_stamp(&self.store.path(&format!("{folder}/{name}")));
            found.extend(stamp.map(|stamp| (name, stamp)));
        }
        let changed: Vec<_> = found
            .iter()
            .filter(|(name, stamp)| remembered.get(*name) != Some(*stamp))
            .map(|(name, stamp)| (name.clone(), *stamp))
            .collect();
        let gone: Vec<_> = remembered
            .keys()
            .filter(|name| !found.contains_key(*name))
            .cloned()
            .collect();
        let read = self.read(folder, &changed);
        self.change(|connection| {
            for name in &gone {
                forget(connection, folder, name)?;
            }
            for ((name, stamp), document) in changed.iter().zip(&read) {
                remember(connection, folder, name, *stamp, document)?;
            }
            connection
                .prepare_cached("INSERT OR REPLACE INTO ccr_folders VALUES (?1, ?2)")?
                .execute(params![folder, stamp])?;
            Ok(())
        })
    }

    /// Notes what a command has just written or removed, while it still holds the lock; a folder
    /// that was up to date before stays so. `before` holds the stamps from before the change.
    ///
    /// # Errors
    /// The index failed.
    pub fn note(
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
                        remember(connection, folder, name, stamp, &Ok(body.clone()))?;
                    }
                    _ => forget(connection, folder, name)?,
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

    /// Documents of a folder that a role may take, the most urgent first: priority, age, id.
    ///
    /// # Errors
    /// The index failed.
    pub fn queue(
        &mut self,
        folder: &str,
        role: &str,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Summary>, RuntimeError> {
        self.sync(folder)?;
        self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT folder, name, id, status, role, priority, created_at, blocking, fault
                     FROM ccr_documents WHERE folder = ?1 AND role = ?2 AND fault IS NULL
                     ORDER BY priority DESC, created_at, id LIMIT ?4 OFFSET ?3",
                )?
                .query_map(params![folder, role, count(offset), count(limit)], summary)?
                .collect()
        })
    }

    /// Every document of a folder in order of file name.
    ///
    /// # Errors
    /// The index failed.
    pub fn list(&mut self, folder: &str) -> Result<Vec<Summary>, RuntimeError> {
        self.sync(folder)?;
        self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT folder, name, id, status, role, priority, created_at, blocking, fault
                     FROM ccr_documents WHERE folder = ?1 ORDER BY name",
                )?
                .query_map([folder], summary)?
                .collect()
        })
    }

    /// Documents of a folder that name a target as their object or among their refs.
    ///
    /// # Errors
    /// The index failed.
    pub fn linked(&mut self, folder: &str, target: &str) -> Result<Vec<Summary>, RuntimeError> {
        self.sync(folder)?;
        self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT d.folder, d.name, d.id, d.status, d.role, d.priority, d.created_at,
                     d.blocking, d.fault FROM ccr_links l JOIN ccr_documents d
                     ON d.folder = l.folder AND d.name = l.name
                     WHERE l.target = ?2 AND l.folder = ?1 ORDER BY d.name",
                )?
                .query_map(params![folder, target], summary)?
                .collect()
        })
    }

    /// Reads files side by side; the order stays.
    fn read(&self, folder: &str, changed: &[(String, Stamp)]) -> Vec<Result<Value, String>> {
        use rayon::prelude::*;
        let root = self.store.root();
        changed
            .par_iter()
            .map(|(name, _)| {
                let path = root.join(folder).join(name);
                let bytes = std::fs::read(&path).map_err(|e| e.to_string())?;
                match crate::support::pyjson::parse_bytes(&bytes) {
                    Ok(value @ Value::Object(_)) => Ok(value),
                    Ok(_) => Err("not a JSON object".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            })
            .collect()
    }

    fn stamps(&mut self, folder: &str) -> Result<BTreeMap<String, Stamp>, RuntimeError> {
        self.query(|connection| {
            connection
                .prepare_cached("SELECT name, stamp, size FROM ccr_documents WHERE folder = ?1")?
                .query_map([folder], |row| {
                    Ok((
                        row.get(0)?,
                        Stamp {
                            time: row.get(1)?,
                            size: row.get(2)?,
                        },
                    ))
                })?
                .collect()
        })
    }

    fn query<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        let done = work(self.database.connection());
        done.map_err(|e| fault(&self.database, &e))
    }

    fn change(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), RuntimeError> {
        let connection = self.database.connection();
        let done = connection.transaction().and_then(|transaction| {
            work(&transaction)?;
            transaction.commit()
        });
        done.map_err(|e| fault(&self.database, &e))
    }
}

/// When a file was last changed, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    time: i64,
    size: i64,
}

fn nanoseconds(metadata: &std::fs::Metadata) -> i64 {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

/// The modification time of a folder in nanoseconds; 0 when there is none.
pub fn folder_stamp(path: &Path) -> i64 {
    std::fs::metadata(path).map_or(0, |metadata| nanoseconds(&metadata))
}

fn file_stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp {
        time: nanoseconds(&metadata),
        size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
    })
}

fn make(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    connection.execute_batch(
        "DROP TABLE IF EXISTS ccr_folders; DROP TABLE IF EXISTS ccr_documents;
         DROP TABLE IF EXISTS ccr_links;",
    )?;
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", VERSION)
}

fn forget(connection: &Connection, folder: &str, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM ccr_documents WHERE folder = ?1 AND name = ?2")?
        .execute([folder, name])?;
    connection
        .prepare_cached("DELETE FROM ccr_links WHERE folder = ?1 AND name = ?2")?
        .execute([folder, name])?;
    Ok(())
}

fn remember(
    connection: &Connection,
    folder: &str,
    name: &str,
    stamp: Stamp,
    document: &Result<Value, String>,
) -> rusqlite::Result<()> {
    forget(connection, folder, name)?;
    let empty = Value::Null;
    let (body, problem) = match document {
        Ok(body) => (body, None),
        Err(problem) => (&empty, Some(problem.as_str())),
    };
    let text = |key: &str| body.text(key).unwrap_or_default();
    let id = ["packet_id", "task_id", "residual_id"]
        .iter()
        .find(|key| folder.starts_with(key.trim_end_matches("_id")))
        .map_or("", |key| text(key));
    // The reference's default; what is no number sorts like it.
    let priority = body.get("priority").and_then(Value::as_f64).unwrap_or(50.0);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO ccr_documents VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
        )?
        .execute(params![
            folder,
            name,
            stamp.time,
            stamp.size,
            id,
            text("status"),
            text("role"),
            priority,
            text("created_at"),
            body.get("blocking").is_some_and(Value::truthy),
            problem,
        ])?;
    if folder.starts_with("residuals/") {
        let mut link =
            connection.prepare_cached("INSERT OR IGNORE INTO ccr_links VALUES (?1,?2,?3)")?;
        let refs = body.items("refs").iter().filter_map(Value::as_str);
        for target in refs.chain([text("object_id")]) {
            link.execute([folder, name, target])?;
        }
    }
    Ok(())
}

fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<Summary> {
    let folder: String = row.get(0)?;
    let name: String = row.get(1)?;
    Ok(Summary {
        path: format!("{folder}/{name}"),
        id: row.get(2)?,
        status: row.get(3)?,
        role: row.get(4)?,
        priority: row.get(5)?,
        created_at: row.get(6)?,
        blocking: row.get(7)?,
        fault: row.get(8)?,
    })
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::object;
    use crate::runtime::Policy;

    fn task(id: &str, priority: i64) -> Value {
        object! { "task_id" => id, "status" => "open", "role" => "verifier", "priority" => priority,
        "created_at" => "2026-01-01T00:00:00Z" }
    }

    #[test]
    fn the_queue_follows_files_of_any_hand() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), Policy::STRICT);
        for (id, priority) in [("a", 1), ("b", 9)] {
            let mut change = store.begin().unwrap();
            change.put(&format!("tasks/open/{id}.json"), &task(id, priority));
            change.commit().unwrap();
        }
        let mut cache = Cache::create(&store).unwrap();
        let ids = |cache: &mut Cache<'_>| {
            let queue = cache.queue("tasks/open", "verifier", 0, 10).unwrap();
            queue.into_iter().map(|s| s.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&mut cache), ["b", "a"]);
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join("tasks/open").join(name), text).unwrap();
        };
        write("c.json", &crate::support::pyjson::pretty(&task("c", 5)));
        write("broken.json", "{");
        std::fs::remove_file(folder.path().join("tasks/open/b.json")).unwrap();
        assert_eq!(ids(&mut cache), ["c", "a"]);
        let all = cache.list("tasks/open").unwrap();
        assert!(all[1].fault.is_some() && all[1].path.ends_with("broken.json"));
        let mut change = store.begin().unwrap();
        change.remove("tasks/open/c.json");
        change.commit().unwrap();
        assert_eq!(ids(&mut cache), ["a"]);
    }

    #[test]
    fn residuals_are_found_by_what_they_are_about() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), Policy::STRICT);
        let mut change = store.begin().unwrap();
        let body = object! { "residual_id" => "r", "object_id" => "p.one", "refs" => vec!["p.two"],
        "blocking" => true };
        change.put("residuals/open/r.json", &body);
        change.commit().unwrap();
        let mut cache = Cache::create(&store).unwrap();
        for target in ["p.one", "p.two"] {
            let found = cache.linked("residuals/open", target).unwrap();
            assert_eq!(found.len(), 1);
            assert!(found[0].blocking);
        }
        assert!(cache.linked("residuals/open", "p").unwrap().is_empty());
    }
}
