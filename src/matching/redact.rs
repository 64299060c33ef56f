// SPDX-License-Identifier: Apache-2.0
//! A line of a file as a report may show it: printable, short, and without its secrets.

use crate::model::{ByteSpan, EntryPath};
use std::fmt::Write as _;
use std::ops::Range;

/// What is left of a secret, so that its owner knows which one it is.
const SHOWN: usize = 4;
/// Columns that a snippet may take.
const WIDTH: usize = 200;
/// Columns before the focus that stay when a long line is cut.
const LEAD: usize = 60;

const MARK: &str = "…[redacted]";
const CUT: char = '…';

/// The bytes `line` of `text` as one line of printable text of at most 200 columns around
/// `focus`; what is left out at either end leaves an ellipsis.
///
/// Each secret, which may reach beyond the line, shows at most its first four bytes, never more
/// than a quarter of it; one over several lines that starts with a `-----BEGIN …-----` shows
/// that. Spans may come in any order and may overlap.
pub fn redact_line(text: &[u8], line: ByteSpan, focus: ByteSpan, secrets: &[ByteSpan]) -> String {
    let end = line.end.min(text.len());
    let start = line.start.min(end);
    let focus = focus.start.clamp(start, end);
    let mut shown = Shown::default();
    let secrets = merged(text, secrets);
    let Range { start, end } = near(start..end, focus, &secrets);
    let mut at = start;
    for secret in secrets {
        if secret.end <= at || secret.start >= end {
            continue;
        }
        shown.plain(&text[at..secret.start.max(at)], at, focus);
        let open = secret.start + head(&text[secret.range()]);
        let from = secret.start.max(at);
        if (secret.start..secret.end).contains(&focus) {
            shown.focus = Some(shown.cells.len());
        }
        shown.plain(&text[from..open.clamp(from, end)], from, focus);
        shown.cells.extend(MARK.chars().map(String::from));
        at = secret.end.min(end);
    }
    shown.plain(&text[at..end], at, focus);
    shown.cut()
}

/// Bytes on either side of the focus of which a line's snippet is made: far more than its columns
/// can show, since four bytes make a column at least.
const NEAR: usize = 16 << 10;
/// How many of them a secret stands for, whatever its length: it takes the columns of its mark.
const MARKED: usize = 256;

/// The part of a line from which its snippet around `focus` is made, given the secrets in it: all but of
/// very long lines.
pub fn snippet_part(text: &[u8], line: ByteSpan, focus: usize, secrets: &[ByteSpan]) -> ByteSpan {
    let end = line.end.min(text.len());
    let line = line.start.min(end)..end;
    let part = near(
        line.clone(),
        focus.clamp(line.start, end),
        &merged(text, secrets),
    );
    ByteSpan::new(part.start, part.end)
}

/// The same for secrets in order, none of which overlap.
fn near(line: Range<usize>, focus: usize, secrets: &[ByteSpan]) -> Range<usize> {
    // Bytes that are left once so many are shown, or none; the edge never lies in a secret.
    let left = |seen: &mut usize, shown: usize| {
        let left = NEAR.saturating_sub(*seen);
        *seen = seen.saturating_add(shown);
        (*seen >= NEAR).then_some(left)
    };
    let first = secrets.partition_point(|secret| secret.start < focus);
    let (mut start, mut seen) = (focus, 0);
    let before = secrets[..first].iter().rev();
    let cut = before
        .take_while(|secret| secret.end > line.start)
        .find_map(|secret| {
            let cut = left(&mut seen, start.saturating_sub(secret.end)).map(|left| start - left);
            start = start.min(secret.start);
            seen += MARKED;
            cut
        });
    let start = cut.unwrap_or_else(|| start.saturating_sub(NEAR.saturating_sub(seen)));
    let (mut end, mut seen) = (focus, 0);
    // One that holds the focus is passed over first.
    let behind = secrets[first.saturating_sub(1)..].iter();
    let cut = behind
        .filter(|secret| secret.end > focus)
        .take_while(|secret| secret.start < line.end)
        .find_map(|secret| {
            let cut = left(&mut seen, secret.start.saturating_sub(end)).map(|left| end + left);
            end = end.max(secret.end);
            seen += MARKED;
            cut
        });
    let end = cut.unwrap_or_else(|| end.saturating_add(NEAR.saturating_sub(seen)));
    start.max(line.start)..end.min(line.end)
}

