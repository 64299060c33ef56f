// SPDX-License-Identifier: Apache-2.0
//! The recorded cases of transforms: all pass but those of chance, and without the feature `crypto`
//! those that need it.

use super::corpus::corpus;
use ccr::pgs::capability::conformance::{Case, check};
use ccr::support::pyjson::ordered;
use std::collections::BTreeMap;

/// Transforms whose cases are not run, with the number of cases and the reason.
const SKIPPED: &[(&str, usize, &str)] = &[
    (
        "BUILD_ETH_TRANSACTION",
        1,
        "tier 2: transactions of Ethereum",
    ),
    ("DERIVE_CHILD_KEY", 2, "tier 2: elliptic curves"),
    ("DERIVE_MASTER_KEY", 1, "tier 2: key derivation"),
    ("DERIVE_WALLET_KEYPAIRS", 1, "tier 2: elliptic curves"),
    ("ECDSA_SIGN", 1, "tier 2: elliptic curves"),
    ("ENTROPY_TO_MNEMONIC", 2, "tier 2: list of words"),
    (
        "GENERATE_ENTROPY",
        2,
        "refused: declared pure, asks for chance",
    ),
    ("KECCAK256_HASH", 3, "tier 2: Keccak"),
    ("MNEMONIC_TO_SEED", 1, "tier 2: key derivation"),
    ("PRIVATE_KEY_TO_PUBLIC", 1, "tier 2: elliptic curves"),
    ("PUBKEY_TO_ETH_ADDRESS", 1, "tier 2: Keccak"),
];

#[test]
fn every_case_that_needs_no_missing_package_passes() {
    let Some(corpus) = corpus() else { return };
    let mut passed = 0;
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(corpus.join("v02/snapshot/conformance")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let case = ordered::parse_strict(&std::fs::read(entry.path()).unwrap(), 128).unwrap();
        match check(&case) {
            Case::Passed => passed += 1,
            Case::Skipped(_) => {
                let transform = name.split("_PURE_").nth(1).unwrap();
                let transform = transform.split("_V0__").next().unwrap();
                *skipped.entry(transform.to_owned()).or_default() += 1;
            }
            other => wrong.push(format!("{name}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let crypto = cfg!(feature = "crypto");
    let listed: BTreeMap<_, _> = SKIPPED
        .iter()
        .filter(|(_, _, why)| !(crypto && why.starts_with("tier 2")))
        .map(|(name, count, _)| ((*name).to_owned(), *count))
        .collect();
    assert_eq!(skipped, listed);
    assert_eq!(passed, if crypto { 68 } else { 54 });
}
