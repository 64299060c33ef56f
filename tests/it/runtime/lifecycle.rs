// SPDX-License-Identifier: Apache-2.0
//! Tasks, packets, residuals and verifier reports from submission to integration.

use ccr::object;
use ccr::runtime::roles::Actor;
use ccr::runtime::{Answer, Outcome, Policy, Runtime, RuntimeError};
use ccr::runtime::{event, packet, promote, report, residual, task, verifier};
use ccr::support::pyjson::{Value, parse, pretty};
use std::path::PathBuf;

const NOBODY: Actor<'static> = Actor {
    agent: None,
    role: None,
};

fn who(agent: &'static str, role: &'static str) -> Actor<'static> {
    Actor {
        agent: Some(agent),
        role: Some(role),
    }
}

/// A runtime in a folder of its own, and documents beside it.
struct World {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl World {
    fn new(policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        Self {
            folder,
            runtime: Runtime::new(root, policy),
        }
    }

    fn document(&self, name: &str, body: &Value) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, pretty(body)).unwrap();
        path
    }

    fn packet(&self, body: &Value) -> Answer {
        packet::submit(&self.runtime, &self.document("packet.json", body), NOBODY)
    }

    fn task(&self, body: &Value) -> Answer {
        task::submit(&self.runtime, &self.document("task.json", body), NOBODY)
    }

    fn report(&self, body: &Value, actor: Actor<'_>) -> Answer {
        verifier::add(&self.runtime, &self.document("report.json", body), actor)
    }

    fn promote(&self, target: &str) -> Answer {
        promote::run(&self.runtime, "packet.one", target, NOBODY)
    }
}

fn json(text: &str) -> Value {
    parse(text).unwrap()
}

fn sample_packet() -> Value {
    json(
        r#"{"schema_version": "ccr.packet.v0.1", "packet_id": "packet.one",
        "created_at": "2026-01-01T00:00:00Z",
        "issuer": {"actor_id": "agent.maker", "actor_type": "agent"},
        "status": "candidate", "packet_type": "claim", "summary": "A claim.",
        "claims": [{"claim_id": "claim.one", "claim_text": "It holds.", "claim_type": "interop",
            "status": "candidate", "settlement_target": "settled"}],
        "artifacts": [{"artifact_id": "artifact.one", "kind": "text", "uri_or_path": "a.txt",
            "content_sha256": "unknown"}],
        "scope": {"validity_domain": "tests", "out_of_scope": [], "profiles": ["development"]},
        "provenance": {"origin_kind": "agent_output", "source_refs": [],
            "content_sha256": "unknown"},
        "verifiers": [{"verifier_id": "verifier.human", "provider": "human", "required": true,
            "purpose": "other"}],
        "residuals": [],
        "risk": {"hazard_level": "none", "misuse_risk": "none", "overclaim_risk": "low",
            "authority_level": "none"},
        "reuse": {"reuse_mode": "project", "intended_downstream_uses": [],
            "transport_limits": []},
        "lineage": {"parents": [], "children": [], "revision": 0},
        "pic_interop": {"enabled": false, "candidate_kind": "unknown", "profile": "development",
            "status_mapping": {"pic_accepted_maps_to": "checked",
                "pic_settled_true_maps_to": "checked",
                "pic_settled_false_maps_to": "provisional"},
            "recommended_commands": []}}"#,
    )
}

fn sample_task() -> Value {
    json(
        r#"{"schema_version": "ccr.task.v0.1", "task_id": "task.one",
        "created_at": "2026-01-01T00:00:00Z", "status": "open", "role": "generator",
        "title": "Make it", "objective": "It is made.", "inputs": [],
        "expected_outputs": [{"kind": "packet", "schema_ref": "packet", "destination": "packets"}],
        "constraints": {"side_effect_policy": "none", "network_policy": "none",
            "authority_policy": "read_only", "max_runtime_minutes": 30},
        "lease": {"lease_required": true, "ttl_minutes": 30},
        "verifier_plan": {"required_verifiers": ["human"], "promotion_gate": "custom"},
        "residual_policy": {"preserve_residuals": true,
            "blocking_residuals_prevent_settlement": true},
        "pic_interop": {"enabled": false, "pic_profile": "development",
            "candidate_only_until_checked": true, "recommended_pic_commands": []}}"#,
    )
}

fn sample_report() -> Value {
    json(
        r#"{"schema_version": "ccr.verifier_report.v0.1", "report_id": "report.one",
        "provider": "human", "created_at": "2026-01-01T00:00:00Z", "accepted": true,
        "settled": false, "packet_id": "packet.one", "residuals": []}"#,
    )
}

