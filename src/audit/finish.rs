// SPDX-License-Identifier: Apache-2.0
//! From placed findings to the report: policy, order, fingerprints, identifiers, verdict.

use super::collect::Collected;
use super::engine::Engine;
use super::error::AuditError;
use super::kin;
use super::request::{Request, Target};
use super::resolve::Pending;
use super::suppress;
use crate::classify::is_test_material;
use crate::config::Config;
use crate::discover;
use crate::model::{
    BroughtIn, Confidence, Draft, EntryPath, Finding, Fingerprint, FingerprintInput, Report,
    Residual, Scanned, Severity, Skipped, Subject, ToolInfo, Totals, Verdict,
};
use crate::support::json::stable_id;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What a report says apart from what was found, and the policy that it was found under.
pub(super) struct Frame<'a> {
    pub(super) engine: &'a Engine,
    pub(super) config: &'a Config,
    pub(super) source: &'a str,
    pub(super) root: String,
    pub(super) dist: Option<PathBuf>,
    pub(super) fail_on: Option<Severity>,
    pub(super) min_confidence: Confidence,
    pub(super) as_of: &'a str,
    pub(super) created_at: &'a str,
    /// History is read: waivers in old texts cannot be mended, and what stands in the tree alone
    /// needs its waivers still.
    pub(super) is_history: bool,
    pub(super) facts: Map<String, Value>,
}

/// Makes the report of a scan.
///
/// # Errors
/// As [`frame`].
pub(super) fn report(
    request: &Request<'_>,
    collected: Collected,
    scanned: Scanned,
    skipped: Vec<Skipped>,
    dist: Option<PathBuf>,
    facts: Map<String, Value>,
) -> Result<Report, AuditError> {
    let source = match request.target {
        Target::Release { .. } => "ccr.audit.release",
        Target::Repo { .. } => "ccr.audit.repo",
        Target::Paths(_) | Target::Bytes(_) => "ccr.scan",
        Target::History { .. } => "ccr.scan.history",
    };
    let frame = Frame {
        engine: request.engine,
        config: request.config,
        source,
        root: request.root.clone(),
        dist,
        fail_on: request.fail_on,
        min_confidence: request.min_confidence,
        as_of: &request.as_of,
        created_at: &request.created_at,
        is_history: matches!(request.target, Target::History { .. }),
        facts,
    };
    self::frame(frame, collected, scanned, skipped)
}

/// Makes a report.
///
/// # Errors
/// A rule that was needed does not compile: what did not run leaves no verdict.
pub(super) fn frame(
    request: Frame<'_>,
    mut collected: Collected,
    scanned: Scanned,
    mut skipped: Vec<Skipped>,
) -> Result<Report, AuditError> {
    let engine = request.engine;
    engine.faults().map_err(AuditError::Rules)?;
    let source = request.source;
    let mut pending = std::mem::take(&mut collected.pending);
    suppress::waivers(
        engine,
        request.config,
        (request.as_of, request.is_history),
        &collected.waivers,
        &mut pending,
    );
    kin::fold(&mut pending);
    let mut findings = findings(pending, source, request.created_at, request.min_confidence);

    if let Some((file, baseline)) = &request.config.baseline {
        let told = suppress::baseline(
            engine,
            baseline,
            (request.as_of, request.is_history),
            &mut findings,
        );
        let path = EntryPath::root(file);
        let stale: Vec<Pending> = told
            .into_iter()
            .filter_map(|(rule, what)| {
                let (_, rule) = engine.rule(rule)?;
                let draft = Draft::new(rule.meta.id.clone(), &path, what);
                Some(Pending::of_draft(rule, draft, None))
            })
            .collect();
        findings.extend(self::findings(
            stale,
            source,
            request.created_at,
            request.min_confidence,
        ));
    }
    findings.sort_by(|a, b| order(a).cmp(&order(b)));

    let totals = Totals::of(findings.iter().filter(|f| f.suppressed.is_none()));
    let mut rules = BTreeMap::new();
    for finding in &findings {
        if let Some((_, rule)) = engine.rule(finding.rule_id.as_str()) {
            rules
                .entry(finding.rule_id.clone())
                .or_insert_with(|| rule.meta.clone());
        }
    }
    let refused = findings
        .iter()
        .filter(|f| f.suppressed.is_none())
        .any(|f| refuses(f, request.fail_on));
    let ids: Vec<Value> = findings.iter().map(|f| json!(f.finding_id)).collect();
    skipped.sort();
    let prefix = match source {
        "ccr.scan" => "scan".to_owned(),
        "ccr.scan.history" => "scan-history".to_owned(),
        _ => format!("{}-audit", source.rsplit('.').next().unwrap_or(source)),
    };
    Ok(Report {
        source: source.to_owned(),
        tool: ToolInfo {
            name: "ccr".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        root: request.root,
        dist: request.dist.map(|folder| discover::show(&folder)),
        profile: engine.profile.clone(),
        rules_digest: engine.digest.clone(),
        created_at: request.created_at.to_owned(),
        as_of: request.as_of.to_owned(),
        // Content, not place: the same tree audited elsewhere has the same id.
        report_id: stable_id(&prefix, &[json!(engine.digest), Value::Array(ids)]),
        verdict: if refused {
            Verdict::Refused
        } else {
            Verdict::Accepted
        },
        findings,
        rules: rules.into_values().collect(),
        scanned,
        skipped,
        totals,
        facts: request.facts,
    })
}

/// Whether this finding stands in the way.
fn refuses(finding: &Finding, fail_on: Option<Severity>) -> bool {
    match fail_on {
        Some(threshold) => finding.severity >= threshold,
        None => finding.blocking,
    }
}

/// Where a path stands in a report: of a path in history, the older commit first.
fn rank<'p>(path: &'p EntryPath, origin: Option<&Arc<BroughtIn>>) -> (&'p [Arc<str>], u32) {
    match origin {
        Some(origin) => (path.segments().get(1..).unwrap_or_default(), origin.order),
        None => (path.segments(), 0),
    }
}

