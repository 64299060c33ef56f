// SPDX-License-Identifier: Apache-2.0
//! Governed files that were not read: what is not read is not judged, and must not look sound.

use super::{Check, Found, told};
use crate::governance::plan::Plan;
use crate::governance::plan::tree::is_governed;
use crate::model::EntryPath;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[Check::plan("cto-file-unread", unread)];

fn unread(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let folder = plan.profile.planning.folder.as_str();
    let links = plan.files.links.keys();
    let links = links.map(|name| (name.as_str(), "it is a link, which is not followed"));
    let faults = plan.files.faults.iter();
    let faults = faults.map(|(name, why)| (name.as_str(), why.as_str()));
    for (name, why) in links.chain(faults) {
        // What is listed as a whole may hold any of them.
        let whole = name == "." || name.is_empty() || name == folder;
        let inside = name
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'));
        if whole || inside || is_governed(name, plan.profile) {
            let draft = found.say(
                rule,
                &EntryPath::root(name),
                format!("It was not read: {why}"),
            );
            draft.subject = Some(Box::new(told::file(name, "file")));
        }
    }
}
