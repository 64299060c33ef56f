// SPDX-License-Identifier: Apache-2.0
//! The file names inside Python byte code (`co_filename`).
//!
//! A `.pyc` is a short header and one marshalled code object, which holds further code objects
//! among its constants. The reader below knows just enough of the format to find the names: it
//! borrows from the bytes, follows no reference into itself, and stops at the first thing it does
//! not know. Homes of people are found by the rules for compiled files, whatever stands around
//! them; this check speaks of the other absolute names.

use super::EntryCheck;
use crate::classify::Classified;
use crate::model::{ByteSpan, Draft};
use crate::rules::Rule;

/// Emits one finding for the first absolute source name of a byte-code file.
pub(super) struct PycFilename;

impl EntryCheck for PycFilename {
    fn name(&self) -> &'static str {
        "pyc-filename"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        entry.kind.id == "pyc"
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let names = filenames(entry.bytes);
        let mut absolute = names
            .iter()
            .filter(|span| is_telling(&entry.bytes[span.range()]));
        let Some(first) = absolute.next() else {
            return;
        };
        let shown = String::from_utf8_lossy(&entry.bytes[first.range()]).into_owned();
        let more = match absolute.count() {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let description = format!("The byte code was compiled from `{shown}`{more}.");
        out.push(Draft::new(rule.meta.id.clone(), entry.path, description).at(*first));
    }
}

/// An absolute name that no other rule speaks of and that not every installation has.
fn is_telling(name: &[u8]) -> bool {
    const HOMES: [&[u8]; 4] = [b"/home/", b"/Users/", b"/root/", b"\\Users\\"];
    const COMMON: [&[u8]; 3] = [b"/usr/lib/", b"/usr/local/lib/", b"/opt/python/"];
    let drive = matches!(name, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    (name.starts_with(b"/") || drive)
        && !COMMON.iter().any(|common| name.starts_with(common))
        && !HOMES
            .iter()
            .any(|home| memchr::memmem::find(name, home).is_some())
}

/// Objects read before the reader gives up: far above the largest real module.
const MAX_OBJECTS: usize = 2_000_000;
/// Code objects and tuples nest a few levels; more is hostile.
const MAX_DEPTH: usize = 64;

/// The distinct `co_filename`s of a byte-code file, as far as it can be read.
fn filenames(bytes: &[u8]) -> Vec<ByteSpan> {
    read(bytes).map_or_else(Vec::new, |reader| reader.names)
}

/// Where the texts of a byte-code file stand, one after the other, as far as it can be read.
pub fn constants(bytes: &[u8]) -> Vec<ByteSpan> {
    read(bytes).map_or_else(Vec::new, |reader| reader.texts)
}

/// A reader that has gone through a byte-code file.
fn read(bytes: &[u8]) -> Option<Reader<'_>> {
    let (layout, header) = layout(bytes)?;
    let mut reader = Reader {
        bytes,
        at: header,
        layout,
        references: Vec::new(),
        names: Vec::new(),
        texts: Vec::new(),
        left: MAX_OBJECTS,
    };
    // What was found before the reader lost its way still counts.
    let _ = reader.object(0);
    Some(reader)
}

/// What differs in a code object between versions: how many numbers stand before its first
/// object, how many objects stand before its file name, and between that and the trailing number.
#[derive(Debug, Clone, Copy)]
struct Layout {
    numbers: usize,
    before: usize,
    between: usize,
    after: usize,
}

