// SPDX-License-Identifier: Apache-2.0
//! A pack without its index, as it stands in an archive: read from front to back, each object
//! once. Paths are those that the pack's own trees give.

use super::delta;
use super::entry::{self, Head, Told, Window};
use super::id::ObjectId;
use super::object::{EntryMode, Fault, ObjectKind, entries};
use flate2::Decompress;
use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;
use std::sync::Arc;

/// Bytes of objects kept as bases of others.
const KEPT: usize = 64 << 20;
/// How often each byte may be unpacked on the average: for its name, as a base, and to be told.
const AGAIN: u64 = 8;
/// Rounds in which objects get their names: more than a pack of git's needs.
const ROUNDS: usize = 64;
/// Deltas on the way to a whole object.
const CHAIN: usize = 4096;

/// Whether bytes begin as a pack does.
pub fn is_pack(head: &[u8]) -> bool {
    head.starts_with(b"PACK\0\0\0\x02") || head.starts_with(b"PACK\0\0\0\x03")
}

/// Who is told of a content: its name, path, offset and bytes.
type Listener<'l> = dyn FnMut(ObjectId, Option<&[u8]>, u64, Vec<u8>) -> bool + 'l;

/// What stands where.
struct Entry {
    head: Head,
    /// Set when its object was read.
    object: Option<(ObjectKind, ObjectId)>,
}

struct Pack<'b> {
    window: Window<Cursor<&'b [u8]>>,
    inflate: Decompress,
    entries: BTreeMap<u64, Entry>,
    by_id: HashMap<ObjectId, u64>,
    kept: HashMap<u64, (ObjectKind, Arc<Vec<u8>>)>,
    kept_bytes: usize,
    most: u64,
    /// Bytes that may still be unpacked, what is unpacked again counted again.
    left: u64,
}

/// Tells `blob` of every content in a pack: its name, the last path that a tree gives it (none when
/// no tree does), the offset of its entry, and its bytes, at most `most` of one. `blob` returns
/// whether to go on. All objects together may have `total` bytes. Returns the troubles met, each at
/// the offset of its entry.
pub fn walk(bytes: &[u8], (most, total): (u64, u64), blob: &mut Listener<'_>) -> Vec<(u64, Fault)> {
    let mut troubles = Vec::new();
    let count = bytes.get(8..12).and_then(|four| four.try_into().ok());
    let count = count.map_or(0, u32::from_be_bytes);
    let mut pack = Pack {
        window: Window::new(Cursor::new(bytes)),
        inflate: Decompress::new(true),
        entries: BTreeMap::new(),
        by_id: HashMap::new(),
        kept: HashMap::new(),
        kept_bytes: 0,
        most,
        left: total.saturating_mul(AGAIN),
    };
    // Once through, to learn where entries begin and what stands in those that are whole.
    let mut at = 12;
    for _ in 0..count {
        match pack.meet(at) {
            Ok(next) => at = next,
            Err(fault) => {
                troubles.push((at, fault));
                break;
            }
        }
    }
    let offsets: Vec<u64> = pack.entries.keys().copied().collect();
    // Deltas may stand before the objects they are changes to, so names come in rounds.
    for _ in 0..ROUNDS {
        let known = pack.by_id.len();
        for &offset in &offsets {
            let named = pack
                .entries
                .get(&offset)
                .is_some_and(|e| e.object.is_some());
            if !named && let Ok((kind, data)) = pack.object(offset) {
                pack.name(offset, kind, &data);
            }
        }
        if pack.by_id.len() == known {
            break;
        }
    }
    let paths = pack.paths();
    for (offset, id) in pack.of_kind(ObjectKind::Blob) {
        match pack.object(offset) {
            Ok((_, data)) => {
                let path = paths.get(&id).map(Vec::as_slice);
                if !blob(id, path, offset, data.to_vec()) {
                    return troubles;
                }
            }
            Err(fault) => troubles.push((offset, fault)),
        }
    }
    for (offset, entry) in &pack.entries {
        if entry.object.is_none() {
            let fault = match entry.head.told {
                Told::Of(id) => Fault::broken(format!("its base {id} is not in the pack")),
                _ => Fault::broken("it cannot be unpacked"),
            };
            troubles.push((*offset, fault));
        }
    }
    troubles
}

