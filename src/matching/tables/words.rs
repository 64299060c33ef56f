// SPDX-License-Identifier: Apache-2.0
//! Numbers as bytes, in the program as in memory.

use std::borrow::Cow;

/// A number of 32 bits, least byte first.
pub(crate) type Word = [u8; 4];
/// Numbers that lie in this program, or were made when it ran.
pub(crate) type Words = Cow<'static, [Word]>;

/// Bytes that begin where a line does.
#[repr(C, align(64))]
pub(crate) struct Aligned<T: ?Sized>(pub(crate) T);

/// The number in a word; 0 of none.
#[inline(always)]
pub(crate) fn number(word: Option<&Word>) -> u32 {
    word.map_or(0, |word| u32::from_le_bytes(*word))
}

/// Numbers as words.
pub(super) fn words(numbers: impl IntoIterator<Item = u32>) -> Words {
    numbers.into_iter().map(u32::to_le_bytes).collect()
}
