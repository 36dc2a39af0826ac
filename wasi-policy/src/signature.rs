//! Names and types of imports, for linkers and for people.

use std::fmt;

/// The type of a WebAssembly value that is no reference. Functions of proposals have all but [`V128`](Self::V128).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A vector of 128 bits.
    V128,
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
        })
    }
}

/// A function import: module, name and type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Import {
    /// The import module, such as `wasi_snapshot_preview1`.
    pub module: &'static str,
    /// The name in that module, such as `fd_write`.
    pub name: &'static str,
    /// The types of the parameters.
    pub params: &'static [ValType],
    /// The type of the result, if there is one.
    pub result: Option<ValType>,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}(", self.module, self.name)?;
        for (index, param) in self.params.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{param}")?;
        }
        f.write_str(")")?;
        match self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}
