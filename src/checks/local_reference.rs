// SPDX-License-Identifier: Apache-2.0
//! References to folders of the build machine in the metadata of Python packages:
//! `direct_url.json` (PEP 610), `.pth` files (the `site` module) and `.egg-link`.

use super::EntryCheck;
use crate::classify::Classified;
use crate::model::{ByteSpan, Draft};
use crate::rules::Rule;

/// Emits one finding per reference.
pub(super) struct LocalReference;

impl EntryCheck for LocalReference {
    fn name(&self) -> &'static str {
        "local-reference"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        let name = entry.path.file_name();
        !entry.text.is_binary()
            && (name == "direct_url.json" || name.ends_with(".pth") || name.ends_with(".egg-link"))
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let text = entry.text.bytes();
        let mut emit = |span: ByteSpan, what: &str| {
            let shown = String::from_utf8_lossy(&text[span.range()]).into_owned();
            let description = format!("{what} `{shown}`.");
            out.push(Draft::new(rule.meta.id.clone(), entry.path, description).at(span));
        };
        if entry.path.file_name() == "direct_url.json" {
            if let Some(span) = file_address(text) {
                emit(span, "The package says it was installed from");
            }
            return;
        }
        let what = "The line adds a folder of the build machine:";
        let mut at = 0;
        for line in text.split_inclusive(|&b| b == b'\n') {
            let from = at;
            at += line.len();
            let line = line.trim_ascii_end();
            // `import ...` lines of a .pth are run, all others are folders.
            if is_absolute(line) {
                emit(ByteSpan::new(from, from + line.len()), what);
            }
        }
    }
}

/// The value of the top-level `url`, when it is a file address.
fn file_address(text: &[u8]) -> Option<ByteSpan> {
    let parsed: serde_json::Value = serde_json::from_slice(text).ok()?;
    let url = parsed.get("url")?.as_str()?;
    let path = url.strip_prefix("file:")?;
    if !path.starts_with('/') {
        return None;
    }
    let at = memchr::memmem::find(text, b"file:").unwrap_or(0);
    let end = text[at..]
        .iter()
        .position(|&b| b == b'"')
        .map_or(text.len(), |length| at + length);
    Some(ByteSpan::new(at, end))
}

fn is_absolute(line: &[u8]) -> bool {
    match line {
        [b'/', rest @ ..] => !rest.is_empty(),
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => line.starts_with(b"\\\\"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_file_address_is_found_where_it_stands() {
        let text = br#"{"dir_info": {"editable": true}, "url": "file:///srv/engine"}"#;
        let span = file_address(text).unwrap();
        assert_eq!(&text[span.range()], b"file:///srv/engine");
    }

    #[test]
    fn an_index_address_is_none() {
        assert_eq!(
            file_address(br#"{"url": "https://example.org/x.whl"}"#),
            None
        );
        assert_eq!(file_address(b"{"), None);
    }

    #[test]
    fn absolute_lines() {
        assert!(is_absolute(b"/srv/engine/src"));
        assert!(is_absolute(b"C:\\engine\\src"));
        assert!(!is_absolute(b"import engine"));
        assert!(!is_absolute(b"../src"));
        assert!(!is_absolute(b"/"));
    }
}
