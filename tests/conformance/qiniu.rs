//! Everything that `tests/vectors/qiniu.json` says of Kodo's sums, tokens, keys and paths, said by our own code.

use onetake_core::upload::digest::{self, PartSums};
use onetake_core::upload::policy::Token;
use onetake_core::upload::wire::{Mkfile, hex, key_segment, mkfile_path, us64, us64_decode};
use onetake_core::upload::{PieceHasher, Qetag, QetagHasher};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/qiniu.json")).expect("the vectors are JSON")
}

fn data(length: u64) -> Vec<u8> {
    (0..length).map(|place| (place * 31 % 251) as u8).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name}"))
}

/// Only the tests sign: HMAC-SHA1 (RFC 2104) of keys of at most a block.
fn hmac(key: &str, message: &str) -> String {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key.bytes()).for_each(|(pad, byte)| *pad ^= byte);
        block.to_vec()
    };
    let inner = digest::sha1(&[pad(0x36), message.as_bytes().to_vec()].concat());
    us64(&digest::sha1(&[pad(0x5c), inner.to_vec()].concat()))
}

#[test]
fn sums_are_those_of_the_vectors_in_one_pass_whatever_the_portions() {
    let vectors = vectors();
    for vector in list(&vectors, "qetag") {
        let bytes = data(vector["bytes"].as_u64().unwrap());
        for portion in [1 << 20, 3_000_001] {
            let mut hasher = PieceHasher::new(0);
            bytes.chunks(portion).for_each(|bytes| hasher.update(bytes));
            let digests = hasher.finish();
            assert_eq!(digests.qetag().to_string(), text(vector, "qetag"));
            assert_eq!(digests.md5_hex(), text(vector, "md5_hex"));
            assert_eq!(u64::from(digests.crc32), vector["crc32"].as_u64().unwrap());
            assert_eq!(digests.sums.blocks.len() as u64, vector["blocks"].as_u64().unwrap());
        }
        assert_eq!(hex(&digest::sha1(&bytes)), text(vector, "sha1_hex"));
        assert_eq!(Qetag::parse(text(vector, "qetag")).unwrap().to_string(), text(vector, "qetag"));
    }
    for vector in list(&vectors, "qetag_ascii") {
        let bytes = text(vector, "text").as_bytes();
        let mut hasher = QetagHasher::new();
        hasher.update(bytes);
        assert_eq!(hasher.value().to_string(), text(vector, "qetag"));
        assert_eq!(hex(&digest::md5(bytes)), text(vector, "md5_hex"));
        assert_eq!(u64::from(digest::crc32(bytes)), vector["crc32"].as_u64().unwrap());
    }
}

#[test]
fn hashes_of_parts_and_the_parts_own_sums_are_those_of_the_vectors() {
    let vectors = vectors();
    for vector in list(&vectors, "qetag_v2") {
        let bytes = data(vector["bytes"].as_u64().unwrap());
        let mut rest = bytes.as_slice();
        let mut parts: Vec<PartSums> = Vec::new();
        for length in list(vector, "parts") {
            let (part, after) = rest.split_at(length.as_u64().unwrap() as usize);
            let mut hasher = QetagHasher::new();
            hasher.update(part);
            parts.push(hasher.sums());
            rest = after;
        }
        let hash = Qetag::of_parts(&parts);
        assert_eq!(hash.to_string(), text(vector, "v"));
        assert_eq!(hash.is_of_parts(), text(vector, "mode") == "0x9e");
        let mut whole = QetagHasher::new();
        whole.update(&bytes);
        if let Some(plain) = Qetag::plain(&parts) {
            assert_eq!(plain, whole.value(), "{vector}");
        }
    }
    let bytes = data(9 << 20);
    for (vector, part) in list(&vectors, "v2_parts_9MiB_4MiB").iter().zip(bytes.chunks(4 << 20)) {
        let mut hasher = PieceHasher::new(1 << 20);
        hasher.update(part);
        let digests = hasher.finish();
        assert_eq!(part.len() as u64, vector["size"].as_u64().unwrap());
        assert_eq!(digests.md5_hex(), text(vector, "md5_hex"));
        assert_eq!(digests.qetag().to_string(), text(vector, "qetag"));
        assert_eq!(us64(&digests.sums.blocks[0]), text(vector, "sha1_urlsafe"));
        assert_eq!(u64::from(digests.crc32), vector["crc32"].as_u64().unwrap());
        let steps = part.chunks(1 << 20).scan(digest::Crc32::new(), |crc, chunk| {
            crc.update(chunk);
            Some(crc.value())
        });
        assert_eq!(digests.steps, steps.collect::<Vec<_>>(), "of each chunk so far");
    }
}

