//! Tests with servers that lie: each lie is an error with a reason, and the next call works.

use crate::honest::{Speech, handle};
use crate::support::{Line, Server, answer};
use crate::{execution, expected, load, relu};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasi_nn::{Control, ErrorKind};
use wasi_nn_remote::Remote;

/// A lie: what the server writes in place of an answer, after which it ends the connection.
type Lie = Box<dyn Fn(&mut dyn Line) + Send + Sync>;

/// The server ends the connection, and says so.
const CLOSE: &str = "Connection: close\r\n";

fn bytes(bytes: impl Into<Vec<u8>>) -> Lie {
    let bytes = bytes.into();
    Box::new(move |line| {
        // The client may have gone.
        let _ = line.write_all(&bytes);
    })
}

/// Writes `start`, and then `again` until nobody reads it.
fn endless(start: &str, again: &str) -> Lie {
    let (start, again) = (start.to_owned(), again.repeat(1000));
    Box::new(move |line| {
        let mut goes_on = line.write_all(start.as_bytes()).is_ok();
        while goes_on {
            goes_on = line.write_all(again.as_bytes()).is_ok();
        }
    })
}

/// An answer in JSON.
fn said(json: &str) -> Lie {
    bytes(answer("200 OK", CLOSE, json.as_bytes()))
}

/// An answer with tensors.
fn with_tensors(json: &str, tensors: &[u8]) -> Vec<u8> {
    let header = format!("{CLOSE}Inference-Header-Content-Length: {}\r\n", json.len());
    answer("200 OK", &header, &[json.as_bytes(), tensors].concat())
}

/// A server that tells one lie after the other when it is to compute, and the truth once it has told all.
fn liar(lies: Vec<Lie>) -> Server {
    let lies = Mutex::new(lies.into_iter());
    Server::start(move |request, line| {
        let lie = if request.path.ends_with("/infer") { lies.lock().unwrap().next() } else { None };
        match lie {
            Some(lie) => {
                lie(line);
                false
            }
            None => handle(Speech::Binary, request, line),
        }
    })
}

