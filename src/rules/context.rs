// SPDX-License-Identifier: Apache-2.0
//! Secrets that only their surroundings tell: a provider's word, what the value is called, and the
//! value's form. A rule gives these three; the shapes in which they stand together are the same for
//! every provider and are put together here.

use serde::{Deserialize, Serialize};

/// `context` of a rule: each part is a pattern without anchors or groups that capture; the first
/// two are read in any case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextRule {
    /// What the provider is called.
    pub words: String,
    /// What the value is called.
    pub names: String,
    /// The value: what is reported.
    pub value: String,
    /// Only `names` count: the provider's public values have the same form.
    #[serde(default)]
    pub strict: bool,
    /// What else may stand before the value instead: its parameter in the provider's address.
    #[serde(default)]
    pub also: Option<String>,
}

/// Ends of a name and an operator: assignment, member, argument, cell, element.
const OPERATOR: &str = r#"(?:\\?["'`\])*]){0,3}(?::\s?[a-z]{3,10})?(?:\s{0,4}(?:(?:\|\||\?\??|&&|:)?={1,3}>?|\|\||\?\?|[:,(>|])\s{0,4}|[,;]?\s{1,60}["']?value["']?\s?[=:]\s{0,4})"#;
/// The mark before a string, as it is or escaped.
const QUOTE: &str = r#"(?:\\?["'`])"#;

/// The opening of a list, on one line or on lines of their own.
const LIST: &str = r"(?:\[\s*|\s*\n\s*-\s+)?";

/// What stands right before a value in each of the shapes: ends of operators, marks, white space.
const BEFORE: &str = r#"[\s=>|?:,(\["'`]"#;

/// What any provider's value may be called: beside the provider's word and in the form of its value
/// there is no doubt left for the name.
const NAMES: &str = "key|token|secret|passw(?:or)?d|credential|auth|pat";

/// What tells values of one provider apart.
const OWN: &str = "api|app|application|access|account|admin|auth|backup|bot|client|dev|eu|key|live|main|new|next|old|org|\
    personal|primary|private|prod|production|project|read|refresh|replica|second|secondary|secret|server|service|staging|\
    stage|test|token|uat|us|user|write";

