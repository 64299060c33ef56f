// SPDX-License-Identifier: Apache-2.0
//! Reference resolution of RFC 3986, section 5, on plain strings.

/// `reference` resolved against the absolute `base`. Without a base the reference stays as it is.
pub fn resolve(base: &str, reference: &str) -> String {
    if base.is_empty() || has_scheme(reference) {
        return reference.to_owned();
    }
    let base = Parts::of(base);
    let (body, fragment) = split_fragment(reference);
    let suffix = fragment.map_or(String::new(), |text| format!("#{text}"));
    if body.is_empty() {
        return format!("{}{suffix}", base.without_fragment());
    }
    let joined = if let Some(rest) = body.strip_prefix("//") {
        format!("{}://{rest}", base.scheme)
    } else if body.starts_with('/') {
        format!("{}{}", base.origin(), clean(body))
    } else if let Some(query) = body.strip_prefix('?') {
        format!("{}{}?{query}", base.origin(), base.path)
    } else {
        let folder = base.path.rfind('/').map_or("", |at| &base.path[..=at]);
        let folder = if folder.is_empty() && base.authority.is_some() {
            "/"
        } else {
            folder
        };
        format!("{}{}", base.origin(), clean(&format!("{folder}{body}")))
    };
    joined + &suffix
}

/// A URI without its fragment, and the fragment (without `#`), if there is one.
pub fn split_fragment(uri: &str) -> (&str, Option<&str>) {
    match uri.split_once('#') {
        Some((body, fragment)) => (body, Some(fragment)),
        None => (uri, None),
    }
}

/// Whether the text begins with a scheme (`https:`, `urn:`). One letter is a Windows drive.
pub fn has_scheme(text: &str) -> bool {
    let Some(at) = text.find(':') else {
        return false;
    };
    let scheme = &text.as_bytes()[..at];
    scheme.len() > 1
        && scheme[0].is_ascii_alphabetic()
        && scheme
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}

/// The reference with every character escaped that RFC 3986 does not allow where it stands, or
/// `None` when there is none. Generators write `#/definitions/Map<string>`, and most validators
/// take it.
pub fn tidy_reference(reference: &str) -> Option<String> {
    let (body, fragment) = split_fragment(reference);
    let mut out = String::with_capacity(reference.len() + 8);
    escape_into(&mut out, body, b"-._~!$&'()*+,;=:@/?[]");
    if let Some(fragment) = fragment {
        out.push('#');
        escape_into(&mut out, fragment, b"-._~!$&'()*+,;=:@/?");
    }
    (out != reference).then_some(out)
}

fn escape_into(out: &mut String, text: &str, allowed: &[u8]) {
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let escape = byte == b'%'
            && bytes
                .get(at + 1..at + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if escape || byte.is_ascii_alphanumeric() || allowed.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Undoes `%XX`; an escape that is none stays as it stands.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)))
        {
            out.push(u8::try_from(high * 16 + low).expect("two hex digits fit a byte"));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

struct Parts<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let (body, _) = split_fragment(uri);
        let (scheme, rest) = body.split_once(':').unwrap_or(("", body));
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => match rest.find('/') {
                Some(at) => (Some(&rest[..at]), &rest[at..]),
                None => (Some(rest), ""),
            },
            None => (None, rest),
        };
        Self {
            scheme,
            authority,
            path,
            query,
        }
    }

    fn origin(&self) -> String {
        let authority = self.authority.map_or(String::new(), |a| format!("//{a}"));
        format!("{}:{authority}", self.scheme)
    }

    fn without_fragment(&self) -> String {
        let query = self.query.map_or(String::new(), |q| format!("?{q}"));
        format!("{}{}{query}", self.origin(), self.path)
    }
}

/// Removes `.` and `..` segments; `..` at the top is dropped.
fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." && kept.len() > 1 {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3986_section_5_4_hold() {
        let base = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("mailto:x", "mailto:x"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{reference}");
        }
    }

    #[test]
    fn urns_take_fragments_only() {
        assert_eq!(
            resolve("urn:ccr:schema:x:v1", "#/$defs/id"),
            "urn:ccr:schema:x:v1#/$defs/id"
        );
    }

    #[test]
    fn forbidden_characters_are_escaped_once() {
        let tidy = |text| tidy_reference(text);
        assert_eq!(tidy("#/a<b>%20").as_deref(), Some("#/a%3Cb%3E%20"));
        assert_eq!(tidy("#/a%3Cb%3E"), None);
        assert_eq!(
            tidy("a b.json#/x#[%").as_deref(),
            Some("a%20b.json#/x%23%5B%25")
        );
    }

    #[test]
    fn percent_escapes_are_undone_and_broken_ones_kept() {
        assert_eq!(percent_decode("a%20b%zz%"), "a b%zz%");
    }
}
