// SPDX-License-Identifier: Apache-2.0
//! Transforms over keys: Keccak-256, BIP-39 words and seeds, BIP-32 derivation, public keys,
//! addresses and ECDSA signatures. All are functions of their inputs; nonces of signatures follow
//! RFC 6979.

use super::super::Refusal;
use super::{given, one, text};
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value};
use hmac::{Hmac, KeyInit as _, Mac as _};
use k256::ecdsa::SigningKey;
use k256::elliptic_curve::sec1::ToEncodedPoint as _;
use k256::{NonZeroScalar, Scalar, SecretKey};
use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256, Sha512};
use sha3::Keccak256;
use unicode_normalization::UnicodeNormalization as _;

/// From here on, an index derives from the private key.
const HARDENED: u32 = 1 << 31;
/// Turns of the function that makes seeds (BIP-39).
const TURNS: usize = 2048;
/// Steps of one derivation path.
const STEPS: usize = 256;

/// Bytes of a text of hex digits, `0x` before them or not.
pub(super) fn bytes(inputs: &Object, name: &str) -> Result<Vec<u8>, Refusal> {
    let text = text(inputs, name)?;
    unhex(text).ok_or_else(|| Refusal::value(format!("`{name}` is no text of hex digits")))
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(value(*high)? << 4 | value(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

fn exactly(inputs: &Object, name: &str) -> Result<[u8; 32], Refusal> {
    let bytes = bytes(inputs, name)?;
    let exact = bytes.try_into();
    exact.map_err(|_| Refusal::value(format!("`{name}` has not 32 bytes")))
}

pub(super) fn prefixed(bytes: &[u8]) -> Value {
    format!("0x{}", hashing::hex(bytes)).into()
}

fn key(bytes: &[u8]) -> Result<SecretKey, Refusal> {
    SecretKey::from_slice(bytes).map_err(|_| Refusal::value("no private key of the curve"))
}

/// The original's Keccak, which is not SHA-3.
pub(super) fn keccak(inputs: &Object) -> Result<Object, Refusal> {
    let digest = Keccak256::digest(bytes(inputs, "input_bytes")?);
    Ok(one("hash_hex", prefixed(&digest)))
}

/// Words of BIP-39 in English.
pub(super) fn words(inputs: &Object) -> Result<Object, Refusal> {
    Ok(one("mnemonic", words_of(&bytes(inputs, "entropy_bytes")?)?))
}

fn words_of(entropy: &[u8]) -> Result<String, Refusal> {
    let words = bip39::Mnemonic::from_entropy(entropy);
    let words = words.map_err(|_| Refusal::value("`entropy_bytes` has not 16 to 32 bytes"))?;
    Ok(words.to_string())
}

/// The seed of words, with no word of its own. As in the original, the words may be any text.
pub(super) fn seed(inputs: &Object) -> Result<Object, Refusal> {
    let seed = seed_of(text(inputs, "mnemonic")?, "")?;
    Ok(one("seed_bytes", prefixed(&seed)))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 64], Refusal> {
    let mac = Hmac::<Sha512>::new_from_slice(key);
    let mut mac = mac.map_err(|error| Refusal::value(error.to_string()))?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

/// PBKDF2 with HMAC-SHA-512; its one block is the whole seed.
fn seed_of(words: &str, word: &str) -> Result<[u8; 64], Refusal> {
    let words: String = words.nfkd().collect();
    let salt: String = format!("mnemonic{word}").nfkd().collect();
    let mut turn = hmac(words.as_bytes(), &[salt.as_bytes(), &1_u32.to_be_bytes()])?;
    let mut seed = turn;
    for _ in 1..TURNS {
        turn = hmac(words.as_bytes(), &[&turn])?;
        for (byte, other) in seed.iter_mut().zip(turn) {
            *byte ^= other;
        }
    }
    Ok(seed)
}

/// A private key with what derives its children (BIP-32).
struct Extended {
    key: SecretKey,
    chain: [u8; 32],
}

impl Extended {
    fn split(of: [u8; 64]) -> ([u8; 32], [u8; 32]) {
        let (mut left, mut right) = ([0; 32], [0; 32]);
        left.copy_from_slice(&of[..32]);
        right.copy_from_slice(&of[32..]);
        (left, right)
    }

    fn master(seed: &[u8]) -> Result<Self, Refusal> {
        if !(16..=64).contains(&seed.len()) {
            return Err(Refusal::value("`seed_bytes` has not 16 to 64 bytes"));
        }
        let (left, chain) = Self::split(hmac(b"Bitcoin seed", &[seed])?);
        Ok(Self {
            key: key(&left)?,
            chain,
        })
    }

    fn child(&self, index: u32) -> Result<Self, Refusal> {
        let number = index.to_be_bytes();
        let derived = if index >= HARDENED {
            hmac(&self.chain, &[&[0], &self.key.to_bytes(), &number])?
        } else {
            let public = self.key.public_key().to_encoded_point(true);
            hmac(&self.chain, &[public.as_bytes(), &number])?
        };
        let (left, chain) = Self::split(derived);
        let own: NonZeroScalar = self.key.to_nonzero_scalar();
        let sum: Scalar = *key(&left)?.to_nonzero_scalar() + *own;
        let sum = Option::<NonZeroScalar>::from(NonZeroScalar::new(sum));
        let sum = sum.ok_or_else(|| Refusal::value("there is no child of this index"))?;
        Ok(Self {
            key: sum.into(),
            chain,
        })
    }

    fn along(self, path: &[u32]) -> Result<Self, Refusal> {
        path.iter().try_fold(self, |key, index| key.child(*index))
    }

    /// The first bytes of RIPEMD-160 over SHA-256 of the public key.
    fn fingerprint(&self) -> String {
        let public = self.key.public_key().to_encoded_point(true);
        let digest = Ripemd160::digest(Sha256::digest(public.as_bytes()));
        hashing::hex(&digest[..4])
    }
}

/// The key that everything of a wallet is derived from.
pub(super) fn master(inputs: &Object) -> Result<Object, Refusal> {
    let master = Extended::master(&bytes(inputs, "seed_bytes")?)?;
    Ok(Object::from([
        (
            "master_private_key_bytes".to_owned(),
            prefixed(&master.key.to_bytes()),
        ),
        (
            "master_chain_code_bytes".to_owned(),
            prefixed(&master.chain),
        ),
    ]))
}

/// A child of a private key.
pub(super) fn child(inputs: &Object) -> Result<Object, Refusal> {
    let parent = Extended {
        key: key(&exactly(inputs, "parent_private_key_bytes")?)?,
        chain: exactly(inputs, "parent_chain_code_bytes")?,
    };
    let index = given(inputs, "index").and_then(Value::as_i64);
    let index = index.and_then(|index| u32::try_from(index).ok());
    let index = index.ok_or_else(|| Refusal::value("`index` is no number of 32 bits"))?;
    let child = parent.child(index)?;
    Ok(Object::from([
        (
            "child_private_key_bytes".to_owned(),
            prefixed(&child.key.to_bytes()),
        ),
        ("child_chain_code_bytes".to_owned(), prefixed(&child.chain)),
    ]))
}

/// The public key, uncompressed: 65 bytes.
fn public_of(private: &[u8], curve: &str) -> Result<Vec<u8>, Refusal> {
    match curve {
        "secp256k1" => {
            let public = key(private)?.public_key().to_encoded_point(false);
            Ok(public.as_bytes().to_vec())
        }
        "secp256r1" => {
            let private = p256::SecretKey::from_slice(private);
            let private = private.map_err(|_| Refusal::value("no private key of the curve"))?;
            let public = private.public_key().to_encoded_point(false);
            Ok(public.as_bytes().to_vec())
        }
        _ => Err(Refusal::value("`curve` is none that is known")),
    }
}

fn curve(inputs: &Object) -> Result<&str, Refusal> {
    match given(inputs, "curve") {
        None => Ok("secp256k1"),
        Some(_) => text(inputs, "curve"),
    }
}

/// The public key of a private one.
pub(super) fn public(inputs: &Object) -> Result<Object, Refusal> {
    let private = exactly(inputs, "private_key_bytes")?;
    let public = public_of(&private, curve(inputs)?)?;
    Ok(one("public_key_uncompressed_bytes", prefixed(&public)))
}

/// The address of a public key. As in the original, the point is not looked for on the curve.
pub(super) fn address(inputs: &Object) -> Result<Object, Refusal> {
    let public = bytes(inputs, "public_key_uncompressed_bytes")?;
    Ok(one("eth_address_hex", address_of(&public)?))
}

fn address_of(public: &[u8]) -> Result<Value, Refusal> {
    match public {
        [4, point @ ..] if point.len() == 64 => Ok(prefixed(&Keccak256::digest(point)[12..])),
        _ => Err(Refusal::value("no uncompressed public key of 65 bytes")),
    }
}

/// A signature from which the public key can be found again.
pub(super) fn sign(inputs: &Object) -> Result<Object, Refusal> {
    if curve(inputs)? != "secp256k1" {
        return Err(Refusal::value("`curve` is none that signs here"));
    }
    let private = exactly(inputs, "private_key_bytes")?;
    let message = exactly(inputs, "message_hash")?;
    let refused = |_| Refusal::value("the private key cannot sign");
    let key = SigningKey::from_slice(&private).map_err(refused)?;
    let (signature, recovery) = key.sign_prehash_recoverable(&message).map_err(refused)?;
    let (r, s) = signature.split_bytes();
    let whole = [&r[..], &s[..], &[recovery.to_byte()]].concat();
    Ok(Object::from([
        ("v".to_owned(), i64::from(recovery.to_byte()).into()),
        ("r".to_owned(), prefixed(&r)),
        ("s".to_owned(), prefixed(&s)),
        ("signed_bytes".to_owned(), prefixed(&whole)),
    ]))
}

/// Indexes of a derivation path.
fn path(inputs: &Object, name: &str) -> Result<Vec<u32>, Refusal> {
    let items = super::array(inputs, name)?;
    if items.len() > STEPS {
        return Err(Refusal::value(format!(
            "`{name}` has more than {STEPS} steps"
        )));
    }
    let index = |item: &Value| u32::try_from(item.as_i64()?).ok();
    let path: Option<Vec<u32>> = items.iter().map(index).collect();
    path.ok_or_else(|| Refusal::value(format!("`{name}` holds what is no index")))
}

fn written(path: &[u32]) -> String {
    let steps = path.iter().map(|index| match index.checked_sub(HARDENED) {
        Some(index) => format!("/{index}'"),
        None => format!("/{index}"),
    });
    format!("m{}", steps.collect::<String>())
}

/// Two addresses of a wallet from entropy that is given. Where the original would draw it, this
/// refuses: chance is no input.
pub(super) fn wallet(inputs: &Object) -> Result<Object, Refusal> {
    let entropy = bytes(inputs, "entropy_bytes")?;
    let bits = given(inputs, "entropy_bits").and_then(Value::as_i64);
    if bits.and_then(|bits| usize::try_from(bits).ok()) != Some(entropy.len() * 8) {
        return Err(Refusal::value("`entropy_bytes` has not `entropy_bits`"));
    }
    let word = match given(inputs, "passphrase") {
        None => "",
        Some(_) => text(inputs, "passphrase")?,
    };
    let curve = curve(inputs)?;
    let master = Extended::master(&seed_of(&words_of(&entropy)?, word)?)?;
    let fingerprint = master.fingerprint();
    let root_path = path(inputs, "root_path_indices")?;
    let root = master.along(&root_path)?;
    let mut outputs = one("master_fingerprint", fingerprint);
    for kind in ["eoa", "utxo"] {
        let below = path(inputs, &format!("{kind}_child_indices"))?;
        let leaf = Extended {
            key: root.key.clone(),
            chain: root.chain,
        };
        let leaf = leaf.along(&below)?;
        let public = public_of(&leaf.key.to_bytes(), curve)?;
        let whole = [&root_path[..], &below[..]].concat();
        for (name, value) in [
            ("public_key_hex", hashing::hex(&public).into()),
            ("address", address_of(&public)?),
            ("derivation_path", written(&whole).into()),
        ] {
            outputs.insert(format!("{kind}_{name}"), value);
        }
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    fn run(native: super::super::Native, inputs: &Value) -> Result<Object, Refusal> {
        native(inputs.as_object().unwrap())
    }

    #[test]
    fn keys_and_digests_are_those_of_the_published_vectors() {
        // Keccak-256 of nothing; vector 1 of BIP-32: chain m/0'.
        let empty = run(keccak, &record! { "input_bytes" => "0x" }).unwrap();
        assert_eq!(empty["hash_hex"].as_str().unwrap()[..10], *"0xc5d24601");
        let seed = record! { "seed_bytes" => "000102030405060708090a0b0c0d0e0f" };
        let master = run(master, &seed).unwrap();
        let parent = record! {
            "parent_private_key_bytes" => master["master_private_key_bytes"].clone(),
            "parent_chain_code_bytes" => master["master_chain_code_bytes"].clone(),
            "index" => i64::from(HARDENED),
        };
        let child = run(child, &parent).unwrap();
        let chain = child["child_chain_code_bytes"].as_str().unwrap();
        assert_eq!(chain[..18], *"0x47fdacbd0f109704");
    }

    #[test]
    fn what_is_no_key_no_curve_and_no_chance_is_refused() {
        let zero = "0".repeat(64);
        let with =
            |key: &str, curve: &str| record! { "private_key_bytes" => key, "curve" => curve };
        assert!(run(public, &with(&zero, "secp256k1")).is_err());
        assert!(run(public, &with("01", "secp256k1")).is_err());
        let one = format!("{}1", "0".repeat(63));
        assert!(run(public, &with(&one, "secp256r1")).is_ok());
        assert!(run(public, &with(&one, "other")).is_err());
        assert!(run(keccak, &record! { "input_bytes" => "0x0" }).is_err());
        assert!(run(words, &record! { "entropy_bytes" => "00" }).is_err());
        let wallet_of = record! {
            "entropy_bits" => 128_i64, "root_path_indices" => Vec::<Value>::new(),
            "eoa_child_indices" => Vec::<Value>::new(), "utxo_child_indices" => Vec::<Value>::new(),
        };
        assert!(run(wallet, &wallet_of).is_err());
    }
}
