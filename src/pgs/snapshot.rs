// SPDX-License-Identifier: Apache-2.0
//! A snapshot as a map from names to artifacts (specification of the PGS runtime, sections 1.1 to
//! 1.3). A name leads to exactly one file; nothing is searched, nothing outside is read.

use super::files::{File, Files};
use super::fqdn::{Fqdn, Kind};
use super::limits::Limits;
use crate::support::pyjson::ordered::{self, Value};

/// One parsed artifact.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Its name.
    pub fqdn: Fqdn,
    /// Its file, below the folder that [`Files`] were read from.
    pub path: String,
    /// The whole document.
    pub body: Value,
}

impl Artifact {
    /// The parsed source: `frontmatter`.
    pub fn frontmatter(&self) -> &Value {
        self.body.get("frontmatter").unwrap_or(&Value::Null)
    }

    /// The part that is executed: `frontmatter.core`.
    pub fn core(&self) -> &Value {
        self.frontmatter().get("core").unwrap_or(&Value::Null)
    }
}

/// Why a name leads to no artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No file of that name.
    #[error("{fqdn}: there is no {path}")]
    Missing {
        /// The name.
        fqdn: Fqdn,
        /// Where it would stand.
        path: String,
    },
    /// The file is no JSON, or has a name twice in one object.
    #[error("{path}: {cause}")]
    Json {
        /// The file.
        path: String,
        /// What the parser says.
        cause: String,
    },
    /// The document says it is another artifact.
    #[error("{path}: its fqdn_id is {found:?}, not {expected:?}")]
    Name {
        /// The file.
        path: String,
        /// What the file's name promises.
        expected: String,
        /// What the document says.
        found: String,
    },
}

/// Files seen as a snapshot of the symbolic generation (`artifacts/`, `governance/`,
/// `conformance/`).
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The bytes.
    pub files: Files,
    /// Where `artifacts/` stands below the files: empty, or a path with a final `/`.
    pub prefix: String,
    /// Bounds that hold for it.
    pub limits: Limits,
}

impl Snapshot {
    /// Sees files as a snapshot; nothing when they hold no `artifacts/` folder, at the top or in
    /// `protocol_snapshot/`.
    pub fn of(files: Files, limits: Limits) -> Option<Self> {
        let holds = |prefix: &str| {
            let start = format!("{prefix}artifacts/");
            let next = files.files.range(start.clone()..).next();
            next.is_some_and(|(path, _)| path.starts_with(&start))
        };
        let prefix = ["", "protocol_snapshot/"]
            .into_iter()
            .find(|at| holds(at))?;
        Some(Self {
            prefix: prefix.to_owned(),
            files,
            limits,
        })
    }

    /// Where the artifact of a name stands.
    pub fn path_of(&self, fqdn: &Fqdn) -> String {
        let folder = fqdn.kind().folder();
        let path = |top: &str| {
            format!(
                "{}{top}artifacts/{folder}/{}",
                self.prefix,
                fqdn.file_name()
            )
        };
        let governed = path("governance/");
        if self.files.get(&governed).is_some() {
            governed
        } else {
            path("")
        }
    }

    /// Whether the snapshot has an artifact of that name.
    pub fn has(&self, fqdn: &Fqdn) -> bool {
        self.files.get(&self.path_of(fqdn)).is_some()
    }

    /// Parses the artifact of a name.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn artifact(&self, fqdn: &Fqdn) -> Result<Artifact, LoadError> {
        let path = self.path_of(fqdn);
        let Some(file) = self.files.get(&path) else {
            let fqdn = fqdn.clone();
            return Err(LoadError::Missing { fqdn, path });
        };
        let body = self.parse(&path, file)?;
        let found = body.text("fqdn_id").unwrap_or_default();
        if found != fqdn.as_str() {
            return Err(LoadError::Name {
                path,
                expected: fqdn.to_string(),
                found: found.to_owned(),
            });
        }
        Ok(Artifact {
            fqdn: fqdn.clone(),
            path,
            body,
        })
    }

    /// Parses one file of the snapshot.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn parse(&self, path: &str, file: &File) -> Result<Value, LoadError> {
        ordered::parse_strict(&file.bytes, self.limits.depth).map_err(|error| LoadError::Json {
            path: path.to_owned(),
            cause: error.to_string(),
        })
    }

    /// The files that should be artifacts: below `artifacts/` and `governance/artifacts/`, without
    /// the index and metadata that later builds put beside them.
    pub fn artifact_files(&self) -> impl Iterator<Item = (&str, &File)> {
        let tops = [
            format!("{}artifacts/", self.prefix),
            format!("{}governance/artifacts/", self.prefix),
        ];
        self.files
            .files
            .iter()
            .filter(move |(path, _)| {
                tops.iter().any(|top| {
                    path.strip_prefix(top.as_str())
                        .is_some_and(|rest| rest.contains('/') && rest.ends_with(".json"))
                })
            })
            .map(|(path, file)| (path.as_str(), file))
    }

    /// The recorded cases of transforms.
    pub fn conformance_files(&self) -> impl Iterator<Item = (&str, &File)> {
        let top = format!("{}conformance/", self.prefix);
        self.files
            .files
            .iter()
            .filter(move |(path, _)| path.starts_with(&top) && path.ends_with(".json"))
            .map(|(path, file)| (path.as_str(), file))
    }

    /// Names of all files of a kind, as their names promise.
    pub fn names(&self, kind: Kind) -> Vec<Fqdn> {
        self.artifact_files()
            .filter_map(|(path, _)| named_by(path))
            .filter(|fqdn| fqdn.kind() == kind)
            .collect()
    }
}

/// The artifact that a file's name promises.
pub fn named_by(path: &str) -> Option<Fqdn> {
    let name = path.rsplit('/').next()?.strip_suffix(".json")?;
    let (namespace, code) = name.split_once("__")?;
    Fqdn::parse(&format!("{namespace}::{code}")).ok()
}
