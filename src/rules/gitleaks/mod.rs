// SPDX-License-Identifier: Apache-2.0
//! Rules and allow-lists as gitleaks reads them, loaded as they are. `docs/formats.md` says what
//! becomes of each key.

mod convert;
mod raw;
mod syntax;

pub(super) use convert::PREFIX;

use super::error::RuleError;
use super::schema::{Acquittal, Body, Rule};
use raw::{RawFile, RawRule};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// How deep one configuration may extend another, as in gitleaks.
const DEPTH: usize = 2;

/// What a configuration adds.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) rules: Vec<Rule>,
    /// Allow-lists that hold for the secrets that this program finds by its own rules
    /// (`extend.useDefault`).
    pub(super) for_all: Vec<Acquittal>,
}

/// Whether a rule file is one of gitleaks: it has a table of gitleaks's, and none of ours.
pub(super) fn is_gitleaks(text: &str) -> bool {
    const THEIRS: [&str; 4] = ["rules", "allowlist", "allowlists", "extend"];
    text.parse::<toml::Table>().is_ok_and(|table| {
        !table.contains_key("rule") && THEIRS.iter().any(|key| table.contains_key(*key))
    })
}

/// Reads a configuration and what it extends.
pub(super) fn load(path: &Path, text: &str) -> Result<Loaded, RuleError> {
    let mut file = File {
        path,
        text,
        raw: parse(path, text)?,
    };
    if let Some(url) = &file.raw.extend.url {
        return Err(file.fault(None, format!("`extend.url` names {url}; nothing is fetched: save the file beside this one and name it in `extend.path`")));
    }
    let mut loaded = Loaded::default();
    let mut ids = BTreeMap::new();
    let mut lists = Vec::new();
    extend(&mut file, DEPTH, &mut ids, &mut lists)?;
    let use_default = file.raw.extend.use_default;
    for (mut rule, targets) in ids.into_values() {
        for (list, wanted) in &lists {
            let wanted: &Vec<String> = wanted;
            if wanted.is_empty() || wanted.contains(&targets) {
                acquit(&mut rule, list);
            }
        }
        loaded.rules.push(rule);
    }
    if use_default {
        let general = lists.into_iter().filter(|(_, wanted)| wanted.is_empty());
        loaded.for_all = general.map(|(list, _)| list).collect();
    }
    Ok(loaded)
}

/// Adds an allow-list to a rule.
pub(super) fn acquit(rule: &mut Rule, list: &Acquittal) {
    if let Body::Pattern(pattern) = &mut rule.body {
        pattern.judge.acquit.push(list.clone());
    }
}

/// A configuration that is being read.
struct File<'t> {
    path: &'t Path,
    text: &'t str,
    raw: RawFile,
}

impl File<'_> {
    /// A fault, at a byte of the file when it is known.
    fn fault(&self, at: Option<usize>, cause: String) -> RuleError {
        let place = at.map(|at| {
            let before = &self.text.as_bytes()[..at.min(self.text.len())];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            format!(":{line}")
        });
        RuleError::Syntax {
            file: format!("{}{}", self.path.display(), place.unwrap_or_default()),
            cause,
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<RawFile, RuleError> {
    toml::from_str(text).map_err(|error| RuleError::Syntax {
        file: path.display().to_string(),
        cause: format!("as a configuration of gitleaks: {error}"),
    })
}

/// Rules by their id in gitleaks, with that id.
type Rules = BTreeMap<String, (Rule, String)>;

/// Reads what a file extends, then the file itself: its rules take the place of those with the same
/// id, and keep their allow-lists.
fn extend(
    file: &mut File<'_>,
    depth: usize,
    rules: &mut Rules,
    lists: &mut Vec<(Acquittal, Vec<String>)>,
) -> Result<(), RuleError> {
    if let Some(named) = file.raw.extend.path.clone() {
        if depth == 0 {
            return Err(file.fault(
                None,
                format!("`extend.path` goes deeper than {DEPTH} files"),
            ));
        }
        // As gitleaks does, from the folder it runs in; else from the file's own.
        let beside = file.path.parent().unwrap_or(Path::new("")).join(&named);
        let base = [Path::new(&named).to_owned(), beside.clone()]
            .into_iter()
            .find(|path| path.is_file())
            .unwrap_or(beside);
        let text = std::fs::read_to_string(&base).map_err(|cause| RuleError::Read {
            path: base.clone(),
            cause,
        })?;
        let raw = parse(&base, &text)?;
        let mut base = File {
            path: &base,
            text: &text,
            raw,
        };
        extend(&mut base, depth - 1, rules, lists)?;
        file.raw.extend.use_default |= base.raw.extend.use_default;
    }
    for id in &file.raw.extend.disabled_rules {
        rules.remove(id);
    }
    let pack: Arc<str> = Arc::from(file.path.file_stem().unwrap_or_default().to_string_lossy());
    for raw in std::mem::take(&mut file.raw.rules) {
        let at = raw.span().start;
        let raw: RawRule = raw.into_inner();
        let id = raw.id.clone();
        let Some(mut rule) = convert::rule(file, &pack, at, raw)? else {
            continue;
        };
        if let Some((before, _)) = rules.remove(&id)
            && let Body::Pattern(pattern) = before.body
        {
            for list in &pattern.judge.acquit {
                acquit(&mut rule, list);
            }
        }
        rules.insert(id.clone(), (rule, id));
    }
    let general = file.raw.allowlist.take().into_iter();
    let general: Vec<_> = general
        .chain(std::mem::take(&mut file.raw.allowlists))
        .collect();
    for list in general {
        let targets = list.target_rules.clone();
        lists.push((
            convert::allowlist(file, "the general allow-list", list)?,
            targets,
        ));
    }
    Ok(())
}