/// Parts of a line that holds secrets which look like secrets, too: long runs of mixed letters and digits, and
/// what stands behind a flag for a password. Who put one secret on a line may have put another beside it
/// that no rule knows. Nothing where the line holds none of `secrets`.
pub fn beside(text: &[u8], line: ByteSpan, secrets: &[ByteSpan]) -> Vec<ByteSpan> {
    const SHORTEST: usize = 20;
    const FLAGS: [&[u8]; 5] = [b"pass", b"pwd", b"secret", b"token", b"key"];
    let secrets = merged(text, secrets);
    let part = line.start.min(text.len())..line.end.min(text.len());
    let is_here = |secret: &ByteSpan| secret.start < part.end && part.start < secret.end;
    if part.is_empty() || !secrets.iter().any(is_here) {
        return Vec::new();
    }
    let (mut found, mut at) = (Vec::new(), part.start);
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-".contains(byte);
    for run in text[part.clone()].split(|byte| !belongs(byte)) {
        let count = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count();
        let digits = count(u8::is_ascii_digit);
        let letters = count(u8::is_ascii_alphabetic);
        // Words and names hold few digits, numbers few letters.
        let mixed = run.len() >= SHORTEST && digits >= 3 && letters >= 5;
        if mixed && !is_name(&text[..at], &text[at + run.len()..]) {
            found.push(ByteSpan::new(at, at + run.len()));
        }
        at += run.len() + 1;
    }
    let (mut flagged, mut at) = (false, part.start);
    for word in text[part].split(u8::is_ascii_whitespace) {
        let is_flag = word.starts_with(b"-");
        if flagged && !is_flag && !word.is_empty() {
            found.push(ByteSpan::new(at, at + word.len()));
        }
        let name = word.to_ascii_lowercase();
        let named = |part: &[u8]| memchr::memmem::find(&name, part).is_some();
        flagged = is_flag && FLAGS.into_iter().any(named);
        at += word.len() + 1;
    }
    found.extend(passwords(text, line));
    found.retain(|one| !secrets.iter().any(|secret| secret.overlaps(*one)));
    found.sort_unstable();
    found.dedup();
    found
}

/// What stands between quotes or tabs on a line and mixes letters, digits and perhaps signs as passwords do: the
/// other users of a map, the other columns of a row.
fn passwords(text: &[u8], line: ByteSpan) -> Vec<ByteSpan> {
    const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;
    let (start, end) = (line.start.min(text.len()), line.end.min(text.len()));
    let (mut found, mut at) = (Vec::new(), start);
    let bounds = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'\t');
    for field in text[start..end].split(bounds) {
        let count = |is: fn(&u8) -> bool| field.iter().filter(|byte| is(byte)).count();
        let digits = count(u8::is_ascii_digit);
        let kinds = [
            digits > 0,
            count(u8::is_ascii_lowercase) > 0,
            count(u8::is_ascii_uppercase) > 0,
            field.iter().any(|byte| b"!#$%&*+=?@^~".contains(byte)),
        ];
        let plain = field.iter().all(|byte| byte.is_ascii_graphic());
        let mixed = kinds.into_iter().filter(|kind| *kind).count() >= 3;
        // Names, addresses and paths mix less, or hold marks of their own.
        let other = field.iter().any(|byte| b"/\\:;,(){}[]<>".contains(byte));
        if LENGTHS.contains(&field.len()) && digits > 0 && plain && mixed && !other {
            found.push(ByteSpan::new(at, at + field.len()));
        }
        at += field.len() + 1;
    }
    found
}