#[test]
fn lies_are_errors_with_a_reason() {
    let output = |rest: &str| format!(r#"{{"outputs":[{{"name":"out0",{rest}}}]}}"#);
    let good = output(r#""datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}"#);
    let tensor = [7; 8];
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        bytes(with_tensors(&good.replace(from, to), &tensor))
    };
    let whole = with_tensors(&good, &tensor);
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    let json = |data: &str| said(&output(&format!(r#""datatype":"FP32","shape":[1,2],"data":{data}"#)));
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let lies = vec![
        // Bodies.
        (bytes(&whole[..whole.len() - 1]), "in the middle of an answer"),
        (bytes(&whole[..40]), "in the middle of an answer"),
        (bytes(""), "without an answer"),
        (bytes(with_tensors(&good, &[7; 9])), "its length is not that of its tensors"),
        (bytes(with_tensors(&good, &[7; 7])), "its length is not that of its tensors"),
        (bytes(head("Content-Length: 1000000000000\r\n")), "more than 1048576 bytes"),
        (bytes(head("Content-Length: -1\r\n")), "a length in its head is none"),
        (bytes(head("Content-Length: 1\r\nContent-Length: 2\r\n")), "a length in its head is none"),
        (bytes(head("Content-Length: 18446744073709551616\r\n")), "a length in its head is none"),
        (bytes(head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), "both a length and chunks"),
        (bytes(head("Transfer-Encoding: gzip, chunked\r\n")), "an encoding other than chunks"),
        (bytes(head("Content-Length: 5\r\nContent-Encoding: gzip\r\n")), "compressed"),
        (bytes(head("Inference-Header-Content-Length: 9\r\nContent-Length: 8\r\n")), "too long"),
        (bytes(head("Inference-Header-Content-Length: 99999999999\r\n")), "too long"),
        // Chunks.
        (bytes(head("Transfer-Encoding: chunked\r\n") + "x\r\n"), "the length of a chunk is none"),
        (bytes(head("Transfer-Encoding: chunked\r\n") + "-1\r\n"), "the length of a chunk is none"),
        (bytes(head("Transfer-Encoding: chunked\r\n") + "1\r\n{}\r\n"), "a chunk is longer than it says"),
        (
            bytes(head("Transfer-Encoding: chunked\r\n") + &"1".repeat(1000)),
            "a line between chunks is too long",
        ),
        (bytes(head("Transfer-Encoding: chunked\r\n") + "2\n{}\n0\n\n"), "does not end as lines do"),
        (endless(&head("Transfer-Encoding: chunked\r\n"), "4\r\n    \r\n"), "more than 1048576 bytes"),
        (endless(&(head("Transfer-Encoding: chunked\r\n") + "0\r\n"), "X: y\r\n"), "its trailer is too long"),
        (endless(&head(""), "    "), "more than 1048576 bytes"),
        // Heads.
        (endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"), "its head has more than 64 KiB"),
        (endless("HTTP/1.1 200 OK\r\nX: ", "y"), "its head has more than 64 KiB"),
        (endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "nothing but interim answers"),
        (bytes(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(200))), "its head cannot be read"),
        (bytes("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "another protocol"),
        (bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "its head cannot be read"),
        (bytes("220 mail.example.org ESMTP\r\n\r\n"), "its head cannot be read"),
        (bytes("\0".repeat(100) + "\r\n\r\n"), "its head cannot be read"),
        (bytes("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n"), "a redirection (302)"),
        // Errors.
        (
            bytes(answer("500 Oops", CLOSE, b"{\"error\":\"out of \\u001b[31mmemory\"}")),
            "status 500: out of \\u{1b}[31mmemory",
        ),
        (bytes(answer("503 Busy", CLOSE, "x".repeat(1000).as_bytes())), "status 503: xxx"),
        (bytes(answer("404 Not Found", CLOSE, b"")), "answers with status 404"),
        (endless("HTTP/1.1 500 Oops\r\n\r\n", "x"), "more than 65536 bytes"),
        // Outputs.
        (replaced("out0", "out1"), "the output `out1`"),
        (replaced("FP32", "FP64"), "the type `FP64`, and the model says `FP32`"),
        (replaced("FP32", "BYTES"), "the type `BYTES`"),
        (replaced("[1,2]", "[1,3]"), "the shape [1, 3], and the model says [?, 2]"),
        (replaced("[1,2]", "[2]"), "the shape [2]"),
        (replaced("[1,2]", "[1000000000000,2]"), "8 bytes, and 8000000000000 by its shape"),
        (replaced("[1,2]", "[9223372036854775807,2]"), "larger than anything"),
        (replaced("[1,2]", "[-1,2]"), "invalid value"),
        (replaced("[1,2]", &format!("[{}]", ["1"; 300].join(","))), "a list has more than"),
        (replaced("\"binary_data_size\":8", "\"binary_data_size\":4"), "4 bytes, and 8 by its shape"),
        (replaced("\"binary_data_size\":8", "\"other\":8"), "no elements"),
        (replaced("\"parameters\"", "\"data\":[1,2],\"parameters\""), "has them twice"),
        (said(r#"{"outputs":[]}"#), "0 outputs instead of 1"),
        (said(r#"{"outputs":null}"#), "0 outputs instead of 1"),
        (said("{}"), "missing field `outputs`"),
        (said("[]"), "invalid"),
        (said(""), "EOF"),
        (said("{\"outputs\":[\u{1b}[31m"), "expected value"),
        (said(&nested), "invalid type"),
        (said(&format!(r#"{{"x":{nested},"outputs":[]}}"#)), "0 outputs"),
        // Elements of JSON.
        (json("[1]"), "fewer elements"),
        (json("[1,2,3]"), "more elements"),
        (json("[1,\"2\"]"), "invalid type: string"),
        (json("[1,null]"), "invalid type: null"),
        (json(&nested), "recursion limit"),
        (json(r#"{"a":1,"b":2}"#), "invalid type: map"),
        (
            said(&output(r#""datatype":"FP32","shape":[100000,2],"data":[1,2]"#)),
            "fewer elements than its shape says",
        ),
    ];
    let (lies, reasons): (Vec<_>, Vec<_>) = lies.into_iter().unzip();
    let server = liar(lies);
    let two = NonZeroUsize::new(2).unwrap();
    let remote = Remote::http(server.url()).connections(two).max_response(1 << 20).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let mut execution = execution(&graph);
    for reason in reasons {
        let error = relu(execution.as_mut(), &Control::unbounded()).expect_err(reason);
        let text = error.to_string();
        assert!(text.contains(reason), "{reason}: {text}");
        assert!(text.starts_with(&format!("the server of {}/v2/models/relu ", server.url())), "{text}");
        assert!(text.len() < 700 && !text.contains(char::is_control), "{text}");
        let kind = if reason.starts_with("more than") { ErrorKind::TooLarge } else { ErrorKind::Runtime };
        assert_eq!(error.kind(), kind, "{text}");
    }
    assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
}

#[test]
fn unusual_answers_are_right_ones() {
    let good = r#"{"outputs":[{"name":"out0","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}"#;
    let tensor = expected();
    let body = [good.as_bytes(), &tensor].concat();
    let mut chunks = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding:  Chunked \r\nconnection: x, Close\r\ninference-header-content-length:{}\r\n\r\n",
        good.len()
    )
    .into_bytes();
    for chunk in body.chunks(7) {
        chunks.extend_from_slice(format!("{:x};name=value\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\nTrailer: x\r\n\r\n");
    let interim = [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), with_tensors(good, &tensor)].concat();
    let old = [
        format!("HTTP/1.0 200 OK\r\nInference-Header-Content-Length: {}\r\n\r\n", good.len()).into_bytes(),
        body,
    ]
    .concat();
    let server = liar(vec![bytes(chunks), bytes(interim), bytes(old)]);
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let mut execution = execution(&graph);
    for _ in 0..4 {
        assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
    }
}

#[test]
fn metadata_may_lie_too() {
    let lies = Arc::new(Mutex::new(Vec::new()));
    let of_server = Arc::clone(&lies);
    let server = Server::start(move |request, line| {
        let lie: Option<Lie> = of_server.lock().unwrap().pop();
        match lie {
            Some(lie) => {
                lie(line);
                false
            }
            None => handle(Speech::Binary, request, line),
        }
    });
    let remote = Remote::http(server.url()).timeout(Duration::from_secs(20)).build().unwrap();
    let many =
        format!(r#"{{"inputs":[{}]}}"#, [r#"{"name":"x","datatype":"FP32","shape":[1]}"#; 1025].join(","));
    for (lie, reason) in [
        (said("nonsense"), "expected"),
        (
            said(r#"{"inputs":[{"name":"x","datatype":"BYTES","shape":[1]}]}"#),
            "the type `BYTES`, which guests cannot have",
        ),
        (said(&many), "more than 1024 items"),
        (endless("HTTP/1.1 200 OK\r\n\r\n", " "), "more than 1048576 bytes"),
        (bytes("HTTP/1.1 301 Moved\r\n\r\n"), "a redirection (301)"),
        (bytes(answer("401 Unauthorized", CLOSE, b"who are you")), "status 401: who are you"),
    ] {
        lies.lock().unwrap().push(lie);
        let error = load(&remote, &server.url(), "relu").err().unwrap().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
        load(&remote, &server.url(), "relu").unwrap();
    }
    let error = load(&remote, &server.url(), "nobody").err().unwrap().to_string();
    assert!(error.ends_with("/v2/models/nobody answers with status 404: there is no such model"), "{error}");
}

#[test]
fn a_token_that_the_server_repeats_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret").unwrap();
    let server = Server::start(|request, line| {
        let said = format!(r#"{{"error":"{} is wrong"}}"#, request.header("authorization").unwrap());
        line.write_all(&answer("403 Forbidden", "", said.as_bytes())).is_ok()
    });
    let remote = Remote::http(server.url()).token_file(&token).build().unwrap();
    let error = load(&remote, &server.url(), "relu").err().unwrap().to_string();
    assert!(error.ends_with("answers with status 403: Bearer ... is wrong"), "{error}");
}
