// SPDX-License-Identifier: Apache-2.0
//! Governed change: rule cases, the samples and their mutations, runs.

mod bases;
mod cases;
mod evidence;
mod samples;
