// SPDX-License-Identifier: Apache-2.0
//! Phase formation: the reference's identifiers in compatibility mode, closed gates in strict mode.

use ccr::runtime::phase::{self, Options};
use ccr::runtime::{Outcome, Policy, Reply, Runtime};
use ccr::support::pyjson::{Value, pretty};
use ccr::{array, object};
use proptest::prelude::*;
use std::path::Path;

const WRITE: Options = Options {
    dry_run: false,
    demand: false,
};

fn put(root: &Path, path: &str, body: &Value) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, pretty(body)).unwrap();
}

fn runtime(root: &Path, policy: Policy) -> Runtime {
    Runtime::new(root.to_owned(), policy)
}

fn packet(id: &str, status: &str) -> Value {
    object! {
        "packet_id" => id, "status" => status, "summary" => id,
        "issuer" => object! { "actor_id" => "agent.one", "actor_type" => "agent" },
        "scope" => object! { "validity_domain" => "tests", "profiles" => array!["development"] },
        "artifacts" => array!["a"], "residuals" => array![],
        "risk" => object! { "hazard_level" => "none", "authority_level" => "none" },
        "execution_availability" => object! {
            "mode" => "dry_run", "side_effect_policy" => "dry_run_only",
        },
        "verifiers" => array![object! {
            "verifier_id" => "v", "provider" => "human", "required" => true,
        }],
        "verifier_reports" => array![object! {
            "report_id" => "r", "provider" => "human", "ref" => "README.md",
            "accepted" => true, "settled" => false,
        }],
    }
}

fn depends(on: &str, relation: &str, required: &str) -> Value {
    object! { "dependency_id" => on, "relation" => relation, "required_status" => required }
}

fn add(root: &Path, packet: &Value) {
    let (id, status) = (
        packet.text("packet_id").unwrap(),
        packet.text("status").unwrap(),
    );
    put(root, &format!("packets/{status}/{id}.json"), packet);
}

/// A report of the store that accepts the packet.
fn accept(root: &Path, id: &str) {
    let report = object! { "accepted" => true, "packet_id" => id, "provider" => "human" };
    put(root, &format!("reports/verifier/{id}.json"), &report);
}

fn form(root: &Path, policy: Policy) -> Reply {
    phase::form(&runtime(root, policy), "development", WRITE).unwrap()
}

fn accepted(reply: &Reply) -> bool {
    reply.body.at(&["certificate", "accepted"]) == Some(&Value::Bool(true))
}

fn observation(root: &Path, policy: Policy) -> Value {
    let reply = phase::observe(&runtime(root, policy), WRITE).unwrap();
    reply.body.get("observation").unwrap().clone()
}

