// SPDX-License-Identifier: Apache-2.0
//! Judges the SPDX headers of an artifact as a whole: which files lack one where the others have
//! it, which disagree with the declared licence, which ids have been replaced, which own
//! licences lack their text.
//!
//! Every file leaves a note of its headers; nothing is kept whole but manifests and REUSE files.

use super::package::license_text::named_so;
use super::package::manifest::{self, License, Manifest};
use super::params::{draft, fault, some_of};
use super::spdx::exempt;
use super::spdx::expression::{Flaw, Judged, judge};
use super::spdx::header::{self, HEAD_BYTES, Standing};
use super::spdx::reuse::Reuse;
use super::spdx_license_refs::{Named, judge_refs, spoken_of};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::{Classified, CommentStyle, Kind};
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// `check = "spdx-headers"`, with `fault` = `missing`, `disagrees`, `deprecated` or `reference`.
pub(super) struct SpdxHeaders;

const NAME: &str = "spdx-headers";
/// Files without a header that get a finding each.
const EACH: usize = 20;
/// Names shown in a summary.
const SHOWN: usize = 5;
/// Longest expression worth remembering.
const LONGEST: usize = 200;

/// What a note says of one file.
struct File<'a> {
    name: &'a str,
    /// A source file that owes a header, or one that has it.
    source: bool,
    /// A header stands somewhere, perhaps wrongly.
    any: bool,
    /// Line and expression of each header in the head.
    headers: Vec<(usize, &'a str)>,
    /// Licences of one's own that a licence file speaks of.
    texts: Vec<&'a str>,
}

impl ArtifactCheck for SpdxHeaders {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name) || is_reuse_toml(name) || is_dep5(name)
    }

    fn note(&self, entry: &Classified<'_>) -> Option<String> {
        let name = entry.path.name();
        if *entry.entry_kind != EntryKind::File || entry.text.is_binary() {
            return None;
        }
        let text = entry.text.bytes();
        if name.ends_with(".license") {
            let tags = header::side_file(text);
            return (!tags.is_empty()).then(|| {
                let lines: Vec<_> = tags.iter().map(|tag| format!("1 {}", cut(tag))).collect();
                format!("side\n{}", lines.join("\n"))
            });
        }
        let source = entry.kind.is("source");
        if !source && named_so(name) {
            let names = spoken_of(text).into_iter().collect::<Vec<_>>();
            if !names.is_empty() {
                return Some(format!("text\n{}", names.join("\n")));
            }
        }
        let mentioned = header::mentions(text);
        if entry.kind.comments == CommentStyle::None
            || !(source || mentioned)
            || exempt::vendored(name)
            || exempt::test_data(name)
        {
            return None;
        }
        let found = if mentioned {
            header::find(text, entry.kind)
        } else {
            Vec::new()
        };
        if found.is_empty() {
            let head = &text[..text.len().min(HEAD_BYTES)];
            let owes = source && !exempt::by_file_name(name) && !exempt::by_head(head);
            return owes.then(|| "source".to_owned());
        }
        let mut note = String::from(if source { "source" } else { "other" });
        for header in found {
            note.push('\n');
            if header.standing == Standing::Head {
                let expression = header.expression(text);
                note.push_str(&format!("{} {}", header.line, cut(&expression)));
            }
        }
        Some(note)
    }

    fn needs_all(&self, fault: &str) -> bool {
        matches!(fault, "missing" | "reference")
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let files: Vec<File<'_>> = artifact
            .notes
            .iter()
            .filter(|((check, _), _)| *check == NAME)
            .map(|((_, name), note)| file(name, note))
            .collect();
        let known = Known::default();
        match fault(rule) {
            "missing" => missing(rule, artifact, &files, out),
            "disagrees" => disagrees(rule, artifact, (&files, &known), out),
            "deprecated" => deprecated(rule, artifact, (&files, &known), out),
            "reference" => reference(rule, artifact, (&files, &known), out),
            _ => {}
        }
    }
}

/// Expressions judged so far: thousands of files state the same few.
#[derive(Default)]
struct Known(RefCell<HashMap<String, Rc<Judged>>>);

