// SPDX-License-Identifier: Apache-2.0
//! The whole planning tree, read once.

use super::asserted::Asserted;
use super::board::Board;
use super::document::Document;
use super::items::Item;
use super::links::Links;
use crate::discover;
use crate::governance::files::{Files, Limits, read_bounded};
use crate::governance::json;
use crate::governance::profile::Profile;
use crate::governance::run::RunIndex;
use crate::governance::sensitive::Sensitive;
use crate::model::EntryPath;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// A planning tree.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// The governance root.
    pub root: PathBuf,
    /// The day on which it is judged.
    pub as_of: Date,
    /// Files of the root; governed text is read, other names are known.
    pub files: Files,
    /// Governed Markdown, by path.
    pub documents: Vec<Document>,
    /// The glossary.
    pub glossary: Option<Document>,
    /// The board; nothing when there is none.
    pub board: Option<Board>,
    /// Governed JSON, by path.
    pub records: Vec<Record>,
    /// Runs, when they were given.
    pub runs: Option<&'a RunIndex>,
    /// What documents claim, once they were read for the rules.
    pub asserted: Asserted,
    /// Secrets, endpoints and host detail in governed text, once they were looked for.
    pub sensitive: Sensitive,
    /// Where the root is part of a Git repository: the `.gitignore` files above it, nearest first,
    /// each behind the root's path below its folder.
    pub ignores_above: Vec<(String, String)>,
    by_path: HashMap<String, usize>,
    by_record: HashMap<String, usize>,
    links: Links,
    /// Documents and sections that define an item, by its id.
    definitions: Vec<(u32, u32)>,
}

/// A governed JSON file.
#[derive(Debug)]
pub struct Record {
    /// Path below the governance root.
    pub path: String,
    /// Its text, where it is UTF-8.
    pub text: String,
    /// The value, or why it cannot be read.
    pub value: Result<Value, String>,
}

impl Record {
    /// How findings name it.
    pub fn entry(&self) -> EntryPath {
        EntryPath::root(&self.path)
    }
}

/// The governance root at or above a folder: it holds the board and the governed folder.
pub fn root_of(folder: &Path, profile: &Profile) -> Option<PathBuf> {
    let real = folder.canonicalize().ok()?;
    let mut above = real.ancestors();
    let holds = |at: &&Path| {
        at.join(&profile.planning.board).is_file() && at.join(&profile.planning.folder).is_dir()
    };
    above.find(holds).map(Path::to_owned)
}

