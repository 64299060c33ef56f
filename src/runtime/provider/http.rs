// SPDX-License-Identifier: Apache-2.0
//! The HTTP provider: one request with a JSON body to an endpoint that a configuration names.
//!
//! Redirects are followed here and not by the client, because each hop is judged anew.

use super::exchange::{Answer, Failure, Hop, errno};
use super::forward;
use super::http_config::{Refusal, Settings};
use super::network::Guard;
use crate::object;
use crate::runtime::{Policy, RuntimeError};
use crate::support::pyjson::{self, Value, ascii, stable_id};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::{Duration, Instant};
use ureq::config::AutoHeaderValue;
use ureq::http::header::{HeaderName, HeaderValue};
use ureq::http::{Request, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;

/// Hops, and visits of one address, before a redirect counts as endless.
const MAX_HOPS: usize = 10;
const MAX_VISITS: usize = 4;

/// What would be sent: nothing is.
pub(super) fn plan(action: &str, payload: &Value) -> Value {
    object! {
        "action" => action,
        "dry_run" => true,
        "network_call_performed" => false,
        "payload_digest" => stable_id("payload", std::slice::from_ref(payload)),
        "provider" => "http",
        "required_config_fields" =>
            &["endpoint", "method", "allow_execute", "timeout_seconds", "byte_limit"][..],
    }
}

/// Sends the request, if the configuration allows it; the report says how it went.
///
/// # Errors
/// Compatibility mode alone: a configuration of which the reference records nothing.
pub(super) fn execute(
    policy: Policy,
    action: &str,
    payload: &Value,
    config: &Value,
    now: &str,
) -> Result<Value, RuntimeError> {
    let settings = match Settings::new(policy, config) {
        Ok(settings) => settings,
        Err(Refusal::Value(error)) => return Err(error),
        Err(Refusal::Gate(error)) => {
            return Ok(object! {
                "error" => error,
                "network_call_performed" => false,
                "ok" => false,
                "provider" => "http",
            });
        }
    };
    let mut report = object! {
        "action" => action,
        "created_at" => now,
        "network_call_performed" => true,
        "ok" => false,
        "provider" => "http",
    };
    if policy.strict() {
        if !settings.dropped.is_empty() {
            report.set("dropped_headers", settings.dropped.clone());
        }
        if settings.endpoint.starts_with("http://") {
            let warning = "the endpoint is plain http: anyone on the way can read and change it";
            report.set("warnings", vec![warning]);
        }
    }
    let outcome = Exchange::new(policy, &settings).run(payload);
    match outcome {
        Ok(answer) => answer.write(policy, settings.byte_limit, &mut report),
        Err(failure) => {
            report.set("error", failure.text);
            if policy.strict() {
                report.set("network_call_performed", failure.sent);
                if let Some(answer) = failure.answer {
                    let ok = report.get("ok").cloned();
                    answer.write(policy, settings.byte_limit, &mut report);
                    report.set("ok", ok.unwrap_or_default());
                }
            }
        }
    }
    Ok(report)
}

impl Answer {
    fn write(&self, policy: Policy, limit: u64, report: &mut Value) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let truncated = self.body.len() > limit;
        let kept = &self.body[..self.body.len().min(limit)];
        let text = String::from_utf8_lossy(kept);
        let parsed = pyjson::parse(&text)
            .ok()
            // What is not JSON is kept as text where it is stored as JSON.
            .filter(|value| policy.compat() || !value.has_non_finite());
        report.set("http_status", i64::from(self.status));
        report.set("ok", (200..300).contains(&self.status));
        report.set(
            "response_text",
            if parsed.is_some() { "" } else { text.as_ref() },
        );
        let object = parsed.filter(|value| value.as_object().is_some());
        report.set("response_json", object);
        report.set("truncated", truncated);
    }
}

struct Exchange<'a> {
    policy: Policy,
    settings: &'a Settings,
    deadline: Instant,
}

impl<'a> Exchange<'a> {
    fn new(policy: Policy, settings: &'a Settings) -> Self {
        Self {
            policy,
            settings,
            deadline: Instant::now() + settings.timeout(),
        }
    }

