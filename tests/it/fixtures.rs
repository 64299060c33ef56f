// SPDX-License-Identifier: Apache-2.0
//! One walker for every structural rule of every pack: each case under
//! `fixtures/rules/<rule-id>/{pass,fail}/` becomes a folder on disk and goes through a whole audit.
//!
//! In a case, `archive.toml` and `*.archive.toml` describe archives and `case.toml` what a folder
//! of git cannot hold; everything else is the tree.

use crate::harness::archive::Archive;
use crate::harness::audits::request;
use crate::harness::repository::{self, History};
use crate::harness::rule_cases::faults_by;
use ccr::artifact::Limits;
use ccr::audit::reference_pic::{self, PicRequest};
use ccr::audit::{self, Engine, Selection, Target, reference};
use ccr::config;
use ccr::model::Report;
use ccr::rules::{self, Body, Rule, RuleSet, RuleSource};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `case.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// Run as `audit release`, not as `scan`.
    release: bool,
    /// Run as `audit repo`.
    repo: bool,
    /// Run as `scan --history`, on such a repository.
    history: Option<History>,
    /// Files that would be taken for something else in our own repository.
    file: Vec<CaseFile>,
    /// Symbolic links.
    link: Vec<CaseLink>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: String,
    /// Content in parts, joined, so that no scanner trips over the description.
    parts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseLink {
    name: String,
    target: String,
}

/// A case on disk.
struct Staged {
    folder: tempfile::TempDir,
    case: Case,
    limits: Option<Limits>,
}

fn stage(source: &Path) -> Staged {
    let folder = tempfile::tempdir().unwrap();
    let mut staged = Staged {
        case: Case::default(),
        limits: None,
        folder,
    };
    let write = |name: &Path, bytes: &[u8]| {
        let path = staged.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    for file in walkdir::WalkDir::new(source).sort_by_file_name() {
        let file = file.unwrap();
        if !file.file_type().is_file() {
            continue;
        }
        let name = file.path().strip_prefix(source).unwrap();
        let base = name.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        let text = || std::str::from_utf8(&bytes).unwrap();
        if base == "archive.toml" || base.ends_with(".archive.toml") {
            let archive = Archive::parse(text());
            write(&name.with_file_name(archive.file_name()), &archive.bytes());
            staged.limits = Some(archive.limits());
        } else if base == "case.toml" {
            staged.case = toml::from_str(text()).unwrap();
        } else {
            write(name, &bytes);
        }
    }
    for file in &staged.case.file {
        write(Path::new(&file.name), file.parts.concat().as_bytes());
    }
    if let Some(history) = staged.case.history {
        repository::write(staged.folder.path(), history);
    }
    #[cfg(unix)]
    for link in &staged.case.link {
        let path = staged.folder.path().join(&link.name);
        std::os::unix::fs::symlink(&link.target, path).unwrap();
    }
    staged
}

/// A profile, and how it is run.
struct Runner {
    set: RuleSet,
    engine: Engine,
}

impl Runner {
    fn new(profile: &str, extra: &[RuleSource]) -> Self {
        let load = || rules::load(profile, extra).unwrap();
        Self {
            set: load(),
            engine: Engine::new(load(), &Selection::default()).unwrap(),
        }
    }

    fn run(&self, staged: &Staged) -> Report {
        let root = staged.folder.path();
        if self.set.profile.id == "ccr-1.0" && root.join("pic").is_dir() {
            // `audit pic`: the case's `pic` is the PIC, `project` the project around it.
            let there = |name: &str| root.join(name).exists().then(|| "1.0".to_owned());
            let (project, pic) = (root.join("project"), root.join("pic"));
            let request = PicRequest {
                root: &project,
                pic_root: pic.to_str().unwrap(),
                package: there("package"),
                program: there("program"),
                created_at: "1970-01-01T00:00:00Z",
            };
            return reference_pic::audit(&self.set, &request).unwrap();
        }
        if self.set.profile.id == "ccr-1.0" && staged.case.repo {
            return reference::repo(&self.set, root, "1970-01-01T00:00:00Z").unwrap();
        }
        if self.set.profile.id == "ccr-1.0" {
            let dist = root.join("dist");
            let dist = dist.to_str().unwrap();
            let at = "1970-01-01T00:00:00Z";
            return reference::release(&self.set, root, dist, &Limits::default(), at).unwrap();
        }
        let mut config = config::load(root, None).unwrap();
        config.limits = staged.limits.unwrap_or(config.limits);
        let root = root.to_owned();
        let target = match staged.case {
            Case {
                history: Some(_), ..
            } => Target::History {
                path: root,
                range: None,
            },
            Case { repo: true, .. } => Target::Repo { root },
            Case { release: true, .. } => Target::Release { root, dist: None },
            _ => Target::Paths(vec![root]),
        };
        audit::run(&request(&self.engine, &config, target)).unwrap()
    }
}

/// Rules that no pattern and no example of their own can prove.
fn is_structural(rule: &Rule) -> bool {
    match &rule.body {
        Body::Pattern(_) => false,
        Body::Statement(statement) => !statement.required_in.is_empty(),
        Body::Check { .. }
        | Body::RequireFile(_)
        | Body::ForbidFile(_)
        | Body::RequireText(_)
        | Body::ForbidText(_)
        | Body::Order(_) => true,
    }
}

/// Rules of a family with inputs of its own: `tests/it/pic.rs` and `tests/it/pgs/validate.rs` walk them.
fn has_own_walker(rule: &Rule) -> bool {
    let ours = |name: &str| {
        ccr::pic::is_check(name)
            || ccr::pgs::validate::is_check(name)
            || ccr::pgs::examine::audit::is_check(name)
            || ccr::governance::audit::is_check(name)
    };
    matches!(&rule.body, Body::Check { name, .. } if ours(name))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules")
}

fn faults_of(runner: &Runner, rule: &Rule) -> Vec<String> {
    let id = rule.meta.id.as_str();
    let anomaly = matches!(&rule.body, Body::Check { name, .. } if name == "archive");
    let judge = |case: &Path| {
        let staged = stage(case);
        let held = cfg!(unix) || staged.case.link.is_empty();
        held.then(|| runner.run(&staged))
    };
    // The clean twin of a broken container is clean in every way.
    faults_by(id, judge, |found, expected| {
        found == id || anomaly && !expected && ccr::artifact::ANOMALY_RULES.contains(&found)
    })
}

fn check(runner: &Runner, ours: impl Fn(&Rule) -> bool) {
    let structural: Vec<Arc<Rule>> = runner
        .set
        .rules
        .iter()
        .filter(|rule| is_structural(rule) && ours(rule) && !has_own_walker(rule))
        .cloned()
        .collect();
    assert!(!structural.is_empty());
    let faults: Vec<_> = structural
        .iter()
        .flat_map(|rule| faults_of(runner, rule))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_structural_rule_speaks_on_its_fail_cases_and_is_silent_on_its_pass_cases() {
    check(&Runner::new("default", &[]), |_| true);
}

#[test]
fn so_does_every_one_of_the_reference_profile() {
    check(&Runner::new("ccr-1.0", &[]), |_| true);
}

#[test]
fn so_does_every_one_of_the_repository_packs() {
    check(&Runner::new("ccr-repo", &[]), |rule| {
        ["repo", "ccr-repo"].contains(&&*rule.pack)
    });
}

#[test]
fn so_does_every_one_of_our_own_policy_pack() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/ccr");
    let runner = Runner::new("default", &[RuleSource::Pack(pack)]);
    check(&runner, |rule| rule.meta.id.family() == "repo");
}

#[test]
fn no_fixture_belongs_to_a_rule_that_is_gone() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/ccr");
    let mut ids = BTreeSet::new();
    for (profile, extra) in [
        ("default", vec![RuleSource::Pack(pack)]),
        ("ccr-repo", Vec::new()),
        ("ccr-1.0", Vec::new()),
    ] {
        let set = rules::load(profile, &extra).unwrap();
        ids.extend(set.rules.iter().map(|rule| rule.meta.id.to_string()));
    }
    for folder in std::fs::read_dir(fixtures()).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(ids.contains(&name), "fixtures/rules/{name}");
    }
}
