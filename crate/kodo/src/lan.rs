//! What only the local network needs: the machine's address, a certificate of our own, TLS connections, a QR code.
//!
//! The certificate is made on first use and kept, so that a phone that was told to trust it is not asked again; it is
//! made anew when the machine's address changes or the certificate nears its end.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::ServeError;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Phones refuse server certificates that are valid for longer than 398 days.
const LIFE: Duration = Duration::from_secs(397 * 24 * 60 * 60);
/// A peer that does not finish its TLS greeting in this time is let go.
const GREETING: Duration = Duration::from_secs(10);

/// The address by which the local network reaches this machine; the loopback when there is no network.
pub(crate) fn own_address() -> IpAddr {
    // Connecting a UDP socket sends nothing: it only asks the routing table which of our addresses would be used.
    // 192.0.2.1 is reserved for documentation (RFC 5737).
    let asked = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    match asked {
        Ok(address) if !address.ip().is_unspecified() => address.ip(),
        _ => Ipv4Addr::LOCALHOST.into(),
    }
}

/// TLS with the kept certificate for `host`, which is made first when there is none.
pub(crate) fn server_config(state: &Path, host: IpAddr) -> Result<ServerConfig, ServeError> {
    let failed = |step: &str, why: &dyn std::fmt::Display| ServeError::Certificate { reason: format!("{step}: {why}") };
    let certificate_file = state.join(format!("{}.cert.pem", file_stem(host)));
    let key_file = state.join(format!("{}.key.pem", file_stem(host)));
    if !is_fresh(&certificate_file) || !key_file.exists() {
        let (certificate, key) = new_certificate(host).map_err(|e| failed("making a certificate", &e))?;
        fs::create_dir_all(state).map_err(|e| failed(&state.display().to_string(), &e))?;
        keep_private(&key_file, &key).map_err(|e| failed(&key_file.display().to_string(), &e))?;
        fs::write(&certificate_file, certificate).map_err(|e| failed(&certificate_file.display().to_string(), &e))?;
    }
    let certificate = CertificateDer::from_pem_file(&certificate_file)
        .map_err(|e| failed(&certificate_file.display().to_string(), &e))?;
    let key = PrivateKeyDer::from_pem_file(&key_file).map_err(|e| failed(&key_file.display().to_string(), &e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| failed("choosing TLS versions", &e))?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|e| failed("using the certificate", &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// `text` as a QR code of block characters.
pub(crate) fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

fn file_stem(host: IpAddr) -> String {
    host.to_string().replace(':', "-")
}

fn is_fresh(certificate: &Path) -> bool {
    let made = fs::metadata(certificate).and_then(|file| file.modified());
    made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age < LIFE - 30 * DAY))
}

fn new_certificate(host: IpAddr) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(vec![host.to_string(), "127.0.0.1".into(), "localhost".into()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "onetake on this machine");
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + LIFE).into();
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// Writes a file that only this user can read.
#[cfg(unix)]
pub(crate) fn keep_private(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    // The mode counts only for a file that is made: one that others could read is not written over.
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())
}

/// Writes a file that only this user can read.
#[cfg(not(unix))]
pub(crate) fn keep_private(file: &Path, text: &str) -> io::Result<()> {
    fs::write(file, text)
}

/// Hands out connections whose TLS greeting is done. Greetings run beside each other: a peer that is silent holds up
/// nobody.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    bound: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, bound: SocketAddr, config: ServerConfig) -> Self {
        let (greeted, ready) = mpsc::channel(16);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, peer)) = listener.accept().await else {
                    // Out of file descriptors, most likely: give connections time to end instead of spinning.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let (acceptor, greeted) = (acceptor.clone(), greeted.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(GREETING, acceptor.accept(stream)).await {
                        // Fails only when the server is gone, and then nobody wants the connection.
                        let _ = greeted.send((stream, peer)).await;
                    }
                });
            }
        });
        Self { ready, bound, accepting }
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The sender lives as long as the accepting task, which ends only when this listener is dropped.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.bound)
    }
}
