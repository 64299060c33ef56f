// SPDX-License-Identifier: Apache-2.0
//! What the two providers can do, as they say it themselves.

use super::{pic, pic_identity};
use crate::model::pic_contract;
use crate::object;
use crate::runtime::Policy;
use crate::support::pyjson::Value;

/// Names of the providers, in the order of listings.
pub(super) const PROVIDERS: [&str; 2] = ["pic", "http"];

/// Capabilities of a provider; it is known.
pub(super) fn capabilities(provider: &str) -> Value {
    if provider == "pic" {
        object! {
            "actions" => &["verify_packet", "phase_plan"][..],
            "default_mode" => "dry_run",
            "executes_shell" => false,
            "expected_pic_commands" => &pic_contract::COMMANDS[..],
            "interop_boundary" => &[
                "PIC is optional and never a hard dependency.",
                "PIC accepted/workflow_usable/settled fields never settle CCR directly.",
                "PIC safe_commands are imported as task hints only.",
            ][..],
            "provider" => provider,
            "supported_import_fields" => &pic_contract::FIELDS[..],
        }
    } else {
        object! {
            "actions" => &["webhook", "import_report"][..],
            "default_mode" => "dry_run",
            "executes_network" => true,
            "provider" => provider,
            "requires_config" => true,
        }
    }
}

/// Health of a provider; it is known. Nothing is run for it.
pub(super) fn health(policy: Policy, provider: &str) -> Value {
    if provider == "pic" {
        let mut health = pic::availability();
        if policy.strict() {
            // Another program of this name exists (a preprocessor for drawings).
            health.set("identity", "unknown");
            health.set("identity_probe", "only when executing: pic --version");
            health.set("min_version", pic_identity::MINIMUM_VERSION);
        }
        health
    } else {
        object! {
            "available" => true,
            "provider" => provider,
            "requires_explicit_config" => true,
        }
    }
}
