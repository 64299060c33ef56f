// SPDX-License-Identifier: Apache-2.0
//! Judges whether the README answers what its readers come with.

use super::params::{self, draft};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::{Kind, Text};
use crate::model::Draft;
use crate::rules::Rule;
use regex::RegexSet;
use serde::Deserialize;

/// `check = "repo-readme"`: one of `any_of` must match the README; `empty` asks that it says
/// anything at all.
pub(super) struct RepoReadme;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default)]
    any_of: Vec<String>,
    #[serde(default)]
    empty: bool,
    said: String,
}

impl ArtifactCheck for RepoReadme {
    fn name(&self) -> &'static str {
        "repo-readme"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        is_readme(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Tree {
            return;
        }
        let Some(params) = params::read::<Params>(rule, artifact, out) else {
            return;
        };
        let patterns = match RegexSet::new(&params.any_of) {
            Ok(patterns) => patterns,
            Err(fault) => {
                out.push(params::unreadable(rule, artifact, &fault));
                return;
            }
        };
        let readmes: Vec<_> = artifact
            .kept
            .iter()
            .filter(|(name, _)| is_readme(name))
            .map(|(name, bytes)| (name, Text::decode(bytes)))
            .collect();
        let fits = |text: &Text<'_>| {
            let text = text.to_str();
            let blank = text.trim().is_empty();
            if params.empty {
                !blank
            } else {
                // An empty one is told of once.
                blank || patterns.is_match(&text)
            }
        };
        if let Some((name, _)) = readmes.first()
            && !readmes.iter().any(|(_, text)| fits(text))
        {
            out.push(draft(rule, &artifact.member(name), params.said));
        }
    }
}

/// A README where hosts look for it.
fn is_readme(name: &str) -> bool {
    let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
    let stem = base.split('.').next().unwrap_or(base);
    ["", ".github", "docs"].contains(&folder) && stem.eq_ignore_ascii_case("readme")
}
