// SPDX-License-Identifier: Apache-2.0
//! Notices and texts of the GNU licences, and notices of others that bind as much or more, inside a
//! package that declares permissive licences only.
//!
//! Every file leaves a note when the comment it begins with grants it under such a licence, every
//! licence file when it is the text of one. A notice that offers a choice, or adds an exception
//! (as those of build tools do), binds nobody to more than the package says and is passed over; so
//! is code of others that stands in a folder with its own licence file.

use super::package::license_text::named_so;
use super::package::manifest::{self, Manifest};
use super::package::metadata::Metadata;
use super::package::root;
use super::params::{draft, some_of};
use super::spdx::exempt;
use super::spdx::expression::judge;
use super::spdx::notice::{
    is_restrictive, may_say, may_withhold, mentions, notice, notice_of_others, titled,
};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Kind};
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// `check = "spdx-copyleft"`.
pub(super) struct SpdxCopyleft;

const NAME: &str = "spdx-copyleft";
/// How much of a file its first comment may fill.
const HEAD: usize = 4 << 10;
/// Names shown in a finding.
const SHOWN: usize = 5;

/// Starts of ids that ask for no more than to keep a notice.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-",
    "BSD-",
    "BSL-1.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "NCSA",
    "PSF-",
    "Python-2.0",
    "Unicode-",
    "Unlicense",
    "WTFPL",
    "X11",
    "Zlib",
    "zlib-",
];

/// Texts of old metadata, and ends of classifiers, that mean such a licence.
const SPOKEN: &[&str] = &[
    "apache",
    "apache 2",
    "apache 2.0",
    "apache license",
    "apache license 2.0",
    "apache license version 2.0",
    "apache license, version 2.0",
    "apache software license",
    "apache software license 2.0",
    "bsd",
    "bsd 3-clause",
    "bsd 3-clause license",
    "bsd license",
    "isc license",
    "isc license (iscl)",
    "mit license",
    "mit no attribution license (mit-0)",
    "new bsd",
    "new bsd license",
    "python software foundation license",
    "the mit license",
    "the mit license (mit)",
    "the unlicense (unlicense)",
];

impl ArtifactCheck for SpdxCopyleft {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn note(&self, entry: &Classified<'_>) -> Option<String> {
        if *entry.entry_kind != EntryKind::File || entry.text.is_binary() {
            return None;
        }
        let name = entry.path.name();
        let text = entry.text.bytes();
        let head = &text[..text.len().min(HEAD)];
        let source = entry.kind.is("source");
        if source {
            // Names are looked at last: most heads say nothing.
            if !may_say(head) {
                return None;
            }
            let says = mentions(head);
            if !says && !may_withhold(head) || exempt::test_data(name) {
                return None;
            }
            if exempt::vendored(name) {
                return Some(format!("vendored {}", notice_of_others(head)?));
            }
            if !says {
                return None;
            }
            let granted = notice(head)?;
            return Some(format!("notice {granted}"));
        }
        if !named_so(name) {
            return None;
        }
        Some(match titled(head) {
            Some(license) => format!("text {license}"),
            None => "text".to_owned(),
        })
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let notes: Vec<(&str, &str)> = artifact
            .notes
            .iter()
            .filter(|((check, _), _)| *check == NAME)
            .map(|((_, name), note)| (name.as_str(), note.as_str()))
            .collect();
        let telling = |(_, note): &(&str, &str)| *note != "text";
        if !notes.iter().any(telling) || matches!(artifact.kind, ArtifactKind::Container(_)) {
            return;
        }
        let manifests: Vec<(Manifest, String)> = manifest::manifests(artifact)
            .into_iter()
            .filter_map(|manifest| {
                let declared = permissive(artifact, &manifest)?;
                Some((manifest, declared))
            })
            .collect();
        let places = manifests.iter().enumerate();
        let by_folder: HashMap<&str, usize> = places
            .map(|(at, (manifest, _))| (manifest.folder(), at))
            .collect();
        // Folders that hold a licence file: what lies in them may be somebody else's.
        let owned: BTreeSet<&str> = artifact
            .entries
            .keys()
            .filter(|name| named_so(name))
            .map(|name| folder(name))
            .collect();
        let mut groups: BTreeMap<(usize, &str, &str), Vec<&str>> = BTreeMap::new();
        for (name, note) in notes.iter().copied().filter(telling) {
            let Some(at) = speaks_for(artifact, &by_folder, name) else {
                continue;
            };
            let top = top(artifact, &manifests[at].0);
            let (class, license) = note.split_once(' ').unwrap_or((note, ""));
            let passed = match class {
                "notice" => has_own(&owned, name, &top),
                // With its text beside it, code of others asks for what its folder says; what keeps some use to
                // its owner is no part of a package that anybody may use, whatever stands beside it.
                "vendored" => has_own(&owned, name, &top) && !is_restrictive(license),
                // A package that ships no other text is told by `spdx-license-text-disagrees`.
                _ => !at_top(artifact, name, &top) || !beside_another(artifact, &notes, &top),
            };
            if !passed {
                groups.entry((at, class, license)).or_default().push(name);
            }
        }
        for ((at, class, license), names) in groups {
            let (manifest, declared) = &manifests[at];
            let base = manifest.file.rsplit('/').next().unwrap_or(&manifest.file);
            let holds = match (class, names.len()) {
                ("vendored", 1) if license.starts_with("notice") => {
                    "1 file of others stands under a".to_owned()
                }
                ("vendored", count) if license.starts_with("notice") => {
                    format!("{count} files of others stand under a")
                }
                ("vendored", 1) => "1 file of others is granted under the terms of the".to_owned(),
                ("vendored", count) => {
                    format!("{count} files of others are granted under the terms of the")
                }
                ("notice", 1) => "1 file is granted under the terms of the".to_owned(),
                ("notice", count) => format!("{count} files are granted under the terms of the"),
                _ => "The package ships the text of the".to_owned(),
            };
            // Examples and tests are read and run, and seldom become part of anything.
            let shown = names.iter().all(|name| exempt::sample(name));
            let found = draft(
                rule,
                &artifact.member(names[0]),
                format!(
                    "{holds} {license}, which `{}`, declared in {base}, does not cover: {}.",
                    declared,
                    some_of(&names, SHOWN)
                ),
            );
            out.push(match (class, shown) {
                ("vendored", _) if is_restrictive(license) => found.severity(Severity::Low),
                ("vendored", _) => found.severity(Severity::Info),
                (_, true) => found.severity(Severity::Low),
                (_, false) => found,
            });
        }
    }
}

