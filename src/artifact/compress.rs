// SPDX-License-Identifier: Apache-2.0
//! gzip, xz, bzip2 and zstd: as a stream of unpacked bytes that knows why it ended, around a
//! tar or around one file.

use super::input::{Input, read_full};
use super::sniff::{
    is_bzip2, is_gzip, is_tar, is_xz, is_zstd, named_like_tar, skippable, without_compression,
};
use super::stream::{Fault, Stream};
use super::walker::{Content, Ending, Member, Site, Walker, ratio_detail, read_capped};
use super::{EntryKind, Format, Limits, rule, tar};
use crate::model::EntryPath;
use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream as LzmaStream;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

/// What a decoder may take for its window: `xz -9` needs 65 MiB, `zstd --ultra -22` 128.
const WINDOW: u64 = 128 << 20;

/// Unpacked bytes between decoder and reader. A decoder that is asked for the 512 bytes of a
/// header at a time spends its time copying its window.
const UNPACKED_BUFFER: usize = 256 << 10;

/// Bytes looked at to tell a tar from a single file.
const HEAD: usize = 1024;

/// Unpacked bytes, buffered, with the head that was looked at put back in front.
type Unpacked<'s> = BufReader<Chain<Cursor<Vec<u8>>, Unpack<'s>>>;

impl Stream for Unpacked<'_> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        while left > 0 {
            let available = self.fill_buf()?.len();
            if available == 0 {
                break;
            }
            let n = available.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.consume(n);
            left -= n as u64;
        }
        Ok(count - left)
    }

    fn take_fault(&mut self) -> Option<Fault> {
        self.get_mut().get_mut().1.fault.take()
    }

    fn skips_by_reading(&self) -> bool {
        true
    }
}

/// Walks a compressed file: a tar inside makes one container of both.
pub(super) fn walk(
    walker: &mut Walker<'_>,
    site: &Site,
    name: &str,
    format: Format,
    input: Input<'_>,
) {
    let mut unpack = Unpack::new(format, input, walker.limits);
    let mut head = vec![0; HEAD];
    // A fault is kept and comes out at the end of the stream.
    let read = read_full(&mut unpack, &mut head).unwrap_or(unpack.delivered(HEAD));
    head.truncate(read);
    let empty_tar = named_like_tar(name) && read == HEAD && head.iter().all(|&b| b == 0);
    let holds_tar = is_tar(&head) || empty_tar;
    let said = std::mem::take(&mut unpack.said);
    let mut stream: Unpacked<'_> =
        BufReader::with_capacity(UNPACKED_BUFFER, Cursor::new(head).chain(unpack));
    if holds_tar {
        walker.enter(site, format.around_tar());
        walker.said(site, format_args!("#header"), &said);
        tar::walk(walker, site, stream);
    } else {
        walker.enter(site, format);
        walker.said(site, format_args!("#header"), &said);
        single(walker, site, name, &mut stream);
    }
}

/// The one file inside, named after the compressed one.
fn single(walker: &mut Walker<'_>, site: &Site, name: &str, stream: &mut Unpacked<'_>) {
    if !walker.admit(site, 0) {
        return;
    }
    let shown = EntryPath::escape(without_compression(name).as_bytes());
    let mut bytes = Vec::new();
    let ending = read_capped(stream, None, walker.cap(), &mut bytes);
    walker.spend(bytes.len() as u64);
    let mut content = Content {
        declared: bytes.len() as u64,
        complete: matches!(ending, Ending::Whole),
        bytes,
    };
    if matches!(ending, Ending::Over) {
        walker.over_cap(site, &shown, 0);
        content = Content::unread(content.declared);
    }
    if let Some(fault) = stream.take_fault() {
        content.complete &= fault.rule == rule::TRAILING_BYTES;
        walker.note(site, fault.rule, Some(fault.offset), fault.detail);
    }
    let member = Member {
        name: shown,
        kind: EntryKind::File,
        mode: None,
        owner: None,
        content,
    };
    walker.member(site, member);
}

