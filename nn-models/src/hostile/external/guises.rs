//! Models with a tensor outside of the model, one for each form in which the tensor can say so.

use super::{Named, Reference, copy, named};
use crate::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};

/// One model for each way of saying it, all but one of an initializer.
#[must_use]
pub fn in_every_guise(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let mut all = marked(reference);
    all.extend(located(reference));
    all.extend(in_parts(reference));
    all
}

/// The field `data_location`, which is 0 where the elements are in the tensor, and 1 where they are not.
fn marked(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let with = |marks: Message| initializer(reference, reference.unmarked().raw(marks));
    let mark = |value| Message::new().varint(14, value);
    vec![
        named("not marked", with(Message::new())),
        named("marked as internal", with(mark(0))),
        named("marked as internal, then as external", with(mark(0).append(mark(1)))),
        named("marked as external, then as internal", with(mark(1).append(mark(0)))),
        // An enum has 32 bits, and decoders cut off what is beyond.
        named("marked beyond 32 bits", with(mark(1 << 32 | 1))),
        named("marked by a stretched number", with(Message::new().stretched_varint(14, 1))),
    ]
}

/// The fields `external_data`, pairs of strings.
fn located(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let with = |entries: &[(&str, &str)]| {
        initializer(reference, reference.shaped().external_data(entries).external())
    };
    let location = ("location", reference.location);
    let offset = reference.offset.to_string();
    let offset = ("offset", offset.as_str());
    vec![
        named("no location", with(&[])),
        named("only a location", with(&[location])),
        named("two locations", with(&[("location", "nowhere"), location, offset])),
        named("unknown keys", with(&[("", ""), ("basepath", ".."), location, offset, ("checksum", "0")])),
        named("beside elements of its own", {
            initializer(reference, reference.locate(reference.harmless()).external())
        }),
    ]
}

/// A message that comes twice is one message, with the fields of both.
fn in_parts(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let location = Message::from(reference.locate(TensorProto::empty()).external());
    vec![
        named("graph in two parts", {
            let whole = ModelProto::new(reference.graph(GraphProto::new("external"), copy()));
            let rest = Message::new().message(5, reference.tensor());
            whole.raw(Message::new().message(7, rest)).into_bytes()
        }),
        named("tensor in two parts", {
            let value = Message::new().message(5, reference.shaped()).message(5, location);
            let node = NodeProto::new("Constant", &[], &["y"]).attribute("value", 4, value);
            reference.model(GraphProto::new("external"), node)
        }),
    ]
}

fn initializer(reference: &Reference<'_>, tensor: TensorProto) -> Vec<u8> {
    reference.model(GraphProto::new("external").initializer(tensor), copy())
}
