// SPDX-License-Identifier: Apache-2.0
//! Digests, freshness, chain and seal (specification, sections 2.3, 2.4, 7.1 and 7.2).

use super::report::digest_of;
use crate::governance::jcs;
use crate::governance::run::locate::Step;
use crate::governance::run::open::{
    NAMESPACE, REPORT, Run, SEAL, SEAL_SCHEMA, SIGNATURE, Told, ZEROS,
};
use crate::governance::stamp;
use crate::model::Severity;
use crate::support::pyjson::ordered::{Object, Value};
use crate::support::signing::signer_of;
use std::collections::BTreeSet;

fn manifest<'r>(run: &'r Run<'_>) -> Option<&'r Object> {
    run.get("artifact_digests")?.as_object()
}

/// Files of the seal, by name: what is said of their size and digest.
fn sealed<'r>(run: &'r Run<'_>) -> Vec<(&'r str, &'r Value)> {
    let files = run
        .document(SEAL)
        .and_then(|seal| seal.get("files")?.as_array());
    let named = |file: &'r Value| Some((file.text("path")?, file));
    files.into_iter().flatten().filter_map(named).collect()
}

/// Files that stand apart from every manifest.
fn is_apart(run: &Run<'_>, name: &str) -> bool {
    run.profile
        .evidence
        .sealed_apart
        .iter()
        .any(|apart| apart == name)
}

/// An artifact has no digest.
pub fn missing(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(manifest) = manifest(run) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    let at = [Step::Key("artifact_digests")];
    let evidence = &run.profile.evidence;
    let proofs = run
        .profile
        .gates
        .stages
        .iter()
        .filter_map(|stage| stage.proof.as_ref());
    let proofs = proofs.filter(|proof| run.files.get(proof).is_some());
    let required = evidence.required.iter().filter(|name| !name.ends_with('/'));
    for name in required.chain(proofs) {
        if manifest.contains_key(name) {
            continue;
        }
        let mut one = run.at(&at, format!("`{name}` has no digest"));
        if name == "report.md" || name.ends_with("proof.json") || name.starts_with("stage") {
            one.severity = Some(Severity::Medium);
        }
        told.push(one);
    }
    let zero = manifest.get(REPORT).and_then(Value::as_str) == Some(ZEROS);
    if zero && !sealed(run).iter().any(|(name, _)| *name == REPORT) {
        told.push(run.at(
            &at,
            "the report's own digest is zeros, and no seal holds the real one",
        ));
    }
    told
}

/// A digest differs from the bytes.
pub fn mismatch(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    for (name, stated) in manifest(run).into_iter().flatten() {
        let Some(stated) = stated.as_str().and_then(digest_of) else {
            continue;
        };
        let at = [Step::Key("artifact_digests"), Step::Key(name)];
        if name == REPORT {
            let zero_and_sealed =
                stated == ZEROS && sealed(run).iter().any(|(name, _)| *name == REPORT);
            if !zero_and_sealed && stated != ZEROS && own_digest(run).as_deref() != Some(stated) {
                let text = "the report is not what its own digest was taken of (canonical form, that entry set to zeros)";
                told.push(run.at(&at, text));
            }
        } else if run
            .digests
            .get(name.as_str())
            .is_some_and(|digest| digest != stated)
        {
            let is = &run.digests[name.as_str()][..12];
            let text = format!(
                "`{name}` has the digest {is}…, the report says {}…",
                &stated[..12]
            );
            told.push(Told::of(name, text));
        }
    }
    told
}

/// SHA-256 of the report's canonical form with its own entry set to zeros.
pub fn own_digest(run: &Run<'_>) -> Option<String> {
    let mut report = run.object()?.clone();
    let digests = report
        .as_object_mut()?
        .get_mut("artifact_digests")?
        .as_object_mut()?;
    digests.insert(REPORT.to_owned(), Value::from(ZEROS));
    Some(jcs::digest(&report))
}

/// A file is in no manifest, or a manifest names a file that is not there.
pub fn unlisted(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(manifest) = manifest(run) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for name in run.files.names() {
        if !manifest.contains_key(name) && !is_apart(run, name) {
            told.push(Told::of(
                name,
                format!("`{name}` is in the directory and not in the manifest"),
            ));
        }
    }
    for name in manifest.keys() {
        if !run.files.exists(name) && !run.files.links.contains_key(name) {
            let at = [Step::Key("artifact_digests"), Step::Key(name)];
            told.push(run.at(
                &at,
                format!("the manifest lists `{name}`, which is not there"),
            ));
        }
    }
    told
}

