// SPDX-License-Identifier: Apache-2.0
//! The summary as one page: no script, nothing from elsewhere, every text escaped. A status is a
//! word first and a colour second.

mod parts;
mod work;

use super::model::{Stage, Summary};
use crate::support::svg::escape;
use parts::{badge, gates, mono, row, table};
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// Writes the page.
pub fn write(summary: &Summary) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Control summary, {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&summary.as_of)
    );
    head(summary, &mut out);
    out.push_str("<main>\n");
    standing(summary, &mut out);
    ladder(summary, &mut out);
    approvals(summary, &mut out);
    runs(summary, &mut out);
    candidate(summary, &mut out);
    work::section(&summary.work, &mut out);
    out.push_str("</main>\n");
    let _ = write!(
        out,
        "<footer>\n<p>Made by <code>ccr control summary</code> at {} from files whose names and digests give \
         {}. A path that begins with the name of a run lies below the folder of runs, any other below the \
         governance root.</p>\n</footer>\n</body>\n</html>\n",
        escape(&summary.generated_at),
        mono(&summary.inputs_sha256)
    );
    out
}

fn head(summary: &Summary, out: &mut String) {
    let _ = write!(
        out,
        "<header>\n<p class=\"eyebrow\">Read-only projection, profile {}</p>\n<h1>Control summary</h1>\n\
         <p>As of {}. It shows what planning tree and runs prove; it decides nothing.</p>\n\
         <section class=\"next\" aria-labelledby=\"next\">\n<h2 id=\"next\">Next operator action</h2>\n<p>{}</p>\n</section>\n\
         </header>\n",
        escape(&summary.profile),
        escape(&summary.as_of),
        escape(&summary.next_operator_action)
    );
}

