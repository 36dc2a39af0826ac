//! Tests of the hostile models: readers that do not check hand out what a model asks for, and refuse damaged ones.
//!
//! The readers are of pinned versions, so what each falls for is stated exactly.

use nn_models::hostile::external::{self, MEMORY, Reference};
use nn_models::hostile::{Named, broken, greedy};
use nn_models::oracle::{Answer, Job, Model, Oracle, Runtime};
use nn_models::{Tensor, models, packages};
use std::fs;
use std::path::{Path, PathBuf};

const SECRET: &[u8; 16] = b"it is not yours!";

/// A folder of its own with the secret in it.
fn folder_with_secret(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("secret.bin"), SECRET).unwrap();
    folder
}

/// The names of the models that get the secret out of a runtime.
fn leaks(oracle: &Oracle, runtime: Runtime) -> Vec<&'static str> {
    let models = external::everywhere(&Reference { location: "secret.bin", offset: 0, length: 16 });
    let jobs: Vec<Job<'_>> =
        models.iter().map(|named| Job { runtime, model: Model::Onnx(&named.model), inputs: &[] }).collect();
    let answers = oracle.run(&jobs).unwrap();
    let leaked = |answer: &Answer| {
        answer.as_ref().is_ok_and(|outputs| outputs.iter().any(|output| output.tensor.bytes == SECRET))
    };
    let pairs = models.iter().zip(&answers).filter(|(_, answer)| leaked(answer));
    pairs.map(|(Named { name, .. }, _)| *name).collect()
}

#[test]
fn onnx_runtime_reads_files_of_the_host() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let oracle = oracle.in_folder(&folder_with_secret("onnx_runtime_reads"));
    let expected = [
        "initializer",
        "branch of an If",
        "initializer in a branch of an If",
        "branch in a branch",
        "body of a Loop",
        "attribute",
        "values of a sparse initializer",
        "body of a function",
        "default of a function's attribute",
        "marked as internal, then as external",
        "marked beyond 32 bits",
        "marked by a stretched number",
        "only a location",
        "beside elements of its own",
        "graph in two parts",
        "tensor in two parts",
    ];
    assert_eq!(leaks(&oracle, Runtime::OnnxRuntime), expected);
}

#[test]
fn openvino_reads_files_of_the_host() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let oracle = oracle.in_folder(&folder_with_secret("openvino_reads"));
    let expected = [
        "initializer",
        "branch of an If",
        "initializer in a branch of an If",
        "branch in a branch",
        "body of a Loop",
        "attribute",
        "sparse attribute",
        "marked as internal, then as external",
        "marked beyond 32 bits",
        "marked by a stretched number",
        "only a location",
        "two locations",
        "unknown keys",
        "beside elements of its own",
        "graph in two parts",
        "tensor in two parts",
    ];
    assert_eq!(leaks(&oracle, Runtime::OpenVino), expected);
}

