// SPDX-License-Identifier: Apache-2.0
//! Governance that nobody enforces: P-GOV-PARITY.

use super::context::{Context, Found, params};
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::rules::Rule;
use crate::schema;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;

/// `params` of `pgs-gov-parity`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demands {
    /// Words of structures' codes of which a snapshot with governance has exactly one each.
    exactly_one: Vec<String>,
    /// Texts of `enforced_by` that name nobody.
    nobody: Vec<String>,
}

/// P-GOV-PARITY.
pub(super) fn parity(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Demands = params(context, rule, found);
    for (from, to) in [
        (Kind::Invariant, Kind::Assertion),
        (Kind::Assertion, Kind::Invariant),
    ] {
        for loaded in context.of(from) {
            let fqdn = loaded.fqdn();
            let start = |kind: Kind| format!("{}_", kind.tag());
            let Some(rest) = fqdn.code().strip_prefix(start(from).as_str()) else {
                continue;
            };
            let pair = format!("{}::{}{rest}", fqdn.namespace(), start(to));
            if Fqdn::parse(&pair).is_ok() && context.get(&pair).is_none() {
                let text = format!("`{pair}`, its other half, is not in the snapshot.");
                found.drafts.push(context.file(rule, &loaded.path, text));
            }
        }
    }
    contracts(context, rule, &own, found);
    for loaded in &context.artifacts {
        nobody(
            loaded.artifact.frontmatter(),
            "/frontmatter",
            &own,
            &mut |at| {
                let text = "Nobody enforces it: a rule on paper, and a risk that remains.";
                found
                    .drafts
                    .push(context.member(rule, &loaded.path, at, text));
            },
        );
    }
}

/// Contracts of which a snapshot that carries its governance has exactly one each.
fn contracts(context: &Context<'_>, rule: &Rule, own: &Demands, found: &mut Found) {
    let Some(snapshot) = &context.snapshot else {
        return;
    };
    let top = format!("{}governance/artifacts/structures/", snapshot.prefix);
    let structures: Vec<_> = context
        .of(Kind::Structure)
        .filter(|loaded| loaded.path.starts_with(&top))
        .collect();
    if structures.is_empty() {
        return;
    }
    for word in &own.exactly_one {
        let fitting: Vec<_> = structures
            .iter()
            .filter(|loaded| loaded.fqdn().code().contains(word.as_str()))
            .collect();
        for extra in fitting.iter().skip(1) {
            let text = format!(
                "A second contract of {word}: `{}` is there too.",
                fitting[0].fqdn()
            );
            found.drafts.push(context.file(rule, &extra.path, text));
        }
        if fitting.is_empty() {
            let text = format!("The governance of the snapshot has no contract of {word}.");
            found.drafts.push(context.file(rule, &top, text));
        }
    }
}

fn nobody(value: &Value, at: &str, own: &Demands, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let below = schema::join(at, name);
                let listed = member.as_array().unwrap_or(std::slice::from_ref(member));
                let empty = |text: &&Value| {
                    text.as_str()
                        .is_some_and(|text| own.nobody.iter().any(|n| n == text))
                };
                if name == "enforced_by" && listed.iter().any(|text| empty(&text)) {
                    each(&below);
                } else {
                    nobody(member, &below, own, each);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nobody(item, &format!("{at}/{index}"), own, each);
            }
        }
        _ => {}
    }
}
