// SPDX-License-Identifier: Apache-2.0
//! Whether the events of a trace can be those of one run: begun once, nested, ended once.

use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::fault::{self, Break, shown};
use crate::pgs::trace::record::{Generation, Record};

/// What is out of order.
pub(super) fn check(trace: &Trace) -> Vec<Break> {
    let mut order = Order {
        generation: trace.generation.unwrap_or(Generation::Original),
        ..Order::default()
    };
    for record in &trace.records {
        order.take(record);
    }
    if let Some(last) = trace.records.last().filter(|_| !order.ended) {
        let text = "The trace does not tell how the run ended";
        order.found.push(last.fault(fault::INCOMPLETE, text));
    }
    order.found
}

#[derive(Default)]
struct Order {
    generation: Generation,
    begun: bool,
    ended: bool,
    node: Option<String>,
    step: Option<String>,
    /// The node that ended last, and its outcome.
    left: Option<(String, String)>,
    /// Where the last edge leads.
    heading: Option<String>,
    /// After an error nothing but the end may follow.
    failed: bool,
    found: Vec<Break>,
}

impl Order {
    fn wrong(&mut self, record: &Record, text: String) {
        self.found.push(record.fault(fault::NESTING, text));
    }

    fn take(&mut self, record: &Record) {
        if self.ended && record.kind != "trace_seal" {
            let text = "The event stands behind the end of the run";
            self.found.push(record.fault(fault::AFTER_END, text));
            return;
        }
        let begins = matches!(record.kind.as_str(), "execution_start" | "WF_START");
        if begins == self.begun {
            let text = if begins {
                "The run begins a second time"
            } else {
                "The first event is not the begin of a run"
            };
            self.wrong(record, text.to_owned());
        }
        self.begun = true;
        if self.generation == Generation::Tokenized {
            self.tokenized(record);
        } else {
            self.symbolic(record);
        }
    }

    fn symbolic(&mut self, record: &Record) {
        let node = record.text("node_id");
        match record.kind.as_str() {
            "registry_dump" if self.node.is_some() || self.left.is_some() => {
                self.wrong(
                    record,
                    "The list of side effects stands within the run".to_owned(),
                );
            }
            "node_start" => self.enter(record, node),
            "node_end" => self.leave(record, node, record.text("status")),
            "capability_dispatch" | "step_start" | "step_end" | "verdict_ignored" => {
                self.within(record, node);
                match record.kind.as_str() {
                    "step_start" => self.step_start(record),
                    "step_end" => self.step_end(record),
                    _ => {}
                }
            }
            "capability_request" => self.within(record, record.text("requested_by")),
            "edge_taken" => self.edge(record),
            "error" => {
                self.node = None;
                self.step = None;
                self.failed = true;
            }
            "workflow_complete" => {
                self.end(record);
            }
            "trace_seal" if !self.ended => {
                self.wrong(
                    record,
                    "The seal stands before the end of the run".to_owned(),
                );
            }
            _ => {}
        }
    }

    fn tokenized(&mut self, record: &Record) {
        let name = record.payload.at(&["detail", "cc_fqdn"]);
        let node = name.and_then(|name| name.as_str()).unwrap_or_default();
        match record.kind.as_str() {
            "CC_START" => self.enter(record, node),
            "CC_STEP" if self.node.is_none() => {
                self.wrong(record, "The step stands outside of a contract".to_owned());
            }
            "CC_COMPLETE" => self.leave(record, node, record.text("result_status")),
            "ERROR" => {
                self.node = None;
                self.failed = true;
            }
            "WF_COMPLETE" => self.end(record),
            _ => {}
        }
    }

    fn enter(&mut self, record: &Record, node: &str) {
        if self.failed {
            self.wrong(record, "A node begins after an error".to_owned());
        }
        if let Some(open) = self.node.replace(node.to_owned()) {
            let text = format!(
                "{} begins while {} has not ended",
                shown(node),
                shown(&open)
            );
            self.wrong(record, text);
        }
        self.step = None;
        let heading = self.heading.take();
        if self.generation != Generation::Ours {
            return;
        }
        match (heading, &self.left) {
            (Some(to), _) if to != node => {
                let text = format!(
                    "{} begins; the edge taken leads to {}",
                    shown(node),
                    shown(&to)
                );
                self.wrong(record, text);
            }
            (None, Some(_)) => {
                self.wrong(record, format!("No edge leads to {}", shown(node)));
            }
            _ => {}
        }
    }

    fn leave(&mut self, record: &Record, node: &str, outcome: &str) {
        if let Some(step) = self.step.take() {
            let text = format!(
                "{} ends while its step {} has not",
                shown(node),
                shown(&step)
            );
            self.wrong(record, text);
        }
        match self.node.take() {
            Some(open) if open == node => {}
            Some(open) => {
                let text = format!("{} ends; {} had begun", shown(node), shown(&open));
                self.wrong(record, text);
            }
            None => self.wrong(record, format!("{} ends and had not begun", shown(node))),
        }
        self.left = Some((node.to_owned(), outcome.to_owned()));
    }

    fn within(&mut self, record: &Record, node: &str) {
        if self.node.as_deref() != Some(node) {
            let text = format!("The event speaks of {}, which has not begun", shown(node));
            self.wrong(record, text);
        }
    }

    fn step_start(&mut self, record: &Record) {
        let step = record.text("step_id");
        if let Some(open) = self.step.replace(step.to_owned()) {
            let text = format!(
                "{} begins while {} has not ended",
                shown(step),
                shown(&open)
            );
            self.wrong(record, text);
        }
    }

    fn step_end(&mut self, record: &Record) {
        let step = record.text("step_id");
        if self.step.take().as_deref() != Some(step) {
            self.wrong(
                record,
                format!("The step {} ends and had not begun", shown(step)),
            );
        }
    }

    fn edge(&mut self, record: &Record) {
        let (from, outcome) = (record.text("from"), record.text("outcome"));
        let fits = self
            .left
            .as_ref()
            .is_some_and(|(node, how)| node == from && how == outcome);
        if !fits || self.node.is_some() || self.heading.is_some() {
            let text = format!(
                "The edge leaves {} by {}, which is not how the last node ended",
                shown(from),
                shown(outcome)
            );
            self.wrong(record, text);
        }
        self.heading = Some(record.text("to").to_owned());
    }

    fn end(&mut self, record: &Record) {
        if let Some(open) = self.node.take() {
            self.wrong(
                record,
                format!("The run ends while {} has not", shown(&open)),
            );
        }
        self.ended = true;
    }
}
