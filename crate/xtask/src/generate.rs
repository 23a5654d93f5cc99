//! Generated files: committed, marked in their first line, never edited by hand, and compared by `check`.

use std::fs;

use anyhow::{Context as _, Result};

use crate::shell::{self, cargo, make_folder};
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// A file that a program prints: an example of the core, so that neither the core nor xtask depends on the other.
pub(crate) struct Generated {
    pub(crate) file: &'static str,
    example: &'static str,
}

/// The TypeScript twins of `onetake_core::protocol`, and the table of the filters in `shaders/`.
pub(crate) const GENERATED: [Generated; 3] = [
    Generated { file: "www/onetake/src/protocol.ts", example: "protocol" },
    Generated { file: "www/onetake/src/upload-protocol.ts", example: "upload_protocol" },
    Generated { file: "www/onetake/src/filter-table.ts", example: "filters" },
];

/// Writes the generated files that differ from what they should be.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for one in &GENERATED {
        let Some(wanted) = text(workspace, one)? else {
            eprintln!("xtask: nothing to generate: this checkout has no example {}", one.example);
            continue;
        };
        let file = workspace.at(one.file);
        if fs::read_to_string(&file).is_ok_and(|text| text == wanted) {
            continue;
        }
        if let Some(folder) = file.parent() {
            make_folder(folder)?;
        }
        fs::write(&file, wanted).with_context(|| format!("writing {}", one.file))?;
        println!("wrote {}", one.file);
    }
    Ok(())
}

/// What the file should be; nothing while there is no generator.
pub(crate) fn text(workspace: &Workspace, one: &Generated) -> Result<Option<String>> {
    let Generated { example, .. } = one;
    if !workspace.has(format!("crate/core/examples/{example}.rs")) {
        return Ok(None);
    }
    // Running the generator costs a compilation of the core; its answer depends on these files alone.
    let inputs = ["crate/core", "shaders", "Cargo.toml", "Cargo.lock"].map(|name| workspace.at(name));
    let stamp = Stamp::of(workspace, example, &inputs, "")?;
    let kept = workspace.scratch(format!("{example}.ts"));
    if stamp.is_fresh(std::slice::from_ref(&kept)) {
        return Ok(Some(fs::read_to_string(kept)?));
    }
    let run = ["run", "--quiet", "--package", "onetake-core", "--features", "ts", "--example", example];
    let text = shell::output(&mut cargo(workspace, &run), &format!("generating {}", one.file))?;
    make_folder(&workspace.scratch(""))?;
    fs::write(&kept, &text)?;
    stamp.store()?;
    Ok(Some(text))
}
