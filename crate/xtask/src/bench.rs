//! `bench`: measurements in a real browser, and of looks without one. Figures belong to a machine, so the machine's line
//! comes first.

use std::fs;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::build::{self, Parts};
use crate::doctor;
use crate::shell::{self, cargo, make_folder, program};
use crate::workspace::Workspace;

/// The program of `--native`.
const NATIVE: &str = "looks-native";

/// Which bench, and what to hand on to it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// `record`, `mp4`, `crash`, `looks`, `steady` or `upload`: runs playwright/bench/NAME.bench.ts; without a name all benches run.
    name: Option<String>,
    /// Of `looks`: draws by this machine's own EGL, on its GPU if there is one, without a browser.
    #[arg(long)]
    native: bool,
    /// Handed on to Playwright, such as `-g 'one take'`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs the benches of `playwright/bench.config.ts`.
pub(crate) fn bench(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.native {
        return if options.name.as_deref() == Some("looks") {
            native(workspace)
        } else {
            bail!("only `looks` is native")
        };
    }
    build::build(workspace, Parts::FOR_BENCHES)?;
    doctor::ffmpeg(workspace)?;
    let browser = doctor::browser(workspace)?;
    let version = shell::output(program(workspace, &browser.chrome).arg("--version"), "chromium")?;
    println!("{}, {}", machine(), version.trim());

    let mut playwright = program(workspace, workspace.npm_program("playwright")?);
    playwright.current_dir(workspace.at("playwright")).env("ONETAKE_CHROME", &browser.chrome);
    playwright.env("ONETAKE_SERVER", build::server_program(workspace));
    playwright.args(["test", "--config", "bench.config.ts"]);
    if options.name.as_deref().is_none_or(|name| name == "upload") {
        playwright.env("ONETAKE_STORE", build::quick_server(workspace)?);
    }
    if let Some(name) = &options.name {
        playwright.arg(format!("bench/{name}\\.bench"));
    }
    shell::show(playwright.args(&options.rest), "the bench")
}

/// Draws the chains of `looks` by EGL. Program and chains are left where a machine without our tools can be given them.
fn native(workspace: &Workspace) -> Result<()> {
    doctor::npm_packages(workspace)?;
    let build = ["build", "--release", "--package", "onetake-xtask", "--features", "looks-native", "--bin", NATIVE];
    shell::step("building looks-native", || {
        shell::run(cargo(workspace, &build).arg("--quiet"), "building looks-native")
    })?;
    // Node runs no TypeScript; bundled, the script finds the repository two folders above, as its sources do.
    let script = workspace.at("playwright/artifacts/looks-chains.mjs");
    let mut rolldown = program(workspace, workspace.npm_program("rolldown")?);
    rolldown.args(["playwright/bench/looks-chains.ts", "--platform", "node", "--format", "esm"]);
    shell::run(rolldown.args(["--logLevel", "silent", "-o"]).arg(&script), "rolldown")?;
    let chains = shell::output(program(workspace, "node").arg(&script), "the chains of looks")?;
    let file = workspace.scratch("looks-chains.json");
    make_folder(&workspace.scratch(""))?;
    fs::write(&file, chains).with_context(|| format!("writing {}", file.display()))?;
    println!("{}", machine());
    let draw = workspace.target("release").join(format!("{NATIVE}{}", std::env::consts::EXE_SUFFIX));
    shell::show(program(workspace, draw).arg(&file), NATIVE)
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("machine: {}, {cores} cores", processor())
}

fn processor() -> String {
    let table = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = table.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
