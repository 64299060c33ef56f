// SPDX-License-Identifier: Apache-2.0
//! What this machine offers, found by looking: programs on `PATH`, packages in the folders where
//! Python would look. No interpreter is started.

pub use crate::support::names::normal_name as normalise;
use std::path::{Path, PathBuf};

/// Name of the distribution, normalised.
pub const PACKAGE: &str = "percolation-inversion-compiler";

/// Where to look. Values, not variables, so that a test can give its own.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Folders of `PATH`, in order.
    pub path: Vec<PathBuf>,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// Folders of `PYTHONPATH`, in order.
    pub python_path: Vec<PathBuf>,
    /// Home folder.
    pub home: Option<PathBuf>,
}

/// An installed distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `.../site-packages`.
    pub folder: PathBuf,
    /// Version in its `METADATA`.
    pub version: String,
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        let list = |name: &str| -> Vec<PathBuf> {
            std::env::var_os(name)
                .map(|value| std::env::split_paths(&value).collect())
                .unwrap_or_default()
        };
        let folder = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let path = match std::env::var_os("PATH") {
            // What the C library and Python assume when nothing is said.
            None => ["/bin", "/usr/bin"].map(PathBuf::from).to_vec(),
            Some(_) => list("PATH"),
        };
        Self {
            path,
            virtual_env: folder("VIRTUAL_ENV"),
            python_path: list("PYTHONPATH"),
            home: folder("HOME").or_else(|| folder("USERPROFILE")),
        }
    }

    /// The first executable file of this name on `PATH`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let names: Vec<String> = if cfg!(windows) {
            ["exe", "cmd", "bat", "com"]
                .iter()
                .map(|end| format!("{name}.{end}"))
                .collect()
        } else {
            vec![name.to_owned()]
        };
        self.path
            .iter()
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|path| is_executable(path))
    }

    /// Every folder from which the active Python would import.
    pub fn site_packages(&self) -> Vec<PathBuf> {
        let mut found = self.python_path.clone();
        match &self.virtual_env {
            Some(root) => found.extend(packages_below(root)),
            None => {
                let python = ["python3", "python"]
                    .iter()
                    .find_map(|name| self.program(name));
                if let Some(python) = python {
                    for prefix in prefixes(&python) {
                        found.extend(packages_below(&prefix));
                    }
                }
            }
        }
        found.retain(|folder| folder.is_dir());
        found
    }

    /// The first installed copy of the package.
    pub fn installed(&self) -> Option<Installed> {
        self.site_packages()
            .iter()
            .find_map(|folder| installed_in(folder))
    }
}

/// The copy of the package in one folder of packages.
pub fn installed_in(folder: &Path) -> Option<Installed> {
    let metadata = std::fs::read(dist_info(folder)?.join("METADATA")).ok()?;
    let text = String::from_utf8_lossy(&metadata);
    let version = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .find_map(|line| line.strip_prefix("Version:"))?;
    Some(Installed {
        folder: folder.to_owned(),
        version: version.trim().to_owned(),
    })
}

/// The package's `*.dist-info` in a folder; the first by name when there are several.
pub fn dist_info(folder: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.strip_suffix(".dist-info")
                .and_then(|stem| stem.split_once('-'))
                .is_some_and(|(name, _)| normalise(name) == PACKAGE)
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

/// `site-packages` folders of an installation or a virtual environment.
pub fn packages_below(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("Lib").join("site-packages")];
    for lib in ["lib", "lib64"] {
        let Ok(entries) = std::fs::read_dir(root.join(lib)) else {
            continue;
        };
        let mut versions: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("python3"))
            })
            .collect();
        versions.sort();
        for version in versions {
            found.push(version.join("site-packages"));
            found.push(version.join("dist-packages"));
        }
    }
    found.retain(|folder| folder.is_dir());
    found
}

/// The roots that an interpreter may belong to: the virtual environment around its link, else
/// what the link ends at.
fn prefixes(python: &Path) -> Vec<PathBuf> {
    let above = |path: &Path| path.parent().and_then(Path::parent).map(Path::to_owned);
    let direct = above(python);
    if let Some(root) = &direct
        && root.join("pyvenv.cfg").is_file()
    {
        return vec![root.clone()];
    }
    let real = python.canonicalize().ok().and_then(|real| above(&real));
    let mut all: Vec<PathBuf> = real.into_iter().chain(direct).collect();
    all.dedup();
    all
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
