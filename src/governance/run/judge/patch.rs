// SPDX-License-Identifier: Apache-2.0
//! The diff: whether there is one, what it touches, and whether that was allowed.

use crate::governance::paths::{allows, forbids};
use crate::governance::run::locate::Step;
use crate::governance::run::open::{Run, Told};
use crate::governance::run::patch::{Change, PatchFile};
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeSet;

const PATCH: &str = "patch.diff";

/// A pass that changed nothing.
pub fn empty_pass(run: &Run<'_>, pass: bool) -> Vec<Told> {
    match &run.patch {
        Some(patch) if pass && patch.is_empty() => {
            vec![Told::of(
                PATCH,
                "the run claims to have passed, and its diff changes nothing",
            )]
        }
        _ => Vec::new(),
    }
}

/// The diff's files are others than those that are stated, or it cannot be read.
pub fn files(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let Some(patch) = &run.patch else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for (line, why) in &patch.faults {
        told.push(Told::of(PATCH, format!("line {line}: {why}")));
    }
    let is = patch.names();
    let mut compare = |stated: Option<&Value>, told_at: &dyn Fn(String) -> Told, what: &str| {
        let Some(stated) = stated.and_then(Value::as_array) else {
            return;
        };
        let stated: BTreeSet<&str> = stated.iter().filter_map(Value::as_str).collect();
        // A rename may be stated by both of its names.
        let extra: Vec<&str> = stated.difference(&patch.touched()).copied().collect();
        let absent: Vec<&str> = is.difference(&stated).copied().collect();
        if !extra.is_empty() || !absent.is_empty() {
            let mut parts = Vec::new();
            if !absent.is_empty() {
                parts.push(format!("the diff also changes {}", absent.join(", ")));
            }
            if !extra.is_empty() {
                parts.push(format!("the diff does not change {}", extra.join(", ")));
            }
            told.push(told_at(format!(
                "{what} differs from the diff: {}",
                parts.join("; ")
            )));
        }
    };
    let at = |text: String| run.at(&[Step::Key("changed_files")], text);
    compare(run.get("changed_files"), &at, "`changed_files`");
    if pass || !patch.is_empty() {
        let role = &run.profile.evidence.role.diffed;
        if let Some(event) = run.named(role).last() {
            let on = |text: String| run.on(event, text);
            compare(
                event.data("changed_files"),
                &on,
                "`changed_files` of the event",
            );
        }
    }
    told
}

/// Allowed paths of report, contract and admission: a file must be in each list that there is.
fn lists(run: &Run<'_>) -> Vec<Vec<String>> {
    let texts = |value: Option<&Value>| -> Option<Vec<String>> {
        let items = value?.as_array()?.iter().filter_map(Value::as_str);
        Some(items.map(str::to_owned).collect())
    };
    let contract = run
        .contract
        .as_ref()
        .and_then(|contract| contract.allowed_paths.clone());
    let target = run
        .wishes
        .target
        .as_ref()
        .and_then(|target| texts(target.get("allowed_paths")));
    [texts(run.get("allowed_paths")), contract, target]
        .into_iter()
        .flatten()
        .collect()
}

/// Files outside the allowed paths; nothing is known when no list says what is allowed.
pub fn outside<'r>(run: &'r Run<'_>) -> Option<Vec<&'r str>> {
    let lists = lists(run);
    if lists.is_empty() {
        return None;
    }
    let touched = run.patch.as_ref()?.touched();
    let out = |file: &&str| !lists.iter().all(|list| allows(list, file));
    Some(touched.into_iter().filter(out).collect())
}

/// A changed file outside the allowed paths, or a false word about it.
pub fn disallowed(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let Some(outside) = outside(run) else {
        if pass && run.patch.as_ref().is_some_and(|patch| !patch.is_empty()) {
            let text = "nothing says which paths the run was allowed to change";
            told.push(Told::of("report.json", text));
        }
        return told;
    };
    let said = run.flag("allowed_writes_passed");
    let declared = said == Some(false)
        && run.declares(pass, &["disallowed_file_change", "forbidden_path_change"]);
    if !declared {
        for file in &outside {
            told.push(Told::of(
                PATCH,
                format!("the diff changes `{file}`, which is outside the allowed paths"),
            ));
        }
    }
    let holds = outside.is_empty();
    for key in ["allowed_writes_passed", "allowed_paths_passed"] {
        if run.flag(key) == Some(!holds) {
            let text = format!("`{key}` is {}, and the diff says otherwise", !holds);
            told.push(run.at(&[Step::Key(key)], text));
        }
    }
    for event in run.named(&run.profile.evidence.role.diffed) {
        if event.data("allowed_writes_passed").and_then(Value::as_bool) == Some(!holds) {
            told.push(run.on(
                event,
                "`allowed_writes_passed` of the event contradicts the diff",
            ));
        }
    }
    told
}

fn forbidden_paths(run: &Run<'_>) -> Vec<String> {
    let texts = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).unwrap_or_default();
        items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let mut list = texts(run.get("forbidden_paths"));
    list.extend(
        run.contract
            .iter()
            .flat_map(|contract| contract.forbidden_paths.clone()),
    );
    list.extend(texts(
        run.wishes
            .target
            .as_ref()
            .and_then(|target| target.get("forbidden_paths")),
    ));
    list
}

