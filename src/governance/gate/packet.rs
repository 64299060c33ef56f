// SPDX-License-Identifier: Apache-2.0
//! Writes an approval packet: the exact sentence, the contract, the gates, the evidence that is
//! owed afterwards (section 4.6). A packet asks; it opens nothing.

use super::Paper;
use super::approval::{Approval, KINDS};
use crate::governance::profile::{Profile, Stage};
use crate::model::EntryPath;
use crate::support::names::all_or_none;
use std::fmt::Write as _;

/// What a packet is made of.
#[derive(Debug)]
pub struct Order<'a> {
    /// The task contract.
    pub contract: &'a Paper,
    /// The admission of the target.
    pub target: &'a Paper,
    /// The command of the harness.
    pub command: &'a str,
    /// Slug of the document's name: that of the file it is written to.
    pub name: &'a str,
    /// The document it comes from.
    pub source: &'a str,
    /// Who is asked.
    pub owner: &'a str,
    /// `YYYY-MM-DD`
    pub day: &'a str,
}

/// The stage whose mode a contract names.
pub fn stage_of<'p>(contract: &Paper, profile: &'p Profile) -> Option<&'p Stage> {
    let mode = contract.sheet.text("mutation_mode")?;
    profile.gates.stages.iter().find(|stage| stage.mode == mode)
}

/// The sentence that a human repeats.
pub fn sentence(order: &Order<'_>) -> String {
    let contract = &order.contract.sheet;
    let paths = contract.names("allowed_paths");
    let paths = super::shape::and(&paths).replace('`', "");
    format!(
        "I approve {}: one run that changes {paths} in {}, and nothing else.",
        contract.text("task_id").unwrap_or(""),
        order
            .target
            .sheet
            .text("target_repository_path")
            .unwrap_or("")
    )
}

/// The document.
pub fn write(order: &Order<'_>, profile: &Profile) -> String {
    let contract = &order.contract.sheet;
    let target = &order.target.sheet;
    let text = |key: &str| contract.text(key).unwrap_or("none").to_owned();
    let of_target = |key: &str| target.text(key).unwrap_or("none").to_owned();
    let title = title(order.name);
    let mut forbidden = contract.names("forbidden_paths");
    forbidden.extend(target.names("forbidden_paths"));
    forbidden.sort();
    forbidden.dedup();
    let mut out = String::new();
    let _ = write!(
        out,
        "---\nname: {}\ntier: local\nstatus: draft\nowner: {}\nsource: {}\ncreated: {day}\nlast_reviewed: {day}\nlifecycle_classification: planning\ncore_promotion_status: {}\ndescription: Child-local packet that the owner is asked to approve.\n---\n\n# {title}\n\nLocal planning SOT only. Not a Core Protocol. Not active Core authority.\n\n",
        order.name,
        order.owner,
        order.source,
        profile.gates.unpromoted,
        day = order.day,
    );
    let _ = write!(
        out,
        "## Status\n\nApproval packet status: prepared. It is no approval.\n\n- approval_required: true\n- approval_granted: false\n- execution_allowed: false\n\n## Proposed Target Repository\n\n- Target repository: `{}`\n- Target admission: `{}`\n- Admission status: `{}`\n- Admission approval source: {}\n- Repository owner: {}\n- Risk classification: `{}`\n\n",
        of_target("target_repository_path"),
        target.file(),
        of_target("admission_status"),
        of_target("approval_source"),
        of_target("repository_owner"),
        of_target("risk_classification"),
    );
    let _ = write!(
        out,
        "## Proposed Task Contract\n\n- Task: `{}`\n- Mutation mode: `{}`\n- Allowed paths: {}\n- Forbidden paths: {}\n- Forbidden actions: {}\n- Success criteria: {}\n- Validation command: {}\n- Rollback: {}\n- Harness command: `{}`\n- Contract SHA-256: `{}`\n\n",
        text("task_id"),
        text("mutation_mode"),
        all_or_none(&contract.names("allowed_paths")),
        all_or_none(&forbidden),
        all_or_none(&contract.names("forbidden_actions")),
        contract.names("success_criteria").join("; "),
        all_or_none(&contract.names("verification_commands")),
        text("rollback"),
        order.command,
        order.contract.sha256,
    );
    let stage = stage_of(order.contract, profile);
    let entry = stage.map_or(&[][..], |stage| stage.entry.as_slice());
    let gates: Vec<String> = profile
        .gates
        .required
        .iter()
        .chain(entry)
        .cloned()
        .collect();
    let _ = write!(
        out,
        "## Required Approval\n\nExact sentence:\n\n```text\n{}\n```\n\n## Execution Gate\n\n- Gates: {}\n- Execution scope: one approved run only\n\nA packet does not open the gate.\n\n## Evidence Required After Execution\n\n",
        sentence(order),
        all_or_none(&gates),
    );
    for artifact in contract.names("evidence_expectations") {
        let _ = writeln!(out, "- `{artifact}`");
    }
    if let Some(proof) = stage.and_then(|stage| stage.proof.as_ref()) {
        let _ = writeln!(out, "- `{proof}`");
    }
    out.push_str(
        "- the operator outcome\n\n## Non-Authority Notice\n\nThis packet does not authorize ",
    );
    let denied: Vec<&str> = profile
        .planning
        .notice
        .denied
        .keys()
        .map(String::as_str)
        .collect();
    out.push_str(&denied.join(", "));
    out.push_str(".\n\nRuntime default activation remains false. No Core promotion occurs.\n");
    out
}

/// The packet as it will be read.
pub fn approval(name: &str, text: &str, profile: &Profile) -> Result<Approval, String> {
    let path = EntryPath::root(&format!("{name}.md"));
    let paper = Paper::of(&path.to_string(), text.as_bytes(), profile)?;
    let document = paper.document.as_deref();
    Ok(Approval::of(&paper.sheet, document, KINDS[0], profile))
}

/// `cto-work-902-approval-packet` -> `CTO Work 902 Approval Packet`
fn title(name: &str) -> String {
    let words = name.split('-').enumerate().map(|(index, word)| {
        let mut letters = word.chars();
        match letters.next() {
            _ if index == 0 => word.to_uppercase(),
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => String::new(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
