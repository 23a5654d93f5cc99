//! Which call a method and a path are, before anything else of the request is looked at. Pure.
//!
//! Paths are taken as they came: an empty key makes a double slash, base64 keeps its `=`, and each segment is
//! percent-decoded once. Keys are names in a database and never become paths on disk.

use axum::http::Method;
use onetake_core::upload::wire::us64_decode;
use percent_encoding::percent_decode_str;

use super::answer::{Granted, Refusal};
use super::policy::LONGEST_KEY;

/// A call of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A browser asks whether it may ask.
    Preflight,
    Form,
    Initiate {
        bucket: String,
        key: Option<String>,
    },
    Part {
        upload: UploadPath,
        number: u32,
    },
    Complete {
        upload: UploadPath,
    },
    Abort {
        upload: UploadPath,
    },
    List {
        upload: UploadPath,
    },
    Mkblk {
        size: u64,
    },
    Bput {
        ctx: String,
        offset: u64,
    },
    Mkfile(Mkfile),
    Discovery {
        version: u8,
    },
    Token,
    Object {
        bucket: String,
        key: String,
    },
    Stat {
        bucket: String,
        key: String,
    },
    /// A test knob of this name.
    Test {
        knob: String,
    },
    /// The store's, but nothing that it answers.
    Refused(Refusal),
}

/// A multipart upload as its paths name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadPath {
    pub(crate) bucket: String,
    pub(crate) key: Option<String>,
    pub(crate) id: String,
}

/// What the path of `mkfile` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mkfile {
    pub(crate) size: u64,
    pub(crate) key: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) fname: Option<String>,
    /// `x:name` with its value.
    pub(crate) vars: Vec<(String, String)>,
    /// `x-qn-meta-name` with its value.
    pub(crate) metadata: Vec<(String, String)>,
}

impl Route {
    /// `None`: not the store's, the page answers.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        let segments = path.split('/').skip(1).collect::<Vec<_>>();
        let is_reading = matches!(*method, Method::GET | Method::HEAD);
        let first = *segments.first()?;
        let is_ours = match first {
            "buckets" | "mkblk" | "bput" | "mkfile" | "stat" | "o" | "_test" => true,
            "v2" | "v4" => segments.get(1) == Some(&"query"),
            "api" => segments.get(1) == Some(&"upload-token"),
            _ => false,
        };
        if !is_ours && is_reading {
            return None;
        }
        if *method == Method::OPTIONS && !matches!(first, "api" | "_test") {
            return Some(Self::Preflight);
        }
        Some(read(method, &segments).unwrap_or_else(Self::Refused))
    }

    /// The name by which faults and the request log know the call.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Form => "form",
            Self::Initiate { .. } => "initiate",
            Self::Part { .. } => "part",
            Self::Complete { .. } => "complete",
            Self::Abort { .. } => "abort",
            Self::List { .. } => "list",
            Self::Mkblk { .. } => "mkblk",
            Self::Bput { .. } => "bput",
            Self::Mkfile(_) => "mkfile",
            Self::Discovery { .. } => "discovery",
            Self::Token => "token",
            Self::Object { .. } => "object",
            Self::Stat { .. } => "stat",
            Self::Test { .. } => "test",
            Self::Refused(_) => "refused",
        }
    }

    /// The part number and the upload id, where the call has them.
    pub(crate) fn place(&self) -> (Option<u32>, Option<&str>) {
        match self {
            Self::Part { upload, number } => (Some(*number), Some(&upload.id)),
            Self::Complete { upload } | Self::Abort { upload } | Self::List { upload } => (None, Some(&upload.id)),
            _ => (None, None),
        }
    }

    /// Whether only pages of this server may read the answer.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::Token | Self::Test { .. })
    }
}

fn read(method: &Method, segments: &[&str]) -> Granted<Route> {
    let is_reading = matches!(*method, Method::GET | Method::HEAD);
    match (method.as_str(), segments) {
        ("POST", [""]) => Ok(Route::Form),
        (_, ["buckets", bucket, "objects", key, "uploads", rest @ ..]) => {
            multipart(method, name(bucket)?, path_key(key)?, rest)
        }
        ("POST", ["mkblk", size]) => Ok(Route::Mkblk { size: number(size)? }),
        ("POST", ["bput", ctx, offset]) => Ok(Route::Bput { ctx: name(ctx)?, offset: number(offset)? }),
        ("POST", ["mkfile", size, pairs @ ..]) => mkfile(number(size)?, pairs).map(Route::Mkfile),
        ("GET", ["v2", "query"]) => Ok(Route::Discovery { version: 2 }),
        ("GET", ["v4", "query"]) => Ok(Route::Discovery { version: 4 }),
        ("GET", ["api", "upload-token"]) => Ok(Route::Token),
        (_, ["o", bucket, key @ ..]) if is_reading && !key.is_empty() => {
            Ok(Route::Object { bucket: name(bucket)?, key: name(&key.join("/"))? })
        }
        ("GET", ["stat", entry]) => {
            let entry = text(entry)?;
            let (bucket, key) = entry.split_once(':').ok_or_else(|| Refusal::new(400, "the entry names no key"))?;
            Ok(Route::Stat { bucket: bucket.to_owned(), key: key.to_owned() })
        }
        (_, ["_test", knob]) => Ok(Route::Test { knob: name(knob)? }),
        _ if is_reading => Err(Refusal::new(404, "no such path")),
        _ => Err(Refusal::new(405, "no such method of this path")),
    }
}

