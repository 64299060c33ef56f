// SPDX-License-Identifier: Apache-2.0
//! What the folders hold, remembered: tables of our own in the index, so that a question about
//! 100,000 documents does not read 100,000 files.
//!
//! The files stay the truth. For the queue, a folder whose modification time is the one remembered
//! is trusted; for gates and lists every file is looked at, and those that are new or changed are
//! read. A document that is acted upon is always read anew. The reference has no such tables, so
//! compatibility mode does without.

use super::database::Database;
use super::store::{Store, Stored, read_document};
use super::{RuntimeError, layout, task};
use crate::object;
use crate::support::pyjson::{Value, canonical, parse};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bump it and the tables are made anew.
const VERSION: i64 = 2;

/// From how many documents on a change of the tables is large.
const LARGE: usize = 256;

/// A folder that changed so lately may change again without a newer time: the clock of a file
/// system ticks in milliseconds.
const TICK: std::time::Duration = std::time::Duration::from_millis(50);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS ccr_folders (folder TEXT PRIMARY KEY, stamp INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ccr_documents (
  folder TEXT NOT NULL, name TEXT NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL,
  id TEXT NOT NULL, status TEXT NOT NULL, role TEXT NOT NULL, priority REAL NOT NULL,
  created_at TEXT NOT NULL, ends INTEGER, blocking INTEGER NOT NULL, row TEXT NOT NULL, fault TEXT,
  PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ccr_queue ON ccr_documents (folder, role, priority DESC, created_at, id);
CREATE INDEX IF NOT EXISTS ccr_ends ON ccr_documents (folder, role, ends) WHERE ends IS NOT NULL;
CREATE INDEX IF NOT EXISTS ccr_faults ON ccr_documents (folder) WHERE fault IS NOT NULL;
CREATE INDEX IF NOT EXISTS ccr_ids ON ccr_documents (id);
CREATE TABLE IF NOT EXISTS ccr_links (
  folder TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (target, folder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ccr_links_of ON ccr_links (folder, name);
";

/// What every question starts with; the columns are those that `summary` reads.
const SELECT: &str = "SELECT d.folder, d.name, d.id, d.blocking, d.row, d.priority,
     d.created_at, d.id FROM ccr_documents d";

/// How much of what is remembered is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Everything below a folder whose time is the one remembered.
    Folder,
    /// Every file whose time and size are those remembered.
    File,
}

/// What is remembered of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Relative to the root.
    pub path: String,
    /// `packet_id`, `task_id`, `residual_id` or `report_id`.
    pub id: String,
    /// Whether a residual blocks.
    pub blocking: bool,
    /// Its place in the queue, of a task.
    pub(super) rank: task::Rank,
    /// The keys that lists show.
    pub row: Value,
}

/// The remembered folders.
#[derive(Debug)]
pub struct Cache<'a> {
    store: &'a Store,
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
    pub fn open(store: &'a Store) -> Option<Self> {
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
    pub fn create(store: &'a Store) -> Result<Self, RuntimeError> {
        let mut database = store.database()?;
        let made = make(database.connection());
        made.map_err(|e| fault(&database, &e))?;
        Ok(Self {
            store,
            database: Some(database),
        })
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
    pub fn sync(&mut self, folder: &str, trust: Trust) -> Result<(), RuntimeError> {
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
        let remembered = self.stamps(folder)?;
        let found = self.on_disk(folder)?;
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
        if known == Some(stamp) && changed.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let read = self.read(folder, &changed);
        let settled = settled(stamp);
        self.change(|connection| {
            for name in &gone {
                forget(connection, folder, name)?;
            }
            for ((name, stamp), document) in changed.iter().zip(&read) {
                remember(connection, folder, name, *stamp, document)?;
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

    /// The files of a folder with their times.
    fn on_disk(&self, folder: &str) -> Result<BTreeMap<String, Stamp>, RuntimeError> {
        use rayon::prelude::*;
        let names = self.store.names(folder)?;
        let place = self.store.path(folder);
        Ok(names
            .into_par_iter()
            .filter_map(|name| {
                let stamp = file_stamp(&place.join(&name))?;
                Some((name, stamp))
            })
            .collect())
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

    /// Open tasks that a role may take, the most urgent first: priority, age, id; those that wait
    /// for another task are left out.
    ///
    /// # Errors
    /// The index failed.
    pub fn open_tasks(
        &mut self,
        role: &str,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Summary>, RuntimeError> {
        let sql = format!(
            "{SELECT} WHERE d.folder = 'tasks/open' AND d.role = ?1 AND d.status = 'open'
             AND NOT EXISTS (SELECT 1 FROM ccr_links l WHERE l.folder = d.folder
               AND l.name = d.name AND NOT EXISTS (SELECT 1 FROM ccr_documents v
                 WHERE v.id = l.target AND v.folder IN ('tasks/verified', 'tasks/integrated')))
             ORDER BY d.priority DESC, d.created_at, d.id LIMIT ?3 OFFSET ?2"
        );
        self.select(&sql, params![role, count(offset), count(limit)])
    }

    /// Leased tasks of a role whose lease ended before a moment, in the same order.
    ///
    /// # Errors
    /// The index failed.
    pub fn ended_leases(
        &mut self,
        role: &str,
        now: i64,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Summary>, RuntimeError> {
        let sql = format!(
            "{SELECT} INDEXED BY ccr_ends WHERE d.folder = 'tasks/leased' AND d.role = ?1
             AND d.ends <= ?4 AND d.status = 'leased'
             ORDER BY d.priority DESC, d.created_at, d.id LIMIT ?3 OFFSET ?2"
        );
        self.select(&sql, params![role, count(offset), count(limit), now])
    }

    /// Every usable document of a folder in order of file name.
    ///
    /// # Errors
    /// The index failed.
    pub fn list(&mut self, folder: &str) -> Result<Vec<Summary>, RuntimeError> {
        self.sync(folder, Trust::File)?;
        self.name_faults(folder)?;
        let sql = format!("{SELECT} WHERE d.folder = ?1 AND d.fault IS NULL ORDER BY d.name");
        self.select(&sql, params![folder])
    }

    /// Documents of a folder that name a target: residuals as their object or among their refs,
    /// reports as their packet, tasks among their dependencies.
    ///
    /// # Errors
    /// The index failed.
    pub fn linked(&mut self, folder: &str, target: &str) -> Result<Vec<Summary>, RuntimeError> {
        self.sync(folder, Trust::File)?;
        self.name_faults(folder)?;
        let sql = format!(
            "{SELECT} JOIN ccr_links l ON d.folder = l.folder AND d.name = l.name
             WHERE l.target = ?2 AND l.folder = ?1 ORDER BY d.name"
        );
        self.select(&sql, params![folder, target])
    }

    /// Names the files of a folder that cannot be used.
    ///
    /// # Errors
    /// The index failed.
    pub fn name_faults(&mut self, folder: &str) -> Result<(), RuntimeError> {
        let faults: Vec<(String, String)> = self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT name, fault FROM ccr_documents INDEXED BY ccr_faults
                     WHERE folder = ?1 AND fault IS NOT NULL ORDER BY name",
                )?
                .query_map([folder], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        for (name, reason) in faults {
            self.store.skip(&format!("{folder}/{name}"), reason);
        }
        Ok(())
    }

    fn select(
        &mut self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Summary>, RuntimeError> {
        self.query(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map(values, summary)?
                .collect()
        })
    }

    /// Reads files side by side; the order stays.
    fn read(&self, folder: &str, changed: &[(String, Stamp)]) -> Vec<Result<Value, String>> {
        use rayon::prelude::*;
        let root = self.store.root();
        changed
            .par_iter()
            .map(
                |(name, _)| match read_document(root, &format!("{folder}/{name}")) {
                    Ok(Some(body)) => Ok(body),
                    Ok(None) => Err("the file went while it was read".to_owned()),
                    Err(error) => Err(error.to_string()),
                },
            )
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

/// Documents of a folder that name a target, read anew; without the tables, by reading them all.
///
/// # Errors
/// The folder cannot be listed.
pub fn about(store: &Store, folder: &str, target: &str) -> Result<Vec<Stored>, RuntimeError> {
    let found = match remembered(store, |cache| cache.linked(folder, target)) {
        Some(found) => found,
        None => {
            let mut all = store.list(folder)?;
            all.retain(|stored| targets(folder, &stored.body).any(|named| named == target));
            return Ok(all);
        }
    };
    let mut documents = Vec::new();
    for summary in found {
        match store.read(&summary.path) {
            Ok(Some(body)) if targets(folder, &body).any(|named| named == target) => {
                documents.push(Stored {
                    path: summary.path,
                    body,
                });
            }
            Ok(_) => {}
            Err(error) => store.skip(&summary.path, error.to_string()),
        }
    }
    Ok(documents)
}

/// The keys that a list shows of every document of a folder, in order of file name.
///
/// # Errors
/// The folder cannot be listed.
pub fn rows(store: &Store, folder: &str) -> Result<Vec<(String, Value)>, RuntimeError> {
    if let Some(found) = remembered(store, |cache| cache.list(folder)) {
        return Ok(found.into_iter().map(|s| (s.path, s.row)).collect());
    }
    let all = store.list(folder)?;
    Ok(all
        .into_iter()
        .map(|stored| (stored.path, row_of(folder, &stored.body)))
        .collect())
}

/// An answer of the tables; nothing where there are none or they fail, which is named.
fn remembered<T>(
    store: &Store,
    ask: impl FnOnce(&mut Cache<'_>) -> Result<T, RuntimeError>,
) -> Option<T> {
    let mut cache = Cache::open(store)?;
    match ask(&mut cache) {
        Ok(answer) => Some(answer),
        Err(error) => {
            store.skip(layout::DATABASE, error.to_string());
            None
        }
    }
}

/// Whether a path is of a document that is remembered.
pub fn remembers(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(folder, _)| family(folder).is_some())
}

/// The key of the ids below a folder, and the keys that lists show.
fn family(folder: &str) -> Option<(&'static str, &'static [&'static str])> {
    match folder.split('/').next()? {
        "packets" => Some(("packet_id", &["packet_id", "packet_type", "summary"])),
        "tasks" => Some((
            "task_id",
            &["lease", "priority", "role", "task_id", "title"],
        )),
        "residuals" => Some((
            "residual_id",
            &[
                "blocking",
                "description",
                "kind",
                "object_id",
                "object_type",
                "refs",
                "repair_hint",
                "residual_id",
                "severity",
            ],
        )),
        "reports" if folder == "reports/verifier" => Some(("report_id", &["report_id"])),
        _ => None,
    }
}

fn row_of(folder: &str, body: &Value) -> Value {
    let mut row = object! {};
    for key in family(folder).map_or(&[][..], |(_, keys)| keys) {
        if let Some(value) = body.get(key) {
            row.set(key, value.clone());
        }
    }
    row
}

/// What a document names.
fn targets<'b>(folder: &str, body: &'b Value) -> Box<dyn Iterator<Item = &'b str> + 'b> {
    let strings = |key: &str| body.items(key).iter().filter_map(Value::as_str);
    match folder.split('/').next() {
        Some("residuals") => Box::new(strings("refs").chain(body.text("object_id"))),
        Some("reports") => Box::new(body.text("packet_id").into_iter()),
        Some("tasks") => Box::new(strings("dependencies")),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether a change after this one would have another time.
fn settled(stamp: i64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(i64::MAX, |now| {
        i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
    });
    let tick = i64::try_from(TICK.as_nanos()).unwrap_or(i64::MAX);
    now.saturating_sub(stamp) > tick
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

fn make(connection: &mut Connection) -> rusqlite::Result<()> {
    let current = |connection: &Connection| {
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        version.map(|version| version == VERSION)
    };
    if current(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if current(&transaction)? {
        return Ok(());
    }
    transaction.execute_batch(
        "DROP TABLE IF EXISTS ccr_folders; DROP TABLE IF EXISTS ccr_documents;
         DROP TABLE IF EXISTS ccr_links;",
    )?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
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
    let rank = task::Rank::of(body);
    let id = match family(folder) {
        Some(("task_id", _)) => rank.id.as_str(),
        Some((key, _)) => text(key),
        None => "",
    };
    let ends = (folder == "tasks/leased").then(|| task::lease_end(body));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO ccr_documents
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
        )?
        .execute(params![
            folder,
            name,
            stamp.time,
            stamp.size,
            id,
            text("status"),
            text("role"),
            rank.priority,
            rank.created_at,
            ends.flatten(),
            body.get("blocking").is_some_and(Value::truthy),
            canonical(&row_of(folder, body)),
            problem,
        ])?;
    let mut link =
        connection.prepare_cached("INSERT OR IGNORE INTO ccr_links VALUES (?1,?2,?3)")?;
    for target in targets(folder, body) {
        link.execute([folder, name, target])?;
    }
    Ok(())
}

fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<Summary> {
    let folder: String = row.get(0)?;
    let name: String = row.get(1)?;
    let kept: String = row.get(4)?;
    Ok(Summary {
        path: format!("{folder}/{name}"),
        id: row.get(2)?,
        blocking: row.get(3)?,
        rank: task::Rank {
            priority: row.get(5)?,
            created_at: row.get(6)?,
            id: row.get(7)?,
        },
        row: parse(&kept).unwrap_or_default(),
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
            cache.sync("tasks/open", Trust::Folder).unwrap();
            let queue = cache.open_tasks("verifier", 0, 10).unwrap();
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
        assert_eq!(all.len(), 2);
        assert_eq!(store.skipped()[0].path, "tasks/open/broken.json");
        drop(cache);
        let mut change = store.begin().unwrap();
        change.remove("tasks/open/c.json");
        change.commit().unwrap();
        let mut cache = Cache::create(&store).unwrap();
        assert_eq!(ids(&mut cache), ["a"]);
    }

    #[test]
    fn a_file_changed_in_place_is_seen_by_lists_and_gates() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), Policy::STRICT);
        let mut change = store.begin().unwrap();
        let body = |object: &str| object! { "residual_id" => "r", "object_id" => object };
        change.put("residuals/open/r.json", &body("p.one"));
        change.commit().unwrap();
        assert_eq!(about(&store, "residuals/open", "p.one").unwrap().len(), 1);
        let place = store.path("residuals/open/r.json");
        std::fs::write(place, canonical(&body("p.twotwo"))).unwrap();
        assert!(about(&store, "residuals/open", "p.one").unwrap().is_empty());
        assert_eq!(
            about(&store, "residuals/open", "p.twotwo").unwrap().len(),
            1
        );
    }

    #[test]
    fn tasks_that_wait_are_not_in_the_queue() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), Policy::STRICT);
        let mut waiting = task("b", 9);
        waiting.set("dependencies", vec!["a"]);
        let mut change = store.begin().unwrap();
        change.put("tasks/open/a.json", &task("a", 1));
        change.put("tasks/open/b.json", &waiting);
        change.commit().unwrap();
        let queue = || {
            let mut cache = Cache::create(&store).unwrap();
            for place in ["tasks/open", "tasks/verified"] {
                cache.sync(place, Trust::Folder).unwrap();
            }
            let queue = cache.open_tasks("verifier", 0, 10).unwrap();
            queue.into_iter().map(|s| s.id).collect::<Vec<_>>()
        };
        assert_eq!(queue(), ["a"]);
        let mut change = store.begin().unwrap();
        change.relocate("tasks/open/a.json", "tasks/verified/a.json", &task("a", 1));
        change.commit().unwrap();
        assert_eq!(queue(), ["b"]);
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
