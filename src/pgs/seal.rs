// SPDX-License-Identifier: Apache-2.0
//! The seal of a snapshot, `pgs-seal/1`: every file, its digest, one root digest, signatures
//! (specification of the PGS runtime, section 9). What is compared with a seal are the bytes that
//! were read, and those bytes are what is parsed and run.

use super::files::Files;
use crate::record;
use crate::support::hashing;
use crate::support::pyjson::ordered::{self, Value};
use crate::support::signing::{Signature, SigningKey, VerifyingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The format written and read.
pub const VERSION: &str = "pgs-seal/1";

/// A seal beside a snapshot folder.
pub const FILE_NAME: &str = "snapshot.seal.json";

/// Digest and size of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256, 64 hex digits.
    pub sha256: String,
    /// Bytes.
    pub size: usize,
}

/// A seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// When it was made.
    pub created: String,
    /// Digest over all paths and digests.
    pub root_hash: String,
    /// Files by path below the snapshot.
    pub files: BTreeMap<String, Sealed>,
    /// Digest of the built-in capabilities that it was made for.
    pub capability_manifest_hash: Option<String>,
    /// Digest of the file that binds capabilities to programs.
    pub exec_binding_hash: Option<String>,
    /// Who signed it.
    pub signatures: Vec<Signature>,
}

/// A seal as it was handed in, not yet read.
#[derive(Debug, Clone)]
pub struct Handed {
    /// Its file, as named.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why a file is no seal, or no seal can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not the format.
    #[error("no {VERSION} seal: {0}")]
    Form(String),
    /// Parts of the seal contradict each other.
    #[error("the seal contradicts itself: {0}")]
    Contradiction(String),
    /// The snapshot holds what cannot be sealed.
    #[error("{path} cannot be sealed: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
    /// Nothing to seal.
    #[error("there is no file to seal")]
    Empty,
}

/// One way in which a snapshot differs from its seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Other bytes; the first file of each is named by path.
    Changed(String),
    /// Sealed, but not there.
    Missing(String),
    /// There, but not sealed.
    Extra(String),
    /// There, but unreadable: path and reason.
    Unreadable(String, String),
}

impl Difference {
    /// The file it speaks of.
    pub fn path(&self) -> &str {
        match self {
            Self::Changed(path)
            | Self::Missing(path)
            | Self::Extra(path)
            | Self::Unreadable(path, _) => path,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(path) => write!(f, "{path}: its bytes are not those that were sealed"),
            Self::Missing(path) => write!(f, "{path}: sealed, but not there"),
            Self::Extra(path) => write!(f, "{path}: there, but not sealed"),
            Self::Unreadable(path, why) => write!(f, "{path}: {why}"),
        }
    }
}

/// The digest over a snapshot: SHA-256 over `path NUL digest LF`, sorted by the paths' bytes.
pub fn root_hash(files: &Files) -> String {
    let digests = files.files.iter();
    root_of(digests.map(|(path, file)| (path.as_str(), file.sha256())))
}

fn root_of<'a>(digests: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (path, digest) in digests {
        text.extend([path, "\0", digest, "\n"]);
    }
    hashing::sha256_hex(text.as_bytes())
}

impl Seal {
    /// Seals what was read.
    ///
    /// # Errors
    /// Something could not be read, or there is nothing.
    pub fn of(files: &Files, created: &str) -> Result<Self, SealError> {
        if let Some(fault) = files.faults.first() {
            return Err(SealError::Unreadable {
                path: fault.path.clone(),
                message: fault.message.clone(),
            });
        }
        if files.files.is_empty() {
            return Err(SealError::Empty);
        }
        let sealed = files.files.iter().map(|(path, file)| {
            let sealed = Sealed {
                sha256: file.sha256().to_owned(),
                size: file.bytes.len(),
            };
            (path.clone(), sealed)
        });
        Ok(Self {
            created: created.to_owned(),
            root_hash: root_hash(files),
            files: sealed.collect(),
            capability_manifest_hash: None,
            exec_binding_hash: None,
            signatures: Vec::new(),
        })
    }

