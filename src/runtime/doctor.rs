// SPDX-License-Identifier: Apache-2.0
//! `ccr doctor`: what a kill, a crash or another hand left behind, and how to mend it.
//!
//! Reporting changes nothing. With repair, only what cannot lose anything is mended: an unfinished
//! change is finished, temporary files go, the older of two copies of one document goes when they
//! differ in status alone, a torn line is ended, the index is made anew.

use super::store::{Draft, verify_chain};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError, index, layout};
use crate::object;
use crate::support::pyjson::{Value, content_hash};
use std::collections::BTreeMap;

/// One thing that is not as it should be.
#[derive(Debug, Clone)]
struct Finding {
    kind: &'static str,
    path: String,
    description: String,
    repair: &'static str,
    /// Whether it is mended, or was only a note.
    settled: bool,
}

/// A document as the doctor sees it.
struct Seen {
    path: String,
    id: Option<String>,
    status: String,
    updated_at: String,
    /// Digest of the document, as the index lists it.
    hash: String,
}

/// Examines the runtime; with `repair` mends what can be mended without loss.
///
/// # Errors
/// The disk or the index failed.
pub fn run(runtime: &Runtime, repair: bool) -> Answer {
    let mut findings = Vec::new();
    journal(runtime, repair, &mut findings)?;
    temporaries(runtime, repair, &mut findings)?;
    let documents = documents(runtime, &mut findings)?;
    statuses(&documents, &mut findings);
    log(runtime, repair, &mut findings)?;
    copies(runtime, repair, &documents, &mut findings)?;
    let count = documents.len();
    index_rows(runtime, repair, documents, &mut findings)?;
    let open = findings.iter().filter(|f| !f.settled).count();
    let listed: Vec<Value> = findings
        .iter()
        .map(|finding| {
            object! {
                "description" => finding.description.as_str(),
                "kind" => finding.kind,
                "path" => finding.path.as_str(),
                "repair" => finding.repair,
                "repaired" => repair && finding.settled,
            }
        })
        .collect();
    let body = object! {
        "documents" => count,
        "finding_count" => findings.len(),
        "findings" => listed,
        "ok" => open == 0,
        "open_finding_count" => open,
        "repair" => repair,
        "root" => runtime.root().display().to_string(),
        "schema_version" => "ccr.doctor_report.v1",
    };
    Ok(Reply::ending(
        body,
        if open == 0 {
            Outcome::Done
        } else {
            Outcome::Refused
        },
    ))
}

/// An unfinished change.
fn journal(
    runtime: &Runtime,
    repair: bool,
    findings: &mut Vec<Finding>,
) -> Result<(), RuntimeError> {
    if runtime.store.exists(layout::TORN_JOURNAL) {
        let aside = runtime.store.path(layout::TORN_JOURNAL);
        findings.push(Finding {
            kind: "torn-journal",
            path: layout::TORN_JOURNAL.to_owned(),
            description: "the machine lost power while a change was written down".to_owned(),
            repair: "the change did not answer; see whether it was done, then remove the file",
            settled: repair && std::fs::remove_file(aside).is_ok(),
        });
    }
    if !runtime.store.exists(layout::JOURNAL) {
        return Ok(());
    }
    let mut settled = false;
    if repair {
        // Starting a change finishes the one before.
        drop(runtime.store.begin()?);
        settled = !runtime.store.exists(layout::JOURNAL);
    }
    findings.push(Finding {
        kind: "unfinished-change",
        path: layout::JOURNAL.to_owned(),
        description: "a command was ended before its change was done".to_owned(),
        repair: "the next command that changes anything finishes it; so does --repair",
        settled,
    });
    Ok(())
}

/// Temporary files of writers that were ended.
fn temporaries(
    runtime: &Runtime,
    repair: bool,
    findings: &mut Vec<Finding>,
) -> Result<(), RuntimeError> {
    // Under the lock no writer of ours has one open.
    let _held = if repair {
        Some(runtime.store.begin()?)
    } else {
        None
    };
    for folder in layout::DIRECTORIES.iter().chain(&[""]) {
        let Ok(entries) = std::fs::read_dir(runtime.store.path(folder)) else {
            continue;
        };
        let mut names: Vec<_> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| {
                name.starts_with(".tmp") || (name.starts_with('.') && name.ends_with(".tmp"))
            })
            .collect();
        names.sort_unstable();
        for name in names {
            let path = format!("{folder}/{name}")
                .trim_start_matches('/')
                .to_owned();
            let settled = repair && std::fs::remove_file(runtime.store.path(&path)).is_ok();
            findings.push(Finding {
                kind: "orphan-temporary-file",
                path,
                description: "a writer was ended before it renamed its file".to_owned(),
                repair: "remove the file",
                settled,
            });
        }
    }
    Ok(())
}

