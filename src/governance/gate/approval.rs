// SPDX-License-Identifier: Apache-2.0
//! One document of an approval: packet, request or record (section 4.6).

use super::provider::day_in;
use super::shape::{Issue, and, fits};
use super::sheet::{Sheet, bullet, plain};
use crate::governance::jcs;
use crate::governance::plan::items::ids_in;
use crate::governance::plan::{Citation, Document};
use crate::governance::profile::{ApprovalState, Gates, Profile};
use crate::governance::stamp;
use crate::record;
use jiff::Timestamp;
use jiff::civil::Date;

/// Rule of the sentence.
pub const DRIFT: &str = "cto-approval-sentence-drift";
/// Rule of the state.
pub const STATE: &str = "cto-approval-state-invalid";

/// Keys of the state, in the order of [`Approval::state`].
pub const STATE_KEYS: [&str; 3] = ["approval_required", "approval_granted", "execution_allowed"];

/// The kinds of documents of an approval, from first to last.
pub const KINDS: [&str; 3] = ["approval-packet", "request-record", "approval-record"];

/// A packet, a request or a record.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Path of the document.
    pub path: String,
    /// Its kind.
    pub kind: String,
    /// The exact sentence.
    pub sentence: Option<String>,
    /// The target repository.
    pub target: Option<String>,
    /// Allowed paths, sorted.
    pub paths: Vec<String>,
    /// The command.
    pub command: Option<String>,
    /// What it is good for.
    pub scope: Option<String>,
    /// Required, granted, execution allowed.
    pub state: [Option<bool>; 3],
    /// Whether it says that it was denied or has expired.
    pub closed: bool,
    /// Who or what approved.
    pub source: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// The day of the document.
    pub day: Option<Date>,
    /// Work items that it names.
    pub works: Vec<String>,
    /// The document it comes from.
    pub origin: Option<String>,
    /// Whether it says that it came after the run.
    pub retroactive: bool,
    /// Runs that it cites.
    pub runs: Vec<String>,
}

impl Approval {
    /// Reads one from a document's sheet, or from a JSON record with the same keys.
    pub fn of(sheet: &Sheet, document: Option<&Document>, kind: &str, profile: &Profile) -> Self {
        let places = &profile.gates.approval;
        let keyed = |keys: &[String]| {
            let text = keys.iter().find_map(|key| sheet.text(key));
            text.map(str::to_owned)
        };
        let under = |titles: &[String]| document.and_then(|document| quoted(document, titles));
        let sentence = under(&places.sentence).or_else(|| keyed(&places.sentence_keys));
        let day = document
            .and_then(|document| document.value("created").map(str::to_owned))
            .or_else(|| sheet.text("created").map(str::to_owned));
        let moment = ["approval_timestamp", "approved_at", "granted_at"]
            .iter()
            .find_map(|key| sheet.text(key));
        let mut paths = sheet.names("allowed_paths");
        paths.sort();
        paths.dedup();
        let status = ["approval_status", "status", "approval_state"]
            .iter()
            .filter_map(|key| sheet.text(key))
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        let prefix = &profile.planning.work_prefix;
        let mut works = document.map_or_else(Vec::new, |document| works(document, prefix));
        let spoken = sentence.as_deref().unwrap_or("");
        if works.is_empty() || !spoken.is_empty() && !ids_in(spoken, prefix).is_empty() {
            works = ids_in(spoken, prefix);
        }
        if works.is_empty() {
            works = ids_in(&sheet.text, prefix);
        }
        works.sort();
        works.dedup();
        let cited = document.map_or_else(Vec::new, |document| {
            let runs = document
                .citations
                .iter()
                .filter_map(|citation| match citation {
                    Citation::Run { id, .. } => Some(id.clone()),
                    Citation::Commit { .. } => None,
                });
            runs.collect()
        });
        Self {
            path: sheet.path.clone(),
            kind: kind.to_owned(),
            target: under(&places.target)
                .filter(|_| {
                    !places
                        .target_keys
                        .iter()
                        .any(|key| sheet.text(key).is_some())
                })
                .or_else(|| keyed(&places.target_keys)),
            command: under(&places.command).or_else(|| keyed(&places.command_keys)),
            scope: keyed(&places.scope_keys),
            state: STATE_KEYS.map(|key| sheet.flag(key)),
            closed: ["denied", "expired", "review-triggered", "review triggered"]
                .iter()
                .any(|word| status.contains(word)),
            source: sheet.text("approval_source").map(str::to_owned),
            at: moment.and_then(stamp::with_offset),
            day: moment
                .and_then(day_in)
                .or_else(|| day.as_deref().and_then(stamp::day)),
            origin: document.and_then(|document| document.value("source").map(str::to_owned)),
            retroactive: fits(&places.retroactive, &sheet.text),
            runs: cited,
            sentence,
            paths,
            works,
        }
    }

