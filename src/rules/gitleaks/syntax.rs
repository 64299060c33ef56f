// SPDX-License-Identifier: Apache-2.0
//! Patterns as Go reads them, written as our engine reads them. Both are RE2's syntax at heart;
//! what differs is translated, and what has no counterpart is refused with its place.

/// A pattern that cannot be taken over: the byte where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) at: usize,
    pub(super) cause: String,
}

/// Which groups hold the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// No matter: the pattern is an allow-list's.
    None,
    /// The first group that took part and is not empty; the whole match without groups.
    First,
    /// The group of this number.
    Group(usize),
}

/// Translates `pattern`. The groups of the secret are named `hit`, `hit_2` and so on, all others
/// capture nothing.
pub(super) fn translate(pattern: &str, secret: Secret) -> Result<String, Refused> {
    let mut translation = Translation {
        source: pattern,
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        groups: 0,
        hits: 0,
        secret,
    };
    while translation.at < pattern.len() {
        translation.step()?;
    }
    if let Secret::Group(number) = secret
        && number > translation.groups
    {
        return Err(Refused {
            at: pattern.len(),
            cause: format!(
                "`secretGroup` is {number}, and the pattern has {} groups",
                translation.groups
            ),
        });
    }
    let translated = translation.out;
    match parse(&translated) {
        Ok(()) => Ok(translated),
        Err(fault) => {
            // Go reads text as UTF-8. Where that shows, so does our engine when asked to.
            let unicode = format!("(?u:{translated})");
            parse(&unicode).map_err(|_| fault)?;
            Ok(unicode)
        }
    }
}

/// Whether our engine can read it.
fn parse(pattern: &str) -> Result<(), Refused> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build();
    let Err(error) = parser.parse(pattern) else {
        return Ok(());
    };
    let (at, cause) = match &error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string())
        }
        other => (0, other.to_string()),
    };
    Err(Refused { at, cause })
}

struct Translation<'p> {
    source: &'p str,
    at: usize,
    out: String,
    groups: usize,
    hits: usize,
    secret: Secret,
}

impl Translation<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn refuse<T>(&self, cause: &str) -> Result<T, Refused> {
        Err(Refused {
            at: self.at,
            cause: cause.to_owned(),
        })
    }

    /// Takes over the next `length` bytes as they stand.
    fn keep(&mut self, length: usize) {
        let end = self.at + length;
        self.out.push_str(&self.source[self.at..end]);
        self.at = end;
    }

    fn step(&mut self) -> Result<(), Refused> {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'\\' => self.escape(false),
            b'[' => self.class(),
            b'(' => self.group(),
            b'{' if !is_count(rest) => {
                // Go takes a brace that counts nothing for itself.
                self.out.push_str("\\{");
                self.at += 1;
                Ok(())
            }
            _ => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                self.keep(length);
                Ok(())
            }
        }
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Refused> {
        let rest = self.rest();
        let Some(next) = rest[1..].chars().next() else {
            return self.refuse("it ends with a backslash");
        };
        match next {
            'Q' if !in_class => {
                let text = &rest[2..];
                let end = text.find("\\E").unwrap_or(text.len());
                let quoted = regex_syntax::escape(&text[..end]);
                self.at += (2 + end + 2).min(rest.len());
                self.out.push_str(&quoted);
            }
            // Our engine takes these for the edges of a word.
            '<' | '>' => {
                self.out.push(next);
                self.at += 2;
            }
            'C' => return self.refuse("`\\C` is not known here"),
            '0'..='7' => {
                let digits = rest[1..]
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b));
                let digits = digits.count();
                if next != '0' && digits < 2 {
                    return self.refuse("references to groups are not known here, nor in Go");
                }
                let value = u32::from_str_radix(&rest[1..=digits], 8).unwrap_or(0);
                self.out.push_str(&format!("\\x{{{value:x}}}"));
                self.at += 1 + digits;
            }
            'p' | 'P' if rest[2..].starts_with('{') => {
                let length = rest.find('}').map_or(rest.len(), |end| end + 1);
                self.keep(length);
            }
            other => self.keep(1 + other.len_utf8()),
        }
        Ok(())
    }

    /// A class. In Go a bracket inside it stands for itself, and there are no operators on sets.
    fn class(&mut self) -> Result<(), Refused> {
        let start = self.at;
        self.keep(1);
        if self.rest().starts_with('^') {
            self.keep(1);
        }
        let mut first = true;
        loop {
            let rest = self.rest();
            let Some(next) = rest.chars().next() else {
                self.at = start;
                return self.refuse("a class that does not end");
            };
            match next {
                ']' if !first => {
                    self.keep(1);
                    return Ok(());
                }
                ']' => {
                    self.out.push_str("\\]");
                    self.at += 1;
                }
                '[' if rest.starts_with("[:") && rest[2..].contains(":]") => {
                    let length = rest.find(":]").map_or(1, |end| end + 2);
                    self.keep(length);
                }
                '[' => {
                    self.out.push_str("\\[");
                    self.at += 1;
                }
                '\\' => self.escape(true)?,
                '&' | '~' => {
                    self.out.push('\\');
                    self.keep(1);
                }
                '-' if rest.starts_with("--") => {
                    self.out.push('\\');
                    self.keep(1);
                }
                other => self.keep(other.len_utf8()),
            }
            first = false;
        }
    }

    fn group(&mut self) -> Result<(), Refused> {
        let rest = self.rest();
        let named = ["(?P<", "(?<"].iter().find(|open| {
            rest.starts_with(**open) && !rest.starts_with("(?<=") && !rest.starts_with("(?<!")
        });
        let length = match named {
            Some(open) => match rest.find('>') {
                Some(end) => end + 1,
                None => return self.refuse(&format!("`{open}` without an end")),
            },
            None if rest.starts_with("(?=")
                || rest.starts_with("(?!")
                || rest.starts_with("(?<") =>
            {
                return self.refuse("looking ahead or behind is not known here, nor in Go");
            }
            None if rest.starts_with("(?") => {
                self.keep(2);
                return Ok(());
            }
            None => 1,
        };
        self.at += length;
        self.groups += 1;
        let is_hit = match self.secret {
            Secret::None => false,
            Secret::First => true,
            Secret::Group(number) => number == self.groups,
        };
        if is_hit {
            self.hits += 1;
            match self.hits {
                1 => self.out.push_str("(?P<hit>"),
                count => self.out.push_str(&format!("(?P<hit_{count}>")),
            }
        } else {
            self.out.push_str("(?:");
        }
        Ok(())
    }
}

