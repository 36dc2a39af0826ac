//! A writer of the binary format, for changes of one section of a module that leave the others as they are.

use std::ops::Range;

/// Bytes before the first section: the magic number and the version (WebAssembly core specification, 5.5.16).
pub(super) const HEADER: usize = 8;

/// A section with its number (5.5.2) and the place of its content.
pub(super) type Section = (u8, Range<usize>);

/// Adds a section to `module`.
pub(super) fn section(module: &mut Vec<u8>, id: u8, content: &[u8]) -> Option<()> {
    module.push(id);
    module.extend(number(content.len().try_into().ok()?));
    module.extend_from_slice(content);
    Some(())
}

/// The content of a section that is a list, without the number of its items at the front.
pub(super) fn items(content: &[u8]) -> Option<&[u8]> {
    let width = content.iter().position(|byte| byte & 0x80 == 0)?.checked_add(1)?;
    content.get(width..)
}

/// An unsigned LEB128 (5.2.2).
pub(super) fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        match value {
            0 => {
                bytes.push(low & 0x7f);
                return bytes;
            }
            _ => bytes.push(low | 0x80),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{items, number};

    #[test]
    fn numbers() {
        assert_eq!(number(0), [0]);
        assert_eq!(number(127), [0x7f]);
        assert_eq!(number(624_485), [0xe5, 0x8e, 0x26]);
    }

    #[test]
    fn lists() {
        assert_eq!(items(&[1, 7]), Some(&[7][..]));
        // A number may be longer than it has to be.
        assert_eq!(items(&[0x81, 0x80, 0, 7]), Some(&[7][..]));
        assert_eq!(items(&[0x81]), None);
    }
}