/// What a manifest declares, when that is nothing but permissive licences.
fn permissive(artifact: &Artifact, manifest: &Manifest) -> Option<String> {
    let spoken = |text: &str| SPOKEN.contains(&text.trim().to_ascii_lowercase().as_str());
    if let Some(declared) = manifest.declared() {
        // Old manifests of Cargo write `MIT/Apache-2.0` for `OR`.
        let judged = judge(&declared.text.replace('/', " OR "));
        let known = |id: &String| PERMISSIVE.iter().any(|start| id.starts_with(start));
        let all = judged.is_sound()
            && judged.refs.is_empty()
            && !judged.licenses.is_empty()
            && judged.licenses.iter().all(known);
        if all {
            return Some(judged.canonical);
        }
        return spoken(&declared.text).then(|| declared.text.trim().to_owned());
    }
    // Told by classifiers alone.
    let metadata = Metadata::parse(artifact.kept.get(&manifest.file)?).ok()?;
    let named: Vec<&str> = metadata
        .all("Classifier")
        .filter(|field| field.value.starts_with("License ::"))
        .filter_map(|field| field.value.rsplit(" :: ").next())
        .filter(|name| *name != "OSI Approved")
        .collect();
    (!named.is_empty() && named.iter().all(|name| spoken(name))).then(|| named.join(", "))
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder of the package, with a final `/`.
fn top(artifact: &Artifact, manifest: &Manifest) -> String {
    match artifact.kind {
        ArtifactKind::Tree => manifest.folder().to_owned(),
        _ => root(artifact),
    }
}

/// The manifest that speaks for a file: an archive's only one, the nearest above in a tree. A
/// nearer one that declares something else is not in the list, and stands in the way.
fn speaks_for(artifact: &Artifact, by_folder: &HashMap<&str, usize>, name: &str) -> Option<usize> {
    if artifact.kind != ArtifactKind::Tree {
        return (by_folder.len() == 1).then_some(0);
    }
    let folders = memchr::memrchr_iter(b'/', name.as_bytes()).map(|end| &name[..=end]);
    for folder in folders.chain([""]) {
        let manifest_here = |base: &&str| artifact.entries.contains_key(&format!("{folder}{base}"));
        let here = by_folder.get(folder).copied();
        let manifests = ["pyproject.toml", "Cargo.toml", "package.json"];
        if here.is_some() || manifests.iter().any(manifest_here) {
            return here;
        }
    }
    None
}

/// Whether a folder between the package's own and the file holds a licence file, or the metadata of an
/// installed package beside such a folder does (`_vendor/a/` and `_vendor/a-1.0.dist-info/`).
fn has_own(owned: &BTreeSet<&str>, name: &str, top: &str) -> bool {
    let metadata_of = |folder: &str| {
        let start = format!("{folder}-");
        let mut beside = owned.range(start.as_str()..);
        let beside = beside.next().filter(|next| next.starts_with(&start));
        beside.is_some_and(|next| next[start.len()..].contains(".dist-info"))
    };
    // At the top stands the metadata of the package itself.
    let is_inner = |folder: &str| folder[top.len()..].trim_start_matches('/').contains('/');
    let mut folders = memchr::memrchr_iter(b'/', name.as_bytes()).map(|end| &name[..end]);
    folders.any(|folder| {
        folder.len() > top.len()
            && (owned.contains(folder) || is_inner(folder) && metadata_of(folder))
    })
}

/// Whether a licence file stands where those of the whole package do.
fn at_top(artifact: &Artifact, name: &str, top: &str) -> bool {
    match artifact.kind {
        ArtifactKind::Wheel => {
            let folder = folder(name);
            let info = folder.strip_suffix("/licenses").unwrap_or(folder);
            info.ends_with(".dist-info") && !info.contains('/')
        }
        _ => name
            .strip_prefix(top)
            .is_some_and(|inside| !inside.contains('/')),
    }
}

/// Whether the package ships a text of another kind too.
fn beside_another(artifact: &Artifact, notes: &[(&str, &str)], top: &str) -> bool {
    notes
        .iter()
        .any(|(name, note)| *note == "text" && at_top(artifact, name, top))
}
