// SPDX-License-Identifier: Apache-2.0
//! Text inside text: what base64, hexadecimal digits and percent signs hide is decoded and read
//! with the same rules, layer by layer.

use super::{Context, Opinion, decode};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::matching::scope::RuleBits;
use crate::matching::{Hit, Matcher, Scratch};
use crate::model::{Confidence, EntryPath, Severity};
use crate::rules::{self, Rule, RuleSet};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};

/// Layers that are taken off.
const DEPTH: u8 = 3;
/// Shorter texts hold no secret with its mark.
const SHORTEST: usize = 12;

/// Profile whose rules for secrets judge what is decoded, whatever rules run outside.
const PROFILE: &str = "default";

/// These rules, compiled.
static INSIDE: OnceLock<Option<Inside>> = OnceLock::new();

struct Inside {
    matcher: Arc<Matcher>,
    rules: Vec<Arc<Rule>>,
    /// The rules for secrets among them.
    only: Arc<RuleBits>,
}

impl Inside {
    fn of(matcher: &Arc<Matcher>, rules: &[Arc<Rule>]) -> Self {
        let is_secret = |rule: &Arc<Rule>| rule.meta.id.family() == "secret";
        Self {
            matcher: Arc::clone(matcher),
            rules: rules.to_vec(),
            only: Arc::new(RuleBits::where_so(rules.iter().map(is_secret))),
        }
    }

    fn load() -> Option<Self> {
        let rules = rules::load(PROFILE, &[]).ok()?.rules;
        Some(Self::of(&Arc::new(Matcher::new(&rules).ok()?), &rules))
    }
}

/// What runs outside judges what is decoded too, where it is made of the same rules: they are not
/// loaded and compiled once more.
pub(crate) fn share(set: &RuleSet, matcher: &Arc<Matcher>) {
    if set.profile.id == PROFILE && set.is_ours() {
        INSIDE.get_or_init(|| Some(Inside::of(matcher, &set.rules)));
    }
}

thread_local! {
    static LAYER: Cell<u8> = const { Cell::new(0) };
    /// Buffers of each layer.
    static SCRATCH: RefCell<Vec<Scratch>> = const { RefCell::new(Vec::new()) };
}

/// Gives up this worker's buffers.
pub(crate) fn forget() {
    drop(SCRATCH.take());
}

/// `holds-secret`: the hit is an encoded text; it counts as the worst that it holds.
pub(super) fn holds_secret(context: &Context<'_>) -> Opinion {
    let layer = LAYER.get();
    if layer >= DEPTH {
        return Opinion::Acquitted;
    }
    let Some(plain) = text_of(context.secret()).filter(|plain| plain.len() >= SHORTEST) else {
        return Opinion::Acquitted;
    };
    LAYER.set(layer + 1);
    let worst = worst_in(context, &plain);
    LAYER.set(layer);
    match worst {
        Some((severity, confidence)) => Opinion::Counts(severity, confidence),
        None => Opinion::Acquitted,
    }
}

fn worst_in(context: &Context<'_>, plain: &[u8]) -> Option<(Severity, Confidence)> {
    let inside = INSIDE.get_or_init(Inside::load).as_ref()?;
    let scratch = SCRATCH.with_borrow_mut(Vec::pop);
    let mut scratch = scratch.unwrap_or_else(|| Scratch::of(&inside.only));
    // As the file it stands in, for where that is; what it is, its content says.
    let path = EntryPath::root(context.path);
    let mut entry = Classified::new(&path, Origin::Tree, &EntryKind::File, plain);
    entry.kind = kind_of(plain);
    let mut hits: Vec<Hit> = Vec::new();
    inside.matcher.scan(&entry, &mut scratch, &mut hits);
    SCRATCH.with_borrow_mut(|all| all.push(scratch));
    hits.iter()
        .map(|hit| {
            let meta = &inside.rules[hit.rule].meta;
            (
                hit.severity.unwrap_or(meta.severity),
                hit.confidence.unwrap_or(meta.confidence),
            )
        })
        .max()
}

