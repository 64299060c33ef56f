// SPDX-License-Identifier: Apache-2.0
//! A project that declares non-claims must state them where its readers look.
//!
//! Declared is what stands under a heading "Non-Claims" of a document, or under a key
//! `non_claims` of the agent manifest or the runtime's configuration. Readers look into the
//! README; a link from there to the document counts, and so does a list of the page's own under
//! "X does not:", whatever its heading. A project that declares nothing is left alone.

use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::{Kind, Origin, Text};
use crate::model::{Draft, EntryPath};
use crate::rules::Rule;

/// `claim-required-non-claims`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NonClaims;

/// How the lead-in of a list of non-claims ends. "Do not:" tells the reader what to do.
const DENYING: &[&str] = &[
    " does not",
    " doesn't",
    " is not",
    " isn't",
    " never",
    " does not claim",
    " do not claim",
    " does not claim to",
    " makes no claim",
    " makes no claims",
];

/// Manifests that may carry a `non_claims` list.
const MANIFESTS: &[&str] = &["agent-manifest.json", "ccr.config.json"];

impl ArtifactCheck for NonClaims {
    fn name(&self) -> &'static str {
        "non-claims"
    }

    fn keeps(&self, name: &str, kind: Kind) -> bool {
        // A top folder of an sdist may stand before the root's names.
        let file = name.rsplit('/').next().unwrap_or(name);
        let manifest = MANIFESTS.contains(&file) || matches!(file, "METADATA" | "PKG-INFO");
        (kind.is("docs") || manifest)
            && match name.matches('/').count() {
                0 | 1 => true,
                2 => kind.is("docs") && name.contains("docs/"),
                _ => false,
            }
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if matches!(artifact.kind, ArtifactKind::Container(_)) {
            return;
        }
        let files = Files::of(artifact);
        // A wheel's reader sees its METADATA; without a page for readers there is nothing to hold.
        let Some(page) = files.page() else { return };
        let documents: Vec<_> = files
            .all
            .iter()
            .filter(|file| !file.is_page() && file.declares())
            .collect();
        let sentences: Vec<_> = files.all.iter().flat_map(File::listed).collect();
        if documents.is_empty() && sentences.is_empty() {
            return;
        }
        if !page.declares() && !page.denies() && !documents.iter().any(|file| page.links(file)) {
            let source = documents
                .first()
                .map_or_else(|| sentences[0].1.as_str(), |file| file.short.as_str());
            out.push(Draft::new(
                rule.meta.id.clone(),
                &page.path,
                format!("`{source}` declares non-claims; this page neither states them nor links to them."),
            ));
            return;
        }
        let mut seen = vec![page.folded.as_str()];
        seen.extend(documents.iter().map(|file| file.folded.as_str()));
        seen.extend(
            files
                .all
                .iter()
                .filter(|f| f.short == "audit.md")
                .map(|f| f.folded.as_str()),
        );
        for (sentence, source) in &sentences {
            if !seen.iter().any(|text| says(text, sentence)) {
                let draft = Draft::new(
                    rule.meta.id.clone(),
                    &page.path,
                    format!(
                        "The non-claim \"{sentence}\" of `{source}` is not visible here or in a linked document."
                    ),
                );
                out.push(draft);
            }
        }
    }
}

struct File {
    /// Name below the root, lower case.
    short: String,
    path: EntryPath,
    /// Lower-case words with single spaces, markup off.
    folded: String,
    text: String,
}

struct Files {
    all: Vec<File>,
}

impl Files {
    fn of(artifact: &Artifact) -> Self {
        let top = match (artifact.origin, artifact.kind) {
            (Origin::Archive, ArtifactKind::Wheel) => None,
            (Origin::Archive, _) => artifact.top_folder(),
            (Origin::Tree, _) => None,
        };
        let all = artifact.kept.iter().filter_map(|(name, bytes)| {
            let below = top.and_then(|top| name.strip_prefix(top));
            let short = below.map_or(name.as_str(), |rest| rest.trim_start_matches('/'));
            let file = short.rsplit('/').next().unwrap_or(short);
            let near = !short.contains('/') || short.starts_with("docs/") || file == "METADATA";
            if !near {
                return None;
            }
            let text = Text::decode(bytes).to_str().into_owned();
            Some(File {
                short: short.to_ascii_lowercase(),
                path: artifact.member(name),
                folded: fold(&text),
                text,
            })
        });
        Self { all: all.collect() }
    }

    /// What readers see first: the README, else the metadata that carries it.
    fn page(&self) -> Option<&File> {
        let readme = self
            .all
            .iter()
            .find(|file| file.short.starts_with("readme"));
        readme.or_else(|| self.all.iter().find(|file| file.is_page()))
    }
}

impl File {
    fn name(&self) -> &str {
        self.short.rsplit('/').next().unwrap_or(&self.short)
    }

    fn is_page(&self) -> bool {
        self.name().starts_with("readme") || matches!(self.name(), "metadata" | "pkg-info")
    }

    /// Whether a heading opens a list of non-claims.
    fn declares(&self) -> bool {
        if self.name().ends_with(".json") || self.name().ends_with(".toml") {
            return false;
        }
        let mut before = "";
        for line in self.text.lines() {
            let line = line.trim();
            let underlined =
                line.len() >= 3 && line.chars().all(|c| matches!(c, '=' | '-' | '~' | '^'));
            if (underlined && is_heading(before))
                || (line.starts_with(['#', '=', '*']) && is_heading(line))
            {
                return true;
            }
            before = line;
        }
        false
    }

