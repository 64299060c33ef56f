// SPDX-License-Identifier: Apache-2.0
//! Signatures that sign nothing: P-TRUST-STUB.

use super::context::{Context, Found, params};
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;

/// `params` of `pgs-trust-stub`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stubs {
    /// Values of `signing_algorithm` that sign nothing.
    algorithms: Vec<String>,
    /// Values of `trust_mode` in which nothing is signed.
    modes: Vec<String>,
}

/// P-TRUST-STUB.
pub(super) fn stub(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Stubs = params(context, rule, found);
    for domain in &context.domains {
        match &domain.attestation {
            None => {
                let text = format!("Nothing attests the tokenized domain `{}`.", domain.name);
                found
                    .drafts
                    .push(context.file(rule, &domain.path("metadata.json"), text));
            }
            Some((path, attestation)) => {
                let algorithm = attestation.text("signing_algorithm").unwrap_or_default();
                let signature = attestation.text("signature").unwrap_or_default();
                if own.algorithms.iter().any(|name| name == algorithm) || signature.is_empty() {
                    let text =
                        "The attestation is not signed: whoever writes the folder writes it too.";
                    found
                        .drafts
                        .push(context.member(rule, path, "/signing_algorithm", text));
                }
            }
        }
    }
    for loaded in &context.artifacts {
        let core = loaded.artifact.core();
        let mode = core
            .get("trust_mode")
            .or_else(|| loaded.artifact.frontmatter().get("trust_mode"));
        let Some(mode) = mode.and_then(Value::as_str) else {
            continue;
        };
        if own.modes.iter().any(|name| name == mode) {
            let text =
                format!("The snapshot declares the trust mode {mode}: nothing of it is signed.");
            let keys: &[&str] = if core.get("trust_mode").is_some() {
                &["frontmatter", "core", "trust_mode"]
            } else {
                &["frontmatter", "trust_mode"]
            };
            found.drafts.push(context.at(rule, loaded, keys, text));
        }
    }
}
