// SPDX-License-Identifier: Apache-2.0
//! Who acts, and what the agent manifest lets a role do.
//!
//! The manifest says which statuses a role may set and what it may create. Some steps have no word
//! in the reference's manifest (it has no command for them); [`Roles::may`] derives those from the
//! words it has, so that a root with the reference's own manifest can run the whole cycle.

use super::draft::{Draft, refusal};
use super::{Outcome, Runtime, RuntimeError, explain};
use crate::object;
use crate::support::pyjson::Value;

/// Who says that he acts, and in which role.
#[derive(Debug, Clone, Copy, Default)]
pub struct Actor<'a> {
    /// Agent id; events carry it.
    pub agent: Option<&'a str>,
    /// Role of the manifest.
    pub role: Option<&'a str>,
}

impl Actor<'_> {
    /// The name that an event carries; empty when nobody named himself.
    pub fn name(&self) -> String {
        self.agent.unwrap_or_default().to_owned()
    }
}

/// What a role is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// Move a packet to a status.
    Packet(&'a str),
    /// Move a task to a status.
    Task(&'a str),
    /// Hand in a verifier's report.
    Report,
    /// Close a residual with evidence.
    ResolveResidual,
    /// Set a residual aside as hostile or malformed.
    QuarantineResidual,
    /// Declare a baseline.
    Baseline,
}

impl Act<'_> {
    fn text(self) -> String {
        match self {
            Self::Packet(status) => format!("set a packet to {status}"),
            Self::Task(status) => format!("set a task to {status}"),
            Self::Report => "add a verifier report".to_owned(),
            Self::ResolveResidual => "resolve a residual".to_owned(),
            Self::QuarantineResidual => "quarantine a residual".to_owned(),
            Self::Baseline => "add a baseline".to_owned(),
        }
    }
}

/// The roles of the manifest in force.
#[derive(Debug, Clone)]
pub struct Roles {
    roles: Value,
}

impl Roles {
    /// Reads the manifest: the root's own, else ours.
    ///
    /// # Errors
    /// The root's own is no JSON object.
    pub fn load(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let manifest = explain::manifest(runtime)?;
        Ok(Self {
            roles: manifest.get("roles").cloned().unwrap_or_default(),
        })
    }

    fn lists(&self, role: &str, key: &str, word: &str) -> bool {
        let list = self.roles.get(role).map_or(&[][..], |role| role.items(key));
        list.iter().any(|item| item.as_str() == Some(word))
    }

    /// Whether the manifest knows a role.
    pub fn knows(&self, role: &str) -> bool {
        self.roles.get(role).is_some()
    }

    /// Whether a role may do something.
    pub fn may(&self, role: &str, act: Act<'_>) -> bool {
        let sets = |status: &str| self.lists(role, "may_set_status", status);
        let creates = |thing: &str| self.lists(role, "may_create", thing);
        let never = |thing: &str| self.lists(role, "must_not", thing);
        match act {
            Act::Packet("settled") => sets("settled") || (sets("checked") && !never("settle")),
            Act::Packet("speculative") => sets("speculative") || sets("provisional"),
            Act::Packet("deprecated") => sets("deprecated") || sets("checked"),
            Act::Packet(status) => sets(status),
            Act::Task("verified") => sets("verified") || creates("verifier_report"),
            Act::Task("integrated") => sets("integrated") || creates("merge_plan"),
            Act::Task(status) => sets(status),
            Act::Report => creates("verifier_report"),
            Act::ResolveResidual => creates("residual") || sets("checked"),
            Act::QuarantineResidual => creates("residual") || sets("quarantined"),
            Act::Baseline => {
                creates("baseline") || creates("benchmark_report") || creates("phase_request")
            }
        }
    }
}

/// Refuses what the role's boundaries do not allow; who names no role is not held against one.
///
/// # Errors
/// The role is unknown or may not do it; the refusal carries a residual.
pub fn require(
    runtime: &Runtime,
    actor: Actor<'_>,
    act: Act<'_>,
    object_type: &str,
    object_id: &str,
) -> Result<(), RuntimeError> {
    let Some(role) = actor.role else {
        return Ok(());
    };
    let roles = Roles::load(runtime)?;
    if roles.may(role, act) {
        return Ok(());
    }
    let why = if roles.knows(role) {
        format!("role {role} may not {}", act.text())
    } else {
        format!("role {role} is not in the agent manifest")
    };
    Err(refuse(&why, actor, object_type, object_id))
}

/// The refusal of an actor who lacks authority.
pub fn refuse(why: &str, actor: Actor<'_>, object_type: &str, object_id: &str) -> RuntimeError {
    let draft = Draft {
        kind: "authority_gap".to_owned(),
        description: format!("Refused: {why}"),
        object_type: object_type.to_owned(),
        object_id: object_id.to_owned(),
        refs: vec![object_id.to_owned()],
        source: "ccr.roles".to_owned(),
        repair_hint: "Act in a role of the agent manifest that allows it, or hand the step to one \
                      that does (`ccr agent explain` lists them)."
            .to_owned(),
        extensions: object! { "agent" => actor.agent, "role" => actor.role },
        ..Draft::default()
    };
    refusal(why, &draft, Outcome::Refused)
}
