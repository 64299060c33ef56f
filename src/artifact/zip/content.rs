// SPDX-License-Identifier: Apache-2.0
//! A member's data: stored or deflated, with size and CRC-32 verified.

use super::Expected;
use crate::artifact::input::Input;
use crate::artifact::walker::{Ending, Walker, ratio_detail, read_capped, reserve_member};
use crate::artifact::{names, rule};
use flate2::{FlushDecompress, Status};
use std::io::{self, BufRead, Read};

/// How far the buffer may run ahead of what arrived; a stated size may be a lie.
const STEP: u64 = 1 << 20;

/// A member as read.
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    /// Packed bytes it took.
    pub(super) taken: u64,
    pub(super) complete: bool,
    pub(super) over_cap: bool,
    pub(super) issues: Vec<names::Issue>,
}

/// Why a member cannot be decoded at all.
pub(super) fn refusal(flags: u16, method: u16) -> Option<names::Issue> {
    // Bit 0: encrypted; 6: strongly; 13: headers masked.
    if flags & 0x2041 != 0 || method == 99 {
        return Some((
            rule::ENCRYPTED,
            "it is encrypted and was not read".to_owned(),
        ));
    }
    let name = match method {
        0 | 8 => return None,
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "zstd",
        95 => "xz",
        98 => "PPMd",
        _ => "unknown",
    };
    Some((
        rule::UNSUPPORTED_METHOD,
        format!("its compression method is {method} ({name}); it was not read"),
    ))
}

/// Decodes a member of method 0 or 8.
pub(super) fn read(
    input: &mut Input<'_>,
    walker: &mut Walker<'_>,
    expected: &Expected,
) -> io::Result<Reading> {
    input.jump(expected.data)?;
    let mut reading = Reading {
        bytes: walker.buffer(expected.unpacked.or(expected.packed).unwrap_or(STEP)),
        taken: 0,
        complete: true,
        over_cap: false,
        issues: Vec::new(),
    };
    if expected.method == 0 {
        stored(input, walker, expected, &mut reading)?;
    } else {
        deflated(input, walker, expected, &mut reading)?;
    }
    if reading.over_cap || !reading.complete {
        return Ok(reading);
    }
    if let Some(packed) = expected.packed
        && packed != reading.taken
    {
        reading.issues.push((
            rule::SIZE_MISMATCH,
            format!(
                "its data ends after {} packed bytes; its header says {packed}",
                reading.taken
            ),
        ));
    }
    let size = reading.bytes.len() as u64;
    if let Some(unpacked) = expected.unpacked
        && unpacked != size
    {
        reading.complete = false;
        reading.issues.push((
            rule::SIZE_MISMATCH,
            format!("it unpacks to {size} bytes; its header says {unpacked}"),
        ));
    }
    if let Some(crc) = expected.crc
        && crc32fast::hash(&reading.bytes) != crc
    {
        reading.complete = false;
        reading.issues.push((
            rule::CHECKSUM,
            "its CRC-32 does not hold for its data".to_owned(),
        ));
    }
    Ok(reading)
}

fn stored(
    input: &mut Input<'_>,
    walker: &Walker<'_>,
    expected: &Expected,
    reading: &mut Reading,
) -> io::Result<()> {
    let Some(size) = expected.packed else {
        reading.complete = false;
        reading.issues.push((
            rule::UNREADABLE,
            "it is stored without a size; its end cannot be told".to_owned(),
        ));
        return Ok(());
    };
    if size > walker.cap() {
        reading.over_cap = true;
        return Ok(());
    }
    match read_capped(&mut input.take(size), Some(size), size, &mut reading.bytes) {
        Ending::Failed(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        Ending::Failed(_) => {
            truncated(reading);
            Ok(())
        }
        _ => {
            reading.taken = size;
            Ok(())
        }
    }
}

fn truncated(reading: &mut Reading) {
    reading.complete = false;
    reading.issues.push((
        rule::TRUNCATED,
        "its data ends before it is complete".to_owned(),
    ));
}

fn deflated(
    input: &mut Input<'_>,
    walker: &mut Walker<'_>,
    expected: &Expected,
    reading: &mut Reading,
) -> io::Result<()> {
    reserve_member(
        &mut reading.bytes,
        expected.unpacked.unwrap_or(STEP).min(walker.cap()) + 1,
    );
    let mut filled = 0;
    let result = inflate(input, walker, expected, reading, &mut filled);
    reading.bytes.truncate(filled);
    result
}

/// How much more room a member of this stated size needs. One byte more than stated, so that the
/// decoder meets the end of the stream in one call; of an empty member, of which there are many, no
/// more than that.
fn step(stated: Option<u64>, have: u64) -> u64 {
    let all = stated.map_or(0, |size| size.saturating_add(1));
    match all.saturating_sub(have) {
        0 => STEP,
        left => left.min(STEP),
    }
}

/// Inflates into the bytes; `filled` says how far they are data.
fn inflate(
    input: &mut Input<'_>,
    walker: &mut Walker<'_>,
    expected: &Expected,
    reading: &mut Reading,
    filled: &mut usize,
) -> io::Result<()> {
    let cap = walker.cap();
    let limits = walker.limits;
    let packed = expected.packed.unwrap_or(u64::MAX);
    let out = &mut reading.bytes;
    let inflate = &mut walker.inflate;
    inflate.reset(false);
    loop {
        let have = *filled as u64;
        if have > cap {
            reading.over_cap = true;
            return Ok(());
        }
        if *filled == out.len() {
            let step = step(expected.unpacked, have).min(cap - have + 1);
            out.resize(*filled + usize::try_from(step).unwrap_or(0), 0);
        }
        let left = packed - inflate.total_in();
        let available = input.fill_buf()?;
        let n = available
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        let status =
            inflate.decompress(&available[..n], &mut out[*filled..], FlushDecompress::None);
        let used = inflate.total_in() - before_in;
        let made = inflate.total_out() - before_out;
        input.consume(usize::try_from(used).unwrap_or(n));
        *filled = (*filled + usize::try_from(made).unwrap_or(0)).min(out.len());
        reading.taken = inflate.total_in();
        let size = *filled as u64;
        let against = expected.packed.unwrap_or(reading.taken).max(1);
        if size > limits.ratio_floor && size > limits.ratio.saturating_mul(against) {
            reading.complete = false;
            reading
                .issues
                .push((rule::BUDGET_RATIO, ratio_detail(&limits)));
            return Ok(());
        }
        match status {
            Ok(Status::StreamEnd) => {
                reading.over_cap = size > cap;
                return Ok(());
            }
            Ok(_) if used == 0 && made == 0 && *filled < out.len() => {
                truncated(reading);
                return Ok(());
            }
            Ok(_) => {}
            Err(_) => {
                reading.complete = false;
                reading
                    .issues
                    .push((rule::UNREADABLE, "its deflate stream is damaged".to_owned()));
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_is_stated_and_grows_where_that_was_a_lie() {
        assert_eq!(step(Some(0), 0), 1);
        assert_eq!(step(Some(10), 0), 11);
        assert_eq!(step(Some(10), 4), 7);
        assert_eq!(step(Some(10), 11), STEP);
        assert_eq!(step(Some(u64::MAX), 0), STEP);
        assert_eq!(step(None, 0), STEP);
    }
}