fn key(p: &Pending) -> ((&[Arc<str>], u32), Option<u64>) {
    let start = p.place.as_ref().and_then(|place| place.byte_start);
    (rank(&p.path, p.origin.as_ref()), start)
}

type Order<'f> = ((&'f [Arc<str>], u32), Option<u64>, &'f str, &'f str);

fn order(finding: &Finding) -> Order<'_> {
    let start = finding.place.as_ref().and_then(|place| place.byte_start);
    (
        rank(&finding.path, finding.brought_in.as_ref()),
        start,
        finding.rule_id.as_str(),
        &finding.description,
    )
}

/// Orders, numbers and identifies.
fn findings(
    mut pending: Vec<Pending>,
    source: &str,
    created_at: &str,
    min_confidence: crate::model::Confidence,
) -> Vec<Finding> {
    pending.retain(|p| p.confidence >= min_confidence);
    pending.retain(|p| !is_listing_of_test_archive(p));
    pending.iter_mut().for_each(in_test_archive);
    pending.sort_by(|a, b| {
        (key(a), &a.rule.meta.id, &a.description).cmp(&(key(b), &b.rule.meta.id, &b.description))
    });
    pending.dedup_by(|a, b| {
        a.rule.meta.id == b.rule.meta.id
            && a.path == b.path
            && a.place == b.place
            && a.description == b.description
    });
    let mut ordinals: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    pending
        .into_iter()
        .map(|p| {
            let inside = p.known_at.clone();
            let inside = inside.unwrap_or_else(|| p.path.inside_artifact());
            let line = p.identity.clone().or_else(|| p.snippet.clone());
            let line = line.unwrap_or_else(|| p.description.clone());
            let key = (p.rule.meta.id.to_string(), inside.clone(), line.clone());
            let ordinal = ordinals.entry(key).and_modify(|n| *n += 1).or_insert(0);
            let fingerprint = Fingerprint::compute(FingerprintInput {
                rule: p.rule.meta.id.as_str(),
                path: &inside,
                line: &line,
                ordinal: *ordinal,
            });
            finding(p, fingerprint, source, created_at)
        })
        .collect()
}

/// Whether a container around the finding stands in test material.
fn is_in_test_archive(p: &Pending) -> bool {
    let segments = p.path.segments();
    let inner = segments
        .get(1..segments.len().max(2) - 1)
        .unwrap_or_default();
    inner.iter().any(|name| is_test_material(name))
}

/// Nobody left a file behind in an archive that was packed as the input of a test: there the name
/// of a member says nothing, only its content does.
fn is_listing_of_test_archive(p: &Pending) -> bool {
    p.rule.meta.id.as_str().starts_with("artifact-") && is_in_test_archive(p)
}

/// A container that stands in test material holds test material, whatever its own names say. What
/// was left unread weighs the same everywhere, and so does a secret that a checksum proved real: in a
/// plain file of the test it weighs no less.
fn in_test_archive(p: &mut Pending) {
    let unread = p.rule.meta.id.as_str().starts_with("archive-budget-");
    if p.severity > Severity::Low && !unread && !p.proved && is_in_test_archive(p) {
        p.severity = Severity::Low;
        p.description
            .push_str(" Rated low, since the archive around it is test material.");
    }
}

