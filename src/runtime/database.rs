// SPDX-License-Identifier: Apache-2.0
//! The index `ccr.sqlite`: the reference's tables (CCR specification, section 9). It can be rebuilt
//! from the files at any time and is never the source of truth.

use crate::runtime::row::{Indexed, Row};
use crate::runtime::{RuntimeError, layout};
use crate::support::pyjson::{self, Value, content_hash};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// Version that `schema_migrations` names.
pub const SCHEMA_VERSION: i64 = 1;

/// How much of the index is kept at hand while it is made anew, in KiB.
const CACHE_KIB: i64 = 32 * 1024;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS schema_migrations (
  version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
  object_type TEXT NOT NULL, object_id TEXT NOT NULL, status TEXT, path TEXT NOT NULL,
  content_sha256 TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (object_type, object_id));
CREATE TABLE IF NOT EXISTS events (
  event_id TEXT PRIMARY KEY, timestamp TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  object_type TEXT NOT NULL, object_id TEXT NOT NULL, status_before TEXT, status_after TEXT,
  dry_run INTEGER NOT NULL, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS leases (
  task_id TEXT PRIMARY KEY, leased_by TEXT, leased_at TEXT, ttl_minutes INTEGER,
  status TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS provider_runs (
  run_id TEXT PRIMARY KEY, provider TEXT NOT NULL, action TEXT NOT NULL, status TEXT NOT NULL,
  dry_run INTEGER NOT NULL, report_path TEXT, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS phase_observations (
  observation_id TEXT PRIMARY KEY, status TEXT NOT NULL, path TEXT NOT NULL,
  accepted_packet_count INTEGER NOT NULL, effective_edge_count INTEGER NOT NULL,
  threshold_distance REAL NOT NULL, created_at TEXT NOT NULL);
";

/// An open index.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the index of a root and makes the tables that are missing.
    ///
    /// # Errors
    /// The file is no database or cannot be written.
    pub fn open(root: &Path) -> Result<Self, RuntimeError> {
        let path = root.join(layout::DATABASE);
        let fault = |e: rusqlite::Error| fault(&path, &e);
        let connection = Connection::open(&path).map_err(fault)?;
        connection
            .busy_timeout(std::time::Duration::from_secs(30))
            .map_err(fault)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL;",
            )
            .map_err(fault)?;
        connection.execute_batch(TABLES).map_err(fault)?;
        let this = Self { connection, path };
        this.mark()?;
        Ok(this)
    }

    /// Leaves the write-ahead log to a later command instead of syncing two files at each end.
    ///
    /// # Errors
    /// The database refused.
    pub fn defer_checkpoint(&self) -> Result<(), RuntimeError> {
        use rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        let done = self
            .connection
            .set_db_config(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .and_then(|_| {
                self.connection
                    .pragma_update(None, "wal_autocheckpoint", 256)
            });
        done.map_err(|e| fault(&self.path, &e))
    }

    /// Empties the write-ahead log after a large change: whoever opens the index next reads it.
    ///
    /// # Errors
    /// The database failed.
    pub fn checkpoint(&self) -> Result<(), RuntimeError> {
        let done = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        done.map_err(|e| fault(&self.path, &e))
    }

    fn mark(&self) -> Result<(), RuntimeError> {
        // Looking first: a write here would be one for every command.
        let marked = self.connection.query_row(
            "SELECT count(*) FROM schema_migrations WHERE version = ?1",
            [SCHEMA_VERSION],
            |row| row.get::<_, i64>(0),
        );
        if marked.map_err(|e| fault(&self.path, &e))? > 0 {
            return Ok(());
        }
        let now = crate::support::clock::rfc3339(jiff::Timestamp::now());
        self.connection
            .execute(
                "INSERT OR IGNORE INTO schema_migrations (version, applied_at) VALUES (?1, ?2)",
                params![SCHEMA_VERSION, now],
            )
            .map_err(|e| fault(&self.path, &e))?;
        Ok(())
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for tables of our own.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Writes rows in one transaction.
    ///
    /// # Errors
    /// The database failed; no row is written then.
    pub fn apply(&mut self, root: &Path, rows: &[Row], now: &str) -> Result<(), RuntimeError> {
        let path = self.path.clone();
        let work = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            for row in rows {
                write(&transaction, root, row, now)?;
            }
            transaction.commit()
        };
        let mut work = work;
        work().map_err(|e| fault(&path, &e))
    }

    /// Indexes documents and events in one transaction; `anew` first takes away the rows that are
    /// there.
    ///
    /// # Errors
    /// The database failed, or those of `work`; nothing is changed then.
    pub fn rebuild<T>(
        &mut self,
        root: &Path,
        now: &str,
        anew: bool,
        work: impl FnOnce(&Rebuild<'_>) -> Result<T, RuntimeError>,
    ) -> Result<T, RuntimeError> {
        let path = &self.path;
        let fault = |e: rusqlite::Error| fault(path, &e);
        // Rows of several trees come in turns: their inner pages should stay at hand.
        self.connection
            .pragma_update(None, "cache_size", -CACHE_KIB)
            .map_err(fault)?;
        let transaction = self.connection.transaction().map_err(fault)?;
        if anew {
            transaction
                .execute_batch("DELETE FROM objects; DELETE FROM events;")
                .map_err(fault)?;
        }
        let done = work(&Rebuild {
            connection: &transaction,
            path,
            root,
            now,
        })?;
        transaction.commit().map_err(fault)?;
        Ok(done)
    }

    /// Each object that the index lists, in order of type and id.
    ///
    /// # Errors
    /// The database failed.
    pub fn each_object(&self, mut take: impl FnMut(ObjectRow)) -> Result<(), RuntimeError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(
                "SELECT object_type, object_id, path, content_sha256 FROM objects
                 ORDER BY object_type, object_id",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                take(ObjectRow {
                    object_type: row.get(0)?,
                    object_id: row.get(1)?,
                    path: row.get(2)?,
                    hash: row.get(3)?,
                });
            }
            Ok(())
        };
        read().map_err(|e| fault(&self.path, &e))
    }
}

