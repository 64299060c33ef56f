// SPDX-License-Identifier: Apache-2.0
//! Containers, sound and hostile: what the cases under `fixtures/rules/archive-*` cannot say.

use crate::harness::archive::{build, compress};
use ccr::artifact::{
    ANOMALY_RULES, Anomaly, EntryKind, Format, Limits, OwnedEntry, Visitor, sniff, walk,
};
use ccr::model::EntryPath;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io::{Cursor, Write};

/// Everything a walk said, in order; checks that containers nest.
#[derive(Default)]
struct Record {
    open: Vec<EntryPath>,
    entered: Vec<(String, Format)>,
    left: usize,
    entries: Vec<OwnedEntry>,
    anomalies: Vec<Anomaly>,
}

impl Visitor for Record {
    fn enter(&mut self, path: &EntryPath, format: Format) {
        if let Some(around) = self.open.last() {
            assert_eq!(path.container().as_ref(), Some(around));
        }
        self.open.push(path.clone());
        self.entered.push((path.to_string(), format));
    }

    fn entry(&mut self, entry: OwnedEntry) {
        assert_eq!(entry.path.container().as_ref(), self.open.last());
        self.entries.push(entry);
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        assert!(ANOMALY_RULES.contains(&anomaly.rule), "{}", anomaly.rule);
        assert!(!anomaly.detail.is_empty());
        self.anomalies.push(anomaly);
    }

    fn leave(&mut self, path: &EntryPath) {
        assert_eq!(self.open.pop().as_ref(), Some(path));
        self.left += 1;
    }
}

impl Record {
    fn rules(&self) -> Vec<&str> {
        self.anomalies.iter().map(|a| a.rule).collect()
    }

    fn shown(&self) -> Vec<String> {
        self.entries.iter().map(|e| e.path.to_string()).collect()
    }

    fn bytes_of(&self, path: &str) -> &[u8] {
        let found = self.entries.iter().find(|e| e.path.to_string() == path);
        &found
            .unwrap_or_else(|| panic!("{path} is not in {:?}", self.shown()))
            .bytes
    }
}

fn read_with(name: &str, bytes: &[u8], limits: &Limits) -> Record {
    let mut record = Record::default();
    let path = EntryPath::root(name);
    walk(&path, name, &mut Cursor::new(bytes), limits, &mut record);
    assert_eq!(
        record.entered.len(),
        record.left,
        "every enter has its leave"
    );
    assert!(record.open.is_empty());
    record
}

fn read(name: &str, bytes: &[u8]) -> Record {
    read_with(name, bytes, &Limits::default())
}

fn read_toml(toml: &str) -> Record {
    let (name, bytes) = build(toml);
    read(&name, &bytes)
}

#[test]
fn anomalies_and_rule_tables_are_the_same_set() {
    let set = ccr::rules::load("default", &[]).unwrap();
    let tables: BTreeSet<&str> = set
        .rules
        .iter()
        .filter(
            |rule| matches!(&rule.body, ccr::rules::Body::Check { name, .. } if name == "archive"),
        )
        .map(|rule| rule.meta.id.as_str())
        .collect();
    let ids: BTreeSet<&str> = ANOMALY_RULES.iter().copied().collect();
    assert_eq!(tables, ids);
}

#[test]
fn budget_anomalies_name_the_flag_that_raises_them() {
    let (name, bytes) = build(
        "format = 'zip'\n[[entry]]\nname = 'a'\nfill = 9\n[[entry]]\nname = 'b'\n[[entry]]\nname = 'c'",
    );
    let limits = Limits {
        entries: 2,
        entry_bytes: 5,
        ..Limits::default()
    };
    let record = read_with(&name, &bytes, &limits);
    assert_eq!(
        record.rules(),
        ["archive-budget-entry-bytes", "archive-budget-entries"]
    );
    assert!(record.anomalies[0].detail.contains("--max-entry-bytes"));
    assert!(record.anomalies[1].detail.contains("--max-entries"));
    // The member over budget is in the index, unread; the next one is read.
    assert_eq!(record.shown(), ["archive.zip!/a", "archive.zip!/b"]);
    assert!(!record.entries[0].complete);
    assert_eq!(record.entries[0].size, 9);
}

#[test]
fn offsets_point_at_what_is_wrong() {
    let record = read_toml(
        "format = 'zip'\n[[entry]]\nname = 'a'\ntext = 'xy'\n[[entry]]\nname = 'b'\ngap = 'hidden'",
    );
    // 30 bytes of header, a name of one, two of data.
    assert_eq!(record.anomalies[0].offset, Some(33));
    let record =
        read_toml("format = 'tar'\n[[entry]]\nname = 'a'\ntext = 'x'\n[[entry]]\nname = 'a'");
    assert_eq!(record.anomalies[0].offset, Some(1024));
    assert_eq!(record.anomalies[0].path.to_string(), "archive.tar!/a");
    assert_eq!(record.anomalies[0].container.to_string(), "archive.tar");
    assert!(!record.anomalies[0].is_nested());
}

