//! An object store that speaks Qiniu Kodo's upload protocol, on the server of the page.
//!
//! It decides nothing that the protocol leaves to clients: tokens and their policies rule, calls are answered as Kodo
//! answers them (form, v1, v2, discovery, stat), and what was stored can be played from here. Bodies go to disk as they
//! arrive, an object becomes visible in one transaction, keys are rows of a database and never paths. Bytes of parts
//! are not copied to make an object: it is a list of blobs.
//!
//! One request: [`route`] says which call it is, `faults` (tests alone) what goes wrong with it, [`incoming`] carries its
//! body, the call's module answers, `answer` dresses the answer for browsers.

mod answer;
mod blobs;
mod blocks;
mod callback;
mod catalog;
mod discovery;
mod faults;
mod finish;
mod form;
mod incoming;
mod journal;
mod keys;
mod knobs;
mod mime;
mod multipart;
mod parts;
mod persistent;
mod policy;
mod read;
mod route;
mod template;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, Response, header};
use axum::middleware::{self, Next};
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use answer::{Granted, Readers, Refusal, Trace};
use blobs::{Blobs, blocking};
use catalog::Catalog;
use faults::{Faults, Instead, Plan, Seen};
use incoming::{Incoming, Line};
use journal::Journal;
use keys::Keys;
use policy::Policy;
use route::Route;

use crate::server::{Dropped, LocalPort};

pub use incoming::Limits;

/// How a [`Store`] is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Where everything is kept. It is made if it is missing; no other program may write there.
    pub folder: PathBuf,
    /// The buckets that exist; the first is the one that `/api/upload-token` is for.
    pub buckets: Vec<String>,
    /// The ports under which discovery names this server: first the main one, then spares.
    pub ports: Vec<u16>,
    /// Whether those ports speak https.
    pub https: bool,
    /// How much and how slowly clients may send.
    pub limits: Limits,
    /// Opens `/_test/`: faults on demand, a clock that can be moved, tokens of any policy, the log of requests.
    pub test_faults: bool,
}

