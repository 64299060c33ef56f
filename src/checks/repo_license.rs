// SPDX-License-Identifier: Apache-2.0
//! Judges whether a repository holds the text of its licence, and whether that is the licence its
//! manifests declare.

use super::package::license_text;
use super::package::manifest::{self, License};
use super::params::{self, draft, some_of};
use super::spdx::expression::judge;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::{Kind, Text};
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::BTreeSet;

/// `check = "repo-license"`, with `fault` = `missing` or `disagrees`.
pub(super) struct RepoLicense;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    fault: String,
    /// Words of a licence's text, by which it is known.
    #[serde(default)]
    known: Vec<Known>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// SPDX ids that this text may stand for.
    ids: Vec<String>,
    /// All of these must stand in it, white space folded, whatever the case.
    all: Vec<String>,
    /// None of these may.
    #[serde(default)]
    none: Vec<String>,
}

impl ArtifactCheck for RepoLicense {
    fn name(&self) -> &'static str {
        "repo-license"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name) || is_text(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Tree {
            return;
        }
        let Some(params) = params::read::<Params>(rule, artifact, out) else {
            return;
        };
        if params.fault == "missing" {
            missing(rule, artifact, out);
        } else {
            disagrees(rule, artifact, &params.known, out);
        }
    }
}

/// A licence text of the repository itself: at the top, or in `LICENSES/`.
fn is_text(name: &str) -> bool {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let kept = ["", "LICENSES", "licenses", "LICENSE", "license"];
    kept.contains(&folder) && (license_text::named_so(name) || !folder.is_empty())
}

fn missing(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let manifests = manifest::manifests(artifact);
    let named = manifests.iter().any(|one| match &one.license {
        License::File(value) => {
            let name = format!("{}{}", one.folder(), value.text.trim_start_matches("./"));
            artifact.entries.contains_key(&name)
        }
        _ => false,
    });
    if named || license_text::shipped(artifact, "") {
        return;
    }
    let said = "There is no licence text: no LICENSE, COPYING or LICENSES/ at the top.";
    let mut found = draft(rule, &artifact.path, said);
    let public = manifests.iter().filter(|one| !one.private);
    // Nothing says that this is for others to use.
    if public.clone().count() == 0 {
        found = found.severity(if manifests.is_empty() {
            Severity::Medium
        } else {
            Severity::Low
        });
    } else if public
        .clone()
        .all(|one| one.ecosystem == manifest::Ecosystem::Npm && one.license == License::Elsewhere)
    {
        // npm's `UNLICENSED` grants nothing, so there is no text to give.
        return;
    }
    out.push(found);
}

fn disagrees(rule: &Rule, artifact: &Artifact, known: &[Known], out: &mut Vec<Draft>) {
    let mut told = BTreeSet::new();
    let mut names = Vec::new();
    for (name, bytes) in artifact.kept.iter().filter(|(name, _)| is_text(name)) {
        let text = Text::decode(bytes);
        let folded = text
            .to_str()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let folded = folded.to_lowercase();
        let ids: Vec<&String> = known
            .iter()
            .filter(|one| {
                one.all.iter().all(|words| folded.contains(words.as_str()))
                    && !one.none.iter().any(|words| folded.contains(words.as_str()))
            })
            .flat_map(|one| &one.ids)
            .collect();
        if !ids.is_empty() {
            names.push(name.as_str());
        }
        told.extend(ids);
    }
    if told.is_empty() {
        return;
    }
    for manifest in manifest::manifests(artifact) {
        let License::Expression(value) = &manifest.license else {
            continue;
        };
        let judged = judge(&value.text);
        // A member of a workspace may have its own text beside it.
        let own = artifact.entries.keys().any(|name| {
            name.strip_prefix(manifest.folder())
                .is_some_and(|rest| !rest.contains('/') && license_text::named_so(rest))
        });
        if !judged.is_sound() || judged.licenses.is_empty() || !manifest.folder().is_empty() && own
        {
            continue;
        }
        let plain = |id: &str| {
            let id = id.trim_end_matches("-only").trim_end_matches("-or-later");
            id.to_owned()
        };
        if judged
            .licenses
            .iter()
            .any(|id| told.iter().any(|text| plain(text) == plain(id)))
        {
            continue;
        }
        let ids: Vec<&&String> = told.iter().collect();
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let said = format!(
            "`{}` is declared, but {} holds the text of {}.",
            value.text,
            some_of(&names, 3),
            some_of(&ids, 3)
        );
        let mut found = draft(rule, &artifact.member(&manifest.file), said);
        // A part of a repository may have another licence than the rest; that its text is missing is the lesser fault.
        if !manifest.folder().is_empty() {
            found = found.severity(Severity::Medium);
        }
        out.push(match value.span {
            Some(span) => found.at(span),
            None => found,
        });
    }
}
