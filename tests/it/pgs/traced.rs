// SPDX-License-Identifier: Apache-2.0
//! A small workflow of our own, its runs as events, and traces of them in every form, whole or
//! damaged in a stated way.

use ccr::pgs::capability::manifest;
use ccr::pgs::files::{File, Files};
use ccr::pgs::fqdn::Fqdn;
use ccr::pgs::limits::Limits;
use ccr::pgs::seal;
use ccr::pgs::snapshot::Snapshot;
use ccr::pgs::trace::encode::{Encoder, Format, event_hash, first_link};
use ccr::pgs::trace::{Effect, Event, Ground, Profile, Registered, signed_message};
use ccr::record;
use ccr::support::pyjson::ordered::{self, Object, Value};
use ccr::support::signing::{SigningKey, VerifyingKey};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

pub(super) const WORKFLOW: &str = "shop::WF_ORDER_V0";
const REGISTRY: &str = "capability_side_effects::CS_REGISTRY_V0";
const LOG: &str = "capability_side_effects::CS_APPENDONLY_JSONL_V0";
const IDENTIFY: &str = "capability_transforms::CT_PURE_GENERATE_ID_V0";

/// Writes an artifact file.
fn artifact(namespace: &str, code: &str, kind: &str, core: Value, more: Value) -> Value {
    let mut front = record! { "core" => core };
    if let (Some(front), Some(more)) = (front.as_object_mut(), more.as_object()) {
        front.extend(more.clone());
    }
    record! {
        "artifact_code" => code,
        "artifact_type" => kind,
        "fqdn_id" => format!("{namespace}::{code}"),
        "namespace" => namespace,
        "frontmatter" => front,
    }
}

fn json(text: &str) -> Value {
    ordered::parse_strict(text.as_bytes(), 32).unwrap()
}

