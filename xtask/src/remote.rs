//! Servers of the Open Inference Protocol that people run, from the package index of Python, and a guest's inference on each.

use crate::project::{self, WHOLE};
use crate::setup::{self, or_skip, quiet};
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// The name of the environments among what `cargo xtask setup` brings.
pub(crate) const NAME: &str = "remote";

/// Where Magika's package has its model.
pub(crate) const MAGIKA: &str = "magika/models/standard_v3_3/model.onnx";

const SERVERS: [&str; 3] = ["triton", "mlserver", "kserve"];

/// How long a server may take to start; seconds are usual.
const START: Duration = Duration::from_secs(120);

/// A server, until it is dropped.
pub(crate) struct Running(Child);

/// Makes a virtual environment for each server, with what `xtask/remote/NAME.txt` pins.
pub(crate) fn environments(shell: &Shell) -> Result<Option<PathBuf>> {
    let place = place();
    for name in SERVERS {
        let (pinned, folder) = (scripts().join(format!("{name}.txt")), place.join(name));
        let requirements = fs::read_to_string(&pinned)?;
        // Written last, so that an interrupted setup is not mistaken for a whole one.
        let done = folder.join("pinned.txt");
        if fs::read_to_string(&done).is_ok_and(|text| text == requirements) {
            continue;
        }
        println!("fetching the server {name}");
        shell.remove_path(&folder)?;
        let made = quiet(cmd!(shell, "python3 -m venv {folder}")).and_then(|()| {
            let python = folder.join("bin").join("python");
            quiet(cmd!(
                shell,
                "{python} -m pip install --quiet --no-deps --only-binary :all: --disable-pip-version-check -r {pinned}"
            ))
        });
        if or_skip(name, made)?.is_none() {
            return Ok(None);
        }
        fs::write(done, requirements)?;
    }
    Ok(Some(place))
}

/// Starts the servers, and has a guest infer on each; gives the reason where that cannot be.
pub(crate) fn run() -> Result<Option<String>> {
    let shell = project::shell()?;
    let (Some(place), Some(magika)) = (environments(&shell)?, setup::fetch(&shell, "magika")?) else {
        return Ok(Some("the servers could not be fetched".to_owned()));
    };
    let model = magika.join(MAGIKA);
    let mut running = Vec::new();
    let mut urls = Vec::new();
    for name in SERVERS {
        let begin = Instant::now();
        let (server, url) = start(name, &place.join(name), &model)?;
        println!("{name} has started in {:?}", begin.elapsed());
        running.push(server);
        urls.push(format!("{name}={url}"));
    }
    cmd!(shell, "cargo test {WHOLE...} --test real_servers -- --nocapture")
        .env("WASI_NN_TEST_SERVERS", urls.join(" "))
        .env("WASI_NN_TEST_CLIENT", client("client.py"))
        .run()?;
    Ok(None)
}

/// Triton with Magika, a model in a file, and its address; nothing, with the reason printed, where it cannot be had.
pub(crate) fn triton(shell: &Shell, magika: &Path) -> Result<Option<(Running, String)>> {
    let Some(place) = environments(shell)? else { return Ok(None) };
    start("triton", &place.join("triton"), magika).map(Some)
}

/// Triton's interpreter and a script of ours that has NVIDIA's client, with a space between.
pub(crate) fn client(script: &str) -> String {
    format!("{} {}", place().join("triton/bin/python").display(), scripts().join(script).display())
}

fn place() -> PathBuf {
    project::target().join(NAME)
}

fn scripts() -> PathBuf {
    project::root().join("xtask").join("remote")
}

/// A port that nobody has at the moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Starts a server, and waits until it has its models.
fn start(name: &str, environment: &Path, magika: &Path) -> Result<(Running, String)> {
    let port = free_port()?;
    let (bin, scripts, log) = (environment.join("bin"), scripts(), environment.join("log.txt"));
    let mut command = match name {
        "mlserver" => Command::new(bin.join("mlserver")),
        _ => Command::new(bin.join("python")),
    };
    match name {
        "triton" => command.arg("-B").arg(scripts.join("on_triton.py")).arg(port.to_string()).arg(magika),
        "kserve" => command.arg("-B").arg(scripts.join("on_kserve.py")).arg(port.to_string()),
        _ => command
            .args(["start", "."])
            .env("MLSERVER_HTTP_PORT", port.to_string())
            .env("MLSERVER_GRPC_PORT", free_port()?.to_string())
            .env("MLSERVER_METRICS_PORT", free_port()?.to_string())
            .env("MLSERVER_PARALLEL_WORKERS", "0"),
    };
    let log = fs::File::create(log)?;
    let child = command
        .current_dir(scripts.join("mlserver"))
        .env("PYTRITON_NO_TENSORSTORE", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("{name} does not start"))?;
    let running = Running(child);
    wait(name, port)?;
    Ok((running, format!("http://127.0.0.1:{port}")))
}

/// Waits until a server has the model that is ready last.
fn wait(name: &str, port: u16) -> Result<()> {
    use std::io::{Read, Write};
    let begin = Instant::now();
    while begin.elapsed() < START {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            let model = if name == "triton" { "magika" } else { "echo" };
            let request =
                format!("GET /v2/models/{model} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let mut answer = String::new();
            let is_there = stream.write_all(request.as_bytes()).is_ok()
                && stream.read_to_string(&mut answer).is_ok()
                && answer.starts_with("HTTP/1.1 200");
            if is_there {
                return Ok(());
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("{name} has not started within {START:?}; see target/remote/{name}/log.txt")
}

impl Drop for Running {
    fn drop(&mut self) {
        // Triton has processes of its own, which SIGTERM has it end.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.0.wait();
    }
}
