//! Tests that modules beyond the limits of compiling are refused, and that those just below are not.

use wasi_facade::{CompileLimits, Engine, Host, Outcome, Reason, WasiCtx};

/// A module with one function, which has these locals and this body.
fn module(types: &str, locals: &str, body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {types} (func (export \"_start\") {locals} {body}))")).unwrap()
}

/// `count` loops in a row, each of which `arity` values go through.
fn loops(count: usize, arity: usize) -> Vec<u8> {
    let values = "i64 ".repeat(arity);
    let types = format!("(type $through (func (param {values}) (result {values})))");
    let body =
        "i64.const 1 ".repeat(arity) + &"loop (type $through) end ".repeat(count) + &"drop ".repeat(arity);
    module(&types, "", &body)
}

/// A branch to a block with `arity` results through a table of `targets` entries.
fn table(targets: usize, arity: usize) -> Vec<u8> {
    let types = format!("(type $gives (func (result {})))", "i64 ".repeat(arity));
    let (consts, drops) = ("i64.const 1 ".repeat(arity), "drop ".repeat(arity));
    let body =
        format!("block (type $gives) {consts} i32.const 0 br_table {} 0 end {drops}", "0 ".repeat(targets));
    module(&types, "", &body)
}

/// `count` blocks in a function with so many locals.
fn blocks(count: usize, locals: usize) -> Vec<u8> {
    module("", &format!("(local {})", "i64 ".repeat(locals)), &"block end ".repeat(count))
}

/// `count` blocks while so many operands wait below them.
fn waiting(count: usize, operands: usize) -> Vec<u8> {
    module(
        "",
        "",
        &("i64.const 1 ".repeat(operands) + &"block end ".repeat(count) + &"drop ".repeat(operands)),
    )
}

/// `count` calls that hand `arity` values on.
fn calls(count: usize, arity: usize) -> Vec<u8> {
    let values = "i64 ".repeat(arity);
    let types = format!(
        "(type $through (func (param {values}) (result {values})))
         (func $through (type $through) {})",
        (0..arity).map(|index| format!("local.get {index} ")).collect::<String>()
    );
    let body = "i64.const 1 ".repeat(arity) + &"call $through ".repeat(count) + &"drop ".repeat(arity);
    module(&types, "", &body)
}

/// `calls` calls, each of which could throw to one of `handlers` handlers.
#[cfg(feature = "wasmtime")]
fn handlers(calls: usize, handlers: usize) -> Vec<u8> {
    let body = format!(
        "block $out try_table {} {} end end",
        "(catch_all $out) ".repeat(handlers),
        "call $nothing ".repeat(calls)
    );
    module("(func $nothing)", "", &body)
}

/// The bound that refuses the module, on each engine.
fn refused(limits: &CompileLimits, module: &[u8]) -> Option<&'static str> {
    let bounds: Vec<_> = Engine::ALL
        .iter()
        .map(|engine| match Host::new().engine(*engine).compile_limits(limits.clone()).compile(module) {
            Ok(_) => None,
            Err(error) => match error.reason() {
                Reason::Costly(costly) => Some(costly.bound()),
                other => panic!("{engine}: {other}"),
            },
        })
        .collect();
    assert!(bounds.iter().all(|bound| bound == &bounds[0]), "{bounds:?}");
    bounds[0]
}

fn limits(set: impl Fn(&mut CompileLimits)) -> CompileLimits {
    let mut limits = CompileLimits::unlimited();
    set(&mut limits);
    limits
}

#[test]
fn each_kind_of_cost_has_a_bound() {
    type Set = fn(&mut CompileLimits);
    let rows: [(&str, Set, Vec<u8>, Vec<u8>); 8] = [
        ("max_function_passed", |limits| limits.max_function_passed = 1000, loops(9, 10), loops(10, 10)),
        ("max_function_passed", |limits| limits.max_function_passed = 1000, table(40, 20), table(50, 20)),
        ("max_function_live", |limits| limits.max_function_live = 2100, blocks(9, 100), blocks(10, 100)),
        ("max_function_live", |limits| limits.max_function_live = 2100, waiting(10, 100), waiting(11, 100)),
        ("max_function_values", |limits| limits.max_function_values = 1000, calls(45, 10), calls(50, 10)),
        ("max_module_values", |limits| limits.max_module_values = 1000, calls(45, 10), calls(50, 10)),
        ("max_function_bytes", |limits| limits.max_function_bytes = 100, blocks(30, 1), blocks(40, 1)),
        ("max_module_bytes", |limits| limits.max_module_bytes = 200, blocks(30, 1), blocks(100, 1)),
    ];
    for (bound, set, sane, costly) in rows {
        let limits = limits(set);
        assert_eq!(refused(&limits, &sane), None, "{bound}");
        assert_eq!(refused(&limits, &costly), Some(bound));
    }
}

/// wasmi has no exceptions.
#[cfg(feature = "wasmtime")]
#[test]
fn handlers_count_for_each_call_that_could_throw_to_them() {
    let limits = limits(|limits| limits.max_function_values = 4000);
    let compile = |module: &[u8]| Host::new().compile_limits(limits.clone()).compile(module);
    assert!(compile(&handlers(10, 50)).is_ok());
    assert!(compile(&handlers(200, 2)).is_ok());
    let error = compile(&handlers(50, 50)).err().unwrap();
    assert!(matches!(error.reason(), Reason::Costly(costly) if costly.bound() == "max_function_values"));
}

