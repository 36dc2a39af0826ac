//! Tests of graphs that are models on a server: a small one of ours, which doubles bytes.

use crate::infers::{doubles, fails_to_load};
use crate::workplace::{ENGINES, Workplace};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const RUNTIME_ERROR: i32 = 5;

/// Starts a server that goes on until the test ends. Whoever asks has to have the token.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| serve(stream.unwrap()));
        }
    });
    url
}

/// Answers requests until the connection ends.
fn serve(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let number = |name: &str| {
            let line =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(str::to_owned));
            line.map_or(0, |number| number.trim().parse().unwrap())
        };
        let mut body = vec![0; number("content-length:")];
        reader.read_exact(&mut body).unwrap();
        let (status, json, tensor) = if !head.contains("\r\nAuthorization: Bearer open\r\n") {
            ("401 Unauthorized", r#"{"error":"who are you"}"#.to_owned(), Vec::new())
        } else if head.starts_with("GET /v2 ") {
            ("200 OK", r#"{"extensions":["binary_tensor_data"]}"#.to_owned(), Vec::new())
        } else if head.starts_with("GET") {
            let port = |name: &str| format!(r#"[{{"name":"{name}","datatype":"UINT8","shape":[2,3]}}]"#);
            let json = format!(r#"{{"name":"m","inputs":{},"outputs":{}}}"#, port("x"), port("y"));
            ("200 OK", json, Vec::new())
        } else {
            let tensor: Vec<u8> =
                body[number("inference-header-content-length:")..].iter().map(|byte| byte * 2).collect();
            let output =
                r#"{"name":"y","datatype":"UINT8","shape":[2,3],"parameters":{"binary_data_size":6}}"#;
            ("200 OK", format!(r#"{{"outputs":[{output}]}}"#), tensor)
        };
        let extra = if tensor.is_empty() {
            String::new()
        } else {
            format!("Inference-Header-Content-Length: {}\r\n", json.len())
        };
        let len = json.len() + tensor.len();
        let mut answer =
            format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\n{extra}\r\n{json}").into_bytes();
        answer.extend(tensor);
        if writer.write_all(&answer).is_err() {
            return;
        }
    }
}

#[test]
fn a_guest_infers_on_a_server() {
    let (url, place) = (server(), Workplace::with(&doubles("double")));
    place.write("token", "open\n");
    for engine in ENGINES {
        let flags = format!("--nn-graph double=remote:{url}/v2/models/m --nn-remote-token token");
        assert_eq!(place.wasi(&format!("run {engine} -S nn {flags} guest.wat")).quiet(0), "BDFHJL");
        let ran = place.wasi(&format!("run {engine} -S nn --nn-stats=json {flags} guest.wat"));
        assert!(ran.stderr.contains("\"counted\":{\"connections\":1,\"retries\":0}"), "{ran:?}");
    }
    let inspected = place.wasi(&format!("nn inspect {url}/v2/models/m --nn-remote-token token")).quiet(0);
    let expected = format!("remote model, on {url}/v2/models/m of the backend remote\n");
    assert!(inspected.starts_with(&expected), "{inspected}");
    assert!(inspected.contains("    openvino     it runs no models of servers\n"), "{inspected}");
    assert!(
        inspected.contains("    0  x  u8 [2, 3]\n") && inspected.contains("    0  y  u8 [2, 3]\n"),
        "{inspected}"
    );
}

#[test]
fn a_server_refuses_without_the_token() {
    let (url, place) = (server(), Workplace::with(&doubles("double")));
    let flags = format!("--nn-graph double=remote:{url}/v2/models/m");
    let reason = format!(
        "wasi: graph `double`: the server of {url}/v2/models/m answers with status 401: who are you\n"
    );
    let ran = place.wasi(&format!("-S nn {flags} guest.wat"));
    assert_eq!((ran.code, ran.stderr), (Some(fails_to_load(RUNTIME_ERROR)), reason));
}

#[test]
fn tokens_are_for_one_server() {
    let place = Workplace::with(&doubles("double"));
    place.write("token", "open\n");
    let graphs = "--nn-graph a=remote:http://127.0.0.1:1/v2/models/m --nn-graph b=remote:http://127.0.0.1:2/v2/models/m";
    let run = |flags: &str| place.wasi(&format!("-S nn {graphs} {flags} guest.wat"));
    run("--nn-remote-token token").complains(
        2,
        "--nn-remote-token: graphs are on several servers; write URL=FILE, so that none gets a token of another",
    );
    run("--nn-remote-token http://127.0.0.1:3=token")
        .complains(2, "--nn-remote-token: no graph is on this server");
}
