// SPDX-License-Identifier: Apache-2.0
//! Archives from a description: `fixtures/rules/<rule-id>/{pass,fail}/<case>/archive.toml`.
//!
//! Headers are written byte by byte, so that a description can ask for what no writer does.

mod tar;
mod zip;

use ccr::artifact::Limits;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;

/// `archive.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// File name; default `archive.` and the format.
    name: Option<String>,
    /// `zip`, `tar`, `gz`, `xz`, `bz2`, `zst`, `tar.gz`, ..., or `raw` for `text` alone; by default
    /// what the name says.
    #[serde(default)]
    format: String,
    #[serde(default, rename = "entry")]
    entries: Vec<Entry>,
    /// Content of a single compressed file, or of a `raw` one.
    #[serde(default)]
    text: String,
    /// Bytes in front of the container.
    #[serde(default)]
    leading: String,
    /// Bytes behind the container (behind the compression).
    #[serde(default)]
    trailing: String,
    /// Bytes cut off the end.
    #[serde(default)]
    truncate: usize,
    /// Bytes turned over, counted from the end.
    #[serde(default)]
    damage: Vec<usize>,
    /// Budgets of the run, over the defaults.
    #[serde(default)]
    limits: BTreeMap<String, u64>,

    // tar
    /// Zero blocks at the end.
    end_blocks: Option<usize>,
    /// Bytes behind the end blocks (inside the compression).
    #[serde(default)]
    behind: String,
    /// Records of a global pax header in front.
    #[serde(default)]
    global_pax: BTreeMap<String, String>,

    // zip
    /// Comment of the end record.
    #[serde(default)]
    comment: String,
    /// Length of the comment, where it should lie.
    comment_length: Option<u16>,
    /// End records put into the comment.
    #[serde(default)]
    more_ends: usize,
    /// Number of members in the end record.
    count: Option<u16>,
    /// Number of this disk.
    #[serde(default)]
    disk: u16,
    /// `needed` (well-formed), `needless`, `lost` (no record), `wrong` (another count).
    zip64: Option<String>,
}

/// A member.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entry {
    name: String,
    /// Name as bytes, for what is not UTF-8.
    name_bytes: Option<Vec<u8>>,
    /// Content.
    text: String,
    /// Content in parts, joined.
    parts: Vec<String>,
    /// Content: this many `a`.
    fill: usize,
    /// Content: another archive.
    archive: Option<Box<Archive>>,
    mode: Option<u32>,
    /// `file` (default), `dir`, `symlink`, `hardlink`, `fifo`.
    kind: String,
    link: String,

    // tar
    pax: BTreeMap<String, String>,
    /// GNU long name in front.
    long_name: Option<String>,
    /// Raw size field.
    size_field: Option<String>,
    /// Raw uid field, as bytes.
    uid_bytes: Option<Vec<u8>>,
    owner: String,
    type_flag: Option<String>,
    bad_checksum: bool,
    /// Offsets and lengths of an old GNU sparse member, then its real size.
    sparse: Vec<u64>,

    // zip
    /// Name in the local header.
    local_name: Option<String>,
    /// Method in both headers; data is stored unless it is 8.
    method: Option<u16>,
    local_method: Option<u16>,
    /// Extra flag bits in both headers.
    flags: u16,
    local_flags: Option<u16>,
    crc: Option<u32>,
    /// Unpacked size in both headers.
    size: Option<u32>,
    /// Packed size in both headers.
    packed: Option<u32>,
    /// CRC and sizes behind the data.
    descriptor: bool,
    /// CRC in the descriptor, where it should lie.
    descriptor_crc: Option<u32>,
    /// Left out: `local` or `central`.
    without: String,
    /// Bytes between the member before and this one.
    gap: String,
    /// Stands on the same local header as the member before.
    shared: bool,
    /// Info-ZIP Unicode path.
    unicode_path: Option<String>,
    /// ZIP64 extra field in the central record: `needed`, `needless`, `missing`.
    zip64: String,
    /// Unix file type and mode in the external attributes.
    unix_mode: Option<u32>,
    disk: u16,
    /// Bytes of the packed data turned over, counted from its end.
    damage: Vec<usize>,
}

