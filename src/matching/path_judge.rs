// SPDX-License-Identifier: Apache-2.0
//! Weighs a path that a pattern found: is it somebody's home, or a placeholder, a route, a part
//! of an address; and how much does it matter where it stands.
//!
//! A pattern can say what a home folder looks like, not what surrounds it. Three questions are
//! asked here, in this order: what stands before the path (does it begin there at all), whose
//! name it holds, and what follows it (do folders follow that only a file system has). Then the
//! file it stands in decides how much it weighs.

use super::path_context::{
    FILE_ENDINGS, Seen, has_cue, illustrates_here, is_identifier, is_remark, is_requested,
    is_routed, is_template, is_windows,
};
use super::path_plain::plain;
use super::path_root::{Root, root};
use super::path_words as words;
use super::weight::Weight;
use crate::classify::Kind;
use crate::model::{ByteSpan, Confidence, Severity};

/// Weighs the path at `hit`; `None` acquits it. `path` is the entry's name in its container.
pub(crate) fn weigh(
    validator: &str,
    text: &[u8],
    whole: ByteSpan,
    hit: ByteSpan,
    path: &str,
    kind: Kind,
) -> Option<Weight> {
    let plain = plain(text, hit);
    let seen = match &plain {
        Some(plain) => Seen::new(&plain.text, plain.hit, kind),
        None => Seen::new(text, hit, kind),
    };
    match validator {
        "path-user" => user(&seen, path),
        "path-account" => account(&seen, path),
        "path-mangled" => mangled(&seen, path),
        "path-machine" => machine(&seen, path),
        // What stands in a file is judged by the file's name; a test that nobody can run is no fixture.
        "path-fixture" if text != path.as_bytes() && kind.is("source") => Weight::PLAIN,
        "path-fixture" if text != path.as_bytes() => {
            let all = ByteSpan::new(path.len(), path.len());
            fixture(path.as_bytes(), all, all)
        }
        "path-fixture" => fixture(text, whole, hit),
        "path-state" => state(text, whole, hit),
        "path-test-input" => test_input(text, whole, hit),
        _ => Weight::PLAIN,
    }
}

/// How much the file a path stands in lowers its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Compiled output, metadata, locks, configuration: nobody writes paths there by hand.
    Made,
    /// Source that ships.
    Source,
    /// Documentation, tests, examples.
    Illustration,
}

fn place(path: &str, kind: Kind) -> Place {
    let lower = path.to_ascii_lowercase();
    let file = lower.rsplit('/').next().unwrap_or(&lower);
    // Core metadata carries the whole README after its headers.
    let carries_readme = file == "metadata" || file == "pkg-info";
    // Workflows run elsewhere than where the package is used.
    let told = lower.starts_with(".github/")
        || lower.contains("/.github/")
        || kind.is("docs")
            && !lower.contains(".dist-info/")
            && !lower.contains(".egg-info/")
            && !words::is_tool_list(file);
    if words::illustrates(path)
        || told
        || carries_readme
        || matches!(kind.id, "notebook" | "translation" | "diff")
    {
        Place::Illustration
    } else if kind.is("source") && !is_bundle(file) {
        Place::Source
    } else {
        Place::Made
    }
}

/// Names of files that a bundler wrote.
fn is_bundle(file: &str) -> bool {
    file.contains(".min.") || file.contains(".bundle.") || file.contains(".chunk.")
}

