// SPDX-License-Identifier: Apache-2.0
//! Nothing is lost silently: whatever is refused answers with a residual of the ledger or with one
//! that is ready for it.

use super::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Whether an answer carries what remains open: a whole `residual_ready` object somewhere, or ids
/// that the ledger has.
fn carries(world: &World, answer: &Value) -> bool {
    match answer {
        Value::Object(object) => object.iter().any(|(key, value)| match key.as_str() {
            "residual_ready" => is_residual(value),
            "residuals" | "residuals_written" | "residual_ids" => {
                value.as_array().is_some_and(|ids| {
                    !ids.is_empty() && ids.iter().all(|id| is_residual(id) || stored(world, id))
                })
            }
            "residual_id" | "residual" => stored(world, value) || is_residual(value),
            _ => carries(world, value),
        }),
        Value::Array(items) => items.iter().any(|item| carries(world, item)),
        _ => false,
    }
}

fn is_residual(value: &Value) -> bool {
    let text = |key: &str| value[key].as_str().is_some_and(|text| !text.is_empty());
    text("residual_id") && text("kind") && text("description")
}

fn stored(world: &World, id: &Value) -> bool {
    let Some(id) = id.as_str() else {
        return false;
    };
    world.names("residuals/open").iter().any(|name| {
        let path = format!("residuals/open/{name}");
        world.stored(&path)["residual_id"] == id
    })
}

/// Values that no field of a document wants.
fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!([])),
        Just(json!({"a": 1})),
        any::<i64>().prop_map(|n| json!(n)),
        "[ -~]{0,12}".prop_map(|text| json!(text)),
    ]
}

/// A document that is not valid: keys of the kind with junk in them, at least one required missing.
fn document() -> impl Strategy<Value = Value> {
    let keys = [
        "packet_id",
        "task_id",
        "residual_id",
        "report_id",
        "status",
        "claims",
        "residuals",
        "verifiers",
        "risk",
        "role",
        "summary",
        "accepted",
        "packet_type",
    ];
    prop::collection::btree_map(prop::sample::select(keys.to_vec()), junk(), 0..6)
        .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn refused(world: &World, args: &[&str]) {
    let (run, body) = world.ccr(args);
    assert_ne!(run.code, 3, "{args:?}: {body}");
    if run.code == 1 {
        assert!(carries(world, &body), "{args:?} leaves nothing: {body}");
    } else {
        assert_ne!(run.code, 0, "{args:?} passed: {body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_invalid_document_is_refused_with_a_residual(body in document()) {
        let world = World::new();
        world.write("bad.json", &body);
        for args in [
            &["packet", "submit", "--file", "bad.json"][..],
            &["task", "submit", "--file", "bad.json"],
            &["residual", "add", "--file", "bad.json"],
            &[
                "verifier", "report", "add", "--file", "bad.json", "--agent", "a", "--role",
                "verifier",
            ],
            &[
                "baseline", "add", "--file", "bad.json", "--agent", "a", "--role",
                "benchmark_runner",
            ],
            &["schema", "validate", "--kind", "packet", "--file", "bad.json"],
        ] {
            refused(&world, args);
        }
    }

    #[test]
    fn every_refused_promotion_is_in_the_ledger(
        body in document(),
        target in prop::sample::select(vec!["checked", "settled", "provisional", "raw"]),
    ) {
        let world = World::new();
        let mut packet = json!({"packet_id": "packet.one", "status": "candidate"});
        for (key, value) in body.as_object().unwrap() {
            if !["packet_id", "status"].contains(&key.as_str()) {
                packet[key] = value.clone();
            }
        }
        world.write("root/packets/candidate/packet.one.json", &packet);
        refused(&world, &["packet", "promote", "packet.one", "--target", target]);
        prop_assert!(!world.names("residuals/open").is_empty());
    }
}

#[test]
fn text_that_is_no_document_is_refused_with_a_residual() {
    let world = World::new();
    for text in ["", "{", "[1]", "\u{0}", "{\"a\": 1}}", "nul"] {
        std::fs::write(world.path("bad.json"), text).unwrap();
        for kind in ["packet", "task"] {
            refused(&world, &[kind, "submit", "--file", "bad.json"]);
        }
        refused(&world, &["phase", "threshold", "--file", "bad.json"]);
        refused(
            &world,
            &[
                "provider",
                "import",
                "--provider",
                "pic",
                "--report",
                "bad.json",
            ],
        );
    }
}

/// Every kind of refusal once: authority, state, leases, provider runs, baselines, comparisons.
#[test]
fn every_refusal_of_a_step_carries_a_residual() {
    let world = World::new();
    world.ccr(&["init"]);
    let task = json!({
        "task_id": "task.one", "status": "leased", "role": "generator",
        "created_at": "2026-01-01T00:00:00Z", "title": "One",
        "lease": {"leased_by": "agent.one", "leased_at": "2999-01-01T00:00:00Z", "ttl_minutes": 30},
    });
    world.write("root/tasks/leased/task.one.json", &task);
    world.packet("packet.one", "candidate");
    world.write("empty.json", &json!({}));
    for args in [
        &[
            "task",
            "lease",
            "task.one",
            "--ttl",
            "30m",
            "--agent",
            "agent.two",
        ][..],
        &[
            "task",
            "release",
            "task.one",
            "--reason",
            "mine",
            "--agent",
            "agent.two",
        ],
        &[
            "task",
            "renew",
            "task.one",
            "--ttl",
            "30m",
            "--agent",
            "agent.two",
            "--role",
            "generator",
        ],
        &[
            "task", "verify", "task.one", "--agent", "a", "--role", "verifier",
        ],
        &[
            "task",
            "integrate",
            "task.one",
            "--agent",
            "a",
            "--role",
            "integrator",
        ],
        &[
            "task",
            "integrate",
            "task.one",
            "--agent",
            "a",
            "--role",
            "generator",
        ],
        &["task", "sweep", "--agent", "a", "--role", "nobody"],
        &[
            "packet",
            "promote",
            "packet.one",
            "--target",
            "settled",
            "--agent",
            "a",
            "--role",
            "generator",
        ],
        &["packet", "validate", "packet.one"],
        &[
            "verify",
            "--provider",
            "pic",
            "--packet",
            "packet.one",
            "--execute",
        ],
        &[
            "provider",
            "execute",
            "--provider",
            "http",
            "--action",
            "verify",
            "--packet",
            "packet.one",
            "--config",
            "empty.json",
            "--execute",
        ],
        &[
            "provider",
            "import",
            "--provider",
            "pic",
            "--report",
            "empty.json",
        ],
        &["integrate", "--report", "empty.json"],
        &[
            "phase",
            "compare",
            "--baseline",
            "empty.json",
            "--candidate",
            "empty.json",
        ],
        &["phase", "threshold", "--file", "empty.json"],
    ] {
        let (run, body) = world.ccr(args);
        // An empty report is imported as a diagnosis; it carries its residuals all the same.
        assert!((0..=2).contains(&run.code), "{args:?}: {} {body}", run.code);
        assert!(carries(&world, &body), "{args:?} leaves nothing: {body}");
    }
}