fn ids(value: &Value, key: &str) -> Vec<String> {
    let items = value.items(key).iter();
    items.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The shipped example of the reference, as far as its identifiers hang on it.
fn example(root: &Path) {
    put(
        root,
        "ccr.config.json",
        &object! { "created_at" => "2026-06-30T00:00:00Z" },
    );
    let mut seed = packet("packet.phase.seed", "checked");
    seed.set("metrics", object! { "reuse_score" => 0.9 });
    let mut integrator = packet("packet.phase.integrator", "checked");
    let supports = array![depends("packet.phase.seed", "supports", "checked")];
    integrator.set("dependencies", &supports);
    integrator.set(
        "semantic_edges",
        array![object! {
            "edge_id" => "edge.phase.seed.integrator", "relation" => "execution_path",
            "source_ids" => array!["packet.phase.seed"], "status" => "checked",
            "target_ids" => array!["packet.phase.integrator"],
        }],
    );
    let mut duplicate = packet("packet.phase.duplicate", "candidate");
    duplicate.set("dependencies", supports);
    for packet in [seed, integrator, duplicate] {
        add(root, &packet);
    }
}

#[test]
fn an_empty_runtime_has_the_references_identifiers() {
    let folder = tempfile::tempdir().unwrap();
    let reply = form(folder.path(), Policy::COMPAT);
    assert_eq!(reply.outcome, Outcome::Done);
    assert_eq!(
        reply.body.at(&["observation", "observation_id"]),
        Some(&"phase-observation:dfbe54e234e5bf2d74f7e435".into())
    );
    assert_eq!(
        reply.body.at(&["graph", "graph_id"]),
        Some(&"graph:effective:643d5437104296e21d906ecb".into())
    );
    assert_eq!(
        ids(&reply.body, "repair_tasks"),
        [
            "task:phase-repair:bab74504e1f5db2999e35303",
            "task:phase-repair:134f6f45b596f79e231eee50",
            "task:phase-repair:8e9848236b22cc01ef14ce54",
            "task:phase-repair:c76143cf520824bcb1f9cc48",
        ]
    );
    assert_eq!(
        reply.body.at(&["threshold_status", "threshold_distance"]),
        Some(&(-1.0).into())
    );
}

#[test]
fn the_example_has_the_references_identifiers_and_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    example(folder.path());
    let reply = form(folder.path(), Policy::COMPAT);
    assert!(accepted(&reply));
    assert_eq!(
        reply.body.at(&["graph", "graph_id"]),
        Some(&"graph:effective:812daf38ab9cb39c91a69a5a".into())
    );
    assert_eq!(
        reply.body.at(&["observation", "observation_id"]),
        Some(&"phase-observation:bbca514556626433bdd64f55".into())
    );
}

#[test]
fn the_packets_own_word_is_no_evidence_in_strict_mode() {
    let folder = tempfile::tempdir().unwrap();
    example(folder.path());
    let reply = form(folder.path(), Policy::STRICT);
    assert!(!accepted(&reply), "nobody but the packets says so");
    let node = &reply.body.get("graph").unwrap().items("nodes")[2];
    assert_eq!(
        ids(node, "reasons"),
        ["no required verifier has an accepted report that stands in the store"]
    );
    accept(folder.path(), "packet.phase.seed");
    accept(folder.path(), "packet.phase.integrator");
    assert!(accepted(&form(folder.path(), Policy::STRICT)));
}

#[test]
fn a_conflict_is_no_support_and_a_critical_hazard_no_capital() {
    // Specification, section 11, numbers 8 and 9.
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut hazard = packet("packet.hazard", "checked");
    hazard.set(
        "risk",
        object! { "hazard_level" => "critical", "misuse_risk" => "critical" },
    );
    let against = array![depends("packet.other", "conflicts_with", "settled")];
    hazard.set("dependencies", against);
    add(root, &hazard);
    add(root, &packet("packet.other", "checked"));
    assert!(
        accepted(&form(root, Policy::COMPAT)),
        "the reference lets it through"
    );
    accept(root, "packet.hazard");
    accept(root, "packet.other");
    let measured = observation(root, Policy::STRICT);
    assert_eq!(measured.get("positive_packet_count"), Some(&1.into()));
    assert_eq!(measured.get("effective_edge_count"), Some(&0.into()));
    assert!(!accepted(&form(root, Policy::STRICT)));
}

#[test]
fn a_required_status_must_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut above = packet("packet.above", "checked");
    above.set(
        "dependencies",
        array![depends("packet.below", "supports", "settled")],
    );
    add(root, &above);
    add(root, &packet("packet.below", "checked"));
    for id in ["packet.above", "packet.below"] {
        accept(root, id);
    }
    let edges = |policy| {
        observation(root, policy)
            .get("effective_edge_count")
            .cloned()
    };
    assert_eq!(edges(Policy::COMPAT), Some(1.into()));
    assert_eq!(edges(Policy::STRICT), Some(0.into()));
}

