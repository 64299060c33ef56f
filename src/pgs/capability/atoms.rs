// SPDX-License-Identifier: Apache-2.0
//! Running a transform: its atoms in order, each result under a symbol, the outputs taken from the
//! symbols (specification of the PGS runtime, section 4.6).

use super::Refusal;
use super::manifest::{self, Unfit};
use super::transforms::Entry;
use crate::pgs::expression::{Expression, Scope};
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::Transform;
use crate::support::pyjson::ordered::{Object, Value};
use std::collections::HashMap;

/// Turns of one loop.
const TURNS: usize = 1_000_000;

/// A transform whose every atom has an implementation.
pub struct BoundTransform {
    transform: Transform,
    atoms: Vec<&'static Entry>,
    repeat: Option<Loop>,
}

/// The loop form: a fold over a list, the first atom being called once a turn.
struct Loop {
    over: Expression,
    start: Expression,
    inputs: Vec<(String, Expression)>,
    update: Expression,
}

impl Loop {
    fn read(written: &Value) -> Self {
        let member = |name: &str| Expression::read(written.get(name).unwrap_or(&Value::Null));
        let inputs = written.members_of("inputs");
        Self {
            over: member("over"),
            start: member("accumulator"),
            inputs: inputs
                .map(|(name, value)| (name.clone(), Expression::read(value)))
                .collect(),
            update: member("update_accumulator"),
        }
    }
}

/// What the arguments of an atom may speak of.
struct Symbols<'a> {
    roots: HashMap<String, Value>,
    now: &'a str,
}

impl Scope for Symbols<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        self.roots.get(name)
    }

    fn timestamp(&self) -> String {
        self.now.to_owned()
    }
}

impl Symbols<'_> {
    /// A symbol stands for itself and below `results`.
    fn set(&mut self, symbol: &str, value: Value) {
        if let Some(Value::Object(results)) = self.roots.get_mut("results") {
            results.insert(symbol.to_owned(), value.clone());
        }
        if !matches!(symbol, "inputs" | "results") {
            self.roots.insert(symbol.to_owned(), value);
        }
    }
}

impl BoundTransform {
    /// Binds a transform of a snapshot.
    ///
    /// # Errors
    /// Every atom that is not built in, and a contract that differs from the built-in's.
    pub fn bind(transform: Transform) -> Result<Self, Vec<Unfit>> {
        let mut unfit = Vec::new();
        let own = transform.fqdn.as_str();
        let mut atoms = Vec::new();
        for atom in &transform.atoms {
            match manifest::transform(&atom.atom) {
                Ok(entry) => atoms.push(entry),
                Err(error) => unfit.push(error),
            }
        }
        match manifest::transform(own) {
            Ok(entry) => {
                unfit.extend(manifest::same_transform(entry, &transform).err());
                let itself = matches!(&atoms[..], [only] if only.name == own);
                if !itself && unfit.is_empty() {
                    // A built-in name that is made of something else.
                    unfit.push(Unfit::Unbound(
                        own.to_owned(),
                        "is built in, and its atoms call something else".to_owned(),
                    ));
                }
            }
            Err(error) if transform.atoms.is_empty() => unfit.push(error),
            Err(_) => {}
        }
        if !unfit.is_empty() {
            return Err(unfit);
        }
        let repeat = transform.repeat.as_ref().map(Loop::read);
        Ok(Self {
            transform,
            atoms,
            repeat,
        })
    }

    /// Its name.
    pub fn fqdn(&self) -> &Fqdn {
        &self.transform.fqdn
    }

    /// Names of its outputs.
    pub fn outputs(&self) -> impl Iterator<Item = &String> {
        self.transform.outputs.keys()
    }

    /// Outputs of these inputs. `now` is the run's time: an input like the others.
    ///
    /// # Errors
    /// An atom refuses.
    pub fn run(&self, inputs: &Object, now: &str) -> Result<Object, Refusal> {
        let roots = HashMap::from([
            ("inputs".to_owned(), Value::Object(inputs.clone())),
            ("results".to_owned(), Value::Object(Object::new())),
        ]);
        let mut symbols = Symbols { roots, now };
        for (at, entry) in self.atoms.iter().enumerate() {
            let atom = &self.transform.atoms[at];
            let result = match &self.repeat {
                Some(repeat) if at == 0 => self.fold(repeat, entry, &mut symbols)?,
                _ => call(entry, &self.arguments(at, &symbols), now)?,
            };
            symbols.set(&atom.out, result);
        }
        let outputs = self.transform.outputs.iter();
        let outputs = outputs.map(|(name, symbol)| {
            let symbol = symbol.as_deref().unwrap_or_default();
            let value = symbols.roots.get(symbol).unwrap_or(&Value::Null);
            (name.clone(), output(name, value))
        });
        Ok(outputs.collect())
    }

    fn arguments(&self, at: usize, symbols: &Symbols<'_>) -> Object {
        let arguments = self.transform.atoms[at].args.iter();
        arguments
            .map(|(name, written)| (name.clone(), written.value(symbols)))
            .collect()
    }

