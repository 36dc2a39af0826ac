//! Tests of the import table against the published witx: names, types, numbers.

use crate::common::direct::permit;
use crate::common::errno::Witx;
use crate::common::guest::number;
use std::path::Path;
use test_support::witx::{cases, functions, load, registered};
use test_support::{Names, imports};
use wasi_nn::{ElementType, GraphEncoding, Nn};
use wasi_policy::{Flags, Gate, Proposal, Rule, Stage, ValType};
use witx::{Document, Id};

const MODULE: &str = "wasi_ephemeral_nn";

/// What guests import beyond the witx, and how many parameters of 32 bits each has.
const BEYOND: [(&str, usize); 6] = [
    ("compute_single", 1),
    ("finalize_execution_context", 1),
    ("fini_single", 1),
    ("get_output_single", 5),
    ("load_by_name_with_config", 5),
    ("unload", 1),
];

fn published() -> Document {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasi_ephemeral_nn.witx"))
}

#[test]
fn the_functions_of_the_witx_and_those_beyond_it() {
    assert!(imports(permit()).iter().all(|import| import.module == MODULE));
    assert_eq!(Nn::DESCRIPTOR.modules(), [MODULE]);
    let mut expected = functions(&published(), MODULE);
    assert_eq!(expected.len(), 6);
    for (params, result) in expected.values() {
        assert!(params.iter().all(|ty| *ty == ValType::I32) && *result == Some(ValType::I32));
    }
    expected.extend(
        BEYOND.map(|(name, params)| (name.to_owned(), (vec![ValType::I32; params], Some(ValType::I32)))),
    );
    assert_eq!(registered(permit(), MODULE), expected);
}

/// Inference may open native libraries, so the user must have asked for it.
#[test]
fn a_flag_is_needed() {
    let refusal = Gate::new(Flags::none()).permit::<Nn>().unwrap_err();
    assert_eq!(refusal.rule(), Rule::ProposalNeedsFlag(Stage::Two));
}

#[test]
fn the_numbers_are_those_of_the_witx() {
    let document = published();
    let cases = |name| cases(&document, name);
    assert_eq!(cases("nn_errno"), Witx::NAMES);
    assert_eq!(cases("graph_encoding"), GraphEncoding::ALL.map(GraphEncoding::name));
    assert_eq!(cases("execution_target"), ["cpu", "gpu", "tpu"]);
    assert_eq!(cases("tensor_type"), ElementType::ALL.map(ElementType::name));
    for (index, element) in (0..).zip(ElementType::ALL) {
        assert_eq!(number(element), index);
    }
}

/// The record's fields lie where the calls look for them.
#[test]
fn the_layout_of_a_tensor_is_that_of_the_witx() {
    use witx::Layout;
    let document = published();
    let ty = document.typename(&Id::new("tensor")).unwrap();
    let witx::Type::Record(record) = &**ty.type_() else { panic!("a tensor is no record") };
    let layout: Vec<_> =
        record.member_layout().iter().map(|field| (field.member.name.as_str(), field.offset)).collect();
    assert_eq!(layout, [("dimensions", 0), ("type", 8), ("data", 12)]);
    assert_eq!((ty.mem_size(), ty.mem_align()), (20, 4));
    assert_eq!(document.typename(&Id::new("graph_builder")).unwrap().mem_size(), 8);
}
