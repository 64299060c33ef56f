// SPDX-License-Identifier: Apache-2.0
//! The active rules, compiled and sorted by the stage that runs them.

use crate::checks::{self, ArtifactCheck, EntryCheck, ReleaseCheck};
use crate::classify::{Classified, Kind};
use crate::config::MARKER;
use crate::matching::{self, Hit, Lent, Matcher, Scratch, StatementMatcher};
use crate::model::ByteSpan;
use crate::rules::{Body, Rule, RuleSet};
use crate::{governance, pgs, pic};
use std::sync::Arc;

/// Which rules of the profile may speak.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Rule ids or families; all when empty.
    pub only: Vec<String>,
    /// Rule ids or families.
    pub skip: Vec<String>,
}

impl Selection {
    fn admits(&self, rule: &Rule) -> bool {
        let id = &rule.meta.id;
        let names = |list: &[String]| list.iter().any(|w| w == id.as_str() || w == id.family());
        (self.only.is_empty() || names(&self.only)) && !names(&self.skip)
    }

    /// Words that name no rule and no family: a typing error must not widen a gate.
    fn unknown<'a>(&'a self, rules: &[Arc<Rule>]) -> Vec<&'a str> {
        let known = |word: &str| {
            rules
                .iter()
                .any(|rule| word == rule.meta.id.as_str() || word == rule.meta.id.family())
        };
        self.only
            .iter()
            .chain(&self.skip)
            .map(String::as_str)
            .filter(|word| !known(word))
            .collect()
    }
}

