// SPDX-License-Identifier: Apache-2.0
//! The form of `report.json`, whose run it is, and whether `report.md` says the same.

use crate::governance::profile::Field;
use crate::governance::run::locate::Step;
use crate::governance::run::open::{REPORT, Run, Told};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use jiff::tz::TimeZone;

/// It is no JSON object.
pub fn invalid(run: &Run<'_>, _: bool) -> Vec<Told> {
    match &run.report {
        Some(Err(why)) => vec![Told::of(REPORT, format!("it is no JSON: {why}"))],
        Some(Ok(value)) if value.as_object().is_none() => {
            vec![Told::of(REPORT, "it is no JSON object")]
        }
        _ => Vec::new(),
    }
}

/// A required member is absent.
pub fn missing(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(report) = run.object() else {
        return Vec::new();
    };
    let fields = run.profile.evidence.field.iter();
    let absent = fields.filter(|(name, field)| field.required && report.get(name).is_none());
    absent
        .map(|(name, _)| Told::of(REPORT, format!("the report has no `{name}`")))
        .collect()
}

/// A member has another type, value or form; times contradict each other.
pub fn types(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    for (name, field) in &run.profile.evidence.field {
        if let Some(value) = run.get(name)
            && let Some(why) = wrong(run, field, value)
        {
            told.push(run.at(&[Step::Key(name)], format!("`{name}` {why}")));
        }
    }
    let time = |key: &str| run.text(key).and_then(stamp::utc);
    if let (Some(start), Some(end)) = (time("run_started_at"), time("run_finished_at"))
        && end < start
    {
        let at = [Step::Key("run_finished_at")];
        told.push(run.at(&at, "the run finished before it started"));
    }
    for key in ["run_started_at", "run_finished_at"] {
        if time(key).is_some_and(|time| time.to_zoned(TimeZone::UTC).date() > run.as_of) {
            let text = format!("`{key}` lies after the day of the audit");
            told.push(run.at(&[Step::Key(key)], text));
        }
    }
    told
}

fn wrong(run: &Run<'_>, field: &Field, value: &Value) -> Option<String> {
    let no = |expected: &str| Some(format!("is not {expected}"));
    match field.kind.as_str() {
        "text" | "mode" | "scope" => {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
                return no("a text");
            };
            let gates = &run.profile.gates;
            let unknown = match field.kind.as_str() {
                "mode" => gates.rank(text).is_none(),
                "scope" => !gates.stages.iter().any(|stage| stage.scope == text),
                _ => !field.one_of.is_empty() && !field.one_of.iter().any(|one| one == text),
            };
            unknown.then(|| format!("has the value `{text}`, which is not in its vocabulary"))
        }
        "time" => match value.as_str().and_then(stamp::utc) {
            Some(_) => None,
            None => no("an RFC 3339 time in UTC that ends in `Z`"),
        },
        "flag" if value.as_bool().is_none() => no("true or false"),
        "integer" if value.as_i64().is_none() => no("an integer"),
        "integer-or-null" if value.as_i64().is_none() && !value.is_null() => {
            no("an integer or null")
        }
        "object" if value.as_object().is_none() => no("an object"),
        "digest" if value.as_str().and_then(digest_of).is_none() => {
            no("a SHA-256 of 64 lower-case hex digits")
        }
        "texts" => {
            let items = value
                .as_array()
                .map(|items| items.iter().map(Value::as_str));
            let Some(texts) = items.and_then(Iterator::collect::<Option<Vec<_>>>) else {
                return no("a list of texts");
            };
            let sorted = texts.windows(2).all(|pair| pair[0] < pair[1]);
            let ordered = run.get("changed_files") == Some(value);
            (ordered && !sorted).then(|| "is not sorted, or names a file twice".to_owned())
        }
        "verification" => verification(value),
        "blockers" => blockers(value),
        "paths" => {
            let members = value.as_object()?;
            let bad = members.iter().find(|(_, path)| path.as_str().is_none());
            bad.map(|(name, _)| format!("gives `{name}` no path"))
        }
        "digests" => {
            let Some(members) = value.as_object() else {
                return no("an object of digests");
            };
            let good = |value: &Value| value.as_str().and_then(digest_of).is_some();
            let bad = members.iter().find(|(_, digest)| !good(digest));
            bad.map(|(name, _)| format!("gives `{name}` no SHA-256 of 64 lower-case hex digits"))
        }
        "freshness" => freshness(value),
        _ => None,
    }
}

/// A digest without its prefix, when it has the form.
pub fn digest_of(text: &str) -> Option<&str> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (hex.len() == 64 && hex.bytes().all(digit)).then_some(hex)
}

fn verification(value: &Value) -> Option<String> {
    let Some(entries) = value.as_array() else {
        return Some("is not a list".to_owned());
    };
    for (index, entry) in entries.iter().enumerate() {
        let exit = entry.get("exit_code");
        let good = entry.text("command").is_some()
            && exit.is_some_and(|exit| exit.is_null() || exit.as_i64().is_some())
            && entry.get("passed").and_then(Value::as_bool).is_some()
            && entry
                .get("missing")
                .is_none_or(|missing| missing.as_bool().is_some());
        if !good {
            return Some(format!(
                "has an entry, number {}, without command, exit_code and passed",
                index + 1
            ));
        }
    }
    None
}

