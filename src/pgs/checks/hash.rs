// SPDX-License-Identifier: Apache-2.0
//! What is hashed, and whether what is executed follows from it: P-HASH-CONTENT, P-HASH-MACHINE,
//! P-HASH-IR, P-HANDLER. The published compiler hashes prose; a run executes the parsed copy beside
//! it, so that copy is derived again here.

use super::context::{Context, Found, Loaded, Typed};
use crate::model::Draft;
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::yaml;
use crate::rules::Rule;
use crate::schema;
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value};
use rayon::prelude::*;

/// P-HASH-CONTENT.
pub(super) fn content(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    each(context, found, |loaded| {
        let content = loaded.body().text("content")?;
        let said = loaded.body().text("content_hash")?;
        let real = hashing::sha256_hex(content.as_bytes());
        if said == real {
            return None;
        }
        let text = format!("`content_hash` is {said}, and the content hashes to {real}.");
        Some(context.at(rule, loaded, &["content_hash"], text))
    });
}

/// P-HASH-MACHINE.
pub(super) fn machine(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let depth = context.snapshot.as_ref().map_or(128, |s| s.limits.depth);
    each(context, found, |loaded| {
        let content = loaded.body().text("content")?;
        let front = loaded.body().get("frontmatter")?;
        let Some(block) = yaml::machine_block(content) else {
            let text = "Its source has no `## Machine` block, so nothing hashed stands behind `frontmatter`.";
            return Some(context.at(rule, loaded, &["frontmatter"], text));
        };
        let source = match yaml::parse(block, depth) {
            Ok(source) => source,
            Err(cause) => {
                let text = format!("The `## Machine` block of its source cannot be read: {cause}.");
                return Some(context.at(rule, loaded, &["content"], text));
            }
        };
        let expected = compiled(&source, loaded.fqdn());
        let mut places = Vec::new();
        differences(&expected, front, "/frontmatter", &mut places);
        let (at, what) = places.first()?;
        let more = match places.len() {
            1 => String::new(),
            n => format!(" ({} more differences)", n - 1),
        };
        let text = format!("`{at}` {what} the hashed source{more}.");
        Some(context.member(rule, &loaded.path, at, text))
    });
}

/// P-HASH-IR.
pub(super) fn ir(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    each(context, found, |loaded| {
        let core = loaded.artifact.core();
        let (ir, derived) = match loaded.fqdn().kind() {
            Kind::Transform => {
                let ir = loaded.body().get("ct_ir")?;
                // Only an atom's stream follows from its own source.
                let atom = loaded.artifact.frontmatter().at(&["machine", "ct_kind"]);
                let atom = atom.and_then(Value::as_str) == Some("atom");
                (ir, transform(loaded.fqdn(), core, ir, atom))
            }
            Kind::SideEffect => (loaded.body().get("cs_ir")?, effect(core)),
            _ => return None,
        };
        let key = if loaded.fqdn().kind() == Kind::Transform {
            "ct_ir"
        } else {
            "cs_ir"
        };
        let mut places = Vec::new();
        for (at, expected) in derived {
            let real = at
                .split('/')
                .skip(1)
                .try_fold(ir, |value, name| value.get(name));
            let place = format!("/{key}{at}");
            differences(&expected, real.unwrap_or(&Value::Null), &place, &mut places);
        }
        let (at, what) = places.first()?;
        let text = format!("`{at}` {what} `frontmatter.core`, which is hashed.");
        Some(context.member(rule, &loaded.path, at, text))
    });
}

/// P-HANDLER.
pub(super) fn handler(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for loaded in &context.artifacts {
        match &loaded.typed {
            Typed::Transform(transform) => {
                for (index, atom) in transform.atoms.iter().enumerate() {
                    let Some(handler) = &atom.handler else {
                        continue;
                    };
                    let at = format!("/ct_ir/atom_stream/{index}/handler_ref");
                    let source = context.get(&atom.atom);
                    let stated = source.and_then(|source| {
                        source
                            .artifact
                            .frontmatter()
                            .at(&["machine", "implementation"])
                    });
                    let text = judged(handler, stated, source.is_some());
                    let draft = text.map(|text| context.member(rule, &loaded.path, &at, text));
                    found.drafts.extend(draft);
                }
            }
            Typed::SideEffect(_) => {
                let Some(handler) = loaded.body().at(&["cs_ir", "handler_ref"]) else {
                    continue;
                };
                let stated = loaded.artifact.frontmatter().get("implementation");
                let text = judged(handler, stated, true);
                let keys = ["cs_ir", "handler_ref"];
                let draft = text.map(|text| context.at(rule, loaded, &keys, text));
                found.drafts.extend(draft);
            }
            _ => {}
        }
    }
}

