// SPDX-License-Identifier: Apache-2.0
//! Secrets in the records of an SQLite database and among the constants of Python byte code, whose
//! values stand side by side: each is searched for itself, and what is found takes the place of what
//! the search of the whole file found there.

use super::engine::Engine;
use crate::checks::byte_code_texts;
use crate::classify::{Classified, Kind, Text};
use crate::matching::{Cells, Hit, Records, Scratch, sqlite_values};

/// Adds what stands in single values to the hits of the whole file.
pub(super) fn secrets(
    engine: &Engine,
    entry: &Classified<'_>,
    scratch: &mut Scratch,
    hits: &mut Vec<Hit>,
) {
    let bytes = entry.text.bytes();
    let records: Box<dyn Iterator<Item = Records>> = match entry.kind.id {
        "sqlite" => Box::new(sqlite_values(bytes)),
        "pyc" => Box::new(std::iter::once(Records {
            values: Cells::at(bytes, &byte_code_texts(bytes)),
            named: Cells::default(),
        })),
        _ => return,
    };
    let mut found: Vec<Hit> = Vec::new();
    let mut here: Vec<Hit> = Vec::new();
    let mut search = |mut piece: Cells, kind: Kind| {
        if piece.text.is_empty() {
            return;
        }
        let alone = Classified {
            text: Text::of_binary(std::mem::take(&mut piece.text)),
            kind,
            ..*entry
        };
        engine.secrets(&alone, scratch, &mut here);
        found.extend(here.drain(..).filter_map(|mut hit| {
            hit.hit = piece.in_file(hit.hit)?;
            // What stands beside a name matches with it.
            hit.span = piece.in_file(hit.span).unwrap_or(hit.hit);
            Some(hit)
        }));
    };
    let settings = Kind::named("json");
    for piece in records {
        search(piece.values, entry.kind);
        if let Some(kind) = settings {
            search(piece.named, kind);
        }
    }
    // Values come in the order of the file, and a rule's hits with them.
    found.sort_by_key(|hit| (hit.rule, hit.hit.start));
    found.dedup_by(|one, before| one.rule == before.rule && one.hit.overlaps(before.hit));
    hits.retain(|hit| {
        let from =
            found.partition_point(|one| (one.rule, one.hit.end) <= (hit.rule, hit.hit.start));
        let same = found.get(from);
        !same.is_some_and(|one| one.rule == hit.rule && one.hit.overlaps(hit.hit))
    });
    hits.append(&mut found);
}