/// Why a store could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder cannot be made, read or cleaned.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be opened; most likely another server has this folder open.
    Catalog {
        /// The database file.
        file: PathBuf,
        /// What the database said.
        reason: String,
    },
    /// A bucket's name has a character that Kodo does not allow, or there is no bucket.
    Bucket {
        /// The name.
        name: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { folder, source } => write!(f, "cannot keep uploads in {}: {source}", folder.display()),
            Self::Catalog { file, reason } => write!(
                f,
                "cannot open {}: {reason}; if another server uses this folder, stop it or choose another with --store",
                file.display()
            ),
            Self::Bucket { name } => {
                write!(f, "\"{name}\" is no bucket name: 1 to 63 letters, digits, dots, dashes and underscores")
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// The store. Clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    keys: Keys,
    catalog: Catalog,
    blobs: Blobs,
    buckets: Vec<String>,
    ports: Vec<u16>,
    https: bool,
    limits: Limits,
    /// Bytes of forms on disk that no token was shown for yet.
    unsigned: AtomicU64,
    /// Milliseconds that tests moved the clock by.
    clock_offset: AtomicI64,
    /// When expired uploads were last looked for, in Unix seconds.
    swept_at: AtomicI64,
    cut: watch::Sender<u64>,
    test: Option<Test>,
}

struct Test {
    faults: Faults,
    journal: Journal,
}

/// A request without its body.
struct Call {
    store: Arc<Inner>,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    port: u16,
    reqid: String,
}

impl Store {
    /// Opens the store in its folder, or makes it. The secret key is new each time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let is_name = |name: &String| {
            (1..=63).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        if options.buckets.is_empty() || !options.buckets.iter().all(is_name) {
            let name = options.buckets.into_iter().find(|name| !is_name(name)).unwrap_or_default();
            return Err(StoreError::Bucket { name });
        }
        let folder = &options.folder;
        let no_folder = |source| StoreError::Folder { folder: folder.clone(), source };
        let blobs = Blobs::open(&folder.join("blobs")).map_err(no_folder)?;
        let file = folder.join("catalog.redb");
        let no_catalog = |reason: String| StoreError::Catalog { file: file.clone(), reason };
        let catalog =
            Catalog::open(&file).map_err(|error| no_catalog(error.to_string().trim_end_matches('.').to_owned()))?;
        let access = catalog.setting("access key", || keys::random_text(30));
        let access = access.map_err(|refusal| no_catalog(refusal.error))?;
        blobs.sweep(|id| catalog.is_blob(id).unwrap_or(true)).map_err(no_folder)?;
        Ok(Self(Arc::new(Inner {
            keys: Keys::new(access),
            catalog,
            blobs,
            buckets: options.buckets,
            ports: options.ports,
            https: options.https,
            limits: options.limits,
            unsigned: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
            swept_at: AtomicI64::new(0),
            cut: watch::Sender::new(0),
            test: options.test_faults.then(|| Test { faults: Faults::default(), journal: Journal::new() }),
        })))
    }

    /// Signs a put policy, byte for byte.
    pub fn upload_token(&self, policy: &str) -> String {
        self.0.keys.upload_token(policy)
    }

    /// The `Authorization` of a management request such as `/stat/...`.
    pub fn qbox(&self, path_and_query: &str) -> String {
        self.0.keys.qbox(path_and_query, None)
    }

    /// Writes the key pair as JSON to a file that only this user can read: for programs of this machine that sign.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write_keys(&self, file: &Path) -> io::Result<()> {
        crate::lan::keep_private(file, &self.0.keys.json())
    }

    /// Puts the store before `pages`: what is not the store's is theirs.
    pub fn router(&self, pages: Router) -> Router {
        // A fallback makes the layer see every path, also on a router without routes.
        pages.layer(middleware::from_fn_with_state(self.0.clone(), entry))
    }
}

async fn entry(State(store): State<Arc<Inner>>, request: Request, next: Next) -> Response<Body> {
    let Some(route) = Route::of(request.method(), request.uri().path()) else { return next.run(request).await };
    let method = request.method().clone();
    let readers = if route.is_own() { Readers::OwnOrigin } else { Readers::AnyOrigin };
    let (parts, body) = request.into_parts();
    let call = Call {
        store: store.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        port: parts.extensions.get::<LocalPort>().map_or(0, |port| port.0),
        headers: parts.headers,
        reqid: keys::random_id(),
    };
    let began = Instant::now();
    let mut response = with_faults(&call, &method, route, body).await;
    if response.extensions().get::<Dropped>().is_none() {
        let date = httpdate::fmt_http_date(store.system_time());
        let trace = Trace { reqid: call.reqid, took: began.elapsed().as_millis(), date };
        answer::dress(&mut response, readers, &method, &trace);
    }
    response
}

