// SPDX-License-Identifier: Apache-2.0
//! How large letters are, and how wide a line of them: known before anything is placed or drawn.

/// Width of a character over the size of the letters, in the fonts the drawing asks for.
const ADVANCE: f64 = 0.602;
/// Size of letters in nodes, in pixels.
pub(super) const LETTERS: f64 = 13.0;
/// Size of letters on edges, in pixels.
pub(super) const SMALL: f64 = 11.0;

/// Width of a line of text.
#[expect(clippy::cast_precision_loss, reason = "lines are short")]
pub(super) fn text_width(text: &str, letters: f64) -> f64 {
    text.chars().count() as f64 * letters * ADVANCE
}
