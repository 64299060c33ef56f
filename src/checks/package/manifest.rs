// SPDX-License-Identifier: Apache-2.0
//! What a package declares of itself, whatever its manifest: `pyproject.toml`, core metadata,
//! `Cargo.toml`, `package.json` brought into one form.

use super::super::spdx::exempt;
use super::super::{Artifact, ArtifactKind};
pub(in crate::checks) use super::declaration::{Ecosystem, License, Manifest, Value};
use super::metadata::{self, Metadata};
use super::{dist_info, package_json, root};
use crate::model::ByteSpan;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Whether an entry of this name must be kept for [`manifests`].
pub(in crate::checks) fn keeps(name: &str) -> bool {
    let base = memchr::memrchr(b'/', name.as_bytes()).map_or(name, |at| &name[at + 1..]);
    match base {
        "pyproject.toml" | "Cargo.toml" | "package.json" => !passed_over(name),
        "PKG-INFO" => name.matches('/').count() <= 1,
        "METADATA" => name.matches('/').count() == 1 && name.contains(".dist-info/"),
        _ => false,
    }
}

/// Manifests that are there for tests or come from others.
fn passed_over(name: &str) -> bool {
    exempt::vendored(name) || exempt::test_data(name) || exempt::sample(name)
}

thread_local! {
    /// Several rules look at one artifact in a row; parsing it once for all of them is enough.
    static LAST: RefCell<Option<(u64, Vec<Manifest>)>> = const { RefCell::new(None) };
}

/// The manifests that speak for an artifact: all of a tree's, the one of an archive.
pub(in crate::checks) fn manifests(artifact: &Artifact) -> Vec<Manifest> {
    let key = fingerprint(artifact);
    let known = LAST.with_borrow(|last| match last {
        Some((of, manifests)) if *of == key => Some(manifests.clone()),
        _ => None,
    });
    known.unwrap_or_else(|| {
        let manifests = parse(artifact);
        LAST.set(Some((key, manifests.clone())));
        manifests
    })
}

/// Tells artifacts apart by what [`parse`] reads.
fn fingerprint(artifact: &Artifact) -> u64 {
    let mut hasher = DefaultHasher::new();
    artifact.path.hash(&mut hasher);
    artifact.kind.hash(&mut hasher);
    root(artifact).hash(&mut hasher);
    if artifact.kind == ArtifactKind::Wheel {
        dist_info(artifact).hash(&mut hasher);
    }
    let read = artifact.kept.iter().filter(|(name, _)| {
        let base = name.rsplit('/').next().unwrap_or(name);
        matches!(
            base,
            "pyproject.toml" | "Cargo.toml" | "package.json" | "PKG-INFO" | "METADATA"
        )
    });
    for (name, bytes) in read {
        name.hash(&mut hasher);
        bytes.hash(&mut hasher);
    }
    hasher.finish()
}

fn parse(artifact: &Artifact) -> Vec<Manifest> {
    let at = |name: String| {
        let bytes = artifact.kept.get(&name)?;
        read(&name, bytes)
    };
    let root = root(artifact);
    match artifact.kind {
        ArtifactKind::Tree => {
            let mut all: Vec<_> = artifact
                .kept
                .keys()
                .filter(|name| {
                    keeps(name) && !name.ends_with("METADATA") && !name.ends_with("PKG-INFO")
                })
                .filter_map(|name| at(name.clone()))
                .collect();
            inherit(artifact, &mut all);
            all
        }
        ArtifactKind::Wheel => dist_info(artifact)
            .and_then(|folder| at(format!("{folder}/METADATA")))
            .into_iter()
            .collect(),
        ArtifactKind::Sdist => at(format!("{root}PKG-INFO"))
            .or_else(|| at(format!("{root}pyproject.toml")))
            .into_iter()
            .collect(),
        ArtifactKind::Crate => at(format!("{root}Cargo.toml")).into_iter().collect(),
        ArtifactKind::Npm => at(format!("{root}package.json")).into_iter().collect(),
        ArtifactKind::Container(_) => Vec::new(),
    }
}

/// Reads one manifest; `None` when it is unreadable or describes no package.
pub(in crate::checks) fn read(file: &str, bytes: &[u8]) -> Option<Manifest> {
    let base = file.rsplit('/').next().unwrap_or(file);
    match base {
        "pyproject.toml" => with_toml(bytes, |table| pyproject(file, table)),
        "Cargo.toml" => with_toml(bytes, |table| cargo(file, table)),
        "package.json" => package_json::read(file, bytes),
        _ => Some(core_metadata(file, &Metadata::parse(bytes).ok()?)),
    }
}

