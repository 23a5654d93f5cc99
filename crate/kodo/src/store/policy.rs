//! The put policy: what a token allows, and how the stored object gets its name (qiniu.md 1.3, 1.4). Pure; never does
//! I/O.

use serde::Deserialize;

use super::answer::{Granted, Refusal};

/// Keys are at most this long, in bytes of UTF-8.
pub(crate) const LONGEST_KEY: usize = 750;

/// The fields that are obeyed. Others are ignored, as on Kodo.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    pub(crate) scope: String,
    /// Unix seconds.
    pub(crate) deadline: i64,
    is_prefixal_scope: u32,
    insert_only: u32,
    pub(crate) save_key: Option<String>,
    force_save_key: bool,
    pub(crate) return_body: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) callback_host: Option<String>,
    pub(crate) callback_body: Option<String>,
    pub(crate) callback_body_type: Option<String>,
    callback_fetch_key: u32,
    persistent_ops: Option<String>,
    pub(crate) persistent_notify_url: Option<String>,
    pub(crate) persistent_pipeline: Option<String>,
    pub(crate) fsize_min: Option<u64>,
    pub(crate) fsize_limit: Option<u64>,
    pub(crate) mime_limit: Option<String>,
    pub(crate) detect_mime: i32,
    pub(crate) file_type: u32,
    pub(crate) delete_after_days: Option<u32>,
    pub(crate) end_user: Option<String>,
    traffic_limit: Option<u64>,
}

/// By which calls an object came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Form,
    V1,
    V2,
}

impl Policy {
    /// Reads the signed text. 400 when it is no policy or asks for what this server does not do.
    pub(crate) fn parse(text: &[u8]) -> Granted<Self> {
        let invalid = |why: &str| Refusal::new(400, format!("invalid put policy: {why}"));
        let policy: Self = serde_json::from_slice(text).map_err(|_| invalid("not the JSON of a policy"))?;
        if policy.bucket().is_empty() {
            return Err(invalid("scope names no bucket"));
        }
        if policy.file_type > 4 {
            return Err(invalid("fileType is 0 to 4"));
        }
        if policy.traffic_limit.is_some_and(|bits| !(819_200..=838_860_800).contains(&bits)) {
            return Err(invalid("trafficLimit is 819200 to 838860800"));
        }
        if policy.callback_url.is_some() && policy.callback_body.as_deref().is_none_or(str::is_empty) {
            return Err(invalid("callbackUrl needs callbackBody"));
        }
        if policy.callback_url.is_some() && (policy.return_body.is_some() || policy.return_url.is_some()) {
            return Err(invalid("callbackUrl excludes returnBody and returnUrl"));
        }
        if policy.return_url.as_deref().is_some_and(|url| !url.bytes().all(|byte| (0x20..0x7f).contains(&byte))) {
            return Err(invalid("returnUrl is no address"));
        }
        if policy.fetches_key() && policy.callback_url.is_none() {
            return Err(invalid("callbackFetchKey needs callbackUrl"));
        }
        Ok(policy)
    }

    pub(crate) fn bucket(&self) -> &str {
        self.scope.split(':').next().unwrap_or_default()
    }

    /// The key, or with `isPrefixalScope` the beginning of keys, that the scope names.
    fn scope_key(&self) -> Option<&str> {
        self.scope.split_once(':').map(|(_, key)| key)
    }

    fn is_prefix(&self) -> bool {
        self.is_prefixal_scope != 0
    }

    pub(crate) fn fetches_key(&self) -> bool {
        self.callback_fetch_key != 0
    }

