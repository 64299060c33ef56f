// SPDX-License-Identifier: Apache-2.0
//! Makes `weights.bin` anew.

use super::weights::{SLOTS, slots, without, words};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::matching::Hit;
use crate::matching::sentence::{Block, Sink, is_read, read_blocks, sentences};
use crate::matching::statement::{StatementMatcher, shifted};
use crate::model::EntryPath;
use crate::rules::{Body, load};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Sentences of ordinary text: those of documentation all, of the others one of so many.
const OF_OTHERS: u32 = 3;
/// Times that all sentences are gone through, and how far a step goes at first.
const ROUNDS: usize = 20;
const STEP: f32 = 0.3;
/// What pulls every weight to zero.
const DECAY: f32 = 2e-6;

struct Sample {
    slots: Vec<u32>,
    is_claim: bool,
}

impl Sample {
    fn new(text: &str, is_claim: bool) -> Self {
        let mut all = Vec::new();
        slots(&words(text.as_bytes()), |slot| all.push(slot as u32));
        Self {
            slots: all,
            is_claim,
        }
    }
}

/// `CCR_TEXT_TREES=/folder:/folder cargo test --release --lib -- --ignored learn::regenerate` reads
/// the labelled sentences, and the text files below those folders as ordinary text (what our patterns
/// find there left out), learns the weights and writes them.
#[test]
#[ignore = "reads folders named in the environment and writes a source file"]
fn regenerate() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let labelled =
        std::fs::read_to_string(root.join("fixtures/claim-wording/sentences.tsv")).unwrap();
    let mut samples: Vec<_> = labelled
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(label, _)| matches!(*label, "+" | "-"))
        .map(|(label, text)| Sample::new(text, label == "+"))
        .collect();
    judged(&root, &mut samples);
    let claims = samples.iter().filter(|one| one.is_claim).count();
    let labelled = samples.len();
    ordinary(&mut samples);
    let (weights, of_all) = learn(&samples);
    let most = weights.iter().fold(0f32, |most, one| most.max(one.abs()));
    let step = most / 127.0;
    let mut out = step.to_le_bytes().to_vec();
    out.extend(of_all.to_le_bytes());
    out.extend(weights.iter().map(|one| (one / step).round() as i8 as u8));
    std::fs::write(root.join("src/matching/wording/weights.bin"), out).unwrap();
    assert!(
        samples.len() > 10 * labelled,
        "{claims} claims, {labelled} labelled, {} in all: too little ordinary text",
        samples.len()
    );
}

/// Adds the sentences that the rules for claims are judged by: what claims in a text, and all of a text
/// without claims.
fn judged(root: &Path, samples: &mut Vec<Sample>) {
    let rows = std::fs::read_to_string(root.join("fixtures/claim-data/sentences.tsv")).unwrap();
    for row in rows.lines().filter(|row| !row.starts_with('#')) {
        let [_, file, claims, text] = row.split('\t').collect::<Vec<_>>()[..] else {
            continue;
        };
        let plain = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t");
        if claims != "-" {
            let claims = claims.split(" ; ").map(plain);
            samples.extend(claims.map(|claim| Sample::new(&claim, true)));
            continue;
        }
        let (path, text) = (EntryPath::root(file), plain(text));
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut emit = |block: &Block<'_>| {
            let text = &block.folded.text;
            let own = sentences(text).into_iter().map(|range| &text[range]);
            samples.extend(own.map(|own| Sample::new(own, false)));
        };
        read_blocks(
            &entry,
            &mut Sink {
                marks: None,
                emit: &mut emit,
            },
        );
    }
}

/// Adds the sentences of the trees that the environment names.
fn ordinary(samples: &mut Vec<Sample>) {
    let mut rules = load("default", &[]).unwrap().rules;
    rules.retain(|rule| !matches!(&rule.body, Body::Statement(one) if one.worded.is_some()));
    let matcher = StatementMatcher::new(&rules);
    let trees = std::env::var("CCR_TEXT_TREES").unwrap();
    let mut seen = HashSet::new();
    for tree in trees.split(':') {
        let files = walkdir::WalkDir::new(tree).sort_by_file_name();
        for file in files.into_iter().filter_map(Result::ok) {
            let Some(bytes) = std::fs::read(file.path())
                .ok()
                .filter(|text| text.len() < 2 << 20)
            else {
                continue;
            };
            let path = EntryPath::root(&file.file_name().to_string_lossy());
            let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, &bytes);
            if !is_read(&entry) {
                continue;
            }
            let mut hits: Vec<Hit> = Vec::new();
            if entry.kind.is("docs") {
                matcher.scan_all(&entry, &mut hits);
            }
            let mut emit = |block: &Block<'_>| {
                let text = &block.folded.text;
                for range in sentences(text) {
                    let span = block.folded.span(range.clone());
                    let is_claim = hits
                        .iter()
                        .any(|hit| hit.span.start < span.end && span.start < hit.span.end);
                    let mentions = shifted(&block.folded.mentions, &range, 0);
                    let said = without(&text[range.clone()], &mentions);
                    let words = words(said.as_bytes());
                    let letters = words
                        .iter()
                        .fold(7u32, |all, word| all.rotate_left(5) ^ word.hash);
                    let wanted = entry.kind.is("docs") || letters % OF_OTHERS == 0;
                    let usual = (3..80).contains(&words.len());
                    if usual && wanted && !is_claim && seen.insert(said.to_ascii_lowercase()) {
                        samples.push(Sample::new(&said, false));
                    }
                }
            };
            read_blocks(
                &entry,
                &mut Sink {
                    marks: None,
                    emit: &mut emit,
                },
            );
        }
    }
}

/// Logistic regression by AdaGrad, in an order that only the sentences decide.
fn learn(samples: &[Sample]) -> (Vec<f32>, f32) {
    let mut weights = vec![0f32; SLOTS];
    let mut seen = vec![1e-3f32; SLOTS];
    let (mut of_all, mut seen_all) = (0f32, 1e-3f32);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    for round in 0..ROUNDS as u64 {
        let key = |at: usize| {
            (at as u64 + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ round << 17)
                .rotate_left(23)
                .wrapping_mul(0xff51_afd7_ed55_8ccd)
        };
        order.sort_by_key(|at| key(*at));
        for &at in &order {
            let sample = &samples[at];
            let value = 1.0 / (sample.slots.len() as f32).sqrt();
            let sum: f32 = sample
                .slots
                .iter()
                .map(|slot| weights[*slot as usize])
                .sum();
            let odds = of_all + sum * value;
            let fault = 1.0 / (1.0 + (-odds).exp()) - if sample.is_claim { 1.0 } else { 0.0 };
            for &slot in &sample.slots {
                let slot = slot as usize;
                let slope = fault * value + DECAY * weights[slot];
                seen[slot] += slope * slope;
                weights[slot] -= STEP * slope / seen[slot].sqrt();
            }
            seen_all += fault * fault;
            of_all -= STEP * fault / seen_all.sqrt();
        }
    }
    (weights, of_all)
}
