// SPDX-License-Identifier: Apache-2.0
//! Flags, one function call, the choice of the sink. No logic worth a unit test.

mod abbreviation;
mod args;
mod audit;
mod exit;
mod governance;
mod pages;
mod pgs;
mod pic;
mod progress;
mod reference;
mod rules;
mod runtime;
mod sink;

pub use exit::Exit;
pub use pages::reference;

use crate::runtime::Policy;
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// Parses the command line, runs the command, says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(abbreviation::expand(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json();
    let end = match cli.command {
        Command::Audit(args::AuditCommand::Release(ref release)) => audit::release(&cli, release),
        Command::Audit(args::AuditCommand::Pic(ref pic)) => pic::run(&cli, pic),
        Command::Audit(args::AuditCommand::Repo(ref repo)) => audit::repo(&cli, repo),
        Command::Audit(args::AuditCommand::Trace(ref trace)) => pgs::trace(&cli, trace),
        Command::Audit(args::AuditCommand::Governance(ref args)) => {
            governance::governance(&cli, args)
        }
        Command::Audit(args::AuditCommand::Evidence(ref args)) => governance::evidence(&cli, args),
        Command::Evidence(ref command) => governance::run_evidence(&cli, command),
        Command::Fixtures(ref command) => governance::fixtures(&cli, command),
        Command::Pgs(ref command) => pgs::run(&cli, command),
        Command::Scan(ref scan) => audit::scan(&cli, scan),
        Command::Rules(ref command) => rules::run(&cli, command),
        Command::Runtime(ref command) => audit::compatible(&cli).map(|compat| {
            let policy = if compat {
                Policy::COMPAT
            } else {
                Policy::STRICT
            };
            runtime::run(&cli.root(), policy, cli.json, command)
        }),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { ref folder } => pages::man(folder.as_deref()),
    };
    match end {
        Ok(exit) => exit.into(),
        Err(error) => {
            let exit = exit::of(&error);
            sink::error(&error, exit, json);
            exit.into()
        }
    }
}

/// Help goes to standard output and is no error; anything else is bad usage.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe must not change the verdict.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Accepted.into()
    }
}