/// Answers the call; on the way, what a test asked for goes wrong.
async fn with_faults(call: &Call, method: &Method, route: Route, body: Body) -> Response<Body> {
    let store = &call.store;
    let (part, upload_id) = route.place();
    let line = journal::Line {
        route: route.name(),
        method: method.to_string(),
        path: call.path.clone(),
        port: call.port,
        status: 0,
        bytes: 0,
        part,
        upload_id: upload_id.map(str::to_owned),
        hit: false,
    };
    let is_watched = !matches!(route, Route::Test { .. });
    let test = store.test.as_ref().filter(|_| is_watched);
    // Without test faults the line goes to a journal of its own that nobody reads.
    let mut pending = test.map_or_else(Journal::new, |test| test.journal.clone()).begin(line);
    let seen = Seen { route: route.name(), port: call.port, part };
    let plan = test.map_or_else(Plan::default, |test| test.faults.plan(seen));
    if plan.is_hit {
        pending.hit();
    }
    let is_expected = call.headers.contains_key(header::EXPECT);
    let mut incoming = Incoming::new(body, store.limits, pending.received(), store.cut.subscribe(), is_expected);
    for line in &plan.lines {
        incoming.narrow(line.clone());
    }
    tokio::time::sleep(Duration::from_millis(plan.delay_ms)).await;
    let response = match plan.instead {
        Some(Instead::Drop(faults::Drop::Before, _)) => return dropped(),
        Some(Instead::Drop(faults::Drop::Body, bytes)) => {
            incoming.drain(Some(bytes)).await;
            return dropped();
        }
        Some(Instead::Status(status, error)) => Refusal::new(status, error).answer(),
        Some(Instead::Drop(faults::Drop::After, _)) => {
            let _ = handle(call, method, route, &mut incoming).await;
            return dropped();
        }
        None => handle(call, method, route, &mut incoming).await,
    };
    incoming.drain(None).await;
    if incoming.is_cut() {
        return dropped();
    }
    pending.answered(response.status().as_u16());
    through(response, plan.lines, plan.truncate)
}

async fn handle(call: &Call, method: &Method, route: Route, incoming: &mut Incoming) -> Response<Body> {
    let answered = match route {
        Route::Preflight => Ok(answer::text(200, "text/plain", String::new())),
        Route::Form => return form::handle(call, incoming).await,
        Route::Initiate { bucket, key } => parts::initiate(call, &bucket, key).await,
        Route::Part { upload, number } => parts::put(call, incoming, &upload, number).await,
        Route::Complete { upload } => parts::complete(call, incoming, upload).await,
        Route::Abort { upload } => parts::abort(call, &upload).await,
        Route::List { upload } => parts::list(call, &upload).await,
        Route::Mkblk { size } => blocks::mkblk(call, incoming, size).await,
        Route::Bput { ctx, offset } => blocks::bput(call, incoming, &ctx, offset).await,
        Route::Mkfile(file) => blocks::mkfile(call, incoming, file).await,
        Route::Discovery { version } => discovery::query(call, version),
        Route::Token => discovery::token(call),
        Route::Object { bucket, key } => read::object(call, method, &bucket, &key).await,
        Route::Stat { bucket, key } => read::stat(call, &bucket, &key).await,
        Route::Test { knob } => knobs::handle(call, method, &knob, incoming).await,
        Route::Refused(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| refusal.answer())
}

fn dropped() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Dropped);
    response
}

/// Sends the answer's body through narrow lines, and breaks it off after `most` bytes.
fn through(response: Response<Body>, lines: Vec<Arc<Line>>, most: Option<u64>) -> Response<Body> {
    if lines.is_empty() && most.is_none() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let whole = axum::body::HttpBody::size_hint(&body).exact();
    if let Some(whole) = whole {
        // A body that is cut must announce its whole length, or the client would take what came for everything.
        head.headers.entry(header::CONTENT_LENGTH).or_insert(whole.into());
    }
    let start = (body.into_data_stream(), most.unwrap_or(u64::MAX));
    let stream = stream::unfold(start, move |(mut body, left)| {
        let lines = lines.clone();
        async move {
            if left == 0 {
                // Time for what was said before to leave.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return Some((Err(io::Error::other("cut by a test")), (body, left)));
            }
            let mut bytes = match body.next().await? {
                Ok(bytes) => bytes,
                Err(error) => return Some((Err(io::Error::other(error)), (body, left))),
            };
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            for line in &lines {
                line.pass(bytes.len()).await;
            }
            let left = left - bytes.len() as u64;
            Some((Ok(bytes), (body, left)))
        }
    });
    Response::from_parts(head, Body::from_stream(stream))
}

impl Inner {
    fn system_time(&self) -> SystemTime {
        let offset = self.clock_offset.load(Ordering::Relaxed);
        let by = Duration::from_millis(offset.unsigned_abs());
        if offset < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
    }

