// SPDX-License-Identifier: Apache-2.0
//! What a path says about the purpose of a file: the one list of such words that everybody asks.

/// Why files stand in a folder, when its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Tests and their inputs: what is wrong there was often put there on purpose.
    Test,
    /// Examples, documentation, measurements: shown or tried, not used.
    Illustration,
}

/// Words for tests and their inputs.
#[rustfmt::skip]
const TESTS: &[&str] = &[
    "cassettes", "conftest", "corpora", "corpus", "e2e", "fixture", "fixtures", "fuzz", "golden",
    "mock", "mocks", "snapshot", "snapshots", "spec", "specs", "test", "testcase", "testcases",
    "testdata", "testing", "tests", "testsuite", "unittest", "unittests",
];

/// Words for what illustrates.
#[rustfmt::skip]
const ILLUSTRATIONS: &[&str] = &[
    "bench", "benches", "benchmark", "benchmarks", "demo", "demos", "doc", "docs",
    "documentation", "example", "examples", "manual", "sample", "samples", "tutorial",
    "tutorials",
];

/// What a word of a name says, in any case of letters.
pub fn purpose(word: &str) -> Option<Purpose> {
    let among = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    if among(TESTS) {
        Some(Purpose::Test)
    } else {
        among(ILLUSTRATIONS).then_some(Purpose::Illustration)
    }
}

/// What the words of a path say, each for itself.
pub fn purposes(path: &str) -> impl Iterator<Item = Purpose> {
    path.split(['/', '_', '-', '.']).filter_map(purpose)
}

/// Whether a folder of `path` says that its content is input of tests: libraries that read
/// archives ship broken ones on purpose.
pub fn is_test_material(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(folders, _)| purposes(folders).any(|word| word == Purpose::Test))
}

#[cfg(test)]
mod tests {
    use super::{ILLUSTRATIONS, TESTS, is_test_material};

    #[test]
    fn folders_speak_and_file_names_do_not() {
        assert!(is_test_material("pkg/tests/data/x.zip"));
        assert!(is_test_material("src/Test_Data/x.zip"));
        assert!(!is_test_material("tests.zip"));
        assert!(!is_test_material("pkg/contest/x.zip"));
        assert!(!is_test_material("docs/x.zip"));
    }

    #[test]
    fn a_word_has_one_purpose() {
        for word in TESTS.iter().chain(ILLUSTRATIONS) {
            let both = TESTS.contains(word) && ILLUSTRATIONS.contains(word);
            assert!(!both, "{word}");
        }
        for list in [TESTS, ILLUSTRATIONS] {
            assert!(list.is_sorted());
        }
    }
}
