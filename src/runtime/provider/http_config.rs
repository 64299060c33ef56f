// SPDX-License-Identifier: Apache-2.0
//! What a configuration of the HTTP provider allows.
//!
//! Compatibility mode reads it as Python would (any truthy value allows, texts become numbers);
//! the default mode takes JSON types only.

use crate::runtime::{Policy, RuntimeError};
use crate::support::pyjson::{Number, Value, display};
use std::time::Duration;

/// Largest body the default mode keeps, whatever the configuration says.
const BYTE_CEILING: u64 = 64 * 1024 * 1024;

/// A request that may be sent.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) endpoint: String,
    /// `GET` or `POST`.
    pub(super) method: String,
    pub(super) seconds: u64,
    pub(super) byte_limit: u64,
    /// What is sent; nothing sensitive is in it.
    pub(super) headers: Vec<(String, String)>,
    /// Names of the headers that are not sent.
    pub(super) dropped: Vec<String>,
    pub(super) follow_redirects: bool,
    pub(super) allow_private_network: bool,
}

/// Why a configuration sends nothing.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A gate said no: a run is recorded.
    Gate(String),
    /// The configuration cannot be read (compatibility mode alone): nothing is recorded.
    Value(RuntimeError),
}

fn gate<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Gate(text.into()))
}

