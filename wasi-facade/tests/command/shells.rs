//! Tests of help, mistakes on the command line, and completions.

use crate::guests;
use crate::workplace::Workplace;

#[test]
fn every_usual_shell_gets_completions() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.wasi(&format!("completions {shell}")).quiet(0);
        for word in ["wasi", "proposals", "max-memory", "nn-graph", "inspect"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    place.wasi("completions tcsh").misused("tcsh");
}

#[test]
fn help_names_every_flag_and_the_exit_codes() {
    let place = Workplace::new();
    let help = place.wasi("run --help").quiet(0);
    let flags = "--dir --env --inherit-env -S --engine --tcplisten --argv0 --invoke --stats --timeout --max-memory --fuel --limit \
                 --no-cache --trap-unknown-imports --allow-precompiled --nn-graph --nn-backend --nn-eager --nn-device --nn-cache \
                 --nn-guest-models --nn-compile-time --nn-compute-time --nn-limit --nn-stats --nn-openvino --nn-onnxruntime --verbose";
    for flag in flags.split_whitespace() {
        assert!(help.contains(flag), "{flag}");
    }
    let codes = if cfg!(windows) { ["3 after", "3221225786"] } else { ["134 after", "130"] };
    for code in codes.into_iter().chain(["124 when", "2 for"]) {
        assert!(help.contains(code), "{code}");
    }
    assert!(place.wasi("--version").quiet(0).starts_with("wasi "));
}

#[test]
fn mistakes_on_the_command_line_end_with_code_2() {
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("").misused("Usage: wasi");
    place.wasi("run").misused("MODULE");
    place.wasi("--time-out 1s guest.wat").misused("--timeout");
    place.wasi("--engine v8 guest.wat").misused("wasmtime, wasmi");
    place.wasi("compile guest.wat").misused("--output");
}
