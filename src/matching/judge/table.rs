// SPDX-License-Identifier: Apache-2.0
//! Cells of tables: what a value is called stands in its column's head, lines above it.

use super::{Context, Opinion, generic, name};

/// Bytes before a cell in which its table's head is looked for.
const REACH: usize = 8 << 10;

/// `table-cell`: the hit is a cell; it counts when its column's head names a secret and the value
/// can be one. Tables of Markdown, reStructuredText, HTML, SQL, and those of commas, semicolons, tabs.
pub(super) fn cell(context: &Context<'_>) -> Opinion {
    // Most cells are words; what stands above them need not be read.
    if !generic::is_convincing(context.secret()) {
        return Opinion::Acquitted;
    }
    let head = head(context.text, context.hit.start);
    // "Key" alone is called what is none as well.
    let told = |head: &Vec<u8>| {
        names_secret(head) || is_key(head) && generic::is_generated(context.secret())
    };
    let Some(head) = head.filter(told) else {
        return Opinion::Acquitted;
    };
    let name: Vec<u8> = head
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    generic::weigh(context, &name)
}

/// A head that says what its column holds: a few words at most, one of them a secret's.
fn names_secret(head: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"password",
        b"passwd",
        b"pwd",
        b"pass",
        b"secret",
        b"token",
        b"apikey",
        b"accesskey",
        b"passphrase",
        b"credential",
        b"credentials",
        b"passwort",
    ];
    let lower: Vec<u8> = head
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    head.len() <= 40 && WORDS.iter().any(|word| lower.ends_with(word)) && !name::holds_none(&lower)
}

/// `Key`, `Keys`, `Live key`.
fn is_key(head: &[u8]) -> bool {
    let lower = head.to_ascii_lowercase();
    head.len() <= 16
        && (lower.ends_with(b"key") || lower.ends_with(b"keys"))
        && !name::holds_none(&lower)
}

/// The head of the column that `at` stands in.
fn head(text: &[u8], at: usize) -> Option<Vec<u8>> {
    let floor = at.saturating_sub(REACH);
    let before = &text[floor..at];
    let from = memchr::memrchr(b'\n', before).map_or(0, |found| found + 1);
    let to = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |found| at + found);
    let row = &text[floor + from..to.min(at + 1024)];
    let column = before.len() - from;
    if let Some(head) = html_head(before)
        .or_else(|| sql_head(before))
        .or_else(|| copy_head(before))
    {
        return Some(head);
    }
    let above = &before[..from];
    if row.contains(&b'|') {
        let lines = contiguous(above, |line| {
            matches!(line.first(), Some(b'|' | b'+')) || line.contains(&b'|')
        });
        let first = lines.into_iter().find(|line| line.contains(&b'|'))?;
        return nth_cell(first, b'|', count(&row[..column], b'|'));
    }
    for mark in [b'\t', b';', b','] {
        let cells = count(row, mark);
        if cells > 0 {
            let lines = contiguous(above, |line| count(line, mark) == cells);
            if let Some(first) = lines.first() {
                return nth_cell(first, mark, count(&row[..column], mark));
            }
        }
    }
    // Columns by their place on the line.
    let lines = contiguous(above, |line| !line.trim_ascii().is_empty());
    lines.into_iter().rev().find_map(|line| {
        let head = line.get(column..)?;
        let end = memchr::memmem::find(head, b"  ").unwrap_or(head.len());
        let starts =
            column == 0 || line[..column].ends_with(b"  ") || line[..column].ends_with(b"\t");
        let word = head[..end].trim_ascii();
        (starts && names_secret(word)).then(|| word.to_vec())
    })
}

/// The lines at the end of `text` that fit, first to last.
fn contiguous(text: &[u8], fits: impl Fn(&[u8]) -> bool) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text
        .strip_suffix(b"\n")
        .unwrap_or(text)
        .rsplit(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| fits(line))
        .collect();
    lines.reverse();
    lines
}

fn count(line: &[u8], mark: u8) -> usize {
    memchr::memchr_iter(mark, line).count()
}

fn nth_cell(line: &[u8], mark: u8, number: usize) -> Option<Vec<u8>> {
    let cell = line.split(|&b| b == mark).nth(number)?;
    let bare = cell
        .iter()
        .filter(|b| !matches!(b, b'*' | b'`' | b'"' | b'\''));
    Some(bare.copied().collect::<Vec<u8>>().trim_ascii().to_vec())
}

/// In `INSERT INTO t (a, b) VALUES (1, '`, the column of the same number.
fn sql_head(before: &[u8]) -> Option<Vec<u8>> {
    let lower = before.to_ascii_lowercase();
    let insert = memchr::memmem::rfind(&lower, b"insert into")?;
    let open = insert + memchr::memchr(b'(', &lower[insert..])?;
    let close = open + memchr::memchr(b')', &lower[open..])?;
    let rest = lower[close + 1..]
        .trim_ascii_start()
        .strip_prefix(b"values")?;
    // Which value of which row the text ends in.
    let (mut row, mut number, mut quoted) = (false, 0, false);
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'\'' => quoted = !quoted,
            _ if quoted => {}
            b'(' => (row, number) = (true, 0),
            b')' => row = false,
            b',' if row => number += 1,
            b';' if !row => return None,
            _ => {}
        }
        at += 1;
    }
    if !row {
        return None;
    }
    nth_cell(&before[open + 1..close], b',', number)
}

