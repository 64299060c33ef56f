// SPDX-License-Identifier: Apache-2.0
//! An audit of history: every content that references reach is examined once, at the path and
//! under the commit that brought it in. What stands in many versions of a file is one finding.

use super::collect::{Collected, Collector};
use super::error::AuditError;
use super::messages::Messages;
use super::objects::{broken, place};
use super::reading::Reader;
use super::request::Request;
use super::resolve::Pending;
use super::{finish, tools};
use crate::artifact::EntryKind;
use crate::git::{self, Blob, Fault, History, ObjectId, ObjectKind, Repository, Trouble};
use crate::model::{BroughtIn, Draft, EntryPath, Report, SecretMark, Skipped};
use crate::rules::Body;
use crate::support::clock;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Contents that a worker takes at a time: neighbours in a pack are told by each other.
const CHUNK: usize = 256;
/// Findings beyond which those of one path are put together before more come.
const UNFOLDED: usize = 20_000;

/// Runs it on the threads of `pool`.
pub(super) fn run(
    request: &Request<'_>,
    (path, range): (&Path, Option<&str>),
    pool: &rayon::ThreadPool,
) -> Result<Report, AuditError> {
    let fault = |cause: String| AuditError::Input {
        path: path.display().to_string(),
        cause,
    };
    let repository = Repository::open(path).map_err(fault)?;
    let repository = repository.ok_or_else(|| fault("there is no git repository".to_owned()))?;
    let range = repository.range(range).map_err(fault)?;
    let history = History::walk(&repository, &range);
    let nothing = history.commits.is_empty() && history.blobs.is_empty() && history.tags.is_empty();
    if nothing && history.troubles.is_empty() && !request.allow_empty {
        return Err(AuditError::Empty(request.root.clone()));
    }

    let collector = Collector::new(request.engine);
    let mut skipped = BTreeMap::new();
    let blobs: Vec<Blob> = history
        .blobs
        .iter()
        .filter(|blob| !excluded(request, &history, blob, &mut skipped))
        .copied()
        .collect();
    let mut skipped: Vec<Skipped> = skipped.into_values().collect();
    troubles(&collector, &repository, &history, &mut skipped);
    let order = Order::new(&history);
    let workers = pool.current_num_threads();
    let reader = Reader::new(
        request.engine,
        &collector,
        request.config.limits,
        (workers, false),
    );
    let messages = Messages::of(request, &history, &mut skipped);
    request
        .progress
        .total((blobs.len() + messages.len()) as u64);
    let size = (blobs.len() / (8 * workers)).clamp(1, CHUNK);
    let idle: Mutex<Vec<git::Reader<'_>>> = Mutex::default();
    let idle = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    pool.install(|| {
        rayon::scope(|scope| {
            blobs.par_chunks(size).with_max_len(1).for_each(|chunk| {
                let taken = idle().pop();
                let mut objects = taken.unwrap_or_else(|| git::Reader::new(&repository.store));
                for blob in chunk {
                    examine(request, &reader, scope, &mut objects, &history, blob);
                    request.progress.done();
                }
                idle().push(objects);
                collector.reduce(UNFOLDED, |collected| order.fold(collected));
            });
            let chunks = 0..messages.len().div_ceil(CHUNK);
            chunks.into_par_iter().with_max_len(1).for_each(|chunk| {
                let taken = idle().pop();
                let mut objects = taken.unwrap_or_else(|| git::Reader::new(&repository.store));
                for number in messages.chunk(chunk, CHUNK) {
                    let most = request.config.limits.entry_bytes;
                    messages.examine(number, &reader, &mut objects, most);
                    request.progress.done();
                }
                idle().push(objects);
                collector.reduce(UNFOLDED, |collected| order.fold(collected));
            });
        });
    });
    drop(idle().drain(..));
    pool.broadcast(|_| tools::forget());

    let (mut collected, scanned) = collector.finish();
    collected.containers.clear();
    order.group_paths(request, &mut collected);
    order.fold(&mut collected);
    finish::report(
        request,
        collected,
        scanned,
        skipped,
        None,
        serde_json::Map::new(),
    )
}

