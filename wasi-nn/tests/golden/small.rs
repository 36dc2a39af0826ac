//! Tests of small models: element types, several inputs and outputs, open and fixed shapes, scalars.

use crate::guest::{Guest, Numbering, name_on, on_each, registry};
use nn_models::golden::{self, Case, Run};
use nn_models::oracle::{Job, Model, Oracle, Runtime};
use nn_models::{Element, Tensor, models, packages};
use wasi_nn::{Registry, Source};

const OPENVINO: u32 = 0;
const ONNX: u32 = 1;
const AUTODETECT: u32 = 5;

/// All ways for a guest to get at a model.
fn guests(registry: &Registry, case: &Case) -> Vec<(&'static str, Guest)> {
    let (onnx, ir) = (case.model.onnx(), case.model.ir());
    let of = |load: &dyn Fn(&mut Guest)| {
        let mut guest = Guest::new(registry);
        load(&mut guest);
        guest
    };
    let ir = [ir.xml.as_bytes(), &ir.weights];
    vec![
        ("ONNX from the guest, on tract", of(&|guest| guest.load(ONNX, &[&onnx]))),
        ("ONNX, found by its content", of(&|guest| guest.load(AUTODETECT, &[&onnx]))),
        ("IR from the guest, on OpenVINO", of(&|guest| guest.load(OPENVINO, &ir))),
        ("IR, found by its content", of(&|guest| guest.load(AUTODETECT, &ir))),
        ("ONNX by name, on OpenVINO", of(&|guest| guest.load_by_name(&name_on("openvino", &case.name)))),
        (
            "ONNX by name, on ONNX Runtime",
            of(&|guest| guest.load_by_name(&name_on("onnxruntime", &case.name))),
        ),
    ]
}

fn named(cases: &[Case]) -> Option<Registry> {
    let on_each = |case: &Case| on_each(&case.name, &Source::Bytes(vec![case.model.onnx()]));
    registry(cases.iter().flat_map(on_each))
}

fn check(guest: &mut Guest, run: &Run, numbering: Numbering, what: &str) {
    let outputs = guest.infer(&run.inputs, numbering, run.outputs.len());
    let outputs = outputs.unwrap_or_else(|reason| panic!("{what}: {reason}"));
    for (output, expected) in outputs.iter().zip(&run.outputs) {
        assert!(*output == expected.bytes, "{what}: {output:?} and not {:?}", expected.bytes);
    }
}

/// What was worked out by hand, to the bit, in both numberings of the types.
#[test]
fn as_worked_out_by_hand() {
    let cases = golden::cases();
    let Some(registry) = named(&cases) else { return };
    for case in &cases {
        for (how, mut guest) in guests(&registry, case) {
            for numbering in [Numbering::New, Numbering::Old] {
                let inputs = case.runs.iter().flat_map(|run| &run.inputs);
                if inputs.map(|input| numbering.number(input.element)).any(|number| number.is_none()) {
                    continue;
                }
                // Twice, since the second time everything that was kept is used again.
                for run in case.runs.iter().chain(&case.runs) {
                    check(&mut guest, run, numbering, &format!("{}, {how}, {numbering:?}", case.name));
                }
            }
        }
    }
}

/// What ONNX Runtime computes, to the bit, with its own numbers of outputs.
#[test]
fn as_onnx_runtime_says() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let cases = golden::cases();
    let Some(registry) = named(&cases) else { return };
    let models: Vec<Vec<u8>> = cases.iter().map(|case| case.model.onnx()).collect();
    let runs: Vec<(&Case, &Vec<u8>, &Run)> = cases
        .iter()
        .zip(&models)
        .flat_map(|(case, model)| case.runs.iter().map(move |run| (case, model, run)))
        .collect();
    let jobs: Vec<Job<'_>> = runs
        .iter()
        .map(|(_, model, run)| Job {
            runtime: Runtime::OnnxRuntime,
            model: Model::Onnx(model),
            inputs: &run.inputs,
        })
        .collect();
    for ((case, _, run), answer) in runs.iter().zip(oracle.run(&jobs).unwrap()) {
        let outputs = answer.unwrap().into_iter().map(|output| output.tensor).collect();
        let run = Run { inputs: run.inputs.clone(), outputs };
        for (how, mut guest) in guests(&registry, case) {
            check(&mut guest, &run, Numbering::New, &format!("{}, {how}", case.name));
        }
    }
}

/// Integers of 64 bits keep all of them on tract and on ONNX Runtime. OpenVINO computes them in 32.
#[test]
fn wide_integers() {
    let case = golden::wide_integers();
    let Some(registry) = named(std::slice::from_ref(&case)) else { return };
    let (mut on_tract, mut on_onnx_runtime) = (Guest::new(&registry), Guest::new(&registry));
    on_tract.load(ONNX, &[&case.model.onnx()]);
    on_onnx_runtime.load_by_name(&name_on("onnxruntime", &case.name));
    check(&mut on_tract, &case.runs[0], Numbering::New, "on tract");
    check(&mut on_onnx_runtime, &case.runs[0], Numbering::New, "on ONNX Runtime");
}

/// Some bindings write a scalar as a vector of one.
#[test]
fn scalars_with_a_dimension() {
    let case = Case { name: "scalar".to_owned(), model: models::scalar(), runs: Vec::new() };
    let Some(registry) = named(std::slice::from_ref(&case)) else { return };
    let run = Run { inputs: vec![Tensor::f32(&[1], &[2.5])], outputs: vec![Tensor::f32(&[], &[5.0])] };
    for (how, mut guest) in guests(&registry, &case) {
        check(&mut guest, &run, Numbering::New, how);
    }
}

/// Whatever does not fit a port is refused before a library sees it, alike on all of them; and the context goes on.
#[test]
fn what_does_not_fit() {
    let cases: Vec<Case> = golden::cases().into_iter().filter(|case| case.name == "dynamic_batch").collect();
    let Some(registry) = named(&cases) else { return };
    for (how, mut guest) in guests(&registry, &cases[0]) {
        for (input, reason) in [
            (Tensor::small(Element::I32, &[1, 4], &[0; 4]), "1: set_input: input `x` takes f32, not i32"),
            (Tensor::f32(&[4], &[0.0; 4]), "1: set_input: input `x` has the shape [?, 4], not [4]"),
            (Tensor::f32(&[4, 1], &[0.0; 4]), "1: set_input: input `x` has the shape [?, 4], not [4, 1]"),
            (
                Tensor { bytes: vec![0; 15], ..Tensor::f32(&[1, 4], &[0.0; 4]) },
                "1: set_input: 15 bytes of data for a tensor of f32 [1, 4], which has 16",
            ),
        ] {
            assert_eq!(guest.infer(&[input], Numbering::New, 1), Err(reason.to_owned()), "{how}");
        }
        let reason = "1: compute: input 0, `x`, is not set".to_owned();
        assert_eq!(guest.infer(&[], Numbering::New, 1), Err(reason), "{how}");
        check(&mut guest, &cases[0].runs[0], Numbering::New, how);
        let reason = "1: get_output: the graph has no output 1".to_owned();
        assert_eq!(guest.infer(&[], Numbering::New, 2), Err(reason), "{how}");
    }
}
