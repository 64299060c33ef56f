// SPDX-License-Identifier: Apache-2.0
//! The kind of a file: one table of names, endings and magics, each row with its tags.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// How a language writes comments: enough to find a header and to read a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentStyle {
    /// `# ...`
    Hash,
    /// `// ...` or `/* ... */`
    Slash,
    /// `/* ... */` only (CSS)
    Block,
    /// `-- ...`
    Dash,
    /// `<!-- ... -->`
    Markup,
    /// `; ...`
    Semicolon,
    /// `% ...`
    Percent,
    /// `" ...`
    Quote,
    /// `rem ...` or `:: ...`
    Batch,
    /// `.. ...` (reStructuredText)
    Dots,
    /// `(* ... *)`
    Pascal,
    /// No comment exists (JSON, binaries).
    None,
}

/// A row of the table: a name for the kind, the tags that `scope.kinds` may use, its comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `python`, `markdown`, `elf`, ... or `text` / `binary` for what the table lacks.
    pub id: &'static str,
    /// Wider words: `text`, `binary`, `source`, `docs`, `config`, `data`, `executable`.
    pub tags: &'static [&'static str],
    /// Comment style.
    pub comments: CommentStyle,
}

impl Kind {
    /// Whether `word` names this kind or one of its tags.
    pub fn is(&self, word: &str) -> bool {
        self.id == word || self.tags.contains(&word)
    }

    /// Whether any row has this id or tag: what rule lint accepts in `scope.kinds`.
    pub fn is_known(word: &str) -> bool {
        all().any(|kind| kind.is(word))
    }

    /// A kind with this id, or the first that carries this tag.
    pub fn named(word: &str) -> Option<Self> {
        all()
            .find(|kind| kind.id == word)
            .or_else(|| all().find(|kind| kind.is(word)))
    }

    /// The kind of a file by its name (inside its container) and first bytes.
    pub fn of(name: &str, bytes: &[u8], binary: bool) -> Self {
        if binary {
            let base = name.rsplit('/').next().unwrap_or(name);
            if base.ends_with(".pyc") || base.ends_with(".pyo") {
                return PYC;
            }
            // Both begin so; a class file goes on with its version, which is at least 45.
            if bytes.starts_with(b"\xca\xfe\xba\xbe") && bytes.get(4..8).is_some_and(few) {
                return executable("mach-o");
            }
            return MAGIC
                .iter()
                .find(|(magic, _)| bytes.starts_with(magic))
                .map_or(BINARY, |(_, kind)| *kind);
        }
        by_name(name).unwrap_or_else(|| by_shebang(bytes).unwrap_or(TEXT))
    }
}

/// Whether a number of four bytes may count the architectures in one file.
fn few(count: &[u8]) -> bool {
    matches!(count, [0, 0, 0, 1..45])
}

use CommentStyle as C;

const fn source(id: &'static str, comments: CommentStyle) -> Kind {
    Kind {
        id,
        tags: &["text", "source"],
        comments,
    }
}
const fn docs(id: &'static str, comments: CommentStyle) -> Kind {
    Kind {
        id,
        tags: &["text", "docs"],
        comments,
    }
}
const fn config(id: &'static str, comments: CommentStyle) -> Kind {
    Kind {
        id,
        tags: &["text", "config"],
        comments,
    }
}
const fn data(id: &'static str, comments: CommentStyle) -> Kind {
    Kind {
        id,
        tags: &["text", "data"],
        comments,
    }
}
const fn executable(id: &'static str) -> Kind {
    Kind {
        id,
        tags: &["binary", "executable"],
        comments: C::None,
    }
}

const TEXT: Kind = Kind {
    id: "text",
    tags: &["text"],
    comments: C::None,
};
const BINARY: Kind = Kind {
    id: "binary",
    tags: &["binary"],
    comments: C::None,
};
const PYC: Kind = Kind {
    id: "pyc",
    tags: &["binary", "executable"],
    comments: C::None,
};
const SHELL: Kind = source("shell", C::Hash);
const PYTHON: Kind = source("python", C::Hash);
const MARKDOWN: Kind = docs("markdown", C::Markup);
const PLAIN: Kind = docs("plain", C::None);

/// First bytes of binaries.
const MAGIC: &[(&[u8], Kind)] = &[
    (b"\x7fELF", executable("elf")),
    (b"MZ", executable("pe")),
    (b"\xfe\xed\xfa\xce", executable("mach-o")),
    (b"\xfe\xed\xfa\xcf", executable("mach-o")),
    (b"\xce\xfa\xed\xfe", executable("mach-o")),
    (b"\xcf\xfa\xed\xfe", executable("mach-o")),
    (b"\xca\xfe\xba\xbe", executable("java-class")),
    (b"\0asm", executable("wasm")),
    (b"!<arch>\n", executable("ar")),
    (b"!<thin>\n", executable("ar")),
    (
        b"SQLite format 3\0",
        Kind {
            id: "sqlite",
            tags: &["binary", "database"],
            comments: C::None,
        },
    ),
    (
        b"\x89PNG",
        Kind {
            id: "png",
            tags: &["binary", "image"],
            comments: C::None,
        },
    ),
    (
        b"\xff\xd8\xff",
        Kind {
            id: "jpeg",
            tags: &["binary", "image"],
            comments: C::None,
        },
    ),
    (
        b"GIF8",
        Kind {
            id: "gif",
            tags: &["binary", "image"],
            comments: C::None,
        },
    ),
    (
        b"%PDF-",
        Kind {
            id: "pdf",
            tags: &["binary"],
            comments: C::None,
        },
    ),
];

