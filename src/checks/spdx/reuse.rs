// SPDX-License-Identifier: Apache-2.0
//! REUSE metadata (REUSE specification 3.3): licences stated for files from outside, in
//! `REUSE.toml`, in `.reuse/dep5`, or in a side file `<name>.license`.

use serde::Deserialize;

/// What the metadata of one project covers.
#[derive(Debug, Default)]
pub(in crate::checks) struct Reuse {
    annotations: Vec<Annotation>,
}

/// Globs and the licences of the files that they match.
#[derive(Debug)]
struct Annotation {
    /// Folder of the `REUSE.toml`, with a final `/`, or empty.
    base: String,
    globs: Vec<String>,
    /// `*` of dep5 crosses `/`; that of `REUSE.toml` does not.
    crosses: bool,
    licenses: Vec<String>,
}

#[derive(Deserialize)]
struct ReuseToml {
    #[serde(default)]
    annotations: Vec<RawAnnotation>,
}

#[derive(Deserialize)]
struct RawAnnotation {
    path: OneOrMany,
    #[serde(default, rename = "SPDX-License-Identifier")]
    license: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Reuse {
    /// Adds a `REUSE.toml` that stands at `name`; a file that cannot be read covers nothing.
    pub(in crate::checks) fn add_toml(&mut self, name: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let Ok(file) = toml::from_str::<ReuseToml>(&text) else {
            return;
        };
        let base = name
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for raw in file.annotations {
            self.annotations.push(Annotation {
                base: base.clone(),
                globs: raw.path.into_vec(),
                crosses: false,
                licenses: raw.license.map_or(Vec::new(), OneOrMany::into_vec),
            });
        }
    }

    /// Adds `.reuse/dep5` (Debian copyright format 1.0); `root` is the project's folder.
    pub(in crate::checks) fn add_dep5(&mut self, root: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        for paragraph in text.split("\n\n") {
            let field = |name: &str| {
                let mut value: Option<String> = None;
                for line in paragraph.lines() {
                    if let (Some(value), true) = (&mut value, line.starts_with([' ', '\t'])) {
                        value.push('\n');
                        value.push_str(line.trim());
                    } else if value.is_some() {
                        break;
                    } else if let Some((key, rest)) = line.split_once(':')
                        && key.eq_ignore_ascii_case(name)
                    {
                        value = Some(rest.trim().to_owned());
                    }
                }
                value
            };
            let (Some(files), Some(license)) = (field("Files"), field("License")) else {
                continue;
            };
            self.annotations.push(Annotation {
                base: root.to_owned(),
                globs: files.split_whitespace().map(str::to_owned).collect(),
                crosses: true,
                licenses: license.lines().take(1).map(str::to_owned).collect(),
            });
        }
    }

    /// Every licence stated.
    pub(in crate::checks) fn stated(&self) -> impl Iterator<Item = &str> {
        let all = self.annotations.iter();
        all.flat_map(|annotation| &annotation.licenses)
            .map(String::as_str)
    }

    /// Whether the project has such metadata at all.
    pub(in crate::checks) fn is_empty(&self) -> bool {
        self.annotations.is_empty()
    }

    /// The licences stated for a file; the last annotation that matches it decides.
    pub(in crate::checks) fn licenses(&self, name: &str) -> Option<&[String]> {
        self.annotations.iter().rev().find_map(|annotation| {
            let inside = name.strip_prefix(annotation.base.as_str())?;
            annotation
                .globs
                .iter()
                .any(|glob| matches(glob.as_bytes(), inside.as_bytes(), annotation.crosses))
                .then_some(annotation.licenses.as_slice())
        })
    }
}

/// Glob match: `*` (within a folder unless `crosses`), `**` (across folders), `?` in dep5, and
/// `\` before a character that stands for itself.
fn matches(glob: &[u8], name: &[u8], crosses: bool) -> bool {
    // Positions of the last star: where it stands in the glob, what it has eaten of the name.
    // `**` and `*` may both need a retry, so each keeps its own.
    let (mut g, mut n) = (0, 0);
    let mut deep: Option<(usize, usize)> = None;
    let mut flat: Option<(usize, usize)> = None;
    loop {
        match glob.get(g) {
            Some(b'*') => {
                let stars = glob[g..].iter().take_while(|&&c| c == b'*').count();
                g += stars;
                if crosses || stars > 1 {
                    deep = Some((g, n));
                    flat = None;
                } else {
                    flat = Some((g, n));
                }
                continue;
            }
            Some(b'\\') if name.get(n).is_some() && glob.get(g + 1) == name.get(n) => {
                g += 2;
                n += 1;
                continue;
            }
            Some(b'?') if crosses && n < name.len() => {
                g += 1;
                n += 1;
                continue;
            }
            Some(c) if *c != b'\\' && Some(c) == name.get(n) => {
                g += 1;
                n += 1;
                continue;
            }
            None if n == name.len() => return true,
            _ => {}
        }
        if let Some((at, eaten)) = flat
            && name.get(eaten).is_some_and(|&c| c != b'/')
        {
            flat = Some((at, eaten + 1));
            (g, n) = (at, eaten + 1);
        } else if let Some((at, eaten)) = deep
            && eaten < name.len()
        {
            deep = Some((at, eaten + 1));
            flat = None;
            (g, n) = (at, eaten + 1);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_of_both_formats() {
        let toml = |glob: &str, name: &str| matches(glob.as_bytes(), name.as_bytes(), false);
        assert!(toml("**", "a/b/c.py"));
        assert!(toml("src/*.py", "src/a.py"));
        assert!(!toml("src/*.py", "src/b/a.py"));
        assert!(toml("src/**", "src/b/a.py"));
        assert!(toml("**/data/*.json", "x/data/y.json"));
        assert!(toml(r"a\*b", "a*b"));
        assert!(!toml(r"a\*b", "axb"));
        assert!(!toml("a?c", "abc"));
        let dep5 = |glob: &str, name: &str| matches(glob.as_bytes(), name.as_bytes(), true);
        assert!(dep5("*", "a/b"));
        assert!(dep5("src/*.py", "src/b/a.py"));
        assert!(dep5("a?c", "abc"));
    }

    #[test]
    fn the_last_matching_annotation_decides() {
        let mut reuse = Reuse::default();
        let text = "version = 1\n[[annotations]]\npath = \"**\"\nSPDX-License-Identifier = \"MIT\"\n\
                    [[annotations]]\npath = [\"doc/**\"]\nSPDX-License-Identifier = \"CC0-1.0\"\n";
        reuse.add_toml("REUSE.toml", text.as_bytes());
        assert_eq!(reuse.licenses("a.py").unwrap(), ["MIT"]);
        assert_eq!(reuse.licenses("doc/x/a.md").unwrap(), ["CC0-1.0"]);
        let mut reuse = Reuse::default();
        reuse.add_dep5(
            "",
            b"Format: x\n\nFiles: po/*\n img/*\nCopyright: A\nLicense: GPL-3.0-only\n",
        );
        assert_eq!(reuse.licenses("img/x/a.png").unwrap(), ["GPL-3.0-only"]);
        assert_eq!(reuse.licenses("src/a.c"), None);
    }
}