    /// SHA-256 over what is approved: sentence, target, sorted paths, command, scope.
    pub fn identity(&self) -> String {
        jcs::digest(&record! {
            "sentence" => self.sentence.clone(),
            "target" => self.target.clone(),
            "allowed_paths" => self.paths.clone(),
            "command" => self.command.clone(),
            "scope" => self.scope.clone(),
        })
    }

    /// The state that it is in; nothing when there is none of this kind.
    pub fn state_name(&self, gates: &Gates) -> Option<String> {
        if self.closed && self.state[1] != Some(true) {
            return Some("denied".to_owned());
        }
        let mut states = gates.approval_states.iter();
        let carried =
            states.find(|state| fits_state(state, self.state) && carries(state, &self.kind));
        carried.map(|state| state.name.clone())
    }
}

fn carries(state: &ApprovalState, kind: &str) -> bool {
    state.carriers.iter().any(|carrier| carrier == kind)
}

fn fits_state(state: &ApprovalState, told: [Option<bool>; 3]) -> bool {
    let wanted = [state.required, state.granted, state.execution];
    told.iter()
        .zip(wanted)
        .all(|(told, wanted)| told.is_none_or(|told| told == wanted))
}

/// What is wrong with a state that a document or record of some kind states. `consumed` says
/// whether the approval was used.
pub fn state(
    told: [Option<bool>; 3],
    kind: &str,
    consumed: bool,
    closed: bool,
    gates: &Gates,
) -> Option<Issue> {
    let shown = || {
        let words = STATE_KEYS
            .iter()
            .zip(told)
            .filter_map(|(key, told)| told.map(|told| format!("{key} {told}")));
        words.collect::<Vec<_>>().join(", ")
    };
    let first = STATE_KEYS.iter().zip(told).find(|(_, told)| told.is_some());
    let key = first.map_or("", |(key, _)| key);
    if !gates
        .approval_states
        .iter()
        .any(|state| fits_state(state, told))
    {
        let text = format!("no approval can be in this state: {}", shown());
        return Some(Issue::on(STATE, key, text));
    }
    if closed && told[1] != Some(true) {
        return None;
    }
    let is_step = KINDS[1..].contains(&kind);
    if is_step && told[1..].contains(&None) {
        let text = "it does not say whether the approval is granted and execution allowed";
        return Some(Issue::new(STATE, text));
    }
    if first.is_none()
        || !(is_step || consumed || kind == "control-summary" || kind == "approval-packet")
    {
        return None;
    }
    let carried: Vec<&ApprovalState> = gates
        .approval_states
        .iter()
        .filter(|state| carries(state, kind))
        .collect();
    let fitting = carried.iter().any(|state| fits_state(state, told));
    (!carried.is_empty() && !fitting).then(|| {
        let names: Vec<&str> = carried.iter().map(|state| state.name.as_str()).collect();
        let text = format!(
            "a document of kind `{kind}` carries the state {}, not: {}",
            and(&names),
            shown()
        );
        Issue::on(STATE, key, text)
    })
}

/// Where two documents of one approval differ.
pub fn drift(earlier: &Approval, later: &Approval) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut say = |key: &str, what: &str| {
        let text = format!("the {what} is not that of `{}`", earlier.path);
        issues.push(Issue::on(DRIFT, key, text));
    };
    match (&earlier.sentence, &later.sentence) {
        (Some(one), Some(other)) if one != other => say("exact_approval_packet", "sentence"),
        (Some(_), None) => say("exact_approval_packet", "sentence is missing, and so"),
        _ => {}
    }
    let differ = |one: &Option<String>, other: &Option<String>| matches!((one, other), (Some(one), Some(other)) if one != other);
    if differ(&earlier.target, &later.target) {
        say("admitted_target_repository", "target");
    }
    if !earlier.paths.is_empty() && !later.paths.is_empty() && earlier.paths != later.paths {
        say("allowed_paths", "list of allowed paths");
    }
    if differ(&earlier.command, &later.command) {
        say("harness_command", "command");
    }
    issues
}

/// Work items that a document is about: those of its `Workboard` section, else those it defines.
pub fn works(document: &Document, prefix: &str) -> Vec<String> {
    let board = document
        .sections
        .iter()
        .find(|section| section.folded() == "workboard");
    let mut ids = board.map_or_else(Vec::new, |section| {
        ids_in(document.slice(section.whole()), prefix)
    });
    if ids.is_empty() {
        ids = document.heads().map(|head| head.id.to_owned()).collect();
    }
    ids.sort();
    ids.dedup();
    ids
}

