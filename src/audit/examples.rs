// SPDX-License-Identifier: Apache-2.0
//! Holds rules against the examples they carry.

use crate::artifact::EntryKind;
use crate::classify::{Classified, Kind, Origin};
use crate::matching::{self, Hit, Matcher, Scratch, StatementMatcher};
use crate::model::EntryPath;
use crate::rules::{self, Body, Rule, RuleSet, Subject};
use serde::Serialize;
use std::sync::Arc;

/// Something wrong with a rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFault {
    /// Rule id.
    pub rule: String,
    /// An error fails the check; a warning does not.
    pub error: bool,
    /// What, and the repair.
    pub message: String,
}

/// Lints every rule, compiles every pattern, runs every example.
pub fn check(set: &RuleSet) -> Vec<RuleFault> {
    let mut faults: Vec<RuleFault> = rules::lint(&set.rules)
        .into_iter()
        .chain(matching::lint(&set.rules))
        .map(|fault| RuleFault {
            rule: fault.rule.to_string(),
            error: fault.level == rules::LintLevel::Error,
            message: fault.to_string(),
        })
        .collect();
    let mut error = |rule: &Rule, message: String| {
        let told = |fault: &RuleFault| {
            rule.meta.id.as_str() == fault.rule && fault.message.starts_with(&message)
        };
        // The lint has already said so, with a repair.
        if faults.iter().any(told) {
            return;
        }
        faults.push(RuleFault {
            rule: rule.meta.id.to_string(),
            error: true,
            message,
        });
    };
    for rule in &set.rules {
        // Each rule alone: an example must not depend on its neighbours.
        let alone = vec![Arc::clone(rule)];
        let statements = StatementMatcher::new(&alone);
        let matcher = match Matcher::new(&alone) {
            Ok(matcher) => matcher,
            Err(cause) => {
                error(rule, cause);
                continue;
            }
        };
        let _ = (matcher.compile_all(), statements.compile_all());
        let broken = [matcher.faults(), statements.faults()].concat();
        if !broken.is_empty() {
            for (_, cause) in broken {
                error(rule, cause);
            }
            continue;
        }
        for (examples, expected) in [(rule.matches(), true), (rule.no_matches(), false)] {
            for (number, example) in examples.iter().enumerate() {
                let found = hits(rule, &matcher, &statements, &example.text());
                if found != expected {
                    let (list, verb) = if expected {
                        ("match", "is not found")
                    } else {
                        ("no_match", "is found")
                    };
                    error(rule, format!("example {} of `{list}` {verb}", number + 1));
                }
            }
        }
    }
    faults
}

/// Whether the rule speaks on a text (or on a name, for path rules).
fn hits(rule: &Rule, matcher: &Matcher, statements: &StatementMatcher, text: &str) -> bool {
    let mut found: Vec<Hit> = Vec::new();
    let mut scratch = Scratch::default();
    let name = name_in_scope(rule);
    if matches!(&rule.body, Body::Pattern(pattern) if pattern.subject == Subject::Path) {
        for origin in origins(rule) {
            matcher.scan_path(text, origin, &mut scratch, &mut found);
        }
        return !found.is_empty();
    }
    let path = EntryPath::root(&name);
    for origin in origins(rule) {
        let mut entry = Classified::new(&path, origin, &EntryKind::File, text.as_bytes());
        let admitted = |kind: &Kind| {
            let wanted = match rule.scope.kinds.is_empty() {
                true => kind.is("text"),
                false => rule.scope.kinds.iter().any(|word| kind.is(word)),
            };
            wanted && !rule.scope.not_kinds.iter().any(|word| kind.is(word))
        };
        let mut named = rule.scope.kinds.iter().filter_map(|word| Kind::named(word));
        if let (false, Some(kind)) = (admitted(&entry.kind), named.find(admitted)) {
            entry.kind = kind;
        }
        matcher.scan(&entry, &mut scratch, &mut found);
        statements.scan(
            &entry,
            scratch.flagged_statements(),
            scratch.statement_marks(),
            &mut found,
        );
    }
    !found.is_empty()
}

fn origins(rule: &Rule) -> Vec<Origin> {
    match rule.scope.origin {
        Some(rules::Origin::Tree) => vec![Origin::Tree],
        Some(rules::Origin::Archive) => vec![Origin::Archive],
        None => vec![Origin::Tree],
    }
}

/// A file name that the rule's path globs admit: the first glob with its wildcards filled.
fn name_in_scope(rule: &Rule) -> String {
    let Some(glob) = rule.scope.paths.first() else {
        let name = if matches!(rule.body, Body::Statement(_)) {
            "README.md"
        } else {
            "src/input.py"
        };
        return name.to_owned();
    };
    let mut name = String::new();
    let mut rest = glob.as_str();
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            rest = after;
        } else if let Some((inside, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}'))
        {
            name.push_str(inside.split(',').next().unwrap_or_default());
            rest = after;
        } else if let Some((inside, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']'))
        {
            name.extend(inside.chars().next());
            rest = after;
        } else {
            match c {
                '*' if name.ends_with('x') => {}
                '*' | '?' => name.push('x'),
                c => name.push(c),
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    name
}
