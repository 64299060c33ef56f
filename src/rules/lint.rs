// SPDX-License-Identifier: Apache-2.0
//! What is wrong with a rule that can be said without running it.
//!
//! Patterns are compiled and keywords weighed by `matching`, which runs them; examples are run by
//! `audit`.

use super::gitleaks;
use super::schema::{Body, PatternRule, Rule, Scope, StatementRule, Subject};
use crate::classify::Kind;
use crate::model::{RuleId, Status};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// What an id may begin with.
pub const FAMILIES: &[&str] = &[
    "archive", "artifact", "claim", "cto", "path", "pgs", "pic", "policy", "repo", "schema",
    "secret", "spdx", "text",
];

/// Something wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFault {
    /// The rule.
    pub rule: RuleId,
    /// Whether the rule must not be used as it is.
    pub level: LintLevel,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub repair: String,
}

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintLevel {
    /// Works, but costs or confuses.
    Warning,
    /// Must be repaired.
    Error,
}

impl LintFault {
    /// An error.
    pub fn error(rule: &Rule, message: impl Into<String>, repair: impl Into<String>) -> Self {
        Self::new(rule, LintLevel::Error, message.into(), repair.into())
    }

    /// A warning.
    pub fn warning(rule: &Rule, message: impl Into<String>, repair: impl Into<String>) -> Self {
        Self::new(rule, LintLevel::Warning, message.into(), repair.into())
    }

    fn new(rule: &Rule, level: LintLevel, message: String, repair: String) -> Self {
        Self {
            rule: rule.meta.id.clone(),
            level,
            message,
            repair,
        }
    }

    /// Whether it must be repaired.
    pub fn is_error(&self) -> bool {
        self.level == LintLevel::Error
    }
}

impl fmt::Display for LintFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.repair)
    }
}

/// Checks every rule alone and their ids together; faults come in the order of the rules.
pub fn lint(rules: &[Arc<Rule>]) -> Vec<LintFault> {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for rule in rules {
        let mut one = Linter {
            rule,
            faults: &mut faults,
        };
        if !seen.insert(rule.meta.id.as_str()) {
            one.error(
                "the id is used by another rule",
                "choose another one: an id is given once and for all",
            );
        }
        one.id();
        one.texts();
        one.scope(&rule.scope);
        one.body();
    }
    faults
}

struct Linter<'a> {
    rule: &'a Rule,
    faults: &'a mut Vec<LintFault>,
}