/// In the rows behind `COPY t (a, b) FROM stdin;`, the column of the same number.
fn copy_head(before: &[u8]) -> Option<Vec<u8>> {
    let lower = before.to_ascii_lowercase();
    let call = memchr::memmem::rfind(&lower, b") from stdin;")?;
    let open = memchr::memrchr(b'(', &lower[..call])?;
    let rows = &before[call..];
    let row = memchr::memrchr(b'\n', rows)?;
    // The rows' end.
    if memchr::memmem::find(rows, b"\n\\.").is_some() {
        return None;
    }
    nth_cell(&before[open + 1..call], b',', count(&rows[row..], b'\t'))
}

/// In `<tr>`, the cell of the same number in the table's first row.
fn html_head(before: &[u8]) -> Option<Vec<u8>> {
    let row = memchr::memmem::rfind(before, b"<tr")?;
    let cells = |part: &[u8]| {
        memchr::memmem::find_iter(part, b"<td").count()
            + memchr::memmem::find_iter(part, b"<th").count()
            - memchr::memmem::find_iter(part, b"<thead").count()
    };
    let number = cells(&before[row..]);
    if number == 0 || memchr::memmem::find(&before[row..], b"</tr").is_some() {
        return None;
    }
    // A part of a page may hold rows alone.
    let table = memchr::memmem::rfind(&before[..row], b"<table")
        .or_else(|| memchr::memmem::find(&before[..row], b"<tr"))?;
    let first = &before[table..row];
    let first = &first[..memchr::memmem::find(first, b"</tr").unwrap_or(first.len())];
    let mut seen = 0;
    for at in memchr::memchr_iter(b'<', first) {
        let tag = &first[at..];
        let opens =
            (tag.starts_with(b"<td") || tag.starts_with(b"<th")) && !tag.starts_with(b"<thead");
        seen += usize::from(opens);
        if opens && seen == number {
            let inside = &tag[memchr::memchr(b'>', tag)? + 1..];
            let end = memchr::memchr(b'<', inside).unwrap_or(inside.len());
            return Some(inside[..end].trim_ascii().to_vec());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(text: &str) -> Option<String> {
        let at = text.find("VALUE").unwrap_or(0);
        head(text.as_bytes(), at).map(|head| String::from_utf8_lossy(&head).into_owned())
    }

    #[test]
    fn a_cell_finds_its_head() {
        for text in [
            "| user | **Password** |\n|---|---|\n| a | b |\n| ops | VALUE |\n",
            "text, with commas\n\nname,Password\nx,y\nops,VALUE\n",
            "user\tPassword\nops\tVALUE\n",
            "<table><thead><tr><th>user</th><th>Password</th></tr></thead>\n<tr><td>a</td><td>b</td></tr>\n<tr><td>ops</td><td>VALUE</td></tr>",
            "===== ========\nuser  Password\n===== ========\nops   VALUE\n===== ========\n",
        ] {
            assert_eq!(head_of(text).as_deref(), Some("Password"), "{text}");
        }
        assert_eq!(
            head_of("| Password | user |\n|---|---|\n| ops | VALUE |\n").as_deref(),
            Some("user")
        );
        assert_eq!(head_of("nothing VALUE here"), None);
        let insert =
            "INSERT INTO `clients` (`id`, `name`, `secret`) values\n(1, 'a, (b', 'x'),\n(2, 'web'";
        assert_eq!(
            head_of(&format!("{insert}, 'VALUE');")).as_deref(),
            Some("secret")
        );
        assert_eq!(head_of(&format!("{insert}, 'x'); f('VALUE')")), None);
        let copy = "COPY public.clients (id, name, secret) FROM stdin;\n1\tweb\tx\n";
        assert_eq!(
            head_of(&format!("{copy}2\tapp\tVALUE")).as_deref(),
            Some("secret")
        );
        assert_eq!(head_of(&format!("{copy}\\.\n2\tapp\tVALUE")), None);
        let rows = "<tr><th>user</th><th>secret</th></tr><tr><td>ops</td><td>VALUE";
        assert_eq!(head_of(rows).as_deref(), Some("secret"));
    }

    #[test]
    fn heads_that_speak_of_secrets_hold_none() {
        assert!(names_secret(b"API key") && names_secret(b"Password"));
        for head in [
            &b"password policy"[..],
            b"token type",
            b"user",
            b"key",
            b"token count",
        ] {
            assert!(!names_secret(head));
        }
    }
}
