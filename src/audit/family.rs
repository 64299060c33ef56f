// SPDX-License-Identifier: Apache-2.0
//! Families that bring their own inputs: PIC, PGS, evidence and governance. A family loads,
//! judges and hands over drafts; placing, redaction, waivers, baseline, order, fingerprints and
//! verdict are the same as for a scan.

use super::collect::Collected;
use super::engine::Engine;
use super::error::AuditError;
use super::finish::{self, Frame};
pub use super::inputs::Family;
use super::resolve::Pending;
use crate::config::Config;
use crate::matching::Lent;
use crate::model::{Confidence, EntryPath, Judged, Report, Severity};
use crate::{governance, pgs, pic};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt::Display;
use std::io;

/// One audit by a family.
pub struct FamilyRequest<'a> {
    /// Root as given, for the report.
    pub root: String,
    /// Rules.
    pub engine: &'a Engine,
    /// Policy.
    pub config: &'a Config,
    /// Refuse at this severity; blocking findings decide when absent.
    pub fail_on: Option<Severity>,
    /// Leave out what is less certain.
    pub min_confidence: Confidence,
    /// A blocking rule that could not be evaluated refuses too.
    pub strict: bool,
    /// Day that waivers' dates are held against.
    pub as_of: String,
    /// Time of the report.
    pub created_at: String,
}

/// Runs a family.
///
/// # Errors
/// As [`Family::judge`].
pub fn run(request: &FamilyRequest<'_>, family: &dyn Family) -> Result<Report, AuditError> {
    let engine = request.engine;
    let mut collected = Collected::default();
    let judged = collect(engine, family, &mut collected)?;
    let frame = Frame {
        engine,
        config: request.config,
        source: family.source(),
        root: request.root.clone(),
        dist: None,
        fail_on: request.fail_on,
        min_confidence: request.min_confidence,
        as_of: &request.as_of,
        created_at: &request.created_at,
        is_history: false,
        facts: judged.facts,
    };
    let mut report = finish::frame(frame, collected, judged.scanned, Vec::new())?;
    let open = judged.not_evaluated.iter().any(|(id, _)| {
        let rule = engine.rule(id).map(|(_, rule)| &rule.meta);
        rule.is_some_and(|meta| meta.is_blocking(meta.severity, meta.confidence))
    });
    if request.strict && open {
        report.verdict = crate::model::Verdict::Refused;
    }
    Ok(report)
}

/// Runs a family and adds what it found to what was collected.
///
/// # Errors
/// As [`Family::judge`].
pub(super) fn collect(
    engine: &Engine,
    family: &dyn Family,
    collected: &mut Collected,
) -> Result<Judged, AuditError> {
    let mut judged = family.judge(&engine.lent())?;
    let drafts = std::mem::take(&mut judged.drafts);
    let placed = Pending::of_texts(engine, drafts, &judged.texts);
    collected.pending.extend(placed);
    Ok(judged)
}

/// Adds what a family found to the findings of a scan over the same files. What both engines saw is
/// one finding, under the family's rule (`docs/formats.md`, "One engine, one finding").
///
/// # Errors
/// As [`Family::judge`].
pub(super) fn join(
    engine: &Engine,
    family: &dyn Family,
    collected: &mut Collected,
) -> Result<Map<String, Value>, AuditError> {
    let mut own = Collected::default();
    let judged = collect(engine, family, &mut own)?;
    let bytes = |pending: &Pending| {
        let place = pending.place.as_ref()?;
        Some((pending.path.clone(), place.byte_start?, place.byte_end?))
    };
    let seen: HashSet<_> = own.pending.iter().filter_map(bytes).collect();
    collected.pending.retain(|pending| {
        let general = matches!(pending.rule.meta.id.family(), "path" | "secret");
        !general || bytes(pending).is_none_or(|place| !seen.contains(&place))
    });
    collected.pending.append(&mut own.pending);
    Ok(judged.facts)
}

/// `audit pic`.
pub struct Pic(pub pic::Options);

impl Family for Pic {
    fn id(&self) -> &'static str {
        "pic"
    }

    fn source(&self) -> &'static str {
        "ccr.audit.pic"
    }

    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError> {
        pic::audit(&self.0, lent.rules()).map_err(|error| match error {
            pic::PicError::Rules(faults) => AuditError::Rules(faults),
            pic::PicError::Input(error) => input_error(&self.0.pic_root.display(), error),
        })
    }
}

/// `pgs validate`.
pub struct Pgs(pub pgs::validate::Options);

impl Family for Pgs {
    fn id(&self) -> &'static str {
        "pgs"
    }

    fn source(&self) -> &'static str {
        "ccr.audit.pgs"
    }

    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError> {
        pgs::validate::validate(&self.0, lent.rules()).map_err(|error| {
            let path = self.0.snapshot.display().to_string();
            match error {
                pgs::validate::ValidateError::Empty => AuditError::Empty(path),
                pgs::validate::ValidateError::Compared(path, cause) => {
                    AuditError::Input { path, cause }
                }
                pgs::validate::ValidateError::Input(error) => input_error(&path, error),
            }
        })
    }
}

/// `audit trace`.
pub struct PgsTrace<'a>(pub pgs::examine::audit::Options<'a>);

impl Family for PgsTrace<'_> {
    fn id(&self) -> &'static str {
        "pgs"
    }

    fn source(&self) -> &'static str {
        "ccr.audit.trace"
    }

    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError> {
        pgs::examine::audit::audit(&self.0, lent.rules())
            .map_err(|error| input_error(&self.0.trace.display(), error))
    }
}

/// `audit governance`.
pub struct Governance<'a> {
    /// What is judged.
    pub options: governance::audit::PlanOptions<'a>,
    /// What findings' paths begin with: the governance root below the root of the report, with a
    /// final slash.
    pub prefix: String,
}

impl Family for Governance<'_> {
    fn id(&self) -> &'static str {
        "cto"
    }

    fn name(&self) -> &'static str {
        "governance"
    }

    fn source(&self) -> &'static str {
        "ccr.audit.governance"
    }

    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError> {
        let mut judged = governance::audit::governance(&self.options, lent)
            .map_err(|unreadable| input_error(&unreadable.path.display(), unreadable.cause))?;
        if !self.prefix.is_empty() {
            let below =
                |path: &EntryPath| EntryPath::root(&format!("{}{}", self.prefix, path.name()));
            for draft in &mut judged.drafts {
                draft.path = below(&draft.path);
            }
            let texts = std::mem::take(&mut judged.texts).into_iter();
            judged.texts = texts.map(|(path, bytes)| (below(&path), bytes)).collect();
        }
        Ok(judged)
    }
}

/// `audit evidence`.
pub struct Evidence<'a>(pub governance::audit::RunOptions<'a>);

impl Family for Evidence<'_> {
    fn id(&self) -> &'static str {
        "cto"
    }

    fn source(&self) -> &'static str {
        "ccr.audit.evidence"
    }

    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError> {
        governance::audit::evidence(&self.0, lent)
            .map_err(|unreadable| input_error(&unreadable.path.display(), unreadable.cause))
    }
}

/// What was named cannot be read.
fn input_error(path: &dyn Display, error: io::Error) -> AuditError {
    AuditError::Input {
        path: path.to_string(),
        cause: error.to_string(),
    }
}
