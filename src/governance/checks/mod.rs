// SPDX-License-Identifier: Apache-2.0
//! The judgements, one function a rule, by the name that its table gives in `check`
//! (specification, section 5). A rule may speak about the planning tree, about a run, or both.

mod approvals;
mod asserted;
mod board;
mod comparison;
mod completion;
mod decision;
mod eligibility;
mod evidence_links;
mod found;
mod graph;
mod guard;
mod matrix;
mod pairs;
mod place;
mod provider;
pub(super) mod recorded;
mod run_citations;
mod source;
mod stages;
mod status;
mod styles;
mod summary;
mod target;
mod work_items;
mod activation;
mod carryover;
mod claims;
mod contradiction;
mod copied;
mod dates;
mod found;
mod front_matter;
mod glossary;
mod hygiene;
mod naming;
mod notice;
mod origin;
mod proof;
mod sections;
mod statements;
mod told;
mod tracked;

pub use found::{Found, task};

use super::plan::Plan;
use super::run::Run;
use crate::rules::Rule;

/// A judgement on a planning tree.
pub type PlanCheck = fn(&Plan<'_>, &Rule, &mut Found);
/// A judgement on a run.
pub type RunCheck = fn(&Run<'_>, &Rule, &mut Found);

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name in rule tables.
    pub name: &'static str,
    /// What it says of a planning tree.
    pub plan: Option<PlanCheck>,
    /// What it says of a run.
    pub run: Option<RunCheck>,
}

impl Check {
    /// One that speaks of a planning tree.
    pub const fn plan(name: &'static str, check: PlanCheck) -> Self {
        Self {
            name,
            plan: Some(check),
            run: None,
        }
    }

    /// One that speaks of a run.
    pub const fn run(name: &'static str, check: RunCheck) -> Self {
        Self {
            name,
            plan: None,
            run: Some(check),
        }
    }

    /// One that speaks of both.
    pub const fn both(name: &'static str, plan: PlanCheck, run: RunCheck) -> Self {
        Self {
            name,
            plan: Some(plan),
            run: Some(run),
        }
    }
}

/// Every check, a list a file.
pub const ALL: &[&[Check]] = &[
    matrix::CHECKS,
    stages::CHECKS,
    source::CHECKS,
    provider::CHECKS,
    target::CHECKS,
    eligibility::CHECKS,
    approvals::CHECKS,
    comparison::CHECKS,
    decision::CHECKS,
    guard::CHECKS,
    completion::CHECKS,
    summary::CHECKS,
    board::CHECKS,
    work_items::CHECKS,
    graph::CHECKS,
    status::CHECKS,
    evidence_links::CHECKS,
    pairs::CHECKS,
    run_citations::CHECKS,
    styles::CHECKS,
    activation::CHECKS,
    carryover::CHECKS,
    claims::CHECKS,
    contradiction::CHECKS,
    copied::CHECKS,
    dates::CHECKS,
    front_matter::CHECKS,
    glossary::CHECKS,
    hygiene::CHECKS,
    naming::CHECKS,
    notice::CHECKS,
    origin::CHECKS,
    proof::CHECKS,
    sections::CHECKS,
    statements::CHECKS,
    tracked::CHECKS,
];

/// A check by its name.
pub fn named(name: &str) -> Option<&'static Check> {
    ALL.iter()
        .flat_map(|list| list.iter())
        .find(|check| check.name == name)
}