fn with_toml<T>(bytes: &[u8], read: impl FnOnce(&DeTable<'_>) -> Option<T>) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    read(DeTable::parse(text).ok()?.get_ref())
}

/// The value at a dotted path.
fn dig<'t, 'i>(table: &'t DeTable<'i>, path: &[&str]) -> Option<&'t Spanned<DeValue<'i>>> {
    let (last, folders) = path.split_last()?;
    let mut table = table;
    for folder in folders {
        table = table.get(*folder)?.get_ref().as_table()?;
    }
    table.get(*last)
}

fn text(value: Option<&Spanned<DeValue<'_>>>) -> Option<Value> {
    let value = value?;
    Some(Value {
        text: value.get_ref().as_str()?.to_owned(),
        span: Some(ByteSpan::new(value.span().start, value.span().end)),
    })
}

fn strings(value: Option<&Spanned<DeValue<'_>>>) -> Vec<String> {
    let array = value.and_then(|value| value.get_ref().as_array());
    array.map_or(Vec::new(), |array| {
        array
            .iter()
            .filter_map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect()
    })
}

fn pyproject(file: &str, table: &DeTable<'_>) -> Option<Manifest> {
    let modern = table.contains_key("project");
    let section: &[&str] = if modern {
        &["project"]
    } else {
        &["tool", "poetry"]
    };
    dig(table, section)?.get_ref().as_table()?;
    let get = |key: &'static str| {
        let mut path = section.to_vec();
        path.push(key);
        dig(table, &path)
    };
    let classifiers = strings(get("classifiers"));
    let license = match get("license") {
        Some(value) if value.get_ref().is_str() => {
            let value = text(Some(value))?;
            if modern {
                License::Expression(value)
            } else {
                License::FreeText(value)
            }
        }
        Some(value) => {
            let parts = value.get_ref().as_table();
            let part = |key: &str| text(parts.and_then(|table| table.get(key)));
            match (part("text"), part("file")) {
                (Some(value), _) => License::FreeText(value),
                (_, Some(value)) => License::File(value),
                _ => License::Missing,
            }
        }
        None if strings(get("dynamic")).iter().any(|key| key == "license")
            || classifiers.iter().any(|c| c.starts_with("License ::"))
            || classifiers.iter().any(|c| c.starts_with("Private ::")) =>
        {
            License::Elsewhere
        }
        None => License::Missing,
    };
    Some(Manifest {
        file: file.to_owned(),
        ecosystem: Ecosystem::Python,
        name: text(get("name")),
        version: text(get("version")),
        license,
        private: classifiers.iter().any(|c| c.starts_with("Private ::")),
    })
}

fn cargo(file: &str, table: &DeTable<'_>) -> Option<Manifest> {
    let package = ["package", "project"]
        .into_iter()
        .find(|key| table.contains_key(*key))?;
    let get = |key: &'static str| dig(table, &[package, key]);
    let inherits = |value: Option<&Spanned<DeValue<'_>>>| {
        value
            .and_then(|value| value.get_ref().as_table())
            .and_then(|table| table.get("workspace"))
            .is_some_and(|flag| flag.get_ref().as_bool() == Some(true))
    };
    let license = if let Some(value) = text(get("license")) {
        License::Expression(value)
    } else if let Some(value) = text(get("license-file")) {
        License::File(value)
    } else if inherits(get("license")) || inherits(get("license-file")) {
        License::Inherited
    } else {
        License::Missing
    };
    let publish = get("publish").map(|value| {
        let none = value
            .get_ref()
            .as_array()
            .is_some_and(|list| list.is_empty());
        value.get_ref().as_bool() != Some(false) && !none
    });
    let mut version = text(get("version"));
    if inherits(get("version")) {
        version = Some(Value {
            text: String::new(),
            span: None,
        });
    }
    Some(Manifest {
        file: file.to_owned(),
        ecosystem: Ecosystem::Rust,
        name: text(get("name")),
        version,
        license,
        private: publish == Some(false),
    })
}

