// SPDX-License-Identifier: Apache-2.0
//! Rules that need no code of their own: files that must exist, texts that must or must not stand
//! in them, in which order, and sentences that must be said where readers look.
//!
//! Names are relative to the artifact's root: the single top folder of an sdist, a crate or an npm
//! package does not count. A rule that requires something speaks of the tree unless its scope says
//! `where = "archive"`: an archive inside a fixture folder owes nobody a README. White space in
//! texts is folded, so that a wrapped line still says what it says.

mod files;
mod folded;

pub use files::globset;

use super::params;
use super::{Artifact, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin, Text};
use crate::matching::missing;
use crate::model::{ByteSpan, Draft};
use crate::rules::{Body, FileSet, OrderRule, Rule, StatementRule, TextRule};
use files::Files;
use folded::Folded;
use std::collections::BTreeSet;

/// Whether the content of a member must be kept for [`check`]; `name` is its whole name inside the
/// artifact, whose top folder is not yet known.
pub fn wants(rule: &Rule, name: &str) -> bool {
    let globs: Vec<&String> = match &rule.body {
        Body::RequireText(text) | Body::ForbidText(text) => text.paths.iter().collect(),
        Body::Order(order) => order.paths.iter().collect(),
        Body::Statement(statement) => statement.required_in.iter().collect(),
        _ => return false,
    };
    let set = globset(globs);
    let below = name.split_once('/').map(|(_, rest)| rest);
    set.is_match(name) || below.is_some_and(|rest| set.is_match(rest))
}

/// Judges one artifact by one declared rule; bodies of other kinds are left to their engines.
pub fn check(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    if !applies(rule, artifact) {
        return;
    }
    let files = Files::new(artifact);
    match &rule.body {
        Body::RequireFile(set) => require_file(rule, set, &files, out),
        Body::ForbidFile(set) => forbid_file(rule, set, &files, out),
        Body::RequireText(text) => require_text(rule, text, &files, out),
        Body::ForbidText(text) => forbid_text(rule, text, &files, out),
        Body::Order(order) => in_order(rule, order, &files, out),
        Body::Statement(statement) => require_statement(rule, statement, &files, out),
        Body::Pattern(_) | Body::Check { .. } => {}
    }
}

/// Whether the rule asks for something that must be there, so that a container must have been read to its end.
pub fn needs_all(rule: &Rule) -> bool {
    !matches!(rule.body, Body::ForbidFile(_) | Body::ForbidText(_))
}

fn applies(rule: &Rule, artifact: &Artifact) -> bool {
    use crate::rules::Origin as Wanted;
    let packaged = matches!(
        artifact.kind,
        ArtifactKind::Wheel | ArtifactKind::Sdist | ArtifactKind::Crate | ArtifactKind::Npm
    );
    match (rule.scope.origin, artifact.origin) {
        (Some(Wanted::Archive), Origin::Archive) => packaged,
        (Some(Wanted::Tree) | None, Origin::Tree) => true,
        // What is forbidden is forbidden everywhere.
        (None, Origin::Archive) => {
            packaged && matches!(rule.body, Body::ForbidText(_) | Body::ForbidFile(_))
        }
        _ => false,
    }
}

fn require_file(rule: &Rule, set: &FileSet, files: &Files<'_>, out: &mut Vec<Draft>) {
    if !set.when.is_empty() && !files.any(&globset(&set.when)) {
        return;
    }
    if !files.any(&globset(&set.any_of)) {
        let names = set.any_of.join("` or `");
        let said = worded(&set.message, &names, "");
        let said = said.unwrap_or_else(|| format!("There is no `{names}`."));
        out.push(Draft::new(rule.meta.id.clone(), &files.artifact.path, said));
    }
}

/// Each file or folder that is there, once: a folder's files are not told one by one.
fn forbid_file(rule: &Rule, set: &FileSet, files: &Files<'_>, out: &mut Vec<Draft>) {
    if !set.when.is_empty() && !files.any(&globset(&set.when)) {
        return;
    }
    let globs = globset(&set.any_of);
    let mut told = BTreeSet::new();
    for (short, name) in files.all() {
        let ends = short.match_indices('/').map(|(at, _)| at);
        let Some(end) = ends
            .chain([short.len()])
            .find(|end| globs.is_match(&short[..*end]))
        else {
            continue;
        };
        let found = &name[..name.len() - (short.len() - end)];
        if told.insert(found) {
            let said = worded(&set.message, &short[..end], "");
            let said = said.unwrap_or_else(|| format!("`{}` must not be here.", &short[..end]));
            let place = files.artifact.member(found);
            out.push(Draft::new(rule.meta.id.clone(), &place, said));
        }
    }
}

