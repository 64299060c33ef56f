// SPDX-License-Identifier: Apache-2.0
//! One generic walker for all rules: their form, their patterns, their own examples.

use ccr::checks;
use ccr::rules::{self, Body};
use std::collections::BTreeSet;

#[test]
fn every_rule_of_every_profile_holds_against_its_examples() {
    for profile in ["ccr-repo", "ccr-1.0"] {
        let set = rules::load(profile, &[]).unwrap();
        let faults = ccr::audit::examples::check(&set);
        let errors: Vec<_> = faults
            .iter()
            .filter(|f| f.error)
            .map(|f| format!("{}: {}", f.rule, f.message))
            .collect();
        assert!(errors.is_empty(), "{profile}: {errors:#?}");
    }
}

#[test]
fn every_check_is_named_by_a_rule_and_every_named_check_exists() {
    let mut named = BTreeSet::new();
    for profile in ["ccr-repo", "ccr-1.0"] {
        for rule in rules::load(profile, &[]).unwrap().rules {
            if let Body::Check { name, .. } = &rule.body {
                named.insert(name.clone());
            }
        }
    }
    let mut known: BTreeSet<String> = checks::BORN_IN_PIPELINE
        .iter()
        .map(|n| n.to_string())
        .collect();
    known.extend(checks::entry_checks().iter().map(|c| c.name().to_owned()));
    known.extend(
        checks::artifact_checks()
            .iter()
            .map(|c| c.name().to_owned()),
    );
    known.extend(checks::release_checks().iter().map(|c| c.name().to_owned()));
    known.extend(
        ccr::pic::checks::ALL
            .iter()
            .map(|(name, ..)| (*name).to_owned()),
    );
    known.extend(
        ccr::pgs::checks::ALL
            .iter()
            .map(|(name, ..)| (*name).to_owned()),
    );
    known.extend(
        ccr::pgs::trace::fault::ALL
            .iter()
            .map(|name| (*name).to_owned()),
    );
    known.extend(
        ccr::governance::checks::ALL
            .iter()
            .flat_map(|list| list.iter())
            .map(|check| check.name.to_owned()),
    );
    assert_eq!(named, known);
}

#[test]
fn rule_ids_are_pinned() {
    let set = rules::load(rules::docs::PROFILE, &[]).unwrap();
    let ids: Vec<_> = set
        .rules
        .iter()
        .map(|rule| rule.meta.id.to_string())
        .collect();
    insta::assert_snapshot!(ids.join("\n"));
}

/// A pack of one rule, whose statement is given, with groups of words of the pack and of the file.
fn pack(shared: &str, own: &str, statement: &str) -> Result<rules::RuleSet, rules::RuleError> {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("id = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[words]\n{shared}\n");
    std::fs::write(folder.path().join("pack.toml"), manifest).unwrap();
    let rule = format!(
        "[words]\n{own}\n[[rule]]\nid = \"claim-x\"\ntitle = \"t\"\nseverity = \"low\"\nconfidence = \"low\"\n\
         status = \"preview\"\nsince = \"0.1.0\"\nwhy = \"W.\"\nrepair = \"R.\"\n[rule.statement]\n{statement}\n"
    );
    std::fs::write(folder.path().join("rule.toml"), rule).unwrap();
    rules::load_only(&rules::RuleSource::Pack(folder.path().to_owned()))
}

#[test]
fn patterns_and_keywords_name_groups_of_words_of_pack_and_file() {
    let set = pack(
        "its = ['its', 'their']",
        "own = ['{its} own']",
        r"any_of = ['\bedits? {own} code{2}', '{own}']
          allow = ['{its} x']
          keywords = ['{own} code', 'plain']",
    );
    let set = set.unwrap();
    let Body::Statement(statement) = &set.rules[0].body else {
        panic!("{:?}", set.rules[0].body);
    };
    let spelled = [
        r"\bedits? (?:(?:its|their) own) code{2}",
        "(?:(?:its|their) own)",
    ];
    assert_eq!(*statement.any_of, spelled);
    assert_eq!(*statement.allow, ["(?:its|their) x"]);
    let keywords = ["its own code", "their own code", "plain"];
    assert_eq!(*statement.keywords, keywords);
}

#[test]
fn a_file_named_alone_has_the_groups_of_its_pack() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/claim/weights.toml");
    let set = rules::load_only(&rules::RuleSource::File(file.into())).unwrap();
    assert!(!set.rules.is_empty());
}

#[test]
fn a_group_of_words_that_is_wrong_is_told_with_file_and_rule() {
    for (shared, own, any_of, told) in [
        (
            "",
            "",
            "{its} code",
            "no group of words `its` (there is none)",
        ),
        (
            "a = ['{b}']",
            "b = ['{a}']",
            "{a}",
            "holds itself (a → b → a)",
        ),
        ("a = ['x']", "a = ['y']", "{a}", "stands in `pack.toml` too"),
        ("", "end = ['x']", "{end}", "is no name"),
    ] {
        let error = pack(shared, own, &format!("any_of = ['{any_of}']"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert!(error.contains("rule.toml"), "{error}");
        let in_rule = !told.contains("pack.toml") && !told.contains("name");
        assert_eq!(error.contains("rule `claim-x`"), in_rule, "{error}");
    }
}

/// What no pattern names is a list that somebody forgot.
#[test]
fn every_group_of_words_is_used() {
    let claims = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/claim"));
    let mut texts = Vec::new();
    for file in std::fs::read_dir(claims).unwrap() {
        texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    let mut groups = 0;
    for text in &texts {
        let table: toml::Table = toml::from_str(text).unwrap();
        let words = table.get("words").and_then(toml::Value::as_table);
        for name in words.into_iter().flat_map(toml::Table::keys) {
            let named = format!("{{{name}}}");
            assert!(texts.iter().any(|text| text.contains(&named)), "{name}");
            groups += 1;
        }
    }
    assert!(groups > 20, "{groups}");
}
