//! The whole way of a new proposal, in a copy of the workspace: made, argued for, built, gated.
//!
//! Nothing of this can be a unit test, since it compiles. The copy builds into the folder of this workspace with the same
//! choice of features, so that what is compiled again is the workspace's own crates and nothing else.

use super::plan;
use crate::metadata::package;
use crate::project::{self, WHOLE};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;
use xshell::{Cmd, Shell, cmd};

/// What is made: at the strictest stage, which no proposal of ours is at, so that its gates are seen nowhere else.
const NAME: &str = "rehearsed-zero";
const MODULE: &str = "wasi_rehearsed_zero";

/// Debug information as nobody else asks for it. Cargo knows members by their place in a workspace, so it would take
/// those of the copy for this workspace's; this is part of what it tells builds of a member apart by. For dependencies
/// the root manifest sets it, so that theirs are shared.
const DEBUG: &str = "line-directives-only";

/// Traps unless its two calls are counted.
const GUEST: &str = r#"(module
    (import "wasi_rehearsed_zero" "calls_get" (func $calls (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $calls (i32.const 8)))
        (drop (call $calls (i32.const 8)))
        (if (i32.ne (i32.load (i32.const 8)) (i32.const 2)) (then unreachable))))"#;

/// A copy of the workspace, and a shell in it.
struct Copy {
    root: PathBuf,
    shell: Shell,
}

/// Goes the whole way.
pub(crate) fn run() -> Result<()> {
    let copy = Copy::new()?;
    let plan = plan(&copy.root, NAME, 0)?;
    plan.write(&copy.root)?;
    super::format(&copy.shell, NAME)?;
    copy.refuses("tidy", &format!("{}: the section \"motivation\" is empty [rfc]", plan.rfc))?;
    copy.answer_prompts(&plan.rfc)?;
    cmd!(copy.shell, "cargo xtask staging --write").quiet().ignore_stdout().run()?;
    passes(cmd!(copy.shell, "cargo xtask ci fmt tidy staging"))?;
    copy.refuses_stage_0_by_default()?;
    println!("made, argued for, in order, and refused where it was compiled in by default");
    cmd!(copy.shell, "cargo clippy --quiet {WHOLE...} --lib --test smoke -- -D warnings").run()?;
    cmd!(copy.shell, "cargo build --quiet {WHOLE...} --bin wasi --test smoke").run()?;
    println!("built, as a part of the command");
    let (untested, tested): (Vec<&Descriptor>, Vec<&Descriptor>) =
        PROPOSALS.iter().partition(|row| row.untested_reason().is_some());
    let without: Vec<_> = untested.iter().map(|row| format!("--exclude={}", package(row.name()))).collect();
    let smoke: Vec<_> = ["--test", "smoke"].into_iter().chain(without.iter().map(String::as_str)).collect();
    copy.tests(&smoke, "test result: ok. 3 passed", tested.len() + 1)?;
    copy.tests(&["--doc", "--", MODULE, "wasi-rehearsed"], "test result: ok. 1 passed", 1)?;
    copy.is_gated()?;
    println!("its tests pass, and the gate asks for a flag");
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
        for (path, bytes) in project::files(&shell)? {
            shell.write_file(root.join(path), bytes)?;
        }
        shell.change_dir(&root);
        // Otherwise the copy would be a folder that this repository ignores, and have no files at all.
        cmd!(shell, "git init --quiet").quiet().run()?;
        shell.set_var("CARGO_TARGET_DIR", root.join("target"));
        shell.set_var("CARGO_BUILD_BUILD_DIR", project::target());
        shell.set_var("CARGO_PROFILE_DEV_DEBUG", DEBUG);
        Ok(Self { root, shell })
    }

    fn answer_prompts(&self, rfc: &str) -> Result<()> {
        let path = self.root.join(rfc);
        let mut text = fs::read_to_string(&path)?;
        while let Some(start) = text.find("<!--") {
            let end = text[start..].find("-->").context("a prompt has no end")? + start + "-->".len();
            text.replace_range(start..end, "The rehearsal asks for it.");
        }
        Ok(fs::write(path, text)?)
    }

    fn refuses_stage_0_by_default(&self) -> Result<()> {
        let path = self.root.join("wasi-facade/Cargo.toml");
        let good = fs::read_to_string(&path)?;
        let bad = good.replace("default = [", "default = [\"cli\", ");
        ensure!(good != bad, "wasi-facade has no default features to add to");
        fs::write(&path, bad)?;
        self.refuses(
            "staging",
            &format!("the proposal {NAME} is compiled in by default, which stage 0 forbids; "),
        )?;
        Ok(fs::write(&path, good)?)
    }

    /// A task fails and says this.
    fn refuses(&self, task: &str, expected: &str) -> Result<()> {
        let output = cmd!(self.shell, "cargo xtask {task}").quiet().ignore_status().output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_refused = !output.status.success() && said.contains(expected);
        ensure!(is_refused, "`cargo xtask {task}` does not say `{expected}`:\n{said}");
        Ok(())
    }

    /// These tests pass, in so many programs with this result.
    fn tests(&self, choice: &[&str], result: &str, programs: usize) -> Result<()> {
        let said = passes(cmd!(self.shell, "cargo test --quiet {WHOLE...} {choice...}"))?;
        let found = said.matches(result).count();
        ensure!(found == programs, "{found} programs say `{result}`, and not {programs}:\n{said}");
        Ok(())
    }

    /// Wherever the built command is asked, the gate refuses without the flag and with a no, and allows with it.
    fn is_gated(&self) -> Result<()> {
        fs::write(self.root.join("guest.wat"), GUEST)?;
        let off = format!("the proposal `{NAME}` is off: ");
        let silent = format!("{off}a proposal at stage 0 needs a flag; allow it with `-S {NAME}`");
        let forbidden = format!("{off}it was forbidden by a flag; take `-S {NAME}=n` away");
        let allowed = format!("`-S {NAME}` allows it");
        let (yes, no) = (format!("-S{NAME}"), format!("-S{NAME}=n"));
        for (flags, reason, exit) in
            [(vec![], &silent, 1), (vec![no.as_str()], &forbidden, 1), (vec![yes.as_str()], &allowed, 0)]
        {
            for engine in ["wasmtime", "wasmi"] {
                let (code, said) =
                    self.wasi(&[&["run", "--engine", engine], &*flags, &["guest.wat"]].concat())?;
                let is_told = exit == 0 || said.contains(&format!("{MODULE}.calls_get; {reason}"));
                ensure!(code == Some(exit) && is_told, "{flags:?} in {engine}: exit {code:?}, and\n{said}");
            }
            let (_, said) = self.wasi(&[&["proposals"], &*flags].concat())?;
            let row = said.lines().find(|line| line.starts_with(NAME));
            ensure!(row.is_some_and(|row| row.ends_with(reason)), "{flags:?}: `wasi proposals` says\n{said}");
        }
        Ok(())
    }

    /// Runs the command that was built, and gives its exit code and everything it said.
    fn wasi(&self, args: &[&str]) -> Result<(Option<i32>, String)> {
        let command = self.root.join("target/debug").join(format!("wasi{}", std::env::consts::EXE_SUFFIX));
        let output = cmd!(self.shell, "{command} {args...}").quiet().ignore_status().output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    }
}

/// What a command says that succeeds; all of it is in the error of one that does not.
fn passes(command: Cmd<'_>) -> Result<String> {
    let name = command.to_string();
    let output = command.ignore_status().output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "`{name}` fails in the copy:\n{said}");
    Ok(said)
}