/// The rule's own wording, filled in.
pub fn worded(message: &Option<String>, path: &str, text: &str) -> Option<String> {
    let message = message.as_ref()?;
    Some(message.replace("{path}", path).replace("{text}", text))
}

fn require_text(rule: &Rule, text: &TextRule, files: &Files<'_>, out: &mut Vec<Draft>) {
    if text.anywhere {
        return require_anywhere(rule, text, files, out);
    }
    let blank = globset(&text.may_be_blank);
    for path in &text.paths {
        let kept = files.kept(&globset([path]));
        if kept.is_empty() {
            out.push(absent(rule, path, files));
        }
        for (short, place, bytes) in kept {
            let folded = Folded::new(&Text::decode(bytes));
            if folded.bytes.iter().all(|b| *b == b' ') && blank.is_match(&short) {
                continue;
            }
            for wanted in &text.texts {
                if folded.find(wanted, 0).is_none() {
                    let said = worded(&text.message, &short, wanted);
                    let said = said
                        .unwrap_or_else(|| format!("The required text `{wanted}` is not there."));
                    out.push(Draft::new(rule.meta.id.clone(), &place, said));
                }
            }
        }
    }
}

/// Each text must stand in one of the files; one that does not is told of the first that is there.
fn require_anywhere(rule: &Rule, text: &TextRule, files: &Files<'_>, out: &mut Vec<Draft>) {
    let kept: Vec<_> = text
        .paths
        .iter()
        .flat_map(|path| files.kept(&globset([path])))
        .collect();
    let folded: Vec<_> = kept
        .iter()
        .map(|(_, _, bytes)| Folded::new(&Text::decode(bytes)))
        .collect();
    for wanted in &text.texts {
        if folded.iter().any(|text| text.find(wanted, 0).is_some()) {
            continue;
        }
        let names = text.paths.join("`, `");
        let place = kept
            .first()
            .map_or(&files.artifact.path, |(_, place, _)| place);
        let said = worded(&text.message, place.name(), wanted);
        let said = said.unwrap_or_else(|| {
            format!("The required text `{wanted}` stands in none of `{names}`.")
        });
        out.push(Draft::new(rule.meta.id.clone(), place, said));
    }
}

fn forbid_text(rule: &Rule, text: &TextRule, files: &Files<'_>, out: &mut Vec<Draft>) {
    for (short, place, bytes) in files.kept(&globset(&text.paths)) {
        let folded = Folded::new(&Text::decode(bytes));
        for unwanted in &text.texts {
            let mut from = 0;
            while let Some((span, next)) = folded.find(unwanted, from) {
                let said = worded(&text.message, &short, unwanted);
                let said =
                    said.unwrap_or_else(|| format!("The text `{unwanted}` is forbidden here."));
                out.push(Draft::new(rule.meta.id.clone(), &place, said).at(span));
                from = next;
            }
        }
    }
}

/// Texts that are all there must stand in the order given; each first occurrence counts.
fn in_order(rule: &Rule, order: &OrderRule, files: &Files<'_>, out: &mut Vec<Draft>) {
    for path in &order.paths {
        let kept = files.kept(&globset([path]));
        if kept.is_empty() && !order.if_all {
            out.push(absent(rule, path, files));
        }
        for (short, place, bytes) in kept {
            let folded = Folded::new(&Text::decode(bytes));
            let found: Vec<_> = order
                .texts
                .iter()
                .map(|text| (text, folded.find(text, 0).map(|(span, _)| span)))
                .collect();
            if order.if_all && found.iter().any(|(_, span)| span.is_none()) {
                continue;
            }
            let mut before: Option<(&str, ByteSpan)> = None;
            for (text, span) in found {
                let Some(span) = span else {
                    let said = format!(
                        "`{text}` is not there, so its place in the order cannot be right."
                    );
                    out.push(Draft::new(rule.meta.id.clone(), &place, said));
                    continue;
                };
                match before {
                    Some((earlier, at)) if span.start < at.start => {
                        let said = worded(&order.message, &short, text);
                        let said = said
                            .unwrap_or_else(|| format!("`{text}` must stand after `{earlier}`."));
                        out.push(Draft::new(rule.meta.id.clone(), &place, said).at(span));
                    }
                    _ => before = Some((text, span)),
                }
            }
        }
    }
}

