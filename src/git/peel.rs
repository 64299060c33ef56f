// SPDX-License-Identifier: Apache-2.0
//! What a tag names in the end.

use super::id::ObjectId;
use super::object::{Fault, ObjectKind, tagged};
use super::store::Reader;

/// Commits and trees may be as large as this, whatever blobs may be.
pub(super) const MOST: u64 = 256 << 20;
/// Tags of tags, and references to references, that are followed.
pub(super) const HOPS: usize = 16;

/// Follows tags to what they name.
pub(super) fn peel(reader: &mut Reader<'_>, id: ObjectId) -> Result<(ObjectId, ObjectKind), Fault> {
    peel_noting(reader, id, &mut Vec::new())
}

/// The same, and tells the tags that were followed.
pub(super) fn peel_noting(
    reader: &mut Reader<'_>,
    mut id: ObjectId,
    tags: &mut Vec<ObjectId>,
) -> Result<(ObjectId, ObjectKind), Fault> {
    for _ in 0..HOPS {
        let (kind, data) = reader.read(&id, MOST)?;
        match kind {
            ObjectKind::Tag => {
                tags.push(id);
                id = tagged(&data)?;
            }
            kind => return Ok((id, kind)),
        }
    }
    Err(Fault::broken("a tag of a tag of a tag, and so on"))
}
