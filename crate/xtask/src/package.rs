//! `package`: the npm tarball, as `npm publish` would send it.

use anyhow::{Result, ensure};

use crate::build::{self, Parts};
use crate::shell::{self, make_folder, program};
use crate::workspace::Workspace;

/// Packs `www/onetake` into `target/package` and prints the file.
pub(crate) fn package(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Parts::ALL)?;
    ensure!(workspace.has("www/onetake/dist/index.js"), "there is nothing to pack: www/onetake/dist was not built");
    let folder = workspace.target("package");
    make_folder(&folder)?;
    let mut npm = program(workspace, "npm");
    npm.args(["pack", "./www/onetake", "--loglevel=error", "--pack-destination"]).arg(&folder);
    let name = shell::output(&mut npm, "npm pack")?;
    println!("{}", workspace.relative(&folder.join(name.trim().lines().last().unwrap_or_default())));
    Ok(())
}
