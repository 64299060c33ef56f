// SPDX-License-Identifier: Apache-2.0
//! SPDX licence expressions (SPDX specification 3.0.1, annex B): which of their terms are
//! unknown or deprecated, whether the whole has the grammar's form, which licences it names.

use crate::model::ByteSpan;
use spdx::{Expression, ParseMode};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is wrong with a term or with the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Flaw {
    /// The text does not have the grammar's form.
    Invalid,
    /// An id in a spelling whose letter case the list does not use.
    Casing,
    /// An id that is not on the licence list.
    Unknown,
    /// An id that the list calls deprecated.
    Deprecated,
}

/// One flaw and where it stands in the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Fault {
    /// Which flaw.
    pub(in crate::checks) flaw: Flaw,
    /// Bytes of the expression.
    pub(in crate::checks) span: ByteSpan,
    /// One clause for a description.
    pub(in crate::checks) detail: String,
    /// What to write instead, where it is known.
    pub(in crate::checks) instead: Option<String>,
}

/// An expression after reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks) struct Judged {
    /// Flaws in order of place.
    pub(in crate::checks) faults: Vec<Fault>,
    /// Licences named, in the spelling of the list; deprecated GNU ids in their current form.
    pub(in crate::checks) licenses: BTreeSet<String>,
    /// `LicenseRef-` terms of this document.
    pub(in crate::checks) refs: BTreeSet<String>,
    /// The whole in one spelling: list's letter case, single spaces, upper-case operators.
    pub(in crate::checks) canonical: String,
}

impl Judged {
    /// Whether the text is an expression whose ids are all known.
    pub(in crate::checks) fn is_sound(&self) -> bool {
        !self
            .faults
            .iter()
            .any(|fault| matches!(fault.flaw, Flaw::Invalid | Flaw::Unknown))
    }

    /// Whether a file that states `other` may stand in a package that declares this: some choice
    /// of `other`'s alternatives names declared licences only. Exceptions are permissions on
    /// top and are not compared.
    pub(in crate::checks) fn covers(&self, other: &Self) -> bool {
        let Ok(stated) = Expression::parse_mode(&other.canonical, MODE) else {
            return true;
        };
        stated.evaluate(|req| match &req.license {
            spdx::LicenseItem::Spdx { id, or_later } => {
                let name = current_form(id.name, *or_later).unwrap_or_else(|| id.name.to_owned());
                FREE_OF_TERMS.contains(&name.as_str())
                    || self.licenses.contains(&name)
                    || self.licenses.iter().any(|declared| later(&name, declared))
            }
            spdx::LicenseItem::Other(_) => {
                let name = req.license.to_string();
                name.starts_with("DocumentRef-") || self.refs.contains(&name)
            }
        })
    }
}

/// Whether `stated` is an `-or-later` licence that may be taken as `declared`, of the same
/// family and a version at least as high: `GPL-2.0-or-later` code in a `GPL-3.0-only` package.
fn later(stated: &str, declared: &str) -> bool {
    let split = |id: &str| {
        let (family, rest) = id.split_once('-')?;
        let number: String = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        Some((family.to_owned(), number.parse::<f64>().ok()?))
    };
    stated.ends_with("-or-later")
        && match (split(stated), split(declared)) {
            (Some((one, low)), Some((other, high))) => one == other && high >= low,
            _ => false,
        }
}

const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// Licences that ask for nothing, so that no package's terms are widened by them.
const FREE_OF_TERMS: &[&str] = &["0BSD", "CC0-1.0", "MIT-0", "Unlicense"];

/// Reads an expression.
pub(in crate::checks) fn judge(text: &str) -> Judged {
    let mut judged = Judged::default();
    let mut previous = "";
    for (term, span) in terms(text) {
        let written = judged.term(term, span, previous == "WITH");
        if !judged.canonical.is_empty() && !judged.canonical.ends_with('(') && term != ")" {
            judged.canonical.push(' ');
        }
        judged.canonical.push_str(&written);
        previous = if written == "WITH" { "WITH" } else { "" };
    }
    // The grammar is judged over stand-ins for unknown ids, so that one unknown id does not hide
    // a missing operator, nor is reported as one.
    let stand_in = stand_in(&judged.canonical);
    if let Err(error) = Expression::parse_mode(&stand_in, MODE) {
        let detail = match error.reason {
            spdx::error::Reason::Empty => "the expression is empty".to_owned(),
            spdx::error::Reason::Unexpected(_) => {
                let near = stand_in.get(error.span.clone()).unwrap_or_default();
                if near.is_empty() || near.starts_with("LicenseRef-unknown") {
                    "its terms are not joined by `AND`, `OR` or `WITH`".to_owned()
                } else {
                    format!("`{near}` cannot stand where it stands")
                }
            }
            spdx::error::Reason::UnclosedParens => "a `(` is never closed".to_owned(),
            spdx::error::Reason::UnopenedParens => "a `)` was never opened".to_owned(),
            spdx::error::Reason::SeparatedPlus => "`+` stands apart from its licence".to_owned(),
            spdx::error::Reason::InvalidCharacters if text.contains('/') => {
                "`/` is no operator".to_owned()
            }
            _ => "it does not have the form of an expression".to_owned(),
        };
        // Once the form is broken, its words are no ids: only the form is reported.
        judged.faults = vec![Fault {
            flaw: Flaw::Invalid,
            span: ByteSpan::new(0, text.len()),
            detail,
            instead: guess(text),
        }];
        judged.licenses.clear();
    }
    judged
}

