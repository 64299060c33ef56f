// SPDX-License-Identifier: Apache-2.0
//! What each kind of event must say, in each form (specification of the PGS runtime, section 6).

use super::generation::Generation;
use crate::support::pyjson::ordered::Value;

/// Kind of event and the members its payload must have; a name that ends in `?` may be null.
type Row = (&'static str, &'static [&'static str]);

const ORIGINAL: &[Row] = &[
    (
        "execution_start",
        &["workflow_code", "policy_profile", "trace_schema_version"],
    ),
    ("registry_dump", &["capabilities", "count"]),
    ("node_start", &["node_id", "node_type"]),
    ("capability_dispatch", &["cc_code", "node_id"]),
    ("capability_request", &["capability_code", "requested_by"]),
    (
        "capability_resolution",
        &[
            "capability_code",
            "artifact_found",
            "implementation_found",
            "registered",
        ],
    ),
    ("node_end", &["node_id", "status", "duration_ms"]),
    ("violation", &["node_id", "violation_code", "message"]),
    (
        "error",
        &["component", "error_type", "error_code?", "message"],
    ),
    (
        "workflow_complete",
        &[
            "status",
            "duration_ms",
            "exit_condition",
            "exit_reason_code",
        ],
    ),
    // Declared by the original, never written.
    ("transform_start", &[]),
    ("transform_end", &[]),
    ("side_effect_start", &[]),
    ("side_effect_end", &[]),
    ("context_snapshot", &[]),
    ("audit_event", &[]),
];

const OURS: &[Row] = &[
    (
        "execution_start",
        &[
            "workflow_fqdn",
            "snapshot_root_hash",
            "seal_status",
            "payload_hash",
            "state_digest_before",
            "capability_manifest_hash",
            "clock",
            "dry_run",
            "tool",
        ],
    ),
    (
        "step_start",
        &[
            "node_id",
            "step_id",
            "capability",
            "op?",
            "inputs_hash",
            "binding",
        ],
    ),
    (
        "step_end",
        &[
            "node_id",
            "step_id",
            "outcome",
            "outputs_hash",
            "effect",
            "store?",
        ],
    ),
    ("verdict_ignored", &["node_id", "step_id", "output"]),
    ("edge_taken", &["from", "outcome", "to"]),
    ("violation", &["fields"]),
    ("workflow_complete", &["effects_committed"]),
    ("trace_seal", &["event_count", "head_hash"]),
];

const TOKENIZED: &[Row] = &[
    ("WF_START", &["wf_addr", "detail"]),
    ("CC_START", &["wf_addr", "cc_addr", "detail"]),
    ("CC_STEP", &["wf_addr", "cc_addr", "step_addr", "detail"]),
    (
        "CC_COMPLETE",
        &["wf_addr", "cc_addr", "result_status", "detail"],
    ),
    ("WF_COMPLETE", &["wf_addr", "result_status", "detail"]),
    ("ERROR", &["detail"]),
];

fn rows(generation: Generation) -> impl Iterator<Item = &'static Row> {
    let (first, second): (&[Row], &[Row]) = match generation {
        Generation::Original => (ORIGINAL, &[]),
        Generation::Ours => (ORIGINAL, OURS),
        Generation::Tokenized => (TOKENIZED, &[]),
    };
    first.iter().chain(second)
}

/// Whether the form has this kind of event.
pub fn is_known(generation: Generation, kind: &str) -> bool {
    rows(generation).any(|(known, _)| *known == kind)
}

/// Members that the payload of this kind of event lacks.
pub fn missing(generation: Generation, kind: &str, payload: &Value) -> Vec<&'static str> {
    rows(generation)
        .filter(|(known, _)| *known == kind)
        .flat_map(|(_, names)| names.iter())
        .filter_map(|name| {
            let plain = name.trim_end_matches('?');
            let lacks = match payload.get(plain) {
                None => true,
                Some(value) => value.is_null() && plain.len() == name.len(),
            };
            lacks.then_some(plain)
        })
        .collect()
}
