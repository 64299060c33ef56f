// SPDX-License-Identifier: Apache-2.0
//! What the stages ask beyond section 2: source and tree untouched, baseline, operator's outcome,
//! no word of a target (specification, sections 2.2, 3 and 4.1).

use crate::governance::run::locate::Step;
use crate::governance::run::open::{EVENTS, REPORT, Run, Told};
use crate::governance::sensitive;
use crate::governance::stamp;
use crate::model::ByteSpan;
use crate::support::pyjson::ordered::Value;

/// Proof file of the run's stage, and its value.
fn proof<'r>(run: &'r Run<'_>) -> Option<(&'r str, &'r Value)> {
    let stage = run.profile.gates.stage(run.stage()?)?;
    let file = stage.proof.as_deref()?;
    Some((file, run.document(file)?))
}

/// A path of the machine, as a whole text or behind `=`.
pub fn absolute(text: &str) -> Option<&str> {
    let value = text.rsplit_once('=').map_or(text, |(_, value)| value);
    let value = value.trim_matches(['"', '\'', '`']);
    let rooted = value.starts_with('/') && !value.starts_with("//") && value[1..].contains('/');
    let bytes = value.as_bytes();
    let drive = bytes.len() > 3
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    let single = !value.contains(char::is_whitespace);
    ((rooted || drive) && single).then_some(value)
}

fn texts<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(members) => members.values().for_each(|member| texts(member, out)),
        _ => {}
    }
}

/// An input, a command or the report names the target, or a repository outside the workspace.
pub fn exposed(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let early = run.stage().is_none_or(|stage| stage <= 4);
    if !early && run.status() != Some("blocked") {
        return Vec::new();
    }
    let mut told = Vec::new();
    let target = run
        .wishes
        .target
        .as_ref()
        .and_then(|target| target.text("target_repository_path"));
    if let Some(target) = target.filter(|target| target.len() > 1) {
        for (name, bytes) in &run.files.content {
            if let Some(at) = memchr::memmem::find(bytes, target.as_bytes()) {
                let text = format!(
                    "it names the admitted target ({})",
                    sensitive::digest(target.as_bytes())
                );
                told.push(Told {
                    span: Some(ByteSpan::new(at, at + target.len())),
                    ..Told::of(name, text)
                });
            }
        }
    }
    let own: Vec<&str> = [
        "runtime_workspace_root",
        "run_artifact_dir",
        "artifacts_dir",
    ]
    .into_iter()
    .filter_map(|key| run.text(key))
    .filter(|root| root.len() > 1)
    .collect();
    let system = &run.profile.evidence.system_roots;
    let is_ours = |path: &str| {
        own.iter().any(|root| path.starts_with(root))
            || system.iter().any(|root| path.starts_with(root.as_str()))
    };
    let mut look = |file: &str, value: &Value, span: Option<ByteSpan>| {
        let mut found = Vec::new();
        texts(value, &mut found);
        let paths = found.into_iter().filter_map(absolute);
        for path in paths.filter(|path| !is_ours(path) && Some(*path) != target) {
            let digest = sensitive::digest(path.as_bytes());
            told.push(Told {
                span,
                ..Told::of(
                    file,
                    format!("it names a place of the machine outside the workspace ({digest})"),
                )
            });
        }
    };
    if let Some(report) = run.object() {
        look(REPORT, report, None);
    }
    for (file, document) in &run.documents {
        if let Ok(document) = document {
            look(file, document, None);
        }
    }
    for (file, lines) in [(EVENTS, &run.events), ("trace.jsonl", &run.trace)] {
        for line in lines {
            if let Ok(value) = &line.value {
                look(file, value, Some(ByteSpan::new(line.start, line.end)));
            }
        }
    }
    if early && let Some((file, proof)) = proof(run) {
        let at = [Step::Key("target_repository_inspected")];
        let said = proof.get("target_repository_inspected");
        if said.and_then(Value::as_bool) == Some(true)
            || (pass && said.is_some_and(|said| said.as_bool().is_none()))
        {
            told.push(run.within(file, &at, "the proof says that the target was looked at"));
        }
    }
    told
}

/// The source is not as it was, or nothing proves that it is.
pub fn source(run: &Run<'_>, pass: bool) -> Vec<Told> {
    if run.declares(pass, &["source_repository_mutated"]) {
        return Vec::new();
    }
    let mut told = Vec::new();
    let at = [Step::Key("source_repository_mutated")];
    match run.flag("source_repository_mutated") {
        Some(true) => told.push(run.at(&at, "the report says that the source was changed")),
        None if pass && run.stage() == Some(3) => {
            told.push(run.at(
                &at,
                "the report does not say that the source was left as it was",
            ));
        }
        _ => {}
    }
    let own_proof = proof(run);
    let Some((file, proof)) = own_proof
        .filter(|(_, proof)| run.stage() == Some(3) || proof.get("source_head_before").is_some())
    else {
        return told;
    };
    for (before, after) in [
        ("source_head_before", "source_head_after"),
        ("source_status_before", "source_status_after"),
    ] {
        match (proof.get(before), proof.get(after)) {
            (Some(was), Some(is)) if was == is && !was.is_null() => {}
            (Some(_), Some(_)) => told.push(run.within(
                file,
                &[Step::Key(after)],
                format!("`{after}` differs from `{before}`"),
            )),
            _ if pass => told.push(Told::of(
                file,
                format!("the proof lacks `{before}` or `{after}`"),
            )),
            _ => {}
        }
    }
    told
}

