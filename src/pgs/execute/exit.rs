// SPDX-License-Identifier: Apache-2.0
//! What an exit makes of the last outcome (specification of the PGS runtime, section 4.7).

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whether it succeeded.
    pub success: bool,
    /// The exit reason code.
    pub reason: String,
}

impl Ending {
    pub(super) fn failed(reason: &str) -> Self {
        Self {
            success: false,
            reason: reason.to_owned(),
        }
    }

    /// `SUCCESS` or `FAILURE`, as traces name the condition.
    pub fn condition(&self) -> &'static str {
        if self.success { "SUCCESS" } else { "FAILURE" }
    }
}

/// The ending of an exit with this reason, reached by this outcome.
pub fn classify(reason: Option<&str>, outcome: &str) -> Ending {
    match reason {
        Some("COMPLETED" | "HTTP_200") => Ending {
            success: true,
            reason: "COMPLETED".to_owned(),
        },
        Some(http) if http.starts_with("HTTP_") => Ending::failed(&format!("EXIT_{http}")),
        // Kept from the original: reached by SUCCESS it fails with the reason COMPLETED.
        Some("FAILED") => Ending::failed(mapped(outcome).unwrap_or("EXECUTION_ERROR")),
        _ => match mapped(outcome) {
            Some("COMPLETED") => classify(Some("COMPLETED"), outcome),
            Some(reason) => Ending::failed(reason),
            None => Ending::failed("GOVERNANCE_VIOLATION"),
        },
    }
}

fn mapped(outcome: &str) -> Option<&'static str> {
    Some(match outcome {
        "SUCCESS" | "ACK" => "COMPLETED",
        "ALREADY_EXISTS" => "EXIT_ALREADY_EXISTS",
        "NOT_FOUND" => "EXIT_NOT_FOUND",
        "VIOLATION" => "EXIT_VIOLATION",
        "BACKEND_ERROR" => "EXIT_BACKEND_ERROR",
        "NACK" => "EXIT_REJECTED",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_those_of_the_specification() {
        let of = |reason, outcome| {
            let ending = classify(reason, outcome);
            (ending.success, ending.reason)
        };
        let ends = |success, reason: &str| (success, reason.to_owned());
        assert_eq!(of(Some("COMPLETED"), "VIOLATION"), ends(true, "COMPLETED"));
        assert_eq!(of(Some("HTTP_200"), "NACK"), ends(true, "COMPLETED"));
        assert_eq!(
            of(Some("HTTP_404"), "SUCCESS"),
            ends(false, "EXIT_HTTP_404")
        );
        assert_eq!(of(Some("FAILED"), "SUCCESS"), ends(false, "COMPLETED"));
        assert_eq!(of(Some("FAILED"), "ACTIVE"), ends(false, "EXECUTION_ERROR"));
        assert_eq!(of(Some("EXITED"), "SUCCESS"), ends(true, "COMPLETED"));
        assert_eq!(of(None, "NACK"), ends(false, "EXIT_REJECTED"));
        assert_eq!(
            of(Some("EXITED"), "ACTIVE"),
            ends(false, "GOVERNANCE_VIOLATION")
        );
    }
}
