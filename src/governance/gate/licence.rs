// SPDX-License-Identifier: Apache-2.0
//! What a source record allows, held against what was run (sections 3.6 and 4.3).

use super::shape::Issue;
use super::source::{LICENCE, MODE, Source};
use crate::governance::profile::Gates;

/// Something that was run, or a stage that is said to be validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// What it is, for people: `the run ...`, `stage 4`.
    pub what: String,
    /// Its mutation mode.
    pub mode: String,
}

/// Uses that the record does not cover.
pub fn issues(source: &Source, used: &[Used], gates: &Gates) -> Vec<Issue> {
    let mut issues = Vec::new();
    let above = |one: &&Used| gates.rank(&one.mode) != Some(0);
    if !source.licence_resolved
        && let Some(one) = used.iter().find(above)
    {
        let text = format!(
            "the licence note is not resolved, and {} used mode `{}`",
            one.what, one.mode
        );
        issues.push(Issue::on(LICENCE, "licence_note", text));
    }
    for one in used {
        let listed = source.blocked.contains(&one.mode);
        let beyond = above(&one) && !source.allows(&one.mode, gates);
        if listed || beyond {
            let why = if listed {
                "blocks".to_owned()
            } else {
                let widest = source.mode.as_deref().unwrap_or("planning only");
                format!("({widest}) does not allow")
            };
            let text = format!(
                "{} used mode `{}`, which the record {why}",
                one.what, one.mode
            );
            issues.push(Issue::on(MODE, "blocked_modes", text));
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn what_was_run_stays_within_the_record() {
        let gates = Profile::embedded().gates;
        let used = |mode: &str| Used {
            what: "stage 2".to_owned(),
            mode: mode.to_owned(),
        };
        let mut source = Source {
            licence_resolved: false,
            ..Source::default()
        };
        let rules = |source: &Source, mode: &str| -> Vec<&str> {
            issues(source, &[used(mode)], &gates)
                .iter()
                .map(|i| i.rule)
                .collect()
        };
        assert_eq!(rules(&source, "none"), Vec::<&str>::new());
        assert_eq!(rules(&source, "copied-fixture"), [LICENCE, MODE]);
        source.licence_resolved = true;
        source.mode = Some("copied-fixture".to_owned());
        assert_eq!(rules(&source, "copied-fixture"), Vec::<&str>::new());
        source.blocked = vec!["none".to_owned()];
        assert_eq!(rules(&source, "none"), [MODE]);
    }
}