#[test]
fn identifiers_hang_on_what_they_name_in_strict_mode() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    add(root, &packet("packet.one", "checked"));
    let graph = |policy| {
        let reply = phase::graph(&runtime(root, policy), WRITE).unwrap();
        reply.body.at(&["graph", "graph_id"]).cloned()
    };
    let before = (graph(Policy::COMPAT), graph(Policy::STRICT));
    accept(root, "packet.one");
    let after = (graph(Policy::COMPAT), graph(Policy::STRICT));
    assert_eq!(before.0, after.0);
    assert_ne!(before.1, after.1, "the node counts now");

    let spec = |count: i64| {
        object! {
            "schema_version" => "ccr.asi_proxy_threshold.v1", "threshold_id" => "threshold.one",
            "profile" => "development", "minimum_accepted_packet_count" => count,
            "minimum_effective_edge_count" => 0, "maximum_residual_debt" => 0.0,
        }
    };
    let status = |count: i64, policy| {
        let file = root.join("spec.json");
        std::fs::write(&file, pretty(&spec(count))).unwrap();
        phase::threshold(&runtime(root, policy), &file, None, WRITE).unwrap()
    };
    assert_eq!(
        status(0, Policy::COMPAT).body.get("path"),
        status(9, Policy::COMPAT).body.get("path")
    );
    let (low, high) = (status(0, Policy::STRICT), status(9, Policy::STRICT));
    assert_ne!(low.body.get("path"), high.body.get("path"));
    assert_eq!(
        (low.outcome, high.outcome),
        (Outcome::Done, Outcome::Refused)
    );
}

#[test]
fn a_repair_task_that_somebody_took_is_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let first = ids(&form(root, Policy::STRICT).body, "repair_tasks");
    let name = ccr::runtime::layout::file_name(&first[0]);
    std::fs::create_dir_all(root.join("tasks/leased")).unwrap();
    std::fs::rename(
        root.join("tasks/open").join(&name),
        root.join("tasks/leased").join(&name),
    )
    .unwrap();
    assert_eq!(ids(&form(root, Policy::STRICT).body, "repair_tasks"), first);
    assert!(!root.join("tasks/open").join(&name).exists());
    form(root, Policy::COMPAT);
}

#[test]
fn a_profile_nobody_knows_is_refused_with_a_residual() {
    let folder = tempfile::tempdir().unwrap();
    let strict = runtime(folder.path(), Policy::STRICT);
    let error = phase::form(&strict, "moon", WRITE).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.body().get("residual_ready").is_some());
    let lenient = runtime(folder.path(), Policy::COMPAT);
    assert!(phase::form(&lenient, "moon", WRITE).is_ok());
}

#[test]
fn a_dry_run_writes_nothing_and_a_demand_is_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    example(folder.path());
    let before = walkdir::WalkDir::new(folder.path()).into_iter().count();
    let dry = Options {
        dry_run: true,
        demand: true,
    };
    for policy in [Policy::STRICT, Policy::COMPAT] {
        let runtime = runtime(folder.path(), policy);
        let formed = phase::form(&runtime, "development", dry).unwrap();
        assert_eq!(formed.outcome == Outcome::Done, policy.compat());
        assert_eq!(formed.body.get("dry_run"), Some(&true.into()));
        phase::graph(&runtime, dry).unwrap();
        phase::observe(&runtime, dry).unwrap();
        phase::certify(&runtime, None, dry).unwrap();
    }
    assert_eq!(
        walkdir::WalkDir::new(folder.path()).into_iter().count(),
        before
    );
}

#[test]
fn a_large_graph_is_written_whole_and_shown_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for number in 0..600 {
        add(root, &packet(&format!("packet.{number:03}"), "checked"));
    }
    let reply = form(root, Policy::STRICT);
    let graph = reply.body.get("graph").unwrap();
    assert_eq!(graph.get("node_count"), Some(&600.into()));
    assert!(graph.get("nodes").is_none());
    let text = std::fs::read(reply.body.text("graph_path").unwrap()).unwrap();
    let written = ccr::support::pyjson::parse_bytes(&text).unwrap();
    assert_eq!(written.items("nodes").len(), 600);
    assert_eq!(
        pretty(&written).as_bytes(),
        text,
        "one form, piece by piece or not"
    );
    let whole = form(root, Policy::COMPAT);
    assert_eq!(whole.body.get("graph").unwrap().items("nodes").len(), 600);
}