fn require_statement(
    rule: &Rule,
    statement: &StatementRule,
    files: &Files<'_>,
    out: &mut Vec<Draft>,
) {
    if statement.required_in.is_empty() {
        return;
    }
    let kept = files.kept(&globset(&statement.required_in));
    let entries: Vec<_> = kept
        .iter()
        .map(|(short, place, bytes)| {
            let origin = files.artifact.origin;
            (
                short.as_str(),
                Classified::new(place, origin, &EntryKind::File, bytes),
            )
        })
        .collect();
    match missing(statement, &entries) {
        Ok(globs) => {
            for glob in globs {
                let named = globset([glob]);
                // The file that lacks it when there is exactly one, else the artifact.
                let mut fitting = kept.iter().filter(|(short, _, _)| named.is_match(short));
                let draft = match (fitting.next(), fitting.next()) {
                    (Some((_, place, _)), None) => Draft::new(
                        rule.meta.id.clone(),
                        place,
                        format!(
                            "The statement is not made here: {}.",
                            rule.meta.prose().title
                        ),
                    ),
                    (None, _) => absent(rule, glob, files),
                    _ => Draft::new(
                        rule.meta.id.clone(),
                        &files.artifact.path,
                        format!(
                            "No file of `{glob}` makes the statement: {}.",
                            rule.meta.prose().title
                        ),
                    ),
                };
                out.push(draft);
            }
        }
        // A rule that cannot be read must not pass in silence.
        Err(fault) => out.push(params::unreadable(rule, files.artifact, &fault)),
    }
}

