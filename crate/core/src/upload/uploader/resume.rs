//! Beginning, beginning again, and going on where an earlier run ended.

use super::super::backoff::{self, Pause};
use super::super::digest::Digests;
use super::super::error::{Problem, UploadError};
use super::super::hosts::{self, Hosts, Region};
use super::super::json::Json;
use super::super::ledger::{Identity, Ledger, LedgerPart, Resumable};
use super::super::options::{Source, SourceRange};
use super::super::policy::Token;
use super::super::progress::{Event, Warning};
use super::super::request::{Output, PieceId, Read, ReadFailure, Stat};
use super::super::text::join;
use super::answer::Seen;
use super::call::What;
use super::part::Stage;
use super::{Now, Phase, Uploader, Way};

/// Bytes at each end of the source that a ledger knows it by.
const EDGE: u64 = 64 << 10;
/// An upload id is not used in its last seconds; a block not in its last minutes.
const EXPIRES: u64 = 60;
const BLOCK_EXPIRES: u64 = 300;
/// Restarts from zero because the server forgot what it had.
const RESTARTS: u32 = 1;

/// A part as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    number: u32,
    size: u64,
    etag: String,
}

impl Uploader {
    /// The first token is there: where to?
    pub(super) fn locate(&mut self, now: Now) {
        let Some(token) = &self.access.token else { return };
        let known = self.options.hosts.take().filter(|record| {
            record.access_key == token.access_key && record.bucket == token.policy.bucket && !record.hosts.is_empty()
        });
        if !self.options.endpoints.is_empty() {
            self.hosts = Hosts::new(&self.options.endpoints, "");
        } else if let Some(record) = known {
            self.hosts = Hosts::new(&record.hosts, &record.region);
            if !record.is_fresh(now.unix) {
                // It serves until it is known better.
                self.ensure(What::Discover);
            }
        } else {
            self.phase = Phase::Discover;
            return;
        }
        self.begin(now);
    }

    /// A region query brought nothing: the next one, and after the last what is known without.
    pub(super) fn next_query(&mut self, seen: Seen, now: Now) {
        let Some(place) = self.calls.iter().position(|call| call.what == What::Discover) else { return };
        let Some(token) = &self.access.token else { return };
        let count = hosts::queries(&self.options.discovery, &token.access_key, &token.policy.bucket).len();
        if !self.online {
            self.calls[place].not_before = now.clock + 1;
            return;
        }
        self.query += 1;
        if self.query < count {
            self.calls[place].not_before = now.clock;
            return self.log(place, &seen, Some(0));
        }
        self.query = 0;
        if self.phase != Phase::Discover {
            return self.drop_call(&What::Discover);
        }
        let fallback = match &self.moved {
            Some(named) => named.clone(),
            None if self.options.discovery.is_empty() => Region::known("z0"),
            None => None,
        };
        if let Some(region) = fallback {
            self.drop_call(&What::Discover);
            return self.settle(&region, now);
        }
        if seen.status == 0 && !self.is_silent_too_long(now) {
            self.calls[place].breaks += 1;
            let wait = backoff::wait(Pause::Short, self.calls[place].breaks, &mut self.dice);
            self.calls[place].not_before = now.clock + wait;
            return self.log(place, &seen, Some(wait));
        }
        let problem = match seen.status {
            0 => return self.fail(seen.error(Problem::Network), now),
            612 | 630 | 631 | 640 => Problem::Bucket,
            404 | 405 => Problem::Address,
            200 => Problem::Answer,
            400..=499 => Problem::Rejected,
            _ => Problem::Busy,
        };
        self.again(place, Pause::Short, problem, seen, now);
    }

    /// The hosts are known.
    pub(super) fn settle(&mut self, region: &Region, now: Now) {
        self.hosts = Hosts::new(&region.hosts, &region.region);
        self.begin(now);
    }

    /// Hosts and a token are there: the source's edges, or at once its parts.
    pub(super) fn begin(&mut self, now: Now) {
        if self.way == Way::Form {
            self.noted |= self.earlier.take().is_some();
            self.cut_source();
            self.phase = Phase::Transfer;
        } else if self.ledger.is_some() {
            self.begin_fresh();
        } else if self.grows() {
            self.judge([0; 20], now);
        } else {
            self.read_edges();
        }
    }

    fn read_edges(&mut self) {
        let piece = PieceId(self.next_id());
        let size = self.total();
        let range = |offset, length| SourceRange { source: 0, offset, length };
        let ranges =
            if size <= 2 * EDGE { vec![range(0, size)] } else { vec![range(0, EDGE), range(size - EDGE, EDGE)] };
        self.phase = Phase::Edges(piece);
        self.out.push_back(Output::Read(Read { piece, ranges, step: 0, md5: false, crc32: false, keep: false }));
    }

