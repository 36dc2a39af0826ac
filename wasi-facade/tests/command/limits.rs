//! Tests of the limits on time, fuel and memory.

use crate::guests;
use crate::workplace::{ENGINES, Ran, TRAPPED, Workplace};
use std::process::Stdio;

const TIMED_OUT: &str = "guest.wat did not end within 200ms; give it more time with `--timeout`";

#[test]
fn a_loop_ends_when_its_time_is_up() {
    let place = Workplace::with(&guests::spins());
    for engine in ENGINES {
        place.wasi(&format!("{engine} --timeout 200ms guest.wat")).complains(124, TIMED_OUT);
    }
}

#[test]
fn a_sleep_ends_when_its_time_is_up() {
    let place = Workplace::with(&guests::sleeps());
    for engine in ENGINES {
        place.wasi(&format!("{engine} --timeout 200ms guest.wat")).complains(124, TIMED_OUT);
    }
}

#[test]
fn a_read_that_waits_ends_when_its_time_is_up() {
    let place = Workplace::with(&guests::copies());
    for engine in ENGINES {
        let mut command = place.command(&format!("{engine} --timeout 200ms guest.wat"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The pipe stays open, so that the read has something to wait for.
        let stdin = child.stdin.take();
        Ran::from(child.wait_with_output().unwrap()).complains(124, TIMED_OUT);
        drop(stdin);
    }
}

#[test]
fn who_is_done_in_time_hears_nothing_of_it() {
    let place = Workplace::with(&guests::exits(3));
    for engine in ENGINES {
        place.wasi(&format!("{engine} --timeout 1h --fuel 1000000 --max-memory 1GiB guest.wat")).quiet(3);
    }
}

#[test]
fn a_loop_in_compiled_code_ends_too() {
    let place = Workplace::with(&guests::spins());
    place.wasi("compile guest.wat -o guest.cwasm").quiet(0);
    let message = TIMED_OUT.replace("guest.wat", "guest.cwasm");
    place.wasi("run --allow-precompiled --timeout 200ms guest.cwasm").complains(124, &message);
}

#[test]
fn fuel_runs_out() {
    let place = Workplace::with(&guests::spins());
    let message = "guest.wat used up its fuel of 100000; give it more with `--fuel`";
    for engine in ENGINES {
        place.wasi(&format!("{engine} --fuel 100000 guest.wat")).complains(TRAPPED, message);
        place.wasi(&format!("{engine} --fuel 100000 --timeout 1h guest.wat")).complains(TRAPPED, message);
    }
}

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let place = Workplace::with(&guests::grows(15));
    for engine in ENGINES {
        place.wasi(&format!("{engine} guest.wat")).quiet(0);
        place.wasi(&format!("{engine} --max-memory 1M guest.wat")).quiet(0);
        place.wasi(&format!("{engine} --max-memory 1000000 guest.wat")).quiet(1);
    }
}

#[test]
fn a_module_that_starts_out_too_large_does_not_start() {
    let place = Workplace::with("(module (memory (export \"memory\") 100) (func (export \"_start\")))");
    for engine in ENGINES {
        let ran = place.wasi(&format!("{engine} --max-memory 1M guest.wat"));
        assert_eq!(ran.code, Some(1));
        assert!(
            ran.stderr.starts_with("wasi: guest.wat cannot start within the memory that it may have: "),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.ends_with("; give it more with `--max-memory`\n"), "{}", ran.stderr);
    }
}

#[test]
fn memories_share_their_limit() {
    let place =
        Workplace::with("(module (memory (export \"memory\") 10) (memory 10) (func (export \"_start\")))");
    for engine in ENGINES {
        place.wasi(&format!("{engine} --max-memory 2M guest.wat")).quiet(0);
        assert_eq!(place.wasi(&format!("{engine} --max-memory 1M guest.wat")).code, Some(1));
    }
}

#[test]
fn a_shared_memory_cannot_get_round_the_limit() {
    let module = "(module (memory (export \"memory\") 1 100 shared) (func (export \"_start\")))";
    let place = Workplace::with(module);
    place.write("guest.wasm", wat::parse_str(module).unwrap());
    place.wasi("compile guest.wat -o guest.cwasm").quiet(0);
    let message = "has a shared memory, which grows without anybody being asked, so that no limit holds it; build it \
                   without threads, or leave `--max-memory` away";
    // By its file a module is found in the cache, and nobody looks at it again.
    for name in ["guest.wat", "guest.wasm", "guest.cwasm"] {
        place.wasi(&format!("--allow-precompiled {name}")).quiet(0);
        let ran = place.wasi(&format!("--allow-precompiled --max-memory 1M {name}"));
        ran.complains(1, &format!("{name} {message}"));
    }
}

/// A guest can wait in one, and the time can be up, but nobody would tell the guest.
#[test]
fn a_shared_memory_cannot_get_round_the_timeout() {
    let place = Workplace::with(
        "(module (memory 1 1 shared) (func (export \"_start\")
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))",
    );
    place.wasi("--timeout 1h guest.wat").complains(
        1,
        "guest.wat has a shared memory, in which a guest can wait where no timeout and no interrupt reaches it; \
         build it without threads, or leave `--timeout` away",
    );
}

#[test]
fn tables_cannot_take_all_the_hosts_memory() {
    let grow = "(i32.eq (table.grow $t (ref.null func) (i32.const 1000000000)) (i32.const -1))";
    let place = Workplace::with(&guests::command(&format!("(call $exit {grow})"), "(table $t 1 funcref)"));
    for engine in ENGINES {
        place.wasi(&format!("{engine} guest.wat")).quiet(1);
    }
}

#[test]
fn exceptions_count_as_memory_and_do_not_pile_up() {
    let place = Workplace::with(
        "(module (memory (export \"memory\") 1) (tag $t (param i32))
            (func (export \"_start\") (local i32)
                (loop $again
                    (block $caught (result i32)
                        (try_table (catch $t $caught) (throw $t (i32.const 1))) (unreachable))
                    (drop)
                    (br_if $again (i32.lt_u
                        (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 30000))))))",
    );
    place.wasi("--max-memory 1M guest.wat").quiet(0);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let place = Workplace::with(&guests::exits(0));
    place.wasi("--timeout soon guest.wat").misused("--timeout");
    place.wasi("--max-memory lots guest.wat").misused("--max-memory");
    place.wasi("--fuel many guest.wat").misused("--fuel");
}