#[test]
fn a_file_that_is_no_json_is_named_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    example(folder.path());
    std::fs::write(folder.path().join("packets/checked/bad.json"), "{").unwrap();
    for policy in [Policy::STRICT, Policy::COMPAT] {
        let runtime = runtime(folder.path(), policy);
        phase::form(&runtime, "development", WRITE).unwrap();
        let skipped = runtime.store.skipped();
        assert_eq!(skipped[0].path, "packets/checked/bad.json");
    }
}

/// A packet with relations drawn from a few ids, so that loops, conflicts and gaps occur.
fn any_packet(index: usize, status: &'static str) -> impl Strategy<Value = Value> {
    let relation = prop::sample::select(vec!["requires", "supports", "conflicts_with"]);
    let required = prop::sample::select(vec!["checked", "any", "settled"]);
    let dependency = (0..6usize, relation, required)
        .prop_map(|(on, relation, required)| depends(&format!("packet.{on}"), relation, required));
    let edge = (0..6usize, 0..6usize).prop_map(|(from, to)| {
        object! {
            "edge_id" => "edge.any", "relation" => "other", "status" => "checked",
            "source_ids" => array![format!("packet.{from}")],
            "target_ids" => array![format!("packet.{to}")],
        }
    });
    let hazard = prop::sample::select(vec!["none", "low", "critical"]);
    (
        prop::collection::vec(dependency, 0..3),
        prop::collection::vec(edge, 0..3),
        hazard,
    )
        .prop_map(move |(dependencies, edges, hazard)| {
            let mut body = packet(&format!("packet.{index}"), status);
            body.set("dependencies", dependencies);
            body.set("semantic_edges", edges);
            body.set("risk", object! { "hazard_level" => hazard });
            body
        })
}

fn any_packets() -> impl Strategy<Value = Vec<Value>> {
    (0..5usize)
        .map(|index| any_packet(index, "checked"))
        .collect::<Vec<_>>()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_raw_packet_never_improves_a_measure(packets in any_packets(), raw in any_packet(5, "raw")) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for packet in &packets {
            add(root, packet);
            accept(root, packet.text("packet_id").unwrap());
        }
        let obstructing = object! { "residual_id" => "r", "kind" => "queue_overload" };
        put(root, "residuals/open/r.json", &obstructing);
        let before = observation(root, Policy::STRICT);
        add(root, &raw);
        let after = observation(root, Policy::STRICT);
        let read = |from: &Value, key: &str| from.get(key).unwrap().as_f64().unwrap();
        for key in ["positive_packet_count", "accepted_packet_count", "effective_edge_count",
            "execution_available_path_count", "closure_witness_count", "verification_throughput"] {
            prop_assert!(read(&after, key) <= read(&before, key), "{key}");
        }
        // A packet that requires the raw one no longer counts, and then these are shares of fewer.
        if read(&after, "positive_packet_count") == read(&before, "positive_packet_count") {
            for key in ["execution_available_path_density", "autocatalytic_closure_score"] {
                prop_assert!(read(&after, key) <= read(&before, key), "{key}");
            }
        }
        for key in ["residual_debt", "false_liquidity_load", "salience_obstruction_load", "waste_load"] {
            prop_assert!(read(&after, key) >= read(&before, key), "{key}");
        }
    }

    #[test]
    fn the_order_of_files_says_nothing(packets in any_packets(), shift in 1usize..5) {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (at, packet) in packets.iter().enumerate() {
            accept(one.path(), packet.text("packet_id").unwrap());
            accept(two.path(), packet.text("packet_id").unwrap());
            put(one.path(), &format!("packets/checked/{at}.json"), packet);
            let other = (at + shift) % packets.len();
            put(two.path(), &format!("packets/checked/{other}.json"), packet);
        }
        prop_assert_eq!(observation(one.path(), Policy::STRICT), observation(two.path(), Policy::STRICT));
    }
}
