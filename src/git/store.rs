// SPDX-License-Identifier: Apache-2.0
//! Where the objects of a repository are: packs and loose files, its own and those of its
//! alternates (gitrepository-layout(5)). Nothing is read into memory but indexes; what a worker
//! reads goes through a [`Reader`] of its own.

use super::cache::Cache;
use super::delta;
use super::entry::{self, Told, Window};
use super::id::{ObjectId, digit};
use super::index::PackIndex;
use super::loose;
use super::object::{Fault, ObjectKind};
use flate2::Decompress;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Alternates of alternates that are followed, as by git itself.
const ALTERNATES: usize = 5;
/// Deltas on the way to a whole object: git makes 50, and 4095 at most.
const CHAIN: usize = 4096;
/// Packs that one worker has open.
const OPEN: usize = 32;

/// All places of objects.
pub struct Store {
    folders: Vec<PathBuf>,
    packs: Vec<Pack>,
    /// What could not be used: a path, and why.
    pub unusable: Vec<(PathBuf, String)>,
}

struct Pack {
    path: PathBuf,
    index: PackIndex,
}

/// Where an object is. Ordered as reading is cheapest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// In a pack.
    Packed {
        /// Number of the pack.
        pack: u32,
        /// Where its entry begins.
        offset: u64,
        /// Its place in the index.
        place: u32,
    },
    /// In a file of its own, in the folder of this number.
    Loose(u32),
}

impl Store {
    /// Opens the object folder of a repository.
    pub(super) fn open(objects: &Path) -> Self {
        let mut store = Self {
            folders: Vec::new(),
            packs: Vec::new(),
            unusable: Vec::new(),
        };
        store.folder(objects, ALTERNATES);
        store
    }

    fn folder(&mut self, objects: &Path, more: usize) {
        if self.folders.iter().any(|known| known == objects) {
            return;
        }
        self.folders.push(objects.to_owned());
        let mut indexes = Vec::new();
        for entry in std::fs::read_dir(objects.join("pack"))
            .into_iter()
            .flatten()
        {
            match entry {
                Ok(entry) if entry.path().extension().is_some_and(|e| e == "pack") => {
                    indexes.push(entry.path());
                }
                Ok(_) => {}
                Err(error) => self
                    .unusable
                    .push((objects.join("pack"), error.to_string())),
            }
        }
        indexes.sort();
        for path in indexes {
            let index = std::fs::read(path.with_extension("idx"))
                .map_err(|error| format!("its index cannot be read: {error}"))
                .and_then(PackIndex::new);
            match index {
                Ok(index) => self.packs.push(Pack { path, index }),
                Err(cause) => self.unusable.push((path, cause)),
            }
        }
        let list = objects.join("info").join("alternates");
        let Ok(text) = std::fs::read_to_string(&list) else {
            return;
        };
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let named = objects.join(line);
            match named.canonicalize() {
                Ok(folder) if folder.is_dir() && more > 0 => self.folder(&folder, more - 1),
                Ok(_) => self
                    .unusable
                    .push((named, "no folder of objects, or one too deep".to_owned())),
                Err(error) => self.unusable.push((named, error.to_string())),
            }
        }
    }

    /// Objects in each pack: what a set of places has room for.
    pub(super) fn pack_sizes(&self) -> Vec<usize> {
        self.packs.iter().map(|pack| pack.index.len()).collect()
    }

    /// Where an object is; always the same answer, whatever was asked before.
    pub fn locate(&self, id: &ObjectId) -> Option<Location> {
        for (number, pack) in self.packs.iter().enumerate() {
            if let Some(place) = pack.index.place(id) {
                return Some(Location::Packed {
                    pack: number as u32,
                    offset: pack.index.offset(place)?,
                    place: place as u32,
                });
            }
        }
        let file = loose_file(id);
        let folder = self
            .folders
            .iter()
            .position(|folder| folder.join(&file).is_file())?;
        Some(Location::Loose(folder as u32))
    }

    /// The names that begin with these hex digits, at most `most`.
    pub(super) fn with_prefix(&self, prefix: &str, most: usize) -> Vec<ObjectId> {
        let mut found = Vec::new();
        let digits = prefix.as_bytes();
        let (Some(high), Some(low)) = (
            digits.first().and_then(|byte| digit(*byte)),
            digits.get(1).and_then(|byte| digit(*byte)),
        ) else {
            return found;
        };
        let mut take = |id: ObjectId| {
            if id.to_string().starts_with(prefix) && !found.contains(&id) && found.len() < most {
                found.push(id);
            }
        };
        for pack in &self.packs {
            for place in pack.index.with_first_byte(high << 4 | low) {
                pack.index.id(place).into_iter().for_each(&mut take);
            }
        }
        for folder in &self.folders {
            let files = std::fs::read_dir(folder.join(&prefix[..2]))
                .into_iter()
                .flatten();
            for file in files.flatten() {
                let name = format!("{}{}", &prefix[..2], file.file_name().to_string_lossy());
                ObjectId::from_hex(name.as_bytes())
                    .into_iter()
                    .for_each(&mut take);
            }
        }
        found
    }
}

