// SPDX-License-Identifier: Apache-2.0
//! Every fixture, damaged, through a whole audit: no input may panic, hang, or end without a report.
//!
//! What the fuzz targets demand of containers, demanded of everything behind them too. A run takes
//! a few damages of each fixture; `CCR_MUTATIONS=500 cargo test --release mutation` takes that many,
//! and `CCR_MUTATION_SEED` chooses others.

use crate::harness::archive::Archive;
use crate::harness::audits::request;
use ccr::audit::{self, Engine, Request, Selection, Target};
use ccr::{config, rules};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Marsaglia's xorshift: the same damages on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }
}

/// Bytes that mean something to one parser or another.
const TELLING: [&[u8]; 16] = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80",
    b"\"",
    b"{",
    b"[[[[[[[[",
    b"]",
    b"\n",
    b"\r\n\r\n",
    b",,,",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"../../",
    b"-99999999999999999999",
    b"\xc3\x28",
];

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.below(64)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + random.below(200)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let word = TELLING[random.below(TELLING.len())];
                bytes.splice(at..at, word.iter().copied());
            }
        }
    }
}

/// One file of a fixture: as it is, and as members when it describes an archive.
enum Seed {
    File(String, Vec<u8>),
    Archive(String, Vec<(String, Vec<u8>)>, Vec<u8>),
}

fn seeds() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let mut seeds = Vec::new();
    for file in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let file = file.unwrap();
        let name = file.file_name().to_str().unwrap().to_owned();
        if !file.file_type().is_file() || name == "case.toml" {
            continue;
        }
        let bytes = std::fs::read(file.path()).unwrap();
        seeds.push(if name.ends_with("archive.toml") {
            let archive = Archive::parse(std::str::from_utf8(&bytes).unwrap());
            Seed::Archive(archive.file_name(), archive.members(), archive.bytes())
        } else {
            Seed::File(name, bytes)
        });
    }
    assert!(seeds.len() > 300);
    seeds
}

/// A sound container of these members.
fn pack(name: &str, members: &[(String, Vec<u8>)]) -> Vec<u8> {
    if name.ends_with(".gz") || name.ends_with(".tgz") || name.ends_with(".crate") {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            // A name that the writer refuses is a case of its own elsewhere.
            let _ = tar.append_data(&mut header, name, content.as_slice());
        }
        let tar = tar.into_inner().unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&tar).unwrap();
        return packed.finish().unwrap();
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in members {
        if zip.start_file(name.as_str(), stored).is_ok() {
            zip.write_all(content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn scan(engine: &Engine, path: PathBuf) {
    let config = config::load(Path::new("/nowhere"), None).unwrap();
    let begun = Instant::now();
    let report = audit::run(&Request {
        allow_empty: true,
        ..request(engine, &config, Target::Paths(vec![path.clone()]))
    })
    .unwrap();
    assert!(report.scanned.files == 1);
    assert!(begun.elapsed() < Duration::from_secs(20), "{path:?} hangs");
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn damaged_fixtures_are_survived() {
    let engine = Engine::new(rules::load("default", &[]).unwrap(), &Selection::default()).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ number("CCR_MUTATION_SEED", 0));
    let folder = tempfile::tempdir().unwrap();
    for round in 0..number("CCR_MUTATIONS", 2) {
        for seed in seeds() {
            let (name, bytes) = match seed {
                Seed::File(name, mut bytes) => {
                    damage(&mut bytes, &mut random);
                    (name, bytes)
                }
                Seed::Archive(name, mut members, mut bytes) => {
                    if members.is_empty() || random.below(3) == 0 {
                        damage(&mut bytes, &mut random);
                        (name, bytes)
                    } else {
                        let at = random.below(members.len());
                        damage(&mut members[at].1, &mut random);
                        let bytes = pack(&name, &members);
                        (name, bytes)
                    }
                }
            };
            let path = folder.path().join(&name);
            std::fs::write(&path, &bytes).unwrap();
            let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                scan(&engine, path.clone());
            }));
            if end.is_err() {
                let kept = folder.keep().join(&name);
                panic!("round {round}: {} is not survived", kept.display());
            }
            std::fs::remove_file(&path).unwrap();
        }
    }
}

/// Files of policy and rules come from a repository that may not be ours.
#[test]
fn damaged_policy_is_refused_or_read_and_never_worse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut random = Random(0x2545_f491_4f6c_dd1d ^ number("CCR_MUTATION_SEED", 0));
    let folder = tempfile::tempdir().unwrap();
    let policy = b"profile = 'default'\nskip = ['claim']\n[limits]\nmax_depth = 2\n[[exclude]]\npaths = ['a/**']\nreason = 'x'\n[[waiver]]\nrule = 'path-home-linux'\npaths = ['b']\nuntil = '2030-01-01'\nreason = 'y'\n";
    let baseline = b"{\"version\": 1, \"findings\": [{\"fingerprint\": \"00\", \"rule_id\": \"a-b\", \"path\": \"c\"}]}";
    let rule_files: Vec<Vec<u8>> = [
        "rules/path/home.toml",
        "rules/schema/instances.toml",
        "policy/ccr/release.toml",
        "policy/ccr/non-claims.toml",
    ]
    .iter()
    .map(|file| std::fs::read(root.join(file)).unwrap())
    .collect();
    for _ in 0..number("CCR_MUTATIONS", 2) * 20 {
        for (name, seed) in [("ccr.toml", &policy[..]), (".ccr-baseline.json", baseline)] {
            let mut bytes = seed.to_vec();
            damage(&mut bytes, &mut random);
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let _ = config::load(folder.path(), None);
            std::fs::remove_file(path).unwrap();
        }
        for seed in &rule_files {
            let mut bytes = seed.clone();
            damage(&mut bytes, &mut random);
            let path = folder.path().join("own.toml");
            std::fs::write(&path, bytes).unwrap();
            if let Ok(set) = rules::load_only(&rules::RuleSource::File(path)) {
                audit::examples::check(&set);
            }
        }
    }
}
