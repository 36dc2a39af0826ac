//! The servers that graphs are on, and how each is spoken to.

use super::flags::Servers;
use super::graphs::{Graph, REMOTE};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wasi_facade::backend::remote::Remote;

/// What stands between the address of a server and the name of a model.
const MODELS: &str = "/v2/models/";

/// A file with a token, and the server that it is for.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    server: Option<String>,
    pub(crate) file: PathBuf,
}

/// Reads `[URL=]FILE`.
pub(super) fn token(text: &str) -> Result<Token, String> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    let (server, file) = match text.split_once('=').filter(|_| is_url) {
        Some((server, file)) => (Some(server.trim_end_matches('/').to_owned()), file),
        None if is_url => return Err("the token's file is missing; write URL=FILE".to_owned()),
        None => (None, text),
    };
    Ok(Token { server, file: file.into() })
}

/// The name of the backend for the server of a model.
pub(super) fn backend(address: &str) -> String {
    format!("{REMOTE} {}", server(address))
}

/// The server of a model.
fn server(address: &str) -> &str {
    address.split_once(MODELS).map_or(address, |(server, _)| server)
}

/// A backend for each server that graphs are on.
pub(super) fn backends<'a>(
    graphs: impl IntoIterator<Item = &'a Graph>,
    flags: &Servers,
) -> Result<Vec<Remote>, Failure> {
    let addresses = graphs.into_iter().filter_map(|graph| graph.address.as_deref());
    let mut servers: BTreeMap<&str, Option<&Token>> =
        addresses.map(|address| (server(address), None)).collect();
    let count = servers.len();
    for token in &flags.tokens {
        let wrong = |why: &str| Err(Failure::usage(format!("--nn-remote-token: {why}")));
        let place = match &token.server {
            Some(server) => servers.get_mut(server.as_str()),
            None if count > 1 => {
                return wrong(
                    "graphs are on several servers; write URL=FILE, so that none gets a token of another",
                );
            }
            None => servers.values_mut().next(),
        };
        match place {
            Some(place) if place.is_none() => *place = Some(token),
            Some(_) => return wrong("a server has two tokens"),
            None => return wrong("no graph is on this server"),
        }
    }
    let build = |(server, token): (&str, Option<&Token>)| {
        let mut remote = Remote::http(server).name(backend(server));
        if let Some(token) = token {
            remote = remote.token_file(&token.file);
        }
        if let Some(roots) = &flags.roots {
            remote = remote.root_certificates(roots);
        }
        if let Some(timeout) = flags.timeout {
            remote = remote.timeout(timeout);
        }
        if let Some(connections) = flags.connections {
            remote = remote.connections(connections);
        }
        if let Some(bytes) = flags.max_response {
            remote = remote.max_response(bytes);
        }
        remote.build().map_err(Failure::new)
    };
    servers.into_iter().map(build).collect()
}
