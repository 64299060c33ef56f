// SPDX-License-Identifier: Apache-2.0
//! Judges the licence that a manifest declares.

use super::package::manifest::{self, Ecosystem, License, Manifest, Value};
use super::package::root;
use super::params::{draft, fault};
use super::spdx::expression::{Flaw, judge};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Draft, Severity};
use crate::rules::Rule;

/// `check = "spdx-declared"`, with `fault` = `invalid`, `unknown`, `deprecated`, `free-text` or
/// `missing`.
pub(super) struct SpdxDeclared;

impl ArtifactCheck for SpdxDeclared {
    fn name(&self) -> &'static str {
        "spdx-declared"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let wanted = fault(rule);
        for manifest in manifest::manifests(artifact) {
            match wanted {
                "missing" => missing(rule, artifact, &manifest, out),
                "free-text" => free_text(rule, artifact, &manifest, out),
                _ => expression(rule, artifact, &manifest, wanted, out),
            }
        }
        // What installers build from, beside what one build wrote of it.
        let project = format!("{}pyproject.toml", root(artifact));
        if artifact.kind == ArtifactKind::Sdist
            && wanted == "invalid"
            && let Some(bytes) = artifact.kept.get(&project)
            && artifact
                .kept
                .contains_key(&format!("{}PKG-INFO", root(artifact)))
            && let Some(manifest) = manifest::read(&project, bytes)
        {
            let from = out.len();
            expression(rule, artifact, &manifest, wanted, out);
            for found in &mut out[from..] {
                found.severity = Some(
                    found
                        .severity
                        .unwrap_or(Severity::Medium)
                        .min(Severity::Medium),
                );
            }
        }
    }
}

fn at(draft: Draft, value: &Value) -> Draft {
    match value.span {
        Some(span) => draft.at(span),
        None => draft,
    }
}

fn missing(rule: &Rule, artifact: &Artifact, manifest: &Manifest, out: &mut Vec<Draft>) {
    // Deeper manifests of a tree are often there for tools; the archives tell what is published.
    let speaks = artifact.kind != ArtifactKind::Tree || manifest.folder().is_empty();
    if speaks && !manifest.private && manifest.license == License::Missing {
        let path = artifact.member(&manifest.file);
        let name = manifest
            .name
            .as_ref()
            .map_or("the package", |name| name.text.as_str());
        let key = match manifest.ecosystem {
            Ecosystem::Python if manifest.file.ends_with(".toml") => "`project.license`",
            Ecosystem::Python => "`License-Expression`",
            Ecosystem::Rust => "`license` or `license-file`",
            Ecosystem::Npm => "`license`",
        };
        out.push(draft(
            rule,
            &path,
            format!("`{name}` declares no licence: {key} is absent."),
        ));
    }
}

fn free_text(rule: &Rule, artifact: &Artifact, manifest: &Manifest, out: &mut Vec<Draft>) {
    let path = artifact.member(&manifest.file);
    match &manifest.license {
        License::FreeText(value) if !judge(&value.text).is_sound() => {
            let first = value.text.lines().next().unwrap_or_default();
            let shown: String = first.chars().take(60).collect();
            out.push(at(
                draft(
                    rule,
                    &path,
                    format!("The declared licence, `{shown}`, is free text and no SPDX expression."),
                ),
                value,
            ));
        }
        License::OldForm(value) => out.push(at(
            draft(
                rule,
                &path,
                "The licence is declared in a form that npm no longer has; it is read from a string.",
            )
            .repair(format!("Write `\"license\": \"{}\"`.", value.text)),
            value,
        )),
        _ => {}
    }
}

fn expression(
    rule: &Rule,
    artifact: &Artifact,
    manifest: &Manifest,
    wanted: &str,
    out: &mut Vec<Draft>,
) {
    let License::Expression(value) = &manifest.license else {
        return;
    };
    let path = artifact.member(&manifest.file);
    let judged = judge(&value.text);
    for flaw in judged.faults {
        let matching = match flaw.flaw {
            Flaw::Invalid | Flaw::Casing => wanted == "invalid",
            Flaw::Unknown => wanted == "unknown",
            Flaw::Deprecated => wanted == "deprecated",
        };
        if !matching {
            continue;
        }
        let mut draft = at(
            draft(
                rule,
                &path,
                format!("In the declared licence `{}`: {}.", value.text, flaw.detail),
            ),
            value,
        );
        // `MIT/Apache-2.0` was Cargo's own form; the registry still takes it.
        let slash = manifest.ecosystem == Ecosystem::Rust
            && flaw.flaw == Flaw::Invalid
            && judge(&value.text.replace('/', " OR ")).is_sound();
        if slash || flaw.flaw == Flaw::Casing {
            draft = draft.severity(Severity::Low);
        } else if manifest.ecosystem == Ecosystem::Npm && flaw.flaw != Flaw::Deprecated {
            // npm warns and publishes.
            draft = draft.severity(Severity::Medium);
        }
        if let Some(instead) = flaw.instead {
            draft = draft.repair(format!("Write `{instead}`."));
        }
        out.push(draft);
    }
}
