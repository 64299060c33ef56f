// SPDX-License-Identifier: Apache-2.0
//! Python source as far as PIC's style needs it: tokens, statements, Typer commands, record
//! classes, returned dictionaries. Read, never run; what cannot be read is an error, not a guess.

pub mod commands;
pub mod records;
pub mod statement;
mod token;

pub use statement::{Statement, statements};
pub use token::{Kind, Token, tokens};