/// JSON, a script, else settings.
fn kind_of(plain: &[u8]) -> crate::classify::Kind {
    let name = match plain.trim_ascii_start() {
        [b'{', ..] | [b'[', b'{' | b'[' | b'"' | b' ' | b'\n', ..] => "a.json",
        [b'[', ..] => "a.ini",
        [b'#', b'!', ..] => "a.sh",
        [b'<', ..] => "a.xml",
        _ => "a.yaml",
    };
    crate::classify::Kind::of(name, plain, false)
}

/// What an encoded text says, when that is text again.
fn text_of(value: &[u8]) -> Option<Vec<u8>> {
    let plain = if value.contains(&b'%') {
        percent(value)
    } else if value.starts_with(b"\\x") {
        let digits: Vec<u8> = value
            .iter()
            .copied()
            .filter(|b| !matches!(b, b'\\' | b'x'))
            .collect();
        hex(&digits)?
    } else if value.len().is_multiple_of(2) && value.iter().all(u8::is_ascii_hexdigit) {
        hex(value)?
    } else {
        // A text that goes on behind the window is cut; whole groups of four still decode.
        decode::base64(value).or_else(|| decode::base64(&value[..value.len() / 4 * 4]))?
    };
    let wide = plain.len() >= 8
        && plain.len().is_multiple_of(2)
        && plain.iter().skip(1).step_by(2).all(|b| *b == 0);
    let plain = match wide {
        // UTF-16, as PowerShell takes its commands.
        true => plain.into_iter().step_by(2).collect(),
        false => plain,
    };
    let printable = |b: &u8| *b >= 0x20 && *b != 0x7f || matches!(b, b'\n' | b'\r' | b'\t');
    (plain.iter().all(printable) && std::str::from_utf8(&plain).is_ok()).then_some(plain)
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
    digits
        .chunks_exact(2)
        .map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
        .collect()
}

/// Percent-encoding (RFC 3986, 2.1); what is not encoded stays.
fn percent(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while at < value.len() {
        let byte = value
            .get(at + 1..at + 3)
            .filter(|_| value[at] == b'%')
            .and_then(hex);
        match byte.as_deref() {
            Some([byte]) => {
                out.push(*byte);
                at += 3;
            }
            _ => {
                out.push(value[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use super::*;
    use crate::rules::Judge;

    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fn base64(text: &[u8]) -> String {
        let mut out = String::new();
        for chunk in text.chunks(3) {
            let word = chunk.iter().fold(0u32, |word, &b| word << 8 | u32::from(b))
                << (8 * (3 - chunk.len()));
            for at in 0..4 {
                let letter = ALPHABET[(word >> (18 - 6 * at) & 63) as usize];
                out.push(if at <= chunk.len() {
                    char::from(letter)
                } else {
                    '='
                });
            }
        }
        out
    }

    fn counts(text: &str) -> bool {
        let judge = Judge {
            validators: vec!["holds-secret".to_owned()],
            ..Judge::default()
        };
        weigh(&judge, &format!("x = {text}"), text, "src/a.py").is_some()
    }

    fn token() -> String {
        format!("{}{}", "glpat-", "T4kQ7vZx2LpW9sYt4Rb8")
    }

    #[test]
    fn secrets_are_found_under_layers_of_encoding() {
        let once = base64(format!("{{\"url\": \"x\", \"t\": \"{}\"}}", token()).as_bytes());
        assert!(counts(&once));
        let twice = base64(format!("data: {}", base64(token().as_bytes())).as_bytes());
        assert!(counts(&twice));
        let hexed: String = token().bytes().map(|b| format!("{b:02x}")).collect();
        assert!(counts(&hexed));
        let escaped: String = token().bytes().map(|b| format!("\\x{b:02x}")).collect();
        assert!(counts(&escaped));
        assert!(counts(&format!("t%3D%22{}%22", token())));
        let wide: Vec<u8> = token().bytes().flat_map(|b| [b, 0]).collect();
        assert!(counts(&base64(&wide)));
    }

    #[test]
    fn harmless_text_and_random_bytes_are_none() {
        assert!(!counts(&base64(b"{\"name\": \"report\", \"pages\": 12}")));
        assert!(!counts("kQ7vZx2LpW9sYt4Rb8NcHj3mDf5gK2rPwQ"));
        assert!(!counts(
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        ));
    }

    #[test]
    fn percent_signs_without_digits_stay() {
        assert_eq!(percent(b"a%20b%zz%4"), b"a b%zz%4");
    }
}