/// What takes rows while the index is made anew.
#[derive(Debug)]
pub struct Rebuild<'a> {
    connection: &'a Connection,
    path: &'a Path,
    root: &'a Path,
    now: &'a str,
}

impl<'a> Rebuild<'a> {
    /// Lists a document.
    ///
    /// # Errors
    /// The database failed.
    pub fn object(&self, document: Indexed) -> Result<(), RuntimeError> {
        let row = ObjectRow {
            object_type: document.object_type.to_owned(),
            object_id: document.id,
            path: self.root.join(&document.path).display().to_string(),
            hash: document.hash,
        };
        self.done(object(
            self.connection,
            &row,
            document.status.as_deref(),
            self.now,
        ))
    }

    /// Lists an event.
    ///
    /// # Errors
    /// The database failed.
    pub fn event(&self, event: &Value) -> Result<(), RuntimeError> {
        self.done(insert_event(self.connection, event))
    }

    /// The connection, inside the transaction.
    pub fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Names the file in a failure of the database.
    ///
    /// # Errors
    /// The failure.
    pub fn done<T>(&self, result: rusqlite::Result<T>) -> Result<T, RuntimeError> {
        result.map_err(|e| fault(self.path, &e))
    }
}

/// A row of `objects`.
#[derive(Debug, Clone)]
pub struct ObjectRow {
    /// `packet`, `task`, ...
    pub object_type: String,
    /// Its id.
    pub object_id: String,
    /// Absolute.
    pub path: String,
    /// SHA-256 of the canonical form.
    pub hash: String,
}

fn fault(path: &Path, error: &rusqlite::Error) -> RuntimeError {
    RuntimeError::Fault {
        message: format!(
            "{}: {error}; the index can be made anew: remove it and run `ccr init`",
            path.display()
        ),
        class: "DatabaseError",
    }
}

