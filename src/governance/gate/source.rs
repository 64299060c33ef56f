// SPDX-License-Identifier: Apache-2.0
//! The admission of a third-party source (section 4.3).

use super::shape::{self, Issue};
use super::sheet::{Sheet, is_empty};
use crate::governance::profile::{Gates, Profile};
use crate::support::pyjson::ordered::Value;

/// Rule of records.
pub const ADMISSION: &str = "cto-source-admission-incomplete";
/// Rule of licences.
pub const LICENCE: &str = "cto-source-licence-unresolved";
/// Rule of modes.
pub const MODE: &str = "cto-source-mode-exceeded";
/// Rule of pins.
pub const DRIFT: &str = "cto-source-pin-drift";

const KIND: &str = "source-admission";

/// What a source record says.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Pinned commit or tag.
    pub pin: Option<String>,
    /// Whether the licence is settled.
    pub licence_resolved: bool,
    /// Widest mode it allows; nothing when it allows planning only.
    pub mode: Option<String>,
    /// Modes that it blocks.
    pub blocked: Vec<String>,
    /// Status of the admission.
    pub status: Option<String>,
    /// Names of the source.
    pub names: Vec<String>,
}

/// The value of a field under any of its names.
fn field<'s>(sheet: &'s Sheet, gates: &Gates, key: &str) -> Option<&'s Value> {
    let form = gates.record(KIND)?;
    let field = form.fields.iter().find(|field| field.key == key)?;
    let held = shape::held(sheet, field)?;
    sheet.get(held).filter(|value| !is_empty(value))
}

/// A value as people wrote it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            texts.join("\n")
        }
        other => other.line(),
    }
}

impl Source {
    /// Reads a record.
    pub fn of(sheet: &Sheet, gates: &Gates) -> Self {
        let text = |key: &str| field(sheet, gates, key).map(written);
        let blocked_keys = ["blocked_modes", "blocked_execution_modes"];
        let mut blocked: Vec<String> = blocked_keys
            .iter()
            .flat_map(|key| sheet.names(key))
            .collect();
        // `none` is a mode here, though elsewhere it means an empty list.
        let none = |key: &&str| {
            let span = sheet.place(key);
            let line = span.and_then(|span| sheet.text.get(span.range()));
            line.is_some_and(|line| words(line).any(|word| word == "none"))
        };
        if blocked_keys.iter().any(none) {
            blocked.push("none".to_owned());
        }
        let fact = sheet
            .text("allowed_execution_mode")
            .filter(|text| !text.contains('\n'));
        let lead = || sheet.lead("allowed_execution_mode");
        let allowed = fact.or_else(lead).map(str::to_owned);
        let allowed = allowed
            .or_else(|| text("allowed_execution_mode"))
            .unwrap_or_default();
        let head = allowed.lines().next().unwrap_or("").to_lowercase();
        let planning = gates.planning_only.iter().any(|word| head.contains(word));
        let known = gates.modes.iter().rev();
        let mode = known
            .filter(|_| !planning)
            .find(|mode| words(&head).any(|word| word == **mode));
        let licence = ["licence_status", "license_status"]
            .iter()
            .find_map(|key| sheet.text(key).map(str::to_owned))
            .or_else(|| text("licence_note"))
            .unwrap_or_default()
            .to_lowercase();
        let open = [
            "unresolved",
            "not resolved",
            "unknown",
            "pending",
            "open question",
            "undecided",
        ];
        Self {
            pin: text("pinned_commit")
                .and_then(|text| text.split_whitespace().next().map(str::to_owned)),
            licence_resolved: !licence.is_empty()
                && !open.iter().any(|word| licence.contains(word)),
            mode: mode.cloned(),
            blocked: gates
                .modes
                .iter()
                .filter(|mode| {
                    blocked
                        .iter()
                        .any(|one| words(one).any(|word| word == **mode))
                })
                .cloned()
                .collect(),
            status: sheet
                .text("admission_status")
                .map(|text| text.trim_end_matches('.').to_lowercase()),
            names: ["source_name", "url"]
                .iter()
                .filter_map(|key| text(key))
                .collect(),
        }
    }

    /// Whether the record lets a run of this mode happen.
    pub fn allows(&self, mode: &str, gates: &Gates) -> bool {
        let listed = self.blocked.iter().any(|blocked| blocked == mode);
        !listed
            && self
                .mode
                .as_ref()
                .is_some_and(|widest| !gates.wider(mode, widest))
    }