/// Whether what stands between these names a value rather than being one: `NAME_2025=`, `name-2025: `. A value in
/// quotes, or with more than one sign behind it, is padded.
fn is_name(before: &[u8], after: &[u8]) -> bool {
    match after {
        [b'=', b'=', ..] => false,
        [b'=', ..] => !before.ends_with(b"\"") && !before.ends_with(b"'"),
        [b':', next, ..] => next.is_ascii_whitespace(),
        _ => false,
    }
}

/// How much of a secret may be seen.
fn head(secret: &[u8]) -> usize {
    let quarter = SHOWN.min(secret.len() / 4);
    let first = secret.split(|&b| b == b'\n').next().unwrap_or(secret);
    let marker = first.strip_suffix(b"\r").unwrap_or(first);
    // The word before the key, not a byte of it: letters and spaces between dashes.
    let is_marker = first.len() < secret.len()
        && marker.len() <= 64
        && marker
            .strip_prefix(b"-----BEGIN ")
            .and_then(|rest| rest.strip_suffix(b"-----"))
            .is_some_and(|name| name.iter().all(|b| b.is_ascii_uppercase() || *b == b' '));
    if is_marker { marker.len() } else { quarter }
}

/// Sorted, inside the text, and one where several overlap or touch.
fn merged(text: &[u8], secrets: &[ByteSpan]) -> Vec<ByteSpan> {
    let clamp = |span: &ByteSpan| {
        let end = span.end.min(text.len());
        ByteSpan::new(span.start.min(end), end)
    };
    let mut spans: Vec<_> = secrets
        .iter()
        .map(clamp)
        .filter(|s| !s.is_empty())
        .collect();
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let touch = next.start <= kept.end;
        if touch {
            kept.end = kept.end.max(next.end);
        }
        touch
    });
    spans
}

/// A line as cells, one for each code point of the text; an escape is one cell, so that a cut
/// never splits it.
#[derive(Default)]
struct Shown {
    cells: Vec<String>,
    focus: Option<usize>,
}

