// SPDX-License-Identifier: Apache-2.0
//! Configurations of gitleaks, loaded as they are.

use crate::harness::cli::{ccr, github_token, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where each of these keys stands, so that `files` are told apart by what is found in them.
fn found(dir: &Path, args: &[&str]) -> BTreeSet<(String, String)> {
    let run = ccr(
        dir,
        &[
            &["scan", "--json", "tree", "--rules", "gitleaks.toml"],
            args,
        ]
        .concat(),
    );
    let report = json(&run.stdout);
    let all = report["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr));
    all.iter()
        .filter_map(|f| {
            let rule = f["rule_id"].as_str()?.strip_prefix("secret-gitleaks-")?;
            Some((rule.to_owned(), f["location"].as_str()?.to_owned()))
        })
        .collect()
}

fn folder(rules: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("gitleaks.toml"), rules).unwrap();
    for (name, text) in files {
        let path = dir.path().join("tree").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn set(list: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let own = |(rule, place): &(&str, &str)| ((*rule).to_owned(), (*place).to_owned());
    list.iter().map(own).collect()
}

const RULES: &str = r#"
title = "ours"

[extend]
useDefault = true

[[rules]]
id = "Acme_Token"
description = "A token of Acme"
regex = '''(?i)(acme)[^\n]{0,20}=\s*"(zz[a-z0-9]{10})"'''
secretGroup = 2
entropy = 2.5
keywords = ["acme"]
tags = ["key"]

[[rules.allowlists]]
description = "examples"
regexTarget = "line"
regexes = ['''for example''']
[[rules.allowlists]]
condition = "AND"
paths = ['''^docs/''']
stopwords = ["sample"]

[[rules]]
id = "far-keyword"
regex = '''^qq[0-9]{6}$|(?m)^qq([0-9]{8})$'''
keywords = ["somewhere"]
path = '''\.conf$'''

[[rules]]
id = "by-name"
path = '''(^|/)secrets\.kdb$'''

[allowlist]
paths = ['''^vendor/''']
stopwords = ["ghost"]
"#;

#[test]
fn rules_and_allow_lists_hold() {
    let dir = folder(
        RULES,
        &[
            ("a.py", "acme_key = \"zzk4j9x2m7q1\"\n"),
            ("low.py", "acme_key = \"zzaaaaaaaaaa\"\n"),
            ("line.py", "acme_key = \"zzk4j9x2m7q1\" # for example\n"),
            (
                "own.py",
                &format!(
                    "acme_key = \"zzk4j9x2m7q1\" # {}\n",
                    ["gitleaks:", "allow"].concat()
                ),
            ),
            ("ghost.py", "acme_key = \"zzghost2m7q1\"\n"),
            ("vendor/a.py", "acme_key = \"zzk4j9x2m7q1\"\n"),
            ("docs/a.py", "acme_key = \"zzk4j9x2m7q1\"\n"),
            ("docs/b.py", "acme_key = \"zzsample47q1\"\n"),
            ("b.py", "acme_key = \"zzsample47q1\"\n"),
            ("x.conf", "somewhere\n\n\nqq12345678\n"),
            ("y.conf", "nowhere\nqq12345678\n"),
            ("x.txt", "somewhere\nqq12345678\n"),
            ("d/secrets.kdb", "x\n"),
        ],
    );
    assert_eq!(
        found(dir.path(), &[]),
        set(&[
            ("acme-token", "a.py:1:13"),
            ("acme-token", "docs/a.py:1:13"),
            ("acme-token", "b.py:1:13"),
            ("far-keyword", "x.conf:4:3"),
            ("by-name", "d/secrets.kdb"),
        ])
    );
}

#[test]
fn rules_check_reads_them() {
    let dir = folder(RULES, &[]);
    let run = ccr(dir.path(), &["rules", "check", "gitleaks.toml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_general_allow_list_over_the_defaults_holds_for_our_rules() {
    let token = github_token();
    let text = format!("key = \"{token}\"\n");
    let list = format!("[allowlist]\nregexes = ['{}']\n", &token[..8]);
    let dir = folder(
        &format!("[extend]\nuseDefault = true\n{list}"),
        &[("a.py", &text)],
    );
    let args = ["scan", "tree", "--rules", "gitleaks.toml"];
    assert_eq!(ccr(dir.path(), &args).code, 0);
    // Without the defaults the list is about rules of the file alone.
    fs::write(dir.path().join("gitleaks.toml"), list).unwrap();
    assert_eq!(ccr(dir.path(), &args).code, 1);
}

#[test]
fn a_file_extends_another() {
    let dir = folder(
        "[extend]\npath = \"base.toml\"\ndisabledRules = [\"two\"]\n[[rules]]\nid = \"one\"\nregex = 'oneone(\\d)'\n",
        &[("a.txt", "oneone1 twotwo2 old3\n")],
    );
    let base = "[[rules]]\nid = \"one\"\nregex = 'old\\d'\n[[rules]]\nid = \"two\"\nregex = 'twotwo\\d'\n[[rules]]\nid = \"three\"\nregex = 'old\\d'\n";
    fs::write(dir.path().join("base.toml"), base).unwrap();
    assert_eq!(
        found(dir.path(), &[]),
        set(&[("one", "a.txt:1:7"), ("three", "a.txt:1:17")])
    );
}

#[test]
fn what_cannot_be_taken_over_names_rule_and_place() {
    for (rules, words) in [
        (
            "[[rules]]\nid = \"r\"\nregex = 'ab(?=c)'\n",
            &["gitleaks.toml:3", "`r`", "byte 2"][..],
        ),
        (
            "[[rules]]\nid = \"r\"\nregex = 'a'\nsecretGroup = 1\n",
            &["`r`", "secretGroup"],
        ),
        ("[[rules]]\nid = \"r\"\n", &["`r`", "neither"]),
        (
            "[[rules]]\nid = \"r\"\nregex = 'a'\nregexp = 'b'\n",
            &["regexp"],
        ),
        (
            "[[rules]]\nid = \"r\"\nregex = 'a'\n[[rules.allowlists]]\nregexTarget = \"all\"\n",
            &["`r`", "regexTarget"],
        ),
        (
            "[allowlist]\nregexes = ['(?<!x)']\n",
            &["gitleaks.toml:2", "allow-list"],
        ),
        (
            "[extend]\nurl = \"https://example.org\"\n",
            &["nothing is fetched"],
        ),
        ("[extend]\npath = \"none.toml\"\n", &["none.toml"]),
    ] {
        let dir = folder(rules, &[("a.txt", "a\n")]);
        let run = ccr(dir.path(), &["scan", "tree", "--rules", "gitleaks.toml"]);
        assert_eq!(run.code, 2, "{rules}: {}{}", run.stdout, run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "{rules}: {}", run.stderr);
        }
    }
}
