// SPDX-License-Identifier: Apache-2.0
//! Extended headers: pax records (POSIX.1-2001) and GNU long names, and where they contradict
//! the plain header that older readers go by.

use super::header::Header;

/// The records that change what a member is; others (times, attributes) change nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) linkpath: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uname: Option<Vec<u8>>,
    /// A comment names the commit that the whole was made of.
    pub(super) commit: bool,
    pub(super) sparse: SparseRecords,
    /// Comments and attributes of the file system, which change nothing: what a packer said.
    pub(super) said: Vec<u8>,
}

/// `GNU.sparse.*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SparseRecords {
    pub(super) major: Option<u64>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) real_size: Option<u64>,
    /// Offsets and lengths in turn (formats 0.0 and 0.1).
    pub(super) map: Vec<u64>,
    pub(super) present: bool,
}

impl Records {
    /// These records with those of `local` over them.
    pub(super) fn with(&self, local: Self) -> Self {
        Self {
            path: local.path.or_else(|| self.path.clone()),
            linkpath: local.linkpath.or_else(|| self.linkpath.clone()),
            size: local.size.or(self.size),
            uname: local.uname.or_else(|| self.uname.clone()),
            commit: self.commit || local.commit,
            sparse: local.sparse,
            said: local.said,
        }
    }

    /// Which of the records that rename, resize or relink a member is set.
    pub(super) fn overriding(&self) -> Option<&'static str> {
        [
            (self.path.is_some(), "path"),
            (self.linkpath.is_some(), "linkpath"),
            (self.size.is_some(), "size"),
        ]
        .into_iter()
        .find_map(|(set, key)| set.then_some(key))
    }

    /// Reads `length key=value\n` records. Faults go to `faults`; reading stops at the first
    /// record whose length does not fit.
    pub(super) fn parse(mut data: &[u8], faults: &mut Vec<String>) -> Self {
        let mut records = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        // Some writers pad with NULs inside the stated size.
        while data.first().is_some_and(|&b| b != 0) {
            let Some((key, value, rest)) = record(data) else {
                faults.push("its pax header holds a record whose length does not fit".to_owned());
                break;
            };
            data = rest;
            let sparse_list = matches!(key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes");
            if seen.contains(&key) && !sparse_list {
                faults.push(format!(
                    "its pax header gives `{}` twice",
                    key.escape_ascii()
                ));
            } else if seen.len() < 64 {
                seen.push(key);
            }
            records.set(key, value, faults);
        }
        records
    }

    fn set(&mut self, key: &[u8], value: &[u8], faults: &mut Vec<String>) {
        let mut number = |value: &[u8]| {
            let parsed = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
            if parsed.is_none() {
                faults.push(format!(
                    "its pax header gives `{}` a value that is no number",
                    key.escape_ascii()
                ));
            }
            parsed
        };
        match key {
            b"path" => self.path = text(value),
            b"linkpath" => self.linkpath = text(value),
            b"uname" => self.uname = text(value),
            b"comment" if is_commit(value) => self.commit = true,
            b"size" => self.size = number(value),
            b"GNU.sparse.major" => self.sparse.major = number(value),
            b"GNU.sparse.name" => self.sparse.name = text(value),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => {
                self.sparse.real_size = number(value);
            }
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                self.sparse.map.extend(number(value));
            }
            b"GNU.sparse.map" => {
                self.sparse.map = value
                    .split(|&b| b == b',')
                    .filter_map(&mut number)
                    .collect();
            }
            _ if key == b"comment" || memchr::memmem::find(key, b"xattr").is_some() => {
                self.said.extend_from_slice(key);
                self.said.push(b'=');
                self.said.extend_from_slice(value);
                self.said.push(b'\n');
            }
            _ => {}
        }
        self.sparse.present |= key.starts_with(b"GNU.sparse.");
    }
}

/// Whether a comment is the id of a commit, which `git archive` writes so.
fn is_commit(value: &[u8]) -> bool {
    matches!(value.len(), 40 | 64) && value.iter().all(u8::is_ascii_hexdigit)
}

/// An empty value deletes what a global header set.
fn text(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.to_vec())
}

/// The first record: key, value, what follows.
fn record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = data.iter().take(20).position(|&b| b == b' ')?;
    let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
    if length <= space + 1 || length > data.len() {
        return None;
    }
    let body = data[space + 1..length].strip_suffix(b"\n")?;
    let equals = body.iter().position(|&b| b == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &data[length..]))
}

/// Whether a longer name and the plain header's speak of different members. A reader that knows
/// no extension sees the plain name; an honest writer puts a shortened form there when the name
/// is too long or not ASCII, and the name itself otherwise.
pub(super) fn contradicts(plain: &[u8], extended: &[u8]) -> bool {
    let plain = trim(plain);
    let extended = trim(extended);
    if plain == extended {
        return false;
    }
    if extended.is_ascii() && extended.len() <= 100 {
        return true;
    }
    // Writers shorten from the end or the middle, and replace what is not ASCII.
    let first = plain.len().min(8);
    plain[..first]
        .iter()
        .zip(extended)
        .take_while(|(_, b)| b.is_ascii())
        .any(|(a, b)| a != b)
}

/// Without `./` in front and `/` behind.
fn trim(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.strip_suffix(b"/").unwrap_or(name)
}

/// Whether an extended size contradicts the plain one, which could have held it.
pub(super) fn size_contradicts(header: &Header<'_>, extended: u64) -> bool {
    const LARGEST_OCTAL: u64 = 0o77_777_777_777;
    extended <= LARGEST_OCTAL && header.size().or_zero() != extended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_their_length() {
        let mut faults = Vec::new();
        let records = Records::parse(b"12 path=a=b\n14 size=00012\n11 uname=u\n", &mut faults);
        assert_eq!(records.path.as_deref(), Some(&b"a=b"[..]));
        assert_eq!(records.size, Some(12));
        assert_eq!(records.uname.as_deref(), Some(&b"u"[..]));
        assert!(faults.is_empty());
    }

    #[test]
    fn a_length_that_lies_is_a_fault() {
        for bad in [
            &b"99 path=a\n"[..],
            b"9 path=ab\n",
            b"x\n",
            b"3 \n",
            b"-1 a=b\n",
        ] {
            let mut faults = Vec::new();
            Records::parse(bad, &mut faults);
            assert_eq!(faults.len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn long_names_may_be_shortened_but_not_replaced() {
        let long = [b"pkg-1.0/".as_slice(), &[b'x'; 120]].concat();
        assert!(!contradicts(&long[..100], &long));
        assert!(contradicts(b"evil/file", &long));
        assert!(contradicts(b"a.py", b"b.py"));
        assert!(!contradicts(b"d/", b"d"));
        assert!(!contradicts(b"p/caf?.txt", "p/café.txt".as_bytes()));
        assert!(contradicts(b"x", "p/café.txt".as_bytes()));
    }
}