fn judged(handler: &Value, stated: Option<&Value>, has_source: bool) -> Option<String> {
    let name = |value: &Value| {
        let part = |key: &str| value.text(key).unwrap_or("?").to_owned();
        format!("{}:{}", part("module"), part("callable"))
    };
    match stated {
        Some(stated) if stated == handler => None,
        Some(stated) => Some(format!(
            "`handler_ref` names `{}`, and the hashed source names `{}`: whoever follows it runs other code.",
            name(handler),
            name(stated)
        )),
        None if has_source => Some(format!(
            "`handler_ref` names `{}`, and no hashed source says so.",
            name(handler)
        )),
        None => Some("It calls a transform that is not in the snapshot, so no hashed source stands behind it.".to_owned()),
    }
}

fn each(
    context: &Context<'_>,
    found: &mut Found,
    judge: impl Fn(&Loaded) -> Option<Draft> + Sync + Send,
) {
    let drafts: Vec<Draft> = context.artifacts.par_iter().filter_map(judge).collect();
    found.drafts.extend(drafts);
}

/// The source as the compiler writes it: it adds `fqdn_id` beside the `code` of a workflow's nodes.
fn compiled(source: &Value, fqdn: &Fqdn) -> Value {
    let mut source = source.clone();
    if fqdn.kind() != Kind::Workflow {
        return source;
    }
    let nodes = source
        .as_object_mut()
        .and_then(|front| front.get_mut("core"))
        .and_then(Value::as_object_mut)
        .and_then(|core| core.get_mut("nodes"))
        .and_then(Value::as_object_mut);
    for node in nodes.into_iter().flat_map(Object::values_mut) {
        let Some(code) = node.text("code").map(str::to_owned) else {
            continue;
        };
        let meant = Fqdn::parse_within(&code, fqdn.namespace());
        if let (Ok(meant), Some(node)) = (meant, node.as_object_mut()) {
            node.entry("fqdn_id".to_owned())
                .or_insert_with(|| Value::String(meant.to_string()));
        }
    }
    source
}

/// What `ct_ir` must hold, by pointer below it.
fn transform(fqdn: &Fqdn, core: &Value, ir: &Value, atom: bool) -> Vec<(String, Value)> {
    let empty = || Value::Object(Object::new());
    let inputs = core.get("inputs").cloned().unwrap_or_else(empty);
    let mut derived = vec![
        ("/ct_code".to_owned(), Value::from(fqdn.code())),
        ("/ct_fqdn".to_owned(), Value::from(fqdn.as_str())),
        ("/inputs".to_owned(), inputs),
    ];
    let names =
        |key: &str| -> Vec<String> { core.members_of(key).map(|(name, _)| name.clone()).collect() };
    if atom {
        let mut outputs = Object::new();
        for name in names("outputs") {
            outputs.insert(name, crate::record! { "from" => "__atom_result__" });
        }
        let mut args = Object::new();
        for name in names("inputs") {
            args.insert(name.clone(), Value::String(format!("$.inputs.{name}")));
        }
        let mut call = crate::record! {
            "args" => args,
            "atom" => fqdn.as_str(),
            "out" => "__atom_result__",
        };
        // The handler is another rule's.
        let handler = ir
            .items("atom_stream")
            .first()
            .and_then(|atom| atom.get("handler_ref"));
        if let (Some(handler), Some(call)) = (handler, call.as_object_mut()) {
            call.insert("handler_ref".to_owned(), handler.clone());
        }
        derived.push(("/outputs".to_owned(), Value::Object(outputs)));
        derived.push(("/atom_stream".to_owned(), Value::Array(vec![call])));
    }
    derived
}

/// What `cs_ir` must hold.
fn effect(core: &Value) -> Vec<(String, Value)> {
    let mut derived = Vec::new();
    if let Some(operations) = core.get("operations") {
        let at = "/cs_metadata/operations/operations".to_owned();
        derived.push((at, operations.clone()));
    }
    if let Some(supported) = core.at(&["policy", "operations"]) {
        let at = "/cs_metadata/capability/supported_operation_specs".to_owned();
        derived.push((at, supported.clone()));
    }
    derived
}

/// Where two values differ, as pointers, with what is the matter there.
fn differences(expected: &Value, real: &Value, at: &str, places: &mut Vec<(String, &'static str)>) {
    if places.len() >= 100 {
        return;
    }
    match (expected, real) {
        (Value::Object(expected), Value::Object(real)) => {
            for (name, value) in expected {
                let below = schema::join(at, name);
                match real.get(name) {
                    Some(other) => differences(value, other, &below, places),
                    None => places.push((below, "is missing, but stands in")),
                }
            }
            for name in real.keys().filter(|name| !expected.contains_key(*name)) {
                places.push((schema::join(at, name), "does not stand in"));
            }
        }
        (Value::Array(expected), Value::Array(real)) if expected.len() == real.len() => {
            for (index, (expected, real)) in expected.iter().zip(real).enumerate() {
                differences(expected, real, &format!("{at}/{index}"), places);
            }
        }
        _ if expected == real => {}
        _ => places.push((at.to_owned(), "differs from")),
    }
}
