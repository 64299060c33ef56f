// SPDX-License-Identifier: Apache-2.0
//! Admissions of a provider and model, and the decision on providers (section 4.4).

use super::shape::{self, Issue, and, or};
use super::sheet::Sheet;
use crate::governance::profile::Gates;
use crate::governance::stamp;
use crate::support::patterns;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;

/// Rule of admissions.
pub const ADMISSION: &str = "cto-provider-admission-invalid";
/// Rule of decisions.
pub const DECISION: &str = "cto-provider-decision-inconsistent";
/// Rule of reviews.
pub const REVIEW: &str = "cto-admission-review-due";

/// What is wrong with an admission.
pub fn admission(sheet: &Sheet, gates: &Gates) -> Vec<Issue> {
    let mut issues = shape::of_kind(ADMISSION, sheet, "provider-admission", gates);
    let whole = Value::Object(sheet.values.clone().into_iter().collect());
    for key in shape::secret_keys(&whole, gates) {
        let text = format!("`{key}` looks as if it held a secret; an admission names a class only");
        issues.push(Issue::on(ADMISSION, &key, text));
    }
    let several = ["provider", "model"].into_iter().filter(|key| {
        let text = sheet.text(key).unwrap_or("");
        text.contains([',', ';', '*', '|']) || text.contains(" or ")
    });
    for key in several {
        let text = format!("`{key}` names more than one; an admission holds one pair");
        issues.push(Issue::on(ADMISSION, key, text));
    }
    if let (Some(provider), Some(model), Some(named)) = (
        sheet.text("provider"),
        sheet.text("model"),
        named_pair(sheet, gates),
    ) {
        let pair = format!("{provider}-{model}");
        if slug(&pair) != slug(&named) {
            let text = format!("the file is named for `{named}`, and admits `{pair}`");
            issues.push(Issue::on(ADMISSION, "model", text));
        }
    }
    issues
}

/// The pair in the file's name.
fn named_pair(sheet: &Sheet, gates: &Gates) -> Option<String> {
    let form = gates.record("provider-admission")?;
    let captured = form.names.iter().find_map(|pattern| {
        let regex = patterns::pattern(pattern).ok()?;
        Some(
            regex
                .captures(sheet.file())?
                .name("pair")?
                .as_str()
                .to_owned(),
        )
    })?;
    Some(captured)
}

/// File names cannot hold every character of a model's name.
fn slug(text: &str) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    text.to_lowercase().chars().map(kept).collect()
}

/// How an admission answers a request for a pair: `admitted`, or why not.
pub fn answer(sheet: Option<&Sheet>, pair: (&str, &str), gates: &Gates) -> &'static str {
    let Some(sheet) = sheet else {
        return "missing_admission";
    };
    let status = sheet.text("status").unwrap_or("");
    let of_status = |issue: &Issue| issue.key.as_deref() == Some("status") && !status.is_empty();
    if admission(sheet, gates)
        .iter()
        .any(|issue| !of_status(issue))
    {
        return "invalid_admission";
    }
    if (sheet.text("provider"), sheet.text("model")) != (Some(pair.0), Some(pair.1)) {
        return "mismatch";
    }
    if status == "admitted" {
        "admitted"
    } else {
        "not_admitted"
    }
}

/// What is wrong with a decision on providers.
pub fn decision(sheet: &Sheet, gates: &Gates) -> Vec<Issue> {
    let rules = &gates.provider_decision;
    let mut issues = shape::of_kind(DECISION, sheet, "provider-decision", gates);
    let Some(status) = sheet.text("decision_status").map(str::to_owned) else {
        return issues;
    };
    if status == rules.undecided {
        for key in &rules.empty_while_undecided {
            if !sheet.is_empty(key) && sheet.text(key) != Some(status.as_str()) {
                let text = format!("nothing is decided, yet `{key}` is named");
                issues.push(Issue::on(DECISION, key, text));
            }
        }
        return issues;
    }
    let Some(classes) = rules.classes.get(&status) else {
        return issues;
    };
    match sheet.text("provider_class") {
        Some(class) if classes.iter().any(|known| known == class) => {}
        Some(class) => {
            let text = format!(
                "`provider_class` is `{class}`, which does not agree with `{status}`; that takes {}",
                or(classes)
            );
            issues.push(Issue::on(DECISION, "provider_class", text));
        }
        None => {
            let text = format!("`provider_class` is missing beside `{status}`");
            issues.push(Issue::on(DECISION, "decision_status", text));
        }
    }
    let missing: Vec<&str> = rules
        .identity
        .iter()
        .filter(|key| sheet.is_empty(key))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let text = format!("`{status}` is decided without {}", and(&missing));
        issues.push(Issue::on(DECISION, "decision_status", text));
    }
    let pair = ["fallback_provider", "fallback_model"].map(|key| !sheet.is_empty(key));
    if pair[0] != pair[1] {
        let text = "a fallback needs both a provider and a model";
        issues.push(Issue::on(DECISION, "fallback_provider", text));
    }
    issues
}