    fn run(&self, payload: &Value) -> Result<Answer, Failure> {
        let mut hop = self.first(payload)?;
        let mut visits: BTreeMap<String, usize> = BTreeMap::new();
        let mut hops = 0;
        loop {
            let answer = self.send(&hop)?;
            if (200..300).contains(&answer.status) {
                return Ok(answer);
            }
            let Some(next) = self.redirect(&hop, &answer)? else {
                return Err(Failure::status(answer, ""));
            };
            let seen = visits.entry(next.uri.to_string()).or_default();
            if *seen >= MAX_VISITS || hops >= MAX_HOPS {
                let answer = Answer {
                    reason: format!(
                        "The HTTP server returned a redirect error that would lead to an infinite \
                         loop.\nThe last 30x error message was:\n{}",
                        answer.reason
                    ),
                    ..answer
                };
                return Err(Failure::status(answer, ""));
            }
            *seen += 1;
            hops += 1;
            hop = next;
        }
    }

    fn first(&self, payload: &Value) -> Result<Hop, Failure> {
        let endpoint = self.settings.endpoint.split('#').next().unwrap_or_default();
        let uri = uri(endpoint).map_err(Failure::before)?;
        let post = self.settings.method == "POST";
        let mut headers = self.settings.headers.clone();
        if post && !headers.iter().any(|(name, _)| name == "Content-Type") {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            let json = ("Content-Type", "application/json");
            headers.push((json.0.to_owned(), json.1.to_owned()));
        }
        Ok(Hop {
            uri,
            method: if post { "POST" } else { "GET" },
            headers,
            body: post.then(|| ascii(payload).into_bytes()),
        })
    }

    /// The hop that a response asks for; nothing when it is no redirect that may be followed.
    fn redirect(&self, hop: &Hop, answer: &Answer) -> Result<Option<Hop>, Failure> {
        let asks = match answer.status {
            301..=303 => true,
            307 | 308 => hop.method == "GET",
            _ => false,
        };
        let Some(location) = answer.location.as_deref().filter(|_| asks) else {
            return Ok(None);
        };
        let target = join(&hop.uri, location);
        if !self.settings.follow_redirects {
            // Where it leads may be a secret; the host says enough.
            let shown = target.as_ref().map_or("an unreadable address", |uri| {
                uri.host().unwrap_or("an unknown host")
            });
            let detail = format!(
                "; the redirect to {shown} was not followed, config follow_redirects=true allows it"
            );
            return Err(Failure {
                text: format!("HTTP Error {}: {}{detail}", answer.status, answer.reason),
                sent: true,
                answer: None,
            });
        }
        let refused = || {
            Failure::on_the_way(format!(
                "HTTP Error {}: {} - Redirection to url '{location}' is not allowed",
                answer.status, answer.reason
            ))
        };
        let target = target.map_err(|_| refused())?;
        let mut headers = hop.headers.clone();
        headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("content-type")
                && !name.eq_ignore_ascii_case("content-length")
        });
        if self.policy.strict() {
            if hop.uri.scheme_str() == Some("https") && target.scheme_str() != Some("https") {
                return Err(refused());
            }
            if origin(&hop.uri) != origin(&target) {
                headers.clear();
            }
        }
        Ok(Some(Hop {
            uri: target,
            method: "GET",
            headers,
            body: None,
        }))
    }

    fn left(&self) -> Result<Duration, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if self.policy.strict() && left.is_zero() {
            return Err(self.late());
        }
        Ok(left)
    }

    fn late(&self) -> Failure {
        let seconds = self.settings.seconds;
        Failure::on_the_way(format!(
            "timed out: no whole answer within {seconds} seconds"
        ))
    }

    fn send(&self, hop: &Hop) -> Result<Answer, Failure> {
        if self.settings.seconds == 0 {
            let text = "<urlopen error [Errno 115] Operation now in progress>";
            return Err(Failure::before(text));
        }
        let timeout = if self.policy.strict() {
            self.left()?
        } else {
            self.settings.timeout()
        };
        let guard = Guard {
            allow_private: self.settings.allow_private_network,
        };
        let limit = self.settings.byte_limit.saturating_add(1);
        if let Some(proxy) = forward::proxy_for(&hop.uri) {
            if !guard.allow_private {
                forward::judge_target(&hop.uri).map_err(Failure::before)?;
            }
            return forward::exchange(&proxy, hop, timeout, limit);
        }
        self.send_with_client(hop, guard, timeout, limit)
    }

    fn send_with_client(
        &self,
        hop: &Hop,
        guard: Guard,
        timeout: Duration,
        limit: u64,
    ) -> Result<Answer, Failure> {
        let proxy = ureq::Proxy::try_from_env();
        if proxy.is_some() && !guard.allow_private {
            forward::judge_target(&hop.uri).map_err(Failure::before)?;
        }
        let through_proxy = proxy
            .as_ref()
            .is_some_and(|proxy| !proxy.is_no_proxy(&hop.uri));
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let builder = ureq::config::Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("ccr/", env!("CARGO_PKG_VERSION")))
            .accept(AutoHeaderValue::None)
            .accept_encoding("identity")
            .max_idle_connections(0)
            .tls_config(tls);
        let builder = if self.policy.strict() {
            builder.timeout_global(Some(timeout))
        } else {
            // As a socket's timeout: each wait for itself.
            builder
                .timeout_connect(Some(timeout))
                .timeout_per_read(Some(timeout))
                .timeout_per_write(Some(timeout))
        };
        let guard = Guard {
            // The address of a proxy is the administrator's choice; the target was judged above.
            allow_private: guard.allow_private || through_proxy,
        };
        let agent = ureq::Agent::with_parts(builder.build(), DefaultConnector::default(), guard);
        let mut request = Request::builder()
            .method(hop.method)
            .uri(hop.uri.clone())
            .header("connection", "close");
        for (name, value) in &hop.headers {
            let parsed = HeaderName::from_bytes(name.as_bytes());
            let (Ok(parsed), Some(value)) = (parsed, header_value(value)) else {
                return Err(Failure::before(format!("Invalid header: {name}")));
            };
            request = request.header(parsed, value);
        }
        let invalid = |error: ureq::http::Error| Failure::before(error.to_string());
        let response = match &hop.body {
            Some(body) => agent.run(request.body(body.as_slice()).map_err(invalid)?),
            None => agent.run(request.body(()).map_err(invalid)?),
        };
        let response = response.map_err(|error| self.failure(&error))?;
        let status = response.status();
        let location = response
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        let read = response
            .into_body()
            .into_reader()
            .take(limit)
            .read_to_end(&mut body);
        let answer = Answer {
            status: status.as_u16(),
            reason: reason(status).to_owned(),
            location,
            body,
        };
        match read {
            Err(error) if self.policy.strict() => {
                let failure = match ureq::Error::from(error) {
                    ureq::Error::Timeout(_) => self.late(),
                    error => Failure::on_the_way(format!("the response broke off: {error}")),
                };
                Err(Failure {
                    answer: Some(answer),
                    ..failure
                })
            }
            // The reference takes what came.
            _ => Ok(answer),
        }
    }

    fn failure(&self, error: &ureq::Error) -> Failure {
        match error {
            ureq::Error::Timeout(_) => self.late(),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => self.late(),
            ureq::Error::Io(error) => {
                Failure::on_the_way(format!("<urlopen error {}>", errno(error)))
            }
            ureq::Error::HostNotFound => {
                Failure::before("<urlopen error [Errno -2] Name or service not known>")
            }
            ureq::Error::Other(error) => Failure::before(error.to_string()),
            error => Failure::on_the_way(format!("<urlopen error {error}>")),
        }
    }
}

