// SPDX-License-Identifier: Apache-2.0
//! A whole scan: every reader, rule and check behind the containers. The first byte names the
//! file, as names choose readers.
#![no_main]

use ccr::audit::{self, Engine, Progress, Request, Selection, Target};
use ccr::config::{self, Config};
use ccr::model::Confidence;
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;

const NAMES: [&str; 36] = [
    "a.zip",
    "a-1.0-py3-none-any.whl",
    "a-1.0.tar.gz",
    "a-1.0.crate",
    "a-1.0.tgz",
    "a.jar",
    "a.tar",
    "a.gz",
    "a.md",
    "a.rst",
    "a.txt",
    "a.py",
    "a.rs",
    "a.js",
    "a.c",
    "a.sh",
    "a.json",
    "a.schema.json",
    "a.yaml",
    "a.toml",
    "a.ini",
    "a.html",
    "a.xml",
    "a.ipynb",
    "a.pyc",
    "a.so",
    "a.js.map",
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "PKG-INFO",
    ".env",
    "a.sqlite",
    "a.schema.yaml",
    "openapi.yaml",
    "a.tsbuildinfo",
];

/// Small budgets: a bomb ends in a finding, not in a slow run.
const POLICY: &str =
    "[limits]\nmax_entries = 1000\nmax_entry_bytes = 1048576\nmax_total_bytes = 4194304\n";

struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn done(&self) {}
}

struct World {
    engine: Engine,
    config: Config,
    folder: tempfile::TempDir,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for one file");
        std::fs::write(folder.path().join("ccr.toml"), POLICY).expect("the policy is written");
        let config = config::load(folder.path(), None).expect("the policy is sound");
        let rules = ccr::rules::load("default", &[]).expect("our rules load");
        World {
            engine: Engine::new(rules, &Selection::default()).expect("our rules compile"),
            config,
            folder,
        }
    })
}

fn scan(path: &Path) {
    let world = world();
    let report = audit::run(&Request {
        target: Target::Paths(vec![path.to_owned()]),
        root: ".".to_owned(),
        engine: &world.engine,
        config: &world.config,
        all_files: true,
        fail_on: None,
        min_confidence: Confidence::Low,
        jobs: Some(1),
        allow_empty: true,
        as_of: "2026-01-01".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        family: None,
        progress: &Quiet,
    });
    assert_eq!(
        report.expect("every input ends in a report").scanned.files,
        1
    );
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let path = world()
        .folder
        .path()
        .join(NAMES[usize::from(*first) % NAMES.len()]);
    std::fs::write(&path, rest).expect("the input is written");
    scan(&path);
    std::fs::remove_file(&path).expect("the input was there");
});
