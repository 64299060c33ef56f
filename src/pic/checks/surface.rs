// SPDX-License-Identifier: Apache-2.0
//! P12 to P16: commands and options, held against what CCR would run and what this project runs.

use crate::model::{ByteSpan, Draft, Severity};
use crate::pic::context::{Context, elsewhere, here};
use crate::pic::matrix::{Invocation, is_since};
use crate::pic::repository::Role;
use crate::rules::Rule;
use serde_json::Value;

/// Argument lists that would run: the matrix's, unless the project's configuration has its own.
fn invocations(context: &Context<'_>) -> (Vec<Invocation>, &'static str) {
    let own: Vec<Invocation> = context
        .repository
        .texts(Role::Settings)
        .filter(|(name, _)| *name == "ccr.config.json")
        .filter_map(|(_, text)| serde_json::from_str::<Value>(text).ok())
        .filter_map(|config| {
            let pic = config.get("providers")?.get("pic")?.clone();
            let list = pic
                .get("argv")
                .or_else(|| pic.get("arguments"))?
                .as_array()?
                .clone();
            let argv = list.iter().filter_map(Value::as_str).map(str::to_owned);
            Some(Invocation {
                purpose: "run the provider".to_owned(),
                argv: argv.collect(),
            })
        })
        .collect();
    if own.is_empty() {
        (context.matrix.invokes.clone(), "matrix:invokes")
    } else {
        (own, "ccr.config.json")
    }
}

/// Words of an argument list behind the program.
fn words(argv: &[String]) -> Vec<&str> {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let from = words
        .iter()
        .position(|word| *word == "pic" || word.ends_with("/pic"));
    words[from.map_or(0, |at| at + 1)..].to_vec()
}

/// P12.
pub(super) fn version_command(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let Some(version) = &context.version else {
        return;
    };
    let (all, place) = invocations(context);
    for invocation in all {
        let words = words(&invocation.argv);
        let Some(path) = context.matrix.command_of(&words) else {
            continue;
        };
        let options = words.iter().filter(|word| word.starts_with('-'));
        let since = context.matrix.command_since(&path).into_iter();
        let since = since
            .chain(options.filter_map(|option| context.matrix.option_since(&path, option)))
            .find(|since| !is_since(version, since));
        if let Some(since) = since {
            let text = format!(
                "`{}` needs PIC {since} or later, and this is {version}",
                invocation.argv.join(" ")
            );
            out.push(elsewhere(rule, place, text));
        }
    }
}

/// P13.
pub(super) fn command_missing(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let cli = context.model.cli.as_deref().unwrap_or_default();
    let missing: Vec<&str> = context
        .commands()
        .filter(|path| !context.model.commands.contains_key(*path))
        .collect();
    for path in missing {
        let named = context.matrix.named.iter().any(|named| named.path == path);
        let text = format!("Command `pic {path}` is not declared");
        let draft = context.draft(rule, cli, None, text);
        out.push(if named {
            draft
        } else {
            draft.severity(Severity::Medium)
        });
    }
}

/// P14.
pub(super) fn option_changed(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let cli = context.model.cli.as_deref().unwrap_or_default();
    for named in &context.matrix.named {
        let Some(command) = context.model.commands.get(&named.path) else {
            continue;
        };
        let has = |option: &str| {
            command
                .options
                .iter()
                .any(|o| o.names.iter().any(|n| n == option))
        };
        for option in &named.passes {
            let since = context.matrix.option_since(&named.path, option);
            if !has(option) && since.is_none_or(|since| context.is_since(since)) {
                let text = format!("Option `{option}` of `pic {}` is absent", named.path);
                out.push(context.draft(rule, cli, Some(command.span), text));
            }
        }
        for option in command.options.iter().filter(|option| option.required) {
            let passed = option.names.iter().any(|name| named.passes.contains(name));
            if !passed {
                let text = format!(
                    "Option `{}` of `pic {}` is now required, and CCR does not pass it",
                    option.names.join("/"),
                    named.path
                );
                out.push(context.draft(rule, cli, Some(option.span), text));
            }
        }
    }
}

/// P15.
pub(super) fn network_default(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    const ON: &str = "--allow-live-connectors";
    const OFF: &str = "--no-allow-live-connectors";
    let (all, place) = invocations(context);
    for invocation in all {
        let words = words(&invocation.argv);
        let Some(command) = context
            .matrix
            .command_of(&words)
            .and_then(|path| context.model.commands.get(&path))
        else {
            continue;
        };
        let option = command
            .options
            .iter()
            .find(|o| o.names.iter().any(|name| name == ON));
        let on = option.is_some_and(|o| o.default.as_deref() == Some("True"));
        if on && !words.contains(&OFF) {
            let text = format!(
                "`{}` may use the network: live connectors are on unless `{OFF}` is given",
                invocation.argv.join(" ")
            );
            out.push(elsewhere(rule, place, text));
        }
    }
}

/// A command line of PIC in a text.
pub(super) struct Mention<'t> {
    /// Command path.
    pub(super) path: String,
    /// Words behind `pic`, to the end of the line or of the code span.
    pub(super) words: Vec<&'t str>,
    /// From `pic` to the end of the command path.
    pub(super) span: ByteSpan,
}

/// Every `pic ...` of known commands in a text, comments of scripts left out.
pub(super) fn mentions<'t>(context: &Context<'_>, text: &'t str, script: bool) -> Vec<Mention<'t>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if script && line.trim_start().starts_with('#') {
            continue;
        }
        let mut from = 0;
        while let Some(offset) = line[from..].find("pic ") {
            let begin = from + offset;
            from = begin + 4;
            let before = line[..begin].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
                continue;
            }
            let rest = &line[begin + 4..];
            let end = rest
                .find(['`', '"', '\'', '\n', '\r'])
                .unwrap_or(rest.len());
            let words: Vec<&str> = rest[..end].split_whitespace().collect();
            if let Some(path) = context.matrix.command_of(&words) {
                let span = ByteSpan::new(start + begin, start + begin + 4 + path.len());
                found.push(Mention { path, words, span });
            }
        }
    }
    found
}

/// P16.
pub(super) fn effectful_command(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let roles = [
        (Role::Script, true),
        (Role::Object, true),
        (Role::Document, false),
    ];
    for (role, runs) in roles {
        for (file, text) in context.repository.texts(role) {
            for mention in mentions(context, text, role == Role::Script) {
                let Some(effect) = context
                    .matrix
                    .effects
                    .iter()
                    .find(|effect| effect.path == mention.path)
                else {
                    continue;
                };
                let message = format!("`pic {}` {}", effect.path, effect.what);
                let draft = here(rule, file, Some(mention.span), message);
                out.push(if runs {
                    draft
                } else {
                    draft.severity(Severity::Info)
                });
            }
        }
    }
}
