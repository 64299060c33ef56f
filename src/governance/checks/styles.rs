// SPDX-License-Identifier: Apache-2.0
//! Habits that drift apart: list items that stand twice, and front matter of several forms in one
//! tree.

use super::{Check, Found, place, told};
use crate::governance::plan::{Document, FrontMatter, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-bullet-repeated", repeated),
    Check::plan("cto-front-matter-styles-mixed", mixed),
];

/// `params`: headings below which a repeated item says nothing new.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Repeated {
    under: Vec<String>,
}

fn repeated(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Repeated = told::params(rule);
    for document in &plan.documents {
        let mut seen: HashSet<(usize, String)> = HashSet::new();
        for line in document.lines().iter().filter(|line| !line.fenced) {
            let text = document.line(line);
            let item = text.trim_start();
            let Some(item) = item.strip_prefix("- ").or_else(|| item.strip_prefix("* ")) else {
                continue;
            };
            if !document.under(line.section, &own.under) {
                continue;
            }
            let words: Vec<&str> = item.split_whitespace().collect();
            let folded = words.join(" ").to_lowercase();
            let folded = folded.trim_end_matches(['.', ';']).to_owned();
            if !seen.insert((line.section, folded)) {
                let span = ByteSpan::new(line.start, line.end);
                let text = "The same list item stands above in this section".to_owned();
                place::at(found, rule, document, span, text);
            }
        }
    }
}

/// The form of a document's front matter: its keys, and how it is named.
fn style(document: &Document, profiles: &[Vec<String>]) -> Option<String> {
    let FrontMatter::Keys(keys) = &document.front else {
        return None;
    };
    let held: HashSet<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let fits = |profile: &Vec<String>| {
        profile.len() == held.len() && profile.iter().all(|key| held.contains(key.as_str()))
    };
    let number = profiles.iter().position(fits)? + 1;
    let name = document.value("name").or_else(|| document.value("title"))?;
    let slug = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let named = if slug { "slugs" } else { "titles" };
    Some(format!("profile P{number} with {named} as names"))
}

fn mixed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profiles = &plan.profile.planning.front_matter.profiles;
    let mut styles: BTreeMap<String, Vec<&Document>> = BTreeMap::new();
    for document in &plan.documents {
        if let Some(style) = style(document, profiles) {
            styles.entry(style).or_default().push(document);
        }
    }
    // The rarest form, the last of equals.
    let rarest = styles.iter().min_by_key(|(_, documents)| documents.len());
    let Some((_, documents)) = rarest.filter(|_| styles.len() > 1) else {
        return;
    };
    let shown: Vec<String> = styles
        .iter()
        .map(|(style, documents)| format!("{} in {style}", documents.len()))
        .collect();
    let text = format!(
        "The front matter of this tree has {} forms: {}",
        styles.len(),
        shown.join("; ")
    );
    if let Some(document) = documents.first() {
        place::at(found, rule, document, place::key(document, "status"), text);
    }
}