/// Every document that has an id, by folder; what cannot be read is a finding.
fn documents(runtime: &Runtime, findings: &mut Vec<Finding>) -> Result<Vec<Seen>, RuntimeError> {
    let mut seen = Vec::new();
    for (family, statuses) in families() {
        for status in statuses {
            let folder = format!("{family}/{status}");
            seen.extend(runtime.store.map(&folder, |path, body| {
                let text = |key: &str| body.text(key).unwrap_or_default().to_owned();
                Seen {
                    path: path.to_owned(),
                    id: id_of(path, &body).map(str::to_owned),
                    status: text("status"),
                    updated_at: text("updated_at"),
                    hash: content_hash(&body),
                }
            })?);
        }
    }
    for file in runtime.store.skipped() {
        findings.push(Finding {
            kind: "unreadable-document",
            path: file.path,
            description: file.reason,
            repair: "mend the file or move it out of the folder",
            settled: false,
        });
    }
    Ok(seen)
}

fn families() -> [(&'static str, &'static [&'static str]); 3] {
    [
        ("packets", &layout::PACKET_STATUSES),
        ("tasks", &layout::TASK_STATUSES),
        ("residuals", &layout::RESIDUAL_STATUSES),
    ]
}

fn id_of<'a>(path: &str, body: &'a Value) -> Option<&'a str> {
    let family = path.split('/').next().unwrap_or_default();
    body.text(&format!("{}_id", family.trim_end_matches('s')))
}

/// Status and name against the folder and the file.
fn statuses(documents: &[Seen], findings: &mut Vec<Finding>) {
    for document in documents {
        let mut parts = document.path.rsplit('/');
        let name = parts.next().unwrap_or_default();
        let folder = parts.next().unwrap_or_default();
        let status = document.status.as_str();
        let mut add = |kind, description, repair| {
            findings.push(Finding {
                kind,
                path: document.path.clone(),
                description,
                repair,
                settled: false,
            });
        };
        if status != folder {
            add(
                "status-differs-from-folder",
                format!("the body says `{status}`, the folder `{folder}`"),
                "set the status in the file to that of the folder, or move the file",
            );
        }
        match document.id.as_deref() {
            Some(id) if name == layout::file_name(id) || name == layout::suffixed_file_name(id) => {
            }
            Some(id) => add(
                "name-differs-from-id",
                format!("the id `{id}` belongs in {}", layout::file_name(id)),
                "rename the file",
            ),
            None => add(
                "id-missing",
                "the document has no id".to_owned(),
                "give it its id",
            ),
        }
    }
}

/// One document in two folders: what a move that is not atomic leaves.
fn copies(
    runtime: &Runtime,
    repair: bool,
    documents: &[Seen],
    findings: &mut Vec<Finding>,
) -> Result<(), RuntimeError> {
    let mut by_id: BTreeMap<(&str, &str), Vec<&Seen>> = BTreeMap::new();
    for document in documents {
        let family = document.path.split('/').next().unwrap_or_default();
        if let Some(id) = &document.id {
            by_id
                .entry((family, id.as_str()))
                .or_default()
                .push(document);
        }
    }
    let mut mended = Vec::new();
    for ((_, id), mut group) in by_id {
        if group.len() < 2 {
            continue;
        }
        group.sort_by(|a, b| a.updated_at.cmp(&b.updated_at));
        let Some(newest) = group.pop() else {
            continue;
        };
        let kept = core(runtime, newest)?;
        let newest = &newest.path;
        for older in group {
            let same = kept.is_some() && core(runtime, older)? == kept;
            if repair && same {
                mended.push((id.to_owned(), older.path.clone()));
            }
            findings.push(Finding {
                kind: "two-copies",
                path: older.path.clone(),
                description: format!("`{id}` also stands in {newest}, which is newer"),
                repair: if same {
                    "remove the older copy"
                } else {
                    "the two differ in more than their status: compare them and keep one"
                },
                settled: repair && same,
            });
        }
    }
    if mended.is_empty() {
        return Ok(());
    }
    let mut change = runtime.store.begin()?;
    for (id, path) in mended {
        let family = path.split('/').next().unwrap_or_default();
        let object_type = family.trim_end_matches('s').to_owned();
        change.remove(&path);
        change.event(Draft {
            action: "doctor.repair".to_owned(),
            object_type,
            object_id: id,
            refs: vec![path],
            note: "the older of two copies was removed".to_owned(),
            ..Draft::default()
        });
    }
    change.commit()
}

/// A document without what a move changes; nothing when it went meanwhile.
fn core(runtime: &Runtime, seen: &Seen) -> Result<Option<Value>, RuntimeError> {
    let mut body = runtime.store.read(&seen.path)?;
    if let Some(object) = body.as_mut().and_then(Value::as_object_mut) {
        for key in ["status", "updated_at", "lease", "verifier_reports"] {
            object.remove(key);
        }
    }
    Ok(body)
}

