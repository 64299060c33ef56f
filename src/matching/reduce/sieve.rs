// SPDX-License-Identifier: Apache-2.0
//! What is known of a rule's matches without running its pattern.

use super::pack::{Packed, pack};
use super::required::Required;
use super::run::{Run, is_hit};
use super::wide::widened;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// What a window must hold.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sieve {
    /// Bytes without which the pattern cannot match.
    pub(crate) required: Required,
    /// Where a hit could stand.
    pub(crate) run: Option<Run>,
}

impl Sieve {
    /// Of a pattern, or of its end; of one that does not compile nothing is known.
    pub(crate) fn of(pattern: &str, keywords: &[String], validators: &[String]) -> Self {
        let Some(pattern) = parsed(pattern) else {
            return Self::default();
        };
        Self {
            required: Required::of(&pattern, keywords),
            run: Run::of(&pattern, validators),
        }
    }
}

/// A pattern that matches in every window in which a rule's pattern does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wide {
    /// What stands before a hit.
    Before(Hir),
    /// The whole, with fewer states.
    Whole(Hir),
}

impl Wide {
    /// `run`: where hits of the pattern could stand. `None` for one that does not compile.
    pub(crate) fn of(pattern: &str, run: Option<&Run>) -> Option<Self> {
        let pattern = parsed(pattern)?;
        let before = run.and_then(|_| before(&pattern));
        let whole = || Self::Whole(widened(&pattern));
        Some(before.map_or_else(whole, Self::Before))
    }
}

/// A pattern as rules mean it, over bytes, if it can be read.
pub(crate) fn parsed(pattern: &str) -> Option<Hir> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    parser.parse(pattern).ok()
}

/// What stands before a hit. `None` where a hit may begin the match, or stands in a repetition.
fn before(pattern: &Hir) -> Option<Hir> {
    let mut all = Vec::new();
    let known = before_hits(pattern, &mut Vec::new(), &mut all);
    let told = |before: &Hir| before.properties().minimum_len().is_some_and(|len| len > 0);
    (known && !all.is_empty() && all.iter().all(told)).then(|| Hir::alternation(all))
}

/// Adds what stands before each hit, when `before` stands before the pattern; wider than the pattern
/// asks. False where a hit is repeated: what stands before it is then not always the same.
fn before_hits(pattern: &Hir, before: &mut Vec<Hir>, all: &mut Vec<Hir>) -> bool {
    match pattern.kind() {
        HirKind::Capture(capture) if is_hit(capture) => {
            all.push(Hir::concat(before.clone()));
            true
        }
        HirKind::Capture(capture) => before_hits(&capture.sub, before, all),
        HirKind::Repetition(repetition) => {
            let known = all.len();
            before_hits(&repetition.sub, before, all) && all.len() == known
        }
        HirKind::Concat(parts) => {
            let outer = before.len();
            let told = parts.iter().all(|part| {
                let told = before_hits(part, before, all);
                before.push(widened(part));
                told
            });
            before.truncate(outer);
            told
        }
        HirKind::Alternation(parts) => parts.iter().all(|part| before_hits(part, before, all)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => true,
    }
}

/// What a rule's sieve is known by: all that it depends on.
pub(crate) fn sieve_name(pattern: &str, keywords: &[String], validators: &[String]) -> String {
    format!(
        "{pattern}\0{}\0{}",
        keywords.join("\n"),
        validators.join("\n")
    )
}

/// Both of a rule, packed.
pub(crate) fn packed_sieve(sieve: &Sieve, wide: Option<&Wide>) -> Vec<u8> {
    let mut out = Vec::new();
    sieve.required.pack(&mut out);
    out.push(u8::from(sieve.run.is_some()));
    if let Some(run) = &sieve.run {
        run.pack(&mut out);
    }
    match wide {
        Some(Wide::Before(pattern)) => {
            out.push(BEFORE);
            pack(pattern, &mut out);
        }
        Some(Wide::Whole(pattern)) => {
            out.push(WHOLE);
            pack(pattern, &mut out);
        }
        None => out.push(NONE),
    }
    out
}

const NONE: u8 = 0;
const BEFORE: u8 = 1;
const WHOLE: u8 = 2;

/// A rule as [`packed_sieve`] packs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sieved<'t>(pub(crate) Packed<'t>);

impl<'t> Sieved<'t> {
    pub(crate) fn sieve(self) -> Option<Sieve> {
        self.read().map(|(sieve, _)| sieve)
    }

    pub(crate) fn wide(self) -> Option<Wide> {
        let (_, mut rest) = self.read()?;
        match rest.byte()? {
            BEFORE => rest.pattern().map(Wide::Before),
            WHOLE => rest.pattern().map(Wide::Whole),
            _ => None,
        }
    }

    fn read(self) -> Option<(Sieve, Packed<'t>)> {
        let mut reader = self.0;
        let required = Required::unpack(&mut reader)?;
        let run = match reader.byte()? {
            0 => None,
            _ => Some(Run::unpack(&mut reader)?),
        };
        Some((Sieve { required, run }, reader))
    }
}
