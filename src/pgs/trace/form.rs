// SPDX-License-Identifier: Apache-2.0
//! Events as names and payloads: in the original's form (specification of the PGS runtime, section
//! 6.1), and in ours, which says all of that and more (6.2).

use super::event::{Event, FieldFault, Ground, Profile, Registered};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};

/// What `execution_start` says of the form of events, in the original and in ours.
pub const SCHEMA: &str = "TRACE_SCHEMA_V0";

/// Name and payload of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// `event_type`.
    pub kind: &'static str,
    /// `payload`.
    pub payload: Value,
}

/// Whether a profile records the event at all.
fn is_recorded(event: &Event, profile: Profile) -> bool {
    let advanced = matches!(
        event,
        Event::RegistryDump { .. }
            | Event::CapabilityDispatch { .. }
            | Event::CapabilityRequest { .. }
            | Event::CapabilityResolution { .. }
    );
    !advanced || profile == Profile::Advanced
}

/// The event as the original writes it; nothing when it does not.
pub fn original(event: &Event, profile: Profile) -> Option<Said> {
    let ours_alone = match event {
        Event::StepStart { .. }
        | Event::StepEnd { .. }
        | Event::VerdictIgnored { .. }
        | Event::EdgeTaken { .. } => true,
        Event::Violation { original, .. } => !original,
        _ => false,
    };
    (!ours_alone && is_recorded(event, profile)).then(|| said(event, false))
}

/// The event as we write it; nothing when the profile leaves it out.
pub fn ours(event: &Event, profile: Profile) -> Option<Said> {
    is_recorded(event, profile).then(|| said(event, true))
}

fn said(event: &Event, more: bool) -> Said {
    let (kind, mut payload, additions) = parts(event);
    if more {
        payload.extend(additions);
    }
    Said {
        kind,
        payload: Value::Object(payload),
    }
}

