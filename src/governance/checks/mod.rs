// SPDX-License-Identifier: Apache-2.0
//! The judgements, one function a rule, by the name that its table gives in `check`
//! (specification, section 5). A rule may speak about the planning tree, about a run, or both.

mod activation;
mod approvals;
mod board;
mod carryover;
mod claims;
mod comparison;
mod completion;
mod contradiction;
mod copied;
mod dates;
mod decision;
mod eligibility;
mod evidence;
mod evidence_links;
mod found;
mod front_matter;
mod glossary;
mod graph;
mod guard;
mod hygiene;
mod matrix;
mod naming;
mod notice;
mod origin;
mod pairs;
mod place;
mod proof;
mod provider;
pub(super) mod recorded;
mod run_citations;
mod run_texts;
mod sections;
mod source;
mod stages;
mod statements;
mod status;
mod styles;
mod summary;
mod target;
mod told;
mod tracked;
mod unread;
mod work_items;

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
    evidence::CHECKS,
    run_texts::CHECKS,
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
    unread::CHECKS,
];

/// The checks of a name: one that speaks of trees and of runs may stand in two files.
pub fn named(name: &str) -> impl Iterator<Item = &'static Check> {
    ALL.iter()
        .flat_map(|list| list.iter())
        .filter(move |check| check.name == name)
}
