// SPDX-License-Identifier: Apache-2.0
//! Licences that a bill of materials states: SPDX (JSON, lines of tags, YAML) and CycloneDX (JSON, XML).

use crate::model::ByteSpan;
use memchr::memmem;

/// Bytes in which a document says what it is.
const HEAD: usize = 2 << 10;

/// Keys of SPDX documents whose values are expressions.
const SPDX_KEYS: [&str; 6] = [
    "licenseConcluded",
    "licenseDeclared",
    "licenseInfoFromFiles",
    "licenseInfoInFiles",
    "licenseInfoInSnippets",
    "simplelicensing_licenseExpression",
];
/// Tags of SPDX documents whose values are expressions; in YAML the keys above.
const SPDX_TAGS: [&str; 7] = [
    "PackageLicenseConcluded",
    "PackageLicenseDeclared",
    "PackageLicenseInfoFromFiles",
    "LicenseConcluded",
    "LicenseInfoInFile",
    "LicenseInfoInSnippet",
    "SnippetLicenseConcluded",
];

/// A form of bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Bill {
    SpdxJson,
    SpdxLines,
    CycloneJson,
    CycloneXml,
}

/// What a bill states of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) struct Stated {
    /// Where.
    pub(in crate::checks) span: ByteSpan,
    /// One id must stand there, and no expression.
    pub(in crate::checks) id: bool,
}

impl Bill {
    /// The form, by name and by what stands at the top.
    pub(in crate::checks) fn of(name: &str, kind: &str, text: &[u8]) -> Option<Self> {
        let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let head = &text[..text.len().min(HEAD)];
        let says = |what: &str| memmem::find(head, what.as_bytes()).is_some();
        match kind {
            "json" if says("\"bomFormat\"") || file.ends_with(".cdx.json") => {
                Some(Self::CycloneJson)
            }
            "json"
                if says("\"spdxVersion\"")
                    || says("spdx.org/rdf/3.")
                    || file.ends_with(".spdx.json") =>
            {
                Some(Self::SpdxJson)
            }
            "xml" if says("cyclonedx.org/schema/bom") => Some(Self::CycloneXml),
            _ if head.starts_with(b"SPDXVersion:") || file.ends_with(".spdx") => {
                Some(Self::SpdxLines)
            }
            "yaml" if file.ends_with(".spdx.yaml") || file.ends_with(".spdx.yml") => {
                Some(Self::SpdxLines)
            }
            _ => None,
        }
    }

    /// What it states, in order.
    pub(in crate::checks) fn stated(self, text: &[u8]) -> Vec<Stated> {
        let mut out = Vec::new();
        let mut add = |span, id| out.push(Stated { span, id });
        match self {
            Self::SpdxJson => values(text, |_, key, span| {
                if SPDX_KEYS.iter().any(|known| known.as_bytes() == key) {
                    add(span, false);
                }
            }),
            Self::CycloneJson => values(text, |holder, key, span| match (holder, key) {
                (b"licenses", b"expression") => add(span, false),
                (b"license", b"id") => add(span, true),
                _ => {}
            }),
            Self::SpdxLines => lines(text, |span| add(span, false)),
            Self::CycloneXml => {
                elements(text, b"<expression", |_, span| add(span, false));
                elements(text, b"<id", |at, span| {
                    // Other parts have one, too.
                    let before = text[..at].trim_ascii_end();
                    let holder = memchr::memrchr(b'<', before).map_or(&b""[..], |at| &before[at..]);
                    if holder.starts_with(b"<license") && !holder.starts_with(b"<licenses") {
                        add(span, true);
                    }
                });
            }
        }
        out.sort_by_key(|stated| stated.span.start);
        out.dedup();
        out
    }
}

/// A container of JSON that is open.
struct Open<'t> {
    object: bool,
    /// The key under which it stands, of lists that of the list.
    label: &'t [u8],
    key: &'t [u8],
    wants_key: bool,
}

/// Calls with every string that is a value: under which key its object stands, its own key, its place.
fn values<'t>(text: &'t [u8], mut found: impl FnMut(&'t [u8], &'t [u8], ByteSpan)) {
    let mut open: Vec<Open<'t>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                let span = ByteSpan::new(start, at.min(text.len()));
                at += 1;
                match open.last_mut() {
                    Some(top) if top.object && top.wants_key => {
                        top.key = &text[span.range()];
                        top.wants_key = false;
                    }
                    Some(top) if top.object => found(top.label, top.key, span),
                    Some(top) => found(top.label, top.label, span),
                    None => {}
                }
            }
            b'{' | b'[' => {
                let label = open
                    .last()
                    .map_or(&b""[..], |top| if top.object { top.key } else { top.label });
                let object = *byte == b'{';
                open.push(Open {
                    object,
                    label,
                    key: b"",
                    wants_key: object,
                });
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => {
                if let Some(top) = open.last_mut() {
                    top.wants_key = top.object;
                }
            }
            _ => {}
        }
    }
}

