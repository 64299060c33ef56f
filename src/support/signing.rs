// SPDX-License-Identifier: Apache-2.0
//! Ed25519 signatures with the keys people have: OpenSSH key files (`ssh-keygen -t ed25519`).

use super::hashing;
use ssh_key::private::KeypairData;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, Signature as SshSignature, SshSig};
use std::path::Path;

/// The only algorithm written and read.
pub const ALGORITHM: &str = "ed25519";

/// A detached signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `ed25519`.
    pub alg: String,
    /// Fingerprint of the key, as `ssh-keygen -l` prints it.
    pub key_id: String,
    /// 64 bytes in hex.
    pub sig: String,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct KeyError {
    /// The file.
    pub path: String,
    /// What is wrong and what helps.
    pub cause: String,
}

impl KeyError {
    fn new(path: &Path, cause: impl ToString) -> Self {
        Self {
            path: path.display().to_string(),
            cause: cause.to_string(),
        }
    }
}

/// A key that signs.
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Reads an OpenSSH private key.
    ///
    /// # Errors
    /// The file cannot be read, is no OpenSSH key, is encrypted, or is of another algorithm.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|error| KeyError::new(path, error))?;
        let key = PrivateKey::from_openssh(&text)
            .map_err(|error| KeyError::new(path, format!("no OpenSSH private key: {error}")))?;
        if key.is_encrypted() {
            let cause = "the key is encrypted; name one without a passphrase, such as a CI secret";
            return Err(KeyError::new(path, cause));
        }
        if !matches!(key.key_data(), KeypairData::Ed25519(_)) {
            let cause = "not an Ed25519 key; make one with ssh-keygen -t ed25519";
            return Err(KeyError::new(path, cause));
        }
        Ok(Self(key))
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        use ssh_key::private::Ed25519Keypair;
        let pair: &Ed25519Keypair = self
            .0
            .key_data()
            .ed25519()
            .expect("only Ed25519 keys are read");
        let signed: SshSignature = signature::Signer::sign(pair, message);
        Signature {
            alg: ALGORITHM.to_owned(),
            key_id: self.0.fingerprint(HashAlg::Sha256).to_string(),
            sig: hashing::hex(signed.as_bytes()),
        }
    }
}

impl SigningKey {
    /// A detached signature over a file, armoured as `ssh-keygen -Y sign -n NAMESPACE` writes it
    /// (OpenSSH, PROTOCOL.sshsig).
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign_file(&self, namespace: &str, content: &[u8]) -> Result<String, String> {
        let signed = self.0.sign(namespace, HashAlg::Sha512, content);
        let signed = signed.map_err(|error| error.to_string())?;
        signed
            .to_pem(LineEnding::LF)
            .map_err(|error| error.to_string())
    }

    /// Fingerprint, as `ssh-keygen -l` prints it.
    pub fn id(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// Reads an armoured signature that is nothing else besides: what stands before or behind the armour
/// would be signed by nobody.
fn dearmoured(text: &str) -> Result<SshSig, String> {
    const HEAD: &str = "-----BEGIN SSH SIGNATURE-----";
    const TAIL: &str = "-----END SSH SIGNATURE-----";
    let inner = text.trim_ascii_end().strip_prefix(HEAD);
    let inner = inner.and_then(|inner| inner.strip_suffix(TAIL));
    let coded = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    if !inner.is_some_and(|inner| inner.bytes().all(coded)) {
        let why = format!("it does not go from `{HEAD}` to `{TAIL}`, with base64 alone between");
        return Err(format!("it is no OpenSSH signature: {why}"));
    }
    let read =
        SshSig::from_pem(text).map_err(|error| format!("it is no OpenSSH signature: {error}"))?;
    // Nobody signed its version, nor lengths inside the key, which the reader takes as they are: as it
    // is written, or not at all.
    if read.version() != SshSig::VERSION {
        let (own, only) = (read.version(), SshSig::VERSION);
        return Err(format!(
            "it is of version {own} of OpenSSH signatures; only {only} is read"
        ));
    }
    let bare = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.starts_with('-'));
        lines.flat_map(str::split_ascii_whitespace).collect()
    };
    let again = read.to_pem(LineEnding::LF).ok();
    if again.is_none_or(|again| bare(&again) != bare(text)) {
        return Err(
            "it is no OpenSSH signature: it does not read as it would be written".to_owned(),
        );
    }
    Ok(read)
}

/// Fingerprint of the key that made an armoured signature over a file, by the signature's own word:
/// it tells that the file is what that key signed, and nothing about whose key it is.
///
/// # Errors
/// It is no signature, or none of this file.
pub fn signer_of(namespace: &str, content: &[u8], armoured: &str) -> Result<String, String> {
    let signed = dearmoured(armoured)?;
    if signed.algorithm() != ssh_key::Algorithm::Ed25519 {
        return Err(format!(
            "it was made with {}; only signatures by Ed25519 keys are read (ssh-keygen -t ed25519)",
            signed.algorithm()
        ));
    }
    if signed.namespace() != namespace {
        let other = signed.namespace();
        return Err(format!(
            "it was made for `{other}`, not for a seal (ssh-keygen -Y sign -n {namespace})"
        ));
    }
    let key = PublicKey::from(signed.public_key().clone());
    key.verify(namespace, content, &signed)
        .map_err(|_| "it is no signature of this seal".to_owned())?;
    Ok(key.fingerprint(HashAlg::Sha256).to_string())
}

