// SPDX-License-Identifier: Apache-2.0
//! The PIC under audit as a list of files, whatever form it comes in: checkout, sdist, wheel,
//! installation, or a folder of reports. Archives are streamed under a budget, never unpacked.

use super::environment::{dist_info, packages_below};
use crate::artifact::{self, Anomaly, EntryKind, Format, Limits, OwnedEntry, Visitor};
use crate::model::{EntryPath, Scanned};
use crate::support::hashing;
use std::collections::BTreeMap;
use std::fs::File as Disk;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Form of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A source tree with `pyproject.toml`.
    Checkout,
    /// A packed source distribution.
    Sdist,
    /// A wheel as it is.
    Wheel,
    /// A package with its `*.dist-info` in a folder: installed, or an unpacked wheel.
    Installed,
    /// Nothing but reports.
    Reports,
}

impl Kind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Sdist => "sdist",
            Self::Wheel => "wheel",
            Self::Installed => "installed",
            Self::Reports => "reports",
        }
    }

    /// Whether names are laid out as in a source tree.
    pub fn is_source(self) -> bool {
        matches!(self, Self::Checkout | Self::Sdist)
    }
}

/// A file of the input.
#[derive(Debug, Clone)]
pub struct File {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, when it was read.
    pub sha256: Option<[u8; 32]>,
    /// Content, when a rule may need it.
    pub bytes: Option<Vec<u8>>,
}

/// The input.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its form; `None` when it has none that is known.
    pub kind: Option<Kind>,
    /// Path as given.
    pub shown: String,
    /// Name in front of findings: an archive's file name; `None` for a folder.
    pub archive: Option<String>,
    /// File name, for what it says about name and version.
    pub file_name: String,
    /// Top folder of an sdist, left off in `files`.
    pub top: String,
    /// Name (with `/`) to file.
    pub files: BTreeMap<String, File>,
    /// SHA-256 of an archive, hex.
    pub sha256: Option<String>,
    /// Why it has no form, or what could not be read.
    pub problems: Vec<(String, String)>,
    /// How much was read.
    pub scanned: Scanned,
}

/// Larger files are not kept.
const KEEP_FILE: u64 = 8 << 20;
/// Nor is more than this in all.
const KEEP_ALL: u64 = 256 << 20;
/// A folder with more files than this is no package.
const MOST_FILES: usize = 50_000;
/// Folders of a checkout that are not PIC's own.
const FOREIGN: &[&str] = &[
    ".git",
    ".hg",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "node_modules",
    "target",
    "venv",
];

/// What an interpreter leaves in an installation.
const INSTALLED: &[&str] = &["__pycache__"];

impl Input {
    /// Reads what stands at `path`.
    ///
    /// # Errors
    /// It does not exist. Everything else that is wrong is a problem of the input.
    pub fn read(path: &Path, module: &str, limits: &Limits) -> std::io::Result<Self> {
        let meta = path.metadata()?;
        let mut input = Self {
            kind: None,
            shown: path.display().to_string(),
            archive: None,
            file_name: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            top: String::new(),
            files: BTreeMap::new(),
            sha256: None,
            problems: Vec::new(),
            scanned: Scanned::default(),
        };
        if meta.is_file() {
            input.archive(path, limits)?;
        } else {
            input.folder(path, module);
        }
        Ok(input)
    }

    /// The path of a file, as findings name it.
    pub fn path(&self, name: &str) -> EntryPath {
        match &self.archive {
            Some(archive) => {
                let archive = EntryPath::root(archive);
                let full = format!("{}{name}", self.top);
                archive.join(&EntryPath::escape(full.as_bytes()))
            }
            // A root of its own, so that it is not taken for a file of the audited repository.
            None => EntryPath::root(&format!("pic:{}", EntryPath::escape(name.as_bytes()))),
        }
    }

    /// The path of the input as a whole.
    pub fn whole(&self) -> EntryPath {
        match &self.archive {
            Some(archive) => EntryPath::root(archive),
            None => EntryPath::root("pic:."),
        }
    }