/// Members of an object in the making.
fn members(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Sets a member only when there is something to say.
fn set(object: &mut Object, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

/// The name, what the original says, what we add.
fn parts(event: &Event) -> (&'static str, Object, Object) {
    let (kind, payload, more) = match event {
        Event::ExecutionStart {
            workflow,
            profile,
            ground,
        } => {
            let payload = record! {
                "workflow_code" => workflow.code(),
                "policy_profile" => profile.name(),
                "trace_schema_version" => SCHEMA,
            };
            let mut more = stands_on(ground);
            more.insert("workflow_fqdn".to_owned(), workflow.as_str().into());
            ("execution_start", payload, more)
        }
        Event::RegistryDump { capabilities } => {
            ("registry_dump", registry(capabilities), Object::new())
        }
        Event::NodeStart {
            node,
            kind,
            capability,
        } => {
            let mut payload = members(record! { "node_id" => node, "node_type" => *kind });
            if let Some(capability) = capability {
                payload.insert("capability_code".to_owned(), capability.into());
            }
            ("node_start", Value::Object(payload), Object::new())
        }
        Event::CapabilityDispatch { contract, node } => {
            let payload = record! { "cc_code" => contract, "node_id" => node };
            ("capability_dispatch", payload, Object::new())
        }
        Event::CapabilityRequest {
            capability,
            requested_by,
        } => {
            let payload =
                record! { "capability_code" => capability, "requested_by" => requested_by };
            ("capability_request", payload, Object::new())
        }
        Event::CapabilityResolution {
            capability,
            artifact_found,
            implementation_found,
            registered,
        } => {
            let payload = record! {
                "capability_code" => capability,
                "artifact_found" => *artifact_found,
                "implementation_found" => *implementation_found,
                "registered" => *registered,
            };
            ("capability_resolution", payload, Object::new())
        }
        Event::StepStart { .. }
        | Event::StepEnd { .. }
        | Event::VerdictIgnored { .. }
        | Event::EdgeTaken { .. } => {
            let (kind, payload) = step(event);
            (kind, payload, Object::new())
        }
        Event::NodeEnd {
            node,
            status,
            duration_ms,
        } => {
            let payload = record! {
                "node_id" => node, "status" => status, "duration_ms" => *duration_ms,
            };
            ("node_end", payload, Object::new())
        }
        Event::Violation {
            node,
            code,
            message,
            field,
            constraint,
            fields,
            ..
        } => {
            let payload = record! {
                "node_id" => node,
                "violation_code" => code,
                "message" => message,
                "field" => field.clone(),
                "constraint" => constraint.clone(),
            };
            ("violation", payload, refused(fields))
        }
        Event::Error {
            component,
            error_type,
            code,
            message,
            node,
            workflow,
            category,
        } => {
            let payload = record! {
                "component" => component,
                "error_type" => error_type,
                "error_code" => code,
                "message" => message,
                "traceback" => Value::Null,
                "node_id" => node.clone(),
                "workflow" => workflow.clone(),
                "node_category" => category,
            };
            ("error", payload, Object::new())
        }
        Event::WorkflowComplete {
            success,
            duration_ms,
            condition,
            reason,
            effects_committed,
        } => {
            let payload = record! {
                "status" => if *success { "SUCCESS" } else { "FAILED" },
                "duration_ms" => *duration_ms,
                "exit_condition" => condition,
                "exit_reason_code" => reason,
            };
            let more = members(record! { "effects_committed" => *effects_committed });
            ("workflow_complete", payload, more)
        }
    };
    (kind, members(payload), more)
}

/// Events that only we have.
fn step(event: &Event) -> (&'static str, Value) {
    match event {
        Event::StepStart {
            node,
            step,
            capability,
            op,
            inputs_hash,
            inputs,
            binding,
        } => {
            let mut payload = members(record! {
                "node_id" => node,
                "step_id" => step,
                "capability" => capability,
                "op" => op.clone(),
                "inputs_hash" => inputs_hash,
                "binding" => binding,
            });
            set(&mut payload, "inputs", inputs.clone());
            ("step_start", Value::Object(payload))
        }
        Event::StepEnd {
            node,
            step,
            outcome,
            outputs_hash,
            outputs,
            effect,
            store,
            error,
        } => {
            let mut payload = members(record! {
                "node_id" => node,
                "step_id" => step,
                "outcome" => outcome,
                "outputs_hash" => outputs_hash,
                "effect" => effect.name(),
                "store" => store.clone(),
            });
            set(&mut payload, "outputs", outputs.clone());
            set(&mut payload, "error", error.as_ref().map(Value::from));
            ("step_end", Value::Object(payload))
        }
        Event::VerdictIgnored { node, step, output } => {
            let payload = record! { "node_id" => node, "step_id" => step, "output" => output };
            ("verdict_ignored", payload)
        }
        Event::EdgeTaken { from, outcome, to } => {
            let payload = record! { "from" => from, "outcome" => outcome, "to" => to };
            ("edge_taken", payload)
        }
        // The caller hands over the four above.
        _ => ("", Value::Null),
    }
}

fn stands_on(ground: &Ground) -> Object {
    let mut more = members(record! {
        "snapshot_root_hash" => &ground.snapshot_root_hash,
        "seal_status" => &ground.seal_status,
        "payload_hash" => &ground.payload_hash,
        "state_digest_before" => &ground.state_digest_before,
        "capability_manifest_hash" => &ground.capability_manifest_hash,
        "clock" => &ground.clock,
        "dry_run" => ground.dry_run,
        "tool" => record! { "name" => "ccr", "version" => env!("CARGO_PKG_VERSION") },
    });
    set(&mut more, "payload", ground.payload.clone());
    more
}

fn registry(capabilities: &[Registered]) -> Value {
    let listed: Object = capabilities
        .iter()
        .map(|one| {
            let said = record! {
                "type" => "side_effect",
                "registered" => one.registered,
                "runtime_class" => &one.runtime_class,
            };
            (one.capability.clone(), said)
        })
        .collect();
    let count = listed.len();
    record! { "capabilities" => listed, "count" => count }
}

fn refused(fields: &[FieldFault]) -> Object {
    let fields: Vec<Value> = fields
        .iter()
        .map(|fault| record! { "field" => &fault.field, "constraint" => &fault.constraint })
        .collect();
    members(record! { "fields" => fields })
}
