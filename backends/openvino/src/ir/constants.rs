//! The check of a network's constants, which must fit the 32 bits in which OpenVINO computes, unless they are bounds.

use super::network::{Layer, Network, Source};
use super::{byte_len, decimal, dimensions};
use crate::flow::{ALL, BOTH, Flow, Operators, Side, Taken};
use crate::narrow::{Wide, refused_constant};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use wasi_nn::Error;

/// Types of layers, in lower case.
const OPERATORS: Operators = Operators {
    bounds: &[
        ("loop", &[0], BOTH),
        ("maximum", ALL, &[Side::Low]),
        ("minimum", ALL, &[Side::High]),
        ("nonmaxsuppression", &[2], BOTH),
        ("slice", &[1, 2], BOTH),
        ("stridedslice", &[1, 2], BOTH),
    ],
    passes: &[
        ("broadcast", &[0]),
        ("concat", ALL),
        ("gather", &[0]),
        ("identity", ALL),
        ("maximum", ALL),
        ("minimum", ALL),
        ("reshape", &[0]),
        ("scatterelementsupdate", &[0, 2]),
        ("scatterndupdate", &[0, 2]),
        ("scatterupdate", &[0, 2]),
        ("select", &[1, 2]),
        ("squeeze", &[0]),
        ("tile", &[0]),
        ("transpose", &[0]),
        ("unsqueeze", &[0]),
    ],
};

/// Types to which OpenVINO converts the nearest integer of 32 bits as it is.
const INTEGERS: [&str; 2] = ["i32", "i64"];

/// Bytes of weights that are looked at in one piece; numbers of all widths fill it.
const CHUNK: u64 = 64 << 10;

const WAY_OUT: &str = "give the model as ONNX to the embedded ONNX engine";

/// The outputs of a network whose numbers count, once somebody asks.
struct Counted<'n, 'a> {
    network: &'n Network<'a>,
    low: OnceCell<HashSet<Source>>,
    high: OnceCell<HashSet<Source>>,
}

/// Checks the constants of a network, whose numbers are in `weights`.
pub(super) fn check(network: &Network<'_>, weights: &mut (impl Read + Seek)) -> Result<(), Error> {
    let counted = Counted { network, low: OnceCell::new(), high: OnceCell::new() };
    for (place, layer) in network.layers().iter().enumerate().filter(|(_, layer)| layer.kind == "const") {
        let wanted = |side| counted.contains((place, 0), side);
        let found = first_lost(layer, weights, wanted)
            .map_err(|error| Error::runtime(format!("cannot read the model's weights: {error}")))?;
        if let Some(number) = found {
            return Err(refused_constant(layer.name, &number, WAY_OUT));
        }
    }
    Ok(())
}

impl Counted<'_, '_> {
    fn contains(&self, source: Source, side: Side) -> bool {
        let all = match side {
            Side::Low => &self.low,
            Side::High => &self.high,
        };
        all.get_or_init(|| self.of(side)).contains(&source)
    }

    fn of(&self, side: Side) -> HashSet<Source> {
        let mut flow = Flow::new();
        // What cannot be followed is not what OpenVINO takes for a network.
        for ((place, input), source) in self.network.sources().unwrap_or_default() {
            let Some(layer) = self.network.layers().get(place) else { continue };
            let passed_on = (!layer.outputs.is_empty()).then_some((place, 0));
            flow.take(source, taken(layer, input, side), passed_on);
        }
        flow.counted()
    }
}

fn taken(layer: &Layer<'_>, input: usize, side: Side) -> Taken {
    match layer.kind.as_str() {
        "convert" if layer.data.get("destination_type").is_some_and(|to| INTEGERS.contains(&to)) => {
            Taken::Passed
        }
        kind => OPERATORS.taken(kind, input, side),
    }
}

/// The first number of a constant that does not fit and is `wanted`.
fn first_lost(
    layer: &Layer<'_>,
    weights: &mut (impl Read + Seek),
    wanted: impl Fn(Side) -> bool,
) -> io::Result<Option<String>> {
    let number = |name| layer.data.get(name).and_then(decimal);
    let wide = layer.data.get("element_type").and_then(Wide::named);
    let (Some(wide), Some(start), Some(size)) = (wide, number("offset"), number("size")) else {
        return Ok(None);
    };
    let sizes = dimensions(&layer.data).ok().and_then(|sizes| sizes.into_iter().collect::<Option<Vec<_>>>());
    let needed = sizes.and_then(|sizes| byte_len(&layer.data, &sizes).ok().filter(|_| !sizes.contains(&0)));
    weights.seek(SeekFrom::Start(start))?;
    let mut rest = weights.take(size.min(needed.unwrap_or(0)));
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        if rest.by_ref().take(CHUNK).read_to_end(&mut chunk)? == 0 {
            return Ok(None);
        }
        if let Some((_, number)) = wide.first_lost(&chunk, &wanted) {
            return Ok(Some(number));
        }
    }
}
