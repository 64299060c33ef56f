// SPDX-License-Identifier: Apache-2.0
//! One rule, one allow-list: from gitleaks's form to ours.

use super::File;
use super::raw::{RawAllowlist, RawRule};
use super::syntax::{Secret, translate};
use crate::model::{Confidence, Prose, RuleId, RuleMeta, RuleProse, Severity, Status};
use crate::rules::error::RuleError;
use crate::rules::later::Later;
use crate::rules::schema::{
    Acquittal, Body, ExampleLists, Examples, Judge, Pattern, PatternRule, Rule, Scope, Subject,
    Window,
};
use std::sync::Arc;
use toml::Spanned;

/// What begins the id of each rule taken over.
pub(in crate::rules) const PREFIX: &str = "secret-gitleaks-";
/// A comment by which gitleaks passes over a line; in parts, so that this is none.
const COMMENT: &str = concat!("gitleaks:", "allow");

/// Takes over a rule; `None` for one that only serves others.
pub(super) fn rule(
    file: &File<'_>,
    pack: &Arc<str>,
    at: usize,
    raw: RawRule,
) -> Result<Option<Rule>, RuleError> {
    let fault = |cause: String| file.fault(Some(at), format!("rule `{}`: {cause}", raw.id));
    if raw.id.is_empty() {
        return Err(fault("it has no id".to_owned()));
    }
    if raw.required.is_some() {
        let what =
            "`required` is not known here; say it with `judge.near` in a rule of this program";
        return Err(fault(what.to_owned()));
    }
    if raw.skip_report {
        return Ok(None);
    }
    let who = format!("rule `{}`", raw.id);
    let secret = match raw.secret_group {
        Some(number) if number > 0 => Secret::Group(number),
        _ => Secret::First,
    };
    let path = match &raw.path {
        Some(path) => Some(pattern(
            file,
            &format!("{who}: `path`"),
            path,
            Secret::None,
        )?),
        None => None,
    };
    let (pattern, subject, path) = match (&raw.regex, path) {
        (Some(regex), path) => {
            let regex = pattern(file, &format!("{who}: `regex`"), regex, secret)?;
            (regex, Subject::Content, path)
        }
        (None, Some(path)) => (path, Subject::Path, None),
        (None, None) => return Err(fault("it has neither `regex` nor `path`".to_owned())),
    };
    let mut acquit = vec![Acquittal {
        line: vec![COMMENT.to_owned()],
        ..Acquittal::default()
    }];
    for list in raw.allowlist.into_iter().chain(raw.allowlists) {
        acquit.push(allowlist(file, &who, list)?);
    }
    let title = raw.description.filter(|text| !text.trim().is_empty());
    Ok(Some(Rule {
        meta: Arc::new(RuleMeta {
            residual: None,
            id: RuleId::new(&format!("{PREFIX}{}", kebab(&raw.id))),
            severity: Severity::High,
            confidence: Confidence::Medium,
            blocking: None,
            kind: None,
            status: Status::Stable,
            prose: Prose::from(RuleProse {
                title: title.map_or_else(|| raw.id.clone(), |text| text.replace('\n', " ")),
                since: env!("CARGO_PKG_VERSION").to_owned(),
                why: format!("Rule `{}` of {} matches.", raw.id, file.path.display()),
                repair: "Revoke the secret, take it out, and have the program read it from its \
                         environment."
                    .to_owned(),
                repair_packed: String::new(),
                references: Vec::new(),
                aliases: vec![raw.id.clone()],
            }),
        }),
        pack: Arc::clone(pack),
        scope: Scope {
            // What gitleaks takes for binary it passes over; names have no kind.
            ..Scope::default()
        },
        body: Body::Pattern(Box::new(PatternRule {
            pattern: Pattern::Written(pattern.into()),
            keywords: match subject {
                Subject::Content => raw.keywords.into(),
                Subject::Path => Later::default(),
            },
            subject,
            window: Window::File,
            judge: Judge {
                // A secret must be above the floor, not on it.
                min_entropy: raw.entropy.filter(|floor| *floor > 0.0).map(f64::next_up),
                path,
                acquit,
                ..Judge::default()
            }
            .into(),
            group: false,
        })),
        examples: Examples::Given(ExampleLists::default()),
    }))
}

/// Takes over an allow-list.
pub(super) fn allowlist(
    file: &File<'_>,
    who: &str,
    raw: RawAllowlist,
) -> Result<Acquittal, RuleError> {
    let fault = |cause: String| file.fault(None, format!("{who}: {cause}"));
    let all = match raw
        .condition
        .as_deref()
        .map(str::to_ascii_uppercase)
        .as_deref()
    {
        None | Some("" | "OR" | "||") => false,
        Some("AND" | "&&") => true,
        Some(other) => {
            return Err(fault(format!(
                "`condition` is `{other}`; it may be OR or AND"
            )));
        }
    };
    let take = |list: &[Spanned<String>], key: &str| -> Result<Vec<String>, RuleError> {
        let who = format!("{who}: `{key}` of an allow-list");
        let one = |text: &Spanned<String>| pattern(file, &who, text, Secret::None);
        list.iter().map(one).collect()
    };
    let paths = take(&raw.paths, "paths")?;
    let regexes = take(&raw.regexes, "regexes")?;
    let mut list = Acquittal {
        paths,
        words: raw.stop_words,
        commits: raw
            .commits
            .iter()
            .map(|id| id.to_ascii_lowercase())
            .collect(),
        all,
        ..Acquittal::default()
    };
    match raw.regex_target.as_deref() {
        None | Some("" | "secret") => list.hit = regexes,
        Some("match") => list.whole = regexes,
        Some("line") => list.line = regexes,
        Some(other) => {
            return Err(fault(format!(
                "`regexTarget` is `{other}`; it may be secret, match or line"
            )));
        }
    }
    Ok(list)
}

/// Translates a pattern; a fault names rule, line and place.
fn pattern(
    file: &File<'_>,
    who: &str,
    text: &Spanned<String>,
    secret: Secret,
) -> Result<String, RuleError> {
    translate(text.get_ref(), secret).map_err(|refused| {
        let cause = format!(
            "{who}: at byte {} of the pattern: {}",
            refused.at, refused.cause
        );
        file.fault(Some(text.span().start), cause)
    })
}

/// An id in our form: lower case, digits, single hyphens.
fn kebab(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let text = words.join("-").to_ascii_lowercase();
    if text.is_empty() {
        "rule".to_owned()
    } else {
        text
    }
}
