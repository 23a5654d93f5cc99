//! The order of building: wasm, then the TypeScript that imports it, then the page that bundles both, then the server.

use std::path::PathBuf;

use anyhow::Result;

use crate::manifest::Manifest;
use crate::shell::{self, cargo};
use crate::workspace::Workspace;
use crate::{doctor, wasm, web};

/// What to build. Later parts need the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The server program too.
    pub(crate) server: bool,
    /// The artefacts for benches too.
    pub(crate) bench: bool,
}

impl Parts {
    /// Everything that is shipped.
    pub(crate) const ALL: Self = Self { server: false, bench: false };
    /// Everything that is shipped, and the server that shows it.
    pub(crate) const WITH_SERVER: Self = Self { server: true, bench: false };
    /// What the benches measure, and the server that shows it.
    pub(crate) const FOR_BENCHES: Self = Self { server: true, bench: true };
}

/// Brings `parts` up to date, installing what that needs.
pub(crate) fn build(workspace: &Workspace, parts: Parts) -> Result<()> {
    doctor::npm_packages(workspace)?;
    let manifest = Manifest::read(workspace)?;
    if manifest.wasm.iter().any(|entry| is_there(workspace, &entry.package)) {
        doctor::wasm_target(workspace)?;
    }
    let wanted = manifest.wasm.iter().filter(|entry| parts.bench || !entry.bench);
    let (there, missing): (Vec<_>, Vec<_>) = wanted.partition(|entry| is_there(workspace, &entry.package));
    missing.iter().for_each(|entry| skip(&format!("the {} wasm", entry.name), &entry.package));
    wasm::build(workspace, &there)?;
    if workspace.has("www/onetake/tsconfig.json") {
        web::package(workspace)?;
    } else {
        skip("the npm package", "www/onetake/tsconfig.json");
    }
    if workspace.has("www/index.html") {
        web::page(workspace)?;
    } else {
        skip("the page", "www/index.html");
    }
    if parts.server { server(workspace) } else { Ok(()) }
}

/// Where [`build`] puts the server.
pub(crate) fn server_program(workspace: &Workspace) -> PathBuf {
    workspace.target("debug").join(format!("onetake-kodo{}", std::env::consts::EXE_SUFFIX))
}

fn server(workspace: &Workspace) -> Result<()> {
    // Cargo knows what to do again; on the first time it takes long enough to say so.
    let what = "building the server";
    let build =
        |quiet: &[&str]| shell::run(cargo(workspace, &["build", "--package", "onetake-kodo"]).args(quiet), what);
    if server_program(workspace).exists() { build(&["--quiet"]) } else { shell::step(what, || build(&[])) }
}

/// The server that benches upload to: as fast as it can be, for it is not what they measure. Where it lies.
pub(crate) fn quick_server(workspace: &Workspace) -> Result<PathBuf> {
    shell::step("building the server for uploads", || {
        let build = ["build", "--release", "--package", "onetake-kodo", "--quiet"];
        shell::run(&mut cargo(workspace, &build), "building the server for uploads")
    })?;
    Ok(workspace.target("release").join(format!("onetake-kodo{}", std::env::consts::EXE_SUFFIX)))
}

/// Whether the workspace has this package. `check` reports a manifest entry whose package is missing.
pub(crate) fn is_there(workspace: &Workspace, package: &str) -> bool {
    workspace.has(package_folder(package) + "/Cargo.toml")
}

/// The folder of one of our packages: `onetake-web` lives in `crate/web`.
pub(crate) fn package_folder(package: &str) -> String {
    format!("crate/{}", package.strip_prefix("onetake-").unwrap_or(package))
}

fn skip(what: &str, missing: &str) {
    eprintln!("xtask: skipped {what}: this checkout has no {missing}");
}