/// The log of events: torn end, order, chain.
fn log(runtime: &Runtime, repair: bool, findings: &mut Vec<Finding>) -> Result<(), RuntimeError> {
    let path = runtime.store.path(layout::EVENTS);
    let bytes = std::fs::read(&path).unwrap_or_default();
    if bytes.last().is_some_and(|last| *last != b'\n') {
        let settled = repair && runtime.store.begin()?.end_torn_line()?;
        findings.push(Finding {
            kind: "torn-event",
            path: layout::EVENTS.to_owned(),
            description: "the last line does not end".to_owned(),
            repair: "end the line, so that the next event starts its own",
            settled,
        });
    }
    let mut disorder = Vec::new();
    let mut before = String::new();
    runtime.store.each_event(|line, event| {
        let time = event.text("timestamp").unwrap_or_default();
        if time < before.as_str() {
            disorder.push(line);
        }
        time.clone_into(&mut before);
        Ok(())
    })?;
    for file in runtime.store.skipped() {
        if file.path.starts_with(layout::EVENTS) {
            findings.push(Finding {
                kind: "unreadable-event",
                path: file.path,
                description: file.reason,
                repair: "look at the line; `ccr event verify` says whether the chain knew it",
                settled: false,
            });
        }
    }
    for line in disorder {
        findings.push(Finding {
            kind: "event-out-of-order",
            path: format!("{}:{line}", layout::EVENTS),
            description: "the event is older than the one before it".to_owned(),
            repair: "none: the log is append-only; a clock was set back, or lines were moved",
            settled: true,
        });
    }
    if let Some(fault) = verify_chain(runtime.root())?.fault {
        findings.push(Finding {
            kind: "chain-broken",
            path: format!("{}:{}", layout::EVENTS, fault.line),
            description: fault.reason,
            repair: "none: the log was changed after it was written; restore it from a copy",
            settled: false,
        });
    }
    Ok(())
}

/// The index against the files.
fn index_rows(
    runtime: &Runtime,
    repair: bool,
    documents: Vec<Seen>,
    findings: &mut Vec<Finding>,
) -> Result<(), RuntimeError> {
    if !runtime.store.exists(layout::DATABASE) {
        return Ok(());
    }
    let known = documents
        .into_iter()
        .map(|seen| (seen.path, seen.hash))
        .collect();
    let stale = index::stale_rows(runtime, known)?;
    if stale.is_empty() {
        return Ok(());
    }
    if repair {
        index::rebuild(runtime)?;
    }
    for (path, description) in stale {
        findings.push(Finding {
            kind: "index-stale",
            path,
            description,
            repair: "`ccr index rebuild`",
            settled: repair,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::runtime::Policy;

    fn kinds(reply: &Reply) -> Vec<(String, bool)> {
        reply
            .body
            .items("findings")
            .iter()
            .map(|f| {
                let repaired = f.get("repaired").and_then(Value::as_bool).unwrap();
                (f.text("kind").unwrap().to_owned(), repaired)
            })
            .collect()
    }

    #[test]
    fn leftovers_are_named_and_mended_without_loss() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new(folder.path().to_owned(), Policy::STRICT);
        crate::runtime::init::run(&runtime, false).unwrap();
        let write = |path: &str, text: &str| {
            std::fs::write(folder.path().join(path), text).unwrap();
        };
        assert!(
            run(&runtime, false)
                .unwrap()
                .body
                .get("ok")
                .unwrap()
                .truthy()
        );
        let leased = r#"{"task_id":"t.one","status":"leased","updated_at":"2026-01-02T00:00:00Z"}"#;
        let open = r#"{"task_id":"t.one","status":"open","updated_at":"2026-01-01T00:00:00Z"}"#;
        write("tasks/leased/t.one.json", leased);
        write("tasks/open/t.one.json", open);
        write("tasks/open/.tmpAbCdEf", "{");
        write("packets/raw/broken.json", "{");
        let events = folder.path().join(layout::EVENTS);
        let torn = std::fs::read_to_string(&events).unwrap() + "{\"torn";
        std::fs::write(&events, torn).unwrap();
        let seen = run(&runtime, false).unwrap();
        assert_eq!(seen.outcome, Outcome::Refused);
        let named: Vec<_> = kinds(&seen).into_iter().map(|(kind, _)| kind).collect();
        for kind in [
            "two-copies",
            "orphan-temporary-file",
            "unreadable-document",
            "torn-event",
        ] {
            assert!(named.iter().any(|k| k == kind), "{kind} in {named:?}");
        }
        let fresh = Runtime::new(folder.path().to_owned(), Policy::STRICT);
        let mended = kinds(&run(&fresh, true).unwrap());
        assert!(mended.contains(&("two-copies".to_owned(), true)));
        assert!(mended.contains(&("torn-event".to_owned(), true)));
        assert!(mended.contains(&("unreadable-document".to_owned(), false)));
        assert!(folder.path().join("tasks/leased/t.one.json").exists());
        assert!(!folder.path().join("tasks/open/t.one.json").exists());
        assert!(!folder.path().join("tasks/open/.tmpAbCdEf").exists());
    }
}
