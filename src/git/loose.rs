// SPDX-License-Identifier: Apache-2.0
//! An object in a file of its own (gitformat-loose(5)): `kind size NUL content` under zlib.

use super::object::{Fault, ObjectKind};
use flate2::bufread::ZlibDecoder;
use std::io::{BufRead, Read as _};

/// The longest head: a kind, a number, a NUL.
const HEAD: u64 = 32;

/// Whether a path ends as those of loose objects do: two digits, `/`, the other thirty-eight.
pub fn is_loose_name(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (Some(file), Some(folder)) = (parts.next(), parts.next()) else {
        return false;
    };
    let hex = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    matches!((folder.len(), file.len()), (2, 38 | 62)) && hex(folder) && hex(file)
}

/// Whether bytes begin as a loose object does.
pub fn is_loose(head: &[u8]) -> bool {
    let mut start = Vec::new();
    // What is cut off behind the start is no fault here.
    let _ = ZlibDecoder::new(head).take(7).read_to_end(&mut start);
    let word = start.split(|&byte| byte == b' ').next().unwrap_or_default();
    word.len() < start.len() && ObjectKind::named(word).is_some()
}

/// Unpacks a loose object of at most `most` bytes.
///
/// # Errors
/// It is no loose object, it is broken, or it is too large.
pub fn unpack(packed: impl BufRead, most: u64) -> Result<(ObjectKind, Vec<u8>), Fault> {
    let mut stream = ZlibDecoder::new(packed);
    let mut head = Vec::new();
    let mut byte = [0];
    loop {
        if head.len() as u64 > HEAD || stream.read(&mut byte).map_err(Fault::broken)? == 0 {
            return Err(Fault::broken("it has no head"));
        }
        if byte[0] == 0 {
            break;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let told = head.split_once(' ').and_then(|(kind, size)| {
        Some((
            ObjectKind::named(kind.as_bytes())?,
            size.parse::<u64>().ok()?,
        ))
    });
    let (kind, size) = told.ok_or_else(|| Fault::broken("its head is not of the form"))?;
    if size > most {
        return Err(Fault::Large(most));
    }
    let mut data = Vec::with_capacity(usize::try_from(size.min(1 << 20)).unwrap_or(0));
    // To the end of the stream and not only of the content: the checksum stands there.
    stream
        .take(size + 1)
        .read_to_end(&mut data)
        .map_err(Fault::broken)?;
    if data.len() as u64 == size {
        Ok((kind, data))
    } else {
        Err(Fault::broken("its size is not what its head says"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_loose_object_is_unpacked_and_a_broken_one_is_told() {
        let good = packed(b"blob 5\0hello");
        let (kind, data) = unpack(&good[..], 5).unwrap();
        assert_eq!((kind, &data[..]), (ObjectKind::Blob, &b"hello"[..]));
        assert_eq!(unpack(&good[..], 4), Err(Fault::Large(4)));
        assert!(unpack(&good[..good.len() - 2], 5).is_err());
        for text in [
            &b"blob 6\0hello"[..],
            b"blob 4\0hello",
            b"bulb 5\0hello",
            b"blob 5 hello",
        ] {
            assert!(unpack(&packed(text)[..], 100).is_err());
        }
        assert!(unpack(&b"nothing"[..], 100).is_err());
        assert!(is_loose(&good) && !is_loose(&packed(b"bulb 5")) && !is_loose(b"blob 5"));
    }

    #[test]
    fn loose_objects_are_known_by_their_path() {
        let rest = "a".repeat(38);
        assert!(is_loose_name(&format!(".git/objects/0f/{rest}")));
        assert!(!is_loose_name(&format!("0g/{rest}")));
        assert!(!is_loose_name(&format!("0f/{rest}0")));
        assert!(!is_loose_name("0f"));
    }
}
