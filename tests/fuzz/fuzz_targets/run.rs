// SPDX-License-Identifier: Apache-2.0
//! Run directories. An even first byte: edits of a sealed run of the fixtures, of which none may
//! pass; an odd one: a directory of its own, file by file, which may be anything.
#![no_main]

use ccr::governance::audit::{Lent, RunJudge, RunWishes};
use ccr::governance::files::{Files, RunFiles};
use ccr::governance::profile::Profile;
use ccr::rules::load;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

const RUN: &str = "20260306T090500Z-shelf-label-3401";
const NAMES: [&str; 12] = [
    "report.json",
    "events.normalized.jsonl",
    "trace.jsonl",
    "patch.diff",
    "seal.json",
    "seal.json.sig",
    "test.log",
    "report.md",
    "backend/task.json",
    "stage4-disposable-sandbox-proof.json",
    "comparison.json",
    "further.txt",
];

type Contents = BTreeMap<String, Vec<u8>>;

struct World {
    profile: Profile,
    lent: Lent,
    base: Contents,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/governance/runs");
    let folder = Path::new(folder).join(RUN);
    let rules = load("default", &[]).expect("the embedded rules");
    World {
        profile: Profile::embedded(),
        lent: Lent::of(&rules.rules).expect("the embedded rules"),
        base: Files::folder(&folder, &Default::default())
            .expect("the run of the fixtures")
            .content,
    }
});

static WISHES: LazyLock<RunWishes> = LazyLock::new(RunWishes::default);
static JUDGE: LazyLock<RunJudge<'static>> = LazyLock::new(|| {
    let day = jiff::civil::date(2026, 3, 15);
    RunJudge::new(&WORLD.profile, day, &WISHES, &WORLD.lent)
});

fn passes(content: Contents) -> bool {
    let files = RunFiles {
        name: RUN.to_owned(),
        files: Files {
            content,
            ..Files::default()
        },
    };
    let (_, summary, _) = JUDGE.one(&files);
    !summary.refused && summary.derived_status.as_deref() == Some("pass")
}

/// Takes the next number of two bytes.
fn number(data: &mut &[u8]) -> Option<usize> {
    let (first, rest) = data.split_first_chunk::<2>()?;
    *data = rest;
    Some(usize::from(u16::from_le_bytes(*first)))
}

fn take<'d>(data: &mut &'d [u8], length: usize) -> &'d [u8] {
    let (taken, rest) = data.split_at(length.min(data.len()));
    *data = rest;
    taken
}

/// File, place, bytes taken out, bytes put in: by their numbers, then the bytes.
fn edited(base: &Contents, mut data: &[u8]) -> Contents {
    let mut content = base.clone();
    while let (Some(file), Some(at), Some(out), Some(put)) = (
        number(&mut data),
        number(&mut data),
        number(&mut data),
        number(&mut data),
    ) {
        let bytes = take(&mut data, put % 64);
        let names: Vec<&String> = base.keys().collect();
        // One beyond the files that are there is a new one.
        let name = match names.get(file % (names.len() + 1)) {
            Some(name) => (*name).clone(),
            None => NAMES[at % NAMES.len()].to_owned(),
        };
        let text = content.entry(name).or_default();
        let at = at % (text.len() + 1);
        let end = (at + out % 256).min(text.len());
        text.splice(at..end, bytes.iter().copied());
    }
    content
}

/// What the seal says, however it is written.
fn meaning(content: &Contents) -> (Option<ccr::support::pyjson::ordered::Value>, Contents) {
    let mut others = content.clone();
    let seal = others.remove("seal.json").unwrap_or_default();
    let seal = ccr::support::pyjson::ordered::parse_strict(&seal, 64).ok();
    (seal, others)
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let Some((mode, mut data)) = data.split_first() else {
        return;
    };
    if mode % 2 == 0 {
        let changed = edited(&world.base, data);
        let differs = meaning(&changed) != meaning(&world.base);
        assert_ne!(differs, passes(changed), "the run passes, and no other");
        return;
    }
    let mut content = Contents::new();
    while let (Some(name), Some(length)) = (number(&mut data), number(&mut data)) {
        let bytes = take(&mut data, length);
        content.insert(NAMES[name % NAMES.len()].to_owned(), bytes.to_vec());
    }
    passes(content);
});
