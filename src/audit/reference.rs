// SPDX-License-Identifier: Apache-2.0
//! Profile `ccr-1.0`: the findings of the Python reference 1.0.0 to the letter (CCR specification,
//! section 8), out of the pack `rules/ccr-1.0/`. Here `audit release`; [`repo`] beside it.
//!
//! A walk of its own, because the reference's scope, order and one-finding-a-file differ from
//! everything `pipeline` promises; patterns, names and wording are the pack's data.

mod repo;

pub use repo::repo;

use super::finish::{ResidualInput, residual};
use crate::artifact::{self, Anomaly, EntryKind, Format, Limits, OwnedEntry, Visitor};
use crate::model::{
    EntryPath, Finding, Fingerprint, FingerprintInput, Report, RuleMeta, Scanned, ToolInfo, Totals,
    Verdict,
};
use crate::rules::{Body, Rule, RuleSet};
use crate::support::json::stable_id;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SOURCE: &str = "ccr.audit.release";

/// Where the reference would have ended without a report.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A file vanished or a link dangles; the reference exits with 2.
    #[error("missing file or object: {0}")]
    Missing(String),
    /// Something cannot be read; the reference exits with 3, we name it and exit with 1.
    #[error("{0}")]
    Unreadable(String),
    /// The pack is not of the form this walk needs.
    #[error("profile ccr-1.0: {0}")]
    Pack(String),
}

/// `params` of the rule on names: everything the reference hard-wires about them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    skip: BTreeSet<String>,
    parts: BTreeSet<String>,
    top: BTreeSet<String>,
    example: Vec<String>,
    example_parts: BTreeSet<String>,
    prefix: String,
    suffixes: Vec<String>,
    archive_root: String,
    text_suffixes: BTreeSet<String>,
    text_names: BTreeSet<String>,
}

/// The pack, compiled.
struct Pack {
    patterns: Vec<(Arc<Rule>, Regex)>,
    names: Names,
    source_name: Arc<Rule>,
    archive_name: Arc<Rule>,
    no_dist: Arc<Rule>,
    no_archive: Arc<Rule>,
}

impl Pack {
    fn new(set: &RuleSet) -> Result<Self, ReferenceError> {
        let named = |check: &str| {
            set.rules
                .iter()
                .find(|rule| matches!(&rule.body, Body::Check { name, .. } if name == check))
                .cloned()
                .ok_or_else(|| ReferenceError::Pack(format!("no rule has the check `{check}`")))
        };
        let source_name = named("reference-source-name")?;
        let Body::Check { params, .. } = &source_name.body else {
            return Err(ReferenceError::Pack(
                "the rule on names has no params".to_owned(),
            ));
        };
        let names =
            Names::deserialize(&**params).map_err(|e| ReferenceError::Pack(e.to_string()))?;
        let mut patterns = Vec::new();
        for rule in &set.rules {
            if let Body::Pattern(pattern) = &rule.body {
                let regex = Regex::new(&pattern.pattern.text())
                    .map_err(|e| ReferenceError::Pack(e.to_string()))?;
                patterns.push((Arc::clone(rule), regex));
            }
        }
        // The reference's order of checks; the aliases `1`, `2`, ... hold it.
        patterns.sort_by(|a, b| a.0.meta.prose().aliases.cmp(&b.0.meta.prose().aliases));
        Ok(Self {
            patterns,
            names,
            archive_name: named("reference-archive-name")?,
            no_dist: named("reference-dist-missing")?,
            no_archive: named("reference-dist-empty")?,
            source_name,
        })
    }

    /// Forbidden name (section 8.2), after the root of an archive is taken off.
    fn forbidden(&self, relative: &str) -> bool {
        let names = &self.names;
        let slashed = relative.replace('\\', "/");
        let mut parts: Vec<&str> = slashed.split('/').collect();
        let versioned = |part: &str| part.contains('-') && part.chars().any(char::is_numeric);
        let below = |part: &str| part == names.example[0] || names.top.contains(part);
        let rooted = parts[0].starts_with(&names.archive_root)
            || (parts.len() > 1 && versioned(parts[0]) && below(parts[1]));
        if rooted {
            parts.remove(0);
        }
        parts.iter().any(|part| names.parts.contains(*part))
            || parts.first().is_some_and(|part| names.top.contains(*part))
            || (parts.len() >= 3
                && parts[..2] == names.example[..]
                && names.example_parts.contains(parts[2]))
            || parts
                .last()
                .is_some_and(|part| part.starts_with(&names.prefix))
            || names
                .suffixes
                .iter()
                .any(|suffix| relative.ends_with(suffix.as_str()))
    }

