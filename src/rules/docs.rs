// SPDX-License-Identifier: Apache-2.0
//! Pages for people out of rule tables: `ccr rules explain` and `docs/rules/` print the same text.

use super::schema::{Body, Example, Rule};
use std::collections::BTreeMap;

/// The profile whose rules have pages: every rule that is not there to match another program.
pub const PROFILE: &str = "ccr-repo";

/// One rule as Markdown.
pub fn page(rule: &Rule) -> String {
    let meta = &rule.meta;
    let mut out = format!("## {}\n\n{}\n\n", meta.id, meta.prose().title);
    let blocking = if meta.is_blocking(meta.severity, meta.confidence) {
        "yes"
    } else {
        "no"
    };
    out.push_str(&format!(
        "severity {} · confidence {} · blocking {blocking} · {} since {} · pack {}\n\n",
        meta.severity,
        meta.confidence,
        format!("{:?}", meta.status).to_lowercase(),
        meta.prose().since,
        rule.pack
    ));
    out.push_str(&format!(
        "**Why.** {}\n\n**Repair.** {}\n\n",
        meta.prose().why,
        meta.prose().repair
    ));
    if !meta.prose().repair_packed.is_empty() {
        out.push_str(&format!(
            "**Repair, where it stands in an archive.** {}\n\n",
            meta.prose().repair_packed
        ));
    }
    out.push_str(&format!("**How it is found.** {}\n\n", how(rule)));
    example(&mut out, "Found", rule.matches());
    example(&mut out, "Not found", rule.no_matches());
    if !meta.prose().aliases.is_empty() {
        out.push_str(&format!(
            "**Also known as** {}.\n\n",
            meta.prose().aliases.join(", ")
        ));
    }
    // Written apart, so that a page is no waiver itself.
    out.push_str(&format!(
        "**To waive one place:** a comment of the marker `{}{}`, this id, `until=YYYY-MM-DD` and `-- reason`, on the line or the line above.\n",
        "ccr:", "allow"
    ));
    if !meta.prose().references.is_empty() {
        out.push('\n');
        for reference in &meta.prose().references {
            out.push_str(&format!("- <{reference}>\n"));
        }
    }
    out
}

/// Every page by file name: one a family, and an index.
pub fn pages(rules: &[&Rule]) -> BTreeMap<String, String> {
    let mut families: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        families
            .entry(rule.meta.id.family())
            .or_default()
            .push(rule);
    }
    let mut pages = BTreeMap::new();
    let mut index =
        String::from("# Rules\n\nMade by `ccr rules docs`; edit `rules/`, not these pages.\n");
    for (family, rules) in families {
        let mut text = format!(
            "# Family `{family}`\n\nMade by `ccr rules docs`; edit `rules/`, not this page.\n"
        );
        index.push_str(&format!(
            "\n## [{family}]({family}.md)\n\n| rule | severity | what |\n|---|---|---|\n"
        ));
        for rule in rules {
            text.push('\n');
            text.push_str(&page(rule));
            let meta = &rule.meta;
            index.push_str(&format!(
                "| `{}` | {} | {} |\n",
                meta.id,
                meta.severity,
                meta.prose().title
            ));
        }
        pages.insert(format!("{family}.md"), text);
    }
    pages.insert("index.md".to_owned(), index);
    pages
}

fn how(rule: &Rule) -> String {
    match &rule.body {
        Body::Pattern(pattern) => {
            let mut text = format!("A pattern over the {:?}", pattern.subject).to_lowercase();
            text = text.replacen('a', "A", 1);
            if !pattern.keywords.is_empty() {
                text.push_str(&format!(", behind {} keywords", pattern.keywords.len()));
            }
            if let Some(bits) = pattern.judge.min_entropy {
                text.push_str(&format!(", with at least {bits} bits of entropy per byte"));
            }
            if !pattern.judge.validators.is_empty() {
                text.push_str(&format!(
                    ", judged by {}",
                    pattern.judge.validators.join(", ")
                ));
            }
            text.push('.');
            text
        }
        Body::Check { name, .. } => format!("The structural check `{name}`."),
        Body::RequireFile(set) => format!("One of {} must exist.", set.any_of.join(", ")),
        Body::ForbidFile(set) => format!("None of {} may exist.", set.any_of.join(", ")),
        Body::RequireText(text) => format!("{} must contain certain texts.", text.paths.join(", ")),
        Body::ForbidText(text) => {
            format!("{} must not contain certain texts.", text.paths.join(", "))
        }
        Body::Order(order) => format!(
            "Texts of {} must stand in an order.",
            order.paths.join(", ")
        ),
        Body::Statement(statement) => {
            let by = statement.worded.map_or("", |_| ", by the weights of its words, their stems and pairs of neighbours, learned from labelled sentences");
            format!(
                "Sentence by sentence{by}; negations, quotations, questions and lists of non-claims do not count."
            )
        }
    }
}

/// The first example, with its middle left out so that no scanner trips over a page.
fn example(out: &mut String, label: &str, examples: &[Example]) {
    let Some(first) = examples.first() else {
        return;
    };
    let text = first.text();
    let chars: Vec<char> = text.chars().collect();
    let shown: String = match first {
        Example::Whole(text) if text.len() <= 120 && !text.contains('\n') => text.clone(),
        _ => {
            let line: Vec<char> = chars.iter().copied().take_while(|c| *c != '\n').collect();
            let keep = (line.len() / 3).min(12);
            format!("{}...", line[..keep].iter().collect::<String>())
        }
    };
    out.push_str(&format!("**{label}:** `{}`\n\n", shown.replace('`', "'")));
}