/// The snapshot: an intent, a contract with a transform, a contract with two side effects.
pub(super) fn snapshot_texts() -> Vec<(String, String)> {
    let none = || Value::Object(Object::new());
    let workflow = json(
        r#"{"start_node": "IN_ORDER_V0", "nodes": {
          "IN_ORDER_V0": {"type": "IN", "fqdn_id": "shop::IN_ORDER_V0", "next": {"ACK": "CC_NAME_V0", "NACK": "EXIT_REFUSED"}},
          "CC_NAME_V0": {"type": "CC", "fqdn_id": "shop::CC_NAME_V0", "inputs": {"order": "$.payload.order"}, "next": {"SUCCESS": "CC_STORE_V0", "VIOLATION": "EXIT_FAILED"}},
          "CC_STORE_V0": {"type": "CC", "fqdn_id": "shop::CC_STORE_V0", "inputs": {"id": "$.results.CC_NAME_V0.id", "order": "$.payload.order"}, "next": {"SUCCESS": "EXIT_DONE", "ALREADY_EXISTS": "EXIT_KNOWN", "VIOLATION": "EXIT_FAILED", "BACKEND_ERROR": "EXIT_FAILED"}},
          "EXIT_DONE": {"type": "EXIT", "reason": "COMPLETED"},
          "EXIT_KNOWN": {"type": "EXIT", "reason": "EXITED"},
          "EXIT_REFUSED": {"type": "EXIT", "reason": "EXITED"},
          "EXIT_FAILED": {"type": "EXIT", "reason": "FAILED"}}}"#,
    );
    let name = json(
        r#"{"inputs": {"order": {"type": "object", "required": true}}, "outputs": {"id": {"type": "string"}},
          "result_status_contract": {"allowed": ["SUCCESS", "VIOLATION"], "on_input_failure": "VIOLATION"},
          "pipeline": [{"step": "identify", "transform": "capability_transforms::CT_PURE_GENERATE_ID_V0",
            "inputs": {"prefix": "OR", "data": "$.inputs.order"}, "outputs": {"id": "$.capability_result.id"},
            "on_result": {"SUCCESS": "exit", "VIOLATION": "exit"}}]}"#,
    );
    let store = json(
        r#"{"inputs": {"id": {"type": "string", "required": true}}, "outputs": {},
          "result_status_contract": {"allowed": ["SUCCESS", "ALREADY_EXISTS", "VIOLATION", "BACKEND_ERROR"], "on_input_failure": "VIOLATION"},
          "pipeline": [
            {"step": "register", "side_effect": "capability_side_effects::CS_REGISTRY_V0", "op": "REGISTER", "inputs": {"key": "$.inputs.id"}, "outputs": {},
              "on_result": {"SUCCESS": "continue", "ALREADY_EXISTS": "exit", "VIOLATION": "exit", "BACKEND_ERROR": "exit"}},
            {"step": "append", "side_effect": "capability_side_effects::CS_APPENDONLY_JSONL_V0", "op": "APPEND", "inputs": {"record": {"order": "$.inputs.order"}}, "outputs": {},
              "on_result": {"SUCCESS": "exit", "VIOLATION": "exit", "BACKEND_ERROR": "exit"}}]}"#,
    );
    let binding = json(
        r#"{"bindings": {"capability_side_effects::CS_REGISTRY_V0": {"policy": {"path": "{{module_data_root}}/registry/orders.json"}},
          "capability_side_effects::CS_APPENDONLY_JSONL_V0": {"policy": {"path": "{{module_data_root}}/events/orders.jsonl"}}}}"#,
    );
    let intent = json(r#"{"inputs": {"order": {"type": "object", "required": true}}}"#);
    let rb = record! { "runtime_binding" => "shop::RB_ORDER_V0" };
    let file = |folder: &str, code: &str, kind: &str, core: Value, more: Value| {
        let path = format!("artifacts/{folder}/shop__{code}.json");
        (path, artifact("shop", code, kind, core, more).indented())
    };
    // A built-in transform counts only with the contract that is built in.
    let transform =
        "artifacts/capability_transforms/capability_transforms__CT_PURE_GENERATE_ID_V0.json";
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/snapshot");
    let shipped = std::fs::read_to_string(shipped.join(transform)).unwrap();
    vec![
        (transform.to_owned(), shipped),
        file("workflows", "WF_ORDER_V0", "WF", workflow, rb),
        file("intents", "IN_ORDER_V0", "IN", intent, none()),
        file("capability_contracts", "CC_NAME_V0", "CC", name, none()),
        file("capability_contracts", "CC_STORE_V0", "CC", store, none()),
        file("runtime_bindings", "RB_ORDER_V0", "RB", binding, none()),
    ]
}

pub(super) fn snapshot(texts: &[(String, String)]) -> Snapshot {
    let mut files = Files::default();
    for (path, text) in texts {
        files.files.insert(path.clone(), File::new(text.as_bytes()));
    }
    Snapshot::of(files, Limits::default()).unwrap()
}

/// What the runs are given.
pub(super) fn payload() -> Value {
    record! { "order" => record! { "item" => "lamp", "count" => 2_i64, "for" => "Renée" } }
}

