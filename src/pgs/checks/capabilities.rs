// SPDX-License-Identifier: Apache-2.0
//! What this binary can run of a snapshot, and whether it gives what was recorded: P-CAP-UNBOUND,
//! P-CAP-DRIFT, P-CONF. Asked for by `--conformance`.

use super::context::{Context, Found, Loaded, Typed};
use crate::model::{Draft, Severity};
use crate::pgs::capability::BoundTransform;
use crate::pgs::capability::conformance::{self, Case};
use crate::pgs::capability::manifest::{self, Unfit};
use crate::pgs::fqdn::Kind;
use crate::rules::Rule;
use crate::support::pyjson::ordered::parse_strict;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Why a capability cannot run here.
fn unfit(loaded: &Loaded) -> Vec<Unfit> {
    match &loaded.typed {
        Typed::Transform(transform) => match BoundTransform::bind(transform.clone()) {
            Ok(_) => Vec::new(),
            Err(unfit) => unfit,
        },
        Typed::SideEffect(effect) => manifest::effect(effect).err().into_iter().collect(),
        _ => Vec::new(),
    }
}

fn told(context: &Context<'_>, rule: &Rule, found: &mut Found, code: &str) {
    let bound = |loaded: &&Loaded| {
        let external = context.external;
        external.is_none_or(|bindings| bindings.program(loaded.fqdn()).is_none())
    };
    for loaded in context.artifacts.iter().filter(bound) {
        let fitting = unfit(loaded)
            .into_iter()
            .filter(|unfit| unfit.code() == code);
        for unfit in fitting {
            let key = if loaded.fqdn().kind() == Kind::Transform {
                "ct_ir"
            } else {
                "cs_ir"
            };
            let text = format!("{unfit}.");
            found.drafts.push(context.at(rule, loaded, &[key], text));
        }
    }
}

/// P-CAP-UNBOUND.
pub(super) fn unbound(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    told(context, rule, found, "CAP-UNBOUND");
}

/// P-CAP-DRIFT.
pub(super) fn drift(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    told(context, rule, found, "CAP-CONTRACT-DRIFT");
}

/// P-CONF.
pub(super) fn conformance(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let Some(snapshot) = &context.snapshot else {
        return;
    };
    let depth = snapshot.limits.depth;
    let listed: Vec<_> = snapshot.conformance_files().collect();
    let cases: Vec<(&str, String, Case)> = listed
        .into_par_iter()
        .filter_map(|(path, file)| {
            // What is no JSON is told by another rule.
            let case = parse_strict(&file.bytes, depth).ok()?;
            let named = case.text("ct_fqdn").unwrap_or_default().to_owned();
            Some((
                path,
                named,
                conformance::check_with(&case, context.external),
            ))
        })
        .collect();
    let mut covered = BTreeSet::new();
    for (path, named, case) in cases {
        let draft: Option<Draft> = match case {
            Case::Passed => None,
            Case::Failed(why) => {
                let text =
                    format!("The built-in `{named}` does not give what was recorded: {why}.");
                Some(context.member(rule, path, "/expected", text))
            }
            Case::Malformed(why) => {
                Some(context.file(rule, path, format!("It is no case: {why}.")))
            }
            Case::Skipped(_) => {
                found.pass("conformance_cases_not_run", &named);
                None
            }
        };
        found.drafts.extend(draft);
        covered.insert(named);
    }
    for loaded in context.of(Kind::Transform) {
        if !covered.contains(loaded.fqdn().as_str()) {
            let text = "No recorded case says what it gives.";
            let draft = context.file(rule, &loaded.path, text);
            found.drafts.push(draft.severity(Severity::Low));
        }
    }
}
