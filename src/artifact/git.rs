// SPDX-License-Identifier: Apache-2.0
//! Git's own objects, packed by mistake: a pack holds every version of every file, also what was
//! removed for good reason, and a loose object holds one of them.

use super::input::Input;
use super::walker::{Content, Member, Site, Walker};
use super::{EntryKind, rule};
use crate::git::{self, Fault, ObjectId, ObjectKind};
use crate::model::EntryPath;
use std::io::BufReader;

/// Digits of a name that tell one version of a file from another.
const SHORT: usize = 12;

/// Walks a pack. It is held whole: versions are told by each other, in any order.
pub(super) fn pack(walker: &mut Walker<'_>, site: &Site, mut input: Input<'_>) {
    let length = input.length();
    let most = walker.limits.entry_bytes;
    if length > most {
        let what = format!(
            "it is a pack of more than {most} bytes and was not opened (--max-entry-bytes raises the limit)"
        );
        walker.note(site, rule::BUDGET_ENTRY_BYTES, None, what);
        return;
    }
    let bytes = match input.bytes_at(0, length) {
        Ok(bytes) => bytes,
        Err(error) => {
            let what = format!("it cannot be read: {error}");
            walker.note(site, rule::UNREADABLE, None, what);
            return;
        }
    };
    let limits = (most, walker.room());
    let troubles = git::walk_pack(&bytes, limits, &mut |id, path, offset, data| {
        blob(walker, site, (id, path), offset, data)
    });
    let more = troubles.len().saturating_sub(1);
    if let Some((offset, fault)) = troubles.into_iter().next() {
        let which = match fault {
            Fault::Large(_) => rule::BUDGET_TOTAL_BYTES,
            _ => rule::UNREADABLE,
        };
        let mut what = format!("an object in it cannot be read: {fault}");
        if more > 0 {
            what.push_str(&format!("; and {more} more"));
        }
        walker.note(site, which, Some(offset), what);
    }
}

/// Hands on one content; `false` when the budget is spent.
fn blob(
    walker: &mut Walker<'_>,
    site: &Site,
    (id, path): (ObjectId, Option<&[u8]>),
    offset: u64,
    bytes: Vec<u8>,
) -> bool {
    if !walker.admit(site, offset) {
        return false;
    }
    if bytes.len() as u64 > walker.room() {
        walker.over_total(site, Some(offset));
        return false;
    }
    let id = id.to_string();
    let name = match path {
        Some(path) => format!("{}/{}", &id[..SHORT], EntryPath::escape(path)),
        None => id,
    };
    content(walker, site, name, bytes);
    true
}

/// Walks a loose object: a content, or the text of a commit or tag.
pub(super) fn object(walker: &mut Walker<'_>, site: &Site, input: Input<'_>) {
    if !walker.admit(site, 0) {
        return;
    }
    match git::unpack_loose(BufReader::new(input), walker.cap()) {
        Ok((ObjectKind::Tree, _)) => {}
        Ok((kind, bytes)) => content(walker, site, kind.word().to_owned(), bytes),
        Err(Fault::Large(_)) => walker.over_cap(site, "blob", 0),
        Err(fault) => {
            let what = format!("the git object cannot be read: {fault}");
            walker.note(site, rule::UNREADABLE, None, what);
        }
    }
}

fn content(walker: &mut Walker<'_>, site: &Site, name: String, bytes: Vec<u8>) {
    walker.spend(bytes.len() as u64);
    let member = Member {
        name,
        kind: EntryKind::File,
        mode: None,
        owner: None,
        content: Content {
            declared: bytes.len() as u64,
            complete: true,
            bytes,
        },
    };
    walker.member(site, member);
}
