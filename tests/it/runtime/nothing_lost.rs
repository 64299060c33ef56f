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
    assert_ne!(run.code, 0, "{args:?} passed: {body}");
    assert!(carries(world, &body), "{args:?} leaves nothing: {body}");
}

/// A step that may pass: when it does not, it carries what remains open.
fn passes_or_carries(world: &World, args: &[&str]) {
    let (run, body) = world.ccr(args);
    assert!(run.code <= 2, "{args:?}: {} {body}", run.code);
    if run.code != 0 {
        assert!(carries(world, &body), "{args:?} leaves nothing: {body}");
    }
}

const ROLES: [&str; 6] = [
    "generator",
    "verifier",
    "integrator",
    "librarian",
    "red_team",
    "nobody",
];

const TASK_STATUSES: [&str; 9] = [
    "open",
    "leased",
    "submitted",
    "verified",
    "integrated",
    "blocked",
    "quarantined",
    "rejected",
    "expired",
];

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_step_of_a_task_passes_or_carries(
        status in prop::sample::select(TASK_STATUSES.to_vec()),
        step in prop::sample::select(vec![
            "complete", "verify", "integrate", "block", "quarantine", "reject", "expire", "reopen",
            "renew", "lease", "release",
        ]),
        task in prop::sample::select(vec!["task.one", "task.one", "task.one", "task.none"]),
        agent in prop::sample::select(vec!["agent.one", "agent.two", ""]),
        role in prop::sample::select(ROLES.to_vec()),
        evidence in prop::sample::select(vec!["", "residual.none", "reports/x.json"]),
        reason in "[ -~]{0,12}",
        body in document(),
    ) {
        let world = World::new();
        let mut stored = json!({
            "task_id": "task.one", "status": status, "role": "generator", "title": "One",
            "created_at": "2026-01-01T00:00:00Z", "verifier_plan": {"required_verifiers": ["human"]},
            "lease": {"leased_by": "agent.one", "leased_at": "2999-01-01T00:00:00Z", "ttl_minutes": 30},
        });
        for (key, value) in body.as_object().unwrap() {
            if !["task_id", "status"].contains(&key.as_str()) {
                stored[key] = value.clone();
            }
        }
        world.write(&format!("root/tasks/{status}/task.one.json"), &stored);
        let reason = format!("--reason={reason}");
        let evidence = format!("--evidence={evidence}");
        let mut args = vec!["task", step, task, "--agent", agent];
        match step {
            "complete" => args.extend(["--role", role, "--output", "packet.none", "--residual", "r.none"]),
            "verify" => args.extend(["--role", role, "--report", "report.none", &reason]),
            "renew" => args.extend(["--role", role, "--ttl", "30m"]),
            "lease" => args.extend(["--ttl", "30m"]),
            "release" => args.push(&reason),
            _ => args.extend(["--role", role, &reason, &evidence]),
        }
        passes_or_carries(&world, &args);
    }

    #[test]
    fn every_step_of_a_residual_passes_or_carries(
        status in prop::sample::select(vec!["open", "resolved", "quarantined"]),
        step in prop::sample::select(vec!["resolve", "quarantine"]),
        residual in prop::sample::select(vec!["residual.one", "residual.one", "residual.none"]),
        agent in prop::sample::select(vec!["agent.one", ""]),
        role in prop::sample::select(ROLES.to_vec()),
        evidence in prop::sample::select(vec!["", " ", "reports/x.json"]),
        reason in "[ -~]{0,12}",
        body in document(),
    ) {
        let world = World::new();
        let mut stored = body;
        stored["residual_id"] = json!("residual.one");
        world.write(&format!("root/residuals/{status}/residual.one.json"), &stored);
        let reason = format!("--reason={reason}");
        let evidence = format!("--evidence={evidence}");
        let args = [
            "residual", step, residual, &reason, &evidence, "--agent", agent, "--role", role,
        ];
        passes_or_carries(&world, &args);
    }
}

/// What is named and is not there: exit 2, and what was to be done with it can be kept. A question
/// refuses nothing, and compatibility mode answers as the reference.
#[test]
fn what_is_missing_carries_a_residual_where_something_was_to_be_done() {
    let world = World::new();
    world.ccr(&["init"]);
    let signed = ["--agent", "a", "--role", "integrator"];
    let why = ["--reason", "r", "--evidence", "e"];
    for (args, rest) in [
        (&["residual", "resolve", "none"][..], &why[..]),
        (&["residual", "quarantine", "none"], &why),
        (&["task", "complete", "none"], &["--output", "x"]),
        (&["task", "verify", "none"], &[]),
        (&["task", "integrate", "none"], &[]),
        (&["task", "block", "none"], &why),
        (&["task", "quarantine", "none"], &why),
        (&["task", "reject", "none"], &why),
        (&["task", "expire", "none"], &why),
        (&["packet", "promote", "none"], &["--target", "checked"]),
        (&["packet", "candidate", "none"], &[]),
        (&["packet", "submit", "--file", "none.json"], &[]),
        (&["verifier", "report", "add", "--file", "none.json"], &[]),
        (&["baseline", "add", "--file", "none.json"], &[]),
    ] {
        // Where the role may not do it, that is said first.
        refused(&world, &[args, rest, &signed].concat());
    }
    for args in [
        &["residual", "resolve", "none"][..],
        &["task", "reject", "none"],
    ] {
        let (run, body) = world.ccr(&[args, &why, &signed].concat());
        assert_eq!(run.code, 2, "{args:?}: {body}");
    }
    for args in [
        &["phase", "threshold", "--file", "none.json"][..],
        &["integrate", "--report", "none.json"],
        &["verify", "--provider", "pic", "--packet", "none"],
        &["task", "lease", "none", "--agent", "a", "--ttl", "30m"],
    ] {
        refused(&world, args);
        let (run, body) = world.compat(args);
        assert_eq!(run.code, 2, "{args:?}: {body}");
        assert!(body.get("residual_ready").is_none(), "{args:?}: {body}");
    }
    let (run, body) = world.ccr(&["packet", "show", "none"]);
    assert_eq!(run.code, 2);
    assert!(body.get("residual_ready").is_none(), "{body}");
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
