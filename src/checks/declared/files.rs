// SPDX-License-Identifier: Apache-2.0
//! The files that declared rules speak of.

use super::super::{Artifact, ArtifactKind};
use crate::artifact::EntryKind;
use crate::model::EntryPath;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// The files of an artifact by their name below its root.
pub(super) struct Files<'a> {
    pub(super) artifact: &'a Artifact,
    top: Option<String>,
}

impl<'a> Files<'a> {
    pub(super) fn new(artifact: &'a Artifact) -> Self {
        let unpacks = matches!(
            artifact.kind,
            ArtifactKind::Sdist | ArtifactKind::Crate | ArtifactKind::Npm
        );
        let top = if unpacks {
            artifact.top_folder().map(|folder| format!("{folder}/"))
        } else {
            None
        };
        Self { artifact, top }
    }

    /// Short name and name of every file.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let files = self
            .artifact
            .entries
            .iter()
            .filter(|(_, entry)| entry.kind == EntryKind::File);
        files.map(|(name, _)| {
            let short = self.top.as_deref().and_then(|top| name.strip_prefix(top));
            (short.unwrap_or(name), name.as_str())
        })
    }

    pub(super) fn any(&self, globs: &GlobSet) -> bool {
        self.all().any(|(short, _)| globs.is_match(short))
    }

    /// Kept files that the globs name.
    pub(super) fn kept(&self, globs: &GlobSet) -> Vec<(String, EntryPath, &'a [u8])> {
        self.all()
            .filter(|(short, _)| globs.is_match(short))
            .filter_map(|(short, name)| {
                let bytes = self.artifact.kept.get(name)?;
                Some((
                    short.to_owned(),
                    self.artifact.member(name),
                    bytes.as_slice(),
                ))
            })
            .collect()
    }
}

/// Globs in which `*` stays inside a folder; one that cannot be read is taken literally.
pub fn globset<S: AsRef<str>>(globs: impl IntoIterator<Item = S>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = glob.as_ref();
        let read = GlobBuilder::new(glob).literal_separator(true).build();
        if let Ok(glob) = read.or_else(|_| Glob::new(&globset::escape(glob))) {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}