/// Latin-1, as HTTP has it; nothing for a value outside.
fn header_value(value: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = value
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// The usual phrase of a status; the one on the wire is free text and no longer sent everywhere.
fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Unknown")
}

fn uri(text: &str) -> Result<Uri, String> {
    let uri: Uri = text
        .parse()
        .map_err(|error| format!("<urlopen error {error}>"))?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.host() {
        Some(host) if known && !host.is_empty() => Ok(uri),
        Some(_) if !known => Err("<urlopen error unknown url type>".to_owned()),
        _ => Err("<urlopen error no host given>".to_owned()),
    }
}

fn origin(uri: &Uri) -> (Option<&str>, Option<&str>, Option<u16>) {
    let port = uri.port_u16().or(match uri.scheme_str() {
        Some("https") => Some(443),
        _ => Some(80),
    });
    (uri.scheme_str(), uri.host(), port)
}

/// A reference resolved against a base (RFC 3986, section 5.2), without dot segments.
fn join(base: &Uri, reference: &str) -> Result<Uri, String> {
    let reference = reference.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or("http");
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let path = base.path();
    let text = if reference.contains("://") {
        reference.to_owned()
    } else if let Some(rest) = reference.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') || reference.is_empty() {
        format!("{scheme}://{authority}{path}{reference}")
    } else {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    };
    uri(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn references_are_joined() {
        let base: Uri = "http://h:1/a/b?q".parse().unwrap();
        for (reference, want) in [
            ("/x", "http://h:1/x"),
            ("c?d#e", "http://h:1/a/c?d"),
            ("//g/x", "http://g/x"),
            ("https://g/", "https://g/"),
            ("?z", "http://h:1/a/b?z"),
        ] {
            assert_eq!(join(&base, reference).unwrap().to_string(), want);
        }
        assert!(join(&base, "ftp://g/").is_err());
        assert!(join(&base, "file:///etc").is_err());
    }
}
