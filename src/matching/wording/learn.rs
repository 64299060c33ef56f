// SPDX-License-Identifier: Apache-2.0
//! Makes `weights.bin` anew.

use super::weights::{KIND_SLOTS, KINDS, ROW, SLOTS, kind_slot, slots, without};
use super::words::{NUMBER, Word, words};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::matching::Hit;
use crate::matching::claimed::shifted;
use crate::matching::sentence::{Block, Sink, is_read, read_blocks, sentences};
use crate::matching::statement::StatementMatcher;
use crate::model::EntryPath;
use crate::rules::{Body, load};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// How often sentences count that are nearly claims: there are few, and the rules meet them most.
const OF_NEARLY: f32 = 8.0;
/// Times that all sentences are gone through, and how far a step goes at first.
const ROUNDS: usize = 20;
const STEP: f32 = 0.3;
/// What pulls every weight to zero.
const DECAY: f32 = 2e-6;
/// What stands in the labelled sentences for the name of a product.
const NAME: &str = "Acme";

struct Sample {
    slots: Vec<u32>,
    label: Label,
    /// How often it counts.
    times: f32,
}

#[derive(Clone, Copy, PartialEq)]
enum Label {
    /// A claim, and its kind's place in a row of weights, if it is known.
    Claim(Option<usize>),
    Ordinary,
}

impl Label {
    /// What a column should say of a sentence; nothing where nobody knows.
    fn of(self, column: usize) -> Option<f32> {
        match self {
            Self::Ordinary => Some(0.0),
            Self::Claim(kind) => (column == 0 || kind == Some(column)).then_some(1.0),
        }
    }
}

impl Sample {
    fn new(words: impl Iterator<Item = Word>, label: Label, times: f32) -> Self {
        let mut all = Vec::new();
        slots(words, |slot| all.push(slot as u32));
        Self {
            slots: all,
            label,
            times,
        }
    }

    /// A sentence that somebody wrote down as a claim or as none.
    fn written(text: &str, label: Label) -> Self {
        let own = text.bytes().fold(NUMBER, |all, byte| {
            all.rotate_left(5).wrapping_mul(0x0100_0193) ^ u32::from(byte)
        });
        // A name tells nothing of its sentence: each stands as a word that no other sentence has.
        let named = words(text.as_bytes()).map(|mut word| {
            if text[word.place.clone()].eq_ignore_ascii_case(NAME) {
                (word.hash, word.stem) = (own, None);
            }
            word
        });
        let times = match label {
            Label::Claim(_) => 1.0,
            Label::Ordinary => OF_NEARLY,
        };
        Self::new(named, label, times)
    }

    /// A sentence of ordinary text.
    fn ordinary(words: Vec<Word>) -> Self {
        Self::new(words.into_iter(), Label::Ordinary, 1.0)
    }
}

/// The labelled sentences, in the order of the file.
///
/// # Panics
/// On a row with a label that nobody knows.
fn labelled(root: &Path) -> Vec<Sample> {
    let rows = std::fs::read_to_string(root.join("fixtures/claim-wording/sentences.tsv")).unwrap();
    let rows = rows.lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| {
        let (label, text) = row.split_once('\t').unwrap();
        let kind = |label| KINDS.iter().position(|known| *known == label);
        let label = match label {
            "-" => Label::Ordinary,
            "+" => Label::Claim(None),
            _ => Label::Claim(Some(1 + kind(label).unwrap_or_else(|| panic!("{row}")))),
        };
        Sample::written(text, label)
    })
    .collect()
}

#[test]
fn every_labelled_sentence_has_a_label_and_words() {
    let all = labelled(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(all.len() > 50_000, "{}", all.len());
    assert!(all.iter().all(|one| one.slots.len() > 1));
    for column in 0..ROW {
        let claims = all.iter().filter(|one| one.label.of(column) == Some(1.0));
        assert!(claims.count() > 1_500, "{column}");
    }
}

/// `CCR_TEXT_TREES=/folder:/folder cargo test --release --lib -- --ignored learn::regenerate` reads
/// the labelled sentences, and the text files below those folders as ordinary text (what our patterns
/// find there left out), learns the weights and writes them.
#[test]
#[ignore = "reads folders named in the environment and writes a source file"]
fn regenerate() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut samples = labelled(&root);
    judged(&root, &mut samples);
    let claims = samples.iter().filter(|one| one.label != Label::Ordinary);
    let claims = claims.count();
    let labelled = samples.len();
    ordinary(&mut samples);
    let (weights, of_all) = learn(&samples);
    let mut most = [0f32; ROW];
    for row in &weights {
        for (most, weight) in most.iter_mut().zip(row) {
            *most = most.max(weight.abs());
        }
    }
    let steps = most.map(|most| most / 127.0);
    let mut out: Vec<u8> = steps
        .iter()
        .chain(&of_all)
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let steps_of = |row: &[f32; ROW]| -> [u8; ROW] {
        std::array::from_fn(|column| (row[column] / steps[column]).round() as i8 as u8)
    };
    let rows: Vec<_> = weights.iter().map(steps_of).collect();
    out.extend(rows.iter().map(|row| row[0]));
    out.extend(rows[..KIND_SLOTS].iter().flat_map(|row| &row[1..]));
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
            samples.extend(claims.map(|claim| Sample::written(&claim, Label::Claim(None))));
            continue;
        }
        let (path, text) = (EntryPath::root(file), plain(text));
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut emit = |block: &Block<'_>| {
            let text = &block.folded.text;
            let own = sentences(text).into_iter().map(|range| &text[range]);
            samples.extend(own.map(|own| Sample::written(own, Label::Ordinary)));
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
                    let words: Vec<_> = words(said.as_bytes()).collect();
                    let usual = (3..80).contains(&words.len());
                    if usual && !is_claim && seen.insert(said.to_ascii_lowercase()) {
                        samples.push(Sample::ordinary(words));
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

/// Logistic regression by AdaGrad, one for each weight of a row, in an order that only the sentences decide. The weights
/// for kinds stand in the first rows.
fn learn(samples: &[Sample]) -> (Vec<[f32; ROW]>, [f32; ROW]) {
    let row = |slot: u32, column: usize| match column {
        0 => slot as usize,
        _ => kind_slot(slot as usize),
    };
    let mut weights = vec![[0f32; ROW]; SLOTS];
    let mut seen = vec![[1e-3f32; ROW]; SLOTS];
    let (mut of_all, mut seen_all) = ([0f32; ROW], [1e-3f32; ROW]);
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
            let mut sums = [0f32; ROW];
            for &slot in &sample.slots {
                for (column, sum) in sums.iter_mut().enumerate() {
                    *sum += weights[row(slot, column)][column];
                }
            }
            let faults: [f32; ROW] = std::array::from_fn(|column| {
                let odds = of_all[column] + sums[column] * value;
                let wanted = sample.label.of(column);
                let fault = |wanted| sample.times * (1.0 / (1.0 + (-odds).exp()) - wanted);
                wanted.map_or(0.0, fault)
            });
            for &slot in &sample.slots {
                for column in 0..ROW {
                    let row = row(slot, column);
                    let (weight, seen) = (&mut weights[row][column], &mut seen[row][column]);
                    let slope = faults[column] * value + DECAY * *weight;
                    *seen += slope * slope;
                    *weight -= STEP * slope / seen.sqrt();
                }
            }
            for column in 0..ROW {
                seen_all[column] += faults[column] * faults[column];
                of_all[column] -= STEP * faults[column] / seen_all[column].sqrt();
            }
        }
    }
    (weights, of_all)
}
