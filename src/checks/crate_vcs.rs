// SPDX-License-Identifier: Apache-2.0
//! Judges whether a crate was packed from a clean checkout, as `.cargo_vcs_info.json` tells.

use super::package::root;
use super::params::draft;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{ByteSpan, Draft};
use crate::rules::Rule;

/// `check = "crate-vcs"`.
pub(super) struct CrateVcs;

const FILE: &str = ".cargo_vcs_info.json";

impl ArtifactCheck for CrateVcs {
    fn name(&self) -> &'static str {
        "crate-vcs"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        name.split_once('/').is_some_and(|(_, rest)| rest == FILE)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Crate {
            return;
        }
        let name = format!("{}{FILE}", root(artifact));
        let Some(bytes) = artifact.kept.get(&name) else {
            return;
        };
        let Ok(info) = serde_json::from_slice::<serde_json::Value>(bytes) else {
            return;
        };
        if info
            .pointer("/git/dirty")
            .and_then(serde_json::Value::as_bool)
            == Some(true)
        {
            let path = artifact.member(&name);
            let description = "The crate was packed from a checkout with uncommitted changes, so no commit holds its source.";
            let found = draft(rule, &path, description);
            out.push(match memchr::memmem::find(bytes, b"\"dirty\"") {
                Some(at) => found.at(ByteSpan::new(at, at + 7)),
                None => found,
            });
        }
    }
}
