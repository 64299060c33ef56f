// SPDX-License-Identifier: Apache-2.0
//! The part of a page of tags that a sentence around a keyword can take its words from: what stands
//! between two tags that part blocks.

use super::sentence::{Tag, tag};

/// Where the block around a place begins, with the tag that begins it. `floor` where that is not known,
/// and where a text further above may lead into it.
pub(super) fn start(text: &[u8], floor: usize, at: usize) -> usize {
    let mut opens = memchr::memrchr_iter(b'<', &text[floor..at]);
    let open = opens.find_map(|open| match tag(&text[floor + open..]) {
        Tag::Inline => None,
        Tag::Block => Some(floor + open),
        Tag::Item | Tag::Opaque => Some(floor),
    });
    open.unwrap_or(floor)
}

/// Where it ends.
pub(super) fn end(text: &[u8], at: usize, ceiling: usize) -> usize {
    let parts = |open: &usize| matches!(tag(&text[at + open..]), Tag::Block | Tag::Item);
    let mut opens = memchr::memchr_iter(b'<', &text[at..ceiling]);
    opens.find(parts).map_or(ceiling, |open| at + open)
}

/// Whether a part is one block, whose words are read in the order that they stand in.
pub(super) fn is_block(part: &[u8]) -> bool {
    let begins = part.first() == Some(&b'<') && tag(part) == Tag::Block;
    let inline = |open: usize| tag(&part[open..]) == Tag::Inline;
    begins && memchr::memchr_iter(b'<', part).skip(1).all(inline)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// The part around the first keyword, when it is a block.
    fn block(text: &str) -> Option<&str> {
        let at = text.find("KEY").unwrap();
        let part = start(text.as_bytes(), 0, at)..end(text.as_bytes(), at + 3, text.len());
        is_block(text[part.clone()].as_bytes()).then_some(&text[part])
    }

    #[test]
    fn a_block_stands_between_tags() {
        assert_eq!(
            block("<p>a</p><p>b <b>KEY</b> c</p>d"),
            Some("<p>b <b>KEY</b> c")
        );
        assert_eq!(block("<p>a</p>KEY a < b<br/>c"), Some("</p>KEY a < b"));
        assert_eq!(block("<tr><td>a<td>KEY</tr>"), Some("<td>KEY"));
        assert_eq!(block("<img alt=\"a KEY\">b"), Some("<img alt=\"a KEY\">b"));
    }

    #[test]
    fn what_may_be_led_into_or_hidden_is_no_block() {
        for text in [
            "KEY",
            "<ul><li>KEY</li></ul>",
            "<blockquote>KEY",
            "<p>a <!-- b --> KEY",
            "<p>a <code>b</code> KEY",
            "<p>KEY <script>c</script>",
        ] {
            assert_eq!(block(text), None, "{text}");
        }
    }
}
