// SPDX-License-Identifier: Apache-2.0
//! Holds the files of a wheel against its `RECORD`.

use super::package::dist_info;
use super::package::record::{self, Row};
use super::params::{draft, fault, some_of};
use super::{Artifact, ArtifactCheck, ArtifactKind, IndexEntry};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// `check = "wheel-record"`, with `fault` = `missing`, `malformed`, `mismatch`, `dangling`,
/// `unlisted`, `duplicate` or `unhashed`.
pub(super) struct WheelRecord;

/// Findings of one sort before the rest becomes a summary.
const EACH: usize = 20;

impl ArtifactCheck for WheelRecord {
    fn name(&self) -> &'static str {
        "wheel-record"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        name.split_once('/')
            .is_some_and(|(top, rest)| top.ends_with(".dist-info") && rest == "RECORD")
    }

    fn needs_all(&self, fault: &str) -> bool {
        matches!(fault, "missing" | "dangling")
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Wheel {
            return;
        }
        let Some(info) = dist_info(artifact) else {
            return;
        };
        let name = format!("{info}/RECORD");
        let Some(bytes) = artifact.kept.get(&name) else {
            // Present but not kept: over budget, which the archive rules report.
            if fault(rule) == "missing" && !artifact.entries.contains_key(&name) {
                let description =
                    format!("The wheel has no `{name}`, so nothing says which files belong to it.");
                out.push(draft(rule, &artifact.path, description));
            }
            return;
        };
        let rows = record::parse(bytes);
        let path = artifact.member(&name);
        let mut found: Vec<Draft> = Vec::new();
        let mut at = |row: &Row, description: String| {
            found.push(draft(rule, &path, description).at(row.span))
        };
        match fault(rule) {
            "malformed" => {
                // A builder that hashes weakly does so in every row.
                let mut weak: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
                for row in &rows {
                    match row.hash.as_ref().filter(|_| row.fault.is_none()) {
                        Some((algorithm, _)) if row.path != name && is_weak(algorithm) => {
                            weak.entry(algorithm).or_default().push(row);
                        }
                        // An absolute name is what `path-record-absolute` tells of it.
                        _ if row.path.starts_with('/') => {}
                        _ => {
                            if let Some(problem) = malformed(row, &name) {
                                at(row, format!("`RECORD`: {problem}."));
                            }
                        }
                    }
                }
                for (algorithm, rows) in weak {
                    let (more, verb) = match rows.len() - 1 {
                        0 => (String::new(), "is"),
                        1 => (" and 1 more file".to_owned(), "are"),
                        more => (format!(" and {more} more files"), "are"),
                    };
                    let text = format!(
                        "`RECORD`: `{}`{more} {verb} hashed with `{algorithm}`, not sha256 or stronger.",
                        rows[0].path
                    );
                    at(rows[0], text);
                }
            }
            "mismatch" => rows.iter().filter(|row| row.path != name).for_each(|row| {
                if let Some(problem) = artifact
                    .entries
                    .get(&row.path)
                    .and_then(|entry| mismatch(row, entry))
                {
                    at(row, format!("`{}`: {problem}.", row.path));
                }
            }),
            "dangling" => rows
                .iter()
                .filter(|row| row.fault.is_none())
                .for_each(|row| {
                    if !artifact.entries.contains_key(&row.path) {
                        at(
                            row,
                            format!(
                                "`RECORD` lists `{}`, which the wheel does not hold.",
                                row.path
                            ),
                        );
                    }
                }),
            "duplicate" => {
                let mut seen: BTreeMap<&str, &Row> = BTreeMap::new();
                for row in &rows {
                    if seen.insert(&row.path, row).is_some() {
                        at(
                            row,
                            format!("`RECORD` lists `{}` more than once.", row.path),
                        );
                    }
                }
            }
            "unhashed" => rows
                .iter()
                .filter(|row| row.fault.is_none() && row.hash.is_none() && !exempt(&row.path, info))
                .for_each(|row| {
                    at(
                        row,
                        format!("`RECORD` lists `{}` without a hash.", row.path),
                    )
                }),
            "unlisted" => unlisted(rule, artifact, info, &rows, &mut found),
            _ => {}
        }
        if found.len() > EACH {
            let rest = found.len() - EACH;
            found.truncate(EACH);
            found.push(draft(
                rule,
                &path,
                format!("And {rest} more of the same sort."),
            ));
        }
        out.append(&mut found);
    }
}

/// `RECORD` cannot hold its own hash, and its signatures are made after it.
fn exempt(name: &str, info: &str) -> bool {
    name.strip_prefix(info)
        .is_some_and(|rest| matches!(rest, "/RECORD" | "/RECORD.jws" | "/RECORD.p7s"))
}

fn is_weak(algorithm: &str) -> bool {
    !matches!(algorithm, "sha256" | "sha384" | "sha512")
}

/// What is wrong with a row, [`is_weak`] apart.
fn malformed(row: &Row, record: &str) -> Option<String> {
    if let Some(problem) = &row.fault {
        return Some(problem.clone());
    }
    let (algorithm, digest) = row.hash.as_ref()?;
    if row.path == record {
        return Some("it gives a hash for itself, which can never be right".to_owned());
    }
    let length = match algorithm.as_str() {
        "sha256" => 43,
        "sha384" => 64,
        _ => 86,
    };
    if digest.len() != length {
        return Some(format!(
            "the digest of `{}` has {} characters; {algorithm} in URL-safe base64 without padding has {length}",
            row.path,
            digest.len()
        ));
    }
    None
}

fn mismatch(row: &Row, entry: &IndexEntry) -> Option<String> {
    if let Some(size) = row.size
        && size != entry.size
    {
        return Some(format!(
            "`RECORD` says {size} bytes, the wheel holds {}",
            entry.size
        ));
    }
    let (algorithm, digest) = row.hash.as_ref()?;
    let actual = record::base64url(&entry.sha256?);
    (algorithm == "sha256" && digest.trim_end_matches('=') != actual)
        .then(|| "its content does not have the hash that `RECORD` gives".to_owned())
}

fn unlisted(rule: &Rule, artifact: &Artifact, info: &str, rows: &[Row], found: &mut Vec<Draft>) {
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    let names: Vec<&str> = artifact
        .entries
        .iter()
        .filter(|(name, entry)| entry.kind != EntryKind::Directory && !name.ends_with('/'))
        .map(|(name, _)| name.as_str())
        .filter(|name| !listed.contains(name) && !exempt(name, info))
        .collect();
    for name in names.iter().take(EACH - 1) {
        found.push(draft(
            rule,
            &artifact.member(name),
            format!("The wheel holds `{name}`, which `RECORD` does not list."),
        ));
    }
    if let Some(rest) = names.get(EACH - 1..).filter(|rest| !rest.is_empty()) {
        found.push(draft(
            rule,
            &artifact.path,
            format!(
                "{} more files are not in `RECORD`: {}.",
                rest.len(),
                some_of(rest, 5)
            ),
        ));
    }
}