    fn is_text(&self, name: &str) -> bool {
        let base = name
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(name);
        let suffix = match base.rfind('.') {
            Some(at) if at > 0 && at + 1 < base.len() => base[at..].to_lowercase(),
            _ => String::new(),
        };
        self.names.text_suffixes.contains(&suffix) || self.names.text_names.contains(base)
    }
}

/// One run.
struct Walk<'a> {
    pack: &'a Pack,
    created_at: &'a str,
    findings: Vec<Finding>,
    scanned: Scanned,
    problem: Option<String>,
    opened: bool,
    archive: String,
}

/// Audits `root` (absolute, resolved) and `dist` as the reference does.
///
/// # Errors
/// Where the reference gives no report; see [`ReferenceError`].
pub fn release(
    set: &RuleSet,
    root: &Path,
    dist: &str,
    limits: &Limits,
    created_at: &str,
) -> Result<Report, ReferenceError> {
    let pack = Pack::new(set)?;
    let mut walk = Walk {
        pack: &pack,
        created_at,
        findings: Vec::new(),
        scanned: Scanned::default(),
        problem: None,
        opened: false,
        archive: String::new(),
    };
    walk.tree(root)?;
    walk.dist(dist, limits)?;
    let ids: Vec<Value> = walk.findings.iter().map(|f| json!(f.finding_id)).collect();
    let shown = root.to_string_lossy().into_owned();
    let report_id = stable_id(
        "release-audit",
        &[json!(shown), json!(dist), Value::Array(ids)],
    );
    let frame = Frame {
        source: SOURCE,
        root: shown,
        dist: Some(dist.to_owned()),
        report_id,
        created_at,
        facts: Map::new(),
    };
    Ok(close(set, frame, walk.findings, walk.scanned))
}

/// What the report of an audit in this profile says apart from its findings.
pub(super) struct Frame<'a> {
    pub(super) source: &'a str,
    pub(super) root: String,
    pub(super) dist: Option<String>,
    pub(super) report_id: String,
    pub(super) created_at: &'a str,
    pub(super) facts: Map<String, Value>,
}

