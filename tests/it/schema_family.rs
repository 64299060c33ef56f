// SPDX-License-Identifier: Apache-2.0
//! The schema family beyond its fixtures: places, releases of several artifacts, arbitrary JSON.

use crate::harness::tree_artifact::{artifact, run};
use ccr::checks::ArtifactKind;
use ccr::model::{Draft, Severity};
use ccr::rules::Rule;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

fn rules() -> &'static [Arc<Rule>] {
    static RULES: OnceLock<Vec<Arc<Rule>>> = OnceLock::new();
    RULES.get_or_init(|| {
        let set = ccr::rules::load("default", &[]).unwrap();
        let family = |rule: &Arc<Rule>| rule.meta.id.family() == "schema";
        set.rules.into_iter().filter(family).collect()
    })
}

fn rule(id: &str) -> &'static Rule {
    rules()
        .iter()
        .find(|rule| rule.meta.id.as_str() == id)
        .unwrap()
}

fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
    list.iter().map(owned).collect()
}

fn in_tree(id: &str, list: &[(&str, &str)]) -> Vec<Draft> {
    run(rule(id), &[artifact(".", ArtifactKind::Tree, files(list))])
}

#[test]
fn findings_point_at_the_keyword() {
    let text = "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"type\": \"strin\"\n}\n";
    let drafts = in_tree("schema-invalid", &[("schemas/a.schema.json", text)]);
    let span = drafts[0].span.unwrap();
    assert_eq!(&text[span.range()], "\"type\": \"strin\"");
    assert_eq!(drafts[0].severity, None);
}

#[test]
fn faults_in_test_material_weigh_little() {
    let text = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": 1}"#;
    let drafts = in_tree("schema-invalid", &[("tests/data/a.schema.json", text)]);
    assert_eq!(drafts[0].severity, Some(Severity::Low));
    let drafts = in_tree("schema-invalid", &[("docs/a.json", text)]);
    assert_eq!(drafts[0].severity, Some(Severity::Medium));
}

#[test]
fn an_archive_with_another_copy_is_reported() {
    let one = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a:b", "type": "string"}"#;
    let two = one.replace("string", "number");
    let source = artifact(
        ".",
        ArtifactKind::Tree,
        files(&[("schemas/a.schema.json", one)]),
    );
    let wheel = |text: &str| {
        artifact(
            "dist/a-1-py3-none-any.whl",
            ArtifactKind::Wheel,
            files(&[("a/data/a.schema.json", text)]),
        )
    };
    let copies = rule("schema-copy-differs");
    assert!(run(copies, &[source.clone(), wheel(one)]).is_empty());
    let drafts = run(copies, &[source, wheel(&two)]);
    assert_eq!(drafts.len(), 1);
    assert_eq!(
        drafts[0].path.to_string(),
        "dist/a-1-py3-none-any.whl!/a/data/a.schema.json"
    );
}

#[test]
fn values_of_an_instance_never_reach_the_description() {
    let schema = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a:b", "properties": {"token": {"type": "integer"}}}"#;
    let instance = r#"{"$schema": "urn:a:b", "token": "hunter2hunter2"}"#;
    let drafts = in_tree(
        "schema-example-invalid",
        &[
            ("schemas/a.schema.json", schema),
            ("examples/a.json", instance),
        ],
    );
    assert_eq!(drafts.len(), 1);
    assert!(!drafts[0].description.contains("hunter2"), "{drafts:?}");
}

#[test]
fn documents_of_any_depth_are_survived() {
    let deep = format!("{}{}", "{\"not\":".repeat(5_000), "}".repeat(5_000));
    let drafts = in_tree("schema-invalid", &[("schemas/a.schema.json", &deep)]);
    assert_eq!(drafts[0].severity, Some(Severity::Low));
    let arrays = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(in_tree("schema-json-invalid", &[("data/a.json", &arrays)]).is_empty());
}

#[test]
fn many_schemas_cost_no_square() {
    let mut all = BTreeMap::new();
    for at in 0..1_500 {
        let next = (at + 1) % 1_500;
        let text = format!(
            r#"{{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://shop.invalid/{at}", "properties": {{"x": {{"$ref": "{next}"}}}}}}"#
        );
        all.insert(format!("schemas/{at}.schema.json"), text.into_bytes());
    }
    let release = [artifact(".", ArtifactKind::Tree, all)];
    for rule in rules() {
        assert!(run(rule, &release).is_empty(), "{}", rule.meta.id);
    }
}

/// JSON in which the words of schemas turn up at random places.
fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
    let word = prop_oneof![
        Just("$schema"),
        Just("$id"),
        Just("$ref"),
        Just("$anchor"),
        Just("id"),
        Just("properties"),
        Just("items"),
        Just("const"),
        Just("enum"),
        Just("schema_version"),
        Just("pattern"),
        Just("patternProperties"),
        Just("examples"),
        Just("type"),
        Just("$defs"),
        Just("not"),
    ];
    let text = prop_oneof![
        Just("https://json-schema.org/draft/2020-12/schema".to_owned()),
        Just("http://json-schema.org/draft-04/schema#".to_owned()),
        Just("#/properties/x".to_owned()),
        Just("a.schema.json#".to_owned()),
        Just("ccr.a.v1".to_owned()),
        Just("(".to_owned()),
        Just("string".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.prop_map(serde_json::Value::String),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let map = prop::collection::vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(serde_json::Value::Array),
            map.prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_json_panics_a_check(one in arbitrary_json(), two in arbitrary_json(), raw in ".{0,40}") {
        let list = [
            ("schemas/a.schema.json".to_owned(), one.to_string()),
            ("b.json".to_owned(), two.to_string()),
            ("schemas/c.schema.json".to_owned(), two.to_string()),
            ("d.json".to_owned(), raw),
        ];
        let list: Vec<_> = list.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let release = [artifact(".", ArtifactKind::Tree, files(&list))];
        for rule in rules() {
            for draft in run(rule, &release) {
                prop_assert!(!draft.description.is_empty());
            }
        }
    }
}