    /// What is to be done with the object once it is stored.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &str> {
        let operations = self.persistent_ops.as_deref().unwrap_or_default().split(';');
        operations.map(str::trim).filter(|operation| !operation.is_empty())
    }

    /// Bytes a second of one connection, where the policy limits it.
    pub(crate) fn bytes_per_second(&self) -> Option<u64> {
        self.traffic_limit.map(|bits| bits / 8)
    }

    /// 401 `expired token` when the deadline has passed.
    pub(crate) fn check_deadline(&self, now: i64) -> Granted<()> {
        if now > self.deadline { Err(Refusal::new(401, "expired token")) } else { Ok(()) }
    }

    /// 403 when the policy is for another bucket.
    pub(crate) fn check_bucket(&self, bucket: &str) -> Granted<()> {
        if self.bucket() == bucket { Ok(()) } else { Err(Refusal::new(403, "bucket doesn't match scope")) }
    }

    /// 400 for a key that no object can have, 403 for one outside the scope.
    pub(crate) fn check_key(&self, key: &str) -> Granted<()> {
        if key.len() > LONGEST_KEY {
            return Err(Refusal::new(400, format!("key is longer than {LONGEST_KEY} bytes")));
        }
        match self.scope_key() {
            Some(prefix) if self.is_prefix() && !key.starts_with(prefix) => {
                Err(Refusal::new(403, "key doesn't match scope"))
            }
            Some(only) if !self.is_prefix() && key != only => Err(Refusal::new(403, "key doesn't match scope")),
            _ => Ok(()),
        }
    }

    /// The same, for a key of the client that another rule may yet replace.
    pub(crate) fn check_client_key(&self, key: Option<&str>) -> Granted<()> {
        match key {
            Some(key) if !self.force_save_key && !self.fetches_key() => self.check_key(key),
            _ => Ok(()),
        }
    }

    /// 413 above `fsizeLimit`, 403 below `fsizeMin`.
    pub(crate) fn check_size(&self, size: u64) -> Granted<()> {
        if self.fsize_limit.is_some_and(|limit| size > limit) {
            return Err(Refusal::new(413, "exceed FsizeLimit"));
        }
        if self.fsize_min.is_some_and(|least| size < least) {
            return Err(Refusal::new(403, "file size is less than FsizeMin"));
        }
        Ok(())
    }

    /// Which name wins: forced template, the client's, template, and none (the content's hash). An empty string is a
    /// name.
    pub(crate) fn naming<'a>(&'a self, client: Option<&'a str>) -> Naming<'a> {
        let template = self.save_key.as_deref().filter(|template| !template.is_empty());
        match (template, client) {
            (Some(template), _) if self.force_save_key => Naming::Template(template),
            (_, Some(key)) => Naming::Given(key),
            (Some(template), None) => Naming::Template(template),
            (None, None) => Naming::Hash,
        }
    }

    /// Whether an object of other content under the same name is replaced; otherwise it stays and 614 is the answer.
    pub(crate) fn overwrites(&self, api: Api) -> bool {
        if self.insert_only != 0 || self.is_prefix() {
            return false;
        }
        self.scope_key().is_some() || api == Api::V1
    }
}

/// Where the object's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming<'a> {
    Template(&'a str),
    Given(&'a str),
    Hash,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Policy {
        Policy::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_scope_allows_its_key_its_prefix_or_the_bucket() {
        let only = policy(r#"{"scope":"b:k:with:colons"}"#);
        assert_eq!(only.bucket(), "b");
        assert!(only.check_key("k:with:colons").is_ok() && only.check_key("k:with").is_err());
        let prefix = policy(r#"{"scope":"b:dir/","isPrefixalScope":1}"#);
        assert!(prefix.check_key("dir/a").is_ok() && prefix.check_key("di").is_err());
        let any = policy(r#"{"scope":"b"}"#);
        assert!(any.check_key("").is_ok() && any.check_key(&"k".repeat(751)).is_err());
        assert!(policy(r#"{"scope":"b:"}"#).check_key("x").is_err(), "the empty name is a name");
    }

    #[test]
    fn who_overwrites() {
        for (json, form, v1) in [
            (r#"{"scope":"b"}"#, false, true),
            (r#"{"scope":"b","insertOnly":1}"#, false, false),
            (r#"{"scope":"b:k"}"#, true, true),
            (r#"{"scope":"b:k","insertOnly":1}"#, false, false),
            (r#"{"scope":"b:k","isPrefixalScope":1}"#, false, false),
        ] {
            let policy = policy(json);
            assert_eq!((policy.overwrites(Api::Form), policy.overwrites(Api::V2)), (form, form), "{json}");
            assert_eq!(policy.overwrites(Api::V1), v1, "{json}");
        }
    }

    #[test]
    fn hostile_policies_are_400() {
        for json in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"scope":""}"#,
            r#"{"scope":":k"}"#,
            r#"{"scope":1}"#,
            r#"{"scope":"b","deadline":"soon"}"#,
            r#"{"scope":"b","fsizeLimit":-1}"#,
            r#"{"scope":"b","fileType":9}"#,
            r#"{"scope":"b","trafficLimit":1}"#,
            r#"{"scope":"b","callbackUrl":"http://a/"}"#,
            r#"{"scope":"b","callbackUrl":"http://a/","callbackBody":"k=1","returnBody":"{}"}"#,
            r#"{"scope":"b","callbackFetchKey":1}"#,
            r#"{"scope":"b","returnUrl":"http://a/\r\nSet-Cookie: a=b"}"#,
        ] {
            assert_eq!(Policy::parse(json.as_bytes()).map(|_| ()).unwrap_err().status, 400, "{json}");
        }
    }
}
