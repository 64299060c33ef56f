// SPDX-License-Identifier: Apache-2.0
//! What files of lines hold, kept beside the data root, so that a run costs the same whether a
//! registry has ten keys or a million: keys and their lives, events and the members of their
//! records, the number of lines and a running digest. It is a copy: when the file is not the one it
//! was made from (size, times, inode), it is made again, and when it cannot be used at all, the file
//! itself is read.

use super::lines::{self, Keys, Life, LineFault};
use super::recorded::{Recorded, event_of};
use super::{EffectKind, Store, StoreFault, StorePath, change, path};
use crate::support::hashing;
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::{self, Object, Value};
use indexmap::IndexMap;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use std::io;
use std::path::Path;

/// Of another layout, the copy is made again.
const VERSION: i64 = 1;
/// Bytes at the end of a file that must be those that were indexed.
const TAIL: u64 = 256;

const SCHEMA: &str = "
    DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS keys; DROP TABLE IF EXISTS events;
    CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL,
        size INTEGER NOT NULL, lines INTEGER NOT NULL, chain TEXT NOT NULL,
        bad_line INTEGER, bad TEXT);
    CREATE TABLE keys (file INTEGER, key TEXT, address TEXT, live INTEGER, lives INTEGER,
        entry TEXT, PRIMARY KEY (file, key)) WITHOUT ROWID;
    CREATE INDEX addresses ON keys (file, address);
    CREATE TABLE events (file INTEGER, event TEXT, field TEXT, value TEXT, line INTEGER,
        PRIMARY KEY (file, event, field, value, line)) WITHOUT ROWID;
    PRAGMA user_version = 1;";

/// The copy.
#[derive(Debug)]
pub(super) struct Index(Connection);

/// What the copy knows of a whole file.
#[derive(Debug, Clone)]
struct Known {
    id: i64,
    stamp: String,
    size: u64,
    lines: usize,
    chain: String,
    bad: Option<LineFault>,
}

impl Index {
    /// Opens the copy, or nothing when it cannot be kept here.
    pub(super) fn open(state: &Path) -> Option<Self> {
        let file = state.join("index.sqlite");
        Self::at(&file).ok().or_else(|| {
            // Broken: it is only a copy.
            std::fs::remove_file(&file).ok()?;
            Self::at(&file).ok()
        })
    }

    fn at(file: &Path) -> rusqlite::Result<Self> {
        let db = Connection::open(file)?;
        db.busy_timeout(std::time::Duration::from_secs(30))?;
        // What a loss of power leaves is held against the file before it is used.
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")?;
        let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != VERSION {
            db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
        }
        Ok(Self(db))
    }

