// SPDX-License-Identifier: Apache-2.0
//! The planning tree: governed documents, the board, admissions, environment files
//! (specification, section 1).

pub mod asserted;
pub mod board;
pub mod claims;
pub mod claims_export;
pub mod document;
pub mod facts;
pub mod items;
pub mod links;
pub mod outline;
pub mod run_facts;
pub mod said;
pub mod stated;
pub mod tree;

pub use asserted::{Asserted, Sentences};
pub use board::{Board, Entry};
pub use document::{Document, FrontMatter};
pub use facts::{Citation, Fact, FactForm, FactValue};
pub use items::{Checkbox, Field, Item};
pub use outline::{Line, Outline, Section};
pub use stated::Stated;
pub use tree::{Plan, Record};