impl Known {
    fn judge(&self, expression: &str) -> Rc<Judged> {
        if let Some(judged) = self.0.borrow().get(expression) {
            return Rc::clone(judged);
        }
        let judged = Rc::new(judge(expression));
        let known = Rc::clone(&judged);
        self.0.borrow_mut().insert(expression.to_owned(), known);
        judged
    }
}

fn is_reuse_toml(name: &str) -> bool {
    name == "REUSE.toml" || name.ends_with("/REUSE.toml")
}

fn is_dep5(name: &str) -> bool {
    name == ".reuse/dep5" || name.ends_with("/.reuse/dep5")
}

fn cut(expression: &str) -> &str {
    let mut end = expression.len().min(LONGEST);
    while !expression.is_char_boundary(end) {
        end -= 1;
    }
    &expression[..end]
}

fn file<'a>(name: &'a str, note: &'a str) -> File<'a> {
    let mut lines = note.split('\n');
    let class = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    File {
        name,
        source: class == "source",
        any: !rest.is_empty(),
        texts: if class == "text" {
            rest.clone()
        } else {
            Vec::new()
        },
        headers: rest
            .iter()
            .filter_map(|line| {
                let (line, expression) = line.split_once(' ')?;
                Some((line.parse().ok()?, expression))
            })
            .collect(),
    }
}

fn reuse(artifact: &Artifact) -> Reuse {
    let mut reuse = Reuse::default();
    for (name, bytes) in &artifact.kept {
        if is_reuse_toml(name) {
            reuse.add_toml(name, bytes);
        } else if is_dep5(name) {
            reuse.add_dep5(name.trim_end_matches(".reuse/dep5"), bytes);
        }
    }
    reuse
}

fn missing(rule: &Rule, artifact: &Artifact, files: &[File<'_>], out: &mut Vec<Draft>) {
    let reuse = reuse(artifact);
    let sides: Vec<&str> = files
        .iter()
        .filter_map(|file| file.name.strip_suffix(".license"))
        .collect();
    let (mut with, mut without) = (0usize, Vec::new());
    for file in files.iter().filter(|file| file.source) {
        if file.any || sides.contains(&file.name) || reuse.licenses(file.name).is_some() {
            with += 1;
        } else {
            without.push(file.name);
        }
    }
    let total = with + without.len();
    if without.is_empty() {
        return;
    }
    let tree = artifact.kind == ArtifactKind::Tree;
    let uses = with * 2 >= total || !reuse.is_empty();
    if !uses {
        // A custom that a project does not have is not broken: one remark, and none where
        // nobody began. Archives repeat the tree.
        let severity = Severity::Info;
        let description = if with == 0 {
            format!("None of {total} source files has an SPDX header.")
        } else {
            format!("{with} of {total} source files have an SPDX header, the others have none.")
        };
        if tree {
            out.push(draft(rule, &artifact.path, description).severity(severity));
        }
        return;
    }
    if !tree || without.len() > EACH {
        let rest = if tree { &without[EACH..] } else { &without[..] };
        out.push(draft(
            rule,
            &artifact.path,
            format!(
                "{} of {total} source files have no SPDX header, though the others have one: {}.",
                rest.len(),
                some_of(rest, SHOWN)
            ),
        ));
    }
    if tree {
        for name in without.iter().take(EACH) {
            out.push(draft(
                rule,
                &artifact.member(name),
                format!("No SPDX header, though {with} of {total} source files have one."),
            ));
        }
    }
}

/// The declared licences by the folder (with `/`) they hold for.
struct Declared<'m> {
    by_folder: HashMap<&'m str, &'m (Manifest, Judged)>,
    /// An archive holds one package, whose manifest may stand beside the code.
    only: Option<&'m (Manifest, Judged)>,
}

impl<'m> Declared<'m> {
    fn new(manifests: &'m [(Manifest, Judged)], artifact: &Artifact) -> Self {
        let folders = manifests.iter().map(|one| (one.0.folder(), one));
        let deepest = manifests
            .iter()
            .max_by_key(|(manifest, _)| manifest.folder().len());
        Self {
            by_folder: folders.collect(),
            only: deepest.filter(|_| artifact.kind != ArtifactKind::Tree),
        }
    }

