// SPDX-License-Identifier: Apache-2.0
//! The examples do what their READMEs say, in both modes.

use super::world::{World, finish};
use serde_json::Value;
use std::path::Path;

/// A world whose current folder holds our examples, and `work` for the runtime.
fn world() -> World {
    let world = World::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in walkdir::WalkDir::new(&examples) {
        let entry = entry.unwrap();
        let to = world
            .path("examples")
            .join(entry.path().strip_prefix(&examples).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    std::fs::create_dir(world.path("work")).unwrap();
    world
}

/// A line of a shell block: words, and what the comment behind them says.
fn lines(readme: &str) -> Vec<(Vec<&str>, &str)> {
    let mut shell = false;
    let mut found = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            shell = line == "```sh";
        } else if shell && !line.is_empty() {
            let (words, comment) = line.split_once("    # ").unwrap_or((line, ""));
            found.push((words.split_whitespace().collect(), comment));
        }
    }
    found
}

/// What a run of the commands of a README left behind.
struct Ran {
    world: World,
    answers: Vec<(String, Value)>,
}

impl Ran {
    fn new(example: &str, compat: bool) -> Self {
        let world = world();
        let readme = std::fs::read_to_string(world.path(&format!("examples/{example}/README.md")));
        let readme = readme.unwrap();
        let mut answers: Vec<(String, Value)> = Vec::new();
        for (words, comment) in lines(&readme) {
            if let ["cp", from, to] = words[..] {
                std::fs::copy(world.path(from), world.path(to)).unwrap();
                continue;
            }
            assert_eq!(words[0], "ccr", "{words:?}");
            let last = answers.last().and_then(|(_, body)| body["path"].as_str());
            let args: Vec<String> = words[1..]
                .iter()
                .map(|word| match (*word, last) {
                    ("PATH", Some(path)) => path.to_owned(),
                    _ => (*word).to_owned(),
                })
                .collect();
            let line = words.join(" ");
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ccr"));
            command
                .args(&args)
                .arg("--json")
                .current_dir(world.path(""))
                .env_clear()
                .env("PATH", world.path("bin"))
                .env("HOME", world.path("home"));
            if compat {
                command.env("CCR_COMPAT", "1.0");
            }
            if compat && comment == "default mode" {
                let code = command.output().unwrap().status.code().unwrap();
                assert!(code == 1 || code == 2, "{line}: {code}");
                continue;
            }
            let (run, body) = finish(&mut command);
            let expected = i32::from(comment.starts_with("exit 1"));
            assert_eq!(run.code, expected, "{line}\n{}", run.stdout);
            answers.push((line, body));
        }
        Self { world, answers }
    }

    /// The answer to the last command that begins so.
    fn answer(&self, command: &str) -> &Value {
        let mut found = self.answers.iter().rev();
        &found
            .find(|(line, _)| line.contains(command))
            .unwrap_or_else(|| panic!("{command}"))
            .1
    }
}

#[test]
fn the_smallest_cycle_ends_with_nothing_open() {
    let ran = Ran::new("minimal", false);
    let report = &ran.answer("work report")["report"];
    assert_eq!(report["packet_counts"]["checked"], 1);
    assert_eq!(report["task_counts"]["integrated"], 1);
    assert_eq!(report["open_residual_count"], 0);
    assert_eq!(ran.answer("event verify")["ok"], true);
    assert_eq!(ran.answer("doctor")["finding_count"], 0);
    let ran = Ran::new("minimal", true);
    let report = &ran.answer("work report")["report"];
    assert_eq!(report["packet_counts"]["candidate"], 1);
    assert_eq!(report["open_residual_count"], 2);
}

#[test]
fn a_phase_forms_when_the_packets_are_checked() {
    for compat in [false, true] {
        let ran = Ran::new("phase_formation", compat);
        let certificate = &ran.answer("phase certify")["certificate"];
        assert_eq!(certificate["accepted"], true, "compat {compat}");
        assert_eq!(certificate["settled"], false);
        assert_eq!(ran.answer("phase compare")["comparison"]["accepted"], true);
        let status = &ran.answer("phase threshold")["threshold_status"];
        assert_eq!(status["accepted"], true, "{status:#}");
        let observation = &ran.answer("phase observe")["observation"];
        assert_eq!(observation["positive_packet_count"], 3);
        assert_eq!(observation["candidate_only_packet_count"], 1);
        assert_eq!(observation["effective_edge_count"], 2);
    }
}

#[test]
fn a_report_moves_its_packet_no_further_than_it_carries() {
    for (compat, second) in [(false, "provisional"), (true, "checked")] {
        let ran = Ran::new("pic_interop", compat);
        assert_eq!(ran.answer("packet show")["status"], "provisional");
        let update = &ran.answer("work integrate")["packet_update"];
        assert_eq!(update["status_after"], second);
        let update = &ran.answer("agent_check_refused")["packet_update"];
        assert_eq!(update["status_after"], "rejected");
        assert_eq!(ran.answer("phase_plan")["packet_update"], Value::Null);
        let path = ran.world.path("work/tasks/open");
        assert_eq!(
            std::fs::read_dir(path).unwrap().count(),
            2,
            "a task for each safe command"
        );
    }
}

#[test]
fn what_explain_recommends_runs_here() {
    for compat in [false, true] {
        let world = world();
        let run = |line: &str| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ccr"));
            command
                .args(line.split_whitespace().skip(1))
                .current_dir(world.path(""))
                .env_clear()
                .env("HOME", world.path("home"));
            if compat {
                command.env("CCR_COMPAT", "1.0");
            }
            let (run, body) = finish(&mut command);
            assert_eq!(run.code, 0, "{line}: {}", run.stdout);
            assert_eq!(body["ok"], true, "{line}");
            body
        };
        let explained = run("ccr agent explain --json");
        let commands = explained["safe_next_commands"].as_array().unwrap();
        assert_eq!(commands.len(), 6);
        for command in commands {
            run(command.as_str().unwrap());
        }
    }
}

/// What the examples hold is valid by our schemas and holds nothing that a run writes.
#[test]
fn examples_are_sources() {
    let world = world();
    for entry in walkdir::WalkDir::new(world.path("examples")) {
        let path = entry.unwrap().into_path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let generated = ["blackboard", "phase", "reports", "residuals", "tasks"];
        assert!(!generated.contains(&name), "{}", path.display());
        assert!(!name.starts_with("ccr.sqlite"), "{}", path.display());
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if !name.ends_with(".json") {
            continue;
        }
        let body: Value = serde_json::from_str(&text).unwrap();
        let Some(version) = body["schema_version"].as_str() else {
            continue;
        };
        let kind = match version.split('.').nth(1).unwrap() {
            "asi_proxy_threshold" => "asi-proxy-threshold",
            "verifier_report" => "verifier-report",
            "config" => continue,
            other => other,
        };
        let file = path.to_str().unwrap();
        let (run, _) = world.ccr(&["schema", "validate", "--kind", kind, "--file", file]);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }
}