#[test]
fn a_compressed_tar_is_one_container() {
    for (compression, format) in [
        ("gz", Format::TarGzip),
        ("xz", Format::TarXz),
        ("bz2", Format::TarBzip2),
        ("zst", Format::TarZstd),
    ] {
        let record = read_toml(&format!(
            "name = 'p.tar.{compression}'\nformat = 'tar.{compression}'\n[[entry]]\nname = 'd/'\nkind = 'dir'\n[[entry]]\nname = 'd/a.py'\ntext = 'alpha'\nmode = 493\nowner = 'builder'"
        ));
        assert_eq!(record.rules(), [""; 0], "{compression}");
        let path = format!("p.tar.{compression}");
        assert_eq!(record.entered, [(path.clone(), format)]);
        assert_eq!(record.entries[0].kind, EntryKind::Directory);
        assert_eq!(
            record.entries[1].path.to_string(),
            format!("{path}!/d/a.py")
        );
        assert_eq!(record.entries[1].bytes, b"alpha");
        assert_eq!(record.entries[1].mode, Some(0o755));
        assert_eq!(record.entries[1].owner.as_deref(), Some("builder"));
    }
}

#[test]
fn a_single_compressed_file_holds_the_name_without_its_ending() {
    for compression in ["gz", "xz", "bz2", "zst"] {
        let name = format!("notes.txt.{compression}");
        let record = read(&name, &compress(compression, b"alpha"));
        assert_eq!(record.rules(), [""; 0]);
        assert_eq!(record.bytes_of(&format!("{name}!/notes.txt")), b"alpha");
    }
}

#[test]
fn concatenated_members_are_one_stream() {
    for compression in ["gz", "xz", "bz2", "zst"] {
        let mut bytes = compress(compression, b"alpha ");
        bytes.extend(compress(compression, b"beta"));
        let name = format!("x.{compression}");
        let record = read(&name, &bytes);
        assert_eq!(record.rules(), [""; 0]);
        assert_eq!(record.bytes_of(&format!("{name}!/x")), b"alpha beta");
    }
}

#[test]
fn nested_containers_come_after_their_own_entry() {
    let record = read_toml(
        "name = 'o.zip'\nformat = 'zip'\n[[entry]]\nname = 'd/i.tar.gz'\narchive = { format = 'tar.gz', entry = [{ name = 'm.zip', archive = { format = 'zip', entry = [{ name = 'deep.txt', text = 'deep' }] } }] }\n[[entry]]\nname = 'z'",
    );
    assert_eq!(record.rules(), [""; 0]);
    assert_eq!(
        record.shown(),
        [
            "o.zip!/d/i.tar.gz",
            "o.zip!/d/i.tar.gz!/m.zip",
            "o.zip!/d/i.tar.gz!/m.zip!/deep.txt",
            "o.zip!/z"
        ]
    );
    assert!(record.entries[0].opened && record.entries[0].bytes.is_empty());
    assert!(record.entries[0].size > 0 && record.entries[0].complete);
    assert_ne!(record.entries[0].sha256, record.entries[3].sha256);
    assert_eq!(record.entries[2].bytes, b"deep");
}

#[test]
fn an_anomaly_inside_a_nested_container_says_so() {
    let record = read_toml(
        "format = 'zip'\n[[entry]]\nname = 'tests/data/bad.zip'\narchive = { format = 'zip', entry = [{ name = 'a', text = 'x', crc = 1 }] }",
    );
    assert_eq!(record.rules(), ["archive-checksum"]);
    assert!(record.anomalies[0].is_nested());
    assert_eq!(
        record.anomalies[0].path.to_string(),
        "archive.zip!/tests/data/bad.zip!/a"
    );
}

#[test]
fn content_of_a_faulty_member_is_still_given_and_the_next_is_read() {
    let record = read_toml(
        "format = 'zip'\n[[entry]]\nname = 'a'\ntext = 'alpha'\ncrc = 1\n[[entry]]\nname = 'b'\ntext = 'beta'",
    );
    assert_eq!(record.bytes_of("archive.zip!/a"), b"alpha");
    assert!(!record.entries[0].complete);
    assert_eq!(record.bytes_of("archive.zip!/b"), b"beta");
    assert!(record.entries[1].complete);
}

