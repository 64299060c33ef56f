// SPDX-License-Identifier: Apache-2.0
//! Every secret rule carries its own evidence; here it is run. What depends on where a secret
//! stands is tested below.

use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Kind, Origin};
use ccr::matching::{Hit, Matcher, Scratch};
use ccr::model::{Confidence, EntryPath, Severity};
use ccr::rules::{Body, Rule};
use std::sync::Arc;

fn rules() -> Vec<Arc<Rule>> {
    let set = ccr::rules::load("default", &[]).unwrap();
    set.rules
        .into_iter()
        .filter(|rule| rule.meta.id.family() == "secret")
        .collect()
}

/// Runs all secret rules over `text` as the file `name`.
fn scan(rules: &[Arc<Rule>], matcher: &Matcher, name: &str, text: &str) -> Vec<(String, Hit)> {
    let path = EntryPath::root(name);
    let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
    let mut hits = Vec::new();
    matcher.scan(&entry, &mut Scratch::default(), &mut hits);
    hits.into_iter()
        .map(|hit| (rules[hit.rule].meta.id.to_string(), hit))
        .collect()
}

/// A file name that the rule's scope takes in.
fn fitting_name(rule: &Rule) -> String {
    if let Some(glob) = rule.scope.paths.first() {
        let mut name = glob.strip_prefix("**/").unwrap_or(glob).replace('*', "a");
        // Of each choice the first.
        while let Some(open) = name.rfind('{') {
            let close = open + name[open..].find('}').unwrap();
            let first = name[open + 1..close].split(',').next().unwrap().to_owned();
            name.replace_range(open..=close, &first);
        }
        return name.rsplit('/').next().unwrap().to_owned();
    }
    let names = [
        "src/a.py", "a.yaml", "a.env", "a.xml", "a.ini", "a.sh", "a.txt",
    ];
    let fits = |name: &&&str| {
        let kind = Kind::of(name, b"", false);
        let wanted = &rule.scope.kinds;
        (wanted.is_empty() || wanted.iter().any(|word| kind.is(word)))
            && !rule.scope.not_kinds.iter().any(|word| kind.is(word))
    };
    (*names.iter().find(fits).unwrap()).to_owned()
}

#[test]
fn examples_match_and_counterexamples_do_not() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let mut faults = Vec::new();
    for rule in &rules {
        let Body::Pattern(pattern) = &rule.body else {
            continue;
        };
        // A rule that yields may lose its example to a neighbour: it is run alone.
        let alone = [Arc::clone(rule)];
        let own = Matcher::new(&alone).unwrap();
        let id = rule.meta.id.as_str();
        let name = fitting_name(rule);
        let hits = |text: &str| {
            let found = if pattern.judge.yields {
                scan(&alone, &own, &name, text)
            } else {
                scan(&rules, &matcher, &name, text)
            };
            found.iter().any(|(found, _)| found == id)
        };
        if rule.matches().is_empty() || rule.no_matches().len() < 2 {
            faults.push(format!("{id}: too few examples"));
        }
        for example in rule.matches() {
            if !hits(&example.text()) {
                faults.push(format!("{id}: must match: {}", example.text()));
            }
        }
        for example in rule.no_matches() {
            if hits(&example.text()) {
                faults.push(format!("{id}: must not match: {}", example.text()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_set_covers_at_least_a_hundred_token_kinds() {
    let rules = rules();
    assert!(rules.len() >= 100, "{}", rules.len());
    for rule in &rules {
        assert!(!rule.meta.prose().why.is_empty() && !rule.meta.prose().repair.is_empty());
    }
}

/// The first example of a rule.
fn example(rules: &[Arc<Rule>], id: &str) -> String {
    let rule = rules.iter().find(|rule| rule.meta.id.as_str() == id);
    rule.unwrap().matches()[0].text()
}

fn severity(rules: &[Arc<Rule>], id: &str, hit: &Hit) -> Severity {
    let rule = rules.iter().find(|rule| rule.meta.id.as_str() == id);
    hit.severity.unwrap_or(rule.unwrap().meta.severity)
}

#[test]
fn a_key_in_a_test_folder_does_not_weigh_like_one_in_use() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let id = "secret-private-key-pem";
    let text = example(&rules, id);
    let at = |name: &str| {
        let hits = scan(&rules, &matcher, name, &text);
        let (_, hit) = hits.iter().find(|(found, _)| found == id).unwrap();
        severity(&rules, id, hit)
    };
    assert_eq!(at("deploy/server.key"), Severity::Critical);
    assert_eq!(at("pkg/tests/server.key"), Severity::Low);
    assert_eq!(at("README.md"), Severity::Low);
}

#[test]
fn a_token_with_a_valid_checksum_keeps_its_severity_in_tests() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    for (id, weight) in [
        ("secret-github-token", Severity::Critical),
        ("secret-npm-token", Severity::Critical),
        // No service gives these out: whoever writes a test makes one for it.
        ("secret-age-key", Severity::Medium),
    ] {
        let text = example(&rules, id);
        let hits = scan(&rules, &matcher, "tests/data.py", &text);
        let (_, hit) = hits.iter().find(|(found, _)| found == id).unwrap();
        assert_eq!(severity(&rules, id, hit), weight, "{id}");
        assert_eq!(hit.confidence, Some(Confidence::High), "{id}");
    }
}

#[test]
fn a_token_with_a_wrong_checksum_is_doubtful() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let token = format!("{}{}", "ghp_", "T4kQ7vZx2LpW9sYt4Rb8NcHj3mDf5gK2rPwQ");
    let hits = scan(&rules, &matcher, "src/a.py", &token);
    assert_eq!(hits[0].0, "secret-github-token");
    assert_eq!(hits[0].1.confidence, Some(Confidence::Low));
}

#[test]
fn one_secret_is_found_once() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let token = format!("api_token = \"{}{}\"", "glpat-", "T4kQ7vZx2LpW9sYt4Rb8");
    let ids: Vec<_> = scan(&rules, &matcher, "src/a.py", &token)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids, ["secret-gitlab-token"]);
}