/// File endings, lower case, without the dot.
const ENDINGS: &[(&[&str], Kind)] = &[
    (&["py", "pyi", "pyx", "pxd", "pyw"], PYTHON),
    (&["rs"], source("rust", C::Slash)),
    (&["c", "h"], source("c", C::Slash)),
    (
        &["cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl", "ipp"],
        source("cpp", C::Slash),
    ),
    (&["m", "mm"], source("objective-c", C::Slash)),
    (&["cu", "cuh"], source("cuda", C::Slash)),
    (&["go"], source("go", C::Slash)),
    (&["java"], source("java", C::Slash)),
    (&["kt", "kts"], source("kotlin", C::Slash)),
    (&["scala", "sc"], source("scala", C::Slash)),
    (&["groovy", "gradle"], source("groovy", C::Slash)),
    (&["swift"], source("swift", C::Slash)),
    (&["cs"], source("csharp", C::Slash)),
    (&["js", "mjs", "cjs", "jsx"], source("javascript", C::Slash)),
    (&["ts", "tsx", "mts", "cts"], source("typescript", C::Slash)),
    (&["vue", "svelte"], source("component", C::Markup)),
    (&["dart"], source("dart", C::Slash)),
    (&["php"], source("php", C::Slash)),
    (&["zig"], source("zig", C::Slash)),
    (&["proto"], source("protobuf", C::Slash)),
    (&["sol"], source("solidity", C::Slash)),
    (&["rb", "rake", "gemspec"], source("ruby", C::Hash)),
    (&["pl", "pm"], source("perl", C::Hash)),
    (&["sh", "bash", "zsh", "fish", "ksh"], SHELL),
    (&["ps1", "psm1", "psd1"], source("powershell", C::Hash)),
    (&["bat", "cmd"], source("batch", C::Batch)),
    (&["r"], source("r", C::Hash)),
    (&["jl"], source("julia", C::Hash)),
    (&["ex", "exs"], source("elixir", C::Hash)),
    (&["nix"], source("nix", C::Hash)),
    (
        &["tf", "hcl", "tfvars", "tfbackend"],
        source("terraform", C::Hash),
    ),
    (&["cmake"], source("cmake", C::Hash)),
    (&["mk", "mak"], source("make", C::Hash)),
    (&["lua"], source("lua", C::Dash)),
    (&["hs", "lhs"], source("haskell", C::Dash)),
    (&["sql"], source("sql", C::Dash)),
    (&["elm"], source("elm", C::Dash)),
    (&["ml", "mli"], source("ocaml", C::Pascal)),
    (&["erl", "hrl"], source("erlang", C::Percent)),
    (&["tex", "sty", "cls"], source("tex", C::Percent)),
    (
        &["el", "lisp", "clj", "cljs", "scm", "rkt"],
        source("lisp", C::Semicolon),
    ),
    (&["asm", "s"], source("assembly", C::Semicolon)),
    (&["vim"], source("vim", C::Quote)),
    (&["css", "scss", "less"], source("css", C::Block)),
    (&["html", "htm", "xhtml"], source("html", C::Markup)),
    (&["md", "markdown", "mdx"], MARKDOWN),
    (&["rst"], docs("rst", C::Dots)),
    (&["adoc", "asciidoc"], docs("asciidoc", C::Slash)),
    (&["txt", "text"], PLAIN),
    (
        &[
            "xml", "xsd", "xsl", "svg", "plist", "csproj", "props", "targets", "pom",
        ],
        config("xml", C::Markup),
    ),
    (
        &["json", "jsonc", "json5", "webmanifest", "har", "tfstate"],
        config("json", C::None),
    ),
    (&["jsonl", "ndjson"], data("jsonl", C::None)),
    (&["map"], data("source-map", C::None)),
    (&["ipynb"], data("notebook", C::None)),
    (&["yaml", "yml"], config("yaml", C::Hash)),
    (&["toml"], config("toml", C::Hash)),
    (
        &[
            "ini",
            "cfg",
            "conf",
            "cnf",
            "properties",
            "editorconfig",
            "pth",
            "desktop",
            "service",
            "nmconnection",
            "ovpn",
            "reg",
            "creds",
            "credentials",
            "secrets",
        ],
        config("ini", C::Hash),
    ),
    (&["env"], config("env", C::Hash)),
    (
        &["pem", "key", "crt", "cer", "pub", "asc"],
        data("pem", C::None),
    ),
    (&["csv", "tsv"], data("csv", C::None)),
    (&["log"], data("log", C::None)),
    (&["lock"], config("lock", C::Hash)),
    (&["diff", "patch"], data("diff", C::None)),
    (&["po", "pot"], data("translation", C::Hash)),
];

