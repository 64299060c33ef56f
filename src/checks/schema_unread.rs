// SPDX-License-Identifier: Apache-2.0
//! Schemas and API descriptions that are longer than what the other checks read: nobody should take
//! their silence for a verdict.

use super::EntryCheck;
use super::params::draft;
use super::schema_place::{is_schema_name, is_yaml_name};
use super::{schema_index, schema_yaml};
use crate::artifact::EntryKind;
use crate::classify::Classified;
use crate::model::Draft;
use crate::rules::Rule;

/// Bytes at the top in which a document says what it is.
const HEAD: usize = 64 << 10;

/// `check = "schema-unread"`.
pub(super) struct SchemaUnread;

fn most(name: &str) -> usize {
    match is_yaml_name(name) {
        true => schema_yaml::MAX_BYTES,
        false => schema_index::MAX_BYTES,
    }
}

/// Whether the top of a JSON text names a meta-schema or a description of an API.
fn says_schema(head: &[u8]) -> bool {
    let marks = [
        "//json-schema.org/",
        "\"openapi\"",
        "\"asyncapi\"",
        "\"swagger\"",
    ];
    marks
        .iter()
        .any(|mark| memchr::memmem::find(head, mark.as_bytes()).is_some())
}

impl EntryCheck for SchemaUnread {
    fn name(&self) -> &'static str {
        "schema-unread"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        let name = entry.path.name();
        // Most files are short.
        if entry.bytes.len() <= schema_yaml::MAX_BYTES || *entry.entry_kind != EntryKind::File {
            return false;
        }
        let head = &entry.bytes[..HEAD];
        let told = match (is_yaml_name(name), name.ends_with(".json")) {
            (true, _) => schema_yaml::is_read(name, head),
            (_, true) => is_schema_name(name) || says_schema(head),
            _ => false,
        };
        told && entry.bytes.len() > most(name)
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let description = format!(
            "The document has {} bytes, more than the {} that are read: nothing was judged in it.",
            entry.bytes.len(),
            most(entry.path.name())
        );
        out.push(draft(rule, entry.path, description));
    }
}