impl Shown {
    /// Adds bytes that stand at `at` in the text.
    fn plain(&mut self, bytes: &[u8], mut at: usize, focus: usize) {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                self.note(at, c.len_utf8(), focus);
                at += c.len_utf8();
                let mut cell = String::new();
                match c {
                    '\t' => cell.push(' '),
                    _ => cell.push_str(&EntryPath::escape(c.encode_utf8(&mut [0; 4]).as_bytes())),
                }
                self.cells.push(cell);
            }
            if !chunk.invalid().is_empty() {
                self.note(at, chunk.invalid().len(), focus);
                at += chunk.invalid().len();
                self.cells.push(char::REPLACEMENT_CHARACTER.to_string());
            }
        }
    }

    fn note(&mut self, at: usize, length: usize, focus: usize) {
        if self.focus.is_none() && (at..at + length).contains(&focus) {
            self.focus = Some(self.cells.len());
        }
    }

    /// At most [`WIDTH`] columns, the focus among them.
    fn cut(self) -> String {
        let width = |cell: &String| cell.chars().count();
        let total: usize = self.cells.iter().map(width).sum();
        let mut out = String::new();
        if total <= WIDTH {
            out.extend(self.cells);
            return out;
        }
        let focus = self.focus.unwrap_or(self.cells.len());
        let mut lead = 0;
        let before = self.cells[..focus].iter().rev();
        let mut from = focus
            - before
                .take_while(|cell| {
                    lead += width(cell);
                    lead <= LEAD
                })
                .count();
        // A focus near the end leaves room: fill it from the left.
        let mut rest: usize = self.cells[from..].iter().map(width).sum();
        while from > 0 && rest + width(&self.cells[from - 1]) < WIDTH {
            from -= 1;
            rest += width(&self.cells[from]);
        }
        let mut columns = 0;
        if from > 0 {
            out.push(CUT);
            columns = 1;
        }
        for (index, cell) in self.cells.iter().enumerate().skip(from) {
            let last = index + 1 == self.cells.len();
            columns += width(cell);
            if columns + usize::from(!last) > WIDTH {
                out.push(CUT);
                break;
            }
            // Writing to a String cannot fail.
            let _ = out.write_str(cell);
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(text: &str, part: &str) -> ByteSpan {
        let start = text.find(part).unwrap();
        ByteSpan::new(start, start + part.len())
    }

    #[test]
    fn other_values_of_a_map_and_other_columns_are_hidden() {
        let hidden = |text: &str, secret: &str| -> Vec<String> {
            let found = beside(text.as_bytes(), whole(text), &[span(text, secret)]);
            found
                .iter()
                .map(|one| text[one.range()].to_owned())
                .collect()
        };
        let text = r#"{"ada": "Correct#Horse9", "bob": "Zx9#kkQ2!mmT", "url": "https://a.io/B2"}"#;
        assert_eq!(hidden(text, "Correct#Horse9"), ["Zx9#kkQ2!mmT"]);
        let text = "1\tada\tsecret-1-Value\tkQ7vZx2LpW\t2024-01-01";
        assert_eq!(hidden(text, "secret-1-Value"), ["kQ7vZx2LpW"]);
        assert!(hidden("key('VALUE', 'Version', 'utf8')", "VALUE").is_empty());
    }

    fn whole(text: &str) -> ByteSpan {
        ByteSpan::new(0, text.len())
    }

    #[test]
    fn a_secret_keeps_four_bytes_at_most() {
        let text = "key = \"abcdefghijklmnopqrstuvwxyz\"";
        let secret = span(text, "abcdefghijklmnopqrstuvwxyz");
        assert_eq!(
            redact_line(text.as_bytes(), whole(text), secret, &[secret]),
            "key = \"abcd…[redacted]\""
        );
        let text = "pw: hunter2!";
        let secret = span(text, "hunter2!");
        assert_eq!(
            redact_line(text.as_bytes(), whole(text), secret, &[secret]),
            "pw: hu…[redacted]"
        );
    }

    #[test]
    fn what_looks_like_a_secret_beside_one_is_hidden_too() {
        let other = "q8Zr2".repeat(8);
        let text =
            format!("new Client(\"abcdefghijklmnop\", \"{other}\", region_of_the_bucket_eu)");
        let secret = span(&text, "abcdefghijklmnop");
        let redacted = |text: &str, secret: ByteSpan| {
            let mut all = beside(text.as_bytes(), whole(text), &[secret]);
            all.push(secret);
            redact_line(text.as_bytes(), whole(text), secret, &all)
        };
        assert_eq!(
            redacted(&text, secret),
            "new Client(\"abcd…[redacted]\", \"q8Zr…[redacted]\", region_of_the_bucket_eu)"
        );
        assert_eq!(beside(text.as_bytes(), whole(&text), &[]), []);
        let text = "keytool -storepass abcdefghijklmnop -keypass otherword -v";
        let secret = span(text, "abcdefghijklmnop");
        assert_eq!(
            redacted(text, secret),
            "keytool -storepass abcd…[redacted] -keypass ot…[redacted] -v"
        );
        let text = "DEPLOY_TOKEN_2025_11=abcdefghijklmnop";
        assert_eq!(
            redacted(text, span(text, "abcdefghijklmnop")),
            "DEPLOY_TOKEN_2025_11=abcd…[redacted]"
        );
        let user = "12ab9".repeat(8);
        let text = format!("https://{user}:abcdefghijklmnop@host");
        assert_eq!(
            redacted(&text, span(&text, "abcdefghijklmnop")),
            "https://12…[redacted]:abcd…[redacted]@host"
        );
    }

    #[test]
    fn overlapping_secrets_show_one_head() {
        let text = "x=abcdefghijklmnop;";
        let spans = [
            span(text, "ijklmnop"),
            span(text, "abcdefghijkl"),
            span(text, "efgh"),
        ];
        assert_eq!(
            redact_line(text.as_bytes(), whole(text), spans[0], &spans),
            "x=abcd…[redacted];"
        );
    }

    #[test]
    fn a_key_over_lines_shows_its_marker_only() {
        let marker = format!("-----BEGIN {} KEY-----", "PRIVATE");
        let text = format!("k='{marker}\nMIIEvQIBADANBgkq\nhkiG9w0BAQ\n' # end");
        let secret = ByteSpan::new(3, text.find("' #").unwrap());
        let lines: Vec<_> = text
            .split('\n')
            .scan(0, |at, line| {
                let span = ByteSpan::new(*at, *at + line.len());
                *at += line.len() + 1;
                Some(redact_line(text.as_bytes(), span, secret, &[secret]))
            })
            .collect();
        assert_eq!(lines[0], format!("k='{marker}…[redacted]"));
        assert_eq!(lines[1], "…[redacted]");
        assert_eq!(lines[2], "…[redacted]");
        assert_eq!(lines[3], "' # end");
        let several = redact_line(text.as_bytes(), whole(&text), secret, &[secret]);
        assert_eq!(several, format!("k='{marker}…[redacted]' # end"));
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        let text = b"a\x1b[31m\tb\xff\xe2\x80\xaec";
        let all = ByteSpan::new(0, text.len());
        assert_eq!(
            redact_line(text, all, all, &[]),
            "a\\u{1b}[31m b\u{fffd}\\u{202e}c"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_focus() {
        let text = format!("{}needle{}", "a".repeat(5000), "b".repeat(5000));
        let shown = redact_line(text.as_bytes(), whole(&text), span(&text, "needle"), &[]);
        assert_eq!(shown.chars().count(), 200);
        assert!(shown.starts_with("…aaa") && shown.contains("needle") && shown.ends_with("b…"));
        let end = ByteSpan::new(text.len() - 3, text.len());
        let shown = redact_line(text.as_bytes(), whole(&text), end, &[]);
        assert_eq!(shown.chars().count(), 200);
        assert!(shown.starts_with("…") && shown.ends_with("bbb"));
    }

    proptest! {
        #[test]
        fn no_part_of_a_secret_survives(
            before in "[ a-z=\"\u{1}\u{e9}]{0,300}",
            secret in "[A-Z0-9]{9,400}",
            after in "[ a-z\";\n]{0,300}",
            from in 0..1000usize,
            to in 0..1000usize,
            focus in 0..1000usize,
            cut in 0..400usize,
        ) {
            let text = format!("{before}{secret}{after}");
            let start = before.len();
            let end = start + secret.len();
            let cut = start + cut.min(secret.len());
            // One span, or two that share the secret between them.
            let spans = [ByteSpan::new(cut.saturating_sub(3).max(start), end), ByteSpan::new(start, cut)];
            let line = ByteSpan::new(from.min(to), to.max(from));
            let shown = redact_line(text.as_bytes(), line, ByteSpan::new(focus, focus + 1), &spans);
            for window in secret.as_bytes().windows(8) {
                let window = std::str::from_utf8(window).unwrap();
                prop_assert!(!shown.contains(window), "{} in {}", window, shown);
            }
            prop_assert!(shown.chars().count() <= WIDTH);
            prop_assert!(!shown.chars().any(char::is_control));
        }

        #[test]
        fn any_bytes_and_spans_are_safe(
            text in prop::collection::vec(any::<u8>(), 0..300),
            spans in prop::collection::vec((0..400usize, 0..400usize), 0..6),
            line in (0..400usize, 0..400usize),
        ) {
            let spans: Vec<_> = spans.into_iter().map(|(a, b)| ByteSpan::new(a, b)).collect();
            let line = ByteSpan::new(line.0, line.1);
            let shown = redact_line(&text, line, line, &spans);
            prop_assert!(shown.chars().count() <= WIDTH);
        }
    }
}