    /// What is signed: the version and the root digest, and behind them the digests of what else
    /// the seal names.
    pub fn message(&self) -> Vec<u8> {
        let mut text = format!("{VERSION}\n{}", self.root_hash);
        if let Some(hash) = &self.capability_manifest_hash {
            text.extend(["\ncapability-manifest ", hash]);
        }
        if let Some(hash) = &self.exec_binding_hash {
            text.extend(["\nexec-binding ", hash]);
        }
        text.into_bytes()
    }

    /// Adds a signature.
    pub fn sign(&mut self, key: &SigningKey) {
        let signature = key.sign(&self.message());
        self.signatures.retain(|old| old.key_id != signature.key_id);
        self.signatures.push(signature);
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let message = self.message();
        self.signatures
            .iter()
            .any(|signature| key.verifies(&message, signature))
    }

    /// How the built-in capabilities of this program, whose digest is given, are not those that the
    /// seal pins; nothing when they are, or when it pins none.
    pub fn other_capabilities(&self, ours: &str) -> Option<String> {
        let pinned = self.capability_manifest_hash.as_deref()?;
        (pinned != ours).then(|| {
            format!(
                "it pins the built-in capabilities {pinned}, and those of this program are {ours}"
            )
        })
    }

    /// How a snapshot differs, by path.
    pub fn differences(&self, files: &Files) -> Vec<Difference> {
        let unreadable: BTreeMap<_, _> = files
            .faults
            .iter()
            .map(|fault| (fault.path.as_str(), fault.message.as_str()))
            .collect();
        let paths: BTreeSet<&str> = self
            .files
            .keys()
            .chain(files.files.keys())
            .map(String::as_str)
            .chain(unreadable.keys().copied())
            .collect();
        let mut found = Vec::new();
        for path in paths {
            let name = path.to_owned();
            if let Some(why) = unreadable.get(path) {
                found.push(Difference::Unreadable(name, (*why).to_owned()));
                continue;
            }
            match (self.files.get(path), files.get(path)) {
                (Some(sealed), Some(file)) => {
                    if sealed.size != file.bytes.len() || sealed.sha256 != file.sha256() {
                        found.push(Difference::Changed(name));
                    }
                }
                (Some(_), None) => found.push(Difference::Missing(name)),
                (None, _) => found.push(Difference::Extra(name)),
            }
        }
        found
    }