    /// The file as it is now, indexed again when it is not as it was.
    fn known(&mut self, path: &StorePath, kind: EffectKind, place: &Path) -> io::Result<Known> {
        let stamp = stamp(kind, place)?;
        if let Some(known) = self.row(path).map_err(io::Error::other)?
            && known.stamp == stamp
        {
            return Ok(known);
        }
        let bytes = match std::fs::read(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        self.rebuild(path, kind, &stamp, &bytes)
            .map_err(io::Error::other)
    }

    fn row(&self, path: &StorePath) -> rusqlite::Result<Option<Known>> {
        let sql = "SELECT id, stamp, size, lines, chain, bad_line, bad FROM files WHERE name = ?1";
        let mut statement = self.0.prepare_cached(sql)?;
        let row = statement.query_row([path.as_str()], |row| {
            let line: Option<i64> = row.get(5)?;
            let message: Option<String> = row.get(6)?;
            Ok(Known {
                id: row.get(0)?,
                stamp: row.get(1)?,
                size: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                lines: usize::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
                chain: row.get(4)?,
                bad: line.zip(message).map(|(line, message)| LineFault {
                    line: usize::try_from(line).unwrap_or(0),
                    message,
                }),
            })
        });
        row.optional()
    }

    fn rebuild(
        &mut self,
        path: &StorePath,
        kind: EffectKind,
        stamp: &str,
        bytes: &[u8],
    ) -> rusqlite::Result<Known> {
        let transaction = self.0.transaction()?;
        let name = path.as_str();
        let old = transaction
            .query_row("SELECT id FROM files WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(old) = old {
            let old: i64 = old;
            for table in ["keys", "events"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE file = ?1"), [old])?;
            }
        }
        transaction.execute("DELETE FROM files WHERE name = ?1", [name])?;
        transaction.execute(
            "INSERT INTO files (name, stamp, size, lines, chain) VALUES (?1, '', 0, 0, '')",
            [name],
        )?;
        let id = transaction.last_insert_rowid();
        let mut broken = None;
        let mut keys = Keys::default();
        let read = lines::read(bytes, |line, entry| {
            if broken.is_some() {
                return Ok(());
            }
            if kind == EffectKind::Registry {
                keys.add(entry)
            } else {
                broken = add_events(&transaction, id, line, &entry).err();
                Ok(())
            }
        });
        if let Some(error) = broken {
            return Err(error);
        }
        for (key, life) in keys.iter() {
            put_life(&transaction, id, key, life)?;
        }
        let bad = read.as_ref().err().cloned();
        let known = Known {
            id,
            stamp: stamp.to_owned(),
            size: bytes.len() as u64,
            lines: *read.as_ref().unwrap_or(&0),
            chain: chain(String::new(), bytes),
            bad,
        };
        put_known(&transaction, &known)?;
        transaction.commit()?;
        Ok(known)
    }

    /// Takes in a line that was just added at `from`; what goes wrong only costs time later.
    pub(super) fn added(
        &mut self,
        path: &StorePath,
        kind: EffectKind,
        place: &Path,
        from: u64,
        line: &[u8],
    ) {
        // An error leaves a stamp that is no longer the file's: it will be indexed again.
        let _ = self.add(path, kind, place, from, line);
    }

    fn add(
        &mut self,
        path: &StorePath,
        kind: EffectKind,
        place: &Path,
        from: u64,
        line: &[u8],
    ) -> io::Result<()> {
        let Some(mut known) = self.row(path).map_err(io::Error::other)? else {
            return Ok(());
        };
        if known.size != from || known.bad.is_some() {
            return Ok(());
        }
        let stamp = stamp(kind, place)?;
        let Ok(Value::Object(entry)) = ordered::parse_lenient(line, 256) else {
            return Ok(());
        };
        let transaction = self.0.transaction().map_err(io::Error::other)?;
        let done = (|| {
            if kind == EffectKind::Registry {
                let key = entry.get("key").and_then(Value::as_str).unwrap_or_default();
                let mut keys = Keys::default();
                if let Some(life) = life(&transaction, known.id, key)? {
                    keys.put(key.to_owned(), life);
                }
                if keys.add(entry).is_ok()
                    && let Some((key, life)) = keys.iter().next()
                {
                    put_life(&transaction, known.id, key, life)?;
                }
            } else {
                add_events(&transaction, known.id, known.lines + 1, &entry)?;
            }
            known.stamp.clone_from(&stamp);
            known.size = from + line.len() as u64;
            known.lines += 1;
            known.chain = chain(known.chain.clone(), line);
            put_known(&transaction, &known)
        })();
        done.and_then(|()| transaction.commit())
            .map_err(io::Error::other)
    }
}

/// Which file this is, as far as the system tells: any write changes it.
fn stamp(kind: EffectKind, place: &Path) -> io::Result<String> {
    let found = match place.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(format!("{kind:?} none"));
        }
        other => other?,
    };
    let tail = hashing::sha256_hex(&change::tail(place, TAIL)?);
    let size = found.len();
    #[cfg(unix)]
    let times = {
        use std::os::unix::fs::MetadataExt as _;
        let (inode, device) = (found.ino(), found.dev());
        let (m, c) = (found.mtime_nsec(), found.ctime_nsec());
        format!(
            "{device} {inode} {}.{m} {}.{c}",
            found.mtime(),
            found.ctime()
        )
    };
    #[cfg(not(unix))]
    let times = format!("{:?}", found.modified()?);
    Ok(format!("{kind:?} {size} {times} {}", &tail[..16]))
}