fn loose_file(id: &ObjectId) -> PathBuf {
    let text = id.to_string();
    Path::new(&text[..2]).join(&text[2..])
}

/// Reads objects; one for each worker.
pub struct Reader<'s> {
    store: &'s Store,
    open: HashMap<u32, Window<File>>,
    cache: Cache,
    inflate: Decompress,
}

impl<'s> Reader<'s> {
    /// A reader with nothing open.
    pub fn new(store: &'s Store) -> Self {
        Self {
            store,
            open: HashMap::new(),
            cache: Cache::default(),
            inflate: Decompress::new(true),
        }
    }

    /// Reads an object of at most `most` bytes.
    ///
    /// # Errors
    /// It is not there, broken or too large.
    pub fn read(&mut self, id: &ObjectId, most: u64) -> Result<(ObjectKind, Arc<Vec<u8>>), Fault> {
        let location = self.store.locate(id).ok_or(Fault::Missing)?;
        self.read_at(id, location, most)
    }

    /// The same, where it is known where the object is.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn read_at(
        &mut self,
        id: &ObjectId,
        location: Location,
        most: u64,
    ) -> Result<(ObjectKind, Arc<Vec<u8>>), Fault> {
        match location {
            Location::Packed { pack, offset, .. } => self.packed(pack, offset, most),
            Location::Loose(folder) => {
                let folder = self
                    .store
                    .folders
                    .get(folder as usize)
                    .ok_or(Fault::Missing)?;
                let file = File::open(folder.join(loose_file(id))).map_err(Fault::broken)?;
                let (kind, data) = loose::unpack(BufReader::new(file), most)?;
                Ok((kind, Arc::new(data)))
            }
        }
    }

    /// Follows deltas down to an object that is whole, or still known, and comes back up.
    fn packed(
        &mut self,
        pack: u32,
        offset: u64,
        most: u64,
    ) -> Result<(ObjectKind, Arc<Vec<u8>>), Fault> {
        let mut deltas = Vec::new();
        let mut waiting = 0u64;
        let mut at = offset;
        let (kind, mut data) = loop {
            if let Some(known) = self.cache.get((pack, at)) {
                break known;
            }
            let file = window(self.store, &mut self.open, pack)?;
            let head = entry::head(file, at)?;
            let (bytes, _) = entry::content(file, &head, most, &mut self.inflate)?;
            at = match head.told {
                Told::Whole(kind) => {
                    let data = Arc::new(bytes);
                    self.cache.put((pack, at), kind, &data);
                    break (kind, data);
                }
                told => {
                    waiting += bytes.len() as u64;
                    deltas.push((at, bytes));
                    if deltas.len() > CHAIN || waiting > most.saturating_mul(2) {
                        return Err(Fault::broken("it stands at the end of too many deltas"));
                    }
                    self.base(pack, told)?
                }
            };
        };
        while let Some((at, delta)) = deltas.pop() {
            data = Arc::new(delta::apply(&data, &delta, most)?);
            self.cache.put((pack, at), kind, &data);
        }
        if data.len() as u64 > most {
            return Err(Fault::Large(most));
        }
        Ok((kind, data))
    }

    /// Where the base of a delta begins. Packs on disk are complete: a base named by its name
    /// stands in the same one.
    fn base(&self, pack: u32, told: Told) -> Result<u64, Fault> {
        match told {
            Told::After(offset) => Ok(offset),
            Told::Of(id) => {
                let index = self.store.packs.get(pack as usize).map(|pack| &pack.index);
                index
                    .and_then(|index| index.offset(index.place(&id)?))
                    .ok_or_else(|| Fault::broken(format!("its base {id} is not in its pack")))
            }
            Told::Whole(_) => Err(Fault::broken("it has no base")),
        }
    }
}

/// The open file of a pack.
fn window<'o>(
    store: &Store,
    open: &'o mut HashMap<u32, Window<File>>,
    pack: u32,
) -> Result<&'o mut Window<File>, Fault> {
    if open.len() >= OPEN && !open.contains_key(&pack) {
        open.clear();
    }
    match open.entry(pack) {
        std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
        std::collections::hash_map::Entry::Vacant(entry) => {
            let known = store.packs.get(pack as usize).ok_or(Fault::Missing)?;
            let file = File::open(&known.path).map_err(Fault::broken)?;
            Ok(entry.insert(Window::new(file)))
        }
    }
}
