// SPDX-License-Identifier: Apache-2.0
//! Front matter: that it is there, that it can be read, and that its values are allowed
//! (sections 1.3, 5 A).

use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::plan::{Document, FrontMatter, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-frontmatter-missing", missing),
    Check::plan("cto-frontmatter-invalid", invalid),
    Check::plan("cto-frontmatter-key-missing", key_missing),
    Check::plan("cto-frontmatter-profile-mixed", profile_mixed),
    Check::plan("cto-tier-invalid", tier),
    Check::plan("cto-status-invalid", status),
    Check::plan("cto-core-promotion-status-invalid", promotion),
    Check::plan("cto-owner-unknown", owner),
];

fn missing(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        if matches!(document.front, FrontMatter::Missing) {
            let text = if document.text.starts_with('\u{feff}') {
                "A byte order mark stands before the front matter; save the document without one."
            } else {
                "The document does not begin with front matter between two `---` lines."
            };
            told::whole(found, rule, document, text);
        }
    }
}

fn invalid(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        if let FrontMatter::Invalid(why, span) = &document.front {
            let text = format!("The front matter cannot be used: {why}.");
            told::at(found, rule, document, *span, text);
        }
    }
}

/// Documents whose front matter is a mapping.
fn read<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = (&'p Document, Vec<&'p str>)> {
    plan.documents.iter().filter_map(|document| {
        let FrontMatter::Keys(keys) = &document.front else {
            return None;
        };
        Some((document, keys.iter().map(|(key, _)| key.as_str()).collect()))
    })
}

/// The line that opens the front matter.
const OPENING: ByteSpan = ByteSpan { start: 0, end: 3 };

fn key_missing(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let wanted = &plan.profile.planning.front_matter;
    for (document, keys) in read(plan) {
        let further = keys.contains(&"tier").then_some(&wanted.with_tier);
        let mut absent: Vec<&str> = wanted
            .required
            .iter()
            .chain(further.into_iter().flatten())
            .map(String::as_str)
            .filter(|key| document.value(key).is_none())
            .collect();
        if document.value("name").or(document.value("title")).is_none() {
            absent.insert(0, "name");
        }
        for key in absent {
            let is_there = document.key(key);
            let text = match is_there {
                Some(_) => format!("The front matter's key `{key}` has no value."),
                None => format!("The front matter has no key `{key}`."),
            };
            told::at(
                found,
                rule,
                document,
                is_there.map_or(OPENING, |node| node.span),
                text,
            );
        }
    }
}

fn profile_mixed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profiles = &plan.profile.planning.front_matter.profiles;
    for (document, keys) in read(plan) {
        let both = keys.contains(&"name") && keys.contains(&"title");
        let fits = |profile: &Vec<String>| keys.iter().all(|key| profile.iter().any(|k| k == key));
        if both {
            let text = "The front matter gives both `name` and `title`; exactly one is expected.";
            told::at(found, rule, document, OPENING, text);
        } else if !profiles.iter().any(fits) {
            let text = format!(
                "The keys {} belong to no one front matter profile.",
                listed(&keys)
            );
            told::at(found, rule, document, OPENING, text);
        }
    }
}

/// Says of each of these keys that its value stands outside the vocabulary.
fn vocabulary(plan: &Plan<'_>, rule: &Rule, found: &mut Found, keys: &[&str]) {
    for document in &plan.documents {
        for key in keys {
            let Some(allowed) = plan.profile.planning.vocabulary.get(*key) else {
                continue;
            };
            let (Some(node), Some(value)) = (document.key(key), document.value(key)) else {
                continue;
            };
            if !allowed.iter().any(|one| one == value) {
                let text = format!("`{key}` is `{value}`; allowed is {}.", listed(allowed));
                told::at(found, rule, document, node.span, text);
            }
        }
    }
}

fn tier(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    vocabulary(plan, rule, found, &["tier"]);
}

fn status(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    vocabulary(plan, rule, found, &["status", "lifecycle_classification"]);
}

fn promotion(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    const KEY: &str = "core_promotion_status";
    vocabulary(plan, rule, found, &[KEY]);
    let allowed = plan.profile.planning.vocabulary.get(KEY);
    let is_allowed = |value: &str| {
        let value = value.to_lowercase();
        allowed.is_some_and(|list| list.contains(&value))
    };
    for document in &plan.documents {
        for fact in document.facts_of(KEY) {
            // Prose about the value is not the value: only a single word can be one.
            let word = !fact.raw.contains(char::is_whitespace);
            if word && !is_allowed(&fact.raw) {
                let text = format!("The document states `{KEY}` as `{}`.", fact.raw);
                told::at(found, rule, document, fact.span, text);
            }
        }
    }
    for record in &plan.records {
        let Ok(value) = &record.value else { continue };
        let Some(stated) = value.get(KEY).and_then(|value| value.as_str()) else {
            continue;
        };
        if !is_allowed(stated) {
            let text = format!("The record states `{KEY}` as `{stated}`.");
            found.say(rule, &record.entry(), text).subject = Some(Box::new(told::record(record)));
        }
    }
}

fn owner(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let owners = &plan.profile.planning.owners;
    for document in &plan.documents {
        let (Some(node), Some(value)) = (document.key("owner"), document.value("owner")) else {
            continue;
        };
        if !owners.iter().any(|one| one == value) {
            let text = format!(
                "The owner `{value}` is not declared; known is {}.",
                listed(owners)
            );
            told::at(found, rule, document, node.span, text);
        }
    }
}
