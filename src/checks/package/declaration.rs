// SPDX-License-Identifier: Apache-2.0
//! The one form that all manifests are brought into.

use crate::model::ByteSpan;

/// Whose rules a manifest follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::checks) enum Ecosystem {
    /// Python: `pyproject.toml`, `METADATA`, `PKG-INFO`.
    Python,
    /// Rust: `Cargo.toml`.
    Rust,
    /// JavaScript: `package.json`.
    Npm,
}

/// A value and its place in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Value {
    /// The value.
    pub(in crate::checks) text: String,
    /// Bytes in the manifest, where known.
    pub(in crate::checks) span: Option<ByteSpan>,
}

/// What a manifest says of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum License {
    /// A field that must hold an SPDX expression.
    Expression(Value),
    /// A field of free text (core metadata before 2.4, `license = {text = ...}`).
    FreeText(Value),
    /// npm's older forms, an object or an array.
    OldForm(Value),
    /// A file that holds the text.
    File(Value),
    /// Told in another way: a classifier, `dynamic`, npm's `UNLICENSED`.
    Elsewhere,
    /// `license.workspace = true`, still to be looked up.
    Inherited,
    /// Not at all.
    Missing,
}

/// One package's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Manifest {
    /// Name inside the artifact.
    pub(in crate::checks) file: String,
    /// Whose rules it follows.
    pub(in crate::checks) ecosystem: Ecosystem,
    /// Package name.
    pub(in crate::checks) name: Option<Value>,
    /// Package version.
    pub(in crate::checks) version: Option<Value>,
    /// Licence.
    pub(in crate::checks) license: License,
    /// Never to be published (`private`, `publish = false`).
    pub(in crate::checks) private: bool,
}

impl Manifest {
    /// The folder it stands in, with a final `/`; empty at the top.
    pub(in crate::checks) fn folder(&self) -> &str {
        self.file.rfind('/').map_or("", |at| &self.file[..=at])
    }

    /// The licence text to hold against others, when one is given.
    pub(in crate::checks) fn declared(&self) -> Option<&Value> {
        match &self.license {
            License::Expression(value) | License::FreeText(value) | License::OldForm(value) => {
                Some(value)
            }
            _ => None,
        }
    }
}
