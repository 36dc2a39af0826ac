//! A pipeline of ITK, which gives its result through memory and ends by calls, as `itkwasm/pipeline.py` drives it.

use super::{Output, programs};
use wasi_facade::{Instance, Outcome, Program, TrapKind, Value, WasiCtx};

const FOLDER: &str = "itkwasm-downsample-wasi-2.0.2";
const FILE: &str = "itkwasm_downsample_wasi/wasm_modules/gaussian-kernel-radius.wasi.wasm";

/// A pipeline with the arguments of the command line, which begin with no name of a program.
fn start(program: &Program, args: &str) -> (Instance, Output) {
    let (context, output) = Output::context(WasiCtx::builder().args(args.split(' ')));
    (program.start(context).unwrap(), output)
}

/// Runs the pipeline.
fn run(instance: &mut Instance) -> Outcome {
    instance.call("itk_wasm_delayed_start", &[]).unwrap()
}

fn returned(code: i32) -> Outcome {
    Outcome::Returned(vec![code.into()])
}

/// What the pipeline has put into its memory.
fn result(instance: &mut Instance) -> String {
    let address = instance.func::<(u32, u32, u32), u32>("itk_wasm_output_array_address").unwrap();
    let size = instance.func::<(u32, u32, u32), u32>("itk_wasm_output_array_size").unwrap();
    let (at, len) = (address.call(instance, (0, 0, 0)).unwrap(), size.call(instance, (0, 0, 0)).unwrap());
    instance.memory().text(at, len).unwrap().into_owned()
}

#[test]
fn a_pipeline_runs_and_its_result_is_read() {
    for (engine, program) in programs(FOLDER, FILE) {
        for (args, expected) in [
            ("--size 64 64 32 --sigma 2.0 3.0 1.5 --max-kernel-width 32 --max-kernel-error 0.01", "[5,8,4]"),
            ("--size 256 --sigma 0.7 --max-kernel-width 32 --max-kernel-error 0.01", "[2]"),
            ("--size 64 64 --sigma 4.0 9.5 --max-kernel-width 16 --max-kernel-error 0.001", "[13,16]"),
        ] {
            let (mut instance, output) = start(&program, &format!("--memory-io 0 {args}"));
            assert_eq!(run(&mut instance), returned(0), "{engine}: {args}");
            assert_eq!(result(&mut instance), expected, "{engine}: {args}");
            // Its code is 0, and so it does not exit.
            let exit = instance.call("itk_wasm_delayed_exit", &[Value::I32(0)]).unwrap();
            assert_eq!(exit, Outcome::Returned(Vec::new()), "{engine}: {args}");
            assert_eq!(instance.usage().memory, 4 << 16, "{engine}: {args}");
            assert_eq!(output.take(), (String::new(), String::new()), "{engine}: {args}");
        }
    }
}

#[test]
fn a_pipeline_that_does_not_get_what_it_needs_ends_with_its_words() {
    for (engine, program) in programs(FOLDER, FILE) {
        // It returns a code, and exits with that when it is told to.
        let (mut unequal, output) = start(&program, "--memory-io 0 --size 64 64 --sigma 1.0");
        assert_eq!(run(&mut unequal), returned(1), "{engine}");
        let exit = unequal.call("itk_wasm_delayed_exit", &[Value::I32(1)]).unwrap();
        assert_eq!(exit, Outcome::Exited(1), "{engine}");
        assert_eq!(unequal.ended(), Some(&Outcome::Exited(1)), "{engine}");
        let words = "Size and sigma must have the same length. Size: 2 Sigma: 1.\n\n\
            Run with --help for more information.\n";
        assert_eq!(output.take(), ("\x1b[91m\x1b[39m".to_owned(), words.to_owned()), "{engine}");

        // It exits on its own.
        let (mut help, output) = start(&program, "--help");
        assert_eq!(run(&mut help), Outcome::Exited(0), "{engine}");
        let (stdout, stderr) = output.take();
        assert!(stdout.contains("Radius in pixels required for effective discrete gaussian filtering.\n"));
        assert!(stdout.ends_with("Enjoy ITK!\n\x1b[39m\x1b[0m"), "{engine}: {stdout:?}");
        assert_eq!((stdout.len(), stderr), (HELP, String::new()), "{engine}");

        // Its exceptions have nobody to catch them.
        let (mut unknown, _) = start(&program, "--memory-io 0 --size 64 --bogus");
        let Outcome::Trapped(trap) = run(&mut unknown) else { panic!("{engine}: {:?}", unknown.ended()) };
        assert_eq!(trap.kind(), TrapKind::Unreachable, "{engine}");
    }
}

/// The bytes of the text that `--help` gives.
const HELP: usize = 1989;
