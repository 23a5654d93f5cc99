//! The npm package's TypeScript (by tsc) and the page (by Vite).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::aac;
use crate::shell::{self, program};
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// Compiles `www/onetake/src` to `www/onetake/dist` if a source, a setting or the wasm glue's types changed.
///
/// The workers import `../wasm/studio.js`, which exists beside their compiled form only; its types were put into
/// `src/wasm`, which git ignores, when the wasm was built. So the wasm comes first.
pub(crate) fn package(workspace: &Workspace) -> Result<()> {
    let inputs = ["src", "tsconfig.json", "package.json"].map(|name| workspace.at("www/onetake").join(name));
    let shared = ["tsconfig.json", "tsconfig.base.json", "package.json", "package-lock.json"];
    let inputs = inputs.into_iter().chain(shared.map(|name| workspace.at(name))).chain(aac::inputs(workspace));
    let stamp = Stamp::of(workspace, "package", &inputs.collect::<Vec<_>>(), "")?;
    let outputs = ["index.js", "aac/aac.wasm", "aac/names.js"].map(|name| workspace.at("www/onetake/dist").join(name));
    if stamp.is_fresh(&outputs) {
        return Ok(());
    }
    shell::step("compiling the npm package", || {
        clear(&workspace.at("www/onetake/dist"))?;
        // Comments help whoever reads the types and weigh in the scripts.
        for part in
            [["--emitDeclarationOnly", "true"].as_slice(), &["--declaration", "false", "--removeComments", "true"]]
        {
            let mut tsc = program(workspace, workspace.npm_program("tsc")?);
            shell::run(tsc.args(["--project", "www/onetake", "--pretty", "false"]).args(part), "tsc")?;
        }
        aac::put(workspace).context("the AAC encoder")
    })?;
    stamp.store()
}

/// Builds `www/dist` if the page or the package changed.
pub(crate) fn page(workspace: &Workspace) -> Result<()> {
    let mut inputs = vec![workspace.at("www"), workspace.at("www/onetake/dist")];
    inputs.extend(["tsconfig.json", "tsconfig.base.json", "package-lock.json"].map(|name| workspace.at(name)));
    let stamp = Stamp::of(workspace, "page", &inputs, "")?;
    if stamp.is_fresh(&[workspace.at("www/dist/index.html")]) {
        return Ok(());
    }
    shell::step("building the page", || {
        let vite = workspace.npm_program("vite")?;
        let mut vite = program(workspace, vite);
        vite.current_dir(workspace.at("www")).args(["build", "--logLevel", "warn"]);
        shell::run(&mut vite, "vite build")
    })?;
    stamp.store()
}

/// Removes what an earlier compilation left, so that a deleted source does not live on; the wasm is not tsc's.
fn clear(dist: &Path) -> Result<()> {
    if !dist.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == "wasm") {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}
