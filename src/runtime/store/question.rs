// SPDX-License-Identifier: Apache-2.0
//! Questions that the tables answer: the queue, the lists, and what is about what.

use super::cache::{Cache, Trust};
use super::tables::{SELECT, Stamp, Summary, file_stamp, row_of, summary, targets};
use super::{Store, Stored};
use crate::runtime::{RuntimeError, layout};
use crate::support::pyjson::Value;
use rusqlite::params;

impl Cache<'_> {
    /// Open tasks that a role may take, the most urgent first: priority, age, id; those that wait
    /// for another task are left out.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn open_tasks(
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
    pub(in crate::runtime) fn ended_leases(
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

    /// Whether the tasks that could become an offer for a role are those remembered: its own open
    /// and leased ones, and files that could not be read. Of more than `limit` nobody can say it
    /// quickly, and the answer is yes.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn unchanged(
        &mut self,
        role: &str,
        limit: usize,
    ) -> Result<bool, RuntimeError> {
        let files: Vec<(String, Stamp)> = self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT folder, name, stamp, size FROM ccr_documents
                     WHERE folder IN ('tasks/open', 'tasks/leased') AND role = ?1
                     UNION ALL SELECT folder, name, stamp, size
                     FROM ccr_documents INDEXED BY ccr_faults
                     WHERE folder IN ('tasks/open', 'tasks/leased') AND fault IS NOT NULL
                     LIMIT ?2",
                )?
                .query_map(params![role, count(limit.saturating_add(1))], |row| {
                    let (folder, name): (String, String) = (row.get(0)?, row.get(1)?);
                    let (time, size) = (row.get(2)?, row.get(3)?);
                    Ok((format!("{folder}/{name}"), Stamp { time, size }))
                })?
                .collect()
        })?;
        let same = |(path, stamp): &(String, Stamp)| {
            file_stamp(&self.store.path(path)).as_ref() == Some(stamp)
        };
        Ok(files.len() > limit || files.iter().all(same))
    }

    /// Every usable document of a folder in order of file name.
    ///
    /// # Errors
    /// The index failed.
    pub(in crate::runtime) fn list(&mut self, folder: &str) -> Result<Vec<Summary>, RuntimeError> {
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
    pub(in crate::runtime) fn linked(
        &mut self,
        folder: &str,
        target: &str,
    ) -> Result<Vec<Summary>, RuntimeError> {
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
    pub(in crate::runtime) fn name_faults(&mut self, folder: &str) -> Result<(), RuntimeError> {
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
}

impl Store {
    /// Documents of a folder that name a target, read anew; without the tables, by reading them all.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn about(&self, folder: &str, target: &str) -> Result<Vec<Stored>, RuntimeError> {
        let found = match remembered(self, |cache| cache.linked(folder, target)) {
            Some(found) => found,
            None => {
                let mut all = self.list(folder)?;
                all.retain(|stored| targets(folder, &stored.body).any(|named| named == target));
                return Ok(all);
            }
        };
        let mut documents = Vec::new();
        for summary in found {
            match self.read(&summary.path) {
                Ok(Some(body)) if targets(folder, &body).any(|named| named == target) => {
                    documents.push(Stored {
                        path: summary.path,
                        body,
                    });
                }
                Ok(_) => {}
                Err(error) => self.skip(&summary.path, error.to_string()),
            }
        }
        Ok(documents)
    }

    /// The keys that a list shows of every document of a folder, in order of file name.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn rows(&self, folder: &str) -> Result<Vec<(String, Value)>, RuntimeError> {
        if let Some(found) = remembered(self, |cache| cache.list(folder)) {
            return Ok(found.into_iter().map(|s| (s.path, s.row)).collect());
        }
        let all = self.list(folder)?;
        Ok(all
            .into_iter()
            .map(|stored| (stored.path, row_of(folder, &stored.body)))
            .collect())
    }
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

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::object;
    use crate::runtime::Policy;
    use crate::support::pyjson::canonical;

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
        assert_eq!(store.about("residuals/open", "p.one").unwrap().len(), 1);
        let place = store.path("residuals/open/r.json");
        std::fs::write(place, canonical(&body("p.twotwo"))).unwrap();
        assert!(store.about("residuals/open", "p.one").unwrap().is_empty());
        assert_eq!(store.about("residuals/open", "p.twotwo").unwrap().len(), 1);
    }

    #[test]
    fn a_task_of_the_role_that_was_changed_in_place_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), Policy::STRICT);
        let mut change = store.begin().unwrap();
        change.put("tasks/open/a.json", &task("a", 1));
        change.commit().unwrap();
        let mut cache = Cache::create(&store).unwrap();
        cache.sync("tasks/open", Trust::File).unwrap();
        assert!(cache.unchanged("verifier", 10).unwrap());
        let place = folder.path().join("tasks/open/a.json");
        std::fs::write(place, canonical(&task("a", 1234))).unwrap();
        assert!(!cache.unchanged("verifier", 10).unwrap());
        assert!(cache.unchanged("generator", 10).unwrap());
        // Too many to look at each time.
        assert!(cache.unchanged("verifier", 0).unwrap());
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
