// SPDX-License-Identifier: Apache-2.0
//! One `[[rule]]` table as it was typed, and the rule it becomes.

use super::context::ContextRule;
use super::later::Later;
use super::schema::{
    Body, Example, ExampleLists, Examples, FileSet, Judge, OrderRule, Pattern, PatternRule, Rule,
    Scope, StatementRule, Subject, TextRule, Window,
};
use super::words::Words;
use crate::model::{Confidence, Prose, RuleId, RuleMeta, RuleProse, Severity, Status};
use serde::Deserialize;
use std::sync::Arc;

/// One `[[rule]]` as typed; [`RawRule::resolve`] turns it into a [`Rule`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: RuleId,
    title: String,
    severity: Severity,
    confidence: Confidence,
    blocking: Option<bool>,
    kind: Option<String>,
    residual: Option<String>,
    status: Status,
    since: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    scope: Scope,
    why: String,
    repair: String,
    #[serde(default)]
    repair_packed: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default, rename = "match")]
    matches: Vec<Example>,
    #[serde(default, rename = "no_match")]
    no_matches: Vec<Example>,
    pattern: Option<Later<String>>,
    context: Option<Later<ContextRule>>,
    #[serde(default)]
    keywords: Later<Vec<String>>,
    #[serde(default)]
    subject: Subject,
    window: Option<Window>,
    #[serde(default)]
    judge: Later<Judge>,
    #[serde(default)]
    group: bool,
    check: Option<String>,
    #[serde(default)]
    params: Option<Later<serde_json::Value>>,
    require_file: Option<FileSet>,
    forbid_file: Option<FileSet>,
    require_text: Option<TextRule>,
    forbid_text: Option<TextRule>,
    order: Option<OrderRule>,
    statement: Option<StatementRule>,
}

impl RawRule {
    /// Reads what is otherwise read when it is first needed.
    #[cfg(test)]
    pub(super) fn read_parts(&self) {
        let _: (Option<&String>, Option<&ContextRule>) =
            (self.pattern.as_deref(), self.context.as_deref());
        let _: (&Judge, &Vec<String>) = (&self.judge, &self.keywords);
        let _: Option<&serde_json::Value> = self.params.as_deref();
        if let Some(statement) = &self.statement {
            let lists = [
                &statement.any_of,
                &statement.allow,
                &statement.about,
                &statement.elsewhere,
                &statement.keywords,
                &statement.words,
            ];
            lists.into_iter().for_each(|list| {
                let _: &Vec<String> = list;
            });
        }
    }

    /// Puts words in place of the groups of words that its statement names.
    pub(super) fn spell_out(&mut self, words: &Words) -> Result<(), String> {
        let Some(statement) = &mut self.statement else {
            return Ok(());
        };
        let lists = [
            &mut statement.any_of,
            &mut statement.allow,
            &mut statement.about,
            &mut statement.elsewhere,
        ];
        for list in lists {
            for pattern in list.iter_mut() {
                *pattern = words.pattern(pattern)?;
            }
        }
        for list in [&mut *statement.keywords, &mut *statement.words] {
            let spelled = list.iter().map(|word| words.keywords(word));
            *list = spelled.collect::<Result<Vec<_>, _>>()?.concat();
        }
        Ok(())
    }

    /// Checks that exactly one body is given.
    pub(super) fn resolve(self, pack: &Arc<str>) -> Result<Rule, String> {
        let mut bodies = Vec::new();
        // What a provider's value is called may stand lines below the provider.
        let (pattern, usual) = match (self.pattern, self.context) {
            (Some(_), Some(_)) => return Err("give `pattern` or `context`, not both".to_owned()),
            (None, Some(context)) => (Some(Pattern::Of(context)), Window::Block),
            (pattern, None) => (pattern.map(Pattern::Written), Window::default()),
        };
        if let Some(pattern) = pattern {
            bodies.push(Body::Pattern(Box::new(PatternRule {
                pattern,
                keywords: self.keywords,
                subject: self.subject,
                window: self.window.unwrap_or(usual),
                judge: self.judge,
                group: self.group,
            })));
        } else if !self.keywords.is_empty() {
            return Err("`keywords` stand only beside `pattern` or `context`".to_owned());
        }
        if let Some(name) = self.check {
            bodies.push(Body::Check {
                name,
                params: self.params.unwrap_or_default(),
            });
        } else if self.params.is_some() {
            return Err("`params` stand only beside `check`".to_owned());
        }
        bodies.extend(self.require_file.map(Body::RequireFile));
        bodies.extend(self.forbid_file.map(Body::ForbidFile));
        bodies.extend(self.require_text.map(Body::RequireText));
        bodies.extend(self.forbid_text.map(Body::ForbidText));
        bodies.extend(self.order.map(Body::Order));
        bodies.extend(self.statement.map(Body::Statement));
        let count = bodies.len();
        let (Some(body), 1) = (bodies.pop(), count) else {
            return Err(format!(
                "it has {count} of `pattern` or `context`, `check`, `require_file`, `forbid_file`, `require_text`, `forbid_text`, \
                 `order`, `statement`; give exactly one"
            ));
        };
        Ok(Rule {
            meta: Arc::new(RuleMeta {
                id: self.id,
                severity: self.severity,
                confidence: self.confidence,
                blocking: self.blocking,
                kind: self.kind,
                residual: self.residual,
                status: self.status,
                prose: Prose::from(RuleProse {
                    title: self.title,
                    since: self.since,
                    aliases: self.aliases,
                    why: self.why,
                    repair: self.repair,
                    repair_packed: self.repair_packed,
                    references: self.references,
                }),
            }),
            pack: Arc::clone(pack),
            scope: self.scope,
            body,
            examples: Examples::Given(ExampleLists {
                matches: self.matches,
                no_matches: self.no_matches,
            }),
        })
    }
}

/// A rule from the text of its table, for tests.
#[cfg(test)]
pub(crate) fn rule_of(table: &str) -> Rule {
    let raw: Result<RawRule, _> = toml::from_str(table);
    let raw = raw.unwrap_or_else(|error| panic!("{error}\n{table}"));
    raw.resolve(&Arc::from("test"))
        .unwrap_or_else(|cause| panic!("{cause}\n{table}"))
}
