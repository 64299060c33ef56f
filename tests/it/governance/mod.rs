// SPDX-License-Identifier: Apache-2.0
//! Governed change: rule cases, the samples and their mutations, runs.

mod asked;
mod bases;
mod cases;
mod contradictions;
mod evidence;
mod failures;
mod further;
mod gates;
mod graph;
mod hostile;
mod ladder;
mod mutated;
mod preserve;
mod record;
mod samples;
mod tree;
