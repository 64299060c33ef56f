// SPDX-License-Identifier: Apache-2.0
//! Judgements that need structure. A rule table names one with `check = "..."`; the name stands
//! in exactly one row of [`entry_checks`], [`artifact_checks`] or [`release_checks`].
//!
//! A check sees parsed bytes and emits [`Draft`]s. It does no I/O, reads no configuration, knows
//! nothing of waivers or thresholds, and formats no output.

mod artifact;
mod build_tree;
mod check;
mod core_dump;
mod crate_vcs;
pub mod declared;
mod key_store;
mod local_reference;
mod nested_package;
mod non_claims;
mod package;
mod package_entry;
mod package_identity;
mod package_metadata;
mod package_publishable;
mod params;
mod private_key_der;
mod pyc;
mod release_agreement;
mod release_contents;
mod repo_license;
mod repo_manifest;
mod repo_readme;
mod repo_versions;
mod repo_workflow;
mod schema_api_ref;
mod schema_check;
mod schema_constant_missing;
mod schema_constants;
mod schema_contradiction;
mod schema_copy_differs;
mod schema_example_invalid;
mod schema_id_duplicate;
mod schema_index;
mod schema_invalid;
mod schema_json_invalid;
mod schema_place;
mod schema_ref_cycle;
mod schema_ref_unresolved;
mod schema_reference;
mod schema_suspect;
mod schema_unread;
mod schema_uri;
mod schema_uris;
mod schema_version_disagrees;
mod schema_version_form;
mod schema_versions;
mod schema_yaml;
mod source_map;
mod spdx;
mod spdx_conflict;
mod spdx_copyleft;
mod spdx_declared;
mod spdx_elsewhere;
mod spdx_header;
mod spdx_headers;
mod spdx_license_content;
mod spdx_license_refs;
mod spdx_license_text;
mod spdx_stated;
mod tar_owner;
mod wheel_layout;
mod wheel_record;
mod workflow;

pub use artifact::{Artifact, ArtifactKind, HEAD_TAG, IndexEntry, Release};
pub use check::{ArtifactCheck, EntryCheck, ReleaseCheck};
pub use params::fault;
pub use pyc::constants as byte_code_texts;

/// Names in `check = "..."` of rules that the pipeline itself speaks for: what a container's bytes
/// say, what policy says, what listing a tree says, and the walk of profile `ccr-1.0`.
pub const BORN_IN_PIPELINE: &[&str] = &[
    "archive",
    "history",
    "policy",
    "reference-archive-name",
    "reference-dist-empty",
    "reference-dist-missing",
    "reference-file",
    "reference-pic",
    "reference-source-name",
    "tree",
];

/// Whether a tarball and the one folder in it are named as PEP 625 names an sdist.
pub fn is_sdist_name(file: &str, folder: Option<&str>) -> bool {
    let stem = file.strip_suffix(".tar.gz");
    stem.is_some_and(|stem| folder == Some(stem) && package::filename::split_python(stem).is_some())
}

/// Lets go of what checks remember of the archive they saw last on this thread.
pub fn forget() {
    schema_index::forget();
    schema_yaml::forget();
}

/// Lets go of what checks remember of the tree they saw last: when no check will see it any more.
pub fn forget_tree() {
    schema_index::forget_tree();
}

/// Every entry check.
pub fn entry_checks() -> &'static [&'static dyn EntryCheck] {
    &[
        &core_dump::CoreDump,
        &key_store::KeyStore,
        &local_reference::LocalReference,
        &private_key_der::PrivateKeyDer,
        &pyc::PycFilename,
        &repo_workflow::RepoWorkflow,
        &schema_json_invalid::SchemaJsonInvalid,
        &schema_unread::SchemaUnread,
        &source_map::SourceMapSources,
        &spdx_header::SpdxHeader,
        &spdx_stated::SpdxStated,
    ]
}

/// Every artifact check.
pub fn artifact_checks() -> &'static [&'static dyn ArtifactCheck] {
    &[
        &build_tree::BuildTree,
        &build_tree::ClassFiles,
        &crate_vcs::CrateVcs,
        &nested_package::NestedPackage,
        &non_claims::NonClaims,
        &package_entry::PackageEntry,
        &package_identity::PackageIdentity,
        &package_metadata::PackageMetadata,
        &package_publishable::PackagePublishable,
        &repo_license::RepoLicense,
        &repo_manifest::RepoManifest,
        &repo_readme::RepoReadme,
        &repo_versions::RepoVersions,
        &schema_api_ref::CHECK,
        &schema_constant_missing::CHECK,
        &schema_example_invalid::CHECK,
        &schema_id_duplicate::CHECK,
        &schema_invalid::CHECK,
        &schema_ref_cycle::CHECK,
        &schema_ref_unresolved::CHECK,
        &schema_suspect::CHECK,
        &schema_version_disagrees::SchemaVersionDisagrees,
        &schema_version_form::CHECK,
        &spdx_conflict::SpdxConflict,
        &spdx_copyleft::SpdxCopyleft,
        &spdx_declared::SpdxDeclared,
        &spdx_elsewhere::SpdxElsewhere,
        &spdx_headers::SpdxHeaders,
        &spdx_license_content::SpdxLicenseContent,
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
        &release_contents::ReleaseContents,
        &schema_copy_differs::SchemaCopyDiffers,
    ]
}
