// SPDX-License-Identifier: Apache-2.0
//! The table of transforms that need cryptography: wallets and transactions, which no audit asks
//! for. Built with the feature `crypto`.

use super::{Entry, entry, ethereum, keys};

/// Sorted by name.
pub(super) const ALL: &[Entry] = &[
    entry(
        "blockchain::CT_PURE_BUILD_ETH_TRANSACTION_V0",
        &[
            ("access_list", "array"),
            ("chain_id", "integer"),
            ("data", "string"),
            ("gas_limit", "integer"),
            ("max_fee_per_gas", "string"),
            ("max_priority_fee_per_gas", "string"),
            ("nonce", "integer"),
            ("to", "string"),
            ("value", "string"),
        ],
        &["unsigned_tx_bytes"],
        ethereum::transaction,
    ),
    entry(
        "blockchain::CT_PURE_DERIVE_WALLET_KEYPAIRS_V0",
        &[
            ("curve", "string"),
            ("entropy_bits", "integer"),
            ("entropy_bytes", "hex_string"),
            ("eoa_child_indices", "array"),
            ("passphrase", "string"),
            ("root_path_indices", "array"),
            ("utxo_child_indices", "array"),
        ],
        &[
            "eoa_address",
            "eoa_derivation_path",
            "eoa_public_key_hex",
            "master_fingerprint",
            "utxo_address",
            "utxo_derivation_path",
            "utxo_public_key_hex",
        ],
        keys::wallet,
    ),
    entry(
        "capability_transforms::CT_PURE_DERIVE_CHILD_KEY_V0",
        &[
            ("index", "integer"),
            ("parent_chain_code_bytes", "hex_string"),
            ("parent_private_key_bytes", "hex_string"),
        ],
        &["child_chain_code_bytes", "child_private_key_bytes"],
        keys::child,
    ),
    entry(
        "capability_transforms::CT_PURE_DERIVE_MASTER_KEY_V0",
        &[("seed_bytes", "hex_string")],
        &["master_chain_code_bytes", "master_private_key_bytes"],
        keys::master,
    ),
    entry(
        "capability_transforms::CT_PURE_ECDSA_SIGN_V0",
        &[
            ("curve", "string"),
            ("message_hash", "hex_string"),
            ("private_key_bytes", "hex_string"),
        ],
        &["r", "s", "signed_bytes", "v"],
        keys::sign,
    ),
    entry(
        "capability_transforms::CT_PURE_ENTROPY_TO_MNEMONIC_V0",
        &[("entropy_bytes", "hex_string")],
        &["mnemonic"],
        keys::words,
    ),
    entry(
        "capability_transforms::CT_PURE_KECCAK256_HASH_V0",
        &[("input_bytes", "string")],
        &["hash_hex"],
        keys::keccak,
    ),
    entry(
        "capability_transforms::CT_PURE_MNEMONIC_TO_SEED_V0",
        &[("mnemonic", "string")],
        &["seed_bytes"],
        keys::seed,
    ),
    entry(
        "capability_transforms::CT_PURE_PRIVATE_KEY_TO_PUBLIC_V0",
        &[("curve", "string"), ("private_key_bytes", "hex_string")],
        &["public_key_uncompressed_bytes"],
        keys::public,
    ),
    entry(
        "capability_transforms::CT_PURE_PUBKEY_TO_ETH_ADDRESS_V0",
        &[("public_key_uncompressed_bytes", "hex_string")],
        &["eth_address_hex"],
        keys::address,
    ),
];
