// SPDX-License-Identifier: Apache-2.0
//! The tables of what is remembered, their rows, and what of a document goes into them.

use crate::object;
use crate::runtime::{lease_time, rank::Rank};
use crate::support::pyjson::{Value, canonical, parse};
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bump it and the tables are made anew.
const VERSION: i64 = 3;

/// A folder that changed so lately may change again without a newer time: the clock of a file
/// system ticks in milliseconds.
const TICK: std::time::Duration = std::time::Duration::from_millis(50);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS ccr_folders (folder TEXT PRIMARY KEY, stamp INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ccr_looks (folder TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ccr_documents (
  folder TEXT NOT NULL, name TEXT NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL,
  id TEXT NOT NULL, status TEXT NOT NULL, role TEXT NOT NULL, priority REAL NOT NULL,
  created_at TEXT NOT NULL, ends INTEGER, blocking INTEGER NOT NULL, row TEXT NOT NULL, fault TEXT,
  PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ccr_links (
  folder TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (target, folder, name)) WITHOUT ROWID;
";

/// What finds the rows; made after a large number of them it costs less.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS ccr_queue ON ccr_documents (folder, role, priority DESC, created_at, id);
CREATE INDEX IF NOT EXISTS ccr_ends ON ccr_documents (folder, role, ends) WHERE ends IS NOT NULL;
CREATE INDEX IF NOT EXISTS ccr_faults ON ccr_documents (folder) WHERE fault IS NOT NULL;
CREATE INDEX IF NOT EXISTS ccr_ids ON ccr_documents (id);
CREATE INDEX IF NOT EXISTS ccr_links_of ON ccr_links (folder, name);
";

/// What is remembered of one document.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runtime) struct Summary {
    /// Relative to the root.
    pub(in crate::runtime) path: String,
    /// `packet_id`, `task_id`, `residual_id` or `report_id`.
    pub(in crate::runtime) id: String,
    /// Whether a residual blocks.
    pub(in crate::runtime) blocking: bool,
    /// Its place in the queue, of a task.
    pub(in crate::runtime) rank: Rank,
    /// The keys that lists show.
    pub(in crate::runtime) row: Value,
}

/// Makes the tables, anew when they are of another version.
pub(super) fn make(connection: &mut Connection) -> rusqlite::Result<()> {
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
    empty(&transaction)?;
    finish(&transaction)?;
    transaction.commit()
}

/// Makes the tables anew, without what finds their rows.
pub(super) fn empty(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS ccr_folders; DROP TABLE IF EXISTS ccr_documents;
         DROP TABLE IF EXISTS ccr_links; DROP TABLE IF EXISTS ccr_looks;",
    )?;
    connection.execute_batch(TABLES)
}

/// Makes what finds the rows of emptied tables.
pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(INDEXES)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// Takes a document out of what is remembered.
pub(super) fn forget(connection: &Connection, folder: &str, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM ccr_documents WHERE folder = ?1 AND name = ?2")?
        .execute([folder, name])?;
    connection
        .prepare_cached("DELETE FROM ccr_links WHERE folder = ?1 AND name = ?2")?
        .execute([folder, name])?;
    Ok(())
}

/// Puts a document, or what is wrong with its file, in the place of what was remembered.
pub(super) fn remember(
    connection: &Connection,
    folder: &str,
    name: &str,
    stamp: Stamp,
    document: &Result<&Value, &str>,
) -> rusqlite::Result<()> {
    forget(connection, folder, name)?;
    insert(connection, folder, name, stamp, document)
}

/// As [`remember`], where nothing was remembered.
pub(super) fn insert(
    connection: &Connection,
    folder: &str,
    name: &str,
    stamp: Stamp,
    document: &Result<&Value, &str>,
) -> rusqlite::Result<()> {
    let empty = Value::Null;
    let (body, problem) = match *document {
        Ok(body) => (body, None),
        Err(problem) => (&empty, Some(problem)),
    };
    let text = |key: &str| body.text(key).unwrap_or_default();
    let rank = Rank::of(body);
    let id = match family(folder) {
        Some(("task_id", _)) => rank.id.as_str(),
        Some((key, _)) => text(key),
        None => "",
    };
    let ends = (folder == "tasks/leased").then(|| lease_time::lease_end(body));
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

/// What every question starts with; the columns are those that `summary` reads.
pub(super) const SELECT: &str = "SELECT d.folder, d.name, d.id, d.blocking, d.row, d.priority,
     d.created_at, d.id FROM ccr_documents d";

/// A row that [`SELECT`] names.
pub(super) fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<Summary> {
    let folder: String = row.get(0)?;
    let name: String = row.get(1)?;
    let kept: String = row.get(4)?;
    Ok(Summary {
        path: format!("{folder}/{name}"),
        id: row.get(2)?,
        blocking: row.get(3)?,
        rank: Rank {
            priority: row.get(5)?,
            created_at: row.get(6)?,
            id: row.get(7)?,
        },
        row: parse(&kept).unwrap_or_default(),
    })
}

/// Whether a path is of a document that is remembered.
pub(in crate::runtime) fn remembers(path: &str) -> bool {
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

/// The keys of a document that lists show.
pub(super) fn row_of(folder: &str, body: &Value) -> Value {
    let mut row = object! {};
    for key in family(folder).map_or(&[][..], |(_, keys)| keys) {
        if let Some(value) = body.get(key) {
            row.set(key, value.clone());
        }
    }
    row
}

/// What a document names.
pub(super) fn targets<'b>(folder: &str, body: &'b Value) -> Box<dyn Iterator<Item = &'b str> + 'b> {
    let strings = |key: &str| body.items(key).iter().filter_map(Value::as_str);
    match folder.split('/').next() {
        Some("residuals") => Box::new(strings("refs").chain(body.text("object_id"))),
        Some("reports") => Box::new(body.text("packet_id").into_iter()),
        Some("tasks") => Box::new(strings("dependencies")),
        _ => Box::new(std::iter::empty()),
    }
}

/// When a file was last changed, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct Stamp {
    pub(super) time: i64,
    pub(super) size: i64,
}

/// Both of a file; nothing when there is none.
pub(in crate::runtime) fn file_stamp(path: &Path) -> Option<Stamp> {
    Some(stamp_of(&std::fs::metadata(path).ok()?))
}

/// Both of an entry of a folder, links followed. Asked of the entry, the system need not walk the
/// whole path again.
pub(super) fn entry_stamp(entry: &std::fs::DirEntry) -> Option<Stamp> {
    let metadata = entry.metadata().ok()?;
    if metadata.is_symlink() {
        return file_stamp(&entry.path());
    }
    Some(stamp_of(&metadata))
}

fn stamp_of(metadata: &std::fs::Metadata) -> Stamp {
    Stamp {
        time: nanoseconds(metadata),
        size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
    }
}

/// The modification time of a folder in nanoseconds; 0 when there is none.
pub(super) fn folder_stamp(path: &Path) -> i64 {
    std::fs::metadata(path).map_or(0, |metadata| nanoseconds(&metadata))
}

/// Whether a change after this one would have another time.
pub(super) fn settled(stamp: i64) -> bool {
    let tick = i64::try_from(TICK.as_nanos()).unwrap_or(i64::MAX);
    now().saturating_sub(stamp) > tick
}

/// The moment in nanoseconds.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(i64::MAX, |now| {
        i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
    })
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