    /// That of the nearest manifest above a file.
    fn nearest(&self, name: &str) -> Option<&'m (Manifest, Judged)> {
        if self.only.is_some() || self.by_folder.is_empty() {
            return self.only;
        }
        let folders = memchr::memrchr_iter(b'/', name.as_bytes()).map(|at| &name[..=at]);
        let mut above = folders.chain([""]);
        above.find_map(|folder| self.by_folder.get(folder).copied())
    }
}

fn disagrees(
    rule: &Rule,
    artifact: &Artifact,
    (files, known): (&[File<'_>], &Known),
    out: &mut Vec<Draft>,
) {
    let manifests: Vec<(Manifest, Judged)> = manifest::manifests(artifact)
        .into_iter()
        .filter_map(|manifest| {
            let judged = judge(&manifest.declared()?.text);
            (judged.is_sound() && !matches!(manifest.license, License::OldForm(_)))
                .then_some((manifest, judged))
        })
        .collect();
    let all = Declared::new(&manifests, artifact);
    let mut groups: BTreeMap<(String, String, String), Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.headers.is_empty()) {
        let Some((manifest, declared)) = all.nearest(file.name) else {
            continue;
        };
        for (_, expression) in &file.headers {
            let stated = known.judge(expression);
            if !stated.is_sound() || stated.licenses.is_empty() || declared.covers(&stated) {
                continue;
            }
            let key = (
                stated.canonical.clone(),
                manifest.file.clone(),
                declared.canonical.clone(),
            );
            groups.entry(key).or_default().push(file.name);
        }
    }
    for ((stated, manifest, declared), names) in groups {
        let base = manifest.rsplit('/').next().unwrap_or(&manifest);
        let count = names.len();
        let (word, verb) = if count == 1 {
            ("file", "states")
        } else {
            ("files", "state")
        };
        out.push(draft(
            rule,
            &artifact.member(names[0]),
            format!(
                "{count} {word} {verb} `{stated}` in the SPDX header, which `{declared}`, declared in {base}, does not cover: {}.",
                some_of(&names, SHOWN)
            ),
        ));
    }
}

fn deprecated(
    rule: &Rule,
    artifact: &Artifact,
    (files, known): (&[File<'_>], &Known),
    out: &mut Vec<Draft>,
) {
    let mut groups: BTreeMap<(String, Option<String>), Vec<&str>> = BTreeMap::new();
    for file in files {
        for (_, expression) in &file.headers {
            for flaw in &known.judge(expression).faults {
                if flaw.flaw == Flaw::Deprecated {
                    let key = (flaw.detail.clone(), flaw.instead.clone());
                    groups.entry(key).or_default().push(file.name);
                }
            }
        }
    }
    for ((detail, instead), mut names) in groups {
        names.dedup();
        let mut draft = draft(
            rule,
            &artifact.member(names[0]),
            format!(
                "In {} SPDX header(s), {detail}: {}.",
                names.len(),
                some_of(&names, SHOWN)
            ),
        );
        if let Some(instead) = instead {
            draft = draft.repair(format!("Write `{instead}`."));
        }
        out.push(draft);
    }
}

fn reference(
    rule: &Rule,
    artifact: &Artifact,
    (files, known): (&[File<'_>], &Known),
    out: &mut Vec<Draft>,
) {
    if matches!(artifact.kind, ArtifactKind::Container(_)) {
        return;
    }
    let mut named = Named::default();
    let mut add = |expression: &str, file| {
        let judged = known.judge(expression);
        if judged.is_sound() {
            judged.refs.iter().for_each(|name| named.add(name, file));
        }
    };
    // Names come from the artifact, whose keys live as long as it does.
    let names = artifact.notes.keys().filter(|(check, _)| *check == NAME);
    for ((_, name), file) in names.zip(files) {
        for (_, expression) in &file.headers {
            add(expression, name);
        }
    }
    for (file, bytes) in artifact.kept.iter().filter(|(file, _)| is_reuse_toml(file)) {
        let mut reuse = Reuse::default();
        reuse.add_toml(file, bytes);
        reuse.stated().for_each(|expression| add(expression, file));
    }
    let texts = files.iter().flat_map(|file| &file.texts).copied().collect();
    judge_refs(rule, artifact, named, &texts, out);
}