    pub(super) fn take_edges(&mut self, read: Result<Digests, ReadFailure>, now: Now) {
        match read {
            Ok(digests) if digests.sums.size == self.total().min(2 * EDGE) => {
                let edges = digests.sums.blocks.first().copied().unwrap_or_default();
                self.judge(edges, now);
            }
            Err(ReadFailure::Busy) if self.retries < 6 => {
                self.retries += 1;
                self.read_edges();
            }
            Err(ReadFailure::Busy) => {
                self.fail(UploadError::new(Problem::Source, "the source could not be read"), now);
            }
            _ => self.source_changed(now),
        }
    }

    fn identity(&self, edges: [u8; 20]) -> Option<Identity> {
        let token = self.access.token.as_ref()?;
        let (size, name, last_modified) = match &self.options.source {
            Source::Whole { size, name, last_modified } => (Some(*size), name, *last_modified),
            Source::Growing { name } => (None, name, 0),
        };
        Some(Identity {
            access_key: token.access_key.clone(),
            bucket: token.policy.bucket.clone(),
            key: self.options.key.clone(),
            api: if self.way == Way::V1 { Resumable::V1 } else { Resumable::V2 },
            part_size: if self.way == Way::V1 { self.options.chunk_size.unwrap_or(0) } else { self.part_size() },
            size,
            name: name.clone(),
            last_modified,
            edges,
        })
    }

    /// Whether what an earlier run left may be believed.
    fn judge(&mut self, edges: [u8; 20], now: Now) {
        let Some(identity) = self.identity(edges) else { return };
        let fresh = Ledger::new(identity, self.total(), now.unix);
        let Some(earlier) = self.earlier.take() else {
            self.ledger = Some(fresh);
            return self.begin_fresh();
        };
        self.noted = true;
        let wrong = self.why_not(&earlier, &fresh.identity, now);
        let Some(reason) = wrong else {
            self.unsure = earlier.finishing;
            self.ledger = Some(earlier);
            return self.go_on(now);
        };
        self.out.push_back(Output::Event(Event::Warning(Warning::LedgerDropped(reason))));
        // The same target's: what the server has of it is ours to drop.
        let same = |a: &Identity, b: &Identity| (&a.access_key, &a.bucket) == (&b.access_key, &b.bucket);
        if same(&earlier.identity, &fresh.identity) && reason != "region" {
            self.drop_upload(&earlier);
        }
        self.ledger = Some(fresh);
        self.begin_fresh();
    }

