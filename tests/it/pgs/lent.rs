// SPDX-License-Identifier: Apache-2.0
//! What an operator may ask of a run besides: chance, chained logs, quoted values.

use super::commanded::Workspace;
use crate::harness::cli::{Run, ccr, json};
use serde_json::{Value, json};

const CHANCE: &str = "capability_transforms::CT_PURE_GENERATE_ENTROPY_V0";
const CONTRACT: &str =
    "protocol_snapshot/artifacts/capability_contracts/lending__CC_NAME_LOAN_V0.json";

fn edit(desk: &Workspace, file: &str, change: impl FnOnce(&mut Value)) {
    let path = desk.path(file);
    let mut body = json(&std::fs::read_to_string(&path).unwrap());
    change(&mut body);
    std::fs::write(path, serde_json::to_vec_pretty(&body).unwrap()).unwrap();
}

/// A desk that names loans by chance.
fn lottery() -> Workspace {
    let desk = Workspace::new();
    let folder = "protocol_snapshot/artifacts/capability_transforms";
    let from = desk.path(&format!(
        "{folder}/capability_transforms__CT_PURE_GENERATE_ID_V0.json"
    ));
    let text = std::fs::read_to_string(from).unwrap();
    let mut body = json(&text.replace("GENERATE_ID", "GENERATE_ENTROPY"));
    let input = json!({ "type": "integer", "required": true });
    body["ct_ir"]["inputs"] = json!({ "entropy_bits": input });
    body["ct_ir"]["outputs"] = json!({ "entropy_bytes": { "from": "__atom_result__" } });
    body["ct_ir"]["atom_stream"][0]["args"] = json!({ "entropy_bits": "$.inputs.entropy_bits" });
    let to = format!("{folder}/capability_transforms__CT_PURE_GENERATE_ENTROPY_V0.json");
    std::fs::write(desk.path(&to), body.to_string()).unwrap();
    edit(&desk, CONTRACT, |body| {
        let step = &mut body["frontmatter"]["core"]["pipeline"][1];
        step["transform"] = json!(CHANCE);
        step["inputs"] = json!({ "entropy_bits": 128 });
        step["outputs"] = json!({ "loan_id": "$.capability_result.entropy_bytes" });
    });
    desk
}

fn borrow(desk: &Workspace, flags: &[&str]) -> Run {
    let all = [&["--allow-unsealed", "--json"], flags].concat();
    desk.run("WF_BORROW_V0", "borrow", &all)
}

fn trace_of(run: &Run) -> String {
    json(&run.stdout)["trace"].as_str().unwrap().to_owned()
}

#[test]
fn chance_answers_by_leave_only_and_is_recorded_as_chance() {
    let desk = lottery();
    let refused = borrow(&desk, &[]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    let fault = &json(&refused.stdout)["faults"][0];
    assert_eq!(fault["code"], "CAP-UNBOUND");
    assert!(
        fault["message"]
            .as_str()
            .unwrap()
            .contains("--allow-impure"),
        "{fault}"
    );
    assert!(!desk.path("data").exists());
    let run = borrow(&desk, &["--allow-impure"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let trace = trace_of(&run);
    let text = std::fs::read_to_string(&trace).unwrap();
    assert_eq!(text.matches("\"binding\":\"chance\"").count(), 1);
    let line = ["pgs", "examine", &trace, "--verify", "graph"];
    let seen = ccr(desk.0.path(), &line);
    assert_eq!(seen.code, 0, "{}", seen.stdout);
    assert!(seen.stdout.contains("hangs on chance"), "{}", seen.stdout);
    let again = lottery();
    let other = borrow(&again, &["--allow-impure"]);
    let log = |desk: &Workspace| {
        let text = std::fs::read_to_string(desk.path("data/events/loans.jsonl")).unwrap();
        json(text.lines().next().unwrap())["record"].clone()
    };
    assert_eq!(other.code, 0);
    assert_ne!(log(&desk), log(&again));
}

#[test]
fn a_chained_log_shows_a_line_that_was_changed() {
    let desk = Workspace::new();
    let run = borrow(&desk, &["--chain-logs"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let next = ["--allow-unsealed", "--json"];
    let back = desk.run("WF_RETURN_V0", "return", &next);
    assert_eq!(back.code, 0, "{}{}", back.stdout, back.stderr);
    let log = desk.path("data/events/loans.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    let links = text.matches("\"prev_hash\": ").count();
    assert_eq!((links, text.lines().count()), (2, 2), "{text}");
    let look = || {
        let trace = trace_of(&back);
        ccr(
            desk.0.path(),
            &["pgs", "examine", &trace, "--data-root", "data"],
        )
    };
    assert_eq!(look().code, 0, "{}", look().stdout);
    std::fs::write(&log, text.replacen("_number\": 1,", "_number\": 7,", 1)).unwrap();
    let seen = look();
    assert_eq!(seen.code, 1, "{}", seen.stdout);
    assert!(
        seen.stdout.contains("line 2 does not name the line before"),
        "{}",
        seen.stdout
    );
}

#[test]
fn a_quoted_value_goes_through_unread() {
    let desk = Workspace::new();
    edit(&desk, CONTRACT, |body| {
        let step = &mut body["frontmatter"]["core"]["pipeline"][1];
        step["inputs"]["prefix"] = json!({ "$literal": "$.x" });
    });
    let run = borrow(&desk, &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let log = std::fs::read_to_string(desk.path("data/events/loans.jsonl")).unwrap();
    assert!(log.contains("$.x_"), "{log}");
}
