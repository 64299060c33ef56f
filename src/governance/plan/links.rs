// SPDX-License-Identifier: Apache-2.0
//! Which documents speak for which work items, and what a name in a document refers to.

use super::board::Board;
use super::document::Document;
use super::items::ids_in;
use crate::governance::profile::{Planning, Work};
use std::collections::{BTreeMap, HashMap};

/// Names and what they lead to.
#[derive(Debug, Default)]
pub struct Links {
    /// Documents that speak for an item, by its id, in the order of paths.
    about: BTreeMap<String, Vec<usize>>,
    /// Ids that a document speaks for, by its place.
    listed: Vec<Vec<String>>,
    /// Documents by stem and by title, lower case.
    names: HashMap<String, Vec<usize>>,
}

impl Links {
    pub(super) fn of(documents: &[Document], board: Option<&Board>, profile: &Planning) -> Self {
        let mut links = Self {
            listed: vec![Vec::new(); documents.len()],
            ..Self::default()
        };
        let mut paths = HashMap::new();
        for (at, document) in documents.iter().enumerate() {
            paths.insert(document.path.as_str(), at);
            let mut names = vec![document.stem.to_lowercase()];
            let titles = document
                .sections
                .iter()
                .filter(|section| section.level == 1);
            names.extend(titles.map(|section| section.title.to_lowercase()));
            names.sort();
            names.dedup();
            for name in names {
                links.names.entry(name).or_default().push(at);
            }
            let kind = document.kind.as_deref();
            if Work::has(&profile.work.proof, kind) || Work::has(&profile.work.failed, kind) {
                for id in listed(document, profile) {
                    links.link(&id, at);
                }
            }
        }
        for entry in board.map_or(&[][..], |board| &board.entries) {
            for path in &entry.evidence {
                if let Some(at) = paths.get(&**path) {
                    links.link(&entry.id, *at);
                }
            }
        }
        for places in links.about.values_mut() {
            places.sort_unstable();
            places.dedup();
        }
        for ids in &mut links.listed {
            ids.sort();
            ids.dedup();
        }
        links
    }

    fn link(&mut self, id: &str, at: usize) {
        self.about.entry(id.to_owned()).or_default().push(at);
        self.listed[at].push(id.to_owned());
    }

    /// Places of the documents that speak for an item.
    pub(super) fn about(&self, id: &str) -> &[usize] {
        self.about.get(id).map_or(&[], Vec::as_slice)
    }

    /// Ids that the document at a place speaks for, sorted.
    pub(super) fn listed(&self, at: usize) -> &[String] {
        self.listed.get(at).map_or(&[], Vec::as_slice)
    }

    /// Places of the documents with this stem, file name or title.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        let file = name.rsplit('/').next().unwrap_or(name).to_lowercase();
        let stem = file.strip_suffix(".md").unwrap_or(&file);
        self.names.get(stem).map_or(&[], Vec::as_slice)
    }
}

/// Ids under the heading that lists them; without such a heading, those of the whole document.
fn listed(document: &Document, profile: &Planning) -> Vec<String> {
    let prefix = &profile.work_prefix;
    let listing = &profile.work.listing;
    let mut found = Vec::new();
    let mut has = false;
    for section in &document.sections {
        if listing.iter().any(|one| *one == section.folded()) {
            has = true;
            found.extend(ids_in(document.slice(section.whole()), prefix));
        }
    }
    found.extend(document.heads().map(|head| head.id.to_owned()));
    if !has && found.is_empty() {
        let body = document.text.get(document.body..).unwrap_or("");
        found = ids_in(body, prefix);
    }
    found
}
