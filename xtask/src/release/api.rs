//! The public interface of a crate as text: a line for everything that others can name.
//!
//! It is read from the sources as they are written, with the condition of each item before it. What it does not see:
//! what macros make, traits that the compiler implements by itself, values of constants, and whether a type that is
//! named in a signature is public. `cargo-semver-checks` and `cargo-public-api` see these and need an unstable compiler.

use super::modules::{Import, Modules, Path, is_public, name};
use super::words::{conditions, line, openness};
use crate::tidy::Texts;
use anyhow::Result;
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, Meta, Token, TraitItem, Type};

/// The lines, sorted.
pub(super) fn list(texts: &Texts, package: &str) -> Result<String> {
    let modules = Modules::read(texts, package)?;
    let mut lister = Lister { modules: &modules, types: BTreeMap::new(), lines: BTreeSet::new() };
    lister.module(&Path::new(), &package.replace('-', "_"), "", 0);
    lister.impls();
    Ok(lister.lines.into_iter().map(|line| line + "\n").collect())
}

/// How deep modules that re-export each other are followed.
const MAX_DEPTH: usize = 8;

struct Lister<'a> {
    modules: &'a Modules,
    /// Where types can be named, by the module that has them and their name there.
    types: BTreeMap<(Path, String), BTreeSet<String>>,
    lines: BTreeSet<String>,
}

