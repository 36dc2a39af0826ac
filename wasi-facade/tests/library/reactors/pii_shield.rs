//! PII Shield, a reactor in Go that takes secrets out of text, as its `scanner.py` drives it.

use super::{Output, programs};
use wasi_facade::{Instance, Program, TypedFunc, WasiCtx};

const FOLDER: &str = "pii-shield-wasi-2.3.1";
const FILE: &str = "pii_shield/pii-shield-wasi.wasm";

struct Scanner {
    instance: Instance,
    output: Output,
    allocate: TypedFunc<u32, u32>,
    free: TypedFunc<(u32, u32), ()>,
    redact: TypedFunc<(u32, u32), u64>,
}

impl Scanner {
    fn start(program: &Program, config: &str) -> Self {
        let (context, output) = Output::context(WasiCtx::builder());
        let mut instance = program.start(context).unwrap();
        let init_config = instance.func::<(u32, u32), ()>("init_config").unwrap();
        let mut scanner = Scanner {
            allocate: instance.func("allocate").unwrap(),
            free: instance.func("free").unwrap(),
            redact: instance.func("redact").unwrap(),
            instance,
            output,
        };
        let config = scanner.lower(config);
        init_config.call(&mut scanner.instance, config).unwrap();
        scanner.free.call(&mut scanner.instance, config).unwrap();
        scanner
    }

    /// Puts text into the guest's memory.
    fn lower(&mut self, text: &str) -> (u32, u32) {
        let len = u32::try_from(text.len()).unwrap();
        let at = self.allocate.call(&mut self.instance, len).unwrap();
        assert_ne!(at, 0);
        self.instance.memory().write_slice(at, text.as_bytes()).unwrap();
        (at, len)
    }

    fn redact(&mut self, text: &str) -> String {
        let text = self.lower(text);
        // An address above a length.
        let packed = self.redact.call(&mut self.instance, text).unwrap();
        let (at, len) = ((packed >> 32) as u32, packed as u32);
        let redacted = self.instance.memory().text(at, len).unwrap().into_owned();
        for span in [(at, len), text] {
            self.free.call(&mut self.instance, span).unwrap();
        }
        redacted
    }
}

const TEXTS: [&str; 5] = [
    "Connecting to DB with password: MySuperSecretPassword123!",
    "nothing to see here",
    "card 4111 1111 1111 1111 paid\r\nuser=anna token=ghp_16C7e42F292c6912E7710c838347Ae178B4a\n",
    "käse päßwort: größe123!Xy_q9Zt4Lm8",
    "AKIAIOSFODNN7EXAMPLE",
];

/// A configuration, what becomes of [`TEXTS`] under it, and what the guest complains of.
const CASES: [(&str, [&str; 5], &str); 2] = [
    (
        r#"{"salt": "pepper", "entity_type_labels": true}"#,
        [
            "Connecting to DB with password: [HIDDEN:key:e9d09b]",
            "nothing to see here",
            "card [HIDDEN:card:03fc44] paid\r\nuser=anna token=[HIDDEN:github-token:eedfc4]\n",
            "käse päßwort: [HIDDEN:entropy:d8ddce]",
            "[HIDDEN:aws-key:985f72]",
        ],
        "",
    ),
    (
        r#"{"salt": "salt", "custom_regexes": [{"pattern": "[", "name": "bad"}]}"#,
        [
            "Connecting to DB with password: [HIDDEN:0003cb]",
            "nothing to see here",
            "card [HIDDEN:986ae9] paid\r\nuser=anna token=[HIDDEN:4c9a60]\n",
            "käse päßwort: [HIDDEN:213205]",
            "[HIDDEN:74c879]",
        ],
        "WARNING: custom regex list: skipping invalid regex \"[\": error parsing regexp: missing closing ]: `[`\n",
    ),
];

#[test]
fn secrets_are_taken_out_text_after_text() {
    for (engine, program) in programs(FOLDER, FILE) {
        // All live at the same time, each with the salt that it was told.
        let mut scanners = CASES.map(|(config, ..)| Scanner::start(&program, config));
        for turn in 0..3 {
            for (number, text) in TEXTS.iter().enumerate() {
                for (scanner, (config, expected, _)) in scanners.iter_mut().zip(&CASES) {
                    assert_eq!(scanner.redact(text), expected[number], "{engine}, turn {turn}: {config}");
                }
            }
        }
        for (scanner, (config, _, complaint)) in scanners.iter().zip(&CASES) {
            let written = scanner.output.take();
            assert_eq!(written, (String::new(), (*complaint).to_owned()), "{engine}: {config}");
        }

        // A text larger than all the memory that there was.
        let [scanner, _] = &mut scanners;
        let before = scanner.instance.usage().memory;
        let lines = |secret: &str| format!("line with secret={secret}\n").repeat(LINES);
        let redacted = scanner.redact(&lines("ghp_16C7e42F292c6912E7710c838347Ae178B4a"));
        assert!(redacted == lines("[HIDDEN:github-token:eedfc4]"), "{engine}: {} bytes", redacted.len());
        assert!(scanner.instance.usage().memory > before, "{engine}: {before}");
    }
}

const LINES: usize = 2_000;
