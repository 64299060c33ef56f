// SPDX-License-Identifier: Apache-2.0
//! A GitHub Actions workflow as jobs and steps in order. Parsing only; no rule is judged here.

use crate::classify::yaml::Node;
use crate::model::ByteSpan;
use std::collections::{BTreeMap, BTreeSet};

/// One workflow file.
#[derive(Debug)]
pub(super) struct Workflow {
    /// Events that start it.
    pub(super) triggers: Vec<String>,
    /// `permissions` at the top.
    pub(super) permissions: Option<Node>,
    /// `env` at the top.
    pub(super) env: Vec<(String, Node)>,
    /// In order of the file.
    pub(super) jobs: Vec<Job>,
}

/// One job.
#[derive(Debug)]
pub(super) struct Job {
    /// Its key.
    pub(super) id: String,
    /// Jobs it waits for.
    pub(super) needs: Vec<String>,
    /// Its own `permissions`.
    pub(super) permissions: Option<Node>,
    /// Its own `env`.
    pub(super) env: Vec<(String, Node)>,
    /// A workflow it calls instead of steps of its own.
    pub(super) uses: Option<Node>,
    /// In order.
    pub(super) steps: Vec<Step>,
}

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// An action.
    pub(super) uses: Option<Node>,
    /// A script.
    pub(super) run: Option<Node>,
    /// Inputs of the action.
    pub(super) with: Vec<(String, Node)>,
    /// Its own `env`.
    pub(super) env: Vec<(String, Node)>,
    /// The step itself.
    pub(super) span: ByteSpan,
}

impl Workflow {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no YAML, or no workflow.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let root = Node::parse(text)?;
        // YAML 1.1 readers take a bare `on` for a boolean.
        let on = root.get("on").or_else(|| root.get("true"));
        let (Some(on), Some(jobs)) = (on, root.get("jobs")) else {
            return Err("it has no `on` or no `jobs`".to_owned());
        };
        let mut triggers: Vec<String> = on.entries().iter().map(|(key, _)| key.clone()).collect();
        triggers.extend(texts(on));
        Ok(Self {
            triggers,
            permissions: root.get("permissions").cloned(),
            env: entries(root.get("env")),
            jobs: jobs
                .entries()
                .iter()
                .map(|(id, job)| Job::of(id, job))
                .collect(),
        })
    }

    /// Whether an event of this name starts it.
    pub(super) fn starts_on(&self, event: &str) -> bool {
        self.triggers.iter().any(|trigger| trigger == event)
    }

    /// Steps that have run when step `step` of job `job` begins: earlier ones of the job, and all of
    /// the jobs it waits for.
    pub(super) fn before(&self, job: usize, step: usize) -> Vec<&Step> {
        let places: BTreeMap<&str, usize> = self
            .jobs
            .iter()
            .enumerate()
            .map(|(index, job)| (job.id.as_str(), index))
            .collect();
        let mut seen = BTreeSet::from([job]);
        let mut open = vec![job];
        let mut steps: Vec<&Step> = self.jobs[job].steps.iter().take(step).collect();
        while let Some(index) = open.pop() {
            for needed in &self.jobs[index].needs {
                if let Some(&needed) = places.get(needed.as_str())
                    && seen.insert(needed)
                {
                    steps.extend(&self.jobs[needed].steps);
                    open.push(needed);
                }
            }
        }
        steps
    }
}

impl Job {
    fn of(id: &str, node: &Node) -> Self {
        let steps = node.get("steps").map_or(&[][..], Node::items);
        Self {
            id: id.to_owned(),
            needs: node.get("needs").map(texts).unwrap_or_default(),
            permissions: node.get("permissions").cloned(),
            env: entries(node.get("env")),
            uses: node.get("uses").cloned(),
            steps: steps.iter().map(Step::of).collect(),
        }
    }
}

impl Step {
    fn of(node: &Node) -> Self {
        Self {
            uses: node.get("uses").cloned(),
            run: node.get("run").cloned(),
            with: entries(node.get("with")),
            env: entries(node.get("env")),
            span: node.span,
        }
    }

    /// The action without its version.
    pub(super) fn action(&self) -> Option<&str> {
        let uses = self.uses.as_ref()?.text()?;
        Some(uses.split('@').next().unwrap_or(uses))
    }

    /// An input of the action.
    pub(super) fn input(&self, name: &str) -> Option<&Node> {
        let mut with = self.with.iter();
        with.find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The script, and what an action is given to run as one.
    pub(super) fn scripts(&self) -> Vec<&Node> {
        let given = self
            .action()
            .filter(|action| *action == "actions/github-script");
        let script = given.and_then(|_| self.input("script"));
        self.run.iter().chain(script).collect()
    }

    /// Commands of the script, a line each: comments left out, continued lines joined.
    pub(super) fn commands(&self) -> Vec<String> {
        let text = self.run.as_ref().and_then(Node::text).unwrap_or_default();
        let joined = text.replace("\\\n", " ");
        joined
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }
}

fn texts(node: &Node) -> Vec<String> {
    let texts = node.items().iter().filter_map(Node::text);
    texts
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

fn entries(node: Option<&Node>) -> Vec<(String, Node)> {
    node.map_or(Vec::new(), |node| node.entries().to_vec())
}

/// The expressions (`${{ ... }}`) of a text, trimmed.
pub(super) fn expressions(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${{").skip(1);
    parts.map(|part| part.split("}}").next().unwrap_or(part).trim())
}
