// SPDX-License-Identifier: Apache-2.0
//! Judges expressions that are stated apart from the files they hold for: in side files and metadata of
//! REUSE (specification 3.3) and in bills of materials.

use super::EntryCheck;
use super::params::{draft, fault};
use super::spdx::bill::{Bill, Stated};
use super::spdx::exempt;
use super::spdx::expression::{Fault, Flaw, judge};
use super::spdx::header;
use super::spdx::reuse::Reuse;
use crate::artifact::EntryKind;
use crate::classify::Classified;
use crate::model::{ByteSpan, Draft, Severity};
use crate::rules::Rule;
use std::collections::BTreeMap;

/// `check = "spdx-stated"`, with `fault` = `invalid`, `unknown` or `deprecated`.
pub(super) struct SpdxStated;

/// Where licences are stated.
enum Source {
    /// `NAME.license`.
    Side,
    /// `REUSE.toml`.
    Toml,
    /// `.reuse/dep5`.
    Dep5,
    /// What a program found in others.
    Bill(Bill),
}

impl Source {
    fn of(entry: &Classified<'_>) -> Option<Self> {
        let name = entry.path.name();
        let file = name.rsplit('/').next().unwrap_or(name);
        if file.len() > ".license".len() && file.ends_with(".license") {
            return Some(Self::Side);
        }
        match file {
            "REUSE.toml" => Some(Self::Toml),
            "dep5" if name == ".reuse/dep5" || name.ends_with("/.reuse/dep5") => Some(Self::Dep5),
            _ => Bill::of(name, entry.kind.id, entry.text.bytes()).map(Self::Bill),
        }
    }

    fn stated(&self, text: &[u8]) -> Vec<Stated> {
        let mut reuse = Reuse::default();
        match self {
            Self::Bill(bill) => return bill.stated(text),
            Self::Side => {
                let tags = header::side_file(text);
                return tags.iter().flat_map(|tag| places(text, tag)).collect();
            }
            Self::Toml => reuse.add_toml("REUSE.toml", text),
            Self::Dep5 => reuse.add_dep5("", text),
        }
        reuse
            .stated()
            .flat_map(|stated| places(text, stated))
            .collect()
    }
}

/// Where an expression stands, the first time.
fn places(text: &[u8], expression: &str) -> Option<Stated> {
    let expression = expression.trim();
    let span = match memchr::memmem::find(text, expression.as_bytes()) {
        _ if expression.is_empty() => return None,
        Some(start) => ByteSpan::new(start, start + expression.len()),
        None => return None,
    };
    Some(Stated { span, id: false })
}

impl EntryCheck for SpdxStated {
    fn name(&self) -> &'static str {
        "spdx-stated"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        *entry.entry_kind == EntryKind::File
            && !entry.text.is_binary()
            && Source::of(entry).is_some()
            && !exempt::vendored(entry.path.name())
            && !exempt::test_data(entry.path.name())
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let text = entry.text.bytes();
        let Some(source) = Source::of(entry) else {
            return;
        };
        let wanted = match fault(rule) {
            "unknown" => Flaw::Unknown,
            "deprecated" => Flaw::Deprecated,
            _ => Flaw::Invalid,
        };
        // A bill names hundreds of parts under few licences.
        let mut found: BTreeMap<String, (ByteSpan, usize, Option<String>)> = BTreeMap::new();
        for stated in source.stated(text) {
            let expression = String::from_utf8_lossy(&text[stated.span.range()]);
            // Words for "nothing" and "not said"; and escapes, which no id holds.
            if matches!(expression.as_ref(), "NONE" | "NOASSERTION") || expression.contains('\\') {
                continue;
            }
            for flaw in faults(&expression, stated.id).filter(|flaw| flaw.flaw == wanted) {
                let start = stated.span.start + flaw.span.start.min(expression.len());
                let end = stated.span.start + flaw.span.end.min(expression.len());
                let span = ByteSpan::new(start, end.max(start));
                found
                    .entry(flaw.detail)
                    .or_insert((span, 0, flaw.instead))
                    .1 += 1;
            }
        }
        for (detail, (span, count, instead)) in found {
            // The headers' own rule speaks of these.
            if matches!(source, Source::Side) && wanted == Flaw::Deprecated {
                continue;
            }
            let description = match (&source, count) {
                (Source::Side, _) => format!("In the licence file beside it: {detail}."),
                (Source::Bill(_), 1) => format!("In the bill of materials: {detail}."),
                (Source::Bill(_), count) => {
                    format!("In {count} places of the bill of materials: {detail}.")
                }
                _ => format!("In the metadata of REUSE: {detail}."),
            };
            let mut draft = draft(rule, entry.path, description).at(span);
            if matches!(source, Source::Bill(_)) {
                draft = draft.severity(Severity::Low);
            }
            if let Some(instead) = instead {
                draft = draft.repair(format!("Write `{instead}`."));
            }
            out.push(draft);
        }
    }
}

/// What is wrong with an expression, or with what must be one id.
fn faults(expression: &str, id: bool) -> impl Iterator<Item = Fault> {
    let judged = judge(expression);
    let joined = id && judged.faults.is_empty() && expression.contains(' ');
    let joined = joined.then(|| Fault {
        flaw: Flaw::Invalid,
        span: ByteSpan::new(0, expression.len()),
        detail: format!("`{expression}` is an expression where one id must stand"),
        instead: None,
    });
    judged.faults.into_iter().chain(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_id_must_stand_an_expression_is_wrong() {
        let count = |text, id| faults(text, id).count();
        assert_eq!(
            (count("MIT OR ISC", false), count("MIT OR ISC", true)),
            (0, 1)
        );
        assert_eq!((count("MIT", true), count("Kowalski-1.0", true)), (0, 1));
    }
}
