//! The resumable upload, v1: `mkblk`, `bput`, `mkfile` (qiniu.md 4.1). A context names the state of a block and is good
//! for one continuation.

use axum::body::Body;
use axum::http::Response;
use onetake_core::upload::Qetag;
use onetake_core::upload::digest::BLOCK;
use onetake_core::upload::wire::us64;
use serde_json::json;

use super::Call;
use super::answer::{Granted, Refusal, answer};
use super::catalog::{Context, Source};
use super::finish::{Delivery, finish};
use super::incoming::{Incoming, Line};
use super::keys::random_id;
use super::policy::{Api, Policy};
use super::route::Mkfile;

/// A context lives so many seconds.
const LIFE: i64 = 24 * 60 * 60;
/// The most bytes of a list of contexts: 40 GiB in blocks.
const LIST: usize = 1 << 20;

pub(crate) async fn mkblk(call: &Call, incoming: &mut Incoming, size: u64) -> Granted<Response<Body>> {
    let policy = call.authorize()?;
    if !(1..=BLOCK).contains(&size) {
        return Err(Refusal::new(400, format!("a block has 1 to {BLOCK} bytes")));
    }
    call.store.sweep().await?;
    let block = Context {
        bucket: policy.bucket().to_owned(),
        block_size: size,
        pieces: Vec::new(),
        sums: Default::default(),
        expire_at: call.store.now() + LIFE,
    };
    append(call, incoming, &policy, block, None).await
}

pub(crate) async fn bput(call: &Call, incoming: &mut Incoming, ctx: &str, offset: u64) -> Granted<Response<Body>> {
    let policy = call.authorize()?;
    let block = find(call, ctx, policy.bucket()).await?;
    if block.sums.size != offset {
        return Err(Refusal::new(701, "invalid ctx: the offset is another"));
    }
    append(call, incoming, &policy, block, Some(ctx.to_owned())).await
}

/// Takes the next chunk of a block and answers with its new context.
async fn append(
    call: &Call,
    incoming: &mut Incoming,
    policy: &Policy,
    mut block: Context,
    old: Option<String>,
) -> Granted<Response<Body>> {
    if let Some(rate) = policy.bytes_per_second() {
        incoming.narrow(Line::new(rate));
    }
    let room = block.block_size - block.sums.size;
    call.check_length(BLOCK)?;
    let mut spool = call.store.blobs.spool(block.pieces.clone()).await?;
    while let Some(bytes) = incoming.next().await? {
        if spool.size() + bytes.len() as u64 > room {
            return Err(Refusal::new(400, "the chunk is longer than the rest of its block"));
        }
        spool.push(bytes).await?;
    }
    if spool.size() == 0 {
        return Err(Refusal::new(400, "the chunk is empty"));
    }
    policy.check_deadline(call.store.now())?;
    let (blob, digests) = spool.finish().await?;
    block.pieces.push(blob.piece());
    block.sums = digests.sums;
    let ctx = random_id();
    let host = call.hosts().into_iter().find(|host| host.ends_with(&format!(":{}", call.port)));
    let body = json!({
        "ctx": ctx,
        "checksum": us64(block.sums.blocks.first().map_or(&[][..], |sum| sum)),
        "crc32": digests.crc32,
        "offset": block.sums.size,
        "host": format!("{}://{}", call.scheme(), host.unwrap_or_default()),
        "expired_at": block.expire_at,
    });
    let stored = call.store.consult(move |catalog| {
        catalog.advance(old.as_deref(), &ctx, &block)?;
        blob.keep();
        Ok(())
    });
    stored.await?;
    Ok(answer(200, &body))
}

pub(crate) async fn mkfile(call: &Call, incoming: &mut Incoming, file: Mkfile) -> Granted<Response<Body>> {
    let policy = call.authorize()?;
    policy.check_client_key(file.key.as_deref())?;
    let list = String::from_utf8(incoming.text(LIST).await?).map_err(|_| Refusal::new(701, "invalid ctx"))?;
    let ids = list.split(',').map(str::trim).filter(|_| !list.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut blocks = Vec::new();
    for id in &ids {
        blocks.push(find(call, id, policy.bucket()).await?);
    }
    let size = blocks.iter().map(|block| block.sums.size).sum::<u64>();
    let before_last = blocks.split_last().map_or(&[][..], |(_, before)| before);
    if size != file.size
        || blocks.iter().any(|block| block.sums.size != block.block_size)
        || before_last.iter().any(|block| block.sums.size != BLOCK)
    {
        return Err(Refusal::new(400, "the blocks do not make a file of this size"));
    }
    let sums = blocks.iter().flat_map(|block| block.sums.blocks.iter().copied()).collect::<Vec<_>>();
    // A file without bytes has no blob either.
    let delivery = Delivery {
        api: Api::V1,
        bucket: policy.bucket().to_owned(),
        key: file.key,
        size,
        hash: Qetag::of_blocks(&sums).to_string(),
        pieces: blocks.into_iter().flat_map(|block| block.pieces).collect(),
        fname: file.fname,
        mime: file.mime,
        vars: file.vars.into_iter().collect(),
        headers: file.metadata,
        source: Source::Contexts(ids),
        blob: None,
    };
    Ok(answer(200, &finish(call, policy, delivery).await?))
}

/// 701 for a context that never was, is over, was continued, or is of another bucket.
async fn find(call: &Call, ctx: &str, bucket: &str) -> Granted<Context> {
    let (ctx, bucket, now) = (ctx.to_owned(), bucket.to_owned(), call.store.now());
    call.store.consult(move |catalog| catalog.context(&ctx, &bucket, now)).await
}
