//! The tests that Go's authors wrote for their standard library, built for WASI and run through the `wasi` command.
//!
//! A test that fails in a guest has to fail natively as well, in the same folder and with the same variables, or has
//! a reason in `xtask/go_suite.toml`. Each package has to pass as many tests as it did, so that a run of nothing is no success.

use crate::go::{Go, WASI};
use crate::{project, untested};
use anyhow::{Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use wasi_policy::Descriptor;
use xshell::{Cmd, Shell, cmd};

const ENGINES: [&str; 2] = ["wasmtime", "wasmi"];

/// Names of the folder for temporary files. Below the relative one, tests make relative symbolic links; absolute ones
/// are refused, and Go then passes over all tests that have to do with links.
const TEMPORARY: [&str; 2] = ["/tmp", "tmp"];

/// The table `xtask/go_suite.toml`.
#[derive(Deserialize)]
struct Expected {
    /// How many tests of a package pass at least for each of [`TEMPORARY`].
    packages: BTreeMap<String, [usize; 2]>,
    /// Why a test fails in a guest, and no host could help.
    reasons: BTreeMap<String, String>,
}

/// What is needed for all packages.
struct Suite {
    shell: Shell,
    go: Go,
    command: PathBuf,
    place: PathBuf,
    expected: Expected,
}

/// What a program of tests said.
#[derive(Debug, PartialEq)]
struct Said {
    passed: usize,
    failed: BTreeSet<String>,
}

/// Runs everything; gives the reason where nothing can run.
pub(crate) fn run(proposals: &[Descriptor]) -> Result<Option<String>> {
    if let Some(reason) = untested::reason(proposals, "snapshot") {
        return Ok(Some(reason));
    }
    let shell = project::shell()?;
    let Some(go) = Go::fetch(&shell)? else { return Ok(Some("Go could not be fetched".to_owned())) };
    let command = project::released_command(&shell)?;
    let place = project::target().join("e2e").join("go-suite");
    shell.remove_path(&place)?;
    shell.set_var("XDG_CACHE_HOME", place.join("cache"));
    let expected = toml::from_str(include_str!("../go_suite.toml"))?;
    let suite = Suite { shell, go, command, place, expected };
    let (mut findings, mut failed) = (Vec::new(), BTreeSet::new());
    for (package, least) in &suite.expected.packages {
        suite.test(package, *least, &mut findings, &mut failed)?;
    }
    suite.fifos(&mut findings)?;
    let idle = suite.expected.reasons.keys().filter(|test| !failed.contains(*test));
    findings
        .extend(idle.map(|test| format!("{test} passes now; take its reason out of xtask/go_suite.toml")));
    ensure!(findings.is_empty(), "{}", findings.join("\n  "));
    Ok(None)
}

impl Suite {
    /// Runs the tests of a package in every way, and adds what failed and what is wrong.
    fn test(
        &self,
        package: &str,
        least: [usize; 2],
        findings: &mut Vec<String>,
        failed: &mut BTreeSet<String>,
    ) -> Result<()> {
        let programs = self.place.join(package);
        self.shell.create_dir(&programs)?;
        let (guest, native) = (programs.join("guest.wasm"), programs.join("native"));
        let build = || self.go.command(&self.shell, &["test", "-c", "-vet=off", package, "-o"]);
        build().arg(&guest).envs(WASI).run()?;
        build().arg(&native).run()?;
        for (temporary, least) in TEMPORARY.iter().zip(least) {
            for engine in ENGINES {
                let way = format!("{package} on {engine} with {temporary}");
                self.fresh_folder(package)?;
                let said = self.said(&way, self.guest(&guest, engine, package, temporary))?;
                println!("{way}: {} pass, {} fail", said.passed, said.failed.len());
                if said.passed < least {
                    findings.push(format!("{way}: {} tests pass, and not {least}", said.passed));
                }
                // A part of a test that has a reason has it too.
                let reasons = &self.expected.reasons;
                let is_bare = |test: &&String| !reasons.contains_key(test.split('/').next().unwrap_or(test));
                let bare: BTreeSet<_> = said.failed.iter().filter(is_bare).cloned().collect();
                if !bare.is_empty() {
                    let natively = self.natively(&way, &native, package, temporary, &bare)?;
                    let ours = bare.difference(&natively.failed);
                    findings
                        .extend(ours.map(|test| format!("{way}: {test} fails, and natively it does not")));
                }
                failed.extend(said.failed);
            }
        }
        Ok(())
    }

    /// Makes what the guest sees as `/` anew, with the package's folder in it, and gives that.
    fn fresh_folder(&self, package: &str) -> Result<PathBuf> {
        let (shell, root) = (&self.shell, self.place.join("root"));
        shell.remove_path(&root)?;
        shell.write_file(root.join("etc").join("hosts"), "127.0.0.1 localhost\n")?;
        let (from, folder) = (self.go.root.join("src").join(package), root.join("src").join(package));
        let texts = self.go.root.join("src").join("testdata");
        for folder in [root.join("tmp"), root.join("go"), folder.clone()] {
            shell.create_dir(folder)?;
        }
        cmd!(shell, "cp -R {texts} {root}/src").quiet().run()?;
        cmd!(shell, "cp -R {from}/. {folder}").quiet().run()?;
        shell.create_dir(folder.join("tmp"))?;
        Ok(folder)
    }

    fn guest(&self, program: &Path, engine: &str, package: &str, temporary: &str) -> Cmd<'_> {
        let (command, root, go) = (&self.command, self.place.join("root"), &self.go.root);
        cmd!(
            self.shell,
            "{command} run --engine {engine} --timeout 15m --dir {root}::/ --dir {go}::/go::ro --env GOROOT=/go
             --env PWD=/src/{package} --env TMPDIR={temporary} {program} -test.short -test.v"
        )
    }

    /// The same tests without a guest, of which the named ones matter.
    fn natively(
        &self,
        way: &str,
        program: &Path,
        package: &str,
        temporary: &str,
        tests: &BTreeSet<String>,
    ) -> Result<Said> {
        let _here = self.shell.push_dir(self.fresh_folder(package)?);
        let whole: BTreeSet<_> = tests.iter().filter_map(|test| test.split('/').next()).collect();
        let pattern = format!("^({})$", whole.into_iter().collect::<Vec<_>>().join("|"));
        let temporary = match temporary.strip_prefix('/') {
            Some(name) => self.place.join("root").join(name),
            None => temporary.into(),
        };
        let run = cmd!(self.shell, "{program} -test.short -test.v -test.run {pattern}");
        self.said(&format!("{way} natively"), run.env("GOROOT", &self.go.root).env("TMPDIR", temporary))
    }

    /// What tests say, which is kept in a file of that name.
    fn said(&self, way: &str, tests: Cmd<'_>) -> Result<Said> {
        let output = tests.quiet().ignore_status().output()?;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        self.shell.write_file(self.place.join(way.replace(['/', ' '], "-") + ".txt"), &*text)?;
        Ok(Said::read(&text))
    }

    /// Go's own test of hosts: eight pipes that a guest reads at once, and none that keeps it waiting.
    fn fifos(&self, findings: &mut Vec<String>) -> Result<()> {
        let tools = self.shell.create_dir(self.place.join("tools"))?;
        let (command, root) = (&self.command, self.place.join("root"));
        let runner = tools.join("go_wasip1_wasm_exec");
        for engine in ENGINES {
            let run = format!("'{}' run --engine {engine} --dir '{}'", command.display(), root.display());
            self.shell.write_file(&runner, format!("#!/bin/sh\nexec {run} \"$@\"\n"))?;
            cmd!(self.shell, "chmod +x {runner}").quiet().run()?;
            let path = format!("{}:{}", tools.display(), self.shell.var("PATH")?);
            let test = "test -count=1 -v -vet=off internal/runtime/wasitest -args -target=wasip1/wasm";
            let test: Vec<_> = test.split(' ').collect();
            let test = self.go.command(&self.shell, &test).env("PATH", path).env("TMPDIR", root.join("tmp"));
            let said = self.said(&format!("pipes on {engine}"), test)?;
            println!("pipes on {engine}: {} pass", said.passed);
            if said.passed < 3 || !said.failed.is_empty() {
                findings.push(format!("pipes on {engine}: {said:?}"));
            }
        }
        Ok(())
    }
}

impl Said {
    fn read(text: &str) -> Self {
        let named = |mark| {
            let rest = text.lines().filter_map(move |line| Some(line.split_once(mark)?.1));
            rest.filter_map(|rest| Some(rest.split_once(' ')?.0.to_owned()))
        };
        Self { passed: named("--- PASS: ").count(), failed: named("--- FAIL: ").collect() }
    }
}
