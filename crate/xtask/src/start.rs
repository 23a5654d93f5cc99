//! `start`: everything up to date, then this process becomes the server.

use anyhow::{Context as _, Result, ensure};

use crate::build::{self, Parts};
use crate::workspace::Workspace;

/// How to serve.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Port to listen on.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Do not open the browser.
    #[arg(long)]
    no_open: bool,
    /// Serve https to the local network with a certificate of our own and print a QR code, for a phone.
    #[arg(long)]
    lan: bool,
}

/// Builds what changed and serves until the process ends.
pub(crate) fn start(workspace: &Workspace, options: &Options) -> Result<()> {
    build::build(workspace, Parts::WITH_SERVER)?;
    ensure!(workspace.has("www/dist/index.html"), "there is no page to serve: www/dist/index.html was not built");
    let mut server = std::process::Command::new(build::server_program(workspace));
    server.arg("--port").arg(options.port.to_string());
    server.arg("--root").arg(workspace.at("www/dist")).arg("--pkg").arg(workspace.at("www/onetake/dist"));
    server.arg("--store").arg(workspace.scratch("store"));
    if options.lan {
        server.arg("--lan").arg("--state").arg(workspace.scratch("lan"));
    }
    if !options.no_open {
        server.arg("--open");
    }
    become_program(server)
}

/// Signals meant for `cargo xtask start` reach the server itself, and no wrapper outlives it.
#[cfg(unix)]
fn become_program(mut command: std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).with_context(|| format!("starting {:?}", command.get_program()))
}

#[cfg(not(unix))]
fn become_program(mut command: std::process::Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {:?}", command.get_program()))?;
    std::process::exit(status.code().unwrap_or(1))
}
