// SPDX-License-Identifier: Apache-2.0
//! Words of a sentence, and the words that take its assertion back.

// Lists are strings cut at `|`: they are read only for sentences that a pattern hit.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A word or a mark of punctuation, lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// Where it starts in the sentence.
    pub(super) start: usize,
}

/// Cuts lower-case text into tokens; hyphens and apostrophes inside a word belong to it.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if is_word(c) {
            while let Some(&(at, c)) = chars.peek() {
                let joint = matches!(c, '-' | '\'' | '.')
                    && text[at + 1..].starts_with(|n: char| n.is_alphanumeric());
                if !is_word(c) && !joint {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
        } else if c == '-' && text[end..].starts_with('-') {
            end += 1;
            chars.next();
        }
        out.push(Token {
            text: &text[start..end],
            start,
        });
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '%' | '$')
}

/// How a word governs what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// Denies the clause.
    Not,
    /// Denies the phrase up to a comma.
    Without,
    /// Names a wording instead of saying it: "never claim that", "the phrase".
    Mention,
    /// A condition, up to a comma.
    If,
    /// What might be or ought to be: only of the verb right behind it.
    Modal,
    /// What is hoped for.
    Goal,
    /// Nothing: the words only look like a denial.
    Neutral,
    /// "not true that": denies, unless what follows is denied itself.
    Untrue,
}

/// Phrases by force; a group stands before those whose phrases its own begin.
const PHRASES: &[(Force, &str)] = &[
    (
        Force::Neutral,
        "not only|not just|not merely|not simply|not solely|not least|not to mention|\
         not limited to|isn't just|isn't only|isn't merely|doesn't just|doesn't only|\
         doesn't merely|no doubt|no question|no wonder|no matter|no less than|\
         no other than|none other than|nothing less than|nothing short of|without a doubt|\
         without any doubt|without doubt|without question|without exception|without fail|\
         cannot help but|nobody can deny|no one can deny|unquestionably|if anything|\
         if you want|you want|all you want|at once|why not|last but not least|\
         nobody disputes|no one disputes|nobody doubts|no one doubts|nobody questions|\
         no one questions|no denying|no disputing|cannot be denied|can't be denied|\
         no secret|in doubt|little doubt|beyond doubt|beyond any doubt|beyond a doubt|\
         beyond all doubt|goes without saying|needless to say|believe it or not|\
         like it or not|worry not|fear not|never worry|no worries|no exception|no exceptions|\
         no kidding|no joke|never been easier|never been simpler|never been safer|\
         not for nothing|not without reason|once and|once more|once again|once per",
    ),
    (
        Force::Untrue,
        "wrong to|no way that|impossible that|not possible that|incorrect to|misleading to|dishonest to|mistaken to|false to|a mistake to|\
         a lie to|untrue to|not true that|not the case that|not correct that|\
         not accurate that|not true to say|isn't true that|isn't the case that|untrue that|\
         false that|wrong that|incorrect that|unlikely that|improbable that|doubtful that|\
         doubtful whether|questionable whether|questionable that",
    ),
    (
        Force::Goal,
        "in a later|in a future|in later|later release|next release|next version|\
         future release|aim to|aims to|aim is to|aims at|aim at|aims for|aiming to|plan to|\
         plans to|planned to|planning to|want to|wants to|wanted to|hope to|hopes to|\
         hoping to|wish to|would like to|intend to|intends to|seek to|seeks to|strive to|\
         strives to|strives for|aspires to|attempt to|attempts to|attempting to|try to|\
         tries to|trying to|tried to|vision is|dream is|ambition is|goal is|goals is|goals are|objective is|objectives is|\
         goal of|working towards|working toward|work towards|on the way to|on the road to|\
         one day|some day|in the future|in future|a future version|a later version|\
         future work|how to|be nice|be great|be good to|be wonderful|be lovely|be cool|be neat|\
         be useful to|be helpful to|like to have|love to have|like to see|love to see|if only|\
         dream of|dreams of|working on|looking for|search of|in need of|waiting for|\
         on track to|road to|path to|step towards|steps towards",
    ),
    (
        Force::Mention,
        "under no circumstances|in no circumstances|no claim|no claims|no promise|\
         no evidence|no proof|no warranty|no guarantee|no guarantees|no attempt|no intention|\
         no part of|none of|guard against|guards against|beware of|according to|\
         such wording as|phrases like|words like|words such as|terms like|terms such as|slogans like|labels like|depending on|phrases such as|wording like|statements like|\
         statements such as|claims like|claims such as|marketed as|marketed by|advertised as|sold as|promoted as|billed as|touted as|hailed as|\
         described as|known as|said to be|rumored to|rumoured to|thought to|been called|be called|is called|are called|call it|calls it|called it|believed to|\
         the phrase|the phrases|the word|the words|the term|the wording|the sentence|\
         the statement|the label|the string|the assertion|the idea|the notion|the myth|\
         a myth|a misconception|a mistake|as if|as though|what if|in a world where|\
         in a world in which|for the sake of argument|a day may come|the day may come|\
         calls itself|call itself|calling itself|call themselves|calling themselves|\
         might gather|might conclude|could conclude|might infer|could infer|\
         the claim that|the claims that|the promise that|the slogan that|the belief that|\
         the impression that|the boast that|the rumour that|the rumor that|\
         the suggestion that|stay away from|steer clear of|stay clear of|\
         love to write|like to write|love to say|love to claim|markets its|markets itself|\
         market their|market itself|sells itself|sell itself|love to call|loves to call|like to call|likes to call|tend to call|tends to call",
    ),
    (
        Force::Not,
        "far be it|anything but|everything but|a far cry from|a long way from|by no means|in no way|in no case|at no point|at no time|no longer|no one|far from|\
         yet to|unable to|incapable of|impossible to|impossible for|fail to|fails to|\
         failed to|failing to|short of|refuse to|refuses to|declines to|refrain from|\
         refrains from|too early to|out of scope|outside the scope",
    ),
    (
        Force::Without,
        "instead of|rather than|as opposed to|in contrast to|contrary to|free of|free from|\
         safe from",
    ),
    (
        Force::If,
        "even if|whether or not|in case|only when|only if|so long as|provided that",
    ),
    (
        Force::Modal,
        "ought to|been called|be called|is called|are called|call it|calls it|called it|need to|needs to|has to|have to|had to|supposed to|required to|expected to",
    ),
];

