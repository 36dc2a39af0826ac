//! The whole way of a new proposal, in a copy of the workspace: made, argued for, built, gated.
//!
//! Nothing of this can be a unit test, since it compiles. The copy builds into the folder of this workspace with the same
//! choice of features, so that what is compiled again is the workspace's own crates and nothing else. Cargo would take
//! those for this workspace's, as it knows members by their place in a workspace; see [`DEBUG`].

use super::plan;
use crate::project::{self, WHOLE};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasi_policy::matrix::PROPOSALS;
use xshell::{Shell, cmd};

/// What is made: a name, and the stage. No proposal of ours is at these.
const MADE: [(&str, u8); 2] = [("rehearsed-zero", 0), ("rehearsed-one", 1)];

/// Debug information as nobody else asks for it. It is part of what Cargo tells builds of a member apart by, and for
/// dependencies the root manifest sets it, so that theirs are shared.
const DEBUG: &str = "line-directives-only";

/// A copy of the workspace, and a shell in it.
struct Copy {
    root: PathBuf,
    shell: Shell,
}

/// Goes the whole way.
pub(crate) fn run() -> Result<()> {
    let mut start = Instant::now();
    let mut done = |what: &str| {
        println!("{:6.1} s  {what}", start.elapsed().as_secs_f64());
        start = Instant::now();
    };
    let copy = Copy::new()?;
    for (name, stage) in MADE {
        plan(&copy.root, name, stage)?.write(&copy.root)?;
        super::format(&copy.shell, name)?;
    }
    done("made in a copy of the workspace");
    copy.refuses_open_prompts()?;
    copy.answer_prompts()?;
    cmd!(copy.shell, "cargo xtask staging --write").quiet().ignore_stdout().run()?;
    cmd!(copy.shell, "cargo xtask ci fmt tidy staging tree").ignore_stdout().run()?;
    done("argued for, and in order: fmt, tidy, staging, tree");
    copy.refuses_stage_0_by_default()?;
    done("refused where it was compiled in by default");
    cmd!(copy.shell, "cargo clippy --quiet {WHOLE...} --lib --test smoke -- -D warnings").run()?;
    done("clippy has nothing to say");
    cmd!(copy.shell, "cargo build --quiet {WHOLE...} --bin wasi --test smoke").run()?;
    done("built, as a part of the command");
    // What is off in CI rests here, too.
    let off: Vec<_> = PROPOSALS.iter().filter(|row| row.switched_off().is_some()).collect();
    let resting: Vec<_> = off.iter().map(|row| format!("--exclude=wasi-{}", row.name())).collect();
    let smoke: Vec<_> = ["--test", "smoke"].into_iter().chain(resting.iter().map(String::as_str)).collect();
    let passed = copy.tests(&smoke)?;
    let binaries = passed.matches("test result: ok. 2 passed").count();
    ensure!(binaries == PROPOSALS.len() - off.len() + MADE.len(), "{binaries} smoke tests passed:\n{passed}");
    for (name, stage) in MADE {
        copy.is_gated(name, stage)?;
    }
    done("smoke tests pass, and the gate asks for a flag");
    let passed = copy.tests(&["--doc", "--", "wasi-rehearsed"])?;
    let examples = passed.matches("test result: ok. 1 passed").count();
    ensure!(examples == MADE.len(), "{examples} examples passed:\n{passed}");
    done("examples do what they say");
    if let Some(row) = off.first() {
        println!("skipped the facade's tests: they may need {}, which is off in CI", row.name());
        return Ok(());
    }
    copy.tests(&["--test", "library", "--test", "command", "--", "own::", "policy::", "stages::"])?;
    done("tests of the policy that were there before pass with two more proposals");
    Ok(())
}