fn multipart(method: &Method, bucket: String, key: Option<String>, rest: &[&str]) -> Granted<Route> {
    let upload =
        |id: &str| -> Granted<_> { Ok(UploadPath { bucket: bucket.clone(), key: key.clone(), id: name(id)? }) };
    match (method.as_str(), rest) {
        ("POST", []) => Ok(Route::Initiate { bucket, key }),
        ("PUT", [id, number]) => {
            let number = number.parse().ok().filter(|number| (1..=10_000).contains(number));
            let number = number.ok_or_else(|| Refusal::new(400, "part numbers are 1 to 10000"))?;
            Ok(Route::Part { upload: upload(id)?, number })
        }
        ("POST", [id]) => Ok(Route::Complete { upload: upload(id)? }),
        ("DELETE", [id]) => Ok(Route::Abort { upload: upload(id)? }),
        ("GET", [id]) => Ok(Route::List { upload: upload(id)? }),
        _ => Err(Refusal::new(405, "no such method of this path")),
    }
}

fn mkfile(size: u64, pairs: &[&str]) -> Granted<Mkfile> {
    let mut file = Mkfile { size, ..Mkfile::default() };
    let (pairs, rest) = pairs.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Refusal::new(400, "a name without its value"));
    }
    for [what, value] in pairs {
        let (what, value) = (name(what)?, text(value)?);
        match what.as_str() {
            "key" => file.key = Some(sized(value)?),
            "mimeType" => file.mime = Some(value),
            "fname" => file.fname = Some(value),
            _ if what.starts_with("x:") => file.vars.push((what, value)),
            _ if what.starts_with("x-qn-meta-") => file.metadata.push((what, value)),
            // Kodo has more of these (crc32, ...); what is not known is passed over.
            _ => {}
        }
    }
    Ok(file)
}

/// `~` is no key; the empty segment is the empty key.
fn path_key(segment: &str) -> Granted<Option<String>> {
    if matches!(segment, "~" | "%7E" | "%7e") { Ok(None) } else { text(segment).and_then(sized).map(Some) }
}

fn sized(key: String) -> Granted<String> {
    if key.len() <= LONGEST_KEY { Ok(key) } else { Err(Refusal::new(400, "key is longer than 750 bytes")) }
}

fn name(segment: &str) -> Granted<String> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| Refusal::new(400, "the path is not UTF-8"))
}

fn text(segment: &str) -> Granted<String> {
    let invalid = || Refusal::new(400, "invalid base64 in the path");
    let bytes = us64_decode(&name(segment)?).ok_or_else(invalid)?;
    String::from_utf8(bytes).map_err(|_| Refusal::new(400, "the path is not UTF-8"))
}

fn number(segment: &str) -> Granted<u64> {
    segment.parse().map_err(|_| Refusal::new(400, "a number was expected in the path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Option<Route> {
        Route::of(&method.parse().unwrap(), path)
    }

    #[test]
    fn keys_come_back_as_they_went() {
        let key = |segment: &str| match of("POST", &format!("/buckets/b/objects/{segment}/uploads")) {
            Some(Route::Initiate { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        assert_eq!(key("~"), None);
        assert_eq!(key("").as_deref(), Some(""));
        assert_eq!(key("fg==").as_deref(), Some("~"));
        assert_eq!(key("fg%3D%3D").as_deref(), Some("~"));
        assert_eq!(key("8J-YgC5tcDQ=").as_deref(), Some("😀.mp4"));
    }

    #[test]
    fn the_segments_of_mkfile_come_in_any_order() {
        let path = "/mkfile/9/x:v/MSAy/key//mimeType/dmlkZW8vd2VibQ==/fname/aGVsbG8ud2VibQ==/x-qn-meta-m/5Lit";
        let file = Mkfile {
            size: 9,
            key: Some(String::new()),
            mime: Some("video/webm".into()),
            fname: Some("hello.webm".into()),
            vars: vec![("x:v".into(), "1 2".into())],
            metadata: vec![("x-qn-meta-m".into(), "中".into())],
        };
        assert_eq!(of("POST", path), Some(Route::Mkfile(file)));
    }

    #[test]
    fn hostile_paths_are_refused_and_pages_are_left_alone() {
        let long = format!("/buckets/b/objects/{}/uploads", "QUFB".repeat(251));
        for (method, path, status) in [
            ("POST", "/buckets/b/objects/!!/uploads", 400),
            ("POST", "/buckets/b/objects/_w==/uploads", 400),
            ("POST", long.as_str(), 400),
            ("PUT", "/buckets/b/objects/~/uploads/id/0", 400),
            ("PUT", "/buckets/b/objects/~/uploads/id/10001", 400),
            ("PUT", "/buckets/b/objects/~/uploads/id/1/2", 405),
            ("POST", "/mkblk/-1", 400),
            ("POST", "/mkblk/99999999999999999999", 400),
            ("POST", "/mkfile/1/key", 400),
            ("GET", "/stat/bm9jb2xvbg==", 400),
            ("GET", "/o/%ff/x", 400),
            ("PUT", "/index.html", 405),
            ("DELETE", "/", 405),
            ("GET", "/buckets", 404),
        ] {
            match of(method, path) {
                Some(Route::Refused(refusal)) => assert_eq!(refusal.status, status, "{method} {path}"),
                other => panic!("{method} {path}: {other:?}"),
            }
        }
        for path in ["/", "/index.html", "/pkg/index.js", "/v2/other", "/api/other"] {
            assert_eq!(of("GET", path), None);
        }
        assert_eq!(of("OPTIONS", "/anything"), Some(Route::Preflight));
    }
}
