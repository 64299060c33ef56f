// SPDX-License-Identifier: Apache-2.0
//! The HTTP provider against servers on the loopback interface.

use super::world::{World, finish};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const EXECUTE: [&str; 9] = [
    "provider",
    "execute",
    "--provider",
    "http",
    "--action",
    "webhook",
    "--config",
    "c.json",
    "--execute",
];

/// A server that answers by path and remembers the heads and bodies of requests.
struct Server {
    base: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        // It ends with the process of the test.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || serve(stream, &log));
            }
        });
        Self { base, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads one request: its head and body as one text, and its path.
fn request(stream: &mut impl std::io::Read) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return (text, String::new());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    (text, path)
}

fn answer(status: &str, extra: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{extra}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<String>>) {
    let (text, path) = request(&mut stream);
    log.lock().unwrap().push(text);
    let path = path
        .rsplit_once("/p/")
        .map_or(path.as_str(), |(_, path)| path);
    let reply = match path {
        "ok" => answer("200 OK", "", r#"{"accepted": true}"#),
        "moved" => answer("302 Found", "Location: /p/ok\r\n", ""),
        "away" => answer("302 Found", "Location: http://127.0.0.1:9/p/ok\r\n", ""),
        "loop" => answer("302 Found", "Location: /p/loop\r\n", ""),
        "wrong" => answer("500 Internal Server Error", "", r#"{"detail": "why"}"#),
        "nan" => answer("200 OK", "", r#"{"a": NaN}"#),
        "cut" => "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}".to_owned(),
        "drip" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
            for _ in 0..60 {
                if stream.write_all(b"x").is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            }
            return;
        }
        _ => answer("404 Not Found", "", "{}"),
    };
    let _ = stream.write_all(reply.as_bytes());
}

fn config(server: &Server, path: &str) -> Value {
    json!({
        "allow_execute": true, "allow_private_network": true, "timeout_seconds": 5,
        "endpoint": format!("{}/p/{path}", server.base),
    })
}

fn execute(world: &World, config: &Value) -> Value {
    world.write("c.json", config);
    let (run, body) = world.ccr(&EXECUTE);
    assert_eq!(run.code == 0, body["ok"] == true, "{}", run.stdout);
    // Every outcome is recorded, and a failure is in the ledger.
    let path = body["path"].as_str().unwrap();
    assert!(std::path::Path::new(path).exists());
    if body["ok"] == false {
        assert!(!world.names("residuals/open").is_empty());
    }
    body["report"].clone()
}

#[test]
fn private_targets_are_refused_before_a_byte_is_sent() {
    let (world, server) = (World::new(), Server::new());
    let mut settings = config(&server, "ok");
    settings["allow_private_network"] = json!("true");
    let report = execute(&world, &settings);
    assert!(
        report["error"]
            .as_str()
            .unwrap()
            .contains("private or local network")
    );
    assert_eq!(report["network_call_performed"], false);
    settings["endpoint"] = json!(server.base.replace("127.0.0.1", "localhost"));
    execute(&world, &settings);
    assert!(server.seen().is_empty());
    let report = execute(&world, &config(&server, "ok"));
    assert_eq!(report["response_json"]["accepted"], true);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn redirects_are_followed_only_when_allowed() {
    let (world, server) = (World::new(), Server::new());
    let mut settings = config(&server, "moved");
    let report = execute(&world, &settings);
    assert!(
        report["error"]
            .as_str()
            .unwrap()
            .contains("follow_redirects")
    );
    assert_eq!(server.seen().len(), 1);
    settings["follow_redirects"] = json!(true);
    settings["headers"] = json!({"X-Trace": "t"});
    assert_eq!(execute(&world, &settings)["http_status"], 200);
    let last = server.seen().pop().unwrap().to_lowercase();
    assert!(last.starts_with("get /p/ok ") && last.contains("x-trace: t"));
    settings["endpoint"] = json!(format!("{}/p/loop", server.base));
    let report = execute(&world, &settings);
    assert!(report["error"].as_str().unwrap().contains("infinite loop"));
}

#[test]
fn credentials_are_neither_sent_nor_stored() {
    let (world, server) = (World::new(), Server::new());
    let mut settings = config(&server, "ok");
    settings["headers"] = json!({
        "Authorization": "value-one", "cookie": "value-two", "X-Api-Key": "value-three",
        "Proxy-Authorization": "value-four", "X-Session-Token": "value-five", "X-Trace": "plain",
    });
    let report = execute(&world, &settings);
    assert_eq!(report["dropped_headers"].as_array().unwrap().len(), 5);
    world.write("c.json", &settings);
    world.compat(&EXECUTE);
    let seen = server.seen();
    assert!(seen[0].contains("plain") && !seen[0].contains("value-"));
    assert!(!seen[1].contains("value-one") && !seen[1].contains("value-two"));
    for name in world.names("reports/providers/http") {
        let path = format!("reports/providers/http/{name}");
        assert!(!world.stored(&path).to_string().contains("value-"));
    }
}

#[test]
fn the_request_is_the_references() {
    let (world, server) = (World::new(), Server::new());
    world.write("p.json", &json!({"n": [1, 2.5, null], "é": "ü"}));
    world.write("c.json", &config(&server, "ok"));
    let mut args = EXECUTE.to_vec();
    args.extend(["--file", "p.json"]);
    assert_eq!(world.ccr(&args).0.code, 0);
    let seen = server.seen().pop().unwrap();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /p/ok HTTP/1.1"));
    assert!(
        head.to_lowercase()
            .contains("content-type: application/json")
    );
    let want = r#"{"n": [1, 2.5, null], "profile": "development", "\u00e9": "\u00fc"}"#;
    assert_eq!(body, want);
}

#[test]
fn limits_of_bytes_and_time_hold() {
    let (world, server) = (World::new(), Server::new());
    let mut settings = config(&server, "ok");
    settings["byte_limit"] = json!(3);
    let report = execute(&world, &settings);
    assert_eq!(
        (&report["truncated"], &report["response_text"]),
        (&json!(true), &json!("{\"a"))
    );
    let mut settings = config(&server, "drip");
    settings["timeout_seconds"] = json!(1);
    let began = Instant::now();
    let report = execute(&world, &settings);
    assert!(report["error"].as_str().unwrap().contains("timed out"));
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "the deadline is for the whole answer"
    );
    for bad in [json!("5"), json!(0), json!(1.5)] {
        settings["timeout_seconds"] = bad;
        let report = execute(&world, &settings);
        assert_eq!(report["network_call_performed"], false);
    }
}

#[test]
fn bodies_of_errors_are_kept() {
    let (world, server) = (World::new(), Server::new());
    let report = execute(&world, &config(&server, "wrong"));
    assert_eq!(report["response_json"]["detail"], "why");
    assert_eq!(
        (&report["http_status"], &report["ok"]),
        (&json!(500), &json!(false))
    );
    let report = execute(&world, &config(&server, "nan"));
    assert_eq!(report["response_json"], Value::Null);
    let report = execute(&world, &config(&server, "cut"));
    assert_eq!(report["ok"], false);
}

#[test]
fn a_proxy_for_plain_http_gets_the_whole_address() {
    let (world, server) = (World::new(), Server::new());
    let mut settings = config(&server, "ok");
    settings["endpoint"] = json!("http://service.invalid/p/ok");
    world.write("c.json", &settings);
    for (name, mode) in [("http_proxy", "1.0"), ("HTTP_PROXY", "off")] {
        let mut command = world.command(&EXECUTE);
        command.env(name, &server.base);
        if mode == "1.0" {
            command.env("CCR_COMPAT", mode);
        }
        let (run, _) = finish(&mut command);
        assert_eq!(run.code, 0, "{}", run.stdout);
        let seen = server.seen().pop().unwrap();
        assert!(
            seen.starts_with("POST http://service.invalid/p/ok HTTP/1.1"),
            "{seen}"
        );
    }
}

/// TLS with a certificate made here, trusted through the environment as the system's store is.
#[test]
fn certificates_are_verified() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let settings = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let settings = Arc::new(settings);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&settings)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            if !request(&mut stream).1.is_empty() {
                let _ = stream.write_all(answer("200 OK", "", "{\"a\": 1}").as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    let world = World::new();
    std::fs::write(world.path("ca.pem"), made.cert.pem()).unwrap();
    world.write(
        "c.json",
        &json!({
            "allow_execute": true, "allow_private_network": true, "timeout_seconds": 5,
            "endpoint": format!("https://localhost:{port}/"),
        }),
    );
    let (run, body) = world.ccr(&EXECUTE);
    assert_eq!(run.code, 1, "nobody vouches for it: {body}");
    if cfg!(target_os = "linux") {
        let mut command = world.command(&EXECUTE);
        let (run, body) = finish(command.env("SSL_CERT_FILE", world.path("ca.pem")));
        assert_eq!(run.code, 0, "{}", run.stdout);
        assert_eq!(body["report"]["response_json"]["a"], 1);
    }
}