/// The tree was not clean before or after, or nothing says that it was.
pub fn tree(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let codes = [
        "dirty_starting_tree",
        "dirty_source_start",
        "dirty_ending_tree",
    ];
    if run.declares(pass, &codes) {
        return Vec::new();
    }
    let steps = &run.profile.evidence.trace;
    let required = run
        .contract
        .as_ref()
        .is_some_and(|contract| contract.clean_start_required)
        || run.stage().is_some_and(|stage| stage >= 3);
    let mut told = Vec::new();
    let sides = [
        (
            "target_repository_start_clean",
            &steps.start_check,
            ["fixture_start_clean", "target_start_clean"],
        ),
        (
            "target_repository_ending_clean",
            &steps.end_check,
            ["fixture_ending_clean", "target_ending_clean"],
        ),
    ];
    for (key, step, proofs) in sides {
        let mut known = run.flag(key);
        if known == Some(false) {
            told.push(run.at(
                &[Step::Key(key)],
                format!("`{key}` is false, and no blocker says so"),
            ));
        }
        for line in run
            .trace
            .iter()
            .filter(|line| line.text("step") == Some(step))
        {
            let dirty = line
                .get("dirty_paths")
                .and_then(Value::as_array)
                .is_some_and(|paths| !paths.is_empty());
            let clean = !dirty && line.get("ok").and_then(Value::as_bool) == Some(true);
            if !clean {
                told.push(run.on_line(
                    "trace.jsonl",
                    line,
                    "the tree was not clean, and no blocker says so",
                ));
            }
            known = known.or(Some(clean));
        }
        if let Some((file, proof)) = proof(run) {
            for key in proofs {
                if proof.get(key).and_then(Value::as_bool) == Some(false) {
                    told.push(run.within(
                        file,
                        &[Step::Key(key)],
                        format!("`{key}` is false, and no blocker says so"),
                    ));
                }
                known = known.or(proof.get(key).and_then(Value::as_bool));
            }
        }
        if known.is_none() && required && pass {
            told.push(Told::of(
                REPORT,
                format!("a clean tree is required, and nothing says `{key}`"),
            ));
        }
    }
    told
}

/// A candidate passed without a baseline of the same batch and case.
pub fn baseline(run: &Run<'_>, pass: bool) -> Vec<Told> {
    if !pass || !run.is_candidate() || run.object().is_none() {
        return Vec::new();
    }
    let evidence = &run.profile.evidence;
    let outer = Step::Key("baseline");
    let Some(baseline) = run
        .get("baseline")
        .filter(|value| value.as_object().is_some())
    else {
        return vec![Told::of(
            REPORT,
            "the candidate passed, and no baseline was compared",
        )];
    };
    let mut told = Vec::new();
    let mut say = |key: &str, text: String| told.push(run.at(&[outer, Step::Key(key)], text));
    if baseline.text("backend") != Some(&evidence.baseline) {
        say(
            "backend",
            format!("the baseline is not of lane `{}`", evidence.baseline),
        );
    }
    let id = baseline.text("run_id").unwrap_or_default();
    let middle = |id: &str| {
        let rest = id.split_once('-').map_or("", |(_, rest)| rest).to_owned();
        rest.rsplit_once('-')
            .map_or(rest.clone(), |(middle, _)| middle.to_owned())
    };
    if !crate::governance::files::is_run_id(id) {
        say("run_id", "the baseline names no run".to_owned());
    } else {
        if middle(id) != middle(run.name) {
            say("run_id", "the baseline is that of another case".to_owned());
        }
        let apart = match (stamp::compact(id), stamp::compact(run.name)) {
            (Some(other), Some(own)) => (other.as_second() - own.as_second()).abs(),
            _ => 0,
        };
        if apart > evidence.batch_hours * 3600 || id == run.name {
            say("run_id", "the baseline is not of the same batch".to_owned());
        }
    }
    let digest = baseline
        .text("report_sha256")
        .and_then(super::report::digest_of);
    if digest.is_none() {
        say(
            "report_sha256",
            "the baseline's report has no digest".to_owned(),
        );
    }
    for fact in &evidence.comparison_facts {
        if baseline.at(&["matches", fact]).and_then(Value::as_bool) != Some(true) {
            say(
                "matches",
                format!("the candidate does not match its baseline in `{fact}`"),
            );
        }
    }
    told
}

/// From stage 5 on, a pass needs the operator's outcome, after the verification.
pub fn outcome(run: &Run<'_>, pass: bool) -> Vec<Told> {
    if !pass || run.stage().is_none_or(|stage| stage < 5) {
        return Vec::new();
    }
    let mut told = Vec::new();
    let at = [Step::Key("operator_outcome")];
    match run.text("operator_outcome") {
        Some("accepted") => {}
        Some(_) => told.push(run.at(&at, "a pass that the operator did not accept")),
        None => told.push(run.at(&at, "a pass without the operator's outcome")),
    }
    let verified = run.named(&run.profile.evidence.role.verified).last();
    let verified = verified
        .and_then(|line| line.text("ts"))
        .and_then(stamp::utc);
    let mut times = vec![(REPORT, run.text("operator_outcome_at"))];
    if let Some((file, proof)) = proof(run) {
        times.push((file, proof.text("operator_outcome_at")));
        times.push((
            file,
            proof
                .at(&["operator_outcome", "recorded_at"])
                .and_then(Value::as_str),
        ));
        if let Some(said) = proof
            .at(&["operator_outcome", "outcome"])
            .and_then(Value::as_str)
            && said != "accepted"
        {
            told.push(run.within(
                file,
                &[Step::Key("operator_outcome")],
                "the proof states another outcome",
            ));
        }
    }
    for (file, time) in times {
        if let (Some(time), Some(verified)) = (time.and_then(stamp::utc), verified)
            && time < verified
        {
            told.push(Told::of(
                file,
                "the operator's outcome was recorded before the verification ended",
            ));
        }
    }
    told
}
