//! Good answers: what they must hold, and what they bring about.

use super::super::backoff::Pause;
use super::super::digest::BLOCK;
use super::super::error::Problem;
use super::super::hosts::{self, HostRecord, Region};
use super::super::json::Json;
use super::super::ledger::{LedgerBlock, LedgerPart};
use super::super::request::Output;
use super::super::text::join;
use super::super::wire;
use super::answer::Seen;
use super::call::What;
use super::part::Stage;
use super::{Now, Phase, Uploader, Way};

/// Longest name that a server may give to an upload or a part.
const NAME: usize = 1024;

impl Uploader {
    /// A 200. It is one only if it says what it must.
    pub(super) fn take_good(&mut self, place: usize, body: &[u8], seen: Seen, now: Now) {
        let json = Json::parse(body);
        let taken = match (&self.calls[place].what, &json) {
            (What::Discover, _) => {
                return self.take_region(body, seen, now);
            }
            (_, None) => None,
            (What::Initiate, Some(json)) => self.take_upload_id(json),
            (What::List, Some(json)) => self.take_list(json, now),
            (What::Part(number), Some(json)) => match self.way {
                Way::V1 => return self.take_chunk(place, *number, json, seen, now),
                _ => return self.take_part_reply(place, *number, json, seen, now),
            },
            (What::Form | What::Complete, Some(json)) => {
                self.complete(json, body, seen.clone(), now);
                Some(())
            }
            (What::Abort { .. } | What::Greet, _) => Some(()),
        };
        if taken.is_none() {
            self.unsure |= matches!(self.calls[place].what, What::Complete | What::Form);
            self.no_answer(place, seen, now);
        }
    }

    /// A 200 that says nothing: a portal, a proxy, a cut body.
    fn no_answer(&mut self, place: usize, seen: Seen, now: Now) {
        self.calls[place].host_failures += 1;
        self.again(place, Pause::Short, Problem::Answer, seen, now);
    }

    fn take_upload_id(&mut self, json: &Json) -> Option<()> {
        let name = json.get("uploadId").and_then(Json::text).filter(|name| is_name(name) && self.is_clean(name))?;
        let place = self.calls.iter().position(|call| call.what == What::Initiate)?;
        let call = self.calls.remove(place);
        let ledger = self.ledger.as_mut()?;
        ledger.upload_id = name.to_owned();
        ledger.expire_at = json.get("expireAt").and_then(Json::number).unwrap_or(0);
        ledger.host = call.host;
        ledger.region.clone_from(&self.hosts.region);
        self.phase = Phase::Transfer;
        self.persist();
        Some(())
    }

    fn take_part_reply(&mut self, place: usize, number: u32, json: &Json, seen: Seen, now: Now) {
        let text = |name: &str| json.get(name).and_then(Json::text);
        let Some(etag) = text("etag").filter(|etag| !etag.is_empty() && etag.len() <= NAME && self.is_clean(etag))
        else {
            return self.no_answer(place, seen, now);
        };
        let Some(at) = self.parts.iter().position(|part| part.number == number) else { return };
        let Some(digests) = self.parts[at].digests.clone() else { return };
        match text("md5") {
            None => return self.no_answer(place, seen, now),
            Some(md5) if md5 != digests.md5_hex() => {
                let words = join(&["the server has MD5 ", &self.scrub(md5).chars().take(64).collect::<String>()]);
                return self.corrupted(place, Seen { words, ..seen }, now);
            }
            Some(_) => {}
        }
        self.parts[at].etag = etag.to_owned();
        let part = LedgerPart { number, sums: digests.sums, md5: digests.md5, etag: etag.to_owned() };
        if let Some(ledger) = &mut self.ledger {
            ledger.note(part);
        }
        self.confirm(place, at, now);
    }

    /// A part is at the server: it is noted, and its bytes are let go.
    fn confirm(&mut self, place: usize, at: usize, now: Now) {
        self.calls.remove(place);
        self.release(at);
        self.flow.handle_piece(self.parts[at].size, now.clock);
        let ticket = self.persist();
        self.parts[at].stage = Stage::Noting(ticket);
    }

