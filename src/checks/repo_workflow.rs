// SPDX-License-Identifier: Apache-2.0
//! Judges GitHub Actions workflows by their jobs and steps, not by where texts stand in the file.

use super::EntryCheck;
use super::params::fault;
use super::workflow::{Job, Step, Workflow, expressions};
use crate::classify::Classified;
use crate::classify::yaml::Node;
use crate::model::{ByteSpan, Draft, Severity};
use crate::rules::{Body, Rule};
use serde::Deserialize;

/// `check = "repo-workflow"`, with `fault` = `invalid`, `unpinned`, `permissions`, `head-checkout`,
/// `injection`, `stored-token`, `plain-password`, `unaudited` or `steps`.
pub(super) struct RepoWorkflow;

/// The data of the rules, each of which reads what it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    fault: String,
    /// Contexts that whoever opens an issue or a request writes.
    untrusted: Vec<String>,
    /// Events that run with the rights of the repository on behalf of strangers.
    privileged: Vec<String>,
    /// Owners whose actions are the platform's own.
    platform: Vec<String>,
    /// Actions that publish.
    actions: Vec<String>,
    /// Commands that publish.
    commands: Vec<String>,
    /// Inputs and variables that hold the credential of publishing.
    credentials: Vec<String>,
    /// Commands that look at what is published; and commands a workflow must run.
    audits: Vec<String>,
    /// Actions that look at what is published; and actions a workflow must use.
    uses: Vec<String>,
}

/// One judgement at work.
struct Judge<'a, 'o> {
    rule: &'a Rule,
    params: Params,
    entry: &'a Classified<'a>,
    out: &'o mut Vec<Draft>,
}

impl EntryCheck for RepoWorkflow {
    fn name(&self) -> &'static str {
        "repo-workflow"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        let name = entry.path.name();
        let file = name.strip_prefix(".github/workflows/").unwrap_or_default();
        !file.contains('/') && (file.ends_with(".yml") || file.ends_with(".yaml"))
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let params = match &rule.body {
            Body::Check { params, .. } => Params::deserialize(&**params),
            _ => return,
        };
        let mut judge = Judge {
            rule,
            entry,
            out,
            params: match params {
                Ok(params) => params,
                Err(fault) => {
                    // A rule that cannot be read must not pass in silence.
                    let said = format!("The rule cannot be evaluated: {fault}.");
                    out.push(Draft::new(rule.meta.id.clone(), entry.path, said));
                    return;
                }
            },
        };
        match Workflow::parse(&entry.text.to_str()) {
            Ok(workflow) => judge.workflow(&workflow),
            Err(cause) if fault(rule) == "invalid" => {
                judge.say(
                    None,
                    format!("This is no workflow that GitHub would run: {cause}."),
                );
            }
            Err(_) => {}
        }
    }
}

impl Judge<'_, '_> {
    fn say(&mut self, span: Option<ByteSpan>, said: String) -> &mut Draft {
        let mut draft = Draft::new(self.rule.meta.id.clone(), self.entry.path, said);
        let length = self.entry.text.bytes().len();
        if let Some(span) = span.filter(|span| span.start < length) {
            // A block is told by its first line.
            let rest = &self.entry.text.bytes()[span.start..span.end.min(length)];
            let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            draft = draft.at(ByteSpan::new(span.start, span.start + line));
        }
        self.out.push(draft);
        let last = self.out.len() - 1;
        &mut self.out[last]
    }

    fn workflow(&mut self, workflow: &Workflow) {
        match self.params.fault.as_str() {
            "unpinned" => self.unpinned(workflow),
            "permissions" => self.permissions(workflow),
            "head-checkout" => self.head_checkout(workflow),
            "injection" => self.injection(workflow),
            "stored-token" | "plain-password" => self.credentials(workflow),
            "unaudited" => self.unaudited(workflow),
            "steps" => self.steps(workflow),
            _ => {}
        }
    }

    /// All of a file's moving references are one finding: they are repaired in one go.
    fn unpinned(&mut self, workflow: &Workflow) {
        let mut moving: Vec<&Node> = Vec::new();
        for job in &workflow.jobs {
            let used = job.steps.iter().filter_map(|step| step.uses.as_ref());
            for uses in used.chain(&job.uses) {
                if uses.text().is_some_and(|text| !is_pinned(text)) {
                    moving.push(uses);
                }
            }
        }
        let Some(first) = moving.first() else {
            return;
        };
        let strangers: Vec<&str> = moving
            .iter()
            .filter_map(|node| node.text())
            .filter(|text| {
                let owner = text.split('/').next().unwrap_or_default();
                !self.params.platform.iter().any(|known| known == owner)
            })
            .collect();
        let mut names: Vec<&str> = moving.iter().filter_map(|node| node.text()).collect();
        names.sort_unstable();
        names.dedup();
        let only_platform = strangers.is_empty();
        let said = format!(
            "Named by a tag or branch, which its owner can move: {}.",
            super::params::some_of(&names, 4)
        );
        let span = first.span;
        let draft = self.say(Some(span), said);
        if only_platform {
            draft.severity = Some(Severity::Info);
        }
    }

