// SPDX-License-Identifier: Apache-2.0
//! P17: what the running program offers, held against what the audited source declares.

use super::installation::is_ours;
use crate::model::Draft;
use crate::pic::context::{Context, Need, elsewhere, some_of};
use crate::pic::help::{self, Help, Page};
use crate::rules::Rule;
use std::path::Path;

/// Where findings of this rule are: they speak of a program, not of a file that was audited.
const PLACE: &str = "cli:pic";

/// Runs the program for its help. One that does not look like PIC's is not started.
pub(super) fn ask(context: &Context<'_>, program: Option<&Path>) -> Option<Help> {
    if context.lacks(Need::Commands).is_some() {
        return None;
    }
    let Some(program) = program else {
        return Some(Help::refusal("there is no such program here".to_owned()));
    };
    if !is_ours(program, &context.matrix.module) {
        let why = format!("{} is another program", program.display());
        return Some(Help::refusal(why));
    }
    Some(help::ask(program, &context.model, context.matrix))
}

/// P17.
pub(super) fn differs(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    // Without the flag and the configuration nothing was asked, and nothing is to be said.
    let Some(help) = &context.help else {
        return;
    };
    let script = &context.matrix.entry_point.script;
    let mut say = |text: String| out.push(elsewhere(rule, PLACE, text));
    if let Some(why) = &help.refused {
        say(format!("`{script}` could not be asked for its help: {why}"));
        return;
    }
    let running = match &help.version {
        Some(version) => format!("Running {script} {version}"),
        None => format!("Running {script}"),
    };
    for (path, page) in &help.pages {
        match page {
            Err(why) => {
                let asked = [script, path, "--help"].join(" ").replace("  ", " ");
                say(format!("{running}: `{asked}` {why}"));
            }
            Ok(page) => {
                let lacks = lacks(context, path, page);
                if !lacks.is_empty() {
                    say(format!("{running} lacks {}", some_of(&lacks, 5)));
                }
            }
        }
    }
}

/// What the source declares at a path and its page does not show.
fn lacks(context: &Context<'_>, path: &str, page: &Page) -> Vec<String> {
    let script = &context.matrix.entry_point.script;
    if let Some(command) = context.model.commands.get(path) {
        let declared = command.options.iter().flat_map(|option| &option.names);
        let mut lacks: Vec<String> = declared
            .filter(|name| name.starts_with("--") && !page.names(name))
            .map(|name| format!("{script} {path} {name}"))
            .collect();
        lacks.dedup();
        return lacks;
    }
    let mut lacks = Vec::new();
    for declared in context.model.commands.keys() {
        let below = match path {
            "" => Some(declared.as_str()),
            path => declared
                .strip_prefix(path)
                .and_then(|rest| rest.strip_prefix(' ')),
        };
        let Some(word) = below.and_then(|rest| rest.split(' ').next()) else {
            continue;
        };
        let command = [script, path, word].join(" ").replace("  ", " ");
        if !page.lists(word) && !lacks.contains(&command) {
            lacks.push(command);
        }
    }
    lacks
}
