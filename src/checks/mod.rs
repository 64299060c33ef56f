// SPDX-License-Identifier: Apache-2.0
//! Judgements that need structure. A rule table names one with `check = "..."`; the name stands
//! in exactly one row of [`entry_checks`], [`artifact_checks`] or [`release_checks`].
//!
//! A check sees parsed bytes and emits [`Draft`]s. It does no I/O, reads no configuration, knows
//! nothing of waivers or thresholds, and formats no output.

mod build_tree;
mod core_dump;
mod crate_vcs;
pub mod declared;
mod local_reference;
mod non_claims;
mod package;
mod package_identity;
mod package_metadata;
mod params;
mod pyc;
mod release_agreement;
mod repo_license;
mod repo_manifest;
mod repo_readme;
mod repo_versions;
mod repo_workflow;
mod schema_constant_missing;
mod schema_copy_differs;
mod schema_example_invalid;
mod schema_id_duplicate;
mod schema_index;
mod schema_invalid;
mod schema_json_invalid;
mod schema_place;
mod schema_ref_unresolved;
mod schema_version_disagrees;
mod schema_version_form;
mod schema_versions;
mod source_map;
mod spdx;
mod spdx_declared;
mod spdx_header;
mod spdx_headers;
mod spdx_license_text;
mod tar_owner;
mod wheel_layout;
mod wheel_record;
mod workflow;

use crate::artifact::{EntryKind, Format};
use crate::classify::{Classified, Kind, Origin};
use crate::model::{Draft, EntryPath};
use crate::rules::Rule;
use std::collections::BTreeMap;

/// Sees one entry while its bytes are there.
pub trait EntryCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// Cheap test before [`EntryCheck::check`]. Kinds, paths and origin of the rule's scope were already applied.
    fn wants(&self, entry: &Classified<'_>) -> bool;
    /// Judges the entry for one rule that names this check.
    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>);
}

/// Sees one finished artifact: the tree, or one container of any depth.
pub trait ArtifactCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// Whether the content of this member must be kept for [`ArtifactCheck::check`].
    fn keeps(&self, name: &str, kind: Kind) -> bool;
    /// A small fact to remember of an entry while its bytes are there, found again in
    /// [`Artifact::notes`]: for checks that need something of every file, whose contents could
    /// never all be kept.
    fn note(&self, _entry: &Classified<'_>) -> Option<String> {
        None
    }
    /// Asked after [`ArtifactCheck::keeps`] said yes, once the bytes are there: whether they are
    /// needed after all. Memory stays flat only when checks keep little.
    fn keeps_content(&self, _name: &str, _bytes: &[u8]) -> bool {
        true
    }
    /// Checks with the same answer here keep the same contents, so one of them is asked.
    fn keeps_as(&self) -> &'static str {
        self.name()
    }
    /// Judges the artifact for one rule that names this check.
    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>);
}

/// Sees all artifacts of one release side by side: the tree and each archive of the dist folder.
/// Of an archive, only what [`Artifact::thin`] left is there.
pub trait ReleaseCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// As [`ArtifactCheck::keeps`].
    fn keeps(&self, name: &str, kind: Kind) -> bool;
    /// As [`ArtifactCheck::keeps_content`].
    fn keeps_content(&self, _name: &str, _bytes: &[u8]) -> bool {
        true
    }
    /// Judges the release for one rule that names this check.
    fn check(&self, rule: &Rule, release: &Release<'_>, out: &mut Vec<Draft>);
}

/// What kind of package an artifact is, told by content and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A folder, a git checkout, files named on the command line.
    Tree,
    /// Python binary distribution (PyPA "Binary distribution format").
    Wheel,
    /// Python source distribution (PEP 625).
    Sdist,
    /// Rust crate (`.crate`).
    Crate,
    /// npm package tarball.
    Npm,
    /// Any other container.
    Container(Format),
}

/// A member of an artifact, after its bytes have streamed by.
#[derive(Debug, Clone)]
pub struct IndexEntry {
    /// File, folder, link.
    pub kind: EntryKind,
    /// Unpacked bytes.
    pub size: u64,
    /// SHA-256 of the content; `None` in a tree where nothing needed it.
    pub sha256: Option<[u8; 32]>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner name in a tar header.
    pub owner: Option<String>,
}

/// An artifact as an index of names and the few contents that checks declared they need.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Where it stands.
    pub path: EntryPath,
    /// What it is.
    pub kind: ArtifactKind,
    /// Tree or archive.
    pub origin: Origin,
    /// Name inside the artifact (with `/`) to entry.
    pub entries: BTreeMap<String, IndexEntry>,
    /// Contents kept, by the same name.
    pub kept: BTreeMap<String, Vec<u8>>,
    /// What [`ArtifactCheck::note`] said, by the check's name and the entry's.
    pub notes: BTreeMap<(&'static str, String), String>,
}

impl Artifact {
    /// The path of a member.
    pub fn member(&self, name: &str) -> EntryPath {
        match self.origin {
            Origin::Tree => EntryPath::root(name),
            Origin::Archive => self.path.join(name),
        }
    }

