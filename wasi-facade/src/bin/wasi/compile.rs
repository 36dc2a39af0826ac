//! `wasi compile`: native code, ahead of time.

use crate::failure::{Failure, printable};
use crate::flags::Compile;
use crate::module::Origin;
use crate::progress::Progress;
use std::io::{self, Write};
use std::path::Path;
use wasi_facade::Host;

/// Compiles a module to a file.
pub(crate) fn compile(flags: &Compile) -> Result<u32, Failure> {
    let module = Origin::of(&flags.module);
    let name = printable(module.name());
    let bytes = module.read()?;
    let code = {
        let _progress = Progress::compiling(&name, bytes.len());
        let host = Host::new();
        let host = match flags.compiling.workers()? {
            Some(workers) => host.compile_in(workers),
            None => host,
        };
        host.precompile(&name, &bytes)?
    };
    write(&flags.output, &code).map_err(|error| {
        let output = flags.output.display();
        Failure::new(format_args!("cannot write `{output}`: {error}; give another file with `-o`"))
    })?;
    Ok(0)
}

/// Writes the file under another name first: a process may have the old one mapped, and must not see a
/// change. Nobody else may write it, since it is code.
fn write(output: &Path, code: &[u8]) -> io::Result<()> {
    let dir = match output.parent() {
        Some(dir) if dir != Path::new("") => dir,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(code)?;
    file.persist(output)?;
    Ok(())
}