const SINGLE: &[(Force, &str)] = &[
    (
        Force::Not,
        "not|never|cannot|cant|dont|doesnt|isnt|wont|neither|nor|hardly|scarcely|barely|\
         rarely|seldom|nobody|nothing|none|nowhere|reject|rejects|rejected|rejecting|forbid|\
         forbids|forbidden|prohibit|prohibits|prohibited|disallow|disallows|ban|bans|deny|\
         denies|doubt|doubts|doubted|disclaim|disclaims|prevent|prevents|preventing|block|blocks|flag|flags|stop|\
         stops|refuse|refuses",
    ),
    (
        Force::Mention,
        "avoid|avoids|avoiding|imagine|hypothetically|whether|todo|fixme|so-called|perhaps|maybe|possibly|presumably|arguably|conceivably|\
         supposedly|allegedly|falsely|wrongly|incorrectly|mistakenly|pretend|pretends|\
         pretending|purport|purports|purported|purportedly|alleges|alleged|overclaim|\
         overclaims|overclaiming",
    ),
    (Force::Without, "no|zero|without|lack|lacks|lacking|unlike"),
    (
        Force::If,
        "before|until|if|unless|once|suppose|supposing|assuming|assume",
    ),
    (Force::Modal, "would|could|might|may|should|must|shall"),
    (
        Force::Goal,
        "want|wants|hope|hopes|wish|ambition|aspiration|aim|goal|hopefully|planned|someday|\
         eventually|towards",
    ),
];

/// Verbs of saying and thinking: with a denial before them, what they introduce is only a wording.
pub(super) const SAYING: &str = "\
    claim|claims|claimed|claiming|say|says|said|saying|state|states|stated|stating|\
    assert|asserts|asserted|asserting|suggest|suggests|suggesting|imply|implies|implied|\
    implying|promise|promises|promising|write|writes|writing|describe|describes|\
    describing|call|calls|calling|called|advertise|advertises|advertised|advertising|\
    announce|announces|argue|argues|conclude|concludes|infer|infers|believe|believes|\
    think|thinks|represent|present|presented|market|label|labelled|labeled|treat|\
    treated|interpret|interpreted|construe|construed|mean|means|read|evidence|proof|\
    demonstrate|demonstrates|show|shows|prove|proves|guarantee|guarantees|print|prints|\
    publish|report|pretend|tell|tells|certify|certifies|warrant|warrants|know|knows|\
    indicate|indicates";

/// Verbs that hand a modal on to what they introduce: "could let", "would require".
pub(super) const CARRYING: &str =
    "let|allow|enable|make|cause|lead|require|need|mean|imply|permit|result|help|take";