/// The digest of lines: each is hashed with the digest of those before it.
pub(super) fn chain(before: String, bytes: &[u8]) -> String {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .fold(before, |before, line| {
            let mut text = before.into_bytes();
            text.extend_from_slice(line);
            hashing::sha256_hex(&text)
        })
}

fn put_known(db: &Transaction<'_>, known: &Known) -> rusqlite::Result<()> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    db.prepare_cached(
        "UPDATE files SET stamp = ?2, size = ?3, lines = ?4, chain = ?5, bad_line = ?6, bad = ?7
         WHERE id = ?1",
    )?
    .execute(params![
        known.id,
        known.stamp,
        i64::try_from(known.size).unwrap_or(i64::MAX),
        number(known.lines),
        known.chain,
        known.bad.as_ref().map(|bad| number(bad.line)),
        known.bad.as_ref().map(|bad| bad.message.as_str()),
    ])?;
    Ok(())
}

fn put_life(db: &Transaction<'_>, file: i64, key: &str, life: &Life) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO keys VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            file,
            key,
            life.address,
            life.live,
            i64::try_from(life.lives).unwrap_or(i64::MAX),
            Value::Object(life.entry.clone()).line(),
        ])?;
    Ok(())
}

fn life(db: &Connection, file: i64, key: &str) -> rusqlite::Result<Option<Life>> {
    db.prepare_cached("SELECT address, live, lives, entry FROM keys WHERE file = ?1 AND key = ?2")?
        .query_row(params![file, key], |row| {
            let entry: String = row.get(3)?;
            let entry = ordered::parse_lenient(entry.as_bytes(), 256);
            Ok(Life {
                address: row.get(0)?,
                live: row.get(1)?,
                lives: usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                entry: entry
                    .ok()
                    .and_then(|e| e.as_object().cloned())
                    .unwrap_or_default(),
            })
        })
        .optional()
}

/// A row for the event, and one for every member of its record.
fn add_events(
    db: &Transaction<'_>,
    file: i64,
    line: usize,
    entry: &Object,
) -> rusqlite::Result<()> {
    let Some((record, event)) = entry.get("record").and_then(|r| Some((r, event_of(r)?))) else {
        return Ok(());
    };
    let line = i64::try_from(line).unwrap_or(i64::MAX);
    let mut add = db.prepare_cached("INSERT OR REPLACE INTO events VALUES (?1, ?2, ?3, ?4, ?5)")?;
    add.execute(params![file, event, "", "", line])?;
    for (field, value) in record.as_object().into_iter().flatten() {
        if !field.is_empty() {
            add.execute(params![file, event, field, comparable(value), line])?;
        }
    }
    Ok(())
}

/// Equal values have equal texts: a float without a fraction is written as an integer.
fn comparable(value: &Value) -> String {
    fn plain(value: &Value) -> Value {
        match value {
            #[expect(clippy::cast_possible_truncation, reason = "within 2^53")]
            Value::Number(Number::Float(float))
                if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 =>
            {
                Value::from(*float as i64)
            }
            Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(n, v)| (n.clone(), plain(v))).collect())
            }
            other => other.clone(),
        }
    }
    let text = plain(value).canonical();
    if text.len() > 64 {
        hashing::sha256_hex(text.as_bytes())
    } else {
        text
    }
}

impl Store {
    /// What the copy knows of a file, and what must be asked of it; nothing when there is none.
    fn indexed(
        &mut self,
        path: &StorePath,
        kind: EffectKind,
    ) -> io::Result<Option<(&Connection, Known)>> {
        let place = path::contained(&self.root, path)?;
        let Some(index) = &mut self.index else {
            return Ok(None);
        };
        let known = index.known(path, kind, &place)?;
        Ok(Some((&index.0, known)))
    }

    /// The newest life of a key.
    pub(super) fn life(&mut self, path: &StorePath, key: &str) -> Result<Option<Life>, StoreFault> {
        if let Some((db, known)) = self.indexed(path, EffectKind::Registry)? {
            return match known.bad {
                Some(bad) => Err(bad.into()),
                None => Ok(life(db, known.id, key).map_err(io::Error::other)?),
            };
        }
        let keys = Keys::read(&self.read(path)?.unwrap_or_default())?;
        Ok(keys.life(key).cloned())
    }

