// SPDX-License-Identifier: Apache-2.0
//! What a control summary holds: paths, digests, names and states (specification, section 4.7).
//!
//! A path that begins with the name of a run lies below the folder of runs, any other below the
//! governance root.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the form.
pub const SCHEMA_VERSION: &str = "ccr.control_summary.v1";

/// The whole projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: String,
    /// Name of the governance profile.
    pub profile: String,
    /// The day on which everything was judged.
    pub as_of: String,
    /// When the summary was made.
    pub generated_at: String,
    /// SHA-256 over names and digests of everything that was read.
    pub inputs_sha256: String,
    /// Report of the latest run of the failure matrix, else the matrix document.
    pub matrix_report_path: Option<String>,
    /// The ledger or document that tells of stages.
    pub ladder_path: Option<String>,
    /// The staged proof.
    pub stages: Vec<Stage>,
    /// The comparison of the candidate with the lanes.
    pub case_stage6_candidate_default: Candidate,
    /// The read-only look at a governed pass.
    pub case_stage6_real_governed_refresh: Refresh,
    /// Where that look is recorded.
    pub stage6_real_governed_refresh_comparison_path: Option<String>,
    /// Report of the first governed pass on a real repository.
    pub real_stage5_pass_report: Option<String>,
    /// Its proof.
    pub real_stage5_proof: Option<String>,
    /// Report of the repetition.
    pub repeat_stage5_pass_report: Option<String>,
    /// Its proof.
    pub repeat_stage5_proof: Option<String>,
    /// The passes that are replayed, in order.
    pub real_stage5_passes: Vec<Pass>,
    /// Whether targets were left as they were found: `proven`, `not_proven` or `missing`.
    pub target_read_only_proof_status: String,
    /// Passes that are needed.
    pub repeatability_required: usize,
    /// Passes that differ in case, run and target commit.
    pub repeatability_count: usize,
    /// `pass`, `blocked` or `fail`.
    pub repeatability_status: String,
    /// Whether enough of them are there.
    pub candidate_default_repeatability_eligible: bool,
    /// Whether the candidate may be discussed as default. No activation follows from it.
    pub candidate_default_eligible: bool,
    /// Always false.
    pub runtime_default_activation: bool,
    /// The only status that a child can hold.
    pub core_promotion_status: String,
    /// Lanes that were not compared, and why.
    pub blocked_lanes: Vec<BlockedLane>,
    /// What a person does next.
    pub next_operator_action: String,
    /// Always true here: a summary grants nothing.
    pub approval_required: bool,
    /// Always false here.
    pub approval_granted: bool,
    /// Always false here.
    pub execution_allowed: bool,
    /// Why.
    pub reason: String,
    /// What may be done with this summary.
    pub allowed_next_actions: Vec<String>,
    /// What may not.
    pub blocked_next_actions: Vec<String>,
    /// The packet that a person is asked about, or was.
    pub approval_packet: Packet,
    /// What was run under it.
    pub governed_execution: Execution,
    /// Every approval, and what used it.
    pub approvals: Vec<ApprovalRow>,
    /// Every run.
    pub runs: Vec<RunRow>,
    /// Work items.
    pub work: Work,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// From 1.
    pub stage: u64,
    /// Its name.
    pub title: String,
    /// `validated`, `open` or `blocked`, as the files prove it.
    pub status: String,
    /// As the ledger says.
    pub claimed_status: String,
    /// When it was validated, as the ledger says.
    pub validated_at: Option<String>,
    /// What may be changed in it.
    pub allowed_mutation_scope: String,
    /// What it authorises, once it is validated.
    pub authorises: String,
    /// Runs that are cited for it.
    pub evidence: Vec<Cited>,
    /// Everything that must be proven.
    pub required_gates: Vec<String>,
    /// What is proven.
    pub passed_gates: Vec<String>,
    /// What is not.
    pub missing_gates: Vec<String>,
    /// Failure classes that a run shows.
    pub classes_shown: Vec<String>,
    /// Those that are excused with a rationale.
    pub classes_excused: Vec<String>,
    /// Those that nothing covers.
    pub classes_open: Vec<String>,
}

impl Stage {
    /// Whether the ledger says another thing than the files prove; where it says none, it does not.
    pub fn contradicts(&self) -> bool {
        self.claimed_status != self.status && self.claimed_status != UNSTATED
    }
}

/// What a status is that nothing states.
pub const UNSTATED: &str = "unstated";

/// A run that a stage cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// Its name.
    pub run_id: String,
    /// Its report, where it is at hand.
    pub report_path: Option<String>,
    /// SHA-256 of the report's bytes.
    pub report_sha256: Option<String>,
    /// Its status as derived; `missing` when the run is not at hand.
    pub status: String,
    /// Whether it proves the stage.
    pub counts: bool,
}

