// SPDX-License-Identifier: Apache-2.0
//! Runtime commands: one call each, one document on standard output.

mod args;
mod common;
mod human;
mod ledger;
mod work;

pub(super) use args::RuntimeCommand;
pub(super) use ledger::BaselineCommand;

use super::exit::Exit;
use super::sink;
use crate::model::Report;
use crate::runtime::{self, Answer, Outcome, Policy, Reply, Runtime, RuntimeError};
use crate::support::pyjson::{self, Value};
use args::{
    AgentCommand, IndexCommand, PhaseCommand, ProviderCommand, ReportFormat, SchemaCommand, given,
};
use std::io::IsTerminal as _;
use std::path::Path;

/// Runs a command and prints its answer; `asked` is `--json`.
pub(super) fn run(root: &Path, policy: Policy, asked: bool, command: &RuntimeCommand) -> Exit {
    let beyond = command.is_beyond_reference();
    if beyond && policy.compat() {
        sink::note("error: the reference has no such command: run it without compatibility mode");
        return Exit::Usage;
    }
    let runtime = Runtime::new(runtime::resolve_root(root), policy);
    let markdown = matches!(
        command,
        RuntimeCommand::Report {
            format: ReportFormat::Markdown
        }
    );
    // New commands speak to people unless asked; the reference's speak JSON to programs.
    let json = asked || policy.compat() || !(beyond || std::io::stdout().is_terminal());
    if markdown && !asked {
        match runtime::report::markdown(&runtime) {
            Ok(text) => {
                document(&text);
                note_skipped(&runtime);
                return Exit::Accepted;
            }
            Err(error) => return finish(&runtime, Err(error), json),
        }
    }
    let answer = dispatch(&runtime, command);
    if command.is_question() {
        return finish(&runtime, answer, json);
    }
    finish(&runtime, keep(&runtime, answer), json)
}

/// What was to be acted upon and is not there: a refusal of the default mode says what remains
/// open all the same.
fn keep(runtime: &Runtime, answer: Answer) -> Answer {
    let (mut body, outcome) = match answer {
        Err(error) if error.outcome() == Outcome::Missing => (error.body(), error.outcome()),
        Ok(reply) if reply.outcome == Outcome::Missing => (reply.body, reply.outcome),
        other => return other,
    };
    if runtime.policy().strict() {
        runtime::residual::ensure(&mut body);
    }
    Err(RuntimeError::refusal(body, outcome))
}

/// Keeps an audit's report, its findings as residuals and repair tasks.
pub(super) fn preserve(
    root: &Path,
    compat: bool,
    audit: &str,
    report: &Report,
) -> anyhow::Result<()> {
    let policy = if compat {
        Policy::COMPAT
    } else {
        Policy::STRICT
    };
    let runtime = Runtime::new(runtime::resolve_root(root), policy);
    let body = Value::from(crate::report::json::v1::value(report));
    let done = runtime::preserve::run(&runtime, audit, &body)?;
    sink::note(&format!(
        "preserved in {}: {} new residuals, {} known, {} repair tasks, {} proposed for resolution",
        done.report,
        done.added.len(),
        done.known,
        done.tasks.len(),
        done.proposed.len()
    ));
    Ok(())
}

/// A closed pipe is a quiet end; anything else that keeps the answer from being read is said.
fn document(text: &str) {
    if let Err(error) = sink::print(text) {
        sink::note(&format!("error: {error:#}"));
    }
}

fn finish(runtime: &Runtime, answer: Answer, json: bool) -> Exit {
    let (mut body, outcome) = match answer {
        Ok(Reply { body, outcome }) => (body, outcome),
        Err(error) if json => (error.body(), error.outcome()),
        Err(error) => {
            let (mut body, outcome) = (error.body(), error.outcome());
            if runtime.policy().strict() && outcome == Outcome::Refused {
                runtime::residual::ensure(&mut body);
            }
            sink::note(human::refusal(&body).trim_end());
            note_skipped(runtime);
            return exit(outcome);
        }
    };
    if runtime.policy().strict() && outcome == Outcome::Refused {
        runtime::residual::ensure(&mut body);
    }
    if json {
        let skipped: Vec<Value> = runtime
            .store
            .skipped()
            .into_iter()
            .map(|file| crate::object! { "path" => file.path, "reason" => file.reason })
            .collect();
        // Named only where there is something to name: the reference has no such key.
        if !skipped.is_empty() {
            body.set("skipped", skipped);
        }
        document(&pyjson::pretty(&body));
    } else {
        document(&human::text(&body));
    }
    note_skipped(runtime);
    exit(outcome)
}

