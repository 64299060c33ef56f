// SPDX-License-Identifier: Apache-2.0
//! Classes that end before the backend's process is started.

use super::Scene;
use crate::record;
use crate::support::pyjson::ordered::Value;

impl Scene<'_> {
    /// Gate, marker file and reason of the classes that end before the process is started.
    pub(super) fn preflight(&self) -> Option<(&'static str, &'static str, &'static str)> {
        Some(match self.code {
            "gate_missing" => ("engine", "case-gate.log", "the engine gate is not set"),
            "model_not_admitted" => (
                "model_admission",
                "provider-model-not-admitted.txt",
                "the requested model has no admission",
            ),
            "provider_auth_unavailable" => (
                "auth",
                "provider-auth-unavailable.txt",
                "no credential bridge is proven",
            ),
            "local_config_missing" => (
                "local_config",
                "provider-local-config-unavailable.txt",
                "the local endpoint was not supplied",
            ),
            "response_shape_unavailable" => (
                "response_shape",
                "provider-reasoning-only.txt",
                "the probe found no assistant content",
            ),
            "provider_unavailable" => (
                "provider",
                "provider-unavailable.txt",
                "the provider's executable was not found",
            ),
            "dirty_starting_tree" => (
                "clean_start",
                "preflight.log",
                "the target is not clean: notes.txt",
            ),
            "dirty_source_start" => (
                "source_clean",
                "preflight.log",
                "the source is not clean: notes.txt",
            ),
            "unowned_repository" => (
                "target_admission",
                "preflight.log",
                "nobody is named as the target's owner",
            ),
            "critical_repository" => (
                "target_admission",
                "preflight.log",
                "the target is not of low risk",
            ),
            "target_not_admitted" => (
                "target_admission",
                "preflight.log",
                "the target has no admission",
            ),
            _ => return None,
        })
    }

    /// Blocked before the process was started.
    pub(super) fn stopped_at(
        &mut self,
        gate: &'static str,
        marker: &'static str,
        why: &'static str,
    ) {
        let tree = matches!(gate, "clean_start" | "source_clean");
        self.mode = match gate {
            "engine" => "none",
            "target_admission" => "owned-noncritical-repo",
            _ => "copied-fixture",
        };
        self.begin();
        let dirty = Value::from(if tree {
            vec![Value::from("notes.txt")]
        } else {
            Vec::new()
        });
        self.trace(
            if tree {
                "clean_start.check"
            } else {
                "gate.preflight"
            },
            false,
            &[("gate", Value::from(gate)), ("dirty_paths", dirty)],
        );
        let (backend, mode) = (self.run.backend.clone(), self.mode);
        let data = record! {
            "backend" => backend,
            "gate" => gate,
            "reason" => self.code,
            "mutation_mode" => mode,
            "case_executed" => false,
        };
        self.carrier("backend.gate.blocked", "harness", data);
        self.blocked_by(why);
        self.run.leave_out(&["plan", "patch", "diff"], why);
        self.run.unverified(why);
        if self.mode == "owned-noncritical-repo" {
            self.run.leave_out(&["approval"], why);
            self.run.further.push((
                "target_repository_admission_status",
                Value::from("not_admitted"),
            ));
        }
        self.run.backend_exit = None;
        self.run
            .further
            .push(("case_process_started", Value::from(false)));
        self.run
            .further
            .push(("source_admission_status", Value::from("not_admitted")));
        if self.code == "model_not_admitted" {
            self.run.further.push((
                "case_model_admission_status",
                Value::from("missing_admission"),
            ));
        }
        if tree {
            self.run
                .further
                .push(("target_repository_start_clean", Value::from(false)));
        }
        let line = format!("{why}; the backend was not started\n");
        self.run
            .files
            .insert(format!("backend/{marker}"), line.into_bytes());
        self.end();
    }
}
