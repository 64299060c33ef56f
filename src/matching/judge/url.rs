// SPDX-License-Identifier: Apache-2.0
//! Credentials in URLs (RFC 3986, section 3.2.1).

use super::{Context, Opinion, encoded, place, placeholder};

/// `url-password`: the hit is the password; the match runs from the scheme to the host.
pub(super) fn password(context: &Context<'_>) -> Opinion {
    let secret = context.secret();
    let before = context.before();
    let user = before
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(before, |at| &before[at + 1..]);
    let user = user.strip_suffix(b":").unwrap_or(user);
    let stand_in = |value: &[u8]| {
        encoded::is_common(value)
            || placeholder::is_placeholder(value)
            || value.iter().any(|b| b"{}<>$%*()[]|\\".contains(b)) && !is_percent_encoded(value)
    };
    if user.eq_ignore_ascii_case(secret) || stand_in(secret) || stand_in_user(user) {
        return Opinion::Acquitted;
    }
    // The account that database manuals have shown for decades.
    let tiger = secret.len() >= 5 && secret[..5].eq_ignore_ascii_case(b"tiger");
    if user.eq_ignore_ascii_case(b"scott") && tiger {
        return Opinion::Acquitted;
    }
    // Digits only: a port, an id.
    if secret.len() < 5 || secret.iter().all(u8::is_ascii_digit) {
        return Opinion::Acquitted;
    }
    let after = context
        .text
        .get(context.hit.end..context.whole.end)
        .unwrap_or_default();
    let host: Vec<u8> = after
        .iter()
        .skip(1)
        .copied()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .map(|b| b.to_ascii_lowercase())
        .collect();
    let reserved = |tail: &[u8]| host.ends_with(tail);
    if [
        &b"example.com"[..],
        b"example.org",
        b"example.net",
        b".example",
        b".test",
        b".invalid",
        b"foo.com",
        b"bar.com",
    ]
    .iter()
    .any(|tail| reserved(tail))
        || matches!(
            &host[..],
            b"example"
                | b"host"
                | b"hostname"
                | b"server"
                | b"proxy"
                | b"domain"
                | b"foo"
                | b"bar"
                | b""
        )
    {
        return Opinion::Acquitted;
    }
    let local = matches!(
        &host[..],
        b"localhost" | b"127.0.0.1" | b"0.0.0.0" | b"db" | b"postgres" | b"redis" | b"mysql"
    ) || host.starts_with(b"192.168.")
        || host.starts_with(b"10.")
        || reserved(b".local");
    // A word is a weak password at best, and a documentation example more often.
    let digits = bare(secret).iter().any(u8::is_ascii_digit);
    let generated = secret.len() >= 16 && super::entropy::is_random(secret);
    let words = !digits && !generated;
    if local || words || !host.contains(&b'.') {
        // Both a reader's example and doubtful: nobody's password.
        return if place::is_illustration(context) {
            Opinion::Acquitted
        } else {
            Opinion::Doubtful
        };
    }
    Opinion::Plain
}

fn stand_in_user(user: &[u8]) -> bool {
    let lower = user.to_ascii_lowercase();
    let word = matches!(&lower[..], b"foo" | b"bar" | b"alice" | b"bob" | b"joe");
    word || [&b"<"[..], b"{", b"$", b"example", b"your"]
        .iter()
        .any(|mark| memchr::memmem::find(&lower, mark).is_some())
}

/// The password without its percent-encoded bytes.
fn bare(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            rest.nth(1);
        } else {
            out.push(byte);
        }
    }
    out
}

/// `%` only before two hexadecimal digits, and no other mark of a template.
fn is_percent_encoded(value: &[u8]) -> bool {
    value.iter().all(|b| !b"{}<>$*()[]|\\".contains(b))
        && memchr::memchr_iter(b'%', value).all(|at| {
            value
                .get(at + 1..at + 3)
                .is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    #[test]
    fn documentation_may_show_a_password_but_not_a_working_one() {
        let judge = Judge {
            validators: vec!["url-password".to_owned()],
            ..Judge::default()
        };
        let counts = |secret: &str, host: &str, path: &str| {
            let url = format!("db://svc:{secret}@{host}");
            weigh(&judge, &url, secret, path).is_some()
        };
        assert!(counts("kx9jj5fgW2", "db.acme.io", "docs/a.rst"));
        assert!(counts("kx9jj5fgW2", "pghost10", "src/a.py"));
        assert!(!counts("kx9jj5fgW2", "pghost10", "docs/a.rst"));
        assert!(!counts("secretpass", "db.acme.io", "src/a.py"));
    }
}