/// Verbs by which somebody else's words are reported.
pub(super) const REPORTING: &str = "\
    claim|claims|claimed|claiming|say|says|said|assert|asserts|asserted|believe|\
    believes|think|thinks|argues|argued|insists|suggests|boast|boasts|touts|advertises|\
    contends|maintains|announced|advertised|wrote|write";

/// Where a plain denial ends and a new clause asserts again.
pub(super) const TURNS: &str = "\
    but|however|yet|whereas|although|though|nevertheless|nonetheless|because|since|\
    instead|—|–|--|-|;";

/// What begins a clause of its own after a comma or an "and".
pub(super) const CLAUSE_HEADS: &str = "\
    it|we|they|i|he|she|this|that|which|ccr|our|its|is|are|was|has|can|will|does|so|\
    therefore|thus|hence|rather|instead|you|your|also|simply|then|who|these|those";

/// What denies after the verb "be": "… is forbidden".
pub(super) const DENIED: &str = "\
    not|never|out|outside|beyond|forbidden|prohibited|rejected|impossible|unsupported|\
    false|wrong|untrue|incorrect|misleading|disallowed|banned|refused|excluded|a|an|no|\
    neither|nowhere|invalid|unproven|unknown|blocked|denied|flagged|unacceptable|\
    unwarranted";

/// Nouns that deny after "is a".
pub(super) const DENIED_NOUNS: &str = "\
    sentence|claim|phrase|statement|wording|non-goal|non-claim|lie|myth|overclaim|\
    misconception|mistake|falsehood|overstatement|exaggeration|forbidden|prohibited|\
    open|false|invalid|error|violation|goal|term|word|label|notion|concept|slogan|\
    buzzword|adjective|dream|fantasy|illusion|fiction|legend|unicorn|oxymoron|joke";

/// Labels before a colon that take back what follows.
pub(super) const LABELS: &str = "\
    no|not|never|false|wrong|bad|myth|don't|incorrect|forbidden|prohibited|todo|fixme|\
    non-claim|nonclaim|non-claims|limitation|non-goal|non-goals|overclaim|overclaims|\
    avoid|rejected|question|goal|goals|idea|planned|future|roadmap|removed|deprecated|\
    counterexample|anti-pattern|unsupported|disallowed|banned|invalid|misleading|fix|\
    fixed";

/// Whether a list of words holds this one.
pub(super) fn holds(list: &str, word: &str) -> bool {
    list.split('|').any(|entry| entry == word)
}

/// The phrase or word that governs from token `at`, and how many tokens it takes.
pub(super) fn force_at(tokens: &[Token<'_>], at: usize) -> Option<(Force, usize)> {
    let here = tokens[at].text;
    if let Some(count) = emphasis(tokens, at) {
        return Some((Force::Neutral, count));
    }
    let known = GOVERNING.get(here);
    for (force, rest) in known.iter().flat_map(|known| &known.phrases) {
        let behind = &tokens[at + 1..];
        if rest.len() <= behind.len() && rest.iter().zip(behind).all(|(word, t)| *word == t.text) {
            return Some((*force, 1 + rest.len()));
        }
    }
    if here.ends_with("n't") || here == "can't" {
        return Some((Force::Not, 1));
    }
    // A noun as often as a verb: "with one flag".
    if matches!(here, "flag" | "block" | "stop" | "ban" | "lack") {
        let verb = at == 0
            || matches!(
                tokens[at - 1].text,
                "to" | "must"
                    | "should"
                    | "will"
                    | "can"
                    | "and"
                    | "or"
                    | "we"
                    | "they"
                    | "please"
                    | ","
                    | "shall"
            );
        if !verb {
            return None;
        }
    }
    if let Some(count) = wording(tokens, at).or_else(|| falsehood(tokens, at)) {
        return Some((Force::Mention, count));
    }
    // "Whether you like it or not, …"
    if here == "whether" && at == 0 {
        return Some((Force::If, 1));
    }
    Some((known?.alone?, 1))
}

/// What a word governs by itself, and the phrases that it begins, in the order of their groups.
#[derive(Default)]
struct Governing {
    alone: Option<Force>,
    phrases: Vec<(Force, Vec<&'static str>)>,
}

/// [`PHRASES`] and [`SINGLE`] by first word: they are asked for every word around every hit.
static GOVERNING: LazyLock<HashMap<&'static str, Governing>> = LazyLock::new(|| {
    let mut by_word: HashMap<_, Governing> = HashMap::new();
    for (force, phrases) in PHRASES {
        for phrase in phrases.split('|') {
            let mut words = phrase.split(' ');
            let own = by_word.entry(words.next().unwrap_or_default()).or_default();
            own.phrases.push((*force, words.collect()));
        }
    }
    for (force, words) in SINGLE {
        for word in words.split('|') {
            by_word.entry(word).or_default().alone.get_or_insert(*force);
        }
    }
    by_word
});

