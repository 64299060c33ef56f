// SPDX-License-Identifier: Apache-2.0
//! Time for reports. `SOURCE_DATE_EPOCH` (reproducible-builds.org specification) fixes it.

use jiff::Timestamp;

/// The moment a report carries: `SOURCE_DATE_EPOCH` when set, else now.
///
/// # Errors
/// A `SOURCE_DATE_EPOCH` that is not a whole number of seconds.
pub fn report_time() -> Result<Timestamp, String> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => text
            .trim()
            .parse::<i64>()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(|| {
                format!(
                    "SOURCE_DATE_EPOCH is `{text}`; set it to whole seconds since 1970, or unset it"
                )
            }),
        _ => Ok(Timestamp::now()),
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, UTC, truncated to whole seconds.
pub fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The same for seconds since 1970; `None` beyond the years that have four digits.
pub fn rfc3339_of(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(rfc3339(time)).filter(|text| text.len() == 20)
}

/// `YYYY-MM-DD`, UTC.
pub fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