/// Whether the day in a review trigger has passed.
pub fn review(sheet: &Sheet, as_of: Date) -> Option<Issue> {
    let key = ["review_due", "review_date", "review_trigger"]
        .into_iter()
        .find(|key| sheet.text(key).is_some_and(|text| day_in(text).is_some()))?;
    let day = day_in(sheet.text(key)?)?;
    // The due day itself still counts.
    (day < as_of).then(|| {
        let text = format!("it was to be reviewed by {day}, and today is {as_of}");
        Issue::on(REVIEW, key, text)
    })
}

/// The first day in a text.
pub fn day_in(text: &str) -> Option<Date> {
    let starts = text.char_indices().map(|(at, _)| at);
    let mut days = starts.filter_map(|at| text.get(at..at + 10));
    days.find_map(stamp::day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    const GOOD: &str = r#"{"admission_timestamp":"2026-03-09T10:00:00+00:00","allowed_network_class":"loopback-only","approval_source":"note","credential_source_class":"none","model":"m-1","provider":"p","review_trigger":"before 2026-06-01","status":"admitted"}"#;

    fn sheet(text: &str) -> Sheet {
        let path = "CTO-CASE-MODEL-PROVIDER-ADMISSION.p-m-1.json";
        Sheet::of_text(path, text).unwrap()
    }

    #[test]
    fn an_admission_holds_one_pair_named_by_its_file() {
        let gates = Profile::embedded().gates;
        assert_eq!(admission(&sheet(GOOD), &gates), []);
        let other = sheet(&GOOD.replace("m-1", "m-2"));
        assert_eq!(admission(&other, &gates).len(), 1);
        let keyed = sheet(&GOOD.replace("{\"", "{\"api_key\":\"x\",\""));
        assert_eq!(admission(&keyed, &gates)[0].key.as_deref(), Some("api_key"));
    }

    #[test]
    fn requests_are_answered() {
        let gates = Profile::embedded().gates;
        let good = sheet(GOOD);
        assert_eq!(answer(None, ("p", "m-1"), &gates), "missing_admission");
        assert_eq!(answer(Some(&good), ("p", "m-1"), &gates), "admitted");
        assert_eq!(answer(Some(&good), ("p", "m-2"), &gates), "mismatch");
        let closed = sheet(&GOOD.replace("\"admitted\"", "\"not_admitted\""));
        assert_eq!(answer(Some(&closed), ("p", "m-1"), &gates), "not_admitted");
        let broken = sheet(&GOOD.replace("\"note\"", "\"\""));
        assert_eq!(
            answer(Some(&broken), ("p", "m-1"), &gates),
            "invalid_admission"
        );
    }

    #[test]
    fn reviews_fall_due_after_their_day() {
        let good = sheet(GOOD);
        assert!(review(&good, "2026-06-01".parse().unwrap()).is_none());
        assert!(review(&good, "2026-06-02".parse().unwrap()).is_some());
    }

    #[test]
    fn decisions_agree_with_themselves() {
        let gates = Profile::embedded().gates;
        let of = |text: &str| decision(&sheet(text), &gates).len();
        assert_eq!(of(r#"{"decision_status":"not_decided","provider":""}"#), 0);
        assert_eq!(of(r#"{"decision_status":"not_decided","provider":"p"}"#), 1);
        let full = r#"{"decision_status":"local_provider_required","provider_class":"local_case_compatible","provider":"p","model":"m","approval_source":"o","credential_source_class":"c","allowed_network_class":"n","review_trigger":"r","evidence_sources":["e"]}"#;
        assert_eq!(of(full), 0);
        assert_eq!(
            of(&full.replace("local_case_compatible", "external_anthropic")),
            1
        );
        assert_eq!(of(&full.replace("\"p\"", "\"\"")), 1);
        assert_eq!(of(r#"{"decision_status":"later"}"#), 1);
    }
}
