// SPDX-License-Identifier: Apache-2.0
//! Objects of a history: where what they hold stands, and what is said of one that cannot be read.

use super::collect::Collector;
use crate::git::{Fault, History, ObjectId};
use crate::model::{Draft, EntryPath};

/// Where findings in a content stand: the commit around the path, as an archive is around a member.
pub(super) fn place(
    history: &History,
    commit: Option<u32>,
    id: ObjectId,
    path: &[u8],
) -> EntryPath {
    let note = commit.and_then(|number| history.commits.get(number as usize));
    let around = EntryPath::root(&format!("git:{}", note.map_or(id, |note| note.id)));
    match path {
        [] => around,
        path => around.join(&EntryPath::escape(path)),
    }
}

/// Notes that an object was not searched, and why.
pub(super) fn broken(collector: &Collector<'_>, path: &EntryPath, id: ObjectId, fault: &Fault) {
    let draft = match fault {
        Fault::Large(most) => Draft::new(
            "archive-budget-entry-bytes",
            path,
            format!(
                "The object {id} is larger than {most} bytes and was not searched (--max-entry-bytes raises the limit)."
            ),
        ),
        fault => Draft::new(
            "archive-git-object",
            path,
            format!("The object {id} was not searched: {fault}."),
        ),
    };
    collector.draft(draft);
}
