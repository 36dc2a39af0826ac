//! A backend of `wasi-nn` for models on servers that speak the
//! [Open Inference Protocol](https://github.com/kserve/open-inference-protocol), version 2, over HTTP/1.1: Triton, KServe,
//! OpenVINO Model Server, MLServer, Ray Serve. The guest does not change: a graph that the host names is a model on a server.
//!
//! ```
//! use std::time::Duration;
//! use wasi_nn::Registry;
//! use wasi_nn_remote::Remote;
//!
//! # fn main() -> Result<(), wasi_nn::Error> {
//! let triton = Remote::http("http://127.0.0.1:8000").timeout(Duration::from_secs(5)).build()?;
//! let relu = triton.graph("relu", "relu")?;
//! // The server is asked about the model when a guest first loads the graph.
//! let registry = Registry::builder().backend(triton).graph(relu).build()?;
//! # drop(registry);
//! # Ok(())
//! # }
//! ```
//!
//! # What goes over the line
//!
//! The metadata of a model is asked for once, so that all checks of a guest's tensors are those of other graphs. Tensors go as
//! bytes where the server says that it has them (`binary_tensor_data`) or has answered with some, and as JSON otherwise: `f16`
//! and `bf16` need bytes. A request goes out of the execution's own buffers, and an answer is read into them, so that each
//! tensor is copied once each way. Texts (`BYTES`) are refused.
//!
//! # Whom it trusts
//!
//! The host names servers, models and tokens; nothing that a guest says becomes a part of an address, a header or a name. There
//! are no redirections and no proxies of the environment. What a server says is taken for hostile: heads have at most 64 KiB,
//! metadata a MiB, answers [`max_response`](RemoteBuilder::max_response) bytes, and the type, the shape and the length of a
//! tensor are compared with the port before there is room for it.
//!
//! # When it ends
//!
//! A computation ends with the guest's time limit or interrupt, or after [`timeout`](RemoteBuilder::timeout): its connection is
//! shut, also in the middle of a tensor. A call is repeated on another connection only if the server had ended one that was
//! kept, before a byte was sent; otherwise the guest gets an errno, and the host the reason with the address.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod address;
mod bounded;
mod bounds;
mod client;
mod config;
mod connection;
mod datatype;
mod graph;
mod http;
mod json;
mod metadata;
mod pool;
mod reply;
mod request;
mod token;
mod trouble;

pub use config::RemoteBuilder;

use address::Endpoint;
use client::Client;
use graph::{RemoteGraph, Said};
use std::fmt;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, GraphEncoding, LoadOptions, Model, NamedGraph, Origin, Precision, Source};

/// A server as a [`Backend`].
pub struct Remote {
    name: String,
    client: Arc<Client>,
}

impl Remote {
    /// The backend for a server at `http://HOST[:PORT]` or `https://HOST[:PORT]`, with a path if the protocol's `/v2` has one
    /// before it.
    pub fn http(url: impl Into<String>) -> RemoteBuilder {
        RemoteBuilder::new(url.into())
    }

    fn new(name: String, client: Client) -> Self {
        Remote { name, client: Arc::new(client) }
    }

    /// A graph for a model of this server's.
    ///
    /// * `name`: the name by which guests load it
    /// * `model`: the name on the server, as it stands in an URL, perhaps with `/versions/VERSION`
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](wasi_nn::ErrorKind::InvalidArgument) for a model that is not a part of an address.
    pub fn graph(&self, name: impl Into<String>, model: &str) -> Result<NamedGraph, Error> {
        let url = format!("{}/v2/models/{model}", self.client.pool.server);
        Endpoint::parse(&url)?;
        let graph = NamedGraph::new(name, GraphEncoding::Autodetect, Source::Served(url));
        Ok(graph.backend(self.name.clone()))
    }
}

impl Backend for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    /// Models on servers have no encoding.
    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        (encoding, origin) == (GraphEncoding::Autodetect, Origin::Host)
    }

    /// Asks the server about the model.
    ///
    /// Properties: `binary`, which is `true` or `false` where the server does not say it, or is wrong; `inputs` and `outputs`,
    /// as `x:FP32[-1,3];mask:BOOL[]`, where it does not say what the model has.
    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        let (Source::Served(url), Origin::Host) = (&model.source, model.origin) else {
            return Err(Error::invalid_argument("a server is not given models; name one that it has"));
        };
        let endpoint = Endpoint::parse(url)?;
        if endpoint.server() != &*self.client.pool.server {
            let server = &self.client.pool.server;
            return Err(Error::unsupported(format!(
                "`{}` is the server {server}, and not that of {endpoint}",
                self.name
            )));
        }
        if options.threads.is_some() || options.precision != Precision::Accurate {
            return Err(Error::unsupported(
                "threads and the precision of a model on a server are the server's to choose; see its own settings",
            ));
        }
        let said = said(&options.properties)?;
        let graph = RemoteGraph::new(Arc::clone(&self.client), &endpoint, said, control)?;
        tracing::info!(%endpoint, "a server has described its model");
        Ok(Arc::new(graph))
    }
}

fn said(properties: &[(String, String)]) -> Result<Said, Error> {
    let mut said = Said::default();
    for (name, value) in properties {
        match name.as_str() {
            "binary" => {
                let is_binary =
                    value.parse().map_err(|_| Error::invalid_argument("`binary` is true or false"))?;
                said.is_binary = Some(is_binary);
            }
            "inputs" => said.inputs = Some(metadata::declared(value)?),
            "outputs" => said.outputs = Some(metadata::declared(value)?),
            other => {
                return Err(Error::unsupported(format!(
                    "a server's model has no property `{other}`; there are binary, inputs and outputs"
                )));
            }
        }
    }
    Ok(said)
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("name", &self.name)
            .field("server", &self.client.pool.server.to_string())
            .finish_non_exhaustive()
    }
}