/// 11 KB of loops took a compiler 14 GB; a kilobyte of branches, 8 GB.
#[test]
fn the_defaults_refuse_what_was_found_and_say_where() {
    let limits = CompileLimits::default();
    assert_eq!(refused(&limits, &loops(2000, 1000)), Some("max_function_passed"));
    assert_eq!(refused(&limits, &table(10_000, 1000)), Some("max_function_values"));
    assert_eq!(refused(&limits, &blocks(20_000, 40_000)), Some("max_function_live"));
    let error = Host::new().compile(&loops(2000, 1000)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the module costs too much to compile: function 0 has 262145 values that go along its control flow, or more, \
         and the bound `max_function_passed` is 262144"
    );
}

/// Cranelift numbers what a function uses of globals with 16 bits, and panics beyond that.
#[test]
fn a_compiler_that_panics_is_an_error() {
    let globals = "(global i64 (i64.const 1))".repeat(66_000);
    let reads = (0..66_000).map(|index| format!("global.get {index} drop ")).collect::<String>();
    let module = module(&globals, "", &reads);
    for engine in Engine::ALL {
        match Host::new().engine(*engine).compile(&module) {
            Ok(_) => {}
            Err(error) => assert!(error.to_string().contains("it panicked while compiling"), "{error}"),
        }
    }
}

/// What fits is laid out while compiling; for all else a function is compiled.
#[test]
fn what_comes_before_the_start_counts_where_it_does_not_fit() {
    let limits = limits(|limits| limits.max_function_passed = 1000);
    let bound = |fields: &str| {
        let module = wat::parse_str(format!("(module {fields} (func $f (export \"_start\")))")).unwrap();
        refused(&limits, &module)
    };
    let functions = |table: usize, offset: &str, count: usize| {
        bound(&format!("(table {table} funcref) (elem ({offset}) func {})", "$f ".repeat(count)))
    };
    assert_eq!(functions(5000, "i32.const 0", 5000), None);
    assert_eq!(functions(5000, "i32.const 1", 200), None);
    assert_eq!(functions(4999, "i32.const 0", 5000), Some("max_function_passed"));
    assert_eq!(functions(10, "i32.const 0", 200), None);
    let global = "i32.add (global.get 0) (i32.const 0)";
    assert_eq!(
        bound(&format!(
            "(global i32 (i32.const 0)) (table 300 funcref) (elem ({global}) func {})",
            "$f ".repeat(300)
        )),
        Some("max_function_passed")
    );
    let data = |offset: i64, count: usize| {
        bound(&format!("(memory 1) {}", format!("(data (i32.const {offset}) \"x\")").repeat(count)))
    };
    assert_eq!(data(0, 500), None);
    assert_eq!(data(-1, 50), None);
    assert_eq!(data(-1, 500), Some("max_function_passed"));
    let globals = |value: &str| bound(&format!("(global i64 {value})").repeat(2000));
    assert_eq!(globals("(i64.const 1)"), None);
    assert_eq!(globals("(i64.add (i64.const 1) (i64.const 1))"), Some("max_function_passed"));
}

/// Each looks at the time, so 60 KB of loops took a minute.
#[test]
fn loops_that_hand_nothing_on_count_too() {
    let limits = limits(|limits| limits.max_function_passed = 1000);
    let loops = |count: usize| module("", "", &"loop end ".repeat(count));
    assert_eq!(refused(&limits, &loops(15)), None);
    assert_eq!(refused(&limits, &loops(16)), Some("max_function_passed"));
}

/// Compiled code calls the engine for these, with everything kept aside.
#[test]
fn instructions_that_call_the_engine_count_like_loops() {
    let limits = limits(|limits| limits.max_function_passed = 1000);
    for instruction in [
        "(drop (table.grow (ref.null func) (i32.const 3)))",
        "(table.fill (i32.const 0) (ref.null func) (i32.const 0))",
        "(table.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(drop (memory.grow (i32.const 0)))",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
    ] {
        let many = |count: usize| module("(memory 1) (table 1 funcref)", "", &instruction.repeat(count));
        assert_eq!(refused(&limits, &many(15)), None, "{instruction}");
        assert_eq!(refused(&limits, &many(16)), Some("max_function_passed"), "{instruction}");
    }
}

/// Code that is never reached has as many operands as anybody asks for.
#[test]
fn unreachable_code_counts_as_its_instructions() {
    let values = "i64 ".repeat(100);
    let types = format!("(type $gives (func (result {values})))");
    let body = format!("block (type $gives) {} unreachable end {}", "br 0 ".repeat(20), "drop ".repeat(100));
    let limits = limits(|limits| limits.max_function_passed = 1000);
    assert_eq!(refused(&limits, &module(&types, "", &body)), Some("max_function_passed"));
}

#[test]
fn what_is_within_the_defaults_runs() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine);
        for module in [loops(3, 50), table(3, 50), blocks(100, 100), calls(3, 50)] {
            let ctx = WasiCtx::builder().build().unwrap();
            assert_eq!(host.run(&module, ctx).unwrap(), Outcome::Exited(0), "{engine}");
        }
    }
}

/// What was compiled once has been looked at, and costs nothing any more.
#[cfg(feature = "cache")]
#[test]
fn code_from_the_cache_is_not_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    let cache = wasi_facade::Cache::open(dir.path().join("cache")).unwrap();
    let module = module("", "", "");
    let mut tight = CompileLimits::default();
    tight.max_module_bytes = 10;
    let host = || Host::new().engine(Engine::Wasmtime);
    let is_refused = |host: Host| {
        let compiled = host.compile(&module);
        compiled.is_err_and(|error| matches!(error.reason(), Reason::Costly(_)))
    };
    assert!(is_refused(host().cache(cache.clone()).compile_limits(tight.clone())));
    assert!(host().cache(cache.clone()).compile(&module).is_ok());
    assert!(!is_refused(host().cache(cache).compile_limits(tight.clone())));
    assert!(is_refused(host().compile_limits(tight)));
}
