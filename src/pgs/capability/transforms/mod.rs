// SPDX-License-Identifier: Apache-2.0
//! The built-in transforms: names, contracts and the functions behind them.

#[cfg(feature = "crypto")]
mod crypto;
mod data;
mod demo;
#[cfg(feature = "crypto")]
mod ethereum;
#[cfg(feature = "crypto")]
mod keys;
mod record;
mod verdict;
mod wallet;

use super::Refusal;
use crate::support::pyjson::ordered::{Object, Value};

/// A native function: inputs to outputs.
pub(super) type Native = fn(&Object) -> Result<Object, Refusal>;

/// One built-in transform.
pub(super) struct Entry {
    /// Its full name.
    pub(super) name: &'static str,
    /// Inputs and their types.
    pub(super) inputs: &'static [(&'static str, &'static str)],
    /// Outputs.
    pub(super) outputs: &'static [&'static str],
    /// What computes them.
    pub(super) run: Native,
    /// The input that is the run's time when nothing is given; the original reads the clock.
    pub(super) clock: Option<&'static str>,
}

const fn entry(
    name: &'static str,
    inputs: &'static [(&'static str, &'static str)],
    outputs: &'static [&'static str],
    run: Native,
) -> Entry {
    Entry {
        name,
        inputs,
        outputs,
        run,
        clock: None,
    }
}

/// The transforms that are always built in, sorted by name.
const CORE: &[Entry] = &[
    entry(
        "ai_governance::CT_PURE_COLLATZ_STEP_V0",
        &[("numbers", "array")],
        &["sequences"],
        demo::collatz,
    ),
    entry(
        "ai_governance::CT_PURE_TERMINATION_CHECK_V0",
        &[("sequences", "object")],
        &["all_terminate", "non_terminating"],
        demo::termination,
    ),
    entry(
        "blockchain::CT_PURE_EXTRACT_WALLET_TX_FIELDS_V0",
        &[("wallet_record", "object")],
        &["actor_id", "current_nonce", "from_address"],
        wallet::fields,
    ),
    entry(
        "blockchain::CT_PURE_INCREMENT_WALLET_NONCE_V0",
        &[("wallet_record", "object")],
        &["nonce", "updated_wallet_record"],
        wallet::increment,
    ),
    entry(
        "capability_transforms::CT_EXEC_EMIT_V0",
        &[("value", "any")],
        &["result"],
        data::emit,
    ),
    entry(
        "capability_transforms::CT_PURE_ASSEMBLE_RECORD_V0",
        &[("fields", "object")],
        &["record"],
        data::assemble,
    ),
    entry(
        "capability_transforms::CT_PURE_CHECK_QUOTA_AVAILABLE_V0",
        &[("assigned_count", "integer"), ("quota", "integer")],
        &["quota_available"],
        verdict::quota,
    ),
    entry(
        "capability_transforms::CT_PURE_CHECK_TRAINING_STATUS_V0",
        &[("training_completed", "boolean")],
        &["is_eligible"],
        verdict::training,
    ),
    Entry {
        clock: Some("current_date"),
        ..entry(
            "capability_transforms::CT_PURE_EVALUATE_INACTIVITY_V0",
            &[
                ("current_date", "string"),
                ("last_active_date", "string"),
                ("threshold_days", "integer"),
            ],
            &["days_inactive", "is_inactive"],
            verdict::inactivity,
        )
    },
    entry(
        "capability_transforms::CT_PURE_EXTRACT_V0",
        &[("from", "any"), ("path", "string"), ("type", "string")],
        &["result"],
        data::extract,
    ),
    entry(
        "capability_transforms::CT_PURE_FILTER_RECORDS_V0",
        &[("filter", "object"), ("source", "array")],
        &["extracted"],
        data::filter,
    ),
    entry(
        "capability_transforms::CT_PURE_GENERATE_ID_V0",
        &[("data", "any"), ("prefix", "string")],
        &["id"],
        data::generate_id,
    ),
    entry(
        "capability_transforms::CT_PURE_LOOKUP_V0",
        &[("key", "string"), ("map", "object")],
        &["result"],
        data::lookup,
    ),
    entry(
        "capability_transforms::CT_PURE_MAP_RESULT_TO_HTTP_V0",
        &[("execution_result", "object"), ("mapping", "object")],
        &["http_status", "response_body", "result_status"],
        data::http,
    ),
    entry(
        "capability_transforms::CT_PURE_PASSTHROUGH_V0",
        &[("value", "any")],
        &["value"],
        data::pass,
    ),
    entry(
        "capability_transforms::CT_PURE_VALIDATE_PARAMETER_RULES_V0",
        &[("parameters", "object"), ("rules", "array")],
        &["failed_rule", "valid"],
        verdict::rules,
    ),
    entry(
        "capability_transforms::CT_PURE_VALIDATE_RECORD_STRUCTURE_V0",
        &[("record", "object"), ("schema", "object")],
        &["violations"],
        record::structure,
    ),
    entry(
        "capability_transforms::CT_PURE_VALIDATE_SET_MEMBERSHIP_V0",
        &[("allowed_set", "array"), ("value", "string")],
        &["is_member"],
        verdict::membership,
    ),
];

