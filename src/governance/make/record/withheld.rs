// SPDX-License-Identifier: Apache-2.0
//! Places of the machine do not enter the evidence: in documents a digest stands for a path outside
//! the workspace, in logs a word for the scratch folder, and no secret stands in any of them.

use super::Order;
use crate::governance::make::draft::RunDraft;
use crate::governance::make::seal;
use crate::governance::profile::Profile;
use crate::governance::run::judge::stage::absolute;
use crate::governance::run::{EVENTS, REPORT};
use crate::governance::sensitive::{Reader, What, digest};
use crate::support::pyjson::ordered::{self, Value};
use std::path::Path;

/// A text without the path it is, or ends in.
pub(super) fn text(text: &str, profile: &Profile) -> String {
    let system = &profile.evidence.system_roots;
    match absolute(text) {
        Some(path) if !system.iter().any(|root| path.starts_with(root.as_str())) => {
            let digest = digest(path.as_bytes());
            text.replace(path, &format!("[path {digest}]"))
        }
        _ => text.to_owned(),
    }
}

/// A value whose texts are without paths.
pub(super) fn value(value: &Value, profile: &Profile) -> Value {
    match value {
        Value::String(one) => Value::from(text(one, profile)),
        Value::Array(items) => {
            let items = items.iter().map(|item| self::value(item, profile));
            Value::from(items.collect::<Vec<_>>())
        }
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(key, member)| (key.clone(), self::value(member, profile)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// The contract as the run keeps it, byte for byte where it names no place of the machine, and how
/// many members were replaced.
pub(super) fn contract(order: &Order<'_>) -> (Vec<u8>, usize) {
    let kept = value(&order.contract, order.profile);
    let hidden = differing(&order.contract, &kept);
    if hidden == 0 {
        return (order.contract_text.clone(), 0);
    }
    (seal::file_of(&kept), hidden)
}

fn differing(old: &Value, new: &Value) -> usize {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => old
            .iter()
            .zip(new)
            .map(|(old, new)| differing(old, new))
            .sum(),
        (Value::Object(old), Value::Object(new)) => {
            let pairs = old.values().zip(new.values());
            pairs.map(|(old, new)| differing(old, new)).sum()
        }
        (old, new) => usize::from(old != new),
    }
}

/// A log without the scratch folder's name, which differs from run to run.
pub(super) fn log(bytes: Vec<u8>, workspace: &Path) -> Vec<u8> {
    let mut bytes = bytes;
    let scratch = workspace.parent().unwrap_or(workspace);
    for (path, word) in [(workspace, "[workspace]"), (scratch, "[scratch]")] {
        let canonical = path.canonicalize().ok();
        for path in [Some(path), canonical.as_deref()].into_iter().flatten() {
            let path = path.as_os_str().as_encoded_bytes();
            bytes = replaced(&bytes, path, word.as_bytes());
        }
    }
    bytes
}

/// Puts a digest in place of every secret and of every path of a machine in what was recorded, and
/// tells how many there were. The patch stays as it is: a secret there keeps the run from passing.
pub(super) fn scrub(order: &Order<'_>, draft: &mut RunDraft) -> usize {
    let mut scrubber = Scrubber {
        reader: Reader::new(order.lent, &order.profile.planning.sensitive),
        count: 0,
    };
    for (name, bytes) in &mut draft.files {
        if !name.ends_with(".json") {
            scrubber.bytes(name, bytes);
        } else if let Ok(document) = ordered::parse_strict(bytes, 64) {
            let kept = scrubber.value(name, &document);
            if kept != document {
                *bytes = seal::file_of(&kept);
            }
        }
    }
    scrubber.bytes("test.log", &mut draft.test_log);
    for line in &mut draft.trace {
        *line = scrubber.value("trace.jsonl", line);
    }
    for step in &mut draft.events {
        step.data = scrubber.value(EVENTS, &step.data);
    }
    for entry in &mut draft.verification {
        *entry = scrubber.value(REPORT, entry);
    }
    for (_, member) in &mut draft.further {
        *member = scrubber.value(REPORT, member);
    }
    for (_, why) in &mut draft.blockers {
        *why = scrubber.text(REPORT, why);
    }
    for (_, why) in &mut draft.not_applicable {
        *why = scrubber.text(REPORT, why);
    }
    scrubber.count
}

struct Scrubber<'o> {
    reader: Reader<'o>,
    count: usize,
}

impl Scrubber<'_> {
    fn bytes(&mut self, name: &str, bytes: &mut Vec<u8>) {
        let leaks = self.reader.leaks(name, bytes);
        let mut end = bytes.len();
        for leak in leaks.into_iter().rev() {
            let (from, to) = (leak.span.start, leak.span.end);
            // A secret and a path may share bytes: the later one took them.
            if to > end || from > to {
                continue;
            }
            let word = match leak.what {
                What::Secret => format!("[secret {}]", leak.digest),
                _ => format!("[path {}]", leak.digest),
            };
            drop(bytes.splice(from..to, word.into_bytes()));
            end = from;
            self.count += 1;
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.bytes(name, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(one) => Value::from(self.text(name, one)),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(name, item));
                Value::from(items.collect::<Vec<_>>())
            }
            Value::Object(members) => {
                let kept =
                    |(key, member): (&String, &Value)| (key.clone(), self.value(name, member));
                Value::Object(members.iter().map(kept).collect())
            }
            other => other.clone(),
        }
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for hit in memchr::memmem::find_iter(bytes, from) {
        out.extend_from_slice(&bytes[at..hit]);
        out.extend_from_slice(to);
        at = hit + from.len();
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    #[test]
    fn paths_of_the_machine_are_withheld_and_those_of_the_system_are_not() {
        let profile = Profile::embedded();
        let path = ["/sr", "v/alice/proj"].concat();
        let kept = value(
            &record! { "a" => vec![Value::from(&path)], "b" => "/usr/bin/python3", "c" => "labels.py" },
            &profile,
        );
        let shown = kept.indented();
        assert!(!shown.contains("alice"), "{shown}");
        assert!(shown.contains("/usr/bin/python3") && shown.contains("labels.py"));
        assert!(text(&format!("--at={path}"), &profile).starts_with("--at=[path "));
    }

    #[test]
    fn a_log_names_no_scratch_folder() {
        let said = b"File \"/t/x1/workspace/a.py\" in /t/x1/home".to_vec();
        let kept = log(said, Path::new("/t/x1/workspace"));
        assert_eq!(kept, b"File \"[workspace]/a.py\" in [scratch]/home");
    }
}
