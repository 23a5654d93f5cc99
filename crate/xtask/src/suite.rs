//! `test`: the three layers one after the other, their counts added up in one last line.
//!
//! A layer that could not start counts as one failure, so that silence is never success.

mod tally;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::build::{self, Parts};
use crate::doctor;
use crate::shell::{self, cargo, make_folder, program};
use crate::workspace::Workspace;
use tally::Tally;

/// What runs wasm tests in the browser, out of our own lock file.
const RUNNER: [&str; 8] =
    ["build", "--quiet", "--package", "onetake-xtask", "--features", "wasm-runner", "--bin", "wasm-runner"];
/// Tests for wasm32; the package follows.
const WASM_TESTS: [&str; 3] = ["test", "--target", "wasm32-unknown-unknown"];
/// What tells the specs of filters how a chain is drawn.
const PLANS: [&str; 6] = ["build", "--quiet", "--package", "onetake-tests", "--example", "plans"];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run one layer alone.
    #[arg(long, value_enum)]
    only: Option<Layer>,
    /// Run the tests whose names contain one of these.
    filters: Vec<String>,
}

/// Where tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Layer {
    /// Rust on this machine.
    Native,
    /// Rust in headless Chromium, on pages and in workers.
    Wasm,
    /// The built page in Chromium, by Playwright.
    E2e,
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::E2e => "e2e",
        }
    }
}

/// Runs the layers and prints `N passed, N failed` (`, N skipped` when some were) as the very last line. Gives whether
/// all held and there were any.
pub(crate) fn test(workspace: &Workspace, options: &Options) -> bool {
    let mut all = Tally::default();
    // Whether the native layer has left the programs of the last one: built by themselves, they would be compiled anew.
    let mut left = false;
    for layer in [Layer::Native, Layer::Wasm, Layer::E2e] {
        if options.only.is_some_and(|only| only != layer) {
            continue;
        }
        let counted = match layer {
            // The later layers' programs are compiled meanwhile.
            Layer::Native if options.only.is_none() => thread::scope(|scope| {
                native(workspace, &options.filters, || {
                    left = true;
                    scope.spawn(|| ahead(workspace));
                })
            }),
            Layer::Native => native(workspace, &options.filters, || {}),
            Layer::Wasm => wasm(workspace, &options.filters),
            Layer::E2e => end_to_end(workspace, &options.filters, left),
        };
        let tally = counted.unwrap_or_else(|error| {
            eprintln!("xtask: the {} tests did not run: {error:#}", layer.name());
            Tally { failed: 1, ..Tally::default() }
        });
        println!("{}: {tally}", layer.name());
        all += tally;
    }
    println!("{all}");
    all.passed > 0 && all.failed == 0
}

/// All packages but those that compile for wasm32 only, with their documentation's examples. `compiled` is called once,
/// when the first test runs: from then on cargo keeps no other cargo waiting.
fn native(workspace: &Workspace, filters: &[String], compiled: impl FnOnce()) -> Result<Tally> {
    doctor::ffmpeg(workspace)?;
    let mut test = cargo(workspace, &["test", "--workspace", "--no-fail-fast"]);
    for package in workspace.wasm_packages() {
        test.args(["--exclude", package]);
    }
    let mut compiled = Some(compiled);
    cargo_test(test.arg("--").args(filters), |line| {
        if line.starts_with("running ")
            && let Some(compiled) = compiled.take()
        {
            compiled();
        }
    })
}

/// Compiles what the tests in browsers run. What fails here is tried again, and told, by the layer that needs it.
fn ahead(workspace: &Workspace) {
    let quiet = |mut build: Command| drop(shell::capture(&mut build, "compiling ahead"));
    quiet(cargo(workspace, &RUNNER));
    for package in workspace.wasm_packages().into_iter().filter(|package| has_browser_tests(workspace, package)) {
        let mut build = cargo(workspace, &WASM_TESTS);
        build.args(["--package", package, "--tests", "--no-run", "--quiet"]);
        quiet(build);
    }
}

