// SPDX-License-Identifier: Apache-2.0
//! Which verifier reports count.
//!
//! The reference believes what a packet says of its own reports. In the default mode an entry
//! counts only when it leads to a report that the runtime itself imported or stored, of that very
//! packet, accepted by a JSON boolean, unchanged since where a digest is known.

use crate::object;
use crate::runtime::{Runtime, RuntimeError, layout};
use crate::support::pyjson::{Value, content_hash, display};
use std::collections::BTreeSet;
use std::path::Path;

/// Folders that hold reports; those of providers have one folder each below the last.
const STORED: &str = "reports/verifier";
const PIC: &str = "reports/pic";
const PROVIDERS: &str = "reports/providers";

/// A stored report that an entry leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Relative to the root.
    pub path: String,
    /// Who judged: the folder says it, or, in `reports/verifier`, the report.
    pub provider: String,
    /// The report.
    pub body: Value,
}

/// What the reports of a packet amount to.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    pub(super) accepted: bool,
    pub(super) evidence: Vec<String>,
    pub(super) ignored: Vec<Value>,
}

/// Whether some required verifier has an accepted entry in the packet (the reference's gate).
pub(super) fn declared(packet: &Value) -> bool {
    required(packet).any(|verifier| {
        packet.items("verifier_reports").iter().any(|entry| {
            let same = |mine: &str, theirs: &str| {
                entry.get(mine).is_some() && entry.get(mine) == verifier.get(theirs)
            };
            entry.get("accepted").is_some_and(Value::truthy)
                && (same("provider", "provider") || same("report_id", "verifier_id"))
        })
    })
}

fn required(packet: &Value) -> impl Iterator<Item = &Value> {
    let verifiers = packet.items("verifiers").iter();
    verifiers.filter(|verifier| verifier.get("required").is_some_and(Value::truthy))
}

/// Holds the packet's reports against the store.
pub(super) fn verdict(
    runtime: &Runtime,
    packet: &Value,
    id: &str,
) -> Result<Verdict, RuntimeError> {
    let mut verdict = Verdict::default();
    let needed = quorum(&runtime.settings()?, required(packet).count());
    let mut satisfied = BTreeSet::new();
    let mut count = |provider: &str, report_id: Option<&str>| {
        let mut counted = false;
        for (at, verifier) in required(packet).enumerate() {
            let named = report_id.is_some() && verifier.text("verifier_id") == report_id;
            if named || verifier.text("provider") == Some(provider) {
                satisfied.insert(at);
                counted = true;
            }
        }
        counted
    };
    for entry in packet.items("verifier_reports") {
        let outcome = examine(runtime, entry, id);
        let outcome = outcome.and_then(|report| {
            if count(&report.provider, entry.text("report_id")) {
                Ok(report.path)
            } else {
                Err("no required verifier is of its provider".to_owned())
            }
        });
        match outcome {
            Ok(path) => verdict.evidence.push(path),
            Err(reason) => verdict.ignored.push(object! {
                "reason" => reason,
                "report_id" => entry.get("report_id").cloned(),
            }),
        }
    }
    // A report may have come before its packet: then no entry leads to it yet.
    for stored in runtime.store.about(STORED, id)? {
        let report_id = stored.body.text("report_id").map(str::to_owned);
        let Ok(report) = of_packet(from_folder(stored.path, stored.body), id) else {
            continue;
        };
        if !verdict.evidence.contains(&report.path) && count(&report.provider, report_id.as_deref())
        {
            verdict.evidence.push(report.path);
        }
    }
    verdict.evidence.sort();
    verdict.evidence.dedup();
    verdict.accepted = needed > 0 && satisfied.len() >= needed;
    Ok(verdict)
}

/// How many required verifiers must accept: `verifier_quorum` of the configuration, a number or
/// `all`; one when it is silent.
pub(in crate::runtime) fn quorum(settings: &Value, required: usize) -> usize {
    let asked = match settings.get("verifier_quorum") {
        Some(Value::String(all)) if all == "all" => required,
        Some(number) => number
            .as_i64()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(1),
        None => 1,
    };
    asked.clamp(1, required.max(1)).min(required)
}

