// SPDX-License-Identifier: Apache-2.0
//! Absolute names in `sources` and `sourceRoot` of a source map (ECMA-426). Homes of people are
//! found by the rules for compiled files; this check speaks of the others.

use super::EntryCheck;
use crate::classify::Classified;
use crate::matching::{is_on_machine, sources};
use crate::model::Draft;
use crate::rules::Rule;

/// Emits one finding per map.
pub(super) struct SourceMapSources;

impl EntryCheck for SourceMapSources {
    fn name(&self) -> &'static str {
        "source-map-sources"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        entry.kind.id == "source-map"
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        // Some servers guard a map with `)]}'` on its first line.
        let text = entry.text.bytes();
        let text = match text.strip_prefix(b")]}'") {
            Some(rest) => rest,
            None => text,
        };
        let mut names = sources(text).unwrap_or_default();
        names.retain(|name| is_on_machine(name));
        let Some(first) = names.first() else {
            return;
        };
        let more = match names.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let description = format!("The map names the source `{first}`{more}.");
        out.push(Draft::new(rule.meta.id.clone(), entry.path, description));
    }
}