/// A required artifact has no proof of freshness.
pub fn freshness_missing(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(freshness) = run
        .get("freshness")
        .filter(|value| value.as_object().is_some())
    else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for name in run
        .profile
        .evidence
        .required
        .iter()
        .filter(|name| !name.ends_with('/'))
    {
        let one = freshness.at(&["artifacts", name]);
        let timed = |key: &str| {
            one.and_then(|one| one.text(key))
                .and_then(stamp::utc)
                .is_some()
        };
        if !timed("written_at") && !timed("checked_at") {
            let at = [
                Step::Key("freshness"),
                Step::Key("artifacts"),
                Step::Key(name),
            ];
            told.push(run.at(
                &at,
                format!("nothing says when `{name}` was written or checked"),
            ));
        }
    }
    told
}

/// An artifact is older than the run, or what is said of it contradicts the times.
pub fn stale(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let time = |key: &str| run.text(key).and_then(stamp::utc);
    let (Some(start), Some(end)) = (time("run_started_at"), time("run_finished_at")) else {
        return told;
    };
    let Some(freshness) = run.get("freshness") else {
        return told;
    };
    let outer = Step::Key("freshness");
    if let Some(said) = freshness.text("run_started_at").and_then(stamp::utc)
        && said != start
    {
        let at = [outer, Step::Key("run_started_at")];
        told.push(run.at(&at, "freshness was proven against another start"));
    }
    let last = end
        .as_second()
        .saturating_add(run.profile.evidence.write_tolerance_s);
    let mut all = true;
    for (name, one) in freshness.members_of("artifacts") {
        let at = [outer, Step::Key("artifacts"), Step::Key(name)];
        let times = ["written_at", "checked_at"].map(|key| one.text(key).and_then(stamp::utc));
        let latest = times.into_iter().flatten().max();
        let fresh = latest.is_some_and(|time| time >= start && time.as_second() <= last);
        let said = one.get("fresh").and_then(Value::as_bool);
        all &= fresh;
        if latest.is_some() && !fresh {
            told.push(run.at(
                &at,
                format!("`{name}` was written or checked outside the run's time"),
            ));
        } else if said == Some(!fresh) {
            told.push(run.at(&at, format!("`fresh` of `{name}` contradicts its times")));
        }
    }
    let said = freshness.get("passed").and_then(Value::as_bool);
    let checked = freshness.text("checked_at").and_then(stamp::utc);
    let in_time = checked.is_none_or(|time| time >= start && time.as_second() <= last);
    if said == Some(true) && !(all && in_time) || said == Some(false) && all && in_time {
        let at = [outer, Step::Key("passed")];
        told.push(run.at(&at, "`passed` contradicts the times"));
    } else if pass && said != Some(true) {
        let at = [outer, Step::Key("passed")];
        told.push(run.at(&at, "a pass without a proof of freshness that passed"));
    }
    if run.wishes.check_mtime {
        for (name, modified) in &run.files.modified {
            if *modified < start.as_second() && !is_apart(run, name) {
                told.push(Told::of(
                    name,
                    format!("`{name}` was last modified before the run started"),
                ));
            }
        }
    }
    told
}

/// The chain of events or the seal does not verify.
pub fn chain(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let head = events(run, &mut told);
    if let Some(stated) = run.text("events_head") {
        if head.is_none() {
            let at = [Step::Key("events_head")];
            told.push(run.at(&at, "the report has a head, the events have no chain"));
        } else if told.is_empty() && head.as_deref() != Some(stated) {
            let at = [Step::Key("events_head")];
            told.push(run.at(&at, "the head of the events is another than the report says: they were cut or continued"));
        }
    } else if head.is_some() && run.object().is_some() {
        told.push(Told::of(
            REPORT,
            "the events are chained, and the report has no `events_head`",
        ));
    }
    seal(run, head.as_deref(), &mut told);
    if let Some(bytes) = run.files.get(SIGNATURE) {
        // Whose it is is for who verifies it; that it is one of this seal is not.
        let sealed = run.files.get(SEAL).unwrap_or_default();
        let signer = signer_of(NAMESPACE, sealed, &String::from_utf8_lossy(bytes));
        told.extend(signer.err().map(|why| Told::of(SIGNATURE, why)));
    }
    told
}

