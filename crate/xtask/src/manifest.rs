//! `wasm-pack.toml`: which wasm artefacts are built, how, and how large results may be.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::workspace::Workspace;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The wasm artefacts.
    #[serde(default)]
    pub(crate) wasm: Vec<Entry>,
    /// The size bounds.
    #[serde(default)]
    pub(crate) budget: Vec<Budget>,
}

/// One wasm artefact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Entry {
    /// Stem of the files: `studio` gives `studio.js` and `studio_bg.wasm`.
    pub(crate) name: String,
    /// The cdylib package.
    pub(crate) package: String,
    /// Its features; the default ones are off.
    pub(crate) features: Vec<String>,
    /// Folder of the results, below the root.
    pub(crate) out: PathBuf,
    /// Folder of a copy of the glue's types, below the root.
    pub(crate) types: PathBuf,
    /// Arguments of wasm-opt.
    pub(crate) wasm_opt: Vec<String>,
    /// For the benches alone: only they build it, and nothing ships it.
    #[serde(default)]
    pub(crate) bench: bool,
}

/// An upper bound for some files together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// What a finding calls it.
    pub(crate) name: String,
    /// Paths below the root; the last part may contain one `*`.
    pub(crate) files: Vec<String>,
    /// Bytes after gzip, summed over the files.
    pub(crate) gzip: u64,
}

impl Manifest {
    /// Reads the file of `workspace`.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let text = fs::read_to_string(workspace.at("wasm-pack.toml")).context("wasm-pack.toml")?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).context("wasm-pack.toml")?;
        for entry in &manifest.wasm {
            let all = entry.wasm_opt.iter().any(|flag| flag == "--all-features" || flag == "-all");
            ensure!(!all, "wasm-pack.toml: {}: browsers reject what wasm-opt --all-features makes", entry.name);
        }
        Ok(manifest)
    }
}

impl Budget {
    /// The files that exist now, in the order of the patterns.
    ///
    /// # Errors
    /// When a pattern matches no file: a budget that measures nothing would pass for ever.
    pub(crate) fn matches(&self, workspace: &Workspace) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for pattern in &self.files {
            let path = workspace.at(pattern);
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
            let name = name.to_string_lossy();
            let before = found.len();
            found.extend(names(folder)?.into_iter().filter(|file| fits(&name, file)).map(|file| folder.join(file)));
            ensure!(found.len() > before, "wasm-pack.toml: budget {:?}: no file fits {pattern}", self.name);
        }
        Ok(found)
    }
}

fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let files = entries.iter().filter(|entry| entry.path().is_file());
    let mut names = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>();
    names.sort();
    Ok(names)
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_manifest_is_understood() {
        let manifest = Manifest::parse(include_str!("../../../wasm-pack.toml")).unwrap();
        assert_eq!(manifest.wasm[0].name, "studio");
        assert_eq!(manifest.wasm[0].package, "onetake-web");
        assert!(manifest.budget.iter().all(|budget| budget.gzip > 0 && !budget.files.is_empty()));
    }

    #[test]
    fn unknown_keys_and_the_flag_that_breaks_browsers_are_refused() {
        let entry = |opt: &str| {
            format!(
                "[[wasm]]\nname = \"a\"\npackage = \"b\"\nfeatures = []\nout = \"c\"\ntypes = \"d\"\nwasm-opt = [\"{opt}\"]\n"
            )
        };
        assert!(Manifest::parse(&entry("-Os")).is_ok());
        assert!(Manifest::parse(&entry("--all-features")).is_err());
        assert!(Manifest::parse(&(entry("-Os") + "wasm-optt = []\n")).is_err());
    }

    #[test]
    fn a_star_stands_for_any_name() {
        assert!(fits("*.js", "index.js") && fits("a*.js", "a.js") && fits("a.js", "a.js"));
        assert!(!fits("*.js", "index.d.ts") && !fits("a.js", "b.js") && !fits("ab*ba", "aba"));
    }
}
