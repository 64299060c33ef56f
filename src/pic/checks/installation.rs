// SPDX-License-Identifier: Apache-2.0
//! P07 to P10: files as installed, and what this machine would run.

use crate::model::{Draft, Severity};
use crate::pic::context::{Context, elsewhere};
use crate::pic::environment::{installed_in, packages_below};
use crate::pic::input::Kind;
use crate::pic::matrix::{is_since, version};
use crate::pic::package::{record as rows, record_hash};
use crate::rules::Rule;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

/// P07.
pub(super) fn record(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let input = context.input;
    if !matches!(input.kind, Some(Kind::Wheel | Kind::Installed)) {
        return;
    }
    let Some(info) = input.dist_info() else {
        return;
    };
    let name = format!("{info}/RECORD");
    let Some(text) = input.text(&name) else {
        let text = format!("`{name}` is missing; no file can be held against it");
        out.push(
            context
                .draft(rule, &name, None, text)
                .severity(Severity::Medium),
        );
        return;
    };
    let mut listed = BTreeSet::new();
    for row in rows(text) {
        // Scripts and bytecode are made at installation and lie outside of what is audited.
        if row.path.starts_with("../") || row.path.ends_with(".pyc") {
            continue;
        }
        listed.insert(row.path.clone());
        let Some(file) = input.files.get(&row.path) else {
            let text = format!("`{}` stands in RECORD and is missing", row.path);
            out.push(
                context
                    .draft(rule, &name, None, text)
                    .severity(Severity::Medium),
            );
            continue;
        };
        let hash = file.sha256.as_ref().map(record_hash);
        // What could not be read whole is not what RECORD vouches for either. Weaker algorithms
        // than the one that we compute are not allowed in a wheel, and stay unchecked.
        let checked = row.hash.starts_with("sha256=");
        let other = checked && hash.is_none_or(|hash| hash != row.hash);
        if other || row.size.is_some_and(|size| size != file.size) {
            let text = format!("`{}` differs from RECORD", row.path);
            out.push(context.draft(rule, &row.path, None, text));
        }
    }
    for file in input.files.keys().filter(|file| !listed.contains(*file)) {
        // A wheel's signatures may stand beside RECORD (PEP 427).
        if file == &name || file.ends_with("/RECORD.jws") || file.ends_with("/RECORD.p7s") {
            continue;
        }
        let text = format!("`{file}` does not stand in RECORD");
        out.push(
            context
                .draft(rule, file, None, text)
                .severity(Severity::Medium),
        );
    }
}

/// P08.
pub(super) fn versions_differ(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let Some(audited) = &context.version else {
        return;
    };
    let mut told = BTreeSet::new();
    let around = context.program.as_deref().and_then(version_around);
    let found = [
        (
            "installed",
            context
                .installed
                .as_ref()
                .map(|found| found.version.clone()),
        ),
        ("the program on PATH belongs to", around),
    ];
    for (what, text) in found {
        let Some(text) = text else { continue };
        let Some(other) = version(&text).filter(|other| other != audited) else {
            continue;
        };
        if !told.insert(text.clone()) {
            continue;
        }
        let lacks = context.matrix.named.iter().find(|named| {
            let since = context.matrix.command_since(&named.path);
            since.is_some_and(|since| !is_since(&other, since))
        });
        let mut message = format!("The input is {audited}, {what} {text}");
        if let Some(named) = lacks {
            message.push_str(&format!(", which lacks `pic {}`", named.path));
        }
        let draft = elsewhere(
            rule,
            &format!("python-package:{}", context.matrix.package),
            message,
        );
        out.push(if lacks.is_some() {
            draft.severity(Severity::Medium)
        } else {
            draft
        });
    }
}

/// Version of the package in the environment that a program stands in.
fn version_around(program: &Path) -> Option<String> {
    let root = program.parent()?.parent()?;
    packages_below(root)
        .iter()
        .find_map(|folder| installed_in(folder))
        .map(|found| found.version)
}

/// Whether a program is the package's: its script says so, or the package is installed around it
/// and it is a script or launcher.
pub(super) fn is_ours(program: &Path, module: &str) -> bool {
    let mut head = Vec::new();
    let read =
        std::fs::File::open(program).and_then(|file| file.take(256 << 10).read_to_end(&mut head));
    if read.is_err() {
        return false;
    }
    if memchr::memmem::find(&head, module.as_bytes()).is_some() {
        return true;
    }
    let around = version_around(program).is_some();
    around && (head.starts_with(b"#!") || head.starts_with(b"MZ"))
}

/// P09.
pub(super) fn program_identity(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    if let Some(program) = &context.program
        && !is_ours(program, &context.matrix.module)
    {
        let text = format!(
            "`{}` on PATH is another program: {}",
            context.matrix.entry_point.script,
            program.display()
        );
        out.push(elsewhere(rule, "cli:pic", text));
    }
}

/// P10.
pub(super) fn absent(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let program = context
        .program
        .as_deref()
        .is_some_and(|program| is_ours(program, &context.matrix.module));
    let installed = context.installed.is_some() || context.input.kind == Some(Kind::Installed);
    if !program && !installed {
        out.push(elsewhere(
            rule,
            &format!("python-package:{}", context.matrix.package),
            "PIC is not installed here; only plans can be made".to_owned(),
        ));
    }
}
