// SPDX-License-Identifier: Apache-2.0
//! A buffered source that knows its position and length, read in sequence or at an offset.

use super::Source;
use std::io::{self, BufRead, Read, SeekFrom};

/// Large enough that decoders are called seldom, small enough to stay in a core's cache.
const BUFFER: u64 = 256 << 10;

/// A source, buffered. Jumps inside the buffer cost no system call.
pub(super) struct Input<'s> {
    source: &'s mut dyn Source,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte in the source.
    base: u64,
    position: usize,
    filled: usize,
    length: u64,
}

impl<'s> Input<'s> {
    /// Starts at the beginning of the source.
    pub(super) fn new(source: &'s mut dyn Source) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let size = usize::try_from(length.clamp(1, BUFFER)).unwrap_or(1);
        Ok(Self {
            source,
            buffer: vec![0; size],
            base: 0,
            position: 0,
            filled: 0,
            length,
        })
    }

    /// Bytes of the source.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.position as u64
    }

    /// Continues at `offset`, at most at the end: a file cannot seek to what a hostile header
    /// makes up.
    pub(super) fn jump(&mut self, offset: u64) -> io::Result<()> {
        let offset = offset.min(self.length);
        match offset.checked_sub(self.base) {
            Some(inside) if inside <= self.filled as u64 => {
                self.position = inside as usize;
            }
            _ => {
                self.source.seek(SeekFrom::Start(offset))?;
                self.base = offset;
                self.position = 0;
                self.filled = 0;
            }
        }
        Ok(())
    }

    /// The `N` bytes at `offset`, or `None` when the source ends before.
    pub(super) fn array_at<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        let mut out = [0; N];
        self.jump(offset)?;
        Ok((self.read_full(&mut out)? == N).then_some(out))
    }

    /// Up to `length` bytes at `offset`; less where the source ends.
    pub(super) fn bytes_at(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let available = length.min(self.length.saturating_sub(offset));
        let mut out = vec![0; usize::try_from(available).unwrap_or(0)];
        self.jump(offset)?;
        let read = self.read_full(&mut out)?;
        out.truncate(read);
        Ok(out)
    }

    /// Fills `out` as far as the source goes.
    pub(super) fn read_full(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_full(self, out)
    }
}

/// Fills `out` as far as `reader` goes.
pub(super) fn read_full(reader: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < out.len() {
        match reader.read(&mut out[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position == self.filled && out.len() >= self.buffer.len() {
            let read = self.source.read(out)?;
            self.base += (self.filled + read) as u64;
            self.position = 0;
            self.filled = 0;
            return Ok(read);
        }
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.filled {
            self.base += self.filled as u64;
            self.position = 0;
            self.filled = 0;
            self.filled = loop {
                match self.source.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
        }
        Ok(&self.buffer[self.position..self.filled])
    }

    fn consume(&mut self, n: usize) {
        self.position = (self.position + n).min(self.filled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn jumps_and_reads_agree_with_the_bytes() -> io::Result<()> {
        let data: Vec<u8> = (0..700_000u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut source = Cursor::new(data.clone());
        let mut input = Input::new(&mut source)?;
        for at in [0, 5, 300_000, 299_999, 699_999, 2, 262_144] {
            assert_eq!(
                input.bytes_at(at, 600)?,
                data[at as usize..(at as usize + 600).min(data.len())]
            );
            assert_eq!(input.offset(), (at + 600).min(700_000));
        }
        assert_eq!(input.array_at::<4>(699_998)?, None);
        input.jump(1)?;
        let mut rest = vec![0; 500_000];
        assert_eq!(input.read_full(&mut rest)?, 500_000);
        assert_eq!(rest, data[1..500_001]);
        assert_eq!(input.offset(), 500_001);
        Ok(())
    }
}