/// What is wrong with a link that a diff makes: what is written through it lands elsewhere.
fn link(file: &PatchFile) -> Option<&'static str> {
    if !file.link || file.change == Change::Deleted {
        return None;
    }
    let Some(target) = &file.target else {
        // A link that is renamed as it is leads where it led.
        let moved = matches!(file.change, Change::Renamed | Change::Copied);
        return (!moved).then_some("and does not say where it leads");
    };
    let folder = file
        .name()
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let mut depth = folder.split('/').filter(|part| !part.is_empty()).count();
    let mut out = target.starts_with(['/', '\\', '~']) || target.as_bytes().get(1) == Some(&b':');
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if depth == 0 => out = true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    out.then_some("that leads out of the repository")
}

/// A changed file under a forbidden path, or a forbidden action.
pub fn forbidden(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = forbidden_files(run, pass);
    told.extend(forbidden_actions(run, pass));
    told
}

/// A changed file under a forbidden path, or a link that leads out.
pub fn forbidden_files(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let list = forbidden_paths(run);
    let touched = run
        .patch
        .as_ref()
        .map(|patch| patch.touched())
        .unwrap_or_default();
    for file in run.patch.iter().flat_map(|patch| &patch.files) {
        if let Some(why) = link(file) {
            told.push(Told::of(
                PATCH,
                format!("the diff makes `{}` a link {why}", file.name()),
            ));
        }
    }
    let under: Vec<&str> = touched
        .into_iter()
        .filter(|file| forbids(&list, file))
        .collect();
    if !run.declares(pass, &["forbidden_path_change"]) {
        for file in &under {
            told.push(Told::of(
                PATCH,
                format!("the diff changes `{file}`, which is forbidden"),
            ));
        }
    }
    if run.flag("forbidden_paths_passed") == Some(!under.is_empty()) {
        let at = [Step::Key("forbidden_paths_passed")];
        told.push(run.at(&at, "`forbidden_paths_passed` contradicts the diff"));
    }
    told
}

/// What the run's contract or the profile forbids to do, and was tried.
pub fn forbidden_actions(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    if !run.declares(pass, &["forbidden_action_attempted"]) {
        actions(run, &mut told);
    }
    told
}

fn actions(run: &Run<'_>, told: &mut Vec<Told>) {
    let evidence = &run.profile.evidence;
    let contract = run.contract.as_ref();
    let allowed = contract
        .map(|contract| contract.allowed_actions.as_slice())
        .unwrap_or_default();
    let extra = contract
        .map(|contract| contract.forbidden_actions.as_slice())
        .unwrap_or_default();
    let is_forbidden = |action: &str| {
        let known = evidence
            .forbidden_actions
            .iter()
            .chain(extra)
            .any(|known| known == action);
        known && !allowed.iter().any(|one| one == action)
    };
    for action in run.names("forbidden_actions_attempted").unwrap_or_default() {
        if !allowed.iter().any(|one| one == action) {
            let at = [Step::Key("forbidden_actions_attempted")];
            told.push(run.at(
                &at,
                format!("the report says that `{action}` was attempted"),
            ));
        }
    }
    for (file, document) in &run.documents {
        let Ok(document) = document else { continue };
        for (action, tried) in document.members_of("actions_attempted") {
            if tried.as_bool() != Some(false) && is_forbidden(action) {
                let at = [Step::Key("actions_attempted"), Step::Key(action)];
                told.push(run.within(file, &at, format!("it says that `{action}` was attempted")));
            }
        }
        let push = ["branch_policy", "push_allowed"];
        if document.at(&push).and_then(Value::as_bool) == Some(true) && is_forbidden("push") {
            let at = push.map(Step::Key);
            told.push(run.within(file, &at, "the branch policy allows a push"));
        }
    }
    let events = run
        .events
        .iter()
        .map(|line| ("events.normalized.jsonl", line));
    let trace = run.trace.iter().map(|line| ("trace.jsonl", line));
    for (file, line) in events.chain(trace) {
        let named = line
            .text("action")
            .or_else(|| line.data("action")?.as_str());
        if let Some(action) = named.filter(|action| is_forbidden(action)) {
            told.push(run.on_line(file, line, format!("`{action}` was attempted")));
        }
        let argv = line
            .get("argv")
            .or_else(|| line.data("argv"))
            .and_then(Value::as_array);
        let command: Vec<&str> = argv
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let command = command.join(" ");
        let begins =
            |start: &String| command == *start || command.starts_with(&format!("{start} "));
        let meant = evidence
            .action_commands
            .iter()
            .find(|(_, starts)| starts.iter().any(begins));
        if let Some((action, _)) = meant.filter(|(action, _)| is_forbidden(action)) {
            told.push(run.on_line(file, line, format!("a command was run that is `{action}`")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_must_stay_in_the_repository() {
        let link = |name: &str, target: Option<&str>, change| {
            super::link(&PatchFile {
                new: Some(name.to_owned()),
                link: true,
                target: target.map(str::to_owned),
                change,
                ..PatchFile::default()
            })
        };
        for target in ["../x", "/etc/hosts", "~/x", "C:/x", "a/../../x", "..\\x"] {
            assert!(link("l", Some(target), Change::Added).is_some(), "{target}");
        }
        assert!(link("l", None, Change::Modified).is_some());
        for (name, target) in [
            ("l", "x"),
            ("a/l", "../x"),
            ("a/b/l", "../../x"),
            ("l", "./a/../b"),
        ] {
            assert_eq!(
                link(name, Some(target), Change::Added),
                None,
                "{name} {target}"
            );
        }
        assert_eq!(link("l", None, Change::Renamed), None);
        assert_eq!(link("l", Some("../x"), Change::Deleted), None);
    }
}
