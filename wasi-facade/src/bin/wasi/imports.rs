//! `wasi imports`: prints the proposals that a module imports from, and the imports that nobody offers.

use crate::failure::{Failure, printable};
use crate::flags::Imports;
use crate::module::Origin;
use crate::output::print;
use crate::way_out;
use std::fmt::Write;
use wasi_facade::{Host, Needs};

/// Prints the proposals that a module imports from, and the imports that nobody offers.
pub(crate) fn imports(flags: &Imports) -> Result<u32, Failure> {
    let host = Host::new().flags(flags.policy.parse()?);
    let module = Origin::of(&flags.module);
    let name = printable(module.name());
    let needs = host.needs(&name, &module.read()?)?;
    print(&describe(&name, &needs))?;
    Ok(0)
}

fn describe(name: &str, needs: &Needs) -> String {
    let mut text = String::new();
    for need in &needs.proposals {
        let proposal = need.status.descriptor.name();
        let decision = match &need.status.decision {
            Ok(()) => format!("the proposal `{proposal}` is allowed"),
            Err(refusal) => way_out::of_refusal(refusal),
        };
        let _ = writeln!(text, "{decision}");
        list(&mut text, &need.imports);
    }
    if !needs.host.is_empty() {
        text.push_str("the host makes\n");
        list(&mut text, &needs.host);
    }
    if !needs.nobody.is_empty() {
        text.push_str("nobody offers\n");
        list(&mut text, &needs.nobody);
    }
    if text.is_empty() { format!("{name} imports nothing\n") } else { text }
}

fn list(text: &mut String, imports: &[String]) {
    for import in imports {
        let _ = writeln!(text, "    {import}");
    }
}