fn with(mut body: Value, key: &str, value: impl Into<Value>) -> Value {
    body.set(key, value);
    body
}

#[track_caller]
fn done(answer: Answer) -> Value {
    let reply = answer.unwrap_or_else(|error| panic!("{}", pretty(&error.body())));
    assert_eq!(reply.outcome, Outcome::Done, "{}", pretty(&reply.body));
    reply.body
}

/// A refusal, which must carry what remains open.
#[track_caller]
fn refused(answer: Answer) -> String {
    let (body, outcome) = match answer {
        Ok(reply) => (reply.body, reply.outcome),
        Err(error) => (error.body(), error.outcome()),
    };
    assert_eq!(outcome, Outcome::Refused, "{}", pretty(&body));
    let kept = !body.items("residuals").is_empty();
    assert!(
        kept || body.get("residual_ready").is_some(),
        "nothing preserved: {}",
        pretty(&body)
    );
    pretty(&body)
}

#[test]
fn a_status_that_a_gate_gives_cannot_be_submitted() {
    let strict = World::new(Policy::STRICT);
    let settled = with(sample_packet(), "status", "settled");
    assert!(refused(strict.packet(&settled)).contains("not as settled"));
    let leased = with(sample_task(), "status", "verified");
    assert!(refused(strict.task(&leased)).contains("not as verified"));
    let lenient = World::new(Policy::COMPAT);
    done(lenient.packet(&settled));
    done(lenient.task(&leased));
}

#[test]
fn an_id_is_taken_in_every_status() {
    let strict = World::new(Policy::STRICT);
    done(strict.task(&sample_task()));
    done(task::lease(&strict.runtime, "task.one", "5m", "a"));
    assert!(refused(strict.task(&sample_task())).contains("already exists"));
    done(strict.packet(&sample_packet()));
    refused(strict.packet(&with(sample_packet(), "status", "raw")));
    let lenient = World::new(Policy::COMPAT);
    done(lenient.packet(&sample_packet()));
    done(lenient.packet(&with(sample_packet(), "status", "raw")));
}

#[test]
fn a_name_shared_by_two_ids_is_not_an_id_shared() {
    let strict = World::new(Policy::STRICT);
    for id in ["p:col", "p/col", "p_col"] {
        done(strict.packet(&with(sample_packet(), "packet_id", id)));
    }
    for id in ["p:col", "p/col", "p_col"] {
        let shown = done(packet::show(&strict.runtime, id));
        assert_eq!(shown.at(&["packet", "packet_id"]), Some(&Value::from(id)));
    }
}

#[test]
fn input_that_is_no_date_or_no_number_is_refused() {
    let strict = World::new(Policy::STRICT);
    refused(strict.packet(&with(sample_packet(), "created_at", "yesterday")));
    refused(strict.packet(&with(sample_packet(), "packet_id", "p.nl\n")));
    let nan = object! { "queue_load" => f64::NAN };
    refused(strict.packet(&with(sample_packet(), "metrics", nan.clone())));
    let lenient = World::new(Policy::COMPAT);
    done(lenient.packet(&with(sample_packet(), "metrics", nan)));
}

#[test]
fn a_packet_does_not_vouch_for_itself() {
    let claimed = with(
        sample_packet(),
        "verifier_reports",
        vec![json(
            r#"{"report_id": "report.one", "provider": "human",
                "ref": "reports/verifier/report.one.json", "accepted": true, "settled": false}"#,
        )],
    );
    let strict = World::new(Policy::STRICT);
    done(strict.packet(&claimed));
    let answer = refused(strict.promote("checked"));
    assert!(answer.contains("no required verifier has accepted"));
    assert!(answer.contains("no imported or stored report"));
    // A report of another packet does not help either.
    let other = with(sample_report(), "packet_id", "packet.two");
    done(strict.report(&other, who("v", "verifier")));
    assert!(refused(strict.promote("checked")).contains("is of packet packet.two"));
    let lenient = World::new(Policy::COMPAT);
    done(lenient.packet(&claimed));
    done(lenient.promote("checked"));
}