fn write(connection: &Connection, root: &Path, row: &Row, now: &str) -> rusqlite::Result<()> {
    match row {
        Row::Object {
            object_type,
            object_id,
            status,
            path,
            body,
        } => {
            let row = ObjectRow {
                object_type: object_type.clone(),
                object_id: object_id.clone(),
                path: root.join(path).display().to_string(),
                hash: content_hash(body),
            };
            object(connection, &row, status.as_deref(), now)
        }
        Row::Digest {
            object_type,
            object_id,
            status,
            path,
            sha256,
        } => {
            let row = ObjectRow {
                object_type: object_type.clone(),
                object_id: object_id.clone(),
                path: root.join(path).display().to_string(),
                hash: sha256.clone(),
            };
            object(connection, &row, status.as_deref(), now)
        }
        Row::ProviderRun {
            run_id,
            provider,
            action,
            status,
            dry_run,
            report_path,
        } => {
            let report = report_path
                .as_ref()
                .map(|path| root.join(path).display().to_string());
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO provider_runs VALUES (?1,?2,?3,?4,?5,?6,?7)",
                )?
                .execute(params![
                    run_id, provider, action, status, dry_run, report, now
                ])?;
            Ok(())
        }
        Row::PhaseObservation {
            observation_id,
            status,
            path,
            body,
        } => {
            let count = |key: &str| body.get(key).and_then(Value::as_i64).unwrap_or_default();
            let distance = body
                .get("threshold_distance")
                .and_then(Value::as_f64)
                .unwrap_or_default();
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO phase_observations VALUES (?1,?2,?3,?4,?5,?6,?7)",
                )?
                .execute(params![
                    observation_id,
                    status,
                    root.join(path).display().to_string(),
                    count("accepted_packet_count"),
                    count("effective_edge_count"),
                    distance,
                    now
                ])?;
            Ok(())
        }
    }
}

fn object(
    connection: &Connection,
    row: &ObjectRow,
    status: Option<&str>,
    now: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO objects (object_type, object_id, status, path, content_sha256, updated_at)
             VALUES (?1,?2,?3,?4,?5,?6) ON CONFLICT (object_type, object_id) DO UPDATE SET
             status=excluded.status, path=excluded.path, content_sha256=excluded.content_sha256,
             updated_at=excluded.updated_at",
        )?
        .execute(params![
            row.object_type,
            row.object_id,
            status,
            row.path,
            row.hash,
            now
        ])?;
    Ok(())
}

/// The id a rebuilt index gives a document: the first of the usual keys, else the file's stem.
pub fn index_id(object_type: &str, relative: &str, body: &Value) -> String {
    let own = format!("{object_type}_id");
    let keys = [
        own.as_str(),
        "packet_id",
        "task_id",
        "residual_id",
        "report_id",
        "graph_id",
        "observation_id",
        "certificate_id",
        "comparison_id",
        "run_id",
        "import_id",
    ];
    let found = keys
        .iter()
        .filter_map(|key| body.text(key))
        .find(|id| !id.is_empty());
    found.map_or_else(
        || {
            let name = relative.rsplit('/').next().unwrap_or(relative);
            name.strip_suffix(".json").unwrap_or(name).to_owned()
        },
        str::to_owned,
    )
}

/// The status a rebuilt index gives a document.
pub fn index_status(body: &Value) -> Option<String> {
    ["status", "certificate_status"]
        .iter()
        .filter_map(|key| body.text(key))
        .find(|status| !status.is_empty())
        .map(str::to_owned)
}

fn insert_event(connection: &Connection, event: &Value) -> rusqlite::Result<()> {
    let text = |key: &str| event.get(key).filter(|v| !v.is_null()).map(pyjson::display);
    let sure = |key: &str| text(key).unwrap_or_default();
    connection
        .prepare_cached("INSERT OR REPLACE INTO events VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?
        .execute(params![
            sure("event_id"),
            sure("timestamp"),
            sure("actor"),
            sure("action"),
            sure("object_type"),
            sure("object_id"),
            text("status_before"),
            text("status_after"),
            event.get("dry_run").is_some_and(Value::truthy),
            sure("note"),
        ])?;
    Ok(())
}