impl<'a> Plan<'a> {
    /// Reads the tree below a governance root.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn read(
        root: &Path,
        profile: &'a Profile,
        as_of: Date,
        limits: &Limits,
    ) -> io::Result<Self> {
        let files = Files::tree(root, limits, |name| is_governed(name, profile))?;
        let mut plan = Self::of(root, files, profile, as_of);
        plan.ignores_above = ignores_above(root, limits);
        Ok(plan)
    }

    /// A tree of files that were read.
    pub fn of(root: &Path, mut files: Files, profile: &'a Profile, as_of: Date) -> Self {
        let planning = &profile.planning;
        let below = format!("{}/", planning.folder);
        let mut names: Vec<String> = files.content.keys().cloned().collect();
        names.retain(|name| name.starts_with(&below));
        let board = files.share(&planning.board).map(Board::parse);
        let glossary = files
            .share(&planning.glossary)
            .map(|text| Document::of(&planning.glossary, text, planning));
        // On this thread: each has memory of its own, and this one has let go of what the board was
        // read from. It is a small part of an audit's time.
        let documents: Vec<Document> = names
            .iter()
            .filter(|name| name.ends_with(".md"))
            .filter_map(|name| Some(Document::of(name, files.share(name)?, planning)))
            .collect();
        let records: Vec<Record> = names
            .iter()
            .filter(|name| name.ends_with(".json"))
            .map(|name| {
                let bytes = files.get(name).unwrap_or_default();
                Record {
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    path: name.clone(),
                    value: json::parse(bytes),
                }
            })
            .collect();
        let by_path = documents
            .iter()
            .enumerate()
            .map(|(at, d)| (d.path.clone(), at))
            .collect();
        let mut definitions: Vec<(u32, u32)> = Vec::new();
        for (at, document) in (0..).zip(&documents) {
            definitions.extend(document.heads().map(|head| (at, head.number())));
        }
        definitions.shrink_to_fit();
        definitions.sort_by_key(|place| id_at(&documents, *place));
        let by_record = records
            .iter()
            .enumerate()
            .map(|(at, record)| (record.entry().file_name().to_owned(), at))
            .collect();
        let links = Links::of(&documents, board.as_ref(), planning);
        Self {
            profile,
            root: root.to_owned(),
            as_of,
            files,
            documents,
            glossary,
            board,
            records,
            runs: None,
            asserted: Asserted::default(),
            sensitive: Sensitive::default(),
            ignores_above: Vec::new(),
            by_path,
            by_record,
            links,
            definitions,
        }
    }

    /// The document at a path below the root.
    pub fn document(&self, path: &str) -> Option<&Document> {
        self.by_path.get(path).map(|at| &self.documents[*at])
    }

    /// The documents with this stem, file name or title.
    pub fn documents_named(&self, name: &str) -> impl Iterator<Item = &Document> {
        self.links.named(name).iter().map(|at| &self.documents[*at])
    }

    /// The governed JSON with this file name.
    pub fn record_named(&self, name: &str) -> Option<&Record> {
        let file = name.rsplit('/').next().unwrap_or(name);
        self.by_record.get(file).map(|at| &self.records[*at])
    }

    /// Documents that speak for an item: those that the board names, and those of the proving and
    /// failing kinds that list it.
    pub fn about(&self, id: &str) -> impl Iterator<Item = &Document> {
        self.links.about(id).iter().map(|at| &self.documents[*at])
    }

    /// Ids that a document speaks for, sorted.
    pub fn listed(&self, document: &Document) -> &[String] {
        self.by_path
            .get(&document.path)
            .map_or(&[], |at| self.links.listed(*at))
    }

    /// Every id that the board or a document defines, sorted.
    pub fn ids(&self) -> Vec<&str> {
        let entries = self.board.as_ref().map_or(&[][..], |board| &board.entries);
        let listed = entries.iter().map(|entry| &*entry.id);
        let defined = self.definitions.iter();
        let defined = defined.map(|place| id_at(&self.documents, *place));
        let mut ids: Vec<&str> = defined.chain(listed).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Every id that documents define, and where, by id.
    pub fn definitions(&self) -> impl Iterator<Item = (&str, Vec<(&Document, Item)>)> {
        let id = |place| id_at(&self.documents, place);
        let groups = self.definitions.chunk_by(move |a, b| id(*a) == id(*b));
        groups.map(move |places| (id(places[0]), self.places(places)))
    }

    /// Where an id is defined.
    pub fn defined(&self, id: &str) -> Vec<(&Document, Item)> {
        self.places(self.places_of(id))
    }

    /// Whether a document defines an id.
    pub fn is_defined(&self, id: &str) -> bool {
        !self.places_of(id).is_empty()
    }

    fn places_of(&self, id: &str) -> &[(u32, u32)] {
        let of = |place| id_at(&self.documents, place);
        let from = self.definitions.partition_point(|place| of(*place) < id);
        let rest = &self.definitions[from..];
        &rest[..rest.partition_point(|place| of(*place) == id)]
    }

    fn places(&self, places: &[(u32, u32)]) -> Vec<(&Document, Item)> {
        let place = |(document, section): &(u32, u32)| {
            let document = &self.documents[*document as usize];
            Some((document, document.item(*section as usize)?))
        };
        places.iter().filter_map(place).collect()
    }

    /// The status that counts: the board's, else the first that a document states.
    pub fn status(&self, id: &str) -> Option<String> {
        let entry = self.board.as_ref().and_then(|board| board.get(id));
        let stated = entry
            .map(|entry| entry.status.to_lowercase())
            .filter(|s| !s.is_empty());
        stated.or_else(|| {
            self.defined(id)
                .into_iter()
                .find_map(|(_, item)| item.status())
        })
    }

    /// Ids that block an item, by the board and by documents, sorted.
    pub fn blockers(&self, id: &str) -> Vec<String> {
        let prefix = &self.profile.planning.work_prefix;
        let entry = self.board.as_ref().and_then(|board| board.get(id));
        let listed = entry.map_or(&[][..], |entry| &entry.blocked_by);
        let mut ids: Vec<String> = listed.iter().map(|id| String::from(&**id)).collect();
        for (_, item) in self.defined(id) {
            ids.extend(item.blockers(prefix));
        }
        ids.sort();
        ids.dedup();
        ids
    }
}

/// The id of the item that a section of a document defines.
fn id_at(documents: &[Document], (document, section): (u32, u32)) -> &str {
    let head = documents[document as usize].head(section as usize);
    head.map_or("", |head| head.id)
}

/// Whether a file of the root is read.
pub fn is_governed(name: &str, profile: &Profile) -> bool {
    let planning = &profile.planning;
    let governed = name.starts_with(&format!("{}/", planning.folder));
    let file = name.rsplit('/').next().unwrap_or(name);
    (governed && (name.ends_with(".md") || name.ends_with(".json")))
        || name == planning.board
        || name == planning.glossary
        || matches!(file, ".gitignore" | ".env.example")
}

/// The `.gitignore` files between a root and the top of its repository.
fn ignores_above(root: &Path, limits: &Limits) -> Vec<(String, String)> {
    let Ok(root) = root.canonicalize() else {
        return Vec::new();
    };
    let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) else {
        return Vec::new();
    };
    let above = root
        .ancestors()
        .skip(1)
        .take_while(|folder| folder.starts_with(top));
    above
        .filter_map(|folder| {
            let bytes = read_bounded(&folder.join(".gitignore"), limits.file_bytes).ok()?;
            let below = discover::show(root.strip_prefix(folder).ok()?);
            Some((format!("{below}/"), String::from_utf8(bytes).ok()?))
        })
        .collect()
}
