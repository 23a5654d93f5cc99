//! What must hold for any bytes that a server, a token endpoint or a store may give to an upload: the body of the fuzz
//! target, and its seeds.

use onetake_core::upload::digest::PartSums;
use onetake_core::upload::policy::Token;
use onetake_core::upload::wire::us64;
use onetake_core::upload::{
    Api, Broken, Digests, Event, Ledger, Now, Options, Output, Region, Reply, Source, Stat, Uploader,
};

/// Answers of good and bad servers: one a line, a status and a body. The first line's first letter says which interface,
/// and whether the bytes are also a ledger's.
pub const SEEDS: [&[u8]; 6] = [
    include_bytes!("../../crate/fuzz/seeds/upload/form"),
    include_bytes!("../../crate/fuzz/seeds/upload/v1"),
    include_bytes!("../../crate/fuzz/seeds/upload/v2"),
    include_bytes!("../../crate/fuzz/seeds/upload/list"),
    include_bytes!("../../crate/fuzz/seeds/upload/region"),
    include_bytes!("../../crate/fuzz/seeds/upload/token"),
];

/// Bytes of the source that is uploaded, and of a part.
const SIZE: u64 = 9 << 20;

/// Takes any bytes as a token, a region, a ledger, and as all that an upload hears; whether an object came of it. The machine
/// ends or waits, never turns, never says the token.
pub fn answer_anything(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    if let Ok(token) = Token::parse(text.lines().next().unwrap_or_default()) {
        assert!(!token.policy.bucket.is_empty());
    }
    if let Some(region) = Region::parse(input, "https://") {
        assert!(!region.hosts.is_empty() && region.hosts.iter().all(|host| host.len() < 300));
    }
    drop(Region::named_in(&text));
    let ledger = Ledger::from_bytes(input.get(1..).unwrap_or_default());
    if let Some(ledger) = &ledger {
        assert_eq!(Ledger::from_bytes(&ledger.to_bytes()).as_ref(), Some(ledger));
    }
    converse(input, ledger)
}

fn digests(size: u64) -> Digests {
    let blocks = vec![[7; 20]; size.div_ceil(4 << 20) as usize];
    Digests { sums: PartSums { size, blocks }, md5: [7; 16], crc32: 7, steps: Vec::new() }
}

/// An upload whose requests are answered by the lines of `input`.
fn converse(input: &[u8], ledger: Option<Ledger>) -> bool {
    let source = Source::Whole { size: SIZE, name: String::new(), last_modified: 0 };
    let mut options = Options::new(source);
    let choice = input.first().copied().unwrap_or(0);
    options.api = [Api::Auto, Api::Form, Api::V1, Api::V2][usize::from(choice & 3)];
    options.endpoints = if choice & 4 == 0 { vec!["https://up.test".to_owned()] } else { Vec::new() };
    options.ledger = ledger;
    let policy = us64(br#"{"scope":"b","deadline":4000000000}"#);
    let token = ["ak:notseenatall:", policy.as_str()].concat();
    let mut now = Now { clock: 0, unix: 1_700_000_000_000 };
    let Ok(mut uploader) = Uploader::new(options, now) else { return false };
    let mut lines = input.split(|byte| *byte == b'\n').skip(1);
    for _ in 0..2000 {
        let Some(output) = uploader.poll_output() else {
            let Some(time) = uploader.poll_timeout() else { return false };
            now.unix += time.saturating_sub(now.clock);
            now.clock = now.clock.max(time);
            uploader.handle_timeout(now);
            continue;
        };
        // What a server says of an object that is there is the application's, as it came.
        if !matches!(output, Output::Event(Event::Done(_))) {
            let seen = format!("{output:?}");
            assert!(!seen.contains("notseenatall") && !seen.contains(policy.as_str()), "{seen}");
        }
        match output {
            Output::NeedToken => uploader.handle_token(Ok(&token), now),
            Output::Read(read) => {
                let size = read.ranges.iter().map(|range| range.length).sum();
                uploader.handle_read(read.piece, Ok(digests(size)), now);
            }
            Output::Persist { ticket, .. } => uploader.handle_persisted(ticket, true, now),
            Output::Stat { .. } => uploader.handle_stat(Stat::Unknown, now),
            Output::Send(request) => match lines.next() {
                Some(line) => {
                    let status = line.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
                    let status = status.and_then(|digits| digits.parse().ok()).unwrap_or(200);
                    let body = line.get(4..).unwrap_or_default();
                    let reply = Reply { status, body, request_id: None, retry_after: Some(u32::from(choice)) };
                    uploader.handle_reply(request.id, reply, now);
                }
                None => uploader.handle_failure(request.id, Broken::Network, now),
            },
            Output::Event(Event::Done(done)) => {
                assert!(!done.hash.is_empty());
                return true;
            }
            Output::Event(Event::Failed(error)) => {
                assert!(error.problem.code().len() > 4 && error.detail.chars().count() <= 300, "{error}");
                return false;
            }
            _ => {}
        }
    }
    panic!("it turns without an end");
}
