//! Writes small sane models into the corpus of `nn_onnx`, since no fuzzer would come upon one by itself.

use nn_models::golden;
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/nn_onnx");
    fs::create_dir_all(&folder)?;
    let cases = golden::cases();
    for case in &cases {
        fs::write(folder.join(case.name.replace(' ', "-")), case.model.onnx())?;
    }
    println!("{} models in {}", cases.len(), folder.display());
    Ok(())
}
