// SPDX-License-Identifier: Apache-2.0
//! The bytes of a planning tree or a run directory, from a folder or an archive, under a budget.
//! Names are the same in both cases, so that findings are.

use crate::artifact::{self, Anomaly, EntryKind, Format, OwnedEntry, Visitor};
use crate::discover::{self, InputKind, TreeOptions};
use crate::model::{EntryPath, Scanned};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File as Disk;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

/// What a reading may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of one run directory, or of the governed files of one tree.
    pub total_bytes: u64,
    /// Files of one run directory, or of one tree.
    pub files: usize,
    /// Bounds of an archive.
    pub archive: artifact::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            total_bytes: 256 << 20,
            files: 200_000,
            archive: artifact::Limits {
                depth: 1,
                ..artifact::Limits::default()
            },
        }
    }
}

/// Named contents.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Content by name below the folder, `/`-separated.
    pub content: BTreeMap<String, Vec<u8>>,
    /// Content that is held together with who reads it as text, likewise by name.
    pub texts: BTreeMap<String, Arc<String>>,
    /// Names that are there and were not read: not asked for. Links are not among them.
    pub unread: Vec<String>,
    /// Links and their targets, never followed.
    pub links: BTreeMap<String, String>,
    /// What keeps something from being read, by name.
    pub faults: Vec<(String, String)>,
    /// When files of a folder were last modified, in seconds; archives have none.
    pub modified: BTreeMap<String, i64>,
}

impl Files {
    /// Content of one file.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let content = self.content.get(name).map(Vec::as_slice);
        content.or_else(|| self.texts.get(name).map(|text| text.as_bytes()))
    }

    /// Every name with its content, in the order of names.
    pub fn contents(&self) -> Vec<(&str, &[u8])> {
        let content = self.content.iter();
        let content = content.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let texts = self.texts.iter();
        let texts = texts.map(|(name, text)| (name.as_str(), text.as_bytes()));
        let mut all: Vec<_> = content.chain(texts).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// The text of a file, U+FFFD where it is none; held once, however many hold it.
    pub fn share(&mut self, name: &str) -> Option<Arc<String>> {
        if let Some(text) = self.texts.get(name) {
            return Some(Arc::clone(text));
        }
        let bytes = self.content.remove(name)?;
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = Arc::new(text);
                self.texts.insert(name.to_owned(), Arc::clone(&text));
                Some(text)
            }
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.content.insert(name.to_owned(), error.into_bytes());
                Some(Arc::new(text))
            }
        }
    }

    /// Content as text, when it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Whether there is such a file, read or not, or such a folder.
    pub fn exists(&self, name: &str) -> bool {
        let name = name.trim_end_matches('/');
        if self.get(name).is_some() || self.unread.iter().any(|known| known == name) {
            return true;
        }
        let below = format!("{name}/");
        let first = self.content.range(below.clone()..).next();
        let text = self.texts.range(below.clone()..).next();
        first.is_some_and(|(known, _)| known.starts_with(&below))
            || text.is_some_and(|(known, _)| known.starts_with(&below))
            || self.unread.iter().any(|known| known.starts_with(&below))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let read = self.content.keys().chain(self.texts.keys());
        let read = read.map(String::as_str);
        read.chain(self.unread.iter().map(String::as_str))
    }

    /// How much was read.
    pub fn scanned(&self) -> Scanned {
        Scanned {
            files: (self.content.len() + self.texts.len()) as u64,
            bytes: self
                .contents()
                .iter()
                .map(|(_, bytes)| bytes.len() as u64)
                .sum(),
            ..Scanned::default()
        }
    }

    fn fault(&mut self, name: &str, why: impl Into<String>) {
        self.faults.push((name.to_owned(), why.into()));
    }

    fn add(&mut self, name: String, disk: &Path, limits: &Limits, total: &mut u64) {
        match read_bounded(disk, limits.file_bytes) {
            Ok(bytes) if *total + bytes.len() as u64 > limits.total_bytes => {
                let why = format!(
                    "more than {} bytes in all; it is not read",
                    limits.total_bytes
                );
                self.fault(&name, why);
            }
            Ok(bytes) => {
                *total += bytes.len() as u64;
                self.content.insert(name, bytes);
            }
            Err(error) => self.fault(&name, error.to_string()),
        }
    }

    /// The files of a repository as it would be published; those that `wanted` names are read.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn tree(root: &Path, limits: &Limits, wanted: impl Fn(&str) -> bool) -> io::Result<Self> {
        let listing = discover::tree(root, &TreeOptions::default())?;
        let mut files = Self::default();
        let mut total = 0;
        files.faults = listing.unreadable;
        if listing.inputs.len() > limits.files {
            let why = format!("more than {} files; the rest is not read", limits.files);
            files.fault(".", why);
        }
        for input in listing.inputs.into_iter().take(limits.files) {
            match input.kind {
                InputKind::Symlink { target, .. } => {
                    files.links.insert(input.name, target);
                }
                InputKind::File(_) if wanted(&input.name) => {
                    files.add(input.name, &input.disk.path(), limits, &mut total);
                }
                InputKind::File(_) => files.unread.push(input.name),
            }
        }
        Ok(files)
    }

    /// Every file of a folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn folder(root: &Path, limits: &Limits) -> io::Result<Self> {
        std::fs::read_dir(root)?;
        let mut files = Self::default();
        let mut total = 0;
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let at = error.path().unwrap_or(root);
                    let name = below(root, at);
                    files.fault(&name, "it cannot be listed");
                    continue;
                }
            };
            let kind = entry.file_type();
            if kind.is_dir() {
                continue;
            }
            let name = below(root, entry.path());
            if files.content.len() + files.links.len() >= limits.files {
                files.fault(
                    ".",
                    format!("more than {} files; the rest is not read", limits.files),
                );
                break;
            }
            if kind.is_symlink() {
                let target = std::fs::read_link(entry.path()).unwrap_or_default();
                files.links.insert(name, discover::show(&target));
            } else if kind.is_file() {
                let modified = entry.metadata().ok().and_then(|meta| meta.modified().ok());
                if let Some(time) = modified.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
                    files.modified.insert(name.clone(), time.as_second());
                }
                files.add(name, entry.path(), limits, &mut total);
            } else {
                files.fault(&name, "neither a file nor a folder");
            }
        }
        Ok(files)
    }

    /// Every member of an archive; nothing when the file is none.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn archive(path: &Path, limits: &Limits) -> io::Result<Option<Self>> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = EntryPath::escape(name.unwrap_or_default().as_bytes());
        let mut disk = Disk::open(path)?;
        let mut members = Members {
            files: Self::default(),
            limits: *limits,
        };
        let root = EntryPath::root(&name);
        let opened = artifact::walk(&root, &name, &mut disk, &limits.archive, &mut members);
        Ok(opened.then_some(members.files))
    }
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// It cannot be read, or is larger.
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let disk = Disk::open(path)?;
    // One byte more, so that the end is seen without growing.
    let size = disk.metadata()?.len().min(most) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    disk.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("larger than {most} bytes; it is not read");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(bytes)
}

