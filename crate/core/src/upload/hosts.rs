//! Where to send: hosts in order of preference, which of them are left alone for now, and what a region query answered.
//!
//! It decides which host an attempt goes to. When to ask again, and what a host's failure is, the machine decides.

use super::json::Json;
use super::pack::{Packer, Unpacker};
use super::text::{cut, join};
use super::wire;

/// How long a host is left alone at first; doubled each time, up to [`FREEZE_MOST`].
const FREEZE: u64 = 20_000;
const FREEZE_MOST: u64 = 600_000;

/// Failures in a row, of any requests, until a host is left alone: the first is tried again on the same host.
const STRIKES: u32 = 2;

/// Hosts that are kept of an answer.
const MOST: usize = 16;

/// For how long an answer without a lifetime is fresh, in seconds.
const TTL: u64 = 86_400;

/// Where Qiniu answers region queries, in the order they are asked.
const QINIU: [&str; 4] =
    ["https://api.qiniu.com", "https://uc.qiniuapi.com", "https://kodo-config.qiniuapi.com", "https://uc.qbox.me"];

/// Regions by their names in hosts; z0 has none there.
const REGIONS: [&str; 6] = ["z0", "z1", "z2", "na0", "as0", "cn-east-2"];

/// What was learnt of a bucket's hosts, to be kept between uploads by access key and bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRecord {
    /// Whose bucket.
    pub access_key: String,
    /// The bucket.
    pub bucket: String,
    /// Its home region.
    pub region: String,
    /// Scheme, host and port, in order of preference.
    pub hosts: Vec<String>,
    /// When it was asked, milliseconds since 1970.
    pub asked_at: u64,
    /// For how long it is fresh, in seconds.
    pub ttl: u64,
}

impl HostRecord {
    /// Whether it is young enough not to ask again.
    pub(super) fn is_fresh(&self, unix: u64) -> bool {
        unix >= self.asked_at && unix - self.asked_at < self.ttl.saturating_mul(1000)
    }

    /// For a store of bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Packer::default();
        to.text(&self.access_key);
        to.text(&self.bucket);
        to.text(&self.region);
        to.number(self.hosts.len() as u64);
        for host in &self.hosts {
            to.text(host);
        }
        to.number(self.asked_at);
        to.number(self.ttl);
        to.finish()
    }

    /// What [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<HostRecord> {
        let from = &mut Unpacker::new(bytes);
        Some(HostRecord {
            access_key: from.text()?,
            bucket: from.text()?,
            region: from.text()?,
            hosts: from.list(Unpacker::text)?,
            asked_at: from.number()?,
            ttl: from.number()?,
        })
    }
}

/// A region query's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name; empty where the answer has none.
    pub region: String,
    /// Scheme, host and port.
    pub hosts: Vec<String>,
    /// In seconds.
    pub ttl: u64,
}

