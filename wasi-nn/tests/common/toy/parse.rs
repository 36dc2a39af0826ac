//! The parser of the tests' models, which are texts.

use super::{Act, Formula, Program, Stage};
use wasi_nn::backend::{Port, PortType};
use wasi_nn::{ElementType, Error};

/// The program that a text stands for; a text that is none is an error, as with every backend.
pub(super) fn program(text: &str) -> Result<Program, Error> {
    let mut program = Program::default();
    // What pretends to be OpenVINO's begins with a tag.
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('<')) {
        statement(&mut program, line).ok_or_else(|| Error::runtime(format!("a toy cannot read `{line}`")))?;
    }
    Ok(program)
}

fn statement(program: &mut Program, line: &str) -> Option<()> {
    let (head, rest) = line.split_once(' ')?;
    match head {
        "in" => program.inputs.push(port(rest)?),
        "holds" => program.holds = rest.parse().ok()?,
        "out" => {
            let (declaration, formula) = rest.split_once(" = ")?;
            let output = port(declaration)?;
            program.formulas.push(self::formula(program, &output, formula)?);
            program.outputs.push(output);
        }
        "on" => {
            let (stage, act) = rest.split_once(' ')?;
            program.acts.push((self::stage(stage)?, self::act(act)?));
        }
        _ => return None,
    }
    Some(())
}

fn port(text: &str) -> Option<Port> {
    let mut words = text.splitn(3, ' ');
    let (name, element, shape) = (words.next()?, words.next()?, words.next()?);
    let known = ElementType::ALL.into_iter().find(|known| known.name() == element);
    let element = match (known, element) {
        (Some(known), _) => PortType::Known(known),
        (None, "bool") => PortType::Bool,
        (None, "i8") => PortType::I8,
        (None, other) => PortType::Other(other.to_owned()),
    };
    Some(Port::new(name, element, self::shape(shape)?))
}

/// The shape between brackets; `[...]` is any.
fn shape(text: &str) -> Option<Option<Vec<Option<u32>>>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    match inner {
        "..." => Some(None),
        "" => Some(Some(Vec::new())),
        _ => inner.split(", ").map(dimension).collect::<Option<_>>().map(Some),
    }
}

fn dimension(text: &str) -> Option<Option<u32>> {
    if text == "?" { Some(None) } else { text.parse().ok().map(Some) }
}

fn formula(program: &Program, output: &Port, text: &str) -> Option<Formula> {
    let input = |name: &str| program.inputs.iter().position(|input| input.name == name);
    match (text.split(' ').collect::<Vec<_>>().as_slice(), &output.element) {
        (["copy", name], _) => Some(Formula::Copy(input(name)?)),
        (["zeros", len], _) => len.parse().ok().map(Formula::Zeros),
        (["nothing"], _) => Some(Formula::Nothing),
        (["sum", _, _], PortType::Known(ElementType::F16)) => None,
        (["sum", a, b], PortType::Known(element)) => Some(Formula::Sum(*element, input(a)?, input(b)?)),
        _ => None,
    }
}

fn stage(text: &str) -> Option<Stage> {
    match text {
        "load" => Some(Stage::Load),
        "execution" => Some(Stage::Execution),
        "input" => Some(Stage::Input),
        "again" => Some(Stage::Again),
        "check" => Some(Stage::Check),
        "compute" => Some(Stage::Compute),
        "output" => Some(Stage::Output),
        "drop" => Some(Stage::Drop),
        _ => None,
    }
}

fn act(text: &str) -> Option<Act> {
    match text {
        "fail" => Some(Act::Fail),
        "panic" => Some(Act::Panic),
        "wait" => Some(Act::Wait),
        "deaf" => Some(Act::Deaf),
        "stubborn" => Some(Act::Stubborn),
        "once" => Some(Act::Once),
        _ => None,
    }
}