    /// The key that a key or an address names.
    pub(super) fn named(
        &mut self,
        path: &StorePath,
        name: &str,
    ) -> Result<Option<(String, Life)>, StoreFault> {
        if let Some(life) = self.life(path, name)? {
            return Ok(Some((name.to_owned(), life)));
        }
        let key = match self.indexed(path, EffectKind::Registry)? {
            Some((db, known)) => db
                .prepare_cached("SELECT key FROM keys WHERE file = ?1 AND address = ?2")
                .and_then(|mut find| {
                    find.query_row(params![known.id, name], |row| row.get(0))
                        .optional()
                })
                .map_err(io::Error::other)?,
            None => {
                let keys = Keys::read(&self.read(path)?.unwrap_or_default())?;
                keys.named(name).map(|(key, _)| key.to_owned())
            }
        };
        let Some(key) = key else { return Ok(None) };
        let life = self.life(path, &key)?;
        Ok(life.map(|life| (key, life)))
    }

    /// How many lines a log has.
    pub(super) fn count(&mut self, path: &StorePath) -> Result<usize, StoreFault> {
        match self.indexed(path, EffectKind::Log)? {
            Some((_, known)) => known.bad.map_or(Ok(known.lines), |bad| Err(bad.into())),
            None => {
                let bytes = self.read(path)?.unwrap_or_default();
                Ok(lines::read(&bytes, |_, _| Ok(()))?)
            }
        }
    }

    /// As [`Store::recorded`], from the copy; nothing when there is none.
    pub(super) fn recorded_in_index(
        &mut self,
        path: &StorePath,
        event: &str,
        fields: &IndexMap<&str, &Value>,
    ) -> io::Result<Option<Recorded>> {
        let Some((db, known)) = self.indexed(path, EffectKind::Log)? else {
            return Ok(None);
        };
        let mut sql = "SELECT 1 FROM events AS e WHERE e.file = ?1 AND e.event = ?2".to_owned();
        let mut values: Vec<rusqlite::types::Value> =
            vec![known.id.into(), event.to_owned().into()];
        let mut wanted: Vec<_> = fields.iter().map(|(n, v)| (*n, comparable(v))).collect();
        if wanted.is_empty() {
            wanted.push(("", String::new()));
        }
        for (at, (field, value)) in wanted.into_iter().enumerate() {
            values.push(field.to_owned().into());
            values.push(value.into());
            let (field, value) = (values.len() - 1, values.len());
            sql += &match at {
                0 => format!(" AND e.field = ?{field} AND e.value = ?{value}"),
                _ => format!(
                    " AND EXISTS (SELECT 1 FROM events AS o WHERE o.file = ?1 AND o.event = ?2 \
                     AND o.field = ?{field} AND o.value = ?{value} AND o.line = e.line)"
                ),
            };
        }
        sql += " LIMIT 1";
        let found: Option<i64> = db
            .prepare_cached(&sql)
            .and_then(|mut find| {
                find.query_row(rusqlite::params_from_iter(values), |row| row.get(0))
                    .optional()
            })
            .map_err(io::Error::other)?;
        Ok(Some(match known.bad {
            Some(fault) => Recorded::Broken {
                fault,
                before: found.is_some(),
            },
            None if found.is_some() => Recorded::Yes,
            None => Recorded::No,
        }))
    }

    /// A digest of a file: of lines a running one, of a document that of its bytes; nothing when
    /// there is no file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn digest(&mut self, path: &StorePath, kind: EffectKind) -> io::Result<Option<String>> {
        if kind != EffectKind::Document {
            let _lock = self.locked(path)?;
            if let Some((_, known)) = self.indexed(path, kind)? {
                let there = known.size > 0 || self.read(path)?.is_some();
                return Ok(there.then_some(known.chain));
            }
            let bytes = self.read(path)?;
            return Ok(bytes.map(|bytes| chain(String::new(), &bytes)));
        }
        Ok(self.read(path)?.map(|bytes| hashing::sha256_hex(&bytes)))
    }
}
