//! The reader of networks: it follows the elements of the XML, and gives each network where that ends.

use super::network::{Layer, Network};
use super::{Refusal, decimal};
use crate::xml::Attributes;

/// What is open of an XML text.
#[derive(Default)]
pub(super) struct Reader<'a> {
    /// From the root to the innermost.
    open: Vec<Element<'a>>,
    /// The network and the bodies that are open, likewise.
    networks: Vec<Network<'a>>,
}

/// An element that has begun.
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    pub(super) has_data: bool,
    /// Its place among the layers of the network around, if it is one.
    layer: Option<usize>,
}

impl<'a> Reader<'a> {
    /// The elements that are open.
    pub(super) fn open(&self) -> &[Element<'a>] {
        &self.open
    }

    /// The innermost element, if it is a layer.
    pub(super) fn layer(&self) -> Option<&Layer<'a>> {
        let place = self.open.last()?.layer?;
        self.networks.last()?.layers().get(place)
    }

    /// Begins an element.
    pub(super) fn enter(&mut self, name: &'a str, attributes: &Attributes<'a>) -> Result<(), Refusal> {
        let mut layer = None;
        match name {
            "layer" => layer = Some(self.add(attributes)?),
            "data" => self.data(attributes)?,
            "port" => self.port(attributes)?,
            "edge" => self.edge(attributes)?,
            name if is_network(name) => self.networks.push(Network::default()),
            _ => {}
        }
        self.open.push(Element { name, has_data: false, layer });
        Ok(())
    }

    /// Ends an element, and gives the network that it is, if it is one.
    pub(super) fn leave(&mut self, name: &str) -> Result<Option<Network<'a>>, Refusal> {
        let element = self.open.pop().filter(|element| element.name == name);
        element.ok_or("an element in it ends that has not begun")?;
        Ok(if is_network(name) { self.networks.pop() } else { None })
    }

    /// Adds a layer to the network around, and gives its place.
    fn add(&mut self, attributes: &Attributes<'a>) -> Result<usize, Refusal> {
        let kind = attributes.get("type").ok_or("a layer has no type")?.to_ascii_lowercase();
        let id = attributes.get("id").and_then(decimal);
        let name = attributes.get("name").unwrap_or_default();
        let network = self.networks.last_mut().ok_or("a layer is in no network")?;
        Ok(network.add(Layer { id, name, kind, ..Layer::default() }))
    }

    fn data(&mut self, attributes: &Attributes<'a>) -> Result<(), Refusal> {
        let Some(parent) = self.open.last_mut() else { return Ok(()) };
        if parent.has_data {
            return Err("a layer has several `data`");
        }
        parent.has_data = true;
        let place = parent.layer;
        let network = self.networks.last_mut();
        if let Some(layer) = network.zip(place).and_then(|(network, place)| network.layer_mut(place)) {
            layer.data = attributes.clone();
        }
        Ok(())
    }

    /// Takes note of a port of the layer around.
    fn port(&mut self, attributes: &Attributes<'a>) -> Result<(), Refusal> {
        let [.., layer, side] = self.open.as_slice() else { return Ok(()) };
        let Some(place) = layer.layer else { return Ok(()) };
        let id = attributes.get("id").and_then(decimal).ok_or("a port has no number")?;
        let layer = self.networks.last_mut().and_then(|network| network.layer_mut(place));
        match (layer, side.name) {
            (Some(layer), "input") => layer.inputs.push(id),
            (Some(layer), "output") => layer.outputs.push(id),
            _ => {}
        }
        Ok(())
    }

    fn edge(&mut self, attributes: &Attributes<'a>) -> Result<(), Refusal> {
        // Those say what a loop hands on to its next turn.
        if self.open.last().is_some_and(|around| around.name == "back_edges") {
            return Ok(());
        }
        let number = |name| attributes.get(name).and_then(decimal).ok_or("an edge in it joins nothing");
        let from = (number("from-layer")?, number("from-port")?);
        let to = (number("to-layer")?, number("to-port")?);
        if let Some(network) = self.networks.last_mut() {
            network.join(from, to);
        }
        Ok(())
    }
}

/// Whether an element has layers and edges of its own.
fn is_network(name: &str) -> bool {
    name == "net" || name.ends_with("body")
}
