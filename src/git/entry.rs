// SPDX-License-Identifier: Apache-2.0
//! One entry of a pack: its head, and its content unpacked (gitformat-pack(5)).

use super::id::{LENGTH, ObjectId};
use super::object::{Fault, ObjectKind};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{Read, Seek, SeekFrom};

/// What is read at a time: most objects are smaller, and reading more than one costs little.
const WINDOW: usize = 32 << 10;

/// A pack, read at any offset.
pub(super) struct Window<S> {
    source: S,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte.
    base: u64,
    filled: usize,
}

impl<S: Read + Seek> Window<S> {
    pub(super) fn new(source: S) -> Self {
        Self {
            source,
            buffer: vec![0; WINDOW],
            base: 0,
            filled: 0,
        }
    }

    /// The bytes at `offset` that are at hand, at least `least` where the pack has as many.
    fn at(&mut self, offset: u64, least: usize) -> Result<&[u8], Fault> {
        let inside = |base: u64, filled: usize| {
            let from = usize::try_from(offset.checked_sub(base)?).ok()?;
            (from + least <= filled).then_some(from)
        };
        if let Some(from) = inside(self.base, self.filled) {
            return Ok(&self.buffer[from..self.filled]);
        }
        self.base = offset;
        self.filled = 0;
        self.source
            .seek(SeekFrom::Start(offset))
            .map_err(Fault::broken)?;
        while self.filled < self.buffer.len() {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::broken(error)),
            }
        }
        Ok(&self.buffer[..self.filled])
    }
}

/// How an entry tells its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Whole.
    Whole(ObjectKind),
    /// As changes to the entry at this offset.
    After(u64),
    /// As changes to this object.
    Of(ObjectId),
}

/// The head of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) told: Told,
    /// Bytes of its content, unpacked.
    pub(super) size: u64,
    /// Where its packed content begins.
    pub(super) content: u64,
}

/// Reads the head of the entry at `offset`.
pub(super) fn head<S: Read + Seek>(pack: &mut Window<S>, offset: u64) -> Result<Head, Fault> {
    /// Size, offset of the base or its name: more is never needed.
    const MOST: usize = 10 + LENGTH;
    let all = pack.at(offset, MOST)?;
    let cut = || Fault::broken("the pack ends within its head");
    let mut rest = all;
    let mut next = || {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        Some(byte)
    };
    let mut byte = next().ok_or_else(cut)?;
    let kind = byte >> 4 & 7;
    let (mut size, mut shift) = (u64::from(byte & 15), 4);
    while byte & 128 != 0 {
        byte = next().ok_or_else(cut)?;
        if shift > 56 {
            return Err(Fault::broken("a size that nothing has"));
        }
        size |= u64::from(byte & 127) << shift;
        shift += 7;
    }
    let told = match kind {
        1 => Told::Whole(ObjectKind::Commit),
        2 => Told::Whole(ObjectKind::Tree),
        3 => Told::Whole(ObjectKind::Blob),
        4 => Told::Whole(ObjectKind::Tag),
        6 => {
            byte = next().ok_or_else(cut)?;
            let mut back = u64::from(byte & 127);
            while byte & 128 != 0 {
                byte = next().ok_or_else(cut)?;
                back = back
                    .checked_add(1)
                    .and_then(|back| back.checked_mul(128))
                    .ok_or_else(|| Fault::broken("a base that stands nowhere"))?
                    | u64::from(byte & 127);
            }
            let base = offset.checked_sub(back).filter(|base| *base < offset);
            Told::After(base.ok_or_else(|| Fault::broken("a base that stands nowhere"))?)
        }
        7 => {
            let id = rest.get(..LENGTH).and_then(ObjectId::from_bytes);
            rest = rest.get(LENGTH..).unwrap_or_default();
            Told::Of(id.ok_or_else(cut)?)
        }
        _ => return Err(Fault::broken("an entry of a kind nobody knows")),
    };
    let content = offset + (all.len() - rest.len()) as u64;
    Ok(Head {
        told,
        size,
        content,
    })
}

/// Unpacks the content of an entry, which has exactly the size that its head tells, and says where
/// the next entry begins.
pub(super) fn content<S: Read + Seek>(
    pack: &mut Window<S>,
    head: &Head,
    most: u64,
    inflate: &mut Decompress,
) -> Result<(Vec<u8>, u64), Fault> {
    if head.size > most {
        return Err(Fault::Large(most));
    }
    let size = usize::try_from(head.size).map_err(|_| Fault::Large(most))?;
    // A size may be a lie: room for a megabyte, then as it comes.
    let mut out = Vec::with_capacity(size.min(1 << 20) + 1);
    inflate.reset(true);
    let mut at = head.content;
    loop {
        let input = pack.at(at, 1)?;
        if out.len() == out.capacity() {
            // One byte more than it says, so that a lie is seen.
            let room = (size + 1 - out.len().min(size)).min(out.capacity());
            out.reserve(room.max(1));
        }
        let (fed, made) = (inflate.total_in(), out.len());
        let status = inflate
            .decompress_vec(input, &mut out, FlushDecompress::None)
            .map_err(Fault::broken)?;
        at += inflate.total_in() - fed;
        if out.len() > size {
            return Err(Fault::broken("it unpacks to more than it says"));
        }
        match status {
            Status::StreamEnd if out.len() == size => return Ok((out, at)),
            Status::StreamEnd => return Err(Fault::broken("it unpacks to less than it says")),
            _ if inflate.total_in() == fed && out.len() == made && made < out.capacity() => {
                return Err(Fault::broken("the pack ends within it"));
            }
            _ => {}
        }
    }
}
