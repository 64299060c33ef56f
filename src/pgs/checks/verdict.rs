// SPDX-License-Identifier: Apache-2.0
//! Verdicts that decide nothing, and purity that is only claimed: P-VERDICT-IGNORED,
//! P-ON-CT-RESULT, P-PURE.

use super::context::{Context, Found, Loaded, listed, params};
use super::contracts::{STATUS, at_step};
use super::expressions::RAW;
use crate::model::Severity;
use crate::pgs::fqdn::Kind;
use crate::pgs::model::{Contract, StepKind, Transform};
use crate::rules::Rule;
use serde::Deserialize;

/// `params` of `pgs-verdict-ignored`: what makes a transform a check.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checking {
    /// Words that follow `CT_PURE_` or `CT_` in a code.
    codes: Vec<String>,
    /// Names of outputs.
    outputs: Vec<String>,
    /// Beginnings of names of outputs.
    output_prefixes: Vec<String>,
}

/// Outputs by which a transform judges; none when it does not judge.
fn verdicts(
    context: &Context<'_>,
    own: &Checking,
    loaded: &Loaded,
    transform: &Transform,
) -> Vec<String> {
    let code = loaded.fqdn().code();
    let word = code.strip_prefix("CT_").unwrap_or(code);
    let word = word.strip_prefix("PURE_").unwrap_or(word);
    let judges = own.codes.iter().any(|start| word.starts_with(start));
    let outputs = transform.outputs.keys();
    outputs
        .filter(|name| {
            let kind = super::types::declared_output(context, transform.fqdn.as_str(), name);
            own.outputs.contains(name)
                || own
                    .output_prefixes
                    .iter()
                    .any(|start| name.starts_with(start))
                || judges && kind == Some("boolean")
        })
        .cloned()
        .collect()
}

/// P-VERDICT-IGNORED.
pub(super) fn ignored(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Checking = params(context, rule, found);
    for (loaded, contract) in context.contracts() {
        for (index, step) in contract.steps.iter().enumerate() {
            let StepKind::Transform(name) = &step.kind else {
                continue;
            };
            let (Some(source), Some(transform)) = (context.get(name), context.transform(name))
            else {
                continue;
            };
            let verdicts = verdicts(context, &own, source, transform);
            if verdicts.is_empty() || is_heard(contract, index, &verdicts) {
                continue;
            }
            let text = format!(
                "`{}` judges ({}), and no outcome and no later step depends on it: the step succeeds whatever it finds.",
                transform.fqdn.code(),
                listed(&verdicts)
            );
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &["outputs"], text));
        }
    }
}

/// Whether an outcome or a later step depends on what a step found.
fn is_heard(contract: &Contract, index: usize, verdicts: &[String]) -> bool {
    let step = &contract.steps[index];
    if let Some(status) = step.outputs.get(STATUS)
        && status.paths().iter().any(|path| path.root() == RAW)
    {
        return true;
    }
    let tells = |name: &str| {
        step.outputs.get(name).is_some_and(|value| {
            value.paths().iter().any(|path| {
                let mut segments = path.segments();
                segments.next() == Some(RAW)
                    && segments
                        .next()
                        .is_none_or(|field| verdicts.iter().any(|v| v == field))
            })
        })
    };
    contract.steps[index + 1..].iter().any(|later| {
        let status = later.outputs.get(STATUS).into_iter();
        later.inputs.values().chain(status).any(|value| {
            value.paths().iter().any(|path| {
                let mut segments = path.segments();
                if segments.next() != Some("results") || segments.next() != Some(step.id.as_str()) {
                    return false;
                }
                match segments.next() {
                    None => true,
                    Some(RAW) => segments
                        .next()
                        .is_none_or(|field| verdicts.iter().any(|v| v == field)),
                    Some(name) => tells(name),
                }
            })
        })
    })
}

/// P-ON-CT-RESULT.
pub(super) fn renamed(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, index, step) in context.steps() {
        let Some(names) = &step.on_ct_result else {
            continue;
        };
        let other: Vec<&str> = [
            (names.on_success.as_deref(), "SUCCESS"),
            (names.on_failure.as_deref(), "VIOLATION"),
        ]
        .into_iter()
        .filter_map(|(said, usual)| said.filter(|said| *said != usual))
        .collect();
        let keys = ["on_ct_result"];
        let draft = if other.is_empty() {
            let text =
                "`on_ct_result` says what holds anyway; the reference runtime never reads it.";
            at_step(context, rule, loaded, index, &keys, text).severity(Severity::Medium)
        } else {
            let text = format!(
                "The reference runtime never reads `on_ct_result`, so {} cannot occur and the edge behind it is dead.",
                listed(&other)
            );
            at_step(context, rule, loaded, index, &keys, text)
        };
        found.drafts.push(draft);
    }
}

/// `params` of `pgs-pure`: what hints at a clock, at chance or at the world.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Impure {
    /// Words of a code.
    words: Vec<String>,
    /// Inputs that are read from the machine when they are absent.
    inputs: Vec<String>,
}

/// P-PURE.
pub(super) fn pure(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Impure = params(context, rule, found);
    for loaded in context.of(Kind::Transform) {
        let Some(transform) = context.transform(loaded.fqdn().as_str()) else {
            continue;
        };
        let purity = loaded.artifact.frontmatter().at(&["machine", "ct_purity"]);
        let purity = purity.and_then(crate::support::pyjson::ordered::Value::as_str);
        let code = loaded.fqdn().code();
        if purity != Some("ct_pure") && !code.starts_with("CT_PURE_") {
            continue;
        }
        let words: Vec<&str> = code.split('_').collect();
        let named = own.words.iter().any(|wanted| {
            let wanted: Vec<&str> = wanted.split('_').collect();
            words.windows(wanted.len()).any(|part| part == wanted)
        });
        let text = if named {
            format!("`{code}` is declared pure, and its name says that it reads the machine.")
        } else {
            let open = transform.inputs.iter().find(|(name, field)| {
                own.inputs.contains(name) && !field.required && field.default.is_none()
            });
            let Some((name, _)) = open else {
                continue;
            };
            format!(
                "`{code}` is declared pure, and it may run without `{name}`, which then comes from the machine."
            )
        };
        let keys = ["frontmatter", "machine", "ct_purity"];
        found.drafts.push(context.at(rule, loaded, &keys, text));
    }
}
