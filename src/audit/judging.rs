// SPDX-License-Identifier: Apache-2.0
//! Judgements over finished artifacts: each container and the tree alone, then all side by side.

use super::collect::{Collected, TreeContent};
use super::engine::Engine;
use super::examine::Note;
use super::request::Task;
use super::resolve::Pending;
use crate::artifact::EntryKind;
use crate::checks::{self, Artifact, ArtifactKind, IndexEntry, Release};
use crate::classify::{Kind, Origin};
use crate::discover::{InputKind, Stat};
use crate::model::{Draft, EntryPath};
use crate::rules::Rule;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Judges the artifacts of one outermost container, nested ones included, and returns what
/// release checks still need of the outermost.
pub(super) fn containers(
    engine: &Engine,
    (mut artifacts, notes): (Vec<Artifact>, Vec<Note>),
) -> (Vec<Pending>, Option<Artifact>) {
    artifacts.sort_by(|a, b| (a.path.depth(), &a.path).cmp(&(b.path.depth(), &b.path)));
    let places: BTreeMap<EntryPath, usize> = artifacts
        .iter()
        .enumerate()
        .map(|(index, artifact)| (artifact.path.clone(), index))
        .collect();
    let mut noted: Vec<Vec<_>> = artifacts.iter().map(|_| Vec::new()).collect();
    for note in notes {
        let place = note.container.as_ref().and_then(|path| places.get(path));
        if let Some(index) = place {
            noted[*index].push(((note.check, note.name), note.text));
        }
    }
    for (artifact, notes) in artifacts.iter_mut().zip(noted) {
        artifact.notes = notes.into_iter().collect();
    }
    let pending = alone(engine, &artifacts);
    let mut outermost = artifacts.into_iter().find(|a| a.path.depth() == 0);
    if let Some(artifact) = &mut outermost {
        let indexed = artifact.upload;
        artifact.thin(
            |name, bytes| engine.keeps_for_release(name, kind(name, bytes), bytes),
            |name| indexed && engine.indexes(name),
        );
    }
    (pending, outermost)
}

/// The kind of a member's content, as told while it streamed by.
pub(super) fn kind(name: &str, bytes: &[u8]) -> Kind {
    let binary = memchr::memchr(0, &bytes[..bytes.len().min(1024)]).is_some();
    Kind::of(name, bytes, binary)
}

/// The tree as an artifact: its names move over, nothing is copied.
pub(super) fn tree(content: TreeContent, tasks: Vec<Task>) -> Artifact {
    let mut tree = Artifact {
        path: EntryPath::root("."),
        kind: ArtifactKind::Tree,
        origin: Origin::Tree,
        upload: false,
        cut: false,
        entries: BTreeMap::new(),
        kept: BTreeMap::new(),
        notes: BTreeMap::new(),
    };
    // Archives of the dist folder are artifacts of their own.
    let tasks = tasks.into_iter().filter(|task| task.name_from == 0);
    let indexed = tasks.map(|Task { input, .. }| {
        let (kind, seen) = match input.kind {
            InputKind::File(stat) => (EntryKind::File, stat.into_inner()),
            InputKind::Symlink { target, .. } => (EntryKind::Symlink(target), None),
        };
        let Stat { size, mode } = seen.unwrap_or(Stat {
            size: 0,
            mode: None,
        });
        let sha256 = content.kept.get(&input.name).map(|(_, digest)| *digest);
        let entry = IndexEntry {
            kind,
            size,
            sha256,
            mode,
            owner: None,
        };
        (input.name, entry)
    });
    // Built at once, its nodes are full; grown name by name, less than half.
    tree.entries = indexed.collect();
    tree.kept = content
        .kept
        .into_iter()
        .filter(|(name, _)| tree.entries.contains_key(name))
        .map(|(name, (bytes, _))| (name, bytes))
        .collect();
    tree.notes = content
        .notes
        .into_iter()
        .filter(|note| note.container.is_none())
        .map(|note| ((note.check, note.name), note.text))
        .collect();
    tree
}

