// SPDX-License-Identifier: Apache-2.0
//! A residual in the making, and the refusal that carries one.

use super::{Outcome, RuntimeError};
use crate::object;
use crate::support::pyjson::{Value, stable_id};

/// A residual before it has an id and a time.
#[derive(Debug, Clone)]
pub struct Draft {
    /// One of the schema's kinds.
    pub kind: String,
    /// What remains open.
    pub description: String,
    /// Whether it blocks settlement.
    pub blocking: bool,
    /// `packet`, `task`, `report`, `phase`, `runtime` or `unknown`.
    pub object_type: String,
    /// What it is about.
    pub object_id: String,
    /// Hashed in the order given, stored sorted.
    pub refs: Vec<String>,
    /// Who made it.
    pub source: String,
    /// What to do.
    pub repair_hint: String,
    /// `medium` unless said otherwise.
    pub severity: String,
    /// Free keys.
    pub extensions: Value,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            kind: "other".to_owned(),
            description: String::new(),
            blocking: false,
            object_type: "unknown".to_owned(),
            object_id: String::new(),
            refs: Vec::new(),
            source: "ccr".to_owned(),
            repair_hint: String::new(),
            severity: "medium".to_owned(),
            extensions: object! {},
        }
    }
}

impl Draft {
    /// The id, which hangs on what remains open and not on when it was seen.
    pub fn id(&self) -> String {
        stable_id(
            "residual",
            &[
                self.kind.as_str().into(),
                self.description.as_str().into(),
                self.blocking.into(),
                self.object_type.as_str().into(),
                self.object_id.as_str().into(),
                self.refs.clone().into(),
                self.source.as_str().into(),
            ],
        )
    }

    /// The document: always these fourteen keys.
    pub fn build(&self, now: &str) -> Value {
        let mut refs = self.refs.clone();
        refs.sort();
        object! {
            "blocking" => self.blocking,
            "created_at" => now,
            "description" => self.description.as_str(),
            "extensions" => &self.extensions,
            "kind" => self.kind.as_str(),
            "object_id" => self.object_id.as_str(),
            "object_type" => self.object_type.as_str(),
            "refs" => refs,
            "repair_hint" => self.repair_hint.as_str(),
            "residual_id" => self.id(),
            "schema_version" => "ccr.residual.v0.1",
            "severity" => self.severity.as_str(),
            "source" => self.source.as_str(),
            "status" => "open",
        }
    }
}

/// A refusal that carries what remains open, ready for the ledger.
pub fn refusal(error: &str, draft: &Draft, outcome: Outcome) -> RuntimeError {
    let body = object! {
        "error" => error,
        "ok" => false,
        "residual_ready" => draft.build(&super::now()),
    };
    RuntimeError::refusal(body, outcome)
}

/// Gives a refusal that carries nothing yet a residual that is ready for the ledger: whatever is
/// refused, what remains open can be kept.
pub fn ensure(body: &mut Value) {
    let has = |body: &Value| {
        body.get("residual_ready").is_some_and(Value::truthy)
            || body.get("residual_id").is_some_and(Value::truthy)
            || body.get("residual").is_some_and(Value::truthy)
            || !body.items("residuals").is_empty()
    };
    let nested = ["report", "run", "normalized"];
    if has(body) || nested.iter().any(|key| body.get(key).is_some_and(has)) {
        return;
    }
    let said = body.text("error").map(str::to_owned).or_else(|| {
        let reasons = body.items("reasons").iter().chain(body.items("errors"));
        let texts = reasons.filter_map(|item| item.as_str().or_else(|| item.text("message")));
        let texts: Vec<_> = texts.collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    });
    let draft = Draft {
        kind: "validation_error".to_owned(),
        object_id: missing(body).unwrap_or("unknown").to_owned(),
        description: said.unwrap_or_else(|| "The command did not do what was asked.".to_owned()),
        source: "ccr".to_owned(),
        repair_hint: "Mend what the answer names and run the command again.".to_owned(),
        ..Draft::default()
    };
    body.set("residual_ready", draft.build(&super::now()));
}

/// What an answer says is not there.
fn missing(body: &Value) -> Option<&str> {
    let (_, name) = body.text("error")?.split_once("missing file or object: ")?;
    Some(name).filter(|name| !name.is_empty())
}
