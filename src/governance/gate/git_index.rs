// SPDX-License-Identifier: Apache-2.0
//! The index of a git repository as far as the read-only checks need it (git, index-format: versions
//! 2 and 3, SHA-1). Nothing is run and nothing is written.

/// A tracked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its name.
    pub name: String,
    /// Size when it was last looked at.
    pub size: u32,
    /// Seconds of its time of change.
    pub mtime: u32,
    /// Stage of a merge; 0 when nothing conflicts.
    pub stage: u8,
    /// Type and permissions.
    pub mode: u32,
}

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its entries.
    pub entries: Vec<Tracked>,
    /// The tree that all of it was, when nothing changed since it was written.
    pub tree: Option<String>,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length of a SHA-1.
const HASH: usize = 20;

/// Reads an index.
///
/// # Errors
/// It is of another version, or cut off.
pub fn parse(bytes: &[u8]) -> Result<Index, String> {
    if bytes.get(..4) != Some(b"DIRC") {
        return Err("it is no index".to_owned());
    }
    let version = u32_at(bytes, 4).unwrap_or(0);
    if !matches!(version, 2 | 3) {
        return Err(format!(
            "it is of version {version}, which is not read here"
        ));
    }
    let count = u32_at(bytes, 8).unwrap_or(0);
    let mut index = Index::default();
    let mut at = 12;
    for _ in 0..count {
        let (entry, next) = entry(bytes, at, version).ok_or("it is cut off")?;
        index.entries.push(entry);
        at = next;
    }
    // Extensions, up to the checksum.
    let end = bytes.len().saturating_sub(HASH);
    while at.saturating_add(8) <= end {
        let size = u32_at(bytes, at + 4).unwrap_or(0) as usize;
        let body = bytes
            .get(at + 8..(at + 8).saturating_add(size))
            .ok_or("it is cut off")?;
        if bytes.get(at..at + 4) == Some(b"TREE") {
            index.tree = root_tree(body);
        }
        at += 8 + size;
    }
    Ok(index)
}

fn entry(bytes: &[u8], start: usize, version: u32) -> Option<(Tracked, usize)> {
    let flags_at = start + 40 + HASH;
    let flags = u16::from_be_bytes(bytes.get(flags_at..flags_at + 2)?.try_into().ok()?);
    let extended = version >= 3 && flags & 0x4000 != 0;
    let name_at = flags_at + if extended { 4 } else { 2 };
    let length = bytes.get(name_at..)?.iter().position(|byte| *byte == 0)?;
    let name = String::from_utf8_lossy(bytes.get(name_at..name_at + length)?).into_owned();
    // One to eight zeros, so that the next entry begins at a multiple of eight.
    let used = name_at + length - start;
    let next = start + (used / 8 + 1) * 8;
    let tracked = Tracked {
        name,
        size: u32_at(bytes, start + 36)?,
        mtime: u32_at(bytes, start + 8)?,
        stage: u8::try_from((flags >> 12) & 0b11).ok()?,
        mode: u32_at(bytes, start + 24)?,
    };
    (next <= bytes.len()).then_some((tracked, next))
}

/// The first entry of the cache-tree extension: an empty path, two counts, the tree.
fn root_tree(body: &[u8]) -> Option<String> {
    let rest = body.strip_prefix(b"\0")?;
    let line = rest.iter().position(|byte| *byte == b'\n')?;
    let counts = std::str::from_utf8(&rest[..line]).ok()?;
    let valid = !counts.starts_with('-');
    let hash = rest.get(line + 1..line + 1 + HASH)?;
    valid.then(|| hex(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn made(name: &str, size: u32, stage: u16) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
        let start = bytes.len();
        bytes.extend([0; 36]);
        bytes.extend(size.to_be_bytes());
        bytes.extend([7; HASH]);
        bytes.extend((stage << 12).to_be_bytes());
        bytes.extend(name.as_bytes());
        let used = bytes.len() - start;
        bytes.extend(vec![0; (used / 8 + 1) * 8 - used]);
        let mut tree = b"\x001 0\n".to_vec();
        tree.extend([9; HASH]);
        bytes.extend(b"TREE");
        bytes.extend((tree.len() as u32).to_be_bytes());
        bytes.extend(tree);
        bytes.extend([0; HASH]);
        bytes
    }

    #[test]
    fn entries_stages_and_the_tree_are_read() {
        let index = parse(&made("src/a.rs", 12, 2)).unwrap();
        assert_eq!(
            (
                index.entries[0].name.as_str(),
                index.entries[0].size,
                index.entries[0].stage
            ),
            ("src/a.rs", 12, 2)
        );
        assert_eq!(index.tree, Some("09".repeat(20)));
        assert!(parse(b"DIRC\0\0\0\x04\0\0\0\0").is_err());
    }

    #[test]
    fn a_cut_index_is_an_error_and_no_panic() {
        let whole = made("a", 1, 0);
        for length in 0..whole.len() {
            let _ = parse(&whole[..length]);
        }
    }
}