    /// Whether the source is admitted.
    pub fn is_admitted(&self) -> bool {
        let status = self.status.as_deref().unwrap_or("");
        let first = words(status).next().unwrap_or("");
        matches!(first, "admitted" | "current")
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))
        .filter(|word| !word.is_empty())
}

/// 40 hex digits.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is wrong with a record.
pub fn admission(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let gates = &profile.gates;
    let mut issues = shape::of_kind(ADMISSION, sheet, KIND, gates);
    let source = Source::of(sheet, gates);
    if let Some(pin) = &source.pin {
        let moving = |name: &str| {
            let last = name.rsplit('/').next().unwrap_or(name);
            gates
                .moving_refs
                .iter()
                .any(|moving| moving.eq_ignore_ascii_case(last))
        };
        let is_tag = sheet.text("pinned_tag").is_some()
            || sheet.text("tag").is_some()
            || pin.starts_with("refs/tags/")
            || pin.contains(|c: char| c.is_ascii_digit()) && pin.contains(['.', 'v']);
        let hex = pin.bytes().all(|byte| byte.is_ascii_hexdigit());
        if moving(pin) {
            let text = format!("`{pin}` is a ref that moves; it pins nothing");
            issues.push(Issue::on(ADMISSION, "pinned_commit", text));
        } else if !is_commit(pin) && (hex || !is_tag) {
            let text = format!("the pin `{pin}` is neither a commit of 40 hex digits nor a tag");
            issues.push(Issue::on(ADMISSION, "pinned_commit", text));
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::plan::Document;

    pub(crate) const GOOD: &str = "# T\n## Source Identity\n\n| Field | Value |\n| --- | --- |\n| Source name | `demo` |\n| URL | `https://example.org/d.git` |\n| Web URL | `https://example.org/d` |\n| Type | git |\n| Observed branch | `main` |\n| Pinned commit | `0123456789abcdef0123456789abcdef01234567` |\n| Commit date | 2026-03-01 |\n| Retrieval date | 2026-03-02 |\n| Retrieval command | `git clone` |\n| Integrity reference | source lock |\n\n## License Note\n\n- Licence status: resolved\n\n## Source Boundary\n\nNot mutated.\n\n## Allowed Execution Mode\n\n`sandbox-repo`\n\nBlocked modes:\n\n- `owned-noncritical-repo`\n- `candidate-default`\n\n## Update Rule\n\nRe-pin.\n\n## Admission Status\n\nadmitted\n";

    fn read(text: &str) -> (Sheet, Profile) {
        let profile = Profile::embedded();
        let document = Document::parse("X-SOURCE-ADMISSION-RECORD.md", text, &profile.planning);
        (Sheet::of_document(&document), profile)
    }

    #[test]
    fn a_record_is_read_whole() {
        let (sheet, profile) = read(GOOD);
        assert_eq!(admission(&sheet, &profile), []);
        let source = Source::of(&sheet, &profile.gates);
        assert!(source.licence_resolved && source.is_admitted());
        assert_eq!(source.mode.as_deref(), Some("sandbox-repo"));
        assert!(source.allows("copied-fixture", &profile.gates));
        assert!(!source.allows("owned-noncritical-repo", &profile.gates));
    }

    #[test]
    fn a_moving_or_short_pin_is_none() {
        for pin in ["main", "0123456", "refs/heads/main", "somewhere"] {
            let text = GOOD.replace("0123456789abcdef0123456789abcdef01234567", pin);
            let (sheet, profile) = read(&text);
            assert_eq!(admission(&sheet, &profile).len(), 1, "{pin}");
        }
        let (sheet, profile) =
            read(&GOOD.replace("0123456789abcdef0123456789abcdef01234567", "v1.2.0"));
        assert_eq!(admission(&sheet, &profile), []);
        let (sheet, profile) = read(&GOOD.replace("| Retrieval date | 2026-03-02 |\n", ""));
        assert_eq!(admission(&sheet, &profile).len(), 1);
    }

    #[test]
    fn planning_only_allows_nothing_and_none_is_a_mode() {
        let text = GOOD
            .replace("`sandbox-repo`\n", "planning-only\n")
            .replace(
                "Blocked modes:\n\n- `owned-noncritical-repo`\n- `candidate-default`",
                "- Blocked modes: `none`, `copied-fixture`",
            )
            .replace("status: resolved", "status: unresolved");
        let (sheet, profile) = read(&text);
        let source = Source::of(&sheet, &profile.gates);
        assert_eq!(source.mode, None);
        assert_eq!(source.blocked, ["none", "copied-fixture"]);
        assert!(!source.licence_resolved);
    }
}
