//! What an upload token says to a client: whose bucket, until when, and which limits.
//!
//! It reads and never signs: the secret key stays on the user's server. A token's text is shown nowhere.

use super::json::Json;
use super::request::Secret;
use super::text::{cut, join, replace};
use super::wire;

/// Longest token that is read: policies carry callback bodies, not files.
const LENGTH: usize = 64 << 10;

/// How a token cannot be used. It never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Not three or more texts with colons between; or it is too long, or has letters that no header takes.
    Shape,
    /// Its last text is no base64, or not of JSON.
    Policy,
    /// The policy names no bucket.
    Scope,
}

impl TokenError {
    /// For a detail line.
    pub fn words(self) -> &'static str {
        match self {
            TokenError::Shape => "the upload token is no three texts with colons between",
            TokenError::Policy => "the upload token's policy cannot be read",
            TokenError::Scope => "the upload token's policy names no bucket",
        }
    }
}

/// The fields of a put policy that a client heeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The bucket.
    pub bucket: String,
    /// The key, or its prefix, that the scope allows.
    pub key: Option<String>,
    /// Seconds since 1970; checked by the server at every request.
    pub deadline: Option<u64>,
    /// Largest object in bytes.
    pub size_limit: Option<u64>,
    /// `saveKey`: how the server names an object that was sent without a key, or any (`force_save_key`). `None`: by its hash.
    pub save_key: Option<String>,
    /// `forceSaveKey`: the template wins over the client's key.
    pub force_save_key: bool,
    /// `callbackFetchKey`: the user's own server names each object.
    pub fetches_key: bool,
}

impl Policy {
    /// Whether an object gets the client's key where there is one.
    pub fn obeys_key(&self) -> bool {
        !self.fetches_key && (self.save_key.is_none() || !self.force_save_key)
    }

    /// Whether the server's own name for an object is that of any other of the same content.
    pub fn names_by_content(&self) -> bool {
        !self.fetches_key && self.save_key.as_deref().is_none_or(is_of_content)
    }
}

/// Whether a template names nothing that differs from one attempt to the next: a time, a random name, a variable.
fn is_of_content(template: &str) -> bool {
    let mut rest = template;
    while let Some((_, name)) = cut(rest, "$(") {
        let Some((name, after)) = cut(name, ")") else { return false };
        if !matches!(name, "etag" | "ext" | "fname") {
            return false;
        }
        rest = after;
    }
    true
}

/// A token and what it says.
#[derive(Clone, Debug)]
pub struct Token {
    text: Secret,
    /// Not a secret.
    pub access_key: String,
    /// What it allows.
    pub policy: Policy,
}

impl Token {
    /// Reads a token as the browser's clients do; the signature is the server's business.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        let text = text.trim_ascii();
        if text.len() > LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Shape);
        }
        let segments = text.split(':').take(16).collect::<Vec<_>>();
        let (_, encoded) = text.rsplit_once(':').ok_or(TokenError::Shape)?;
        // The form with more than three has the account before the key.
        let access_key = if segments.len() > 3 { segments[1] } else { segments[0] };
        let json = wire::us64_decode(encoded).and_then(|json| Json::parse(&json)).ok_or(TokenError::Policy)?;
        let scope = json.get("scope").and_then(Json::text).ok_or(TokenError::Scope)?;
        let (bucket, key) = cut(scope, ":").map_or((scope, None), |(bucket, key)| (bucket, Some(key)));
        if bucket.is_empty() {
            return Err(TokenError::Scope);
        }
        let is_set = |name: &str| match json.get(name) {
            Some(Json::Bool(set)) => *set,
            other => other.and_then(Json::number).is_some_and(|number| number != 0),
        };
        let policy = Policy {
            bucket: bucket.to_owned(),
            key: key.map(str::to_owned),
            deadline: json.get("deadline").and_then(Json::number),
            size_limit: json.get("fsizeLimit").and_then(Json::number).filter(|limit| *limit > 0),
            save_key: json.get("saveKey").and_then(Json::text).filter(|name| !name.is_empty()).map(str::to_owned),
            force_save_key: is_set("forceSaveKey"),
            fetches_key: is_set("callbackFetchKey"),
        };
        Ok(Token { text: Secret::new(text.to_owned()), access_key: access_key.to_owned(), policy })
    }

    /// The text, for a form's field.
    pub(super) fn secret(&self) -> Secret {
        self.text.clone()
    }

    /// The value of the header `Authorization`.
    pub(super) fn authorization(&self) -> Secret {
        Secret::new(join(&["UpToken ", self.text.expose()]))
    }

    /// `text` without this token, or a part of it that a server may quote.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut clean = replace(text, self.text.expose(), "(token)");
        for part in self.text.expose().split(':').filter(|part| part.len() > 7) {
            clean = replace(&clean, part, "(token)");
        }
        clean
    }
}
