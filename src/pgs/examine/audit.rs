// SPDX-License-Identifier: Apache-2.0
//! An examination as judgements of rules.

use super::{Against, Examination, Reached, Verify, examine, report};
use crate::model::{Draft, EntryPath, Judged};
use crate::pgs::limits::Limits;
use crate::pgs::trace::fault;
use crate::pgs::trace::reader::covered;
use crate::pgs::trace::record::COVERED;
use crate::rules::Rule;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What to audit.
#[derive(Default)]
pub struct Options<'a> {
    /// The trace.
    pub trace: PathBuf,
    /// Bounds.
    pub limits: Limits,
    /// What it is held against.
    pub against: Against<'a>,
}

/// Whether a rule table may name this check.
pub fn is_check(name: &str) -> bool {
    fault::ALL.contains(&name)
}

/// Reads the trace and judges it by the rules of this family that speak of traces. What is handed
/// over of the trace has its recorded values covered.
///
/// # Errors
/// It cannot be read, or is larger than allowed.
pub fn audit(options: &Options<'_>, rules: &[Arc<Rule>]) -> io::Result<Judged> {
    let bytes = crate::pgs::files::read_bounded(&options.trace, options.limits.trace_bytes)?;
    let found = examine(
        bytes.as_slice(),
        &options.limits,
        Verify::All,
        &options.against,
    )?;
    let path = EntryPath::root(&EntryPath::escape(
        options.trace.to_string_lossy().as_bytes(),
    ));
    let mut judged = Judged {
        facts: report::facts(&found),
        not_evaluated: not_evaluated(&found, rules),
        ..Judged::default()
    };
    judged.scanned.files = 1;
    judged.scanned.bytes = bytes.len() as u64;
    if found.trace.generation.is_none() {
        let text = "No line tells of a form of traces";
        judged
            .drafts
            .push(Draft::new(fault::UNREADABLE, &path, text));
    }
    for one in &found.breaks {
        let draft = Draft::new(one.rule, &path, one.message.clone());
        judged.drafts.push(draft.at(one.span));
    }
    if !judged.drafts.is_empty() {
        judged.texts.insert(path, without_values(&bytes));
    }
    Ok(judged)
}

/// The file with every recorded value covered: places stay, contents go.
fn without_values(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, end) = match line.strip_suffix(b"\n") {
            Some(content) => (content, &b"\n"[..]),
            None => (line, &b""[..]),
        };
        out.extend(covered(content, COVERED));
        out.extend(end);
    }
    out
}

/// Rules whose level could not be looked at.
fn not_evaluated(found: &Examination, rules: &[Arc<Rule>]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for rule in rules {
        let id = rule.meta.id.as_str();
        let level = match id {
            fault::WORKFLOW | fault::NODE | fault::EDGE | fault::STEP | fault::EXIT => "graph",
            fault::REPLAY => "replay",
            fault::EFFECT => "effects",
            _ => continue,
        };
        let reached = found.levels.iter().find(|(known, _)| known.name() == level);
        match reached {
            Some((_, Reached::Open(why))) => out.push((id.to_owned(), why.clone())),
            None => out.push((
                id.to_owned(),
                format!("{level}: nothing to hold it against"),
            )),
            Some(_) => {}
        }
    }
    out
}
