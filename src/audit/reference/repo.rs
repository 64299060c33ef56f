// SPDX-License-Identifier: Apache-2.0
//! `audit repo` of the reference (CCR specification, section 8.1), out of the declared rules of its
//! pack: plain substrings, offsets of text, one finding a check. What the default mode tells apart
//! by structure, this must not.

use super::{Frame, ReferenceError, close, finding};
use crate::checks::declared::{globset, worded};
use crate::model::{Finding, Report, Scanned};
use crate::rules::{Body, FileSet, OrderRule, Rule, RuleSet, TextRule};
use crate::support::json::stable_id;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SOURCE: &str = "ccr.audit.repo";

/// `params` of the rule on absent files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    message: Option<String>,
    needed: Vec<String>,
}

struct Walk<'a> {
    root: &'a Path,
    created_at: &'a str,
    absent: (Arc<Rule>, Absent),
    findings: Vec<Finding>,
    scanned: Scanned,
}

/// Audits `root` (absolute, resolved) as the reference does.
///
/// # Errors
/// Where the reference gives no report; see [`ReferenceError`].
pub fn repo(set: &RuleSet, root: &Path, created_at: &str) -> Result<Report, ReferenceError> {
    let mut walk = Walk {
        root,
        created_at,
        absent: absent(set)?,
        findings: Vec::new(),
        scanned: Scanned::default(),
    };
    let mut rules: Vec<&Arc<Rule>> = set.rules.iter().filter(|r| order(r).is_some()).collect();
    rules.sort_by(|a, b| {
        let texts = |rule: &Rule| matches!(rule.body, Body::ForbidText(_));
        (order(a), texts(a)).cmp(&(order(b), texts(b)))
    });
    for check in rules.chunk_by(|a, b| order(a) == order(b)) {
        walk.check(check)?;
    }
    let ids: Vec<Value> = walk.findings.iter().map(|f| json!(f.finding_id)).collect();
    let report_id = stable_id("audit-report", &[Value::Array(ids)]);
    let frame = Frame {
        source: SOURCE,
        root: root.to_string_lossy().into_owned(),
        dist: None,
        report_id,
        created_at,
        facts: Map::new(),
    };
    Ok(close(set, frame, walk.findings, walk.scanned))
}

/// Place in the reference's order of checks: the alias `R01`, `R02`, ...
fn order(rule: &Rule) -> Option<&str> {
    let is_place = |alias: &&String| {
        let digits = alias.strip_prefix('R');
        digits.is_some_and(|d| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit()))
    };
    rule.meta
        .prose()
        .aliases
        .iter()
        .find(is_place)
        .map(String::as_str)
}

fn absent(set: &RuleSet) -> Result<(Arc<Rule>, Absent), ReferenceError> {
    let broken = |what: String| ReferenceError::Pack(what);
    for rule in &set.rules {
        if let Body::Check { name, params } = &rule.body
            && name == "reference-file"
        {
            let params = Absent::deserialize(&**params).map_err(|e| broken(e.to_string()))?;
            return Ok((Arc::clone(rule), params));
        }
    }
    Err(broken("no rule has the check `reference-file`".to_owned()))
}

