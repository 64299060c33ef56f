// SPDX-License-Identifier: Apache-2.0
//! One audit from request to report: list, read and examine, judge, finish. Memory is bounded by
//! what is being read and by what was found, not by the size of the input.

use super::collect::Collector;
use super::error::AuditError;
use super::reading::Reader;
use super::request::{Request, Target};
use super::{family, finish, history, judging, listing, tools};
use crate::artifact::EntryKind;
use crate::checks;
use crate::model::{EntryPath, Report};
use rayon::prelude::*;
use serde_json::{Map, Value};

/// Runs one audit.
///
/// # Errors
/// Something named does not exist, or nothing was there to scan. Faults in the input are findings.
pub fn run(request: &Request<'_>) -> Result<Report, AuditError> {
    let engine = request.engine;
    let mut builder = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = request.jobs {
        builder = builder.num_threads(jobs);
    }
    let pool = builder
        .build()
        .map_err(|e| AuditError::Threads(e.to_string()))?;
    if let Target::History { path, range } = &request.target {
        return history::run(request, (path, range.as_deref()), &pool);
    }
    let listed = pool.install(|| listing::list(request))?;
    let nothing = listed.tasks.is_empty() && !matches!(request.target, Target::Bytes(_));
    if nothing && !request.allow_empty {
        return Err(AuditError::Empty(request.root.clone()));
    }

    let collector = Collector::new(engine);
    for draft in listed.drafts {
        collector.draft(draft);
    }
    let workers = pool.current_num_threads();
    let release = matches!(request.target, Target::Release { .. });
    let reader = Reader::new(
        engine,
        &collector,
        request.config.limits,
        (workers, release),
    );
    request.progress.total(listed.tasks.len() as u64);
    pool.install(|| {
        rayon::scope(|scope| {
            if let Target::Bytes(bytes) = &request.target {
                reader.content(scope, &EntryPath::root("-"), &EntryKind::File, bytes);
            }
            // Each task may be an archive as large as all others together.
            listed.tasks.par_iter().with_max_len(1).for_each(|task| {
                reader.input(scope, task);
                request.progress.done();
            });
        });
    });

    // The checks of what was read need room too; automata and buffers of the workers make it.
    pool.broadcast(|_| tools::forget());

    let (mut collected, scanned) = collector.finish();
    let mut artifacts = std::mem::take(&mut collected.containers);
    artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    let tree_content = std::mem::take(&mut collected.tree);
    if listed.is_tree {
        let mut tree = judging::tree(tree_content, listed.tasks);
        for tag in listed.head_tags {
            tree.notes.insert((checks::HEAD_TAG, tag), String::new());
        }
        let found = pool.install(|| judging::tree_alone(engine, &tree));
        collected.pending.extend(found);
        artifacts.insert(0, tree);
    }
    let found = pool.install(|| judging::together(engine, &artifacts));
    collected.pending.extend(found);
    drop(artifacts);
    let facts = match request.family {
        Some(family) => {
            let facts = family::join(engine, family, &mut collected)?;
            Map::from_iter([(family.name().to_owned(), Value::Object(facts))])
        }
        None => Map::new(),
    };
    judging::group_paths(engine, &mut collected);
    finish::report(
        request,
        collected,
        scanned,
        listed.skipped,
        listed.dist,
        facts,
    )
}
