//! The JSON of Kodo's answers and policies: read into a small tree with bounds on depth and length, and texts written.
//!
//! Own code, because the machine needs six shapes of it and its artefact has 90 KB: a tree of nodes and one reader are a
//! tenth of what a general crate links. Bytes may be hostile: nothing panics, nothing recurses deeper than [`DEPTH`].

/// Longest text that is read.
const LENGTH: usize = 1 << 20;

/// Deepest nesting that is read.
const DEPTH: u32 = 32;

/// A value. Numbers are whole or unknown: nothing here is counted in fractions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Option<u64>),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text; `None` where it is no JSON, too long or too deep.
    pub(super) fn parse(bytes: &[u8]) -> Option<Json> {
        if bytes.len() > LENGTH {
            return None;
        }
        let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
        let value = reader.value(0)?;
        reader.space();
        (reader.at == bytes.len()).then_some(value)
    }

    /// A field of an object; the last of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The field of a field.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Json::Number(number) => *number,
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Json] {
        match self {
            Json::List(list) => list,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte after space is this one.
    fn eat(&mut self, wanted: u8) -> bool {
        self.space();
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        let rest = self.text.as_bytes().get(self.at..)?;
        rest.starts_with(word.as_bytes()).then(|| self.at += word.len())?;
        Some(value)
    }

    fn value(&mut self, depth: u32) -> Option<Json> {
        self.space();
        match self.peek()? {
            b'{' | b'[' if depth == DEPTH => None,
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.digits(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Json> {
        self.at += 1;
        let mut fields = Vec::new();
        if self.eat(b'}') {
            return Some(Json::Object(fields));
        }
        loop {
            self.space();
            let name = self.string()?;
            if !self.eat(b':') {
                return None;
            }
            fields.push((name, self.value(depth + 1)?));
            if !self.eat(b',') {
                return self.eat(b'}').then_some(Json::Object(fields));
            }
        }
    }

    fn array(&mut self, depth: u32) -> Option<Json> {
        self.at += 1;
        let mut list = Vec::new();
        if self.eat(b']') {
            return Some(Json::List(list));
        }
        loop {
            list.push(self.value(depth + 1)?);
            if !self.eat(b',') {
                return self.eat(b']').then_some(Json::List(list));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        if self.next()? != b'"' {
            return None;
        }
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            // Cut at ASCII bytes, so never within a letter.
            text.push_str(self.text.get(start..self.at)?);
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let rest = self.text.as_bytes().get(self.at..)?;
                if (0xd800..0xdc00).contains(&first) && rest.starts_with(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        return char::from_u32(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00)));
                    }
                    self.at = back;
                }
                char::from_u32(first).unwrap_or('\u{fffd}')
            }
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }

    fn digits(&mut self) -> Option<Json> {
        let start = self.at;
        let whole = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            (reader.at > from).then_some(())
        };
        self.at += usize::from(self.peek() == Some(b'-'));
        let first = self.at;
        whole(self)?;
        if self.at - first > 1 && self.text.as_bytes()[first] == b'0' {
            return None;
        }
        let mut integer = first == start;
        let end = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            whole(self)?;
            integer = false;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            whole(self)?;
            integer = false;
        }
        let value = self.text.get(start..end)?;
        Some(Json::Number(if integer { value.parse().ok() } else { None }))
    }
}

/// Writes a text with its quotes.
pub(super) fn push_text(to: &mut String, text: &str) {
    to.push('"');
    for letter in text.chars() {
        match letter {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => {
                to.push_str("\\u00");
                to.push_str(&super::wire::hex(&[letter as u8]));
            }
            _ => to.push(letter),
        }
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_broken_is_refused() {
        let text = "a\"b\\c\n\u{1}录😀";
        let mut written = String::new();
        push_text(&mut written, text);
        assert_eq!(Json::parse(written.as_bytes()), Some(Json::Text(text.to_owned())));
        assert_eq!(Json::parse(br#""\ud83d\ude00\ud83d\n""#), Some(Json::Text("😀\u{fffd}\n".to_owned())));
        let value = Json::parse(br#" {"a":[1,-2,1.5,1e3,true,null],"a":{"b":18446744073709551616},"c":{}} "#).unwrap();
        assert_eq!(value.at(&["a", "b"]), Some(&Json::Number(None)), "the last of a name, beyond 64 bits");
        for bad in ["", "{", "[1,]", "{\"a\"}", "01", "1.", "-", "\"\\x\"", "\"\n\"", "nul", "[] x", "\"\\u12"] {
            assert_eq!(Json::parse(bad.as_bytes()), None, "{bad}");
        }
        assert!(Json::parse(&[b"[".repeat(32), b"]".repeat(32)].concat()).is_some());
        assert_eq!(Json::parse(&[b"[".repeat(33), b"]".repeat(33)].concat()), None);
        assert_eq!(Json::parse(&b" ".repeat((1 << 20) + 1)), None);
        assert_eq!(Json::parse(b"\"\xff\""), None);
    }
}
