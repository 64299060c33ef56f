// SPDX-License-Identifier: Apache-2.0
//! P01 to P06 and P11: what the input is, and of which version.

use crate::model::{Draft, Severity};
use crate::pic::context::{Context, some_of};
use crate::pic::environment::normalise;
use crate::pic::input::Kind;
use crate::pic::matrix::{Support, is_since, version};
use crate::rules::Rule;

/// P01.
pub(super) fn input_kind(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    if context.input.kind.is_some() {
        return;
    }
    let why = match context.input.problems.first() {
        Some((_, why)) => why.clone(),
        None if context.input.files.is_empty() => "it is empty".to_owned(),
        None if context.input.archive.is_some() => {
            "the archive has neither a `*.dist-info/METADATA` nor one top folder with `PKG-INFO`"
                .to_owned()
        }
        None => "there is neither a `pyproject.toml` with a project name nor a `*.dist-info` of \
                 the package"
            .to_owned(),
    };
    out.push(context.draft_whole(
        rule,
        format!("This is no PIC checkout, sdist, wheel or installation: {why}"),
    ));
}

/// P02.
pub(super) fn name(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let wanted = &context.matrix.package;
    match &context.package.name {
        Some(said) if normalise(&said.text) == *wanted => {}
        Some(said) => out.push(context.draft_said(
            rule,
            said,
            format!("The package is named `{}`, not `{wanted}`", said.text),
        )),
        None => out.push(context.draft_whole(rule, format!("No name says that it is `{wanted}`"))),
    }
}

/// P03.
pub(super) fn version_readable(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    match context.stated_version() {
        Some(said) if version(&said.text).is_some() => {}
        Some(said) => out.push(context.draft_said(
            rule,
            said,
            format!("`{}` is no version of PEP 440", said.text),
        )),
        None => out.push(context.draft_whole(
            rule,
            format!(
                "No version can be read in {}",
                some_of(&context.package.version_places, 3)
            ),
        )),
    }
}

/// P04.
pub(super) fn version_agree(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let Some(first) = context.stated_version() else {
        return;
    };
    let Some(stated) = version(&first.text) else {
        return;
    };
    if let Some(text) = file_version(context)
        && version(&text).is_some_and(|named| named != stated)
    {
        out.push(context.draft_said(
            rule,
            first,
            format!(
                "{} says {}, the name `{}` says {text}",
                first.file,
                first.text,
                dist_name(context)
            ),
        ));
    }
    for other in context
        .package
        .versions
        .iter()
        .filter(|said| *said != first)
    {
        if version(&other.text).is_none_or(|other| other != stated) {
            let text = format!(
                "{} says {}, {} says {}",
                first.file, first.text, other.file, other.text
            );
            out.push(
                context
                    .draft_said(rule, other, text)
                    .severity(Severity::Low),
            );
        }
    }
}

/// The name that carries a version.
fn dist_name(context: &Context<'_>) -> String {
    match context.input.kind {
        Some(Kind::Installed) => context.input.dist_info().unwrap_or_default().to_owned(),
        _ => context.input.file_name.clone(),
    }
}

fn file_version(context: &Context<'_>) -> Option<String> {
    let name = dist_name(context);
    match context.input.kind? {
        Kind::Wheel => name.split('-').nth(1).map(str::to_owned),
        Kind::Installed => {
            let stem = name.strip_suffix(".dist-info")?;
            Some(stem.split_once('-')?.1.to_owned())
        }
        Kind::Sdist => {
            let stem = name
                .strip_suffix(".tar.gz")
                .or_else(|| name.strip_suffix(".tgz"))?;
            Some(stem.rsplit_once('-')?.1.to_owned())
        }
        Kind::Checkout | Kind::Reports => None,
    }
}

/// P05.
pub(super) fn unreadable_source(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (file, why) in context
        .input
        .problems
        .iter()
        .chain(&context.model.unreadable)
    {
        let lost = if context.model.cli.is_none() && file.ends_with("/cli.py") {
            "; the rules on commands were not evaluated"
        } else {
            ""
        };
        let text = format!("`{file}` cannot be read: {why}{lost}");
        out.push(context.draft(rule, file, None, text));
    }
    let cli = format!("{}cli.py", context.input.package(&context.matrix.module));
    if context.model.cli.is_some() && context.model.commands.is_empty() {
        let text = format!("No command is declared in `{cli}` in a form that can be read");
        out.push(context.draft(rule, &cli, None, text));
    }
}

/// P06.
pub(super) fn entry_point(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let wanted = &context.matrix.entry_point;
    let Some((file, scripts)) = &context.package.scripts else {
        return;
    };
    let Some(said) = scripts.get(&wanted.script) else {
        let text = format!("No script `{}` is declared", wanted.script);
        out.push(context.draft(rule, file, None, text));
        return;
    };
    if said.text.replace(' ', "") != wanted.target {
        let text = format!("Script `{}` points to `{}`", wanted.script, said.text);
        out.push(context.draft_said(rule, said, text));
        return;
    }
    let module = wanted.target.split(':').next().unwrap_or_default();
    let inside = module.split_once('.').map_or("__init__", |(_, rest)| rest);
    let package = context.input.package(&context.matrix.module);
    let target = format!("{package}{}.py", inside.replace('.', "/"));
    if !context.input.files.contains_key(&target) {
        let text = format!(
            "Script `{}` points to `{}`, and `{target}` is missing",
            wanted.script, said.text
        );
        out.push(context.draft_said(rule, said, text));
    }
}

/// P11.
pub(super) fn version_support(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let (Some(found), Some(said)) = (&context.version, context.stated_version()) else {
        return;
    };
    let (status, note) = context.matrix.support(found);
    if status == Support::Supported {
        return;
    }
    let missing: Vec<&str> = context
        .matrix
        .named
        .iter()
        .map(|named| named.path.as_str())
        .filter(|path| {
            let since = context.matrix.command_since(path);
            since.is_some_and(|since| !is_since(found, since))
        })
        .collect();
    let mut text = format!("PIC {found} is {}: {note}", status.as_str());
    if note.is_empty() {
        text = format!("PIC {found} is {}", status.as_str());
    }
    if !missing.is_empty() {
        text.push_str(&format!(" (it lacks {})", some_of(&missing, 4)));
    }
    let draft = context.draft_said(rule, said, text);
    out.push(match status {
        Support::Unsupported => draft,
        _ => draft.severity(Severity::Low),
    });
}
