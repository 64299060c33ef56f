// SPDX-License-Identifier: Apache-2.0
//! One hop to a server, its response, and why there is none.

use ureq::http::Uri;

/// A response as far as it was read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) location: Option<String>,
    /// Up to one byte more than the limit.
    pub(super) body: Vec<u8>,
}

/// Why there is no good response.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) text: String,
    /// Whether anything may have left this machine.
    pub(super) sent: bool,
    pub(super) answer: Option<Answer>,
}

impl Failure {
    pub(super) fn before(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            sent: false,
            answer: None,
        }
    }

    pub(super) fn on_the_way(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            sent: true,
            answer: None,
        }
    }

    pub(super) fn status(answer: Answer, detail: &str) -> Self {
        Self {
            text: format!("HTTP Error {}: {}{detail}", answer.status, answer.reason),
            sent: true,
            answer: Some(answer),
        }
    }
}

/// One hop of an exchange.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) uri: Uri,
    pub(super) method: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
}

/// `[Errno N] text`, as Python shows an error of the system.
pub(super) fn errno(error: &std::io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => {
            let tail = format!(" (os error {number})");
            let text = text.strip_suffix(tail.as_str()).unwrap_or(&text);
            format!("[Errno {number}] {text}")
        }
        None if text.contains("lookup address") => {
            "[Errno -2] Name or service not known".to_owned()
        }
        None => text,
    }
}
