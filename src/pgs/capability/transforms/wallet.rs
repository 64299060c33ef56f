// SPDX-License-Identifier: Apache-2.0
//! Transforms over a wallet's record that need no cryptography.

use super::super::Refusal;
use super::object;
use crate::support::pyjson::ordered::{Object, Value};

/// Holder, nonce and first address.
pub(super) fn fields(inputs: &Object) -> Result<Object, Refusal> {
    let wallet = Value::Object(object(inputs, "wallet_record")?.clone());
    let actor = wallet
        .get("actor_id")
        .ok_or_else(|| Refusal::key("`wallet_record` has no actor_id"))?;
    let address = wallet
        .at(&["addresses", "eoa"])
        .and_then(Value::as_array)
        .and_then(|addresses| addresses.first()?.get("address"))
        .ok_or_else(|| Refusal::key("`wallet_record` has no address"))?;
    Ok(Object::from([
        ("actor_id".to_owned(), actor.clone()),
        ("current_nonce".to_owned(), nonce(&wallet)?.into()),
        ("from_address".to_owned(), address.clone()),
    ]))
}

/// The nonce as it was, and the record with the next one.
pub(super) fn increment(inputs: &Object) -> Result<Object, Refusal> {
    let mut wallet = Value::Object(object(inputs, "wallet_record")?.clone());
    let nonce = nonce(&wallet)?;
    let next = nonce
        .checked_add(1)
        .ok_or_else(|| Refusal::value("the nonce leaves 64 bits"))?;
    let place = ["state", "eoa"]
        .into_iter()
        .try_fold(&mut wallet, |value, name| {
            value.as_object_mut()?.get_mut(name)
        });
    if let Some(state) = place.and_then(Value::as_object_mut) {
        state.insert("nonce".to_owned(), next.into());
    }
    Ok(Object::from([
        ("nonce".to_owned(), nonce.into()),
        ("updated_wallet_record".to_owned(), wallet),
    ]))
}

fn nonce(wallet: &Value) -> Result<i64, Refusal> {
    wallet
        .at(&["state", "eoa", "nonce"])
        .and_then(Value::as_i64)
        .ok_or_else(|| Refusal::key("`wallet_record` has no nonce"))
}
