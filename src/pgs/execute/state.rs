// SPDX-License-Identifier: Apache-2.0
//! A run on its way: what it was asked to do, what it holds, and how it tells what happens. Which
//! node comes next is [`super::run`]'s.

use super::plan::Plan;
use crate::pgs::clock::{Clock, zoned};
use crate::pgs::expression::Scope;
use crate::pgs::store::Store;
use crate::pgs::trace::{Event, FieldFault, Profile, Recorder};
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;
use std::io;

/// How a run is done.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How much is recorded.
    pub profile: Profile,
    /// Time.
    pub clock: Clock,
    /// As the original does: every log admits, contracts are not enforced.
    pub compat: bool,
    /// Intents hold every declared type.
    pub strict_intents: bool,
    /// A success without a declared output ends the run.
    pub strict_contracts: bool,
    /// Values stand in the events beside their digests.
    pub values: bool,
    /// Nodes at most.
    pub max_hops: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::Advanced,
            clock: Clock::Wall,
            compat: false,
            strict_intents: false,
            strict_contracts: false,
            values: false,
            max_hops: 10_000,
        }
    }
}

/// What ends a run before an exit.
pub(super) enum Broken {
    /// The recorder cannot write.
    Io(io::Error),
    /// Something could not be done.
    Error {
        code: String,
        category: &'static str,
        message: String,
    },
}

impl Broken {
    pub(super) fn error(code: &str, category: &'static str, message: String) -> Self {
        Self::Error {
            code: code.to_owned(),
            category,
            message,
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) store: &'a mut Store,
    pub(super) options: Options,
    pub(super) effects: usize,
    pub(super) warnings: usize,
    pub(super) recorder: &'a mut dyn Recorder,
    pub(super) payload: Value,
    pub(super) results: Value,
    pub(super) path: Vec<(String, String)>,
    pub(super) began: Timestamp,
    pub(super) remembered: usize,
}

impl Scope for Run<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "payload" => Some(&self.payload),
            "results" => Some(&self.results),
            _ => None,
        }
    }

    fn timestamp(&self) -> String {
        zoned(self.options.clock.now())
    }

    fn quotes(&self) -> bool {
        !self.options.compat
    }
}

impl Run<'_> {
    pub(super) fn record(&mut self, event: Event) -> io::Result<()> {
        self.recorder.record(event)
    }

    /// Says what the original keeps to itself.
    pub(super) fn note(
        &mut self,
        node: &str,
        code: &str,
        message: String,
        fields: Vec<FieldFault>,
    ) -> io::Result<()> {
        self.record(Event::Violation {
            node: node.to_owned(),
            code: code.to_owned(),
            message,
            field: fields.first().map(|fault| fault.field.clone()),
            constraint: fields.first().map(|fault| fault.constraint.clone()),
            fields,
            original: false,
        })
    }

    pub(super) fn advanced(&mut self, event: Event) -> io::Result<()> {
        match self.options.profile {
            Profile::Advanced => self.record(event),
            Profile::Basic => Ok(()),
        }
    }

    pub(super) fn since(&self, begin: Timestamp) -> i64 {
        let now = self.options.clock.now();
        (now.as_millisecond() - begin.as_millisecond()).max(0)
    }

    pub(super) fn fail(
        &mut self,
        component: &str,
        code: &str,
        category: &str,
        message: &str,
        node: Option<String>,
    ) -> io::Result<()> {
        self.record(Event::Error {
            component: component.to_owned(),
            error_type: "StructuredError".to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
            node,
            workflow: None,
            category: category.to_owned(),
        })
    }
}
