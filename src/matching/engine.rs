// SPDX-License-Identifier: Apache-2.0
//! Keywords to windows to patterns to judgement.
//!
//! One prefilter over the keywords of all content rules reads the text once. Where a keyword
//! stands, each of its rules whose scope admits the entry gets a window; windows of a rule that
//! touch become one; then each pattern runs over its windows only. A rule costs nothing in a
//! text that holds none of its keywords, whatever the number of rules.

use super::hit::Hit;
use super::judge::Known;
use super::ours;
use super::prefilter::Prefilter;
use super::program::Compiled;
use super::scope::{Globs, RuleBits, admits};
use super::scratch::{Mark, Scratch, State};
use super::search::{Judged, Search};
use super::tables::{Asks, Tables, Words, number};
use super::window::{self, Pending, Windows};
use crate::classify::{Classified, Kind, Origin};
use crate::model::RuleId;
use crate::rules::{Body, Rule, RuleSet, Scope, Subject};
use aho_corasick::AhoCorasick;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// All rules, ready to run; shared between threads.
#[derive(Debug)]
pub struct Matcher {
    /// Tells whose scratch buffers are whose.
    id: u64,
    rules: Vec<Arc<Rule>>,
    content: Prefilter,
    /// Number of the keyword that is watched for.
    watched: u32,
    names: Prefilter,
    /// Rules that are searched for their keywords alone.
    apart: Vec<(usize, AhoCorasick)>,
    /// Rules without keyword, which read every text or name in their scope.
    everywhere: Words,
    every_name: Words,
    /// The names that rules of `apart` and `everywhere` ask for, taken together: most fit none.
    wanted: Scope,
    wanted_globs: Globs,
    compiled: Vec<Compiled>,
    globs: Vec<Globs>,
}

impl Matcher {
    /// Builds the prefilters; patterns and globs are compiled when first needed.
    ///
    /// # Errors
    /// The keywords are more than a prefilter can hold.
    pub fn new(rules: &[Arc<Rule>]) -> Result<Self, String> {
        Self::watching(rules, "")
    }

    /// As [`Matcher::new`], and tells of each text whether one word stands in it
    /// ([`Scratch::saw_watched`]): who else needs to know saves a pass of its own.
    ///
    /// # Errors
    /// As [`Matcher::new`].
    pub fn watching(rules: &[Arc<Rule>], watched: &str) -> Result<Self, String> {
        let tables = Tables::of(rules.iter().map(|rule| asks(rule)), watched)?;
        Self::with(rules, tables)
    }

    /// As [`Matcher::watching`], of whole rule sets: those of a profile of ours have tables that were
    /// made when this program was built.
    ///
    /// # Errors
    /// As [`Matcher::new`].
    pub fn of(set: &RuleSet, watched: &str) -> Result<Self, String> {
        match ours::tables(set, watched) {
            Some(tables) => Self::with(&set.rules, tables),
            None => Self::watching(&set.rules, watched),
        }
    }

