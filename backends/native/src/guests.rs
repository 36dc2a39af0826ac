//! The scan of guests' ONNX models before a native library reads them.

use crate::expansion;
use wasi_nn::onnx_scan::view::Model;
use wasi_nn::{Error, onnx_scan};

/// What a model may become when it is decoded, beside four times its bytes. A model of 100,000 operators takes half of it; empty
/// messages of two bytes each, which become hundreds, reach it with 2 MiB.
const MOST_DECODED: u64 = 512 << 20;

/// A guest's ONNX model that may be given to a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestsOnnx {
    /// Its operators, over all graphs, with those of functions wherever these are called.
    pub operators: u64,
    /// The bytes that it takes as it is and when it is decoded, estimated generously.
    pub held: u64,
}

/// Refuses an ONNX model of a guest's that names files or addresses of the process's memory, which libraries follow, and one
/// with fields that are not of ONNX, or that is much larger when it is decoded.
///
/// * `max_nodes`: operators, over all graphs, with those of functions wherever these are called
/// * `max_depth`: graphs inside each other; a model without branches and loops has 1
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for such a model,
/// [`ErrorKind::TooLarge`](wasi_nn::ErrorKind::TooLarge) beyond a bound, and
/// [`ErrorKind::Runtime`](wasi_nn::ErrorKind::Runtime) for what is no model.
pub fn scan_guests_onnx(bytes: &[u8], max_nodes: u64, max_depth: u32) -> Result<GuestsOnnx, Error> {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let decoded = len.saturating_mul(4).saturating_add(MOST_DECODED);
    let limits = onnx_scan::Limits { nodes: max_nodes, depth: max_depth, bytes: decoded, owner: None };
    let summary = onnx_scan::scan(bytes, &limits)?;
    // A newer reader may find tensors in them.
    if summary.unknown > 0 {
        return Err(Error::unsupported("the model has fields that are not of ONNX"));
    }
    let operators = expansion::operators(&Model::new(bytes)?, max_nodes)?;
    Ok(GuestsOnnx { operators, held: summary.bytes.saturating_add(len) })
}

#[cfg(test)]
mod tests {
    use super::scan_guests_onnx;
    use nn_models::hostile::external::{self, Reference};
    use nn_models::onnx::{GraphProto, Message, ModelProto, TensorProto};
    use nn_models::{Element, Tensor, models};
    use wasi_nn::ErrorKind;

    #[test]
    fn what_names_files_or_memory_is_refused() {
        for location in ["weights", "/etc/passwd", external::MEMORY] {
            for named in external::everywhere(&Reference { location, offset: 0, length: 16 }) {
                assert!(scan_guests_onnx(&named.model, 100, 5).is_err(), "{location}: {}", named.name);
            }
        }
        assert!(scan_guests_onnx(&external::unknown_fields(), 100, 5).is_err());
        assert_eq!(scan_guests_onnx(&external::only_words(), 100, 5).unwrap().operators, 1);
    }

    #[test]
    fn operators_and_graphs_are_counted() {
        let two = models::difference_and_product(Element::F32).onnx();
        assert_eq!(scan_guests_onnx(&two, 2, 1).unwrap().operators, 2);
        let beyond = scan_guests_onnx(&two, 1, 1);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::TooLarge);
        let beyond = scan_guests_onnx(&models::nested_ifs(5), 1 << 20, 5);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::TooLarge);
    }

    /// A graph with so many declared values, of two bytes each, that say nothing.
    fn empty_messages(count: usize) -> Vec<u8> {
        const NOTHING: [u8; 2] = [13 << 3 | 2, 0];
        Message::new().varint(1, 8).bytes(7, NOTHING.repeat(count)).into_bytes()
    }

    #[test]
    fn what_a_model_becomes_is_charged_and_bounded() {
        let small = scan_guests_onnx(&empty_messages(1000), 100, 5).unwrap();
        assert!(small.operators == 0 && small.held > 1000 * 300, "{small:?}");
        let beyond = scan_guests_onnx(&empty_messages(8 << 20), 100, 5).unwrap_err();
        assert_eq!(beyond.kind(), ErrorKind::TooLarge);
        // Weights become what they are.
        let weights = Tensor::f32(&[1 << 20], &vec![1.0; 1 << 20]);
        let graph = GraphProto::new("g").initializer(TensorProto::new("w", &weights));
        let large = scan_guests_onnx(&ModelProto::new(graph).into_bytes(), 100, 5).unwrap();
        assert!((8 << 20..9 << 20).contains(&large.held), "{large:?}");
    }
}