    fn take_chunk(&mut self, place: usize, number: u32, json: &Json, seen: Seen, now: Now) {
        let Some(at) = self.parts.iter().position(|part| part.number == number) else { return };
        let chunk = self.options.chunk_size.unwrap_or(BLOCK);
        let part = &self.parts[at];
        let end = part.offset.saturating_add(chunk).min(part.size);
        let text = |name: &str| json.get(name).and_then(Json::text);
        let whole = |name: &str| json.get(name).and_then(Json::number);
        let (Some(ctx), Some(crc32), Some(offset)) =
            (text("ctx").filter(|ctx| is_ctx(ctx) && self.is_clean(ctx)), whole("crc32"), whole("offset"))
        else {
            return self.no_answer(place, seen, now);
        };
        let Some(digests) = part.digests.clone() else { return };
        let step = (end.div_ceil(chunk) as usize).checked_sub(1);
        let ours = match step.and_then(|step| digests.steps.get(step)) {
            Some(step) => *step,
            None => digests.crc32,
        };
        let checksum = digests.sums.blocks.first().map(|sum| wire::us64(sum));
        let same = end < part.size || checksum.as_deref() == text("checksum");
        if crc32 != u64::from(ours) || offset != end || !same {
            return self.corrupted(
                place,
                Seen { words: "the server has other bytes of the block".to_owned(), ..seen },
                now,
            );
        }
        // Where our host spoke TLS, so does the one it names.
        let secure = self.calls[place].host.starts_with("https://");
        let named = text("host").and_then(hosts::base_of).filter(|host| self.is_clean(host));
        let host = named.map(|host| match host.strip_prefix("http://") {
            Some(name) if secure => join(&["https://", name]),
            _ => host,
        });
        let part = &mut self.parts[at];
        part.ctx = ctx.to_owned();
        part.offset = end;
        part.expired_at = whole("expired_at").unwrap_or(u64::MAX);
        part.host = host.unwrap_or_default();
        let block = LedgerBlock {
            index: number - 1,
            sums: digests.sums,
            ctx: part.ctx.clone(),
            offset: end,
            expired_at: part.expired_at,
            host: part.host.clone(),
        };
        let whole = end == part.size;
        if let Some(ledger) = &mut self.ledger {
            ledger.blocks.retain(|other| other.index != block.index);
            let order = ledger.blocks.iter().position(|other| other.index > block.index).unwrap_or(ledger.blocks.len());
            ledger.blocks.insert(order, block);
        }
        if whole {
            return self.confirm(place, at, now);
        }
        let call = &mut self.calls[place];
        (call.failures, call.breaks, call.not_before) = (0, 0, now.clock);
        self.parts[at].ticket = self.persist();
    }

    /// The region query was answered.
    fn take_region(&mut self, body: &[u8], seen: Seen, now: Now) {
        let scheme =
            if self.options.discovery.is_empty() { "https://" } else { hosts::scheme_of(&self.options.discovery) };
        let Some(mut region) = Region::parse(body, scheme) else { return self.next_query(seen, now) };
        // Those that quote a token are none.
        region.hosts.retain(|host| self.is_clean(host));
        if region.hosts.is_empty() || !self.is_clean(&region.region) {
            return self.next_query(seen, now);
        }
        self.drop_call(&What::Discover);
        if let Some(token) = &self.access.token {
            self.out.push_back(Output::Remember(HostRecord {
                access_key: token.access_key.clone(),
                bucket: token.policy.bucket.clone(),
                region: region.region.clone(),
                hosts: region.hosts.clone(),
                asked_at: now.unix,
                ttl: region.ttl,
            }));
        }
        if self.phase == Phase::Discover {
            // The wrong-region answer knows better than a query that says the same as before.
            let named = self.moved.clone().flatten().filter(|_| region.region == self.hosts.region);
            self.settle(&named.unwrap_or(region), now);
        }
    }
}

/// Whether a text may stand in a path as it is, and is no longer than a name.
fn is_name(text: &str) -> bool {
    let fine =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'=' | b':' | b'+');
    !text.is_empty() && text.len() <= NAME && text.bytes().all(fine) && text != "." && text != ".."
}

/// The same for a name that also stands in a list with commas.
fn is_ctx(text: &str) -> bool {
    is_name(text)
}
