//! A server of our own: it reads requests, and answers as a test says.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// In lower case, with their values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The JSON of the body, and the bytes behind it.
    pub(crate) fn parts(&self) -> (serde_json::Value, &[u8]) {
        let len = self.header("inference-header-content-length").map(|len| len.parse().unwrap());
        let (json, bytes) = self.body.split_at(len.unwrap_or(self.body.len()));
        (serde_json::from_slice(json).unwrap(), bytes)
    }
}

/// Both ends of a byte stream.
pub(crate) trait Line: Read + Write + Send {}
impl<T: Read + Write + Send> Line for T {}

/// Answers a request, and says whether the connection goes on.
pub(crate) type Handler = dyn Fn(&Request, &mut dyn Line) -> bool + Send + Sync;

/// Makes a line of a connection; nothing if that fails.
pub(crate) type Wrap = dyn Fn(TcpStream) -> Option<Box<dyn Line>> + Send + Sync;

/// A server, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    connections: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
    requests: Mutex<Vec<Request>>,
}

impl Server {
    pub(crate) fn start(handler: impl Fn(&Request, &mut dyn Line) -> bool + Send + Sync + 'static) -> Self {
        Self::start_at(
            "127.0.0.1:0".parse().unwrap(),
            Arc::new(handler),
            Arc::new(|stream| Some(Box::new(stream))),
        )
    }

    pub(crate) fn start_at(address: SocketAddr, handler: Arc<Handler>, wrap: Arc<Wrap>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                of_thread.connections.fetch_add(1, Ordering::SeqCst);
                of_thread.open.lock().unwrap().push(stream.try_clone().unwrap());
                let (handler, wrap, shared) =
                    (Arc::clone(&handler), Arc::clone(&wrap), Arc::clone(&of_thread));
                thread::spawn(move || {
                    let end = stream.try_clone().unwrap();
                    if let Some(mut line) = wrap(stream) {
                        while let Some(request) = read(&mut *line) {
                            shared.requests.lock().unwrap().push(request.clone());
                            if !handler(&request, &mut *line) {
                                break;
                            }
                        }
                    }
                    // The client may be first.
                    let _ = end.shutdown(Shutdown::Both);
                });
            }
        });
        Server { address, shared, accepting: Some(accepting) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Ends those that are open.
    pub(crate) fn end_connections(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            // The client may be first.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // It waits for one more.
        drop(TcpStream::connect(self.address));
        let _ = self.accepting.take().unwrap().join();
        self.end_connections();
    }
}

/// Reads a request; nothing at the end of the connection.
fn read(line: &mut dyn Line) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        line.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    assert_eq!((first.next(), first.next()), (Some("HTTP/1.1"), None));
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_owned())
    };
    let mut request = Request { method, path, headers: lines.map(header).collect(), body: Vec::new() };
    let len = request.header("content-length").map_or(0, |len| len.parse().unwrap());
    request.body = vec![0; len];
    line.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// An answer with a length.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