/// The layout by the magic number, and where the code object begins.
fn layout(bytes: &[u8]) -> Option<(Layout, usize)> {
    let &[low, high, b'\r', b'\n', ..] = bytes else {
        return None;
    };
    let magic = u16::from_le_bytes([low, high]);
    let old = |numbers| Layout {
        numbers,
        before: 6,
        between: 1,
        after: 1,
    };
    Some(match magic {
        // 3.11: `localsplusnames` and `localspluskinds` replace three tuples; a qualified name and
        // an exception table are new.
        3450..20000 => (
            Layout {
                numbers: 5,
                before: 5,
                between: 2,
                after: 2,
            },
            16,
        ),
        // 3.8: a number for positional-only arguments. 3.7: a header of four words.
        3410..3450 => (old(6), 16),
        3390..3410 => (old(5), 16),
        3190..3390 => (old(5), 12),
        3000..3190 => (old(5), 8),
        // 2.x
        20000.. => (old(4), 8),
        _ => return None,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    layout: Layout,
    /// Objects that later ones may refer to; only strings are remembered.
    references: Vec<Option<ByteSpan>>,
    names: Vec<ByteSpan>,
    texts: Vec<ByteSpan>,
    left: usize,
}

/// What an object was, as far as it matters.
enum Seen {
    /// The end of a dictionary.
    Null,
    /// A string.
    Text(ByteSpan),
    Other,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<ByteSpan> {
        let end = self.at.checked_add(count)?;
        if end > self.bytes.len() {
            return None;
        }
        let span = ByteSpan::new(self.at, end);
        self.at = end;
        Some(span)
    }

    fn byte(&mut self) -> Option<u8> {
        let span = self.take(1)?;
        Some(self.bytes[span.start])
    }

    fn count(&mut self) -> Option<usize> {
        let span = self.take(4)?;
        let word: [u8; 4] = self.bytes[span.range()].try_into().ok()?;
        // Negative counts do not occur in what an interpreter writes.
        usize::try_from(i32::from_le_bytes(word)).ok()
    }

    fn objects(&mut self, count: usize, depth: usize) -> Option<()> {
        for _ in 0..count {
            self.object(depth)?;
        }
        Some(())
    }

    fn object(&mut self, depth: usize) -> Option<Seen> {
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let tag = self.byte()?;
        // The number of a reference is given before the parts of the object are read.
        let reference = (tag & 0x80 != 0).then(|| {
            self.references.push(None);
            self.references.len() - 1
        });
        let seen = match tag & 0x7f {
            b'0' => Seen::Null,
            b'N' | b'F' | b'T' | b'S' | b'.' => Seen::Other,
            b'i' => self.skip(4)?,
            b'I' | b'g' => self.skip(8)?,
            b'y' => self.skip(16)?,
            b'f' => self.short_text()?,
            b'x' => {
                self.short_text()?;
                self.short_text()?
            }
            b'l' => {
                let word = self.take(4)?;
                let word: [u8; 4] = self.bytes[word.range()].try_into().ok()?;
                let digits = i32::from_le_bytes(word).unsigned_abs() as usize;
                self.skip(digits.checked_mul(2)?)?
            }
            b's' | b'u' | b'a' | b'A' => {
                let length = self.count()?;
                self.text(length)?
            }
            b't' => {
                let length = self.count()?;
                let text = self.take(length)?;
                // Python 2 numbers interned strings by themselves, without the flag.
                if self.layout.numbers == 4 {
                    self.references.push(Some(text));
                }
                Seen::Text(text)
            }
            b'z' | b'Z' => self.short_text()?,
            b'r' | b'R' => {
                let number = self.count()?;
                match self.references.get(number)? {
                    Some(text) => Seen::Text(*text),
                    None => Seen::Other,
                }
            }
            b')' => {
                let count = usize::from(self.byte()?);
                self.objects(count, depth + 1)?;
                Seen::Other
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = self.count()?;
                self.objects(count, depth + 1)?;
                Seen::Other
            }
            b':' => {
                self.objects(3, depth + 1)?;
                Seen::Other
            }
            b'{' => {
                while !matches!(self.object(depth + 1)?, Seen::Null) {
                    self.object(depth + 1)?;
                }
                Seen::Other
            }
            b'c' => {
                self.code(depth + 1)?;
                Seen::Other
            }
            _ => return None,
        };
        if let (Some(reference), Seen::Text(text)) = (reference, &seen) {
            self.references[reference] = Some(*text);
        }
        Some(seen)
    }

    fn skip(&mut self, count: usize) -> Option<Seen> {
        self.take(count).map(|_| Seen::Other)
    }

    fn short_text(&mut self) -> Option<Seen> {
        let length = usize::from(self.byte()?);
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Option<Seen> {
        let span = self.take(length)?;
        self.texts.push(span);
        Some(Seen::Text(span))
    }

    fn code(&mut self, depth: usize) -> Option<()> {
        let Layout {
            numbers,
            before,
            between,
            after,
        } = self.layout;
        self.take(4 * numbers)?;
        self.objects(before, depth)?;
        if let Seen::Text(name) = self.object(depth)? {
            let text = &self.bytes[name.range()];
            let known = |span: &ByteSpan| &self.bytes[span.range()] == text;
            // Code objects of one file share one name; inlined modules have a few.
            if self.names.len() < 32 && !self.names.iter().any(known) {
                self.names.push(name);
            }
        }
        self.objects(between, depth)?;
        self.take(4)?;
        self.objects(after, depth)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short(text: &str) -> Vec<u8> {
        let mut out = vec![b'z', u8::try_from(text.len()).unwrap()];
        out.extend(text.as_bytes());
        out
    }

    fn empty_bytes() -> Vec<u8> {
        vec![b's', 0, 0, 0, 0]
    }

    /// A code object as CPython 3.12 writes it.
    fn code_312(filename: &[u8], constants: &[Vec<u8>]) -> Vec<u8> {
        let mut out = vec![b'c' | 0x80];
        out.extend([0; 20]);
        out.extend(empty_bytes());
        out.push(b')');
        out.push(u8::try_from(constants.len()).unwrap());
        out.extend(constants.concat());
        out.extend([b')', 0, b')', 0]);
        out.extend(empty_bytes());
        out.extend(filename);
        out.extend(short("f"));
        out.extend(short("m.f"));
        out.extend([1, 0, 0, 0]);
        out.extend(empty_bytes());
        out.extend(empty_bytes());
        out
    }

    fn pyc(magic: u16, header: usize, body: &[u8]) -> Vec<u8> {
        let mut out = magic.to_le_bytes().to_vec();
        out.extend(b"\r\n");
        out.resize(header, 0);
        out.extend(body);
        out
    }

    #[test]
    fn texts_are_told_apart() {
        let body = code_312(
            &short("/srv/a.py"),
            &[short("token"), vec![b'N'], short("more")],
        );
        let bytes = pyc(3531, 16, &body);
        let all: Vec<&[u8]> = constants(&bytes)
            .iter()
            .map(|span| &bytes[span.range()])
            .collect();
        assert!(all.contains(&&b"token"[..]) && all.contains(&&b"more"[..]));
        assert!(constants(b"no byte code").is_empty());
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        filenames(bytes)
            .iter()
            .map(|span| String::from_utf8_lossy(&bytes[span.range()]).into_owned())
            .collect()
    }

    #[test]
    fn nested_code_objects_are_read() {
        let inner = code_312(&short("/build/b.py"), &[]);
        let outer = code_312(&short("/build/a.py"), &[vec![b'N'], inner]);
        assert_eq!(
            texts(&pyc(3531, 16, &outer)),
            ["/build/b.py", "/build/a.py"]
        );
    }

    #[test]
    fn a_name_may_be_a_reference() {
        // Reference 0 is the outer code object, 1 the inner one, 2 the name.
        let mut name = short("/build/a.py");
        name[0] |= 0x80;
        let inner = code_312(&name, &[]);
        let outer = code_312(&[b'r', 2, 0, 0, 0], &[inner]);
        assert_eq!(texts(&pyc(3531, 16, &outer)), ["/build/a.py"]);
    }

    #[test]
    fn older_layouts_are_read() {
        let old = |numbers: usize| {
            let mut out = vec![b'c'];
            out.resize(1 + 4 * numbers, 0);
            out.extend(empty_bytes());
            out.extend([b')', 0].repeat(5));
            out.extend(short("/build/a.py"));
            out.extend(short("f"));
            out.extend([1, 0, 0, 0]);
            out.extend(empty_bytes());
            out
        };
        for (magic, header, numbers) in [(3413, 16, 6), (3394, 16, 5), (3379, 12, 5)] {
            assert_eq!(
                texts(&pyc(magic, header, &old(numbers))),
                ["/build/a.py"],
                "{magic}"
            );
        }
        // Python 2 has no short tuples.
        let mut two = vec![b'c'];
        two.resize(17, 0);
        two.extend(empty_bytes());
        two.extend([b'(', 0, 0, 0, 0].repeat(5));
        two.extend([b's', 4, 0, 0, 0]);
        two.extend(b"/a.p");
        two.extend([b't', 1, 0, 0, 0, b'f', 1, 0, 0, 0]);
        two.extend(empty_bytes());
        assert_eq!(texts(&pyc(62211, 8, &two)), ["/a.p"]);
    }

    #[test]
    fn only_telling_names_count() {
        assert!(is_telling(b"/build/a.py"));
        assert!(is_telling(b"D:\\work\\a.py"));
        assert!(!is_telling(b"pkg/a.py"));
        assert!(!is_telling(b"<frozen os>"));
        assert!(!is_telling(b"/usr/lib/python3/dist-packages/a.py"));
        let home = format!("/{}/kowalczyk/a.py", "home");
        assert!(!is_telling(home.as_bytes()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(magic in prop::sample::select(vec![3531u16, 3413, 3394, 3379, 62211]), body in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = pyc(magic, 16, &body);
            for span in filenames(&bytes) {
                prop_assert!(span.end <= bytes.len());
            }
        }

        #[test]
        fn deep_nesting_is_survived(tag in prop::sample::select(vec![b'(', b'[', b'{', b':', b'c', b')']), depth in 0usize..5000) {
            let body = [tag, 1, 0, 0, 0].repeat(depth);
            filenames(&pyc(3531, 16, &body));
        }
    }
}
