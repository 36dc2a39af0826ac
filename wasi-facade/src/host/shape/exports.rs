//! The exports of a module, in their order and by name.

use crate::host::signature::Kind;

#[derive(Clone, Debug)]
pub(in crate::host) struct Export {
    pub(in crate::host) name: String,
    pub(in crate::host) kind: Kind,
}

/// The exports of a module. A call by name looks there each time, and a module may have a hundred thousand of them.
#[derive(Clone, Debug, Default)]
pub(in crate::host) struct Exports {
    list: Vec<Export>,
    /// Places in the list, in the order of names.
    by_name: Vec<usize>,
}

impl FromIterator<Export> for Exports {
    fn from_iter<I: IntoIterator<Item = Export>>(exports: I) -> Self {
        let list: Vec<_> = exports.into_iter().collect();
        let mut by_name: Vec<_> = (0..list.len()).collect();
        by_name.sort_unstable_by_key(|place| list.get(*place).map(|export| &export.name));
        Exports { list, by_name }
    }
}

impl Exports {
    /// What is exported as `name`, and its place among all.
    pub(in crate::host) fn find(&self, name: &str) -> Option<(usize, &Kind)> {
        let at = |place: &usize| self.list.get(*place);
        let compared = |place: &usize| at(place).map(|export| export.name.as_str()).cmp(&Some(name));
        let found = self.by_name.binary_search_by(compared).ok()?;
        let place = *self.by_name.get(found)?;
        Some((place, &at(&place)?.kind))
    }

    /// The names of the functions.
    pub(in crate::host) fn functions(&self) -> Vec<String> {
        let function = |export: &&Export| matches!(export.kind, Kind::Func(_) | Kind::OtherFunc);
        self.list.iter().filter(function).map(|export| export.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Export, Exports, Kind};
    use crate::host::signature::Signature;

    #[test]
    fn each_is_found_and_the_order_stays() {
        let names = ["run", "", "memory", "add", "ü", "adder"];
        let kind = |name| match name {
            "memory" => Kind::Other,
            _ => Kind::Func(Signature::default()),
        };
        let exports: Exports =
            names.iter().map(|name| Export { name: (*name).to_owned(), kind: kind(*name) }).collect();
        for (place, name) in names.into_iter().enumerate() {
            assert_eq!(exports.find(name), Some((place, &kind(name))), "{name}");
        }
        for name in ["ad", "addr", "z", "\0"] {
            assert_eq!(exports.find(name), None, "{name}");
        }
        assert_eq!(exports.functions(), ["run", "", "add", "ü", "adder"]);
    }
}
