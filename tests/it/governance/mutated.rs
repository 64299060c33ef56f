// SPDX-License-Identifier: Apache-2.0
//! A sealed run, mutated: nothing panics, and nothing is accepted but what no byte is bound by. A
//! test run takes a few hundred mutations; `CCR_MUTATIONS=20000 cargo test mutated` takes that many.
//!
//! What may differ, precisely:
//! - of an unsigned run, how `seal.json` is written: white space, the order of members, escapes in
//!   its texts. Its root is taken of its values.
//! - of a signed run, nothing in any file that was sealed, nor in the seal. How the signature is
//!   wrapped into lines is its armour's, not the signature's.
//! - that there is a seal at all: `seal.json` may be taken away whole, with its signature. A document
//!   that cites the root, or `evidence verify`, asks for it.

use crate::harness::governance_case::bases;
use ccr::governance::audit::{Lent, RunJudge, RunWishes};
use ccr::governance::files::{Files, Limits, RunFiles};
use ccr::governance::profile::Profile;
use ccr::governance::run::NAMESPACE;
use ccr::rules::load;
use ccr::support::pyjson::ordered::{Value, parse_strict};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const RUN: &str = "20260306T090500Z-shelf-label-3401";
const SEAL: &str = "seal.json";
const SIGNATURE: &str = "seal.json.sig";

type Contents = BTreeMap<String, Vec<u8>>;

static PROFILE: LazyLock<Profile> = LazyLock::new(Profile::embedded);
static LENT: LazyLock<Lent> =
    LazyLock::new(|| Lent::of(&load("default", &[]).unwrap().rules).unwrap());
static WISHES: LazyLock<RunWishes> = LazyLock::new(RunWishes::default);
static JUDGE: LazyLock<RunJudge<'static>> = LazyLock::new(|| {
    let day = jiff::civil::date(2026, 3, 15);
    RunJudge::new(&PROFILE, day, &WISHES, &LENT)
});
static BASE: LazyLock<Contents> = LazyLock::new(|| {
    let folder = bases().join("runs").join(RUN);
    Files::folder(&folder, &Limits::default()).unwrap().content
});
/// The same with a signature.
static SIGNED: LazyLock<Contents> = LazyLock::new(|| {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let key = ssh_key::PrivateKey::from(pair);
    let signature = key.sign(NAMESPACE, ssh_key::HashAlg::Sha512, &BASE[SEAL]);
    let armoured = signature.unwrap().to_pem(ssh_key::LineEnding::LF).unwrap();
    let mut signed = BASE.clone();
    signed.insert(SIGNATURE.to_owned(), armoured.into_bytes());
    signed
});

fn accepted(content: &Contents) -> bool {
    let files = RunFiles {
        name: RUN.to_owned(),
        files: Files {
            content: content.clone(),
            ..Files::default()
        },
    };
    let (found, summary, _) = JUDGE.one(&files);
    let sound = !summary.refused && found.drafts.is_empty();
    sound && summary.derived_status.as_deref() == Some("pass")
}

/// One mutation; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Edit {
    Bit(Index, u8),
    Byte(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Truncate(Index),
    DropLine(Index),
    SwapLines(Index, Index),
    DoubleLine(Index, Index),
    /// Another file's line.
    ForeignLine(Index, Index, Index),
    /// Bytes of a JSON text: a key, a word or a number becomes another.
    Word(Index, Index),
    Copy(Index),
    Rename(Index),
    Delete,
    Add(Index),
}

const WORDS: [&str; 12] = [
    "true",
    "false",
    "null",
    "0",
    "-1",
    "1e999",
    "NaN",
    "\"\"",
    "\"pass\"",
    "{}",
    "[]",
    "\"run_id\"",
];
const NEW: [&str; 10] = [
    "seal.json.minisig",
    "seal.json.sig.sig",
    "seal.json.bak",
    "backend/x.sig",
    "x.txt",
    "REPORT.JSON",
    "report.json/x",
    "./report.json",
    "stage5-owned-repo-proof.json",
    "backend/provider-timeout.txt",
];

fn edits() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 0u8..8).prop_map(|(at, bit)| Edit::Bit(at, bit)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, put)| Edit::Insert(at, put)),
        2 => (at(), 1usize..40).prop_map(|(at, out)| Edit::Remove(at, out)),
        1 => at().prop_map(Edit::Truncate),
        3 => at().prop_map(Edit::DropLine),
        3 => (at(), at()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        2 => (at(), at()).prop_map(|(a, b)| Edit::DoubleLine(a, b)),
        2 => (at(), at(), at()).prop_map(|(file, a, b)| Edit::ForeignLine(file, a, b)),
        4 => (at(), at()).prop_map(|(at, word)| Edit::Word(at, word)),
        1 => at().prop_map(Edit::Copy),
        1 => at().prop_map(Edit::Rename),
        1 => Just(Edit::Delete),
        1 => at().prop_map(Edit::Add),
    ]
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Places of words and numbers, and of texts in quotes, in a JSON text.
fn words(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        if bytes[at] == b'"' {
            at += 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += 1 + usize::from(bytes[at] == b'\\');
            }
            at = (at + 1).min(bytes.len());
            found.push(start..at);
        } else if word(&bytes[at]) {
            at += bytes[at..].iter().take_while(|byte| word(byte)).count();
            found.push(start..at);
        } else {
            at += 1;
        }
    }
    found
}

