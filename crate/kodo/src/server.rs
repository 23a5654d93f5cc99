//! Binding the port and carrying connections: plain on the loopback, TLS on the local network.
//!
//! A connection that does not finish the head of its request in time is closed, and there are never more than
//! [`CONNECTIONS`] of them: a client that dawdles holds up nobody else.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::lan::{self, TlsListener};

/// Connections that are served at the same time; more wait at the door.
const CONNECTIONS: usize = 512;
/// The head of a request must have come in this time, counted from the connection or the end of the last answer.
const HEAD: Duration = Duration::from_secs(60);
/// The most bytes of a request's head: a path with a key of 750 bytes and many variables fits well.
const HEAD_BYTES: usize = 64 << 10;

/// In the extensions of a request: the port that it came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalPort(pub(crate) u16);

/// In the extensions of a response: it is not to be sent, the connection is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropped;

/// Who may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine, by `http` on 127.0.0.1. Browsers count that address as secure: the camera works.
    Loopback,
    /// Every machine of the local network, by `https` (a camera needs it there) on all addresses.
    Lan {
        /// Where the certificate and its key are kept between starts. The folder is made if it is missing.
        state: PathBuf,
    },
}

/// Why the server did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// Another program listens on this port.
    PortBusy {
        /// The port that was asked for.
        port: u16,
    },
    /// The system refused the socket.
    Bind {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate could not be made, kept or read.
    Certificate {
        /// The file or step that failed, and why.
        reason: String,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortBusy { port } => {
                write!(f, "port {port} is in use by another program: stop it or choose another with --port")
            }
            Self::Bind { port, source } => write!(f, "cannot listen on port {port}: {source}"),
            Self::Certificate { reason } => write!(f, "cannot prepare https: {reason}"),
        }
    }
}

impl std::error::Error for ServeError {}

/// A bound server that does not answer yet. Order: [`Server::bind`], then [`Server::serve`].
pub struct Server {
    door: Door,
    host: IpAddr,
    port: u16,
    head_timeout: Duration,
}

enum Door {
    Plain(TcpListener),
    Tls(TlsListener),
}

impl Server {
    /// Takes `port` (0: any free one) on the loopback or, for [`Reach::Lan`], on all addresses with TLS.
    ///
    /// # Errors
    /// [`ServeError::PortBusy`], [`ServeError::Bind`], and for the local network [`ServeError::Certificate`].
    pub async fn bind(port: u16, reach: Reach) -> Result<Self, ServeError> {
        let ip = match reach {
            Reach::Loopback => Ipv4Addr::LOCALHOST,
            Reach::Lan { .. } => Ipv4Addr::UNSPECIFIED,
        };
        let listener = TcpListener::bind((ip, port)).await.map_err(|source| refused(port, source))?;
        let bound = listener.local_addr().map_err(|source| ServeError::Bind { port, source })?;
        match reach {
            Reach::Loopback => {
                Ok(Self { door: Door::Plain(listener), host: bound.ip(), port: bound.port(), head_timeout: HEAD })
            }
            Reach::Lan { state } => {
                let host = lan::own_address();
                let tls = TlsListener::new(listener, bound, lan::server_config(&state, host)?);
                Ok(Self { door: Door::Tls(tls), host, port: bound.port(), head_timeout: HEAD })
            }
        }
    }

    /// The address to open, such as `http://127.0.0.1:8080/`.
    pub fn address(&self) -> String {
        let scheme = match self.door {
            Door::Plain(_) => "http",
            Door::Tls(_) => "https",
        };
        format!("{scheme}://{}/", SocketAddr::new(self.host, self.port))
    }

    /// Where the server listens: the loopback, or all addresses of the machine.
    pub fn listens_on(&self) -> SocketAddr {
        let ip = match self.door {
            Door::Plain(_) => self.host,
            Door::Tls(_) => Ipv4Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(ip, self.port)
    }

    /// The address as a QR code of block characters, two code rows a line, for a dark or light terminal.
    pub fn qr(&self) -> Option<String> {
        lan::qr(&self.address())
    }

    /// The same server with another limit for the time that a request's head may take.
    #[must_use]
    pub fn with_head_timeout(self, head_timeout: Duration) -> Self {
        Self { head_timeout, ..self }
    }

    /// Answers requests with `router` until the task is dropped, and its connections with it.
    ///
    /// # Errors
    /// Those of the socket; single connections that fail do not end the server.
    pub async fn serve(self, router: Router) -> io::Result<()> {
        let port = LocalPort(self.port);
        match self.door {
            Door::Plain(listener) => carry(listener, router, port, self.head_timeout).await,
            Door::Tls(listener) => carry(listener, router, port, self.head_timeout).await,
        }
    }
}

async fn carry(mut listener: impl Listener, router: Router, port: LocalPort, patience: Duration) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let router = router.clone();
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let router = router.clone();
                async move {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(port);
                    let Ok(response) = router.oneshot(request).await;
                    match response.extensions().get::<Dropped>() {
                        Some(_) => Err(io::Error::other("dropped")),
                        None => Ok(response),
                    }
                }
            });
            let mut connection = http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BYTES);
            // A client that has said everything may still want to hear.
            connection.half_close(true);
            // How a single connection ended is the client's affair.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

fn refused(port: u16, source: io::Error) -> ServeError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortBusy { port },
        _ => ServeError::Bind { port, source },
    }
}
