// SPDX-License-Identifier: Apache-2.0
//! Sealing a run directory that stands on disk, and writing a new one whole.

use super::seal::{self, Contents};
use crate::governance::files::{Files, Limits};
use crate::governance::json;
use crate::governance::profile::Profile;
use crate::governance::run::{NAMESPACE, REPORT, SEAL, SIGNATURE, lines};
use crate::governance::stamp;
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};
use crate::support::signing::SigningKey;
use crate::support::{atomic, clock};
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// What to seal, and how.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// Leave the report as it is and write only the seal.
    pub detached: bool,
    /// Content that differs from an older seal may be sealed again.
    pub reseal: bool,
    /// The moment of sealing.
    pub now: Timestamp,
}

/// A run that was sealed.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The seal's root.
    pub root: String,
    /// Files it covers.
    pub files: usize,
    /// Root of the seal it replaces.
    pub previous: Option<String>,
    /// Nothing had to be written: the seal stood and holds.
    pub unchanged: bool,
    /// Whether every required artifact is proven fresh.
    pub fresh: bool,
    /// Fingerprint of the key that signed.
    pub signed_by: Option<String>,
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The directory cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The run is not whole.
    #[error("{}", .0.join("; "))]
    Structure(Vec<String>),
    /// It differs from the seal it has.
    #[error(
        "the content differs from the seal that stands (root {0}); --reseal replaces it and names it in the new one"
    )]
    Differs(String),
    /// The key cannot sign.
    #[error("{0}")]
    Key(String),
}

/// Seals a run directory.
///
/// # Errors
/// See [`SealError`]; the directory is then as it was.
pub fn seal(
    directory: &Path,
    wish: &Wish<'_>,
    key: Option<&SigningKey>,
) -> Result<Sealed, SealError> {
    let files = Files::folder(directory, &Limits::default())?;
    let mut report = whole(&files, wish.profile)?;
    let mut contents: Contents = files.content.clone();
    let old = contents.get(SEAL).and_then(|bytes| json::parse(bytes).ok());
    let old_root = old
        .as_ref()
        .and_then(|seal| seal.text("root"))
        .map(str::to_owned);
    let run_id = report.text("run_id").unwrap_or_default().to_owned();
    let head = head(&contents);
    let before = report.clone();
    if !wish.detached {
        let filled = freshness(directory, &report, &contents, wish);
        seal::report_set(&mut report, "freshness", filled);
        seal::fill_digests(&mut report, &contents);
        if report != before {
            contents.insert(REPORT.to_owned(), seal::file_of(&report));
        }
    }
    let fresh = report.at(&["freshness", "passed"]).and_then(Value::as_bool) == Some(true);
    let listed = |seal: &Value| seal.get("files").cloned();
    let sealed_at = clock::rfc3339(wish.now);
    let mut sealed = seal::seal(&contents, &run_id, &sealed_at, head.as_deref(), None);
    let count = sealed.items("files").len();
    if let (Some(old), Some(root)) = (&old, &old_root) {
        if listed(old) == listed(&sealed) && key.is_none() {
            return Ok(Sealed {
                root: root.clone(),
                files: count,
                previous: None,
                unchanged: true,
                fresh,
                signed_by: None,
            });
        }
        if listed(old) != listed(&sealed) && !wish.reseal {
            return Err(SealError::Differs(root.clone()));
        }
        sealed = if listed(old) == listed(&sealed) {
            old.clone()
        } else {
            seal::seal(&contents, &run_id, &sealed_at, head.as_deref(), Some(root))
        };
    }
    let text = seal::file_of(&sealed);
    let signature = key.map(|key| key.sign_file(NAMESPACE, &text)).transpose();
    let signature = signature.map_err(SealError::Key)?;
    // The report first: a kill in between leaves a seal that does not hold, never one that lies.
    if report != before
        && let Some(bytes) = contents.get(REPORT)
    {
        atomic::write(&directory.join(REPORT), bytes)?;
    }
    atomic::write(&directory.join(SEAL), &text)?;
    let stale = directory.join(SIGNATURE);
    match &signature {
        Some(signature) => atomic::write(&stale, signature.as_bytes())?,
        // A signature over the seal that was replaced would only mislead.
        None if stale.is_file() => std::fs::remove_file(&stale)?,
        None => {}
    }
    Ok(Sealed {
        root: sealed.text("root").unwrap_or_default().to_owned(),
        files: count,
        previous: sealed.text("previous_seal").map(str::to_owned),
        unchanged: false,
        fresh,
        signed_by: key.map(SigningKey::id),
    })
}

