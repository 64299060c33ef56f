// SPDX-License-Identifier: Apache-2.0
//! The audited project as far as it touches PIC: its documents, workflows, scripts, dependency
//! lists, runtime objects and sample reports.

use super::environment::normalise;
use crate::model::EntryPath;
use std::collections::BTreeMap;
use std::path::Path;

/// What a file of the project is to this family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Prose that readers act on.
    Document,
    /// Something that a machine runs.
    Script,
    /// A list of dependencies.
    Requirements,
    /// `agent-manifest.json`, `ccr.config.json`.
    Settings,
    /// A packet, task, residual or report of the runtime.
    Object,
    /// A sample report.
    Sample,
}

/// The project.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Name (with `/`) to role and content.
    pub files: BTreeMap<String, (Role, Vec<u8>)>,
}

/// Folders of which every file counts, and as what.
const FOLDERS: &[(&str, Role)] = &[
    ("docs", Role::Document),
    (".github/workflows", Role::Script),
    (".ci", Role::Script),
    ("scripts", Role::Script),
    ("packets", Role::Object),
    ("tasks", Role::Object),
    ("residuals", Role::Object),
    ("reports/pic", Role::Object),
    ("reports/providers", Role::Object),
    ("examples", Role::Sample),
];
/// Larger files are passed over.
const LARGEST: u64 = 4 << 20;
/// So is what comes after this many.
const MOST: usize = 20_000;

impl Repository {
    /// Reads what counts below `root`.
    pub fn read(root: &Path) -> Self {
        let mut repository = Self::default();
        let Ok(entries) = std::fs::read_dir(root) else {
            return repository;
        };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(role) = top(&name) {
                repository.add(&name, &entry.path(), role);
            }
        }
        for (folder, role) in FOLDERS {
            let walk = walkdir::WalkDir::new(root.join(folder)).sort_by_file_name();
            for entry in walk.into_iter().filter_map(Result::ok) {
                if !entry.file_type().is_file() || repository.files.len() >= MOST {
                    continue;
                }
                let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
                let name = inside.to_string_lossy().replace('\\', "/");
                if counts(&name, *role) {
                    repository.add(&name, entry.path(), *role);
                }
            }
        }
        repository
    }

    /// The path of a file, as findings name it.
    pub fn path(name: &str) -> EntryPath {
        EntryPath::root(&EntryPath::escape(name.as_bytes()))
    }

    /// Files of a role, as text where they are UTF-8.
    pub fn texts(&self, role: Role) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |(_, (own, _))| *own == role)
            .filter_map(|(name, (_, bytes))| {
                Some((name.as_str(), std::str::from_utf8(bytes).ok()?))
            })
    }

    /// Whether the project is this Python distribution itself.
    pub fn is(&self, package: &str) -> bool {
        let manifest = self
            .files
            .get("pyproject.toml")
            .and_then(|(_, bytes)| std::str::from_utf8(bytes).ok())
            .and_then(|text| toml::from_str::<toml::Table>(text).ok());
        let name = manifest
            .as_ref()
            .and_then(|table| table.get("project")?.get("name")?.as_str());
        name.is_some_and(|name| normalise(name) == package)
    }

    /// Whether the project has anything to do with PIC.
    pub fn uses_pic(&self) -> bool {
        let mentions = |text: &str| {
            text.contains("percolation-inversion-compiler")
                || text.contains("percolation_inversion_compiler")
        };
        let documents = [Role::Document, Role::Script, Role::Requirements];
        documents
            .iter()
            .any(|role| self.texts(*role).any(|(_, text)| mentions(text)))
            || [Role::Settings, Role::Object].iter().any(|role| {
                self.texts(*role).any(|(name, text)| {
                    name.starts_with("reports/pic/")
                        || text.contains("\"provider\": \"pic\"")
                        || text.contains("\"provider\":\"pic\"")
                        || text.contains("\"pic\":")
                })
            })
    }

    fn add(&mut self, name: &str, path: &Path, role: Role) {
        let small = path
            .metadata()
            .is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
        if let (true, Ok(bytes)) = (small, std::fs::read(path)) {
            self.files.insert(name.to_owned(), (role, bytes));
        }
    }
}

fn top(name: &str) -> Option<Role> {
    if name.ends_with(".md") {
        return Some(Role::Document);
    }
    if matches!(name, "agent-manifest.json" | "ccr.config.json") {
        return Some(Role::Settings);
    }
    if name == "pyproject.toml"
        || name.starts_with("requirements") && name.ends_with(".txt")
        || name.starts_with("constraints") && name.ends_with(".txt")
    {
        return Some(Role::Requirements);
    }
    (matches!(name, "Makefile" | "justfile") || name.ends_with(".sh")).then_some(Role::Script)
}

fn counts(name: &str, role: Role) -> bool {
    match role {
        Role::Document => name.ends_with(".md"),
        Role::Object => name.ends_with(".json") || name.ends_with(".jsonl"),
        Role::Sample => is_sample(name),
        _ => true,
    }
}

/// Whether a file below `examples/` is a sample of PIC: its folder or its name begins with `pic`,
/// or it belongs to the portability pack. What is meant to be wrong does not count.
pub fn is_sample(name: &str) -> bool {
    let json = name.ends_with(".json") || name.ends_with(".jsonl");
    let parts: Vec<&str> = name.split('/').collect();
    let wrong = parts
        .iter()
        .any(|part| matches!(*part, "negative" | "bad" | "invalid"));
    json && !wrong
        && parts.first() == Some(&"examples")
        && parts[1..]
            .iter()
            .any(|part| part.starts_with("pic") || *part == "portability_conformance")
}