/// The original name and the comment in a header of gzip (RFC 1952, 2.3), as far as `head` holds them.
fn texts_of_gzip(head: &[u8]) -> Vec<u8> {
    const EXTRA: u8 = 4;
    const TEXTS: [u8; 2] = [8, 16];
    let flags = head.get(3).copied().unwrap_or_default();
    let mut at = 10;
    if flags & EXTRA != 0 {
        let [low, high] = [at, at + 1].map(|at| head.get(at).copied().unwrap_or_default());
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    let mut said = Vec::new();
    for _ in TEXTS.iter().filter(|flag| flags & **flag != 0) {
        let rest = head.get(at..).unwrap_or_default();
        let end = memchr::memchr(0, rest).unwrap_or(rest.len());
        said.extend_from_slice(&rest[..end]);
        said.push(b'\n');
        at += end + 1;
    }
    said
}

/// A compressed file as unpacked bytes. Concatenated members are one stream, as RFC 1952, the
/// xz format and RFC 8878 have it.
pub(super) struct Unpack<'s> {
    state: State<'s>,
    format: Format,
    limits: Limits,
    out: u64,
    fault: Option<Fault>,
    /// Name and comment in the header of the first member of gzip, one a line.
    said: Vec<u8>,
}

enum State<'s> {
    Between(Input<'s>),
    Gzip(Box<GzDecoder<Input<'s>>>),
    Xz(Box<XzDecoder<Input<'s>>>),
    Bzip2(Box<BzDecoder<Input<'s>>>),
    Zstd(Box<StreamingDecoder<Input<'s>, FrameDecoder>>),
    Done,
}

impl<'s> Unpack<'s> {
    fn new(format: Format, input: Input<'s>, limits: Limits) -> Self {
        Self {
            state: State::Between(input),
            format,
            limits,
            out: 0,
            fault: None,
            said: Vec::new(),
        }
    }

    /// Bytes given out so far, at most `cap`.
    fn delivered(&self, cap: usize) -> usize {
        usize::try_from(self.out).unwrap_or(cap).min(cap)
    }

    /// Offset of the next packed byte.
    fn packed(&self) -> u64 {
        match &self.state {
            State::Between(input) => input.offset(),
            State::Gzip(decoder) => decoder.get_ref().offset(),
            State::Xz(decoder) => decoder.get_ref().offset(),
            State::Bzip2(decoder) => decoder.get_ref().offset(),
            State::Zstd(decoder) => decoder.get_ref().offset(),
            State::Done => 0,
        }
    }

    fn fail(&mut self, offset: u64, rule: &'static str, detail: String) -> io::Error {
        self.state = State::Done;
        self.fault = Some(Fault {
            rule,
            offset,
            detail,
        });
        io::Error::other("the stream ended with a fault")
    }

    fn fail_with(&mut self, offset: u64, error: &(dyn Error + 'static)) -> io::Error {
        let (rule, detail) = classify(error);
        self.fail(offset, rule, detail)
    }

    /// Sets up the decoder of the next member, if there is one.
    fn begin(&mut self) -> io::Result<()> {
        let State::Between(mut input) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(());
        };
        let at = input.offset();
        let head = match input.bytes_at(at, 512) {
            Ok(head) => head,
            Err(error) => return Err(self.fail_with(at, &error)),
        };
        if let Err(error) = input.jump(at) {
            return Err(self.fail_with(at, &error));
        }
        match self.format {
            _ if head.is_empty() => {}
            Format::Gzip if is_gzip(&head) => {
                if at == 0 {
                    self.said = texts_of_gzip(&head);
                }
                self.state = State::Gzip(Box::new(GzDecoder::new(input)));
            }
            Format::Xz if is_xz(&head) => match LzmaStream::new_stream_decoder(WINDOW, 0) {
                Ok(stream) => {
                    self.state = State::Xz(Box::new(XzDecoder::new_stream(input, stream)));
                }
                Err(error) => return Err(self.fail_with(at, &error)),
            },
            Format::Bzip2 if is_bzip2(&head) => {
                self.state = State::Bzip2(Box::new(BzDecoder::new(input)));
            }
            Format::Zstd if skippable(&head).is_some() => {
                let end = at + 8 + skippable(&head).unwrap_or(0);
                if end > input.length() {
                    let detail = "it ends inside a skippable frame".to_owned();
                    return Err(self.fail(at, rule::TRUNCATED, detail));
                }
                if let Err(error) = input.jump(end) {
                    return Err(self.fail_with(at, &error));
                }
                self.state = State::Between(input);
            }
            Format::Zstd if is_zstd(&head) => match StreamingDecoder::new(input) {
                Ok(decoder) => self.state = State::Zstd(Box::new(decoder)),
                Err(error) => return Err(self.fail_with(at, &error)),
            },
            _ => self.behind_the_end(input, at),
        }
        Ok(())
    }

    /// Something stands behind the last member: padding of xz, or what does not belong there.
    fn behind_the_end(&mut self, mut input: Input<'s>, at: u64) {
        let mut zeros: u64 = 0;
        while let Ok(available) = input.fill_buf() {
            let run = available.iter().take_while(|&&b| b == 0).count();
            if run == 0 {
                break;
            }
            input.consume(run);
            zeros += run as u64;
        }
        let rest = input.length().saturating_sub(input.offset());
        if self.format == Format::Xz && zeros > 0 && zeros.is_multiple_of(4) {
            if rest == 0 {
                return;
            }
            let from = input.offset();
            let another = input.bytes_at(from, 6).is_ok_and(|head| is_xz(&head));
            if another && input.jump(from).is_ok() {
                self.state = State::Between(input);
                return;
            }
        }
        let what = if rest == 0 { "zero " } else { "" };
        self.fault = Some(Fault {
            rule: rule::TRAILING_BYTES,
            offset: at,
            detail: format!(
                "{} {what}bytes follow the end of the compressed stream",
                zeros + rest
            ),
        });
    }

    /// The member at hand is at its end.
    fn finish(&mut self) -> io::Result<()> {
        let at = self.packed();
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Gzip(decoder) => State::Between(decoder.into_inner()),
            State::Xz(decoder) => State::Between(decoder.into_inner()),
            State::Bzip2(decoder) => State::Between(decoder.into_inner()),
            State::Zstd(decoder) => {
                let (input, frame) = decoder.into_parts();
                let stored = frame.get_checksum_from_data();
                if stored.is_some() && stored != frame.get_calculated_checksum() {
                    let detail = "the checksum of the zstd frame does not hold".to_owned();
                    return Err(self.fail(at, rule::CHECKSUM, detail));
                }
                State::Between(input)
            }
            other => other,
        };
        Ok(())
    }
}

impl Read for Unpack<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let read = match &mut self.state {
                State::Done => return Ok(0),
                State::Between(_) => {
                    self.begin()?;
                    continue;
                }
                State::Gzip(decoder) => decoder.read(out),
                State::Xz(decoder) => decoder.read(out),
                State::Bzip2(decoder) => decoder.read(out),
                State::Zstd(decoder) => decoder.read(out),
            };
            let at = self.packed();
            match read {
                Ok(0) => self.finish()?,
                Ok(n) => {
                    self.out += n as u64;
                    let most = self.limits.ratio.saturating_mul(at.max(1));
                    if self.out > self.limits.ratio_floor && self.out > most {
                        let detail = ratio_detail(&self.limits);
                        return Err(self.fail(at, rule::BUDGET_RATIO, detail));
                    }
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fail_with(at, &error)),
            }
        }
    }
}

/// The rule for what a decoder says.
fn classify(error: &(dyn Error + 'static)) -> (&'static str, String) {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let io_kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let message = cause.to_string();
        if io_kind == Some(io::ErrorKind::UnexpectedEof) || message.contains("fill whole buffer") {
            return (
                rule::TRUNCATED,
                "it ends before the end of its compressed data".to_owned(),
            );
        }
        if text.is_empty() {
            text = message;
        } else if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        next = cause.source();
    }
    let lower = text.to_ascii_lowercase();
    if lower.contains("checksum") {
        return (rule::CHECKSUM, "its checksum does not hold".to_owned());
    }
    if ["memory limit", "window", "invalid options", "dictionary"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return (
            rule::UNSUPPORTED_METHOD,
            format!("it cannot be unpacked within {WINDOW} bytes of window: {text}"),
        );
    }
    (rule::UNREADABLE, format!("it cannot be unpacked: {text}"))
}
