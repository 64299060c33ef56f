// SPDX-License-Identifier: Apache-2.0
//! `RECORD` of a wheel: path, hash and size of every file, as CSV (PyPA "Recording installed
//! projects" and "Binary distribution format").

use crate::model::{ByteSpan, EntryPath};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Row {
    /// Path inside the wheel, escaped as entry names are.
    pub(in crate::checks) path: String,
    /// Hash algorithm and digest, as written; `None` when the column is empty.
    pub(in crate::checks) hash: Option<(String, String)>,
    /// Size; `None` when the column is empty.
    pub(in crate::checks) size: Option<u64>,
    /// What is wrong with the row itself.
    pub(in crate::checks) fault: Option<String>,
    /// Bytes of the row, without its line end.
    pub(in crate::checks) span: ByteSpan,
}

/// Reads every row; a row that cannot be read carries its fault.
pub(in crate::checks) fn parse(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                let start = record.position().map_or(0, |position| position.byte());
                let end = reader.position().byte();
                rows.push(row(&record, span(bytes, start, end)));
            }
            // A flexible reader over bytes in memory has nothing left to fail on.
            Ok(false) | Err(_) => return rows,
        }
    }
}

fn span(bytes: &[u8], start: u64, end: u64) -> ByteSpan {
    let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let (mut start, mut end) = (clamp(start), clamp(end));
    while start < end && matches!(bytes[start], b'\r' | b'\n') {
        start += 1;
    }
    while end > start && matches!(bytes[end - 1], b'\r' | b'\n') {
        end -= 1;
    }
    ByteSpan::new(start, end)
}

fn row(record: &csv::ByteRecord, span: ByteSpan) -> Row {
    let text = |index: usize| {
        let field = record.get(index).unwrap_or_default();
        String::from_utf8_lossy(field).trim().to_owned()
    };
    let mut row = Row {
        path: EntryPath::escape(record.get(0).unwrap_or_default()),
        hash: None,
        size: None,
        fault: None,
        span,
    };
    if record.len() != 3 {
        row.fault = Some(format!("the row has {} columns, not three", record.len()));
        return row;
    }
    if row.path.is_empty() {
        row.fault = Some("the row names no file".to_owned());
    } else if row.path.contains('\\') {
        row.fault = Some("the path uses `\\` where `/` is required".to_owned());
    } else if row.path.starts_with('/') || row.path.split('/').any(|part| part == "..") {
        row.fault = Some("the path leads out of the wheel".to_owned());
    }
    let hash = text(1);
    if !hash.is_empty() {
        match hash.split_once('=') {
            Some((algorithm, digest)) => {
                row.hash = Some((algorithm.to_ascii_lowercase(), digest.to_owned()));
            }
            None => row.fault = Some("the hash has no `algorithm=` before it".to_owned()),
        }
    }
    let size = text(2);
    if !size.is_empty() {
        match size.parse() {
            Ok(size) => row.size = Some(size),
            Err(_) => row.fault = Some(format!("`{size}` is not a size in bytes")),
        }
    }
    row
}

/// URL-safe base64 without padding, the form of a digest in `RECORD`.
pub(in crate::checks) fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0u8; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for digit in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * digit)) & 63;
            out.push(char::from(DIGITS[index as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_place_and_their_fault() {
        let text = "a.py,sha256=abc,1\r\n\"x,y.py\",,\r\nb.py,abc,1\r\n/c,,z\r\none\r\n";
        let rows = parse(text.as_bytes());
        assert_eq!(&text[rows[0].span.range()], "a.py,sha256=abc,1");
        assert_eq!(rows[0].hash, Some(("sha256".to_owned(), "abc".to_owned())));
        assert_eq!(rows[1].path, "x,y.py");
        assert_eq!(&text[rows[1].span.range()], "\"x,y.py\",,");
        assert!(rows[2].fault.is_some() && rows[3].fault.is_some() && rows[4].fault.is_some());
    }

    #[test]
    fn digests_have_the_form_of_the_specification() {
        // RFC 4648, section 10, without padding.
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
        ] {
            assert_eq!(base64url(plain.as_bytes()), coded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(0u8..=255, 0..80)) {
            for row in parse(&bytes) {
                proptest::prop_assert!(row.span.end <= bytes.len());
            }
        }
    }
}