#[test]
fn an_encrypted_key_counts_as_medium() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let id = "secret-private-key-pem";
    let text = example(&rules, id).replacen(
        "-----\n",
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0011223344556677\n\n",
        1,
    );
    let hits = scan(&rules, &matcher, "deploy/server.key", &text);
    let (_, hit) = hits.iter().find(|(found, _)| found == id).unwrap();
    assert_eq!(hit.severity, Some(Severity::Medium));
}

#[test]
fn a_setting_is_found_on_any_line_of_its_file() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let value = "q8Vz3kD92wsN0bTk2LsX9dRh71Gm4p";
    let found = |name: &str, text: &str| {
        scan(&rules, &matcher, name, text)
            .iter()
            .any(|(_, hit)| &text[hit.hit.range()] == value)
    };
    for (name, text) in [
        (
            "application.yml",
            format!("db:\n  user: app\n  password: {value}\n  pool: 5\n"),
        ),
        (
            ".env",
            format!("USER=app\r\nAPI_TOKEN={value}\r\nPORT=1\r\n"),
        ),
        (
            "run.sh",
            format!("set -e\nexport APP_SECRET={value}\necho\n"),
        ),
        (
            "notes.md",
            format!("Run with\n\n    APP_SECRET={value} ./app\n"),
        ),
    ] {
        assert!(found(name, &text), "{name}");
    }
}

#[test]
fn a_token_in_pieces_is_joined_and_read() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let token = crate::harness::cli::github_token();
    let (head, tail) = token.split_at(12);
    let (start, middle) = head.split_at(4);
    for text in [
        format!("A = \"{head}\" + \"{tail}\"\n"),
        format!("A = (\"{head}\"\n     \"{tail}\")\n"),
        format!("A = \"{head}\" \\\n    \"{tail}\"\n"),
        format!("A = \"{head}\\\n{tail}\"\n"),
        format!("A = ['{start}', '{middle}', '{tail}'].join('');\n"),
    ] {
        let hits = scan(&rules, &matcher, "src/a.py", &text);
        let [(id, hit)] = &hits[..] else {
            panic!("{text}: {hits:?}");
        };
        assert_eq!(id, "secret-split-token", "{text}");
        assert_eq!(severity(&rules, id, hit), Severity::Critical, "{text}");
    }
    let listed = format!("A = ['{start}', '{middle}', '{tail}']\n");
    assert!(scan(&rules, &matcher, "src/a.py", &listed).is_empty());
}

#[test]
fn what_a_program_wrote_is_no_prose_in_documentation_either() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let value = ["Zk4d29", "-Hq2x7tR"].concat();
    let statement = format!("CREATE USER shop WITH PASSWORD '{value}';\n");
    let rated = |name: &str, text: &str| {
        let hits = scan(&rules, &matcher, name, text);
        hits.first().map(|(id, hit)| severity(&rules, id, hit))
    };
    assert_eq!(rated("docs/users.sql", &statement), Some(Severity::Low));
    assert_eq!(rated("docs/users.rst", &statement), None);
    assert_eq!(rated("tests/docs/users.sql", &statement), None);
    // Markup that stands where no documentation does may be somebody's notes.
    let table = format!("| user | password |\n|---|---|\n| root | {value} |\n");
    assert_eq!(rated("etc/hosts.md", &table), Some(Severity::Low));
    assert_eq!(rated("docs/hosts.md", &table), None);
    // A string of three quotes that is the value is no docstring.
    let assigned = format!("password = \"\"\"{value}\"\"\"\n");
    assert_eq!(rated("src/a.py", &assigned), Some(Severity::Medium));
    let shown = format!("def f():\n    \"\"\"Call with\n    password = \"{value}\"\n    \"\"\"\n");
    assert_eq!(rated("src/a.py", &shown), None);
}