/// The address is put in where the model has a placeholder, by the process whose memory is read.
#[test]
fn openvino_reads_memory_of_the_host() {
    const PLACEHOLDER: u64 = 11_111_111_111_111_111_111;
    const SCRIPT: &str = r"
import ctypes, openvino, sys
secret = ctypes.create_string_buffer(b'it is not yours!', 16)
model = sys.stdin.buffer.read().replace(b'1' * 20, b'%020d' % ctypes.addressof(secret))
core = openvino.Core()
request = core.compile_model(core.read_model(model=model), 'CPU').create_infer_request()
request.infer()
sys.stdout.buffer.write(request.get_output_tensor(0).data.tobytes())
";
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let folder = folder_with_secret("openvino_memory");
    let models = external::in_every_place(&Reference { location: MEMORY, offset: PLACEHOLDER, length: 16 });
    let file = folder.join("model.onnx");
    fs::write(&file, &models[0].model).unwrap();
    let output = oracle.command(SCRIPT).stdin(fs::File::open(file).unwrap()).output().unwrap();
    assert_eq!(output.stdout, SECRET, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn innocent_models_are_taken() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (words, unknown) = (external::only_words(), external::unknown_fields());
    let inputs = [Tensor::f32(&[1], &[2.0])];
    for runtime in [Runtime::OnnxRuntime, Runtime::OpenVino] {
        let jobs = [
            Job { runtime, model: Model::Onnx(&words), inputs: &[] },
            Job { runtime, model: Model::Onnx(&unknown), inputs: &inputs },
        ];
        let outputs: Vec<Vec<u8>> = oracle
            .run(&jobs)
            .unwrap()
            .into_iter()
            .map(|answer| answer.unwrap().remove(0).tensor.bytes)
            .collect();
        assert_eq!(outputs, [MEMORY.as_bytes().to_vec(), 3.0_f32.to_le_bytes().to_vec()], "{runtime:?}");
    }
}

#[test]
fn greedy_models_get_nothing() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (huge, claimed, input) =
        (greedy::huge_constant(), greedy::claimed_constant(), greedy::size_from_input());
    let one = [Tensor::f32(&[], &[1.0])];
    let ten_gigabytes = [Tensor::f32(&[], &[1.0]), Tensor::i64(&[1], &[5 << 29])];
    let runtimes = [Runtime::OnnxRuntime, Runtime::OpenVino].into_iter().flat_map(|runtime| {
        [(&huge, one.as_slice()), (&claimed, &[]), (&input, &ten_gigabytes)].map(|(model, inputs)| Job {
            runtime,
            model: Model::Onnx(model),
            inputs,
        })
    });
    let ir = greedy::huge_constant_ir();
    let ir = Job { runtime: Runtime::OpenVino, model: Model::Ir(&ir), inputs: &one };
    let jobs: Vec<Job<'_>> = runtimes.chain([ir]).collect();
    for (job, answer) in jobs.iter().zip(oracle.run(&jobs).unwrap()) {
        assert!(answer.is_err(), "{:?}, {} inputs: {answer:?}", job.runtime, job.inputs.len());
    }
}

/// Without greed, the same model is a sane one.
#[test]
fn a_modest_size_from_an_input_is_fine() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let model = greedy::size_from_input();
    let inputs = [Tensor::f32(&[], &[1.0]), Tensor::i64(&[1], &[5])];
    for runtime in [Runtime::OnnxRuntime, Runtime::OpenVino] {
        let job = Job { runtime, model: Model::Onnx(&model), inputs: &inputs };
        let outputs = oracle.run(&[job]).unwrap().remove(0).unwrap();
        assert_eq!(outputs[0].tensor, Tensor::f32(&[], &[1.0]), "{runtime:?}");
    }
}

#[test]
fn openvino_refuses_every_damaged_file() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (damaged, inputs) = (broken::ir_files(), [Tensor::f32(&[4], &[1.0; 4])]);
    let job = |model| Job { runtime: Runtime::OpenVino, model: Model::Ir(model), inputs: &inputs };
    let jobs: Vec<Job<'_>> = damaged.iter().map(|damaged| job(&damaged.model)).collect();
    for (damaged, answer) in damaged.iter().zip(oracle.run(&jobs).unwrap()) {
        assert!(answer.is_err(), "{}: {answer:?}", damaged.name);
    }
}

#[test]
fn onnx_runtime_refuses_every_beginning() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let (whole, inputs) = (models::dynamic_batch().onnx(), [Tensor::f32(&[1, 4], &[1.0; 4])]);
    let job = |model| Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(model), inputs: &inputs };
    let jobs: Vec<Job<'_>> = broken::beginnings(&whole).map(job).collect();
    for (length, answer) in oracle.run(&jobs).unwrap().iter().enumerate() {
        assert!(answer.is_err(), "{length} of {} bytes are enough: {answer:?}", whole.len());
    }
}
