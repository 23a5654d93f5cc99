//! Who can connect, and what the program prints: loopback by default, https on the local network, a busy port.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use crate::support::{ask, exchange, folder, site};
use onetake_kodo::{Reach, Server, router};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The program under test, ended with the test.
struct Program(Child);

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let site = site(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_onetake-kodo"));
        command.arg("--root").arg(&site.root).arg("--pkg").arg(site.pkg.unwrap()).args(arguments);
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_prints_its_loopback_address_and_serves_there() {
    let mut program = Program::start("program", &["--port", "0"]);
    let line = program.first_line();
    let address = line.trim_end().strip_prefix("onetake is at http://").unwrap().strip_suffix('/').unwrap();
    let address: std::net::SocketAddr = address.parse().unwrap();
    assert!(address.ip().is_loopback());
    assert_eq!(ask(address, "GET", "/pkg/index.js", "").await.text(), "export {};");
}

#[tokio::test]
async fn the_default_reach_listens_on_the_loopback_alone() {
    let server = Server::bind(0, Reach::Loopback).await.unwrap();
    assert_eq!(server.listens_on().ip(), Ipv4Addr::LOCALHOST);
}

#[test]
fn a_busy_port_is_one_clear_line() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut program = Program::start("busy", &["--port", &port.to_string()]);
    let mut said = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!program.0.wait().unwrap().success());
    assert_eq!(
        said,
        format!("onetake-kodo: port {port} is in use by another program: stop it or choose another with --port\n")
    );
}

#[tokio::test]
async fn the_local_network_gets_https_with_a_certificate_that_is_kept() {
    let state = folder("lan_state");
    let mut certificates = Vec::new();
    for _ in 0..2 {
        let server = Server::bind(0, Reach::Lan { state: state.clone() }).await.unwrap();
        assert!(server.address().starts_with("https://"), "{}", server.address());
        assert!(server.listens_on().ip().is_unspecified());
        assert!(server.qr().is_some_and(|code| code.lines().count() > 10));
        let port = server.listens_on().port();
        let serving = tokio::spawn(server.serve(router(&site("lan"))));

        let kept = std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.filter(|path| path.to_string_lossy().ends_with(".cert.pem")).collect::<Vec<_>>();
        let certificate = CertificateDer::from_pem_file(&kept[0]).unwrap();
        assert_eq!(fetch_page(port, certificate.clone()).await, "<!doctype html><title>onetake</title>");
        certificates.push(certificate);
        serving.abort();
    }
    assert_eq!(certificates[0], certificates[1]);
}

/// Opens the page at 127.0.0.1 as a browser that trusts `certificate` and nothing else.
async fn fetch_page(port: u16, certificate: CertificateDer<'static>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let host = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(host, stream).await.unwrap();
    exchange(stream, "GET", "/", "").await.text()
}
