//! Which paths a Rust source mentions, read from its tokens: comments and strings cannot deceive it.

use std::str::FromStr as _;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The words after which a path can begin.
const KEYWORDS: [&str; 16] = [
    "as", "break", "const", "dyn", "else", "extern", "for", "if", "impl", "in", "match", "mut", "pub", "return", "use",
    "while",
];

/// A path of two or more segments, as written, with `use` trees taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// `["std", "time", "Instant"]`; a glob ends with `*`.
    pub(super) path: Vec<String>,
    /// From 1.
    pub(super) line: usize,
    /// The inline modules around it, outermost first.
    pub(super) scope: Vec<String>,
    /// Whether an item around it is `#[cfg(test)]`.
    pub(super) in_test: bool,
}

/// All mentions of `text`, in order.
///
/// # Errors
/// When `text` is not a sequence of Rust tokens.
pub(super) fn mentions(text: &str) -> Result<Vec<Mention>> {
    let tokens = TokenStream::from_str(text).map_err(|error| anyhow!("cannot be read as Rust: {error}"))?;
    let mut walk = Walk { found: Vec::new(), scope: Vec::new() };
    walk.items(tokens, false);
    Ok(walk.found)
}

struct Walk {
    found: Vec<Mention>,
    scope: Vec<String>,
}

impl Walk {
    fn items(&mut self, tokens: TokenStream, in_test: bool) {
        let tokens = tokens.into_iter().collect::<Vec<_>>();
        let mut item_in_test = in_test;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) if word == "mod" && inline_module(&tokens, at).is_some() => {
                    if let Some((name, body)) = inline_module(&tokens, at) {
                        self.scope.push(name);
                        self.items(body, item_in_test);
                        self.scope.pop();
                    }
                    item_in_test = in_test;
                    at += 3;
                }
                // A path behind it may begin with `::`; the keyword is no part of it.
                TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword) => at += 1,
                TokenTree::Ident(_) => at = self.path(&tokens, at, &[], item_in_test),
                TokenTree::Group(group) => {
                    let attribute = group.delimiter() == Delimiter::Bracket;
                    if attribute && group.stream().to_string().replace(' ', "") == "cfg(test)" {
                        item_in_test = true;
                    }
                    self.items(group.stream(), item_in_test);
                    if group.delimiter() == Delimiter::Brace {
                        item_in_test = in_test;
                    }
                    at += 1;
                }
                TokenTree::Punct(mark) => {
                    if mark.as_char() == ';' {
                        item_in_test = in_test;
                    }
                    at += 1;
                }
                TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// Reads the path that starts at `at` behind `prefix`; gives where it ends.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &[String], in_test: bool) -> usize {
        let mut path = prefix.to_vec();
        let line = tokens[at].span().start().line;
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) => path.push(word.to_string()),
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => path.push("*".to_owned()),
                Some(TokenTree::Group(tree)) if tree.delimiter() == Delimiter::Brace => {
                    self.tree(tree.stream(), &path, in_test);
                    return at + 1;
                }
                // A turbofish ends the path; what is between its brackets is read on its own.
                _ => break,
            }
            at += 1;
            if !is_mark(tokens.get(at), ':') || !is_mark(tokens.get(at + 1), ':') {
                break;
            }
            at += 2;
        }
        if path.len() > 1 {
            self.found.push(Mention { path, line, scope: self.scope.clone(), in_test });
        }
        at
    }

    /// The inside of `{..}` in `use prefix::{a, b::c as d, self, *}`.
    fn tree(&mut self, tokens: TokenStream, prefix: &[String], in_test: bool) {
        let tokens = tokens.into_iter().collect::<Vec<_>>();
        for branch in tokens.split(|token| is_mark(Some(token), ',')) {
            match branch.first() {
                Some(TokenTree::Ident(word)) if word == "self" => {
                    let line = word.span().start().line;
                    self.found.push(Mention { path: prefix.to_vec(), line, scope: self.scope.clone(), in_test });
                }
                Some(_) => {
                    self.path(branch, 0, prefix, in_test);
                }
                None => {}
            }
        }
    }
}

fn inline_module(tokens: &[TokenTree], at: usize) -> Option<(String, TokenStream)> {
    match (tokens.get(at + 1)?, tokens.get(at + 2)?) {
        (TokenTree::Ident(name), TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            Some((name.to_string(), body.stream()))
        }
        _ => None,
    }
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        mentions(text).unwrap().into_iter().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn use_trees_are_taken_apart() {
        let text = "use std::{fs, time::{self, Instant as Now, *}};\nuse ::rand::random;";
        let wanted = ["std::fs", "std::time", "std::time::Instant", "std::time::*", "rand::random"];
        assert_eq!(paths(text), wanted);
    }

    #[test]
    fn paths_in_types_and_expressions_count_but_not_in_comments_and_strings() {
        let text =
            "// std::fs\n/// crate::x\nfn f(a: Vec<crate::mux::Run>) { let _ = \"std::fs\"; std::fs::read::<a::B>(p) }";
        assert_eq!(paths(text), ["crate::mux::Run", "std::fs::read", "a::B"]);
    }

    #[test]
    fn tests_and_inline_modules_are_known() {
        let text = "use a::b;\n#[cfg(test)]\nmod tests {\n    use super::c;\n}\nmod inner { use super::d; }\n#[cfg(test)]\nuse e::f;\nuse g::h;";
        let found = mentions(text).unwrap();
        let seen = |at: usize| (found[at].line, found[at].scope.join("::"), found[at].in_test);
        assert_eq!(seen(0), (1, String::new(), false));
        assert_eq!(seen(1), (4, "tests".to_owned(), true));
        assert_eq!(seen(2), (6, "inner".to_owned(), false));
        assert_eq!(seen(3), (8, String::new(), true));
        assert_eq!(seen(4), (9, String::new(), false));
    }

    #[test]
    fn what_is_not_rust_is_an_error() {
        assert!(mentions("fn (").is_err());
    }
}