impl Judged {
    /// Notes one term and returns its canonical spelling.
    fn term(&mut self, term: &str, span: ByteSpan, after_with: bool) -> String {
        match term {
            "(" | ")" => return term.to_owned(),
            "AND" | "OR" | "WITH" => return term.to_owned(),
            // SPDX 3.0 allows operators wholly in lower case.
            "and" | "or" | "with" => return term.to_ascii_uppercase(),
            _ => {}
        }
        if let Some(name) = reference(term) {
            if !term.contains(':') {
                self.refs.insert(name.to_owned());
            }
            return term.to_owned();
        }
        if after_with {
            return self.exception(term, span);
        }
        let (id, plus) = match term.strip_suffix('+') {
            Some(id) => (id, "+"),
            None => (term, ""),
        };
        let Some(known) = find_license(id) else {
            let detail = if spdx::exception_id(id).is_some() {
                format!("`{id}` is an exception and stands only after `WITH`")
            } else {
                format!("`{id}` is not on the SPDX licence list")
            };
            let instead = nearest(id);
            self.fault(Flaw::Unknown, span, detail, instead);
            return term.to_owned();
        };
        if known.name != id {
            let detail = format!("`{id}` is spelled `{}` on the list", known.name);
            self.fault(Flaw::Casing, span, detail, Some(known.name.to_owned()));
        }
        let current = current_form(known.name, !plus.is_empty());
        if known.is_deprecated() {
            let detail = format!("`{term}` is deprecated on the SPDX licence list");
            self.fault(Flaw::Deprecated, span, detail, current.clone());
        }
        self.licenses
            .insert(current.unwrap_or_else(|| known.name.to_owned()));
        format!("{}{plus}", known.name)
    }

    fn exception(&mut self, term: &str, span: ByteSpan) -> String {
        let known = spdx::identifiers::EXCEPTIONS
            .iter()
            .find(|exception| exception.name.eq_ignore_ascii_case(term));
        let Some(known) = known else {
            let detail = format!("`{term}` is not on the SPDX list of exceptions");
            self.fault(Flaw::Unknown, span, detail, None);
            return term.to_owned();
        };
        if known.name != term {
            let detail = format!("`{term}` is spelled `{}` on the list", known.name);
            self.fault(Flaw::Casing, span, detail, Some(known.name.to_owned()));
        }
        if spdx::exception_id(known.name).is_some_and(|id| id.is_deprecated()) {
            let detail = format!("`{term}` is deprecated on the SPDX list of exceptions");
            self.fault(Flaw::Deprecated, span, detail, None);
        }
        known.name.to_owned()
    }

    fn fault(&mut self, flaw: Flaw, span: ByteSpan, detail: String, instead: Option<String>) {
        self.faults.push(Fault {
            flaw,
            span,
            detail,
            instead,
        });
    }
}

/// Words and parentheses with their places.
fn terms(text: &str) -> Vec<(&str, ByteSpan)> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let ends = c.is_whitespace() || c == '(' || c == ')';
        match (start, ends) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                out.push((&text[from..at], ByteSpan::new(from, at)));
                start = None;
            }
            _ => {}
        }
        if c == '(' || c == ')' {
            out.push((&text[at..=at], ByteSpan::new(at, at + 1)));
        }
    }
    out
}

/// The name of a `LicenseRef-` (or `AdditionRef-`) term, of this document or another.
fn reference(term: &str) -> Option<&str> {
    let local = match term.strip_prefix("DocumentRef-") {
        Some(rest) => rest.split_once(':')?.1,
        None => term,
    };
    let name = local
        .strip_prefix("LicenseRef-")
        .or_else(|| local.strip_prefix("AdditionRef-"))?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (!name.is_empty() && name.chars().all(legal)).then_some(local)
}

/// The licence of this id, whatever its letter case (ids are matched so: annex B).
fn find_license(id: &str) -> Option<spdx::LicenseId> {
    if id.ends_with('+') {
        return None;
    }
    spdx::license_id(id).or_else(|| {
        spdx::identifiers::LICENSES
            .iter()
            .find(|license| license.name.eq_ignore_ascii_case(id))
            .and_then(|license| spdx::license_id(license.name))
    })
}

