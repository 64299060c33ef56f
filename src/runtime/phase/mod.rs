// SPDX-License-Identifier: Apache-2.0
//! Phase formation (CCR specification, section 6): packets become a graph, the graph an
//! observation, the observation is held against a threshold, and a certificate candidate says how
//! that ended. Nothing here executes or settles anything.
//!
//! Flow: [`inputs`] reads every packet and open residual once; [`graph`] judges each packet
//! ([`eligibility`]) and each edge; [`observation`], [`threshold`] and [`certificate`] are pure;
//! [`form`] and the other commands write what came out.

mod certificate;
mod closure;
mod comparison;
mod edges;
mod eligibility;
mod evidence;
mod form;
mod graph;
mod inputs;
mod ledger;
mod observation;
mod plan;
mod repair;
mod threshold;

pub use form::{certify, compare, form, graph, observe, threshold};
pub use plan::plan;

use super::provider::pic::PROFILES;
use super::store::Transaction;
use super::{Outcome, Runtime, RuntimeError, layout};
use crate::object;
use crate::support::pyjson::{self, Value};

/// How a phase command runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Show what would be written and write nothing.
    pub dry_run: bool,
    /// End with exit code 1 when the answer is not `accepted`.
    pub demand: bool,
}

impl Options {
    fn ending(self, accepted: bool) -> Outcome {
        if self.demand && !accepted {
            Outcome::Refused
        } else {
            Outcome::Done
        }
    }

    /// The change to write into; none when nothing is to be written.
    fn begin(self, runtime: &Runtime) -> Result<Option<Transaction<'_>>, RuntimeError> {
        if self.dry_run {
            return Ok(None);
        }
        runtime.store.begin().map(Some)
    }
}

/// From this many items on, strict mode prints a summary and the path instead of the whole.
const SUMMARY_FROM: usize = 500;

/// Refuses a profile that PIC does not know; the refusal carries a residual.
fn require_profile(runtime: &Runtime, profile: &str) -> Result<(), RuntimeError> {
    if runtime.policy().compat() || PROFILES.contains(&profile) {
        return Ok(());
    }
    let error = format!(
        "unknown phase profile: {profile}; known: {}",
        PROFILES.join(", ")
    );
    let residual = super::residual::Draft {
        kind: "validation_error".to_owned(),
        description: error.clone(),
        blocking: false,
        object_type: "phase".to_owned(),
        object_id: profile.to_owned(),
        source: "ccr.phase.profile".to_owned(),
        repair_hint: "Name one of the known profiles.".to_owned(),
        ..super::residual::Draft::default()
    };
    Err(RuntimeError::refusal(
        object! {
            "error" => error,
            "ok" => false,
            "residual_ready" => residual.build(&super::now()),
        },
        Outcome::Refused,
    ))
}

/// `packet.get(key, default)` as text, the way Python shows it.
fn shown(value: &Value, key: &str, default: &str) -> String {
    value
        .get(key)
        .map_or_else(|| default.to_owned(), pyjson::display)
}

/// The path of a phase document below the root.
fn place(folder: &str, id: &str) -> String {
    format!("phase/{folder}/{}", layout::file_name(id))
}
