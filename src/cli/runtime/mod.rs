// SPDX-License-Identifier: Apache-2.0
//! Runtime commands: one call each, one document on standard output.

mod args;
mod human;

pub(super) use args::RuntimeCommand;

use super::exit::Exit;
use super::sink;
use crate::runtime::{self, Answer, Outcome, Policy, Reply, Runtime};
use crate::support::pyjson::{self, Value};
use args::{
    AgentCommand, PacketCommand, PhaseCommand, ProviderCommand, ReportFormat, ResidualCommand,
    SchemaCommand, TaskCommand,
};
use std::io::IsTerminal as _;
use std::path::Path;

/// Runs a command and prints its answer; `asked` is `--json`.
pub(super) fn run(root: &Path, policy: Policy, asked: bool, command: &RuntimeCommand) -> Exit {
    let runtime = Runtime::new(runtime::resolve_root(root), policy);
    let markdown = matches!(
        command,
        RuntimeCommand::Report {
            format: ReportFormat::Markdown
        }
    );
    let json = asked || policy.compat() || !std::io::stdout().is_terminal();
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
    finish(&runtime, answer, json)
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
            sink::note(&format!("error: {error}"));
            note_skipped(runtime);
            return exit(error.outcome());
        }
    };
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
        C::Task(command) => task(runtime, command),
        C::Packet(command) => packet(runtime, command),
        C::Residual(ResidualCommand::Add { file }) => runtime::residual::add(runtime, file),
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
        C::Report { .. } => runtime::report::json(runtime),
    }
}

fn task(runtime: &Runtime, command: &TaskCommand) -> Answer {
    match command {
        TaskCommand::Submit { file } => runtime::task::submit(runtime, file),
        TaskCommand::Next { role } => runtime::task::next(runtime, role),
        TaskCommand::Lease {
            task_id,
            ttl,
            agent,
        } => runtime::task::lease(runtime, task_id, ttl, agent),
        TaskCommand::Release { task_id, reason } => {
            runtime::task::release(runtime, task_id, reason)
        }
    }
}

fn packet(runtime: &Runtime, command: &PacketCommand) -> Answer {
    match command {
        PacketCommand::Submit { file } => runtime::packet::submit(runtime, file),
        PacketCommand::Show { packet_id } => runtime::packet::show(runtime, packet_id),
        PacketCommand::Promote { packet_id, target } => {
            runtime::promote::run(runtime, packet_id, target)
        }
    }
}

fn provider(runtime: &Runtime, command: &ProviderCommand) -> Answer {
    use runtime::provider::{self, Request};
    let request = |action: &args::ProviderAction| Request {
        provider: action.provider.clone(),
        action: action.action.clone(),
        file: action.file.clone(),
        packet: action.packet.clone(),
        profile: action.profile.clone(),
    };
    match command {
        ProviderCommand::List => provider::list(runtime),
        ProviderCommand::Health { provider } => provider::health(runtime, provider),
        ProviderCommand::Plan { action } => provider::plan(runtime, &request(action)),
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
        } => phase::threshold(runtime, file, observation.as_deref(), plain(options)),
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
        } => phase::certify(runtime, threshold.as_deref(), judged(options, verdict)),
        PhaseCommand::Plan { provider, profile } => phase::plan(runtime, provider, profile),
        PhaseCommand::Report => runtime::report::json(runtime),
    }
}
