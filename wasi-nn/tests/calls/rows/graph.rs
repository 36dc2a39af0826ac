//! Rows of the calls that load graphs and give them back.

use super::rows;
use crate::common::errno::Errno;
use crate::common::fixture::{Fixture, GRAPH, STALE, SUM};
use crate::common::guest::{BUILDERS, MODEL, NAME, OUT};
use test_support::SIZE;

fn load(f: &mut Fixture, count: u32, encoding: u32, target: u32) -> Errno {
    let (model, len) = f.put(MODEL, SUM);
    f.put_words(BUILDERS, &[model, len, model, len]);
    f.call("load", &[BUILDERS, count, encoding, target, OUT])
}

fn load_at(f: &mut Fixture, list: u32, part: (u32, u32), graph: u32) -> Errno {
    f.put_words(BUILDERS, &[part.0, part.1]);
    f.call("load", &[list, 1, 3, 0, graph])
}

fn load_text(f: &mut Fixture, model: &str) -> Errno {
    f.load(model).expect_err(model)
}

fn named(f: &mut Fixture, name: &[u8]) -> Errno {
    let (name, len) = f.put(NAME, name);
    f.call("load_by_name", &[name, len, OUT])
}

fn configured(f: &mut Fixture, name: &[u8]) -> Errno {
    let (name, len) = f.put(NAME, name);
    f.call("load_by_name_with_config", &[name, len, name, len, OUT])
}

fn full(f: &Fixture) -> Fixture {
    let mut full = Fixture::limited(|limits| limits.max_graphs = 1);
    full.view = f.view;
    full.make_ready();
    full
}