    /// Unix milliseconds of the store's clock.
    fn now_ms(&self) -> i64 {
        let since = self.system_time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// Unix seconds of the store's clock.
    fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    /// What a token allows now: signed by us, for a bucket of ours, its deadline not past (401, 400, 631).
    fn authorize(&self, token: Option<&str>) -> Granted<Policy> {
        let token = token.ok_or_else(|| Refusal::new(401, "token not specified"))?;
        let policy = Policy::parse(&self.keys.policy_of(token)?)?;
        policy.check_deadline(self.now())?;
        self.check_bucket(policy.bucket())?;
        Ok(policy)
    }

    fn check_bucket(&self, bucket: &str) -> Granted<()> {
        let is_known = self.buckets.iter().any(|known| known == bucket);
        if is_known { Ok(()) } else { Err(Refusal::new(631, "no such bucket")) }
    }

    /// Runs a transaction where it may block, and removes the blobs that it left without a reference.
    async fn transact(
        self: &Arc<Self>,
        change: impl FnOnce(&Catalog) -> Granted<Vec<String>> + Send + 'static,
    ) -> Granted<()> {
        let store = self.clone();
        self.consult(move |catalog| {
            let unused = change(catalog)?;
            store.blobs.remove(&unused);
            Ok(())
        })
        .await
    }

    /// Asks the catalog where that may block.
    async fn consult<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Catalog) -> Granted<T> + Send + 'static,
    ) -> Granted<T> {
        let store = self.clone();
        blocking(move || Ok(ask(&store.catalog))).await?
    }

    /// Now and then, ends uploads and contexts whose time is over.
    async fn sweep(self: &Arc<Self>) -> Granted<()> {
        let now = self.now();
        if (now - self.swept_at.swap(now, Ordering::Relaxed)).abs() < 60 {
            return Ok(());
        }
        self.transact(move |catalog| catalog.expire(now)).await
    }
}

impl Call {
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A value of the query, percent-decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        let (_, value) = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        percent_encoding::percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    }

    /// 413 for a body that announces more than `most` bytes: refused before any of it is read.
    fn check_length(&self, most: u64) -> Granted<()> {
        let announced = self.header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        match announced {
            Some(length) if length > most => Err(Refusal::new(413, format!("the body is longer than {most} bytes"))),
            _ => Ok(()),
        }
    }

    /// The policy of `Authorization: UpToken ...`.
    fn authorize(&self) -> Granted<Policy> {
        let token = match self.headers.get(header::AUTHORIZATION) {
            None => None,
            Some(value) => {
                let token = value.to_str().ok().and_then(|value| value.strip_prefix("UpToken "));
                Some(token.ok_or_else(|| Refusal::new(401, "bad token"))?)
            }
        };
        self.store.authorize(token)
    }

    /// `host:port` under which the client reached us, for each of our ports. Only an address or `localhost` is taken
    /// from the client: a foreign name that leads here is an attack or a proxy that we know nothing of.
    fn hosts(&self) -> Vec<String> {
        let name = self.own_name().unwrap_or_else(|| "127.0.0.1".to_owned());
        self.store.ports.iter().map(|port| format!("{name}:{port}")).collect()
    }

    fn own_name(&self) -> Option<String> {
        let host = self.header(header::HOST)?;
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        (bare == "localhost" || bare.parse::<IpAddr>().is_ok()).then(|| name.to_owned())
    }

    fn scheme(&self) -> &'static str {
        if self.store.https { "https" } else { "http" }
    }

    /// 403 unless a page of this server, or no page at all, asks.
    fn check_own_origin(&self) -> Granted<()> {
        let site = self.header(HeaderName::from_static("sec-fetch-site"));
        let is_own = matches!(site, None | Some("same-origin" | "none"));
        if is_own && self.own_name().is_some() {
            Ok(())
        } else {
            Err(Refusal::new(403, "only for pages of this server"))
        }
    }
}