/// Fills what members of a Cargo workspace inherit from the nearest `[workspace.package]` above.
fn inherit(artifact: &Artifact, all: &mut [Manifest]) {
    let mut shared: BTreeMap<String, (Option<Value>, License)> = BTreeMap::new();
    for (name, bytes) in &artifact.kept {
        if name == "Cargo.toml" || name.ends_with("/Cargo.toml") {
            let found = with_toml(bytes, |table| {
                let get = |key: &str| text(dig(table, &["workspace", "package", key]));
                table.contains_key("workspace").then(|| {
                    let license = match (get("license"), get("license-file")) {
                        // The place is in another file than the member's.
                        (Some(value), _) => License::Expression(Value {
                            span: None,
                            ..value
                        }),
                        (_, Some(value)) => License::File(Value {
                            span: None,
                            ..value
                        }),
                        _ => License::Missing,
                    };
                    (get("version"), license)
                })
            });
            if let Some(found) = found {
                let folder = name.trim_end_matches("Cargo.toml");
                shared.insert(folder.to_owned(), found);
            }
        }
    }
    for manifest in all.iter_mut().filter(|m| m.ecosystem == Ecosystem::Rust) {
        let above = shared
            .iter()
            .filter(|(folder, _)| manifest.file.starts_with(folder.as_str()))
            .max_by_key(|(folder, _)| folder.len());
        let inherits_version = manifest.version.as_ref().is_some_and(|v| v.text.is_empty());
        match above {
            Some((_, (version, license))) => {
                if inherits_version {
                    manifest.version = version.clone().map(|value| Value {
                        span: None,
                        ..value
                    });
                }
                if manifest.license == License::Inherited {
                    manifest.license = license.clone();
                }
            }
            None if inherits_version => manifest.version = None,
            None => {}
        }
    }
}

fn core_metadata(file: &str, metadata: &Metadata) -> Manifest {
    let value = |field: &metadata::Field| Value {
        text: field.value.clone(),
        span: Some(field.span),
    };
    let get = |name: &'static str| {
        metadata
            .get(name)
            .filter(|field| !field.value.is_empty() && field.value != "UNKNOWN")
            .map(value)
    };
    let classified = metadata
        .all("Classifier")
        .any(|field| field.value.starts_with("License ::"));
    let license = if let Some(value) = get("License-Expression") {
        License::Expression(value)
    } else if let Some(value) = get("License") {
        License::FreeText(value)
    } else if classified {
        License::Elsewhere
    } else if let Some(value) = get("License-File") {
        License::File(value)
    } else {
        License::Missing
    };
    Manifest {
        file: file.to_owned(),
        ecosystem: Ecosystem::Python,
        name: get("Name"),
        version: get("Version"),
        license,
        private: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license(file: &str, text: &str) -> License {
        read(file, text.as_bytes()).unwrap().license
    }

    #[test]
    fn every_way_to_declare_a_licence_is_understood() {
        let text = "[project]\nname = \"a\"\nlicense = \"MIT\"\n";
        let License::Expression(value) = license("pyproject.toml", text) else {
            panic!("an expression")
        };
        assert_eq!(&text[value.span.unwrap().range()], "\"MIT\"");
        assert!(matches!(
            license("pyproject.toml", "[project]\nlicense = {text = \"x\"}"),
            License::FreeText(_)
        ));
        assert!(matches!(
            license("pyproject.toml", "[project]\nlicense = {file = \"x\"}"),
            License::File(_)
        ));
        assert_eq!(
            license("pyproject.toml", "[project]\ndynamic = [\"license\"]"),
            License::Elsewhere
        );
        assert_eq!(
            license("pyproject.toml", "[project]\nname = \"a\""),
            License::Missing
        );
        assert!(read("pyproject.toml", b"[tool.black]\n").is_none());
        assert!(matches!(
            license("Cargo.toml", "[package]\nlicense = \"MIT\""),
            License::Expression(_)
        ));
        assert!(matches!(
            license("Cargo.toml", "[package]\nlicense-file = \"L\""),
            License::File(_)
        ));
        assert_eq!(
            license("Cargo.toml", "[package]\nlicense.workspace = true"),
            License::Inherited
        );
        let text = "{\"name\": \"a\", \"license\" : \"MIT\"}";
        let License::Expression(value) = license("package.json", text) else {
            panic!("an expression")
        };
        assert_eq!(&text[value.span.unwrap().range()], "\"MIT\"");
        let old = "{\"name\":\"a\",\"licenses\":[{\"type\":\"MIT\"},{\"type\":\"ISC\"}]}";
        assert!(
            matches!(license("package.json", old), License::OldForm(v) if v.text == "MIT OR ISC")
        );
        assert_eq!(
            license(
                "package.json",
                "{\"name\":\"a\",\"license\":\"UNLICENSED\"}"
            ),
            License::Elsewhere
        );
        assert!(matches!(
            license("METADATA", "Name: a\nLicense: BSD\n"),
            License::FreeText(_)
        ));
        assert_eq!(
            license("METADATA", "Name: a\nLicense: UNKNOWN\n"),
            License::Missing
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\[package\\]|\\[project\\]|license|=|\"|\\{|\\}|:|name|\n|é|.){0,25}") {
            for file in ["pyproject.toml", "Cargo.toml", "package.json", "METADATA"] {
                let _ = read(file, text.as_bytes());
            }
        }
    }
}
