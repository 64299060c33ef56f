// SPDX-License-Identifier: Apache-2.0
//! What a distribution says about itself: name, version, script, dependencies, licence, RECORD.

use super::input::{Input, Kind};
use crate::model::ByteSpan;
use base64url::encode;
use std::collections::BTreeMap;

/// A text and the file it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// File.
    pub file: String,
    /// Where in it.
    pub span: Option<ByteSpan>,
    /// The text.
    pub text: String,
}

/// Everything that was said.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Name.
    pub name: Option<Said>,
    /// Versions, the deciding one first.
    pub versions: Vec<Said>,
    /// Where a version was looked for.
    pub version_places: Vec<String>,
    /// Target of the script `pic`; `None` when no script list was found.
    pub scripts: Option<(String, BTreeMap<String, Said>)>,
    /// Run-time dependencies outside extras, normalised.
    pub requires: Vec<Said>,
    /// Licence, as declared.
    pub licence: Option<Said>,
}

/// Header fields of `METADATA` or `PKG-INFO` (RFC 822 form), in order.
fn headers<'a>(file: &str, text: &'a str) -> Vec<(&'a str, Said)> {
    let mut found: Vec<(&str, Said)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        if body.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, said)) = found.last_mut() {
                said.text.push(' ');
                said.text.push_str(body.trim());
            }
            continue;
        }
        if let Some((name, value)) = body.split_once(':') {
            let said = Said {
                file: file.to_owned(),
                span: Some(ByteSpan::new(start, start + body.len())),
                text: value.trim().to_owned(),
            };
            found.push((name, said));
        }
    }
    found
}

impl Package {
    /// Reads what the input says.
    pub fn read(input: &Input, module: &str) -> Self {
        let mut package = Self::default();
        let manifest = input.kind.is_some_and(Kind::is_source);
        if manifest {
            package.manifest(input);
        }
        if input.kind == Some(Kind::Installed) || input.kind == Some(Kind::Wheel) {
            if let Some(info) = input.dist_info().map(str::to_owned) {
                package.metadata(input, &format!("{info}/METADATA"));
                package.entry_points(input, &format!("{info}/entry_points.txt"));
            }
        } else if manifest {
            package.metadata(input, "PKG-INFO");
        }
        package.module_version(input, module);
        package.changelog(input);
        package
    }

    fn manifest(&mut self, input: &Input) {
        let file = "pyproject.toml";
        self.version_places.push(file.to_owned());
        let Some(text) = input.text(file) else { return };
        let Ok(table) = toml::from_str::<toml::Table>(text) else {
            return;
        };
        let Some(project) = table.get("project").and_then(toml::Value::as_table) else {
            return;
        };
        let said = |key: &str, value: &str| Said {
            file: file.to_owned(),
            span: line_of(text, "[project]", key),
            text: value.to_owned(),
        };
        let text_of = |key: &str| project.get(key).and_then(toml::Value::as_str);
        self.name = text_of("name").map(|name| said("name", name));
        self.versions
            .extend(text_of("version").map(|version| said("version", version)));
        let licence = project.get("license").and_then(|value| match value {
            toml::Value::String(text) => Some(text.as_str()),
            toml::Value::Table(table) => table.get("text").and_then(toml::Value::as_str),
            _ => None,
        });
        self.licence = licence.map(|text| said("license", text));
        let scripts = project.get("scripts").and_then(toml::Value::as_table);
        let scripts = scripts
            .into_iter()
            .flatten()
            .filter_map(|(name, target)| {
                let span = line_of(text, "[project.scripts]", name);
                let said = Said {
                    file: file.to_owned(),
                    span,
                    text: target.as_str()?.to_owned(),
                };
                Some((name.clone(), said))
            })
            .collect();
        self.scripts = Some((file.to_owned(), scripts));
        let requires = project.get("dependencies").and_then(toml::Value::as_array);
        for text in requires
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
        {
            self.requires
                .extend(requirement(text).map(|name| said("dependencies", &name)));
        }
    }

    fn metadata(&mut self, input: &Input, file: &str) {
        self.version_places.push(file.to_owned());
        let Some(text) = input.text(file) else { return };
        let fresh = self.requires.is_empty();
        for (field, said) in headers(file, text) {
            match field {
                "Name" if self.name.is_none() => self.name = Some(said),
                "Version" => self.versions.push(said),
                "License" | "License-Expression" if self.licence.is_none() => {
                    self.licence = Some(said);
                }
                "Requires-Dist" if fresh => {
                    if let Some(name) = requirement(&said.text) {
                        self.requires.push(Said { text: name, ..said });
                    }
                }
                _ => {}
            }
        }
    }

