//! The checks on a model in OpenVINO's intermediate representation, before OpenVINO reads it: few on the host's, and more
//! on a guest's.
//!
//! The format was not made for hostile bytes. OpenVINO 2026.4 multiplies the sizes of a constant without
//! looking for an overflow, so that one byte of weights can have a shape of 2^61 + 1 elements, of which
//! operators then read what lies behind it in the host's memory; it crashes on strings whose number is not
//! that of the shape; compiling takes twice as long for each branch that is nested in another; and loops
//! cannot be cancelled. All that stands in the XML and is refused here.
//!
//! What operators make of sizes and indices that they compute is not seen here, and OpenVINO does not check
//! all of it, so only some are let through: see `operators.rs`. Others are where their inputs are harmless: see
//! `guards.rs`.

mod constants;
mod guards;
mod loops;
mod network;
mod operators;
mod reader;

use super::xml::{Attributes, Refusal, Tag, Tags};
use network::{Effort, Network};
use reader::Reader;
use std::io::{Cursor, Read, Seek};
use wasi_nn::{Error, ErrorKind, Printable};

/// Elements inside each other. Each body in a body adds three to some five.
const MAX_DEPTH: usize = 64;

/// Bodies of branches inside each other. Models in use have one or two.
const MAX_BODIES: usize = 4;

/// Operators, of which compiling takes about 0.3 ms each, and cannot be stopped. Large models have 10,000.
const MAX_LAYERS: usize = 20_000;

/// Bytes of all constants together, for each byte of the weights, and some more. OpenVINO converts each of 64 bits, so that
/// many of the same bytes take many times their memory; its own writer lets equal ones, such as axes, share theirs.
const CONSTANTS_OF_WEIGHTS: u64 = 4;
const SHARED_CONSTANTS: u64 = 1 << 20;

/// A tensor that a guest sets or gets lies in its memory.
const MAX_INPUT_BYTES: u64 = 1 << 32;

/// Checks a guest's XML and its weights. Gives the number of operators.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] for too many or too deeply nested elements, [`ErrorKind::Unsupported`] for
/// operators that guests may not use and for constants that OpenVINO would take for others, and
/// [`ErrorKind::InvalidEncoding`] for all else that OpenVINO is not to see.
pub(super) fn check(xml: &[u8], weights: &[u8]) -> Result<u64, Error> {
    let text = std::str::from_utf8(xml).map_err(|_| refused("it is not UTF-8"))?;
    // OpenVINO's parser ends at a NUL; letters that are written as numbers could hide a word.
    if text.contains('\0') || hides_letters(xml) {
        return Err(refused("it has a NUL, or a letter that is written as a number"));
    }
    // Plugins look there for the weights of models in files.
    if contains(xml, b"weights_path") {
        return Err(refused("it names a path"));
    }
    let mut checker = Checker {
        weights,
        reader: Reader::default(),
        layers: 0,
        constants: 0,
        effort: Effort::new(),
        has_root: false,
    };
    let mut tags = Tags::new(text);
    while let Some(tag) = tags.next().map_err(refused)? {
        match tag {
            Tag::Open { name, attributes, is_empty } => {
                checker.enter(name, &attributes)?;
                if is_empty {
                    checker.leave(name)?;
                }
            }
            Tag::Close { name } => checker.leave(name)?,
        }
    }
    if !checker.reader.open().is_empty() {
        return Err(refused("an element in it does not end"));
    }
    Ok(u64::try_from(checker.layers).unwrap_or(u64::MAX))
}

/// Checks the constants of the host's XML, of which the numbers are in `weights`, and its loops, unless guests may decide how
/// many turns they have. Gives why they could not be looked at, if the XML is one that only OpenVINO's own parser takes.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] for constants that OpenVINO would take for others and for loops, and [`ErrorKind::Runtime`] for
/// weights that cannot be read.
pub(super) fn check_of_host(
    xml: &[u8],
    weights: &mut (impl Read + Seek),
    open_loops: bool,
) -> Result<Option<Refusal>, Error> {
    let Ok(text) = std::str::from_utf8(xml) else { return Ok(Some("it is not UTF-8")) };
    let (mut tags, mut reader) = (Tags::with_comments(text), Reader::default());
    let mut next = || -> Result<Option<Option<Network<'_>>>, Refusal> {
        Ok(Some(match tags.next()? {
            None => return Ok(None),
            Some(Tag::Open { name, attributes, is_empty }) => {
                reader.enter(name, &attributes)?;
                if is_empty { reader.leave(name)? } else { None }
            }
            Some(Tag::Close { name }) => reader.leave(name)?,
        }))
    };
    loop {
        match next() {
            Err(why) => return Ok(Some(why)),
            Ok(None) => return Ok(None),
            Ok(Some(None)) => {}
            Ok(Some(Some(network))) => {
                constants::check(&network, weights)?;
                if !open_loops {
                    loops::check(&network, weights)?;
                }
            }
        }
    }
}