/// A run of the workflow.
pub(super) fn events(run: &str, profile: Profile, values: bool, ground: Ground) -> Vec<Event> {
    let mut out = Vec::new();
    let text = str::to_owned;
    out.push(Event::ExecutionStart {
        workflow: Fqdn::parse(WORKFLOW).unwrap(),
        profile,
        ground: Box::new(ground),
    });
    let one = |name: &str, class: &str| Registered {
        capability: text(name),
        registered: true,
        runtime_class: text(class),
    };
    out.push(Event::RegistryDump {
        capabilities: vec![one(LOG, "Log"), one(REGISTRY, "Registry")],
    });
    let start = |id: &str, kind: &'static str, capability: Option<&str>| Event::NodeStart {
        node: text(id),
        kind,
        capability: capability.map(text),
    };
    let end = |id: &str, status: &str| Event::NodeEnd {
        node: text(id),
        status: text(status),
        duration_ms: 1,
    };
    let edge = |from: &str, outcome: &str, to: &str| Event::EdgeTaken {
        from: text(from),
        outcome: text(outcome),
        to: text(to),
    };
    let call = |id: &str| {
        let contract = format!("shop::{id}");
        [
            Event::CapabilityDispatch {
                contract: contract.clone(),
                node: text(id),
            },
            Event::CapabilityRequest {
                capability: contract.clone(),
                requested_by: text(id),
            },
            Event::CapabilityResolution {
                capability: contract,
                artifact_found: true,
                implementation_found: true,
                registered: true,
            },
        ]
    };
    let step = |node: &str,
                id: &str,
                capability: &str,
                op: Option<&str>,
                inputs: Value,
                outcome: &str,
                outputs: Value,
                effect: Effect,
                store: Option<&str>| {
        [
            Event::StepStart {
                node: text(node),
                step: text(id),
                capability: text(capability),
                op: op.map(text),
                inputs_hash: inputs.digest(),
                inputs: values.then(|| inputs.clone()),
                binding: text("native"),
            },
            Event::StepEnd {
                node: text(node),
                step: text(id),
                outcome: text(outcome),
                outputs_hash: outputs.digest(),
                outputs: values.then_some(outputs),
                effect,
                store: store.map(text),
                error: None,
            },
        ]
    };
    let done = |success: bool, reason: &str| Event::WorkflowComplete {
        success,
        duration_ms: 9,
        condition: text(if success { "SUCCESS" } else { "FAILURE" }),
        reason: text(reason),
        effects_committed: 2,
    };
    let order = payload().get("order").unwrap().clone();
    let id = format!("OR_{}", &order.digest()[..16]);
    let intent = Some("shop::IN_ORDER_V0");
    out.push(start("IN_ORDER_V0", "intent", intent));
    if run == "refused" {
        out.push(end("IN_ORDER_V0", "NACK"));
        out.push(edge("IN_ORDER_V0", "NACK", "EXIT_REFUSED"));
        out.push(start("EXIT_REFUSED", "exit", None));
        out.push(end("EXIT_REFUSED", "completed"));
        out.push(done(false, "EXIT_REJECTED"));
        return out;
    }
    out.push(end("IN_ORDER_V0", "ACK"));
    out.push(edge("IN_ORDER_V0", "ACK", "CC_NAME_V0"));
    out.push(start(
        "CC_NAME_V0",
        "capability_contract",
        Some("shop::CC_NAME_V0"),
    ));
    out.extend(call("CC_NAME_V0"));
    let inputs = record! { "prefix" => "OR", "data" => order.clone() };
    let outputs = record! { "id" => &id };
    out.extend(step(
        "CC_NAME_V0",
        "identify",
        IDENTIFY,
        None,
        inputs,
        "SUCCESS",
        outputs,
        Effect::None,
        None,
    ));
    if run == "broken" {
        out.push(Event::Error {
            component: text("capability"),
            error_type: text("StructuredError"),
            code: text("CT_EXECUTION_FAILED"),
            message: text("no result"),
            node: Some(text("CC_NAME_V0")),
            workflow: None,
            category: text("CT"),
        });
        out.push(done(false, "EXECUTION_ERROR"));
        return out;
    }
    if run == "ignored" {
        out.push(Event::VerdictIgnored {
            node: text("CC_NAME_V0"),
            step: text("identify"),
            output: text("valid"),
        });
    }
    out.push(end("CC_NAME_V0", "SUCCESS"));
    out.push(edge("CC_NAME_V0", "SUCCESS", "CC_STORE_V0"));
    out.push(start(
        "CC_STORE_V0",
        "capability_contract",
        Some("shop::CC_STORE_V0"),
    ));
    out.extend(call("CC_STORE_V0"));
    let inputs = record! { "key" => &id };
    let (outcome, effect) = match run {
        "again" => ("ALREADY_EXISTS", Effect::None),
        _ => ("SUCCESS", Effect::Created),
    };
    let outputs = record! { "address" => "ADDR_0", "result_status" => outcome };
    let path = Some("registry/orders.json");
    out.extend(step(
        "CC_STORE_V0",
        "register",
        REGISTRY,
        Some("REGISTER"),
        inputs,
        outcome,
        outputs,
        effect,
        path,
    ));
    let exit = if run == "again" {
        out.push(end("CC_STORE_V0", "ALREADY_EXISTS"));
        out.push(edge("CC_STORE_V0", "ALREADY_EXISTS", "EXIT_KNOWN"));
        "EXIT_KNOWN"
    } else {
        let inputs = record! { "record" => record! { "order" => order } };
        let outputs = record! { "record_id" => "R0", "result_status" => "SUCCESS" };
        let path = Some("events/orders.jsonl");
        out.extend(step(
            "CC_STORE_V0",
            "append",
            LOG,
            Some("APPEND"),
            inputs,
            "SUCCESS",
            outputs,
            Effect::Appended,
            path,
        ));
        out.push(end("CC_STORE_V0", "SUCCESS"));
        out.push(edge("CC_STORE_V0", "SUCCESS", "EXIT_DONE"));
        "EXIT_DONE"
    };
    out.push(start(exit, "exit", None));
    out.push(end(exit, "completed"));
    out.push(if run == "again" {
        done(false, "EXIT_ALREADY_EXISTS")
    } else {
        done(true, "COMPLETED")
    });
    out
}