#[test]
fn a_report_counts_until_it_is_changed() {
    let strict = World::new(Policy::STRICT);
    done(strict.packet(&sample_packet()));
    // Neither a role without the right, nor the packet's own maker, nor an undeclared verifier.
    assert!(refused(strict.report(&sample_report(), who("v", "generator"))).contains("may not"));
    assert!(refused(strict.report(&sample_report(), who("v", "wizard"))).contains("manifest"));
    let own = who("agent.maker", "verifier");
    assert!(refused(strict.report(&sample_report(), own)).contains("his own"));
    let foreign = with(sample_report(), "provider", "ci");
    assert!(refused(strict.report(&foreign, who("v", "verifier"))).contains("declares no"));
    done(strict.report(&sample_report(), who("v", "verifier")));
    refused(strict.report(&sample_report(), who("v", "verifier")));
    let path = strict
        .runtime
        .store
        .path("reports/verifier/report.one.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("2026-01-01", "2026-01-02")).unwrap();
    assert!(refused(strict.promote("checked")).contains("changed after"));
    std::fs::write(&path, text).unwrap();
    let promoted = done(strict.promote("checked"));
    assert_eq!(promoted.items("resolved_residuals").len(), 1);
    assert_eq!(promoted.items("evidence").len(), 1);
}

#[test]
fn a_quorum_asks_for_more_than_one() {
    let strict = World::new(Policy::STRICT);
    let mut two = sample_packet();
    let mut verifiers = two.items("verifiers").to_vec();
    let second = with(verifiers[0].clone(), "provider", "ci");
    verifiers.push(with(second, "verifier_id", "verifier.ci"));
    two.set("verifiers", verifiers);
    done(strict.packet(&two));
    done(strict.report(&sample_report(), who("v", "verifier")));
    let config = strict.runtime.store.path("ccr.config.json");
    std::fs::write(&config, r#"{"verifier_quorum": "all"}"#).unwrap();
    refused(strict.promote("checked"));
    let ci = with(sample_report(), "provider", "ci");
    let ci = with(ci, "report_id", "report.ci");
    done(strict.report(&ci, who("v", "verifier")));
    done(strict.promote("checked"));
}

#[test]
fn settlement_can_be_reached_and_gate_residuals_close() {
    let strict = World::new(Policy::STRICT);
    let settlement = json(
        r#"{"x_ccr_settlement": {"target_satisfied": true, "lineage_closed": true,
            "integration_policy_passed": true}}"#,
    );
    done(strict.packet(&with(sample_packet(), "extensions", settlement)));
    assert!(refused(strict.promote("settled")).contains("invalid status transition"));
    assert!(refused(strict.promote("checked")).contains("no required verifier"));
    done(strict.report(&sample_report(), who("v", "verifier")));
    done(strict.promote("checked"));
    let blocking = json(
        r#"{"schema_version": "ccr.residual.v0.1", "residual_id": "residual.one",
        "created_at": "2026-01-01T00:00:00Z", "status": "open", "severity": "high",
        "kind": "missing_evidence", "description": "It is not shown.", "blocking": true,
        "object_type": "packet", "object_id": "packet.one", "refs": [], "source": "test"}"#,
    );
    let file = strict.document("residual.json", &blocking);
    done(residual::add(&strict.runtime, &file, NOBODY));
    assert!(refused(strict.promote("settled")).contains("blocking residuals"));
    let settle = residual::Step {
        id: "residual.one",
        target: "resolved",
        reason: "it is shown now",
        evidence: &["report.one".to_owned()],
        actor: who("s", "generator"),
    };
    assert!(refused(residual::settle(&strict.runtime, &settle)).contains("may not"));
    let settle = residual::Step {
        actor: who("s", "skeptic"),
        ..settle
    };
    let bare = residual::Step {
        evidence: &[],
        ..settle
    };
    refused(residual::settle(&strict.runtime, &bare));
    done(residual::settle(&strict.runtime, &settle));
    refused(residual::settle(&strict.runtime, &settle));
    done(strict.promote("settled"));
    let counts = done(report::json(&strict.runtime));
    let open = counts.at(&["report", "open_residual_count"]);
    assert_eq!(open.and_then(Value::as_i64), Some(0));
    let shown = done(packet::show(&strict.runtime, "packet.one"));
    let blocks = shown.get("packet").unwrap().items("residuals").iter();
    assert!(
        blocks
            .into_iter()
            .all(|copy| !copy.get("blocking").unwrap().truthy())
    );
    assert_eq!(
        done(event::verify(&strict.runtime)).get("ok"),
        Some(&true.into())
    );
}

#[test]
fn a_phase_claim_settles_only_with_a_comparison() {
    let strict = World::new(Policy::STRICT);
    let mut body = sample_packet();
    let mut claims = body.items("claims").to_vec();
    claims[0].set("claim_type", "phase_proxy");
    body.set("claims", claims);
    body.set(
        "extensions",
        json(
            r#"{"x_ccr_settlement": {"target_satisfied": true, "lineage_closed": true,
            "integration_policy_passed": true, "comparison_id": "comparison:b:o"}}"#,
        ),
    );
    done(strict.packet(&body));
    done(strict.report(&sample_report(), who("v", "verifier")));
    done(strict.promote("checked"));
    assert!(refused(strict.promote("settled")).contains("phase claim names no"));
    let mut change = strict.runtime.store.begin().unwrap();
    let comparison = object! {
        "accepted" => true, "comparison_id" => "comparison:b:o", "resource_matched" => true,
    };
    change.put("phase/comparisons/comparison_b_o.json", &comparison);
    change.commit().unwrap();
    done(strict.promote("settled"));
}