/// Whether policy leaves a content out; told once for each path.
fn excluded(
    request: &Request<'_>,
    history: &History,
    blob: &Blob,
    skipped: &mut BTreeMap<String, Skipped>,
) -> bool {
    if request.config.exclude.is_empty() {
        return false;
    }
    let path = EntryPath::escape(history.path(blob));
    let exclude = request
        .config
        .exclude
        .iter()
        .find(|e| e.paths.is_match(&path));
    if let Some(exclude) = exclude {
        let reason = exclude.reason.clone();
        skipped.insert(path.clone(), Skipped { path, reason });
    }
    exclude.is_some()
}

/// Tells what of the history is not here or cannot be read.
fn troubles(
    collector: &Collector<'_>,
    repository: &Repository,
    history: &History,
    skipped: &mut Vec<Skipped>,
) {
    for trouble in &history.troubles {
        let Trouble {
            id,
            commit,
            path,
            fault,
        } = trouble;
        broken(collector, &place(history, *commit, *id, path), *id, fault);
    }
    let git = EntryPath::root(".git");
    if history.more_troubles > 0 {
        let what = format!("{} more objects cannot be read.", history.more_troubles);
        collector.draft(Draft::new("archive-git-object", &git, what));
    }
    for (path, cause) in &repository.store.unusable {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let what = format!(
            "The objects in `{}` cannot be read: {cause}.",
            EntryPath::escape(name.as_bytes())
        );
        collector.draft(Draft::new("archive-git-object", &git, what));
    }
    if history.cut > 0 {
        let what = "The clone is shallow: what came before its oldest commits is not here and was not searched.";
        collector.draft(Draft::new("archive-git-cut", &git, what));
    }
    if history.absent > 0 {
        let what = "The clone is partial: contents that were left at its origin were not searched.";
        collector.draft(Draft::new("archive-git-cut", &git, what));
        skipped.push(Skipped {
            path: ".git".to_owned(),
            reason: format!("{} contents are not in this partial clone", history.absent),
        });
    }
}

/// Reads and examines one content.
fn examine<'s, 'a>(
    request: &Request<'_>,
    reader: &'s Reader<'a>,
    scope: &rayon::Scope<'s>,
    objects: &mut git::Reader<'_>,
    history: &History,
    blob: &Blob,
) where
    'a: 's,
{
    let path = place(history, blob.commit, blob.id, history.path(blob));
    let most = request.config.limits.entry_bytes;
    let read = objects
        .read_at(&blob.id, blob.location, most)
        .and_then(|(kind, data)| match kind {
            ObjectKind::Blob if kind.id(&data) == blob.id => Ok(data),
            ObjectKind::Blob => Err(Fault::Broken("its content has another name".to_owned())),
            _ => Err(Fault::Broken("it should be a file and is none".to_owned())),
        });
    match read {
        Ok(data) => {
            let kind = if blob.is_link {
                EntryKind::Symlink(EntryPath::escape(&data))
            } else {
                EntryKind::File
            };
            reader.content(scope, &path, &kind, &data);
        }
        Err(fault) => broken(reader.collector(), &path, blob.id, &fault),
    }
}

/// Whether the rule passes over what this commit brought in.
fn is_acquitted(one: &Pending, commit: Option<&str>) -> bool {
    let (Some(commit), Body::Pattern(pattern)) = (commit, &one.rule.body) else {
        return false;
    };
    let lists = pattern.judge.acquit.iter().filter(|list| !list.all);
    lists
        .flat_map(|list| &list.commits)
        .any(|id| id.len() >= 7 && commit.starts_with(id.as_str()))
}

/// The order of commits, by the segment that stands for each.
struct Order<'h> {
    history: &'h History,
    numbers: HashMap<ObjectId, u32>,
}

