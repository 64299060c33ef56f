// SPDX-License-Identifier: Apache-2.0
//! How a run ends, from the exit it reached and the outcome that led there (specification of the
//! PGS runtime, section 4.7).

/// Status and reason code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) success: bool,
    pub(super) code: String,
}

/// The code of an outcome; nothing for one that has no code.
fn code_of(outcome: Option<&str>) -> Option<&'static str> {
    Some(match outcome? {
        "SUCCESS" | "ACK" => "COMPLETED",
        "ALREADY_EXISTS" => "EXIT_ALREADY_EXISTS",
        "NOT_FOUND" => "EXIT_NOT_FOUND",
        "VIOLATION" => "EXIT_VIOLATION",
        "BACKEND_ERROR" => "EXIT_BACKEND_ERROR",
        "NACK" => "EXIT_REJECTED",
        _ => return None,
    })
}

/// How an exit with this reason ends a run whose last outcome is given.
pub(super) fn ending(reason: Option<&str>, last: Option<&str>) -> Ending {
    let code = code_of(last);
    let (success, code) = match reason {
        Some("COMPLETED" | "HTTP_200") => (true, "COMPLETED".to_owned()),
        Some(http) if http.starts_with("HTTP_") => (false, format!("EXIT_{http}")),
        Some("FAILED") => (false, code.unwrap_or("EXECUTION_ERROR").to_owned()),
        _ => {
            let code = code.unwrap_or("GOVERNANCE_VIOLATION");
            (code == "COMPLETED", code.to_owned())
        }
    };
    Ending { success, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_and_an_outcome_make_an_end() {
        for (reason, last, success, code) in [
            (Some("COMPLETED"), Some("VIOLATION"), true, "COMPLETED"),
            (Some("HTTP_404"), Some("SUCCESS"), false, "EXIT_HTTP_404"),
            (Some("FAILED"), Some("SUCCESS"), false, "COMPLETED"),
            (Some("FAILED"), Some("ODD"), false, "EXECUTION_ERROR"),
            (Some("EXITED"), Some("NACK"), false, "EXIT_REJECTED"),
            (None, Some("ACK"), true, "COMPLETED"),
            (None, Some("ODD"), false, "GOVERNANCE_VIOLATION"),
            (None, None, false, "GOVERNANCE_VIOLATION"),
        ] {
            let found = ending(reason, last);
            assert_eq!((found.success, found.code.as_str()), (success, code));
        }
    }
}
