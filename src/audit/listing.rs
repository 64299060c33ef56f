// SPDX-License-Identifier: Apache-2.0
//! From what the user named to the list of what is to be read, in order of name.

use super::error::AuditError;
use super::request::{Request, Target, Task};
use crate::artifact;
use crate::discover::{self, Input, InputKind, Place, Stat, TreeOptions};
use crate::git::Checkout;
use crate::model::{Draft, EntryPath, Skipped};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Everything to be read, and what listing it showed.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) tasks: Vec<Task>,
    pub(super) skipped: Vec<Skipped>,
    /// Judgements about what cannot be listed or is missing.
    pub(super) drafts: Vec<Draft>,
    /// The dist folder of a release.
    pub(super) dist: Option<PathBuf>,
    /// The tasks whose `name_from` is 0 are one tree, to be judged as a whole.
    pub(super) is_tree: bool,
    /// Git tags of the commit that is checked out.
    pub(super) head_tags: Vec<String>,
}

/// Lists the target of a request.
pub(super) fn list(request: &Request<'_>) -> Result<Listed, AuditError> {
    let mut listed = Listed::default();
    match &request.target {
        Target::Release { root, dist } => {
            let (folder, archives) = listed.dist(root, dist.as_deref());
            let without = vec![folder.clone(), root.join("target").join("package")];
            listed.folder(request, root, "", without)?;
            listed.tasks.extend(archives);
            listed.dist = Some(folder);
            listed.is_tree = true;
        }
        Target::Repo { root } => {
            listed.folder(request, root, "", Vec::new())?;
            let checkout = Checkout::at(root);
            listed.head_tags = checkout.map_or_else(Vec::new, |git| git.head_tags());
            listed.is_tree = true;
        }
        Target::Paths(paths) => {
            let single = paths.len() == 1;
            for path in paths {
                listed.path(request, path, single)?;
            }
            listed.is_tree = single && paths[0].is_dir();
        }
        // History is not made of files.
        Target::Bytes(_) | Target::History { .. } => {}
    }
    Ok(listed)
}

impl Listed {
    /// What is about to be uploaded, and its folder. A folder that is missing or empty is a
    /// finding: a release without files is not a release that may pass.
    fn dist(&mut self, root: &Path, named: Option<&Path>) -> (PathBuf, Vec<Task>) {
        let folder = root.join(named.unwrap_or_else(|| Path::new("dist")));
        let mut archives = Vec::new();
        let read = files_in(root, &folder, None, &mut archives);
        if named.is_none() && root.join("Cargo.toml").is_file() {
            // `cargo package` puts its archive here; absent is fine, `dist` decides then.
            let package = root.join("target").join("package");
            let _ = files_in(root, &package, Some("crate"), &mut archives);
        }
        archives.sort_by(|a, b| a.input.name.cmp(&b.input.name));
        let is_archive = |input: &Input| {
            artifact::named_like_archive(&input.name)
                || head(&input.disk.path()).is_some_and(|h| artifact::sniff(&h).is_some())
        };
        if !archives.iter().any(|task| is_archive(&task.input)) {
            let path = EntryPath::root(&discover::show(
                folder.strip_prefix(root).unwrap_or(&folder),
            ));
            let (rule, what) = match read {
                Err(error) => (
                    "artifact-dist-missing",
                    format!("The distribution folder cannot be read: {error}."),
                ),
                Ok(()) => (
                    "artifact-dist-empty",
                    "The distribution folder holds no archive.".to_owned(),
                ),
            };
            self.drafts.push(Draft::new(rule, &path, what));
        }
        (folder, archives)
    }

    /// A named path: a folder's files, or the file itself.
    fn path(&mut self, request: &Request<'_>, path: &Path, single: bool) -> Result<(), AuditError> {
        let meta = path.metadata().map_err(|cause| AuditError::Input {
            path: path.display().to_string(),
            cause: cause.to_string(),
        })?;
        if meta.is_dir() {
            let prefix = if single {
                String::new()
            } else {
                format!("{}/", discover::show(path))
            };
            return self.folder(request, path, &prefix, Vec::new());
        }
        let name = discover::show(path);
        let name_from = name.rfind('/').map_or(0, |slash| slash + 1);
        self.tasks.push(Task {
            input: Input {
                name,
                disk: Place::alone(path),
                kind: InputKind::seen(Stat {
                    size: meta.len(),
                    mode: None,
                }),
            },
            name_from,
        });
        Ok(())
    }

    fn folder(
        &mut self,
        request: &Request<'_>,
        root: &Path,
        prefix: &str,
        without: Vec<PathBuf>,
    ) -> Result<(), AuditError> {
        let options = TreeOptions {
            all_files: request.all_files,
            without,
        };
        let tree = discover::tree(root, &options).map_err(|cause| AuditError::Input {
            path: root.display().to_string(),
            cause: cause.to_string(),
        })?;
        for (name, cause) in tree.unreadable {
            let path = EntryPath::root(&format!("{prefix}{name}"));
            self.drafts.push(Draft::new(
                "text-unreadable",
                &path,
                format!("It cannot be read: {cause}."),
            ));
        }
        self.tasks.reserve(tree.inputs.len());
        for mut input in tree.inputs {
            let mut excludes = request.config.exclude.iter();
            let excluded = excludes.find(|e| e.paths.is_match(&input.name));
            input.name.insert_str(0, prefix);
            match excluded {
                Some(exclude) => self.skipped.push(Skipped {
                    path: input.name,
                    reason: exclude.reason.clone(),
                }),
                None => self.tasks.push(Task {
                    input,
                    name_from: prefix.len(),
                }),
            }
        }
        Ok(())
    }
}

/// Adds the files of a folder, or those with one ending.
fn files_in(
    root: &Path,
    folder: &Path,
    only: Option<&str>,
    archives: &mut Vec<Task>,
) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let disk = entry?.path();
        let wanted = only.is_none_or(|ending| disk.extension().is_some_and(|e| e == ending));
        if let (true, Ok(meta)) = (wanted, disk.metadata())
            && meta.is_file()
        {
            let name = discover::show(disk.strip_prefix(root).unwrap_or(&disk));
            let name_from = name.rfind('/').map_or(0, |slash| slash + 1);
            let kind = InputKind::seen(Stat {
                size: meta.len(),
                mode: None,
            });
            let disk = Place::alone(&disk);
            archives.push(Task {
                input: Input { name, disk, kind },
                name_from,
            });
        }
    }
    Ok(())
}

fn head(disk: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(1024);
    let file = File::open(disk).ok()?;
    file.take(1024).read_to_end(&mut head).ok()?;
    Some(head)
}

/// The profile that `audit repo` takes when none is named, told by what the tree is: a checkout of
/// the Python reference owes what its own audit asks for, any other repository what readers,
/// registries and workflows expect.
pub fn repo_profile(root: &Path) -> &'static str {
    let named = || {
        let text = std::fs::read_to_string(root.join("pyproject.toml")).ok()?;
        let table: toml::Table = text.parse().ok()?;
        let name = table.get("project")?.get("name")?.as_str()?;
        Some(name == "collective-capability-runtime")
    };
    let sources = root.join("src").join("ccr");
    let built = sources.join("constants.py").is_file() && sources.join("cli.py").is_file();
    if built || named() == Some(true) {
        "ccr-repo"
    } else {
        "repo"
    }
}
