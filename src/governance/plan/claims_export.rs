// SPDX-License-Identifier: Apache-2.0
//! The claim graph as JSON and as DOT (the language of Graphviz).

use super::claims::{Claims, Node, NodeKind, Why};
use crate::record;
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn text_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn node(name: &str, node: &Node) -> Value {
    record! {
        "id" => name,
        "kind" => node.kind.word(),
        "title" => node.title.as_str(),
        "status" => text_or_null(node.status.as_deref()),
        "present" => node.present,
        "seal_root" => text_or_null(node.seal.as_deref()),
    }
}

/// The whole graph as JSON.
pub fn json(claims: &Claims) -> Value {
    let nodes: Vec<Value> = claims
        .nodes
        .iter()
        .map(|(name, one)| node(name, one))
        .collect();
    let edges: Vec<Value> = claims
        .edges
        .iter()
        .map(|(from, relation, to)| {
            record! { "from" => from.as_str(), "relation" => relation.word(), "to" => to.as_str() }
        })
        .collect();
    record! { "schema" => "ccr.claim_graph.v1", "nodes" => nodes, "edges" => edges }
}

/// An answer as JSON.
pub fn why_json(claims: &Claims, why: &Why) -> Value {
    let path: Vec<Value> = why
        .path
        .iter()
        .filter_map(|name| Some(node(name, claims.nodes.get(name)?)))
        .collect();
    let missing: Vec<Value> = why
        .missing
        .iter()
        .map(|text| Value::from(text.as_str()))
        .collect();
    record! {
        "schema" => "ccr.claim_path.v1",
        "ok" => why.holds(),
        "id" => why.id.as_str(),
        "status" => text_or_null(why.status.as_deref()),
        "strength" => why.strength.word(),
        "path" => path,
        "missing" => missing,
    }
}

/// An answer for people.
pub fn why_text(claims: &Claims, why: &Why) -> String {
    let status = why.status.as_deref().unwrap_or("not defined");
    let mut text = format!("{} is {status}: {}\n", why.id, why.strength.word());
    for (depth, name) in why.path.iter().enumerate().skip(1) {
        let told = claims.nodes.get(name).map_or_else(String::new, |node| {
            let status = node.status.as_deref().unwrap_or("no status");
            let seal = node.seal.as_deref().map(|root| format!(", seal {root}"));
            format!(
                " ({}, {status}{})",
                node.kind.word(),
                seal.unwrap_or_default()
            )
        });
        let _ = writeln!(text, "{}-> {name}{told}", "  ".repeat(depth));
    }
    for missing in &why.missing {
        let _ = writeln!(text, "missing: {missing}");
    }
    text
}

/// The graph as DOT; with names, only what stands between these.
pub fn dot(claims: &Claims, only: Option<&[String]>) -> String {
    let kept: Option<BTreeSet<&str>> = only.map(|names| names.iter().map(String::as_str).collect());
    let shown = |name: &str| kept.as_ref().is_none_or(|kept| kept.contains(name));
    let mut text = String::from("digraph claims {\n  rankdir=LR;\n");
    for (name, node) in claims.nodes.iter().filter(|(name, _)| shown(name)) {
        let shape = match node.kind {
            NodeKind::Document => "note",
            NodeKind::Item => "box",
            NodeKind::Run => "ellipse",
            NodeKind::Admission => "component",
        };
        let short = name.rsplit('/').next().unwrap_or(name);
        let status = node
            .status
            .as_deref()
            .map_or_else(String::new, |s| format!("\n{s}"));
        let label = quoted(&format!("{short}{status}"));
        let style = if node.present { "" } else { ", style=dashed" };
        let _ = writeln!(
            text,
            "  {} [shape={shape}, label={label}{style}];",
            quoted(name)
        );
    }
    for (from, relation, to) in &claims.edges {
        if shown(from) && shown(to) {
            let (from, to) = (quoted(from), quoted(to));
            let _ = writeln!(text, "  {from} -> {to} [label=\"{}\"];", relation.word());
        }
    }
    text.push_str("}\n");
    text
}

/// A DOT string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::files::Files;
    use crate::governance::plan::Plan;
    use crate::governance::profile::Profile;
    use crate::governance::run::{RunIndex, RunSummary};
    use crate::support::pyjson::ordered::parse_strict;
    use std::path::Path;

    const RUN: &str = "20260309T101500Z-x-1";

    fn files() -> Files {
        let mut files = Files::default();
        let board = "items:\n  - {id: CTO-WORK-101, status: validated, evidence: [.sot/CTO-X-EVIDENCE.md]}\n  - {id: CTO-WORK-102, status: candidate, blocked_by: [CTO-WORK-101]}\n";
        let evidence = format!(
            "---\nstatus: validated\nsource: .sot/CTO-X-ISSUES.md\n---\n# X \"Evidence\"\n\n## Run Evidence\n\n- Report: `{RUN}`\n"
        );
        for (name, text) in [
            ("WORKBOARD.yaml", board.to_owned()),
            (".sot/CTO-X-EVIDENCE.md", evidence),
        ] {
            files.content.insert(name.to_owned(), text.into_bytes());
        }
        files
    }

    fn index(report: &str, seal: Option<&str>) -> RunIndex {
        let mut index = RunIndex::default();
        let run = RunSummary {
            name: RUN.to_owned(),
            report: parse_strict(report.as_bytes(), 8).ok(),
            seal_root: seal.map(str::to_owned),
            ..RunSummary::default()
        };
        index.runs.insert(RUN.to_owned(), run);
        index
    }

    #[test]
    fn a_path_leads_to_sealed_evidence_or_says_what_is_missing() {
        let profile = Profile::embedded();
        let day = "2026-03-15".parse().unwrap();
        let mut plan = Plan::of(Path::new("."), files(), &profile, day);
        let why = Claims::of(&plan).why(&plan, "CTO-WORK-101");
        assert_eq!(why.strength.word(), "cited");
        assert_eq!(why.missing, [format!("run `{RUN}`: runs were not given")]);
        let sealed = index(r#"{"status":"pass"}"#, Some("aa"));
        plan.runs = Some(&sealed);
        let claims = Claims::of(&plan);
        let why = claims.why(&plan, "CTO-WORK-101");
        assert!(why.holds());
        assert_eq!(why.path, ["CTO-WORK-101", ".sot/CTO-X-EVIDENCE.md", RUN]);
        assert!(why_text(&claims, &why).contains("seal aa"));
        let why = claims.why(&plan, "CTO-WORK-102");
        assert_eq!(why.missing.len(), 2, "{:?}", why.missing);
        let open = index(r#"{"status":"fail"}"#, None);
        plan.runs = Some(&open);
        let why = Claims::of(&plan).why(&plan, "CTO-WORK-101");
        assert_eq!(why.missing.len(), 2, "{:?}", why.missing);
    }

    #[test]
    fn exports_hold_every_node_and_quote_names() {
        let profile = Profile::embedded();
        let day = "2026-03-15".parse().unwrap();
        let plan = Plan::of(Path::new("."), files(), &profile, day);
        let claims = Claims::of(&plan);
        let graph = json(&claims);
        // Two items, a document, a run, and a source that does not exist.
        assert_eq!(graph.items("nodes").len(), 5);
        let text = dot(&claims, None);
        assert!(
            text.contains("-> \"20260309T101500Z-x-1\" [label=\"cites\"]"),
            "{text}"
        );
        assert!(text.contains("style=dashed"));
        assert_eq!(quoted("a\"b\\\n\u{7}"), "\"a\\\"b\\\\\\n \"");
    }
}