impl Entry {
    fn raw_name(&self) -> Vec<u8> {
        self.name_bytes
            .clone()
            .unwrap_or_else(|| self.name.clone().into_bytes())
    }

    fn content(&self) -> Vec<u8> {
        if let Some(archive) = &self.archive {
            return archive.bytes();
        }
        let mut bytes = self.text.clone().into_bytes();
        bytes.extend(self.parts.concat().into_bytes());
        bytes.resize(bytes.len() + self.fill, b'a');
        bytes
    }
}

impl Archive {
    /// Reads a description; a mistake in it fails the test.
    pub(crate) fn parse(toml: &str) -> Self {
        let mut archive: Self =
            toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"));
        if archive.format.is_empty() {
            let name = archive.name.as_deref().expect("a name or a format");
            let tarball = [".tar.gz", ".tgz", ".crate"]
                .iter()
                .any(|ending| name.ends_with(ending));
            archive.format = if tarball { "tar.gz" } else { "zip" }.to_owned();
        }
        archive.fill();
        archive
    }

    /// Placeholders that speak of other members of the archive.
    fn fill(&mut self) {
        let members: BTreeMap<String, Vec<u8>> = self
            .entries
            .iter()
            .map(|entry| (entry.name.clone(), entry.content()))
            .collect();
        for entry in &mut self.entries {
            let text = std::mem::take(&mut entry.text) + &entry.parts.concat();
            entry.parts.clear();
            entry.text = super::fill::entry_facts(&text, &members);
        }
    }

    pub(crate) fn file_name(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| format!("archive.{}", self.format))
    }

    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (key, &value) in &self.limits {
            match key.as_str() {
                "depth" => limits.depth = u32::try_from(value).unwrap(),
                "entries" => limits.entries = value,
                "entry_bytes" => limits.entry_bytes = value,
                "total_bytes" => limits.total_bytes = value,
                "ratio" => limits.ratio = value,
                "ratio_floor" => limits.ratio_floor = value,
                other => panic!("no limit is called `{other}`"),
            }
        }
        limits
    }

    /// Names and contents of the files in it.
    pub(crate) fn members(&self) -> Vec<(String, Vec<u8>)> {
        self.entries
            .iter()
            .filter(|entry| entry.kind.is_empty() || entry.kind == "file")
            .map(|entry| (entry.name.clone(), entry.content()))
            .collect()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.leading.clone().into_bytes();
        bytes.extend(match self.format.split_once('.') {
            Some(("tar", compression)) => compress(compression, &tar::build(self)),
            _ if self.format == "zip" => zip::build(self),
            _ if self.format == "tar" => tar::build(self),
            _ if self.format == "raw" => self.text.clone().into_bytes(),
            _ => compress(&self.format, self.text.as_bytes()),
        });
        bytes.extend(self.trailing.as_bytes());
        bytes.truncate(bytes.len().saturating_sub(self.truncate));
        turn_over(&mut bytes, &self.damage);
        bytes
    }
}

/// File name and bytes of a description.
pub(crate) fn build(toml: &str) -> (String, Vec<u8>) {
    let archive = Archive::parse(toml);
    (archive.file_name(), archive.bytes())
}

/// Turns over bytes counted from the end, from 1.
fn turn_over(bytes: &mut [u8], from_end: &[usize]) {
    let length = bytes.len();
    for &at in from_end {
        bytes[length - at] ^= 0xff;
    }
}

/// `data` under `compression`.
pub(crate) fn compress(compression: &str, data: &[u8]) -> Vec<u8> {
    match compression {
        "gz" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
        "xz" => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
        "bz2" => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
        "zst" => {
            ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
        }
        other => panic!("no compression is called `{other}`"),
    }
}
