//! HTTP/1.1, as far as the protocol needs it: requests of one piece, and answers of bounded heads (RFC 9112).

mod body;

pub(crate) use body::Body;

use crate::connection::Connection;
use crate::trouble::Trouble;

/// Bytes of heads of one answer, with those of interim ones before it.
const MAX_HEAD: usize = 64 << 10;

/// Lines of a head.
const MAX_HEADERS: usize = 128;

/// Interim answers, as `100 Continue`, which nobody asked for.
const MAX_INTERIM: u32 = 8;

/// The header of the protocol that says how long the JSON in front of tensors is.
pub(crate) const JSON_LEN: &str = "inference-header-content-length";

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Whether the connection can be used again.
    keeps: bool,
    is_chunked: bool,
    len: Option<u64>,
    /// Bytes of JSON in front of tensors, if the body has tensors.
    pub(crate) json_len: Option<u64>,
}

impl Head {
    /// Reads the head of the answer, and leaves interim ones out.
    pub(crate) fn read(connection: &mut Connection) -> Result<Self, Trouble> {
        let mut left = MAX_HEAD;
        for _ in 0..=MAX_INTERIM {
            let bytes = read_head(connection, &mut left)?;
            let head = Head::parse(&bytes)?;
            if !(100..200).contains(&head.status) {
                return Ok(head);
            }
            if head.status == 101 {
                return Err(Trouble::Http("it changes to another protocol"));
            }
        }
        Err(Trouble::Http("it has nothing but interim answers"))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Trouble> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err(Trouble::Http("its head does not end")),
            Err(_) => return Err(Trouble::Http("its head cannot be read")),
        }
        let mut head = Head {
            status: response.code.ok_or(Trouble::Http("it has no status"))?,
            keeps: response.version == Some(1),
            is_chunked: false,
            len: None,
            json_len: None,
        };
        for header in response.headers.iter() {
            let has = |word: &[u8]| {
                header
                    .value
                    .split(|byte| *byte == b',')
                    .any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
            };
            match header.name {
                name if name.eq_ignore_ascii_case("content-length") => once(&mut head.len, header.value)?,
                name if name.eq_ignore_ascii_case(JSON_LEN) => once(&mut head.json_len, header.value)?,
                name if name.eq_ignore_ascii_case("transfer-encoding") => {
                    if !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") || head.is_chunked {
                        return Err(Trouble::Http("its body comes in an encoding other than chunks"));
                    }
                    head.is_chunked = true;
                }
                name if name.eq_ignore_ascii_case("content-encoding")
                    && !header.value.trim_ascii().eq_ignore_ascii_case(b"identity") =>
                {
                    return Err(Trouble::Http("its body is compressed, for which nobody asked"));
                }
                name if name.eq_ignore_ascii_case("connection") => head.keeps &= !has(b"close"),
                _ => {}
            }
        }
        // Whoever stands between might take one, and the server the other.
        if head.is_chunked && head.len.is_some() {
            return Err(Trouble::Http("it has both a length and chunks"));
        }
        Ok(head)
    }

    /// The body that follows the head.
    pub(crate) fn body(&self) -> Body {
        match self.len {
            _ if matches!(self.status, 204 | 304) => Body::of_len(0, self.keeps),
            _ if self.is_chunked => Body::chunked(self.keeps),
            Some(len) => Body::of_len(len, self.keeps),
            None => Body::to_the_end(),
        }
    }
}

/// Sets a length that must not be said twice in different ways.
fn once(place: &mut Option<u64>, value: &[u8]) -> Result<(), Trouble> {
    let wrong = Trouble::Http("a length in its head is none");
    let value = value.trim_ascii();
    let is_plain = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(value).ok().filter(|_| is_plain);
    let Some(number) = text.and_then(|text| text.parse().ok()) else { return Err(wrong) };
    match place.replace(number) {
        Some(other) if other != number => Err(wrong),
        _ => Ok(()),
    }
}

/// The bytes of one head, with the empty line.
fn read_head(connection: &mut Connection, left: &mut usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    loop {
        if connection.fill()? == 0 {
            let is_first = bytes.is_empty();
            return Err(if is_first { Trouble::Silent } else { Trouble::Ended });
        }
        let before = bytes.len();
        let ahead = connection.ahead();
        bytes.extend_from_slice(ahead.get(..ahead.len().min(*left)).unwrap_or_default());
        // The end may lie across two reads.
        let from = before.saturating_sub(3);
        let found = bytes.get(from..).unwrap_or_default().windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(at) = found {
            bytes.truncate(from.saturating_add(at).saturating_add(4));
        }
        let used = bytes.len().saturating_sub(before);
        connection.consume(used);
        *left = left.saturating_sub(used);
        if found.is_some() {
            return Ok(bytes);
        }
        if *left == 0 {
            return Err(Trouble::Http("its head has more than 64 KiB"));
        }
    }
}
