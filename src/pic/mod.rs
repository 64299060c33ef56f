// SPDX-License-Identifier: Apache-2.0
//! The PIC family: is this percolation-inversion-compiler the one that CCR's commands and its
//! importer were written for, and does this project use it within its boundary?
//!
//! Flow: [`input`] (checkout, sdist, wheel, installation, read as files) and [`repository`] (the
//! project around) -> [`python`], [`package`] (what they declare) -> [`model`] -> [`checks`] (one
//! function a rule) -> drafts. Nothing is imported or built, and nothing executed unless the
//! operator asked for it ([`help`]); what is known of PIC's versions is data ([`matrix`]).

pub mod checks;
pub mod context;
pub mod environment;
pub mod help;
pub mod input;
pub mod matrix;
pub mod model;
pub mod package;
pub mod python;
pub mod report;
pub mod repository;

use crate::artifact::{EntryKind, Limits};
use crate::classify::{Classified, Origin};
use crate::matching::StatementMatcher;
use crate::model::{Draft, EntryPath, Judged, Severity};
use crate::rules::{Body, Rule};
use context::Context;
use environment::{Environment, installed_in, packages_below};
use input::Input;
use matrix::{Matrix, version};
use model::Model;
use package::Package;
use repository::{Repository, Role};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// What to audit.
#[derive(Debug, Clone)]
pub struct Options {
    /// The PIC: file or folder.
    pub pic_root: PathBuf,
    /// The project.
    pub root: PathBuf,
    /// What is known of PIC.
    pub matrix: Matrix,
    /// The machine.
    pub environment: Environment,
    /// Folders to look for an installed package in, before the active Python's.
    pub python_env: Vec<PathBuf>,
    /// Budget for archives.
    pub limits: Limits,
    /// Ask the program for its help. Whoever sets it has both the operator's word and the
    /// configuration's.
    pub run_help: bool,
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum PicError {
    /// The input cannot be read.
    #[error("{0}")]
    Input(#[from] std::io::Error),
    /// Rules are broken: which, and why, a line each.
    #[error("{0}")]
    Rules(String),
}

/// Whether a rule table may name this check.
pub fn is_check(name: &str) -> bool {
    checks::ALL.iter().any(|(known, ..)| *known == name)
}

/// Reads the input and runs the rules of this family.
///
/// # Errors
/// The input does not exist, or a rule is broken; every other fault of the input is a finding.
pub fn audit(options: &Options, rules: &[Arc<Rule>]) -> Result<Judged, PicError> {
    let matrix = &options.matrix;
    let input = Input::read(&options.pic_root, &matrix.module, &options.limits)?;
    let mut repository = Repository::read(&options.root);
    if repository.is(&matrix.package) {
        // PIC's own checkout is the thing that is judged, not a project that uses it.
        repository = Repository::default();
    }
    let mut context = context(options, &input, &repository);
    if options.run_help && rules.iter().any(|rule| checks::asks_help(rule)) {
        context.help = checks::help(&context, program(options).as_deref());
    }
    let context = context;
    let mut judged = Judged::default();
    let mut faults = Vec::new();
    for rule in rules.iter().filter(|rule| rule.meta.id.family() == "pic") {
        match &rule.body {
            Body::Check { name, .. } => {
                let known = checks::ALL.iter().find(|(known, ..)| known == name);
                let Some((_, need, check)) = known else {
                    continue;
                };
                match context.lacks(*need) {
                    Some(why) => {
                        let id = rule.meta.id.to_string();
                        judged.not_evaluated.push((id, why.to_owned()));
                    }
                    None => check(&context, rule, &mut judged.drafts),
                }
            }
            Body::Statement(_) => {
                faults.extend(statements(&context, rule, &mut judged.drafts));
            }
            _ => {}
        }
    }
    if !faults.is_empty() {
        return Err(PicError::Rules(faults.join("\n")));
    }
    for draft in judged.drafts.iter().filter(|draft| draft.span.is_some()) {
        if let Some(bytes) = bytes_of(&context, &draft.path) {
            let text = judged.texts.entry(draft.path.clone());
            text.or_insert_with(|| bytes.to_vec());
        }
    }
    judged.facts = facts(options, &context, &judged.not_evaluated);
    judged.scanned = input.scanned;
    judged.scanned.files += repository.files.len() as u64;
    Ok(judged)
}

fn context<'a>(options: &'a Options, input: &'a Input, repository: &'a Repository) -> Context<'a> {
    let matrix = &options.matrix;
    let environment = &options.environment;
    let given = options
        .python_env
        .iter()
        .flat_map(|folder| std::iter::once(folder.clone()).chain(packages_below(folder)));
    let installed = given
        .into_iter()
        .find_map(|folder| installed_in(&folder))
        .or_else(|| environment.installed());
    let mut context = Context {
        matrix,
        input,
        package: Package::read(input, &matrix.module),
        version: None,
        model: Model::read(input, matrix),
        repository,
        environment,
        installed,
        program: environment.program(&matrix.entry_point.script),
        help: None,
    };
    context.version = context
        .stated_version()
        .and_then(|said| version(&said.text));
    context
}