/// A folder of somebody's home.
fn user(seen: &Seen<'_>, path: &str) -> Option<Weight> {
    let root = root(seen);
    if root == Root::Inside {
        return None;
    }
    let name = seen.name();
    if names_nobody(&name) || is_template(seen) {
        return None;
    }
    let folders = seen.follows_folders();
    let below = seen.below().count();
    let windows = is_windows(seen.hit);
    if FILE_ENDINGS.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    if words::is_page(&name) && !(folders && below >= 2 && !is_routed(seen)) && !windows {
        return None;
    }
    if seen.compiled() && (below == 0 || root == Root::Adjoins && !folders) {
        return None;
    }
    if root == Root::Adjoins && !seen.compiled() {
        return None;
    }
    if below == 0 && !windows && seen.kind.is("source") && is_web(seen.kind) {
        // One step below `/home`, in a language of routes: more often a page than a person.
        return None;
    }
    let place = match place(path, seen.kind) {
        Place::Source if illustrates_here(seen) => Place::Illustration,
        // A remark beside a declaration of types documents it.
        Place::Source if path.ends_with(".d.ts") && is_remark(seen) => Place::Illustration,
        place => place,
    };
    let invented = name.split([' ', '.', '_']).all(words::is_invented);
    let shown = place == Place::Illustration || is_remark(seen) || has_cue(seen);
    let of_project = is_of_project(seen, &name, path);
    if shown && (is_made_up(seen, &name, invented) || of_project) {
        return None;
    }
    if !folders && !windows && !seen.compiled() && is_routed(seen) {
        // `fetch('/home/anything')`: an address that happens to begin so, unless its file is
        // one in which nobody routes.
        return match place {
            Place::Made if below > 0 && !is_requested(seen) => {
                Weight::of(Severity::Medium, Confidence::Low)
            }
            _ => None,
        };
    }
    match place {
        Place::Illustration if invented => Weight::of(Severity::Low, Confidence::Low),
        Place::Illustration => Weight::of(Severity::Medium, Confidence::Medium),
        Place::Source if invented && (is_remark(seen) || has_cue(seen)) => {
            Weight::of(Severity::Low, Confidence::Low)
        }
        // A source map repeats the comments of its sources.
        Place::Made if seen.kind.id == "source-map" && has_cue(seen) => {
            Weight::of(Severity::Medium, Confidence::Low)
        }
        // An account that the product runs under, or its author's, who bears its name.
        _ if of_project => Weight::of(Severity::Medium, Confidence::Low),
        Place::Source if has_cue(seen) => Weight::of(Severity::Medium, Confidence::Low),
        Place::Source if is_remark(seen) && !folders => {
            Weight::of(Severity::Medium, Confidence::Low)
        }
        Place::Source | Place::Made => Weight::PLAIN,
    }
}

