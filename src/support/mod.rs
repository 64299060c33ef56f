// SPDX-License-Identifier: Apache-2.0
//! Small tools without a word of the domain in them.

pub mod atomic;
pub mod clock;
pub mod digits;
pub mod edits;
pub mod graph;
pub mod hashing;
pub mod json;
pub mod json_text;
pub mod names;
pub mod patterns;
pub mod process;
pub mod pyjson;
pub mod signing;
pub mod svg;
