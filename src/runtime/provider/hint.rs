// SPDX-License-Identifier: Apache-2.0
//! Commands that a report names: tasks for people, never run.

use crate::object;
use crate::runtime::made_task;
use crate::support::pyjson::{Value, display, stable_id};

/// What a hint is (default mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Class {
    /// A command line that somebody may review.
    Command,
    /// A sentence.
    Prose,
    /// A command line that nobody should copy: a shell's characters, or an effect outside.
    Refused,
}

impl Class {
    /// The class as it is written.
    pub(in crate::runtime) fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Prose => "prose",
            Self::Refused => "refused",
        }
    }
}

/// First words of command lines.
const PROGRAMS: [&str; 9] = [
    "pic", "ccr", "uv", "uvx", "python", "python3", "pip", "curl", "sh",
];
/// Programs that are refused whatever follows.
const NEVER: [&str; 6] = ["sh", "bash", "zsh", "curl", "wget", "sudo"];
/// Effects outside this machine, or on it, that a hint must not bring about.
const EFFECTS: [&str; 10] = [
    "operation dispatch",
    "operation approve",
    "operation reconcile",
    "runtime service",
    "runtime execute-task",
    "runtime execute-routes",
    "runtime run-agent-loop",
    "ecology discover-web",
    "agent message send",
    "agent send-message",
];

/// The class of a hint. A placeholder `<name>` is no redirection.
pub(in crate::runtime) fn class(hint: &Value) -> Class {
    let Some(text) = hint.as_str() else {
        return Class::Prose;
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    let plain = without_placeholders(text);
    let shell = plain.contains([';', '|', '&', '`', '<', '>', '\n', '\r']) || plain.contains("$(");
    let spaced = format!(" {} ", words.join(" "));
    let effect = EFFECTS
        .iter()
        .any(|effect| spaced.contains(&format!(" {effect} ")));
    if shell || NEVER.contains(&first) {
        Class::Refused
    } else if !PROGRAMS.contains(&first) {
        Class::Prose
    } else if effect {
        Class::Refused
    } else {
        Class::Command
    }
}

fn without_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((name, tail))
                if !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) =>
            {
                rest = tail;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The id of the task of a hint.
pub(in crate::runtime) fn task_id(provider: &str, import_id: &str, hint: &Value) -> String {
    stable_id(
        "task:provider-safe-command",
        &[provider.into(), import_id.into(), hint.clone()],
    )
}

/// The task of a hint: somebody reviews it, nothing runs.
pub(in crate::runtime) fn task(provider: &str, import_id: &str, hint: &Value, now: &str) -> Value {
    object! {
        "blackboard_refs" => Vec::<String>::new(),
        "completion" => object! {},
        "constraints" => object! {
            "allowed_commands" => Vec::<String>::new(),
            "authority_policy" => "read_only",
            "forbidden_actions" => &["automatic_execution", "shell_expansion"][..],
            "max_runtime_minutes" => 30,
            "network_policy" => "none",
            "side_effect_policy" => "dry_run_only",
        },
        "created_at" => now,
        "dependencies" => Vec::<String>::new(),
        "expected_outputs" => vec![object! {
            "acceptance_criteria" => &[
                "Operator reviews the provider hint and decides whether authority exists.",
            ][..],
            "destination" => "tasks/open",
            "kind" => "json",
            "schema_ref" => "schemas/task.schema.json",
        }],
        "extensions" => object! {
            "x_provider" => provider,
            "x_provider_safe_command_hint" => hint,
        },
        "inputs" => vec![object! {
            "kind" => "text",
            "notes" => display(hint),
            "ref" => format!("{provider}.safe_command:{import_id}"),
            "required" => true,
        }],
        "lease" => made_task::lease(30),
        "objective" => "Review a provider safe command hint without executing it automatically.",
        "pic_interop" => object! {
            "candidate_only_until_checked" => true,
            "enabled" => provider == "pic",
            "identity_context_required" => false,
            "input_mapping" => "none",
            "output_mapping" => "none",
            "pic_profile" => "development",
            "recommended_pic_commands" => Vec::<String>::new(),
        },
        "priority" => 30,
        "residual_policy" => made_task::residual_policy(),
        "role" => "integrator",
        "schema_version" => "ccr.task.v0.1",
        "status" => "open",
        "task_id" => task_id(provider, import_id, hint),
        "title" => "Review provider safe command hint",
        "verifier_plan" => object! {
            "failure_route" => "residual",
            "optional_verifiers" => &["human"][..],
            "promotion_gate" => "none",
            "required_verifiers" => Vec::<String>::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_classed() {
        for (text, want) in [
            ("pic phase plan --compact", Class::Command),
            (
                "uv run pic identity derive-context <context.json>",
                Class::Command,
            ),
            ("ccr phase report --json", Class::Command),
            (
                "Preserve residual_summary in downstream logs.",
                Class::Prose,
            ),
            ("pic phase plan --compact; echo pwned", Class::Refused),
            ("pic x > file", Class::Refused),
            ("sh -c 'echo pwned'", Class::Refused),
            ("curl https://example.invalid/report", Class::Refused),
            ("pic operation dispatch --all", Class::Refused),
            ("pic evidence $(whoami)", Class::Refused),
        ] {
            assert_eq!(class(&text.into()), want, "{text}");
        }
    }
}
