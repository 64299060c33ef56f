// SPDX-License-Identifier: Apache-2.0
//! Where a document comes from and what it points at: `source` in the front matter, and files and
//! runs that the text names (sections 1.3, 1.6).

use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::files::is_run_id;
use crate::governance::plan::items::ids_in;
use crate::governance::plan::{Document, Plan};
use crate::governance::stamp;
use crate::model::ByteSpan;
use crate::rules::Rule;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-source-unresolved", source),
    Check::plan("cto-doc-citation-broken", citations),
];

/// `name` beside a document, or below the root: what it is below the root.
fn resolve(plan: &Plan<'_>, document: &Document, name: &str) -> Option<String> {
    let name = name.trim_start_matches("./");
    let folder = document
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let beside = joined(folder, name);
    [joined("", name), beside]
        .into_iter()
        .flatten()
        .find(|name| plan.files.exists(name))
}

/// A name below a folder, `.` and `..` resolved; nothing when it leaves the root.
fn joined(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn source(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let planning = &plan.profile.planning;
    let words = planning.vocabulary.get("source");
    let mut from: BTreeMap<&str, String> = BTreeMap::new();
    for document in &plan.documents {
        let (Some(node), Some(value)) = (document.key("source"), document.value("source")) else {
            continue;
        };
        if words.is_some_and(|words| words.iter().any(|word| word == value)) {
            continue;
        }
        let text = if let Some(rest) = value.strip_prefix(planning.board.as_str()) {
            let known = |id: &String| {
                plan.board
                    .as_ref()
                    .is_some_and(|board| board.get(id).is_some())
                    || plan.is_defined(id)
            };
            let ids = ids_in(rest, &planning.work_prefix);
            let unknown: Vec<&String> = ids.iter().filter(|id| !known(id)).collect();
            if ids.is_empty() {
                format!("`source` names the board and no work item on it: `{value}`.")
            } else if unknown.is_empty() {
                continue;
            } else {
                format!(
                    "`source` names {}, which nothing defines.",
                    listed(&unknown)
                )
            }
        } else {
            match resolve(plan, document, value) {
                Some(path) => {
                    from.insert(document.path.as_str(), path);
                    continue;
                }
                None => format!("`source` names `{value}`, and there is no such file."),
            }
        };
        told::at(found, rule, document, node.span, text);
    }
    for circle in circles(&from) {
        let Some(document) = circle.first().and_then(|path| plan.document(path)) else {
            continue;
        };
        let span = document
            .key("source")
            .map_or(ByteSpan::new(0, 3), |node| node.span);
        let text = format!("The sources go round in a circle: {}.", listed(&circle));
        told::at(found, rule, document, span, text);
    }
}

/// Circles, each from its first path on.
fn circles<'p>(from: &BTreeMap<&'p str, String>) -> Vec<Vec<&'p str>> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut circles = Vec::new();
    for start in from.keys() {
        let mut way: Vec<&'p str> = Vec::new();
        let mut at = *start;
        while !done.contains(at) {
            if let Some(first) = way.iter().position(|seen| *seen == at) {
                let mut circle = way[first..].to_vec();
                let least = circle.iter().enumerate().min_by_key(|(_, path)| **path);
                let least = least.map_or(0, |(index, _)| index);
                circle.rotate_left(least);
                circles.push(circle);
                break;
            }
            way.push(at);
            let Some((next, _)) = from
                .get(at)
                .and_then(|next| from.get_key_value(next.as_str()))
            else {
                break;
            };
            at = next;
        }
        done.extend(way);
    }
    circles
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Citations {
    /// Endings of files that a document cites by their bare name.
    pub(super) endings: Vec<String>,
    /// Headings (substrings) under which files are named that need not exist yet.
    pub(super) section_not: Vec<String>,
}

static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`([^`\n]+)`|\]\(([^()\s]+)\)").expect("a constant pattern"));

static STAMPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b\d{6,8}T\d{4,6}Z?[-_][A-Za-z0-9._-]*").expect("a constant pattern")
});

fn citations(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Citations = told::params(rule);
    let planning = &plan.profile.planning;
    let by_name: BTreeSet<&str> = plan
        .files
        .names()
        .map(|name| name.rsplit('/').next().unwrap_or(name))
        .collect();
    let ends = |name: &str| {
        params
            .endings
            .iter()
            .any(|end| name.ends_with(end.as_str()))
    };
    for document in &plan.documents {
        let mut seen = BTreeSet::new();
        for line in document.lines().iter().filter(|line| !line.fenced) {
            let text = document.line(line);
            for hit in STAMPED.find_iter(text) {
                let id = hit.as_str().trim_end_matches(['.', '-', '_']);
                if !(is_run_id(id) && stamp::compact(id).is_some()) && seen.insert(id) {
                    let span = ByteSpan::new(
                        line.start + hit.start(),
                        line.start + hit.start() + id.len(),
                    );
                    let text = format!("`{id}` is no well-formed run id.");
                    told::at(found, rule, document, span, text);
                }
            }
            if document.under(line.section, &params.section_not) {
                continue;
            }
            for hit in QUOTED.captures_iter(text) {
                let (ticked, linked) = (hit.get(1), hit.get(2));
                let Some(whole) = ticked.or(linked) else {
                    continue;
                };
                let name = whole.as_str().split(['#', '?']).next().unwrap_or("");
                let in_folder = planning
                    .cited_folders
                    .iter()
                    .any(|folder| name.trim_start_matches("./").starts_with(folder.as_str()));
                let bare = !name.contains('/');
                let own = bare && name.starts_with(&planning.document_prefix) && ends(name);
                let link = linked.is_some() && ends(name);
                if !is_plain(name) || !(in_folder || own || link) || !seen.insert(name) {
                    continue;
                }
                let known =
                    resolve(plan, document, name).is_some() || (bare && by_name.contains(name));
                if !known {
                    let start = line.start + whole.start();
                    let span = ByteSpan::new(start, start + name.len());
                    let text = format!("`{name}` is cited, and there is no such file.");
                    told::at(found, rule, document, span, text);
                }
            }
        }
    }
}

/// A relative path without placeholders, wildcards, blanks or scheme.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['/', '~', '-'])
        && !name.contains("://")
        && !name.contains(|c: char| c.is_whitespace() || "<>{}$*|\\\"'…".contains(c))
        && !name.contains("NNN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_told_once_from_their_first_path() {
        let from = BTreeMap::from([
            ("b", "c".to_owned()),
            ("c", "a".to_owned()),
            ("a", "b".to_owned()),
            ("x", "b".to_owned()),
            ("y", "y".to_owned()),
            ("z", "nowhere".to_owned()),
        ]);
        assert_eq!(circles(&from), [vec!["a", "b", "c"], vec!["y"]]);
    }

    #[test]
    fn names_are_joined_below_the_root_only() {
        assert_eq!(joined(".sot/a", "../b.md").as_deref(), Some(".sot/b.md"));
        assert_eq!(joined("", "../b.md"), None);
    }

    #[test]
    fn patterns_and_commands_are_no_paths() {
        for text in [
            "CTO-<X>.md",
            "${RUNS}/x.md",
            "ls .sot/x.md",
            "/srv/x.md",
            "CTO-*-PRD.md",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        assert!(is_plain(".sot/03/CTO-X-PRD.md"));
    }
}
