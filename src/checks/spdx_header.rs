// SPDX-License-Identifier: Apache-2.0
//! Judges the SPDX header of one file: its expression, and where and how it stands.

use super::EntryCheck;
use super::params::{draft, fault};
use super::spdx::exempt;
use super::spdx::expression::{Flaw, judge};
use super::spdx::header::{self, Standing};
use crate::artifact::EntryKind;
use crate::classify::{Classified, CommentStyle};
use crate::model::{ByteSpan, Draft, Severity};
use crate::rules::Rule;

/// `check = "spdx-header"`, with `fault` = `invalid`, `unknown`, `late` or `foreign`.
pub(super) struct SpdxHeader;

impl EntryCheck for SpdxHeader {
    fn name(&self) -> &'static str {
        "spdx-header"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        *entry.entry_kind == EntryKind::File
            && entry.kind.comments != CommentStyle::None
            && !entry.text.is_binary()
            && header::mentions(entry.text.bytes())
            && !exempt::vendored(entry.path.name())
            && !exempt::test_data(entry.path.name())
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let text = entry.text.bytes();
        let wanted = fault(rule);
        for header in header::find(text, entry.kind) {
            let found = |description: String| draft(rule, entry.path, description).at(header.span);
            match (wanted, header.standing) {
                ("late", Standing::Late) => out.push(found(format!(
                    "The SPDX header stands on line {}, too far down for readers and tools that look at the head of a file.",
                    header.line
                ))),
                ("foreign", Standing::Foreign) => out.push(found(format!(
                    "The SPDX header stands in a comment form that {} does not have.",
                    entry.kind.id
                ))),
                ("invalid" | "unknown", Standing::Head) => {
                    let expression = header.expression(text);
                    // SPDX documents' words for "nothing" and "not said" are no licences.
                    if matches!(expression.as_ref(), "NONE" | "NOASSERTION") {
                        continue;
                    }
                    for flaw in judge(&expression).faults {
                        let matching = match flaw.flaw {
                            Flaw::Invalid | Flaw::Casing => wanted == "invalid",
                            Flaw::Unknown => wanted == "unknown",
                            Flaw::Deprecated => false,
                        };
                        if !matching {
                            continue;
                        }
                        let start = header.span.start + flaw.span.start;
                        let span = ByteSpan::new(start, header.span.start + flaw.span.end);
                        let mut draft =
                            draft(rule, entry.path, format!("In the SPDX header: {}.", flaw.detail)).at(span);
                        if flaw.flaw == Flaw::Casing {
                            draft = draft.severity(Severity::Info);
                        }
                        if let Some(instead) = flaw.instead {
                            draft = draft.repair(format!("Write `{instead}`."));
                        }
                        out.push(draft);
                    }
                }
                _ => {}
            }
        }
    }
}
