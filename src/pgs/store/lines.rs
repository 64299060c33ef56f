// SPDX-License-Identifier: Apache-2.0
//! What files of lines hold: the lives of keys in a registry, records in a log. A line that cannot
//! be read is a fault of the whole file: nothing may be decided by what stands behind it.

use crate::support::pyjson::ordered::{self, Object, Value};
use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};

/// Levels of JSON in one line.
const DEPTH: usize = 128;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {message}")]
pub struct LineFault {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The newest life of a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Life {
    pub(super) address: String,
    /// Not ended.
    pub(super) live: bool,
    /// How often the key was registered.
    pub(super) lives: usize,
    /// The line that began it.
    pub(super) entry: Object,
}

/// Calls `each` with every line, numbered from 1.
pub(super) fn read(
    bytes: &[u8],
    mut each: impl FnMut(usize, Object) -> Result<(), String>,
) -> Result<usize, LineFault> {
    let mut count = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        count += 1;
        let fault = |message: String| LineFault {
            line: count,
            message,
        };
        let Some(line) = line.strip_suffix(b"\n") else {
            return Err(fault("is torn: it has no end".to_owned()));
        };
        let value = ordered::parse_lenient(line, DEPTH)
            .map_err(|error| fault(format!("is no JSON: {error}")))?;
        let Value::Object(record) = value else {
            return Err(fault("is no object".to_owned()));
        };
        each(count, record).map_err(fault)?;
    }
    Ok(count)
}

/// The first and the last line, without their ends; whatever stands between is not read.
pub(super) fn ends(file: &mut (impl Read + Seek)) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut first = Vec::new();
    BufReader::new(&mut *file).read_until(b'\n', &mut first)?;
    if first.last() == Some(&b'\n') {
        first.pop();
    }
    let mut tail = 4096;
    loop {
        let from = size.saturating_sub(tail);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&mut *file).take(size - from).read_to_end(&mut bytes)?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => return Ok((first, bytes.split_off(at + 1))),
            None if from == 0 => return Ok((first, bytes)),
            None => tail *= 8,
        }
    }
}

/// The keys of a registry.
#[derive(Debug, Default)]
pub(super) struct Keys {
    lives: HashMap<String, Life>,
    addresses: HashMap<String, String>,
}

impl Keys {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LineFault> {
        let mut keys = Self::default();
        read(bytes, |_, entry| keys.add(entry))?;
        Ok(keys)
    }

    /// Takes in what is known of a key.
    pub(super) fn put(&mut self, key: String, life: Life) {
        self.addresses.insert(life.address.clone(), key.clone());
        self.lives.insert(key, life);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Life)> {
        self.lives.iter()
    }

    pub(super) fn add(&mut self, entry: Object) -> Result<(), String> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(key), Some(address)) = (text("key"), text("address")) else {
            return Err("has no key or no address".to_owned());
        };
        let ended = entry.get("tombstone").and_then(Value::as_bool) == Some(true);
        self.addresses.insert(address.clone(), key.clone());
        let known = self.lives.get(&key).map_or(0, |life| life.lives);
        if ended {
            if let Some(life) = self.lives.get_mut(&key) {
                life.live = false;
            }
            return Ok(());
        }
        let life = Life {
            address,
            live: true,
            lives: known + 1,
            entry,
        };
        self.lives.insert(key, life);
        Ok(())
    }

    pub(super) fn life(&self, key: &str) -> Option<&Life> {
        self.lives.get(key)
    }

    /// The key that a key or an address names.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a Life)> {
        let found = self.lives.get_key_value(name).or_else(|| {
            let key = self.addresses.get(name)?;
            let (key, life) = self.lives.get_key_value(key)?;
            (life.address == name).then_some((key, life))
        });
        found.map(|(key, life)| (key.as_str(), life))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn the_last_line_of_a_key_counts() {
        let text = concat!(
            "{\"key\": \"k\", \"address\": \"A1\", \"target_ref\": \"x\"}\n",
            "{\"key\": \"k\", \"address\": \"A1\", \"tombstone\": true}\n",
            "{\"key\": \"k\", \"address\": \"A2\"}\n",
        );
        let keys = Keys::read(text.as_bytes()).unwrap();
        let life = keys.life("k").unwrap();
        assert_eq!((life.live, life.lives), (true, 2));
        assert!(keys.named("A1").is_none());
        assert_eq!(keys.named("A2").unwrap().0, "k");
    }

    #[test]
    fn a_torn_or_broken_line_is_a_fault_of_the_file() {
        let torn = Keys::read(b"{\"key\": \"k\", \"address\": \"a\"}\n{\"key\": ").unwrap_err();
        assert_eq!(torn.line, 2);
        assert!(Keys::read(b"[]\n").is_err());
        assert!(Keys::read(b"{\"key\": 1}\n").is_err());
    }
}