/// Whether a model keeps values from one computation to the next; perhaps not, if the answer is yes.
pub(super) fn has_state(xml: &[u8]) -> bool {
    // Type names are compared without regard to case, and letters may be written as numbers.
    contains(xml, b"readvalue") || contains(xml, b"assign") || hides_letters(xml) || xml.contains(&0)
}

/// Whether characters are written as numbers, other than those below a space, as ends of lines in OpenVINO's metadata.
fn hides_letters(xml: &[u8]) -> bool {
    let mut rest = xml;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"&#") {
        let (_, after) = rest.split_at_checked(at.saturating_add(2)).unwrap_or_default();
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = after.get(..digits).and_then(|digits| str::from_utf8(digits).ok());
        let number = number.filter(|_| after.get(digits) == Some(&b';') && digits <= 2);
        if !number.and_then(decimal).is_some_and(|number| (1..32).contains(&number)) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a word occurs, in any case.
fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

fn refused(why: Refusal) -> Error {
    Error::new(ErrorKind::InvalidEncoding, format!("the model's XML is refused: {why}"))
}

struct Checker<'a> {
    weights: &'a [u8],
    reader: Reader<'a>,
    layers: usize,
    /// Bytes of all constants.
    constants: u64,
    effort: Effort,
    has_root: bool,
}

impl<'a> Checker<'a> {
    fn enter(&mut self, name: &'a str, attributes: &Attributes<'a>) -> Result<(), Error> {
        let open = self.reader.open();
        let bodies = open.iter().filter(|element| element.name.ends_with("body")).count();
        if open.len() >= MAX_DEPTH || bodies > MAX_BODIES {
            return Err(Error::new(ErrorKind::TooLarge, "branches in the model are nested too deeply"));
        }
        if open.is_empty() && (self.has_root || name != "net") {
            return Err(refused("it has another root than `net`, or several"));
        }
        self.has_root = true;
        if attributes.iter().any(|(key, value)| key.contains("type") && value.eq_ignore_ascii_case("string"))
        {
            return Err(Error::unsupported("guests' models cannot have strings"));
        }
        if name == "layer" {
            self.layer(attributes)?;
        }
        let parent = if name == "data" { self.reader.layer() } else { None };
        let parent = parent.map(|layer| layer.kind.clone()).unwrap_or_default();
        self.reader.enter(name, attributes).map_err(refused)?;
        match parent.as_str() {
            "const" => self.constant(attributes),
            "parameter" => check_parameter(attributes).map_err(refused),
            _ => Ok(()),
        }
    }

    fn constant(&mut self, attributes: &Attributes<'_>) -> Result<(), Error> {
        let weights = u64::try_from(self.weights.len()).unwrap_or(u64::MAX);
        let bytes = check_constant(attributes, weights).map_err(refused)?;
        self.constants = self.constants.saturating_add(bytes);
        if self.constants > weights.saturating_mul(CONSTANTS_OF_WEIGHTS).saturating_add(SHARED_CONSTANTS) {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "constants of the model share too many of its weights",
            ));
        }
        Ok(())
    }

    fn leave(&mut self, name: &str) -> Result<(), Error> {
        let needs_data =
            self.reader.layer().is_some_and(|layer| matches!(layer.kind.as_str(), "const" | "parameter"));
        let lacks_data = needs_data && self.reader.open().last().is_some_and(|layer| !layer.has_data);
        if let Some(network) = self.reader.leave(name).map_err(refused)? {
            self.check_network(&network)?;
        }
        if lacks_data { Err(refused("a constant or an input lacks its data")) } else { Ok(()) }
    }

    fn check_network(&self, network: &Network<'a>) -> Result<(), Error> {
        if network.layers().iter().any(|layer| guards::has_rule(&layer.kind)) {
            let joined = network.joined(self.weights, &self.effort).map_err(refused)?;
            for (place, layer) in network.layers().iter().enumerate() {
                guards::check(&joined, place, layer).map_err(|why| match self.effort.is_spent() {
                    true => Error::new(
                        ErrorKind::TooLarge,
                        "the model has too many and too large constants for its operators",
                    ),
                    false => unusable(&layer.kind, why),
                })?;
            }
        }
        constants::check(network, &mut Cursor::new(self.weights))
    }

    fn layer(&mut self, attributes: &Attributes<'a>) -> Result<(), Error> {
        self.layers += 1;
        if self.layers > MAX_LAYERS {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the model has more than {MAX_LAYERS} layers"),
            ));
        }
        let kind = attributes.get("type").ok_or_else(|| refused("a layer has no type"))?;
        let lower = kind.to_ascii_lowercase();
        match lower.as_str() {
            _ if kind == "Const" => Ok(()),
            // OpenVINO takes them for constants, and then does not look for their data.
            "const" | "constant" => Err(refused("a constant is spelled another way than `Const`")),
            _ if lower.contains("string") => Err(Error::unsupported("guests' models cannot have strings")),
            _ => {
                let set = attributes.get("version").unwrap_or_default();
                operators::check(&lower, set).map_err(|why| unusable(kind, why))
            }
        }
    }
}