impl Region {
    /// Reads the answer of `/v2/query` or `/v4/query`; its hosts get `scheme` (`https://`). `None` where it names no host.
    pub fn parse(body: &[u8], scheme: &str) -> Option<Region> {
        let json = Json::parse(body)?;
        let (home, paths): (&Json, &[&[&str]]) = match json.get("hosts") {
            // v4: the first is the bucket's home.
            Some(hosts) => (hosts.list().first()?, &[&["up", "domains"], &["up", "old"]]),
            None => (
                &json,
                &[
                    &["up", "acc", "main"],
                    &["up", "acc", "backup"],
                    &["up", "src", "main"],
                    &["up", "src", "backup"],
                    &["up", "old_acc", "main"],
                    &["up", "old_src", "main"],
                ],
            ),
        };
        let mut hosts = Vec::new();
        for name in paths.iter().filter_map(|path| home.at(path)).flat_map(Json::list).filter_map(Json::text) {
            let host = join(&[scheme, name]);
            if hosts.len() < MOST && is_host(name) && !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let region = home.get("region").and_then(Json::text).unwrap_or_default().to_owned();
        let ttl = home.get("ttl").and_then(Json::number).filter(|ttl| *ttl > 0).unwrap_or(TTL);
        (!hosts.is_empty()).then_some(Region { region, hosts, ttl })
    }

    /// The hosts that a region is known to have, where nobody answers; `None` for a region that is none.
    pub fn known(region: &str) -> Option<Region> {
        let region = REGIONS.iter().find(|known| **known == region)?;
        let id = if *region == "z0" { String::new() } else { join(&["-", region]) };
        let hosts = [["upload", ".qiniup.com"], ["up", ".qiniup.com"], ["up", ".qbox.me"]];
        let hosts = hosts.iter().map(|[name, domain]| join(&["https://", name, &id, domain])).collect();
        Some(Region { region: (*region).to_owned(), hosts, ttl: 0 })
    }

    /// The region of the host that an `incorrect region, please use ...` names, if it is one of Qiniu's.
    pub fn named_in(text: &str) -> Option<Region> {
        let (_, named) = cut(text, "please use ")?;
        let host = named.split([' ', ',', '"', '/']).next()?;
        let name = host.strip_suffix(".qiniup.com").or_else(|| host.strip_suffix(".qbox.me"))?;
        let id = name.strip_prefix("upload").or_else(|| name.strip_prefix("up"))?;
        Region::known(if id.is_empty() { "z0" } else { id.strip_prefix('-')? })
    }
}

/// The addresses that are asked for a bucket's region, in order.
pub(super) fn queries(discovery: &str, access_key: &str, bucket: &str) -> Vec<String> {
    let own = [discovery.trim_end_matches('/')];
    let (bases, old): (&[&str], usize) = if discovery.is_empty() { (&QINIU, 1) } else { (&own, 1) };
    let query = |base: &str, version: &str| {
        let mut url = join(&[base, version, "/query?ak="]);
        wire::push_escaped(&mut url, access_key);
        url.push_str("&bucket=");
        wire::push_escaped(&mut url, bucket);
        url
    };
    let mut urls = bases.iter().map(|base| query(base, "/v4")).collect::<Vec<_>>();
    urls.extend(bases.iter().take(old).map(|base| query(base, "/v2")));
    urls
}

/// Whether this is a host with perhaps a port, and nothing else.
fn is_host(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    !name.is_empty() && name.len() < 260 && name.bytes().all(letter)
}

/// Scheme, host and port of an address given by hand or by a server, without a slash at its end; `https` where it says
/// none. `None` where it is no address of a host.
pub(super) fn base_of(address: &str) -> Option<String> {
    let (scheme, name) = match cut(address, "://") {
        Some(("http", name)) => ("http://", name),
        Some(("https", name)) => ("https://", name),
        Some(_) => return None,
        None => ("https://", address),
    };
    let name = name.trim_end_matches('/');
    is_host(name).then(|| join(&[scheme, name]))
}

/// `http://` or `https://` of an address.
pub(super) fn scheme_of(address: &str) -> &'static str {
    if address.starts_with("http://") { "http://" } else { "https://" }
}

#[derive(Clone, Debug)]
struct Host {
    base: String,
    /// Failures in a row.
    strikes: u32,
    /// How often it was frozen since it last answered.
    freezes: u32,
    /// Left alone until then.
    frozen: u64,
}

/// The hosts of one upload.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    list: Vec<Host>,
    pub(super) region: String,
}