    /// Content of a file that was kept.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name)?.bytes.as_deref()
    }

    /// Content as text, when it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// The `*.dist-info` folder, without a slash.
    pub fn dist_info(&self) -> Option<&str> {
        self.files.keys().find_map(|name| {
            let (folder, file) = name.split_once('/')?;
            (file == "METADATA" && folder.ends_with(".dist-info")).then_some(folder)
        })
    }

    /// Folder of the import package with a final slash: `src/pkg/` in a source tree.
    pub fn package(&self, module: &str) -> String {
        let direct = format!("{module}/");
        if self.kind.is_some_and(Kind::is_source) {
            let below = format!("src/{module}/");
            if self.files.keys().any(|name| name.starts_with(&below)) {
                return below;
            }
        }
        direct
    }

    fn archive(&mut self, path: &Path, limits: &Limits) -> std::io::Result<()> {
        let name = EntryPath::escape(self.file_name.as_bytes());
        let mut disk = Disk::open(path)?;
        self.sha256 = Some(hashing::hex(&hash(&mut Disk::open(path)?)?));
        let mut members = Members::default();
        let limits = Limits {
            depth: 1,
            ..*limits
        };
        let opened = artifact::walk(
            &EntryPath::root(&name),
            &name,
            &mut disk,
            &limits,
            &mut members,
        );
        self.scanned = members.scanned;
        self.scanned.archives = 1;
        self.problems = members.problems;
        if !opened {
            if path
                .extension()
                .is_some_and(|e| e == "json" || e == "jsonl")
            {
                self.kind = Some(Kind::Reports);
                self.one_file(path);
                return Ok(());
            }
            self.problems
                .insert(0, (name.clone(), "the file is no archive".to_owned()));
        }
        self.archive = Some(name);
        self.files = members.files;
        let wheel = self.dist_info().is_some();
        if wheel {
            self.kind = Some(Kind::Wheel);
            return Ok(());
        }
        let top = self
            .files
            .keys()
            .next()
            .and_then(|first| first.split_once('/'))
            .map(|(top, _)| format!("{top}/"));
        if let Some(top) = top
            && self.files.keys().all(|name| name.starts_with(&top))
            && self.files.contains_key(&format!("{top}PKG-INFO"))
        {
            self.kind = Some(Kind::Sdist);
            self.files = std::mem::take(&mut self.files)
                .into_iter()
                .map(|(name, file)| (name[top.len()..].to_owned(), file))
                .collect();
            self.top = top;
        }
        Ok(())
    }

    fn folder(&mut self, path: &Path, module: &str) {
        let places: Vec<PathBuf> = std::iter::once(path.to_owned())
            .chain(packages_below(path))
            .collect();
        for place in &places {
            if let Some(info) = dist_info(place) {
                self.kind = Some(Kind::Installed);
                if place != path {
                    self.shown = place.display().to_string();
                }
                self.tree(place, &place.join(module), INSTALLED);
                self.tree(place, &info, INSTALLED);
                return;
            }
        }
        self.tree(path, path, FOREIGN);
        let named = self
            .text("pyproject.toml")
            .and_then(|text| toml::from_str::<toml::Table>(text).ok())
            .is_some_and(|table| {
                let project = table.get("project").and_then(toml::Value::as_table);
                project.is_some_and(|project| project.contains_key("name"))
            });
        // A manifest that cannot be parsed is the fault of a checkout, not another kind of thing.
        let broken = self.files.contains_key("pyproject.toml")
            && self
                .files
                .keys()
                .any(|name| name.ends_with(&format!("{module}/cli.py")));
        let reports = |name: &String| name.ends_with(".json") || name.ends_with(".jsonl");
        if named || broken {
            self.kind = Some(Kind::Checkout);
        } else if !self.files.is_empty() && self.files.keys().all(reports) {
            self.kind = Some(Kind::Reports);
        }
    }

    /// Adds the files below `folder`, named from `root`.
    fn tree(&mut self, root: &Path, folder: &Path, without: &[&str]) {
        let walk = walkdir::WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                let name = entry.file_name().to_string_lossy();
                entry.depth() == 0 || !without.contains(&&*name)
            });
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let at = error.path().unwrap_or(folder);
                    let name = relative(root, at);
                    self.problems.push((name, "it cannot be listed".to_owned()));
                    continue;
                }
            };
            if !entry.file_type().is_file() {
                continue;
            }
            if self.files.len() >= MOST_FILES {
                let why = format!("the folder holds more than {MOST_FILES} files");
                self.problems.push((".".to_owned(), why));
                return;
            }
            let name = relative(root, entry.path());
            self.one(name, entry.path());
        }
    }

    fn one_file(&mut self, path: &Path) {
        let name = self.file_name.clone();
        self.one(name, path);
    }

    fn one(&mut self, name: String, path: &Path) {
        let size = path.metadata().map_or(0, |meta| meta.len());
        self.scanned.files += 1;
        let kept = self.scanned.bytes;
        let wanted = keeps(&name) && size <= KEEP_FILE && kept + size <= KEEP_ALL;
        // RECORD covers every file of an installation, so all are hashed.
        let read = if wanted {
            std::fs::read(path).map(|bytes| (hashing::sha256(&bytes), Some(bytes)))
        } else {
            if keeps(&name) {
                let why = format!("it is larger than {KEEP_FILE} bytes");
                self.problems.push((name.clone(), why));
            }
            Disk::open(path)
                .and_then(|mut disk| hash(&mut disk))
                .map(|digest| (digest, None))
        };
        let (sha256, bytes) = match read {
            Ok((digest, bytes)) => {
                self.scanned.bytes += size;
                (Some(digest), bytes)
            }
            Err(error) => {
                self.problems.push((name.clone(), error.to_string()));
                (None, None)
            }
        };
        let file = File {
            size,
            sha256,
            bytes,
        };
        self.files.insert(name, file);
    }
}

