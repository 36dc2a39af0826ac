//! Tests that ONNX Runtime and OpenVINO compute for the sane models what was worked out by hand.

use nn_models::golden::{self, Case, Run};
use nn_models::ir::Files;
use nn_models::oracle::{Job, Model, Oracle, Output, Runtime};
use nn_models::{Tensor, models, packages};

/// The outputs of one model, run once.
#[track_caller]
fn run(oracle: &Oracle, runtime: Runtime, model: Model<'_>, inputs: &[Tensor]) -> Vec<Output> {
    let answers = oracle.run(&[Job { runtime, model, inputs }]).unwrap();
    answers.into_iter().next().unwrap().unwrap()
}

#[track_caller]
fn tensors(outputs: Vec<Output>) -> Vec<Tensor> {
    outputs.into_iter().map(|output| output.tensor).collect()
}

/// Runs every case as `render` has it, in one process, and compares.
fn check(runtime: Runtime, render: impl Fn(&Case) -> Rendered) {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let cases = golden::cases();
    let rendered: Vec<Rendered> = cases.iter().map(render).collect();
    let pairs: Vec<(&Case, &Run, Model<'_>)> = cases
        .iter()
        .zip(&rendered)
        .flat_map(|(case, model)| case.runs.iter().map(move |run| (case, run, model.as_model())))
        .collect();
    let jobs: Vec<Job<'_>> =
        pairs.iter().map(|(_, run, model)| Job { runtime, model: *model, inputs: &run.inputs }).collect();
    let answers = oracle.run(&jobs).unwrap();
    for ((case, run, _), answer) in pairs.iter().zip(answers) {
        let outputs = answer.unwrap_or_else(|complaint| panic!("{}: {complaint}", case.name));
        assert!(tensors(outputs) == run.outputs, "{} computes something else", case.name);
    }
}

enum Rendered {
    Onnx(Vec<u8>),
    Ir(Files),
}

impl Rendered {
    fn as_model(&self) -> Model<'_> {
        match self {
            Rendered::Onnx(bytes) => Model::Onnx(bytes),
            Rendered::Ir(files) => Model::Ir(files),
        }
    }
}

#[test]
fn onnx_runtime_agrees() {
    check(Runtime::OnnxRuntime, |case| Rendered::Onnx(case.model.onnx()));
}

#[test]
fn openvino_agrees_on_onnx() {
    check(Runtime::OpenVino, |case| Rendered::Onnx(case.model.onnx()));
}

#[test]
fn openvino_agrees_on_its_own_format() {
    check(Runtime::OpenVino, |case| Rendered::Ir(case.model.ir()));
}

#[test]
fn outputs_keep_their_names_and_their_order() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let model = models::difference_and_product(nn_models::Element::F32);
    let inputs = [Tensor::f32(&[4], &[1.0; 4]), Tensor::f32(&[4], &[2.0; 4])];
    let (onnx, ir) = (model.onnx(), model.ir());
    for (runtime, model) in [
        (Runtime::OnnxRuntime, Model::Onnx(&onnx)),
        (Runtime::OpenVino, Model::Onnx(&onnx)),
        (Runtime::OpenVino, Model::Ir(&ir)),
    ] {
        let names: Vec<String> =
            run(&oracle, runtime, model, &inputs).into_iter().map(|output| output.name).collect();
        assert_eq!(names, ["difference", "product"], "{runtime:?}");
    }
}

/// Whoever compares backends has to know this.
#[test]
fn openvino_computes_wide_integers_in_32_bits() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let case = golden::wide_integers();
    let (model, run_of) = (case.model.onnx(), &case.runs[0]);
    let outputs = |runtime| tensors(run(&oracle, runtime, Model::Onnx(&model), &run_of.inputs));
    assert_eq!(outputs(Runtime::OnnxRuntime), run_of.outputs);
    assert_ne!(outputs(Runtime::OpenVino), run_of.outputs);
}

#[test]
fn a_loop_counts_its_rounds() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (model, inputs) = (models::busy_loop(1000), [Tensor::f32(&[1], &[0.5])]);
    for runtime in [Runtime::OnnxRuntime, Runtime::OpenVino] {
        let outputs = tensors(run(&oracle, runtime, Model::Onnx(&model), &inputs));
        assert_eq!(outputs, [Tensor::f32(&[1], &[1000.5])], "{runtime:?}");
    }
}

#[test]
fn the_innermost_branch_is_reached() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (onnx, ir) = (models::nested_ifs(5), models::nested_ifs_ir(5));
    for (runtime, model) in [
        (Runtime::OnnxRuntime, Model::Onnx(&onnx)),
        (Runtime::OpenVino, Model::Onnx(&onnx)),
        (Runtime::OpenVino, Model::Ir(&ir)),
    ] {
        for (before, after) in [(3.0, 6.0), (0.0, 0.0)] {
            let outputs = tensors(run(&oracle, runtime, model, &[Tensor::f32(&[], &[before])]));
            assert_eq!(outputs, [Tensor::f32(&[], &[after])], "{runtime:?}");
        }
    }
}
