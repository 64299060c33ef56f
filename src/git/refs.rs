// SPDX-License-Identifier: Apache-2.0
//! References, and what a person may write for a commit (gitrevisions(7), the part that is used
//! for ranges).

use super::config::read;
use super::id::ObjectId;
use super::object::{Commit, Fault, ObjectKind};
use super::packed::Packed;
use super::peel::{HOPS, MOST, peel};
use super::repository::Repository;
use super::store::Reader;
use std::collections::BTreeMap;

/// Which commits to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// All that can be reached from these.
    pub with: Vec<ObjectId>,
    /// But not what can be reached from these.
    pub without: Vec<ObjectId>,
}

impl Repository {
    /// Reads a range: `A..B`, one revision, or, for `None`, everything that any reference reaches.
    ///
    /// # Errors
    /// What is named does not exist: a sentence for people.
    pub fn range(&self, text: Option<&str>) -> Result<Range, String> {
        let refs = self.references();
        let mut range = Range::default();
        let Some(text) = text else {
            range.with = refs.into_values().collect();
            range.with.sort_unstable();
            range.with.dedup();
            return Ok(range);
        };
        if text.contains("...") {
            return Err(format!("`{text}`: write a range as A..B"));
        }
        let or_head = |name: &str| if name.is_empty() { "HEAD" } else { name }.to_owned();
        match text.split_once("..") {
            Some((from, to)) => {
                range.without.push(self.revision(&refs, &or_head(from))?);
                range.with.push(self.revision(&refs, &or_head(to))?);
            }
            None => range.with.push(self.revision(&refs, text)?),
        }
        Ok(range)
    }

    /// Every reference and what it names: `HEAD`, those of this and of all linked work trees, and
    /// all under `refs`.
    pub fn references(&self) -> BTreeMap<String, ObjectId> {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let packed = read(&self.common.join("packed-refs")).unwrap_or_default();
        for (name, id, _) in Packed::parse(&packed).refs {
            texts.insert(name.to_owned(), id.to_owned());
        }
        for base in [&self.common, &self.git] {
            let walk = walkdir::WalkDir::new(base.join("refs")).max_depth(64);
            for entry in walk.into_iter().flatten() {
                let name = entry.path().strip_prefix(base).map(|p| p.to_string_lossy());
                if let (Ok(name), Some(text)) = (name, read(entry.path())) {
                    texts.insert(name.replace('\\', "/"), text.trim().to_owned());
                }
            }
        }
        let linked = walkdir::WalkDir::new(self.common.join("worktrees"))
            .min_depth(2)
            .max_depth(2);
        for entry in linked.into_iter().flatten() {
            if entry.file_name() == "HEAD"
                && let Some(text) = read(entry.path())
            {
                let name = entry.path().parent().and_then(|folder| folder.file_name());
                let name = name.unwrap_or_default().to_string_lossy();
                texts.insert(format!("worktrees/{name}/HEAD"), text.trim().to_owned());
            }
        }
        if let Some(text) = read(&self.git.join("HEAD")) {
            texts.insert("HEAD".to_owned(), text.trim().to_owned());
        }
        texts
            .iter()
            .filter_map(|(name, text)| {
                let mut text = text;
                for _ in 0..HOPS {
                    match text.strip_prefix("ref:") {
                        Some(other) => text = texts.get(other.trim())?,
                        None => break,
                    }
                }
                Some((name.clone(), ObjectId::from_hex(text.as_bytes())?))
            })
            .collect()
    }

    /// What a revision names: a reference, a name of an object or its beginning, with `~N` and `^N`
    /// behind it.
    fn revision(&self, refs: &BTreeMap<String, ObjectId>, text: &str) -> Result<ObjectId, String> {
        let end = text.find(['~', '^']).unwrap_or(text.len());
        let (name, mut steps) = text.split_at(end);
        let name = if name == "@" { "HEAD" } else { name };
        let spelled = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let named = spelled
            .iter()
            .find_map(|folder| refs.get(&format!("{folder}{name}")))
            .or_else(|| refs.get(&format!("refs/remotes/{name}/HEAD")));
        let mut id = match named {
            Some(id) => *id,
            None => self.object(name)?,
        };
        let mut reader = Reader::new(&self.store);
        while let Some(step) = steps.chars().next() {
            let rest = &steps[1..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let count: usize = match &rest[..digits] {
                "" => 1,
                number => number
                    .parse()
                    .map_err(|_| format!("`{text}` is no revision"))?,
            };
            steps = &rest[digits..];
            let (times, parent) = match step {
                '~' => (count, 0),
                _ => (count.min(1), count.saturating_sub(1)),
            };
            for _ in 0..times {
                let commit = peel(&mut reader, id)
                    .and_then(|(id, kind)| match kind {
                        ObjectKind::Commit => Commit::parse(&reader.read(&id, MOST)?.1),
                        _ => Err(Fault::Missing),
                    })
                    .map_err(|fault| format!("`{text}`: {id}: {fault}"))?;
                id = *commit
                    .parents
                    .get(parent)
                    .ok_or_else(|| format!("`{text}`: {id} has no such parent"))?;
            }
            if !steps.is_empty() && !steps.starts_with(['~', '^']) {
                return Err(format!("`{text}` is no revision that is understood here"));
            }
        }
        Ok(id)
    }

    /// An object by its name or by the beginning of it.
    fn object(&self, name: &str) -> Result<ObjectId, String> {
        let hex = name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let found = if hex {
            let lower = name.to_ascii_lowercase();
            match ObjectId::from_hex(lower.as_bytes()) {
                Some(id) => self.store.locate(&id).map(|_| id).into_iter().collect(),
                None => self.store.with_prefix(&lower, 3),
            }
        } else {
            Vec::new()
        };
        match &found[..] {
            [one] => Ok(*one),
            [] => Err(format!("there is no revision `{name}`")),
            _ => Err(format!(
                "`{name}` begins the name of several objects; write more of it"
            )),
        }
    }
}