/// The last hash, when the events are chained; the first line that breaks the chain is told.
fn events(run: &Run<'_>, told: &mut Vec<Told>) -> Option<String> {
    let chained = run
        .events
        .iter()
        .any(|line| line.get("hash").is_some() || line.get("prev_hash").is_some());
    if !chained {
        return None;
    }
    let mut previous = ZEROS.to_owned();
    for line in &run.events {
        let Ok(value) = &line.value else {
            told.push(run.on(
                line,
                format!("line {} breaks the chain: it cannot be read", line.line),
            ));
            return Some(previous);
        };
        let mut bare = value.clone();
        let Some(stated) = bare
            .as_object_mut()
            .and_then(|members| members.shift_remove("hash"))
        else {
            told.push(run.on(
                line,
                format!("line {} breaks the chain: it has no hash", line.line),
            ));
            return Some(previous);
        };
        if value.text("prev_hash") != Some(&previous) {
            let text = format!(
                "line {} breaks the chain: it does not follow the line before it",
                line.line
            );
            told.push(run.on(line, text));
            return Some(previous);
        }
        let digest = jcs::digest(&bare);
        if stated.as_str() != Some(&digest) {
            let text = format!(
                "line {} breaks the chain: it is not what its hash was taken of",
                line.line
            );
            told.push(run.on(line, text));
            return Some(digest);
        }
        previous = digest;
    }
    Some(previous)
}

fn seal(run: &Run<'_>, head: Option<&str>, told: &mut Vec<Told>) {
    let seal = match run.documents.get(SEAL) {
        Some(Ok(value)) if value.as_object().is_some() => value,
        Some(Ok(_)) => return told.push(Told::of(SEAL, "the seal is no JSON object")),
        Some(Err(why)) => {
            return told.push(Told::of(SEAL, format!("the seal cannot be read: {why}")));
        }
        None => return,
    };
    let mut say = |key: &str, text: String| told.push(run.within(SEAL, &[Step::Key(key)], text));
    if seal.text("schema") != Some(SEAL_SCHEMA) {
        say(
            "schema",
            "the seal has another schema than `ccr.run_seal.v1`".to_owned(),
        );
    }
    if seal.text("run_id") != Some(run.name) {
        say("run_id", "the seal is that of another run".to_owned());
    }
    let stated = seal.get("events_head").and_then(Value::as_str);
    if stated != head && !(head.is_none() && stated.is_none()) {
        say(
            "events_head",
            "the head of the events is another than the seal says".to_owned(),
        );
    }
    if seal.text("sealed_at").and_then(stamp::utc).is_none() {
        say(
            "sealed_at",
            "the seal does not say when it was made".to_owned(),
        );
    }
    let mut bare = seal.clone();
    let root = bare
        .as_object_mut()
        .and_then(|members| members.shift_remove("root"));
    if root.as_ref().and_then(Value::as_str) != Some(&jcs::digest(&bare)) {
        say(
            "root",
            "the seal is not what its root was taken of".to_owned(),
        );
    }
    let files = sealed(run);
    let count = seal
        .get("files")
        .and_then(Value::as_array)
        .map_or(0, <[Value]>::len);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    if count != names.len()
        || !names
            .windows(2)
            .all(|pair| pair[0].as_bytes() < pair[1].as_bytes())
    {
        say(
            "files",
            "the seal's files are not sorted by path, each once".to_owned(),
        );
    }
    let listed: BTreeSet<&str> = names.into_iter().collect();
    for (name, file) in files {
        let Some(bytes) = run.files.get(name) else {
            told.push(Told::of(name, format!("`{name}` is sealed and not there")));
            continue;
        };
        let digest = run.digests.get(name).map(String::as_str);
        if file.text("sha256") != digest {
            told.push(Told::of(
                name,
                format!("`{name}` is not the file that was sealed"),
            ));
        } else if file.get("size").and_then(Value::as_i64) != i64::try_from(bytes.len()).ok() {
            told.push(Told::of(
                name,
                format!("the seal gives `{name}` another size"),
            ));
        }
    }
    for name in run.files.names() {
        if !listed.contains(name) && !is_apart(run, name) {
            told.push(Told::of(
                name,
                format!("`{name}` is not among the sealed files"),
            ));
        }
    }
}