/// A key that verifies.
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    /// Reads an OpenSSH public key; of a private key its public half.
    ///
    /// # Errors
    /// The file cannot be read, is no OpenSSH key, or is of another algorithm.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|error| KeyError::new(path, error))?;
        let key = if text.contains("PRIVATE KEY") {
            PrivateKey::from_openssh(&text).map(|key| key.public_key().clone())
        } else {
            PublicKey::from_openssh(&text)
        };
        let key = key.map_err(|error| KeyError::new(path, format!("no OpenSSH key: {error}")))?;
        if !matches!(key.key_data(), KeyData::Ed25519(_)) {
            return Err(KeyError::new(path, "not an Ed25519 key"));
        }
        Ok(Self(key))
    }

    /// Fingerprint, as `ssh-keygen -l` prints it.
    pub fn id(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Whether an armoured signature is this key's over a file.
    ///
    /// # Errors
    /// Why it is not, or is no signature at all.
    pub fn verifies_file(
        &self,
        namespace: &str,
        content: &[u8],
        armoured: &str,
    ) -> Result<(), String> {
        let signed = dearmoured(armoured)?;
        self.0
            .verify(namespace, content, &signed)
            .map_err(|_| "it is not this key's signature over this seal".to_owned())
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let Some(bytes) = unhex(&signature.sig) else {
            return false;
        };
        let Ok(signed) = SshSignature::new(ssh_key::Algorithm::Ed25519, bytes) else {
            return false;
        };
        signature.alg == ALGORITHM
            && signature.key_id == self.id()
            && signature::Verifier::verify(self.0.key_data(), message, &signed).is_ok()
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    digits
        .chunks(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use ssh_key::private::Ed25519Keypair;

    /// A key pair from a fixed seed, written as `ssh-keygen` would; made here so that no key stands
    /// in the repository.
    fn pair(folder: &Path, seed: u8) -> (std::path::PathBuf, std::path::PathBuf) {
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
        let secret = folder.join(format!("key-{seed}"));
        let public = folder.join(format!("key-{seed}.pub"));
        std::fs::write(&secret, key.to_openssh(LineEnding::LF).unwrap()).unwrap();
        std::fs::write(&public, key.public_key().to_openssh().unwrap()).unwrap();
        (secret, public)
    }

    #[test]
    fn no_letter_of_a_signature_may_be_another() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = pair(folder.path(), 7);
        let armoured = SigningKey::read(&secret)
            .unwrap()
            .sign_file("n", b"m")
            .unwrap();
        let key = VerifyingKey::read(&public).unwrap();
        key.verifies_file("n", b"m", &armoured).unwrap();
        let from = armoured.find('\n').unwrap();
        let to = armoured.rfind("\n-----END").unwrap();
        for at in (from..to).filter(|at| armoured.as_bytes()[*at] != b'\n') {
            for letter in ["A", "/", "g", "="] {
                let mut changed = armoured.clone();
                changed.replace_range(at..=at, letter);
                if changed == armoured {
                    continue;
                }
                assert!(signer_of("n", b"m", &changed).is_err(), "{at} {letter}");
                assert!(
                    key.verifies_file("n", b"m", &changed).is_err(),
                    "{at} {letter}"
                );
            }
        }
    }

    #[test]
    fn a_signature_holds_for_its_key_and_message_only() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = pair(folder.path(), 7);
        let (_, other) = pair(folder.path(), 8);
        let signature = SigningKey::read(&secret).unwrap().sign(b"message");
        let key = VerifyingKey::read(&public).unwrap();
        assert!(key.verifies(b"message", &signature));
        assert!(
            VerifyingKey::read(&secret)
                .unwrap()
                .verifies(b"message", &signature)
        );
        assert!(!key.verifies(b"massage", &signature));
        assert!(
            !VerifyingKey::read(&other)
                .unwrap()
                .verifies(b"message", &signature)
        );
        for at in 0..signature.sig.len() {
            let mut wrong = signature.clone();
            let digit = if &wrong.sig[at..=at] == "0" { "1" } else { "0" };
            wrong.sig.replace_range(at..=at, digit);
            assert!(!key.verifies(b"message", &wrong), "digit {at}");
        }
    }

    #[test]
    fn a_file_signature_holds_for_its_key_name_and_content_only() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = pair(folder.path(), 7);
        let (_, other) = pair(folder.path(), 8);
        let armoured = SigningKey::read(&secret)
            .unwrap()
            .sign_file("n", b"content")
            .unwrap();
        assert!(armoured.starts_with("-----BEGIN SSH SIGNATURE-----"));
        let key = VerifyingKey::read(&public).unwrap();
        assert_eq!(key.verifies_file("n", b"content", &armoured), Ok(()));
        assert!(key.verifies_file("m", b"content", &armoured).is_err());
        assert!(key.verifies_file("n", b"contest", &armoured).is_err());
        let other = VerifyingKey::read(&other).unwrap();
        assert!(other.verifies_file("n", b"content", &armoured).is_err());
        assert!(key.verifies_file("n", b"content", "no signature").is_err());
    }

    #[test]
    fn other_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "no key").unwrap();
        assert!(
            SigningKey::read(&path)
                .err()
                .unwrap()
                .to_string()
                .contains("no OpenSSH private key")
        );
        assert!(VerifyingKey::read(&path).is_err());
        assert!(SigningKey::read(&folder.path().join("none")).is_err());
    }
}
