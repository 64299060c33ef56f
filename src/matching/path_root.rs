// SPDX-License-Identifier: Apache-2.0
//! Where a path begins: alone, at the end of another string, or inside of something longer.

use super::path_context::{Seen, UNSPACED, ends_with_fold, is_windows};
use super::path_words as words;

/// What stands left of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Nothing that belongs to it: an absolute path begins here.
    Begins,
    /// Letters touch it, as where a compiler lays strings end to end.
    Adjoins,
    /// It is the tail of an address, a relative path or a variable.
    Inside,
}

/// Folders that may stand alone before `/home` or `/Users` in an absolute path.
const ROOTS: &[&[u8]] = &[
    b"data", b"export", b"host", b"mnt", b"nfs", b"private", b"rootfs", b"srv", b"usr", b"var",
];

/// Folders below which disks of other machines, clusters and volumes are mounted.
const MOUNTS: &[&[u8]] = &[
    b"System",
    b"Volumes",
    b"afs",
    b"autofs",
    b"beegfs",
    b"ceph",
    b"cluster",
    b"export",
    b"exports",
    b"global",
    b"gpfs",
    b"lustre",
    b"mnt",
    b"nas",
    b"net",
    b"nfs",
    b"storage",
    b"vol",
    b"volume1",
    b"wsl$",
    b"wsl.localhost",
];

/// Whether `folders` (`/var`, `/net/host`) are where homes stand on many machines.
fn holds_homes(folders: &[u8]) -> bool {
    let Some(below) = folders.strip_prefix(b"/") else {
        return false;
    };
    // `//wsl$/Debian`: a share in forward slashes.
    let below = below.strip_prefix(b"/").unwrap_or(below);
    let parts: Vec<&[u8]> = below.split(|&b| b == b'/').collect();
    match parts[..] {
        [] => false,
        [one] => ROOTS.contains(&one) || MOUNTS.contains(&one),
        [first, ..] => {
            let plain = |part: &[u8]| {
                !part.is_empty()
                    && part
                        .iter()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            };
            parts.len() <= 3 && MOUNTS.contains(&first) && parts[1..].iter().all(|part| plain(part))
        }
    }
}

pub(super) fn root(seen: &Seen<'_>) -> Root {
    let touching = seen.touching;
    let Some(&last) = touching.last() else {
        return Root::Begins;
    };
    if let Some(at) = memchr::memmem::rfind(touching, b"://") {
        let scheme = &touching[..at];
        let local = scheme.to_ascii_lowercase().ends_with(b"file");
        let host = &touching[at + 3..];
        // Links that open an editor, here or on another machine: `vscode://file/...`.
        let opens = host == b"file"
            || host == b"file/"
            || scheme.ends_with(b"vscode-remote") && memchr::memchr(b'/', host).is_none();
        // Bundlers put an absolute path behind the slash that ends the name of the project.
        let bundled = host.is_empty() || host.ends_with(b"/") || climbs(host);
        if opens || scheme.ends_with(b"webpack") && bundled {
            return Root::Begins;
        }
        let is_host = host.is_empty()
            || host == b"/"
            || host.eq_ignore_ascii_case(b"localhost")
            || host == b"localhost/";
        return if local && is_host {
            Root::Begins
        } else {
            Root::Inside
        };
    }
    if follows_flag(touching) || seen.has_length_before() {
        return Root::Begins;
    }
    // Tools write paths relative to their output; sources import their neighbours in that form.
    if !seen.kind.is("source") && climbs(touching) {
        return Root::Begins;
    }
    if is_windows(seen.hit) {
        // A share is not the middle of `C:\\app\\users`. `C:` needs nothing but the end of
        // another word before it.
        return match last {
            _ if seen.hit.starts_with(b"\\") => {
                if ends_with_fold(touching, b"file:") {
                    Root::Begins
                } else {
                    Root::Inside
                }
            }
            b if b.is_ascii_alphanumeric() => Root::Adjoins,
            _ => Root::Begins,
        };
    }
    if on_named_volume(seen.before) {
        return Root::Begins;
    }
    // `_/home/...`: the name that Go gives to a package outside of its own folders.
    if holds_homes(touching) || touching == b"_" {
        return Root::Begins;
    }
    if seen.compiled() && words::is_source_folder(touching) {
        return Root::Inside;
    }
    match last {
        b':' => match touching {
            // A drive letter: the rule for Windows speaks of it.
            [drive, b':'] if drive.is_ascii_alphabetic() => Root::Inside,
            [.., before, drive, b':']
                if drive.is_ascii_alphabetic() && !before.is_ascii_alphanumeric() =>
            {
                Root::Inside
            }
            _ => Root::Begins,
        },
        b'/' if touching == b"/" || touching == b"//" => Root::Begins,
        b'/' if ends_with_fold(touching, b"file:/") || ends_with_fold(touching, b"file:") => {
            Root::Begins
        }
        b'@' if touching.len() > 1 => Root::Inside,
        b if b.is_ascii_alphanumeric() || b == b'.' && seen.compiled() => {
            if seen.compiled() && memchr::memchr(b'/', touching).is_none() {
                Root::Adjoins
            } else if seen.compiled() {
                // `src/lib.rs/home/...`: one string ends in a file, the next begins.
                let leaf = touching.rsplit(|&b| b == b'/').next().unwrap_or(touching);
                match memchr::memrchr(b'.', leaf) {
                    Some(dot) if leaf.len() - dot <= 5 && dot > 0 => Root::Adjoins,
                    _ => Root::Inside,
                }
            } else {
                Root::Inside
            }
        }
        b'.' | b'_' | b'-' | b'~' | b'%' | b'+' | b'@' | b')' | b'}' | b']' | b'/' | b'\\'
        | b'$' | b'#' => {
            if seen.compiled() && matches!(last, b')' | b']' | b'}' | b'.') {
                Root::Adjoins
            } else {
                Root::Inside
            }
        }
        0x80.. if seen.compiled() => Root::Adjoins,
        // Quotes, arrows and bullets of other scripts stand before a path; letters of a script
        // that puts spaces between words do not.
        0x80.. => {
            let text = String::from_utf8_lossy(touching);
            match text.chars().next_back() {
                Some(c) if c.is_alphanumeric() && c < UNSPACED => Root::Inside,
                _ => Root::Begins,
            }
        }
        _ => Root::Begins,
    }
}

/// Whether a text ends in three or more steps up: they lead out of whatever the file belongs to.
fn climbs(touching: &[u8]) -> bool {
    touching == b"../../.." || touching.ends_with(b"/../../..")
}

/// `/Volumes/Macintosh HD`: the name of a disk may hold blanks.
fn on_named_volume(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(VOLUME)..];
    memchr::memmem::rfind(near, b"/Volumes/").is_some_and(|at| {
        let name = &near[at + b"/Volumes/".len()..];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'\\');
        name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(plain)
    })
}

/// What the name of a disk and the folder of disks may take.
const VOLUME: usize = 48;

/// `-I/home/...`, `/IC:\...`: the flags of a compiler stand without a separator.
fn follows_flag(touching: &[u8]) -> bool {
    match touching {
        [b'-', name @ ..] => name.len() <= 11 && name.last().is_some_and(u8::is_ascii_alphabetic),
        [b'/', b'I'] => true,
        _ => false,
    }
}
