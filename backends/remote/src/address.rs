//! The addresses of servers and of models on them.
//!
//! An address has a scheme, a host, perhaps a port, and a path; nothing else, so that no part of it can become a header or
//! another request.

use std::fmt;
use std::net::IpAddr;
use wasi_nn::{Error, Printable};

/// Characters of an address that an error shows.
const SHOWN: usize = 256;

/// Bytes of an address at most.
const MAX_LEN: usize = 2048;

/// The start of all paths of the protocol's models.
const MODELS: &str = "/v2/models/";

/// A server, and the prefix of its paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) is_tls: bool,
    /// The name or the number, without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port as the address has them, for the header `Host`.
    authority: String,
    /// What stands in front of `/v2`; mostly nothing.
    prefix: String,
}

/// A model on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    server: Server,
    /// The path of the model, as `/v2/models/relu/versions/1`.
    pub(crate) path: String,
}

impl Server {
    /// Reads `SCHEME://HOST[:PORT][/PREFIX]`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::invalid_argument(format!(
                "`{}` is not the address of a server: {why}; write http://HOST:PORT",
                Printable::at_most(text, SHOWN)
            ))
        };
        if text.len() > MAX_LEN {
            return Err(wrong("it is too long"));
        }
        let (is_tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(wrong("it begins with neither http:// nor https://")),
        };
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split(authority).ok_or_else(|| wrong("it has no plain host and port"))?;
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong("its port is no number up to 65535"))?,
            None => {
                if is_tls {
                    443
                } else {
                    80
                }
            }
        };
        let prefix = prefix.trim_end_matches('/');
        if !prefix.chars().all(is_of_path) {
            return Err(wrong("its path has other characters than a path of an URL"));
        }
        Ok(Server {
            is_tls,
            host: host.to_owned(),
            port,
            authority: authority.to_owned(),
            prefix: prefix.to_owned(),
        })
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// The value of the header `Host`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The path under which the server describes itself.
    pub(crate) fn root(&self) -> String {
        format!("{}/v2", self.prefix)
    }
}

impl Endpoint {
    /// Reads `SERVER/v2/models/NAME[/versions/VERSION]`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::invalid_argument(format!(
                "`{}` is not the address of a model; write http://HOST:PORT/v2/models/NAME, and /versions/VERSION if it is \
                 to be that one",
                Printable::at_most(text, SHOWN)
            ))
        };
        let at = text.find(MODELS).ok_or_else(wrong)?;
        let (server, path) = text.split_at_checked(at).ok_or_else(wrong)?;
        let server = Server::parse(server)?;
        let mut parts = path.strip_prefix(MODELS).unwrap_or_default().split('/');
        let named = |part: Option<&str>| {
            part.is_some_and(|name| {
                !["", ".", ".."].contains(&name)
                    && name.chars().all(|character| character != '/' && is_of_path(character))
            })
        };
        let is_model = named(parts.next())
            && match parts.next() {
                None => true,
                Some("versions") => named(parts.next()) && parts.next().is_none(),
                Some(_) => false,
            };
        if !is_model {
            return Err(wrong());
        }
        let path = format!("{}{path}", server.prefix);
        Ok(Endpoint { server, path })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}

/// The host and the port of an authority without a user.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        let is_plain =
            host.chars().all(|character| character.is_ascii_hexdigit() || ":.".contains(character));
        let port = if port.is_empty() { None } else { Some(port.strip_prefix(':')?) };
        return (is_plain && !host.is_empty()).then_some((host, port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_plain =
        host.chars().all(|character| character.is_ascii_alphanumeric() || "-._".contains(character));
    (is_plain && !host.is_empty()).then_some((host, port))
}

/// The characters of a path, as RFC 3986, section 3.3, has them, and of what is escaped in one.
fn is_of_path(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:@/".contains(character)
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.server.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.server.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Server};

    #[test]
    fn servers() {
        let parts = |text: &str| {
            let server = Server::parse(text).ok()?;
            assert_eq!(server.to_string(), text.trim_end_matches('/'));
            Some((server.is_tls, server.host.clone(), server.port, server.root()))
        };
        let v2 = |prefix: &str| format!("{prefix}/v2");
        assert_eq!(parts("http://a.b-c:8000"), Some((false, "a.b-c".to_owned(), 8000, v2(""))));
        assert_eq!(parts("https://1.2.3.4/"), Some((true, "1.2.3.4".to_owned(), 443, v2(""))));
        assert_eq!(parts("http://[::1]:80/a/b"), Some((false, "::1".to_owned(), 80, v2("/a/b"))));
        assert_eq!(parts("http://localhost"), Some((false, "localhost".to_owned(), 80, v2(""))));
        for wrong in [
            "",
            "localhost:8000",
            "ftp://a",
            "http://",
            "http://:80",
            "http://user@a",
            "http://a:b",
            "http://a:65536",
            "http://a:",
            "http://a b",
            "http://a\r\nX: y",
            "http://a/b?c",
            "http://a/b#c",
            "http://a/b c",
            "http://[::1",
            "http://[::1]80",
            "http://[a%b]",
            "http://b\u{fc}cher",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        assert!(Server::parse(&format!("http://a/{}", "b".repeat(4096))).is_err());
    }

    #[test]
    fn models() {
        let parts = |text: &str| {
            let endpoint = Endpoint::parse(text).ok()?;
            assert_eq!(endpoint.to_string(), text);
            Some((endpoint.server().to_string(), endpoint.path.clone()))
        };
        let found = |server: &str, path: &str| Some((server.to_owned(), path.to_owned()));
        assert_eq!(parts("http://a:8/v2/models/relu"), found("http://a:8", "/v2/models/relu"));
        assert_eq!(
            parts("http://a/v2/models/m%20n/versions/2"),
            found("http://a", "/v2/models/m%20n/versions/2")
        );
        assert_eq!(parts("https://a/p/v2/models/m"), found("https://a/p", "/p/v2/models/m"));
        for wrong in [
            "http://a",
            "http://a/v2",
            "http://a/v2/models/",
            "http://a/v2/models/m/",
            "http://a/v2/models/..",
            "http://a/v2/models/m/infer",
            "http://a/v2/models/m/versions",
            "http://a/v2/models/m/versions/",
            "http://a/v2/models/m/versions/1/2",
            "http://a/v2/models/m?x=1",
            "http://a/v2/models/m\r\nHost: b",
            "a/v2/models/m",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        let error = Endpoint::parse("http://a/\u{1b}[31m").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}') && error.contains("/v2/models/NAME"), "{error}");
    }
}
