// SPDX-License-Identifier: Apache-2.0
//! Plain HTTP through the proxy that the environment names.
//!
//! Such a proxy wants the whole address in the request line; the client at hand opens a tunnel
//! instead, which many refuse for plain HTTP. One request, one connection, closed afterwards.

use super::exchange::{Answer, Failure, Hop, errno};
use super::network;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};
use ureq::http::{StatusCode, Uri};

/// Lines of a response's head, and bytes of one, before it counts as no answer.
const MAX_LINES: usize = 200;
const MAX_LINE: u64 = 65_536;

/// `host:port` of the proxy for an address; nothing for HTTPS (the client tunnels) or when the
/// environment names none for it.
pub(super) fn proxy_for(uri: &Uri) -> Option<String> {
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let named = variable("http_proxy")?;
    let host = uri.host()?;
    let except = variable("no_proxy").unwrap_or_default();
    if is_excepted(&except, host, uri.port_u16()) {
        return None;
    }
    let rest = named.strip_prefix("http://").unwrap_or(&named);
    // Credentials of a proxy are never sent.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty());
    Some(if has_port {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    })
}

fn variable(name: &str) -> Option<String> {
    [name.to_owned(), name.to_uppercase()]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}

fn is_excepted(except: &str, host: &str, port: Option<u16>) -> bool {
    let host = host.to_lowercase();
    let full = port.map(|port| format!("{host}:{port}"));
    except.split(',').map(str::trim).any(|name| {
        let name = name.trim_start_matches('.').to_lowercase();
        name == "*"
            || (!name.is_empty()
                && [Some(&host), full.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|target| *target == name || target.ends_with(&format!(".{name}"))))
    })
}

/// Refuses a target that is a private address, as far as this machine can tell.
pub(super) fn judge_target(uri: &Uri) -> Result<(), String> {
    let host = uri.host().unwrap_or_default();
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    // A name that only the proxy can look up is the proxy's to judge.
    let found = (plain, 80).to_socket_addrs().into_iter().flatten();
    let refused = found
        .map(|addr| addr.ip())
        .find(|ip| !network::is_public(*ip));
    refused.map_or(Ok(()), |ip| Err(format!("{}: {ip}", network::REFUSED)))
}

/// One request and its response.
pub(super) fn exchange(
    proxy: &str,
    hop: &Hop,
    timeout: Duration,
    limit: u64,
) -> Result<Answer, Failure> {
    let fault = |error: std::io::Error| {
        Failure::on_the_way(match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "timed out".to_owned(),
            _ => format!("<urlopen error {}>", errno(&error)),
        })
    };
    let deadline = Instant::now() + timeout;
    let left = || {
        let left = deadline.saturating_duration_since(Instant::now());
        Some(left.max(Duration::from_millis(1)))
    };
    let address = proxy
        .to_socket_addrs()
        .map_err(fault)?
        .next()
        .ok_or_else(|| Failure::on_the_way("<urlopen error the proxy has no address>"))?;
    let mut stream = TcpStream::connect_timeout(&address, timeout).map_err(fault)?;
    stream.set_write_timeout(left()).map_err(fault)?;
    stream.write_all(&head(hop)?).map_err(fault)?;
    stream
        .write_all(hop.body.as_deref().unwrap_or_default())
        .map_err(fault)?;
    let mut reader = BufReader::new(Timed { stream, deadline });
    let (status, location, length, chunked) = read_head(&mut reader)?;
    let mut body = Vec::new();
    if status.as_u16() != 204 && status.as_u16() != 304 {
        let read = if chunked {
            read_chunks(&mut reader, limit, &mut body)
        } else {
            let want = length.map_or(limit, |length| length.min(limit));
            reader.take(want).read_to_end(&mut body).map(|_| ())
        };
        read.map_err(fault)?;
    }
    Ok(Answer {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or("Unknown").to_owned(),
        location,
        body,
    })
}

/// A stream that gives up when the whole exchange has taken too long.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

fn head(hop: &Hop) -> Result<Vec<u8>, Failure> {
    let authority = hop
        .uri
        .authority()
        .map_or("", |authority| authority.as_str());
    let mut head = format!(
        "{} {} HTTP/1.1\r\nAccept-Encoding: identity\r\nUser-Agent: ccr/{}\r\n",
        hop.method,
        hop.uri,
        env!("CARGO_PKG_VERSION")
    );
    if !hop
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        head.push_str(&format!("Host: {authority}\r\n"));
    }
    if let Some(body) = &hop.body {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in &hop.headers {
        let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if !token || value.contains(char::is_control) {
            return Err(Failure::on_the_way(format!("Invalid header: {name}")));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("Connection: close\r\n\r\n");
    Ok(head.into_bytes())
}

type Head = (StatusCode, Option<String>, Option<u64>, bool);

fn read_head(reader: &mut BufReader<Timed>) -> Result<Head, Failure> {
    let bad = |line: &str| Failure::on_the_way(format!("not an HTTP response: {}", line.trim()));
    let first = read_line(reader)?;
    let status = first
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|code| code.trim().parse::<u16>().ok())
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| bad(&first))?;
    let (mut location, mut length, mut chunked) = (None, None, false);
    for _ in 0..MAX_LINES {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok((status, location, length, chunked));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad(&line))?;
        let value = value.trim();
        match name.to_lowercase().as_str() {
            "location" => location = Some(value.to_owned()),
            "content-length" => length = value.parse().ok(),
            "transfer-encoding" => chunked = value.to_lowercase().contains("chunked"),
            _ => {}
        }
    }
    Err(bad("too many header lines"))
}

fn read_line(reader: &mut BufReader<Timed>) -> Result<String, Failure> {
    line(reader).map_err(|error| {
        Failure::on_the_way(match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "timed out".to_owned(),
            _ => format!("<urlopen error {}>", errno(&error)),
        })
    })
}

fn line(reader: &mut BufReader<Timed>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    reader
        .by_ref()
        .take(MAX_LINE)
        .read_until(b'\n', &mut bytes)?;
    if bytes.last() != Some(&b'\n') {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_chunks(
    reader: &mut BufReader<Timed>,
    limit: u64,
    body: &mut Vec<u8>,
) -> std::io::Result<()> {
    loop {
        let size = line(reader)?;
        let digits = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16)
            .map_err(|_| std::io::Error::other("a chunk has no size"))?;
        let room = limit.saturating_sub(body.len() as u64);
        reader.by_ref().take(size.min(room)).read_to_end(body)?;
        if size == 0 || size >= room {
            return Ok(());
        }
        line(reader)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_name_hosts_and_domains() {
        assert!(is_excepted("a.org, localhost", "localhost", Some(1)));
        assert!(is_excepted(".a.org", "x.a.org", None));
        assert!(is_excepted("127.0.0.1:80", "127.0.0.1", Some(80)));
        assert!(!is_excepted("a.org", "ba.org", None));
        assert!(!is_excepted("", "a.org", None));
        assert!(is_excepted("*", "a.org", None));
    }
}