/// A folder that a tool named after an account: `_bazel_NAME`, `/media/NAME`.
fn account(seen: &Seen<'_>, path: &str) -> Option<Weight> {
    let name = seen.name();
    let name = ["bazel_", "pytest-of-", "hsperfdata_"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(&name);
    let nobody = names_nobody(name) || words::is_page(name) || words::is_invented(name);
    if root(seen) == Root::Inside || nobody || is_template(seen) || is_routed(seen) {
        return None;
    }
    match place(path, seen.kind) {
        Place::Illustration => Weight::of(Severity::Low, Confidence::Medium),
        _ => Weight::PLAIN,
    }
}

/// A path that became one name: only what looks like a home throughout.
fn mangled(seen: &Seen<'_>, path: &str) -> Option<Weight> {
    let name = seen.name();
    if names_nobody(&name) || words::is_page(&name) || !seen.follows_folders() {
        return None;
    }
    match place(path, seen.kind) {
        Place::Illustration if words::is_invented(&name) => None,
        Place::Illustration => Weight::of(Severity::Low, Confidence::Medium),
        _ => Weight::PLAIN,
    }
}

/// Whether a name is that of whoever reads it, of a role or of a machine.
fn names_nobody(name: &str) -> bool {
    name.is_empty()
        || words::is_placeholder(name)
        || words::is_service(name)
        || words::is_runner(name)
        || is_identifier(name)
}

/// Whether a path of an illustration names nobody: an invented person or the home alone, without
/// the depth that only a copied path has; a folder of a manual; the home of a site.
fn is_made_up(seen: &Seen<'_>, name: &str, invented: bool) -> bool {
    let parts: Vec<String> = seen
        .below()
        .map(|part| String::from_utf8_lossy(part).to_ascii_lowercase())
        .collect();
    let personal = parts
        .first()
        .is_some_and(|first| words::is_home_folder(first));
    if invented {
        return !personal || parts.len() < 4;
    }
    // `/Users/NAME/Sites` and nothing below: what a manual lets a server show.
    if matches!(&parts[..], [one] if ["sites", "public_html"].contains(&one.as_str())) {
        return true;
    }
    let manual = parts.len() <= 2 && parts.iter().any(|part| words::is_manual_folder(part));
    parts.is_empty()
        || (manual || words::is_page(name)) && !personal
        || SITE_ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Whether the home is that of the project itself, in the container that tries it: a part of the
/// file's own path has its name, and what follows is no folder that people have.
fn is_of_project(seen: &Seen<'_>, name: &str, path: &str) -> bool {
    let personal = seen.below().next().is_some_and(|first| {
        let first = String::from_utf8_lossy(first).to_ascii_lowercase();
        first.starts_with('.') || first == "projects" || first == "desktop"
    });
    // `engine-1.2.3`: the folder of a source distribution or of a wheel's metadata.
    let versioned = |part: &str| {
        part.rsplit_once('-').is_some_and(|(stem, version)| {
            version.starts_with(|c: char| c.is_ascii_digit()) && stem.eq_ignore_ascii_case(name)
        })
    };
    !personal
        && path
            .split('/')
            .any(|part| part.eq_ignore_ascii_case(name) || versioned(part))
}

/// Endings of the names that hosting gives to homes of sites.
const SITE_ENDINGS: &[&str] = &[".com", ".org", ".net"];

/// Languages whose string literals hold routes.
fn is_web(kind: Kind) -> bool {
    matches!(
        kind.id,
        "javascript" | "typescript" | "component" | "html" | "php" | "ruby" | "css" | "dart"
    )
}

/// A folder of a build machine: nobody's name, so it only matters in what was made there.
fn machine(seen: &Seen<'_>, path: &str) -> Option<Weight> {
    if root(seen) == Root::Inside || place(path, seen.kind) == Place::Illustration {
        return None;
    }
    if seen.kind.is("source") && (is_remark(seen) || is_routed(seen)) {
        return None;
    }
    Weight::PLAIN
}

/// A file name that would be a leak, but for the folder of test inputs it stands in.
fn fixture(name: &[u8], whole: ByteSpan, hit: ByteSpan) -> Option<Weight> {
    let until = hit.start.max(whole.start);
    let folders = String::from_utf8_lossy(&name[..until]);
    let folders = folders.rsplit_once('/').map_or("", |(folders, _)| folders);
    if words::holds_fixtures(folders) {
        Weight::of(Severity::Info, Confidence::Low)
    } else {
        Weight::PLAIN
    }
}

/// As [`fixture`], for what a program under test reads or leaves: among test inputs such a name says
/// nothing, and what the file holds is judged by what it holds.
fn test_input(name: &[u8], whole: ByteSpan, hit: ByteSpan) -> Option<Weight> {
    match fixture(name, whole, hit) {
        Weight::PLAIN => Weight::PLAIN,
        _ => None,
    }
}

/// As [`fixture`], for what may be data of a package: only at the top of a tree or archive is it
/// surely the state of a program that ran there.
fn state(name: &[u8], whole: ByteSpan, hit: ByteSpan) -> Option<Weight> {
    let folders = String::from_utf8_lossy(&name[..hit.start]);
    let folders = folders.trim_end_matches('/');
    let versioned = folders.rsplit_once('-').is_some_and(|(_, version)| {
        !folders.contains('/') && version.starts_with(|c: char| c.is_ascii_digit())
    });
    if folders.is_empty() || folders == "package" || versioned {
        return Weight::PLAIN;
    }
    match fixture(name, whole, hit) {
        Weight::PLAIN => Weight::of(Severity::Medium, Confidence::Low),
        lowered => lowered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Weighs `/home/NAME` where it stands in `text`, in place of `@`.
    fn weigh_home(text: &str, name: &str, path: &str) -> Option<Weight> {
        let home = format!("/{}/{name}", "home");
        let at = text.find('@').expect("the text says where");
        let text = text.replacen('@', &home, 1);
        let hit = ByteSpan::new(at, at + home.len());
        let kind = Kind::of(path, text.as_bytes(), false);
        weigh("path-user", text.as_bytes(), hit, hit, path, kind)
    }

    #[test]
    fn folders_of_tasks_and_examples_of_declarations() {
        let text = "\0@/work/simd/x.asm\0";
        assert_eq!(weigh_home(text, "task_176770443285540", "x.so"), None);
        assert_eq!(weigh_home(text, "kowalczyk_2", "x.so"), Weight::PLAIN);
        let text = "  absolute: string // \"@/Projects/engine/a.cy.js\"";
        let severity = |path| weigh_home(text, "kowalczyk", path).and_then(|w| w.severity);
        assert_eq!(severity("engine.d.ts"), Some(Severity::Medium));
        assert_eq!(severity("engine.ts"), None);
    }

    #[test]
    fn an_account_of_the_products_own_name_counts_less() {
        let text = "ROOT = '@/deployments/current'";
        let severity = |path| weigh_home(text, "engine", path).and_then(|w| w.severity);
        assert_eq!(severity("engine/x.py"), Some(Severity::Medium));
        assert_eq!(severity("engine-1.2/x.cfg"), Some(Severity::Medium));
        assert_eq!(severity("motor/x.py"), None);
        let text = "ROOT = '@/Desktop/current'";
        assert_eq!(weigh_home(text, "engine", "engine/x.py"), Weight::PLAIN);
    }

    #[test]
    fn place_decides_the_weight() {
        let text = "ROOT = '@/src/engine'";
        assert_eq!(weigh_home(text, "kowalczyk", "engine/x.py"), Weight::PLAIN);
        let lowered = weigh_home(text, "kowalczyk", "tests/x.py").and_then(|w| w.severity);
        assert_eq!(lowered, Some(Severity::Medium));
        let text = "Location: @/Projects/acme/engine/instance";
        let lowered = weigh_home(text, "david", "README.md").and_then(|w| w.severity);
        assert_eq!(lowered, Some(Severity::Low));
    }

    #[test]
    fn a_manual_may_invent_people_and_folders() {
        for (text, name) in [
            ("cd @/src", "alice"),
            ("rootdir: @/project", "sweet"),
            ("DIRS = ['@/templates/default']", "html"),
            ("the folder ``@/photos/2007/01``", "media"),
            ("found at @/core/static/css/base.css", "polls.acme.com"),
            ("Directory: @", "nail"),
            ("open('@/example.jpg')", "kowalczyk"),
            ("commonprefix(['@/eggs'])", "kowalczyk"),
            ("rsync x host:@/engine/htdocs", "project-web"),
            ("open('@/secret.model')", "victim"),
            ("serve --path @/Sites", "kowalczyk"),
        ] {
            assert_eq!(weigh_home(text, name, "docs/x.rst"), None, "{text}");
        }
        for text in [
            "rootdir: @/dev/engine",
            "call dlopen(\"@/Desktop/x.so\")",
            "mount @/sshfs-engine",
            "ca: @/client-ssl/ca.pem",
        ] {
            assert!(
                weigh_home(text, "kowalczyk", "docs/x.rst").is_some(),
                "{text}"
            );
        }
        let text = "-v \"$PWD/source:@/source\"";
        let workflow = "x-1.0/engine/.github/workflows/x.yml";
        assert_eq!(weigh_home(text, "engine", workflow), None);
        assert!(weigh_home(text, "kowalczyk", workflow).is_some());
        let text = "help='such as @/myproject'";
        assert_eq!(weigh_home(text, "kowalczyk", "engine/x.py"), None);
    }

    #[test]
    fn a_file_of_work_is_no_page_and_a_request_asks_for_one() {
        for (text, path) in [
            ("<a href=\"file://@/engine/index.html\">", "x.html"),
            ("url=@/engine/x.csv", "x.txt"),
            ("//# sourceURL=@/site/a.js", "a.js"),
            ("<location filename=\"@/qt/a.cpp\" line=\"3\"/>", "x.ts"),
            ("\"\\u001b[0;32m@/lib/x.py\\u001b[0m in f\"", "x.json"),
            ("cp '/Volumes/Macintosh HD@/src/x' .", "x.sh"),
        ] {
            assert!(weigh_home(text, "kowalczyk", path).is_some(), "{text}");
        }
        for text in [
            "1.2.3.4 \"GET @/x.html HTTP/1.1\" 404",
            "GET @/orders/list.csv HTTP/1.1",
        ] {
            assert_eq!(weigh_home(text, "kowalczyk", "a.log"), None, "{text}");
        }
    }

    #[test]
    fn a_name_among_test_inputs_says_nothing() {
        let weigh_name = |name: &str| {
            let hit = ByteSpan::new(name.rfind('/').map_or(0, |at| at + 1), name.len());
            let kind = Kind::of(name, b"", false);
            weigh("path-test-input", name.as_bytes(), hit, hit, name, kind)
        };
        assert_eq!(weigh_name("tests/data/model.tmp"), None);
        assert_eq!(weigh_name("engine/model.tmp"), Weight::PLAIN);
    }

    #[test]
    fn a_path_begins_where_nothing_belongs_to_it() {
        for text in [
            "'@/src'",
            "-I@/src",
            "PATH=/bin:@/bin",
            "file://@/x",
            "a\\n@/src",
        ] {
            assert!(weigh_home(text, "kowalczyk", "x.cfg").is_some(), "{text}");
        }
        for text in [
            "https://example.org@/src",
            "docs@/src",
            "${X}@/src",
            "..@/src",
        ] {
            assert_eq!(weigh_home(text, "kowalczyk", "x.cfg"), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            text in prop::collection::vec(any::<u8>(), 1..200),
            from in 0usize..200,
            length in 0usize..60,
            validator in prop::sample::select(vec!["path-account", "path-fixture", "path-machine", "path-mangled", "path-state", "path-test-input", "path-user"]),
            path in "[a-z/.]{0,20}",
            binary: bool,
        ) {
            let start = from % text.len();
            let hit = ByteSpan::new(start, (start + length).min(text.len()));
            let kind = Kind::of(&path, &text, binary);
            weigh(validator, &text, hit, hit, &path, kind);
        }
    }
}
