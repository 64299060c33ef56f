// SPDX-License-Identifier: Apache-2.0
//! The run that a trace tells: nodes in their order, their steps, how it ended.

use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::record::{Generation, Record};

/// One step of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name in the contract.
    pub id: String,
    /// Index of its `step_start`.
    pub start: usize,
    /// Index of its `step_end`.
    pub end: Option<usize>,
}

/// One node entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Id of the node; the name of its contract in the token-native generation.
    pub node: String,
    /// The outcome, when it ended.
    pub outcome: Option<String>,
    /// The contract it called, where that is recorded.
    pub dispatched: Option<String>,
    /// Index of the event that began it.
    pub start: usize,
    /// Index of the event that ended it.
    pub end: Option<usize>,
    /// Steps, in our form.
    pub steps: Vec<Step>,
}

/// The run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Run {
    /// Full name, where it is recorded.
    pub fqdn: Option<String>,
    /// Code of the workflow.
    pub workflow: String,
    /// Name of the run.
    pub id: String,
    /// Profile, where there is one.
    pub profile: Option<String>,
    /// Nodes in order.
    pub visits: Vec<Visit>,
    /// Indexes of `error` events.
    pub errors: Vec<usize>,
    /// Indexes of `violation` events.
    pub violations: Vec<usize>,
    /// Index of the last event of the run.
    pub complete: Option<usize>,
    /// How it says it ended.
    pub status: Option<String>,
}

fn owned(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl Run {
    /// What a trace tells; what does not fit together is left out here and said elsewhere.
    pub fn of(trace: &Trace) -> Self {
        let mut run = Self::default();
        if let Some(first) = trace.records.first() {
            run.id.clone_from(&first.execution);
        }
        let tokenized = trace.generation == Some(Generation::Tokenized);
        for (at, record) in trace.records.iter().enumerate() {
            if tokenized {
                run.take_tokenized(at, record);
            } else {
                run.take(at, record);
            }
        }
        run
    }

    /// Whether it says that it succeeded.
    pub fn succeeded(&self) -> bool {
        self.status.as_deref() == Some("SUCCESS")
    }

    /// Nodes and outcomes in order, of those that ended.
    pub fn path(&self) -> Vec<(&str, &str)> {
        let ended = self.visits.iter();
        ended
            .filter_map(|visit| Some((visit.node.as_str(), visit.outcome.as_deref()?)))
            .collect()
    }

    fn open(&mut self, node: &str) -> Option<&mut Visit> {
        let last = self.visits.last_mut()?;
        (last.end.is_none() && last.node == node).then_some(last)
    }

    fn begin(&mut self, node: &str, at: usize) {
        self.visits.push(Visit {
            node: node.to_owned(),
            outcome: None,
            dispatched: None,
            start: at,
            end: None,
            steps: Vec::new(),
        });
    }

    fn take(&mut self, at: usize, record: &Record) {
        let node = record.text("node_id");
        match record.kind.as_str() {
            "execution_start" => {
                record.text("workflow_code").clone_into(&mut self.workflow);
                self.fqdn = owned(record.text("workflow_fqdn"));
                self.profile = owned(record.text("policy_profile"));
            }
            "node_start" => self.begin(node, at),
            "capability_dispatch" => {
                let contract = owned(record.text("cc_code"));
                if let Some(visit) = self.open(node) {
                    visit.dispatched = contract;
                }
            }
            "step_start" => {
                let id = record.text("step_id").to_owned();
                if let Some(visit) = self.open(node) {
                    visit.steps.push(Step {
                        id,
                        start: at,
                        end: None,
                    });
                }
            }
            "step_end" => {
                let id = record.text("step_id");
                let step = self.open(node).and_then(|visit| visit.steps.last_mut());
                if let Some(step) = step.filter(|step| step.id == id && step.end.is_none()) {
                    step.end = Some(at);
                }
            }
            "node_end" => {
                let outcome = owned(record.text("status"));
                if let Some(visit) = self.open(node) {
                    visit.outcome = outcome;
                    visit.end = Some(at);
                }
            }
            "violation" => self.violations.push(at),
            "error" => self.errors.push(at),
            "workflow_complete" => {
                self.complete = Some(at);
                self.status = owned(record.text("status"));
            }
            _ => {}
        }
    }

    fn take_tokenized(&mut self, at: usize, record: &Record) {
        let detail = |name: &str| {
            let text = record.payload.at(&["detail", name]);
            text.and_then(|text| text.as_str()).unwrap_or_default()
        };
        match record.kind.as_str() {
            "WF_START" => {
                let fqdn = detail("wf_fqdn");
                self.fqdn = owned(fqdn);
                let code = fqdn.rsplit("::").next().unwrap_or_default();
                code.clone_into(&mut self.workflow);
            }
            "CC_START" => self.begin(detail("cc_fqdn"), at),
            "CC_COMPLETE" => {
                let outcome = owned(record.text("result_status"));
                let node = detail("cc_fqdn").to_owned();
                if let Some(visit) = self.open(&node) {
                    visit.dispatched = Some(node);
                    visit.outcome = outcome;
                    visit.end = Some(at);
                }
            }
            "ERROR" => self.errors.push(at),
            "WF_COMPLETE" => {
                self.complete = Some(at);
                self.status = owned(record.text("result_status"));
            }
            _ => {}
        }
    }
}