fn yes(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn standing(summary: &Summary, out: &mut String) {
    out.push_str("<section aria-labelledby=\"standing\">\n<h2 id=\"standing\">Where it stands</h2>\n<dl class=\"facts\">\n");
    let repeated = format!(
        "{} of {} {}",
        summary.repeatability_count,
        summary.repeatability_required,
        badge(&summary.repeatability_status)
    );
    let validated = summary
        .stages
        .iter()
        .filter(|stage| stage.status == "validated")
        .count();
    let holds = summary
        .runs
        .iter()
        .filter(|run| run.verdict == "holds")
        .count();
    for (name, value) in [
        (
            "Stages validated",
            format!("{validated} of {}", summary.stages.len()),
        ),
        (
            "Runs whose evidence holds",
            format!("{holds} of {}", summary.runs.len()),
        ),
        (
            "Candidate may be discussed as default",
            yes(summary.candidate_default_eligible).to_owned(),
        ),
        (
            "Runtime default activation",
            yes(summary.runtime_default_activation).to_owned(),
        ),
        ("Core promotion", escape(&summary.core_promotion_status)),
        ("Governed passes repeated", repeated),
        (
            "Targets left as they were found",
            badge(&summary.target_read_only_proof_status),
        ),
        (
            "Approval required / granted / execution allowed",
            format!(
                "{} / {} / {}",
                yes(summary.approval_required),
                yes(summary.approval_granted),
                yes(summary.execution_allowed)
            ),
        ),
    ] {
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    let _ = write!(
        out,
        "</dl>\n<p>{}</p>\n</section>\n",
        escape(&summary.reason)
    );
}

fn ladder(summary: &Summary, out: &mut String) {
    out.push_str("<section aria-labelledby=\"ladder\">\n<h2 id=\"ladder\">Stage ladder</h2>\n");
    if let Some(path) = &summary.ladder_path {
        let _ = writeln!(
            out,
            "<p>Told by {}. A stage counts as validated only when every gate is proven.</p>",
            mono(path)
        );
    } else {
        out.push_str("<p>No ledger and no gates document tells of stages.</p>\n");
    }
    out.push_str("<ol class=\"ladder\">\n");
    summary.stages.iter().for_each(|one| stage(one, out));
    out.push_str("</ol>\n</section>\n");
}

fn stage(stage: &Stage, out: &mut String) {
    let _ = write!(
        out,
        "<li class=\"{}\">\n<h3><span class=\"number\">Stage {}</span> {} {}</h3>\n",
        super::status::class(&stage.status),
        stage.stage,
        escape(&stage.title),
        badge(&stage.status)
    );
    if stage.contradicts() {
        let _ = writeln!(
            out,
            "<p class=\"warning\">The ledger says {}; the files prove {}.</p>",
            escape(&stage.claimed_status),
            escape(&stage.status)
        );
    }
    // Another gate's name may begin alike: `stage_run`.
    let waits = |gate: &String| {
        let number = gate.strip_prefix(super::stages::EARLIER)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| number.to_owned())
    };
    if let Some(number) = stage.missing_gates.iter().find_map(waits) {
        let _ = writeln!(
            out,
            "<p class=\"warning\">It waits for stage {}, which the files do not prove.</p>",
            escape(&number)
        );
    }
    let _ = write!(
        out,
        "<p class=\"quiet\">May change: {}. Authorises: {}.{}</p>\n<div class=\"gates\">\n{}{}</div>\n",
        escape(&stage.allowed_mutation_scope),
        escape(&stage.authorises),
        stage
            .validated_at
            .as_ref()
            .map_or_else(String::new, |day| format!(" Validated on {}.", escape(day))),
        gates("Gates passed", "passed", &stage.passed_gates),
        gates("Gates missing", "missing", &stage.missing_gates),
    );
    for cited in &stage.evidence {
        let path = cited.report_path.as_ref().unwrap_or(&cited.run_id);
        let _ = writeln!(
            out,
            "<p>Run {} {} {}</p>",
            mono(path),
            badge(&cited.status),
            if cited.counts {
                "proves this stage"
            } else {
                "does not prove this stage"
            }
        );
    }
    let _ = writeln!(
        out,
        "<p class=\"quiet\">Failure classes: {} shown by a run, {} excused with a rationale, {} open{}</p>\n</li>",
        stage.classes_shown.len(),
        stage.classes_excused.len(),
        stage.classes_open.len(),
        if stage.classes_open.is_empty() {
            ".".to_owned()
        } else {
            format!(" ({}).", escape(&stage.classes_open.join(", ")))
        }
    );
}

fn approvals(summary: &Summary, out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"approvals\">\n<h2 id=\"approvals\">Approvals ledger</h2>\n",
    );
    let packet = &summary.approval_packet;
    let _ = write!(out, "<p>Packet at hand: {}", badge(&packet.status));
    if let Some(path) = &packet.packet_path {
        let _ = write!(out, " {}", mono(path));
    }
    out.push_str("</p>\n");
    if let Some(sentence) = &packet.approval_command_text {
        let _ = writeln!(
            out,
            "<figure><blockquote>{}</blockquote><figcaption>The exact sentence. It is shown, not executable here; proof of a run under it is {}.</figcaption></figure>",
            escape(sentence),
            if packet.proof_ready {
                "complete"
            } else {
                "not complete"
            }
        );
    }
    if summary.approvals.is_empty() {
        out.push_str("<p>There is no approval document.</p>\n</section>\n");
        return;
    }
    let rows = summary.approvals.iter().map(|approval| {
        let papers = [
            ("packet", &approval.packet_path),
            ("request", &approval.request_path),
            ("record", &approval.record_path),
        ];
        let papers: Vec<String> = papers
            .iter()
            .filter_map(|(name, path)| Some(format!("{name} {}", mono(path.as_ref()?))))
            .collect();
        let mut used: Vec<String> = approval
            .runs
            .iter()
            .map(|run| {
                let how = match (run.started, run.at_hand) {
                    (true, true) => "used by",
                    (true, false) => "used, as a document says, by",
                    (false, _) => "not used by, blocked before start:",
                };
                format!("{how} {}", mono(&run.run_id))
            })
            .collect();
        if used.is_empty() {
            used.push("by nothing".to_owned());
        }
        let mut state = badge(&approval.state);
        if approval.reused {
            state.push_str("<br><strong class=\"warning\">used more than once</strong>");
        }
        if approval.retroactive {
            state.push_str("<br><strong class=\"warning\">recorded after the run</strong>");
        }
        row(&[
            ("Work items", escape(&approval.work_items.join(", "))),
            ("State", state),
            ("Documents", papers.join("<br>")),
            ("Consumed", used.join("<br>")),
            ("Identity", mono(&approval.identity)),
        ])
    });
    out.push_str(&table(
        "Approvals, their documents and what consumed them",
        &["Work items", "State", "Documents", "Consumed", "Identity"],
        &rows.collect::<String>(),
    ));
    out.push_str("</section>\n");
}