    fn permissions(&mut self, workflow: &Workflow) {
        let all = |node: &Option<Node>| {
            node.as_ref()
                .filter(|node| node.text() == Some("write-all"))
                .map(|node| node.span)
        };
        let wide = all(&workflow.permissions)
            .or_else(|| workflow.jobs.iter().find_map(|job| all(&job.permissions)));
        if let Some(span) = wide {
            self.say(Some(span), "The token may write everything.".to_owned())
                .severity = Some(Severity::Medium);
            return;
        }
        let bare: Vec<&str> = workflow
            .jobs
            .iter()
            .filter(|job| job.permissions.is_none())
            .map(|job| job.id.as_str())
            .collect();
        if workflow.permissions.is_none() && !bare.is_empty() {
            let said = format!(
                "No `permissions` bind the token of {}; the repository's default decides.",
                super::params::some_of(&bare, 3)
            );
            self.say(None, said);
        }
    }

    /// A stranger's commit, checked out by a workflow that holds the repository's rights.
    fn head_checkout(&mut self, workflow: &Workflow) {
        if !self.is_privileged(workflow) {
            return;
        }
        for job in &workflow.jobs {
            let mut fetched: Option<&Node> = None;
            for step in &job.steps {
                let runs = step.run.is_some()
                    || step.action().is_some_and(|action| action.starts_with("./"));
                if let (Some(reference), true) = (fetched, runs) {
                    let shown = reference.text().unwrap_or_default().trim().to_owned();
                    let said = format!(
                        "Job `{}` checks out the request's own code (`{shown}`) and then runs something in it, with the repository's token and secrets.",
                        job.id
                    );
                    self.say(Some(reference.span), said);
                    break;
                }
                if step.action() == Some("actions/checkout") {
                    let reference = step.input("ref").filter(|node| {
                        node.text().is_some_and(|text| {
                            text.contains("refs/pull/") || expressions(text).any(is_head)
                        })
                    });
                    fetched = fetched.or(reference);
                }
            }
        }
    }

    fn is_privileged(&self, workflow: &Workflow) -> bool {
        let mut events = self.params.privileged.iter();
        events.any(|event| workflow.starts_on(event))
    }

    fn injection(&mut self, workflow: &Workflow) {
        let privileged = self.is_privileged(workflow);
        for step in workflow.jobs.iter().flat_map(|job| &job.steps) {
            for script in step.scripts() {
                let text = script.text().unwrap_or_default();
                let found = expressions(text).find(|e| self.is_untrusted(e));
                let Some(found) = found else { continue };
                let said = format!(
                    "The script is put together with `${{{{ {found} }}}}`, which a stranger writes: what stands in it is run."
                );
                let span = self.place_of(found, script);
                let draft = self.say(Some(span), said);
                if !privileged {
                    draft.severity = Some(Severity::Medium);
                }
            }
        }
    }

    /// Where an expression stands; the script when it cannot be found again.
    fn place_of(&self, expression: &str, script: &Node) -> ByteSpan {
        let bytes = self.entry.text.bytes();
        let from = script.span.start.min(bytes.len());
        let found = memchr::memmem::find(&bytes[from..], expression.as_bytes());
        found.map_or(script.span, |at| {
            ByteSpan::new(from + at, from + at + expression.len())
        })
    }

    fn is_untrusted(&self, expression: &str) -> bool {
        // `github.event.commits[0].message` and `github.event.commits.*.message` are one.
        let words = expression.split(|c: char| !(c.is_alphanumeric() || "._*[]-".contains(c)));
        let mut contexts = words.map(|word| {
            let mut plain = String::with_capacity(word.len());
            let mut parts = word.split(['.', '[', ']']).filter(|part| !part.is_empty());
            if let Some(first) = parts.next() {
                plain.push_str(first);
            }
            for part in parts {
                plain.push('.');
                let index = part == "*" || part.bytes().all(|b| b.is_ascii_digit());
                plain.push_str(if index { "*" } else { part });
            }
            plain
        });
        // A comparison or a function that only looks gives back no text of the stranger's.
        let looks = ["contains(", "startsWith(", "endsWith(", "==", "!="];
        !looks.iter().any(|word| expression.contains(word))
            && contexts.any(|context| self.params.untrusted.contains(&context))
    }

    fn publishes(&self, step: &Step) -> bool {
        step.action()
            .is_some_and(|action| self.params.actions.iter().any(|known| known == action))
            || step.commands().iter().any(|command| {
                self.params
                    .commands
                    .iter()
                    .any(|known| runs(command, known))
                    && !command.contains("--dry-run")
            })
    }

