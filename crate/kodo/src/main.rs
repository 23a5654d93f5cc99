//! `onetake-kodo`: serves the built page and package and prints one line with the address.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use onetake_kodo::{Reach, Server, Site, router};

/// Serves onetake's page on this machine or, with --lan, to the local network.
#[derive(Parser)]
#[command(name = "onetake-kodo", version)]
struct Options {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder that answers `/`.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Folder that answers `/pkg/`.
    #[arg(long, value_name = "DIR")]
    pkg: Option<PathBuf>,
    /// Serve https to the local network and print a QR code of the address.
    #[arg(long)]
    lan: bool,
    /// Folder in which the certificate for --lan is kept.
    #[arg(long, value_name = "DIR", default_value = "target/onetake-kodo")]
    state: PathBuf,
    /// Open the address in the default browser.
    #[arg(long)]
    open: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onetake-kodo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    anyhow::ensure!(options.root.is_dir(), "{} is not a folder (--root)", options.root.display());
    let reach = if options.lan { Reach::Lan { state: options.state } } else { Reach::Loopback };
    let server = Server::bind(options.port, reach).await?;
    println!("onetake is at {}", server.address());
    if options.lan
        && let Some(code) = server.qr()
    {
        println!("{code}");
    }
    if options.open {
        open(&server.address());
    }
    let site = Site { root: options.root, pkg: options.pkg };
    tokio::select! {
        ended = server.serve(router(&site)) => Ok(ended?),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Asks the desktop to show `address`. A machine without one (a server, a container) is no error: the line is printed.
fn open(address: &str) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let quiet = || Stdio::null();
    let _ = Command::new(program).args(arguments).arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
