//! rustfmt, clippy and tsc, with their answers turned into findings.

use anyhow::{Result, bail};

use super::{Finding, line_number};
use crate::doctor;
use crate::shell::{self, cargo, program};
use crate::workspace::Workspace;

/// Rust that is not laid out as rustfmt.toml says.
pub(super) fn rustfmt(workspace: &Workspace) -> Result<Vec<Finding>> {
    let (text, success) = shell::capture(&mut cargo(workspace, &["fmt", "--all", "--check"]), "cargo fmt")?;
    let findings = text.lines().filter_map(|line| unformatted(workspace, line)).collect::<Vec<_>>();
    answer("cargo fmt", success, findings, &text)
}

/// Lints: the native packages with all their targets, and those for wasm32 on their own target.
pub(super) fn clippy(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut native = cargo(workspace, &["clippy", "--workspace", "--all-targets", "--message-format", "short"]);
    let wasm = workspace.wasm_packages();
    for package in &wasm {
        native.args(["--exclude", package]);
    }
    let mut findings = lint(native)?;
    // As it ships: by itself, without what other packages' features turn on. Tests use the one that is built beside them.
    findings.extend(lint(cargo(workspace, &["clippy", "--package", "onetake-kodo", "--message-format", "short"]))?);
    if !wasm.is_empty() {
        doctor::wasm_target(workspace)?;
        let target = ["--target", "wasm32-unknown-unknown", "--message-format", "short"];
        let mut browser = cargo(workspace, &["clippy", "--all-targets"]);
        browser.args(target);
        for package in &wasm {
            browser.args(["--package", package]);
        }
        if wasm.contains(&"onetake-web") {
            browser.args(["--features", "onetake-web/studio,onetake-web/upload"]);
        }
        findings.extend(lint(browser)?);
    }
    Ok(findings)
}

fn lint(mut clippy: std::process::Command) -> Result<Vec<Finding>> {
    let (text, success) = shell::capture(clippy.args(["--", "-D", "warnings"]), "cargo clippy")?;
    let mut findings = text.lines().filter_map(rustc_finding).collect::<Vec<_>>();
    // A library and its tests report the same line twice.
    findings.sort();
    findings.dedup();
    answer("cargo clippy", success, findings, &text)
}

/// Types of the package, the page and the end-to-end tests, as far as they have a tsconfig.json.
pub(super) fn tsc(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for project in ["www/onetake", "www", "playwright"] {
        if !workspace.has(format!("{project}/tsconfig.json")) {
            continue;
        }
        let mut tsc = program(workspace, workspace.npm_program("tsc")?);
        tsc.args(["--project", project, "--noEmit", "--strict", "--pretty", "false"]);
        let (text, success) = shell::capture(&mut tsc, "tsc")?;
        let findings = text.lines().filter_map(tsc_finding).collect();
        all.extend(answer("tsc", success, findings, &text)?);
    }
    Ok(all)
}

/// A tool that failed without a finding did not do its work: its own words are the error.
fn answer(tool: &str, success: bool, findings: Vec<Finding>, text: &str) -> Result<Vec<Finding>> {
    if !success && findings.is_empty() {
        bail!("{tool} failed:\n{}", text.trim());
    }
    Ok(findings)
}

/// `Diff in <path>:12:`
fn unformatted(workspace: &Workspace, line: &str) -> Option<Finding> {
    let (file, line) = line.strip_prefix("Diff in ")?.trim_end().trim_end_matches(':').rsplit_once(':')?;
    let file = workspace.relative(std::path::Path::new(file));
    Some(Finding::new(file, line_number(line).ok()?, "is not formatted: run `cargo fmt`"))
}

/// `crate/core/src/time.rs:12:5: error: message`
fn rustc_finding(line: &str) -> Option<Finding> {
    let (place, what) = line.split_once(": error").or_else(|| line.split_once(": warning"))?;
    let mut place = place.rsplitn(3, ':');
    let (_column, line, file) = (line_number(place.next()?).ok()?, line_number(place.next()?).ok()?, place.next()?);
    let what = what.trim_start_matches([':', ' ']);
    // Of `[E0425]: cannot find ..` the code stays: `rustc --explain` takes it.
    Some(Finding::new(file, line, what))
}

/// `www/onetake/src/index.ts(12,5): error TS2304: message`
fn tsc_finding(line: &str) -> Option<Finding> {
    let (place, what) = line.split_once("): error ")?;
    let (file, position) = place.rsplit_once('(')?;
    Some(Finding::new(file, line_number(position.split(',').next()?).ok()?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_each_tool_become_one_line() {
        let workspace = Workspace::below(std::path::Path::new("/house"));
        let said = unformatted(&workspace, "Diff in /house/crate/core/src/time.rs:12:").unwrap().to_string();
        assert_eq!(said, "crate/core/src/time.rs:12: is not formatted: run `cargo fmt`");

        let said =
            rustc_finding("crate/core/src/time.rs:7:5: error[E0425]: cannot find value `x`").unwrap().to_string();
        assert_eq!(said, "crate/core/src/time.rs:7: [E0425]: cannot find value `x`");
        let said = rustc_finding("crate/core/src/time.rs:7:5: error: used `unwrap()`").unwrap().to_string();
        assert_eq!(said, "crate/core/src/time.rs:7: used `unwrap()`");
        assert_eq!(rustc_finding("error: could not compile `onetake-core` (lib) due to 1 previous error"), None);

        let said = tsc_finding("www/app/main.ts(3,1): error TS2304: Cannot find name 'x'.").unwrap().to_string();
        assert_eq!(said, "www/app/main.ts:3: TS2304: Cannot find name 'x'.");
    }

    #[test]
    fn a_tool_that_fails_without_a_finding_is_an_error() {
        assert!(answer("tsc", false, Vec::new(), "no such file").is_err());
        assert!(answer("tsc", true, Vec::new(), "").is_ok());
    }
}