fn apply(content: &mut Contents, file: &Index, edit: &Edit) {
    let names: Vec<String> = content.keys().cloned().collect();
    let Some(name) = names.get(file.index(names.len().max(1))).cloned() else {
        return;
    };
    let mut bytes = content[&name].clone();
    let end = bytes.len();
    match edit {
        Edit::Bit(at, bit) if end > 0 => bytes[at.index(end)] ^= 1 << bit,
        Edit::Byte(at, byte) if end > 0 => bytes[at.index(end)] = *byte,
        Edit::Insert(at, put) => {
            let at = at.index(end + 1);
            bytes.splice(at..at, put.iter().copied());
        }
        Edit::Remove(at, out) => {
            let at = at.index(end + 1);
            bytes.drain(at..(at + out).min(end));
        }
        Edit::Truncate(at) => bytes.truncate(at.index(end + 1)),
        Edit::DropLine(at) | Edit::SwapLines(at, _) | Edit::DoubleLine(at, _) if end > 0 => {
            let mut lines = lines(&bytes);
            let at = at.index(lines.len());
            match edit {
                Edit::SwapLines(_, other) => {
                    let other = other.index(lines.len());
                    lines.swap(at, other);
                }
                Edit::DoubleLine(_, to) => {
                    let line = lines[at].clone();
                    lines.insert(to.index(lines.len() + 1), line);
                }
                _ => {
                    lines.remove(at);
                }
            }
            bytes = lines.concat();
        }
        Edit::ForeignLine(other, at, to) => {
            let foreign = lines(&content[&names[other.index(names.len())]]);
            let mut own = lines(&bytes);
            if !foreign.is_empty() {
                own.insert(
                    to.index(own.len() + 1),
                    foreign[at.index(foreign.len())].clone(),
                );
            }
            bytes = own.concat();
        }
        Edit::Word(at, word) => {
            let places = words(&bytes);
            if !places.is_empty() {
                let place = places[at.index(places.len())].clone();
                bytes.splice(place, WORDS[word.index(WORDS.len())].bytes());
            }
        }
        Edit::Copy(from) => bytes.clone_from(&content[&names[from.index(names.len())]]),
        Edit::Rename(new) => {
            content.remove(&name);
            content.insert(NEW[new.index(NEW.len())].to_owned(), bytes);
            return;
        }
        Edit::Add(new) => {
            content.insert(NEW[new.index(NEW.len())].to_owned(), bytes);
            return;
        }
        Edit::Delete => {
            content.remove(&name);
            return;
        }
        _ => {}
    }
    content.insert(name, bytes);
}

/// What the seal says, however it is written.
fn meaning(seal: Option<&Vec<u8>>) -> Option<Value> {
    seal.and_then(|seal| parse_strict(seal, 64).ok())
}

/// The signature without its lines.
fn unwrapped(signature: Option<&Vec<u8>>) -> Option<String> {
    let text = String::from_utf8_lossy(signature?);
    let lines = text.lines().filter(|line| !line.starts_with('-'));
    Some(lines.collect::<String>().split_whitespace().collect())
}

/// Whether a mutated run differs in nothing that something is bound by; see the head of this file.
fn may_pass(base: &Contents, is: &Contents) -> bool {
    let sealed = |content: &Contents| -> Contents {
        let mut sealed = content.clone();
        sealed.retain(|name, _| name != SEAL && name != SIGNATURE);
        sealed
    };
    if sealed(base) != sealed(is) {
        return false;
    }
    let signature = unwrapped(is.get(SIGNATURE));
    match (is.get(SEAL), signature) {
        // Without a seal, or without the signature of one, less was promised.
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(seal), None) => meaning(Some(seal)) == meaning(base.get(SEAL)),
        (Some(seal), signature) => {
            base.get(SEAL) == Some(seal) && unwrapped(base.get(SIGNATURE)) == signature
        }
    }
}

fn cases() -> u32 {
    let asked = std::env::var("CCR_MUTATIONS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(192)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_run_is_refused_unless_nothing_was_bound_by_what_changed(
        edits in prop::collection::vec((any::<Index>(), edits()), 1..4),
        signed in any::<bool>(),
    ) {
        let base = if signed { &*SIGNED } else { &*BASE };
        let mut is = base.clone();
        edits.iter().for_each(|(file, edit)| apply(&mut is, file, edit));
        let passes = accepted(&is);
        prop_assert!(!passes || may_pass(base, &is));
    }
}

#[test]
fn what_may_differ_is_accepted() {
    assert!(accepted(&BASE) && accepted(&SIGNED));
    let with = |base: &Contents, name: &str, edit: &dyn Fn(&str) -> String| {
        let mut is = base.clone();
        let text = String::from_utf8(is[name].clone()).unwrap();
        is.insert(name.to_owned(), edit(&text).into_bytes());
        is
    };
    let spaced = |text: &str| text.replace(": ", ":  ");
    let escaped = |text: &str| text.replacen("ccr.run", "c\\u0063r.run", 1);
    for edit in [&spaced as &dyn Fn(&str) -> String, &escaped] {
        assert!(accepted(&with(&BASE, SEAL, edit)));
        assert!(!accepted(&with(&SIGNED, SEAL, edit)));
    }
    let mut bare = SIGNED.clone();
    bare.remove(SIGNATURE);
    assert!(accepted(&bare));
    bare.remove(SEAL);
    assert!(accepted(&bare));
    let mut alone = SIGNED.clone();
    alone.remove(SEAL);
    assert!(!accepted(&alone));
}

#[test]
fn no_file_stands_beside_the_seal_but_its_signature() {
    for name in NEW {
        let mut is = BASE.clone();
        is.insert(name.to_owned(), b"x".to_vec());
        assert!(!accepted(&is), "{name}");
    }
}
