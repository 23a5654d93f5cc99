//! Reads as much GLSL as a filter's file needs: which functions and constants stand in it, with what arguments. It does
//! not know expressions; the browser's compiler judges those. It runs natively and in the studio worker.

use super::problem::{Problem, SourceError};

/// A word, a number or one sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) line: u32,
}

/// The tokens of a text without comments.
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0, line: 1 }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at).filter(|byte| byte.is_ascii_whitespace()) {
            self.line += u32::from(*byte == b'\n');
            self.at += 1;
        }
        let at = self.at;
        let first = *bytes.get(at)?;
        self.at += 1;
        if word(first) {
            while bytes.get(self.at).copied().is_some_and(word) {
                self.at += 1;
            }
        }
        Some(Token { text: self.text.get(at..self.at)?, at, line: self.line })
    }
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text with blanks for comments: places and lines stay as they are.
///
/// # Errors
/// A comment without end; signs that GLSL does not know outside of comments.
pub(super) fn uncommented(text: &str) -> Result<String, SourceError> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut line, mut at) = (1, 0);
    while let Some(&byte) = bytes.get(at) {
        let end = match (byte, bytes.get(at + 1)) {
            (b'/', Some(b'/')) => bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |n| at + n),
            (b'/', Some(b'*')) => {
                let closed = bytes[at + 2..].windows(2).position(|two| two == b"*/");
                at + 4 + closed.ok_or(SourceError { line, problem: Problem::Comment })?
            }
            _ => at,
        };
        if end == at {
            // A line continued by `\` would shift the lines of the compiler's messages.
            if !(byte.is_ascii_graphic() || byte.is_ascii_whitespace()) || matches!(byte, b'\\' | b'"' | b'\'' | b'$') {
                return Err(SourceError { line, problem: Problem::Sign(byte) });
            }
            line += u32::from(byte == b'\n');
            out.push(if byte == b'\r' { ' ' } else { char::from(byte) });
            at += 1;
        }
        while at < end {
            let blank = if bytes[at] == b'\n' { '\n' } else { ' ' };
            line += u32::from(blank == '\n');
            out.push(blank);
            at += 1;
        }
    }
    Ok(out)
}

/// A function or a constant.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    pub(super) line: u32,
    /// All of it, from its type to the closing brace or semicolon.
    pub(super) text: &'a str,
    /// Of a function: what it gives back, and what stands between its parentheses.
    pub(super) function: Option<(&'a str, &'a str)>,
}

/// What a text without comments declares.
///
/// # Errors
/// Anything but functions with a body and constants.
pub(super) fn declared(text: &str) -> Result<Vec<Declared<'_>>, SourceError> {
    let mut tokens = Tokens::new(text);
    let mut found = Vec::new();
    while let Some(first) = tokens.next() {
        let refuse = |problem| SourceError { line: first.line, problem };
        if first.text == "#" {
            return Err(refuse(Problem::Directive));
        }
        let constant = first.text == "const";
        let mut kind = if constant { tokens.next() } else { Some(first) };
        while kind.is_some_and(|token| matches!(token.text, "highp" | "mediump" | "lowp")) {
            kind = tokens.next();
        }
        let mut name = tokens.next();
        if constant && name.is_some_and(|token| token.text == "[") {
            past(&mut tokens, "]").ok_or(refuse(Problem::Braces))?;
            name = tokens.next();
        }
        let (Some(kind), Some(name), Some(sign)) = (kind, name, tokens.clone().next()) else {
            return Err(refuse(Problem::Declaration));
        };
        if !is_name(kind.text) || !is_name(name.text) || (sign.text == "(") == constant {
            return Err(refuse(Problem::Declaration));
        }
        let (end, function) = if constant {
            let end = past(&mut tokens, ";").ok_or(refuse(Problem::Braces))?;
            // Only the first name of a list would be seen.
            if is_list(text.get(first.at..end).unwrap_or_default()) {
                return Err(refuse(Problem::Declaration));
            }
            (end, None)
        } else {
            tokens.next();
            let close = past(&mut tokens, ")").ok_or(refuse(Problem::Braces))?;
            if tokens.next().is_none_or(|token| token.text != "{") {
                return Err(refuse(Problem::Declaration));
            }
            let end = past(&mut tokens, "}").ok_or(refuse(Problem::Braces))?;
            (end, Some((kind.text, text.get(sign.at + 1..close - 1).unwrap_or_default())))
        };
        let text = text.get(first.at..end).unwrap_or_default();
        found.push(Declared { name: name.text, line: first.line, text, function });
    }
    Ok(found)
}

/// Whether a comma stands in it that no bracket holds.
fn is_list(text: &str) -> bool {
    let mut depth = 0_u32;
    Tokens::new(text).any(|token| {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.text == ","
    })
}

/// Goes to the next `sign` that no bracket holds; the place behind it. `None` where brackets do not match before.
pub(super) fn past(tokens: &mut Tokens<'_>, sign: &str) -> Option<usize> {
    let mut open: Vec<&str> = Vec::new();
    for token in tokens.by_ref() {
        if open.is_empty() && token.text == sign {
            return Some(token.at + 1);
        }
        match token.text {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            ")" | "]" | "}" if open.pop() != Some(token.text) => return None,
            // It would reach the rest of the program.
            "#" => return None,
            _ => {}
        }
    }
    None
}

/// The arguments between a function's parentheses, as types and names; `None` where one is neither plain nor read only.
pub(super) fn arguments(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let end = Token { text: ",", at: text.len(), line: 0 };
    for token in Tokens::new(text).chain([end]) {
        match (token.text, words.as_slice()) {
            (",", [kind, name]) => {
                found.push((*kind, *name));
                words.clear();
            }
            (",", _) => return None,
            ("in" | "const" | "highp" | "mediump" | "lowp", _) => {}
            (text, _) => words.push(text),
        }
    }
    found.iter().all(|(kind, name)| is_name(kind) && is_name(name)).then_some(found)
}

/// The text with other names for some functions: `names` are pairs of old and new. An argument of the same name stays.
pub(super) fn renamed(text: &str, names: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for token in Tokens::new(text) {
        let Some((_, new)) = names.iter().find(|(old, _)| *old == token.text) else { continue };
        let behind = token.at + token.text.len();
        if text.get(behind..).is_some_and(|rest| rest.trim_ascii_start().starts_with('(')) {
            out.push_str(text.get(copied..token.at).unwrap_or_default());
            out.push_str(new);
            copied = behind;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Whether GLSL takes it for a name.
pub(super) fn is_name(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') && text.bytes().all(word)
}
