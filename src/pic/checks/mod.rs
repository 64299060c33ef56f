// SPDX-License-Identifier: Apache-2.0
//! The judgements, one function a rule, by the name that its table gives in `check`.

mod boundary;
mod contract;
mod help;
mod identity;
mod installation;
mod samples;
mod stored;
mod supply;
mod surface;
mod wording;

use super::context::{Context, Need};
use crate::model::Draft;
use crate::pic::help::Help;
use crate::rules::{Body, Rule};
use std::path::Path;

/// A judgement.
pub type Check = fn(&Context<'_>, &Rule, &mut Vec<Draft>);

/// The check that wants the program's help.
const HELP: &str = "pic-help-differs";

/// Whether a rule wants the program's help.
pub fn asks_help(rule: &Rule) -> bool {
    matches!(&rule.body, Body::Check { name, .. } if name == HELP)
}

/// Asks the program for it, if what stands there is PIC's and there is something to compare.
pub fn help(context: &Context<'_>, program: Option<&Path>) -> Option<Help> {
    help::ask(context, program)
}

/// Every check: its name in rule tables, what it needs, the function.
pub const ALL: &[(&str, Need, Check)] = &[
    ("pic-input-kind", Need::Nothing, identity::input_kind),
    ("pic-name", Need::Distribution, identity::name),
    (
        "pic-version-readable",
        Need::Distribution,
        identity::version_readable,
    ),
    (
        "pic-version-agree",
        Need::Distribution,
        identity::version_agree,
    ),
    (
        "pic-unreadable-source",
        Need::Distribution,
        identity::unreadable_source,
    ),
    ("pic-entry-point", Need::Distribution, identity::entry_point),
    ("pic-record", Need::Distribution, installation::record),
    (
        "pic-versions-differ",
        Need::Version,
        installation::versions_differ,
    ),
    (
        "pic-program-identity",
        Need::Nothing,
        installation::program_identity,
    ),
    ("pic-absent", Need::Nothing, installation::absent),
    (
        "pic-version-support",
        Need::Version,
        identity::version_support,
    ),
    (
        "pic-version-command",
        Need::Version,
        surface::version_command,
    ),
    (
        "pic-command-missing",
        Need::Commands,
        surface::command_missing,
    ),
    (
        "pic-option-changed",
        Need::Commands,
        surface::option_changed,
    ),
    (
        "pic-network-default",
        Need::Commands,
        surface::network_default,
    ),
    (
        "pic-effectful-command",
        Need::Nothing,
        surface::effectful_command,
    ),
    (HELP, Need::Commands, help::differs),
    ("pic-key-missing", Need::Records, contract::key_missing),
    ("pic-key-type", Need::Records, contract::key_type),
    ("pic-key-unread", Need::Records, contract::key_unread),
    (
        "pic-key-never-written",
        Need::Nothing,
        contract::key_never_written,
    ),
    (
        "pic-schema-shipped",
        Need::Records,
        contract::schema_shipped,
    ),
    (
        "pic-report-unknown-family",
        Need::Records,
        contract::unknown_family,
    ),
    ("pic-settled-true", Need::Nothing, boundary::settled_true),
    (
        "pic-authority-flag",
        Need::Nothing,
        boundary::authority_flag,
    ),
    ("pic-non-claims", Need::Records, boundary::non_claims),
    (
        "pic-boundary-declared",
        Need::Nothing,
        wording::boundary_declared,
    ),
    (
        "pic-impossible-route",
        Need::Nothing,
        wording::impossible_route,
    ),
    ("pic-sample-parse", Need::Nothing, samples::parse),
    ("pic-sample-recognised", Need::Nothing, samples::recognised),
    ("pic-sample-import", Need::Nothing, samples::import),
    ("pic-sample-roundtrip", Need::Nothing, samples::roundtrip),
    (
        "pic-stored-report-integrity",
        Need::Nothing,
        stored::integrity,
    ),
    (
        "pic-stored-report-version",
        Need::Nothing,
        stored::report_version,
    ),
    (
        "pic-verdict-not-bound",
        Need::Nothing,
        stored::verdict_not_bound,
    ),
    (
        "pic-emitted-objects",
        Need::Nothing,
        stored::emitted_objects,
    ),
    ("pic-pin", Need::Nothing, supply::pin),
    ("pic-dependencies", Need::Distribution, supply::dependencies),
    ("pic-licence", Need::Distribution, supply::licence),
];