/// Whether a brace begins a repetition: `{2}`, `{2,}`, `{2,3}`.
fn is_count(text: &str) -> bool {
    let Some(end) = text.find('}') else {
        return false;
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    match text[1..end].split_once(',') {
        Some((least, most)) => !least.is_empty() && digits(least) && digits(most),
        None => end > 1 && digits(&text[1..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn translated(pattern: &str) -> String {
        translate(pattern, Secret::First).unwrap()
    }

    #[test]
    fn what_differs_between_the_dialects_is_translated() {
        for (go, ours) in [
            (r"(?i)key=([a-z]{8,})", r"(?i)key=(?P<hit>[a-z]{8,})"),
            (r"a(b)|c(d)", r"a(?P<hit>b)|c(?P<hit_2>d)"),
            (r"(?P<x>a)(?:b)", r"(?P<hit>a)(?:b)"),
            (r"[[a&&b]", r"[\[a\&\&b]"),
            (r"[]a]", r"[\]a]"),
            (r"[^]a]", r"[^\]a]"),
            (r"[[:alpha:]_]", r"[[:alpha:]_]"),
            (r"${x}", r"$\{x}"),
            (r"a{,3}", r"a\{,3}"),
            (r"\<a\>", r"<a>"),
            (r"\Qa.b\Ec", r"a\.bc"),
            (r"\012", r"\x{a}"),
        ] {
            assert_eq!(translated(go), ours, "{go}");
        }
        assert_eq!(
            translate("(a)(b)", Secret::Group(2)).unwrap(),
            "(?:a)(?P<hit>b)"
        );
        assert_eq!(translate("(a)", Secret::None).unwrap(), "(?:a)");
    }

    #[test]
    fn text_beyond_bytes_is_read_as_text() {
        assert_eq!(translated(r"\p{Greek}+"), r"(?u:\p{Greek}+)");
        assert_eq!(translated(r"[é]"), r"(?u:[é])");
    }

    #[test]
    fn what_has_no_counterpart_is_refused_with_its_place() {
        let place = |pattern: &str| translate(pattern, Secret::First).unwrap_err().at;
        assert_eq!(place(r"ab(?=c)"), 2);
        assert_eq!(place(r"a(?<!b)"), 1);
        assert_eq!(place(r"(a)\1"), 3);
        assert_eq!(place("ab[c"), 2);
        assert_eq!(place("ab\\"), 2);
        let fault = translate("(a)", Secret::Group(2)).unwrap_err();
        assert!(fault.cause.contains("1 groups"), "{fault:?}");
        assert!(
            translate("a(b", Secret::First)
                .unwrap_err()
                .cause
                .contains("unclosed")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_safe(pattern in "[ -~é\\[\\](){}\\\\?<>QE0-9a-c&^-]{0,40}") {
            let _ = translate(&pattern, Secret::First);
        }
    }
}
