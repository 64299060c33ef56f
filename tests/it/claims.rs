// SPDX-License-Identifier: Apache-2.0
//! Statement rules on their own examples and on the labelled set.

use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Origin};
use ccr::matching::{Hit, Matcher, Scratch, StatementMatcher};
use ccr::model::EntryPath;
use ccr::rules::{Body, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;

fn rules() -> Vec<Arc<Rule>> {
    let set = ccr::rules::load("default", &[]).unwrap();
    set.rules
        .into_iter()
        .filter(|rule| matches!(rule.body, Body::Statement(_)))
        .collect()
}

fn scan(matcher: &StatementMatcher, name: &str, text: &str) -> Vec<Hit> {
    let path = EntryPath::root(name);
    let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
    let mut hits = Vec::new();
    matcher.scan_all(&entry, &mut hits);
    hits
}

fn is_worded(rule: &Rule) -> bool {
    matches!(&rule.body, Body::Statement(statement) if statement.worded.is_some())
}

#[test]
fn statement_rules_hold_on_their_own_examples() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let matcher = StatementMatcher::new(std::slice::from_ref(&rule));
        assert!(
            rule.matches().len() >= 2 && rule.no_matches().len() >= 3,
            "{}: too few examples",
            rule.meta.id
        );
        for example in rule.matches() {
            if scan(&matcher, "example.md", &example.text()).is_empty() {
                wrong.push(format!("{} misses {:?}", rule.meta.id, example.text()));
            }
        }
        for example in rule.no_matches() {
            let text = example.text();
            for hit in scan(&matcher, "example.md", &text) {
                wrong.push(format!(
                    "{} finds {:?} in {text:?}",
                    rule.meta.id,
                    &text[hit.hit.range()]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows of the labelled set: form, file name, labels, text.
fn labelled() -> Vec<[String; 4]> {
    let data = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/claim-data/sentences.tsv"
    ))
    .unwrap();
    let rows = data.lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| {
        let columns: Vec<_> = row.split('\t').map(str::to_owned).collect();
        columns
            .try_into()
            .unwrap_or_else(|_| panic!("a row has four columns: {row}"))
    })
    .collect()
}

/// Keywords and the words near them decide what is read; no claim may be lost by that.
#[test]
fn what_keywords_admit_is_all_that_reading_everything_finds() {
    let rules = rules();
    let statements = StatementMatcher::new(&rules);
    let matcher = Matcher::new(&rules).unwrap();
    let mut scratch = Scratch::default();
    let mut texts: Vec<(String, String)> = Vec::new();
    for example in rules.iter().flat_map(|rule| rule.matches()) {
        texts.push(("example.md".to_owned(), example.text()));
    }
    for [_, file, _, text] in labelled() {
        texts.push((file, text.replace("\\n", "\n").replace("\\t", "\t")));
    }
    let mut found = 0;
    for (name, text) in &texts {
        let path = EntryPath::root(name);
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut hits = Vec::new();
        matcher.scan(&entry, &mut scratch, &mut hits);
        let (flagged, marks) = (scratch.flagged_statements(), scratch.statement_marks());
        statements.scan(&entry, flagged, marks, &mut hits);
        let mut all = Vec::new();
        statements.scan_all(&entry, &mut all);
        // What a sentence is worded like is told by its words as they stand, and then as they are read.
        for hits in [&mut hits, &mut all] {
            hits.retain(|hit| !is_worded(&rules[hit.rule]));
        }
        assert_eq!(hits, all, "{name}: {text:?}");
        found += all.len();
    }
    assert!(found > 100, "only {found} claims to lose");
}

/// Figures of one form of sentence.
#[derive(Default, Clone, Copy)]
struct Score {
    found: u32,
    missed: u32,
    wrong: u32,
}

impl Score {
    fn f1(self) -> f64 {
        let found = f64::from(2 * self.found);
        found / (found + f64::from(self.missed + self.wrong)).max(1.0)
    }
}

/// `cargo test --test it claims -- --nocapture` prints the figures.
#[test]
fn the_labelled_set_is_judged_right() {
    let matcher = StatementMatcher::new(&rules());
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut cases = 0;
    let rows = labelled();
    for [form, file, labels, text] in &rows {
        cases += 1;
        let unescape = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t");
        let text = unescape(text);
        let labels: Vec<_> = labels
            .split(" ; ")
            .filter(|l| *l != "-")
            .map(unescape)
            .collect();
        let score = scores.entry(form).or_default();
        let hits = scan(&matcher, file, &text);
        let mut open: Vec<_> = labels
            .iter()
            .map(|label| {
                let start = text
                    .rfind(label.as_str())
                    .expect("the label stands in its text");
                (start, start + label.len())
            })
            .collect();
        let wanted = open.clone();
        for hit in &hits {
            let touches =
                |&(start, end): &(usize, usize)| hit.hit.start < end && start < hit.hit.end;
            open.retain(|label| !touches(label));
            if !wanted.iter().any(touches) {
                score.wrong += 1;
                faults.push(format!(
                    "wrong  {form} {file}: {:?} in {text:?}",
                    &text[hit.hit.range()]
                ));
            }
        }
        score.found += u32::try_from(wanted.len() - open.len()).unwrap();
        score.missed += u32::try_from(open.len()).unwrap();
        for (start, end) in open {
            faults.push(format!(
                "missed {form} {file}: {:?} in {text:?}",
                &text[start..end]
            ));
        }
    }
    let mut total = Score::default();
    for (form, score) in &scores {
        println!(
            "{form:18} found {:3} missed {:2} wrong {:2}",
            score.found, score.missed, score.wrong
        );
        total.found += score.found;
        total.missed += score.missed;
        total.wrong += score.wrong;
    }
    let precision = f64::from(total.found) / f64::from(total.found + total.wrong);
    let recall = f64::from(total.found) / f64::from(total.found + total.missed);
    println!(
        "{cases} cases: precision {precision:.4} recall {recall:.4} F1 {:.4}",
        total.f1()
    );
    println!("{}", faults.join("\n"));
    assert!(cases >= 800, "only {cases} sentences");
    assert!(total.f1() >= 0.97, "F1 {:.4}", total.f1());
}

/// The pack that holds our README and AUDIT.md to our own non-claims.
#[test]
fn our_policy_pack_asks_for_what_its_repairs_suggest() {
    let pack = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/ccr");
    let set = ccr::rules::load("default", &[ccr::rules::RuleSource::Pack(pack)]).unwrap();
    let own: Vec<_> = set
        .rules
        .iter()
        .filter(|rule| rule.meta.id.as_str().starts_with("repo-non-claim-"))
        .collect();
    assert_eq!(own.len(), 8);
    let path = EntryPath::root("README.md");
    let page = |text: &'static str| {
        Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes())
    };
    for rule in own {
        let Body::Statement(statement) = &rule.body else {
            panic!("{} is a statement", rule.meta.id)
        };
        let (_, example) = rule
            .meta
            .prose()
            .repair
            .split_once("for example: ")
            .unwrap();
        let path = EntryPath::root("README.md");
        let entry = |name| {
            (
                name,
                Classified::new(&path, Origin::Tree, &EntryKind::File, example.as_bytes()),
            )
        };
        let absent =
            ccr::matching::missing(statement, &[entry("README.md"), entry("AUDIT.md")]).unwrap();
        assert!(
            absent.is_empty(),
            "{} does not accept {example:?}",
            rule.meta.id
        );
        let bare = ccr::matching::missing(statement, &[("README.md", page("# ccr\n\nA tool.\n"))])
            .unwrap();
        assert_eq!(bare, ["README.md", "AUDIT.md"]);
    }
}
