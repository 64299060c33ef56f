// SPDX-License-Identifier: Apache-2.0
//! What the name of a JSON document tells of it.

use crate::classify::{Purpose, purpose};

/// How much a fault in a document weighs, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Material of tests; often wrong on purpose.
    Test,
    /// Somewhere else.
    Other,
    /// Where people and programs look for schemas.
    Shipped,
}

/// Whether a file says by its ending that it is a JSON Schema.
pub(super) fn is_schema_name(name: &str) -> bool {
    [".schema.json", ".schema.yaml", ".schema.yml"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether a file stands directly in a folder of schemas.
pub(super) fn in_schema_folder(name: &str) -> bool {
    let folder = name.rsplit('/').nth(1);
    folder.is_some_and(|folder| matches!(folder, "schema" | "schemas"))
}

/// Whether a file says by its ending that it is YAML.
pub(super) fn is_yaml_name(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    ["yaml", "yml"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether a file says by its ending that it is JSON, comments or not.
pub(super) fn is_json_name(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    ["json", "jsonc", "webmanifest"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// The words of a path component.
fn words(component: &str) -> impl Iterator<Item = &str> {
    component.split(|c: char| !c.is_ascii_alphanumeric())
}

/// How much a fault weighs in a file of this name.
pub(super) fn weight(name: &str) -> Weight {
    let lower = name.to_ascii_lowercase();
    let mut folders: Vec<&str> = lower.split('/').collect();
    let base = folders.pop().unwrap_or_default();
    let testing = |word: &str| purpose(word) == Some(Purpose::Test);
    let in_tests = folders.iter().any(|folder| words(folder).any(testing));
    if in_tests || words(base).any(|word| word == "test" || word == "invalid") {
        return Weight::Test;
    }
    let at_home =
        |folder: &str| words(folder).any(|word| matches!(word, "schema" | "schemas" | "data"));
    if is_schema_name(base) || folders.into_iter().any(at_home) {
        Weight::Shipped
    } else {
        Weight::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_is_told_by_place() {
        assert_eq!(weight("tests/data/x.schema.json"), Weight::Test);
        assert_eq!(weight("pkg-1.0/test-data/x.json"), Weight::Test);
        assert_eq!(weight("pkg/schemas/x.json"), Weight::Shipped);
        assert_eq!(weight("latest/x.schema.json"), Weight::Shipped);
        assert_eq!(weight("docs/x.json"), Weight::Other);
    }
}
