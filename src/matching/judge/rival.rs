// SPDX-License-Identifier: Apache-2.0
//! Values of one form that several providers hand out: the one whose word stands nearest has it.

use super::Context;
use crate::model::ByteSpan;
use regex_automata::Input;
use regex_automata::meta::Regex;

/// How near a word stands: on the value's line, before it, after it; then by bytes.
type Nearness = (u8, usize);

/// Whether a word of another provider stands nearer to the hit than one of the rule's own.
pub(super) fn is_nearer(
    context: &Context<'_>,
    around: ByteSpan,
    rivals: &[Regex],
    own: &[Regex],
) -> bool {
    let Some(rival) = nearest(context, around, rivals) else {
        return false;
    };
    nearest(context, around, own).is_none_or(|own| rival < own)
}

fn nearest(context: &Context<'_>, around: ByteSpan, words: &[Regex]) -> Option<Nearness> {
    let line = context.around(0);
    let near = |word: ByteSpan| {
        let hit = context.hit;
        let distance = if word.end <= hit.start {
            hit.start - word.end
        } else {
            word.start.saturating_sub(hit.end)
        };
        let class = if line.start <= word.start && word.end <= line.end {
            0
        } else if word.end <= hit.start {
            1
        } else {
            2
        };
        (class, distance)
    };
    words
        .iter()
        .flat_map(|word| word.find_iter(Input::new(context.text).range(around.range())))
        .map(|found| near(ByteSpan::new(found.start(), found.end())))
        .min()
}

#[cfg(test)]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    #[test]
    fn the_nearest_word_has_the_value() {
        let judge = |own: &str, rival: &str| Judge {
            own: vec![own.to_owned()],
            rivals: vec![rival.to_owned()],
            near_lines: Some(1),
            ..Judge::default()
        };
        let counts = |text: &str, own: &str, rival: &str| {
            weigh(&judge(own, rival), text, "VALUE", "a.env").is_some()
        };
        let both = "STRIPE=VALUE\nCLERK=other\n";
        assert!(counts(both, "STRIPE", "CLERK") && !counts(both, "CLERK", "STRIPE"));
        let both = "STRIPE=other\nCLERK=VALUE\n";
        assert!(counts(both, "CLERK", "STRIPE") && !counts(both, "STRIPE", "CLERK"));
        let above = "# CLERK\nkey=VALUE\n# STRIPE";
        assert!(counts(above, "CLERK", "STRIPE") && !counts(above, "STRIPE", "CLERK"));
        assert!(counts("key=VALUE", "STRIPE", "CLERK"));
        assert!(!counts("key=VALUE\nCLERK", "STRIPE", "CLERK"));
        assert!(counts("key=VALUE\n\nCLERK", "STRIPE", "CLERK"));
    }
}