    /// Whether a list stands below a lead-in such as "The tool does not:".
    fn denies(&self) -> bool {
        let mut denied = false;
        for line in self.text.lines().map(str::trim) {
            if denied && line.starts_with(['-', '*', '+', '•']) {
                return true;
            }
            if !line.is_empty() {
                let lead = line.strip_suffix(':').map(fold);
                denied = lead.is_some_and(|lead| DENYING.iter().any(|end| lead.ends_with(end)));
            }
        }
        false
    }

    /// The sentences under `non_claims` of a manifest, each with its file's name.
    fn listed(&self) -> Vec<(String, String)> {
        if !MANIFESTS.contains(&self.name()) {
            return Vec::new();
        }
        let parsed: Option<serde_json::Value> = if self.name().ends_with(".toml") {
            toml::from_str(&self.text).ok()
        } else {
            serde_json::from_str(&self.text).ok()
        };
        let list = parsed
            .as_ref()
            .and_then(|value| value.get("non_claims")?.as_array());
        list.into_iter()
            .flatten()
            .filter_map(|item| Some((item.as_str()?.to_owned(), self.short.clone())))
            .collect()
    }

    /// Whether this page names the other file.
    fn links(&self, other: &File) -> bool {
        self.text.to_ascii_lowercase().contains(&other.short)
    }
}

/// "Non-Claims", "What not to claim" and their spellings, marks of headings and bold text off.
fn is_heading(line: &str) -> bool {
    let bare = line
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_ascii_lowercase();
    let words = bare.replace(['-', '\u{2011}', '_'], " ");
    matches!(
        words.as_str(),
        "non claims"
            | "nonclaims"
            | "non claim"
            | "what not to claim"
            | "our non claims"
            | "explicit non claims"
            | "what we do not claim"
            | "what this does not claim"
    )
}

fn fold(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '*' | '`' | '\\'))
        .collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Whether a folded text says the sentence: as it stands, without its subject, or as an item below
/// "does not:".
fn says(text: &str, sentence: &str) -> bool {
    let sentence = fold(sentence);
    let sentence = sentence.trim_end_matches(['.', '!', ' ']);
    let rest = sentence.split_once(' ').map_or(sentence, |(_, rest)| rest);
    if text.contains(sentence) || text.contains(rest) {
        return true;
    }
    let item = ["does not ", "do not ", "is not ", "is no "]
        .iter()
        .find_map(|head| rest.strip_prefix(head));
    item.is_some_and(|item| text.contains(&format!("- {item}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load;

    fn run(kind: ArtifactKind, files: &[(&str, &str)]) -> Vec<String> {
        let mut artifact = Artifact::of_texts(kind, files);
        artifact
            .kept
            .retain(|name, _| NonClaims.keeps(name, Kind::of(name, b"", false)));
        let set = load("default", &[]).unwrap();
        let rule = set
            .rules
            .iter()
            .find(|r| r.meta.id.as_str() == "claim-required-non-claims");
        let mut out = Vec::new();
        NonClaims.check(rule.unwrap(), &artifact, &mut out);
        out.into_iter()
            .map(|d| format!("{}: {}", d.path, d.description))
            .collect()
    }

    #[test]
    fn a_project_without_non_claims_is_left_alone() {
        assert!(
            run(
                ArtifactKind::Tree,
                &[("README.md", "# A tool\n"), ("AUDIT.md", "# Audit\n")]
            )
            .is_empty()
        );
    }

    #[test]
    fn a_readme_must_state_or_link_what_another_document_declares() {
        let audit = ("AUDIT.md", "## Non-Claims\n\n- It proves nothing.\n");
        let found = run(ArtifactKind::Tree, &[("README.md", "# A tool\n"), audit]);
        assert_eq!(
            found,
            [
                "README.md: `audit.md` declares non-claims; this page neither states them nor links to them."
            ]
        );
        assert!(
            run(
                ArtifactKind::Tree,
                &[("README.md", "See [audit](AUDIT.md)."), audit]
            )
            .is_empty()
        );
        assert!(
            run(
                ArtifactKind::Tree,
                &[("README.md", "Non-claims\n---\nNothing.\n"), audit]
            )
            .is_empty()
        );
    }

    #[test]
    fn a_list_of_denials_states_them_under_any_heading() {
        let safety = ("docs/safety.md", "## Non-Claims\n\n- No proof.\n");
        let run = |readme: &str| run(ArtifactKind::Tree, &[("README.md", readme), safety]).len();
        assert_eq!(
            run("## Boundary\n\nThe tool does not:\n\n- prove a thing;\n- act.\n"),
            0
        );
        assert_eq!(run("Do not:\n\n- commit secrets\n"), 1);
        assert_eq!(
            run("The tool does not:\n\nNothing follows.\n\n- an item\n"),
            1
        );
    }

    #[test]
    fn each_listed_sentence_must_be_visible() {
        let manifest = (
            "agent-manifest.json",
            r#"{"non_claims": ["Tool does not settle claims.", "Tool does not run code."]}"#,
        );
        let readme = (
            "README.md",
            "## Non-Claims\n\n- The tool does **not** settle\n  claims.\n",
        );
        let found = run(ArtifactKind::Tree, &[readme, manifest]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("Tool does not run code."));
        let list = (
            "README.md",
            "## Non-Claims\n\nIt does not:\n\n- settle claims\n- run code\n",
        );
        assert!(run(ArtifactKind::Tree, &[list, manifest]).is_empty());
    }

    #[test]
    fn an_sdist_is_read_below_its_top_folder_and_plain_archives_are_not_judged() {
        let files = [
            ("a-1/README.md", "# A\n"),
            ("a-1/AUDIT.md", "# Non-claims\n"),
        ];
        assert_eq!(run(ArtifactKind::Sdist, &files).len(), 1);
        assert!(
            run(
                ArtifactKind::Container(crate::artifact::Format::Zip),
                &files
            )
            .is_empty()
        );
    }
}
