// SPDX-License-Identifier: Apache-2.0
//! Text for people, in the manner of a compiler: place, line, why, repair; one closing line.

use crate::model::{Confidence, Finding, Report, RuleMeta, Severity, Verdict};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// Findings of one rule shown in full before the rest is only listed.
const IN_FULL: usize = 10;

/// Writes the report; with `quiet`, only the closing line.
///
/// # Errors
/// What the sink reports.
pub fn write(report: &Report, colour: bool, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { colour };
    if !quiet {
        let mut shown: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        let mut folded: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for finding in report.active() {
            let count = shown.entry(finding.rule_id.as_str()).or_default();
            *count += 1;
            if *count > IN_FULL && !finding.blocking {
                *folded.entry(finding.rule_id.as_str()).or_default() += 1;
                continue;
            }
            let meta = report.rules.iter().find(|rule| rule.id == finding.rule_id);
            one(finding, meta.map(|m| &**m), &paint, out)?;
        }
        for (rule, count) in folded {
            writeln!(
                out,
                "note: {count} more non-blocking findings of `{rule}` (all of them with --format json)\n"
            )?;
        }
        for skipped in &report.skipped {
            writeln!(
                out,
                "note: not scanned: {} ({})",
                skipped.path, skipped.reason
            )?;
        }
    }
    closing(report, &paint, out)
}

fn one(
    finding: &Finding,
    meta: Option<&RuleMeta>,
    paint: &Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    // A grave word beside a gate that lets pass needs its reason.
    let blocking = match (finding.blocking, meta.and_then(|meta| meta.blocking)) {
        (true, _) => ", blocking",
        (false, _) if finding.severity < Severity::High => "",
        (false, Some(false)) => "; this rule informs and never blocks",
        (false, _) if finding.confidence == Confidence::Low => ", too low to block",
        (false, _) => ", not blocking",
    };
    let head = format!("{}[{}]", finding.severity, finding.rule_id);
    writeln!(
        out,
        "{}: {}",
        paint.severity(finding.severity, &head),
        paint.bold(&finding.description)
    )?;
    writeln!(out, "  {} {}", paint.dim("-->"), finding.location)?;
    if let Some(snippet) = &finding.snippet {
        let number = finding.place.as_ref().and_then(|place| place.line);
        let gutter = number.map_or("bin".to_owned(), |line| line.to_string());
        let pad = " ".repeat(gutter.len());
        writeln!(out, "{pad}  {}", paint.dim("|"))?;
        writeln!(out, "{gutter}  {} {snippet}", paint.dim("|"))?;
        writeln!(out, "{pad}  {}", paint.dim("|"))?;
    }
    if let Some(meta) = meta.filter(|meta| !meta.prose().why.is_empty()) {
        writeln!(out, "  {} why: {}", paint.dim("="), meta.prose().why)?;
    }
    writeln!(out, "  {} repair: {}", paint.dim("="), finding.repair_hint)?;
    writeln!(
        out,
        "  {} {} confidence{blocking}; more: ccr rules explain {}\n",
        paint.dim("="),
        finding.confidence,
        finding.rule_id
    )
}

fn closing(report: &Report, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let active = report.active().count();
    let verdict = match report.verdict {
        Verdict::Accepted => paint.good("accepted"),
        Verdict::Refused => paint.severity(Severity::Critical, "refused"),
    };
    let scanned = report.scanned;
    let suppressed = match report.suppressed_count() {
        0 => String::new(),
        n => format!(", {n} suppressed"),
    };
    writeln!(
        out,
        "{verdict}: {active} {}, {} blocking{suppressed}; {} {}, {} {}, {} in {} {} scanned (profile {})",
        plural(active as u64, "finding", "findings"),
        report.blocking_count(),
        scanned.files,
        plural(scanned.files, "file", "files"),
        scanned.archives,
        plural(scanned.archives, "archive", "archives"),
        bytes(scanned.bytes),
        scanned.entries + scanned.files,
        plural(scanned.entries + scanned.files, "entry", "entries"),
        report.profile
    )
}

fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// A size with a binary unit.
fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.2} GiB", count as f64 / 1_073_741_824.0),
    }
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    fn dim(&self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn good(&self, text: &str) -> String {
        self.with(
            Style::new().bold().fg_color(Some(AnsiColor::Green.into())),
            text,
        )
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        let colour = match severity {
            Severity::Critical | Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
            Severity::Info => AnsiColor::Blue,
        };
        self.with(Style::new().bold().fg_color(Some(colour.into())), text)
    }
}
