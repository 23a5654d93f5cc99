//! `multipart/form-data` (RFC 7578) cut into its fields while it arrives, in bounded memory: a field's head is at most
//! [`HEAD`] bytes, its content is handed on as it comes. Pure: bytes in, events out.

use axum::body::Bytes;
use bytes::{Buf as _, BytesMut};
use memchr::memmem;

use super::answer::{Granted, Refusal};

/// The most bytes of a field's head, and of what stands before the first field.
const HEAD: usize = 16 << 10;

/// What comes next in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A field begins.
    Field(Field),
    /// Content of the field.
    Content(Bytes),
    /// The field is whole.
    FieldEnd,
    /// The form is whole.
    End,
}

/// A field's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preamble,
    Delimited,
    Head,
    Content,
    End,
}

/// See the module's head.
pub(crate) struct Parser {
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
}

impl Parser {
    /// For a request of this `Content-Type`; 400 when it is no form.
    pub(crate) fn new(content_type: Option<&str>) -> Granted<Self> {
        let no_form = || Refusal::new(400, "request Content-Type isn't multipart/form-data");
        let content_type = content_type.ok_or_else(no_form)?;
        let (kind, parameters) = content_type.split_once(';').ok_or_else(no_form)?;
        let boundary = parameter(parameters, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()));
        match boundary {
            Some(boundary) if kind.trim().eq_ignore_ascii_case("multipart/form-data") => Ok(Self {
                delimiter: format!("\r\n--{boundary}").into_bytes(),
                // The first delimiter has no line before it.
                buffer: BytesMut::from(&b"\r\n"[..]),
                state: State::Preamble,
            }),
            _ => Err(no_form()),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next event, `None` when more bytes are needed. 400 for what is no form.
    pub(crate) fn next(&mut self) -> Granted<Option<Event>> {
        loop {
            match self.state {
                State::Preamble => match memmem::find(&self.buffer, &self.delimiter) {
                    Some(at) => {
                        self.buffer.advance(at + self.delimiter.len());
                        self.state = State::Delimited;
                    }
                    None if self.buffer.len() > HEAD => return Err(malformed("it does not begin with its boundary")),
                    None => return Ok(None),
                },
                State::Delimited => match self.buffer.first_chunk::<2>() {
                    None => return Ok(None),
                    Some(b"--") => {
                        self.state = State::End;
                        return Ok(Some(Event::End));
                    }
                    Some(b"\r\n") => {
                        self.buffer.advance(2);
                        self.state = State::Head;
                    }
                    Some(_) => return Err(malformed("a boundary is followed by something else")),
                },
                State::Head => match memmem::find(&self.buffer, b"\r\n\r\n") {
                    Some(at) if at <= HEAD => {
                        let head = self.buffer.split_to(at + 4);
                        self.state = State::Content;
                        return field(&head).map(|field| Some(Event::Field(field)));
                    }
                    None if self.buffer.len() <= HEAD => return Ok(None),
                    _ => return Err(malformed("the head of a field is too long")),
                },
                State::Content => return Ok(self.content()),
                // What follows the last boundary is no concern of the form.
                State::End => {
                    self.buffer.clear();
                    return Ok(None);
                }
            }
        }
    }

    fn content(&mut self) -> Option<Event> {
        match memmem::find(&self.buffer, &self.delimiter) {
            Some(0) => {
                self.buffer.advance(self.delimiter.len());
                self.state = State::Delimited;
                Some(Event::FieldEnd)
            }
            Some(at) => Some(Event::Content(self.buffer.split_to(at).freeze())),
            // The end may be the beginning of a boundary.
            None => {
                let sure = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
                (sure > 0).then(|| Event::Content(self.buffer.split_to(sure).freeze()))
            }
        }
    }
}

fn malformed(why: &str) -> Refusal {
    Refusal::new(400, format!("malformed form: {why}"))
}

fn field(head: &[u8]) -> Granted<Field> {
    let head = std::str::from_utf8(head).map_err(|_| malformed("the head of a field is not UTF-8"))?;
    let mut field = Field::default();
    let mut is_named = false;
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.trim().eq_ignore_ascii_case("content-type") {
            field.content_type = Some(value.trim().to_owned());
        } else if name.trim().eq_ignore_ascii_case("content-disposition") {
            let (_, parameters) = value.split_once(';').unwrap_or_default();
            if let Some(name) = parameter(parameters, "name") {
                is_named = true;
                field.name = unescaped(&name);
            }
            field.file_name = parameter(parameters, "filename").map(|name| unescaped(&name));
        }
    }
    if is_named { Ok(field) } else { Err(malformed("a field has no name")) }
}

/// A parameter's value, bare or quoted.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, following) = match after.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if name.trim_matches([';', ' ', '\t']).eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = following;
    }
}

/// Up to the closing quote; only `\"` is an escape, since browsers send the backslashes of file names as they are.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !value.ends_with('\\') {
            return Some((value, rest));
        }
        value.pop();
        value.push('"');
    }
}

/// Browsers write quotes and line breaks of names percent-encoded, and nothing else.
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(form: &[u8], step: usize) -> Granted<Vec<Event>> {
        let mut parser = Parser::new(Some("multipart/form-data; boundary=\"xY\""))?;
        let mut events: Vec<Event> = Vec::new();
        for bytes in form.chunks(step) {
            parser.push(bytes);
            while let Some(event) = parser.next()? {
                match (events.last_mut(), event) {
                    (Some(Event::Content(before)), Event::Content(more)) => {
                        *before = [before.as_ref(), more.as_ref()].concat().into();
                    }
                    (_, event) => events.push(event),
                }
            }
        }
        Ok(events)
    }

    #[test]
    fn a_form_reads_the_same_however_it_is_cut() {
        let form = b"--xY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;%22b\\\".mp4\"\r\ncontent-type: video/mp4\r\n\r\n\
            \r\n--x\r\n--x not the end\r\n\r\n--xY\r\nContent-Disposition: form-data; filename=x; name=key\r\n\r\n\r\n--xY--\r\nafter";
        let file = Field {
            name: "file".into(),
            file_name: Some("a;\"b\".mp4".into()),
            content_type: Some("video/mp4".into()),
        };
        let key = Field { name: "key".into(), file_name: Some("x".into()), content_type: None };
        let expected = vec![
            Event::Field(file),
            Event::Content(b"\r\n--x\r\n--x not the end\r\n"[..].into()),
            Event::FieldEnd,
            Event::Field(key),
            Event::FieldEnd,
            Event::End,
        ];
        for step in 1..=form.len() {
            assert_eq!(events(form, step).as_ref(), Ok(&expected), "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused_in_bounded_memory() {
        for kind in
            [None, Some("text/plain; boundary=a"), Some("multipart/form-data"), Some("multipart/form-data; boundary=")]
        {
            assert!(Parser::new(kind).is_err(), "{kind:?}");
        }
        let long = vec![b'a'; HEAD * 2];
        let open_head = [b"--xY\r\n".as_slice(), &long].concat();
        for form in [long.as_slice(), &open_head, b"--xYjunk", b"--xY\r\nA: b\r\n\r\n", b"--xY\r\n\xff\r\n\r\n"] {
            assert_eq!(events(form, 1000).unwrap_err().status, 400);
        }
    }
}
