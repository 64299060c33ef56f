// SPDX-License-Identifier: Apache-2.0
//! Licences of one's own (`LicenseRef-`) that files and manifests name, and the texts they need.

use super::Artifact;
use super::package::license_text::named_so;
use super::package::manifest;
use super::params::{draft, some_of};
use super::spdx::expression::judge;
use crate::model::{ByteSpan, Draft};
use crate::rules::Rule;
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};

/// Names shown in a finding.
const SHOWN: usize = 5;
/// How far a licence file is read for the names of licences.
const READ: usize = 256 << 10;
/// Names noted of one licence file.
const NOTED: usize = 64;

/// What names licences of one's own.
#[derive(Default)]
pub(super) struct Named<'a> {
    by: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Named<'a> {
    /// A file names this licence.
    pub(super) fn add(&mut self, name: &str, file: &'a str) {
        self.by.entry(name.to_owned()).or_default().push(file);
    }
}

/// The licences of one's own that a licence file speaks of.
pub(super) fn spoken_of(text: &[u8]) -> BTreeSet<String> {
    let text = &text[..text.len().min(READ)];
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    memmem::find_iter(text, b"LicenseRef-")
        .take(NOTED)
        .map(|at| {
            let rest = &text[at..];
            let end = rest.iter().position(|byte| !legal(byte));
            let name = String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len()).min(200)]);
            name.trim_end_matches('.').to_owned()
        })
        .collect()
}

/// Reports each that has no text. `texts` are the names that licence files speak of.
pub(super) fn judge_refs<'a>(
    rule: &Rule,
    artifact: &'a Artifact,
    mut named: Named<'a>,
    texts: &BTreeSet<&str>,
    out: &mut Vec<Draft>,
) {
    let manifests = manifest::manifests(artifact);
    let mut places: BTreeMap<&str, Option<ByteSpan>> = BTreeMap::new();
    for manifest in &manifests {
        let Some(declared) = manifest.declared() else {
            continue;
        };
        let judged = judge(&declared.text);
        let wanted = judged.licenses.len() + judged.refs.len();
        if !judged.is_sound() || judged.refs.is_empty() {
            continue;
        }
        // The text of the only licence needs no name, nor do texts for all of them.
        let folder = manifest.folder();
        let shipped = artifact.entries.keys().filter(|name| {
            let inside = name.strip_prefix(folder);
            inside.is_some_and(|inside| inside.matches('/').count() < 3) && named_so(name)
        });
        if shipped.take(wanted).count() >= wanted {
            continue;
        }
        if let Some((file, _)) = artifact.kept.get_key_value(&manifest.file) {
            places.insert(file, declared.span);
            for name in judged.refs {
                named.add(&name, file);
            }
        }
    }
    let called = |file: &&String| file.contains("LicenseRef-") || file.contains("AdditionRef-");
    let called: Vec<&String> = artifact.entries.keys().filter(called).collect();
    for (name, files) in named.by {
        let texts_of = || called.iter().any(|file| is_text(file, &name));
        if texts.contains(name.as_str()) || texts_of() {
            continue;
        }
        let description = format!(
            "`{name}` has no text in `LICENSES/`; named by {}.",
            some_of(&files, SHOWN)
        );
        let found = draft(rule, &artifact.member(files[0]), description)
            .repair(format!("Add `LICENSES/{name}.txt`."));
        out.push(match places.get(files[0]).copied().flatten() {
            Some(span) => found.at(span),
            None => found,
        });
    }
}

/// Whether a file holds, by its name, the text of a licence.
fn is_text(file: &str, name: &str) -> bool {
    let (folder, base) = file.rsplit_once('/').unwrap_or(("", file));
    let in_licenses = folder.rsplit('/').next() == Some("LICENSES");
    let rest = base.strip_prefix(name);
    let called = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    called && in_licenses || base.contains(name) && (named_so(file) || called)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_its_name() {
        let name = "LicenseRef-own";
        assert!(is_text("LICENSES/LicenseRef-own.txt", name));
        assert!(is_text("pkg-1.0/LICENSES/LicenseRef-own", name));
        assert!(is_text("licenses/LicenseRef-own.md", name));
        assert!(is_text("LICENSE-LicenseRef-own", name));
        assert!(!is_text("LICENSES/LicenseRef-owner.txt", name));
        assert!(!is_text("src/LicenseRef-own-reader.py", name));
    }

    #[test]
    fn licence_files_speak_of_names() {
        let names = spoken_of(b"The parts under LicenseRef-a-b. and `LicenseRef-c`.");
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["LicenseRef-a-b", "LicenseRef-c"]
        );
    }
}