/// Whether a rule may ask for the content.
fn keeps(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let ending = base.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(
        ending,
        "py" | "json" | "jsonl" | "md" | "toml" | "txt" | "rst"
    ) || matches!(base, "METADATA" | "PKG-INFO" | "RECORD" | "WHEEL")
        || base.starts_with("LICENSE")
        || base.starts_with("NOTICE")
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let name = inside.to_string_lossy().replace('\\', "/");
    if name.is_empty() {
        ".".to_owned()
    } else {
        name
    }
}

fn hash(disk: &mut Disk) -> std::io::Result<[u8; 32]> {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = disk.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..read]);
    }
}

/// Members of an archive.
#[derive(Default)]
struct Members {
    files: BTreeMap<String, File>,
    problems: Vec<(String, String)>,
    scanned: Scanned,
}

impl Visitor for Members {
    fn enter(&mut self, _: &EntryPath, _: Format) {}

    fn entry(&mut self, entry: OwnedEntry) {
        self.scanned.entries += 1;
        if entry.path.depth() != 1 || entry.kind != EntryKind::File {
            return;
        }
        self.scanned.bytes += entry.size;
        let name = entry.path.name().to_owned();
        let wanted = keeps(&name) && entry.size <= KEEP_FILE && entry.complete;
        if entry.complete && keeps(&name) && !wanted {
            let why = format!("it is larger than {KEEP_FILE} bytes");
            self.problems.push((name.clone(), why));
        }
        let file = File {
            size: entry.size,
            sha256: entry.complete.then_some(entry.sha256),
            bytes: wanted.then_some(entry.bytes),
        };
        self.files.insert(name, file);
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        let name = if anomaly.path.depth() > 0 {
            anomaly.path.name().to_owned()
        } else {
            ".".to_owned()
        };
        self.problems.push((name, anomaly.detail));
    }

    fn leave(&mut self, _: &EntryPath) {}
}
