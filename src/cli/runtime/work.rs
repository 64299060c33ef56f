// SPDX-License-Identifier: Apache-2.0
//! `ccr task ...` and `ccr packet ...`, as typed and as called.

use super::common::{ActorArgs, SignedArgs, plain_path};
use crate::runtime::step::Step;
use crate::runtime::{self, Answer, Runtime};
use clap::{Arg, Args, Subcommand};
use std::path::PathBuf;

/// A step of a task or packet.
#[derive(Debug, Args)]
pub(in crate::cli) struct StepArgs {
    /// Id of the task or packet
    id: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// What shows it: a report, a path, an address; may be repeated
    #[arg(long)]
    evidence: Vec<String>,
    #[command(flatten)]
    signed: SignedArgs,
}

/// The reason of a step that goes on may be left out.
fn unasked(reason: Arg) -> Arg {
    reason.required(false).default_value("")
}

/// `ccr task ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TaskCommand {
    /// Add a task
    Submit {
        /// The task, a JSON object
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// The task that a role should lease next
    Next {
        /// Role
        #[arg(long)]
        role: String,
    },
    /// Take a task for a while, or renew the lease
    Lease {
        /// Task id
        task_id: String,
        /// For example 30m, 2h or 1d
        #[arg(long)]
        ttl: String,
        /// Who leases
        #[arg(long)]
        agent: String,
    },
    /// Give a task back
    Release {
        /// Task id
        task_id: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Block the task instead of opening it again
        #[arg(long)]
        blocked: bool,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Tasks, a line each
    List {
        /// Only this status
        #[arg(long)]
        status: Option<String>,
        /// Only this role
        #[arg(long)]
        role: Option<String>,
    },
    /// One task
    Show {
        /// Task id
        task_id: String,
    },
    /// Hand in what came out of a leased task
    Complete {
        /// Task id
        task_id: String,
        /// Packet id, path or address; may be repeated
        #[arg(long, required = true)]
        output: Vec<String>,
        /// In a sentence
        #[arg(long, default_value = "")]
        summary: String,
        /// Residual that the work left; may be repeated
        #[arg(long)]
        residual: Vec<String>,
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Confirm what was handed in, on the reports that the task asks for
    Verify {
        /// Task id
        task_id: String,
        /// Verifier report, by id or path; may be repeated
        #[arg(long)]
        report: Vec<String>,
        /// In a sentence
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Close a verified task
    #[command(mut_arg("reason", unasked))]
    Integrate(StepArgs),
    /// Say that a task cannot go on
    Block(StepArgs),
    /// Set a task aside as hostile or unsafe
    Quarantine(StepArgs),
    /// Turn a task or its result down
    Reject(StepArgs),
    /// Say that a task is out of date
    Expire(StepArgs),
    /// Open a blocked, submitted or expired task again
    Reopen(StepArgs),
    /// Keep a leased task for longer
    Renew {
        /// Task id
        task_id: String,
        /// For example 30m, 2h or 1d
        #[arg(long)]
        ttl: String,
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Open every task whose lease ran out
    Sweep {
        #[command(flatten)]
        signed: SignedArgs,
    },
}

impl TaskCommand {
    pub(super) fn is_beyond_reference(&self) -> bool {
        !matches!(
            self,
            Self::Submit { .. } | Self::Next { .. } | Self::Lease { .. } | Self::Release { .. }
        )
    }

    pub(super) fn is_question(&self) -> bool {
        matches!(
            self,
            Self::Next { .. } | Self::List { .. } | Self::Show { .. }
        )
    }
}

/// `ccr packet ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PacketCommand {
    /// Add a packet
    Submit {
        /// The packet, a JSON object
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// One packet
    Show {
        /// Packet id
        packet_id: String,
    },
    /// Move a packet to a higher status when its gates allow it
    Promote {
        /// Packet id
        packet_id: String,
        /// The status to reach
        #[arg(long)]
        target: String,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Packets, a line each
    List {
        /// Only this status
        #[arg(long)]
        status: Option<String>,
    },
    /// Hold a stored packet against its schema and its place
    Validate {
        /// Packet id
        packet_id: String,
    },
    /// From raw to proposed
    #[command(mut_arg("reason", unasked))]
    Propose(StepArgs),
    /// From raw, proposed or speculative to candidate
    #[command(mut_arg("reason", unasked))]
    Candidate(StepArgs),
    /// From candidate or speculative to provisional
    Provisional(StepArgs),
    /// To speculative
    Speculative(StepArgs),
    /// Turn a packet down
    Reject(StepArgs),
    /// Say that a packet is out of date
    Expire(StepArgs),
}

impl PacketCommand {
    pub(super) fn is_beyond_reference(&self) -> bool {
        !matches!(
            self,
            Self::Submit { .. } | Self::Show { .. } | Self::Promote { .. }
        )
    }

    pub(super) fn is_question(&self) -> bool {
        matches!(self, Self::Show { .. } | Self::List { .. })
    }
}

pub(super) fn task(runtime: &Runtime, command: &TaskCommand) -> Answer {
    use TaskCommand as T;
    use runtime::task;
    let go = |args: &StepArgs, target| task::step(runtime, &args.towards(target));
    match command {
        T::Submit { file, actor } => task::submit(runtime, file, actor.actor()),
        T::Next { role } => task::next(runtime, role),
        T::Lease {
            task_id,
            ttl,
            agent,
        } => task::lease(runtime, task_id, ttl, agent),
        T::Release {
            task_id,
            reason,
            blocked,
            actor,
        } => task::release(
            runtime,
            &task::Release {
                id: task_id,
                reason,
                blocked: *blocked,
                actor: actor.actor(),
            },
        ),
        T::List { status, role } => task::list(runtime, status.as_deref(), role.as_deref()),
        T::Show { task_id } => task::show(runtime, task_id),
        T::Complete {
            task_id,
            output,
            summary,
            residual,
            signed,
        } => task::complete(
            runtime,
            &task::Complete {
                id: task_id,
                outputs: output,
                summary,
                residuals: residual,
                actor: signed.actor(),
            },
        ),
        T::Verify {
            task_id,
            report,
            reason,
            signed,
        } => task::verify(
            runtime,
            &task::Verify {
                id: task_id,
                reports: report,
                reason,
                actor: signed.actor(),
            },
        ),
        T::Integrate(args) => go(args, "integrated"),
        T::Block(args) => go(args, "blocked"),
        T::Quarantine(args) => go(args, "quarantined"),
        T::Reject(args) => go(args, "rejected"),
        T::Expire(args) => go(args, "expired"),
        T::Reopen(args) => go(args, "open"),
        T::Renew {
            task_id,
            ttl,
            signed,
        } => task::renew(runtime, task_id, ttl, signed.actor()),
        T::Sweep { signed } => task::sweep(runtime, signed.actor()),
    }
}

impl StepArgs {
    fn towards(&self, target: &'static str) -> Step<'_> {
        Step {
            id: &self.id,
            target,
            reason: &self.reason,
            evidence: &self.evidence,
            actor: self.signed.actor(),
        }
    }
}

pub(super) fn packet(runtime: &Runtime, command: &PacketCommand) -> Answer {
    use PacketCommand as P;
    use runtime::packet;
    let go = |args: &StepArgs, target| packet::step(runtime, &args.towards(target));
    match command {
        P::Submit { file, actor } => packet::submit(runtime, file, actor.actor()),
        P::Show { packet_id } => packet::show(runtime, packet_id),
        P::Promote {
            packet_id,
            target,
            actor,
        } => runtime::promote::run(runtime, packet_id, target, actor.actor()),
        P::List { status } => packet::list(runtime, status.as_deref()),
        P::Validate { packet_id } => packet::validate(runtime, packet_id),
        P::Propose(args) => go(args, "proposed"),
        P::Candidate(args) => go(args, "candidate"),
        P::Provisional(args) => go(args, "provisional"),
        P::Speculative(args) => go(args, "speculative"),
        P::Reject(args) => go(args, "rejected"),
        P::Expire(args) => go(args, "expired"),
    }
}
