// SPDX-License-Identifier: Apache-2.0
//! The PIC family: is this percolation-inversion-compiler the one that CCR's commands and its
//! importer were written for, and does this repository use it within its boundary?
//!
//! Flow: `input` (checkout, sdist, wheel, installation, read as files) -> `python`, `package`
//! (what they declare) -> `model` -> `checks` (one function a rule) -> drafts. Nothing is
//! imported, built or executed; the version matrix is data (`rules/pic-matrix.json`).

pub mod environment;
pub mod matrix;
pub mod python;
