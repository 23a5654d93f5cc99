//! How Kodo spells things: its base64, hexadecimal digits, and the paths of the v1 and v2 interfaces.
//!
//! It decides spelling alone; what is asked for, and when, is the machine's. Everywhere.

/// The alphabet of "URL-safe base64" (RFC 4648 section 5).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 with `-` and `_` for `+` and `/`; the padding stays.
pub fn us64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// What [`us64`] wrote: padding must be there, bits beyond the last byte must be 0; `None` for anything else.
pub fn us64_decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|letter| **letter == b'=').count();
    let letters = &text[..text.len() - padding];
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in letters {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    (word == 0).then_some(bytes)
}

/// Lower hexadecimal digits, two a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(digits[usize::from(byte >> 4)]));
        text.push(char::from(digits[usize::from(byte & 15)]));
    }
    text
}

/// The key as a segment of a v2 path: `~` where there is none, nothing at all for the empty key.
pub fn key_segment(key: Option<&str>) -> String {
    key.map_or_else(|| "~".to_owned(), |key| us64(key.as_bytes()))
}

/// `POST` here begins a multipart upload; all other v2 paths lie below.
pub fn uploads_path(bucket: &str, key: Option<&str>) -> String {
    let mut path = String::from("/buckets/");
    push_escaped(&mut path, bucket);
    path.push_str("/objects/");
    path.push_str(&key_segment(key));
    path.push_str("/uploads");
    path
}

/// What `mkfile` says of the object besides its blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mkfile<'a> {
    /// Of the whole file, in bytes.
    pub size: u64,
    /// The object's key; `None` lets the server name it.
    pub key: Option<&'a str>,
    /// Its type.
    pub mime_type: Option<&'a str>,
    /// Its original name.
    pub file_name: Option<&'a str>,
    /// `x:name` and value.
    pub vars: &'a [(String, String)],
    /// `x-qn-meta-name` and value.
    pub metadata: &'a [(String, String)],
}

/// `POST` here makes an object of v1 blocks.
pub fn mkfile_path(file: &Mkfile<'_>) -> String {
    let mut path = String::from("/mkfile/");
    path.push_str(&file.size.to_string());
    let mut pair = |name: &str, value: &str| {
        path.push('/');
        push_escaped(&mut path, name);
        path.push('/');
        path.push_str(&us64(value.as_bytes()));
    };
    for (name, value) in [("key", file.key), ("mimeType", file.mime_type), ("fname", file.file_name)] {
        if let Some(value) = value {
            pair(name, value);
        }
    }
    for (name, value) in file.vars.iter().chain(file.metadata) {
        pair(name, value);
    }
    path
}

/// Percent-encodes what is not allowed to stand bare in a path's segment or a query's value (RFC 3986 section 3.3; `:`
/// may).
pub fn push_escaped(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':') {
            to.push(char::from(byte));
        } else {
            to.push('%');
            let digits = b"0123456789ABCDEF";
            to.push(char::from(digits[usize::from(byte >> 4)]));
            to.push(char::from(digits[usize::from(byte & 15)]));
        }
    }
}