impl Settings {
    /// Reads a configuration; the order of the checks is the reference's.
    pub(super) fn new(policy: Policy, config: &Value) -> Result<Self, Refusal> {
        let strict = policy.strict();
        let allowed = config.get("allow_execute");
        let allowed = if strict {
            allowed == Some(&Value::Bool(true))
        } else {
            allowed.is_some_and(Value::truthy)
        };
        if !allowed {
            return gate("HTTP provider execution requires allow_execute=true in config.");
        }
        let seconds = integer(policy, config, "timeout_seconds", 30)?;
        let byte_limit = integer(policy, config, "byte_limit", 1_048_576)?;
        let endpoint = config.text("endpoint").unwrap_or_default();
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return gate("HTTP provider endpoint must be http or https.");
        }
        let authority = endpoint.split('/').nth(2).unwrap_or_default();
        if authority.contains('@') {
            return gate("HTTP provider endpoint must not hold credentials.");
        }
        let method = config
            .get("method")
            .map_or_else(|| "POST".to_owned(), display)
            .to_uppercase();
        if method != "GET" && method != "POST" {
            return gate(format!("HTTP method not allowed: {method}"));
        }
        let (headers, dropped) = headers(policy, config)?;
        let flag = |key: &str| config.get(key) == Some(&Value::Bool(true));
        Ok(Self {
            endpoint: endpoint.to_owned(),
            method,
            // A day is longer than any answer takes and still fits every clock.
            seconds: u64::try_from(seconds).unwrap_or(0).min(86_400),
            byte_limit: u64::try_from(byte_limit).unwrap_or(0),
            headers,
            dropped,
            follow_redirects: !strict || flag("follow_redirects"),
            allow_private_network: !strict || flag("allow_private_network"),
        })
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn integer(policy: Policy, config: &Value, key: &str, default: i64) -> Result<i64, Refusal> {
    let Some(value) = config.get(key) else {
        return Ok(default);
    };
    if policy.compat() {
        let number = python_int(value).map_err(Refusal::Value)?;
        let floor = if key == "timeout_seconds" { 0 } else { -1 };
        return match number {
            number if number >= floor => Ok(number),
            _ if key == "timeout_seconds" => Err(Refusal::Value(RuntimeError::Value(
                "Timeout value out of range".to_owned(),
            ))),
            _ => Err(Refusal::Value(RuntimeError::Value(
                "read length must be non-negative or -1".to_owned(),
            ))),
        };
    }
    match value.as_i64() {
        Some(number) if number > 0 => {
            let ceiling = i64::try_from(BYTE_CEILING).unwrap_or(i64::MAX);
            Ok(if key == "byte_limit" {
                number.min(ceiling)
            } else {
                number
            })
        }
        _ => gate(format!(
            "HTTP provider {key} must be a whole number above zero, not {}.",
            display(value)
        )),
    }
}

/// Python's `int()`.
///
/// # Errors
/// What it refuses, in its words.
pub(super) fn python_int(value: &Value) -> Result<i64, RuntimeError> {
    let fault = |text: String| Err(RuntimeError::Value(text));
    let kind = match value {
        Value::Bool(flag) => return Ok(i64::from(*flag)),
        Value::Number(Number::Int(number)) => return Ok(*number),
        Value::Number(Number::Big(digits)) => {
            return Ok(if digits.starts_with('-') {
                i64::MIN
            } else {
                i64::MAX
            });
        }
        Value::Number(Number::Float(number)) if number.is_nan() => {
            return fault("cannot convert float NaN to integer".to_owned());
        }
        Value::Number(Number::Float(number)) if number.is_infinite() => {
            return fault("cannot convert float infinity to integer".to_owned());
        }
        #[expect(clippy::cast_possible_truncation, reason = "the conversion saturates")]
        Value::Number(Number::Float(number)) => return Ok(number.trunc() as i64),
        Value::String(text) => {
            let plain = text.trim();
            let tidy = !plain.starts_with('_') && !plain.ends_with('_') && !plain.contains("__");
            return match plain.replace('_', "").parse() {
                Ok(number) if tidy => Ok(number),
                _ => fault(format!(
                    "invalid literal for int() with base 10: {}",
                    crate::support::pyjson::repr(value)
                )),
            };
        }
        Value::Null => "NoneType",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    fault(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{kind}'"
    ))
}

type Headers = (Vec<(String, String)>, Vec<String>);

fn headers(policy: Policy, config: &Value) -> Result<Headers, Refusal> {
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    let members = match config.get("headers") {
        None => return Ok((kept, dropped)),
        Some(Value::Object(members)) => members,
        Some(_) if policy.strict() => return gate("HTTP provider headers must be an object."),
        Some(Value::Array(items)) if items.is_empty() => return Ok((kept, dropped)),
        Some(_) => {
            return Err(Refusal::Value(RuntimeError::Value(
                "HTTP provider headers must be an object".to_owned(),
            )));
        }
    };
    for (name, value) in members {
        if is_sensitive(policy, name) {
            dropped.push(name.clone());
            continue;
        }
        if policy.strict() && value.as_str().is_none() {
            return gate(format!("HTTP header {name} must be text."));
        }
        let value = display(value);
        if value.contains(['\r', '\n']) {
            // The value itself is not repeated: it may be what somebody wanted to hide.
            let text = format!("Invalid header value for {name}: it holds a line break");
            return if policy.strict() {
                gate(text)
            } else {
                Err(Refusal::Value(RuntimeError::Value(text)))
            };
        }
        kept.push((name.clone(), value));
    }
    Ok((kept, dropped))
}

/// Headers that are never sent: the two of the reference; in the default mode every name that
/// carries a credential.
pub(super) fn is_sensitive(policy: Policy, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    if name == "authorization" || name == "cookie" {
        return true;
    }
    let parts = [
        "authorization",
        "cookie",
        "token",
        "secret",
        "password",
        "passwd",
        "credential",
        "apikey",
    ];
    policy.strict()
        && (parts.iter().any(|part| name.contains(part))
            || name
                .split(['-', '_'])
                .any(|word| word == "key" || word == "auth"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::object;

    fn config(allow: Value) -> Value {
        object! { "allow_execute" => allow, "endpoint" => "https://example.org/x" }
    }

    #[test]
    fn a_text_allows_in_compatibility_mode_only() {
        assert!(Settings::new(Policy::COMPAT, &config("false".into())).is_ok());
        assert!(Settings::new(Policy::STRICT, &config("false".into())).is_err());
        assert!(Settings::new(Policy::STRICT, &config(1.into())).is_err());
        assert!(Settings::new(Policy::STRICT, &config(true.into())).is_ok());
    }

    #[test]
    fn headers_with_credentials_are_not_sent() {
        let mut config = config(true.into());
        config.set(
            "headers",
            object! {
                "Authorization" => "a", "COOKIE" => "b", "X-Api-Key" => "c", "Proxy-Authorization" => "d",
                "X-Auth-Token" => "e", "X-Trace" => "f", "X-Keyboard" => "g",
            },
        );
        let kept = |policy| -> Vec<String> {
            let settings = Settings::new(policy, &config).unwrap();
            settings.headers.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(kept(Policy::STRICT), ["X-Keyboard", "X-Trace"]);
        assert_eq!(kept(Policy::COMPAT).len(), 5);
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        assert_eq!(python_int(&"1_0 ".into()).unwrap(), 10);
        assert_eq!(python_int(&1.9.into()).unwrap(), 1);
        assert_eq!(python_int(&true.into()).unwrap(), 1);
        assert!(python_int(&f64::NAN.into()).is_err());
        assert!(python_int(&Value::Null).is_err());
    }
}