fn below(root: &Path, path: &Path) -> String {
    discover::show(path.strip_prefix(root).unwrap_or(path))
}

struct Members {
    files: Files,
    limits: Limits,
}

impl Visitor for Members {
    fn enter(&mut self, _path: &EntryPath, _format: Format) {}

    fn entry(&mut self, entry: OwnedEntry) {
        let name = entry.path.name().trim_start_matches("./").to_owned();
        match entry.kind {
            EntryKind::Symlink(target) | EntryKind::Hardlink(target) => {
                self.files.links.insert(name, target);
            }
            EntryKind::Directory => {}
            EntryKind::Special => self.files.fault(&name, "neither a file nor a folder"),
            EntryKind::File if entry.size > self.limits.file_bytes => {
                let why = format!(
                    "larger than {} bytes; it is not read",
                    self.limits.file_bytes
                );
                self.files.fault(&name, why);
            }
            // An anomaly says why a member is not whole.
            EntryKind::File if entry.complete => {
                if self
                    .files
                    .content
                    .insert(name.clone(), entry.bytes)
                    .is_some()
                {
                    self.files.fault(&name, "two members have this name");
                }
            }
            EntryKind::File => {}
        }
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        let name = anomaly.path.name().to_owned();
        self.files.faults.push((name, anomaly.detail));
    }

    fn leave(&mut self, _path: &EntryPath) {}
}

/// One run directory.
#[derive(Debug, Clone)]
pub struct RunFiles {
    /// Name of the directory.
    pub name: String,
    /// What is in it, named below it.
    pub files: Files,
}

