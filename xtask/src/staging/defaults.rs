//! The crates that Cargo compiles by default, asked of `cargo tree`.

use crate::metadata::package;
use anyhow::Result;
use wasi_policy::Descriptor;
use xshell::{Shell, cmd};

/// The rules about default features; each finding has the fix.
pub(super) fn check(shell: &Shell, rows: &[Descriptor]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for row in rows.iter().filter(|row| !row.stage().may_compile_by_default()) {
        findings.extend(forbidden(row, &dependents(shell, row)?));
    }
    let facade =
        cmd!(shell, "cargo tree --package wasi-facade --edges normal,build --prefix none").quiet().read()?;
    findings.extend(disagreements(rows, &facade));
    Ok(findings)
}

/// Who has a proposal in it when the whole workspace is built with its default features.
fn dependents(shell: &Shell, row: &Descriptor) -> Result<String> {
    let package = package(row.name());
    Ok(cmd!(shell, "cargo tree --workspace --edges normal,build --invert {package}").quiet().read()?)
}

/// `tree` begins with the proposal, and has who depends on it below.
fn forbidden(row: &Descriptor, tree: &str) -> Option<String> {
    let (_, way) = tree.trim_end().split_once('\n')?;
    Some(format!(
        "the proposal {} is compiled in by default, which {} forbids; take it out of the features that nobody has to \
         ask for:\n{way}",
        row.name(),
        row.stage()
    ))
}

/// The matrix and the facade agree about what is compiled in by default; `facade` has the crates of the latter.
fn disagreements(rows: &[Descriptor], facade: &str) -> Vec<String> {
    let finding = |row: &Descriptor| {
        let name = row.name();
        let package = package(name);
        let is_on = facade.lines().any(|line| line.split(' ').next() == Some(&package));
        match (row.is_compiled_by_default(), is_on) {
            (true, false) => Some(format!(
                "the matrix compiles {name} in by default, and wasi-facade does not; add it to `default` there, or \
                 remove `compiled_by_default` from the row"
            )),
            (false, true) => Some(format!(
                "wasi-facade compiles {name} in by default, and the matrix does not; take it out of `default`, or add \
                 `compiled_by_default` to the row"
            )),
            (true, true) | (false, false) => None,
        }
    };
    rows.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::{dependents, disagreements, forbidden};
    use crate::project;
    use wasi_policy::{Descriptor, Stage};

    const ZERO: Descriptor = Descriptor::new("nn", Stage::Zero);
    const ONE: Descriptor = Descriptor::new("one", Stage::One).compiled_by_default();

    #[test]
    fn stage_0_by_default_is_named_with_the_way_to_it() {
        assert_eq!(forbidden(&ZERO, "wasi-nn-host v0.1.0 (nn)\n"), None);
        // The crate `fuzz` asks for inference, without anybody asking for it.
        let tree = dependents(&project::shell().unwrap(), &ZERO).unwrap();
        let finding = forbidden(&ZERO, &tree).unwrap();
        assert!(
            finding.starts_with("the proposal nn is compiled in by default, which stage 0 forbids; "),
            "{finding}"
        );
        assert!(finding.contains("wasi-facade v") && finding.contains("fuzz v"), "{finding}");
    }

    #[test]
    fn the_matrix_and_the_facade_agree() {
        assert_eq!(disagreements(&[ZERO, ONE], "wasi-facade v1\nwasi-one v1 (*)\n"), [""; 0]);
        let found = disagreements(&[ZERO, ONE], "wasi-facade v1\nwasi-nn-host v1\n");
        assert!(
            found[0].starts_with("wasi-facade compiles nn in by default, and the matrix does not"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("the matrix compiles one in by default, and wasi-facade does not"),
            "{found:?}"
        );
    }
}