/// `GPL-2.0` and `GPL-2.0+` in the form that replaced them.
fn current_form(id: &str, or_later: bool) -> Option<String> {
    let gnu = ["GPL-", "LGPL-", "AGPL-", "GFDL-"];
    let rest = gnu.iter().find_map(|family| id.strip_prefix(family))?;
    rest.chars()
        .all(|c| c.is_ascii_digit() || c == '.')
        .then(|| format!("{id}-{}", if or_later { "or-later" } else { "only" }))
}

/// The list's id for an often used loose name, when that name is the whole text.
fn guess(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(id) = nearest(text) {
        return Some(id);
    }
    let slashes = text.replace('/', " OR ");
    if slashes != text && judge(&slashes).faults.is_empty() {
        return Some(slashes.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    None
}

fn nearest(name: &str) -> Option<String> {
    let (id, length) = spdx::imprecise_license_id(name)?;
    (length == name.len() && id.name != name).then(|| id.name.to_owned())
}

/// The canonical text with a reference in place of each unknown id.
fn stand_in(canonical: &str) -> String {
    let mut out = String::new();
    let mut after_with = false;
    for (term, _) in terms(canonical) {
        if !out.is_empty() {
            out.push(' ');
        }
        let id = term.strip_suffix('+').unwrap_or(term);
        let known = matches!(term, "(" | ")" | "AND" | "OR" | "WITH")
            || reference(term).is_some()
            || if after_with {
                spdx::exception_id(term).is_some()
            } else {
                find_license(id).is_some()
            };
        let word = id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
        if known || !word || id.is_empty() {
            out.push_str(term);
        } else {
            let kind = if after_with { "Addition" } else { "License" };
            let _ = write!(out, "{kind}Ref-unknown");
        }
        after_with = term == "WITH";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(text: &str) -> Vec<Flaw> {
        judge(text).faults.iter().map(|fault| fault.flaw).collect()
    }

    #[test]
    fn sound_expressions_have_no_flaw() {
        for text in [
            "MIT",
            "Apache-2.0 OR MIT",
            "(MIT AND (BSD-3-Clause or ISC))",
            "GPL-3.0-or-later WITH GCC-exception-3.1",
            "LicenseRef-Proprietary",
            "DocumentRef-x:LicenseRef-y OR MIT",
            "Apache-2.0+",
        ] {
            assert_eq!(flaws(text), [], "{text}");
        }
    }

    #[test]
    fn each_flaw_has_its_name() {
        assert_eq!(flaws(""), [Flaw::Invalid]);
        assert_eq!(flaws("MIT OR"), [Flaw::Invalid]);
        assert_eq!(flaws("MIT/Apache-2.0"), [Flaw::Invalid]);
        assert_eq!(flaws("MIT Apache-2.0"), [Flaw::Invalid]);
        assert_eq!(flaws("(MIT"), [Flaw::Invalid]);
        assert_eq!(flaws("GPL-2.0"), [Flaw::Deprecated]);
        assert_eq!(flaws("GPL-2.0+"), [Flaw::Deprecated]);
        assert_eq!(flaws("Apache2"), [Flaw::Unknown]);
        assert_eq!(flaws("mit"), [Flaw::Casing]);
        assert_eq!(flaws("MIT WITH Nothing-exception"), [Flaw::Unknown]);
        assert_eq!(flaws("LicenseRef-under_score"), [Flaw::Invalid]);
    }

    #[test]
    fn places_and_replacements_are_given() {
        let judged = judge("MIT OR GPL-2.0+");
        assert_eq!(judged.faults[0].span, ByteSpan::new(7, 15));
        assert_eq!(
            judged.faults[0].instead.as_deref(),
            Some("GPL-2.0-or-later")
        );
        assert!(judged.licenses.contains("GPL-2.0-or-later"));
        assert_eq!(
            judge("MIT/ISC").faults[0].instead.as_deref(),
            Some("MIT OR ISC")
        );
        assert_eq!(judge(" mit  or (isc)").canonical, "MIT OR (ISC)");
    }

    #[test]
    fn a_declared_licence_covers_what_may_be_chosen_from_it() {
        for (declared, stated, covered) in [
            ("MIT OR Apache-2.0", "MIT", true),
            ("MIT", "MIT OR GPL-2.0-only", true),
            ("MIT", "MIT AND GPL-2.0-only", false),
            ("GPL-2.0-only", "GPL-2.0", true),
            ("GPL-3.0-only", "GPL-2.0+", true),
            ("LGPL-3.0-only", "GPL-2.0-or-later", false),
            ("MIT", "CC0-1.0", true),
            ("LicenseRef-a", "LicenseRef-b", false),
            ("LicenseRef-a", "LicenseRef-a", true),
        ] {
            assert_eq!(
                judge(declared).covers(&judge(stated)),
                covered,
                "{declared}: {stated}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "[A-Za-z0-9+()/:. é-]{0,60}") {
            for fault in judge(&text).faults {
                proptest::prop_assert!(fault.span.end <= text.len());
            }
        }
    }
}