/// The report that an entry of a packet leads to, if it counts.
fn examine(runtime: &Runtime, entry: &Value, packet: &str) -> Result<Resolved, String> {
    if entry.get("accepted") != Some(&Value::Bool(true)) {
        return Err("it does not accept".to_owned());
    }
    let reference = entry.text("ref").unwrap_or_default();
    let report = resolve(
        runtime,
        reference,
        entry.text("report_id").unwrap_or_default(),
    )?;
    if entry.text("provider") != Some(report.provider.as_str()) {
        return Err(format!(
            "the stored report is of provider {}",
            report.provider
        ));
    }
    of_packet(Ok(report), packet)
}

/// A stored report that accepts this packet.
fn of_packet(report: Result<Resolved, String>, packet: &str) -> Result<Resolved, String> {
    let report = report?;
    let of = report.body.get("packet_id");
    if of.and_then(Value::as_str) != Some(packet) {
        let of = of.map_or_else(|| "none".to_owned(), display);
        return Err(format!("the stored report is of packet {of}"));
    }
    if report.body.get("accepted") != Some(&Value::Bool(true)) {
        return Err("the stored report does not accept".to_owned());
    }
    Ok(report)
}

/// Finds the report that a reference (a path below the root or an absolute one, with
/// `#sha256=<hex>` behind when a digest is claimed) or, failing that, an id names.
///
/// # Errors
/// Why there is none, in words for people.
pub fn resolve(runtime: &Runtime, reference: &str, report_id: &str) -> Result<Resolved, String> {
    let (path, digest) = match reference.split_once("#sha256=") {
        Some((path, digest)) => (path, Some(digest)),
        None => (reference, None),
    };
    let path = Path::new(path);
    let relative = path.strip_prefix(runtime.root()).unwrap_or(path);
    let named = relative.to_str().map(|path| path.replace('\\', "/"));
    let by_id = [STORED, PIC].map(|folder| format!("{folder}/{}", layout::file_name(report_id)));
    let candidates = named
        .into_iter()
        .chain(by_id.into_iter().filter(|_| !report_id.is_empty()));
    for candidate in candidates.filter(|path| is_report_path(path)) {
        let body = match runtime.store.read(&candidate) {
            Ok(Some(body)) => body,
            Ok(None) => continue,
            Err(error) => {
                runtime.store.skip(&candidate, error.to_string());
                continue;
            }
        };
        if digest.is_some_and(|digest| digest != content_hash(&body)) {
            return Err("the digest of the stored report is another".to_owned());
        }
        return from_folder(candidate, body);
    }
    Err("no imported or stored report stands behind it".to_owned())
}

/// Whether a path leads to a report of ours: below the three folders, with no way out.
fn is_report_path(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let plain = parts
        .iter()
        .all(|part| !part.is_empty() && *part != "." && *part != "..");
    let depth = matches!(
        parts[..],
        ["reports", "verifier" | "pic", _] | ["reports", "providers", _, _]
    );
    plain && depth && path.ends_with(".json")
}

/// Whose report it is; a report that carries its own digest must still have it.
fn from_folder(path: String, body: Value) -> Result<Resolved, String> {
    if let Some(claimed) = body.text("content_sha256")
        && claimed != digest(&body)
    {
        return Err("the stored report was changed after it was added".to_owned());
    }
    let provider = if path.starts_with(PIC) {
        Some("pic")
    } else if path.starts_with(PROVIDERS) {
        path.split('/').nth(2)
    } else {
        body.text("provider")
    };
    let provider = provider.unwrap_or_default().to_owned();
    Ok(Resolved {
        path,
        provider,
        body,
    })
}

/// The digest of a report: over its canonical form without the key that holds it.
pub(in crate::runtime) fn digest(report: &Value) -> String {
    let mut plain = report.clone();
    if let Some(object) = plain.as_object_mut() {
        object.remove("content_sha256");
    }
    content_hash(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_report_folders_are_looked_into() {
        assert!(is_report_path("reports/verifier/a.json"));
        assert!(is_report_path("reports/providers/http/a.json"));
        for path in [
            "packets/raw/a.json",
            "reports/verifier/../../a.json",
            "reports/pic/x/a.json",
            "reports/providers/a.json",
            "/reports/pic/a.json",
            "reports/pic/a.txt",
        ] {
            assert!(!is_report_path(path), "{path}");
        }
    }
}
