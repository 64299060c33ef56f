// SPDX-License-Identifier: Apache-2.0
//! The completion audit.

use super::{Check, Found, recorded};
use crate::governance::files::is_run_id;
use crate::governance::gate::completion::{self, Resolver};
use crate::governance::gate::paper;
use crate::governance::plan::Plan;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[Check::plan(completion::RULE, unproven)];

const KIND: &str = "completion";

/// Documents, work items, files and runs of a tree.
struct Tree<'p>(&'p Plan<'p>);

impl Resolver for Tree<'_> {
    fn resolves(&self, word: &str) -> bool {
        let plan = self.0;
        let work = &plan.profile.planning.work_prefix;
        if word.starts_with(work.as_str()) {
            let known = plan
                .board
                .as_ref()
                .is_some_and(|board| board.get(word).is_some());
            return known || plan.is_defined(word);
        }
        let run = word.split('/').find(|part| is_run_id(part));
        if let Some(run) = run {
            return plan.runs.is_none_or(|index| index.get(run).is_some());
        }
        let file = word.rsplit('/').next().unwrap_or(word);
        let stem = file.strip_suffix(".md").unwrap_or(file);
        let below = format!("{}/{word}", plan.profile.planning.folder);
        plan.files.exists(word)
            || plan.files.exists(&below)
            || plan.documents.iter().any(|document| document.stem == stem)
            || plan
                .records
                .iter()
                .any(|record| record.path.ends_with(&format!("/{file}")))
    }
}

fn unproven(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let tree = Tree(plan);
    for sheet in paper::of_kind(plan, KIND) {
        let document = recorded::document(plan, &sheet);
        for (issue, span) in completion::issues(&sheet, document, Some(&tree), plan.profile) {
            let span = span.or_else(|| sheet.place(issue.key.as_deref()?));
            recorded::at(found, rule, &sheet, KIND, span, issue.text);
        }
    }
}
