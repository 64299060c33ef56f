// SPDX-License-Identifier: Apache-2.0
//! Artifacts as types. Reading never fails: a member of the wrong shape is noted and read as
//! absent, so that checks can speak of the rest; what executes refuses an artifact with notes.

mod binding;
mod capability;
mod contract;
mod field;
mod workflow;

pub use binding::{Bound, RuntimeBinding, Storage};
pub use capability::{Atom, Operation, SideEffect, Transform};
pub use contract::{Contract, ResultNames, Step, StepKind};
pub use field::{Field, Fields};
pub use workflow::{Admission, Intent, Node, NodeKind, Workflow};

use super::expression::Expression;
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;

/// A member that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeFault {
    /// Where in the artifact, as a JSON pointer.
    pub at: String,
    /// What should stand there.
    pub expected: &'static str,
}

/// Reads members of one object and notes wrong ones.
pub(crate) struct Reader<'a> {
    value: &'a Value,
    at: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(value: &'a Value, at: impl Into<String>) -> Self {
        Self {
            value,
            at: at.into(),
        }
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    fn pointer(&self, key: &str) -> String {
        format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1"))
    }

    /// A member, unless it is absent or null.
    pub(crate) fn member(&self, key: &str) -> Option<Reader<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Reader::new(value, self.pointer(key)))
    }

    pub(crate) fn wrong(&self, key: &str, expected: &'static str, faults: &mut Vec<ShapeFault>) {
        let at = self.pointer(key);
        faults.push(ShapeFault { at, expected });
    }

    pub(crate) fn text(&self, key: &str, faults: &mut Vec<ShapeFault>) -> Option<String> {
        let member = self.member(key)?;
        let text = member.value.as_str();
        if text.is_none() {
            self.wrong(key, "a text", faults);
        }
        text.map(str::to_owned)
    }

    pub(crate) fn bool(&self, key: &str, faults: &mut Vec<ShapeFault>) -> Option<bool> {
        let member = self.member(key)?;
        let truth = member.value.as_bool();
        if truth.is_none() {
            self.wrong(key, "true or false", faults);
        }
        truth
    }

    pub(crate) fn texts(&self, key: &str, faults: &mut Vec<ShapeFault>) -> Vec<String> {
        let Some(member) = self.member(key) else {
            return Vec::new();
        };
        let items = member.value.as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        if items.is_none() {
            self.wrong(key, "a list of texts", faults);
        }
        items.unwrap_or_default()
    }

    /// The members of a member that is an object.
    pub(crate) fn object(
        &self,
        key: &str,
        faults: &mut Vec<ShapeFault>,
    ) -> Vec<(String, Reader<'a>)> {
        let Some(member) = self.member(key) else {
            return Vec::new();
        };
        let Some(object) = member.value.as_object() else {
            self.wrong(key, "an object", faults);
            return Vec::new();
        };
        object
            .iter()
            .map(|(name, value)| (name.clone(), Reader::new(value, member.pointer(name))))
            .collect()
    }

    /// The items of a member that is a list.
    pub(crate) fn list(&self, key: &str, faults: &mut Vec<ShapeFault>) -> Vec<Reader<'a>> {
        let Some(member) = self.member(key) else {
            return Vec::new();
        };
        let Some(items) = member.value.as_array() else {
            self.wrong(key, "a list", faults);
            return Vec::new();
        };
        items
            .iter()
            .enumerate()
            .map(|(at, value)| Reader::new(value, member.pointer(&at.to_string())))
            .collect()
    }

    pub(crate) fn text_map(
        &self,
        key: &str,
        faults: &mut Vec<ShapeFault>,
    ) -> IndexMap<String, String> {
        let mut map = IndexMap::new();
        for (name, member) in self.object(key, faults) {
            match member.value.as_str() {
                Some(text) => {
                    map.insert(name, text.to_owned());
                }
                None => faults.push(ShapeFault {
                    at: member.at,
                    expected: "a text",
                }),
            }
        }
        map
    }

    pub(crate) fn expressions(
        &self,
        key: &str,
        faults: &mut Vec<ShapeFault>,
    ) -> IndexMap<String, Expression> {
        let members = self.object(key, faults).into_iter();
        members
            .map(|(name, member)| (name, Expression::read(member.value)))
            .collect()
    }
}
