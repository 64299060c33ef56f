// SPDX-License-Identifier: Apache-2.0
//! Core metadata (PyPA "Core metadata specifications"): `METADATA` of a wheel, `PKG-INFO` of an
//! sdist, and the file `WHEEL`, all of which are mail headers.

use crate::model::ByteSpan;

/// One header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Field {
    /// Name as written.
    pub(in crate::checks) name: String,
    /// Value; continuation lines are joined by a newline.
    pub(in crate::checks) value: String,
    /// Bytes of the value's first line in the file.
    pub(in crate::checks) span: ByteSpan,
}

/// The headers of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks) struct Metadata {
    fields: Vec<Field>,
}

/// Versions of core metadata that the specification names.
pub(in crate::checks) const KNOWN_VERSIONS: &[&str] = &[
    "1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5",
];

impl Metadata {
    /// Reads the headers; the body is left.
    ///
    /// # Errors
    /// Why the text is not made of headers.
    pub(in crate::checks) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let bytes = &bytes[mark..];
        let mut fields = Vec::new();
        let mut at = 0;
        while at < bytes.len() && bytes[at] != b'\n' && !bytes[at..].starts_with(b"\r\n") {
            let first = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
            if memchr::memchr(b':', &bytes[at..first]).is_none() {
                // Readers take such a line for the start of the body.
                if fields.is_empty() {
                    return Err("its first line is no `Name: value`".to_owned());
                }
                break;
            }
            let (header, length) =
                mailparse::parse_header(&bytes[at..]).map_err(|error| error.to_string())?;
            let raw = header.get_value_raw();
            let end = at + length;
            // The parser gives no place; the value starts after the first colon and its spaces.
            let colon = memchr::memchr(b':', &bytes[at..end]).map_or(at, |found| at + found + 1);
            let lead = bytes[colon..end]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
            let start = colon + lead;
            let line = memchr::memchr2(b'\r', b'\n', &bytes[start..end])
                .map_or(end, |found| start + found);
            let value = String::from_utf8_lossy(raw);
            fields.push(Field {
                name: String::from_utf8_lossy(header.get_key_raw())
                    .trim()
                    .to_owned(),
                value: unfold(&value),
                span: ByteSpan::new(mark + start, mark + line),
            });
            if length == 0 {
                return Err("a header is empty".to_owned());
            }
            at = end;
        }
        Ok(Self { fields })
    }

    /// The first header of this name, whatever its letter case.
    pub(in crate::checks) fn get(&self, name: &'static str) -> Option<&Field> {
        self.all(name).next()
    }

    /// Every header of this name.
    pub(in crate::checks) fn all(&self, name: &'static str) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The values of every header of this name, sorted.
    pub(in crate::checks) fn values(&self, name: &'static str) -> Vec<&str> {
        let mut values: Vec<&str> = self.all(name).map(|field| field.value.as_str()).collect();
        values.sort_unstable();
        values
    }

    /// Whether the metadata version is at least this one.
    pub(in crate::checks) fn at_least(&self, version: (u32, u32)) -> bool {
        self.get("Metadata-Version").is_some_and(|field| {
            let mut parts = field.value.split('.').map(|part| part.parse::<u32>().ok());
            match (parts.next().flatten(), parts.next().flatten()) {
                (Some(major), Some(minor)) => (major, minor) >= version,
                _ => false,
            }
        })
    }
}

fn unfold(value: &str) -> String {
    value
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_order_and_place() {
        let text = "Metadata-Version: 2.4\r\nName: a\r\nLicense: one\r\n        two\r\nClassifier: x\r\nClassifier: y\r\n\r\nName: body\r\n";
        let metadata = Metadata::parse(text.as_bytes()).unwrap();
        assert_eq!(metadata.get("name").unwrap().value, "a");
        assert_eq!(metadata.get("License").unwrap().value, "one\ntwo");
        let span = metadata.get("License").unwrap().span;
        assert_eq!(&text[span.range()], "one");
        assert_eq!(metadata.values("Classifier"), ["x", "y"]);
        assert!(metadata.at_least((2, 4)) && !metadata.at_least((2, 5)));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        assert!(Metadata::parse(b"just text\n").is_err());
        assert!(Metadata::parse(b" Name: a\n").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(text in "([A-Za-z-]{1,8}: |\r|\n|:| |é|.){0,30}") {
            if let Ok(metadata) = Metadata::parse(text.as_bytes()) {
                for field in metadata.fields {
                    proptest::prop_assert!(field.span.end <= text.len());
                }
            }
        }
    }
}
