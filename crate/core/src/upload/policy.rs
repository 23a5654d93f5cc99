//! What an upload token says to a client: whose bucket, until when, and which limits.
//!
//! It reads and never signs: the secret key stays on the user's server. A token's text is shown nowhere.

use super::json::Json;
use super::request::Secret;
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
    /// Whether the server may name the object otherwise than by the client's key or its hash.
    pub names: bool,
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
        let (bucket, key) = scope.split_once(':').map_or((scope, None), |(bucket, key)| (bucket, Some(key)));
        if bucket.is_empty() {
            return Err(TokenError::Scope);
        }
        let policy = Policy {
            bucket: bucket.to_owned(),
            key: key.map(str::to_owned),
            deadline: json.get("deadline").and_then(Json::number),
            size_limit: json.get("fsizeLimit").and_then(Json::number).filter(|limit| *limit > 0),
            names: json.get("saveKey").and_then(Json::text).is_some_and(|name| !name.is_empty()),
        };
        Ok(Token { text: Secret::new(text.to_owned()), access_key: access_key.to_owned(), policy })
    }

    /// The text, for a form's field.
    pub(super) fn secret(&self) -> Secret {
        self.text.clone()
    }

    /// The value of the header `Authorization`.
    pub(super) fn authorization(&self) -> Secret {
        Secret::new(["UpToken ", self.text.expose()].concat())
    }

    /// `text` without this token, or a part of it that a server may quote.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut clean = text.replace(self.text.expose(), "(token)");
        for part in self.text.expose().split(':').filter(|part| part.len() > 7 && *part != self.access_key) {
            clean = clean.replace(part, "(token)");
        }
        clean
    }
}
