// SPDX-License-Identifier: Apache-2.0
//! Messages of commits and annotated tags: they are published with the history, and people paste
//! into them what they have at hand. Who wrote them and when is not looked at.

use super::objects::{broken, place};
use super::reading::Reader;
use super::request::Request;
use crate::git::{self, Fault, History, ObjectId, ObjectKind};
use crate::model::{EntryPath, Skipped};
use std::ops::Range;

/// Where a message stands inside its commit: what git calls a message while it is written, and no
/// path that a tree could hold.
const COMMIT: &[u8] = b".git/COMMIT_EDITMSG";
/// The folder of tags, each of which is a file by its name there.
const TAGS: &[u8] = b".git/refs/tags/";

/// The messages of a range: its commits and then its tags, by number.
pub(super) struct Messages<'h> {
    history: &'h History,
    /// Numbers that policy leaves in.
    numbers: Range<usize>,
}

impl<'h> Messages<'h> {
    /// All that policy does not leave out.
    pub(super) fn of(
        request: &Request<'_>,
        history: &'h History,
        skipped: &mut Vec<Skipped>,
    ) -> Self {
        let commits = history.commits.len();
        let all = commits + history.tags.len();
        let mut left_out = |path: &[u8]| {
            let path = EntryPath::escape(path);
            let mut excludes = request.config.exclude.iter();
            let found = excludes.find(|exclude| exclude.paths.is_match(&path));
            skipped.extend(found.map(|exclude| Skipped {
                path,
                reason: exclude.reason.clone(),
            }));
            found.is_some()
        };
        let from = match commits > 0 && left_out(COMMIT) {
            true => commits,
            false => 0,
        };
        let to = match all > commits && left_out(TAGS) {
            true => commits,
            false => all,
        };
        Self {
            history,
            numbers: from..to.max(from),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Their numbers, so many at a time.
    pub(super) fn chunk(&self, at: usize, size: usize) -> Range<usize> {
        let from = (self.numbers.start + at * size).min(self.numbers.end);
        from..(from + size).min(self.numbers.end)
    }

    /// Reads and examines one.
    pub(super) fn examine(
        &self,
        number: usize,
        reader: &Reader<'_>,
        objects: &mut git::Reader<'_>,
        most: u64,
    ) {
        let (id, commit, wanted) = match self.history.commits.get(number) {
            Some(note) => (note.id, Some(number as u32), ObjectKind::Commit),
            None => match self.history.tags.get(number - self.history.commits.len()) {
                Some(tag) => (tag.id, tag.commit, ObjectKind::Tag),
                None => return,
            },
        };
        let name = |data: &[u8]| match wanted {
            ObjectKind::Tag => {
                let own = id.to_string();
                [TAGS, git::tag_name(data).unwrap_or(own.as_bytes())].concat()
            }
            _ => COMMIT.to_vec(),
        };
        match read(objects, id, wanted, most) {
            Ok(data) => {
                let path = place(self.history, commit, id, &name(&data));
                reader.text(&path, git::message(&data));
            }
            Err(fault) => {
                let path = place(self.history, commit, id, &name(b""));
                broken(reader.collector(), &path, id, &fault);
            }
        }
    }
}

fn read(
    objects: &mut git::Reader<'_>,
    id: ObjectId,
    wanted: ObjectKind,
    most: u64,
) -> Result<std::sync::Arc<Vec<u8>>, Fault> {
    match objects.read(&id, most)? {
        (kind, data) if kind == wanted && kind.id(&data) == id => Ok(data),
        (kind, _) if kind == wanted => {
            Err(Fault::Broken("its content has another name".to_owned()))
        }
        _ => Err(Fault::Broken(format!("it should be a {}", wanted.word()))),
    }
}
