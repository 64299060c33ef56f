// SPDX-License-Identifier: Apache-2.0
//! What a derivation of a run's outcome tells.

use crate::record;
use crate::support::pyjson::ordered::Value;

/// One predicate of the derivation.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// Its name.
    pub name: &'static str,
    /// What it is made of, or asks.
    pub asks: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// Why it does not: the file, its line, and what stands there.
    pub because: Vec<Reason>,
}

/// Why a predicate does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// Its bytes.
    pub bytes: Option<(usize, usize)>,
    /// What is so.
    pub text: String,
}

/// A derived outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// `pass`, `fail` or `blocked`.
    pub status: String,
    /// What the report claims.
    pub claimed: Option<String>,
    /// Blocker codes that stand for the status, shown by what happened or declared.
    pub codes: Vec<String>,
    /// The predicates of a pass.
    pub predicates: Vec<Predicate>,
}

impl Replay {
    /// Whether the claim is what was derived.
    pub fn agrees(&self) -> bool {
        self.claimed.as_deref() == Some(self.status.as_str())
    }

    /// The first predicate that does not hold.
    pub fn first_failing(&self) -> Option<&Predicate> {
        self.predicates.iter().find(|predicate| !predicate.holds)
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        let predicate = |predicate: &Predicate| {
            let because: Vec<Value> = predicate.because.iter().map(Reason::value).collect();
            record! {
                "predicate" => predicate.name,
                "asks" => predicate.asks,
                "holds" => predicate.holds,
                "because" => because,
            }
        };
        let predicates: Vec<Value> = self.predicates.iter().map(predicate).collect();
        let codes: Vec<Value> = self.codes.iter().map(Value::from).collect();
        let claimed = self.claimed.as_ref().map_or(Value::Null, Value::from);
        record! {
            "status" => &self.status,
            "claimed" => claimed,
            "agrees" => self.agrees(),
            "codes" => codes,
            "predicates" => predicates,
        }
    }
}

impl Reason {
    fn value(&self) -> Value {
        let number = |value: Option<usize>| value.map_or(Value::Null, Value::from);
        let bytes = self.bytes.map_or(Value::Null, |(start, end)| {
            Value::from(vec![Value::from(start), Value::from(end)])
        });
        record! {
            "file" => &self.file,
            "line" => number(self.line),
            "bytes" => bytes,
            "text" => &self.text,
        }
    }
}