/// Everything that judges, shared by all threads.
pub struct Engine {
    /// Sorted by id.
    pub(super) rules: Vec<Arc<Rule>>,
    /// Same order as `rules`. Rules outside the selection still run where redaction needs them.
    pub(super) active: Vec<bool>,
    pub(super) matcher: Arc<Matcher>,
    pub(super) statements: StatementMatcher,
    pub(super) entry_checks: Vec<(usize, &'static dyn EntryCheck)>,
    pub(super) artifact_checks: Vec<(usize, &'static dyn ArtifactCheck)>,
    pub(super) release_checks: Vec<(usize, &'static dyn ReleaseCheck)>,
    /// The artifact checks, each once: many rules share one, and what it keeps and notes of an
    /// entry does not depend on the rule.
    pub(super) observers: Vec<&'static dyn ArtifactCheck>,
    /// Those of the observers that are asked which contents to keep.
    keepers: Vec<&'static dyn ArtifactCheck>,
    /// `require_text` and its kin: declared judgements over a finished artifact.
    pub(super) declared: Vec<usize>,
    pub(super) profile: String,
    pub(super) digest: String,
}

/// Whether a check belongs to a family that brings inputs of its own.
fn is_family_check(name: &str) -> bool {
    pic::is_check(name)
        || pgs::validate::is_check(name)
        || pgs::examine::audit::is_check(name)
        || governance::audit::is_check(name)
}

impl Engine {
    /// Compiles `set` and applies the selection.
    ///
    /// # Errors
    /// A selection that names nothing known or leaves no rule, keywords that cannot be compiled,
    /// a check that does not exist.
    pub fn new(set: RuleSet, selection: &Selection) -> Result<Self, String> {
        let unknown = selection.unknown(&set.rules);
        if !unknown.is_empty() {
            return Err(format!(
                "no rule and no family is called {}; `ccr rules list` shows them",
                unknown.join(", ")
            ));
        }
        let active: Vec<bool> = set
            .rules
            .iter()
            .map(|rule| selection.admits(rule))
            .collect();
        if !active.contains(&true) {
            return Err("the selection leaves no rule; nothing would be checked".to_owned());
        }
        let matcher = Arc::new(Matcher::of(&set, MARKER)?);
        matching::share(&set, &matcher);
        let mut engine = Self {
            matcher,
            statements: StatementMatcher::new(&set.rules),
            entry_checks: Vec::new(),
            artifact_checks: Vec::new(),
            release_checks: Vec::new(),
            observers: Vec::new(),
            keepers: Vec::new(),
            declared: Vec::new(),
            profile: set.profile.id,
            digest: set.digest,
            rules: set.rules,
            active,
        };
        for (index, rule) in engine.rules.iter().enumerate() {
            if !engine.active[index] {
                continue;
            }
            match &rule.body {
                Body::Check { name, .. } => {
                    let mut known =
                        checks::BORN_IN_PIPELINE.contains(&name.as_str()) || is_family_check(name);
                    for check in checks::entry_checks().iter().filter(|c| c.name() == name) {
                        engine.entry_checks.push((index, *check));
                        known = true;
                    }
                    for check in checks::artifact_checks()
                        .iter()
                        .filter(|c| c.name() == name)
                    {
                        engine.artifact_checks.push((index, *check));
                        if !engine.observers.iter().any(|c| c.name() == name) {
                            engine.observers.push(*check);
                        }
                        let as_known = |c: &&dyn ArtifactCheck| c.keeps_as() == check.keeps_as();
                        if !engine.keepers.iter().any(as_known) {
                            engine.keepers.push(*check);
                        }
                        known = true;
                    }
                    for check in checks::release_checks().iter().filter(|c| c.name() == name) {
                        engine.release_checks.push((index, *check));
                        known = true;
                    }
                    if !known {
                        return Err(format!(
                            "rule `{}` names the check `{name}`, which does not exist",
                            rule.meta.id
                        ));
                    }
                }
                Body::RequireFile(_)
                | Body::ForbidFile(_)
                | Body::RequireText(_)
                | Body::ForbidText(_)
                | Body::Order(_) => {
                    engine.declared.push(index);
                }
                Body::Statement(statement) if !statement.required_in.is_empty() => {
                    engine.declared.push(index);
                }
                Body::Pattern(_) | Body::Statement(_) => {}
            }
        }
        Ok(engine)
    }

    /// Compiles every pattern now: for rules that no test of ours has compiled. A rule that does
    /// not compile would otherwise silently not run.
    ///
    /// # Errors
    /// Every rule whose pattern, judgement or globs are broken, and why.
    pub fn compile_all(&self) -> Result<(), String> {
        // Both, so that one run names all that is broken.
        let _ = (self.matcher.compile_all(), self.statements.compile_all());
        self.faults()
    }

    /// What families that bring their own inputs are given: the active rules, and the search for
    /// secrets and paths.
    pub(super) fn lent(&self) -> Lent {
        Lent::from(&self.matcher, &self.rules, &self.active)
    }

    /// After a scan: whether every rule that was needed could run.
    ///
    /// # Errors
    /// The rules that did not run because they do not compile, and why.
    pub(super) fn faults(&self) -> Result<(), String> {
        let mut faults = self.matcher.faults();
        faults.extend(self.statements.faults());
        if faults.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = faults
            .iter()
            .map(|(rule, why)| format!("rule `{rule}`: {why}"))
            .collect();
        Err(lines.join("\n"))
    }

    /// Whether an active rule belongs to this family.
    pub fn speaks_for(&self, family: &str) -> bool {
        self.some(|rule| rule.meta.id.family() == family)
    }

    /// Whether an active rule runs one of these checks.
    pub fn speaks_by(&self, is_check: impl Fn(&str) -> bool) -> bool {
        self.some(|rule| matches!(&rule.body, Body::Check { name, .. } if is_check(name)))
    }

    /// Whether an active rule is one that a scan of files runs: not only rules whose family
    /// brings inputs of its own.
    pub fn scans(&self) -> bool {
        self.some(|rule| !matches!(&rule.body, Body::Check { name, .. } if is_family_check(name)))
    }

    fn some(&self, wanted: impl Fn(&Rule) -> bool) -> bool {
        let mut rules = self.rules.iter().zip(&self.active);
        rules.any(|(rule, active)| *active && wanted(rule))
    }

    /// Puts into `hits` what rules on secrets find in a text that was taken out of a file.
    pub(super) fn secrets(
        &self,
        taken: &Classified<'_>,
        scratch: &mut Scratch,
        hits: &mut Vec<Hit>,
    ) {
        self.of_families(&["secret"], taken, scratch, hits);
    }

    /// The same with rules on paths.
    pub(super) fn leaks(&self, taken: &Classified<'_>, scratch: &mut Scratch, hits: &mut Vec<Hit>) {
        self.of_families(&["path", "secret"], taken, scratch, hits);
    }

    fn of_families(
        &self,
        families: &[&str],
        taken: &Classified<'_>,
        scratch: &mut Scratch,
        hits: &mut Vec<Hit>,
    ) {
        hits.clear();
        self.matcher.scan(taken, scratch, hits);
        hits.retain(|hit| families.contains(&self.rules[hit.rule].meta.id.family()));
    }

    /// Where secrets stand, of what was found.
    pub(super) fn secret_spans(&self, hits: &[Hit]) -> Vec<ByteSpan> {
        let is_secret = |hit: &&Hit| self.rules[hit.rule].meta.id.family() == "secret";
        hits.iter().filter(is_secret).map(|hit| hit.hit).collect()
    }

    /// The rule with this id, when it may speak.
    pub(super) fn rule(&self, id: &str) -> Option<(usize, &Arc<Rule>)> {
        let index = self.index(id)?;
        self.active[index].then(|| (index, &self.rules[index]))
    }

    /// Whether the selection leaves out a rule with this id: it did not run.
    pub(super) fn leaves_out(&self, id: &str) -> bool {
        self.index(id).is_some_and(|index| !self.active[index])
    }

    fn index(&self, id: &str) -> Option<usize> {
        let by_id = |rule: &Arc<Rule>| rule.meta.id.as_str().cmp(id);
        self.rules.binary_search_by(by_id).ok()
    }

    /// Whether a check needs this content after it has streamed by.
    pub(super) fn keeps(&self, name: &str, kind: Kind, bytes: &[u8], top: bool) -> bool {
        self.keepers
            .iter()
            .any(|c| c.keeps(name, kind) && c.keeps_content(name, bytes))
            || (top
                && (self.keeps_for_release(name, kind, bytes)
                    || self
                        .declared
                        .iter()
                        .any(|&index| checks::declared::wants(&self.rules[index], name))))
    }

    /// Whether a check asks for such a member of an upload when all artifacts are there.
    pub(super) fn indexes(&self, name: &str) -> bool {
        self.release_checks.iter().any(|(_, c)| c.indexes(name))
    }

    /// Whether a check needs this content when all artifacts are there.
    pub(super) fn keeps_for_release(&self, name: &str, kind: Kind, bytes: &[u8]) -> bool {
        self.release_checks
            .iter()
            .any(|(_, c)| c.keeps(name, kind) && c.keeps_content(name, bytes))
    }
}
