// SPDX-License-Identifier: Apache-2.0
//! What a task, a packet or a residual is asked for when it is to change its status.

use super::roles::Actor;

/// A step that one of them is asked to take.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Its id.
    pub id: &'a str,
    /// One of the statuses that its command reaches.
    pub target: &'static str,
    /// Why; the event keeps it.
    pub reason: &'a str,
    /// What shows it; the event refers to it.
    pub evidence: &'a [String],
    /// Who asks.
    pub actor: Actor<'a>,
}
