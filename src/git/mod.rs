// SPDX-License-Identifier: Apache-2.0
//! Git repositories, read without running git: objects in packs and loose files, references, and
//! the history as a list of contents, each once, with the commit that brought it in.
//!
//! Knows no rule and no finding. Everything read is taken for hostile: sizes are not believed,
//! chains and nesting are bounded, and what is broken is told and not fatal.

mod cache;
mod checkout;
mod config;
mod delta;
mod entry;
mod history;
mod id;
mod index;
mod loose;
mod object;
mod order;
mod pack;
mod packed;
mod peel;
mod refs;
mod repository;
mod staging;
mod store;

pub use checkout::Checkout;
pub use history::{Blob, History, TagNote, Trouble};
pub use id::ObjectId;
pub use loose::{is_loose, is_loose_name, unpack as unpack_loose};
pub use object::{Fault, ObjectKind, message, tag_name};
pub use order::CommitNote;
pub use pack::{is_pack, walk as walk_pack};
pub use refs::Range;
pub use repository::Repository;
pub use staging::{Index, Tracked};
pub use store::{Location, Reader, Store};