/// What a good run stands on.
pub(super) fn ground(snapshot: &Snapshot) -> Ground {
    Ground {
        snapshot_root_hash: seal::root_hash(&snapshot.files),
        seal_status: "sealed".to_owned(),
        payload_hash: payload().digest(),
        state_digest_before: Value::Null.digest(),
        capability_manifest_hash: manifest::digest(),
        clock: "wall".to_owned(),
        dry_run: false,
        payload: None,
    }
}

/// The moment of the `nth` event: a millisecond apart.
pub(super) fn moment(nth: usize) -> Timestamp {
    let first: Timestamp = "2026-03-04T05:06:07.000123Z".parse().unwrap();
    let step = SignedDuration::from_millis(i64::try_from(nth).unwrap());
    first.checked_add(step).unwrap()
}

/// The lines of a run.
pub(super) fn lines(
    format: Format,
    profile: Profile,
    events: &[Event],
    key: Option<&SigningKey>,
) -> Vec<String> {
    let mut encoder = Encoder::new(format, profile, "T_20260304_050607_000_0A1B2C3D");
    let mut out: Vec<String> = Vec::new();
    for (nth, event) in events.iter().enumerate() {
        out.extend(encoder.line(event, moment(nth)));
    }
    if format == Format::V1 {
        let signature = key.map(|key| key.sign(&signed_message(encoder.head())));
        out.push(encoder.seal(signature.as_ref(), moment(events.len())));
    }
    for line in &mut out {
        assert_eq!(line.pop(), Some('\n'));
    }
    out
}

/// Makes the chain of our form fit again, and the seal, after lines were edited: what somebody does
/// who can write the whole file and has the key.
pub(super) fn rechain(lines: &mut [String], key: Option<&SigningKey>) {
    let mut previous: Option<String> = None;
    for (at, line) in lines.iter_mut().enumerate() {
        let mut event = json(line);
        let id = event.text("execution_id").unwrap().to_owned();
        let link = previous.take().unwrap_or_else(|| first_link(&id));
        let members = event.as_object_mut().unwrap();
        if members["event_type"].as_str() == Some("trace_seal") {
            let payload = members["payload"].as_object_mut().unwrap();
            payload.insert("head_hash".to_owned(), (&link).into());
            payload.insert("event_count".to_owned(), at.into());
            if let Some(key) = key {
                let signature = key.sign(&signed_message(&link));
                let said = record! { "alg" => signature.alg, "key_id" => signature.key_id, "sig" => signature.sig };
                payload.insert("signature".to_owned(), said);
            }
        }
        members.insert("sequence".to_owned(), (at + 1).into());
        members.insert("prev_hash".to_owned(), link.into());
        let hash = event_hash(&event);
        let members = event.as_object_mut().unwrap();
        members.insert("event_hash".to_owned(), (&hash).into());
        *line = event.canonical();
        previous = Some(hash);
    }
}

