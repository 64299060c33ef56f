// SPDX-License-Identifier: Apache-2.0
//! What the program says of itself when it is asked for help. The one place of this family that
//! runs something, and only for an operator who asked for it on the command line and allowed it in
//! the configuration: `--version`, and `--help` behind commands that the source declares.

use super::matrix::{self, Matrix};
use super::model::Model;
use crate::support::process::{self, Finished, Limits, Surroundings};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// For one run.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(20),
    bytes: 256 << 10,
    // Nothing of the operator's own settings, and nothing written beside the source.
    surroundings: Surroundings::Bare(&[
        ("COLUMNS", "200"),
        ("HOME", ""),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ]),
};

/// Groups of commands that are asked. No published version has a quarter of it; a source that
/// declares more is not worth an hour.
const GROUPS: usize = 200;

/// What was run and what came back.
#[derive(Debug, Default)]
pub struct Help {
    /// Every argument list that was started.
    pub executed: Vec<Vec<String>>,
    /// What `--version` printed, when it is a version.
    pub version: Option<String>,
    /// Command path (empty for the program itself) to its help, or why there is none.
    pub pages: BTreeMap<String, Result<Page, String>>,
    /// Why nothing more was run.
    pub refused: Option<String>,
}

/// One help page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// First word of each line: the commands stand there.
    commands: BTreeSet<String>,
    /// Every word that begins as an option does.
    options: BTreeSet<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines() {
            let mut words = line
                .split(|c: char| c.is_whitespace() || matches!(c, '\u{2502}' | '|' | ',' | '/'))
                .filter(|word| !word.is_empty());
            let Some(first) = words.next() else { continue };
            page.commands.insert(first.to_owned());
            let all = std::iter::once(first).chain(words);
            let options = all.filter(|word| word.starts_with('-'));
            page.options.extend(options.map(str::to_owned));
        }
        page
    }

    /// Whether it lists a command.
    pub fn lists(&self, command: &str) -> bool {
        self.commands.contains(command)
    }

    /// Whether it names an option.
    pub fn names(&self, option: &str) -> bool {
        self.options.contains(option)
    }
}

/// Asks a program that was seen to be PIC's.
pub fn ask(program: &Path, model: &Model, matrix: &Matrix) -> Help {
    let mut help = Help::default();
    let version = ["--version".to_owned()];
    help.note(program, &version);
    match answer(process::run(program, &version, LIMITS)) {
        Err(why) => {
            help.refused = Some(format!("`--version` {why}"));
            return help;
        }
        Ok(text) => match matrix::version(&text) {
            None => {
                help.refused = Some("`--version` prints no version".to_owned());
                return help;
            }
            Some(version) => help.version = Some(version.to_string()),
        },
    }
    let asked = pages(model, matrix);
    let runs: Vec<(String, Vec<String>)> = asked
        .into_iter()
        .map(|path| {
            let words = path.split_whitespace().map(str::to_owned);
            let words = words.chain(["--help".to_owned()]).collect();
            (path, words)
        })
        .collect();
    for (_, words) in &runs {
        help.note(program, words);
    }
    help.pages = runs
        .into_par_iter()
        .map(|(path, words)| {
            let said = answer(process::run(program, &words, LIMITS));
            (path, said.map(|text| Page::read(&text)))
        })
        .collect();
    help
}

impl Help {
    /// Nothing was run.
    pub fn refusal(why: String) -> Self {
        Self {
            refused: Some(why),
            ..Self::default()
        }
    }

    fn note(&mut self, program: &Path, words: &[String]) {
        let program = program.to_string_lossy().into_owned();
        let argv = std::iter::once(program).chain(words.iter().cloned());
        self.executed.push(argv.collect());
    }
}

/// The program itself, every group of commands, and the commands that CCR names. A name comes out
/// of a source that is being judged: one that could be read as an option is not passed on.
fn pages(model: &Model, matrix: &Matrix) -> BTreeSet<String> {
    let mut found = BTreeSet::from([String::new()]);
    for path in model.commands.keys().filter(|path| plain(path)) {
        for (at, _) in path.match_indices(' ') {
            if found.len() < GROUPS {
                found.insert(path[..at].to_owned());
            }
        }
    }
    let named = matrix.named.iter().map(|named| &named.path);
    found.extend(
        named
            .filter(|path| model.commands.contains_key(*path) && plain(path))
            .cloned(),
    );
    found
}

fn plain(path: &str) -> bool {
    path.split(' ').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    })
}

fn answer(run: std::io::Result<Finished>) -> Result<String, String> {
    match run {
        Err(error) => Err(format!("cannot be started: {error}")),
        Ok(done) if done.timed_out => Err(format!(
            "does not answer in {} seconds",
            LIMITS.time.as_secs()
        )),
        Ok(done) if done.code != 0 => Err(format!("ends with exit code {}", done.code)),
        Ok(done) => Ok(String::from_utf8_lossy(&done.stdout.bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_and_without_frames() {
        let text = " Usage: pic agent [OPTIONS] COMMAND\n\n\
                    \u{256d}\u{2500} Options \u{2500}\u{256e}\n\
                    \u{2502} --allow-live/--no-live  -o  <path>  Words: phase \u{2502}\n\
                    \u{2502} check    Check things.  \u{2502}\n  doctor  Look.\n";
        let page = Page::read(text);
        assert!(page.lists("check") && page.lists("doctor") && !page.lists("phase"));
        for option in ["--allow-live", "--no-live", "-o"] {
            assert!(page.names(option), "{option}");
        }
        assert!(!page.names("--text"));
    }

    #[test]
    fn names_that_could_be_options_are_not_passed() {
        assert!(plain("phase lab") && plain("sqot"));
        assert!(!plain("-- phase") && !plain("") && !plain("phase --x") && !plain("a;b"));
    }
}