/// What of two findings of one kind decides which stays: the weightier, then the earlier.
type Rank = (
    Reverse<crate::model::Confidence>,
    Reverse<crate::model::Severity>,
    u32,
    Option<u64>,
    String,
);

impl<'h> Order<'h> {
    fn new(history: &'h History) -> Self {
        let commits = history.commits.iter().enumerate();
        Self {
            history,
            numbers: commits
                .map(|(number, note)| (note.id, number as u32))
                .collect(),
        }
    }

    /// What brought in the entry of a path; `None` for a path outside history.
    fn origin(&self, path: &EntryPath) -> Option<BroughtIn> {
        let segment = path.segments().first()?.strip_prefix("git:")?;
        let number = self
            .numbers
            .get(&ObjectId::from_hex(segment.as_bytes())?)
            .copied();
        let note = number.and_then(|number| self.history.commits.get(number as usize));
        Some(BroughtIn {
            commit: note.map(|note| note.id.to_string()),
            path: path
                .segments()
                .get(1)
                .map(ToString::to_string)
                .unwrap_or_default(),
            authored_at: note.and_then(|note| clock::rfc3339_of(note.authored)),
            repeated: 0,
            // What no commit holds comes last.
            order: number.unwrap_or(u32::MAX),
        })
    }

    /// Puts together what stands in many versions of a file: one finding for each rule, path and
    /// secret (or line), the earliest of the weightiest. The result does not hang on the order in
    /// which findings came, nor on how often this is done.
    fn fold(&self, collected: &mut Collected) {
        type Key = (String, String, Result<SecretMark, String>);
        let mut kept: BTreeMap<Key, (Rank, Pending)> = BTreeMap::new();
        let mut pending = Vec::new();
        for mut one in std::mem::take(&mut collected.pending) {
            let origin = one
                .origin
                .take()
                .or_else(|| self.origin(&one.path).map(Arc::new));
            let Some(origin) = origin else {
                pending.push(one);
                continue;
            };
            if is_acquitted(&one, origin.commit.as_deref()) {
                continue;
            }
            let mark = one.marks.first().copied();
            let line = || {
                one.snippet
                    .clone()
                    .unwrap_or_else(|| one.description.clone())
            };
            let key = (
                one.rule.meta.id.to_string(),
                one.path.inside_artifact(),
                mark.ok_or_else(line),
            );
            let rank = (
                Reverse(one.confidence),
                Reverse(one.severity),
                origin.order,
                one.place.as_ref().and_then(|place| place.byte_start),
                one.path.to_string(),
            );
            let repeated = origin.repeated;
            one.origin = Some(origin);
            match kept.entry(key) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert((rank, one));
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    let before = known.1.origin.as_ref().map_or(0, |origin| origin.repeated);
                    if rank < known.0 {
                        *known = (rank, one);
                    }
                    if let Some(origin) = &mut known.1.origin {
                        Arc::make_mut(origin).repeated = before + repeated + 1;
                    }
                }
            }
        }
        pending.extend(kept.into_values().map(|(_, one)| one));
        let paths: HashSet<&EntryPath> = pending.iter().map(|one| &one.path).collect();
        collected.waivers.retain(|(path, _)| paths.contains(path));
        collected.pending = pending;
    }

    /// Hits of rules on names, which many commits may share.
    fn group_paths(&self, request: &Request<'_>, collected: &mut Collected) {
        for ((index, path), (hit, count)) in std::mem::take(&mut collected.by_path) {
            let rule = &request.engine.rules[index];
            let mut draft =
                Draft::new(rule.meta.id.clone(), &path, rule.meta.prose().title.clone());
            draft.severity = hit.severity;
            draft.confidence = hit.confidence;
            let mut one = Pending::of_draft(rule, draft, None);
            one.origin = self.origin(&path).map(|mut origin| {
                origin.repeated = count.saturating_sub(1);
                Arc::new(origin)
            });
            collected.pending.push(one);
        }
    }
}
