// SPDX-License-Identifier: Apache-2.0
//! Names of documents: the file's, the one they give themselves, and the kind that it tells
//! (sections 1.2, 1.3).

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Document, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-name-file-mismatch", file_mismatch),
    Check::plan("cto-name-duplicate", duplicate),
    Check::plan("cto-kind-unknown", kind_unknown),
];

/// Lower case, with a hyphen for everything that is neither letter nor digit.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The name that a document gives itself, and where.
fn own_name(document: &Document) -> Option<(&str, ByteSpan)> {
    ["name", "title"].iter().find_map(|key| {
        let name = document.value(key)?;
        Some((name, document.key(key)?.span))
    })
}

fn file_mismatch(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        let Some((name, span)) = own_name(document) else {
            continue;
        };
        let stem = slug(&document.stem);
        if slug(name) != stem {
            let text = format!("The document calls itself `{name}`; by its file it is `{stem}`.");
            told::at(found, rule, document, span, text);
        }
    }
}

fn duplicate(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let mut known: BTreeMap<String, &Document> = BTreeMap::new();
    for document in &plan.documents {
        let Some((name, span)) = own_name(document) else {
            continue;
        };
        let name = slug(name);
        match known.get(&name) {
            Some(first) => {
                let text = format!("The name `{name}` is also that of `{}`.", first.path);
                told::at(found, rule, document, span, text);
            }
            None => {
                known.insert(name, document);
            }
        }
    }
}

fn kind_unknown(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        if document.kind.is_none() {
            let text = format!(
                "The file name `{}` ends in no declared document kind; nothing is required of it.",
                document.stem
            );
            told::whole(found, rule, document, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_stems_have_one_slug() {
        assert_eq!(slug("CTO-X-WEB-UI-PRD"), "cto-x-web-ui-prd");
        assert_eq!(slug(" CTO X: Web/UI  PRD. "), "cto-x-web-ui-prd");
        assert_eq!(slug("--"), "");
    }
}
