// SPDX-License-Identifier: Apache-2.0
//! Texts among git's own files, and what the configuration asks of a reader (git-config(1)).

use std::path::Path;

/// No file of text in a sound repository is larger.
const LIMIT: u64 = 256 << 20;

/// The text of a file of git's.
pub(super) fn read(path: &Path) -> Option<String> {
    let meta = path.metadata().ok()?;
    if !meta.is_file() || meta.len() > LIMIT {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What of the configuration decides whether, and how, objects can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) objects: Option<String>,
    pub(super) references: Option<String>,
    pub(super) partial: bool,
}

impl Configuration {
    pub(super) fn read(path: &Path) -> Self {
        Self::parse(&read(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(head) = line.strip_prefix('[') {
                let name = head.split([']', ' ', '\t']).next().unwrap_or_default();
                section = name.to_ascii_lowercase();
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            let key = key.trim().to_ascii_lowercase();
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match (section.as_str(), key.as_str()) {
                ("extensions", "objectformat") => found.objects = Some(value),
                ("extensions", "refstorage") => found.references = Some(value),
                ("extensions", "partialclone") => found.partial = true,
                ("remote", "promisor") => found.partial |= value == "true",
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_tells_what_a_reader_must_know() {
        let text = "[core]\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n[remote \"origin\"]\n\tpromisor = true\n";
        let found = Configuration::parse(text);
        assert_eq!(found.objects.as_deref(), Some("sha256"));
        assert!(found.partial && found.references.is_none());
        assert_eq!(
            Configuration::parse("objectformat = x"),
            Configuration::default()
        );
    }
}
