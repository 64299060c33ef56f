// SPDX-License-Identifier: Apache-2.0
//! Transforms of the published demonstration, with bounded work.

use super::super::Refusal;
use super::{array, object, one};
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::{Object, Value};

/// Steps of one call, over all its numbers.
const MOST: usize = 1_000_000;

/// For each number the whole way down to 1: half of an even one, three times an odd one and one.
pub(super) fn collatz(inputs: &Object) -> Result<Object, Refusal> {
    let mut sequences = Object::new();
    let mut steps = 0;
    for number in array(inputs, "numbers")? {
        let start = match number {
            Value::Number(Number::Int(start)) => u128::try_from(*start).ok(),
            Value::Number(Number::Big(digits)) => digits.parse().ok(),
            _ => None,
        };
        let mut at = start
            .filter(|start| *start > 0)
            .ok_or_else(|| Refusal::value("`numbers` holds what is no positive integer"))?;
        let name = at.to_string();
        let mut sequence = vec![integer(at)];
        while at != 1 {
            steps += 1;
            if steps > MOST {
                return Err(Refusal::value(format!("more than {MOST} steps")));
            }
            at = if at.is_multiple_of(2) {
                Some(at / 2)
            } else {
                at.checked_mul(3).and_then(|three| three.checked_add(1))
            }
            .ok_or_else(|| Refusal::value("a sequence leaves 128 bits"))?;
            sequence.push(integer(at));
        }
        sequences.insert(name, Value::Array(sequence));
    }
    Ok(one("sequences", sequences))
}

fn integer(value: u128) -> Value {
    Value::Number(match i64::try_from(value) {
        Ok(value) => Number::Int(value),
        Err(_) => Number::Big(value.to_string()),
    })
}

/// Whether every sequence ends in 1, and which do not.
pub(super) fn termination(inputs: &Object) -> Result<Object, Refusal> {
    let mut open = Vec::new();
    for (name, sequence) in object(inputs, "sequences")? {
        let sequence = sequence
            .as_array()
            .ok_or_else(|| Refusal::kind("`sequences` holds what is no list"))?;
        if sequence.last().and_then(Value::as_i64) != Some(1) {
            open.push(name.as_str());
        }
    }
    Ok(Object::from([
        ("all_terminate".to_owned(), open.is_empty().into()),
        ("non_terminating".to_owned(), open.into()),
    ]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    #[test]
    fn sequences_end_in_one_and_work_is_bounded() {
        let run = |numbers: Vec<i64>| {
            let inputs = record! { "numbers" => numbers };
            collatz(inputs.as_object().unwrap())
        };
        let out = run(vec![6, 1]).unwrap();
        let expected = vec![6_i64, 3, 10, 5, 16, 8, 4, 2, 1];
        assert_eq!(out["sequences"].get("6").unwrap(), &expected.into());
        let checked = termination(&out).unwrap();
        assert_eq!(checked["all_terminate"], Value::Bool(true));
        assert!(run(vec![0]).is_err());
        assert!(run(vec![837_799; 2_000]).is_err());
    }

    #[test]
    fn what_does_not_end_in_one_is_named() {
        let inputs =
            record! { "sequences" => record! { "3" => vec![3_i64], "4" => Vec::<i64>::new() } };
        let out = termination(inputs.as_object().unwrap()).unwrap();
        assert_eq!(out["non_terminating"], vec!["3", "4"].into());
    }
}
