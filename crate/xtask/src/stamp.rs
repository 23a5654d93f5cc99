//! Whether a step has to run again: a hash over the contents of its inputs, kept beside the build.
//!
//! Times of files decide nothing: a checkout touches them without changing a byte, and a clock may go back.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::shell::make_folder;
use crate::workspace::Workspace;

/// Folders that hold results, never inputs.
const RESULTS: [&str; 5] = ["node_modules", "dist", "target", "test-results", "artifacts"];

/// The state of one step's inputs.
pub(crate) struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    /// Hashes `inputs` (files or folders below the root, missing ones count as missing) for the step `name`; `recipe`
    /// is what else decides the result, such as flags.
    pub(crate) fn of(workspace: &Workspace, name: &str, inputs: &[PathBuf], recipe: &str) -> Result<Self> {
        let mut hash = Sha256::new();
        hash.update(recipe);
        for input in inputs {
            for file in files(input)? {
                let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
                hash.update(workspace.relative(&file));
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
        }
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { file: workspace.scratch("stamps").join(name), digest })
    }

    /// Whether the step already ran on these inputs and all of `outputs` are still there.
    pub(crate) fn is_fresh(&self, outputs: &[PathBuf]) -> bool {
        outputs.iter().all(|output| output.exists())
            && fs::read_to_string(&self.file).is_ok_and(|stored| stored == self.digest)
    }

    /// Remembers that the step ran. To be called after success only.
    pub(crate) fn store(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            make_folder(folder)?;
        }
        fs::write(&self.file, &self.digest).with_context(|| format!("writing {}", self.file.display()))
    }
}

/// `path` itself, or every file below it in the order of their names.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("listing {}", path.display()))?;
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if entry.file_type()?.is_dir() && RESULTS.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            found.extend(files(&entry.path())?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_fresh_until_an_input_or_the_recipe_changes_or_an_output_is_gone() {
        let folder = std::env::temp_dir().join(format!("onetake-stamp-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src/node_modules")).unwrap();
        fs::write(folder.join("wasm-pack.toml"), "").unwrap();
        fs::write(folder.join("src/a"), "1").unwrap();
        fs::write(folder.join("out"), "").unwrap();
        let workspace = Workspace::below(&folder);
        let stamp = |recipe: &str| Stamp::of(&workspace, "step", &[folder.join("src")], recipe).unwrap();
        let out = [folder.join("out")];

        assert!(!stamp("-Os").is_fresh(&out));
        stamp("-Os").store().unwrap();
        assert!(stamp("-Os").is_fresh(&out));
        assert!(!stamp("-O3").is_fresh(&out));

        fs::write(folder.join("src/node_modules/b"), "not an input").unwrap();
        assert!(stamp("-Os").is_fresh(&out));
        fs::write(folder.join("src/a"), "2").unwrap();
        assert!(!stamp("-Os").is_fresh(&out));
        fs::write(folder.join("src/a"), "1").unwrap();
        fs::remove_file(&out[0]).unwrap();
        assert!(!stamp("-Os").is_fresh(&out));
        fs::remove_dir_all(&folder).unwrap();
    }
}
