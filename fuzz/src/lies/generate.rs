//! Lies at random: most of them come after an honest start, since a host that is lied to does not go on.

use super::message::{Body, Output, Port};
use super::{Lies, Said};
use crate::number::{few, list, size};
use arbitrary::{Arbitrary, Result, Unstructured};

/// The number of an answer's kind.
const ANSWER: u8 = 6;

impl<'a> Arbitrary<'a> for Lies {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let honest = u.int_in_range(0..=4)?;
        let mut said = vec![Said::Honest; honest];
        // The load says what the other answers have to be.
        if honest == 2 && u.ratio(3, 4)? {
            said.push(answer(loaded(u)?));
        }
        said.extend(list(u, 1, 4, said_next)?);
        Ok(Lies { said, open: few(u)? })
    }
}

fn said_next(u: &mut Unstructured<'_>) -> Result<Said> {
    Ok(match u.int_in_range(0..=19)? {
        0..=1 => Said::Honest,
        2 => Said::Silence,
        3..=4 => Said::Bytes(u.arbitrary()?),
        5..=6 => Said::Frame {
            tag: u.arbitrary()?,
            len: if u.arbitrary()? { Some(u.arbitrary()?) } else { None },
            has_number: u.arbitrary()?,
            body: body(u)?,
            times: u.int_in_range(0..=3)?,
        },
        _ => answer(body(u)?),
    })
}

fn answer(body: Body) -> Said {
    Said::Frame { tag: ANSWER, len: None, has_number: true, body, times: 1 }
}

fn body(u: &mut Unstructured<'_>) -> Result<Body> {
    Ok(match u.int_in_range(0..=9)? {
        0 => Body::Bytes(u.arbitrary()?),
        1..=2 => loaded(u)?,
        3..=5 => Body::Outputs(list(u, 0, 3, output)?),
        6..=7 => Body::Ports(list(u, 0, 3, port)?),
        _ => Body::Error { kind: u.int_in_range(0..=9)?, text: text(u)? },
    })
}

fn loaded(u: &mut Unstructured<'_>) -> Result<Body> {
    let ports = [list(u, 0, 3, port)?, list(u, 0, 3, port)?];
    let inputs: usize = ports[0].iter().map(|port| usize::from(port.times)).sum();
    let checks = if u.ratio(9, 10)? { vec![u8::from(u.ratio(1, 4)?); inputs] } else { u.arbitrary()? };
    Ok(Body::Loaded { device: text(u)?, held: u.arbitrary()?, ports, checks })
}

fn port(u: &mut Unstructured<'_>) -> Result<Port> {
    let size = |u: &mut Unstructured<'_>| {
        let size = size(u)?;
        Ok(if u.ratio(1, 4)? { None } else { Some(u32::try_from(size).unwrap_or(u32::MAX)) })
    };
    Ok(Port {
        name: text(u)?,
        element: if u.ratio(9, 10)? { u.int_in_range(0..=5)? } else { *u.choose(&[100, 101, 102, 103])? },
        shape: if u.ratio(7, 8)? { Some(list(u, 0, 4, size)?) } else { None },
        times: if u.ratio(19, 20)? { 1 } else { u.int_in_range(0..=5000)? },
    })
}

fn output(u: &mut Unstructured<'_>) -> Result<Output> {
    if u.ratio(1, 3)? {
        return u.arbitrary().map(Output::Here);
    }
    if u.ratio(1, 8)? {
        return Ok(Output::Missing { kind: u.int_in_range(0..=9)?, text: text(u)? });
    }
    let number = |u: &mut Unstructured<'_>| size(u).map(|size| u64::try_from(size).unwrap_or(u64::MAX));
    let times = if u.ratio(9, 10)? { 1 } else { u.int_in_range(0..=5000)? };
    Ok(Output::At { start: number(u)?, len: number(u)?, times })
}

/// A word, or one that acts on a terminal, or a long one.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=9)? {
        0..=6 => "x".to_owned(),
        7 => "\u{1b}[2J\n\u{202e}".to_owned(),
        8 => "long ".repeat(u.int_in_range(0..=4000)?),
        _ => u.arbitrary()?,
    })
}