fn runs(summary: &Summary, out: &mut String) {
    out.push_str("<section aria-labelledby=\"runs\">\n<h2 id=\"runs\">Runs</h2>\n");
    if summary.runs.is_empty() {
        out.push_str("<p>No run was found.</p>\n</section>\n");
        return;
    }
    let rows = summary.runs.iter().map(|run| {
        let why = run
            .blockers
            .iter()
            .map(|code| mono(code))
            .collect::<Vec<_>>();
        let broken = run.rules.iter().map(|rule| mono(rule)).collect::<Vec<_>>();
        row(&[
            ("Run", mono(&run.run_id)),
            ("Lane", escape(&run.backend)),
            (
                "Stage",
                run.stage
                    .map_or_else(|| "–".to_owned(), |stage| stage.to_string()),
            ),
            ("Report claims", badge(&run.claimed_status)),
            ("Evidence gives", badge(&run.derived_status)),
            ("Verdict", badge(&run.verdict)),
            ("Blockers", why.join(" ")),
            ("Rules broken", broken.join(" ")),
        ])
    });
    out.push_str(&table(
        "Runs, what each claims and what its evidence gives",
        &[
            "Run",
            "Lane",
            "Stage",
            "Report claims",
            "Evidence gives",
            "Verdict",
            "Blockers",
            "Rules broken",
        ],
        &rows.collect::<String>(),
    ));
    out.push_str("</section>\n");
}

fn candidate(summary: &Summary, out: &mut String) {
    let candidate = &summary.case_stage6_candidate_default;
    let refresh = &summary.case_stage6_real_governed_refresh;
    let _ = write!(
        out,
        "<section aria-labelledby=\"candidate\">\n<h2 id=\"candidate\">Candidate</h2>\n<p>Comparison with the lanes: {}",
        badge(&candidate.status)
    );
    if let Some(path) = &candidate.comparison_path {
        let _ = write!(out, " {}", mono(path));
    }
    let _ = write!(
        out,
        "</p>\n<p>Read-only refresh of a governed pass: {}",
        badge(&refresh.status)
    );
    if let Some(path) = &summary.stage6_real_governed_refresh_comparison_path {
        let _ = write!(out, " {}", mono(path));
    }
    out.push_str("</p>\n");
    if !candidate.dimensions.is_empty() {
        let rows = candidate.dimensions.iter().map(|(name, value)| {
            row(&[
                ("Dimension", escape(&name.replace('_', " "))),
                ("Against the lanes", escape(value)),
            ])
        });
        let caption = format!(
            "Compared with {}",
            escape(&candidate.compared_lanes.join(", "))
        );
        out.push_str(&table(
            &caption,
            &["Dimension", "Against the lanes"],
            &rows.collect::<String>(),
        ));
    }
    if !summary.blocked_lanes.is_empty() {
        let rows = summary.blocked_lanes.iter().map(|lane| {
            row(&[
                ("Lane", escape(&lane.lane)),
                ("Why", escape(&lane.rationale)),
            ])
        });
        out.push_str(&table(
            "Lanes that were not compared",
            &["Lane", "Why"],
            &rows.collect::<String>(),
        ));
    }
    if !summary.real_stage5_passes.is_empty() {
        let rows = summary.real_stage5_passes.iter().map(|pass| {
            row(&[
                ("Case", escape(&pass.case_id)),
                ("Report", mono(&pass.report)),
                ("Proof", mono(&pass.proof)),
                ("Target commit", mono(&pass.target_commit)),
            ])
        });
        out.push_str(&table(
            "Governed passes on a real repository",
            &["Case", "Report", "Proof", "Target commit"],
            &rows.collect::<String>(),
        ));
    }
    out.push_str("</section>\n");
}