impl Linter<'_> {
    fn error(&mut self, message: impl Into<String>, repair: impl Into<String>) {
        self.faults
            .push(LintFault::error(self.rule, message, repair));
    }

    fn warning(&mut self, message: impl Into<String>, repair: impl Into<String>) {
        self.faults
            .push(LintFault::warning(self.rule, message, repair));
    }

    fn id(&mut self) {
        let id = &self.rule.meta.id;
        let kebab = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !id.as_str().split('-').all(kebab) || !id.as_str().contains('-') {
            self.error(
                "the id is not of the form `family-words-in-kebab-case`",
                "use lower-case letters, digits and single hyphens",
            );
        } else if !FAMILIES.contains(&id.family()) {
            self.error(
                format!("the id begins with the unknown family `{}`", id.family()),
                format!("begin it with one of {}", FAMILIES.join(", ")),
            );
        }
    }

    fn texts(&mut self) {
        let meta = Arc::clone(&self.rule.meta);
        for (key, text) in [
            ("title", &meta.prose().title),
            ("why", &meta.prose().why),
            ("repair", &meta.prose().repair),
        ] {
            if text.trim().is_empty() {
                self.error(format!("`{key}` is empty"), "say it in a sentence");
            } else if key == "title" && text.contains('\n') {
                self.error("`title` has several lines", "keep it to one");
            } else if key != "title" && !text.trim_end().ends_with(['.', '?', '!', ')', '`']) {
                self.warning(
                    format!("`{key}` does not end like a sentence"),
                    "end it with a full stop",
                );
            }
        }
        if semver::Version::parse(&meta.prose().since).is_err() {
            self.error(
                format!("`since` is `{}`, not a version", meta.prose().since),
                "name the first version with this rule, as in `0.1.0`",
            );
        }
        for reference in &meta.prose().references {
            let rest = reference.strip_prefix("https://");
            let rest = rest.or_else(|| reference.strip_prefix("http://"));
            let host = rest.and_then(|rest| rest.split('/').next());
            if !host.is_some_and(|h| h.contains('.')) || reference.contains(char::is_whitespace) {
                self.error(
                    format!("the reference `{reference}` is not a web address"),
                    "give the full address, with https://",
                );
            }
        }
    }

    fn scope(&mut self, scope: &Scope) {
        for word in scope.kinds.iter().chain(&scope.not_kinds) {
            if !Kind::is_known(word) {
                self.error(
                    format!("no kind of file is called `{word}`"),
                    "use an id or tag of the table of kinds (`docs/formats.md`)",
                );
            }
        }
        self.globs("scope", scope.paths.iter().chain(&scope.not_paths));
    }

    fn globs<'g>(&mut self, key: &str, globs: impl IntoIterator<Item = &'g String>) {
        for glob in globs {
            let built = globset::GlobBuilder::new(glob)
                .literal_separator(true)
                .build();
            if let Err(error) = built {
                self.error(
                    format!(
                        "the glob `{glob}` of `{key}` is not valid: {}",
                        error.kind()
                    ),
                    "correct it",
                );
            }
        }
    }

    fn body(&mut self) {
        match &self.rule.body {
            Body::Pattern(pattern) => self.pattern(pattern),
            Body::Statement(statement) => self.statement(statement),
            Body::RequireFile(files) => {
                self.globs("require_file", files.any_of.iter().chain(&files.when));
                self.some("require_file.any_of", &files.any_of);
            }
            Body::ForbidFile(files) => {
                self.globs("forbid_file", files.any_of.iter().chain(&files.when));
                self.some("forbid_file.any_of", &files.any_of);
            }
            Body::RequireText(rule) => {
                self.globs("require_text", rule.paths.iter().chain(&rule.may_be_blank));
                self.some("require_text.texts", &rule.texts);
            }
            Body::ForbidText(rule) => {
                self.globs("forbid_text", &rule.paths);
                self.some("forbid_text.texts", &rule.texts);
            }
            Body::Order(rule) => {
                self.globs("order", &rule.paths);
                self.some("order.texts", &rule.texts);
            }
            Body::Check { .. } => {}
        }
    }

    /// A list that must hold something.
    fn some(&mut self, key: &str, list: &[String]) {
        if list.iter().all(|text| text.trim().is_empty()) {
            self.error(
                format!("`{key}` is empty"),
                "without it the rule says nothing",
            );
        }
    }

    fn pattern(&mut self, pattern: &PatternRule) {
        if pattern.pattern.text().is_empty() {
            self.error("`pattern` is empty", "an empty pattern matches everywhere");
        }
        self.keywords(&pattern.keywords);
        match pattern.subject {
            Subject::Content => {
                let every = pattern.keywords.is_empty() && self.rule.scope.paths.is_empty();
                if every && self.is_foreign() {
                    self.warning(
                        "the pattern has no keyword, so it reads every byte of every file",
                        "give `keywords`, of which each file with a match holds one",
                    );
                } else if every {
                    self.error(
                        "the pattern has no keyword, so it would read every byte of every file",
                        "give `keywords` of which each match holds one, or name the files in `scope.paths`",
                    );
                }
            }
            Subject::Path => {
                let scope = &self.rule.scope;
                if !scope.kinds.is_empty() || !scope.not_kinds.is_empty() {
                    self.error(
                        "a rule about names has `scope.kinds`, which do not count for names",
                        "say it with `scope.paths` or in the pattern",
                    );
                }
            }
        }
        self.examples();
    }

    fn statement(&mut self, statement: &StatementRule) {
        if statement.worded.is_none() {
            self.some("statement.any_of", &statement.any_of);
        } else if !statement.required_in.is_empty() {
            self.error(
                "a required statement has `worded`, which tells claims",
                "give `any_of` alone",
            );
        }
        self.keywords(&statement.keywords);
        self.keywords(&statement.words);
        if statement.required_in.is_empty() {
            // Weights of words are looked up before anything is cut.
            if statement.marks().next().is_none() && !statement.weighs_everything() {
                self.warning(
                    "the statement has no keyword, so every text in scope is cut into sentences",
                    "give `keywords` of which each claim holds one",
                );
            }
            self.examples();
        } else {
            self.globs("statement.required_in", &statement.required_in);
        }
    }

    fn keywords(&mut self, keywords: &[String]) {
        if keywords.iter().any(String::is_empty) {
            self.error("a keyword is empty", "remove it: it stands for nothing");
        }
        let mut seen = HashSet::new();
        for keyword in keywords {
            if !seen.insert(keyword.to_ascii_lowercase()) {
                self.warning(
                    format!("the keyword `{keyword}` is given twice"),
                    "remove one: case does not count",
                );
            }
        }
    }

    fn is_foreign(&self) -> bool {
        self.rule.meta.id.as_str().starts_with(gitleaks::PREFIX)
    }

    fn examples(&mut self) {
        // Rules of gitleaks come without examples.
        if self.rule.meta.status == Status::Removed || self.is_foreign() {
            return;
        }
        let lists = [
            ("match", self.rule.matches()),
            ("no_match", self.rule.no_matches()),
        ];
        for (key, examples) in lists {
            if examples.is_empty() {
                self.error(
                    format!("the rule has no example in `{key}`"),
                    "give at least one: a rule carries its own evidence",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw::rule_of;
    use super::*;

    const GOOD: &str = r#"
        id         = "path-home"
        title      = "A path"
        severity   = "high"
        confidence = "medium"
        status     = "preview"
        since      = "0.1.0"
        keywords   = ["/home/"]
        pattern    = "/home/x"
        why        = "It tells."
        repair     = "Remove it."
        references = ["https://example.org/a"]
        match      = ["/home/x"]
        no_match   = ["/home/"]
    "#;

    fn rule(text: &str) -> Arc<Rule> {
        Arc::new(rule_of(text))
    }

    /// Messages for a good rule in which one line was replaced.
    fn faults(key: &str, line: &str) -> Vec<String> {
        let is_key = |l: &str| l.split('=').next().is_some_and(|k| k.trim() == key);
        let mut lines: Vec<&str> = GOOD.lines().filter(|l| !is_key(l)).collect();
        lines.push(line);
        let found = lint(&[rule(&lines.join("\n"))]);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_rule_has_no_fault() {
        assert_eq!(lint(&[rule(GOOD)]), []);
    }

    #[test]
    fn each_fault_is_named() {
        for (key, line, message) in [
            ("id", r#"id = "path_home""#, "kebab-case"),
            ("id", r#"id = "path""#, "kebab-case"),
            ("id", r#"id = "path--home""#, "kebab-case"),
            ("id", r#"id = "house-path""#, "unknown family `house`"),
            ("title", r#"title = " ""#, "`title` is empty"),
            ("why", r#"why = "it tells""#, "full stop"),
            ("since", r#"since = "soon""#, "not a version"),
            (
                "references",
                r#"references = ["RFC 1"]"#,
                "not a web address",
            ),
            ("scope", r#"scope = { kinds = ["pithon"] }"#, "`pithon`"),
            ("scope", r#"scope = { not_paths = ["a["] }"#, "glob `a[`"),
            ("keywords", r#"keywords = [""]"#, "a keyword is empty"),
            (
                "keywords",
                r#"keywords = ["/Home/", "/home/"]"#,
                "given twice",
            ),
            ("keywords", "", "has no keyword"),
            ("match", "", "no example in `match`"),
            ("no_match", "", "no example in `no_match`"),
        ] {
            let found = faults(key, line);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert!(found[0].contains(message), "{line}: {found:?}");
        }
    }

    #[test]
    fn a_pattern_without_keyword_may_read_named_files() {
        assert!(faults("keywords", r#"scope = { paths = ["conf/*"] }"#).is_empty());
        assert!(faults("keywords", r#"subject = "path""#).is_empty());
    }

    #[test]
    fn ids_are_unique() {
        let found = lint(&[rule(GOOD), rule(GOOD)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].is_error());
    }
}
