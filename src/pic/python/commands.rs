// SPDX-License-Identifier: Apache-2.0
//! The command tree of a Typer program, out of its source.

use super::statement::{self, Statement};
use super::token::{Kind, Token};
use crate::model::ByteSpan;
use std::collections::{BTreeMap, BTreeSet};

/// A leaf command.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its options.
    pub options: Vec<Opt>,
    /// Where its decorator stands.
    pub span: ByteSpan,
}

/// An option of a command.
#[derive(Debug, Clone)]
pub struct Opt {
    /// Spellings, a pair `--a/--no-a` cut in two.
    pub names: Vec<String>,
    /// Must be given.
    pub required: bool,
    /// Source text of the default.
    pub default: Option<String>,
    /// Where the parameter stands.
    pub span: ByteSpan,
}

/// Reads the tree. Command path (`phase lab certify`) to command; a path declared twice keeps the
/// later one, as Typer does.
pub fn commands(lines: &[Statement<'_, '_>]) -> BTreeMap<String, Command> {
    let mut apps: BTreeSet<&str> = BTreeSet::new();
    let mut parents: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    for line in lines {
        let t = line.tokens;
        if t.len() > 4 && t[0].kind == Kind::Name && t[1].is(b'=') {
            if !statement::calls(&t[2..], &["typer", "Typer"]).is_empty() {
                apps.insert(t[0].text);
            }
        } else if t.len() > 3
            && t[0].kind == Kind::Name
            && t[1].is(b'.')
            && t[2].is_name("add_typer")
            && let Some(arguments) = statement::inside(t, 3)
        {
            let parts = statement::split(arguments, b',');
            let child = parts.first().and_then(|part| part.first());
            let name = parts.iter().find_map(|part| keyword(part, "name"));
            if let (Some(child), Some(name)) = (child, name.and_then(|value| value[0].string())) {
                parents.insert(child.text, (t[0].text, name.to_owned()));
            }
        }
    }
    let children: BTreeSet<&str> = parents.keys().copied().collect();
    let root: BTreeSet<&str> = apps.difference(&children).copied().collect();
    let mut found = BTreeMap::new();
    let mut waiting: Vec<(&str, Option<String>, ByteSpan)> = Vec::new();
    for line in lines {
        let t = line.tokens;
        if t[0].is(b'@') {
            let named = t.len() > 4 && t[2].is(b'.') && t[3].is_name("command") && t[4].is(b'(');
            if named && apps.contains(t[1].text) {
                let arguments = statement::inside(t, 4).unwrap_or_default();
                let parts = statement::split(arguments, b',');
                let name = parts
                    .iter()
                    .find_map(|part| keyword(part, "name"))
                    .or_else(|| parts.first().copied())
                    .and_then(|part| part[0].string());
                waiting.push((t[1].text, name.map(str::to_owned), t[0].span));
            }
            continue;
        }
        let def = usize::from(t[0].is_name("async"));
        if t.get(def).is_some_and(|t| t.is_name("def")) && !waiting.is_empty() {
            let function = t.get(def + 1).map_or("", |t| t.text);
            let options = parameters(t.get(def + 2..).unwrap_or_default());
            for (app, name, span) in waiting.drain(..) {
                let leaf = name.unwrap_or_else(|| function.replace('_', "-"));
                if let Some(path) = path(app, &leaf, &parents, &root) {
                    let options = options.clone();
                    found.insert(path, Command { options, span });
                }
            }
            continue;
        }
        waiting.clear();
    }
    found
}

/// `phase lab` + `certify`, when the application hangs on the root.
fn path(
    app: &str,
    leaf: &str,
    parents: &BTreeMap<&str, (&str, String)>,
    root: &BTreeSet<&str>,
) -> Option<String> {
    let mut words = vec![leaf.to_owned()];
    let mut current = app;
    // A ring of applications must not turn for ever.
    for _ in 0..16 {
        match parents.get(current) {
            Some((parent, name)) => {
                words.push(name.clone());
                current = parent;
            }
            // An application that hangs on nothing, beside the one called `app`, is unreachable.
            None if current == "app" || (root.len() == 1 && root.contains(current)) => {
                words.reverse();
                return Some(words.join(" "));
            }
            None => return None,
        }
    }
    None
}

/// The value of `name=value`.
fn keyword<'t, 'a>(part: &'t [Token<'a>], name: &str) -> Option<&'t [Token<'a>]> {
    (part.len() > 2 && part[0].is_name(name) && part[1].is(b'=')).then(|| &part[2..])
}

/// Options of a parameter list that begins at its bracket.
fn parameters(tokens: &[Token<'_>]) -> Vec<Opt> {
    let list = statement::inside(tokens, 0).unwrap_or_default();
    let mut options = Vec::new();
    for part in statement::split(list, b',') {
        let equals = statement::position(part, b'=');
        let default = equals.map(|at| &part[at + 1..]);
        for arguments in statement::calls(part, &["typer", "Option"]) {
            let parts = statement::split(arguments, b',');
            let names: Vec<String> = parts
                .iter()
                .filter(|argument| argument.len() == 1)
                .filter_map(|argument| argument[0].string())
                .filter(|text| text.starts_with('-'))
                .flat_map(|text| text.split('/'))
                .map(str::to_owned)
                .collect();
            if names.is_empty() {
                continue;
            }
            // The older style puts the default first: `x: int = typer.Option(3, "--x")`.
            let older = default.is_some_and(|d| d.first().is_some_and(|t| t.is_name("typer")));
            let value = if older {
                parts
                    .first()
                    .copied()
                    .filter(|d| d[0].string().is_none_or(|s| !s.starts_with('-')))
            } else {
                default
            };
            let text = value.map(statement::text);
            let required = text.as_deref().is_none_or(|text| text == "...");
            let (from, to) = (part[0].span.start, part[part.len() - 1].span.end);
            options.push(Opt {
                names,
                required,
                default: text,
                span: ByteSpan::new(from, to),
            });
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::super::{statements, tokens};
    use super::*;

    const SOURCE: &str = r#"
app = typer.Typer(help="x")
phase_app = typer.Typer()
lab_app = typer.Typer()
lost_app = typer.Typer()
app.add_typer(phase_app, name="phase")
phase_app.add_typer(lab_app, name="lab")

@app.command()
def sum_up(): ...

@lab_app.command("certify")
@other
def lab_certify(
    store: Annotated[Path, typer.Option("--store", help="a, b")],
    live: Annotated[bool, typer.Option("--live/--no-live")] = True,
    old: int = typer.Option(3, "--old", "-o"),
    need: int = typer.Option(..., "--need"),
) -> None:
    """@app.command("not this")"""

@lost_app.command("lost")
def lost(): ...
"#;

    #[test]
    fn the_tree_is_read() {
        let all = tokens(SOURCE).unwrap();
        let found = commands(&statements(&all));
        let paths: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(paths, ["phase lab certify", "sum-up"]);
        let options = &found["phase lab certify"].options;
        let shown: Vec<_> = options
            .iter()
            .map(|o| (o.names.join(" "), o.required, o.default.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("--store".to_owned(), true, None),
                (
                    "--live --no-live".to_owned(),
                    false,
                    Some("True".to_owned())
                ),
                ("--old -o".to_owned(), false, Some("3".to_owned())),
                ("--need".to_owned(), true, Some("...".to_owned())),
            ]
        );
    }
}
