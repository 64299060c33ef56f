// SPDX-License-Identifier: Apache-2.0
//! P38 to P40: how PIC comes in, and what comes with it.

use crate::model::{ByteSpan, Draft};
use crate::pic::context::{Context, here};
use crate::pic::environment::normalise;
use crate::pic::input::Kind;
use crate::pic::matrix::{Matrix, Support};
use crate::pic::repository::Role;
use crate::rules::Rule;
use pep440_rs::{Version, VersionSpecifiers};
use std::str::FromStr as _;

/// P38.
pub(super) fn pin(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (file, text) in context.repository.texts(Role::Requirements) {
        let manifest = file.ends_with(".toml");
        if manifest && toml::from_str::<toml::Table>(text).is_err() {
            continue;
        }
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let body = line.trim();
            // In a manifest the name of the project itself is no dependency.
            if body.starts_with('#') || manifest && body.starts_with("name") {
                continue;
            }
            let parts: Vec<&str> = if manifest {
                body.split(['"', '\'']).skip(1).step_by(2).collect()
            } else {
                vec![body]
            };
            for part in parts {
                judge(context, rule, file, start, line, part, text, out);
            }
        }
    }
    for (file, text) in context.repository.texts(Role::Script) {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.trim_start().starts_with('#') || !line.contains("install") {
                continue;
            }
            for word in line.split_whitespace() {
                let word = word.trim_matches(|c| matches!(c, '"' | '\''));
                judge(context, rule, file, start, line, word, text, out);
            }
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one line of one file, and where to put it"
)]
fn judge(
    context: &Context<'_>,
    rule: &Rule,
    file: &str,
    start: usize,
    line: &str,
    requirement: &str,
    text: &str,
    out: &mut Vec<Draft>,
) {
    let name: String = requirement
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    if normalise(&name) != context.matrix.package {
        return;
    }
    let mut rest = requirement[name.len()..].trim_start();
    if rest.starts_with('[') {
        rest = rest.split_once(']').map_or("", |(_, rest)| rest);
    }
    let bounds = rest.split([';', '#', '\\']).next().unwrap_or_default();
    let bounds = bounds.split(" --").next().unwrap_or_default().trim();
    let hashed = line.contains("--hash=")
        || text[start..]
            .lines()
            .nth(1)
            .is_some_and(|next| line.trim_end().ends_with('\\') && next.contains("--hash="));
    let span = ByteSpan::new(start, start + line.trim_end().len());
    if bounds.is_empty() {
        if !hashed {
            let text = "PIC is not pinned".to_owned();
            out.push(here(rule, file, Some(span), text));
        }
        return;
    }
    if let Ok(bounds) = VersionSpecifiers::from_str(bounds)
        && let Some(version) = admitted(context.matrix, &bounds)
    {
        let text = format!("The bounds of PIC admit {version}, which is unsupported");
        out.push(here(rule, file, Some(span), text));
    }
}

/// An unsupported version that the bounds let in: a known one, or the next major one.
fn admitted(matrix: &Matrix, bounds: &VersionSpecifiers) -> Option<Version> {
    let known: Vec<Version> = matrix
        .versions
        .keys()
        .filter_map(|text| Version::from_str(text).ok())
        .collect();
    let major = known
        .iter()
        .filter_map(|v| v.release().first().copied())
        .max()?;
    let next = Version::new([major + 1, 0, 0]);
    known
        .into_iter()
        .chain([next])
        .find(|v| matrix.support(v).0 == Support::Unsupported && bounds.contains(v))
}

/// P39.
pub(super) fn dependencies(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for said in &context.package.requires {
        if !context.matrix.dependencies.contains(&said.text) {
            let text = format!("New run-time dependency `{}`", said.text);
            out.push(context.draft_said(rule, said, text));
        }
    }
}

/// P40.
pub(super) fn licence(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    match &context.package.licence {
        Some(said) if said.text == context.matrix.licence => {}
        Some(said) => {
            let text = format!(
                "The licence is `{}`, not {}",
                said.text, context.matrix.licence
            );
            out.push(context.draft_said(rule, said, text));
        }
        None => out.push(context.draft_whole(rule, "No licence is declared".to_owned())),
    }
    let info = context.input.dist_info().unwrap_or_default();
    for wanted in &context.matrix.licence_files {
        let there = context.input.files.keys().any(|name| {
            let inside = match context.input.kind {
                Some(Kind::Checkout | Kind::Sdist) => Some(name.as_str()),
                _ => name.strip_prefix(info),
            };
            let base = inside.and_then(|name| name.rsplit('/').next());
            let stem = base.map(|base| base.split('.').next().unwrap_or(base));
            let depth = inside.map_or(0, |name| name.matches('/').count());
            stem == Some(wanted.as_str()) && depth <= 2
        });
        if !there {
            out.push(context.draft_whole(rule, format!("The file `{wanted}` is missing")));
        }
    }
}
