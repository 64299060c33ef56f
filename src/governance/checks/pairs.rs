// SPDX-License-Identifier: Apache-2.0
//! Requirements and the items that implement them come in pairs (rule 72).

use super::{Check, Found, place, told};
use crate::governance::plan::{Document, Item, Plan};
use crate::governance::profile::Work;
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[Check::plan("cto-prd-issues-unpaired", unpaired)];

/// `params`: the headings that hold user stories, lower case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pairs {
    stories: Vec<String>,
}

fn unpaired(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Pairs = told::params(rule);
    let work = &plan.profile.planning.work;
    let of = |role: &'static str| {
        let role = if role == "requirement" {
            &work.requirement
        } else {
            &work.sequence
        };
        plan.documents
            .iter()
            .filter(move |document| Work::has(role, document.kind.as_deref()))
    };
    let mut pairs: HashMap<&str, Vec<&Document>> = HashMap::new();
    let mut paired: BTreeSet<&str> = BTreeSet::new();
    let by_base: HashMap<String, &Document> = of("requirement")
        .map(|document| (base(plan, document), document))
        .collect();
    let listed = plan
        .board
        .as_ref()
        .map_or(&[][..], |board| &board.entries)
        .iter();
    let listed: HashMap<&str, &str> = listed
        .filter_map(|entry| Some((entry.issues.as_deref()?, entry.prd.as_deref()?)))
        .collect();
    for issues in of("sequence") {
        let source = issues.value("source").and_then(|path| plan.document(path));
        let by_board = listed
            .get(issues.path.as_str())
            .and_then(|path| plan.document(path));
        let by_name = by_base.get(&base(plan, issues)).copied();
        let requirement = [source, by_board, by_name]
            .into_iter()
            .flatten()
            .find(|other| Work::has(&work.requirement, other.kind.as_deref()));
        if let Some(requirement) = requirement {
            pairs.entry(&requirement.path).or_default().push(issues);
            paired.insert(&issues.path);
        }
    }
    for issues in of("sequence").filter(|issues| !paired.contains(issues.path.as_str())) {
        let text = "No requirement belongs to these items".to_owned();
        place::at(found, rule, issues, place::key(issues, "source"), text);
    }
    for requirement in of("requirement") {
        let Some(issues) = pairs.get(requirement.path.as_str()) else {
            let text = "No document holds the items of this requirement".to_owned();
            place::at(
                found,
                rule,
                requirement,
                place::key(requirement, "name"),
                text,
            );
            continue;
        };
        covered(rule, found, requirement, issues, &own.stories);
    }
}

fn covered(
    rule: &Rule,
    found: &mut Found,
    requirement: &Document,
    issues: &[&Document],
    headings: &[String],
) {
    let stories = stories(requirement, headings);
    let mut seen = BTreeSet::new();
    let mut items = 0;
    for issues in issues {
        for item in issues.items() {
            items += 1;
            let Some(value) = item.value("user_stories_covered") else {
                continue;
            };
            let numbers = numbers(value, &stories);
            let unknown: Vec<String> = numbers
                .iter()
                .filter(|number| !stories.contains(number))
                .map(ToString::to_string)
                .collect();
            if !stories.is_empty() && !unknown.is_empty() {
                let text = format!(
                    "`{}` covers stories that `{}` does not have: {}",
                    item.id,
                    requirement.path,
                    unknown.join(", ")
                );
                place::item(found, rule, issues, span_of(&item), &item.id, text);
            }
            seen.extend(numbers);
        }
    }
    let open: Vec<String> = stories.difference(&seen).map(ToString::to_string).collect();
    let text = if items == 0 {
        format!(
            "No item implements this requirement: `{}` defines none",
            issues[0].path
        )
    } else if !open.is_empty() {
        format!("No item covers user stories {}", open.join(", "))
    } else {
        return;
    };
    let section = requirement
        .sections
        .iter()
        .find(|section| headings.iter().any(|one| *one == section.folded()))
        .map_or_else(|| place::key(requirement, "name"), |section| section.span());
    place::at(found, rule, requirement, section, text);
}

fn span_of(item: &Item) -> crate::model::ByteSpan {
    item.field("user_stories_covered")
        .map_or(item.span, |field| field.span)
}

/// A document's stem without its kind's suffix.
fn base(plan: &Plan<'_>, document: &Document) -> String {
    let suffix = document
        .kind_in(&plan.profile.planning)
        .map_or("", |kind| kind.suffix.as_str());
    let stem = document.stem.strip_suffix(suffix).unwrap_or(&document.stem);
    stem.to_owned()
}

/// Numbers of the stories of a requirement.
fn stories(document: &Document, headings: &[String]) -> BTreeSet<u32> {
    let numbered = |line: &str| {
        let (number, rest) = line.trim_start().split_once(['.', ')'])?;
        rest.starts_with(' ').then(|| number.parse().ok())?
    };
    document
        .lines()
        .iter()
        .filter(|line| !line.fenced)
        .filter(|line| {
            let mut around = document.around(line.section);
            around.any(|section| headings.iter().any(|one| *one == section.folded()))
        })
        .filter_map(|line| numbered(document.line(line)))
        .collect()
}

/// Numbers in a text; `2-4` is three of them, `all` every story.
fn numbers(text: &str, stories: &BTreeSet<u32>) -> BTreeSet<u32> {
    const MOST: u32 = 1000;
    let mut found = BTreeSet::new();
    if text.trim().to_lowercase().starts_with("all") {
        return stories.clone();
    }
    for part in text.split(|c: char| !(c.is_ascii_digit() || c == '-')) {
        let mut ends = part
            .split('-')
            .filter_map(|number| number.parse::<u32>().ok());
        match (ends.next(), ends.next()) {
            (Some(from), Some(to)) if to >= from && to - from < MOST => found.extend(from..=to),
            (Some(one), _) => {
                found.insert(one);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let all = BTreeSet::from([1, 2, 3]);
        let read = |text: &str| numbers(text, &all).into_iter().collect::<Vec<_>>();
        assert_eq!(read("1, 3 and 5"), [1, 3, 5]);
        assert_eq!(read("2-4"), [2, 3, 4]);
        assert_eq!(read("all"), [1, 2, 3]);
        assert_eq!(read("1-99999999"), [1]);
        assert!(read("none").is_empty());
    }
}