/// The report, when the run has everything that a seal is made over.
fn whole(files: &Files, profile: &Profile) -> Result<Value, SealError> {
    let mut faults: Vec<String> = Vec::new();
    for artifact in &profile.evidence.required {
        if !files.exists(artifact) {
            faults.push(format!("`{artifact}` is missing"));
        }
    }
    for (name, target) in &files.links {
        faults.push(format!(
            "`{name}` is a link to `{target}`; a seal covers bytes"
        ));
    }
    faults.extend(
        files
            .faults
            .iter()
            .map(|(name, why)| format!("`{name}`: {why}")),
    );
    let report = files.get(REPORT).map(json::parse);
    let report = match report {
        Some(Ok(report)) if report.as_object().is_some() => Some(report),
        Some(Ok(_)) => {
            faults.push("`report.json` is no object".to_owned());
            None
        }
        Some(Err(error)) => {
            faults.push(format!("`report.json`: {error}"));
            None
        }
        None => None,
    };
    let events = files
        .get("events.normalized.jsonl")
        .map_or_else(Vec::new, lines);
    for event in &events {
        if let Err(why) = &event.value {
            faults.push(format!(
                "`events.normalized.jsonl`, line {}: {why}",
                event.line
            ));
        }
    }
    match report {
        Some(report) if faults.is_empty() => Ok(report),
        _ => Err(SealError::Structure(faults)),
    }
}

/// The last event's hash, where events are chained.
fn head(contents: &Contents) -> Option<String> {
    let events = lines(contents.get("events.normalized.jsonl")?);
    events.last()?.text("hash").map(str::to_owned)
}

/// Freshness as the report has it, completed by what the disk says of each file.
fn freshness(directory: &Path, report: &Value, contents: &Contents, wish: &Wish<'_>) -> Value {
    let moment = |key: &str| report.text(key).and_then(stamp::utc);
    let started = moment("run_started_at");
    let finished = moment("run_finished_at");
    let tolerance = SignedDuration::from_secs(wish.profile.evidence.write_tolerance_s);
    let latest = finished.and_then(|at| at.saturating_add(tolerance).ok());
    let within =
        |at: Timestamp| started.is_some_and(|from| at >= from) && latest.is_none_or(|to| at <= to);
    let known = report.at(&["freshness", "artifacts"]);
    let mut artifacts = Object::new();
    let mut all = true;
    for name in contents.keys().filter(|name| seal::is_sealed(name)) {
        if let Some(entry) = known.and_then(|known| known.get(name)) {
            all &= entry.get("fresh").and_then(Value::as_bool) == Some(true);
            artifacts.insert(name.clone(), entry.clone());
            continue;
        }
        let written = std::fs::metadata(directory.join(name)).and_then(|meta| meta.modified());
        let written = written.ok().and_then(|at| Timestamp::try_from(at).ok());
        let mut entry = Object::new();
        if let Some(written) = written {
            entry.insert(
                "written_at".to_owned(),
                Value::from(clock::rfc3339(written)),
            );
        }
        if within(wish.now) {
            entry.insert(
                "checked_at".to_owned(),
                Value::from(clock::rfc3339(wish.now)),
            );
        }
        let seconds = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
        let last = [written.map(seconds), within(wish.now).then_some(wish.now)];
        let fresh = last.into_iter().flatten().max().is_some_and(within);
        all &= fresh;
        entry.insert("fresh".to_owned(), Value::from(fresh));
        artifacts.insert(name.clone(), Value::Object(entry));
    }
    let text = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::from(clock::rfc3339(at)));
    let checked = report.at(&["freshness", "checked_at"]).cloned();
    record! {
        "run_started_at" => text(started),
        "checked_at" => checked.unwrap_or_else(|| text(Some(wish.now))),
        "passed" => all,
        "artifacts" => Value::Object(artifacts),
    }
}

/// A name that one recording holds until its directory stands.
#[derive(Debug)]
pub struct Claim {
    /// The run's id.
    pub run_id: String,
    mark: PathBuf,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What stays behind costs the next recording of this second a suffix, nothing else.
        let _ = std::fs::remove_dir(&self.mark);
    }
}

/// Takes `wished` as the name of a run below `out`, or that name with the first number behind it
/// that nothing holds: no run that stands, no recording under way.
///
/// # Errors
/// Any I/O error.
pub fn claim(out: &Path, wished: &str) -> io::Result<Claim> {
    std::fs::create_dir_all(out)?;
    for number in 1_u64.. {
        let run_id = if number == 1 {
            wished.to_owned()
        } else {
            format!("{wished}-{number}")
        };
        let mark = out.join(format!(".ccr-claim-{run_id}"));
        match std::fs::create_dir(&mark) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        let claim = Claim { run_id, mark };
        if !out.join(&claim.run_id).exists() {
            return Ok(claim);
        }
    }
    Err(io::Error::other("no name is left"))
}

/// Writes a run directory below `out`, whole or not at all.
///
/// # Errors
/// Any I/O error; a directory of this name stands already.
pub fn write(out: &Path, name: &str, contents: &Contents) -> io::Result<PathBuf> {
    std::fs::create_dir_all(out)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", out.display())))?;
    let target = out.join(name);
    if target.exists() {
        let why = format!(
            "{} stands already; a run is never written twice",
            target.display()
        );
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    let scratch = tempfile::Builder::new()
        .prefix(".ccr-run-")
        .tempdir_in(out)?;
    for (file, bytes) in contents {
        let path = scratch.path().join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        atomic::place(&path, bytes)?;
    }
    std::fs::rename(scratch.path(), &target)?;
    // Renamed: there is nothing left to remove.
    let _ = scratch.keep();
    atomic::sync_folder(out)?;
    Ok(target)
}
