//! Which media type a stored object has, and whether a policy admits it (qiniu.md 1.3, `detectMime`, `mimeLimit`).

use std::path::Path;

const UNKNOWN: &str = "application/octet-stream";

/// So many first bytes are enough to tell a type.
pub(crate) const HEAD: usize = 8192;

/// The type that the content itself shows.
pub(crate) fn sniff(head: &[u8]) -> String {
    if let Some(kind) = infer::get(head) {
        return kind.mime_type().to_owned();
    }
    if is_text(head) { "text/plain".to_owned() } else { UNKNOWN.to_owned() }
}

fn is_text(head: &[u8]) -> bool {
    // The last character may be cut by the end of the head.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(cut) if cut.error_len().is_none() => std::str::from_utf8(&head[..cut.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}

/// What is known of an object's type before it is stored.
pub(crate) struct Clues<'a> {
    pub(crate) client: Option<&'a str>,
    pub(crate) fname: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) sniffed: &'a str,
}

/// The object's type by `detectMime`: 0 the client's word, else the file name, the key, the content; 1 the content
/// first and never the client; -1 the client alone.
pub(crate) fn decide(detect: i32, clues: &Clues<'_>) -> String {
    let known = |kind: &&str| is_type(kind) && *kind != UNKNOWN;
    let client = clues.client.filter(known).map(str::to_owned);
    let sniffed = Some(clues.sniffed).filter(known).map(str::to_owned);
    let named = || clues.fname.and_then(by_name).or_else(|| clues.key.and_then(by_name));
    let found = match detect {
        -1 => clues.client.filter(|kind| is_type(kind)).map(str::to_owned),
        // "text/plain" is what is left when nothing spoke against it, so a name knows better.
        1 => sniffed.clone().filter(|kind| kind != "text/plain").or_else(named).or(sniffed),
        _ => client.or_else(named).or(sniffed),
    };
    found.unwrap_or_else(|| UNKNOWN.to_owned())
}

fn by_name(name: &str) -> Option<String> {
    let name = name.rsplit('/').next()?;
    Path::new(name).extension()?;
    mime_guess::from_path(name).first_raw().map(str::to_owned)
}

/// `type/subtype` with optional parameters (RFC 9110 section 8.3.1), and nothing that a browser could read as a second
/// type behind the first: no comma, not even in quotes.
pub(crate) fn is_type(kind: &str) -> bool {
    let mut pieces = kind.split(';');
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let is_value = |text: &str| {
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        is_token(text) || quoted.is_some_and(|inner| inner.split(' ').all(|word| word.is_empty() || is_token(word)))
    };
    let essence = pieces.next().and_then(|essence| essence.trim_end().split_once('/'));
    let is_essence = essence.is_some_and(|(top, sub)| is_token(top) && is_token(sub));
    let is_parameter =
        |piece: &str| piece.trim().split_once('=').is_some_and(|(name, text)| is_token(name) && is_value(text));
    kind.len() <= 200 && is_essence && pieces.all(is_parameter)
}

/// Whether a browser may show it in place: what it takes for sound, a picture, a film or plain text, and for nothing that
/// can carry a script. `kind` as it goes into the header.
pub(crate) fn is_shown(kind: &str) -> bool {
    const SHOWN: [&str; 23] = [
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "video/mpeg",
        "video/ogg",
        "video/x-m4v",
        "video/x-matroska",
        "video/3gpp",
        "audio/mp4",
        "audio/mpeg",
        "audio/aac",
        "audio/ogg",
        "audio/webm",
        "audio/wav",
        "audio/x-wav",
        "audio/x-m4a",
        "audio/flac",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "text/plain",
    ];
    let essence = kind.split(';').next().unwrap_or_default().trim();
    is_type(kind) && SHOWN.iter().any(|shown| shown.eq_ignore_ascii_case(essence))
}

/// Whether `limit` admits a type: `;` list with wildcards, a leading `!` turns the whole list around.
pub(crate) fn is_admitted(limit: &str, sniffed: &str) -> bool {
    let (list, wanted) = match limit.strip_prefix('!') {
        Some(list) => (list, false),
        None => (limit, true),
    };
    let kind = sniffed.split(';').next().unwrap_or_default().trim();
    let listed = list.split(';').map(str::trim).filter(|pattern| !pattern.is_empty()).any(|pattern| {
        match pattern.strip_suffix("/*") {
            Some(top) => kind.split('/').next().is_some_and(|found| top == "*" || found.eq_ignore_ascii_case(top)),
            None => pattern == "*" || pattern.eq_ignore_ascii_case(kind),
        }
    });
    listed == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn content_tells_its_type() {
        let film = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso6avc1mp41\0\0\0\x08moov";
        for (head, kind) in [
            (PNG, "image/png"),
            (film, "video/mp4"),
            ("你好\n".as_bytes(), "text/plain"),
            (b"\0\x01\x02", UNKNOWN),
            (b"", UNKNOWN),
        ] {
            assert_eq!(sniff(head), kind);
        }
    }

    #[test]
    fn detection_follows_the_policy() {
        let clues = |client: Option<&'static str>| Clues {
            client,
            fname: Some("a.webm"),
            key: Some("b.mp4"),
            sniffed: "image/png",
        };
        assert_eq!(decide(0, &clues(Some("audio/x"))), "audio/x");
        assert_eq!(decide(0, &clues(Some(UNKNOWN))), "video/webm");
        assert_eq!(decide(1, &clues(Some("audio/x"))), "image/png");
        assert_eq!(decide(-1, &clues(Some("audio/x"))), "audio/x");
        assert_eq!(decide(-1, &clues(None)), UNKNOWN);
        assert_eq!(decide(0, &clues(Some("a/b\r\nSet-Cookie: x"))), "video/webm", "no header is smuggled in");
    }

    #[test]
    fn only_what_no_browser_runs_is_shown() {
        for shown in
            ["video/mp4", "Video/MP4", "video/mp4; codecs=avc1.640028", "text/plain;charset=\"utf-8\"", "image/png"]
        {
            assert!(is_shown(shown), "{shown}");
        }
        let hidden = [
            "image/SVG+xml",
            "image/svg+xml",
            "video/mp4, text/html",
            "video/mp4;a=\",text/html\"",
            "video/mp4 text/html",
            "text/html",
            "video/",
            "/mp4",
            "video/mp4/x",
            "video/mp4;",
            "video/mp4; a",
            "video/mp4\r\nX: y",
            "video/x-unheard-of",
            "",
        ];
        for kind in hidden {
            assert!(!is_shown(kind), "{kind}");
        }
    }

    #[test]
    fn limits_are_lists_with_wildcards_and_a_negation() {
        for (limit, kind, admitted) in [
            ("video/*;audio/*", "video/mp4", true),
            ("video/*;audio/*", "image/png", false),
            ("image/png", "image/png", true),
            ("!image/*;text/plain", "image/png", false),
            ("!image/*;text/plain", "video/mp4", true),
            ("", "video/mp4", false),
            ("!", "video/mp4", true),
        ] {
            assert_eq!(is_admitted(limit, kind), admitted, "{limit} {kind}");
        }
    }
}
