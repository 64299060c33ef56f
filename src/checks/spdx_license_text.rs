// SPDX-License-Identifier: Apache-2.0
//! Judges whether a package ships the text of its licence.

use super::package::manifest::{self, License, Value};
use super::package::metadata::{Field, Metadata};
use super::package::{dist_info, license_text, root};
use super::params::{draft, fault};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Draft, Severity};
use crate::rules::Rule;

/// `check = "spdx-license-text"`, with `fault` = `text` or `file`.
pub(super) struct SpdxLicenseText;

impl ArtifactCheck for SpdxLicenseText {
    fn name(&self) -> &'static str {
        "spdx-license-text"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn needs_all(&self, _fault: &str) -> bool {
        true
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        match fault(rule) {
            "text" => text(rule, artifact, out),
            "file" => file(rule, artifact, out),
            _ => {}
        }
    }
}

fn text(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    if matches!(
        artifact.kind,
        ArtifactKind::Tree | ArtifactKind::Container(_)
    ) {
        return;
    }
    let root = root(artifact);
    let manifests = manifest::manifests(artifact);
    // npm's `UNLICENSED` grants nothing, so there is no text to ship.
    let unlicensed = artifact.kind == ArtifactKind::Npm
        && manifests.iter().any(|m| m.license == License::Elsewhere);
    let named = manifests.iter().any(|manifest| match &manifest.license {
        License::File(value) => artifact.entries.contains_key(&inside(&root, &value.text)),
        _ => false,
    });
    if !unlicensed && !named && !license_text::shipped(artifact, &root) {
        let place = match artifact.kind {
            ArtifactKind::Wheel => "in `.dist-info/licenses/`",
            _ => "at the top of the package",
        };
        out.push(draft(
            rule,
            &artifact.path,
            format!("No licence text is shipped: no LICENSE, COPYING or NOTICE {place}."),
        ));
    }
}

fn inside(root: &str, name: &str) -> String {
    format!("{root}{}", name.trim_start_matches("./"))
}

fn file(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let root = root(artifact);
    match artifact.kind {
        ArtifactKind::Wheel | ArtifactKind::Sdist => {
            let (name, folders) = if artifact.kind == ArtifactKind::Wheel {
                let Some(info) = dist_info(artifact) else {
                    return;
                };
                let folders = vec![
                    format!("{info}/licenses/"),
                    format!("{info}/"),
                    String::new(),
                ];
                (format!("{info}/METADATA"), folders)
            } else {
                (format!("{root}PKG-INFO"), vec![root.clone()])
            };
            let Some(Ok(metadata)) = artifact.kept.get(&name).map(|bytes| Metadata::parse(bytes))
            else {
                return;
            };
            // Before 2.4 the field was a tool's own, and what it names stood anywhere.
            let binding = metadata.at_least((2, 4));
            for field in metadata.all("License-File") {
                if listed(artifact, &folders, field, binding) {
                    continue;
                }
                let path = artifact.member(&name);
                let description = format!(
                    "`License-File: {}` names a file that the archive does not hold.",
                    field.value
                );
                let mut draft = draft(rule, &path, description).at(field.span);
                if !binding {
                    draft = draft.severity(Severity::Low);
                }
                out.push(draft);
            }
        }
        ArtifactKind::Crate | ArtifactKind::Npm => {
            for manifest in manifest::manifests(artifact) {
                if let License::File(Value { text, span }) = &manifest.license
                    && !artifact.entries.contains_key(&inside(&root, text))
                {
                    let path = artifact.member(&manifest.file);
                    let description = format!("The licence file `{text}` is not in the package.");
                    let found = draft(rule, &path, description).severity(Severity::Medium);
                    out.push(match span {
                        Some(span) => found.at(*span),
                        None => found,
                    });
                }
            }
        }
        _ => {}
    }
}

fn listed(artifact: &Artifact, folders: &[String], field: &Field, binding: bool) -> bool {
    let base = field.value.rsplit('/').next().unwrap_or(&field.value);
    let places = if binding && artifact.kind == ArtifactKind::Wheel {
        &folders[..1]
    } else {
        folders
    };
    places.iter().any(|folder| {
        artifact
            .entries
            .contains_key(&format!("{folder}{}", field.value))
            || (!binding && artifact.entries.contains_key(&format!("{folder}{base}")))
    })
}
