//! What the built command lets a guest of a made proposal do, and what it says about that.

use super::Made;
use super::copy::Copy;
use anyhow::{Context, Result, ensure};
use std::fs;

/// Says nothing, allows, and forbids; each with the answer that the stage gives.
pub(super) fn check(copy: &Copy, made: &Made) -> Result<()> {
    let Made { name, stage, is_lax } = made;
    let guest = "guest.wat";
    fs::write(copy.root.join(guest), guest_of(&module(name)))?;
    let rule = match stage {
        0 | 1 => format!("a proposal at stage {stage} needs a flag"),
        _ => format!("it asks for a flag, more strictly than stage {stage} demands"),
    };
    let silent = match is_lax {
        true => Ok(format!("it is on by default, as stage {stage} may be")),
        false => Err(format!("{rule}; allow it with `-S {name}`")),
    };
    let forbidden = format!("it was forbidden by a flag; take `-S {name}=n` away");
    expect(copy, name, &[], silent, guest)?;
    expect(copy, name, &[&format!("-S{name}")], Ok(format!("`-S {name}` allows it")), guest)?;
    expect(copy, name, &[&format!("-S{name}=n")], Err(forbidden), guest)
}

/// The gate gives this answer, with its reason, wherever the command is asked.
fn expect(
    copy: &Copy,
    name: &str,
    flags: &[&str],
    answer: Result<String, String>,
    guest: &str,
) -> Result<()> {
    let import = format!("{}.calls_get", module(name));
    let refusal = answer.as_ref().err().map(|reason| format!("the proposal `{name}` is off: {reason}"));

    for engine in ["wasmtime", "wasmi"] {
        let (code, said) = copy.wasi(&[&["run", "--engine", engine], flags, &[guest]].concat())?;
        let is_right = match &refusal {
            None => code == Some(0),
            Some(refusal) => code == Some(1) && said.contains(&format!("{import}; {refusal}")),
        };
        ensure!(
            is_right,
            "{name} with {flags:?}: `wasi run` in {engine} ends with {code:?} and says:\n{said}"
        );
    }

    let (_, said) = copy.wasi(&[&["imports"], flags, &[guest]].concat())?;
    let decision = refusal.clone().unwrap_or_else(|| format!("the proposal `{name}` is allowed"));
    ensure!(
        said == format!("{decision}\n    {import}\n"),
        "{name} with {flags:?}: `wasi imports` says:\n{said}"
    );

    let (_, said) = copy.wasi(&[&["proposals"], flags].concat())?;
    let row = said.lines().find(|line| line.starts_with(name)).context("`wasi proposals` lacks a row")?;
    let row = row.split_whitespace().skip(3).collect::<Vec<_>>().join(" ");
    let expected = match (&answer, &refusal) {
        (_, Some(refusal)) => format!("yes no {refusal}"),
        (answer, None) => format!("yes yes {}", answer.as_deref().unwrap_or_default()),
    };
    ensure!(row == expected, "{name} with {flags:?}: `wasi proposals` says `{row}`, and not `{expected}`");
    Ok(())
}

fn module(name: &str) -> String {
    format!("wasi_{}", name.replace('-', "_"))
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
