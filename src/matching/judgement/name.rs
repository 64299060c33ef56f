// SPDX-License-Identifier: Apache-2.0
//! Things that are called after what they are about: "self-rewrite flags", "the keyword
//! self-rewrite", "a jailbreak guard". Naming the thing says nothing of what it does.

use super::words::{Token, holds};
use std::ops::Range;

/// Things that carry a name.
const NAMED: &str = "\
    flag|flags|field|fields|key|keys|keyword|keywords|column|columns|check|checks|guard|guards|\
    test|tests|assertion|assertions|invariant|invariants|rule|rules|entry|entries|denylist|\
    denylists|blocklist|blocklists|ledger|ledgers|label|labels|tag|tags|category|categories|\
    claim|claims|phrase|phrases|term|terms|word|words|wording|finding|findings|violation|\
    violations|ban|bans|prohibition|prohibitions";

/// Things that look out for what they are called after, whoever provides them.
const WATCHING: &str = "\
    check|checks|guard|guards|test|tests|assertion|assertions|invariant|invariants|denylist|\
    denylists|blocklist|blocklists|ban|bans|prohibition|prohibitions|violation|violations|\
    keyword|keywords|phrase|phrases";

/// Verbs whose object is what comes last: "includes a jailbreak guard" includes a guard.
const PROVIDING: &str = "\
    provides|provide|offers|offer|supports|support|enables|enable|performs|perform|includes|\
    include|features|feature|ships|ship|has|have|contains|contain|adds|add|implements|implement";

/// Whether the phrase only tells which flag, field, check or entry is meant.
pub(super) fn is_name(lower: &str, tokens: &[Token<'_>], hit: &Range<usize>) -> bool {
    let words: Vec<_> = lower[hit.clone()].split(' ').collect();
    let rest = &lower[hit.end..];
    let named = |list: &str| {
        // "self-rewrite-flag" is one token.
        let joined = rest.strip_prefix('-').map(|tail| {
            let end = tail.find(|c: char| !c.is_alphanumeric());
            holds(list, &tail[..end.unwrap_or(tail.len())])
        });
        joined.unwrap_or_else(|| {
            let from = tokens.partition_point(|token| token.start < hit.end);
            rest.starts_with(' ') && heads(list, &tokens[from..])
        })
    };
    if is_noun(&words) {
        let behind = tokens.partition_point(|token| token.start < hit.start);
        let before = behind.checked_sub(1).map_or("", |at| tokens[at].text);
        return named(NAMED) || holds(NAMED, before);
    }
    let finds = ["detect", "proof", "recogni", "verif", "certif"];
    holds(PROVIDING, words[0])
        && !words
            .iter()
            .any(|word| finds.iter().any(|stem| word.starts_with(stem)))
        && named(WATCHING)
}

/// A lead-in or label under which nouns are entries: "Checked keywords", "Flags:".
pub(super) fn lists_names(lead: &str, hit: &str) -> bool {
    let words: Vec<_> = hit.split(' ').collect();
    let lead = lead.trim_end_matches(|c: char| !c.is_alphanumeric());
    let last = lead.rsplit([' ', '_', '-']).next().unwrap_or(lead);
    is_noun(&words) && lead.split(' ').count() <= 6 && holds(NAMED, last)
}

/// Whether a listed word comes first, or behind one more compound: "or weight-update flags".
fn heads(list: &str, tokens: &[Token<'_>]) -> bool {
    match tokens {
        [first, ..] if holds(list, first.text) => true,
        [and, compound, noun, ..] => {
            matches!(and.text, "and" | "or" | "/")
                && compound.text.contains('-')
                && holds(list, noun.text)
        }
        _ => false,
    }
}

/// A compound that is no verb of its sentence: "self-rewrite", "recursive self-improvement". A
/// verb would have its ending, "self-rewrites", or an object behind it.
fn is_noun(words: &[&str]) -> bool {
    let compound = |word: &str| word.contains('-') && !word.ends_with(['s', 'd']);
    match words {
        [one] => compound(one),
        [_, last] => last.starts_with("self") && compound(last),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tokens;
    use super::*;

    /// Whether the part between `[` and `]` is only a name.
    fn named(marked: &str) -> bool {
        let start = marked.find('[').unwrap();
        let end = marked.find(']').unwrap() - 1;
        let text = marked.replace(['[', ']'], "");
        is_name(&text, &tokens(&text), &(start..end))
    }

    #[test]
    fn what_is_called_after_a_claim_claims_nothing() {
        for text in [
            "a digest, an allowlist, and [self-rewrite] flags.",
            "the field [self-rewrite] is false",
            "the [self-rewrite]-guard ran",
            "[recursive self-improvement] checks run first",
            "[self-rewrite] or weight-update keywords",
            "it [includes a jailbreak] guard",
        ] {
            assert!(named(text), "{text}");
        }
    }

    #[test]
    fn verbs_and_their_objects_are_no_names() {
        for text in [
            "the agent [self-rewrites] rules",
            "it [bypasses model safety] checks",
            "it can [evade content moderation] checks",
            "it [offers a safety bypass] flag",
            "it [provides real asi detection] checks",
            "it [supports self-rewrite] and unit tests",
            "[self-rewrite], flags and more",
            "the [self-rewrite] loop",
        ] {
            assert!(!named(text), "{text}");
        }
    }

    #[test]
    fn entries_of_a_list_of_names() {
        assert!(lists_names("checked keywords:", "self-rewrite"));
        assert!(!lists_names("checked keywords:", "self-rewrites code"));
        assert!(!lists_names("what it can do:", "self-rewrite"));
    }
}
