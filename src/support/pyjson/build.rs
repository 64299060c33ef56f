// SPDX-License-Identifier: Apache-2.0
//! What the parser needs of a kind of value.

use super::number::Number;

/// A kind of value that a text is read into.
pub(super) trait Build: Sized {
    /// Members of an object under way.
    type Members: Default;
    /// `null`
    fn null() -> Self;
    /// `true` or `false`
    fn bool(value: bool) -> Self;
    /// A number.
    fn number(value: Number) -> Self;
    /// A text.
    fn string(value: String) -> Self;
    /// A list.
    fn array(items: Vec<Self>) -> Self;
    /// An object.
    fn object(members: Self::Members) -> Self;
    /// Sets a member; says whether it was there already.
    fn insert(members: &mut Self::Members, name: String, value: Self) -> bool;
}
