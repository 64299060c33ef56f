// SPDX-License-Identifier: Apache-2.0
//! Time as an input of a run: the wall clock, or one moment that is always now. Nothing else in a
//! run may differ between two runs of the same inputs.

use jiff::Timestamp;

/// Where a run takes its time from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Wall,
    /// It is always this moment.
    Fixed(Timestamp),
}

impl Clock {
    /// Reads `wall` or a moment in RFC 3339.
    ///
    /// # Errors
    /// Neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "wall" {
            return Ok(Self::Wall);
        }
        text.parse()
            .map(Self::Fixed)
            .map_err(|_| format!("`{text}` is no time: write `wall` or 2026-01-31T12:00:00Z"))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Wall => Timestamp::now(),
            Self::Fixed(moment) => *moment,
        }
    }

    /// As traces name it: `wall`, or the fixed moment.
    pub fn name(&self) -> String {
        match self {
            Self::Wall => "wall".to_owned(),
            Self::Fixed(moment) => zoned(*moment),
        }
    }
}

/// `2026-11-20T21:33:11.549597+00:00`; microseconds only when there are any, as Python's
/// `isoformat` writes it.
pub fn zoned(moment: Timestamp) -> String {
    format!("{}+00:00", naive(moment))
}

/// The same without the offset.
pub fn naive(moment: Timestamp) -> String {
    let micros = moment.subsec_nanosecond() / 1_000;
    let whole = moment.strftime("%Y-%m-%dT%H:%M:%S");
    if micros == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{micros:06}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn moments_are_written_as_the_original_does() {
        let Clock::Fixed(moment) = Clock::parse("2026-11-20T22:33:11.0495979+01:00").unwrap()
        else {
            panic!("a fixed moment");
        };
        assert_eq!(zoned(moment), "2026-11-20T21:33:11.049597+00:00");
        let whole = Clock::parse("2026-11-20T21:33:11Z").unwrap();
        assert_eq!(whole.name(), "2026-11-20T21:33:11+00:00");
        assert!(Clock::parse("tomorrow").is_err());
    }
}