/// "We cannot say it often enough", "can't be overstated": said with more force, and not denied. The
/// count of tokens.
fn emphasis(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let word = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text);
    let verb = match word(0) {
        "can't" | "cannot" | "couldn't" => 1,
        "can" | "could" if word(1) == "not" => 2,
        _ => return None,
    };
    let verb = verb + usize::from(word(verb) == "be");
    match word(verb) {
        "overstate" | "overstated" | "overemphasise" | "overemphasize" | "exaggerate"
        | "exaggerated" => Some(verb + 1),
        "say" | "said" | "stress" | "stressed" | "repeat" | "repeated" | "emphasise"
        | "emphasize" | "emphasised" | "emphasized" | "praise" | "recommend" | "tell" => {
            let enough = (verb + 1..verb + 6).find(|&offset| word(offset) == "enough")?;
            Some(enough + 1)
        }
        _ => None,
    }
}

/// A thing not to be believed and what it says: "a common myth that …", "the error to think that …".
/// The count of tokens that introduce the words.
fn falsehood(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    const FALSE: &str = "\
        misunderstanding|misunderstandings|misconception|misconceptions|myth|myths|fallacy|\
        fallacies|illusion|illusions|delusion|legend|lie|lies|rumour|rumours|rumor|rumors|\
        superstition|misbelief|mistake|error|exaggeration|overstatement|falsehood|misreading|\
        hoax|fairytale|fiction|fantasy|pretence|pretense|nonsense|hype|folklore|sham";
    let word = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text);
    if !holds(FALSE, word(0)) {
        return None;
    }
    match (word(1), word(2)) {
        ("that", _) => Some(2),
        ("is" | "was" | "are", "that") => Some(3),
        ("to", verb) if holds(SAYING, verb) || verb == "assume" => Some(3),
        _ => None,
    }
}

/// A piece of text and what it says: "a line saying that …", "any page that claims …". The count of
/// tokens that introduce the words.
fn wording(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let word = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text);
    let text = matches!(
        word(0),
        "line"
            | "lines"
            | "sentence"
            | "sentences"
            | "paragraph"
            | "passage"
            | "text"
            | "page"
            | "readme"
            | "badge"
            | "banner"
            | "slide"
            | "comment"
            | "commit"
            | "heading"
    );
    let says = |word: &str| {
        matches!(
            word,
            "saying"
                | "stating"
                | "claiming"
                | "asserting"
                | "suggesting"
                | "implying"
                | "says"
                | "say"
                | "states"
                | "state"
                | "claims"
                | "claim"
                | "asserts"
                | "suggests"
                | "implies"
        )
    };
    let relative = usize::from(matches!(word(1), "that" | "which"));
    let participle = relative == 1 || word(1).ends_with("ing");
    (text && participle && says(word(1 + relative))).then_some(2 + relative)
}

/// Words that turn a denial into an assertion when they follow it: "not impossible".
pub(super) fn undoes(tokens: &[Token<'_>], at: usize) -> usize {
    let word = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text);
    match word(0) {
        "fail" | "fails" | "failed" | "refuses" | "hesitates" | "ceases" | "forgets"
        | "neglects" | "neglect" | "hesitate" | "refuse" | "cease" | "forget"
            if word(1) == "to" =>
        {
            2
        }
        "impossible" | "incapable" | "unable" | "unproven" | "uncertain" | "doubtful"
        | "untrue" | "false" | "wrong" | "unlikely" | "uncertified" | "without" | "lacking" => {
            1 + usize::from(matches!(word(1), "to" | "of" | "that" | "for"))
        }
        "far" if word(1) == "from" => 2,
        // "never stops improving"
        "stop" | "stops" | "stopped" if word(1).is_empty() || word(1).ends_with("ing") => 1,
        "deny" | "denies" | "doubt" | "doubts" | "denied" | "doubted" | "refuse" | "refuses" => 1,
        // "no exaggeration to say", "not a myth that"
        "exaggeration" | "overstatement" | "myth" | "lie" | "joke" | "rumour" | "rumor"
        | "coincidence" | "accident" | "fantasy" | "fiction"
            if matches!(word(1), "to" | "that" | ":") =>
        {
            2
        }
        _ => 0,
    }
}
