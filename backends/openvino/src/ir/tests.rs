//! Tests of the checks on IR: models that pass, and models that are refused.

use super::{check, has_state};
use nn_models::{Element, golden, hostile, models};
use wasi_nn::ErrorKind;

fn kind(xml: &str, weights_len: usize) -> Option<ErrorKind> {
    check(xml.as_bytes(), &vec![0; weights_len]).err().map(|error| error.kind())
}

fn layer(kind: &str, data: &str) -> String {
    format!("<net><layers><layer id='0' type='{kind}' version='opset1'>{data}</layer></layers></net>")
}

fn constant(element: &str, shape: &str, offset: &str, size: &str) -> Option<ErrorKind> {
    let data = format!("<data element_type='{element}' shape='{shape}' offset='{offset}' size='{size}'/>");
    kind(&layer("Const", &data), 16)
}

#[test]
fn sane_models_pass() {
    for case in golden::cases() {
        let files = case.model.ir();
        check(files.xml.as_bytes(), &files.weights).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn constants_lie_within_the_weights() {
    for (element, shape, offset, size) in [
        ("u8", "16", "0", "16"),
        ("f32", "2, 2", "0", "16"),
        ("f32", "", "12", "4"),
        ("u4", "31", "0", "16"),
        ("f64", "0,3", "16", "0"),
    ] {
        assert_eq!(constant(element, shape, offset, size), None, "{element} {shape}");
    }
    let wraps = (u64::MAX - 3).to_string();
    for (element, shape, offset, size) in [
        ("u8", "17", "0", "17"),
        ("u8", "16", "1", "16"),
        ("u8", "16", &wraps, "16"),
        ("u8", "16", "0", &wraps),
        ("u8", "16", "-1", "16"),
        ("u8", "16", "0x0", "16"),
        ("u8", "16", " 0", "16"),
        ("u8", "17", "0", "16"),
        ("u4", "33", "0", "16"),
        // Their sizes in bits are 8 and 0 modulo 2^64.
        ("u8", "2305843009213693953", "0", "1"),
        ("u8", "2147483647,1073741824,8", "0", "0"),
        ("f32", "2147483647,2147483647,0", "0", "0"),
        ("u8", "?", "0", "0"),
        ("u8", "4,,4", "0", "16"),
        ("u8", "4 4", "0", "16"),
        ("F32", "1", "0", "4"),
        ("u3", "1", "0", "3"),
        ("dynamic", "1", "0", "4"),
    ] {
        let found = constant(element, shape, offset, size);
        assert_eq!(found, Some(ErrorKind::InvalidEncoding), "{element} {shape} {offset} {size}");
    }
    assert_eq!(constant("string", "1", "0", "16"), Some(ErrorKind::Unsupported));
}

#[test]
fn inputs_fit_a_guest() {
    let parameter =
        |shape: &str| kind(&layer("Parameter", &format!("<data element_type='f32' shape='{shape}'/>")), 0);
    for shape in ["", "1,3", "?,-1,3", "...", "1..8,2", "..8", "8..", "0,5", "1024,1024,1024"] {
        assert_eq!(parameter(shape), None, "{shape}");
    }
    for shape in ["1024,1024,1025", "100000000000", "+5", "0x5", "a", "1...3", "-2", "2147483648..", "..,.."]
    {
        assert_eq!(parameter(shape), Some(ErrorKind::InvalidEncoding), "{shape}");
    }
}

#[test]
fn data_is_there_once_and_spelled_as_it_should() {
    let data = "<data element_type='u8' shape='1' offset='0' size='1'/>";
    assert_eq!(kind(&layer("Const", data), 1), None);
    assert_eq!(kind(&layer("Const", ""), 1), Some(ErrorKind::InvalidEncoding));
    assert_eq!(kind(&layer("Const", &data.repeat(2)), 1), Some(ErrorKind::InvalidEncoding));
    assert_eq!(kind(&layer("Parameter", ""), 1), Some(ErrorKind::InvalidEncoding));
    for name in ["const", "Constant", "CONST"] {
        assert_eq!(kind(&layer(name, data), 1), Some(ErrorKind::InvalidEncoding), "{name}");
    }
}

#[test]
fn operators_that_nothing_stops_or_that_crash_are_refused() {
    let names =
        ["Loop", "loop", "TensorIterator", "StringTensorPack", "GatherND", "Pad", "Divide", "Unheard"];
    for name in names {
        assert_eq!(kind(&layer(name, ""), 0), Some(ErrorKind::Unsupported), "{name}");
    }
    let convert = layer("Convert", "<data destination_type='String'/>");
    assert_eq!(kind(&convert, 0), Some(ErrorKind::Unsupported));
    assert_eq!(kind(&layer("If", ""), 0), None);
}

#[test]
fn nesting_and_numbers_are_bounded() {
    let bodies = |levels: usize| {
        let open = "<layer type='If' version='opset8'><then_body><layers>".repeat(levels);
        let close = "</layers></then_body></layer>".repeat(levels);
        format!("<net>{open}{close}</net>")
    };
    assert_eq!(kind(&bodies(4), 0), None);
    assert_eq!(kind(&bodies(5), 0), Some(ErrorKind::TooLarge));
    let deep = |levels: usize| format!("<net>{}{}</net>", "<a>".repeat(levels), "</a>".repeat(levels));
    assert_eq!(kind(&deep(63), 0), None);
    assert_eq!(kind(&deep(64), 0), Some(ErrorKind::TooLarge));
    let many =
        |layers: usize| format!("<net>{}</net>", "<layer type='Relu' version='opset1'/>".repeat(layers));
    assert_eq!(kind(&many(20_000), 0), None);
    assert_eq!(kind(&many(20_001), 0), Some(ErrorKind::TooLarge));
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for xml in [
        "<net></net><net/>",
        "<a/>",
        "<net><layers></net></layers>",
        "<net>",
        "</net>",
        "<net/>\0",
        "<net name='&#82;eadValue'/>",
        "<net><rt_info><__weights_path value='a'/></rt_info></net>",
        "<net><rt_info><a name='Weights_Path'/></rt_info></net>",
        "<net><layers><layer id='0'/></layers></net>",
    ] {
        assert_eq!(kind(xml, 0), Some(ErrorKind::InvalidEncoding), "{xml}");
    }
    assert_eq!(check(b"<net name='\xff'/>", &[]).unwrap_err().kind(), ErrorKind::InvalidEncoding);
}

#[test]
fn ends_of_lines_may_be_written_as_numbers() {
    let net = |value: &str| format!("<net><rt_info><a value='{value}'/></rt_info></net>");
    for value in ["a&#10;b", "&#09;&#13;&#9;", "&quot;&lt;&gt;&amp;&apos;"] {
        assert_eq!(kind(&net(value), 0), None, "{value}");
        assert!(!has_state(net(value).as_bytes()));
    }
    for value in ["&#82;", "&#x0a;", "&#10", "&#010;", "&#0;", "&#32;", "&#;", "&#"] {
        assert_eq!(kind(&net(value), 0), Some(ErrorKind::InvalidEncoding), "{value}");
        assert!(has_state(net(value).as_bytes()), "{value}");
    }
}

#[test]
fn damaged_models_do_not_panic() {
    let files = models::dynamic_batch().ir();
    for damaged in hostile::broken::mutants(files.xml.as_bytes(), 7).take(2_000) {
        // Some still are sane.
        let _ = check(&damaged, &files.weights);
    }
}

#[test]
fn state_is_suspected_rather_than_missed() {
    assert!(!has_state(models::double(Element::F32).ir().xml.as_bytes()));
    for name in ["ReadValue", "readvalue", "Assign", "Read&#86;alue"] {
        assert!(has_state(layer(name, "").as_bytes()), "{name}");
    }
}

/// Each operator that has a large constant has all of it looked at.
#[test]
fn operators_that_share_a_large_constant_are_bounded() {
    let model = |operators: u32| {
        let numbers = 1 << 18;
        let mut layers = format!(
            "<layer id='0' type='Const' version='opset1'><data element_type='i64' shape='{numbers}' offset='0' \
             size='{}'/><output><port id='0'/></output></layer>",
            8 * numbers
        );
        let mut edges = String::new();
        for id in 1..=operators {
            layers += &format!(
                "<layer id='{id}' type='Tile' version='opset1'><input><port id='0'/><port id='1'/></input></layer>"
            );
            edges += &format!(
                "<edge from-layer='0' from-port='0' to-layer='{id}' to-port='0'/>\
                 <edge from-layer='0' from-port='0' to-layer='{id}' to-port='1'/>"
            );
        }
        format!("<net><layers>{layers}</layers><edges>{edges}</edges></net>")
    };
    assert_eq!(kind(&model(9), 2 << 20), None);
    assert_eq!(kind(&model(17), 2 << 20), Some(ErrorKind::TooLarge));
}