fn note_skipped(runtime: &Runtime) {
    if runtime.policy().strict() {
        for file in runtime.store.skipped() {
            sink::note(&format!("passed over {}: {}", file.path, file.reason));
        }
    }
}

fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Done => Exit::Accepted,
        Outcome::Refused => Exit::Refused,
        Outcome::Missing => Exit::Usage,
        Outcome::Internal => Exit::Internal,
    }
}

fn dispatch(runtime: &Runtime, command: &RuntimeCommand) -> Answer {
    use RuntimeCommand as C;
    match command {
        C::Init { force } => runtime::init::run(runtime, *force),
        C::Agent(AgentCommand::Explain) => runtime::explain::run(runtime),
        C::Schema(SchemaCommand::Validate { kind, file }) => {
            runtime::document::run(runtime, kind, file)
        }
        C::Task(command) => work::task(runtime, command),
        C::Packet(command) => work::packet(runtime, command),
        C::Residual(command) => ledger::residual(runtime, command),
        C::Verifier(command) => ledger::verifier(runtime, command),
        C::Baseline(command) => ledger::baseline(runtime, command),
        C::Event(command) => ledger::event(runtime, command),
        C::Verify {
            provider,
            packet,
            profile,
            execute,
            timeout,
        } => runtime::verify::run(
            runtime,
            &runtime::verify::Request {
                provider,
                packet,
                profile,
                execute: *execute,
                timeout: *timeout,
            },
        ),
        C::Integrate { report } => runtime::import::integrate(runtime, report),
        C::Provider(command) => provider(runtime, command),
        C::Phase(command) => phase(runtime, command),
        C::Doctor { repair } => runtime::doctor::run(runtime, *repair),
        C::Index(IndexCommand::Rebuild) => runtime::index::run(runtime),
        C::Report { .. } => runtime::report::json(runtime),
    }
}

fn provider(runtime: &Runtime, command: &ProviderCommand) -> Answer {
    use runtime::provider::{self, Request};
    let request = |action: &args::ProviderAction| Request {
        provider: action.provider.clone(),
        action: action.action.clone(),
        file: given(action.file.as_ref()).map(Path::to_path_buf),
        packet: action.packet.clone(),
        profile: action.profile.clone(),
    };
    match command {
        ProviderCommand::List => provider::list(runtime),
        ProviderCommand::Health { provider } => provider::health(runtime, provider),
        ProviderCommand::Plan { action, write } => {
            provider::plan(runtime, &request(action), *write)
        }
        ProviderCommand::Execute {
            action,
            config,
            execute,
        } => provider::execute(runtime, &request(action), config, *execute),
        ProviderCommand::Import { provider, report } => {
            runtime::import::provider_import(runtime, provider, report)
        }
    }
}

fn phase(runtime: &Runtime, command: &PhaseCommand) -> Answer {
    use runtime::phase::{self, Options};
    let plain = |options: &args::PhaseOptions| Options {
        dry_run: options.dry_run,
        demand: false,
    };
    let judged = |options: &args::PhaseOptions, verdict: &args::PhaseVerdict| Options {
        dry_run: options.dry_run,
        demand: verdict.strict,
    };
    match command {
        PhaseCommand::Graph { options } => phase::graph(runtime, plain(options)),
        PhaseCommand::Observe { options } => phase::observe(runtime, plain(options)),
        PhaseCommand::Threshold {
            file,
            observation,
            options,
        } => phase::threshold(runtime, file, given(observation.as_ref()), plain(options)),
        PhaseCommand::Compare {
            baseline,
            candidate,
            options,
            verdict,
        } => phase::compare(runtime, baseline, candidate, judged(options, verdict)),
        PhaseCommand::Form {
            profile,
            options,
            verdict,
        } => phase::form(runtime, profile, judged(options, verdict)),
        PhaseCommand::Certify {
            threshold,
            options,
            verdict,
        } => phase::certify(runtime, given(threshold.as_ref()), judged(options, verdict)),
        PhaseCommand::Plan { provider, profile } => phase::plan(runtime, provider, profile),
        PhaseCommand::Report => runtime::report::json(runtime),
    }
}