/// The comparison of the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// `pass`, `blocked` or `missing`.
    pub status: String,
    /// Where it is recorded.
    pub comparison_path: Option<String>,
    /// SHA-256 of its bytes, when it lies in a run.
    pub comparison_sha256: Option<String>,
    /// `match`, `beat`, `worse` or `blocked`, by dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Lanes that were compared.
    pub compared_lanes: Vec<String>,
    /// `current`, `stale` or `missing`.
    pub source_admission_freshness: String,
    /// `accepted`, `rejected` or `missing`.
    pub operator_outcome: String,
    /// Whether the comparison holds and says that the candidate may be discussed.
    pub candidate_default_eligible: bool,
}

/// The read-only look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// `pass`, `blocked` or `missing`.
    pub status: String,
    /// SHA-256 of its bytes, when it lies in a run.
    pub comparison_sha256: Option<String>,
    /// Whether it left the target alone: `proven`, `not_proven` or `missing`.
    pub target_read_only: String,
}

/// A governed pass on a real repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Case.
    pub case_id: String,
    /// Run.
    pub run_id: String,
    /// Its report.
    pub report: String,
    /// Its proof.
    pub proof: String,
    /// The commit on which it worked.
    pub target_commit: String,
}

/// A lane that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedLane {
    /// Its name.
    pub lane: String,
    /// Why.
    pub rationale: String,
}

/// The packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// `none`, or the state of its approval.
    pub status: String,
    /// The document.
    pub packet_path: Option<String>,
    /// The sentence that a person must say.
    pub approval_command_text: Option<String>,
    /// Artifacts that a run under it must leave, by their names in the run.
    pub required_evidence_paths: Vec<String>,
    /// What the run may change.
    pub allowed_paths: Vec<String>,
    /// What it may not do.
    pub blocked_actions: Vec<String>,
    /// Always false.
    pub executable: bool,
    /// Whether a run left all of that, and holds.
    pub proof_ready: bool,
}

/// What was run under the packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Whether a run used the approval.
    pub approval_consumed: bool,
    /// Which.
    pub consumed_by: Vec<String>,
    /// Its report, when it is a pass that holds.
    pub consumed_pass_report: Option<String>,
    /// Its proof.
    pub consumed_proof: Option<String>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRow {
    /// Work items.
    pub work_items: Vec<String>,
    /// SHA-256 over sentence, target, paths, command and scope.
    pub identity: String,
    /// `prepared`, `requested`, `granted`, `consumed`, `denied` or `invalid`.
    pub state: String,
    /// The packet.
    pub packet_path: Option<String>,
    /// The request.
    pub request_path: Option<String>,
    /// The record that grants it.
    pub record_path: Option<String>,
    /// Runs under it.
    pub runs: Vec<BoundRun>,
    /// Whether more runs were started than it is good for.
    pub reused: bool,
    /// Whether the record came after the run.
    pub retroactive: bool,
}

/// A run under an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundRun {
    /// Its name.
    pub run_id: String,
    /// Whether its process was started, which uses the approval.
    pub started: bool,
    /// Whether the run is at hand; else a document tells of it.
    pub at_hand: bool,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// Its name.
    pub run_id: String,
    /// Its adapter.
    pub backend: String,
    /// Its stage, when it says one.
    pub stage: Option<u64>,
    /// How far it may reach.
    pub mutation_mode: String,
    /// Status as the report says.
    pub claimed_status: String,
    /// Status as the evidence says.
    pub derived_status: String,
    /// `holds` or `refused`.
    pub verdict: String,
    /// Blocker codes.
    pub blockers: Vec<String>,
    /// Rules that the evidence breaks.
    pub rules: Vec<String>,
    /// Its report.
    pub report_path: Option<String>,
    /// SHA-256 of the report's bytes.
    pub report_sha256: Option<String>,
    /// Root of the seal.
    pub seal_root: Option<String>,
}

/// Work items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// How many.
    pub total: usize,
    /// How many by status.
    pub by_status: BTreeMap<String, usize>,
    /// Items that wait for each other in a circle.
    pub cycles: Vec<Vec<String>>,
    /// The items, by id.
    pub items: Vec<ItemRow>,
}

/// A work item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRow {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// `AFK`, `HITL` or `unstated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Status that counts; `unstated` when nothing says one.
    pub status: String,
    /// Items that block it.
    pub blocked_by: Vec<String>,
    /// Those of them that are not validated.
    pub waits_for: Vec<String>,
    /// Document that defines it.
    pub path: Option<String>,
}
