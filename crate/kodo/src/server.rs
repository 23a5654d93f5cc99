//! Binding the port and carrying connections: plain on the loopback, TLS on the local network.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use axum::Router;
use tokio::net::TcpListener;

use crate::lan::{self, TlsListener};

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
            Reach::Loopback => Ok(Self { door: Door::Plain(listener), host: bound.ip(), port: bound.port() }),
            Reach::Lan { state } => {
                let host = lan::own_address();
                let tls = TlsListener::new(listener, bound, lan::server_config(&state, host)?);
                Ok(Self { door: Door::Tls(tls), host, port: bound.port() })
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

    /// Answers requests with `router` until the task is dropped.
    ///
    /// # Errors
    /// Those of the socket while accepting; single connections that fail do not end the server.
    pub async fn serve(self, router: Router) -> io::Result<()> {
        match self.door {
            Door::Plain(listener) => axum::serve(listener, router).await,
            Door::Tls(listener) => axum::serve(listener, router).await,
        }
    }
}

fn refused(port: u16, source: io::Error) -> ServeError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortBusy { port },
        _ => ServeError::Bind { port, source },
    }
}
