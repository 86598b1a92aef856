//! The modules of a crate: what each defines, imports and names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree};

use crate::workspace::text;

/// A module.
#[derive(Debug, Default)]
pub struct Module {
    /// Its path below the root, such as `a::b`; `crate` for the root.
    pub name: String,
    /// The module around it; the root is its own.
    pub parent: usize,
    /// Modules in it, by name.
    pub children: BTreeMap<String, usize>,
    /// Names of what it defines.
    pub items: BTreeSet<String>,
    /// Names that it imports or re-exports, each with its path.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Paths of which it imports everything.
    pub globs: Vec<Vec<String>>,
    /// All paths that occur in it.
    pub paths: BTreeSet<Vec<String>>,
}

/// The modules of the crate whose root is the file `root`; the first is the root.
pub fn read(root: &Path) -> Vec<Module> {
    let mut modules = vec![Module { name: "crate".to_owned(), ..Module::default() }];
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    add_items(&mut modules, 0, items_of(&text(root), root), Some(&folder));
    modules
}

/// The modules of a crate that is one text.
pub fn parse(text: &str) -> Vec<Module> {
    let mut modules = vec![Module { name: "crate".to_owned(), ..Module::default() }];
    add_items(&mut modules, 0, items_of(text, Path::new("text")), None);
    modules
}

fn items_of(text: &str, path: &Path) -> Vec<Item> {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).items
}

/// Adds the items of a module. `folder` is where the files of its children lie.
fn add_items(modules: &mut Vec<Module>, module: usize, items: Vec<Item>, folder: Option<&Path>) {
    for item in items {
        if is_test(attributes(&item)) {
            continue;
        }
        match item {
            Item::Mod(inner) => add_module(modules, module, inner, folder),
            Item::Use(item) => add_use(&mut modules[module], &item.tree, &mut Vec::new()),
            item => {
                modules[module].items.extend(name_of(&item));
                add_paths(&mut modules[module].paths, item.to_token_stream());
            }
        }
    }
}

fn add_module(modules: &mut Vec<Module>, parent: usize, inner: syn::ItemMod, folder: Option<&Path>) {
    let name = inner.ident.to_string();
    let path = if parent == 0 { name.clone() } else { format!("{}::{name}", modules[parent].name) };
    let index = modules.len();
    modules.push(Module { name: path, parent, ..Module::default() });
    modules[parent].children.insert(name.clone(), index);
    let below = folder.map(|folder| folder.join(&name));
    let items = match inner.content {
        Some((_, items)) => items,
        None => {
            let file = file_of(&name, folder.unwrap_or_else(|| panic!("the module {name} is in another file")), &inner.attrs);
            items_of(&text(&file), &file)
        }
    };
    add_items(modules, index, items, below.as_deref());
}

/// The file of a module that is not written in its parent: `name.rs`, or what `#[path = "…"]` says.
fn file_of(name: &str, folder: &Path, attributes: &[Attribute]) -> PathBuf {
    let named = attributes.iter().find(|attribute| attribute.path().is_ident("path")).and_then(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        Some(pair.value.to_token_stream().to_string().trim_matches('"').to_owned())
    });
    match named {
        // The path is relative to the folder of the file that declares the module.
        Some(path) => folder.parent().map_or_else(|| folder.join(&path), |above| above.join(&path)),
        None => folder.join(format!("{name}.rs")),
    }
}

fn add_use(module: &mut Module, tree: &UseTree, before: &mut Vec<String>) {
    let add = |module: &mut Module, name: String, path: Vec<String>| {
        module.paths.insert(path.clone());
        module.imports.insert(name, path);
    };
    let with = |before: &[String], name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            add_use(module, &path.tree, before);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| add_use(module, tree, before)),
        UseTree::Glob(_) => module.globs.push(before.clone()),
        UseTree::Name(name) if name.ident == "self" => add(module, before.last().cloned().unwrap_or_default(), before.clone()),
        UseTree::Name(name) => add(module, name.ident.to_string(), with(before, &name.ident)),
        UseTree::Rename(rename) if rename.ident == "self" => add(module, rename.rename.to_string(), before.clone()),
        UseTree::Rename(rename) => add(module, rename.rename.to_string(), with(before, &rename.ident)),
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[test]`, or `#[cfg(test)]` and what needs it besides.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| is_test_attribute(attribute.meta.to_token_stream()))
}

fn is_test_attribute(meta: TokenStream) -> bool {
    let text = meta.to_string().replace(' ', "");
    text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// Adds all paths of several parts, such as `a::b::c`, in macros too.
fn add_paths(paths: &mut BTreeSet<Vec<String>>, tokens: TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut i = 0;
    while i < tokens.len() {
        match &tokens[i] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => match tokens.get(i + 1) {
                Some(TokenTree::Group(attribute)) if is_test_attribute(attribute.stream()) => i = end_of_item(&tokens, i + 2),
                _ => i += 1,
            },
            TokenTree::Group(group) => {
                add_paths(paths, group.stream());
                i += 1;
            }
            TokenTree::Ident(first) => {
                let mut path = vec![first.to_string()];
                i += 1;
                while let Some(part) = next_part(&tokens, i) {
                    path.push(part);
                    i += 3;
                }
                // A name alone is a local one, or was imported, which counts there.
                if path.len() > 1 {
                    paths.insert(path);
                }
            }
            _ => i += 1,
        }
    }
}

/// The name after `::`.
fn next_part(tokens: &[TokenTree], i: usize) -> Option<String> {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    match tokens.get(i + 2) {
        Some(TokenTree::Ident(name)) if is_colon(tokens.get(i)) && is_colon(tokens.get(i + 1)) => Some(name.to_string()),
        _ => None,
    }
}

/// The place after the item, field or arm that begins at `i`: after its braces, or its comma or semicolon.
fn end_of_item(tokens: &[TokenTree], mut i: usize) -> usize {
    while let Some(token) = tokens.get(i) {
        i += 1;
        match token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => break,
            TokenTree::Punct(punct) if matches!(punct.as_char(), ';' | ',') => break,
            _ => {}
        }
    }
    i
}