/// The program of the environments that were named, else the first on `PATH`.
fn program(options: &Options) -> Option<PathBuf> {
    let script = &options.matrix.entry_point.script;
    let folders = options.python_env.iter();
    let named = Environment {
        path: folders
            .flat_map(|folder| [folder.join("bin"), folder.join("Scripts")])
            .collect(),
        ..Environment::default()
    };
    named
        .program(script)
        .or_else(|| options.environment.program(script))
}

/// A sentence rule over the project's documents and over PIC's own, where it weighs little: they
/// are not ours to repair. Says why the rule could not run.
fn statements(context: &Context<'_>, rule: &Arc<Rule>, out: &mut Vec<Draft>) -> Vec<String> {
    let matcher = StatementMatcher::new(std::slice::from_ref(rule));
    let mut run = |path: EntryPath, bytes: &[u8], foreign: bool| {
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut hits = Vec::new();
        matcher.scan_all(&entry, &mut hits);
        for hit in hits {
            let mut draft = Draft::new(rule.meta.id.clone(), &path, "").at(hit.hit);
            draft.severity = hit.severity;
            draft.confidence = hit.confidence;
            if foreign {
                draft.severity = Some(Severity::Low);
            }
            out.push(draft);
        }
    };
    for (name, (role, bytes)) in &context.repository.files {
        if *role == Role::Document {
            run(Repository::path(name), bytes, false);
        }
    }
    for (name, file) in &context.input.files {
        if let Some(bytes) = file.bytes.as_deref().filter(|_| name.ends_with(".md")) {
            run(context.input.path(name), bytes, true);
        }
    }
    let faults = matcher.faults();
    faults
        .iter()
        .map(|(rule, why)| format!("rule `{rule}`: {why}"))
        .collect()
}

fn bytes_of<'c>(context: &'c Context<'_>, path: &EntryPath) -> Option<&'c [u8]> {
    let mut input = context.input.files.iter();
    if let Some((_, file)) = input.find(|(name, _)| context.input.path(name) == *path) {
        return file.bytes.as_deref();
    }
    let files = &context.repository.files;
    files.get(path.name()).map(|(_, bytes)| bytes.as_slice())
}

/// Keys of the report: those of the reference, then what was read and as what.
fn facts(
    options: &Options,
    context: &Context<'_>,
    skipped: &[(String, String)],
) -> Map<String, Value> {
    let matrix = context.matrix;
    let stated = context.stated_version().map(|said| said.text.clone());
    let expected: Vec<&str> = context.commands().collect();
    let commands = &context.model.commands;
    let missing: Vec<&&str> = expected
        .iter()
        .filter(|path| !commands.contains_key(**path))
        .collect();
    let read: Vec<&str> = matrix
        .ccr_reads
        .iter()
        .map(|read| read.key.as_str())
        .collect();
    let named: Vec<String> = matrix
        .named
        .iter()
        .map(|named| format!("pic {}", named.path))
        .collect();
    let reports: Vec<&str> = matrix
        .reports
        .iter()
        .filter(|row| {
            let made = row.built_by.as_ref();
            made.is_some_and(|made| context.model.report_keys(made).is_some())
        })
        .map(|row| row.id.as_str())
        .collect();
    let skipped: Vec<Value> = skipped
        .iter()
        .map(|(rule, reason)| json!({ "rule": rule, "reason": reason }))
        .collect();
    let executed = context.help.as_ref().map(|help| &help.executed);
    let value = json!({
        "expected_pic_commands": named,
        "installed_package_version": context.installed.as_ref().map(|found| &found.version),
        "pic_cli": { "available": context.program.is_some(), "path": context.program },
        "pic_repo_version": stated,
        "pic_root": options.pic_root,
        "supported_import_fields": read,
        "input": {
            "kind": context.input.kind.map(input::Kind::as_str),
            "name": context.package.name.as_ref().map(|said| &said.text),
            "version": stated,
            "sha256": context.input.sha256,
            "path": context.input.shown,
        },
        "matrix_version": matrix.matrix_version,
        "commands": {
            "declared": commands.len(),
            "expected": expected.len(),
            "missing": missing,
        },
        "records": context.model.record_count(),
        "reports_read": reports,
        "skipped_rules": skipped,
        "executed": executed.map_or_else(|| json!([]), |argv| json!(argv)),
    });
    match value {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}
