//! Running other programs: quiet environment, no standard input, one clear line when one is missing or fails.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// A program that runs in the repository's root and reads nothing.
pub(crate) fn program(workspace: &Workspace, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace.root()).stdin(Stdio::null());
    command
}

/// Cargo, free of what a shell may carry over: `RUSTFLAGS` replaces the flags of `.cargo/config.toml` instead of
/// adding to them, and the wasm build then misses its `--cfg`.
pub(crate) fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = program(workspace, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(variable);
    }
    // `cargo run` puts these into our own environment; a nested cargo must not take them for the user's.
    for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(variable);
    }
    for variable in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"] {
        command.env_remove(variable);
    }
    command.args(arguments);
    command
}

/// Runs a step to the end with all its output on standard error: standard output is for what a command is asked for.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<()> {
    show(command.stdout(io::stderr()), what)
}

/// Runs to the end with its output shown as it comes.
pub(crate) fn show(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{what}: cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Runs to the end and gives what it wrote to standard output; its errors are shown as they come.
pub(crate) fn output(command: &mut Command, what: &str) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{what}: cannot start {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{what} failed ({})", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end and gives all that it wrote, and whether it succeeded; shows nothing.
pub(crate) fn capture(command: &mut Command, what: &str) -> Result<(String, bool)> {
    let output = command.output().with_context(|| format!("{what}: cannot start {:?}", command.get_program()))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((String::from_utf8_lossy(&text).into_owned(), output.status.success()))
}

/// Runs to the end, showing standard output line by line and handing each line to `look` too. Gives whether it
/// succeeded.
pub(crate) fn watch(command: &mut Command, what: &str, mut look: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{what}: cannot start {:?}", command.get_program()))?;
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            io::stdout().write_all(&line)?;
            look(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait()?.success())
}

/// Says on standard error what begins and how long it took: standard output belongs to results.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {what}");
    let started = Instant::now();
    let done = work()?;
    eprintln!("xtask: {what} took {:.1} s", started.elapsed().as_secs_f64());
    Ok(done)
}

/// Where `name` is on PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// Makes `folder` and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))
}