    /// Why an earlier ledger is not this upload's; `None` where it is.
    fn why_not(&self, earlier: &Ledger, identity: &Identity, now: Now) -> Option<&'static str> {
        let (a, b) = (&earlier.identity, identity);
        let here = |base: &String| self.options.endpoints.is_empty() || self.options.endpoints.contains(base);
        let seconds = self.access.unix(now) / 1000;
        match () {
            () if (&a.access_key, &a.bucket) != (&b.access_key, &b.bucket) => Some("bucket"),
            () if a.key != b.key => Some("key"),
            () if a.api != b.api => Some("api"),
            () if a.part_size != b.part_size => Some("part size"),
            () if a.size != b.size => Some("size"),
            () if a.name != b.name || a.last_modified != b.last_modified => Some("file"),
            () if a.edges != b.edges => Some("content"),
            () if earlier.region != self.hosts.region && !earlier.region.is_empty() => Some("region"),
            () if a.api == Resumable::V2 && (earlier.upload_id.is_empty() || !here(&earlier.host)) => Some("region"),
            () if a.api == Resumable::V2 && earlier.expire_at != 0 && seconds + EXPIRES >= earlier.expire_at => {
                Some("expired")
            }
            () => None,
        }
    }

    /// From zero.
    fn begin_fresh(&mut self) {
        if !self.grows() {
            self.cut_source();
        }
        self.phase = if self.way == Way::V2 { Phase::Initiate } else { Phase::Transfer };
    }

    /// From what an earlier run left: v2 asks the server first, v1 has no list to ask for.
    fn go_on(&mut self, now: Now) {
        if !self.grows() {
            self.cut_source();
        }
        if self.way == Way::V2 {
            self.phase = Phase::List { marker: 0, parts: Vec::new() };
            return;
        }
        let seconds = self.access.unix(now) / 1000;
        let Some(ledger) = &mut self.ledger else { return };
        let parts = &mut self.parts;
        ledger.blocks.retain(|block| {
            let part = parts.get_mut(block.index as usize);
            let Some(part) = part.filter(|part| part.size == block.sums.size && block.offset <= part.size) else {
                return false;
            };
            if block.expired_at < seconds.saturating_add(BLOCK_EXPIRES) || block.offset == 0 {
                return false;
            }
            part.ctx.clone_from(&block.ctx);
            part.host.clone_from(&block.host);
            (part.offset, part.expired_at) = (block.offset, block.expired_at);
            part.claim = Some((block.sums.clone(), None));
            if part.offset == part.size {
                part.stage = Stage::Claimed;
            }
            true
        });
        self.resumed = ledger.sent();
        self.phase = Phase::Transfer;
    }

    /// A page of the server's list; `None` where it is none.
    pub(super) fn take_list(&mut self, json: &Json, now: Now) -> Option<()> {
        let Phase::List { marker, parts } = &mut self.phase else { return Some(()) };
        let next = json.get("partNumberMarker").map_or(Some(0), Json::number)?;
        let page = match json.get("parts")? {
            Json::Null => &[],
            list @ Json::List(_) => list.list(),
            _ => return None,
        };
        let mut listed = Vec::new();
        for part in page {
            let number = u32::try_from(part.get("partNumber").and_then(Json::number)?).ok()?;
            let size = part.get("size").and_then(Json::number)?;
            listed.push(Listed { number, size, etag: part.get("etag").and_then(Json::text)?.to_owned() });
        }
        let more = next != 0 && !listed.is_empty();
        let next = u32::try_from(next).ok().filter(|next| !more || *next > *marker)?;
        parts.append(&mut listed);
        if more && parts.len() < 10_000 {
            *marker = next;
            self.calls.retain(|call| call.what != What::List);
            return Some(());
        }
        let parts = std::mem::take(parts);
        self.drop_call(&What::List);
        self.intersect(&parts, now);
        Some(())
    }

    /// Parts that both the ledger and the server have stay; the server's view wins.
    fn intersect(&mut self, listed: &[Listed], now: Now) {
        let Some(ledger) = &mut self.ledger else { return };
        ledger.finishing = false;
        let there = |number: u32, size: u64, etag: &str| {
            listed.iter().any(|part| part.number == number && part.size == size && part.etag == etag)
        };
        let before = ledger.parts.len();
        ledger.parts.retain(|part| there(part.number, part.sums.size, &part.etag));
        let shrunk = ledger.parts.len() < before;
        let mut lost = 0;
        for part in &mut self.parts {
            let known = ledger.parts.iter().find(|known| known.number == part.number && known.sums.size == part.size);
            match known {
                Some(_) if part.stage == Stage::Done => {}
                Some(known) => {
                    part.etag.clone_from(&known.etag);
                    part.claim = Some((known.sums.clone(), Some(known.md5)));
                    part.stage = Stage::Claimed;
                    self.resumed += part.size;
                }
                None => {
                    lost += u32::from(part.stage == Stage::Done);
                    part.clear();
                    part.stage = Stage::Missing;
                }
            }
        }
        self.unsure = false;
        if shrunk {
            self.persist();
        }
        if self.rechecked && lost == 0 {
            // All parts are as they should be, and still no object can be made of them.
            let words = "the server has all parts and makes no object of them".to_owned();
            return self.restart(Problem::Rejected, Seen { status: 400, words, request_id: None }, now);
        }
        self.phase = Phase::Transfer;
    }

    /// The upload id is gone, perhaps because the object was made of it before the page went. First the source must prove to
    /// be what was sent; then the object is asked for again, and whoever knows is asked about it.
    pub(super) fn believe_ledger(&mut self, now: Now) {
        let Some(ledger) = &self.ledger else { return };
        let listed = |part: &LedgerPart| Listed { number: part.number, size: part.sums.size, etag: part.etag.clone() };
        let parts = ledger.parts.iter().map(listed).collect::<Vec<_>>();
        self.drop_call(&What::List);
        self.intersect(&parts, now);
        self.unsure = true;
    }

    /// A part of a growing source may be one that an earlier run sent.
    pub(super) fn claim(&mut self, place: usize) {
        let part = &mut self.parts[place];
        let known =
            self.ledger.as_ref().and_then(|ledger| ledger.parts.iter().find(|known| known.number == part.number));
        if let (Phase::Transfer, Some(known)) = (&self.phase, known.filter(|known| known.sums.size == part.size)) {
            part.etag.clone_from(&known.etag);
            part.claim = Some((known.sums.clone(), Some(known.md5)));
            part.stage = Stage::Claimed;
            self.resumed += part.size;
        }
    }

    /// The source's bytes are not those that an earlier run sent, though all that was known of it is the same.
    pub(super) fn disprove(&mut self, place: usize) {
        if self.grows() {
            let part = &mut self.parts[place];
            part.clear();
            let number = part.number;
            self.resumed = self.resumed.saturating_sub(part.size);
            if let Some(ledger) = &mut self.ledger {
                ledger.parts.retain(|part| part.number != number);
            }
            return self.release(place);
        }
        self.out.push_back(Output::Event(Event::Warning(Warning::LedgerDropped("content"))));
        self.start_over(true);
        self.begin_fresh();
    }

    /// From zero, for the server has lost what it had; once.
    pub(super) fn restart(&mut self, last: Problem, seen: Seen, now: Now) {
        self.restarts += 1;
        if self.restarts > RESTARTS {
            return self.fail(seen.error(last), now);
        }
        if let Some(place) = self.calls.iter().position(|call| call.what != What::Discover) {
            self.log(place, &seen, Some(0));
        }
        self.start_over(last == Problem::Rejected);
        self.begin_fresh();
    }

    /// Nothing of what was sent counts any more; with `drop` the server is told.
    pub(super) fn start_over(&mut self, drop: bool) {
        while let Some(place) =
            self.calls.iter().position(|call| !matches!(call.what, What::Abort { .. } | What::Discover))
        {
            self.cut(place);
            self.calls.remove(place);
        }
        for place in 0..self.parts.len() {
            self.release(place);
            self.parts[place].clear();
        }
        self.spare.clear();
        (self.unsure, self.rechecked, self.greeted, self.resumed) = (false, false, false, 0);
        let Some(mut ledger) = self.ledger.take() else { return };
        if drop {
            self.drop_upload(&ledger);
        }
        ledger.parts.clear();
        ledger.blocks.clear();
        ledger.upload_id.clear();
        ledger.finishing = false;
        self.ledger = Some(ledger);
    }

    /// The server may drop what it has of this ledger's upload.
    fn drop_upload(&mut self, ledger: &Ledger) {
        if ledger.identity.api == Resumable::V2 && !ledger.upload_id.is_empty() {
            let (upload_id, key) = (ledger.upload_id.clone(), ledger.identity.key.clone());
            self.ensure(What::Abort { upload_id, key });
        }
    }

    /// The upload id is gone after a request that may have made the object: is it there?
    pub(super) fn lost_answer(&mut self, seen: Seen, now: Now) {
        match self.own_hash() {
            Some((hash, _)) if self.options.can_stat => {
                self.drop_call(&What::Complete);
                self.drop_call(&What::List);
                self.phase = Phase::Stat;
                self.out.push_back(Output::Stat { key: self.obeyed_key(), hash });
            }
            _ => self.restart_if_safe(seen, now),
        }
    }

    pub(super) fn take_stat(&mut self, stat: Stat, now: Now) {
        if self.phase != Phase::Stat {
            return;
        }
        let Some((ours, plain)) = self.own_hash() else { return };
        let words = match stat {
            Stat::Found(hash) if hash == ours || Some(hash) == plain => {
                return self.succeed(self.obeyed_key(), hash.to_string(), String::new(), None, now);
            }
            Stat::Found(_) => "another object has the key",
            Stat::Missing => "the object was not made",
            Stat::Unknown => "nobody can tell whether the object was made",
        };
        let seen = Seen { status: 612, words: words.to_owned(), request_id: None };
        if stat == Stat::Unknown { self.restart_if_safe(seen, now) } else { self.restart(Problem::Expired, seen, now) }
    }

    /// Sending it all again makes the same object, unless the server would give it another name. Then what it had is gone,
    /// and only the user can find out whether there is an object.
    pub(super) fn restart_if_safe(&mut self, seen: Seen, now: Now) {
        if self.is_named_again() {
            return self.restart(Problem::Expired, seen, now);
        }
        self.unconfirmed(seen, now);
    }

    /// There may be an object, and nobody can tell.
    pub(super) fn unconfirmed(&mut self, seen: Seen, now: Now) {
        let words = join(&["the answer was lost, and sent again it would get another name: ", &seen.words]);
        self.fail(Seen { words, ..seen }.error(Problem::Unconfirmed), now);
    }

    /// Whether the same content would get the same name, by every token so far: a server may make up each token's template.
    pub(super) fn is_named_again(&self) -> bool {
        let Some(token) = &self.access.token else { return false };
        let same = |before: &Token| before.policy.save_key == token.policy.save_key;
        self.obeyed_key().is_some() || (token.policy.names_by_content() && self.access.before.iter().all(same))
    }

    /// The key that was given, unless the server names the object all the same.
    fn obeyed_key(&self) -> Option<String> {
        let obeys = self.access.token.as_ref().is_some_and(|token| token.policy.obeys_key());
        self.options.key.clone().filter(|_| obeys)
    }

    /// The ledger's blocks are those that are still at the server.
    pub(super) fn note_blocks(&mut self) {
        let parts = &self.parts;
        if let Some(ledger) = &mut self.ledger {
            ledger.finishing = false;
            ledger.blocks.retain(|block| parts.get(block.index as usize).is_some_and(|part| part.offset > 0));
        }
        self.persist();
    }
}
