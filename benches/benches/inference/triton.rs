//! The rate of computations that guests get from Triton, beside NVIDIA's client in as many threads. `cargo xtask bench` starts
//! the server.

use crate::cases::{CASES, Case, Element};
use crate::crew::Crew;
use crate::guest::MODEL;
use crate::ours;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use wasi_nn::Registry;
use wasi_nn_remote::Remote;

/// How many ask at the same time. A server has clients on many machines, so there may be more than cores here.
const GUESTS: [usize; 3] = [1, 2, 8];

/// A case, and what the server calls its model and the input of it.
const MODELS: [(&str, &str, &str); 2] = [("Relu 64 B", "relu", "x"), ("Magika", "magika", "bytes")];

/// Adds the groups `remote/1`, `remote/2` and `remote/8`, where there is a server.
pub(crate) fn bench(criterion: &mut Criterion) {
    let (Ok(url), Ok(client)) = (env::var("WASI_NN_BENCH_TRITON"), env::var("WASI_NN_BENCH_CLIENT")) else {
        println!("remote/1, remote/2 and remote/8 need Triton: `cargo xtask bench remote` starts it");
        return;
    };
    for guests in GUESTS {
        let mut group = criterion.benchmark_group(format!("remote/{guests}"));
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(guests as u64));
        for (name, model, input) in MODELS {
            let case = CASES.iter().find(|case| case.name == name).expect("it is a case");
            let mut crew = None;
            group.bench_function(BenchmarkId::new(name, "ours"), |bencher| {
                let crew = crew.get_or_insert_with(|| ours(&url, model, case, guests));
                bencher.iter_custom(|n| crew.run(n));
            });
            let mut clients = None;
            group.bench_function(BenchmarkId::new(name, "native"), |bencher| {
                let clients =
                    clients.get_or_insert_with(|| Clients::start(&client, &url, model, input, case, guests));
                bencher.iter_custom(|n| clients.run(n));
            });
        }
    }
}

fn ours(url: &str, model: &str, case: &Case, guests: usize) -> Crew {
    let remote = Remote::http(url).build().expect("the address is one");
    let graph = remote.graph(MODEL, model).expect("the model has a name");
    let registry = Registry::builder().backend(remote).graph(graph).build().expect("nothing is asked yet");
    Crew::new("ours", ours::of_registry(&registry, case, guests))
}

/// NVIDIA's client, in as many threads of a Python program as there are guests.
struct Clients {
    program: Child,
    answers: BufReader<ChildStdout>,
}

impl Clients {
    /// `client` is Python and the script, with a space between.
    fn start(client: &str, url: &str, model: &str, input: &str, case: &Case, count: usize) -> Self {
        let (python, script) = client.split_once(' ').expect("it has two parts");
        let kind = match case.element {
            Element::F32 => "FP32",
            Element::I32 => "INT32",
        };
        let sizes: Vec<_> = case.shape.iter().map(u32::to_string).collect();
        let address = url.strip_prefix("http://").expect("Triton is here");
        let mut program = Command::new(python)
            .args([script, address, model, &count.to_string(), input, kind, &sizes.join(",")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python is there");
        program.stdin.as_mut().expect("it is piped").write_all(&case.input()).expect("the client reads");
        let answers = BufReader::new(program.stdout.take().expect("it is piped"));
        let mut clients = Clients { program, answers };
        clients.run(1);
        clients
    }

    fn run(&mut self, times: u64) -> Duration {
        let orders = self.program.stdin.as_mut().expect("it is piped");
        writeln!(orders, "{times}").expect("the client reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the client answers");
        Duration::from_nanos(answer.trim().parse().expect("it prints nanoseconds"))
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.program.stdin.take());
        let _ = self.program.wait();
    }
}