#[test]
fn tokens_say_what_their_policies_say_and_signatures_are_the_published_ones() {
    let vectors = vectors();
    for vector in list(&vectors, "tokens") {
        let encoded = us64(text(vector, "policy_json").as_bytes());
        assert_eq!(encoded, text(vector, "encoded_policy"));
        assert_eq!(hmac(text(vector, "secret_key"), &encoded), text(vector, "encoded_sign"));
        let token = Token::parse(text(vector, "token")).unwrap();
        assert_eq!(token.access_key, text(vector, "access_key"));
        assert_eq!(token.policy.deadline, vector["deadline"].as_u64());
        let policy: Value = serde_json::from_str(text(vector, "policy_json")).unwrap();
        let (bucket, key) = text(&policy, "scope").split_once(':').unwrap_or((text(&policy, "scope"), ""));
        assert_eq!((token.policy.bucket.as_str(), token.policy.key.as_deref().unwrap_or_default()), (bucket, key));
        assert_eq!(token.policy.size_limit, policy["fsizeLimit"].as_u64());
        assert!(!format!("{token:?}").contains(text(vector, "encoded_sign")), "it is not shown");
    }
    for vector in list(&vectors, "token_parse") {
        match Token::parse(text(vector, "token")) {
            Err(_) => assert_eq!(vector["error"], true, "{vector}"),
            Ok(token) => {
                assert_eq!(token.access_key, text(vector, "ak"));
                assert_eq!(token.policy.bucket, text(vector, "bucket"));
                assert_eq!(token.policy.key.as_deref(), vector["key"].as_str());
            }
        }
    }
    let qbox = &vectors["qbox"];
    let signed = hmac("FAKE_SECRET_KEY_0001", text(qbox, "signing_string"));
    assert_eq!(format!("QBox FAKE_ACCESS_KEY_0001:{signed}"), text(qbox, "authorization"));
}

#[test]
fn keys_and_paths_are_spelt_as_the_vectors_spell_them() {
    let vectors = vectors();
    for vector in list(&vectors, "base64_keys") {
        let key = vector["key"].as_str();
        assert_eq!(key_segment(key), text(vector, "v2_path_segment_js_sdk"));
        assert_eq!(key.map(|key| us64(key.as_bytes())).as_deref(), vector["encoded"].as_str());
        if let Some(key) = key {
            assert_eq!(us64_decode(&us64(key.as_bytes())).unwrap(), key.as_bytes());
        }
    }
    for bad in ["A", "AA", "AAA", "====", "A===", "AB==C", "AB==AAAA", "AA+=", "AR==", "AAB=", "A A="] {
        assert_eq!(us64_decode(bad), None, "{bad}");
    }
    let pairs = |value: &Value| {
        let pair = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().to_owned());
        value.as_object().unwrap().iter().map(pair).collect::<Vec<_>>()
    };
    for vector in list(&vectors, "mkfile_paths") {
        let path = mkfile_path(&Mkfile {
            size: vector["size"].as_u64().unwrap(),
            key: vector["key"].as_str(),
            mime_type: vector["mimeType"].as_str(),
            file_name: vector["fname"].as_str(),
            vars: &pairs(&vector["vars"]),
            metadata: &pairs(&vector["meta"]),
        });
        assert_eq!(path, text(vector, "path"));
    }
}
