// SPDX-License-Identifier: Apache-2.0
//! Telling a container by its first bytes, and by what its name promises.

use super::Format;
use super::tar::header;

/// Endings that promise a zip.
const ZIP_ENDINGS: &[&str] = &[".whl", ".zip", ".egg", ".jar", ".nupkg", ".vsix"];

/// Endings that promise a tar, compressed or not.
const TAR_ENDINGS: &[&str] = &[
    ".tar", ".tar.gz", ".tgz", ".crate", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst",
    ".tzst",
];

/// Endings that promise a compressed file, and what is left of the name without it.
const COMPRESSED_ENDINGS: &[(&str, &str)] = &[
    (".tgz", ".tar"),
    (".txz", ".tar"),
    (".tbz2", ".tar"),
    (".tzst", ".tar"),
    (".gz", ""),
    (".xz", ""),
    (".bz2", ""),
    (".zst", ""),
];

/// The format whose signature `head` begins with. Wants the first 512 bytes or more: a tar has
/// its signature at byte 257.
pub fn sniff(head: &[u8]) -> Option<Format> {
    const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x07\x08PK"];
    if ZIP.iter().any(|magic| head.starts_with(magic)) {
        return Some(Format::Zip);
    }
    if is_gzip(head) {
        return Some(Format::Gzip);
    }
    if is_xz(head) {
        return Some(Format::Xz);
    }
    if is_bzip2(head) {
        return Some(Format::Bzip2);
    }
    if is_zstd(head) {
        return Some(Format::Zstd);
    }
    if crate::git::is_pack(head) {
        return Some(Format::GitPack);
    }
    is_tar(head).then_some(Format::Tar)
}

/// Deflate is the only method of RFC 1952, and the upper flag bits are reserved.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b\x08") && head.get(3).is_none_or(|flags| flags & 0xe0 == 0)
}

/// The header magic of an xz stream.
pub(super) fn is_xz(head: &[u8]) -> bool {
    head.starts_with(b"\xfd7zXZ\0")
}

/// `BZh`, the block size, and the magic of a block or of the stream's end: text may begin with
/// the first four alone.
pub(super) fn is_bzip2(head: &[u8]) -> bool {
    head.len() >= 10
        && head.starts_with(b"BZh")
        && (b'1'..=b'9').contains(&head[3])
        && (head[4..10] == *b"\x31\x41\x59\x26\x53\x59"
            || head[4..10] == *b"\x17\x72\x45\x38\x50\x90")
}

/// A frame, or a skippable frame with a frame behind it: LZ4 has skippable frames too.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    const FRAME: &[u8] = b"\x28\xb5\x2f\xfd";
    if head.starts_with(FRAME) {
        return true;
    }
    skippable(head).is_some_and(|length| {
        usize::try_from(length)
            .ok()
            .and_then(|length| head.get(8..)?.get(length..))
            .is_some_and(|rest| rest.starts_with(FRAME))
    })
}

/// Content length of a zstd skippable frame that `head` begins with.
pub(super) fn skippable(head: &[u8]) -> Option<u64> {
    let magic = head.first()? & 0xf0 == 0x50 && head.get(1..4)? == b"\x2a\x4d\x18";
    let length: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    magic.then(|| u64::from(u32::from_le_bytes(length)))
}

/// A `ustar` magic, or a checksum that holds (tar before POSIX has no magic).
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262).is_some_and(|magic| magic == b"ustar")
        || head
            .first_chunk::<512>()
            .is_some_and(header::checksum_holds)
}

/// Whether a file of this name is expected to be a container.
pub fn named_like_archive(name: &str) -> bool {
    let base = base(name);
    ends_in(base, ZIP_ENDINGS)
        || ends_in(base, TAR_ENDINGS)
        || COMPRESSED_ENDINGS
            .iter()
            .any(|(end, _)| has_ending(base, end))
}

/// Whether a file of this name is expected to be a zip.
pub(super) fn named_like_zip(name: &str) -> bool {
    ends_in(base(name), ZIP_ENDINGS)
}

/// Whether a file of this name is expected to be a tar, compressed or not.
pub(super) fn named_like_tar(name: &str) -> bool {
    ends_in(base(name), TAR_ENDINGS)
}

/// The name of what a single compressed file holds. The name in a gzip header is not asked: a
/// reader that trusts it writes where the archive wants.
pub(super) fn without_compression(name: &str) -> String {
    let base = base(name);
    for (end, instead) in COMPRESSED_ENDINGS {
        if has_ending(base, end) {
            return format!("{}{instead}", &base[..base.len() - end.len()]);
        }
    }
    base.to_owned()
}

/// The last component.
fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn ends_in(base: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| has_ending(base, ending))
}

/// A whole dotfile (`.gz`) is a name and not an ending.
fn has_ending(base: &str, ending: &str) -> bool {
    base.len() > ending.len()
        && base.as_bytes()[base.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_promise_archives() {
        for name in [
            "a.whl",
            "x/B.ZIP",
            "a-1.tar.gz",
            "a.TGZ",
            "é.crate",
            "log.zst",
        ] {
            assert!(named_like_archive(name), "{name}");
        }
        for name in ["a.py", "zip", ".gz", "a.gz/x", "gz"] {
            assert!(!named_like_archive(name), "{name}");
        }
    }

    #[test]
    fn compression_is_stripped_from_the_name() {
        assert_eq!(without_compression("d/foo.txt.gz"), "foo.txt");
        assert_eq!(without_compression("foo.tgz"), "foo.tar");
        assert_eq!(without_compression("foo"), "foo");
    }

    #[test]
    fn text_is_no_container() {
        assert_eq!(sniff(b"BZh9 is how a bzip2 stream begins"), None);
        assert_eq!(sniff(&[0; 1024]), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn signatures_are_told() {
        assert_eq!(sniff(b"PK\x05\x06\0\0"), Some(Format::Zip));
        assert_eq!(sniff(b"\x1f\x8b\x08\0"), Some(Format::Gzip));
        assert_eq!(
            sniff(b"\x50\x2a\x4d\x18\x01\0\0\0x\x28\xb5\x2f\xfd"),
            Some(Format::Zstd)
        );
    }
}