/// As [`alone`] for the tree, which is large and last, when workers have nothing else to do.
/// Checks of one family stay together: they share what they read of it.
pub(super) fn tree_alone(engine: &Engine, tree: &Artifact) -> Vec<Pending> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (place, (index, _)) in engine.artifact_checks.iter().enumerate() {
        let family = engine.rules[*index].meta.id.family();
        match groups.iter_mut().find(|(name, _)| *name == family) {
            Some((_, places)) => places.push(place),
            None => groups.push((family, vec![place])),
        }
    }
    let of_group = |(_, places): &(&str, Vec<usize>)| {
        let mut found = Vec::new();
        for &place in places {
            let (index, check) = &engine.artifact_checks[place];
            let mut drafts = Vec::new();
            check.check(&engine.rules[*index], tree, &mut drafts);
            found.push((place, drafts));
        }
        found
    };
    let mut found: Vec<(usize, Vec<Draft>)> = groups
        .par_iter()
        .with_max_len(1)
        .flat_map_iter(of_group)
        .collect();
    found.sort_by_key(|(place, _)| *place);
    let mut drafts: Vec<Draft> = found.into_iter().flat_map(|(_, drafts)| drafts).collect();
    for index in &engine.declared {
        checks::declared::check(&engine.rules[*index], tree, &mut drafts);
    }
    place(engine, drafts, std::slice::from_ref(tree))
}

/// Runs the checks that see single artifacts.
pub(super) fn alone(engine: &Engine, artifacts: &[Artifact]) -> Vec<Pending> {
    let mut drafts = Vec::new();
    for artifact in artifacts {
        for (index, check) in &engine.artifact_checks {
            let rule = &engine.rules[*index];
            if !artifact.cut || !check.needs_all(checks::fault(rule)) {
                check.check(rule, artifact, &mut drafts);
            }
        }
        for index in &engine.declared {
            let rule = &engine.rules[*index];
            if !artifact.cut || !checks::declared::needs_all(rule) {
                checks::declared::check(rule, artifact, &mut drafts);
            }
        }
    }
    checks::forget();
    place(engine, drafts, artifacts)
}

/// Runs the checks that see the tree and all outermost containers.
pub(super) fn together(engine: &Engine, artifacts: &[Artifact]) -> Vec<Pending> {
    let mut drafts = Vec::new();
    for (index, check) in &engine.release_checks {
        let release = Release { artifacts };
        check.check(&engine.rules[*index], &release, &mut drafts);
    }
    checks::forget();
    checks::forget_tree();
    place(engine, drafts, artifacts)
}

/// Places drafts in the content that was kept for them, if any was.
fn place(engine: &Engine, drafts: Vec<Draft>, artifacts: &[Artifact]) -> Vec<Pending> {
    let of_rule = |draft: Draft| {
        let (_, rule) = engine.rule(draft.rule.as_str())?;
        Some(place_one(engine, rule, draft, artifacts))
    };
    drafts.into_iter().filter_map(of_rule).collect()
}

fn place_one(engine: &Engine, rule: &Arc<Rule>, draft: Draft, artifacts: &[Artifact]) -> Pending {
    let home = match draft.path.container() {
        Some(container) => artifacts
            .iter()
            .find(|a| a.origin == Origin::Archive && a.path == container),
        None => artifacts.iter().find(|a| a.origin == Origin::Tree),
    };
    let kept = home.and_then(|artifact| artifact.kept.get(draft.path.name()));
    Pending::of_text(
        engine,
        rule,
        draft,
        kept.map(|bytes| (bytes, Origin::Archive)),
    )
}

/// Path rules' hits that share a prefix are one finding.
pub(super) fn group_paths(engine: &Engine, collected: &mut Collected) {
    for ((index, path), (hit, count)) in std::mem::take(&mut collected.by_path) {
        let rule = &engine.rules[index];
        let description = match count {
            1 => rule.meta.prose().title.clone(),
            n => format!(
                "{} ({n} files)",
                rule.meta.prose().title.trim_end_matches('.')
            ),
        };
        let mut draft = Draft::new(rule.meta.id.clone(), &path, description);
        draft.severity = hit.severity;
        draft.confidence = hit.confidence;
        collected.pending.push(Pending::of_draft(rule, draft, None));
    }
}