impl Copy {
    /// Copies what git knows or would add.
    fn new() -> Result<Self> {
        let shell = project::shell()?;
        let root = project::target().join("new-proposal");
        if root.exists() {
            fs::remove_dir_all(&root).context("cannot remove the copy of before")?;
        }
        let list = cmd!(shell, "git ls-files -z --cached --others --exclude-standard").quiet().read()?;
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            let (from, to) = (project::root().join(path), root.join(path));
            // Git still lists a file that was removed and not yet committed so.
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(&root))?;
                fs::copy(&from, &to).with_context(|| format!("cannot copy {path}"))?;
            }
        }
        shell.change_dir(&root);
        // Otherwise the copy would be a folder that this repository ignores, and have no files at all.
        cmd!(shell, "git init --quiet").quiet().run()?;
        shell.set_var("CARGO_TARGET_DIR", root.join("target"));
        shell.set_var("CARGO_BUILD_BUILD_DIR", project::target());
        shell.set_var("CARGO_PROFILE_DEV_DEBUG", DEBUG);
        Ok(Self { root, shell })
    }

    /// The RFC that was written is nothing but prompts, and tidy says so.
    fn refuses_open_prompts(&self) -> Result<()> {
        let findings = self.fails("tidy", &[])?;
        for rfc in self.rfcs()? {
            let name = rfc.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let expected = format!("rfcs/{name}: the section \"motivation\" is empty [rfc]");
            ensure!(
                findings.contains(&expected),
                "`cargo xtask tidy` does not say `{expected}`:\n{findings}"
            );
        }
        Ok(())
    }

    /// The RFCs that were made.
    fn rfcs(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.root.join("rfcs"))?.collect::<Result<Vec<_>, _>>()?;
        let made = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            MADE.iter().any(|(made, _)| name.ends_with(&format!("-wasi-{made}.md")))
        };
        let paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(made).collect();
        ensure!(paths.len() == MADE.len(), "{} RFCs were made, and not {}", paths.len(), MADE.len());
        Ok(paths)
    }

    fn answer_prompts(&self) -> Result<()> {
        for path in self.rfcs()? {
            let mut text = fs::read_to_string(&path)?;
            while let Some(start) = text.find("<!--") {
                let end = text[start..].find("-->").context("a prompt has no end")? + start + "-->".len();
                text.replace_range(start..end, "The rehearsal asks for it.");
            }
            fs::write(path, text)?;
        }
        Ok(())
    }

    /// A stage-0 proposal in the facade's defaults fails, with the way to it.
    fn refuses_stage_0_by_default(&self) -> Result<()> {
        let (zero, _) = MADE[0];
        let path = self.root.join("wasi-facade/Cargo.toml");
        let good = fs::read_to_string(&path)?;
        let bad = good.replace("default = [", "default = [\"cli\", ");
        ensure!(good != bad, "wasi-facade has no default features to add to");
        fs::write(&path, bad)?;
        let findings = self.fails("staging", &[])?;
        fs::write(&path, good)?;
        let expected = format!(
            "wasi-facade compiles the proposal {zero} by default, which stage 0 forbids: \
             wasi-facade/default -> wasi-facade/cli -> wasi-facade/{zero}"
        );
        ensure!(findings.contains(&expected), "`cargo xtask staging` does not say `{expected}`:\n{findings}");
        Ok(())
    }

    /// What tests say that pass.
    fn tests(&self, choice: &[&str]) -> Result<String> {
        let output =
            cmd!(self.shell, "cargo test --quiet {WHOLE...} {choice...}").ignore_status().output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "tests fail in the copy:\n{said}");
        Ok(said)
    }

    /// What a task complains about.
    fn fails(&self, task: &str, args: &[&str]) -> Result<String> {
        let output = cmd!(self.shell, "cargo xtask {task} {args...}").quiet().ignore_status().output()?;
        ensure!(!output.status.success(), "`cargo xtask {task}` passes, and must not");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Without its flag the proposal is off, with it on, and the command says so wherever it is asked.
    fn is_gated(&self, name: &str, stage: u8) -> Result<()> {
        let module = format!("wasi_{}", name.replace('-', "_"));
        let guest = self.root.join("guest.wat");
        fs::write(&guest, guest_of(&module))?;
        let refusal = format!(
            "the proposal `{name}` is off: a proposal at stage {stage} needs a flag; allow it with `-S {name}`"
        );
        let flag = format!("-S{name}");
        let import = format!("{module}.calls_get");

        let (code, output) = self.wasi(&["run"], &guest)?;
        ensure!(
            code == Some(1) && output.contains(&format!("{import}; {refusal}")),
            "ran without a flag:\n{output}"
        );
        for engine in ["wasmtime", "wasmi"] {
            let (code, output) = self.wasi(&["run", &flag, "--engine", engine], &guest)?;
            ensure!(code == Some(0), "did not run in {engine} in spite of its flag:\n{output}");
        }
        let (code, output) = self.wasi(&["imports"], &guest)?;
        ensure!(
            code == Some(0) && output.contains(&format!("{refusal}\n    {import}\n")),
            "imports says:\n{output}"
        );
        let (_, output) = self.wasi(&["imports", &flag], &guest)?;
        ensure!(output.contains(&format!("`{name}` is allowed\n    {import}\n")), "imports says:\n{output}");
        let row = |args: &[&str]| -> Result<String> {
            let (_, output) = self.wasi(args, Path::new(""))?;
            let line = output.lines().find(|line| line.starts_with(name));
            Ok(line.with_context(|| format!("proposals does not list {name}:\n{output}"))?.to_owned())
        };
        let off = row(&["proposals"])?;
        ensure!(off.contains(" yes          no ") && off.ends_with(&refusal), "proposals says:\n{off}");
        let on = row(&["proposals", &flag])?;
        ensure!(
            on.contains(" yes          yes ") && on.ends_with(&format!("`-S {name}` allows it")),
            "says:\n{on}"
        );
        Ok(())
    }

    /// Runs the command that was built, and gives its exit code and everything it said.
    fn wasi(&self, args: &[&str], file: &Path) -> Result<(Option<i32>, String)> {
        let command = self.root.join("target/debug").join(format!("wasi{}", std::env::consts::EXE_SUFFIX));
        let file = (!file.as_os_str().is_empty()).then_some(file);
        let output = cmd!(self.shell, "{command} {args...} {file...}").quiet().ignore_status().output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    }
}

/// Traps unless its two calls are counted.
fn guest_of(module: &str) -> String {
    format!(
        r#"(module
            (import "{module}" "calls_get" (func $calls (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start")
                (drop (call $calls (i32.const 8)))
                (drop (call $calls (i32.const 8)))
                (if (i32.ne (i32.load (i32.const 8)) (i32.const 2)) (then unreachable))))"#
    )
}