#[test]
fn hidden_members_are_read() {
    let record = read_toml(
        "format = 'zip'\n[[entry]]\nname = 'h'\ntext = 'hidden'\nwithout = 'central'\nmethod = 8\ndescriptor = true\n[[entry]]\nname = 'b'\ntext = 'beta'",
    );
    assert_eq!(record.rules(), ["archive-zip-hidden-entry"]);
    assert_eq!(record.bytes_of("archive.zip!/h"), b"hidden");
}

#[test]
fn a_zip_without_directory_is_read_by_its_local_headers() {
    let (name, mut bytes) = build(
        "format = 'zip'\n[[entry]]\nname = 'a'\ntext = 'alpha'\nmethod = 8\ndescriptor = true\n[[entry]]\nname = 'b'\ntext = 'beta'",
    );
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes.truncate(directory);
    let record = read(&name, &bytes);
    assert_eq!(record.rules(), ["archive-truncated"]);
    assert_eq!(record.bytes_of("archive.zip!/a"), b"alpha");
    assert_eq!(record.bytes_of("archive.zip!/b"), b"beta");
}

#[test]
fn a_self_extracting_zip_is_known_by_its_end_when_named_like_one() {
    let toml = "format = 'zip'\nleading = 'MZ program'\n[[entry]]\nname = 'a'\ntext = 'alpha'";
    let (_, bytes) = build(toml);
    let record = read("setup.zip", &bytes);
    assert_eq!(record.rules(), ["archive-leading-bytes"]);
    assert_eq!(record.bytes_of("setup.zip!/a"), b"alpha");
    let plain = read("setup.bin", &bytes);
    assert!(plain.entered.is_empty() && plain.anomalies.is_empty());
}

#[test]
fn a_tar_behind_the_end_blocks_is_read_too() {
    let (_, mut bytes) = build("format = 'tar'\n[[entry]]\nname = 'a'\ntext = 'alpha'");
    bytes.extend(build("format = 'tar'\n[[entry]]\nname = 'b'\ntext = 'beta'").1);
    let record = read("x.tar", &bytes);
    assert_eq!(record.rules(), ["archive-trailing-bytes"]);
    assert_eq!(record.bytes_of("x.tar!/b"), b"beta");
}

#[test]
fn members_behind_a_damaged_tar_header_are_found() {
    let record = read_toml(
        "format = 'tar'\n[[entry]]\nname = 'a'\ntext = 'alpha'\n[[entry]]\nname = 'b'\nfill = 2000\nbad_checksum = true\n[[entry]]\nname = 'c'\ntext = 'gamma'",
    );
    assert_eq!(record.rules(), ["archive-tar-header"]);
    assert_eq!(record.bytes_of("archive.tar!/c"), b"gamma");
}

#[test]
fn long_names_sparse_files_and_links_are_understood() {
    let long = format!("pkg-1.0/{}file.py", "d/".repeat(60));
    let record = read_toml(&format!(
        "format = 'tar'\n[[entry]]\nname = '{long}'\nlong_name = '{long}'\ntext = 'gnu'\n[[entry]]\nname = '{long}'\npax = {{ path = '{long}x' }}\ntext = 'pax'\n[[entry]]\nname = 's'\ntext = 'abcd'\nsparse = [2, 3, 8, 1, 10]\n[[entry]]\nname = 'l'\nkind = 'symlink'\nlink = 's'"
    ));
    assert_eq!(record.rules(), ["archive-tar-sparse", "archive-link"]);
    assert_eq!(record.bytes_of(&format!("archive.tar!/{long}")), b"gnu");
    assert_eq!(record.bytes_of(&format!("archive.tar!/{long}x")), b"pax");
    assert_eq!(record.bytes_of("archive.tar!/s"), b"\0\0abc\0\0\0d\0");
    assert_eq!(record.entries[3].kind, EntryKind::Symlink("s".to_owned()));
}

#[test]
fn zip64_members_and_records_are_understood() {
    let record = read_toml(
        "format = 'zip'\nzip64 = 'needed'\n[[entry]]\nname = 'a'\ntext = 'alpha'\nzip64 = 'needed'",
    );
    assert_eq!(record.rules(), [""; 0]);
    assert_eq!(record.bytes_of("archive.zip!/a"), b"alpha");
}

#[test]
fn empty_containers_are_sound() {
    assert_eq!(read_toml("format = 'zip'").rules(), [""; 0]);
    assert_eq!(read_toml("format = 'tar'").rules(), [""; 0]);
    assert_eq!(read_toml("format = 'tar.gz'").rules(), [""; 0]);
    assert_eq!(sniff(&build("format = 'zip'").1), Some(Format::Zip));
}

