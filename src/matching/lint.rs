// SPDX-License-Identifier: Apache-2.0
//! The part of rule lint that only the module that runs patterns can tell: whether they compile,
//! and what keywords cost.

use super::compile::check_pattern;
use super::judge::validators;
use super::tables::{SHORTEST, keyword_cost};
use crate::rules::{Body, LintFault, Rule, Subject};
use std::sync::Arc;

/// A keyword that stands more often than this in a MB of ordinary text makes its pattern run so
/// often that the pattern's cost is felt.
const OFTEN: f64 = 100.0;
/// Faults of patterns, validators and keywords, in the order of the rules.
pub fn lint(rules: &[Arc<Rule>]) -> Vec<LintFault> {
    let mut faults = Vec::new();
    for rule in rules {
        match &rule.body {
            Body::Pattern(pattern) => {
                let judge = &pattern.judge;
                let own = pattern.pattern.text();
                let acquit = judge.acquit.iter();
                let acquit = acquit.flat_map(|one| {
                    let paths = one.paths.iter().chain(&one.hit);
                    paths.chain(&one.whole).chain(&one.line)
                });
                let lists = judge.allow.iter().chain(&judge.allow_line).chain(acquit);
                let lists = lists.chain(&judge.path).map(String::as_str);
                for regex in std::iter::once(&*own).chain(lists) {
                    if let Err(cause) = check_pattern(regex) {
                        faults.push(LintFault::error(rule, cause, format!("correct `{regex}`")));
                    }
                }
                for name in &judge.validators {
                    if !validators().contains(&name.as_str()) {
                        let known = format!("use one of {}", validators().join(", "));
                        let message = format!("there is no validator `{name}`");
                        faults.push(LintFault::error(rule, message, known));
                    }
                }
                if pattern.subject == Subject::Content {
                    keywords(rule, &pattern.keywords, &mut faults);
                }
            }
            Body::Statement(statement) => {
                keywords(rule, &statement.keywords, &mut faults);
                keywords(rule, &statement.words, &mut faults);
            }
            _ => {}
        }
    }
    faults
}

fn keywords(rule: &Rule, keywords: &[String], faults: &mut Vec<LintFault>) {
    for keyword in keywords.iter().filter(|keyword| !keyword.is_empty()) {
        let cost = keyword_cost(keyword);
        if keyword.len() < SHORTEST {
            if !rule.scope.paths.is_empty() {
                continue;
            }
            faults.push(LintFault::warning(
                rule,
                format!("the keyword `{keyword}` is shorter than {SHORTEST} bytes"),
                "take more of what every match holds, or several longer keywords",
            ));
        } else if cost > OFTEN {
            faults.push(LintFault::warning(
                rule,
                format!(
                    "the keyword `{keyword}` stands about {cost:.0} times in a MB of ordinary text"
                ),
                "take a rarer part of what every match holds",
            ));
        }
    }
}
