//! The key pair of the store and everything that is signed with it: upload tokens, QBox requests, callbacks.
//!
//! The access key names the store and lives as long as its folder, so that a client's record of an unfinished upload
//! still fits after a restart. The secret key is random on every run and never leaves memory (but for the file that
//! the operator asks for): tokens of an earlier run are refused as `bad token`. Comparison is constant in time.

use onetake_core::upload::wire::{hex, us64, us64_decode};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::answer::{Granted, Refusal};

/// The pair. It has no `Debug` on purpose.
pub(crate) struct Keys {
    access: String,
    secret: String,
    signer: hmac::Key,
}

impl Keys {
    /// A pair with a fresh secret key for the access key `access`.
    pub(crate) fn new(access: String) -> Self {
        let secret = random_text(30);
        let signer = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
        Self { access, secret, signer }
    }

    pub(crate) fn access(&self) -> &str {
        &self.access
    }

    /// The pair as the JSON of `--write-keys`.
    pub(crate) fn json(&self) -> String {
        serde_json::json!({ "accessKey": self.access, "secretKey": self.secret }).to_string()
    }

    /// An upload token over the policy text, byte for byte (qiniu.md 1.1).
    pub(crate) fn upload_token(&self, policy: &str) -> String {
        let policy = us64(policy.as_bytes());
        format!("{}:{}:{policy}", self.access, self.sign(policy.as_bytes()))
    }

    /// The policy text of a token that this pair signed. The signature covers the encoded policy as it came.
    pub(crate) fn policy_of(&self, token: &str) -> Granted<Vec<u8>> {
        let bad = || Refusal::new(401, "bad token");
        let mut fields = token.splitn(3, ':');
        let (Some(access), Some(signature), Some(policy)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(bad());
        };
        if access != self.access || !self.is_signed(policy.as_bytes(), signature) {
            return Err(bad());
        }
        us64_decode(policy).ok_or_else(bad)
    }

    /// `Authorization` of a request between servers: `QBox <access>:<signature>`.
    pub(crate) fn qbox(&self, path_and_query: &str, form: Option<&[u8]>) -> String {
        format!("QBox {}:{}", self.access, self.sign(&qbox_text(path_and_query, form)))
    }

    /// Whether `authorization` is ours for this path (with its query) without a body.
    pub(crate) fn is_qbox(&self, authorization: &str, path_and_query: &str) -> bool {
        let given = authorization.strip_prefix("QBox ").and_then(|given| given.split_once(':'));
        given.is_some_and(|(access, signature)| {
            access == self.access && self.is_signed(&qbox_text(path_and_query, None), signature)
        })
    }

    fn sign(&self, text: &[u8]) -> String {
        us64(hmac::sign(&self.signer, text).as_ref())
    }

    fn is_signed(&self, text: &[u8], signature: &str) -> bool {
        us64_decode(signature).is_some_and(|signature| hmac::verify(&self.signer, text, &signature).is_ok())
    }
}

fn qbox_text(path_and_query: &str, form: Option<&[u8]>) -> Vec<u8> {
    let mut text = format!("{path_and_query}\n").into_bytes();
    text.extend_from_slice(form.unwrap_or_default());
    text
}

/// `bytes` random bytes, url-safe.
pub(crate) fn random_text(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).expect("the system has random numbers");
    us64(&random).replace('=', "")
}

/// A random name of 32 hexadecimal digits: for blobs, uploads and requests.
pub(crate) fn random_id() -> String {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).expect("the system has random numbers");
    hex(&random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(access: &str, secret: &str) -> Keys {
        let signer = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
        Keys { access: access.into(), secret: secret.into(), signer }
    }

    #[test]
    fn the_published_token_is_made_and_read() {
        let keys = pair("MY_ACCESS_KEY", "MY_SECRET_KEY");
        let policy = r#"{"scope":"my-bucket:sunflower.jpg","deadline":1451491200,"returnBody":"{\"name\":$(fname),\"size\":$(fsize),\"w\":$(imageInfo.width),\"h\":$(imageInfo.height),\"hash\":$(etag)}"}"#;
        let token = keys.upload_token(policy);
        assert_eq!(token.split(':').nth(1), Some("wQ4ofysef1R7IKnrziqtomqyDvI="));
        assert_eq!(keys.policy_of(&token).unwrap(), policy.as_bytes());
    }

    #[test]
    fn a_token_with_any_bit_changed_is_bad() {
        let keys = Keys::new("ak".into());
        let token = keys.upload_token(r#"{"scope":"b","deadline":1}"#);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1;
            let refusal = keys.policy_of(&String::from_utf8(bytes).unwrap());
            assert_eq!(refusal, Err(Refusal::new(401, "bad token")), "byte {at}");
        }
        for text in ["", "ak", "ak:", "ak::", ":::", "ak:b:c:d"] {
            assert!(keys.policy_of(text).is_err());
        }
        assert!(Keys::new("ak".into()).policy_of(&token).is_err(), "another run has another secret key");
    }

    #[test]
    fn a_qbox_request_is_signed_as_published() {
        let keys = pair("FAKE_ACCESS_KEY_0001", "FAKE_SECRET_KEY_0001");
        let path = "/stat/dGVzdC1idWNrZXQ6ZGlyL2hlbGxvLndlYm0=";
        let signed = keys.qbox(path, None);
        assert_eq!(signed, "QBox FAKE_ACCESS_KEY_0001:t2Fi6PRHRnD5_weNj1BPKTvSvak=");
        assert!(keys.is_qbox(&signed, path) && !keys.is_qbox(&signed, "/stat/other"));
    }
}