#[test]
fn a_task_goes_from_open_to_integrated() {
    let strict = World::new(Policy::STRICT);
    let runtime = &strict.runtime;
    done(strict.task(&sample_task()));
    done(strict.packet(&sample_packet()));
    let maker = who("maker", "generator");
    let complete = task::Complete {
        id: "task.one",
        outputs: &["packet.one".to_owned()],
        summary: "made",
        residuals: &[],
        actor: maker,
    };
    refused(task::complete(runtime, &complete));
    done(task::lease(runtime, "task.one", "5m", "maker"));
    let stranger = task::Complete {
        actor: who("stranger", "generator"),
        ..complete
    };
    refused(task::complete(runtime, &stranger));
    let unknown = task::Complete {
        residuals: &["residual.none".to_owned()],
        ..complete
    };
    refused(task::complete(runtime, &unknown));
    let handed = done(task::complete(runtime, &complete));
    assert_eq!(handed.text("status_after"), Some("submitted"));
    let verify = task::Verify {
        id: "task.one",
        reports: &[],
        reason: "",
        actor: who("checker", "verifier"),
    };
    assert!(refused(task::verify(runtime, &verify)).contains("required verifiers"));
    done(strict.report(&sample_report(), who("checker", "verifier")));
    let own = task::Verify {
        actor: who("maker", "verifier"),
        ..verify
    };
    assert!(refused(task::verify(runtime, &own)).contains("his own work"));
    let checked = done(task::verify(runtime, &verify));
    // What a task became in the end must still be a task.
    let schema = ccr::runtime::document::validate(runtime, "task", checked.get("task").unwrap());
    assert!(schema.unwrap().ok());
    let integrate = task::Step {
        id: "task.one",
        target: "integrated",
        reason: "",
        evidence: &[],
        actor: who("i", "integrator"),
    };
    let unfit = task::Step {
        actor: who("i", "generator"),
        ..integrate
    };
    assert!(refused(task::step(runtime, &unfit)).contains("may not"));
    done(task::step(runtime, &integrate));
    assert!(refused(task::step(runtime, &integrate)).contains("invalid status transition"));
}

#[test]
fn blocked_work_leaves_a_residual_that_closes_on_reopening() {
    let strict = World::new(Policy::STRICT);
    let runtime = &strict.runtime;
    done(strict.task(&sample_task()));
    let block = task::Step {
        id: "task.one",
        target: "blocked",
        reason: "no input",
        evidence: &[],
        actor: who("s", "skeptic"),
    };
    let blocked = done(task::step(runtime, &block));
    assert_eq!(blocked.items("residuals").len(), 1);
    let reopen = task::Step {
        target: "open",
        reason: "the input came",
        actor: who("s", "scheduler"),
        ..block
    };
    done(task::step(runtime, &reopen));
    let open = done(residual::list(runtime, residual::Filter::default()));
    assert_eq!(open.get("count").and_then(Value::as_i64), Some(0));
}

#[test]
fn only_the_holder_gives_a_lease_back() {
    let strict = World::new(Policy::STRICT);
    let runtime = &strict.runtime;
    done(strict.task(&sample_task()));
    let leased = done(task::lease(runtime, "task.one", "9999d", "a"));
    let ttl = leased.at(&["task", "lease", "ttl_minutes"]);
    assert_eq!(ttl.and_then(Value::as_i64), Some(1440));
    refused(task::lease(runtime, "task.one", "5m", "b"));
    let release = |agent, blocked| {
        let request = task::Release {
            id: "task.one",
            reason: "unblocked",
            blocked,
            actor: Actor { agent, role: None },
        };
        task::release(runtime, &request)
    };
    assert!(refused(release(None, false)).contains("--agent"));
    refused(release(Some("b"), false));
    let free = done(release(Some("a"), false));
    assert_eq!(free.text("status_after"), Some("open"));
    assert_eq!(free.items("warnings").len(), 1);
    done(task::lease(runtime, "task.one", "5m", "a"));
    assert_eq!(
        done(release(Some("a"), true)).text("status_after"),
        Some("blocked")
    );
    // The reference asks nobody, and reads the word in the reason.
    let lenient = World::new(Policy::COMPAT);
    done(lenient.task(&sample_task()));
    done(task::lease(&lenient.runtime, "task.one", "9999d", "a"));
    let request = task::Release {
        id: "task.one",
        reason: "unblocked",
        ..task::Release::default()
    };
    let answer = done(task::release(&lenient.runtime, &request));
    assert_eq!(answer.text("status_after"), Some("blocked"));
    assert!(!lenient.runtime.store.exists("tasks/.lease.lock"));
}

