// SPDX-License-Identifier: Apache-2.0
//! The drawing in pixels, by resvg. The letters come with the program, so the picture is the same
//! on every machine.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::sync::Arc;

/// Longest side of a picture, in pixels; a larger drawing is made smaller.
const LONGEST: f32 = 30_000.0;
/// Most pixels of a picture.
const MOST: f32 = 120_000_000.0;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no picture: {0}")]
pub struct PictureError(String);

/// Turns a drawing into PNG.
///
/// # Errors
/// The drawing is no SVG, or too large for memory.
pub fn render(svg: &str) -> Result<Vec<u8>, PictureError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
    fonts.set_monospace_family("Hack");
    let options = Options {
        font_family: "Hack".to_owned(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| PictureError(error.to_string()))?;
    let size = tree.size();
    let scale = 1_f32
        .min(LONGEST / size.width().max(size.height()))
        .min((MOST / (size.width() * size.height())).sqrt());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both are positive and bounded"
    )]
    let pixels = |length: f32| (length * scale).ceil().max(1.0) as u32;
    let mut map = Pixmap::new(pixels(size.width()), pixels(size.height()))
        .ok_or_else(|| PictureError("it is too large".to_owned()))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut map.as_mut(),
    );
    map.encode_png()
        .map_err(|error| PictureError(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::picture::{layout, samples, svg};

    #[test]
    fn a_drawing_becomes_the_same_picture_each_time() {
        for contracts in [2, 198] {
            let graph = samples::chain(contracts);
            let drawn = svg::draw(&graph, &layout::place(&graph));
            let png = render(&drawn).unwrap();
            assert!(png.starts_with(b"\x89PNG\r\n"));
            assert_eq!(png, render(&drawn).unwrap());
            if let Some(folder) = std::env::var_os("CCR_PICTURES") {
                let path = std::path::Path::new(&folder).join(format!("chain-{contracts}"));
                std::fs::write(path.with_extension("svg"), &drawn).unwrap();
                std::fs::write(path.with_extension("png"), &png).unwrap();
            }
        }
    }

    #[test]
    fn what_is_no_drawing_is_refused() {
        assert!(render("no drawing").is_err());
    }
}
