//! The modules of a crate, read from its sources, and what names in them mean.

use crate::tidy::Texts;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use syn::{Attribute, Ident, Item, UseTree};

/// The way to a module from the root of its crate, which is empty.
pub(super) type Path = Vec<String>;

/// How many names may stand for another before this gives up: imports may go round in circles.
const MAX_STEPS: usize = 16;

/// What a `use` brings.
pub(super) struct Import {
    /// What it is called here; `None` for all names of a module.
    pub(super) name: Option<String>,
    pub(super) path: Path,
    pub(super) is_public: bool,
    pub(super) attributes: Vec<Attribute>,
}

/// A module with its items.
#[derive(Default)]
pub(super) struct Module {
    pub(super) items: Vec<Item>,
    pub(super) imports: Vec<Import>,
}

/// All modules of a crate that are not for tests alone.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) all: BTreeMap<Path, Module>,
}

impl Modules {
    /// Reads the library of the package in the folder `package`.
    pub(super) fn read(texts: &Texts, package: &str) -> Result<Self> {
        let root = format!("{package}/src/lib.rs");
        let mut modules = Self::default();
        modules.file(texts, &root, &format!("{package}/src"), Vec::new())?;
        Ok(modules)
    }

    fn file(&mut self, texts: &Texts, file: &str, folder: &str, path: Path) -> Result<()> {
        let text = texts.get(file).with_context(|| format!("no {file}"))?;
        let parsed = syn::parse_file(text).with_context(|| format!("cannot parse {file}"))?;
        self.module(texts, parsed.items, folder, path)
    }

    fn module(&mut self, texts: &Texts, items: Vec<Item>, folder: &str, path: Path) -> Result<()> {
        let mut module = Module::default();
        for item in items.into_iter().filter(|item| !is_for_tests(attributes(item))) {
            match &item {
                Item::Use(import) => {
                    let (is_public, attributes) = (is_public(&import.vis), import.attrs.clone());
                    leaves(&import.tree, &mut Vec::new(), &mut |name, path| {
                        module.imports.push(Import { name, path, is_public, attributes: attributes.clone() });
                    });
                }
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    let (inner, below) =
                        ([path.clone(), vec![name.clone()]].concat(), format!("{folder}/{name}"));
                    match &child.content {
                        Some((_, items)) => self.module(texts, items.clone(), &below, inner)?,
                        None => {
                            let file = [format!("{below}.rs"), format!("{below}/mod.rs")];
                            let file = file.iter().find(|file| texts.contains_key(*file));
                            let file = file.with_context(|| format!("no file for the module {below}"))?;
                            self.file(texts, file, &below, inner)?;
                        }
                    }
                    module.items.push(item);
                }
                _ => module.items.push(item),
            }
        }
        self.all.insert(path, module);
        Ok(())
    }

    /// The module and the name that `path`, written in the module `place`, stands for, if they are in this crate.
    pub(super) fn resolve(&self, place: &Path, path: &[String]) -> Option<(Path, String)> {
        self.resolve_in(place, path, MAX_STEPS)
    }

    fn resolve_in(&self, place: &Path, path: &[String], steps: usize) -> Option<(Path, String)> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let mut parent = place.clone();
        match first.as_str() {
            "crate" => return self.resolve_in(&Path::new(), rest, steps),
            "self" => return self.resolve_in(place, rest, steps),
            "super" => {
                parent.pop()?;
                return self.resolve_in(&parent, rest, steps);
            }
            _ => {}
        }
        let module = self.all.get(place)?;
        if rest.is_empty() && module.items.iter().any(|item| name(item).is_some_and(|name| name == first)) {
            return Some((place.clone(), first.clone()));
        }
        let child = [place.clone(), vec![first.clone()]].concat();
        if !rest.is_empty() && self.all.contains_key(&child) {
            return self.resolve_in(&child, rest, steps);
        }
        let named = module.imports.iter().filter(|import| import.name.as_ref() == Some(first));
        let all = module.imports.iter().filter(|import| import.name.is_none());
        let named = named.map(|import| [&import.path, rest].concat());
        // An import of a name from a crate of the same name would else be asked for ever.
        let named = named.filter(|way| way.as_slice() != path);
        let all = all.map(|import| [import.path.as_slice(), path].concat());
        named.chain(all).find_map(|way| self.resolve_in(place, &way, steps))
    }
}

/// Whether everybody sees it.
pub(super) fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

/// The name of an item that others can import.
pub(super) fn name(item: &Item) -> Option<&Ident> {
    Some(match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<Ident>().is_ok_and(|name| name == "test")
    })
}

fn leaves(tree: &UseTree, way: &mut Path, found: &mut impl FnMut(Option<String>, Path)) {
    match tree {
        UseTree::Path(path) => {
            way.push(path.ident.to_string());
            leaves(&path.tree, way, found);
            way.pop();
        }
        UseTree::Name(name) if name.ident == "self" => found(way.last().cloned(), way.clone()),
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found(Some(name.clone()), [way.as_slice(), &[name]].concat());
        }
        UseTree::Rename(rename) => {
            let path = [way.as_slice(), &[rename.ident.to_string()]].concat();
            found(Some(rename.rename.to_string()), path);
        }
        UseTree::Glob(_) => found(None, way.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, way, found)),
    }
}
