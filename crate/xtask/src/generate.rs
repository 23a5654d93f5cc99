//! Generated files: committed, marked in their first line, never edited by hand, and compared by `check`.

use std::fs;

use anyhow::{Context as _, Result};

use crate::shell::{self, cargo, make_folder};
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// The only generated file so far: the TypeScript twins of `onetake_core::protocol`.
pub(crate) const PROTOCOL: &str = "www/onetake/src/protocol.ts";
/// The program that prints it: an example of the core, so that neither the core nor xtask depends on the other.
const GENERATOR: &str = "crate/core/examples/protocol.rs";

/// Writes the generated files that differ from what they should be.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let Some(wanted) = protocol(workspace)? else {
        eprintln!("xtask: nothing to generate: this checkout has no {GENERATOR}");
        return Ok(());
    };
    let file = workspace.at(PROTOCOL);
    if fs::read_to_string(&file).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        make_folder(folder)?;
    }
    fs::write(&file, wanted).with_context(|| format!("writing {PROTOCOL}"))?;
    println!("wrote {PROTOCOL}");
    Ok(())
}

/// What [`PROTOCOL`] should be; nothing while there is no generator.
pub(crate) fn protocol(workspace: &Workspace) -> Result<Option<String>> {
    if !workspace.has(GENERATOR) {
        return Ok(None);
    }
    // Running the generator costs a compilation of the core; its answer depends on these files alone.
    let inputs = ["crate/core", "Cargo.toml", "Cargo.lock"].map(|name| workspace.at(name));
    let stamp = Stamp::of(workspace, "protocol", &inputs, "")?;
    let kept = workspace.scratch("protocol.ts");
    if stamp.is_fresh(std::slice::from_ref(&kept)) {
        return Ok(Some(fs::read_to_string(kept)?));
    }
    let run = ["run", "--quiet", "--package", "onetake-core", "--features", "ts", "--example", "protocol"];
    let text = shell::output(&mut cargo(workspace, &run), "generating the protocol's TypeScript")?;
    make_folder(&workspace.scratch(""))?;
    fs::write(&kept, &text)?;
    stamp.store()?;
    Ok(Some(text))
}
