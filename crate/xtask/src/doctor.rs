//! Finding what a step needs and, where this machine allows it, installing it; otherwise one line that says what to do.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

use crate::shell::{self, on_path, program};
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// Vite and Playwright refuse older ones.
const OLDEST_NODE: u32 = 20;

/// The programs of a browser test.
pub(crate) struct Browser {
    /// Chromium or Chrome.
    pub(crate) chrome: PathBuf,
    /// Its WebDriver.
    pub(crate) driver: PathBuf,
}

/// The standard library for wasm32, added by rustup where it is missing.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let ask = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
    let folder = shell::output(program(workspace, "rustc").args(ask), "rustc")?;
    if fs::read_dir(folder.trim()).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(());
    }
    ensure!(
        on_path("rustup").is_some(),
        "this Rust has no wasm32-unknown-unknown library and there is no rustup to add it: install https://rustup.rs"
    );
    let add = ["target", "add", "wasm32-unknown-unknown"];
    shell::step("adding the target wasm32-unknown-unknown", || {
        shell::run(program(workspace, "rustup").args(add), "rustup target add wasm32-unknown-unknown")
    })
}

/// Node, npm, and the npm packages that the lock file names.
pub(crate) fn npm_packages(workspace: &Workspace) -> Result<()> {
    let node = on_path("node").and_then(|node| shell::output(program(workspace, node).arg("--version"), "node").ok());
    let Some(node) = node else {
        bail!("node is missing: install Node.js {OLDEST_NODE} or newer (https://nodejs.org)");
    };
    let major = node.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= OLDEST_NODE),
        "node {} is too old: install Node.js {OLDEST_NODE} or newer (https://nodejs.org)",
        node.trim()
    );
    ensure!(on_path("npm").is_some(), "npm is missing: install Node.js with npm (https://nodejs.org)");

    let manifests = ["package.json", "www/package.json", "www/onetake/package.json", "playwright/package.json"];
    let inputs = ["package-lock.json", ".npmrc"].iter().chain(&manifests).map(|file| workspace.at(file));
    let inputs = inputs.collect::<Vec<_>>();
    let stamp = || Stamp::of(workspace, "npm", &inputs, "");
    if stamp()?.is_fresh(&[workspace.at("node_modules/.package-lock.json")]) {
        return Ok(());
    }
    // Without a lock file `npm ci` refuses; `npm install` writes one.
    let verb = if workspace.has("package-lock.json") { "ci" } else { "install" };
    shell::step("installing the npm packages", || {
        let mut npm = program(workspace, "npm");
        npm.args([verb, "--no-audit", "--no-fund", "--loglevel=error"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        shell::run(&mut npm, &format!("npm {verb}"))
            .context("if a package.json was changed, run `npm install` and commit package-lock.json")
    })?;
    stamp()?.store()
}

/// Chromium and its driver: `ONETAKE_CHROME`, then PATH, then apt.
pub(crate) fn browser(workspace: &Workspace) -> Result<Browser> {
    if chrome()?.is_none() || driver().is_none() {
        install(workspace, &["chromium", "chromium-driver"]);
    }
    let chrome = chrome()?
        .context("Chromium is missing: install it (Debian: chromium chromium-driver), or name one in ONETAKE_CHROME")?;
    let driver = driver().context("chromedriver is missing: install the one of your Chromium's version on PATH")?;
    if !speaks_chinese(workspace) {
        install(workspace, &["fonts-noto-cjk"]);
    }
    Ok(Browser { chrome, driver })
}

/// ffmpeg and ffprobe, which read what the recorder wrote.
pub(crate) fn ffmpeg(workspace: &Workspace) -> Result<()> {
    let missing = || ["ffmpeg", "ffprobe"].into_iter().find(|name| on_path(name).is_none());
    if missing().is_some() {
        install(workspace, &["ffmpeg"]);
    }
    match missing() {
        Some(name) => bail!("{name} is missing: install ffmpeg (https://ffmpeg.org) on PATH"),
        None => Ok(()),
    }
}

fn chrome() -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("ONETAKE_CHROME").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "ONETAKE_CHROME names {}, which is not a file", named.display());
        return Ok(Some(named));
    }
    Ok(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].into_iter().find_map(on_path))
}

fn driver() -> Option<PathBuf> {
    let named = env::var_os("CHROMEDRIVER").map(PathBuf::from).filter(|named| named.is_file());
    named.or_else(|| on_path("chromedriver"))
}

/// Screenshots of the Chinese page need glyphs. A machine that cannot be asked counts as able.
fn speaks_chinese(workspace: &Workspace) -> bool {
    let asked = shell::capture(program(workspace, "fc-list").args([":lang=zh", "family"]), "fc-list");
    asked.map_or(true, |(fonts, _)| !fonts.trim().is_empty())
}

/// Tries apt, as root or by a password-less sudo. What it could not do shows when the caller looks again.
fn install(workspace: &Workspace, packages: &[&str]) {
    if on_path("apt-get").is_none() {
        return;
    }
    let succeeds = |name: &str, arguments: &[&str]| {
        shell::capture(program(workspace, name).args(arguments), name).is_ok_and(|(_, success)| success)
    };
    let is_root = shell::output(program(workspace, "id").arg("-u"), "id").is_ok_and(|id| id.trim() == "0");
    if !is_root && !succeeds("sudo", &["-n", "true"]) {
        return;
    }
    let apt_get = |arguments: &[&str]| {
        let mut apt = program(workspace, if is_root { "env" } else { "sudo" });
        if !is_root {
            apt.args(["-n", "env"]);
        }
        apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(arguments);
        shell::run(&mut apt, "apt-get")
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    let done = shell::step(&format!("asking apt-get for {}", packages.join(", ")), || {
        apt_get(&["update"]).and_then(|()| apt_get(&install))
    });
    if let Err(error) = done {
        eprintln!("xtask: {error:#}");
    }
}
