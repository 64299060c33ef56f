// SPDX-License-Identifier: Apache-2.0
//! Which files a run directory must hold, and where they may lie.

use crate::governance::paths::leaves;
use crate::governance::run::locate::Step;
use crate::governance::run::open::{REPORT, Run, Told};
use crate::support::pyjson::ordered::Value;

/// A required artifact, a proof of the stage, or a log that the report names is not there.
pub fn missing(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let files = run.files;
    let role = &run.profile.evidence.role;
    for name in &run.profile.evidence.required {
        if name.ends_with('/') {
            let below = |known: &&str| known.starts_with(name.as_str());
            let there = files
                .content
                .keys()
                .map(String::as_str)
                .any(|known| below(&known));
            if !there {
                told.push(Told::of(
                    name,
                    format!("`{name}` holds no raw log and no marker"),
                ));
            }
        } else if files.links.contains_key(name) {
            told.push(Told::of(
                name,
                format!("`{name}` is a link, not the artifact"),
            ));
        } else if let Some(bytes) = files.get(name) {
            let may_be_empty = name == "patch.diff" || name == "test.log";
            if !may_be_empty && bytes.trim_ascii().is_empty() {
                told.push(Told::of(name, format!("`{name}` is empty")));
            }
        } else if !files.faults.iter().any(|(fault, _)| fault == name) {
            told.push(Told::of(name, format!("`{name}` is not there")));
        }
    }
    for (name, why) in &files.faults {
        told.push(Told::of(name, format!("`{name}` cannot be judged: {why}")));
    }
    for name in &run.profile.evidence.required {
        let Some(index) = run.get("artifact_paths").and_then(Value::as_object) else {
            break;
        };
        let named = index.keys().any(|key| key == name.trim_end_matches('/'));
        if !named {
            let text = format!("`artifact_paths` has no entry for `{name}`");
            told.push(run.at(&[Step::Key("artifact_paths")], text));
        }
    }
    for (key, path) in paths_of(run) {
        if !leaves(path) && !files.exists(path) {
            let text = format!("the report names `{path}`, which is not there");
            told.push(run.at(&key, text));
        }
    }
    if pass && run.named(&role.gated).next().is_none() {
        proofs(run, &mut told);
    }
    told
}

/// Paths that the report names, with their places.
fn paths_of<'r>(run: &'r Run<'_>) -> Vec<(Vec<Step<'r>>, &'r str)> {
    let mut paths = Vec::new();
    for (key, path) in run
        .get("artifact_paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(path) = path.as_str() {
            paths.push((vec![Step::Key("artifact_paths"), Step::Key(key)], path));
        }
    }
    let entries = run.get("verification").and_then(Value::as_array);
    for (index, entry) in entries.unwrap_or_default().iter().enumerate() {
        if let Some(path) = entry.text("log") {
            let at = vec![
                Step::Key("verification"),
                Step::Item(index),
                Step::Key("log"),
            ];
            paths.push((at, path));
        }
    }
    paths
}

/// The proof file of the stage, and what it states.
fn proofs(run: &Run<'_>, told: &mut Vec<Told>) {
    let Some(stage) = run.stage() else { return };
    let Some(known) = run.profile.gates.stage(stage) else {
        let text = format!("stage {stage} is not a stage of the profile");
        return told.push(run.at(&[Step::Key("stage")], text));
    };
    let Some(file) = known.proof.as_deref() else {
        return;
    };
    let proof = match run.documents.get(file) {
        Some(Ok(value)) if value.as_object().is_some() => value,
        Some(Ok(_)) => {
            return told.push(Told::of(
                file,
                format!("the proof of stage {stage} is no JSON object"),
            ));
        }
        Some(Err(why)) => {
            let text = format!("the proof of stage {stage} cannot be read: {why}");
            return told.push(Told::of(file, text));
        }
        None => {
            let text = format!("the proof of stage {stage}, `{file}`, is not there");
            return told.push(Told::of(file, text));
        }
    };
    let members = run.profile.evidence.proof(stage);
    for member in members.iter().flat_map(|proof| &proof.members) {
        let there = |path: &str| {
            let keys: Vec<&str> = path.split('.').collect();
            let value = proof.at(&keys);
            value.is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
        };
        if !member.split('|').any(there) {
            let text = format!("the proof of stage {stage} does not state `{member}`");
            told.push(Told::of(file, text));
        }
    }
    if let Some(id) = proof.text("run_id")
        && id != run.name
    {
        let text = format!("the proof of stage {stage} is that of another run, `{id}`");
        told.push(run.within(file, &[Step::Key("run_id")], text));
    }
}

/// A path leaves the directory, or something in it is a link.
pub fn escapes(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    for (at, path) in paths_of(run) {
        if leaves(path) {
            let text = format!("`{path}` is no place inside the run directory");
            told.push(run.at(&at, text));
        }
    }
    for (outer, inner) in [("artifact_digests", None), ("freshness", Some("artifacts"))] {
        let index = run.get(outer);
        let index = inner.map_or(index, |inner| index.and_then(|index| index.get(inner)));
        for name in index
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|o| o.keys())
        {
            if leaves(name) {
                let mut at = vec![Step::Key(outer)];
                at.extend(inner.map(Step::Key));
                at.push(Step::Key(name));
                told.push(run.at(
                    &at,
                    format!("`{name}` is no place inside the run directory"),
                ));
            }
        }
    }
    for name in run.files.links.keys() {
        told.push(Told::of(
            name,
            format!("`{name}` is a link; evidence is files"),
        ));
    }
    for name in run.files.names().filter(|name| leaves(name)) {
        told.push(Told::of(REPORT, format!("a member is called `{name}`")));
    }
    told
}
