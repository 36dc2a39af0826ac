//! The cost of a call to a server, beside the same bytes over a raw socket: a tensor there and the same tensor back, from a
//! server of ours that does nothing else.

use criterion::{BenchmarkId, Criterion};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use wasi_nn::backend::{Backend, Execution};
use wasi_nn::{
    Control, Device, ElementType, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Source,
    TensorType,
};
use wasi_nn_remote::Remote;

/// Bytes of the tensors.
const SIZES: [usize; 2] = [64, 600_000];

/// Adds the group `remote`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("remote");
    for size in SIZES {
        let case = format!("{size} B");
        let address = serve();
        let mut socket = Socket::new(address, size);
        socket.call();
        group.bench_function(BenchmarkId::new(&case, "native"), |bencher| bencher.iter(|| socket.call()));
        let mut execution = execution(address);
        let input = vec![7; size];
        let mut output = vec![0; size];
        let control = Control::unbounded();
        let mut call = || {
            let dimensions = [1, u32::try_from(size).expect("sizes are small")];
            let tensor = TensorType::new(ElementType::U8, &dimensions).expect("it has two dimensions");
            execution.write_input(0, tensor, &input, &Control::unbounded()).expect("there is an input");
            execution.compute(&control).expect("the server answers");
            execution.read_output(0, &mut output).expect("there is an output");
        };
        call();
        group.bench_function(BenchmarkId::new(&case, "ours"), |bencher| bencher.iter(&mut call));
        assert!(output.iter().all(|byte| *byte == 7));
    }
}

fn execution(address: SocketAddr) -> Box<dyn Execution> {
    let url = format!("http://{address}");
    let source = Source::Served(format!("{url}/v2/models/echo"));
    let model = Model { encoding: GraphEncoding::Autodetect, source, origin: Origin::Host };
    let options = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
    let remote = Remote::http(url).build().expect("the address is one");
    let graph = remote.load(model.into(), &options, &Control::unbounded()).expect("the server describes it");
    graph.execution(&Control::unbounded()).expect("it needs nothing")
}

/// The same request as bytes that are there already, and the answer into a buffer.
struct Socket {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Socket {
    fn new(address: SocketAddr, size: usize) -> Self {
        let json = format!(
            r#"{{"inputs":[{{"name":"x","shape":[1,{size}],"datatype":"UINT8","parameters":{{"binary_data_size":{size}}}}}],"outputs":[{{"name":"y","parameters":{{"binary_data":true}}}}]}}"#
        );
        let (len, json_len) = (json.len() + size, json.len());
        let mut request = format!(
            "POST /v2/models/echo/infer HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len}\r\n\
             Inference-Header-Content-Length: {json_len}\r\n\r\n{json}"
        )
        .into_bytes();
        request.resize(request.len() + size, 7);
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("it is TCP");
        Socket { stream, request, answer: vec![0; answer(size).len() + size] }
    }

    fn call(&mut self) {
        self.stream.write_all(&self.request).expect("the server reads");
        self.stream.read_exact(&mut self.answer).expect("the server answers");
    }
}

/// The start of an answer with a tensor of so many bytes.
fn answer(size: usize) -> String {
    let json = format!(
        r#"{{"outputs":[{{"name":"y","datatype":"UINT8","shape":[1,{size}],"parameters":{{"binary_data_size":{size}}}}}]}}"#
    );
    let (len, json_len) = (json.len() + size, json.len());
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nInference-Header-Content-Length: {json_len}\r\n\r\n{json}"
    )
}

/// Starts a server that goes on until the process ends.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || echo(stream));
        }
    });
    address
}

/// Answers requests, until the client ends.
fn echo(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let (mut is_get, mut is_root, mut len, mut json_len) = (false, false, 0, 0);
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let number =
                |name: &str| line.strip_prefix(name).and_then(|number| number.trim().parse::<usize>().ok());
            is_get |= line.starts_with("GET ");
            is_root |= line.starts_with("GET /v2 ");
            len = number("Content-Length: ").unwrap_or(len);
            let of_json = number("Inference-Header-Content-Length: ")
                .or_else(|| number("inference-header-content-length: "));
            json_len = of_json.unwrap_or(json_len);
            if line == "\r\n" {
                break;
            }
        }
        if is_get {
            let port = |name: &str| format!(r#"[{{"name":"{name}","datatype":"UINT8","shape":[-1,-1]}}]"#);
            let json = match is_root {
                true => r#"{"extensions":["binary_tensor_data"]}"#.to_owned(),
                false => format!(r#"{{"inputs":{},"outputs":{}}}"#, port("x"), port("y")),
            };
            write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{json}", json.len()).ok()?;
            continue;
        }
        body.resize(len, 0);
        reader.read_exact(&mut body).ok()?;
        let tensor = &body[json_len..];
        let mut start = answer(tensor.len()).into_bytes();
        if tensor.len() < 10_000 {
            start.extend_from_slice(tensor);
            writer.write_all(&start).ok()?;
        } else {
            writer.write_all(&start).ok()?;
            writer.write_all(tensor).ok()?;
        }
    }
}
