// SPDX-License-Identifier: Apache-2.0
//! Judges whether a package declares one licence or several that contradict each other: by
//! expression, by classifier, in `pyproject.toml` beside `PKG-INFO`.

use super::package::manifest::{self, License};
use super::package::metadata::Metadata;
use super::package::{dist_info, root};
use super::params::draft;
use super::spdx::expression::{Judged, judge};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Draft, Severity};
use crate::rules::Rule;

/// `check = "spdx-conflict"`.
pub(super) struct SpdxConflict;

/// Ends of licence classifiers, and starts of the SPDX ids that they may mean.
const CLASSIFIERS: &[(&str, &[&str])] = &[
    ("Academic Free License (AFL)", &["AFL-"]),
    ("Apache Software License", &["Apache-"]),
    ("BSD License", &["BSD-", "0BSD"]),
    ("Boost Software License 1.0 (BSL-1.0)", &["BSL-1.0"]),
    ("GNU Affero General Public License v3", &["AGPL-3.0"]),
    (
        "GNU Affero General Public License v3 or later (AGPLv3+)",
        &["AGPL-3.0"],
    ),
    ("GNU General Public License (GPL)", &["GPL-"]),
    ("GNU General Public License v2 (GPLv2)", &["GPL-2.0"]),
    (
        "GNU General Public License v2 or later (GPLv2+)",
        &["GPL-2.0"],
    ),
    ("GNU General Public License v3 (GPLv3)", &["GPL-3.0"]),
    (
        "GNU General Public License v3 or later (GPLv3+)",
        &["GPL-3.0"],
    ),
    ("GNU Lesser General Public License v2 (LGPLv2)", &["LGPL-2"]),
    (
        "GNU Lesser General Public License v2 or later (LGPLv2+)",
        &["LGPL-2"],
    ),
    (
        "GNU Lesser General Public License v3 (LGPLv3)",
        &["LGPL-3.0"],
    ),
    (
        "GNU Lesser General Public License v3 or later (LGPLv3+)",
        &["LGPL-3.0"],
    ),
    (
        "GNU Library or Lesser General Public License (LGPL)",
        &["LGPL-"],
    ),
    ("ISC License (ISCL)", &["ISC"]),
    ("MIT License", &["MIT"]),
    ("MIT No Attribution License (MIT-0)", &["MIT-0"]),
    ("Mozilla Public License 1.1 (MPL 1.1)", &["MPL-1.1"]),
    ("Mozilla Public License 2.0 (MPL 2.0)", &["MPL-2.0"]),
    ("Other/Proprietary License", &["LicenseRef-"]),
    (
        "Python Software Foundation License",
        &["PSF-", "Python-", "CNRI-"],
    ),
    ("The Unlicense (Unlicense)", &["Unlicense"]),
    ("Zope Public License", &["ZPL-"]),
    ("zlib/libpng License", &["Zlib", "Libpng", "zlib-"]),
];

impl ArtifactCheck for SpdxConflict {
    fn name(&self) -> &'static str {
        "spdx-conflict"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let root = root(artifact);
        let name = match artifact.kind {
            ArtifactKind::Wheel => dist_info(artifact).map(|info| format!("{info}/METADATA")),
            ArtifactKind::Sdist => Some(format!("{root}PKG-INFO")),
            _ => None,
        };
        let Some((name, Ok(metadata))) = name
            .and_then(|name| artifact.kept.get_key_value(&name))
            .map(|(name, bytes)| (name, Metadata::parse(bytes)))
        else {
            return;
        };
        let path = artifact.member(name);
        let expressions: Vec<_> = metadata.all("License-Expression").collect();
        if let [first, second, ..] = expressions[..] {
            let description = format!(
                "The metadata has more than one `License-Expression`: `{}` and `{}`.",
                first.value, second.value
            );
            out.push(draft(rule, &path, description).at(second.span));
        }
        let Some(declared) = metadata
            .get("License-Expression")
            .or_else(|| metadata.get("License"))
        else {
            return;
        };
        let judged = judge(&declared.value);
        // Free text may mean anything.
        if !judged.is_sound() || judged.licenses.is_empty() && judged.refs.is_empty() {
            return;
        }
        let told: Vec<_> = metadata
            .all("Classifier")
            .filter(|field| field.value.starts_with("License ::"))
            .collect();
        for field in &told {
            if meant(&field.value).is_some_and(|starts| !agrees(&judged, starts)) {
                let description = format!(
                    "The classifier `{}` contradicts the declared licence `{}`.",
                    field.value, declared.value
                );
                out.push(draft(rule, &path, description).at(field.span));
            }
        }
        if artifact.kind == ArtifactKind::Sdist {
            project(rule, artifact, &root, (&declared.value, &judged), out);
        }
    }
}

/// Starts of the ids that a classifier may mean; `None` when it names no licence we know.
fn meant(classifier: &str) -> Option<&'static [&'static str]> {
    let last = classifier.rsplit(" :: ").next().unwrap_or(classifier);
    let found = CLASSIFIERS.iter().find(|(name, _)| *name == last);
    found.map(|(_, starts)| *starts)
}

fn agrees(declared: &Judged, starts: &[&str]) -> bool {
    let mut all = declared.licenses.iter().chain(&declared.refs);
    all.any(|id| starts.iter().any(|start| id.starts_with(start)))
}

/// `project.license` beside what the build wrote from it.
fn project(
    rule: &Rule,
    artifact: &Artifact,
    root: &str,
    (declared, judged): (&str, &Judged),
    out: &mut Vec<Draft>,
) {
    let name = format!("{root}pyproject.toml");
    let Some(manifest) = artifact
        .kept
        .get(&name)
        .and_then(|bytes| manifest::read(&name, bytes))
    else {
        return;
    };
    let License::Expression(value) = &manifest.license else {
        return;
    };
    let own = judge(&value.text);
    if own.is_sound() && own.licenses != judged.licenses {
        let description = format!(
            "`pyproject.toml` declares `{}`, `PKG-INFO` declares `{declared}`.",
            value.text
        );
        let found = draft(rule, &artifact.member(&name), description).severity(Severity::High);
        out.push(match value.span {
            Some(span) => found.at(span),
            None => found,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifiers_are_held_against_ids() {
        let agree = |classifier: &str, expression: &str| {
            meant(classifier).is_none_or(|starts| agrees(&judge(expression), starts))
        };
        assert!(agree("License :: OSI Approved :: MIT License", "MIT"));
        assert!(agree(
            "License :: OSI Approved :: BSD License",
            "BSD-3-Clause OR Apache-2.0"
        ));
        assert!(agree("License :: OSI Approved", "MIT"));
        assert!(agree(
            "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)",
            "GPL-2.0-or-later"
        ));
        assert!(!agree(
            "License :: OSI Approved :: Apache Software License",
            "MIT"
        ));
        assert!(!agree("License :: Other/Proprietary License", "MIT"));
    }
}