impl Pack<'_> {
    /// Reads the entry at `at` and says where the next one begins.
    fn meet(&mut self, at: u64) -> Result<u64, Fault> {
        let head = entry::head(&mut self.window, at)?;
        let (bytes, next) = self.content(&head)?;
        self.entries.insert(at, Entry { head, object: None });
        if let Told::Whole(kind) = head.told {
            self.name(at, kind, &bytes);
        }
        Ok(next)
    }

    /// Every named object of a kind.
    fn of_kind(&self, wanted: ObjectKind) -> Vec<(u64, ObjectId)> {
        let all = self.entries.iter();
        all.filter_map(|(offset, entry)| {
            let (kind, id) = entry.object?;
            (kind == wanted).then_some((*offset, id))
        })
        .collect()
    }

    /// The path of each content, as far as the trees in the pack tell it.
    fn paths(&mut self) -> HashMap<ObjectId, Vec<u8>> {
        let mut above: HashMap<ObjectId, (ObjectId, Vec<u8>)> = HashMap::new();
        let mut files: HashMap<ObjectId, (ObjectId, Vec<u8>)> = HashMap::new();
        for (offset, id) in self.of_kind(ObjectKind::Tree) {
            let Ok((_, data)) = self.object(offset) else {
                continue;
            };
            for entry in entries(&data).map_while(Result::ok) {
                let parent = (id, entry.name.to_vec());
                match entry.mode {
                    EntryMode::Folder => above.entry(entry.id).or_insert(parent),
                    EntryMode::Module => continue,
                    _ => files.entry(entry.id).or_insert(parent),
                };
            }
        }
        let whole = |(mut tree, name): (ObjectId, Vec<u8>)| {
            let mut path = vec![name];
            // A bound: trees of a broken pack may stand in a circle.
            for _ in 0..64 {
                let Some((parent, name)) = above.get(&tree) else {
                    break;
                };
                path.push(name.clone());
                tree = *parent;
            }
            path.reverse();
            path.join(&b'/')
        };
        let files = files.into_iter();
        files.map(|(id, file)| (id, whole(file))).collect()
    }

    /// Unpacks the content of an entry.
    fn content(&mut self, head: &Head) -> Result<(Vec<u8>, u64), Fault> {
        if head.size > self.left {
            return Err(Fault::Large(self.left));
        }
        self.left -= head.size;
        entry::content(&mut self.window, head, self.most, &mut self.inflate)
    }

    fn name(&mut self, offset: u64, kind: ObjectKind, data: &[u8]) {
        let id = kind.id(data);
        self.by_id.insert(id, offset);
        if let Some(entry) = self.entries.get_mut(&offset) {
            entry.object = Some((kind, id));
        }
    }

    /// The object of an entry.
    fn object(&mut self, offset: u64) -> Result<(ObjectKind, Arc<Vec<u8>>), Fault> {
        let mut deltas = Vec::new();
        let mut waiting = 0u64;
        let mut at = offset;
        let (kind, mut data) = loop {
            if let Some((kind, data)) = self.kept.get(&at) {
                break (*kind, Arc::clone(data));
            }
            let head = self.entries.get(&at).map(|entry| entry.head);
            let head = head.ok_or_else(|| Fault::broken("its base is not in the pack"))?;
            let (bytes, _) = self.content(&head)?;
            match head.told {
                Told::Whole(kind) => {
                    let data = Arc::new(bytes);
                    self.keep(at, kind, &data);
                    break (kind, data);
                }
                Told::After(base) => {
                    waiting += bytes.len() as u64;
                    deltas.push((at, bytes));
                    at = base;
                }
                Told::Of(id) => {
                    waiting += bytes.len() as u64;
                    deltas.push((at, bytes));
                    let base = self.by_id.get(&id).copied();
                    at = base.ok_or_else(|| Fault::broken("its base is not in the pack"))?;
                }
            }
            if deltas.len() > CHAIN || waiting > self.most.saturating_mul(2) {
                return Err(Fault::broken("it stands at the end of too many deltas"));
            }
        };
        while let Some((at, delta)) = deltas.pop() {
            data = Arc::new(delta::apply(&data, &delta, self.most.min(self.left))?);
            self.left -= data.len() as u64;
            self.keep(at, kind, &data);
        }
        Ok((kind, data))
    }

    fn keep(&mut self, at: u64, kind: ObjectKind, data: &Arc<Vec<u8>>) {
        if self.kept_bytes + data.len() > KEPT {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        self.kept_bytes += data.len();
        self.kept.insert(at, (kind, Arc::clone(data)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn entry(kind: u8, base: &[u8], content: &[u8]) -> Vec<u8> {
        let mut size = content.len();
        let mut head = vec![kind << 4 | (size & 15) as u8];
        size >>= 4;
        while size > 0 {
            *head.last_mut().unwrap() |= 128;
            head.push((size & 127) as u8);
            size >>= 7;
        }
        head.extend(base);
        let mut encoder = flate2::write::ZlibEncoder::new(head, flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// A delta from `hello` to `hello, you`.
    const DELTA: &[u8] = b"\x05\x0a\x90\x05\x05, you";

    /// A delta by name before its base, the base, a delta by offset, a tree that names two of them.
    fn pack() -> Vec<u8> {
        let hello = ObjectKind::Blob.id(b"hello");
        let longer = ObjectKind::Blob.id(b"hello, you");
        let mut tree = b"100644 a.txt\0".to_vec();
        tree.extend(hello.as_bytes());
        tree.extend(b"100644 b.txt\0");
        tree.extend(longer.as_bytes());
        let mut root = b"40000 src\0".to_vec();
        root.extend(ObjectKind::Tree.id(&tree).as_bytes());
        let mut bytes = b"PACK\0\0\0\x02\0\0\0\x06".to_vec();
        bytes.extend(entry(7, hello.as_bytes(), DELTA));
        let base = bytes.len();
        bytes.extend(entry(3, b"", b"hello"));
        let back = (bytes.len() - base) as u8;
        bytes.extend(entry(6, &[back], b"\x05\x07\x90\x05\x02!?"));
        bytes.extend(entry(2, b"", &root));
        bytes.extend(entry(2, b"", &tree));
        bytes.extend(entry(7, &[9; 20], DELTA));
        bytes.extend([0; 20]);
        bytes
    }

    type Found = Vec<(Option<String>, String)>;

    fn walked(bytes: &[u8], limits: (u64, u64)) -> (Found, Vec<(u64, Fault)>) {
        let mut found = Vec::new();
        let troubles = walk(bytes, limits, &mut |_, path, _, data| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push((path.map(text), text(&data)));
            true
        });
        (found, troubles)
    }

    #[test]
    fn every_content_is_told_with_its_path() {
        assert!(is_pack(&pack()));
        let (found, troubles) = walked(&pack(), (1000, 1000));
        let own = |path: Option<&str>, text: &str| (path.map(str::to_owned), text.to_owned());
        assert_eq!(
            found,
            [
                own(Some("src/b.txt"), "hello, you"),
                own(Some("src/a.txt"), "hello"),
                own(None, "hello!?"),
            ]
        );
        assert_eq!(troubles.len(), 1);
        assert!(troubles[0].1.to_string().contains("0909"), "{troubles:?}");
    }

    #[test]
    fn budgets_hold() {
        let (found, troubles) = walked(&pack(), (4, 1000));
        assert!(found.is_empty() && troubles[0].1 == Fault::Large(4));
        let (found, troubles) = walked(&pack(), (1000, 2));
        assert!(found.len() < 3 && !troubles.is_empty(), "{found:?}");
    }

    proptest! {
        #[test]
        fn a_damaged_pack_is_safe(at in 0usize..300, value: u8, cut in 0usize..300) {
            let mut bytes = pack();
            let length = bytes.len();
            bytes[at % length] = value;
            bytes.truncate(length - cut % length);
            let _ = walked(&bytes, (1000, 1000));
        }
    }
}