/// The exact text under one of some headings: a fenced block, else a quotation, else what stands
/// in backticks or double quotes, else the first paragraph. Bytes are kept, the ends apart.
fn quoted(document: &Document, titles: &[String]) -> Option<String> {
    let section = document.sections.iter().find(|section| {
        let title = section.title.to_lowercase();
        titles
            .iter()
            .any(|known| *known == title || *known == section.folded())
    })?;
    let lines = document.lines_in(section.whole());
    let (mut fenced, mut quotation, mut prose) = (Vec::new(), Vec::new(), Vec::new());
    let mut fence_seen = false;
    for line in &lines {
        let text = document.line(line);
        let trimmed = text.trim();
        if line.fenced {
            let mark = trimmed.starts_with("```") || trimmed.starts_with("~~~");
            if mark && fence_seen && !fenced.is_empty() {
                break;
            }
            if mark {
                fence_seen = true;
            } else {
                fenced.push(text);
            }
        } else if let Some(rest) = trimmed.strip_prefix('>') {
            quotation.push(rest.trim());
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
            prose.push(trimmed);
        }
    }
    let joined = |parts: &[&str]| {
        let text = parts.join("\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    if let Some(text) = joined(&fenced).or_else(|| joined(&quotation)) {
        return Some(text);
    }
    let inside = |mark: char| {
        prose.iter().find_map(|line| {
            let (_, after) = line.split_once(mark)?;
            let (held, _) = after.split_once(mark)?;
            (!held.trim().is_empty()).then(|| held.to_owned())
        })
    };
    inside('"').or_else(|| inside('`')).or_else(|| {
        let first = prose.first()?;
        Some(plain(bullet(first).unwrap_or(first)))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const RECORD: &str = "---\nname: x\ncreated: 2026-03-10\nsource: .sot/X-REQUEST-RECORD.md\n---\n# T\n## Workboard\n- `CTO-WORK-902`\n## Approval State\n- Approval required: true\n- Approval granted: true\n- Execution allowed: true\n- Execution scope: one approved run only\n- Approval source: owner note of 2026-03-10\n## Exact Approval Packet\n```text\nI approve one run of CTO-WORK-902 in demo.\n```\n## Admitted Target Repository\n- Path: `demo`\n## Allowed Paths\n- `b.py`\n- `a.py`\n## Harness Command\n```sh\nharness run\n```\n";

    pub(crate) fn read(text: &str, kind: &str) -> Approval {
        let profile = Profile::embedded();
        let document = Document::parse(&format!("{kind}.md"), text, &profile.planning);
        let sheet = Sheet::of_document(&document);
        Approval::of(&sheet, Some(&document), kind, &profile)
    }

    #[test]
    fn a_record_is_read_byte_for_byte() {
        let gates = Profile::embedded().gates;
        let record = read(RECORD, "approval-record");
        assert_eq!(
            record.sentence.as_deref(),
            Some("I approve one run of CTO-WORK-902 in demo.")
        );
        assert_eq!(record.target.as_deref(), Some("demo"));
        assert_eq!(record.paths, ["a.py", "b.py"]);
        assert_eq!(record.command.as_deref(), Some("harness run"));
        assert_eq!(record.works, ["CTO-WORK-902"]);
        assert_eq!(record.state_name(&gates).as_deref(), Some("granted"));
        assert_eq!(record.identity().len(), 64);
        let other = read(&RECORD.replace("in demo.", "in  demo."), "approval-record");
        assert_ne!(record.identity(), other.identity());
        assert_eq!(drift(&record, &other).len(), 1);
        assert_eq!(drift(&record, &record), []);
        let wide = read(
            &RECORD
                .replace("`b.py`", "`c.py`")
                .replace("harness run", "harness go"),
            "approval-record",
        );
        assert_eq!(drift(&record, &wide).len(), 2);
    }

    #[test]
    fn states_are_those_of_the_ledger() {
        let gates = Profile::embedded().gates;
        let of = |told, kind, consumed| state(told, kind, consumed, false, &gates).is_some();
        let t = Some(true);
        let f = Some(false);
        assert!(!of([t, t, t], "approval-record", false));
        assert!(!of([t, f, f], "request-record", false));
        assert!(of([t, t, t], "request-record", false));
        assert!(of([t, f, t], "evidence", false));
        assert!(of([t, None, None], "approval-record", false));
        assert!(of([t, t, t], "closeout", true));
        assert!(!of([t, t, f], "closeout", true));
        assert!(!of([None; 3], "closeout", true));
        assert!(state([t, f, f], "approval-record", false, true, &gates).is_none());
    }
}