/// The packages for wasm32, through the runner of our own lock file.
fn wasm(workspace: &Workspace, filters: &[String]) -> Result<Tally> {
    doctor::wasm_target(workspace)?;
    let browser = doctor::browser(workspace)?;
    shell::step("building the browser test runner", || {
        shell::run(&mut cargo(workspace, &RUNNER), "building the browser test runner")
    })?;
    let capabilities = workspace.scratch("webdriver.json");
    make_folder(&workspace.scratch(""))?;
    fs::write(&capabilities, webdriver(&browser.chrome).to_string()).context("writing webdriver.json")?;

    let mut all = Tally::default();
    // The runner takes one filter a run.
    let rounds = if filters.is_empty() { vec![None] } else { filters.iter().map(Some).collect() };
    for package in workspace.wasm_packages().into_iter().filter(|package| has_browser_tests(workspace, package)) {
        for filter in &rounds {
            let mut test = cargo(workspace, &WASM_TESTS);
            test.args(["--no-fail-fast", "--package", package, "--tests"]);
            test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", workspace.target("debug/wasm-runner"));
            test.env("CHROMEDRIVER", &browser.driver).env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
            if env::var_os("WASM_BINDGEN_TEST_TIMEOUT").is_none() {
                test.env("WASM_BINDGEN_TEST_TIMEOUT", "180");
            }
            test.env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30").env_remove("GECKODRIVER");
            all += cargo_test(test.arg("--").args(*filter), |_| {})?;
        }
    }
    Ok(all)
}

/// Playwright against the built page and package. `left`: whether the server and the printer of plans are there.
fn end_to_end(workspace: &Workspace, filters: &[String], left: bool) -> Result<Tally> {
    if !has_config(workspace) {
        bail!("this checkout has no playwright/playwright.config.ts");
    }
    doctor::ffmpeg(workspace)?;
    let browser = doctor::browser(workspace)?;
    build::build(workspace, if left { Parts::ALL } else { Parts::WITH_SERVER })?;
    if !left {
        // The specs of filters run it; compiling within a test's time would fail it.
        shell::step("building the printer of plans", || {
            shell::run(&mut cargo(workspace, &PLANS), "building the printer of plans")
        })?;
    }

    let mut all = Tally::default();
    // What measures has the machine to itself; what only waits and computes fills two cores.
    for (project, workers) in [("alone", "1"), ("together", "2")] {
        all += specs(workspace, &browser.chrome, &["--project", project, "--workers", workers], filters)?;
    }
    Ok(all)
}

/// The specs that these arguments name.
fn specs(workspace: &Workspace, chrome: &Path, which: &[&str], filters: &[String]) -> Result<Tally> {
    let report = workspace.scratch("e2e.json");
    let _ = fs::remove_file(&report);
    let mut playwright = program(workspace, workspace.npm_program("playwright")?);
    // The configuration names the reporters, json among them; the variable only says where that one writes.
    playwright.current_dir(workspace.at("playwright")).arg("test").args(which);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report).env("ONETAKE_CHROME", chrome);
    playwright.env("ONETAKE_SERVER", build::server_program(workspace));
    playwright
        .env("ONETAKE_PLANS", workspace.target("debug/examples").join(format!("plans{}", env::consts::EXE_SUFFIX)));
    if !filters.is_empty() {
        // Matched against project, file, describe and test names together.
        let any = filters.iter().map(|filter| escape(filter)).collect::<Vec<_>>().join("|");
        playwright.args(["--pass-with-no-tests", "-g", &any]);
    }
    let succeeded = shell::watch(&mut playwright, "playwright", |_| {})?;
    let report =
        fs::read_to_string(&report).context("Playwright left no report: its configuration needs the json reporter")?;
    Ok(Tally::from_playwright(&report)?.checked(succeeded))
}

fn cargo_test(test: &mut Command, mut look: impl FnMut(&str)) -> Result<Tally> {
    let mut tally = Tally::default();
    let succeeded = shell::watch(test, "cargo test", |line| {
        tally += Tally::from_cargo_line(line);
        look(line);
    })?;
    Ok(tally.checked(succeeded))
}

fn has_browser_tests(workspace: &Workspace, package: &str) -> bool {
    package == "onetake-wasm-tests" || workspace.has(build::package_folder(package) + "/tests")
}

fn has_config(workspace: &Workspace) -> bool {
    ["ts", "mts", "js", "mjs"].iter().any(|kind| workspace.has(format!("playwright/playwright.config.{kind}")))
}

/// Chromium for tests: a generated camera and microphone that need no consent, software GL, nothing in the background.
fn webdriver(chrome: &Path) -> serde_json::Value {
    json!({ "goog:chromeOptions": { "binary": chrome, "args": [
        "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream=device-count=2,fps=30",
        "--use-fake-ui-for-media-stream", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--autoplay-policy=no-user-gesture-required"
    ] } })
}

/// `text` as a regular expression that matches itself.
fn escape(text: &str) -> String {
    let special = |letter: char| r"\^$.|?*+()[]{}/".contains(letter);
    text.chars().fold(String::new(), |mut escaped, letter| {
        if special(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_taken_literally() {
        assert_eq!(escape("export (flat) a.b|c"), r"export \(flat\) a\.b\|c");
    }
}
