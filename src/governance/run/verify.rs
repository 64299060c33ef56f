// SPDX-License-Identifier: Apache-2.0
//! Whether a sealed run is what was sealed: chain, digests, seal and signature, and nothing else
//! (specification, sections 2.3 and 7.1). The judgements are those of rules 82, 83, 84 and 118; where
//! they speak of a whole file, the bytes that changed are narrowed down as far as a digest can tell.

use super::judge::digests;
use super::open::{EVENTS, EventLine, NAMESPACE, Run, SEAL, SIGNATURE, Told};
use crate::governance::jcs;
use crate::model::ByteSpan;
use crate::support::hashing;
use crate::support::pyjson::ordered::Value;
use crate::support::signing::{VerifyingKey, signer_of};
use std::collections::BTreeSet;

/// What the signature beside a seal is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// There is none.
    Absent,
    /// Whole, by a key with this fingerprint that nobody vouched for.
    ByUnknown(String),
    /// By the given key.
    ByGiven(String),
    /// Not a signature of this seal.
    Broken,
}

impl Signed {
    /// The word for it in answers.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::ByUnknown(_) => "key_not_given",
            Self::ByGiven(_) => "valid",
            Self::Broken => "invalid",
        }
    }

    /// Fingerprint of the key that signed.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::ByUnknown(key) | Self::ByGiven(key) => Some(key),
            Self::Absent | Self::Broken => None,
        }
    }
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File of the run.
    pub file: String,
    /// Line, from 1, in a file of lines.
    pub line: Option<usize>,
    /// Bytes that are not as they were, when a digest can tell.
    pub span: Option<ByteSpan>,
    /// What does not hold.
    pub text: String,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Root of the seal.
    pub root: Option<String>,
    /// The signature.
    pub signed: Signed,
    /// What does not hold, by file and place; the run is as it was sealed when there is none.
    pub faults: Vec<Fault>,
}

/// Verifies a run; its signature against `key` when one is given.
pub fn verify(run: &Run<'_>, key: Option<&VerifyingKey>) -> Verified {
    let mut told = Vec::new();
    let sealed = run.files.get(SEAL).is_some();
    if !sealed {
        told.push(Told::of(
            SEAL,
            "the run is not sealed; `ccr evidence seal` does it",
        ));
    }
    for judge in [
        digests::chain,
        digests::mismatch,
        digests::missing,
        digests::unlisted,
    ] {
        told.extend(judge(run, false));
    }
    let (signed, why) = signature(run, key);
    told.extend(why.map(|why| Told::of(SIGNATURE, why)));
    let mut seen = BTreeSet::new();
    let mut faults: Vec<Fault> = told
        .into_iter()
        .map(|one| fault(run, one))
        // The manifest and the seal say the same of a file that changed: once is enough.
        .filter(|fault| fault.span.is_none() || seen.insert((fault.file.clone(), fault.span)))
        .collect();
    faults.sort_by(|a, b| (&a.file, a.span, &a.text).cmp(&(&b.file, b.span, &b.text)));
    faults.dedup();
    let root = run.document(SEAL).and_then(|seal| seal.text("root"));
    Verified {
        root: root.map(str::to_owned),
        signed,
        faults,
    }
}

fn signature(run: &Run<'_>, key: Option<&VerifyingKey>) -> (Signed, Option<String>) {
    let Some(bytes) = run.files.get(SIGNATURE) else {
        let why = key.map(|key| format!("there is no signature, and {} was asked for", key.id()));
        return (Signed::Absent, why);
    };
    let seal = run.files.get(SEAL).unwrap_or_default();
    let armoured = String::from_utf8_lossy(bytes);
    let checked = match key {
        Some(key) => key
            .verifies_file(NAMESPACE, seal, &armoured)
            .map(|()| Signed::ByGiven(key.id())),
        None => signer_of(NAMESPACE, seal, &armoured).map(Signed::ByUnknown),
    };
    match checked {
        Ok(signed) => (signed, None),
        Err(why) => (Signed::Broken, Some(why)),
    }
}

fn fault(run: &Run<'_>, told: Told) -> Fault {
    let bytes = run.files.get(&told.file);
    let span = told.span.or_else(|| changed(run, &told.file, bytes?));
    let lines = told.file == EVENTS || told.file.ends_with(".jsonl");
    // Of a file that changed somewhere, no line is known.
    let placed = span.filter(|span| lines && (span.start > 0 || told.span.is_some()));
    let line = placed.zip(bytes).map(|(span, bytes)| {
        let before = &bytes[..span.start.min(bytes.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    });
    Fault {
        file: told.file,
        line,
        span,
        text: told.text,
    }
}

/// Bytes of a file that are not as they were sealed. A digest tells no place, but it tells that what
/// was sealed stands whole at the beginning, and that only what follows is new.
fn changed(run: &Run<'_>, file: &str, bytes: &[u8]) -> Option<ByteSpan> {
    let files = run.document(SEAL)?.get("files")?.as_array()?;
    let entry = files
        .iter()
        .find(|entry| entry.text("path") == Some(file))?;
    let digest = entry.text("sha256")?;
    if run.digests.get(file).map(String::as_str) == Some(digest) {
        return None;
    }
    let size = entry.get("size").and_then(Value::as_i64);
    let size = size.and_then(|size| usize::try_from(size).ok())?;
    if let Some(sealed) = bytes.get(..size)
        && hashing::sha256_hex(sealed) == digest
    {
        return Some(ByteSpan::new(size, bytes.len()));
    }
    let respelled = || respelled(run.events.as_slice(), bytes, digest);
    let whole = ByteSpan::new(0, bytes.len());
    Some((file == EVENTS).then(respelled).flatten().unwrap_or(whole))
}

/// The first line of an event file that is written otherwise than it was sealed, when what it says
/// is the same: a seal of ours was taken of canonical lines.
fn respelled(events: &[EventLine], bytes: &[u8], digest: &str) -> Option<ByteSpan> {
    let mut canonical = String::new();
    let mut first = None;
    let mut end = 0;
    for event in events {
        let line = jcs::canonical(event.value.as_ref().ok()?);
        let same = event.start == end && bytes[event.start..event.end] == *line.as_bytes();
        if !same && first.is_none() {
            first = Some(ByteSpan::new(end, event.end));
        }
        end = event.end + 1;
        canonical.push_str(&line);
        canonical.push('\n');
    }
    let all = hashing::sha256_hex(canonical.as_bytes()) == digest;
    let tail = ByteSpan::new(end.min(bytes.len()), bytes.len());
    all.then_some(first.unwrap_or(tail))
}
