// SPDX-License-Identifier: Apache-2.0
//! Text inside text: what base64, hexadecimal digits, percent signs and gzip hide is decoded and
//! read with the same rules, layer by layer.

use super::{Context, Opinion, unwrap};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::matching::scope::RuleBits;
use crate::matching::{Hit, Matcher, Scratch};
use crate::model::{Confidence, EntryPath, Severity};
use crate::rules::{self, Rule, RuleSet};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};

/// Layers that are taken off; gzip inside base64 is one with it.
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
    /// Whether one of the layers was gzip: a bomb inside a bomb is not opened.
    static UNPACKED: Cell<bool> = const { Cell::new(false) };
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
    let inside = layer > 0 && UNPACKED.get();
    let before = context.text[..context.hit.start].last().copied();
    let Some(plain) = unwrap::text_of(context.secret(), before, !inside)
        .filter(|plain| plain.text.len() >= SHORTEST)
    else {
        return Opinion::Acquitted;
    };
    LAYER.set(layer + 1);
    UNPACKED.set(inside || plain.unpacked);
    let worst = worst_in(context, &plain.text);
    LAYER.set(layer);
    UNPACKED.set(inside);
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
            let (confidence, severity) = hit.weight(&inside.rules[hit.rule].meta);
            (severity, confidence)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
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

    fn gzip(text: &[u8]) -> Vec<u8> {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
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
    fn a_text_that_is_cut_by_the_window_or_wrapped_is_read() {
        let long = format!("{}\ntoken: \"{}\"\n", "# caf\u{e9} ".repeat(60), token());
        let whole = base64(long.as_bytes());
        for cut in 1..8 {
            let judge = Judge {
                validators: vec!["holds-secret".to_owned()],
                ..Judge::default()
            };
            let found = weigh(&judge, &whole, &whole[cut..], "src/a.py");
            assert!(found.is_some(), "{cut}");
        }
        let wrapped: Vec<&str> = whole
            .as_bytes()
            .chunks(76)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        assert!(counts(&wrapped.join("\n    ")));
        assert!(counts(&wrapped.join("\r\n")));
    }

    #[test]
    fn gzip_is_unpacked_once() {
        let helm = format!(
            "{{\"manifest\": \"data:\\n  url: {}\\n\"}}",
            base64(format!("token: {}", token()).as_bytes())
        );
        let packed = base64(&gzip(helm.as_bytes()));
        assert!(counts(&packed));
        assert!(counts(&base64(packed.as_bytes())));
        // Cut short: what could be read of it counts.
        let long = format!("token: {}\n{}", token(), "0123456789abcdef\n".repeat(9000));
        let cut = base64(&gzip(long.as_bytes()));
        assert!(counts(&cut[..cut.len() / 8 * 4]));
        let twice = base64(&gzip(
            format!("a: {}", base64(&gzip(helm.as_bytes()))).as_bytes(),
        ));
        assert!(!counts(&twice));
        assert!(!counts(&base64(&gzip(b"nothing of worth stands in here"))));
    }
}