fn finding(mut p: Pending, fingerprint: Fingerprint, source: &str, created_at: &str) -> Finding {
    // After the fingerprint was made, which outlives a commit that is written anew.
    if let Some(origin) = &p.origin {
        p.description.push_str(&brought_in(origin));
    }
    let meta = &p.rule.meta;
    let blocking = meta.is_blocking(p.severity, p.confidence);
    let kind = meta.kind.clone().unwrap_or_else(|| meta.id.to_string());
    let finding_id = format!("finding:{fingerprint}");
    let location = match p
        .place
        .as_ref()
        .and_then(|place| place.line.zip(place.column))
    {
        Some((line, column)) => format!("{}:{line}:{column}", p.path),
        None => p.path.to_string(),
    };
    let residual = residual(ResidualInput {
        finding_id: &finding_id,
        finding_kind: &kind,
        description: &p.description,
        blocking,
        severity: p.severity.as_str(),
        location: &location,
        repair_hint: &p.repair,
        source,
        created_at,
        kind: meta.residual.as_deref(),
        subject: p.subject.as_deref(),
    });
    Finding {
        finding_id,
        kind,
        rule_id: meta.id.clone(),
        severity: p.severity,
        confidence: p.confidence,
        blocking,
        location,
        place: p.place,
        description: p.description,
        repair_hint: p.repair,
        snippet: p.snippet,
        fingerprint,
        references: meta.prose().references.clone(),
        suppressed: p.suppressed,
        residual_ready: residual,
        brought_in: p.origin,
        marks: p.marks,
        path: p.path,
    }
}

/// The sentence on how something came into history.
fn brought_in(origin: &BroughtIn) -> String {
    let mut text = match (&origin.commit, &origin.authored_at) {
        (Some(commit), Some(time)) => {
            let day = time.split('T').next().unwrap_or(time);
            format!(" Brought in by commit {commit} of {day}")
        }
        (Some(commit), None) => format!(" Brought in by commit {commit}"),
        (None, _) => " Named by a reference, in no commit".to_owned(),
    };
    if origin.repeated > 0 {
        text.push_str(&format!(
            "; found {} more times in the history of this path",
            origin.repeated
        ));
    }
    text.push('.');
    text
}

/// What a finding's residual says (CCR specification, section 8).
pub(super) struct ResidualInput<'a> {
    pub(super) finding_id: &'a str,
    pub(super) finding_kind: &'a str,
    pub(super) description: &'a str,
    pub(super) blocking: bool,
    pub(super) severity: &'a str,
    pub(super) location: &'a str,
    pub(super) repair_hint: &'a str,
    pub(super) source: &'a str,
    pub(super) created_at: &'a str,
    /// Kind that the rule gives it.
    pub(super) kind: Option<&'a str>,
    /// What it is about, when it is not the place.
    pub(super) subject: Option<&'a Subject>,
}

/// The finding as protocol state.
pub(super) fn residual(input: ResidualInput<'_>) -> Residual {
    let kind = match input.finding_kind {
        _ if input.kind.is_some() => input.kind.unwrap_or_default(),
        "provider_missing" => "provider_missing",
        kind if kind.starts_with("missing") => "missing_evidence",
        _ => "other",
    };
    let refs = vec![input.location.to_owned()];
    let object_type = input
        .subject
        .map_or("runtime", |subject| subject.object_type);
    let object_id = input
        .subject
        .map_or(input.location, |subject| &subject.object_id);
    let residual_id = stable_id(
        "residual",
        &[
            json!(kind),
            json!(input.description),
            json!(input.blocking),
            json!(object_type),
            json!(object_id),
            json!(refs),
            json!(input.source),
        ],
    );
    let mut extensions = Map::new();
    extensions.insert("finding_id".to_owned(), json!(input.finding_id));
    extensions.insert("finding_kind".to_owned(), json!(input.finding_kind));
    for (key, value) in input.subject.map_or(&[][..], |subject| &subject.extensions) {
        extensions.insert((*key).to_owned(), json!(value));
    }
    Residual {
        blocking: input.blocking,
        created_at: input.created_at.to_owned(),
        description: input.description.to_owned(),
        extensions,
        kind: kind.to_owned(),
        object_id: object_id.to_owned(),
        object_type: object_type.to_owned(),
        refs,
        repair_hint: input.repair_hint.to_owned(),
        residual_id,
        schema_version: "ccr.residual.v0.1".to_owned(),
        severity: input.severity.to_owned(),
        source: input.source.to_owned(),
        status: "open".to_owned(),
    }
}
