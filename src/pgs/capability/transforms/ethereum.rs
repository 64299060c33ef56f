// SPDX-License-Identifier: Apache-2.0
//! An unsigned transaction of Ethereum (EIP-1559), written in its own encoding (RLP).

use super::super::Refusal;
use super::keys::{prefixed, unhex};
use super::{array, given, one, text};
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::{Object, Value};

/// Before the encoded members stands their kind.
const KIND: u8 = 2;
/// Bytes of the largest number.
const WIDE: usize = 32;

/// The transaction's bytes.
pub(super) fn transaction(inputs: &Object) -> Result<Object, Refusal> {
    let to = hex(text(inputs, "to")?, "to")?;
    if to.len() != 20 {
        return Err(Refusal::value("`to` has not 20 bytes"));
    }
    let data = match given(inputs, "data") {
        None => Vec::new(),
        Some(_) => hex(text(inputs, "data")?, "data")?,
    };
    let access = match given(inputs, "access_list") {
        None => &[][..],
        Some(_) => array(inputs, "access_list")?,
    };
    let access: Result<Vec<Vec<u8>>, Refusal> = access.iter().map(opened).collect();
    let members = [
        string(&number(inputs, "chain_id", None)?),
        string(&number(inputs, "nonce", None)?),
        string(&number(
            inputs,
            "max_priority_fee_per_gas",
            Some("1000000000"),
        )?),
        string(&number(inputs, "max_fee_per_gas", Some("20000000000"))?),
        string(&number(inputs, "gas_limit", Some("21000"))?),
        string(&to),
        string(&number(inputs, "value", None)?),
        string(&data),
        list(&access?),
    ];
    let whole = [&[KIND][..], &list(&members)].concat();
    Ok(one("unsigned_tx_bytes", prefixed(&whole)))
}

fn hex(text: &str, name: &str) -> Result<Vec<u8>, Refusal> {
    unhex(text).ok_or_else(|| Refusal::value(format!("`{name}` is no text of hex digits")))
}

/// An address and the places of its storage that a transaction says it will touch.
fn opened(entry: &Value) -> Result<Vec<u8>, Refusal> {
    let wrong = || Refusal::value("`access_list` holds what is no address with its keys");
    let (address, keys) = match entry {
        Value::Array(pair) if pair.len() == 2 => (pair[0].as_str(), pair[1].as_array()),
        entry => (
            entry.text("address"),
            entry.get("storageKeys").and_then(Value::as_array),
        ),
    };
    let bytes = |text: Option<&str>, length: usize| {
        let bytes = text.and_then(unhex).filter(|bytes| bytes.len() == length);
        bytes.map(|bytes| string(&bytes)).ok_or_else(wrong)
    };
    let keys: Result<Vec<Vec<u8>>, Refusal> = keys
        .ok_or_else(wrong)?
        .iter()
        .map(|key| bytes(key.as_str(), WIDE))
        .collect();
    Ok(list(&[bytes(address, 20)?, list(&keys?)]))
}

/// A number that is not negative, without leading zeros.
fn number(inputs: &Object, name: &str, default: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let wrong = || Refusal::value(format!("`{name}` is no number that is not negative"));
    let digits = match (given(inputs, name), default) {
        (Some(Value::Number(Number::Int(number))), _) => number.to_string(),
        (Some(Value::Number(Number::Big(digits))), _) => digits.clone(),
        (Some(Value::String(digits)), _) => digits.clone(),
        (None, Some(default)) => default.to_owned(),
        _ => return Err(wrong()),
    };
    if digits.is_empty() || digits.len() > 80 {
        return Err(wrong());
    }
    // Decimal to base 256, the smallest byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10).ok_or_else(wrong)?;
        for byte in &mut bytes {
            let sum = u32::from(*byte) * 10 + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    if bytes.len() > WIDE {
        return Err(wrong());
    }
    bytes.reverse();
    Ok(bytes)
}

/// A string: one small byte as itself, else its length and its bytes.
fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => headed(0x80, bytes),
    }
}

/// A list: the length of its encoded members, and these.
fn list(members: &[Vec<u8>]) -> Vec<u8> {
    headed(0xc0, &members.concat())
}

fn headed(base: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = Vec::with_capacity(length + 9);
    if length < 56 {
        out.push(base + length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(base + 55 + (bytes.len() - zeros) as u8);
        out.extend(&bytes[zeros..]);
    }
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    #[test]
    fn strings_and_lists_are_encoded_as_published() {
        assert_eq!(string(b"dog"), b"\x83dog");
        assert_eq!(string(&[]), [0x80]);
        assert_eq!(string(&[0x0f]), [0x0f]);
        assert_eq!(string(&[0x80]), [0x81, 0x80]);
        assert_eq!(
            list(&[string(b"cat"), string(b"dog")]),
            b"\xc8\x83cat\x83dog"
        );
        assert_eq!(string(&[b'a'; 60])[..2], [0xb8, 60]);
        assert_eq!(string(&[b'a'; 1024])[..3], [0xb9, 4, 0]);
    }

    #[test]
    fn numbers_have_no_leading_zeros_and_no_sign() {
        let of = |value: Value| {
            let inputs = record! { "n" => value };
            number(inputs.as_object().unwrap(), "n", None)
        };
        assert!(of(0_i64.into()).unwrap().is_empty());
        assert_eq!(of("1024".into()).unwrap(), [4, 0]);
        assert_eq!(of("00255".into()).unwrap(), [255]);
        let wide = "1".repeat(79);
        assert!(of(wide.as_str().into()).is_err());
        for wrong in ["", "-1", "1e3", "0x10"] {
            assert!(of(wrong.into()).is_err(), "{wrong}");
        }
        assert!(of((-1_i64).into()).is_err() && of(Value::Null).is_err());
    }
}
