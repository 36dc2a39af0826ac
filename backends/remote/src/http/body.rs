//! The body of an answer: of a length that its head says, in chunks, or up to the end of the connection.

use crate::connection::Connection;
use crate::trouble::Trouble;

/// Bytes of the line in front of a chunk, and of all lines behind the last one.
const MAX_LINE: usize = 256;
const MAX_TRAILER: usize = 8 << 10;

/// What is left of a body.
#[derive(Debug)]
pub(crate) struct Body {
    rest: Rest,
    keeps: bool,
}

#[derive(Debug)]
enum Rest {
    Len(u64),
    /// What is left of a chunk; nothing before the first one.
    Chunk(Option<u64>),
    End,
}

impl Body {
    pub(super) fn of_len(len: u64, keeps: bool) -> Self {
        Body { rest: Rest::Len(len), keeps }
    }

    pub(super) fn chunked(keeps: bool) -> Self {
        Body { rest: Rest::Chunk(None), keeps }
    }

    pub(super) fn to_the_end() -> Self {
        Body { rest: Rest::End, keeps: false }
    }

    /// How many bytes it has, if its head says so.
    pub(crate) fn len(&self) -> Option<u64> {
        match self.rest {
            Rest::Len(len) => Some(len),
            Rest::Chunk(_) | Rest::End => None,
        }
    }

    /// Reads some bytes, and none at the end of the body.
    fn read(&mut self, connection: &mut Connection, into: &mut [u8]) -> Result<usize, Trouble> {
        let left = match &mut self.rest {
            Rest::End => return connection.take(into),
            Rest::Len(0) => return Ok(0),
            Rest::Len(left) => left,
            Rest::Chunk(left) => {
                if matches!(left, None | Some(0)) {
                    let is_first = left.is_none();
                    match next_chunk(connection, is_first)? {
                        0 => {
                            self.rest = Rest::Len(0);
                            return Ok(0);
                        }
                        len => *left = Some(len),
                    }
                }
                match left {
                    Some(left) => left,
                    None => return Ok(0),
                }
            }
        };
        let most = usize::try_from(*left).unwrap_or(usize::MAX).min(into.len());
        let count = connection.take(into.get_mut(..most).unwrap_or_default())?;
        if count == 0 && most > 0 {
            return Err(Trouble::Ended);
        }
        *left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    /// Reads as many bytes as there is room for.
    pub(crate) fn read_exact(
        &mut self,
        connection: &mut Connection,
        mut into: &mut [u8],
    ) -> Result<(), Trouble> {
        while !into.is_empty() {
            match self.read(connection, into)? {
                0 => return Err(Trouble::Ended),
                count => into = std::mem::take(&mut into).get_mut(count..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// Reads all that is left, up to `most` bytes.
    pub(crate) fn read_all(&mut self, connection: &mut Connection, most: u64) -> Result<Vec<u8>, Trouble> {
        /// Bytes that are read at once.
        const PIECE: usize = 64 << 10;
        if self.len().is_some_and(|len| len > most) {
            return Err(Trouble::TooLarge(most));
        }
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            bytes.resize(before.saturating_add(PIECE), 0);
            let count = self.read(connection, bytes.get_mut(before..).unwrap_or_default())?;
            bytes.truncate(before.saturating_add(count));
            if count == 0 {
                return Ok(bytes);
            }
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
                return Err(Trouble::TooLarge(most));
            }
        }
    }

    /// Whether it has been read to its end, after which the connection can be used again.
    pub(crate) fn ends(&mut self, connection: &mut Connection) -> Result<bool, Trouble> {
        let is_over = matches!(self.rest, Rest::Len(0));
        if !is_over && self.read(connection, &mut [0])? > 0 {
            return Err(Trouble::Http("its body has more than it says"));
        }
        Ok(self.keeps)
    }
}

/// The length of the next chunk; zero behind the last one, with what follows that.
fn next_chunk(connection: &mut Connection, is_first: bool) -> Result<u64, Trouble> {
    if !is_first && !line(connection, MAX_LINE)?.is_empty() {
        return Err(Trouble::Http("a chunk is longer than it says"));
    }
    let line_of_len = line(connection, MAX_LINE)?;
    let digits = line_of_len.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = str::from_utf8(digits).ok().filter(|_| is_plain);
    let len = text.and_then(|text| u64::from_str_radix(text, 16).ok());
    let len = len.ok_or(Trouble::Http("the length of a chunk is none"))?;
    if len == 0 {
        let mut left = MAX_TRAILER;
        loop {
            let trailer = line(connection, MAX_LINE)?;
            if trailer.is_empty() {
                break;
            }
            left = left.checked_sub(trailer.len()).ok_or(Trouble::Http("its trailer is too long"))?;
        }
    }
    Ok(len)
}

/// A line without its end.
fn line(connection: &mut Connection, most: usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    loop {
        if connection.fill()? == 0 {
            return Err(Trouble::Ended);
        }
        let ahead = connection.ahead();
        let (piece, is_whole) = match ahead.iter().position(|byte| *byte == b'\n') {
            Some(at) => (ahead.get(..=at).unwrap_or_default(), true),
            None => (ahead, false),
        };
        let count = piece.len();
        bytes.extend_from_slice(piece);
        connection.consume(count);
        if bytes.len() > most.saturating_add(2) {
            return Err(Trouble::Http("a line between chunks is too long"));
        }
        if is_whole {
            bytes.pop();
            if bytes.pop().is_some_and(|last| last != b'\r') {
                return Err(Trouble::Http("a line between chunks does not end as lines do"));
            }
            return Ok(bytes);
        }
    }
}
