// SPDX-License-Identifier: Apache-2.0
//! The two rankings of a finding: harm ([`Severity`]) and certainty ([`Confidence`]).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! ranking {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The lower-case word used in JSON, TOML and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| {
                        let known: Vec<_> = Self::ALL.iter().map(|v| v.as_str()).collect();
                        format!("`{text}` is not one of {}", known.join(", "))
                    })
            }
        }
    };
}

ranking! {
    /// How much harm a finding does if it is true and gets published.
    Severity {
        /// Worth knowing; nothing to do.
        Info => "info",
        /// Small harm or untidiness.
        Low => "low",
        /// Should be repaired before the next release.
        Medium => "medium",
        /// Must be repaired before this release.
        High => "high",
        /// Publishing this does damage that a later release cannot undo.
        Critical => "critical",
    }
}

ranking! {
    /// How certain it is that a finding is true.
    Confidence {
        /// Often wrong; shown so that a person can decide.
        Low => "low",
        /// More often right than wrong.
        Medium => "medium",
        /// Wrong only in rare cases.
        High => "high",
    }
}