fn blockers(value: &Value) -> Option<String> {
    let Some(entries) = value.as_array() else {
        return Some("is not a list".to_owned());
    };
    let good = |entry: &Value| {
        entry.as_str().is_some()
            || (entry.text("code").is_some() && entry.text("message").is_some())
    };
    let bad = entries.iter().position(|entry| !good(entry))?;
    Some(format!(
        "has an entry, number {}, without code and message",
        bad + 1
    ))
}

fn freshness(value: &Value) -> Option<String> {
    let time = |value: Option<&Value>| value.and_then(Value::as_str).and_then(stamp::utc).is_some();
    if value.as_object().is_none() {
        return Some("is not an object".to_owned());
    }
    for key in ["run_started_at", "checked_at"] {
        if !time(value.get(key)) {
            return Some(format!("has no time `{key}`"));
        }
    }
    if value.get("passed").and_then(Value::as_bool).is_none() {
        return Some("does not say whether it passed".to_owned());
    }
    let Some(artifacts) = value.get("artifacts").and_then(Value::as_object) else {
        return Some("has no artifacts".to_owned());
    };
    let good = |one: &Value| {
        let times = ["written_at", "checked_at"];
        let absent_or_time =
            |key: &&str| one.get(key).is_none_or(Value::is_null) || time(one.get(key));
        one.get("fresh").and_then(Value::as_bool).is_some() && times.iter().all(absent_or_time)
    };
    let bad = artifacts.iter().find(|(_, one)| !good(one));
    bad.map(|(name, _)| format!("says of `{name}` neither when nor whether it is fresh"))
}

/// Run id, directory, case and start do not belong together.
pub fn identity(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let at = |key: &'static str, text: String| run.at(&[Step::Key(key)], text);
    if let Some(id) = run.text("run_id")
        && id != run.name
    {
        told.push(at(
            "run_id",
            format!(
                "the report is that of `{id}`, the directory is called `{}`",
                run.name
            ),
        ));
    }
    let rest = run.name.split_once('-').map_or("", |(_, rest)| rest);
    let middle = match rest.rsplit_once('-') {
        Some((middle, pid)) if pid.bytes().all(|b| b.is_ascii_digit()) => middle,
        _ => rest,
    };
    if let Some(case) = run.text("case_id")
        && case != middle
        && case != rest
    {
        told.push(at(
            "case_id",
            format!("the case is `{case}`, the directory's name says `{middle}`"),
        ));
    }
    let started = run.text("run_started_at").and_then(stamp::utc);
    if let Some(started) = started {
        let tolerance = run.profile.evidence.start_tolerance_s;
        match stamp::compact(run.name) {
            Some(named) if (named.as_second() - started.as_second()).abs() <= tolerance => {}
            Some(_) => {
                let text = format!("the run started more than {tolerance} s apart from its name");
                told.push(at("run_started_at", text));
            }
            None => told.push(at(
                "run_id",
                "the directory's name does not begin with the time of its start".to_owned(),
            )),
        }
    }
    let folder = run
        .text("artifacts_dir")
        .map(|dir| dir.trim_end_matches('/'));
    if let Some(folder) = folder.and_then(|dir| dir.rsplit(['/', '\\']).next())
        && folder != run.name
    {
        told.push(at(
            "artifacts_dir",
            "the artifacts are said to lie in the directory of another run".to_owned(),
        ));
    }
    told
}

/// `report.md` states another status, backend or run.
pub fn markdown(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(bytes) = run.files.get("report.md") else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(bytes);
    let mut told = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = crate::model::ByteSpan::new(start, start + line.trim_end().len());
        start += line.len();
        let mut differs = |key: &str, said: &str, is: &str| {
            if said != is {
                told.push(Told {
                    span: Some(span),
                    ..Told::of(
                        "report.md",
                        format!("it states {key} `{said}`, the report `{is}`"),
                    )
                });
            }
        };
        let line = line.trim();
        if let Some(title) = line.strip_prefix("# ") {
            let id = title.rsplit(' ').next().unwrap_or("").trim_matches('`');
            if crate::governance::files::is_run_id(id) {
                differs("run", id, run.name);
            }
            continue;
        }
        let Some((key, value)) = line.trim_start_matches(['-', '*', ' ']).split_once(':') else {
            continue;
        };
        let value = value.trim().trim_matches(['`', '.', '*']).trim();
        let key = key.trim().trim_matches(['*', '`']).to_ascii_lowercase();
        match key.as_str() {
            "status" | "backend" | "case" => {
                let member = if key == "case" {
                    "case_id"
                } else {
                    key.as_str()
                };
                if let Some(is) = run.text(member) {
                    differs(&key, value, is);
                }
            }
            "run" | "run id" => differs("run", value, run.name),
            "blockers" if run.get("blockers").is_some() => {
                let said: Vec<&str> = value
                    .split(',')
                    .map(|one| one.trim().trim_matches('`'))
                    .collect();
                let said = if said == ["none"] { Vec::new() } else { said };
                if said != run.codes() {
                    differs("blockers", value, &run.codes().join(", "));
                }
            }
            _ => {}
        }
    }
    told
}