    /// The file: indented JSON with a final newline.
    pub fn to_text(&self) -> String {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|(path, sealed)| {
                record! { "path" => path, "sha256" => &sealed.sha256, "size" => sealed.size }
            })
            .collect();
        let mut seal = record! {
            "version" => VERSION,
            "created" => &self.created,
            "root_hash" => &self.root_hash,
            "files" => files,
        };
        if let Some(members) = seal.as_object_mut() {
            for (name, hash) in [
                ("capability_manifest_hash", &self.capability_manifest_hash),
                ("exec_binding_hash", &self.exec_binding_hash),
            ] {
                if let Some(hash) = hash {
                    members.insert(name.to_owned(), Value::from(hash));
                }
            }
            let signatures: Vec<Value> = self
                .signatures
                .iter()
                .map(|one| {
                    record! { "alg" => &one.alg, "key_id" => &one.key_id, "sig" => &one.sig }
                })
                .collect();
            members.insert("signatures".to_owned(), Value::from(signatures));
            // Over everything but the signatures, so that no byte of the file changes unnoticed.
            let digest = sealed_digest(members);
            members.insert("seal_hash".to_owned(), Value::from(digest));
        }
        seal.indented() + "\n"
    }

    /// Reads a seal. A member that is not known, a listing that does not lead to the root digest, a
    /// byte that is not as written: all refused.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let form = |cause: &str| SealError::Form(cause.to_owned());
        let value = ordered::parse_strict(bytes, 8).map_err(|error| form(&error.to_string()))?;
        let text = |value: &Value, key: &str| {
            let found = value.text(key).map(str::to_owned);
            found.ok_or_else(|| form(&format!("`{key}` is missing or no text")))
        };
        if text(&value, "version")? != VERSION {
            return Err(form("its version is another"));
        }
        let members = value.as_object().ok_or_else(|| form("no object"))?;
        let mut files = BTreeMap::new();
        for item in value.items("files") {
            let path = text(item, "path")?;
            let size = item.get("size").and_then(Value::as_i64);
            let size = size.and_then(|size| usize::try_from(size).ok());
            let sealed = Sealed {
                sha256: text(item, "sha256")?,
                size: size.ok_or_else(|| form("a `size` is no count of bytes"))?,
            };
            if files.insert(path, sealed).is_some() {
                return Err(SealError::Contradiction("a path stands twice".to_owned()));
            }
        }
        let mut signatures = Vec::new();
        for item in value.items("signatures") {
            signatures.push(Signature {
                alg: text(item, "alg")?,
                key_id: text(item, "key_id")?,
                sig: text(item, "sig")?,
            });
        }
        let optional = |key: &str| value.text(key).map(str::to_owned);
        let seal = Self {
            created: text(&value, "created")?,
            root_hash: text(&value, "root_hash")?,
            files,
            capability_manifest_hash: optional("capability_manifest_hash"),
            exec_binding_hash: optional("exec_binding_hash"),
            signatures,
        };
        let listed = seal.files.iter();
        let root = root_of(listed.map(|(path, sealed)| (path.as_str(), sealed.sha256.as_str())));
        if root != seal.root_hash {
            let why = "its files do not lead to its root_hash";
            return Err(SealError::Contradiction(why.to_owned()));
        }
        if value.text("seal_hash") != Some(sealed_digest(members).as_str()) {
            let why = "its members do not lead to its seal_hash";
            return Err(SealError::Contradiction(why.to_owned()));
        }
        if seal.to_text().as_bytes() != bytes {
            return Err(form(
                "it is not written as seals are; seal the snapshot again",
            ));
        }
        Ok(seal)
    }
}

fn sealed_digest(members: &ordered::Object) -> String {
    let mut rest = members.clone();
    rest.shift_remove("signatures");
    rest.shift_remove("seal_hash");
    Value::Object(rest).digest()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::files::File;

    fn files(contents: &[(&str, &str)]) -> Files {
        let mut files = Files::default();
        for (path, text) in contents {
            let file = File::new(text.as_bytes());
            files.files.insert((*path).to_owned(), file);
        }
        files
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        let seal = Seal::of(&files(&[("a", "1"), ("b", "2"), ("c", "3")]), "now").unwrap();
        let now = files(&[("a", "1"), ("b", "two"), ("d", "4")]);
        assert_eq!(
            seal.differences(&now),
            [
                Difference::Changed("b".to_owned()),
                Difference::Missing("c".to_owned()),
                Difference::Extra("d".to_owned()),
            ]
        );
        assert_eq!(
            seal.differences(&files(&[("a", "1"), ("b", "2"), ("c", "3")])),
            []
        );
    }

    #[test]
    fn a_seal_reads_back_and_no_byte_of_it_changes_unnoticed() {
        let mut seal =
            Seal::of(&files(&[("a", "1"), ("é/b", "2")]), "2026-01-01T00:00:00Z").unwrap();
        seal.exec_binding_hash = Some("0".repeat(64));
        let text = seal.to_text();
        assert_eq!(Seal::parse(text.as_bytes()).unwrap(), seal);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(Seal::parse(&bytes).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_snapshot_that_cannot_be_read_whole_is_not_sealed() {
        let mut broken = files(&[("a", "1")]);
        broken.faults.push(crate::pgs::files::FileFault {
            path: "link".to_owned(),
            message: "a link".to_owned(),
        });
        assert!(matches!(
            Seal::of(&broken, "now"),
            Err(SealError::Unreadable { .. })
        ));
        assert_eq!(Seal::of(&files(&[]), "now"), Err(SealError::Empty));
    }
}