/// Whether a name is that of a run directory: `YYYYMMDDTHHMMSSZ-<case>-<pid>`, the process id being
/// optional (section 1.6, run citation).
pub fn is_run_id(name: &str) -> bool {
    let Some((stamp, rest)) = name.split_once('-') else {
        return false;
    };
    let bytes = stamp.as_bytes();
    let stamped = bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes[..8]
            .iter()
            .chain(&bytes[9..15])
            .all(u8::is_ascii_digit);
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let first = rest.bytes().next().is_some_and(word);
    stamped && first && rest.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// Opens every run of a path, one at a time a worker, and hands each to `judge`: a run directory
/// itself, a folder of run directories, or an archive that holds either. Results come in the order
/// of names.
///
/// # Errors
/// The path does not exist or is neither folder nor archive.
pub fn each_run<T: Send>(
    path: &Path,
    limits: &Limits,
    judge: impl Fn(RunFiles) -> T + Send + Sync,
) -> io::Result<Vec<T>> {
    if path.is_dir() {
        let names = runs_below(path)?;
        if names.is_empty() {
            let files = Files::folder(path, limits)?;
            let name = directory_name(path);
            return Ok(vec![judge(RunFiles { name, files })]);
        }
        return names
            .into_par_iter()
            .map(|name| {
                let files = Files::folder(&path.join(&name), limits)?;
                Ok(judge(RunFiles { name, files }))
            })
            .collect();
    }
    let Some(files) = Files::archive(path, limits)? else {
        let why = "it is neither a folder nor an archive";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    };
    Ok(split(files, path).into_par_iter().map(judge).collect())
}

/// Names of the run directories right below a folder; empty when it is a run directory itself.
fn runs_below(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    if path.join("report.json").exists() || is_run_id(&directory_name(path)) {
        return Ok(names);
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_run_id(&name) || entry.path().join("report.json").exists() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn directory_name(path: &Path) -> String {
    let real = path.canonicalize();
    let named = real.as_deref().unwrap_or(path).file_name();
    named.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The members of an archive by the run directory they lie in: the first folder with a run's name,
/// else the folder that holds `report.json`.
fn split(files: Files, archive: &Path) -> Vec<RunFiles> {
    let mut holders: Vec<String> = files
        .names()
        .filter_map(|name| Some(name.strip_suffix("report.json")?.to_owned()))
        .filter(|holder| holder.is_empty() || holder.ends_with('/'))
        .collect();
    holders.sort();
    let stem = || {
        let name = archive
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let ends = [
            ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".tgz", ".tar", ".zip",
        ];
        let cut = ends.iter().find_map(|end| name.strip_suffix(end));
        cut.unwrap_or(&name).to_owned()
    };
    let home = |name: &str| -> Option<(String, usize)> {
        let mut at = 0;
        for part in name.split_inclusive('/') {
            at += part.len();
            if let Some(part) = part.strip_suffix('/')
                && is_run_id(part)
            {
                return Some((part.to_owned(), at));
            }
        }
        let holder = holders
            .iter()
            .find(|holder| name.starts_with(holder.as_str()))?;
        let folder = holder
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or("");
        let named = if folder.is_empty() {
            stem()
        } else {
            folder.to_owned()
        };
        Some((named, holder.len()))
    };
    let mut runs: BTreeMap<String, Files> = BTreeMap::new();
    for (name, bytes) in files.content {
        if let Some((run, at)) = home(&name) {
            let files = runs.entry(run).or_default();
            files.content.insert(name[at..].to_owned(), bytes);
        }
    }
    for (name, target) in files.links {
        if let Some((run, at)) = home(&name) {
            let files = runs.entry(run).or_default();
            files.links.insert(name[at..].to_owned(), target);
        }
    }
    let mut strays = Vec::new();
    for (name, why) in files.faults {
        match home(&name) {
            Some((run, at)) => {
                let files = runs.entry(run).or_default();
                files.faults.push((name[at..].to_owned(), why));
            }
            None => strays.push((name, why)),
        }
    }
    if runs.is_empty() {
        let name = stem();
        runs.insert(name, Files::default());
    }
    // What concerns the container as a whole is a fault of every run in it.
    for files in runs.values_mut() {
        files.faults.extend(strays.iter().cloned());
    }
    let named = |(name, files)| RunFiles { name, files };
    runs.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_are_told_from_other_names() {
        for id in [
            "20260310T091500Z-demo-title-case-4242",
            "20260310T091500Z-run-all-fake",
        ] {
            assert!(is_run_id(id), "{id}");
        }
        for other in [
            "20260310T091500-demo",
            "20260310T091500Z-",
            "20260310T091500Z-Demo",
            "runs",
            "-",
        ] {
            assert!(!is_run_id(other), "{other}");
        }
    }

    #[test]
    fn a_folder_and_its_archive_hold_the_same_runs() {
        let dir = tempfile::tempdir().unwrap();
        let run = "20260310T091500Z-demo-1";
        let folder = dir.path().join("runs").join(run);
        std::fs::create_dir_all(folder.join("backend")).unwrap();
        std::fs::write(folder.join("report.json"), "{}").unwrap();
        std::fs::write(folder.join("backend/a.log"), "x").unwrap();
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all("runs", dir.path().join("runs")).unwrap();
        let packed = dir.path().join("runs.tar");
        std::fs::write(&packed, tar.into_inner().unwrap()).unwrap();
        let seen = |path: &Path| {
            each_run(path, &Limits::default(), |run| {
                (run.name, run.files.content)
            })
            .unwrap()
        };
        let of_folder = seen(&dir.path().join("runs"));
        assert_eq!(of_folder.len(), 1);
        assert_eq!(of_folder[0].1.len(), 2);
        assert_eq!(seen(&packed), of_folder);
        assert_eq!(seen(&folder), of_folder);
    }
}