/// Lines of the token-native generation for the same run.
pub(super) fn tokenized(values: bool) -> Vec<String> {
    let detail = |text: &str| json(text);
    let rows = [
        (
            "WF_START",
            Value::Null,
            Value::Null,
            r#"{"wf_fqdn": "shop::WF_ORDER_V0", "payload_keys": ["order"]}"#,
        ),
        (
            "CC_START",
            2_i64.into(),
            Value::Null,
            r#"{"cc_fqdn": "shop::CC_NAME_V0", "inputs": {"order": "lamp"}}"#,
        ),
        (
            "CC_STEP",
            2_i64.into(),
            Value::Null,
            r#"{"step_fqdn": "capability_transforms::CT_PURE_GENERATE_ID_V0", "result_keys": ["id"]}"#,
        ),
        (
            "CC_COMPLETE",
            2_i64.into(),
            "SUCCESS".into(),
            r#"{"cc_fqdn": "shop::CC_NAME_V0", "output_keys": ["id"]}"#,
        ),
        (
            "CC_START",
            3_i64.into(),
            Value::Null,
            r#"{"cc_fqdn": "shop::CC_STORE_V0", "inputs": {"id": "OR_1"}}"#,
        ),
        (
            "CC_COMPLETE",
            3_i64.into(),
            "SUCCESS".into(),
            r#"{"cc_fqdn": "shop::CC_STORE_V0", "output_keys": []}"#,
        ),
        (
            "WF_COMPLETE",
            Value::Null,
            "SUCCESS".into(),
            r#"{"wf_fqdn": "shop::WF_ORDER_V0"}"#,
        ),
    ];
    let mut ticks = 100_i64;
    rows.into_iter()
        .map(|(kind, contract, status, said)| {
            ticks += 7;
            let mut said = detail(said);
            if !values {
                said.as_object_mut().unwrap().shift_remove("inputs");
            }
            let step: Value = if kind == "CC_STEP" {
                9_i64.into()
            } else {
                Value::Null
            };
            let event = record! {
                "trace_schema_version" => "v0",
                "trace_id" => "20260304T050607000Z__WF_ORDER_V0__0A1B",
                "event_type" => kind,
                "domain" => "shop",
                "wf_addr" => 1_i64,
                "cc_addr" => contract,
                "step_addr" => step,
                "step_op" => Value::Null,
                "result_status" => status,
                "detail" => said,
                "ts_ns" => ticks,
            };
            serde_json::from_str::<serde_json::Value>(&event.line()).unwrap();
            event.line()
        })
        .collect()
}

/// Writes the data root that a good run leaves.
pub(super) fn write_data(root: &Path) {
    std::fs::create_dir_all(root.join("registry")).unwrap();
    std::fs::create_dir_all(root.join("events")).unwrap();
    let registered = "{\"key\": \"OR_1\", \"address\": \"ADDR_0\"}\n";
    std::fs::write(root.join("registry/orders.json"), registered).unwrap();
    // Every moment of the run has its line: which events a form and a profile leave out differs.
    let logged: String = (0..40)
        .map(|nth| {
            let when = moment(nth).strftime("%Y-%m-%dT%H:%M:%S%.6f");
            format!("{{\"record_id\": \"R0\", \"sequence_number\": 1, \"timestamp\": \"{when}\", \"record\": {{}}}}\n")
        })
        .collect();
    std::fs::write(root.join("events/orders.jsonl"), logged).unwrap();
}

/// A key pair from a fixed seed: no key stands in the repository.
pub(super) fn keys(folder: &Path, seed: u8) -> (SigningKey, VerifyingKey) {
    use ssh_key::private::Ed25519Keypair;
    let key = ssh_key::PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    let path = folder.join(format!("key-{seed}"));
    std::fs::write(&path, key.to_openssh(ssh_key::LineEnding::LF).unwrap()).unwrap();
    (
        SigningKey::read(&path).unwrap(),
        VerifyingKey::read(&path).unwrap(),
    )
}
