// SPDX-License-Identifier: Apache-2.0
//! How the languages write comments and strings, as far as reading their prose needs it.

use crate::classify::{CommentStyle, Kind};

/// What a byte may begin outside of comments and strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// White space within a line.
    Space,
    /// A line's end.
    Newline,
    /// A name or a number, nothing else.
    Word,
    /// An operator or a bracket, nothing else.
    Code,
    /// Perhaps a comment or a string.
    Mark,
}

/// Marks of comments and strings.
pub(super) struct Syntax {
    /// Opens a comment that runs to the end of the line.
    pub(super) line: &'static [&'static [u8]],
    /// Open and close a comment.
    pub(super) block: &'static [(&'static [u8], &'static [u8])],
    /// `'` opens a string (else a character).
    pub(super) single: bool,
    /// `"` opens a string.
    pub(super) double: bool,
    /// A backtick opens a string over several lines.
    pub(super) tick: bool,
    /// Three quotes open a string over several lines.
    pub(super) triple: bool,
    /// `"` may run over lines; `r#"` exists.
    pub(super) rust: bool,
    /// Bytes that may open a comment.
    pub(super) opens: [bool; 256],
    /// By byte.
    pub(super) roles: [Role; 256],
    /// A `#` opens a comment only after white space.
    pub(super) spaced_hash: bool,
}

impl Syntax {
    /// The syntax of a kind of source file.
    pub(super) fn of(kind: Kind) -> Self {
        type Marks = (
            &'static [&'static [u8]],
            &'static [(&'static [u8], &'static [u8])],
        );
        let (line, block): Marks = match kind.comments {
            CommentStyle::Hash => match kind.id {
                "powershell" => (&[b"#"], &[(b"<#", b"#>")]),
                "julia" => (&[b"#"], &[(b"#=", b"=#")]),
                "terraform" | "nix" => (&[b"#", b"//"], &[(b"/*", b"*/")]),
                _ => (&[b"#"], &[]),
            },
            CommentStyle::Slash if kind.id == "php" => (&[b"//", b"#"], &[(b"/*", b"*/")]),
            CommentStyle::Slash => (&[b"//"], &[(b"/*", b"*/")]),
            CommentStyle::Block => (&[], &[(b"/*", b"*/")]),
            CommentStyle::Dash => match kind.id {
                "lua" => (&[b"--"], &[(b"--[[", b"]]")]),
                "sql" => (&[b"--"], &[(b"/*", b"*/")]),
                _ => (&[b"--"], &[(b"{-", b"-}")]),
            },
            CommentStyle::Semicolon => (&[b";"], &[]),
            CommentStyle::Percent => (&[b"%"], &[]),
            CommentStyle::Quote => (&[b"\""], &[]),
            CommentStyle::Batch => (&[b"::", b"rem ", b"REM "], &[]),
            CommentStyle::Dots => (&[b".. "], &[]),
            CommentStyle::Pascal => (&[], &[(b"(*", b"*)")]),
            CommentStyle::Markup | CommentStyle::None => (&[], &[]),
        };
        let id = kind.id;
        let mut opens = [false; 256];
        for mark in line.iter().chain(block.iter().map(|(open, _)| open)) {
            opens[usize::from(mark[0])] = true;
        }
        let rust = id == "rust";
        let mut roles = PLAIN;
        for (role, opens) in roles.iter_mut().zip(opens) {
            if opens {
                *role = Role::Mark;
            }
        }
        if rust {
            // Raw strings and strings of bytes.
            roles[usize::from(b'r')] = Role::Mark;
            roles[usize::from(b'b')] = Role::Mark;
        }
        Self {
            line,
            block,
            single: matches!(
                id,
                "python"
                    | "javascript"
                    | "typescript"
                    | "ruby"
                    | "php"
                    | "dart"
                    | "groovy"
                    | "shell"
                    | "perl"
                    | "lua"
                    | "powershell"
                    | "r"
            ),
            double: !matches!(
                kind.comments,
                CommentStyle::Quote
                    | CommentStyle::Batch
                    | CommentStyle::Percent
                    | CommentStyle::Block
            ),
            tick: matches!(id, "javascript" | "typescript" | "go"),
            triple: matches!(
                id,
                "python" | "kotlin" | "scala" | "swift" | "java" | "julia" | "elixir" | "groovy"
            ),
            rust,
            opens,
            roles,
            spaced_hash: !matches!(id, "python"),
        }
    }
}

/// Whether a byte belongs to a name or a number.
pub(super) fn is_word(byte: u8) -> bool {
    PLAIN[usize::from(byte)] == Role::Word
}

/// Roles in a language in which only quotes mark anything.
const PLAIN: [Role; 256] = {
    let mut roles = [Role::Code; 256];
    let mut byte = 0;
    while byte < 256 {
        let of = byte as u8;
        roles[byte] = match of {
            b'\n' => Role::Newline,
            b'"' | b'\'' | b'`' => Role::Mark,
            _ if of.is_ascii_whitespace() => Role::Space,
            _ if of.is_ascii_alphanumeric() || of == b'_' || of >= 0x80 => Role::Word,
            _ => Role::Code,
        };
        byte += 1;
    }
    roles
};
