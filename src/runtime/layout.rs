// SPDX-License-Identifier: Apache-2.0
//! Where things stand below the root (CCR specification, sections 2.3 and 2.4).

/// Statuses of a packet, in the order of the lattice; each is a folder.
pub const PACKET_STATUSES: [&str; 11] = [
    "raw",
    "proposed",
    "candidate",
    "checked",
    "settled",
    "provisional",
    "speculative",
    "rejected",
    "quarantined",
    "deprecated",
    "expired",
];

/// Statuses of a task, in the order of reports; each is a folder.
pub const TASK_STATUSES: [&str; 9] = [
    "open",
    "leased",
    "submitted",
    "blocked",
    "verified",
    "integrated",
    "quarantined",
    "rejected",
    "expired",
];

/// Statuses of a residual; each is a folder.
pub const RESIDUAL_STATUSES: [&str; 3] = ["open", "resolved", "quarantined"];

/// Folders that `init` makes, in the order in which the configuration lists them.
pub const DIRECTORIES: [&str; 36] = [
    "blackboard",
    "tasks/open",
    "tasks/leased",
    "tasks/done",
    "tasks/blocked",
    "tasks/submitted",
    "tasks/verified",
    "tasks/integrated",
    "tasks/quarantined",
    "tasks/rejected",
    "tasks/expired",
    "packets/raw",
    "packets/proposed",
    "packets/candidate",
    "packets/checked",
    "packets/settled",
    "packets/provisional",
    "packets/speculative",
    "packets/rejected",
    "packets/quarantined",
    "packets/deprecated",
    "packets/expired",
    "residuals/open",
    "residuals/resolved",
    "residuals/quarantined",
    "reports/pic",
    "reports/verifier",
    "reports/phase",
    "reports/audit",
    "reports/providers",
    "phase/graphs",
    "phase/observations",
    "phase/thresholds",
    "phase/certificates",
    "phase/comparisons",
    "baselines",
];

/// The log of events.
pub const EVENTS: &str = "blackboard/events.jsonl";
/// The hash chain over the log; the strict mode alone writes it.
pub const CHAIN: &str = "blackboard/events.chain.jsonl";
/// What a command is about to write, for whoever comes after it was killed.
pub const JOURNAL: &str = "blackboard/.journal.json";
/// A journal that a loss of power tore, set aside.
pub const TORN_JOURNAL: &str = "blackboard/.journal.torn.json";
/// The configuration.
pub const CONFIG: &str = "ccr.config.json";
/// The index.
pub const DATABASE: &str = "ccr.sqlite";

/// What is said of every runtime, in order.
pub const NON_CLAIMS: [&str; 8] = [
    "CCR does not detect real ASI.",
    "CCR does not create real ASI.",
    "CCR does not self-modify models.",
    "CCR does not update model weights.",
    "CCR does not grant execution authority.",
    "CCR does not bypass safety.",
    "CCR treats external content as candidate-only until checked.",
    "CCR preserves residuals; settled=false is expected and not a crash.",
];

/// The file name of an id: characters that some file system refuses become `_`, `.json` behind.
pub fn file_name(id: &str) -> String {
    let mut name: String = id
        .chars()
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
            c if c < ' ' => '_',
            c => c,
        })
        .collect();
    name.push_str(".json");
    name
}

/// The name an id gets when another id has taken [`file_name`]: a digest of the id between.
pub fn suffixed_file_name(id: &str) -> String {
    let mut name = file_name(id);
    name.truncate(name.len() - ".json".len());
    let digest = crate::support::hashing::sha256_hex(id.as_bytes());
    format!("{name}~{}.json", &digest[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_no_separator() {
        assert_eq!(file_name("../../x:y\u{1}"), ".._.._x_y_.json");
        assert_ne!(suffixed_file_name("p:a"), suffixed_file_name("p/a"));
    }
}