#[test]
fn the_references_lock_is_honoured_where_it_is_shared() {
    let lenient = World::new(Policy::COMPAT);
    done(lenient.task(&sample_task()));
    let lock = lenient.runtime.store.path("tasks/.lease.lock");
    std::fs::write(&lock, "1").unwrap();
    let held = task::lease(&lenient.runtime, "task.one", "5m", "a");
    assert!(matches!(held, Err(RuntimeError::Exists(_))));
    // The failed attempt takes it away, as the reference's does.
    assert!(!lock.exists());
    done(task::lease(&lenient.runtime, "task.one", "5m", "a"));
}

#[test]
fn the_queue_waits_for_dependencies_and_offers_what_ran_out() {
    let strict = World::new(Policy::STRICT);
    let runtime = &strict.runtime;
    let first = |runtime| {
        let answer = done(task::next(runtime, "generator"));
        let id = answer.at(&["task", "task_id"]).and_then(Value::as_str);
        id.map(str::to_owned)
    };
    done(strict.task(&with(sample_task(), "dependencies", vec!["task.two"])));
    assert_eq!(first(runtime), None);
    let two = with(sample_task(), "task_id", "task.two");
    done(strict.task(&with(
        two,
        "lease",
        json(r#"{"lease_required": true, "ttl_minutes": 30, "renewal_allowed": false}"#),
    )));
    assert_eq!(first(runtime).as_deref(), Some("task.two"));
    done(task::lease(runtime, "task.two", "5m", "a"));
    assert_eq!(first(runtime), None);
    refused(task::lease(runtime, "task.two", "5m", "a"));
    refused(task::renew(
        runtime,
        "task.two",
        "5m",
        who("a", "generator"),
    ));
    let path = runtime.store.path("tasks/leased/task.two.json");
    let mut body = parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut lease = body.get("lease").unwrap().clone();
    lease.set("leased_at", "2020-01-01T00:00:00Z");
    body.set("lease", lease);
    std::fs::write(&path, pretty(&body)).unwrap();
    assert_eq!(first(runtime).as_deref(), Some("task.two"));
    refused(task::sweep(runtime, who("a", "generator")));
    let swept = done(task::sweep(runtime, who("a", "scheduler")));
    assert_eq!(swept.get("count").and_then(Value::as_i64), Some(1));
    assert!(runtime.store.exists("tasks/open/task.two.json"));
}

#[test]
fn a_packet_climbs_the_early_steps() {
    let strict = World::new(Policy::STRICT);
    done(strict.packet(&with(sample_packet(), "status", "raw")));
    let go = |target, actor| {
        let step = packet::Step {
            id: "packet.one",
            target,
            reason: "because",
            evidence: &[],
            actor,
        };
        packet::step(&strict.runtime, &step)
    };
    assert!(refused(go("proposed", who("s", "skeptic"))).contains("may not"));
    done(go("proposed", who("g", "generator")));
    done(go("candidate", who("g", "generator")));
    assert!(refused(go("proposed", who("g", "generator"))).contains("invalid status transition"));
    done(go("provisional", who("i", "integrator")));
    assert_eq!(
        done(packet::validate(&strict.runtime, "packet.one")).get("ok"),
        Some(&true.into())
    );
    done(go("rejected", who("v", "verifier")));
    refused(go("expired", who("s", "scheduler")));
}

#[test]
fn a_corrupt_file_is_named_and_passed_over() {
    for policy in [Policy::STRICT, Policy::COMPAT] {
        let world = World::new(policy);
        done(world.task(&sample_task()));
        done(world.packet(&sample_packet()));
        for broken in [
            "tasks/open/bad.json",
            "residuals/open/bad.json",
            "packets/raw/packet.one.json",
        ] {
            let path = world.runtime.store.path(broken);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{").unwrap();
        }
        assert!(
            done(task::next(&world.runtime, "generator"))
                .get("task")
                .unwrap()
                .truthy()
        );
        done(packet::show(&world.runtime, "packet.one"));
        done(report::json(&world.runtime));
        assert_eq!(world.runtime.store.skipped().len(), 3);
    }
}
