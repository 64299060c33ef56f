// SPDX-License-Identifier: Apache-2.0
//! Which part of which document a URI is that of. Documents may share one (versions of a schema side by side,
//! vendored copies): a reference then means the one that stands nearest to where it stands itself.

use std::collections::BTreeMap;

/// A part of a document: the document's index, and the JSON Pointer of the part.
pub(super) type Place = (usize, String);

/// The parts of an artifact's documents by URI.
#[derive(Debug, Default)]
pub(super) struct Uris {
    /// Of several with one URI the first.
    places: BTreeMap<String, Place>,
    /// Of URIs that several documents share, which one stands nearest below a folder.
    shared: BTreeMap<String, BTreeMap<String, Place>>,
}

impl Uris {
    /// Notes where a file's document is, under a URI that only it has.
    pub(super) fn own(&mut self, uri: String, place: Place) {
        self.places.insert(uri, place);
    }

    /// Notes under which URI a part is known; `name` says what a document is called in the artifact.
    pub(super) fn know<'n>(&mut self, uri: &str, here: Place, name: impl Fn(usize) -> &'n str) {
        let Some(first) = self.places.get(uri).cloned() else {
            self.places.insert(uri.to_owned(), here);
            return;
        };
        if first.0 == here.0 {
            return;
        }
        let nearest = self.shared.entry(uri.to_owned()).or_default();
        for place in [first, here] {
            for folder in folders(name(place.0)) {
                // Where a folder further down is known, so are all above it.
                if nearest.contains_key(folder) {
                    break;
                }
                nearest.insert(folder.to_owned(), place.clone());
            }
        }
    }

    /// The part known under a URI; of several the first.
    pub(super) fn first(&self, uri: &str) -> Option<&Place> {
        self.places.get(uri)
    }

    /// The part that a URI leads to from a document of that name: of several the nearest.
    pub(super) fn nearest(&self, uri: &str, from: &str) -> Option<&Place> {
        let shared = self.shared.get(uri);
        let near = shared.and_then(|nearest| folders(from).find_map(|folder| nearest.get(folder)));
        near.or_else(|| self.first(uri))
    }

    /// Whether several documents share a URI.
    pub(super) fn is_shared(&self, uri: &str) -> bool {
        self.shared.contains_key(uri)
    }

    /// Every URI with its part, of several the first, in order of the URIs.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Place)> {
        self.places.iter()
    }
}

/// The folders that a file stands in, the innermost first and the top, which has no name, last.
fn folders(name: &str) -> impl Iterator<Item = &str> {
    let parent = |name: &str| name.rfind('/');
    let innermost = parent(name).map_or("", |at| &name[..at]);
    std::iter::successors(Some(innermost), move |folder| {
        (!folder.is_empty()).then(|| parent(folder).map_or("", |at| &folder[..at]))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn of_documents_that_share_a_uri_the_nearest_is_meant() {
        let names = ["v1/a.json", "v2/a.json", "v2/deep/b.json"];
        let mut uris = Uris::default();
        for at in 0..names.len() {
            uris.know("urn:a", (at, String::new()), |at| names[at]);
        }
        let from = |name: &str| uris.nearest("urn:a", name).unwrap().0;
        assert_eq!(from("v1/x.json"), 0);
        assert_eq!(from("v2/x/y.json"), 1);
        assert_eq!(from("v2/deep/x.json"), 2);
        assert_eq!(from("elsewhere.json"), 0);
        assert_eq!(uris.first("urn:a").unwrap().0, 0);
        assert!(uris.is_shared("urn:a") && !uris.is_shared("urn:b"));
    }

    #[test]
    fn folders_go_from_the_innermost_to_the_top() {
        let of = |name: &str| folders(name).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of("a/b/c.json"), ["a/b", "a", ""]);
        assert_eq!(of("c.json"), [""]);
    }
}