/// Whole file names, lower case.
const NAMES: &[(&[&str], Kind)] = &[
    (&["makefile", "gnumakefile"], source("make", C::Hash)),
    (&["cmakelists.txt"], source("cmake", C::Hash)),
    (&["dockerfile", "containerfile"], source("docker", C::Hash)),
    (
        &[
            "readme",
            "license",
            "licence",
            "copying",
            "notice",
            "authors",
            "changelog",
            "changes",
        ],
        PLAIN,
    ),
    (
        &[
            "metadata",
            "pkg-info",
            "wheel",
            "record",
            "entry_points.txt",
            "top_level.txt",
            "sources.txt",
        ],
        data("metadata", C::None),
    ),
    (
        &[
            ".npmrc",
            ".pypirc",
            ".netrc",
            "_netrc",
            ".s3cfg",
            ".pgpass",
            "pip.conf",
            ".gitconfig",
            ".gitmodules",
            ".gitattributes",
            ".gitignore",
            ".dockerignore",
            "credentials",
            "config",
            "sasl_passwd",
            ".terraformrc",
            ".databrickscfg",
        ],
        config("ini", C::Hash),
    ),
    (
        &[
            ".eslintrc",
            ".babelrc",
            ".prettierrc",
            ".stylelintrc",
            ".swcrc",
            ".nycrc",
            ".jshintrc",
            ".bowerrc",
        ],
        config("json", C::None),
    ),
    (&["user-data", "vendor-data"], config("yaml", C::Hash)),
    (&[".env", ".envrc"], config("env", C::Hash)),
    (
        &["package-lock.json", "npm-shrinkwrap.json"],
        config("lock", C::None),
    ),
    (
        &["pnpm-lock.yaml", "yarn.lock", "go.sum"],
        config("lock", C::Hash),
    ),
    (
        &[
            ".bashrc",
            ".zshrc",
            ".profile",
            ".kshrc",
            ".cshrc",
            ".tcshrc",
            ".bash_history",
            ".zsh_history",
            ".sh_history",
            ".psql_history",
            ".mysql_history",
        ],
        SHELL,
    ),
    (&["gemfile", "rakefile"], source("ruby", C::Hash)),
];

fn all() -> impl Iterator<Item = Kind> {
    let rows = ENDINGS.iter().chain(NAMES).map(|(_, kind)| *kind);
    rows.chain(MAGIC.iter().map(|(_, kind)| *kind))
        .chain([TEXT, BINARY, PYC])
}

/// No name in the table, and no ending, is as long as this.
const LONGEST: usize = 64;

type Index = HashMap<&'static [u8], Kind, BuildHasherDefault<Fnv>>;

/// FNV-1a: for words as short as these, a keyed hash costs more than all the rest.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Rows by their word; of two rows with one word, the first counts.
fn index(rows: &'static [(&[&str], Kind)]) -> Index {
    let mut index = Index::default();
    for (words, kind) in rows {
        for word in *words {
            index.entry(word.as_bytes()).or_insert(*kind);
        }
    }
    index
}

fn by_name(name: &str) -> Option<Kind> {
    static BY_NAME: LazyLock<Index> = LazyLock::new(|| index(NAMES));
    static BY_ENDING: LazyLock<Index> = LazyLock::new(|| index(ENDINGS));
    let base = name.rsplit('/').next().unwrap_or(name).as_bytes();
    let mut lower = [0; LONGEST];
    let end = &base[base.len().saturating_sub(LONGEST)..];
    let end = {
        let room = &mut lower[..end.len()];
        room.copy_from_slice(end);
        room.make_ascii_lowercase();
        &*room
    };
    if let Some(kind) = BY_NAME.get(end) {
        return Some(*kind);
    }
    let begins = |word: &[u8]| {
        base.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b".env.") {
        return Some(config("env", C::Hash));
    }
    if begins(b"dockerfile.") {
        return Some(source("docker", C::Hash));
    }
    let dot = memchr::memrchr(b'.', end)?;
    let kind = BY_ENDING.get(&end[dot + 1..]).copied();
    // `.sentryclirc`, `.offlineimaprc`: what a program reads from a home folder.
    let is_rc = || base.starts_with(b".") && end.ends_with(b"rc") && base.len() > 4;
    kind.or_else(|| is_rc().then(|| config("ini", C::Hash)))
}

fn by_shebang(bytes: &[u8]) -> Option<Kind> {
    let line = bytes.strip_prefix(b"#!")?;
    let line = &line[..line.len().min(120)];
    let line =
        String::from_utf8_lossy(line.split(|&b| b == b'\n').next().unwrap_or(line)).into_owned();
    if line.contains("python") {
        Some(PYTHON)
    } else if line.contains("sh") {
        Some(SHELL)
    } else if line.contains("perl") {
        Some(source("perl", C::Hash))
    } else if line.contains("node") {
        Some(source("javascript", C::Slash))
    } else if line.contains("ruby") {
        Some(source("ruby", C::Hash))
    } else {
        None
    }
}