/// The report: findings in the order in which they were made, refused when one blocks.
pub(super) fn close(
    set: &RuleSet,
    frame: Frame<'_>,
    findings: Vec<Finding>,
    scanned: Scanned,
) -> Report {
    let refused = findings.iter().any(|finding| finding.blocking);
    let totals = Totals::of(&findings);
    let mut rules: Vec<_> = set
        .rules
        .iter()
        .map(|rule| Arc::clone(&rule.meta))
        .collect();
    rules.retain(|meta| findings.iter().any(|finding| finding.rule_id == meta.id));
    Report {
        source: frame.source.to_owned(),
        tool: ToolInfo {
            name: "ccr".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        root: frame.root,
        dist: frame.dist,
        profile: set.profile.id.clone(),
        rules_digest: set.digest.clone(),
        created_at: frame.created_at.to_owned(),
        as_of: frame.created_at.get(..10).unwrap_or_default().to_owned(),
        report_id: frame.report_id,
        verdict: if refused {
            Verdict::Refused
        } else {
            Verdict::Accepted
        },
        findings,
        rules,
        scanned,
        skipped: Vec::new(),
        totals,
        facts: frame.facts,
    }
}

/// A finding with the reference's identifier.
pub(super) fn finding(
    meta: &RuleMeta,
    location: &str,
    description: String,
    source: &str,
    created_at: &str,
) -> Finding {
    let kind = meta.kind.clone().unwrap_or_else(|| meta.id.to_string());
    let finding_id = stable_id(
        "finding",
        &[json!(kind), json!(location), json!(description)],
    );
    let blocking = meta.is_blocking(meta.severity, meta.confidence);
    let fingerprint = Fingerprint::compute(FingerprintInput {
        rule: meta.id.as_str(),
        path: location,
        line: &description,
        ordinal: 0,
    });
    let residual_ready = residual(ResidualInput {
        kind: None,
        subject: None,
        finding_id: &finding_id,
        finding_kind: &kind,
        description: &description,
        blocking,
        severity: meta.severity.as_str(),
        location,
        repair_hint: &meta.prose().repair,
        source,
        created_at,
    });
    Finding {
        finding_id,
        kind,
        rule_id: meta.id.clone(),
        severity: meta.severity,
        confidence: meta.confidence,
        blocking,
        path: EntryPath::root(location),
        location: location.to_owned(),
        place: None,
        description,
        repair_hint: meta.prose().repair.clone(),
        snippet: None,
        fingerprint,
        references: meta.prose().references.clone(),
        suppressed: None,
        residual_ready,
        brought_in: None,
        marks: Vec::new(),
    }
}

impl Walk<'_> {
    fn add(&mut self, rule: &Arc<Rule>, location: &str, description: String) {
        self.findings.push(finding(
            &rule.meta,
            location,
            description,
            SOURCE,
            self.created_at,
        ));
    }

    fn text(&mut self, location: &str, data: &[u8], place: &str) {
        // Undecodable bytes are dropped, as the reference drops them.
        let text: String = data.utf8_chunks().map(|chunk| chunk.valid()).collect();
        self.scanned.bytes += data.len() as u64;
        let pack = self.pack;
        for (rule, regex) in &pack.patterns {
            if regex.is_match(&text) {
                self.add(
                    rule,
                    location,
                    format!("{} Location is {place} content.", rule.meta.prose().title),
                );
            }
        }
    }

    /// Every path below the root, by path components.
    fn tree(&mut self, root: &Path) -> Result<(), ReferenceError> {
        let pack = self.pack;
        let walk = walkdir::WalkDir::new(root).min_depth(1).follow_links(false);
        let skip = |path: &Path| {
            let relative = path
                .strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .replace('\\', "/");
            relative
                .split('/')
                .any(|part| pack.names.skip.contains(part))
        };
        let mut paths: Vec<PathBuf> = walk
            .into_iter()
            .filter_entry(|entry| !skip(entry.path()))
            .filter_map(Result::ok)
            .map(walkdir::DirEntry::into_path)
            .collect();
        paths.sort();
        for path in paths {
            let relative = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            let folder = path.is_dir();
            if pack.forbidden(&relative) {
                let what = if folder {
                    "artifact directory"
                } else {
                    "artifact"
                };
                let text = format!(
                    "{} {what} is present: {relative}",
                    pack.source_name.meta.prose().title
                );
                self.add(&pack.source_name, &relative, text);
            }
            if folder || !pack.is_text(&relative) {
                continue;
            }
            match std::fs::read(&path) {
                Ok(data) => {
                    self.scanned.files += 1;
                    self.text(&relative, &data, "source");
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(ReferenceError::Missing(format!(
                        "[Errno 2] No such file or directory: '{}'",
                        path.display()
                    )));
                }
                Err(error) => {
                    return Err(ReferenceError::Unreadable(format!(
                        "{}: cannot be read: {error}",
                        path.display()
                    )));
                }
            }
        }
        Ok(())
    }

    fn dist(&mut self, dist: &str, limits: &Limits) -> Result<(), ReferenceError> {
        let pack = self.pack;
        let folder = Path::new(dist);
        if !folder.exists() {
            self.add(&pack.no_dist, dist, pack.no_dist.meta.prose().title.clone());
            return Ok(());
        }
        let unreadable = |path: &Path, cause: &dyn std::fmt::Display| {
            ReferenceError::Unreadable(format!("{}: cannot be read: {cause}", path.display()))
        };
        let mut archives = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
            let entry = entry.map_err(|e| unreadable(folder, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".whl") || name.ends_with(".tar.gz") {
                archives.push((name, entry.path()));
            }
        }
        archives.sort();
        if archives.is_empty() {
            self.add(
                &pack.no_archive,
                dist,
                pack.no_archive.meta.prose().title.clone(),
            );
        }
        for (name, path) in archives {
            let mut file = std::fs::File::open(&path).map_err(|e| unreadable(&path, &e))?;
            self.scanned.archives += 1;
            self.archive.clone_from(&name);
            self.opened = false;
            // The reference opens no container inside a container.
            let limits = Limits {
                depth: 1,
                ..*limits
            };
            artifact::walk(&EntryPath::root(&name), &name, &mut file, &limits, self);
            if let Some(problem) = self
                .problem
                .take()
                .or_else(|| (!self.opened).then(|| "not an archive".to_owned()))
            {
                return Err(unreadable(&path, &problem));
            }
        }
        Ok(())
    }
}

impl Visitor for Walk<'_> {
    fn enter(&mut self, _: &EntryPath, _: Format) {
        self.opened = true;
    }

    fn entry(&mut self, entry: OwnedEntry) {
        if entry.path.depth() != 1 {
            return;
        }
        self.scanned.entries += 1;
        let pack = self.pack;
        let name = entry.path.name();
        let location = format!("{}!{name}", self.archive);
        if pack.forbidden(name) {
            self.add(
                &pack.archive_name,
                &location,
                format!("{}: {name}", pack.archive_name.meta.prose().title),
            );
        }
        if entry.kind == EntryKind::File && pack.is_text(name) {
            self.text(&location, &entry.bytes, "archive");
        }
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        // What the reference's reader would have stumbled over; ambiguities it did not see.
        let fatal = [
            "truncated",
            "unrecognised",
            "checksum",
            "encrypted",
            "unsupported",
            "invalid",
            "corrupt",
        ];
        if fatal.iter().any(|word| anomaly.rule.contains(word)) && self.problem.is_none() {
            self.problem = Some(anomaly.detail);
        }
    }

    fn leave(&mut self, _: &EntryPath) {}
}