    /// The credential that a publishing step is given: from the store of secrets, or in plain text.
    fn credentials(&mut self, workflow: &Workflow) {
        let plain = self.params.fault == "plain-password";
        let mut found: Vec<(String, &Node)> = Vec::new();
        for job in &workflow.jobs {
            for step in job.steps.iter().filter(|step| self.publishes(step)) {
                let given = step.with.iter().chain(&step.env);
                let given = given.chain(&job.env).chain(&workflow.env);
                for (key, node) in given {
                    let named = self.params.credentials.iter().any(|known| known == key);
                    let value = node.text().unwrap_or_default().trim();
                    let stored = expressions(value).any(|e| {
                        e.contains("secrets.") && !e.contains("GITHUB_TOKEN")
                            || e.contains("secrets[")
                    });
                    let literal = !value.is_empty() && !value.contains("${{");
                    if named && (if plain { literal } else { stored }) {
                        found.push((key.clone(), node));
                    }
                }
            }
        }
        found.dedup_by(|a, b| a.1.span == b.1.span);
        for (key, node) in found {
            let said = if plain {
                format!("The credential `{key}` of a publishing step stands here in plain text.")
            } else {
                format!("A publishing step is given a stored credential as `{key}`.")
            };
            self.say(Some(node.span), said);
        }
    }

    fn unaudited(&mut self, workflow: &Workflow) {
        for (at, job) in workflow.jobs.iter().enumerate() {
            for (step, publishing) in job.steps.iter().enumerate() {
                if !self.publishes(publishing)
                    || self.audited(job, step, &workflow.before(at, step))
                {
                    continue;
                }
                let said = format!(
                    "Job `{}` publishes, and nothing before it looks at what is published.",
                    job.id
                );
                self.say(Some(publishing.span), said);
                return;
            }
        }
    }

    fn audited(&self, job: &Job, step: usize, before: &[&Step]) -> bool {
        let own = job.steps[step].commands();
        let first = own.iter().position(|command| {
            let mut known = self.params.commands.iter();
            known.any(|known| runs(command, known))
        });
        let earlier = own.into_iter().take(first.unwrap_or(0));
        let inspects = |step: &&Step| {
            let mut known = self.params.uses.iter();
            step.action()
                .is_some_and(|action| known.any(|known| known == action))
        };
        if before.iter().any(inspects) {
            return true;
        }
        let commands = before.iter().flat_map(|step| step.commands());
        commands.chain(earlier).any(|command| {
            let mut audits = self.params.audits.iter();
            audits.any(|audit| runs(&command, audit))
        })
    }

    /// What the workflow must do, in whichever job.
    fn steps(&mut self, workflow: &Workflow) {
        let steps: Vec<&Step> = workflow.jobs.iter().flat_map(|job| &job.steps).collect();
        let commands: Vec<String> = steps.iter().flat_map(|step| step.commands()).collect();
        let wanted = std::mem::take(&mut self.params.audits);
        for command in &wanted {
            if !commands.iter().any(|given| runs(given, command)) {
                self.say(None, format!("No step runs `{command}`."));
            }
        }
        let wanted = std::mem::take(&mut self.params.uses);
        for action in &wanted {
            if !steps
                .iter()
                .any(|step| step.action() == Some(action.as_str()))
            {
                self.say(None, format!("No step uses `{action}`."));
            }
        }
    }
}

/// Whether a line runs this command: at its start or behind `&&`, `;`, `|`, `uv run` and their kin.
fn runs(line: &str, command: &str) -> bool {
    line.match_indices(command).any(|(at, _)| {
        let after = line[at + command.len()..].chars().next();
        let before = line[..at].trim_end();
        let path = line[..at].ends_with('/');
        let word = at == 0 || line[..at].ends_with(char::is_whitespace) || path;
        word && !before.ends_with("echo")
            && after.is_none_or(|c| c.is_whitespace() || ";&|)\"'".contains(c))
    })
}

/// A commit's full name, an image's digest, or an action of the same repository.
fn is_pinned(uses: &str) -> bool {
    let own = ["./", "../", "$/"];
    if own.iter().any(|start| uses.starts_with(start)) || uses.contains("${{") {
        return true;
    }
    if uses.starts_with("docker://") {
        return uses.contains("@sha256:");
    }
    let version = uses.rsplit_once('@').map_or("", |(_, version)| version);
    version.len() >= 40 && version.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Expressions that name the commit or branch of a request from outside.
fn is_head(expression: &str) -> bool {
    let heads = [
        "github.event.pull_request.head",
        "github.head_ref",
        "github.event.workflow_run.head",
        "github.event.pull_request.merge_commit_sha",
    ];
    heads.iter().any(|head| expression.contains(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pinned() {
        let hash = "a".repeat(40);
        assert!(is_pinned(&format!("actions/checkout@{hash}")));
        assert!(is_pinned("./.github/actions/x"));
        assert!(!is_pinned("actions/checkout@v4"));
        assert!(!is_pinned("docker://alpine:3"));
    }

    #[test]
    fn what_a_line_runs() {
        assert!(runs(
            "uv run ccr audit release --dist dist",
            "ccr audit release"
        ));
        assert!(runs("cargo publish", "cargo publish"));
        assert!(runs(
            "target/release/ccr audit release",
            "ccr audit release"
        ));
        assert!(!runs("cargo publishes", "cargo publish"));
        assert!(!runs("echo cargo publish", "cargo publish"));
    }
}