impl Lister<'_> {
    fn add(&mut self, place: &str, text: impl AsRef<str>) {
        self.lines.insert(format!("{place}: {}", text.as_ref()));
    }

    /// Everything public of the module `path`, which others call `place`.
    fn module(&mut self, path: &Path, place: &str, condition: &str, depth: usize) {
        let modules = self.modules;
        let Some(module) = modules.all.get(path).filter(|_| depth < MAX_DEPTH) else { return };
        for item in &module.items {
            let is_exported = |attribute: &Attribute| attribute.path().is_ident("macro_export");
            if let Item::Macro(definition) = item
                && definition.attrs.iter().any(is_exported)
                && let Some(name) = &definition.ident
            {
                self.add(place.split("::").next().unwrap_or_default(), format!("macro_rules! {name}"));
            } else if visibility(item).is_some_and(is_public) {
                self.item(path, item, place, None, condition, depth);
            }
        }
        for import in module.imports.iter().filter(|import| import.is_public) {
            self.import(path, import, place, condition, depth);
        }
    }

    fn import(&mut self, path: &Path, import: &Import, place: &str, condition: &str, depth: usize) {
        let condition = format!("{condition}{}", conditions(&import.attributes));
        let modules = self.modules;
        let Some(new) = &import.name else {
            match modules.resolve(path, &import.path) {
                Some((parent, module)) => {
                    self.module(&[parent, vec![module]].concat(), place, &condition, depth + 1);
                }
                None => self.add(place, format!("{condition}pub use {}::*", import.path.join("::"))),
            }
            return;
        };
        let found = modules.resolve(path, &import.path).and_then(|(home, old)| {
            let items = &modules.all.get(&home)?.items;
            let item = items.iter().find(|item| name(item).is_some_and(|name| *name == old))?;
            Some((home, item))
        });
        match found {
            Some((home, item)) => self.item(&home, item, place, Some(new), &condition, depth + 1),
            None => {
                self.add(
                    &format!("{place}::{new}"),
                    format!("{condition}pub use {}", import.path.join("::")),
                );
            }
        }
    }

    /// An item of the module `home`, which others find in `place`, maybe with a new name.
    fn item(&mut self, home: &Path, item: &Item, place: &str, new: Option<&str>, outer: &str, depth: usize) {
        let Some(old) = name(item).map(ToString::to_string) else { return };
        let place = format!("{place}::{}", new.unwrap_or(&old));
        let outer = format!("{outer}{}", conditions(attributes(item)));
        match item {
            Item::Mod(_) => {
                self.add(&place, format!("{outer}mod"));
                return self.module(&[home.clone(), vec![old]].concat(), &place, &outer, depth + 1);
            }
            Item::Fn(item) => self.add(&place, outer.clone() + &line(&item.sig)),
            Item::Const(item) => self.add(&place, format!("{outer}const {}", line(&item.ty))),
            Item::Static(item) => self.add(&place, format!("{outer}static {}", line(&item.ty))),
            Item::Type(item) => {
                let (generics, ty) = (&item.generics, &item.ty);
                self.add(&place, outer.clone() + &line(&quote!(type #generics = #ty)));
            }
            Item::Struct(item) => {
                let (generics, clause) = (&item.generics, &item.generics.where_clause);
                let is_closed = item.fields.iter().any(|field| !is_public(&field.vis));
                let rest = if is_closed { " { .. }" } else { "" };
                let open = openness(&item.attrs);
                self.add(&place, format!("{outer}{open}{}{rest}", line(&quote!(struct #generics #clause))));
                self.fields(&place, &item.fields, &outer);
            }
            Item::Union(item) => self.add(&place, format!("{outer}union{}", line(&item.generics))),
            Item::Enum(item) => {
                let (generics, clause) = (&item.generics, &item.generics.where_clause);
                let open = openness(&item.attrs);
                self.add(&place, format!("{outer}{open}{}", line(&quote!(enum #generics #clause))));
                for variant in &item.variants {
                    let (fields, value) =
                        (&variant.fields, variant.discriminant.as_ref().map(|(_, value)| value));
                    let mut fields = fields.clone();
                    fields.iter_mut().for_each(|field| field.attrs.clear());
                    let value = value.map(|value| quote!(= #value));
                    let text = format!(
                        "{outer}{}{}variant {}",
                        conditions(&variant.attrs),
                        openness(&variant.attrs),
                        line(&quote!(#fields #value))
                    );
                    self.add(&format!("{place}::{}", variant.ident), text.trim_end());
                }
            }
            Item::Trait(item) => {
                let (generics, above, clause) =
                    (&item.generics, &item.supertraits, &item.generics.where_clause);
                let above = (!above.is_empty()).then(|| quote!(: #above));
                self.add(&place, outer.clone() + &line(&quote!(trait #generics #above #clause)));
                item.items.iter().for_each(|item| self.trait_item(&place, item, &outer));
            }
            _ => return,
        }
        for derived in attributes(item).iter().flat_map(derives) {
            self.add(&place, format!("{outer}impl {derived}"));
        }
        self.types.entry((home.clone(), old)).or_default().insert(place);
    }

    fn fields(&mut self, place: &str, fields: &Fields, outer: &str) {
        for (index, field) in fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis)) {
            let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            let text = format!("{outer}{}field {}", conditions(&field.attrs), line(&field.ty));
            self.add(&format!("{place}::{name}"), text);
        }
    }

    fn trait_item(&mut self, place: &str, item: &TraitItem, outer: &str) {
        // Who implements the trait has to write what is not provided.
        let provided = |is_provided| if is_provided { "provided " } else { "" };
        match item {
            TraitItem::Fn(item) => {
                let provided = provided(item.default.is_some());
                let text = format!("{outer}{}{provided}{}", conditions(&item.attrs), line(&item.sig));
                self.add(&format!("{place}::{}", item.sig.ident), text);
            }
            TraitItem::Const(item) => {
                let text = format!("{outer}{}const {}", provided(item.default.is_some()), line(&item.ty));
                self.add(&format!("{place}::{}", item.ident), text);
            }
            TraitItem::Type(item) => {
                let (generics, bounds) = (&item.generics, &item.bounds);
                let text = format!("{outer}{}", line(&quote!(type #generics : #bounds)));
                self.add(&format!("{place}::{}", item.ident), text);
            }
            _ => {}
        }
    }

    /// What is implemented for types that others can name, wherever it is written.
    fn impls(&mut self) {
        let modules = self.modules;
        for (home, module) in &modules.all {
            for item in &module.items {
                if let Item::Impl(item) = item
                    && let Some(places) = self.places(home, &item.self_ty)
                {
                    places.iter().for_each(|place| self.implementation(place, item));
                }
            }
        }
    }

    fn places(&self, home: &Path, ty: &Type) -> Option<BTreeSet<String>> {
        let Type::Path(path) = ty else { return None };
        let path: Path = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.types.get(&self.modules.resolve(home, &path)?).cloned()
    }

    fn implementation(&mut self, place: &str, item: &ItemImpl) {
        let outer = conditions(&item.attrs);
        if let Some(implemented) = implemented(item) {
            let (generics, ty) = (&item.generics, &item.self_ty);
            let text = format!("{outer}{}", line(&quote!(impl #generics #implemented for #ty)));
            return self.add(place, text);
        }
        for item in &item.items {
            match item {
                ImplItem::Fn(item) if is_public(&item.vis) => {
                    let text = format!("{outer}{}{}", conditions(&item.attrs), line(&item.sig));
                    self.add(&format!("{place}::{}", item.sig.ident), text);
                }
                ImplItem::Const(item) if is_public(&item.vis) => {
                    self.add(&format!("{place}::{}", item.ident), format!("{outer}const {}", line(&item.ty)));
                }
                _ => {}
            }
        }
    }
}

/// The trait of an implementation, with what negates it.
fn implemented(item: &ItemImpl) -> Option<impl ToTokens> {
    item.trait_.as_ref().map(|(path, ..)| quote!(#path))
}

/// The traits of a `derive`.
fn derives(attribute: &Attribute) -> Vec<String> {
    let Meta::List(list) = &attribute.meta else { return Vec::new() };
    let parse = syn::punctuated::Punctuated::<syn::Path, Token![,]>::parse_terminated;
    let paths = list.path.is_ident("derive").then(|| list.parse_args_with(parse).ok()).flatten();
    paths.into_iter().flatten().map(|path| line(&path)).collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        _ => &[],
    }
}

fn visibility(item: &Item) -> Option<&syn::Visibility> {
    Some(match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
