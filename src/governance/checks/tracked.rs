// SPDX-License-Identifier: Apache-2.0
//! What must not lie in the tree: runtime state and run directories, and what `.gitignore` must
//! keep out (sections 1.8, 2.1).

use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::files::is_run_id;
use crate::governance::plan::Plan;
use crate::model::EntryPath;
use crate::rules::Rule;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-gitignore-gap", gap),
    Check::plan("cto-runtime-state-tracked", tracked),
];

const FILE: &str = ".gitignore";

fn rules_of(text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        // A line that is no pattern ignores nothing.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

/// Whether a path below the governance root is ignored: the nearest file that knows it decides.
fn ignored(name: &str, levels: &[(String, Gitignore)]) -> bool {
    for (below, rules) in levels {
        match rules.matched_path_or_any_parents(format!("{below}{name}"), false) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

fn gap(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let planning = &plan.profile.planning;
    let mut levels = Vec::new();
    if let Some(rules) = rules_of(plan.files.text(FILE).unwrap_or("")) {
        levels.push((String::new(), rules));
    }
    for (below, text) in &plan.ignores_above {
        levels.extend(rules_of(text).map(|rules| (below.clone(), rules)));
    }
    let runs = planning
        .run_roots
        .iter()
        .filter(|root| plan.files.exists(root));
    let runs: Vec<String> = runs.map(|root| format!("{root}/x/report.json")).collect();
    let open: Vec<&String> = planning
        .ignored
        .iter()
        .chain(&runs)
        .filter(|name| !ignored(name, &levels))
        .collect();
    if open.is_empty() {
        return;
    }
    let text = match plan.files.get(FILE) {
        Some(_) => format!("It does not keep out {}.", listed(&open)),
        None => format!("There is none, and nothing keeps out {}.", listed(&open)),
    };
    let draft = found.say(rule, &EntryPath::root(FILE), text);
    draft.subject = Some(Box::new(told::file(FILE, "file")));
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tracked {
    /// Globs of runtime state.
    pub(super) state: Vec<String>,
    /// Globs of what looks like it and is none.
    pub(super) not_state: Vec<String>,
}

fn globs(list: &[String]) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in list {
        set.add(
            GlobBuilder::new(glob)
                .literal_separator(true)
                .build()
                .ok()?,
        );
    }
    set.build().ok()
}

fn tracked(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Tracked = told::params(rule);
    let (Some(state), Some(not_state)) = (globs(&params.state), globs(&params.not_state)) else {
        return;
    };
    // One finding a run directory, however many files it has.
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    let links = plan.files.links.keys().map(String::as_str);
    for name in plan.files.names().chain(links) {
        if let Some(run) = run_of(name) {
            let text = "A run directory lies in the planning tree.".to_owned();
            said.insert(run.to_owned(), text);
        } else if state.is_match(name) && !not_state.is_match(name) {
            let text = "Runtime state lies in the planning tree.".to_owned();
            said.insert(name.to_owned(), text);
        }
    }
    for (name, text) in said {
        let draft = found.say(rule, &EntryPath::root(&name), text);
        draft.subject = Some(Box::new(told::file(&name, "file")));
    }
}

/// The run directory that a file lies in.
fn run_of(name: &str) -> Option<&str> {
    let mut at = 0;
    for part in name.split_inclusive('/') {
        at += part.len();
        if part.strip_suffix('/').is_some_and(is_run_id) {
            return Some(&name[..at - 1]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negations_and_folders_above_are_understood() {
        let level = |below: &str, text: &str| (below.to_owned(), rules_of(text).unwrap());
        let one = [level("", ".env\n*.pyc\ncache/\n!keep.pyc\n")];
        for name in [".env", "a/.env", "a/b.pyc", "cache/x"] {
            assert!(ignored(name, &one), "{name}");
        }
        assert!(!ignored("keep.pyc", &one) && !ignored("env", &one));
        let two = [level("", "!.env\n"), level("plan/", ".env\n/plan/runs/\n")];
        assert!(!ignored(".env", &two));
        assert!(ignored("runs/x", &two));
    }

    #[test]
    fn a_run_directory_is_told_from_its_files() {
        let run = "20260310T091500Z-demo-1";
        assert_eq!(
            run_of(&format!("runs/{run}/backend/a.log")),
            Some(format!("runs/{run}").as_str())
        );
        assert_eq!(run_of(run), None);
    }
}
