// SPDX-License-Identifier: Apache-2.0
//! What is derived from the command line's own definition: shell completions, manual pages, and
//! `docs/cli.md`.

use super::command::Program;
use super::exit::Exit;
use super::sink;
use crate::support::atomic;
use anyhow::Context as _;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::path::Path;

/// `ccr completions SHELL`.
pub(super) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Program::command(), "ccr", &mut script);
    sink::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Accepted)
}

/// `ccr man`: the page of the program, or every page into a folder.
pub(super) fn man(folder: Option<&Path>) -> anyhow::Result<Exit> {
    let Some(folder) = folder else {
        sink::print(&String::from_utf8_lossy(&page(Program::command())?))?;
        return Ok(Exit::Accepted);
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for command in commands() {
        let name = command.get_bin_name().unwrap_or("ccr").replace(' ', "-");
        let path = folder.join(format!("{name}.1"));
        let text = page(command)?;
        atomic::write(&path, &text).with_context(|| path.display().to_string())?;
    }
    Ok(Exit::Accepted)
}

fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(text)
}

/// The help of every command, as a Markdown page.
pub fn reference() -> String {
    let mut text = String::from(
        "# Command line\n\nThe help of every command, as `--help` prints it. Generated: \
         `CCR_UPDATE=1 cargo test generated` rewrites this page.\n",
    );
    for command in commands() {
        let name = command.get_bin_name().unwrap_or("ccr").to_owned();
        let help = command.term_width(100).render_long_help().to_string();
        let lines: Vec<_> = help.lines().map(str::trim_end).collect();
        let help = lines.join("\n");
        text.push_str(&format!(
            "\n## `{name}`\n\n```text\n{}\n```\n",
            help.trim_end()
        ));
    }
    text
}

/// The program and everything below it, in order of definition.
fn commands() -> Vec<Command> {
    fn below(command: &Command, all: &mut Vec<Command>) {
        all.push(command.clone());
        for inner in command.get_subcommands() {
            below(inner, all);
        }
    }
    let mut root = Program::command();
    root.build();
    let mut all = Vec::new();
    below(&root, &mut all);
    all
}
