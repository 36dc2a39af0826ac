//! A look at a guest's XML before OpenVINO reads it.
//!
//! Compiling takes twice as long for each branch that is nested in another: a model of 40 KiB can take hours, in
//! a call that nothing can stop. So the nesting is bounded, for which the text is split into tags exactly as
//! OpenVINO's parser does: what the two could understand differently, and no tool writes, is refused.

use crate::{Error, ErrorKind};

/// Bodies of branches and loops inside each other. Models in use have one or two.
const MAX_BODIES: usize = 4;

/// Checks how deep bodies are nested.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] beyond [`MAX_BODIES`], and [`ErrorKind::InvalidEncoding`] for comments, declarations
/// and tags that do not end.
pub(super) fn check(xml: &[u8]) -> Result<(), Error> {
    let mut depth = 0_usize;
    let mut rest = xml;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        let after = rest.get(start..).and_then(|rest| rest.get(1..)).unwrap_or_default();
        let end = end_of_tag(after).ok_or_else(|| refused("a tag in it does not end"))?;
        let (tag, behind) = after.split_at_checked(end).unwrap_or((after, &[]));
        if tag.starts_with(b"!") {
            return Err(refused("it has comments or declarations; leave them out"));
        }
        // Quotes mean nothing in an instruction, which ends with the first `?>`.
        if tag.starts_with(b"?") && !tag.ends_with(b"?") {
            return Err(refused("an instruction in it does not end"));
        }
        if is_body(tag.strip_prefix(b"/").unwrap_or(tag)) {
            // A body that is closed at once has nothing in it.
            depth = match (tag.first(), tag.last()) {
                (Some(b'/'), _) => depth.saturating_sub(1),
                (_, Some(b'/')) => depth,
                _ => depth.saturating_add(1),
            };
        }
        if depth > MAX_BODIES {
            let text = format!("the model has more than {MAX_BODIES} branches or loops inside each other");
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        rest = behind;
    }
    Ok(())
}

/// The length of a tag whose `<` has been read, up to its `>`. No tag begins inside of another, quoted or not.
fn end_of_tag(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.iter().enumerate() {
        match (quote, *byte) {
            (_, b'<') => return None,
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// `body`, `then_body`, `else_body`, and whatever comes to be called like them.
fn is_body(tag: &[u8]) -> bool {
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default();
    name.ends_with(b"body")
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidEncoding, format!("the model's XML is refused: {why}"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::ErrorKind;

    fn nested(levels: usize) -> String {
        let open = "<layer id=\"1\" type=\"If\"><then_body ><layers>".repeat(levels);
        let close = "</layers></then_body></layer>".repeat(levels);
        format!("<?xml version='1.0'?><net name=\"a > b\">{open}{close}</net>")
    }

    fn kind(xml: &str) -> Option<ErrorKind> {
        check(xml.as_bytes()).err().map(|error| error.kind())
    }

    #[test]
    fn the_nesting_is_bounded_and_the_number_is_not() {
        assert_eq!(kind(&nested(4)), None);
        assert_eq!(kind(&nested(5)), Some(ErrorKind::TooLarge));
        assert_eq!(kind(&nested(4).repeat(20)), None);
        assert_eq!(kind(&format!("{}{}", "<body/>".repeat(9), "<body></body>".repeat(9))), None);
    }

    #[test]
    fn closing_tags_cannot_be_made_up() {
        for place in [
            "<!--</body>-->",
            "<![CDATA[</body>]]>",
            "<x y=\"</body>\"/>",
            "<x y='></body>'/>",
            "<?x ></body>?>",
        ] {
            let xml = format!("<net>{}</net>", format!("<body>{place}").repeat(9));
            assert_eq!(kind(&xml), Some(ErrorKind::InvalidEncoding), "{place}");
        }
    }

    #[test]
    fn what_does_not_end_is_refused() {
        for xml in ["<net", "<net name=\"", "<net><", "<net name='a\">", "<?xml >?>", "<?xml y='?>'<body>"] {
            assert_eq!(kind(xml), Some(ErrorKind::InvalidEncoding), "{xml}");
        }
        assert_eq!(kind(""), None);
        assert_eq!(kind("text > text"), None);
    }
}