    fn with(rules: &[Arc<Rule>], tables: Tables) -> Result<Self, String> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let watched = tables.watched();
        let mut apart = Vec::new();
        for rule in numbers(&tables.apart) {
            let asks = asks(&rules[rule]);
            let keywords = asks.into_iter().flat_map(|asks| asks.keywords);
            apart.push((rule, automaton(keywords.filter(|word| !word.is_empty()))?));
        }
        let named = numbers(&tables.apart).chain(numbers(&tables.everywhere));
        let wanted = Scope {
            paths: named
                .flat_map(|rule| rules[rule].scope.paths.iter().cloned())
                .collect(),
            ..Scope::default()
        };
        Ok(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            rules: rules.to_vec(),
            content: Prefilter::new(tables.content)?,
            watched,
            names: Prefilter::new(tables.names)?,
            apart,
            everywhere: tables.everywhere,
            every_name: tables.every_name,
            wanted,
            wanted_globs: Globs::default(),
            compiled: rules.iter().map(|_| Compiled::default()).collect(),
            globs: rules.iter().map(|_| Globs::default()).collect(),
        })
    }

    /// Compiles everything that [`Matcher::new`] left for later: for rules that no test of ours
    /// has compiled before.
    ///
    /// # Errors
    /// Every rule whose pattern, judgement or globs do not compile, and why.
    pub fn compile_all(&self) -> Result<(), Vec<(RuleId, String)>> {
        for (index, rule) in self.rules.iter().enumerate() {
            if let Body::Pattern(pattern) = &rule.body {
                let _ = self.compiled[index].program(pattern);
            }
            let _ = self.globs[index].get(&rule.scope);
        }
        let faults = self.faults();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// The rules that turned out not to compile so far. To be reported after a scan: such a rule
    /// did not run.
    pub fn faults(&self) -> Vec<(RuleId, String)> {
        let mut all = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let pattern = self.compiled[index].fault();
            for fault in pattern.into_iter().chain(self.globs[index].fault()) {
                all.push((rule.meta.id.clone(), fault.clone()));
            }
        }
        all
    }

    /// Finds every hit of content rules in the entry's text, in order of place, and flags
    /// statement rules ([`Scratch::flagged_statements`]).
    pub fn scan(&self, entry: &Classified<'_>, scratch: &mut Scratch, out: &mut Vec<Hit>) {
        self.adopt(scratch);
        let text = entry.text.bytes();
        let name = entry.path.name();
        let admitted = self.admitted(scratch, entry.kind, entry.origin);
        let mut lines = Windows::default();
        self.content.find(text, |number, start| {
            scratch.watched |= number == self.watched;
            for rule in self.content.rules(number) {
                if admitted.holds(rule) {
                    let end = start + self.content.length(number);
                    self.keep(scratch, rule, name, text, &mut lines, start..end);
                }
            }
        });
        let named = self.asks_for(name);
        for (rule, automaton) in self.apart.iter().filter(|_| named) {
            if admitted.holds(*rule) && self.globs[*rule].admit(&self.rules[*rule].scope, name) {
                for found in automaton.find_overlapping_iter(text) {
                    self.keep(scratch, *rule, name, text, &mut lines, found.range());
                }
            }
        }
        for rule in numbers(&self.everywhere) {
            let named = named || self.rules[rule].scope.paths.is_empty();
            if named
                && admitted.holds(rule)
                && self.globs[rule].admit(&self.rules[rule].scope, name)
            {
                match &self.rules[rule].body {
                    Body::Statement(_) => scratch.statements.push(rule),
                    _ => scratch.windows.push(Pending {
                        rule: rule as u32,
                        from: 0,
                        to: text.len(),
                    }),
                }
            }
        }
        scratch.statements.sort_unstable();
        scratch.marks.sort_unstable();
        scratch.marks.dedup();
        let subject = Judged {
            text,
            path: name,
            kind: entry.kind,
            known: Known::default(),
        };
        self.run(&subject, scratch, out);
    }

    /// Whether rules ask for files of this name whatever they hold.
    pub fn asks_for(&self, name: &str) -> bool {
        self.wanted_globs.admit(&self.wanted, name)
    }

    /// How many keyword occurrences a scan of this text would look at: what the prefilter alone
    /// does, for measurements.
    pub fn keywords_in(&self, text: &[u8]) -> usize {
        let mut count = 0;
        self.content.find(text, |_, _| count += 1);
        count
    }

    /// Finds every hit of path rules in a name inside a container. The scope's kinds do not count:
    /// a name may belong to a folder.
    pub fn scan_path(&self, name: &str, origin: Origin, scratch: &mut Scratch, out: &mut Vec<Hit>) {
        self.adopt(scratch);
        let mut candidates: Vec<usize> = numbers(&self.every_name).collect();
        self.names.find(name.as_bytes(), |word, _| {
            candidates.extend(self.names.rules(word));
        });
        candidates.sort_unstable();
        candidates.dedup();
        for index in candidates {
            let rule = &self.rules[index];
            if admits(rule, None, origin) && self.globs[index].admit(&rule.scope, name) {
                scratch.windows.push(Pending {
                    rule: index as u32,
                    from: 0,
                    to: name.len(),
                });
            }
        }
        if scratch.windows.is_empty() {
            return;
        }
        let subject = Judged {
            text: name.as_bytes(),
            path: name,
            kind: Kind::of(name, b"", false),
            known: Known::default(),
        };
        self.run(&subject, scratch, out);
    }

    /// The rule that a hit names.
    pub(super) fn rule(&self, index: usize) -> &Rule {
        &self.rules[index]
    }

    /// Whether a rule's scope admits an entry: for structural checks, which are not run here.
    pub fn in_scope(&self, rule: usize, entry: &Classified<'_>) -> bool {
        let known = &self.rules[rule];
        admits(known, Some(&entry.kind), entry.origin)
            && self.globs[rule].admit(&known.scope, entry.path.name())
    }

    /// Makes the buffers this matcher's, and empty.
    fn adopt(&self, scratch: &mut Scratch) {
        if scratch.owner != self.id || scratch.entry == u32::MAX {
            *scratch = Scratch {
                owner: self.id,
                only: scratch.only.take(),
                states: vec![State::default(); self.rules.len()],
                ..Scratch::default()
            };
        }
        scratch.entry += 1;
        scratch.clear();
    }

    fn admitted(&self, scratch: &mut Scratch, kind: Kind, origin: Origin) -> Arc<RuleBits> {
        // Kinds are rows of a table, so their ids are told apart by address; an id met at a second
        // address only fills a second row here.
        let same = |k: &Kind, o: Origin| {
            std::ptr::eq(k.id, kind.id) && std::ptr::eq(k.tags, kind.tags) && o == origin
        };
        let known = scratch.admitted.iter().find(|(k, o, _)| same(k, *o));
        if let Some((_, _, bits)) = known {
            return Arc::clone(bits);
        }
        let mut bits = RuleBits::admitting(&self.rules, &kind, origin);
        if let Some(only) = &scratch.only {
            bits.retain(only);
        }
        let bits = Arc::new(bits);
        scratch.admitted.push((kind, origin, Arc::clone(&bits)));
        bits
    }

    /// Notes a keyword of a rule: a window for its pattern, or a flag for its statement.
    fn keep(
        &self,
        scratch: &mut Scratch,
        rule: usize,
        name: &str,
        text: &[u8],
        lines: &mut Windows,
        keyword: std::ops::Range<usize>,
    ) {
        let state = &mut scratch.states[rule];
        let body = &self.rules[rule].body;
        if state.entry != scratch.entry {
            *state = State {
                entry: scratch.entry,
                admitted: self.globs[rule].admit(&self.rules[rule].scope, name),
                last: None,
            };
            scratch.spoke |= !state.admitted;
            if state.admitted && matches!(body, Body::Statement(_)) {
                scratch.statements.push(rule);
            }
        }
        let (true, Body::Pattern(pattern)) = (state.admitted, body) else {
            if state.admitted {
                scratch.marks.push(Mark {
                    rule,
                    start: keyword.start,
                    end: keyword.end,
                });
            }
            return;
        };
        let (from, to) = lines.around(pattern.window, text, keyword.start, keyword.end);
        if let Some(last) = state.last.and_then(|last| scratch.windows.get_mut(last))
            && from <= last.to
            && last.from <= to
        {
            last.from = last.from.min(from);
            last.to = last.to.max(to);
            return;
        }
        state.last = Some(scratch.windows.len());
        scratch.windows.push(Pending {
            rule: rule as u32,
            from,
            to,
        });
    }

    /// Runs patterns over the windows that were kept.
    fn run(&self, subject: &Judged<'_>, scratch: &mut Scratch, out: &mut Vec<Hit>) {
        if scratch.windows.is_empty() {
            return;
        }
        let first = out.len();
        window::merge(&mut scratch.windows);
        let Scratch {
            windows,
            caches,
            slots,
            spoke,
            ..
        } = scratch;
        // Where a rule's last match ended: what the next window starts after.
        let mut resume = (u32::MAX, 0);
        for window in windows.iter() {
            let index = window.rule as usize;
            let Body::Pattern(pattern) = &self.rules[index].body else {
                continue;
            };
            // Most rules that a keyword calls never have a window worth compiling them for.
            let compiled = &self.compiled[index];
            if !compiled.passes(pattern, &subject.text[window.from..window.to]) {
                continue;
            }
            if resume.0 != window.rule {
                resume = (window.rule, 0);
            }
            for (start, end, next) in window::pieces(window.from, window.to) {
                let piece = start.max(resume.1)..end;
                let first = match compiled.likeness(pattern) {
                    _ if piece.start > end => None,
                    None => Some(piece.start),
                    Some(likeness) => {
                        let cache = caches.outlines.lend(index, || likeness.cache());
                        let first = likeness.first(cache, subject.text, piece.clone());
                        caches.outlines.weigh(index);
                        first
                    }
                };
                let Some(first) = first else {
                    resume.1 = piece.start;
                    continue;
                };
                let Some(program) = compiled.program(pattern) else {
                    break;
                };
                let mut search = Search {
                    rule: index,
                    program,
                    subject,
                    cache: caches.programs.lend(index, || program.regex.create_cache()),
                    slots,
                };
                let ended = search.piece(first..end, next, out);
                caches.programs.weigh(index);
                *spoke |= ended != first;
                // Where there was no match, the next piece may hold one that begins before `first`.
                resume.1 = if ended == first { piece.start } else { ended };
            }
        }
        out[first..].sort_by_key(|hit| (hit.span, hit.rule));
        let yields = |rule: usize| match &self.rules[rule].body {
            Body::Pattern(pattern) => pattern.judge.yields,
            _ => false,
        };
        let weight = |hit: &Hit| hit.weight(&self.rules[hit.rule].meta);
        super::overlap::give_way(out, first, yields, weight);
    }
}

/// What a rule says of when it is run, if keywords may call it.
pub(super) fn asks(rule: &Rule) -> Option<Asks<'_>> {
    let (keywords, of_names): (Vec<&str>, _) = match &rule.body {
        Body::Pattern(pattern) => {
            let keywords = pattern.keywords.iter().map(String::as_str);
            (keywords.collect(), pattern.subject == Subject::Path)
        }
        Body::Statement(statement) => (statement.marks().map(String::as_str).collect(), false),
        _ => return None,
    };
    Some(Asks {
        keywords,
        of_names,
        of_few: !rule.scope.paths.is_empty(),
    })
}

fn numbers(words: &Words) -> impl Iterator<Item = usize> + '_ {
    words.iter().map(|word| number(Some(word)) as usize)
}

fn automaton<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Result<AhoCorasick, String> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .map_err(|error| error.to_string())
}