    /// The single top folder that an sdist or crate puts everything in (`pkg-1.0`), if there is one.
    pub fn top_folder(&self) -> Option<&str> {
        use std::ops::Bound::{Excluded, Unbounded};
        let (lowest, _) = self.entries.first_key_value()?;
        let (highest, _) = self.entries.last_key_value()?;
        let first = lowest.split('/').next()?;
        let below = format!("{first}/");
        // Names are in order: between the folder itself and what lies below it stand only names
        // that go on otherwise, and what is not below it at the end stands behind all that is.
        let between = (Excluded(first), Excluded(below.as_str()));
        let all = (highest == first || highest.starts_with(&below))
            && self.entries.range::<str, _>(between).next().is_none();
        let filled = || {
            let inside = (Excluded(below.as_str()), Unbounded);
            self.entries.range::<str, _>(inside).next().is_some()
        };
        (all && filled()).then_some(first)
    }

    /// Lets go of what checks of the whole release do not ask for: contents other than those that
    /// `keeps`, notes, and of the index all but the files kept and what tells the top folders.
    pub fn thin(&mut self, keeps: impl Fn(&str, &[u8]) -> bool) {
        self.kept.retain(|name, bytes| keeps(name, bytes));
        self.notes.clear();
        let kept = &self.kept;
        // The last top component seen, and whether something below it was.
        let mut top: Option<(String, bool)> = None;
        self.entries.retain(|name, _| {
            let (first, below) = match name.split_once('/') {
                Some((first, rest)) => (first, !rest.is_empty()),
                None => (name.as_str(), false),
            };
            let telling = match &mut top {
                Some((seen, had_below)) if seen == first => {
                    !std::mem::replace(had_below, *had_below || below) && below
                }
                _ => {
                    top = Some((first.to_owned(), below));
                    true
                }
            };
            telling || kept.contains_key(name)
        });
    }
}

#[cfg(test)]
impl Artifact {
    /// An artifact of these texts, all kept.
    fn of_texts(kind: ArtifactKind, files: &[(&str, &str)]) -> Self {
        let entry = |text: &str| IndexEntry {
            kind: EntryKind::File,
            size: text.len() as u64,
            sha256: None,
            mode: None,
            owner: None,
        };
        Self {
            path: EntryPath::root("x"),
            kind,
            origin: match kind {
                ArtifactKind::Tree => Origin::Tree,
                _ => Origin::Archive,
            },
            entries: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), entry(text)))
                .collect(),
            kept: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            notes: BTreeMap::new(),
        }
    }
}

/// The artifacts of one release.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The tree first when there is one, then archives by path.
    pub artifacts: &'a [Artifact],
}

/// Under this name [`Artifact::notes`] holds the git tags of the commit that a tree is checked out at.
pub const HEAD_TAG: &str = "git-head-tag";

/// Names in `check = "..."` of rules that the pipeline itself speaks for: what a container's bytes
/// say, what policy says, what listing a tree says, and the walk of profile `ccr-1.0`.
pub const BORN_IN_PIPELINE: &[&str] = &[
    "archive",
    "policy",
    "reference-archive-name",
    "reference-dist-empty",
    "reference-dist-missing",
    "reference-file",
    "reference-pic",
    "reference-source-name",
    "tree",
];

/// Lets go of what checks remember of the artifact they saw last on this thread.
pub fn forget() {
    schema_index::forget();
}

/// Every entry check.
pub fn entry_checks() -> &'static [&'static dyn EntryCheck] {
    &[
        &core_dump::CoreDump,
        &local_reference::LocalReference,
        &pyc::PycFilename,
        &repo_workflow::RepoWorkflow,
        &schema_json_invalid::SchemaJsonInvalid,
        &source_map::SourceMapSources,
        &spdx_header::SpdxHeader,
    ]
}

/// Every artifact check.
pub fn artifact_checks() -> &'static [&'static dyn ArtifactCheck] {
    &[
        &build_tree::BuildTree,
        &build_tree::ClassFiles,
        &crate_vcs::CrateVcs,
        &non_claims::NonClaims,
        &package_identity::PackageIdentity,
        &package_metadata::PackageMetadata,
        &repo_license::RepoLicense,
        &repo_manifest::RepoManifest,
        &repo_readme::RepoReadme,
        &repo_versions::RepoVersions,
        &schema_constant_missing::CHECK,
        &schema_example_invalid::CHECK,
        &schema_id_duplicate::CHECK,
        &schema_invalid::CHECK,
        &schema_ref_unresolved::CHECK,
        &schema_version_disagrees::SchemaVersionDisagrees,
        &schema_version_form::CHECK,
        &spdx_declared::SpdxDeclared,
        &spdx_headers::SpdxHeaders,
        &spdx_license_text::SpdxLicenseText,
        &tar_owner::TarOwner,
        &wheel_layout::WheelLayout,
        &wheel_record::WheelRecord,
    ]
}

/// Every release check.
pub fn release_checks() -> &'static [&'static dyn ReleaseCheck] {
    &[
        &release_agreement::ReleaseAgreement,
        &schema_copy_differs::SchemaCopyDiffers,
    ]
}
