//! The tokens of a source file that the compiler makes a program of.

use proc_macro2::{Delimiter, Group, LexError, TokenStream, TokenTree};

/// Code without comments, documentation and tests.
#[derive(Default)]
pub struct Tokens {
    /// One token after the other.
    pub text: String,
    /// Modules of tests that are files of their own.
    pub test_modules: Vec<String>,
}

impl Tokens {
    pub fn of(code: &str) -> Result<Self, LexError> {
        let mut tokens = Self::default();
        tokens.add(code.parse()?);
        Ok(tokens)
    }

    fn add(&mut self, stream: TokenStream) {
        let mut rest: Vec<TokenTree> = stream.into_iter().collect();
        rest.reverse();
        while let Some(token) = rest.pop() {
            match attribute(&token, &rest).map(|(attribute, inner)| (kind(&attribute), inner)) {
                Some((Kind::Documentation, inner)) => drop_last(&mut rest, 1 + usize::from(inner)),
                Some((Kind::Test, inner)) => {
                    drop_last(&mut rest, 1 + usize::from(inner));
                    self.skip_item(&mut rest);
                }
                _ => self.push(token),
            }
        }
    }

    fn push(&mut self, token: TokenTree) {
        match token {
            TokenTree::Group(group) => {
                let [open, close] = delimiters(&group);
                self.text += open;
                self.add(group.stream());
                self.text += close;
            }
            token => {
                self.text += &token.to_string();
                self.text.push(' ');
            }
        }
    }

    /// Leaves out the item that an attribute stands before, up to its body or semicolon.
    fn skip_item(&mut self, rest: &mut Vec<TokenTree>) {
        let mut last_two = [String::new(), String::new()];
        while let Some(token) = rest.pop() {
            match &token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    let [keyword, name] = last_two;
                    if keyword == "mod" {
                        self.test_modules.push(name);
                    }
                    return;
                }
                _ => last_two = [std::mem::take(&mut last_two[1]), token.to_string()],
            }
        }
    }
}

enum Kind {
    Documentation,
    Test,
    Other,
}

/// The bracket of an attribute that begins at `token`, and whether it is an inner one, `#![…]`.
fn attribute(token: &TokenTree, rest: &[TokenTree]) -> Option<(Group, bool)> {
    let is = |token: Option<&TokenTree>, sign: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    if !is(Some(token), '#') {
        return None;
    }
    let inner = is(rest.last(), '!');
    match rest.iter().rev().nth(usize::from(inner)) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Some((group.clone(), inner)),
        _ => None,
    }
}

fn kind(attribute: &Group) -> Kind {
    let text = attribute.stream().to_string().replace(' ', "");
    match text.as_str() {
        "cfg(test)" => Kind::Test,
        text if text.starts_with("doc=") => Kind::Documentation,
        _ => Kind::Other,
    }
}

fn drop_last(rest: &mut Vec<TokenTree>, count: usize) {
    rest.truncate(rest.len().saturating_sub(count));
}

fn delimiters(group: &Group) -> [&'static str; 2] {
    match group.delimiter() {
        Delimiter::Parenthesis => ["( ", ") "],
        Delimiter::Brace => ["{ ", "} "],
        Delimiter::Bracket => ["[ ", "] "],
        Delimiter::None => ["", ""],
    }
}
