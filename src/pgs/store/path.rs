// SPDX-License-Identifier: Apache-2.0
//! Paths below a data root. What a snapshot writes becomes a list of plain names before any file is
//! touched; what the file system makes of them must stay below the root.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Templates that stand for the data root.
const ROOTS: [&str; 2] = ["{{module_data_root}}", "{{runtime_data_root}}"];
/// Templates that published bindings use for what is not built in.
const KNOWN: [&str; 5] = [
    "{{smtp_host}}",
    "{{smtp_user}}",
    "{{smtp_pass}}",
    "{{smtp_sender}}",
    "{{execution_engine_ref}}",
];

/// A path below the data root: names joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(String);

/// Why a text is no path below the data root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It leads elsewhere, or could on some system.
    #[error("{0:?} does not stay below the data root")]
    Escape(String),
    /// It asks for something nobody provides.
    #[error("{0:?} holds a template that is not known")]
    Template(String),
}

impl StorePath {
    /// Reads a relative path.
    ///
    /// # Errors
    /// It is empty or absolute, steps out, or holds what some system reads as more than a name.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        let plain = |name: &str| {
            !matches!(name, "" | "." | "..")
                && !name.ends_with(['.', ' '])
                && !name.contains(['\\', ':', '\0'])
                && !name.chars().any(char::is_control)
        };
        if text.split('/').all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathFault::Escape(text.to_owned()))
        }
    }

    /// Reads the path of a policy: below the template that stands for the data root.
    ///
    /// # Errors
    /// It begins elsewhere, or holds another template.
    pub fn of_policy(text: &str) -> Result<Self, PathFault> {
        let rest = ROOTS.iter().find_map(|root| text.strip_prefix(root));
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix('/')) else {
            check_templates(text)?;
            return Err(PathFault::Escape(text.to_owned()));
        };
        if rest.contains("{{") {
            return Err(PathFault::Template(text.to_owned()));
        }
        Self::parse(rest).map_err(|_| PathFault::Escape(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text of a policy holds only known templates.
///
/// # Errors
/// Another one.
pub fn check_templates(text: &str) -> Result<(), PathFault> {
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let known = ROOTS.iter().chain(&KNOWN);
        let found = known.copied().find(|name| rest[at..].starts_with(name));
        let name = found.ok_or_else(|| PathFault::Template(text.to_owned()))?;
        rest = &rest[at + name.len()..];
    }
    Ok(())
}

/// Where a path stands, links followed, when that is below the root.
///
/// # Errors
/// A link leads out of the root.
pub(super) fn contained(root: &Path, path: &StorePath) -> io::Result<PathBuf> {
    let mut at = root.to_owned();
    for name in path.0.split('/') {
        at.push(name);
        match at.symlink_metadata() {
            Ok(found) if found.file_type().is_symlink() => {
                let target = at.canonicalize()?;
                if !target.starts_with(root) {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        format!("{path} leads out of the data root through a link"),
                    ));
                }
                at = target;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn only_plain_names_are_paths() {
        assert!(StorePath::parse("a/b.json").is_ok());
        for text in [
            "", "/a", "a//b", "../a", "a/..", "./a", "a\\b", "c:a", "a\0", "a/", "a. ",
        ] {
            assert!(StorePath::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_policy_begins_at_the_data_root_and_holds_no_other_template() {
        let of = StorePath::of_policy;
        assert_eq!(of("{{module_data_root}}/a/b").unwrap().as_str(), "a/b");
        assert!(matches!(of("/etc/x"), Err(PathFault::Escape(_))));
        assert!(matches!(of("a"), Err(PathFault::Escape(_))));
        assert!(matches!(
            of("{{module_data_root}}/../a"),
            Err(PathFault::Escape(_))
        ));
        assert!(matches!(of("{{home}}/a"), Err(PathFault::Template(_))));
        assert!(matches!(
            of("{{module_data_root}}/{{x}}"),
            Err(PathFault::Template(_))
        ));
        assert!(check_templates("{{smtp_host}}:{{smtp_user}}").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_is_refused_and_one_that_stays_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("data");
        std::fs::create_dir_all(root.join("real")).unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        std::os::unix::fs::symlink("../other", root.join("out")).unwrap();
        std::os::unix::fs::symlink("real", root.join("in")).unwrap();
        let at = |text: &str| contained(&root, &StorePath::parse(text).unwrap());
        assert!(at("out/x").is_err());
        assert_eq!(at("in/x").unwrap(), root.join("real/x"));
        assert_eq!(at("new/x").unwrap(), root.join("new/x"));
    }
}