fn unusable(operator: &str, why: &str) -> Error {
    let operator = Printable::at_most(operator, 64);
    Error::unsupported(format!(
        "guests' models cannot have the operator `{operator}`: {why}; name the graph instead"
    ))
}

/// Gives its bytes.
fn check_constant(attributes: &Attributes<'_>, weights_len: u64) -> Result<u64, Refusal> {
    let number =
        |name| attributes.get(name).and_then(decimal).ok_or("a constant has no place in the weights");
    let (offset, size) = (number("offset")?, number("size")?);
    let dimensions = dimensions(attributes)?.into_iter().collect::<Option<Vec<_>>>();
    let dimensions = dimensions.ok_or("the shape of a constant is open")?;
    let needed = if dimensions.contains(&0) { 0 } else { byte_len(attributes, &dimensions)? };
    // What multiplies the sizes around a zero one by one may overflow all the same.
    byte_len(attributes, &dimensions)?;
    if size < needed {
        return Err("a constant is smaller than its shape");
    }
    match offset.checked_add(size) {
        Some(end) if end <= weights_len => Ok(needed),
        _ => Err("a constant lies beyond the weights"),
    }
}

/// Open sizes are checked when a tensor is set.
fn check_parameter(attributes: &Attributes<'_>) -> Result<(), Refusal> {
    let fixed: Vec<u64> = dimensions(attributes)?.into_iter().flatten().collect();
    if byte_len(attributes, &fixed)? <= MAX_INPUT_BYTES {
        Ok(())
    } else {
        Err("an input is larger than a guest's memory")
    }
}

/// The sizes of the dimensions, without a value for those that are open.
fn dimensions(attributes: &Attributes<'_>) -> Result<Vec<Option<u64>>, Refusal> {
    let shape = attributes.get("shape").ok_or("a constant or an input has no shape")?;
    if shape.is_empty() {
        return Ok(Vec::new());
    }
    shape.split(',').map(|text| dimension(text.trim_ascii())).collect()
}

fn dimension(text: &str) -> Result<Option<u64>, Refusal> {
    if matches!(text, "?" | "-1" | "...") {
        return Ok(None);
    }
    let size = |text| decimal(text).filter(|size| *size <= u64::from(i32::MAX.cast_unsigned()));
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let is_range = low != high;
    match (size(low), size(high)) {
        (Some(_), Some(_)) if is_range => Ok(None),
        (Some(low), Some(_)) => Ok(Some(low)),
        // A range may be open at one end.
        (Some(_), None) if is_range && high.is_empty() => Ok(None),
        (None, Some(_)) if is_range && low.is_empty() => Ok(None),
        _ => Err("a dimension in it is too large, or none"),
    }
}

/// The bytes of a tensor without the dimensions of size zero.
fn byte_len(attributes: &Attributes<'_>, dimensions: &[u64]) -> Result<u64, Refusal> {
    let bits =
        attributes.get("element_type").and_then(bits).ok_or("an element type in it has no fixed size")?;
    let sizes = dimensions.iter().filter(|size| **size != 0);
    let product = sizes.copied().try_fold(bits, u64::checked_mul);
    product.map(|bits| bits.div_ceil(8)).ok_or("a shape in it is too large")
}

/// A number as OpenVINO writes it, and nothing that its parser might take for another.
fn decimal(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// How many bits an element has. Types of odd widths, which no released model has, are left out.
fn bits(element: &str) -> Option<u64> {
    Some(match element {
        "u1" => 1,
        "i4" | "u4" | "nf4" | "f4e2m1" => 4,
        "boolean" | "i8" | "u8" | "f8e4m3" | "f8e5m2" | "f8e8m0" => 8,
        "i16" | "u16" | "f16" | "bf16" => 16,
        "i32" | "u32" | "f32" => 32,
        "i64" | "u64" | "f64" => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
