// SPDX-License-Identifier: Apache-2.0
//! The one capability that asks for chance. It is declared pure and is not, so it is no transform
//! of ours: only an operator who says so gets it, the step is recorded as what it is, and such a
//! run is never repeated.

use super::manifest::{self, Unfit};
use super::{Refusal, transforms};
use crate::pgs::model::Transform;
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value};

/// Its full name.
pub const NAME: &str = transforms::CHANCE;

/// Holds a snapshot's contract against the one that is known.
///
/// # Errors
/// It is another.
pub fn fits(transform: &Transform) -> Result<(), Unfit> {
    manifest::same_transform(&transforms::ENTROPY, transform)
}

/// As many bytes as are asked for, from the system.
///
/// # Errors
/// No number of bits that it may be, or a system without chance.
pub fn draw(inputs: &Object) -> Result<Object, Refusal> {
    let bits = inputs.get("entropy_bits").and_then(Value::as_i64);
    let bits = bits.filter(|bits| matches!(bits, 128 | 160 | 192 | 224 | 256));
    let bytes = bits.and_then(|bits| usize::try_from(bits / 8).ok());
    let bytes = bytes.ok_or_else(|| Refusal::value("`entropy_bits` is none that is allowed"))?;
    let mut drawn = vec![0; bytes];
    getrandom::fill(&mut drawn).map_err(|error| Refusal::value(error.to_string()))?;
    let text = format!("0x{}", hashing::hex(&drawn));
    Ok(Object::from([("entropy_bytes".to_owned(), text.into())]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    #[test]
    fn as_many_bytes_are_drawn_as_are_asked_for_and_never_the_same() {
        let ask = |bits: i64| draw(record! { "entropy_bits" => bits }.as_object().unwrap());
        let text = |bits: i64| ask(bits).unwrap()["entropy_bytes"].clone();
        assert_eq!(text(128).as_str().unwrap().len(), 2 + 32);
        assert_eq!(text(256).as_str().unwrap().len(), 2 + 64);
        assert_ne!(text(256), text(256));
        assert!(ask(127).is_err() && ask(-128).is_err());
    }
}
