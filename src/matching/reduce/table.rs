// SPDX-License-Identifier: Apache-2.0
//! A table of what was packed: how many there are, of each its key and where it lies, in the order of
//! keys, then all of them. Numbers of eight bytes, the lowest first.

use super::pack::Packed;

const NUMBER: usize = 8;
const ENTRY: usize = 2 * NUMBER;

/// A table of these, each under its name.
///
/// # Panics
/// When two names have one key.
pub(crate) fn table(of: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut of: Vec<_> = of.iter().map(|entry| (key(&entry.0), entry)).collect();
    of.sort_unstable();
    of.dedup();
    assert!(of.is_sorted_by(|a, b| a.0 < b.0), "two have one key");
    let (mut index, mut records) = (Vec::new(), Vec::new());
    for (key, (_, packed)) in &of {
        index.extend(key.to_le_bytes());
        index.extend((records.len() as u64).to_le_bytes());
        records.extend(packed);
    }
    [&(of.len() as u64).to_le_bytes()[..], &index, &records].concat()
}

/// What is packed under a name; `None` where nothing is.
pub(crate) fn find<'t>(table: &'t [u8], name: &str) -> Option<Packed<'t>> {
    let (count, rest) = table.split_first_chunk::<NUMBER>()?;
    let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
    let (index, records) = rest.split_at_checked(count.checked_mul(ENTRY)?)?;
    let number = |entry: &[u8; ENTRY], at: usize| {
        let mut bytes = [0; NUMBER];
        bytes.copy_from_slice(&entry[at * NUMBER..(at + 1) * NUMBER]);
        u64::from_le_bytes(bytes)
    };
    let entries = index.as_chunks::<ENTRY>().0;
    let wanted = key(name);
    let found = entries.binary_search_by_key(&wanted, |entry| number(entry, 0));
    let from = usize::try_from(number(&entries[found.ok()?], 1)).ok()?;
    records.get(from..).map(Packed)
}

/// The 64-bit FNV-1a hash of a name.
fn key(name: &str) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    name.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_under_its_name() {
        let of = [("b", "two"), ("a", "one"), ("", "none")];
        let of = of.map(|(name, packed)| (name.to_owned(), packed.as_bytes().to_vec()));
        let table = table(&of);
        for (name, packed) in &of {
            let found = find(&table, name).unwrap();
            assert!(found.0.starts_with(packed), "{name}");
        }
        assert!(find(&table, "c").is_none());
        assert!(find(&table[..30], "a").is_none());
        assert!(find(b"", "a").is_none());
    }
}
