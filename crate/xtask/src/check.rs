//! `check`: everything that can be wrong without running a test. Each finding is one line, `file:line: what is wrong`.

mod arrows;
mod budgets;
mod files;
mod mentions;
mod scripts;
mod tools;

use std::fmt;
use std::fs;
use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::build::{self, Parts};
use crate::doctor;
use crate::generate;
use crate::manifest::Manifest;
use crate::shell::{self, program};
use crate::workspace::Workspace;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Path from the root.
    file: String,
    /// From 1; 0 when no line can be named.
    line: usize,
    /// What is wrong, and where it is not obvious what to do.
    what: String,
}

impl Finding {
    fn new(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line.max(1), self.what)
    }
}

/// A text file that git keeps or would keep.
struct Source {
    path: String,
    text: String,
}

/// Runs all checks, prints what they find and ends with `check: ok`, or with an error.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let sources = sources(workspace)?;
    let mut findings = 0;
    let mut report = |name: &str, found: Result<Vec<Finding>>| {
        let found = found.unwrap_or_else(|error| vec![Finding::new(name, 0, format!("{error:#}"))]);
        findings += found.len();
        found.iter().for_each(|finding| println!("{finding}"));
    };
    // The quick ones first.
    report("files", Ok(sources.iter().flat_map(files::check).collect()));
    report("arrows", Ok(sources.iter().flat_map(arrows::check).collect()));
    report("scripts", Ok(sources.iter().flat_map(scripts::check).collect()));
    report("rustfmt", tools::rustfmt(workspace));
    if !workspace.wasm_packages().is_empty() {
        doctor::wasm_target(workspace)?;
    }
    // While wasm is linked and shrunk a core is free; lints and generators have folders of their own in `target`.
    thread::scope(|scope| {
        let beside = scope.spawn(|| (generated(workspace), tools::clippy(workspace)));
        report("build", build_all(workspace));
        // These look at what was built.
        report("tsc", tools::tsc(workspace));
        report("wasm-pack.toml", budgets::check(workspace));
        let (generated, clippy) = beside.join().unwrap_or_else(|panic| resume_unwind(panic));
        report("generated files", generated);
        report("clippy", clippy);
    });
    if findings > 0 {
        bail!("check: {findings} finding{}", if findings == 1 { "" } else { "s" });
    }
    println!("check: ok");
    Ok(())
}

fn sources(workspace: &Workspace) -> Result<Vec<Source>> {
    let mut list = program(workspace, "git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = shell::output(&mut list, "git ls-files")?;
    let mut paths = list.split('\0').filter(|path| !path.is_empty()).collect::<Vec<_>>();
    paths.sort_unstable();
    let read = |path: &&str| {
        // A file that was deleted but not yet committed as such, or one that is no text, has no lines to check.
        let text = String::from_utf8(fs::read(workspace.at(path)).ok()?).ok()?;
        Some(Source { path: (*path).to_owned(), text })
    };
    Ok(paths.iter().filter_map(read).collect())
}

fn build_all(workspace: &Workspace) -> Result<Vec<Finding>> {
    build::build(workspace, Parts::ALL)?;
    let missing =
        Manifest::read(workspace)?.wasm.into_iter().filter(|entry| !build::is_there(workspace, &entry.package));
    let finding = |package: &str| Finding::new("wasm-pack.toml", 0, format!("there is no package {package}"));
    Ok(missing.map(|entry| finding(&entry.package)).collect())
}

fn generated(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for one in &generate::GENERATED {
        let Some(wanted) = generate::text(workspace, one)? else { continue };
        let found = fs::read_to_string(workspace.at(one.file)).unwrap_or_default();
        if found != wanted {
            let line = wanted.lines().zip(found.lines()).take_while(|(wanted, found)| wanted == found).count() + 1;
            findings.push(Finding::new(one.file, line, "is not what the core says: run `cargo xtask generate`"));
        }
    }
    Ok(findings)
}

/// The number that a tool wrote for a line.
fn line_number(text: &str) -> Result<usize> {
    text.parse().with_context(|| format!("{text:?} is no line number"))
}