    /// The result of the last turn.
    fn fold(
        &self,
        repeat: &Loop,
        entry: &Entry,
        symbols: &mut Symbols<'_>,
    ) -> Result<Value, Refusal> {
        let over = repeat.over.value(symbols);
        let items = over
            .as_array()
            .ok_or_else(|| Refusal::kind("`over` of the loop leads to no list"))?;
        if items.len() > TURNS {
            return Err(Refusal::value(format!("a loop of more than {TURNS} turns")));
        }
        symbols.set("accumulator", repeat.start.value(symbols));
        let mut last = Value::Null;
        for item in items {
            symbols.set("iterator", item.clone());
            let mut arguments = self.arguments(0, symbols);
            for (name, written) in &repeat.inputs {
                arguments.insert(name.clone(), written.value(symbols));
            }
            last = call(entry, &arguments, symbols.now)?;
            symbols.set(&self.transform.atoms[0].out, last.clone());
            symbols.set("accumulator", repeat.update.value(symbols));
        }
        Ok(last)
    }
}

fn call(entry: &Entry, arguments: &Object, now: &str) -> Result<Value, Refusal> {
    let missing = entry
        .clock
        .filter(|name| arguments.get(*name).is_none_or(Value::is_null));
    let result = match missing {
        Some(name) => {
            let mut arguments = arguments.clone();
            arguments.insert(name.to_owned(), now.into());
            (entry.run)(&arguments)?
        }
        None => (entry.run)(arguments)?,
    };
    Ok(Value::Object(result))
}

/// The member of the output's name, else the only member, else the whole value.
fn output(name: &str, value: &Value) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    match (members.get(name), members.len()) {
        (Some(member), _) => member.clone(),
        (None, 1) => members[0].clone(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    const PASS: &str = "capability_transforms::CT_PURE_PASSTHROUGH_V0";
    const COUNT: &str = "capability_transforms::CT_PURE_CHECK_QUOTA_AVAILABLE_V0";

    fn transform(name: &str, ir: &Value) -> Transform {
        let mut faults = Vec::new();
        let read = Transform::read_ir(Fqdn::parse(name).unwrap(), ir, &mut faults);
        assert_eq!(faults, []);
        read
    }

    fn atom(name: &str, args: Value, out: &str) -> Value {
        record! { "atom" => name, "args" => args, "out" => out }
    }

    #[test]
    fn atoms_speak_to_each_other_through_symbols() {
        let ir = record! {
            "inputs" => record! { "a" => record! { "type" => "any" } },
            "outputs" => record! {
                "value" => record! { "from" => "second" },
                "other" => record! { "from" => "second" },
            },
            "atom_stream" => vec![
                atom(PASS, record! { "value" => "$.inputs.a" }, "first"),
                atom(PASS, record! { "value" => "$.results.first.value" }, "second"),
            ],
        };
        let bound = BoundTransform::bind(transform("own::CT_TWICE_V0", &ir))
            .ok()
            .unwrap();
        let inputs = record! { "a" => 7_i64 };
        let out = bound.run(inputs.as_object().unwrap(), "now").unwrap();
        assert_eq!(
            Value::Object(out),
            record! { "value" => 7_i64, "other" => 7_i64 }
        );
    }

    #[test]
    fn a_loop_is_a_fold_whose_last_turn_counts() {
        let ir = record! {
            "inputs" => record! {},
            "outputs" => record! { "quota_available" => record! { "from" => "r" } },
            "atom_stream" => vec![atom(COUNT, record! { "quota" => 3_i64 }, "r")],
            "loop" => record! {
                "over" => "$.inputs.list", "accumulator" => 1_i64,
                "inputs" => record! { "assigned_count" => "$.accumulator" },
                "update_accumulator" => "$.iterator",
            },
        };
        let bound = BoundTransform::bind(transform("own::CT_FOLD_V0", &ir))
            .ok()
            .unwrap();
        let last = |list: Vec<i64>| {
            let inputs = record! { "list" => list };
            let out = bound.run(inputs.as_object().unwrap(), "now").unwrap();
            out["quota_available"].clone()
        };
        // The last turn sees what the turn before left.
        assert_eq!(last(vec![2, 9]), Value::Bool(true));
        assert_eq!(last(vec![9, 2]), Value::Bool(false));
        assert_eq!(last(vec![]), Value::Null);
    }

    #[test]
    fn another_contract_and_an_unknown_name_are_refused() {
        let ir = |kind: &str| {
            record! {
                "inputs" => record! { "value" => record! { "type" => kind } },
                "outputs" => record! { "value" => record! { "from" => "r" } },
                "atom_stream" => vec![atom(PASS, record! { "value" => "$.inputs.value" }, "r")],
            }
        };
        assert!(BoundTransform::bind(transform(PASS, &ir("any"))).is_ok());
        let codes = |name: &str, ir: &Value| {
            let unfit = BoundTransform::bind(transform(name, ir)).err().unwrap();
            unfit.iter().map(Unfit::code).collect::<Vec<_>>()
        };
        assert_eq!(codes(PASS, &ir("string")), ["CAP-CONTRACT-DRIFT"]);
        let unknown = record! { "inputs" => record! {}, "outputs" => record! {},
        "atom_stream" => vec![atom("own::CT_OTHER_V0", record! {}, "r")] };
        assert_eq!(codes("own::CT_MINE_V0", &unknown), ["CAP-UNBOUND"]);
        let entropy = "capability_transforms::CT_PURE_GENERATE_ENTROPY_V0";
        let empty = record! { "inputs" => record! {}, "outputs" => record! {} };
        assert_eq!(codes(entropy, &empty), ["CAP-UNBOUND"]);
    }
}