impl Walk<'_> {
    fn add(&mut self, rule: &Arc<Rule>, location: &str, description: String) {
        let found = finding(&rule.meta, location, description, SOURCE, self.created_at);
        self.findings.push(found);
    }

    /// The rules of one place in the order: those on texts go file by file together.
    fn check(&mut self, rules: &[&Arc<Rule>]) -> Result<(), ReferenceError> {
        let paths = rules.iter().find_map(|rule| match &rule.body {
            Body::RequireText(text) if !text.anywhere => Some(&text.paths),
            Body::ForbidText(text) => Some(&text.paths),
            _ => None,
        });
        for path in paths.into_iter().flatten() {
            for file in self.files(path) {
                self.file(rules, &file)?;
            }
        }
        for rule in rules {
            match &rule.body {
                Body::RequireText(text) if text.anywhere => self.anywhere(rule, text)?,
                Body::Order(order) => self.order(rule, order)?,
                Body::ForbidFile(files) => self.forbidden(rule, files),
                _ => {}
            }
        }
        Ok(())
    }

    /// One file under the text rules of a check.
    fn file(&mut self, rules: &[&Arc<Rule>], path: &str) -> Result<(), ReferenceError> {
        let Some(content) = self.read(path)? else {
            if rules.iter().any(|r| matches!(r.body, Body::RequireText(_))) {
                let (rule, params) = &self.absent;
                let said = worded(&params.message, path, "");
                let (rule, said) = (Arc::clone(rule), said.unwrap_or_default());
                self.add(&rule, path, said);
            }
            return Ok(());
        };
        for rule in rules {
            match &rule.body {
                Body::RequireText(text) => {
                    let blank = content.trim().is_empty();
                    if blank && globset(&text.may_be_blank).is_match(path) {
                        continue;
                    }
                    for wanted in text.texts.iter().filter(|t| !content.contains(*t)) {
                        self.add(rule, path, say(rule, &text.message, path, wanted));
                    }
                }
                Body::ForbidText(text) => {
                    // A wording that does not name the text says the same of each of them.
                    let mut told = Vec::new();
                    for unwanted in text.texts.iter().filter(|t| content.contains(*t)) {
                        let said = say(rule, &text.message, path, unwanted);
                        if !told.contains(&said) {
                            self.add(rule, path, said.clone());
                            told.push(said);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn anywhere(&mut self, rule: &Arc<Rule>, text: &TextRule) -> Result<(), ReferenceError> {
        let mut contents = Vec::new();
        for path in &text.paths {
            contents.extend(self.read(path)?);
        }
        let place = text.paths.first().map_or("", String::as_str);
        for wanted in &text.texts {
            if !contents.iter().any(|content| content.contains(wanted)) {
                self.add(rule, place, say(rule, &text.message, place, wanted));
            }
        }
        Ok(())
    }

    fn order(&mut self, rule: &Arc<Rule>, order: &OrderRule) -> Result<(), ReferenceError> {
        for path in &order.paths {
            let Some(content) = self.read(path)? else {
                continue;
            };
            let places: Option<Vec<usize>> =
                order.texts.iter().map(|text| content.find(text)).collect();
            if places.is_some_and(|places| !places.is_sorted()) {
                self.add(rule, path, say(rule, &order.message, path, ""));
            }
        }
        Ok(())
    }

    fn forbidden(&mut self, rule: &Arc<Rule>, files: &FileSet) {
        for path in &files.any_of {
            if self.root.join(path).exists() {
                self.add(rule, path, say(rule, &files.message, path, ""));
            }
        }
    }

    /// The files that a name or a glob of the pack speaks of; a name is taken whether it exists
    /// or not.
    fn files(&self, path: &str) -> Vec<String> {
        let Some((folder, _)) = path.split_once("/**/") else {
            return vec![path.to_owned()];
        };
        let globs = globset([path]);
        let mut found: Vec<PathBuf> = walkdir::WalkDir::new(self.root.join(folder))
            .into_iter()
            .filter_map(Result::ok)
            .filter_map(|entry| {
                entry
                    .path()
                    .strip_prefix(self.root)
                    .ok()
                    .map(Path::to_owned)
            })
            .filter(|relative| globs.is_match(relative))
            .collect();
        found.sort();
        found
            .iter()
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            .collect()
    }

    /// The text of a file; `None` when it does not exist and the reference goes on without it.
    fn read(&mut self, path: &str) -> Result<Option<String>, ReferenceError> {
        let disk = self.root.join(path);
        if !disk.exists() {
            return if self.absent.1.needed.iter().any(|needed| needed == path) {
                Err(ReferenceError::Missing(format!(
                    "[Errno 2] No such file or directory: '{}'",
                    disk.display()
                )))
            } else {
                Ok(None)
            };
        }
        let unreadable = |cause: &dyn std::fmt::Display| {
            ReferenceError::Unreadable(format!("{}: cannot be read: {cause}", disk.display()))
        };
        let bytes = std::fs::read(&disk).map_err(|error| unreadable(&error))?;
        self.scanned.files += 1;
        self.scanned.bytes += bytes.len() as u64;
        let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        Ok(Some(text))
    }
}

fn say(rule: &Rule, message: &Option<String>, path: &str, text: &str) -> String {
    worded(message, path, text).unwrap_or_else(|| rule.meta.prose().title.clone())
}