rows! {
    load: invalid_argument "no parts" => |f| load(f, 0, 3, 0);
    load: invalid_argument "two parts for a model of one" => |f| load(f, 2, 3, 0);
    load: invalid_argument "no weights" => |f| load(f, 1, 0, 0);
    load: invalid_argument "more parts than any model has" => |f| load(f, 3, 5, 0);
    load: invalid_argument "as many parts as there are numbers" => |f| load(f, u32::MAX, 3, 0);
    load: invalid_argument "no such target" => |f| load(f, 1, 3, 4);
    load: invalid_argument "the greatest target" => |f| load(f, 1, 3, u32::MAX);
    load: invalid_argument "the list ends outside" => |f| load_at(f, SIZE - 7, (MODEL, 1), OUT);
    load: invalid_argument "the part begins outside" => |f| load_at(f, BUILDERS, (SIZE + 1, 0), OUT);
    load: invalid_argument "the part ends outside" => |f| load_at(f, BUILDERS, (SIZE - 1, 2), OUT);
    load: invalid_argument "the part wraps around" => |f| load_at(f, BUILDERS, (2, u32::MAX), OUT);
    load: invalid_argument "the handle would be outside" => |f| load_at(f, BUILDERS, (MODEL, 1), SIZE - 3);
    load: invalid_encoding "no such encoding" => |f| load(f, 1, 6, 0);
    load: invalid_encoding "an encoding in the low bits" => |f| load(f, 1, 0x103, 0);
    load: invalid_encoding "the greatest encoding" => |f| load(f, 1, u32::MAX, 0);
    load: invalid_encoding "guests may not bring it" => |f| load(f, 1, 4, 0);
    load: invalid_encoding "the content tells nothing" => |f| load(f, 1, 5, 0);
    load: invalid_encoding "the content is OpenVINO's" => |f| f.load("<net name=\"x\">").unwrap_err();
    load: busy "as many graphs as there may be" => |f| load(&mut full(f), 1, 3, 0);
    load: busy "as many graphs as there may be, and a model that is none"
        => |f| load_text(&mut full(f), "nonsense");
    load: runtime_error "the model is none" => |f| load_text(f, "nonsense");
    load: runtime_error "the model is empty bytes" => |f| load_text(f, "\0\0\0");
    load: runtime_error "the backend fails" => |f| load_text(f, "on load fail");
    load: runtime_error "the backend panics" => |f| load_text(f, "on load panic");
    load: unsupported_operation "the backend has no such device" => |f| load(f, 1, 3, 2);
    load: too_large "more bytes than the guest may bring" => |f| {
        let mut small = Fixture::limited(|limits| limits.max_model_bytes = SUM.len() as u64 - 1);
        small.view = f.view;
        load(&mut small, 1, 3, 0)
    };
    load_by_name: invalid_argument "not UTF-8" => |f| named(f, b"s\xffm");
    load_by_name: invalid_argument "a NUL at the end" => |f| named(f, b"sum\0");
    load_by_name: invalid_argument "a NUL in front" => |f| named(f, b"\0sum");
    load_by_name: invalid_argument "the name ends outside" => |f| f.call("load_by_name", &[SIZE - 2, 3, OUT]);
    load_by_name: invalid_argument "the name wraps around" => |f| f.call("load_by_name", &[2, u32::MAX, OUT]);
    load_by_name: invalid_argument "the handle would be outside" => |f| {
        let (name, len) = f.put(NAME, "sum");
        f.call("load_by_name", &[name, len, SIZE - 3])
    };
    load_by_name: busy "as many graphs as there may be" => |f| named(&mut full(f), b"sum");
    load_by_name: runtime_error "the backend fails" => |f| named(f, b"broken");
    load_by_name: unsupported_operation "the backend has no such device" => |f| named(f, b"elsewhere");
    load_by_name: too_large "a byte too long" => |f| named(f, &[b'n'; 1025]);
    load_by_name: not_found "nobody has the name" => |f| named(f, b"product");
    load_by_name: not_found "the longest name" => |f| named(f, &[b'n'; 1024]);
    load_by_name: not_found "no name" => |f| named(f, b"");
    load_by_name: not_found "other letters" => |f| named(f, b"SUM");
    load_by_name: not_found "white space" => |f| named(f, b"sum ");
    load_by_name: not_found "a path" => |f| named(f, b"./sum");
    load_by_name: not_found "the same letter in two code points" => |f| named(f, "a\u{308}".as_bytes());
    load_by_name_with_config: invalid_argument "not UTF-8" => |f| configured(f, b"s\xffm");
    load_by_name_with_config: invalid_argument "the configuration ends outside" => |f| {
        let (name, len) = f.put(NAME, "sum");
        f.call("load_by_name_with_config", &[name, len, SIZE - 2, 3, OUT])
    };
    load_by_name_with_config: invalid_argument "the handle would be outside" => |f| {
        let (name, len) = f.put(NAME, "sum");
        f.call("load_by_name_with_config", &[name, len, name, len, SIZE - 3])
    };
    load_by_name_with_config: busy "as many graphs as there may be" => |f| configured(&mut full(f), b"sum");
    load_by_name_with_config: runtime_error "the backend fails" => |f| configured(f, b"broken");
    load_by_name_with_config: unsupported_operation "the backend has no such device"
        => |f| configured(f, b"elsewhere");
    load_by_name_with_config: too_large "the name is too long" => |f| configured(f, &[b'n'; 1025]);
    load_by_name_with_config: too_large "the configuration is too long" => |f| {
        let mut terse = Fixture::limited(|limits| limits.max_config_len = 2);
        terse.view = f.view;
        configured(&mut terse, b"sum")
    };
    load_by_name_with_config: not_found "nobody has the name" => |f| configured(f, b"product");
    unload: invalid_argument "no such graph" => |f| f.call("unload", &[STALE]);
    unload: invalid_argument "the greatest handle" => |f| f.call("unload", &[u32::MAX]);
    unload: invalid_argument "twice" => |f| {
        assert_eq!(f.call("unload", &[GRAPH]).name(), "success");
        f.call("unload", &[GRAPH])
    };
}
