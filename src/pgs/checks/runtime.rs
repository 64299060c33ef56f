// SPDX-License-Identifier: Apache-2.0
//! What a runtime binding lets a side effect touch: P-RB-PATH, P-RB-SECRET, P-RB-TEMPLATE.

use super::context::{Context, Found, Typed, params, pointer};
use crate::model::Severity;
use crate::pgs::model::StepKind;
use crate::rules::Rule;
use crate::schema;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `params` of `pgs-rb-path`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roots {
    /// Templates that a path may begin with.
    templates: Vec<String>,
}

/// P-RB-PATH.
pub(super) fn paths(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let roots: Roots = params(context, rule, found);
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut places: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (loaded, binding) in context.bindings() {
        for name in binding.bindings.keys() {
            for section in ["policy", "config"] {
                let keys = ["frontmatter", "core", "bindings", name, section, "path"];
                let Some(path) = loaded.body().at(&keys).and_then(Value::as_str) else {
                    continue;
                };
                let below = roots
                    .templates
                    .iter()
                    .find_map(|template| path.strip_prefix(template.as_str())?.strip_prefix('/'));
                let fault = match below {
                    None => Some("does not stand below the data root".to_owned()),
                    Some(below) => strays(below),
                };
                if let Some(fault) = fault {
                    let text = format!("The path `{path}` {fault}.");
                    found.drafts.push(context.at(rule, loaded, &keys, text));
                } else if let Some(below) = below {
                    users
                        .entry(below.to_owned())
                        .or_default()
                        .insert(name.clone());
                    let place = (loaded.path.clone(), pointer(&keys));
                    places.insert(below.to_owned(), place);
                }
            }
        }
    }
    for loaded in &context.artifacts {
        let Typed::Storage(storage) = &loaded.typed else {
            continue;
        };
        for (entity, path) in &storage.stores {
            if let Some(fault) = strays(path) {
                let keys = ["frontmatter", "core", "entity_stores", entity, "path"];
                let text = format!("The path `{path}` of {entity} {fault}.");
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
    stores(context, &mut users, &mut places);
    for (path, names) in users.into_iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<String> = names.into_iter().collect();
        let text = format!(
            "{} write the same file `{path}`, each in its own format.",
            super::context::listed(&names)
        );
        if let Some((file, at)) = places.get(&path) {
            found.drafts.push(context.member(rule, file, at, text));
        }
    }
}

/// Files that a side effect without a path of its own reaches through an entity of the storage
/// structure.
fn stores(
    context: &Context<'_>,
    users: &mut BTreeMap<String, BTreeSet<String>>,
    places: &mut BTreeMap<String, (String, String)>,
) {
    for (_, workflow) in context.workflows() {
        let Some((_, binding)) = context.binding_of(workflow) else {
            continue;
        };
        let Some((loaded, storage)) = context.storage_of(binding) else {
            continue;
        };
        for step in super::bindings::steps_of(context, workflow) {
            let (StepKind::SideEffect(name), Some(store)) = (&step.kind, &step.store) else {
                continue;
            };
            let own = binding
                .bindings
                .get(name)
                .is_some_and(|bound| bound.policy.get("path").is_some());
            let Some(path) = storage.stores.get(store).filter(|_| !own) else {
                continue;
            };
            users.entry(path.clone()).or_default().insert(name.clone());
            let keys = ["frontmatter", "core", "entity_stores", store, "path"];
            places.insert(path.clone(), (loaded.path.clone(), pointer(&keys)));
        }
    }
}

/// Why a path may lead out of the folder it is relative to.
fn strays(path: &str) -> Option<String> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.is_empty() {
        Some("is empty".to_owned())
    } else if path.starts_with('/') || drive {
        Some("is absolute".to_owned())
    } else if path.contains('\\') || path.chars().any(char::is_control) {
        Some("holds a backslash or a control character".to_owned())
    } else if path.split('/').any(|part| part == "..") {
        Some("leads out of the data root".to_owned())
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        Some("has an empty part".to_owned())
    } else if path.contains("{{") {
        Some("holds a template inside".to_owned())
    } else {
        None
    }
}

/// `params` of `pgs-rb-secret`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secrets {
    /// Words of a member's name that make its text a credential.
    words: Vec<String>,
    /// Beginnings of templates that bring credentials in from the environment.
    templates: Vec<String>,
}

/// P-RB-SECRET. The text itself is never told.
pub(super) fn secrets(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Secrets = params(context, rule, found);
    for (loaded, _) in context.bindings() {
        texts(
            loaded.artifact.core(),
            "/frontmatter/core",
            &mut |at, text| {
                let name = at.rsplit('/').next().unwrap_or_default().to_lowercase();
                let words: Vec<&str> = name.split(['_', '-']).collect();
                let secret = own.words.iter().any(|word| words.contains(&word.as_str()));
                if let Some(template) = template(text) {
                    if own
                        .templates
                        .iter()
                        .any(|start| template.starts_with(start.as_str()))
                    {
                        let said = format!("`{at}` brings a credential in from the environment.");
                        let draft = context.member(rule, &loaded.path, at, said);
                        found.drafts.push(draft.severity(Severity::Medium));
                    }
                } else if (secret && !text.is_empty()) || has_user(text) {
                    // No place: the line would show what must not be shown.
                    let said = format!("`{at}` holds a credential in clear.");
                    found.drafts.push(context.file(rule, &loaded.path, said));
                }
            },
        );
    }
}

/// Whether an address carries a password.
fn has_user(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split('/').next().unwrap_or_default();
        host.split_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    })
}

fn template(text: &str) -> Option<&str> {
    text.strip_prefix("{{")?.strip_suffix("}}").map(str::trim)
}

/// `params` of `pgs-rb-template`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    /// Names that runtimes fill in.
    known: Vec<String>,
}

/// P-RB-TEMPLATE.
pub(super) fn templates(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Templates = params(context, rule, found);
    for (loaded, _) in context.bindings() {
        texts(
            loaded.artifact.core(),
            "/frontmatter/core",
            &mut |at, text| {
                let mut rest = text;
                while let Some((_, after)) = rest.split_once("{{") {
                    let said = match after.split_once("}}") {
                        None => "A template is not closed.".to_owned(),
                        Some((name, _)) if own.known.iter().any(|known| known == name) => {
                            String::new()
                        }
                        Some((name, _)) => format!("No runtime fills in the template `{name}`."),
                    };
                    if !said.is_empty() {
                        found
                            .drafts
                            .push(context.member(rule, &loaded.path, at, said));
                    }
                    rest = after.split_once("}}").map_or("", |(_, rest)| rest);
                }
            },
        );
    }
}

/// Every text below a value, with its pointer.
fn texts(value: &Value, at: &str, each: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => each(at, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{at}/{index}"), each);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(member, &schema::join(at, name), each);
            }
        }
        _ => {}
    }
}
