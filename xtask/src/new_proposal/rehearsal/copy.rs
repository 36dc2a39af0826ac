//! A copy of the workspace in which proposals are made, and what its checks say about them.

use super::{MADE, Made};
use crate::project::{self, WHOLE};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use xshell::{Cmd, Shell, cmd};

/// Debug information as nobody else asks for it. Cargo knows members by their place in a workspace, so it would take
/// those of the copy for this workspace's; this is part of what it tells builds of a member apart by. For dependencies
/// the root manifest sets it, so that theirs are shared.
const DEBUG: &str = "line-directives-only";

/// A copy of the workspace, and a shell in it.
pub(super) struct Copy {
    pub(super) root: PathBuf,
    pub(super) shell: Shell,
}

impl Copy {
    /// Copies what git knows or would add.
    pub(super) fn new() -> Result<Self> {
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
    pub(super) fn refuses_open_prompts(&self) -> Result<()> {
        let findings = self.fails("tidy")?;
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
            MADE.iter().any(|made| name.ends_with(&format!("-wasi-{}.md", made.name)))
        };
        let paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(made).collect();
        ensure!(paths.len() == MADE.len(), "{} RFCs were made, and not {}", paths.len(), MADE.len());
        Ok(paths)
    }

    pub(super) fn answer_prompts(&self) -> Result<()> {
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

    /// The rows that were made list Linux alone, which is too little from stage 3 on.
    pub(super) fn refuses_stages_without_platforms(&self) -> Result<()> {
        let findings = self.fails("staging")?;
        for made in MADE.iter().filter(|made| made.stage > 2) {
            let Made { name, stage, .. } = made;
            let expected =
                format!("the proposal {name} is at stage {stage} without tests that pass on macOS, ");
            ensure!(
                findings.contains(&expected),
                "`cargo xtask staging` does not say `{expected}`:\n{findings}"
            );
        }
        Ok(())
    }

    /// Gives those rows what they lack, and the freedom that they are made to have.
    pub(super) fn claim_platforms(&self) -> Result<()> {
        let path = self.root.join("wasi-policy/src/matrix.rs");
        let mut text = fs::read_to_string(&path)?;
        for made in MADE.iter().filter(|made| made.stage > 2) {
            let row = format!("Descriptor::new(\"{}\"", made.name);
            let (before, after) = text.split_once(&row).context("a row that was made is gone")?;
            let lax = if made.is_lax { "\n    .linked_without_flag()" } else { "" };
            let platforms = format!(".with_platforms(&Platform::ALL){lax}");
            text = format!(
                "{before}{row}{}",
                after.replacen(".with_platforms(&[Platform::Linux])", &platforms, 1)
            );
        }
        Ok(fs::write(path, text)?)
    }

    /// A stage-0 proposal in the facade's defaults fails, with the way to it.
    pub(super) fn refuses_stage_0_by_default(&self) -> Result<()> {
        let zero = MADE[0].name;
        let path = self.root.join("wasi-facade/Cargo.toml");
        let good = fs::read_to_string(&path)?;
        let bad = good.replace("default = [", "default = [\"cli\", ");
        ensure!(good != bad, "wasi-facade has no default features to add to");
        fs::write(&path, bad)?;
        let findings = self.fails("staging")?;
        fs::write(&path, good)?;
        let expected = format!("the proposal {zero} is compiled in by default, which stage 0 forbids; ");
        ensure!(findings.contains(&expected), "`cargo xtask staging` does not say `{expected}`:\n{findings}");
        Ok(())
    }

    /// Runs some of the steps, which are heard of if they fail only.
    pub(super) fn passes(&self, steps: &[&str]) -> Result<()> {
        passes(cmd!(self.shell, "cargo xtask ci {steps...}")).map(drop)
    }

    /// What tests say that pass.
    pub(super) fn tests(&self, choice: &[&str]) -> Result<String> {
        passes(cmd!(self.shell, "cargo test --quiet {WHOLE...} {choice...}"))
    }

    /// What a task complains about.
    fn fails(&self, task: &str) -> Result<String> {
        let output = cmd!(self.shell, "cargo xtask {task}").quiet().ignore_status().output()?;
        ensure!(!output.status.success(), "`cargo xtask {task}` passes, and must not");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs the command that was built, and gives its exit code and everything it said.
    pub(super) fn wasi(&self, args: &[&str]) -> Result<(Option<i32>, String)> {
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
