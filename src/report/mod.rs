// SPDX-License-Identifier: Apache-2.0
//! One output format a file: `&Report` to bytes. No renderer filters, reads an input again or
//! knows an exit code.

pub mod json;
pub mod sarif;
pub mod text;

use crate::model::Report;
use std::io::{self, Write};

/// Formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// JSON v1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// Writes `report` in `format`; `colour` concerns text only.
///
/// # Errors
/// What the sink reports.
pub fn write(
    report: &Report,
    format: Format,
    colour: bool,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, colour, quiet, out),
        Format::Json => json::v1::write(report, out),
        Format::Sarif => sarif::write(report, out),
    }
}
