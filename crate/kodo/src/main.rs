//! `onetake-kodo`: serves the built page and package and prints one line with the address.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use clap::Parser;
use onetake_kodo::{Limits, Reach, Server, Site, Store, StoreOptions, router};

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
    /// Take uploads as Qiniu Kodo does, and keep them in this folder.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// A bucket of the store; may be given several times, the first is the page's.
    #[arg(long, value_name = "NAME", requires = "store", default_value = "onetake")]
    bucket: Vec<String>,
    /// Listen on this port too, as the spare host that clients of the store are told; 0 takes any free one.
    #[arg(long, value_name = "PORT", requires = "store")]
    backup_port: Option<u16>,
    /// Write the store's key pair, new on each run, to this file for programs that sign.
    #[arg(long, value_name = "FILE", requires = "store")]
    write_keys: Option<PathBuf>,
    /// For tests: open /_test/, where requests are made to fail and counted, and any policy is signed.
    #[arg(long, requires = "store")]
    test_faults: bool,
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
    let server = Server::bind(options.port, reach.clone()).await?;
    let spare = match options.backup_port {
        Some(port) => Some(Server::bind(port, reach).await?),
        None => None,
    };
    let mut pages = router(&Site { root: options.root, pkg: options.pkg });
    if let Some(folder) = options.store {
        let ports = [Some(&server), spare.as_ref()].into_iter().flatten();
        let store = Store::open(StoreOptions {
            folder,
            buckets: options.bucket,
            ports: ports.map(|server| server.listens_on().port()).collect(),
            https: options.lan,
            limits: Limits::default(),
            test_faults: options.test_faults,
        })?;
        if let Some(file) = options.write_keys {
            store.write_keys(&file).with_context(|| format!("writing {}", file.display()))?;
        }
        pages = store.router(pages);
    }
    println!("onetake is at {}", server.address());
    if let Some(spare) = &spare {
        println!("and at {}", spare.address());
    }
    if options.lan
        && let Some(code) = server.qr()
    {
        println!("{code}");
    }
    if options.open {
        open(&server.address());
    }
    let spare_pages = pages.clone();
    let serving_spare = async {
        match spare {
            Some(spare) => spare.serve(spare_pages).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = server.serve(pages) => Ok(ended?),
        ended = serving_spare => Ok(ended?),
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
