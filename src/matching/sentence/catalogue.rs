// SPDX-License-Identifier: Apache-2.0
//! Texts of a program in one language: catalogues of gettext, and which files of JSON are one.

use super::config::emit;
use super::fold::Inline;
use super::{Line, Shape, Sink, each_line};

/// The translations of a gettext catalogue: strings behind `msgstr`, one below the other.
pub(super) fn read(text: &[u8], sink: &mut Sink<'_>) {
    let mut value: Vec<Line> = Vec::new();
    let mut is_open = false;
    let flush = |value: &mut Vec<Line>, sink: &mut Sink<'_>| {
        if !value.is_empty() {
            emit(text, value, Inline::Escapes, Shape::Prose, &[], sink);
        }
        value.clear();
    };
    for line in each_line(text, 0, text.len()) {
        if !sink.wants_from(line.start) && value.is_empty() {
            break;
        }
        let raw = &text[line.start..line.end];
        let begins = raw.starts_with(b"msgstr");
        if begins || !raw.starts_with(b"\"") {
            flush(&mut value, sink);
            is_open = begins;
        }
        let quotes = memchr::memchr(b'"', raw).zip(memchr::memrchr(b'"', raw));
        if let (true, Some((from, to))) = (is_open, quotes)
            && from < to
        {
            value.push(Line {
                start: line.start + from + 1,
                end: line.start + to,
            });
        }
    }
    flush(&mut value, sink);
}

/// Whether a file of JSON is one, by its name: all its values are read.
pub(super) fn is_json(name: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "i18n",
        "l10n",
        "lang",
        "langs",
        "languages",
        "locale",
        "locales",
        "translations",
    ];
    let mut parts = name.rsplit('/');
    let base = parts.next().unwrap_or(name);
    let stem = base.split('.').next().unwrap_or(base);
    let english = ["en", "en-US", "en_US", "en-GB", "en_GB"].contains(&stem);
    english || FOLDERS.contains(&stem) || parts.take(3).any(|part| FOLDERS.contains(&part))
}