impl ContextRule {
    /// The pattern that the parts make.
    ///
    /// The lazy automaton of a pattern grows with counted repetitions: what may be long is open
    /// (`*`), and what stands in it says where it ends.
    pub(super) fn pattern(&self) -> String {
        let Self { words, also, .. } = self;
        let names = self.all_names();
        let name = format!("(?:{names})[a-z0-9_. -]{{0,16}}?");
        let mut forms = vec![
            // `SHODAN_API_KEY = "..."`, `shodan key ...`, `shodan: {token: ...`.
            format!(
                r#"[a-z0-9_. "'{{:(=\[-]{{0,40}}?{name}(?:{OPERATOR}|(?:\\?["'`\])]){{0,3}}\s{{1,4}}){LIST}{QUOTE}?"#
            ),
            // An object or a section of the provider, up to four lines further.
            format!(
                r"[^;}})\n]*?(?:\r?\n[^;}})\n]+?){{0,4}}?(?:{name}{OPERATOR}{LIST}(?:(?:bearer|token|basic)\s)?{QUOTE}?|\bbearer\s)"
            ),
            // Its client: `shodan.Shodan("...")`, `new ShodanClient({auth: "..."})`.
            format!(
                r#"[a-z0-9_.:]*\(\{{?\s{{0,40}}(?:["'][^"'\n]{{0,80}}["']\s?,\s{{0,40}}){{0,2}}(?:[a-z_]{{2,20}}\s?[=:]\s?)?{QUOTE}"#
            ),
            // Its name alone: `SHODAN=...`, `| shodan | ... |`, a heading.
            format!(r#"\\?["'\])`]{{0,2}}\s?(?::=|=>|->|[=:|])\s?{QUOTE}?"#),
            r#"["'`*:]{0,3}[ \t]*(?:\r?\n[ \t]*){1,2}["'`]?"#.to_owned(),
            // Sections and cells: `[shodan]`, `<shodan><key>`, `<td>shodan key</td><td>`.
            format!(
                r#"(?: (?:{names}))?["'\])]{{0,3}}[ \t]*(?:\r?\n[^\n]*?){{0,4}}?(?:[a-z0-9_. "'<\[-]*(?:{names})[a-z0-9_-]*["'\]>]{{0,2}}\s?[=:>]|</t[dh]>\s*<td>)\s?(?:<[a-z]+>)?{QUOTE}?"#
            ),
        ];
        // Hexadecimal digits behind a word are a commit or a digest as often as a key: these are judged
        // by what else stands there.
        forms.push(r#"[ \t]{1,3}["'`]?"#.to_owned());
        let mut head = format!("(?:{words})(?:{})", forms.join("|"));
        if let Some(also) = also {
            head = format!("(?:{head}|{also})");
        }
        format!("(?i:{head}){}", self.hit())
    }

    /// What a further value of the provider stands behind in the same block: its own name, without
    /// another provider's word before it, or a comma of the same list.
    pub(crate) fn further(&self) -> String {
        let names = self.all_names();
        format!(
            r#"(?i:(?:^|[\s{{,;("'`]|--?)(?:(?:{OWN})[_. -]?)*(?:{names})s?(?:[_. -]?(?:{OWN}|[0-9]+))*(?:{OPERATOR}|\s{{1,4}}){LIST}{QUOTE}?){hit}|(?:(?:{QUOTE}\s*,|,)\s*(?:\n\s*-\s+)?{QUOTE}?|{QUOTE}?\s*\n\s*-\s+{QUOTE}?){value}"#,
            hit = self.hit(),
            value = self.hit().replace("?P<hit>", "?P<hit_2>"),
        )
    }

    /// What its values may be called.
    fn all_names(&self) -> String {
        match self.strict {
            true => self.names.clone(),
            false => format!("{}|{NAMES}", self.names),
        }
    }

    /// Whether every value is of hexadecimal digits alone, like a commit or a digest.
    pub(crate) fn is_hexadecimal(&self) -> bool {
        !self.value.contains(['z', 'Z'])
    }

    /// The end of the pattern: the value, and the byte before it. Much shorter than the whole, it tells
    /// where a value could stand.
    pub(super) fn ending(&self) -> String {
        let before = match &self.also {
            Some(also) => format!("(?:{BEFORE}|(?i:{also}))"),
            None => BEFORE.to_owned(),
        };
        before + &self.hit()
    }

    /// All parts, short beside the pattern, and other for every other pattern.
    pub(super) fn name(&self) -> String {
        format!("{self:?}")
    }

    fn hit(&self) -> String {
        format!(r"(?P<hit>{})\b{{end-half}}", self.value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::ContextRule;
    use regex_automata::meta::Regex;

    fn found(value: &str, text: &str) -> Option<String> {
        let rule = ContextRule {
            words: "acme".to_owned(),
            names: "key|token".to_owned(),
            value: value.to_owned(),
            strict: false,
            also: Some(r"acme\.io/\?k=".to_owned()),
        };
        let regex = Regex::new(&rule.pattern()).unwrap();
        let mut groups = regex.create_captures();
        regex.captures(text, &mut groups);
        let hit = groups.get_group_by_name("hit")?;
        Some(text[hit.range()].to_owned())
    }

    #[test]
    fn a_value_is_found_in_every_shape() {
        let value = "kQ7vZx2LpW9sYt4R";
        for text in [
            "ACME_API_KEY = \"V\"",
            "acme: {\"enabled\": true, \"token\": \"V\"}",
            "acme:\n  region: eu\n  api_key: V\n",
            "provider \"acme\" {\n  api_token = \"V\"\n}",
            "client = acme.AcmeClient(\"V\")",
            "new Acme({ auth: 'V' })",
            "acme.New(\"https://api.acme.io\", \"V\")",
            "curl https://api.acme.io -H 'Authorization: Bearer V'",
            "ACME=V",
            "| acme | V |",
            "Acme:\nV\n",
            "- name: ACME_TOKEN\n          value: V",
            "[acme]\nkey = \"V\"",
            "<acme>\n  <key>V</key>\n</acme>",
            "<td>Acme key</td><td>V</td>",
            "$c['acme']['key'] = 'V'",
            "acme V",
            "**Acme API token**: V",
            "https://acme.io/?k=V",
            "ACME_KEYS = [\"V\", \"W\"]",
            "acme:\n  keys:\n    - V\n",
        ] {
            let text = text.replace('V', value);
            let hit = found("[A-Za-z0-9]{16}", &text);
            assert_eq!(hit.as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_belongs_to_others_is_not() {
        for text in [
            "acme(); token = \"V\"",
            "acme: {}, other: {token: \"V\"}",
            "acme is what we use, see VV",
            "acme:\n\n\n\n\n\n\ntoken: V",
        ] {
            let text = text.replace('V', "kQ7vZx2LpW9sYt4R");
            assert_eq!(found("[A-Za-z0-9]{16}", &text), None, "{text}");
        }
    }
}
