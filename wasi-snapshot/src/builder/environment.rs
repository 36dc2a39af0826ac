//! The builder's methods for arguments and environment variables.

use super::{BuildError, WasiCtxBuilder};
use crate::guest::strings::Strings;

impl WasiCtxBuilder {
    /// Adds an argument. By convention the first one is the program's name.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds the host process's arguments, its program's name included.
    pub fn inherit_args(mut self) -> Self {
        for arg in std::env::args_os() {
            match arg.into_string() {
                Ok(arg) => self.args.push(arg),
                Err(_) => self.refuse(BuildError::ArgumentNotUnicode(self.args.len())),
            }
        }
        self
    }

    /// Sets an environment variable; the last value of a name counts.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name.into(), value.into());
        self
    }

    /// Sets environment variables.
    pub fn envs(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        for (name, value) in variables {
            self.set(name.into(), value.into());
        }
        self
    }

    /// Sets all environment variables of the host process.
    pub fn inherit_env(mut self) -> Self {
        for (name, value) in std::env::vars_os() {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => self.set(name, value),
                (Ok(name), Err(_)) => self.refuse(BuildError::VariableNotUnicode(name.into())),
                (Err(name), _) => self.refuse(BuildError::VariableNotUnicode(name)),
            }
        }
        self
    }

    fn set(&mut self, name: String, value: String) {
        self.environ.retain(|(known, _)| *known != name);
        self.environ.push((name, value));
    }

    fn refuse(&mut self, not_unicode: BuildError) {
        self.not_unicode.get_or_insert(not_unicode);
    }
}

pub(super) fn encode_args(args: &[String]) -> Result<Strings, BuildError> {
    if let Some(bad) = args.iter().position(|arg| arg.contains('\0')) {
        return Err(BuildError::NulInArgument(bad));
    }
    Strings::encode(args.iter().map(String::as_str)).ok_or(BuildError::TooLong("arguments"))
}

pub(super) fn encode_environ(environ: &[(String, String)]) -> Result<Strings, BuildError> {
    let mut variables = Vec::with_capacity(environ.len());
    for (name, value) in environ {
        let before = name.split('=').next().unwrap_or_default();
        if before.is_empty() || before != name {
            return Err(BuildError::VariableName(before.to_owned()));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(BuildError::NulInVariable(name.clone()));
        }
        variables.push(format!("{name}={value}"));
    }
    let too_long = BuildError::TooLong("environment variables");
    Strings::encode(variables.iter().map(String::as_str)).ok_or(too_long)
}
