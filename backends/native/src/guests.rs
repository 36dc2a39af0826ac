//! The scan of guests' ONNX models before a native library reads them.

use wasi_nn::{Error, onnx_scan};

/// Refuses an ONNX model of a guest's that names files or addresses of the process's memory, which libraries follow, and one
/// with fields that are not of ONNX. Gives the number of its operators.
///
/// * `max_nodes`: operators, over all graphs
/// * `max_depth`: graphs inside each other; a model without branches and loops has 1
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for such a model,
/// [`ErrorKind::TooLarge`](wasi_nn::ErrorKind::TooLarge) beyond a bound, and
/// [`ErrorKind::Runtime`](wasi_nn::ErrorKind::Runtime) for what is no model.
pub fn scan_guests_onnx(bytes: &[u8], max_nodes: u64, max_depth: u32) -> Result<u64, Error> {
    let limits = onnx_scan::Limits { nodes: max_nodes, depth: max_depth, bytes: u64::MAX, owner: None };
    let summary = onnx_scan::scan(bytes, &limits)?;
    // A newer reader may find tensors in them.
    if summary.unknown > 0 {
        return Err(Error::unsupported("the model has fields that are not of ONNX"));
    }
    Ok(summary.nodes)
}

#[cfg(test)]
mod tests {
    use super::scan_guests_onnx;
    use nn_models::hostile::external::{self, Reference};
    use nn_models::{Element, models};
    use wasi_nn::ErrorKind;

    #[test]
    fn what_names_files_or_memory_is_refused() {
        for location in ["weights", "/etc/passwd", external::MEMORY] {
            for named in external::everywhere(&Reference { location, offset: 0, length: 16 }) {
                assert!(scan_guests_onnx(&named.model, 100, 5).is_err(), "{location}: {}", named.name);
            }
        }
        assert!(scan_guests_onnx(&external::unknown_fields(), 100, 5).is_err());
        assert_eq!(scan_guests_onnx(&external::only_words(), 100, 5).unwrap(), 1);
    }

    #[test]
    fn operators_and_graphs_are_counted() {
        let two = models::difference_and_product(Element::F32).onnx();
        assert_eq!(scan_guests_onnx(&two, 2, 1).ok(), Some(2));
        let beyond = scan_guests_onnx(&two, 1, 1);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::TooLarge);
        let beyond = scan_guests_onnx(&models::nested_ifs(5), 1 << 20, 5);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
