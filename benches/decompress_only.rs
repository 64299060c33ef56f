// SPDX-License-Identifier: Apache-2.0
//! Decompresses archives with the decoders that the scanner uses, and does nothing else: what a
//! scan of the same archives is measured against.
//!
//! `decompress_only [--digests] PATH...` prints one line: archives, entries, unpacked bytes.
//! Containers inside containers are opened as the scanner opens them. With `--digests` each
//! entry is hashed with SHA-256 and CRC-32 too. Damaged members are passed over.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and speaks to standard output"
)]

use ccr::artifact::{Format, sniff};
use flate2::{Decompress, FlushDecompress};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Cursor, Read, Seek};

/// As deep as the scanner goes by default.
const DEPTH: u32 = 4;
const BUFFER: usize = 256 << 10;

struct Unpacker {
    digests: bool,
    inflate: Decompress,
    archives: u64,
    entries: u64,
    bytes: u64,
}

impl Unpacker {
    fn open(&mut self, source: impl Read + Seek, format: Format, depth: u32) {
        self.archives += 1;
        let input = BufReader::with_capacity(BUFFER, source);
        match format {
            Format::Zip => self.zip(input, depth),
            Format::Tar => self.tar(input, depth),
            Format::Gzip => self.stream(flate2::bufread::MultiGzDecoder::new(input), depth),
            Format::Xz => {
                self.stream(liblzma::bufread::XzDecoder::new_multi_decoder(input), depth);
            }
            Format::Bzip2 => self.stream(bzip2::bufread::MultiBzDecoder::new(input), depth),
            Format::Zstd => {
                if let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(input) {
                    self.stream(decoder, depth);
                }
            }
            other => unreachable!("content alone never says {other:?}"),
        }
    }

    /// A compressed tar, or one compressed file.
    fn stream(&mut self, decoder: impl Read, depth: u32) {
        let mut unpacked = BufReader::with_capacity(BUFFER, decoder);
        let mut head = Vec::new();
        if unpacked.by_ref().take(1024).read_to_end(&mut head).is_err() {
            return;
        }
        let holds_tar = sniff(&head) == Some(Format::Tar);
        let mut whole = Cursor::new(head).chain(unpacked);
        if holds_tar {
            self.tar(whole, depth);
        } else {
            let mut bytes = Vec::new();
            // What came before a fault counts.
            let _ = whole.read_to_end(&mut bytes);
            self.entry(&bytes, depth);
        }
    }

    fn tar(&mut self, source: impl Read, depth: u32) {
        let mut archive = tar::Archive::new(source);
        let Ok(entries) = archive.entries() else {
            return;
        };
        let mut bytes = Vec::new();
        for entry in entries {
            let Ok(mut entry) = entry else { break };
            bytes.clear();
            if entry.read_to_end(&mut bytes).is_ok() {
                self.entry(&bytes, depth);
            }
        }
    }

    fn zip(&mut self, source: impl Read + Seek, depth: u32) {
        let Ok(mut archive) = zip::ZipArchive::new(source) else {
            return;
        };
        let (mut packed, mut bytes) = (Vec::new(), Vec::<u8>::new());
        for index in 0..archive.len() {
            let Ok(mut member) = archive.by_index_raw(index) else {
                continue;
            };
            let stored = member.compression() == zip::CompressionMethod::Stored;
            let size = usize::try_from(member.size()).unwrap();
            packed.clear();
            if member.read_to_end(&mut packed).is_err() {
                continue;
            }
            drop(member);
            if stored {
                self.entry(&packed, depth);
                continue;
            }
            if bytes.len() < size {
                bytes.resize(size, 0);
            }
            self.inflate.reset(false);
            let out = &mut bytes[..size];
            let inflated = self
                .inflate
                .decompress(&packed, out, FlushDecompress::Finish);
            if inflated.is_ok() {
                self.entry(&bytes[..size], depth);
            }
        }
    }

    fn entry(&mut self, bytes: &[u8], depth: u32) {
        self.entries += 1;
        self.bytes += bytes.len() as u64;
        if self.digests {
            black_box(Sha256::digest(bytes));
            black_box(crc32fast::hash(bytes));
        }
        if depth < DEPTH
            && let Some(format) = sniff(&bytes[..bytes.len().min(1024)])
        {
            self.open(Cursor::new(bytes), format, depth + 1);
        }
    }
}

fn main() {
    let mut unpacker = Unpacker {
        digests: false,
        inflate: Decompress::new(false),
        archives: 0,
        entries: 0,
        bytes: 0,
    };
    for word in std::env::args().skip(1) {
        if word == "--digests" {
            unpacker.digests = true;
            continue;
        }
        let mut file = File::open(&word).unwrap();
        let mut head = Vec::new();
        file.by_ref().take(1024).read_to_end(&mut head).unwrap();
        file.rewind().unwrap();
        if let Some(format) = sniff(&head) {
            unpacker.open(file, format, 1);
        }
    }
    println!(
        "{} archives, {} entries, {} bytes",
        unpacker.archives, unpacker.entries, unpacker.bytes
    );
}
