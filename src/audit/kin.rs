// SPDX-License-Identifier: Apache-2.0
//! Files of one build, and what was left beside them: what is said of many files of a folder in the same
//! words is said once.
//!
//! Where a project was built shows in each object file of a folder alike, and is repaired once. This
//! is done after policy, so that a waiver for one file silences none of the others.

use super::resolve::Pending;
use crate::model::Severity;
use std::collections::{BTreeMap, BTreeSet};

/// Files of one folder and ending from which on they are one finding: fewer are read one by one.
const MANY: usize = 4;
/// Names that a description gives.
const NAMED: usize = 5;

/// Leaves one finding, the first by path, of those that say the same of [`MANY`] compiled files.
pub(super) fn fold(pending: &mut Vec<Pending>) {
    let mut kin: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, one) in pending.iter().enumerate() {
        if let Some(key) = key(one) {
            kin.entry(key).or_default().push(index);
        }
    }
    kin.retain(|_, all| all.len() >= MANY);
    let mut said = Vec::new();
    let mut gone = BTreeSet::new();
    for (key, mut all) in kin {
        all.sort_by(|a, b| pending[*a].path.cmp(&pending[*b].path));
        let names: Vec<&str> = all[1..].iter().map(|at| leaf(&pending[*at])).collect();
        said.push((
            all[0],
            beside(&names),
            format!("{}/*{}", key.folder, key.ending),
        ));
        gone.extend(all.into_iter().skip(1));
    }
    for (index, text, known_at) in said {
        pending[index].description.push_str(&text);
        pending[index].known_at = Some(known_at);
    }
    let mut index = 0;
    pending.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
}

/// What is equal in findings that say the same.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: String,
    container: Vec<std::sync::Arc<str>>,
    /// The folder inside of the artifact, and how the file's name ends.
    folder: String,
    ending: String,
    weight: (crate::model::Severity, crate::model::Confidence),
    prefixes: String,
}

/// What an open finding is put together by: of a compiled file, known by its prefixes, or of a file that
/// is by its name what little harm comes of.
fn key(one: &Pending) -> Option<Key> {
    let is_named = one.rule.meta.id.family() == "artifact"
        && one.severity <= Severity::Low
        && one.snippet.is_none();
    let prefixes = one.identity.clone();
    let prefixes = prefixes.or_else(|| is_named.then(|| one.description.clone()))?;
    let is_text = one.place.as_ref().is_some_and(|place| place.line.is_some());
    if is_text || one.suppressed.is_some() || one.origin.is_some() {
        return None;
    }
    let inside = one.path.inside_artifact();
    let (folder, file) = inside.rsplit_once('/')?;
    let (_, ending) = file.rsplit_once('.')?;
    let (_, container) = one.path.segments().split_last()?;
    Some(Key {
        rule: one.rule.meta.id.to_string(),
        container: container.to_vec(),
        ending: format!(".{ending}"),
        folder: folder.to_owned(),
        weight: (one.severity, one.confidence),
        prefixes,
    })
}

fn leaf(one: &Pending) -> &str {
    let name = one.path.name();
    name.rsplit_once('/').map_or(name, |(_, leaf)| leaf)
}

/// The sentence on the others.
fn beside(names: &[&str]) -> String {
    let named = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => format!(" The same in {} files beside it: {named}.", names.len()),
        more => format!(
            " The same in {} files beside it: {named} and {more} others.",
            names.len()
        ),
    }
}