/// Full name of the capability that asks for chance.
pub(super) const CHANCE: &str = "capability_transforms::CT_PURE_GENERATE_ENTROPY_V0";

/// The contract of the capability that asks for chance; nothing here computes it.
pub(super) const ENTROPY: Entry = entry(
    CHANCE,
    &[("entropy_bits", "integer")],
    &["entropy_bytes"],
    |_| Err(Refusal::value("chance is no transform")),
);

/// The transforms that are built in with the feature `crypto`.
#[cfg(feature = "crypto")]
const MORE: &[Entry] = crypto::ALL;
#[cfg(not(feature = "crypto"))]
const MORE: &[Entry] = &[];

/// Every built-in transform.
pub(super) fn all() -> impl Iterator<Item = &'static Entry> {
    CORE.iter().chain(MORE)
}

/// Transforms that need cryptography, by their codes.
#[cfg(not(feature = "crypto"))]
const CRYPTO: &[&str] = &[
    "CT_PURE_BUILD_ETH_TRANSACTION_V0",
    "CT_PURE_DERIVE_CHILD_KEY_V0",
    "CT_PURE_DERIVE_MASTER_KEY_V0",
    "CT_PURE_DERIVE_WALLET_KEYPAIRS_V0",
    "CT_PURE_ECDSA_SIGN_V0",
    "CT_PURE_ENTROPY_TO_MNEMONIC_V0",
    "CT_PURE_KECCAK256_HASH_V0",
    "CT_PURE_MNEMONIC_TO_SEED_V0",
    "CT_PURE_PRIVATE_KEY_TO_PUBLIC_V0",
    "CT_PURE_PUBKEY_TO_ETH_ADDRESS_V0",
];
#[cfg(feature = "crypto")]
const CRYPTO: &[&str] = &[];

/// Why a transform that is known is not built in.
pub(super) fn refused(name: &str) -> Option<&'static str> {
    let code = name.split_once("::").map_or(name, |(_, code)| code);
    if name == CHANCE {
        return Some(
            "is declared pure and asks for chance: a run of it could not be repeated (pgs run --allow-impure)",
        );
    }
    let known = CRYPTO.contains(&code);
    known.then_some("needs a program that is built with the feature `crypto`")
}

fn one(name: &str, value: impl Into<Value>) -> Object {
    Object::from([(name.to_owned(), value.into())])
}

fn given<'a>(inputs: &'a Object, name: &str) -> Option<&'a Value> {
    inputs.get(name).filter(|value| !value.is_null())
}

fn object<'a>(inputs: &'a Object, name: &str) -> Result<&'a Object, Refusal> {
    given(inputs, name)
        .and_then(Value::as_object)
        .ok_or_else(|| Refusal::kind(format!("`{name}` is no object")))
}

fn array<'a>(inputs: &'a Object, name: &str) -> Result<&'a [Value], Refusal> {
    given(inputs, name)
        .and_then(Value::as_array)
        .ok_or_else(|| Refusal::kind(format!("`{name}` is no list")))
}

fn text<'a>(inputs: &'a Object, name: &str) -> Result<&'a str, Refusal> {
    given(inputs, name)
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::kind(format!("`{name}` is no text")))
}