    fn entry_points(&mut self, input: &Input, file: &str) {
        let mut scripts = BTreeMap::new();
        let text = input.text(file).unwrap_or_default();
        let (mut at, mut inside) = (0, false);
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let body = line.trim();
            if body.starts_with('[') {
                inside = body == "[console_scripts]";
            } else if let Some((name, target)) = body.split_once('=').filter(|_| inside) {
                let said = Said {
                    file: file.to_owned(),
                    span: Some(ByteSpan::new(start, start + line.trim_end().len())),
                    text: target.trim().to_owned(),
                };
                scripts.insert(name.trim().to_owned(), said);
            }
        }
        self.scripts = Some((file.to_owned(), scripts));
    }

    /// `__version__ = "..."` at the left margin of the package's `__init__.py`.
    fn module_version(&mut self, input: &Input, module: &str) {
        let file = format!("{}__init__.py", input.package(module));
        let Some(text) = input.text(&file) else {
            return;
        };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let value = line
                .strip_prefix("__version__")
                .map(str::trim_start)
                .and_then(|rest| rest.strip_prefix('='))
                .map(str::trim);
            let quoted = value.and_then(|value| {
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                value[1..].split(quote).next()
            });
            if let Some(text) = quoted {
                self.versions.push(Said {
                    file,
                    span: Some(ByteSpan::new(start, start + line.trim_end().len())),
                    text: text.to_owned(),
                });
                return;
            }
        }
    }

    /// The newest heading of the changelog that carries a version and a date.
    fn changelog(&mut self, input: &Input) {
        let file = "CHANGELOG.md";
        let Some(text) = input.text(file) else { return };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some(heading) = line.strip_prefix("## ") else {
                continue;
            };
            let words: Vec<&str> = heading
                .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
                .filter(|word| !word.is_empty())
                .collect();
            let version = words.iter().find(|word| {
                word.trim_start_matches('v').split('.').count() >= 3
                    && word
                        .trim_start_matches('v')
                        .starts_with(|c: char| c.is_ascii_digit())
            });
            let dated = words
                .iter()
                .any(|word| word.len() == 10 && word.chars().filter(|c| *c == '-').count() == 2);
            if let (Some(version), true) = (version, dated) {
                self.versions.push(Said {
                    file: file.to_owned(),
                    span: Some(ByteSpan::new(start, start + line.trim_end().len())),
                    text: version.trim_start_matches('v').to_owned(),
                });
                return;
            }
        }
    }
}

/// Normalised name of a requirement that holds without an extra.
pub fn requirement(text: &str) -> Option<String> {
    let (what, marker) = text.split_once(';').unwrap_or((text, ""));
    if marker.contains("extra") {
        return None;
    }
    let name: String = what
        .trim()
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    (!name.is_empty()).then(|| super::environment::normalise(&name))
}

/// The line of a key below a TOML heading.
fn line_of(text: &str, heading: &str, key: &str) -> Option<ByteSpan> {
    let (mut at, mut inside) = (0, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.starts_with('[') && !line.starts_with(' ') {
            inside = body == heading;
        } else if inside
            && body
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        {
            return Some(ByteSpan::new(start, start + line.trim_end().len()));
        }
    }
    None
}

/// A row of `RECORD`.
#[derive(Debug, Clone)]
pub struct Row {
    /// Path.
    pub path: String,
    /// `sha256=...`, or nothing.
    pub hash: String,
    /// Size, when stated.
    pub size: Option<u64>,
}

/// Rows of `RECORD` (CSV).
pub fn record(text: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    reader
        .records()
        .filter_map(Result::ok)
        .map(|row| Row {
            path: row.get(0).unwrap_or_default().to_owned(),
            hash: row.get(1).unwrap_or_default().to_owned(),
            size: row.get(2).and_then(|size| size.parse().ok()),
        })
        .collect()
}

/// The hash of a file as RECORD writes it.
pub fn record_hash(digest: &[u8; 32]) -> String {
    format!("sha256={}", encode(digest))
}

/// Base64 with the URL alphabet, without padding (RFC 4648 section 5).
mod base64url {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    pub(super) fn encode(bytes: &[u8]) -> String {
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let word = chunk
                .iter()
                .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for i in 0..=chunk.len() {
                let index = (word >> (18 - 6 * i)) & 63;
                out.push(char::from(ALPHABET[index as usize]));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_of_extras_do_not_count() {
        assert_eq!(requirement("PyYAML>=6.0").as_deref(), Some("pyyaml"));
        assert_eq!(requirement("httpx>=0.27; extra == 'connectors'"), None);
        assert_eq!(
            requirement("a_b.c [x] ; python_version > '3'").as_deref(),
            Some("a-b-c")
        );
    }

    #[test]
    fn the_hash_is_that_of_the_wheel_format() {
        let digest = crate::support::hashing::sha256(b"");
        assert_eq!(
            record_hash(&digest),
            "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        );
    }
}