impl Hosts {
    pub(super) fn new(bases: &[String], region: &str) -> Hosts {
        let host = |base: &String| Host { base: base.clone(), strikes: 0, freezes: 0, frozen: 0 };
        Hosts { list: bases.iter().map(host).collect(), region: region.to_owned() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The first that is not left alone and not `avoid`; where all are, the one that thaws first.
    pub(super) fn choose(&self, avoid: Option<&str>, clock: u64) -> String {
        let warm = |host: &&Host| host.frozen <= clock;
        let other = |host: &&Host| Some(host.base.as_str()) != avoid;
        let chosen = self.list.iter().find(|host| warm(host) && other(host)).or_else(|| {
            // A host to be avoided is still better than one that is left alone.
            self.list.iter().find(warm).or_else(|| self.list.iter().min_by_key(|host| host.frozen))
        });
        chosen.map(|host| host.base.clone()).unwrap_or_default()
    }

    /// Whether an attempt may go there now.
    pub(super) fn is_warm(&self, base: &str, clock: u64) -> bool {
        self.list.iter().find(|host| host.base == base).is_none_or(|host| host.frozen <= clock)
    }

    /// It gave no answer, or one that says that it is down.
    pub(super) fn handle_bad(&mut self, base: &str, clock: u64) {
        if let Some(host) = self.list.iter_mut().find(|host| host.base == base) {
            host.strikes += 1;
            if host.strikes >= STRIKES && host.frozen <= clock {
                host.frozen = clock.saturating_add((FREEZE << host.freezes.min(5)).min(FREEZE_MOST));
                host.freezes += 1;
                host.strikes = 0;
            }
        }
    }

    /// It answered as it should.
    pub(super) fn handle_good(&mut self, base: &str) {
        if let Some(host) = self.list.iter_mut().find(|host| host.base == base) {
            (host.strikes, host.freezes, host.frozen) = (0, 0, 0);
        }
    }

    /// The device is on another line: what was learnt of hosts is void.
    pub(super) fn thaw(&mut self) {
        for host in &mut self.list {
            (host.strikes, host.freezes, host.frozen) = (0, 0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_frozen_at_its_second_failure_for_twenty_seconds_doubling_to_ten_minutes() {
        let bases = ["https://a".to_owned(), "https://b".to_owned()];
        let mut hosts = Hosts::new(&bases, "z0");
        hosts.handle_bad("https://a", 0);
        assert_eq!(hosts.choose(None, 0), "https://a");
        assert_eq!(hosts.choose(Some("https://a"), 0), "https://b");
        let mut clock = 0;
        for seconds in [20, 40, 80, 160, 320, 600, 600] {
            hosts.handle_bad("https://a", clock);
            hosts.handle_bad("https://a", clock);
            assert_eq!(hosts.choose(None, clock), "https://b", "{seconds}");
            assert_eq!(hosts.choose(None, clock + seconds * 1000 - 1), "https://b", "{seconds}");
            clock += seconds * 1000;
            assert_eq!(hosts.choose(None, clock), "https://a", "{seconds}");
        }
        hosts.handle_bad("https://b", clock);
        hosts.handle_bad("https://b", clock);
        hosts.handle_bad("https://a", clock + 1);
        hosts.handle_bad("https://a", clock + 1);
        assert_eq!(hosts.choose(None, clock + 2), "https://b", "all frozen: the one that thaws first");
        hosts.handle_good("https://a");
        assert_eq!(hosts.choose(None, clock + 2), "https://a");
    }

    #[test]
    fn both_shapes_of_a_region_and_the_host_of_a_wrong_one_are_read() {
        let v2 = br#"{"region":"z2","ttl":5,"up":{"acc":{"main":["m1"],"backup":["b1","m1"]},"src":{"main":["s1"]}}}"#;
        let region = Region::parse(v2, "https://").unwrap();
        assert_eq!(region.hosts, ["https://m1", "https://b1", "https://s1"]);
        assert_eq!((region.region.as_str(), region.ttl), ("z2", 5));
        let v4 =
            br#"{"hosts":[{"region":"x","ttl":7,"up":{"domains":["a:81","bad/host"],"old":["o"],"acc_domains":["n"]}},
            {"region":"y","up":{"domains":["other"]}}]}"#;
        assert_eq!(Region::parse(v4, "http://").unwrap().hosts, ["http://a:81", "http://o"]);
        for none in ["{}", "[]", r#"{"hosts":[]}"#, r#"{"hosts":{}}"#, r#"{"up":{"acc":{"main":[1,"a b"]}}}"#, "x"] {
            assert_eq!(Region::parse(none.as_bytes(), "https://"), None, "{none}");
        }
        let named = Region::named_in("incorrect region, please use up-z2.qiniup.com, bucket is: b").unwrap();
        assert_eq!(named.hosts[1], "https://up-z2.qiniup.com");
        assert_eq!(Region::named_in("please use up.qiniup.com").unwrap().region, "z0");
        assert_eq!(Region::named_in("please use up-z2.qiniup.com.evil.example"), None);
        assert_eq!(Region::named_in("please use upx.qiniup.com"), None);
        assert_eq!(base_of("127.0.0.1:80/"), Some("https://127.0.0.1:80".to_owned()));
        for none in ["ftp://a", "http://a/b", "http://u@a", "", "a?b", "a b"] {
            assert_eq!(base_of(none), None, "{none}");
        }
    }

    #[test]
    fn records_of_earlier_builds_are_read() {
        let record = HostRecord {
            access_key: "ak".to_owned(),
            bucket: "b".to_owned(),
            region: "z0".to_owned(),
            hosts: vec!["https://a".to_owned(), "http://b:1".to_owned()],
            asked_at: 1_767_225_600_000,
            ttl: 300,
        };
        let bytes = b"\x02ak\x01b\x02z0\x02\x09https://a\x0ahttp://b:1\x80\xd0\xea\xb6\xb73\xac\x02";
        assert_eq!(record.to_bytes(), bytes);
        assert_eq!(HostRecord::from_bytes(bytes), Some(record));
        assert_eq!(HostRecord::from_bytes(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn queries_name_key_and_bucket_and_keep_to_a_base_given_by_hand() {
        let qiniu = queries("", "a&b", "b ucket");
        assert_eq!(qiniu[0], "https://api.qiniu.com/v4/query?ak=a%26b&bucket=b%20ucket");
        assert_eq!(qiniu[4], "https://api.qiniu.com/v2/query?ak=a%26b&bucket=b%20ucket");
        assert_eq!(
            queries("http://h:1/", "a", "b"),
            ["http://h:1/v4/query?ak=a&bucket=b", "http://h:1/v2/query?ak=a&bucket=b"]
        );
    }
}