fn absent(rule: &Rule, path: &str, files: &Files<'_>) -> Draft {
    Draft::new(
        rule.meta.id.clone(),
        &files.artifact.path,
        format!("`{path}` is absent, so what must stand in it is not there."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleSource, load};

    fn rule(body: &str) -> Rule {
        let text = format!(
            "[[rule]]\nid = \"repo-test\"\ntitle = \"it is said\"\nseverity = \"high\"\nconfidence = \"high\"\n\
             status = \"preview\"\nsince = \"0.1.0\"\nwhy = \"w\"\nrepair = \"r\"\n{body}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.toml");
        std::fs::write(&file, text).unwrap();
        let set = load("default", &[RuleSource::File(file)]).unwrap();
        let found = set.rules.iter().find(|r| r.meta.id.as_str() == "repo-test");
        found.unwrap().as_ref().clone()
    }

    fn drafts(body: &str, artifact: &Artifact) -> Vec<Draft> {
        let mut out = Vec::new();
        check(&rule(body), artifact, &mut out);
        out
    }

    #[test]
    fn a_required_file_is_missed_only_when_its_condition_holds() {
        let body = "require_file = { any_of = [\"LICENSE*\", \"COPYING\"], when = [\"src/**\"] }";
        let tree = ArtifactKind::Tree;
        assert_eq!(
            drafts(body, &Artifact::of_texts(tree, &[("src/a.rs", "")])).len(),
            1
        );
        assert!(
            drafts(
                body,
                &Artifact::of_texts(tree, &[("src/a.rs", ""), ("LICENSE-MIT", "")])
            )
            .is_empty()
        );
        assert!(drafts(body, &Artifact::of_texts(tree, &[("a.txt", "")])).is_empty());
    }

    #[test]
    fn required_text_is_compared_with_white_space_folded() {
        let body = "require_text = { paths = [\"README.md\", \"AUDIT.md\"], texts = [\"runs no code\", \"says so\"] }";
        let tree = Artifact::of_texts(
            ArtifactKind::Tree,
            &[("README.md", "It runs\n  no code."), ("b/AUDIT.md", "")],
        );
        let found = drafts(body, &tree);
        let said: Vec<_> = found
            .iter()
            .map(|d| (d.path.name(), d.description.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("README.md", "The required text `says so` is not there."),
                (
                    "x",
                    "`AUDIT.md` is absent, so what must stand in it is not there."
                ),
            ]
        );
    }

    #[test]
    fn requirements_leave_other_containers_alone_and_see_through_the_top_folder() {
        let plain = "require_text = { paths = [\"README.md\"], texts = [\"x\"] }";
        let archive = "scope = { where = \"archive\" }\nrequire_text = { paths = [\"README.md\"], texts = [\"x\"] }";
        let sdist = Artifact::of_texts(
            ArtifactKind::Sdist,
            &[("a-1/README.md", "y"), ("a-1/b.py", "")],
        );
        assert!(drafts(plain, &sdist).is_empty());
        let found = drafts(archive, &sdist);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path.to_string(), "x!/a-1/README.md");
        assert!(wants(&rule(archive), "a-1/README.md"));
        assert!(!wants(&rule(archive), "a-1/b/README.md"));
    }

    #[test]
    fn forbidden_text_is_found_at_each_of_its_places() {
        let body = "forbid_text = { paths = [\"**/*.yml\"], texts = [\"secrets. TOKEN\"] }";
        let text = "a: secrets.  TOKEN\nb: secrets.\n TOKEN";
        let found = drafts(
            body,
            &Artifact::of_texts(ArtifactKind::Tree, &[(".ci/w.yml", text)]),
        );
        let spans: Vec<_> = found
            .iter()
            .map(|d| &text[d.span.unwrap().range()])
            .collect();
        assert_eq!(spans, ["secrets.  TOKEN", "secrets.\n TOKEN"]);
    }

    #[test]
    fn order_is_held_and_what_is_missing_is_named() {
        let body = "order = { paths = [\"w.yml\"], texts = [\"build\", \"audit\", \"publish\"] }";
        let tree = |text| Artifact::of_texts(ArtifactKind::Tree, &[("w.yml", text)]);
        assert!(drafts(body, &tree("build audit publish audit")).is_empty());
        let found = drafts(body, &tree("build publish audit"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].span, Some(ByteSpan::new(6, 13)));
        assert_eq!(drafts(body, &tree("build publish")).len(), 1);
    }

    #[test]
    fn an_order_may_be_held_only_where_all_texts_stand() {
        let body = "order = { paths = [\"w.yml\"], texts = [\"build\", \"publish\"], if_all = true, message = \"{path}: {text} too early\" }";
        let tree = |text| Artifact::of_texts(ArtifactKind::Tree, &[("w.yml", text)]);
        assert!(drafts(body, &tree("publish")).is_empty());
        assert!(drafts(body, &Artifact::of_texts(ArtifactKind::Tree, &[("a", "")])).is_empty());
        let found = drafts(body, &tree("publish build"));
        assert_eq!(found[0].description, "w.yml: publish too early");
    }

    #[test]
    fn a_forbidden_folder_is_told_once() {
        let body = "forbid_file = { any_of = [\"state\", \"**/*.db\"] }";
        let tree = |names: &[&str]| {
            let files: Vec<_> = names.iter().map(|name| (*name, "")).collect();
            let found = drafts(body, &Artifact::of_texts(ArtifactKind::Tree, &files));
            found
                .iter()
                .map(|d| d.path.name().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            tree(&["state/a", "state/b/c", "x/y.db"]),
            ["state", "x/y.db"]
        );
        assert!(tree(&["states/a", "x/state"]).is_empty());
    }

    #[test]
    fn a_text_required_anywhere_may_stand_in_either_file() {
        let body = "require_text = { paths = [\"A.md\", \"B.md\"], texts = [\"one\", \"two\"], anywhere = true }";
        let tree = |a, b| Artifact::of_texts(ArtifactKind::Tree, &[("A.md", a), ("B.md", b)]);
        assert!(drafts(body, &tree("one", "two")).is_empty());
        let found = drafts(body, &tree("one", ""));
        assert_eq!((found.len(), found[0].path.name()), (1, "A.md"));
        let body =
            "require_text = { paths = [\"*.py\"], texts = [\"one\"], may_be_blank = [\"b.py\"] }";
        let tree = Artifact::of_texts(ArtifactKind::Tree, &[("a.py", " "), ("b.py", "\n")]);
        let found = drafts(body, &tree);
        assert_eq!((found.len(), found[0].path.name()), (1, "a.py"));
    }

    #[test]
    fn a_required_statement_may_be_a_sentence_or_a_list_under_its_lead() {
        let body = "[rule.statement]\nrequired_in = [\"README.md\", \"AUDIT.md\"]\nany_of = ['does not (?:\\w+ )*run code']";
        let files = [
            ("README.md", "CCR does not:\n\n- run code\n"),
            ("AUDIT.md", "It does\nnot ever **run code**."),
        ];
        assert!(drafts(body, &Artifact::of_texts(ArtifactKind::Tree, &files)).is_empty());
        let files = [
            ("README.md", "Who says it does not run code?"),
            ("AUDIT.md", "It does not run code."),
        ];
        let found = drafts(body, &Artifact::of_texts(ArtifactKind::Tree, &files));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path.name(), "README.md");
    }
}
