//! A model on a server, and what one guest computes with.

use crate::address::Endpoint;
use crate::client::Client;
use crate::metadata::{self, Place, Ports};
use crate::reply;
use crate::request::{self, Input, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_nn::backend::{Execution, Graph, Port};
use wasi_nn::{Control, Error, TensorType};

/// What the host says of one model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Whether the server has binary tensors.
    pub(crate) is_binary: Option<bool>,
    pub(crate) inputs: Option<Vec<Place>>,
    pub(crate) outputs: Option<Vec<Place>>,
}

/// A model on a server.
pub(crate) struct RemoteGraph {
    client: Arc<Client>,
    endpoint: String,
    places: Ports,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// The head of all requests, but for lengths.
    head: Vec<u8>,
    /// What all requests ask for.
    asked: Vec<u8>,
    /// Whether tensors can be sent as bytes: the server says so, or has answered with some.
    is_binary: AtomicBool,
}

impl RemoteGraph {
    /// Asks the server about the model, once.
    pub(crate) fn new(
        client: Arc<Client>,
        endpoint: &Endpoint,
        said: Said,
        control: &Control,
    ) -> Result<Self, Error> {
        let at = endpoint.to_string();
        let body = client.get(&endpoint.path, metadata::MAX_LEN, control)?;
        let mut places = Ports::read(&body).map_err(|trouble| trouble.at(&at))?;
        places.inputs = said.inputs.unwrap_or(places.inputs);
        places.outputs = said.outputs.unwrap_or(places.outputs);
        if places.outputs.is_empty() || places.inputs.is_empty() {
            return Err(Error::unsupported(format!(
                "the server of {at} does not say what inputs and outputs the model has; have it say so in the model's \
                 settings, or declare them by the properties `inputs` and `outputs` (`remote.inputs=x:FP32[-1,3]`)"
            )));
        }
        let root = endpoint.server().root();
        let is_binary = match said.is_binary {
            Some(is_binary) => is_binary,
            None => {
                let body = client.get(&root, metadata::MAX_LEN, control)?;
                metadata::has_binary(&body)
                    .map_err(|trouble| trouble.at(&format!("{}{root}", client.pool.server)))?
            }
        };
        let mut head = Vec::new();
        client.write_head("POST", &format!("{}/infer", endpoint.path), &mut head);
        let ports = |places: &[Place]| places.iter().map(|place| place.port.clone()).collect();
        Ok(RemoteGraph {
            client,
            endpoint: at,
            inputs: ports(&places.inputs),
            outputs: ports(&places.outputs),
            asked: request::outputs(&places.outputs),
            places,
            head,
            is_binary: AtomicBool::new(is_binary),
        })
    }
}

impl Graph for RemoteGraph {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The address of the model.
    fn device(&self) -> &str {
        &self.endpoint
    }

    /// Of the whole server: connections that were made, and calls that were made again since one that was kept had ended.
    fn counted(&self) -> Vec<(&'static str, u64)> {
        let pool = &self.client.pool;
        let counts = [("connections", &pool.made), ("retries", &pool.retries)];
        counts.map(|(name, count)| (name, count.load(Ordering::Relaxed))).to_vec()
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        let (inputs, outputs) = (self.inputs.len(), self.outputs.len());
        Ok(Box::new(RemoteExecution {
            graph: self,
            inputs: (0..inputs).map(|_| Input::default()).collect(),
            outputs: vec![Vec::new(); outputs],
            request: Request::default(),
            scratch: Vec::new(),
        }))
    }
}

/// What one guest computes with.
struct RemoteExecution {
    graph: Arc<RemoteGraph>,
    inputs: Vec<Input>,
    outputs: Vec<Vec<u8>>,
    request: Request,
    /// The JSON of an answer.
    scratch: Vec<u8>,
}

impl Execution for RemoteExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        let input =
            self.inputs.get_mut(index).ok_or_else(|| Error::invalid_argument("there is no such input"))?;
        input.dimensions.clear();
        input.dimensions.extend_from_slice(tensor.dimensions());
        let len = usize::try_from(tensor.byte_len());
        let len =
            len.map_err(|_| Error::invalid_argument("the tensor is larger than the memory of the host"))?;
        input.bytes.resize(len, 0);
        Ok(&mut input.bytes)
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        let RemoteExecution { graph, inputs, outputs, request, scratch } = self;
        let RemoteGraph { client, endpoint, places, head, asked, .. } = &**graph;
        let is_binary = graph.is_binary.load(Ordering::Relaxed);
        if !is_binary && let Some(place) = request::not_in_json(&places.inputs) {
            return Err(Error::unsupported(format!(
                "the server of {endpoint} does not say that it has binary tensors, and JSON lacks {} of the input `{}`; say \
                 so by the property `binary` (`remote.binary=true`) if it has them",
                place.port.element, place.port.name
            )));
        }
        request.write(head, &places.inputs, inputs, asked, is_binary)?;
        let read = client.call(&request.parts(inputs, is_binary), control, endpoint, |answer| {
            reply::read(answer, &places.outputs, outputs, scratch, client.max_response)
        });
        if read? && !is_binary {
            graph.is_binary.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        let output = self.outputs.get(index).map(Vec::as_slice);
        output.ok_or_else(|| Error::invalid_argument("there is no such output"))
    }
}