/// Calls with the values of tags, and of the same keys of YAML.
fn lines(text: &[u8], mut found: impl FnMut(ByteSpan)) {
    let mut start = 0;
    for line in text.split_inclusive(|&b| b == b'\n') {
        let from = start;
        start += line.len();
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let name = line[..colon].trim_ascii();
        let name = name.strip_prefix(b"- ").unwrap_or(name);
        let mut known = SPDX_TAGS.iter().chain(&SPDX_KEYS);
        if !known.any(|tag| tag.as_bytes() == name) {
            continue;
        }
        let value = line[colon + 1..].trim_ascii();
        let value = value
            .strip_prefix(b"\"")
            .and_then(|v| v.strip_suffix(b"\""))
            .unwrap_or(value);
        if !value.is_empty() {
            let offset = value.as_ptr() as usize - line.as_ptr() as usize;
            found(ByteSpan::new(from + offset, from + offset + value.len()));
        }
    }
}

/// Calls with the place of every element that opens so, and its text's.
fn elements(text: &[u8], opening: &[u8], mut found: impl FnMut(usize, ByteSpan)) {
    for at in memmem::find_iter(text, opening) {
        let rest = &text[at + opening.len()..];
        let Some(inner) = memchr::memchr(b'>', &rest[..rest.len().min(256)]) else {
            continue;
        };
        if !matches!(rest.first(), Some(b'>' | b' ')) {
            continue;
        }
        let start = at + opening.len() + inner + 1;
        let end = memchr::memchr(b'<', &text[start..]).map_or(start, |end| start + end);
        let value = text[start..end].trim_ascii();
        if !value.is_empty() {
            let start = start
                + text[start..end]
                    .iter()
                    .take_while(|b| b.is_ascii_whitespace())
                    .count();
            found(at, ByteSpan::new(start, start + value.len()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stated(name: &str, kind: &str, text: &str) -> Vec<(String, bool)> {
        let bill = Bill::of(name, kind, text.as_bytes()).unwrap();
        let all = bill.stated(text.as_bytes());
        all.iter()
            .map(|one| (text[one.span.range()].to_owned(), one.id))
            .collect()
    }

    fn is(text: &str, id: bool) -> (String, bool) {
        (text.to_owned(), id)
    }

    #[test]
    fn cyclone_dx_states_ids_and_expressions() {
        let text = r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"licenses": [{"license": {"id": "MIT"}}]}},
            "components": [{"name": "id", "licenses": [{"expression": "MIT OR Apache-2.0"}],
            "evidence": {"licenses": [{"license": {"name": "Free", "url": "x"}}]}, "id": "y", "expression": "z"}]}"#;
        assert_eq!(
            stated("a.json", "json", text),
            [is("MIT", true), is("MIT OR Apache-2.0", false)]
        );
        let text = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\"><licenses><license><id>MIT</id></license>\
            <license>\n <id>ISC</id></license><expression>MIT AND ISC</expression></licenses><tool><id>x</id></tool></bom>";
        assert_eq!(
            stated("bom.xml", "xml", text),
            [is("MIT", true), is("ISC", true), is("MIT AND ISC", false)]
        );
    }

    #[test]
    fn spdx_documents_state_expressions() {
        let text = r#"{"spdxVersion": "SPDX-2.3", "packages": [{"name": "licenseDeclared", "licenseDeclared": "MIT",
            "licenseInfoFromFiles": ["ISC", "Zlib"]}]}"#;
        let expected = [is("MIT", false), is("ISC", false), is("Zlib", false)];
        assert_eq!(stated("a.json", "json", text), expected);
        let text = "SPDXVersion: SPDX-2.3\nPackageLicenseDeclared: (MIT OR ISC)\r\nPackageName: LicenseConcluded: x\n";
        assert_eq!(stated("a.spdx", "plain", text), [is("(MIT OR ISC)", false)]);
        let text = "spdxVersion: SPDX-2.3\npackages:\n- licenseDeclared: \"MIT\"\n";
        assert_eq!(stated("a.spdx.yml", "yaml", text), [is("MIT", false)]);
    }

    #[test]
    fn other_files_are_no_bills() {
        assert_eq!(
            Bill::of("package.json", "json", b"{\"license\": \"MIT\"}"),
            None
        );
        assert_eq!(Bill::of("a.xml", "xml", b"<a/>"), None);
        assert_eq!(Bill::of("a.yml", "yaml", b"licenseDeclared: MIT"), None);
    }

    proptest! {
        #[test]
        fn damaged_bills_have_places_inside(text in prop::collection::vec(
            prop::sample::select(vec!["{", "}", "[", "]", "\"", "\\", ",", ":", "licenses", "id", "license", "expression",
                "<license>", "<id>", "<expression>", "</id>", "\n", "PackageLicenseDeclared:", " "]), 0..60)) {
            let text = text.concat();
            for bill in [Bill::SpdxJson, Bill::SpdxLines, Bill::CycloneJson, Bill::CycloneXml] {
                for one in bill.stated(text.as_bytes()) {
                    prop_assert!(one.span.start <= one.span.end && one.span.end <= text.len());
                }
            }
        }
    }
}
