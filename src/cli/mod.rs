// SPDX-License-Identifier: Apache-2.0
//! Flags, one function call, the choice of the sink. No logic worth a unit test.

mod abbreviation;
mod args;
mod audit;
mod baseline;
mod command;
mod exit;
mod family;
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
use args::Cli;
use baseline::BaselineGroup;
use clap::Parser;
use command::{AuditCommand, Command, Program};
use runtime::RuntimeCommand;
use std::process::ExitCode;

/// Parses the command line, runs the command, says how it ended.
pub fn main() -> ExitCode {
    let program = match Program::try_parse_from(abbreviation::expand(std::env::args_os())) {
        Ok(program) => program,
        Err(error) => return usage(&error),
    };
    let json = program.json();
    let Program { cli, command } = program;
    let end = match command {
        Command::Audit(AuditCommand::Release(ref release)) => audit::release(&cli, release),
        Command::Audit(AuditCommand::Pic(ref pic)) => pic::run(&cli, pic),
        Command::Audit(AuditCommand::Repo(ref repo)) => audit::repo(&cli, repo),
        Command::Audit(AuditCommand::Trace(ref trace)) => pgs::trace(&cli, trace),
        Command::Audit(AuditCommand::Governance(ref args)) => governance::governance(&cli, args),
        Command::Audit(AuditCommand::Evidence(ref args)) => governance::evidence(&cli, args),
        Command::Evidence(ref command) => governance::run_evidence(&cli, command),
        Command::Gate(ref command) => governance::run_gate(&cli, command),
        Command::Eligibility(ref command) => governance::run_eligibility(&cli, command),
        Command::Approval(ref command) => governance::run_approval(&cli, command),
        Command::Control(ref command) => governance::run_control(&cli, command),
        Command::Fixtures(ref command) => governance::fixtures(&cli, command),
        Command::Pgs(ref command) => pgs::run(&cli, command),
        Command::Scan(ref scan) => audit::scan(&cli, scan),
        Command::Rules(ref command) => rules::run(&cli, command),
        Command::Baseline(BaselineGroup::Write(ref args)) => baseline::write(&cli, args),
        Command::Baseline(BaselineGroup::Import(ref args)) => baseline::import(&cli, args),
        Command::Baseline(BaselineGroup::State(command)) => {
            runtime(&cli, &RuntimeCommand::Baseline(command))
        }
        Command::Runtime(ref command) => runtime(&cli, command),
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

/// A command on protocol state.
fn runtime(cli: &Cli, command: &RuntimeCommand) -> anyhow::Result<Exit> {
    audit::compatible(cli).map(|compat| {
        let policy = if compat {
            Policy::COMPAT
        } else {
            Policy::STRICT
        };
        runtime::run(&cli.root(), policy, cli.json, command)
    })
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
