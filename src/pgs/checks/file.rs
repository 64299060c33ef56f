// SPDX-License-Identifier: Apache-2.0
//! Files that cannot be what they are named: P-FILE, and members of the wrong shape.

use super::context::{Context, Found, params, pointer};
use crate::model::ByteSpan;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::NodeKind;
use crate::pgs::snapshot::named_by;
use crate::rules::Rule;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Keys that every artifact has (section 1.3).
const ENVELOPE: &[&str] = &[
    "artifact_code",
    "artifact_type",
    "content",
    "content_hash",
    "fqdn_id",
    "frontmatter",
    "layer_code",
    "module_path",
    "namespace",
    "references",
    "version",
];

/// `params` of `pgs-file`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folders {
    /// Kind's tag to further folders in which its artifacts may stand.
    also: BTreeMap<String, Vec<String>>,
    /// Kind's tag to further words for it in `artifact_type`.
    tags: BTreeMap<String, Vec<String>>,
}

/// P-FILE.
pub(super) fn file(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let folders: Folders = params(context, rule, found);
    for fault in &context.files.faults {
        let text = format!("It cannot be part of a snapshot: {}.", fault.message);
        found.drafts.push(context.file(rule, &fault.path, text));
    }
    for (path, cause) in &context.unreadable {
        found.drafts.push(unreadable(context, rule, path, cause));
    }
    let Some(snapshot) = &context.snapshot else {
        others(context, rule, found, "");
        return;
    };
    others(context, rule, found, &snapshot.prefix);
    for (path, _) in snapshot.artifact_files() {
        if named_by(path).is_none() {
            let text = "Its name is no name of an artifact: `<namespace>__<CODE>.json`.";
            found.drafts.push(context.file(rule, path, text));
        }
    }
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for loaded in &context.artifacts {
        let (fqdn, body) = (loaded.fqdn(), loaded.body());
        if let Some(first) = seen.insert(fqdn.as_str(), &loaded.path) {
            let text = format!("`{fqdn}` stands twice in the snapshot, first in `{first}`.");
            found.drafts.push(context.file(rule, &loaded.path, text));
        }
        let folder = loaded.path.rsplit('/').nth(1).unwrap_or_default();
        let also = folders.also.get(fqdn.kind().tag());
        if folder != fqdn.kind().folder()
            && !also.is_some_and(|also| also.iter().any(|name| name == folder))
        {
            let kind = fqdn.kind();
            let text = format!(
                "`{}` stands in `{folder}`; artifacts of its kind stand in `{}`.",
                fqdn.code(),
                kind.folder()
            );
            found.drafts.push(context.file(rule, &loaded.path, text));
        }
        for (key, expected) in [
            ("fqdn_id", fqdn.as_str()),
            ("namespace", fqdn.namespace()),
            ("artifact_code", fqdn.code()),
            ("artifact_type", fqdn.kind().tag()),
        ] {
            let said = body.text(key);
            let words = folders
                .tags
                .get(expected)
                .filter(|_| key == "artifact_type");
            let other = words.is_some_and(|words| words.iter().any(|w| Some(w.as_str()) == said));
            if body.get(key).is_some() && said != Some(expected) && !other {
                let text = format!(
                    "`{key}` is {}, and the file's name says `{expected}`.",
                    body.get(key)
                        .map(crate::support::pyjson::ordered::Value::canonical)
                        .unwrap_or_default()
                );
                found.drafts.push(context.at(rule, loaded, &[key], text));
            }
        }
        let missing: Vec<&str> = ENVELOPE
            .iter()
            .filter(|key| body.get(key).is_none())
            .copied()
            .collect();
        if !missing.is_empty() {
            let text = format!("It lacks {}.", super::context::listed(&missing));
            found.drafts.push(context.file(rule, &loaded.path, text));
        }
    }
}

/// Files beside the artifacts: they are data of the snapshot too.
fn others(context: &Context<'_>, rule: &Rule, found: &mut Found, prefix: &str) {
    let tops = [
        format!("{prefix}artifacts/"),
        format!("{prefix}governance/artifacts/"),
    ];
    let tokens = [
        "tokenized_snapshot/",
        "vocabulary_snapshot/",
        "trust_snapshot/",
    ];
    let depth = crate::pgs::limits::Limits::default().depth;
    let listed: Vec<_> = context
        .files
        .files
        .iter()
        .filter(|(path, _)| {
            // An index stands beside the folders of artifacts, not in one.
            let inside = tops.iter().find_map(|top| path.strip_prefix(top.as_str()));
            let artifact = inside.is_some_and(|rest| rest.contains('/'));
            path.ends_with(".json") && !artifact && !tokens.iter().any(|top| path.starts_with(top))
        })
        .collect();
    let drafts: Vec<_> = listed
        .par_iter()
        .filter_map(|(path, file)| {
            let limits = context.snapshot.as_ref().map_or(depth, |s| s.limits.depth);
            let read = crate::support::pyjson::ordered::parse_strict(&file.bytes, limits);
            let cause = read.err()?.to_string();
            Some(unreadable(context, rule, path, &cause))
        })
        .collect();
    found.drafts.extend(drafts);
}

fn unreadable(context: &Context<'_>, rule: &Rule, path: &str, cause: &str) -> crate::model::Draft {
    let draft = context.file(rule, path, format!("It is not read: {cause}."));
    let bytes = context.files.get(path).map(|file| &file.bytes);
    match bytes.and_then(|bytes| place(bytes, cause)) {
        Some(span) => draft.at(span),
        None => draft,
    }
}

/// The byte that a parser's message names by line and column.
fn place(bytes: &[u8], cause: &str) -> Option<ByteSpan> {
    let mut words = cause.split_once(": line ")?.1.split_whitespace();
    let line: usize = words.next()?.parse().ok()?;
    let column: usize = words.nth(1)?.parse().ok()?;
    let text = std::str::from_utf8(bytes).ok()?;
    let whole = text.split_inclusive('\n').nth(line.checked_sub(1)?)?;
    let from = whole.as_ptr() as usize - text.as_ptr() as usize;
    let (at, c) = whole.char_indices().nth(column.checked_sub(1)?)?;
    Some(ByteSpan::new(from + at, from + at + c.len_utf8()))
}

/// Members that are not what they should be, and nodes of no known kind. What is read as absent
/// must be said, or the checks behind it would pass by silence.
pub(super) fn shape(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for loaded in &context.artifacts {
        for fault in &loaded.faults {
            let text = format!("`{}` is not {}.", fault.at, fault.expected);
            let draft = context.member(rule, &loaded.path, &fault.at, text);
            found.drafts.push(draft);
        }
    }
    for (loaded, workflow) in context.workflows() {
        for node in workflow.nodes.values() {
            if let NodeKind::Other(kind) = &node.kind {
                let at = pointer(&["frontmatter", "core", "nodes", &node.id, "type"]);
                let text = format!("No runtime knows the node type `{kind}`.");
                found
                    .drafts
                    .push(context.member(rule, &loaded.path, &at, text));
            }
        }
        if let Some(binding) = &workflow.binding
            && Fqdn::parse_within(binding, workflow.fqdn.namespace()).is_err()
        {
            let text = format!("`{binding}` is no name of an artifact.");
            let keys = ["frontmatter", "runtime_binding"];
            found.drafts.push(context.at(rule, loaded, &keys, text));
        }
    }
}
