//! Where things are: the repository, its build folder, its packages.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository that this call works on.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace of the package that cargo runs, or of the current folder when the program is called directly.
    pub(crate) fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => env::current_dir().context("the current folder")?,
        };
        let root = start.ancestors().find(|folder| folder.join("wasm-pack.toml").is_file());
        let root = root.with_context(|| format!("no wasm-pack.toml in {} or above", start.display()))?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(target) => std::path::absolute(target)?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// `path` below the repository's root.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// `path` below cargo's build folder.
    pub(crate) fn target(&self, path: impl AsRef<Path>) -> PathBuf {
        self.target.join(path)
    }

    /// `path` below the folder of our own notes and intermediate files.
    pub(crate) fn scratch(&self, path: impl AsRef<Path>) -> PathBuf {
        self.target.join("xtask").join(path)
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether `path` exists below the root.
    pub(crate) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.at(path).exists()
    }

    /// `path` as seen from the root, with forward slashes: how findings name files.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    /// A program that npm installed, hoisted or not.
    pub(crate) fn npm_program(&self, name: &str) -> Result<PathBuf> {
        let folders = ["", "www", "www/onetake", "playwright"];
        let found = folders.iter().map(|folder| self.at(folder).join("node_modules/.bin").join(name));
        found.into_iter().find(|program| program.exists()).with_context(|| {
            format!("node_modules has no {name}: add it to a package.json and run `npm install` in the repository root")
        })
    }

    /// Packages that compile for wasm32 only, of those that exist: native commands leave them out.
    pub(crate) fn wasm_packages(&self) -> Vec<&'static str> {
        let known = [("crate/web", "onetake-web"), ("tests/wasm", "onetake-wasm-tests")];
        known.into_iter().filter(|(folder, _)| self.has(format!("{folder}/Cargo.toml"))).map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
impl Workspace {
    /// A workspace in a folder of a test's own.
    pub(crate) fn below(root: &Path) -> Self {
        Self { root: root.to_path_buf(), target: root.join("target") }
    }
}