#[test]
fn what_known_writers_write_is_sound() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.add_directory("d/", options).unwrap();
    for (name, text) in [
        ("d/a.py", "alpha".repeat(999)),
        ("é.txt", "beta".to_owned()),
        ("empty", String::new()),
    ] {
        zip.start_file(
            name,
            options.compression_method(zip::CompressionMethod::Deflated),
        )
        .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let record = read("a.zip", &bytes);
    assert_eq!(record.rules(), [""; 0]);
    assert_eq!(
        record.bytes_of("a.zip!/d/a.py"),
        "alpha".repeat(999).as_bytes()
    );

    let mut tar = tar::Builder::new(Vec::new());
    let long = "x/".repeat(90) + "é.py";
    for name in ["a.py", &long] {
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &b"alpha"[..]).unwrap();
    }
    let record = read("a.tar", &tar.into_inner().unwrap());
    assert_eq!(record.rules(), [""; 0]);
    assert_eq!(record.bytes_of(&format!("a.tar!/{long}")), b"alpha");
}

#[test]
fn a_bomb_of_nested_compression_stops_at_the_ceiling() {
    let mut bytes = b"core".to_vec();
    let mut name = "core".to_owned();
    for _ in 0..60 {
        bytes = compress("gz", &bytes);
        name += ".gz";
    }
    let limits = Limits {
        depth: u32::MAX,
        ..Limits::default()
    };
    let read = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || read_with(&name, &bytes, &limits).rules().join(" "))
        .unwrap();
    assert_eq!(read.join().unwrap(), "archive-budget-depth");
}

/// Sound archives of each kind, as seeds of mutation.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let members = "[[entry]]\nname = 'd/'\nkind = 'dir'\n[[entry]]\nname = 'd/a.py'\nfill = 3000\nMETHOD\n[[entry]]\nname = 'n.zip'\narchive = { format = 'zip', entry = [{ name = 'x', text = 'deep', method = 8 }] }\n[[entry]]\nname = 'b'\ntext = 'beta'";
    let zip = |extra: &str| {
        build(&format!(
            "format = 'zip'\n{}",
            members.replace("METHOD", extra)
        ))
        .1
    };
    let tar = |format: &str| {
        build(&format!(
            "format = '{format}'\n{}",
            members.replace("METHOD", "pax = { path = 'd/a.py' }")
        ))
        .1
    };
    vec![
        ("a.zip", zip("method = 8")),
        (
            "a.whl",
            zip("method = 8\ndescriptor = true\nzip64 = 'needed'"),
        ),
        ("a.tar", tar("tar")),
        ("a.tar.gz", tar("tar.gz")),
        ("a.tar.xz", tar("tar.xz")),
        ("a.tar.bz2", tar("tar.bz2")),
        ("a.tar.zst", tar("tar.zst")),
        ("a.txt.gz", compress("gz", b"alpha")),
    ]
}

/// What the fuzz targets demand, on the seeds they start from.
#[test]
fn seeds_cut_at_every_length_are_survived() {
    for (name, bytes) in seeds() {
        assert_eq!(read(name, &bytes).rules(), [""; 0], "{name}");
        for length in (0..bytes.len()).step_by(7) {
            read(name, &bytes[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Overwritten, inserted and removed bytes: no panic, balanced containers (see `Record`),
    /// and no more bytes than the budget permits.
    #[test]
    fn mutated_archives_are_survived(
        seed in 0usize..8,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
    ) {
        let (name, mut bytes) = seeds().swap_remove(seed);
        for (at, value, how) in edits {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            match how {
                0 => bytes.insert(at, value),
                1 => { bytes.remove(at); }
                2 => bytes[at] = value,
                _ => bytes[at] = [0, 0xff, 0x7f, 0x80][usize::from(value % 4)],
            }
        }
        // A wrong checksum would hide every other fault of a header.
        if name == "a.tar" {
            for block in bytes.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
                block[148..156].fill(b' ');
                let sum: u64 = block.iter().map(|&b| u64::from(b)).sum();
                block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        let limits = Limits { total_bytes: 1 << 20, entry_bytes: 1 << 19, ..Limits::default() };
        let record = read_with(name, &bytes, &limits);
        let held: usize = record.entries.iter().map(|e| e.bytes.len()).sum();
        prop_assert!(held as u64 <= limits.total_bytes);
    }

    #[test]
    fn noise_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..3000), magic in 0usize..6) {
        let magic: &[u8] = [&b"PK\x03\x04"[..], b"\x1f\x8b\x08\0", b"\xfd7zXZ\0", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd", b""][magic];
        let mut all = magic.to_vec();
        all.extend(bytes);
        read("a.zip", &all);
        read("a.tar", &all);
    }
}
